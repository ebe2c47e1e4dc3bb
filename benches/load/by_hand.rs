//! The join written by hand: the same upstream calls, all at once, and the same JSON for the panel's one query.
//!
//! It is what the gateway is measured against, so it does nothing else: it knows its viewers by what they send instead
//! of verifying it, has their links and tokens in memory, and answers no other question.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use futures::future::try_join_all;
use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use trefoil::id::encode;

use super::answer::{self, Answered};
use super::plan::{Kind, Plan, Planned, Viewer};

/// How many requests a `$batch` takes.
const BATCH: usize = 20;

struct Join {
    client: reqwest::Client,
    plan: Plan,
}

#[derive(Deserialize)]
struct Asked {
    variables: Variables,
}

#[derive(Deserialize)]
struct Variables {
    id: String,
}

#[derive(Serialize)]
struct Batch {
    requests: Vec<BatchItem>,
}

#[derive(Serialize)]
struct BatchItem {
    id: String,
    method: &'static str,
    url: String,
    headers: BatchHeaders,
}

#[derive(Serialize)]
struct BatchHeaders {
    #[serde(rename = "Prefer")]
    prefer: &'static str,
}

/// Answers `POST /graphql` at an address, as the file `plan` says, until the process ends.
#[expect(
    clippy::disallowed_methods,
    reason = "this is not the gateway, and has none of its care"
)]
pub async fn serve(plan: &Path, address: SocketAddr) {
    let plan = fs::read(plan).expect("the plan is there");
    let join = Join {
        client: reqwest::Client::new(),
        plan: serde_json::from_slice(&plan).expect("the plan is one"),
    };
    let router = Router::new()
        .route("/graphql", post(panel))
        .with_state(Arc::new(join));
    let listener = TcpListener::bind(address).await.expect("the port is free");
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router)
        .await
        .expect("a bound listener serves");
}

async fn panel(
    State(join): State<Arc<Join>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, StatusCode> {
    let asked: Asked = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let viewer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| join.plan.viewers.get(value))
        .filter(|viewer| viewer.issue == asked.variables.id)
        .ok_or(StatusCode::UNAUTHORIZED)?;
    let read = join.read(viewer).await;
    let read = read.map_err(|_| StatusCode::BAD_GATEWAY)?;
    let answer = answer::write(viewer, &read).map_err(|_| StatusCode::BAD_GATEWAY)?;
    Ok(([(CONTENT_TYPE, "application/json")], answer).into_response())
}

impl Join {
    /// Asks everybody at once.
    async fn read(&self, viewer: &Viewer) -> reqwest::Result<Answered> {
        let at = &self.plan.upstream;
        let fields = "summary,status,priority,assignee,updated";
        let issue = format!("{at}/rest/api/3/issue/{}?fields={fields}", viewer.issue);
        let issue = send(self.client.get(issue), &viewer.jira);

        let paths: Vec<String> = viewer.links.iter().filter_map(path).collect();
        let batches = try_join_all(paths.chunks(BATCH).map(|paths| {
            let batch = Batch {
                requests: paths.iter().enumerate().map(item).collect(),
            };
            let request = self.client.post(format!("{at}/v1.0/$batch")).json(&batch);
            send(request, &viewer.microsoft)
        }));

        let recordings = viewer
            .links
            .iter()
            .filter(|link| link.kind == Kind::Recording);
        let recordings = try_join_all(recordings.map(|link| {
            let uuid = encode(&link.target);
            let request = self
                .client
                .get(format!("{at}/v2/meetings/{uuid}/recordings"));
            send(request, &viewer.zoom)
        }));

        let (issue, batches, recordings) = futures::try_join!(issue, batches, recordings)?;
        Ok(Answered {
            issue,
            batches,
            recordings,
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is not the gateway, and has none of its care"
)]
async fn send(request: RequestBuilder, authorization: &str) -> reqwest::Result<Bytes> {
    let request = request.header(AUTHORIZATION, authorization);
    request.send().await?.error_for_status()?.bytes().await
}

fn item((index, url): (usize, &String)) -> BatchItem {
    BatchItem {
        id: index.to_string(),
        method: "GET",
        url: url.clone(),
        headers: BatchHeaders {
            prefer: "IdType=\"ImmutableId\", outlook.timezone=\"UTC\"",
        },
    }
}

/// Where a link is read in Graph; none for Zoom's.
fn path(link: &Planned) -> Option<String> {
    let id = &link.target;
    Some(match link.kind {
        Kind::Mail => format!(
            "/me/messages?$filter=internetMessageId%20eq%20{}&$select=id,subject,from,receivedDateTime,bodyPreview,\
             hasAttachments,isRead,webLink&$top=1",
            encode(&format!("'{id}'"))
        ),
        Kind::Event => format!(
            "/me/events?$filter=iCalUId%20eq%20{}&$select=id,isOnlineMeeting,subject,start,end,onlineMeeting,webLink\
             &$top=1",
            encode(&format!("'{id}'"))
        ),
        Kind::Chat => format!(
            "/chats/{}?$select=id,topic,chatType,lastUpdatedDateTime,webUrl&$expand=members",
            encode(id)
        ),
        Kind::Task => format!(
            "/me/todo/lists/{}/tasks/{}?$select=id,title,status,dueDateTime",
            encode(&link.list),
            encode(id)
        ),
        Kind::Recording => return None,
    })
}
