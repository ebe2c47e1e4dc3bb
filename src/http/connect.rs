//! Atlassian Connect: the descriptor, the lifecycle callbacks, and who may frame the panel.

use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use url::form_urlencoded;

use crate::app::App;
use crate::auth::jwt::Refusal;
use crate::auth::{Rejection, connect, install, record, token_in};
use crate::id::SiteId;
use crate::manifests;
use crate::upstream::jira::connect::Lifecycle;
use crate::{grant, watch};

/// `/atlassian-connect.json` and `/connect/{installed,uninstalled,enabled,disabled}`.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/atlassian-connect.json", get(descriptor))
        .route("/connect/installed", post(installed))
        .route("/connect/uninstalled", post(uninstalled))
        .route("/connect/enabled", post(enabled))
        .route("/connect/disabled", post(disabled))
}

/// The `frame-ancestors` of the panel's page: the origin of the site whose token came with this request, else nobody.
pub async fn frame_ancestors(app: &App, uri: &Uri) -> String {
    match connect::framed(app, target(uri)).await {
        Ok(known) => known.site.base_url.origin().ascii_serialization(),
        Err(refusal) => {
            tracing::info!(reason = refusal.word(), "the panel may not be framed");
            "'none'".to_owned()
        }
    }
}

async fn descriptor(State(app): State<App>) -> Response {
    match manifests::connect::descriptor(&app.settings) {
        Some(descriptor) => Json(descriptor).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn installed(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let outcome = match told(&uri, &headers, &body) {
        Ok((token, body)) => install::installed(&app, &token, target(&uri), &body)
            .await
            .map(drop),
        Err(refusal) => Err(refusal),
    };
    answer(&app, "site.install", outcome).await
}

async fn uninstalled(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut leaving = None;
    let before = async |site: SiteId| {
        let partings = watch::leaving(&app, site).await;
        leaving = Some((site, partings, grant::leaving(&app, site).await));
    };
    let outcome = match told(&uri, &headers, &body) {
        Ok((token, body)) => install::uninstalled(&app, &token, target(&uri), &body, before).await,
        Err(refusal) => Err(refusal),
    };
    if let (Ok(()), Some((site, partings, connections))) = (&outcome, leaving) {
        watch::uninstalled(&app, site, partings).await;
        grant::revoke_all(&app, connections);
    }
    answer(&app, "site.uninstall", outcome).await
}

async fn enabled(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let outcome = switched(&app, &uri, &headers, true).await;
    answer(&app, "site.enable", outcome).await
}

async fn disabled(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let outcome = switched(&app, &uri, &headers, false).await;
    answer(&app, "site.disable", outcome).await
}

async fn switched(app: &App, uri: &Uri, headers: &HeaderMap, on: bool) -> Result<(), Refusal> {
    let token = token(uri, headers)?;
    install::switched(app, &token, target(uri), on).await
}

/// What every refused callback gets is the same; what was wrong is in the audit log.
async fn answer(app: &App, action: &'static str, outcome: Result<(), Refusal>) -> Response {
    match outcome {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => {
            record::refused(app, None, action, refusal.word()).await;
            match Rejection::from(refusal).status {
                StatusCode::SERVICE_UNAVAILABLE => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::UNAUTHORIZED,
            }
            .into_response()
        }
    }
}

fn told(uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<(String, Lifecycle), Refusal> {
    let token = token(uri, headers)?;
    let body = serde_json::from_slice(body).map_err(|_| Refusal::Body)?;
    Ok((token, body))
}

/// The one token of a request: in the header or in the parameter `jwt`, never in both.
fn token(uri: &Uri, headers: &HeaderMap) -> Result<String, Refusal> {
    let query = uri.query().unwrap_or_default();
    let mut tokens: Vec<String> = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "jwt")
        .map(|(_, value)| value.into_owned())
        .collect();
    for header in headers.get_all(AUTHORIZATION) {
        let header = header.to_str().map_err(|_| Refusal::Malformed)?;
        tokens.push(token_in(header).ok_or(Refusal::Malformed)?.to_owned());
    }
    match tokens.pop() {
        Some(token) if tokens.is_empty() => Ok(token),
        _ => Err(Refusal::Malformed),
    }
}

/// The path and query as they stood on the request line.
fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |target| target.as_str())
}
