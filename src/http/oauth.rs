//! Connecting an account: `/oauth/{provider}/start` sends a browser to the provider, `…/callback` takes it back.

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;

use crate::app::App;
use crate::grant::connect::{self, Abandoned};
use crate::upstream::Provider;

/// The page runs its one script, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/oauth/{microsoft,zoom}/{start,callback}`, and the script of the page at their end.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/oauth/done.js", get(script))
        .route("/oauth/{provider}/start", get(start))
        .route("/oauth/{provider}/callback", get(callback))
}

#[derive(Deserialize)]
struct Start {
    ticket: String,
}

#[derive(Deserialize)]
struct Callback {
    state: Option<String>,
    code: Option<String>,
    /// Never shown: anybody could have written it.
    error: Option<String>,
    /// An administrator agreed for everybody; told by nothing we could check, so nothing follows from it.
    admin_consent: Option<String>,
}

async fn start(
    State(app): State<App>,
    Path(provider): Path<String>,
    query: Result<Query<Start>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let Some(provider) = known(&provider) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if is_sent_by_another_site(&headers) {
        return page(provider, Err(Abandoned::Elsewhere));
    }
    let started = match query {
        Ok(Query(query)) => connect::start(&app, provider, &query.ticket).await,
        Err(_) => Err(Abandoned::Stale),
    };
    match started {
        Ok(started) => {
            let cookie = cookie(&app, &started.cookie, &started.browser, 600);
            let location = started.location.to_string();
            (
                StatusCode::FOUND,
                [(LOCATION, location), (SET_COOKIE, cookie)],
            )
                .into_response()
        }
        Err(abandoned) => page(provider, Err(abandoned)),
    }
}

async fn callback(
    State(app): State<App>,
    Path(provider): Path<String>,
    query: Result<Query<Callback>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let Some(provider) = known(&provider) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Ok(Query(query)) = query else {
        return page(provider, Err(Abandoned::Stale));
    };
    if query.admin_consent.is_some() {
        let agreed = query.error.is_none();
        return page(provider, agreed.then_some(()).ok_or(Abandoned::Declined));
    }
    let Some(state) = query.state else {
        return page(provider, Err(Abandoned::Stale));
    };
    let name = connect::cookie_of(&state);
    let browser = cookie_in(&headers, &full_name(&app, &name));
    let code = query.code.filter(|_| query.error.is_none());
    let outcome =
        connect::finish(&app, provider, &state, browser.as_deref(), code.as_deref()).await;
    let mut response = page(provider, outcome);
    if let Ok(gone) = cookie(&app, &name, "", 0).parse() {
        response.headers_mut().append(SET_COOKIE, gone);
    }
    response
}

/// Tells the window that opened this one, on our own origin only, and closes.
async fn script() -> Response {
    let script = include_str!("assets/done.js");
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], script).into_response()
}

/// The page at the end. Every word of it is ours.
fn page(provider: Provider, outcome: Result<(), Abandoned>) -> Response {
    let (status, words) = match outcome {
        Ok(()) => (StatusCode::OK, "The account is connected.".to_owned()),
        Err(abandoned) => {
            let status = match abandoned {
                Abandoned::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::BAD_REQUEST,
            };
            (status, abandoned.to_string())
        }
    };
    let html = include_str!("assets/done.html")
        .replace("%PROVIDER%", provider.name())
        .replace("%OK%", if outcome.is_ok() { "true" } else { "false" })
        .replace("%WORDS%", &words);
    (status, [(CONTENT_SECURITY_POLICY, POLICY)], Html(html)).into_response()
}

/// Whether a page of another site sent the browser here. Somebody could otherwise have a visitor of theirs connect an
/// account to a person who is not them, without a word. Browsers say it themselves, and pages cannot change it
/// (<https://www.w3.org/TR/fetch-metadata/>).
fn is_sent_by_another_site(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| matches!(site.as_bytes(), b"cross-site" | b"same-site"))
}

/// A provider that people connect here; Jira's people come with their site.
fn known(name: &str) -> Option<Provider> {
    [Provider::Microsoft, Provider::Zoom]
        .into_iter()
        .find(|provider| provider.name() == name)
}

/// A cookie that only this browser sends, only to us, and with the provider's way back to us (Lax).
fn cookie(app: &App, name: &str, value: &str, seconds: u32) -> String {
    let secure = if secure(app) { "; Secure" } else { "" };
    let name = full_name(app, name);
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

/// `__Host-` keeps other hosts from setting it; browsers take it over https only.
fn full_name(app: &App, name: &str) -> String {
    let prefix = if secure(app) { "__Host-" } else { "" };
    format!("{prefix}{name}")
}

fn secure(app: &App) -> bool {
    app.settings.server.public_url.scheme() == "https"
}

fn cookie_in(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
}
