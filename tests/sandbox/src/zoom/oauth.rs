//! Zoom's OAuth: the consent page, the token endpoint and revocation.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Form, Query, State as Shared};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Extension, Json};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use url::Url;

use super::state::State;
use super::tokens::{Authorization, Challenge, Issued};
use super::{CLIENT_ID, CLIENT_SECRET};
use crate::recorder::Trace;
use crate::world::World;

/// The path every registered redirect address ends in.
const REDIRECT_PATH: &str = "/oauth/zoom/callback";

const PAGE: &str = include_str!("consent.html");

/// What an authorization carries from the page into its form.
const CARRIED: [&str; 6] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "state",
    "code_challenge",
    "code_challenge_method",
];

type Fields = HashMap<String, String>;

/// `GET /oauth/authorize`: the consent page. With `auto=1&as=<person>` it allows at once, for scripts.
pub async fn authorize(Shared(world): Shared<Arc<World>>, Query(query): Query<Fields>) -> Response {
    if let Err(refusal) = check(&query) {
        return *refusal;
    }
    match (query.contains_key("auto"), query.get("as")) {
        (true, Some(person)) => allow(&world, &query, person),
        _ => Html(page(&world, &query)).into_response(),
    }
}

/// `POST /oauth/authorize`: the form of the consent page.
pub async fn decide(Shared(world): Shared<Arc<World>>, Form(form): Form<Fields>) -> Response {
    if let Err(refusal) = check(&form) {
        return *refusal;
    }
    if form
        .get("decision")
        .is_some_and(|decision| decision == "allow")
    {
        return allow(&world, &form, form.get("person").map_or("", String::as_str));
    }
    back(&form, &[("error", "access_denied")])
}

/// `POST /oauth/token`: exchanges a code or a refresh token. Parameters may also stand in the query, as Zoom's
/// older pages show.
pub async fn token(
    Shared(world): Shared<Arc<World>>,
    Extension(trace): Extension<Trace>,
    Query(query): Query<Fields>,
    headers: HeaderMap,
    body: String,
) -> Response {
    if !is_the_app(&headers) {
        return refuse(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "Invalid client_id or client_secret",
        );
    }
    let mut fields = query;
    fields.extend(url::form_urlencoded::parse(body.as_bytes()).into_owned());
    let field = |name: &str| fields.get(name).map(String::as_str);
    let mut state = world.zoom();
    let (now, seconds) = (state.unix(), state.knobs.access_token_seconds);
    let presented = field("refresh_token").or_else(|| field("code"));
    if let Some(person) = presented.and_then(|token| state.tokens.owner(token)) {
        trace.subject(&person);
    }
    let issued = match (field("grant_type"), field("code"), field("refresh_token")) {
        (Some("authorization_code"), Some(code), _) => {
            let redirect_uri = field("redirect_uri").unwrap_or_default();
            state
                .tokens
                .redeem(code, redirect_uri, field("code_verifier"), now, seconds)
        }
        (Some("refresh_token"), _, Some(token)) => {
            let ends_access = state.knobs.access_tokens_die_on_refresh;
            state.tokens.refresh(token, now, seconds, ends_access)
        }
        (Some("authorization_code"), None, _) => Err("Missing code".to_owned()),
        (Some("refresh_token"), _, None) => Err("Missing refresh_token".to_owned()),
        (None, ..) => Err("Missing grant type".to_owned()),
        (Some(_), ..) => {
            return refuse(
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "unsupported grant type",
            );
        }
    };
    match issued {
        Ok(issued) => Json(answer(&world, &state, &issued)).into_response(),
        Err(reason) => {
            let error = if field("grant_type") == Some("refresh_token") {
                "invalid_grant"
            } else {
                "invalid_request"
            };
            refuse(StatusCode::BAD_REQUEST, error, &reason)
        }
    }
}

/// `POST /oauth/revoke`: the access and the refresh token of the grant die.
pub async fn revoke(
    Shared(world): Shared<Arc<World>>,
    Extension(trace): Extension<Trace>,
    Query(query): Query<Fields>,
    headers: HeaderMap,
    body: String,
) -> Response {
    if !is_the_app(&headers) {
        return refuse(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "Invalid client_id or client_secret",
        );
    }
    let mut fields = query;
    fields.extend(url::form_urlencoded::parse(body.as_bytes()).into_owned());
    let token = fields.get("token").map_or("", String::as_str);
    let mut state = world.zoom();
    if let Some(person) = state.tokens.owner(token) {
        trace.subject(&person);
    }
    if state.tokens.revoke(token) {
        Json(json!({ "status": "success" })).into_response()
    } else {
        refuse(StatusCode::BAD_REQUEST, "invalid_request", "Invalid Token!")
    }
}

fn answer(world: &World, state: &State, issued: &Issued) -> serde_json::Value {
    let own = || world.addresses().zoom.clone();
    json!({
        "access_token": issued.access_token,
        "token_type": "bearer",
        "refresh_token": issued.refresh_token,
        "expires_in": state.knobs.access_token_seconds,
        "scope": issued.scopes.join(" "),
        "api_url": state.knobs.api_url.clone().unwrap_or_else(own),
    })
}

/// Client and redirect address must be the registered ones; a wrong one is never redirected to.
fn check(fields: &Fields) -> Result<(), Box<Response>> {
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let wrong = |text: &str| {
        let page =
            format!("<!DOCTYPE html><title>Zoom</title><h1>Invalid request</h1><p>{text}</p>");
        Box::new((StatusCode::BAD_REQUEST, Html(page)).into_response())
    };
    if field("client_id") != CLIENT_ID {
        return Err(wrong("Invalid client_id (4,702)"));
    }
    let registered = Url::parse(field("redirect_uri"))
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.path() == REDIRECT_PATH);
    if !registered {
        return Err(wrong("Invalid redirect URL (4,709)"));
    }
    if field("response_type") != "code" {
        return Err(Box::new(back(
            fields,
            &[("error", "unsupported_response_type")],
        )));
    }
    challenge(fields)
        .map(drop)
        .map_err(|_| Box::new(back(fields, &[("error", "invalid_request")])))
}

fn challenge(fields: &Fields) -> Result<Option<Challenge>, String> {
    let field = |name: &str| fields.get(name).map(String::as_str);
    Challenge::read(field("code_challenge"), field("code_challenge_method"))
}

fn allow(world: &World, fields: &Fields, handle: &str) -> Response {
    let Some(person) = world.find(|person| person.handle == handle) else {
        return (
            StatusCode::BAD_REQUEST,
            Html("<h1>Nobody of this name</h1>"),
        )
            .into_response();
    };
    let mut state = world.zoom();
    let authorization = Authorization {
        person: person.handle.to_owned(),
        scopes: state.knobs.granted_scopes.clone(),
        redirect_uri: fields.get("redirect_uri").cloned().unwrap_or_default(),
        challenge: challenge(fields).ok().flatten(),
    };
    let now = state.unix();
    let code = state.tokens.authorize(authorization, now);
    drop(state);
    back(fields, &[("code", &code)])
}

/// Redirects to the app, with its `state`.
fn back(fields: &Fields, answer: &[(&str, &str)]) -> Response {
    let address = fields.get("redirect_uri").map_or("", String::as_str);
    let Ok(mut url) = Url::parse(address) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    url.query_pairs_mut().extend_pairs(answer);
    if let Some(state) = fields.get("state") {
        url.query_pairs_mut().append_pair("state", state);
    }
    Redirect::to(url.as_str()).into_response()
}

fn page(world: &World, query: &Fields) -> String {
    let hidden = CARRIED.iter().filter_map(|name| {
        let value = escape(query.get(*name)?);
        Some(format!(
            "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n"
        ))
    });
    let chosen = query.get("as").map_or("", String::as_str);
    let people = world.people().iter().map(|person| {
        let selected = if person.handle == chosen {
            " selected"
        } else {
            ""
        };
        let (handle, name, email) = (person.handle, escape(person.name), escape(&person.email));
        format!("<option value=\"{handle}\"{selected}>{name} ({email})</option>")
    });
    let granted = world.zoom().knobs.granted_scopes.clone();
    let scopes = granted
        .iter()
        .map(|scope| format!("<li>{}</li>", escape(scope)));
    PAGE.replace("{hidden}", &hidden.collect::<Vec<_>>().concat())
        .replace("{people}", &people.collect::<Vec<_>>().concat())
        .replace("{scopes}", &scopes.collect::<Vec<_>>().concat())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

/// The app proves itself by Basic authentication only.
fn is_the_app(headers: &HeaderMap) -> bool {
    let credentials = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|value| STANDARD.decode(value).ok());
    credentials.is_some_and(|held| held == format!("{CLIENT_ID}:{CLIENT_SECRET}").as_bytes())
}

fn refuse(status: StatusCode, error: &str, reason: &str) -> Response {
    (status, Json(json!({ "reason": reason, "error": error }))).into_response()
}
