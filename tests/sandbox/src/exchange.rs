//! Whole exchanges, bodies included, kept in memory when asked for: what a specification is held against.
//!
//! Off by default, because bodies are content. Exchanges that a fault spoilt are not kept.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::world::lock;

/// A request and its answer.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// `jira`, `login`, `graph`, `zoom` or `zoom-download`.
    pub provider: &'static str,
    /// The Jira site asked.
    pub site: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// The path with its query, as it was on the wire.
    pub path: String,
    /// What was sent.
    pub request: Message,
    /// The status answered.
    pub status: u16,
    /// What was answered.
    pub response: Message,
}

/// One side of an exchange.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Message {
    /// The headers; of `authorization` only the scheme, so that no token is kept.
    pub headers: Map<String, Value>,
    /// The body when it is JSON.
    pub json: Option<Value>,
    /// The body when it is a form.
    pub form: Option<String>,
}

/// The exchanges kept so far.
#[derive(Default)]
pub struct Exchanges {
    on: AtomicBool,
    kept: Mutex<Vec<Exchange>>,
}

impl Exchanges {
    /// Starts or stops keeping.
    pub fn keep(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
    }

    /// Whether exchanges are kept now.
    pub fn keeps(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// Everything kept, oldest first.
    pub fn all(&self) -> Vec<Exchange> {
        lock(&self.kept).clone()
    }

    /// Forgets everything kept.
    pub fn clear(&self) {
        lock(&self.kept).clear();
    }

    pub(crate) fn push(&self, exchange: Exchange) {
        lock(&self.kept).push(exchange);
    }
}

/// Reads a request and gives it back whole.
pub(crate) async fn overhear(request: Request) -> (Request, Message) {
    let (parts, body) = request.into_parts();
    let (body, message) = read(&parts.headers, body).await;
    (Request::from_parts(parts, body), message)
}

/// Reads an answer and gives it back whole.
pub(crate) async fn overhear_answer(response: Response) -> (Response, Message) {
    let (parts, body) = response.into_parts();
    let (body, message) = read(&parts.headers, body).await;
    (Response::from_parts(parts, body), message)
}

/// Only JSON and forms are read into memory; uploads and downloads pass by.
async fn read(headers: &HeaderMap, body: Body) -> (Body, Message) {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let mut message = Message {
        headers: named(headers),
        ..Message::default()
    };
    let form = kind.starts_with("application/x-www-form-urlencoded");
    if !(form || kind.contains("json")) {
        return (body, message);
    }
    let bytes: Bytes = match body.collect().await {
        Ok(collected) => collected.to_bytes(),
        // The sender went away; there is nothing to keep and nobody to answer.
        Err(_) => return (Body::empty(), message),
    };
    if form {
        message.form = Some(String::from_utf8_lossy(&bytes).into_owned());
    } else {
        message.json = serde_json::from_slice(&bytes).ok();
    }
    (Body::from(bytes), message)
}

fn named(headers: &HeaderMap) -> Map<String, Value> {
    let shown = |name: &header::HeaderName, value: &http::HeaderValue| {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        if name == header::AUTHORIZATION {
            text.split(' ').next().unwrap_or_default().to_owned()
        } else {
            text
        }
    };
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), Value::String(shown(name, value))))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Options, Sandbox};

    #[tokio::test]
    async fn an_exchange_is_kept_whole_but_for_the_token() {
        let sandbox = Sandbox::start(Options {
            keep_bodies: true,
            ..Options::default()
        })
        .await;
        let token = sandbox.zoom_tokens("alice").access_token;
        let url = format!("{}/v2/users/me/meetings", sandbox.addresses().zoom);
        let request = reqwest::Client::new().post(url).bearer_auth(&token);
        let answer = request
            .json(&json!({ "topic": "Plan" }))
            .send()
            .await
            .unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();

        let kept = sandbox.world().exchanges().all();
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].status, 201);
        assert_eq!(kept[0].request.json, Some(json!({ "topic": "Plan" })));
        assert_eq!(kept[0].request.headers["authorization"], "Bearer");
        assert_eq!(kept[0].response.json.as_ref(), Some(&answer));
    }
}
