//! Deliveries of the vendors: the routes, their limits, and what is answered. Everything else is `ingress`'.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{OriginalUri, Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};

use super::body;
use crate::app::App;
use crate::auth::webhook;
use crate::event::Account;
use crate::ingress::zoom::Answered;
use crate::ingress::{self, Refused, Taken};
use crate::upstream::microsoft::webhook::validation_token;
use crate::upstream::zoom::webhook::Deauthorized;
use crate::{grant, watch};

/// Bytes of a delivery. Jira's may hold an issue with all its fields.
const LONGEST: usize = 256 * 1024;
const LONGEST_OF_JIRA: usize = 1024 * 1024;
/// The longest name that Jira may have for a delivery, in bytes.
const LONGEST_IDENTIFIER: usize = 256;

const IDENTIFIER: HeaderName = HeaderName::from_static("x-atlassian-webhook-identifier");
const HUB_SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature");
const ZOOM_SIGNATURE: HeaderName = HeaderName::from_static("x-zm-signature");
const ZOOM_TIMESTAMP: HeaderName = HeaderName::from_static("x-zm-request-timestamp");

/// `/webhooks/{jira,microsoft,zoom}`, `/webhooks/jira-dc/{site}` and `/webhooks/microsoft/lifecycle`.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/webhooks/jira", post(jira))
        .route("/webhooks/jira-dc/{site}", post(data_center))
        .route("/webhooks/microsoft", post(microsoft))
        .route("/webhooks/microsoft/lifecycle", post(microsoft))
        .route("/webhooks/zoom", post(zoom))
}

async fn jira(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let provider = "jira";
    let settings = &app.settings.jira;
    if settings.connect.is_none() && settings.oauth.is_none() {
        return answer(provider, Err(Refused::Nobody), StatusCode::NO_CONTENT);
    }
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    // Nobody has to be listened to before it is known who it is.
    let sender = async { Ok(webhook::jira(&app, &headers, target).await?) };
    let sender = match ingress::in_time(sender).await {
        Ok(sender) => sender,
        Err(refused) => return answer(provider, Err(refused), StatusCode::NO_CONTENT),
    };
    let bytes = match whole(&app, provider, body, LONGEST_OF_JIRA).await {
        Ok(bytes) => bytes,
        Err(response) => return response,
    };
    let query = uri.query().unwrap_or_default();
    let taken = ingress::jira::cloud(&app, &sender, query, identifier(&headers), &bytes);
    answer(
        provider,
        ingress::in_time(taken).await,
        StatusCode::NO_CONTENT,
    )
}

async fn data_center(
    State(app): State<App>,
    Path(site): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let provider = "jira_dc";
    let bytes = match whole(&app, provider, body, LONGEST_OF_JIRA).await {
        Ok(bytes) => bytes,
        Err(response) => return response,
    };
    let signature = only(&headers, &HUB_SIGNATURE);
    let taken = ingress::jira::data_center(&app, &site, signature, identifier(&headers), &bytes);
    answer(
        provider,
        ingress::in_time(taken).await,
        StatusCode::NO_CONTENT,
    )
}

/// Notifications of both kinds: Graph sends each to its own address, and says in each what it is.
async fn microsoft(State(app): State<App>, OriginalUri(uri): OriginalUri, body: Body) -> Response {
    let provider = "microsoft";
    let thanks = StatusCode::ACCEPTED;
    if app.settings.microsoft.is_none() {
        return answer(provider, Err(Refused::Nobody), thanks);
    }
    // Graph asks while it makes a subscription, so nothing of that is known yet, at this gateway or any.
    match validation_token(uri.query().unwrap_or_default()) {
        Ok(None) => {}
        Ok(Some(token)) => {
            count(provider, "challenge");
            return ([(CONTENT_TYPE, "text/plain")], token).into_response();
        }
        Err(_) => return answer(provider, Err(Refused::Unreadable), thanks),
    }
    let bytes = match whole(&app, provider, body, LONGEST).await {
        Ok(bytes) => bytes,
        Err(response) => return response,
    };
    let taken = ingress::microsoft::notifications(&app, &bytes);
    answer(provider, ingress::in_time(taken).await, thanks)
}

async fn zoom(State(app): State<App>, headers: HeaderMap, body: Body) -> Response {
    let provider = "zoom";
    let bytes = match whole(&app, provider, body, LONGEST).await {
        Ok(bytes) => bytes,
        Err(response) => return response,
    };
    let signature = only(&headers, &ZOOM_SIGNATURE);
    let timestamp = only(&headers, &ZOOM_TIMESTAMP);
    let answered = ingress::zoom::delivery(&app, signature, timestamp, &bytes);
    match ingress::in_time(answered).await {
        Ok(Answered::Challenge(answer)) => {
            count(provider, "challenge");
            Json(answer).into_response()
        }
        Ok(Answered::Taken(taken)) => answer(provider, Ok(taken), StatusCode::NO_CONTENT),
        Ok(Answered::Left(left)) => {
            let forgotten = ingress::in_time(forget(&app, &left)).await;
            answer(provider, forgotten, StatusCode::NO_CONTENT)
        }
        Err(refused) => answer(provider, Err(refused), StatusCode::NO_CONTENT),
    }
}

/// Somebody has taken us away from their Zoom account: what we have of it is deleted before Zoom is answered. A
/// repetition finds nothing.
async fn forget(app: &App, left: &Deauthorized) -> Result<Taken, Refused> {
    let people = grant::deauthorized(app, &left.account, &left.user).await?;
    if people.is_empty() {
        return Ok(Taken::Repeated);
    }
    watch::lost(app, &people, Account::Zoom).await;
    Ok(Taken::New)
}

/// The whole body within its limits, or what to answer.
async fn whole(
    app: &App,
    provider: &'static str,
    body: Body,
    longest: usize,
) -> Result<Bytes, Response> {
    let limit = Duration::from_secs(app.settings.server.body_timeout);
    body::read(body, longest, limit).await.map_err(|refusal| {
        count(provider, "unreadable");
        refusal.status().into_response()
    })
}

/// The value of a header that stands there once; nothing of one that stands there twice.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value.as_bytes()),
        _ => None,
    }
}

/// Jira's own name of the delivery.
fn identifier(headers: &HeaderMap) -> Option<&str> {
    let text = std::str::from_utf8(only(headers, &IDENTIFIER)?).ok()?;
    (!text.is_empty() && text.len() <= LONGEST_IDENTIFIER).then_some(text)
}

/// The answer, which says nothing beyond its status.
fn answer(provider: &'static str, outcome: Result<Taken, Refused>, thanks: StatusCode) -> Response {
    let (word, status) = match outcome {
        Ok(Taken::New) => ("taken", thanks),
        Ok(Taken::Repeated) => ("repeated", thanks),
        Ok(Taken::Ignored) => ("ignored", thanks),
        Err(Refused::Untrusted) => ("untrusted", StatusCode::UNAUTHORIZED),
        Err(Refused::Unreadable) => ("unreadable", StatusCode::BAD_REQUEST),
        Err(Refused::Unavailable) => ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
        Err(Refused::Nobody) => ("nobody", StatusCode::NOT_FOUND),
    };
    count(provider, word);
    status.into_response()
}

/// Counts a delivery by what became of it.
fn count(provider: &'static str, outcome: &'static str) {
    metrics::counter!("trefoil_deliveries_total", "provider" => provider, "outcome" => outcome)
        .increment(1);
}
