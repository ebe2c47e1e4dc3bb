//! A stage for subscriptions: somebody's Graph, and an app that takes notifications.

use reqwest::Method;
use serde_json::{Value, json};

use super::Scene;
use crate::receiver::Receiver;

/// A scene with an app that takes notifications.
pub(super) struct Stage {
    pub(super) scene: Scene,
    pub(super) app: Receiver,
    pub(super) token: String,
}

impl Stage {
    pub(super) async fn new() -> Self {
        let scene = Scene::new().await;
        let token = scene.token("alice");
        Self {
            scene,
            app: Receiver::start().await,
            token,
        }
    }

    /// What is asked for: everything that happens to a resource, for an hour.
    pub(super) fn wanted(&self, resource: &str) -> Value {
        json!({
            "changeType": "created,updated,deleted", "resource": resource, "clientState": "s3cret",
            "notificationUrl": format!("{}/notify", self.app.url),
            "lifecycleNotificationUrl": format!("{}/lifecycle", self.app.url),
            "expirationDateTime": self.in_minutes(60),
            "latestSupportedTlsVersion": "v1_2",
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "minutes of some days fit")]
    pub(super) fn in_minutes(&self, minutes: i64) -> String {
        let now = self.scene.sandbox.world().now();
        crate::graph::subscription::stamp(now + (minutes * 60) as f64)
    }

    pub(super) async fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let path = format!("/subscriptions{path}");
        let request = self.scene.request(method, &path, &self.token);
        let answer = request.json(body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    pub(super) async fn subscribe(&self, resource: &str) -> String {
        let (status, made) = self.ask(Method::POST, "", &self.wanted(resource)).await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    /// The items of all notifications so far.
    pub(super) fn items(&self) -> Vec<Value> {
        let taken = self.app.taken();
        let values = taken.iter().map(|it| it.body["value"].clone());
        values
            .flat_map(|it| it.as_array().cloned().unwrap_or_default())
            .collect()
    }

    pub(super) fn what(&self) -> Vec<&'static str> {
        let entries = self.scene.sandbox.subscription_journal();
        entries.iter().map(|it| it.what).collect()
    }
}
