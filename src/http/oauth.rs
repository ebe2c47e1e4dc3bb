//! Connecting an account: `/oauth/{provider}/start` sends a browser to the provider, `…/callback` takes it back.

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{COOKIE, LOCATION, REFERER, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;
use url::Url;

use super::assets;
use super::done::{self, Ending};
use crate::app::App;
use crate::auth::Host;
use crate::grant::connect::{self, Abandoned};
use crate::id::encode;
use crate::upstream::Provider;

/// `/oauth/{jira,microsoft,zoom}/{start,callback}`, and the script of the page at their end.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/oauth/done.js", get(done::script))
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
    let ended = |outcome| Ending {
        provider,
        host: None,
        outcome,
    };
    let Ok(Query(query)) = query else {
        return done::page(&app, ended(Err(Abandoned::Stale)));
    };
    if is_sent_by_another_site(&headers) && !is_sent_by_office(&headers) {
        // Outlook and Teams open the window themselves; where they do not say so, the person has to.
        return match connect::host_of(&app, provider, &query.ticket).await {
            Some(Host::Outlook | Host::Teams) => {
                done::ask(provider, &format!("start?ticket={}", encode(&query.ticket)))
            }
            _ => done::page(&app, ended(Err(Abandoned::Elsewhere))),
        };
    }
    match connect::start(&app, provider, &query.ticket).await {
        Ok(started) => {
            let cookie = cookie(&app, &started.cookie, &started.browser, 600);
            let location = started.location.to_string();
            (
                StatusCode::FOUND,
                [(LOCATION, location), (SET_COOKIE, cookie)],
            )
                .into_response()
        }
        Err(abandoned) => done::page(&app, ended(Err(abandoned))),
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
    let ended = |host, outcome| Ending {
        provider,
        host,
        outcome,
    };
    let Ok(Query(query)) = query else {
        return done::page(&app, ended(None, Err(Abandoned::Stale)));
    };
    if query.admin_consent.is_some() {
        let agreed = query.error.is_none();
        let outcome = agreed.then_some(()).ok_or(Abandoned::Declined);
        return done::page(&app, ended(None, outcome));
    }
    let Some(state) = query.state else {
        return done::page(&app, ended(None, Err(Abandoned::Stale)));
    };
    let name = connect::cookie_of(&state);
    let browser = cookie_in(&headers, &full_name(&app, &name));
    let code = query.code.filter(|_| query.error.is_none());
    let (host, outcome) =
        connect::finish(&app, provider, &state, browser.as_deref(), code.as_deref()).await;
    let mut response = done::page(&app, ended(host, outcome));
    if let Ok(gone) = cookie(&app, &name, "", 0).parse() {
        response.headers_mut().append(SET_COOKIE, gone);
    }
    response
}

/// Whether a page of another site sent the browser here. Somebody could otherwise have a visitor of theirs connect an
/// account to a person who is not them, without a word. Browsers say it themselves, and pages cannot change it
/// (<https://www.w3.org/TR/fetch-metadata/>).
fn is_sent_by_another_site(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| matches!(site.as_bytes(), b"cross-site" | b"same-site"))
}

/// Whether it was a page of Outlook's or Teams' own that opened this window. No page can say so of another.
fn is_sent_by_office(headers: &HeaderMap) -> bool {
    let referrer = headers.get(REFERER).and_then(|it| it.to_str().ok());
    let referrer = referrer.and_then(|it| Url::parse(it).ok());
    referrer.is_some_and(|it| assets::is_office(&it))
}

/// A provider that people connect here.
fn known(name: &str) -> Option<Provider> {
    [Provider::Jira, Provider::Microsoft, Provider::Zoom]
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
