//! Tests of the sites over real HTTP: a stage with an app, and below it what is tested.

mod connect;
mod content;
mod create;
mod fault;
mod jql;
mod oauth;
mod sites;
mod webhooks;

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    body::Bytes,
    extract::OriginalUri,
    routing::{get, post},
};
use http::{HeaderMap, StatusCode};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use super::token;
use crate::{Options, Sandbox, listener::Listener, world::lock};

/// A lifecycle call as an app receives it: path, authorization, body.
type Call = (String, String, Value);

/// A sandbox with an app installed on all sites.
struct Stage {
    sandbox: Sandbox,
    app: String,
    calls: Arc<Mutex<Vec<Call>>>,
    client: Client,
}

impl Stage {
    async fn new() -> Self {
        Self::with_scopes(json!(["READ", "WRITE", "ACT_AS_USER"])).await
    }

    async fn with_scopes(scopes: Value) -> Self {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let listener = Listener::bind(0).await;
        let app = listener.url();
        let descriptor = json!({
            "key": "example.app", "baseUrl": app, "scopes": scopes,
            "lifecycle": {"installed": "/on/installed", "uninstalled": "/on/uninstalled",
                "enabled": "/on/enabled", "disabled": "/on/disabled"},
            "modules": {"jiraIssueContents": [{"target": {"url": "/panel?issueKey={issue.key}"}}]}
        });
        let kept = Arc::clone(&calls);
        let router = Router::new()
            .route("/atlassian-connect.json", get(|| async move { Json(descriptor) }))
            .route(
                "/on/{event}",
                post(move |OriginalUri(uri): OriginalUri, headers: HeaderMap, body: Bytes| async move {
                    let authorization = headers["authorization"].to_str().unwrap().to_owned();
                    let body = serde_json::from_slice(&body).unwrap();
                    lock(&kept).push((uri.to_string(), authorization, body));
                    StatusCode::NO_CONTENT
                }),
            );
        tokio::spawn(listener.serve(router));
        let sandbox = Sandbox::start(Options::default()).await;
        for site in crate::world::SITES {
            assert_eq!(sandbox.install(site, &app).await.unwrap().status, 204);
        }
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            sandbox,
            app,
            calls,
            client,
        }
    }

    fn base(&self) -> &str {
        &self.sandbox.addresses().jira[0]
    }

    /// Asks the token endpoint to act as somebody, with changes to the claims.
    async fn assert_as(&self, handle: &str, change: impl FnOnce(&mut Value)) -> Response {
        let person = self.sandbox.world().person(handle);
        let app = self.sandbox.installation(person.site).unwrap();
        let mut claims = json!({
            "iss": format!("urn:atlassian:connect:clientid:{}", app.oauth_client_id),
            "sub": format!("urn:atlassian:connect:useraccountid:{}", person.account_id),
            "tnt": super::access::base(self.sandbox.world(), person.site),
            "aud": "https://oauth-2-authorization-server.services.atlassian.com",
            "iat": super::connect::seconds(), "exp": super::connect::seconds() + 60,
        });
        change(&mut claims);
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", &token::sign(&claims, &app.shared_secret)),
        ];
        let address = format!("{}/oauth2/token", self.base());
        self.client.post(address).form(&form).send().await.unwrap()
    }

    async fn bearer(&self, handle: &str) -> String {
        let answer: Value = self.assert_as(handle, |_| {}).await.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Calls the person's own site as that person.
    async fn call(
        &self,
        handle: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let base = super::access::base(
            self.sandbox.world(),
            self.sandbox.world().person(handle).site,
        );
        let mut request = self
            .client
            .request(method, format!("{base}/rest/api/3{path}"))
            .bearer_auth(self.bearer(handle).await);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or_default())
    }

    async fn get(&self, handle: &str, path: &str) -> (u16, Value) {
        self.call(handle, Method::GET, path, None).await
    }

    async fn post(&self, handle: &str, path: &str, body: Value) -> (u16, Value) {
        self.call(handle, Method::POST, path, Some(body)).await
    }
}
