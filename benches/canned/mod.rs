//! Jira, Graph and Zoom as fixed bytes: answers made once, so that what is measured is whoever asks.
//!
//! Everything has a name, such as `load-mail-7`, and its id holds that name, so that an answer is found by looking for
//! the name in the address. All viewers get the same content.

mod content;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

pub use content::{CHATS, EVENTS, MAILS, RECORDINGS, TASKS};

/// How often each provider was asked.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Calls {
    /// Requests to Jira's REST interface.
    pub jira: u64,
    /// `$batch` requests to Graph.
    pub graph: u64,
    /// Requests to Zoom.
    pub zoom: u64,
    /// Requests to a token endpoint.
    pub token: u64,
}

/// What is answered, and how often it was.
struct Canned {
    answers: HashMap<String, Bytes>,
    jira: AtomicU64,
    graph: AtomicU64,
    zoom: AtomicU64,
    token: AtomicU64,
}

#[derive(Deserialize)]
struct Batch {
    requests: Vec<BatchItem>,
}

#[derive(Deserialize)]
struct BatchItem {
    id: String,
    url: String,
}

/// Answers until the process ends. Jira is at the root, Graph at `/v1.0`, Zoom at `/v2`, the counts at `/calls`.
pub async fn serve(listener: TcpListener) {
    let canned = Arc::new(Canned {
        answers: content::answers(),
        jira: AtomicU64::new(0),
        graph: AtomicU64::new(0),
        zoom: AtomicU64::new(0),
        token: AtomicU64::new(0),
    });
    let router = Router::new()
        .route("/oauth2/token", post(token))
        .route("/rest/api/3/issue/{id}", get(issue))
        .route("/v1.0/$batch", post(batch))
        .route("/v2/meetings/{uuid}/recordings", get(recording))
        .route("/calls", get(calls))
        .with_state(canned);
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router)
        .await
        .expect("a bound listener serves");
}

async fn token(State(canned): State<Arc<Canned>>) -> Response {
    canned.token.fetch_add(1, Ordering::Relaxed);
    canned.answer("load-token")
}

async fn issue(State(canned): State<Arc<Canned>>) -> Response {
    canned.jira.fetch_add(1, Ordering::Relaxed);
    canned.answer("load-issue")
}

async fn recording(State(canned): State<Arc<Canned>>, request: Request) -> Response {
    canned.zoom.fetch_add(1, Ordering::Relaxed);
    canned.answer(name_in(request.uri().path()))
}

async fn batch(State(canned): State<Arc<Canned>>, Json(batch): Json<Batch>) -> Response {
    canned.graph.fetch_add(1, Ordering::Relaxed);
    let mut body = Vec::with_capacity(32 * 1024);
    body.extend_from_slice(b"{\"responses\":[");
    for (index, item) in batch.requests.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        let known = canned.answers.get(name_in(&item.url));
        let status: &[u8] = if known.is_some() { b"200" } else { b"404" };
        // Our clients number their requests, so the id needs no escaping.
        body.extend_from_slice(b"{\"id\":\"");
        body.extend_from_slice(item.id.as_bytes());
        body.extend_from_slice(b"\",\"status\":");
        body.extend_from_slice(status);
        body.extend_from_slice(content::PART_HEADERS.as_bytes());
        body.extend_from_slice(known.map_or(b"{}", |answer| answer));
        body.push(b'}');
    }
    body.extend_from_slice(b"]}");
    json(Bytes::from(body))
}

async fn calls(State(canned): State<Arc<Canned>>) -> Json<Calls> {
    let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
    Json(Calls {
        jira: read(&canned.jira),
        graph: read(&canned.graph),
        zoom: read(&canned.zoom),
        token: read(&canned.token),
    })
}

impl Canned {
    fn answer(&self, name: &str) -> Response {
        match self.answers.get(name) {
            Some(answer) => json(answer.clone()),
            None => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

fn json(body: Bytes) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

/// The name in an address: `load-` and what follows of letters, digits and hyphens.
fn name_in(address: &str) -> &str {
    let Some(start) = address.find("load-") else {
        return "";
    };
    let rest = &address[start..];
    let end = rest
        .bytes()
        .position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'-'))
        .unwrap_or(rest.len());
    &rest[..end]
}
