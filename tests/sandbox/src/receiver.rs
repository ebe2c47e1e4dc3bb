//! An app that takes webhooks, for the tests of the vendors that send them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::listener::Listener;
use crate::world::lock;
use crate::zoom;

/// A delivery as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    /// The path with its query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    /// The body, or null when it is no JSON.
    pub(crate) body: Value,
}

impl Delivery {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }
}

/// A listening app.
pub(crate) struct Receiver {
    pub(crate) url: String,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    descriptor: Mutex<Value>,
    /// The secret it encrypts Zoom's challenges with; without one, the sandbox's.
    secret: Mutex<Option<String>>,
    taken: Mutex<Vec<Delivery>>,
    /// Paths that were asked whether they want notifications.
    validations: Mutex<Vec<String>>,
    /// Statuses of the next answers; after them, 200.
    answers: Mutex<VecDeque<u16>>,
    arrived: Notify,
}

impl Receiver {
    /// Listens. It answers validations of addresses as each vendor wants them answered.
    pub(crate) async fn start() -> Self {
        let listener = Listener::bind(0).await;
        let url = listener.url();
        let inner = Arc::new(Inner::default());
        let router = Router::new().fallback(take).with_state(Arc::clone(&inner));
        tokio::spawn(listener.serve(router));
        Self { url, inner }
    }

    /// Serves a Connect descriptor with these webhook modules.
    pub(crate) fn describes(&self, webhooks: &Value) {
        *lock(&self.inner.descriptor) = json!({
            "key": "example.app", "baseUrl": self.url, "scopes": ["READ", "WRITE", "DELETE", "ACT_AS_USER"],
            "modules": {"webhooks": webhooks}
        });
    }

    /// Encrypts Zoom's challenges with this secret.
    pub(crate) fn knows(&self, secret: &str) {
        *lock(&self.inner.secret) = Some(secret.to_owned());
    }

    /// Answers the next deliveries so; those after them are taken.
    pub(crate) fn answers(&self, statuses: &[u16]) {
        lock(&self.inner.answers).extend(statuses);
    }

    /// What has arrived by now.
    pub(crate) fn taken(&self) -> Vec<Delivery> {
        lock(&self.inner.taken).clone()
    }

    /// The paths that were asked whether they want notifications.
    pub(crate) fn validations(&self) -> Vec<String> {
        lock(&self.inner.validations).clone()
    }

    /// Forgets what has arrived.
    pub(crate) fn forgets(&self) {
        lock(&self.inner.taken).clear();
    }

    /// Waits until so many have arrived.
    pub(crate) async fn receives(&self, count: usize) -> Vec<Delivery> {
        let enough = async {
            loop {
                let arrived = self.inner.arrived.notified();
                let taken = self.taken();
                if taken.len() >= count {
                    return taken;
                }
                arrived.await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), enough).await;
        waited.unwrap_or_else(|_| panic!("only {} of {count} arrived", self.taken().len()))
    }
}

async fn take(
    State(inner): State<Arc<Inner>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    if uri.path() == "/atlassian-connect.json" {
        return Json(lock(&inner.descriptor).clone()).into_response();
    }
    let query = uri.query().unwrap_or_default().as_bytes();
    let mut query = url::form_urlencoded::parse(query);
    if let Some((_, token)) = query.find(|(name, _)| name == "validationToken") {
        lock(&inner.validations).push(uri.path().to_owned());
        // `/silent` does not know what to say.
        let token = if uri.path() == "/silent" { "" } else { &token };
        return token.to_owned().into_response();
    }
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if body["event"] == "endpoint.url_validation" {
        lock(&inner.validations).push(uri.path().to_owned());
        return crc(&inner, uri.path(), &body);
    }
    lock(&inner.taken).push(Delivery {
        path: uri.to_string(),
        headers,
        bytes,
        body,
    });
    inner.arrived.notify_waiters();
    let status = lock(&inner.answers).pop_front().unwrap_or(200);
    StatusCode::from_u16(status).unwrap().into_response()
}

/// Zoom's challenge, encrypted. Who asks is not looked at here: that is for real apps.
fn crc(inner: &Inner, path: &str, body: &Value) -> Response {
    let secret = lock(&inner.secret).clone();
    let secret = secret.unwrap_or_else(|| zoom::WEBHOOK_SECRET.to_owned());
    let plain = body["payload"]["plainToken"].as_str().unwrap_or_default();
    let encrypted = match path {
        "/silent" => String::new(),
        _ => zoom::mac(&secret, plain.as_bytes()),
    };
    Json(json!({"plainToken": plain, "encryptedToken": encrypted})).into_response()
}
