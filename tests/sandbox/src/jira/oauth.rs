//! OAuth 2.0 (3LO): people from elsewhere let an app use their sites.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/>

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Extension, Form, Json,
    extract::{Query, State},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    State as Memory,
    access::{Bearer, Site, base, bearer},
    adf::escape,
};
use crate::{
    hosts::SIGNED_IN,
    recorder::{Trace, now},
    world::{Person, SITES, World, guid},
};

/// The one OAuth 2.0 (3LO) client the sandbox knows.
pub const CLIENT_ID: &str = "sandbox-jira-client";
/// Its secret.
pub const CLIENT_SECRET: &str = "sandbox-jira-client-secret";

/// Seconds an access token from 3LO lives.
const THREE_LEGGED_SECONDS: u32 = 3600;

/// What a code or refresh token stands for.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) handle: &'static str,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) redirect_uri: String,
    /// Seconds since 1970.
    pub(crate) expires: f64,
}

/// What an application sends a person with to `/authorize`.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Authorize {
    audience: String,
    client_id: String,
    scope: String,
    redirect_uri: String,
    state: String,
    response_type: String,
    prompt: String,
    /// Not Atlassian's: who is signed in.
    login_hint: String,
    /// Not Atlassian's: `1` accepts without showing the page.
    auto: String,
    /// The page's form: who is signed in, the site the app may use (none: all of theirs), and `accept` or `cancel`.
    person: String,
    site: String,
    decision: String,
}

/// `GET /authorize`: asks for consent, or gives it at once when told `auto=1` and a `login_hint`.
pub(crate) async fn authorize(
    State(site): State<Site>,
    headers: HeaderMap,
    Query(query): Query<Authorize>,
) -> Response {
    if query.client_id != CLIENT_ID
        || query.audience != "api.atlassian.com"
        || query.response_type != "code"
    {
        return (
            StatusCode::BAD_REQUEST,
            Html("<h1>Something went wrong</h1><p>This app's request is not valid.</p>"),
        )
            .into_response();
    }
    if query.auto == "1" {
        return consent(&site.world, &query);
    }
    let hidden = |name: &str, value: &str| {
        format!(
            "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
            escape(value)
        )
    };
    let hint = match query.login_hint.as_str() {
        "" => signed_in(&headers).unwrap_or_default(),
        hint => hint,
    };
    let people = site
        .world
        .people()
        .iter()
        .fold(String::new(), |list, person| {
            let chosen = if hint_fits(person, hint) {
                " selected"
            } else {
                ""
            };
            list + &format!(
                "<option value=\"{}\"{chosen}>{}</option>",
                person.handle, person.name
            )
        });
    let sites = SITES.iter().fold(String::new(), |list, site| {
        list + &format!("<option value=\"{site}\">{site}</option>")
    });
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Authorize app</title>\
         <body style=\"font:16px system-ui;max-width:26rem;margin:4rem auto\"><h1>Authorize app</h1>\
         <p>It asks for: {}</p><form method=\"post\" action=\"/authorize\">{}{}{}{}{}{}\
         <p><label>Signed in as <select name=\"person\">{people}</select></label></p>\
         <p><label>Use app on <select name=\"site\"><option value=\"\">all sites</option>{sites}</select></label></p>\
         <button name=\"decision\" value=\"accept\">Accept</button> <button name=\"decision\" value=\"cancel\">Cancel</button>\
         </form></body></html>",
        escape(&query.scope),
        hidden("audience", &query.audience),
        hidden("client_id", &query.client_id),
        hidden("scope", &query.scope),
        hidden("redirect_uri", &query.redirect_uri),
        hidden("state", &query.state),
        hidden("response_type", &query.response_type),
    ))
    .into_response()
}

/// `POST /authorize`: the page's form.
pub(crate) async fn answer_consent(
    State(site): State<Site>,
    Form(form): Form<Authorize>,
) -> Response {
    if form.decision == "accept" {
        return consent(&site.world, &form);
    }
    redirect(
        &form,
        &[
            ("error", "access_denied"),
            ("error_description", "User did not authorize the request"),
        ],
    )
}

/// Who looks at a host's page in this browser.
fn signed_in(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies
        .split("; ")
        .filter_map(|cookie| cookie.split_once('='))
        .find_map(|(name, handle)| (name == SIGNED_IN).then_some(handle))
}

fn hint_fits(person: &Person, hint: &str) -> bool {
    person.handle == hint || person.email.eq_ignore_ascii_case(hint)
}

fn consent(world: &World, query: &Authorize) -> Response {
    let who = if query.person.is_empty() {
        &query.login_hint
    } else {
        &query.person
    };
    let Some(person) = world.find(|person| hint_fits(person, who)) else {
        return (StatusCode::BAD_REQUEST, "nobody of this name is signed in").into_response();
    };
    let chosen = person.sites.iter().copied();
    let chosen: BTreeSet<_> = chosen
        .filter(|site| query.site.is_empty() || *site == query.site)
        .collect();
    if chosen.is_empty() {
        return (StatusCode::BAD_REQUEST, "this person is not on that site").into_response();
    }
    let code = new_token();
    let mut state = world.jira();
    state
        .allowed
        .entry(person.handle)
        .or_default()
        .extend(chosen);
    state.codes.insert(
        code.clone(),
        Grant {
            handle: person.handle,
            scopes: query.scope.split_whitespace().map(str::to_owned).collect(),
            redirect_uri: query.redirect_uri.clone(),
            expires: now() + 300.0,
        },
    );
    redirect(query, &[("code", &code)])
}

fn redirect(query: &Authorize, answer: &[(&str, &str)]) -> Response {
    match url::Url::parse(&query.redirect_uri) {
        Ok(mut url) => {
            url.query_pairs_mut()
                .extend_pairs(answer)
                .append_pair("state", &query.state);
            Redirect::to(url.as_str()).into_response()
        }
        Err(_) => (StatusCode::BAD_REQUEST, "the redirect address is not valid").into_response(),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Exchange {
    grant_type: String,
    client_id: String,
    client_secret: String,
    code: String,
    redirect_uri: String,
    refresh_token: String,
}

/// `POST /oauth/token`: a code or a refresh token for tokens. Refresh tokens are used once.
pub(crate) async fn exchange(
    State(site): State<Site>,
    Extension(trace): Extension<Trace>,
    Json(body): Json<Exchange>,
) -> Response {
    let refuse = |status, error, description| {
        (
            status,
            Json(json!({"error": error, "error_description": description})),
        )
            .into_response()
    };
    if body.client_id != CLIENT_ID || body.client_secret != CLIENT_SECRET {
        return refuse(StatusCode::UNAUTHORIZED, "access_denied", "Unauthorized");
    }
    let mut state = site.world.jira();
    let grant = match body.grant_type.as_str() {
        "authorization_code" => state
            .codes
            .remove(&body.code)
            .filter(|grant| grant.redirect_uri == body.redirect_uri),
        "refresh_token" => state.refresh_tokens.remove(&body.refresh_token),
        _ => {
            return refuse(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "The grant type is not supported.",
            );
        }
    };
    let Some(grant) =
        grant.filter(|grant| grant.expires > now() && !state.inactive.contains(grant.handle))
    else {
        return refuse(
            StatusCode::FORBIDDEN,
            "invalid_grant",
            "Unknown or invalid refresh token or code.",
        );
    };
    trace.subject(grant.handle);
    let access_token = new_token();
    state.bearers.insert(
        access_token.clone(),
        Bearer {
            handle: grant.handle,
            site: None,
            scopes: grant.scopes.clone(),
            expires: now() + f64::from(THREE_LEGGED_SECONDS),
            three_legged: true,
        },
    );
    let scope: Vec<_> = grant.scopes.iter().cloned().collect();
    let mut answer = json!({
        "access_token": access_token,
        "expires_in": THREE_LEGGED_SECONDS,
        "token_type": "Bearer",
        "scope": scope.join(" "),
    });
    if grant.scopes.contains("offline_access") {
        let refresh_token = new_token();
        state.refresh_tokens.insert(
            refresh_token.clone(),
            Grant {
                expires: now() + 90.0 * 86_400.0,
                ..grant
            },
        );
        answer["refresh_token"] = json!(refresh_token);
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

/// `GET /oauth/token/accessible-resources`: the sites a 3LO token is good for.
pub(crate) async fn accessible_resources(State(site): State<Site>, headers: HeaderMap) -> Response {
    let state = site.world.jira();
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .and_then(|token| bearer(&state, token))
        .filter(|bearer| bearer.three_legged);
    match bearer {
        Some(bearer) => {
            let scopes: Vec<_> = bearer
                .scopes
                .iter()
                .filter(|scope| *scope != "offline_access")
                .collect();
            let person = site.world.person(bearer.handle);
            let resources = sites(&state, &person).into_iter().map(|name| {
                let url = base(&site.world, name);
                json!({
                    "id": cloud_id(name),
                    "url": url,
                    "name": name,
                    "scopes": scopes,
                    "avatarUrl": format!("{url}/avatar.svg"),
                })
            });
            Json(resources.collect::<Value>()).into_response()
        }
        None => (
            StatusCode::UNAUTHORIZED,
            Json(json!({"code": 401, "message": "Unauthorized"})),
        )
            .into_response(),
    }
}

/// The sites a person allowed the app to use and is still on, in the order of their joining.
pub(crate) fn sites(state: &Memory, person: &Person) -> Vec<&'static str> {
    let allowed = state.allowed.get(person.handle);
    let sites = person.sites.iter().copied();
    sites
        .filter(|site| state.belongs(person, site))
        .filter(|site| allowed.is_some_and(|allowed| allowed.contains(site)))
        .collect()
}

/// The cloud id of a site.
pub fn cloud_id(site: &str) -> String {
    guid("jira cloud", site)
}

/// A 3LO access token for a person, as if they had just consented.
pub fn user_token(world: &Arc<World>, handle: &str, scopes: &[&str]) -> String {
    let person = world.person(handle);
    let token = new_token();
    let mut state = world.jira();
    state
        .allowed
        .insert(person.handle, person.sites.iter().copied().collect());
    state.bearers.insert(
        token.clone(),
        Bearer {
            handle: person.handle,
            site: None,
            scopes: scopes.iter().map(ToString::to_string).collect(),
            expires: now() + f64::from(THREE_LEGGED_SECONDS),
            three_legged: true,
        },
    );
    token
}

/// The session of somebody looking at an issue's page, as a bearer token for the site itself.
pub(crate) fn page_session(world: &World, site: &'static str, viewer: &Person) -> String {
    let token = new_token();
    world.jira().bearers.insert(
        token.clone(),
        Bearer {
            handle: viewer.handle,
            site: Some(site),
            scopes: BTreeSet::from(["WRITE".to_owned()]),
            expires: now() + f64::from(THREE_LEGGED_SECONDS),
            three_legged: false,
        },
    );
    token
}

pub(crate) fn new_token() -> String {
    format!(
        "{}{}",
        uuid::Uuid::new_v4().simple(),
        uuid::Uuid::new_v4().simple()
    )
}
