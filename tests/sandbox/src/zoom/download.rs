//! Recording downloads: a redirect from one host to the other, the bearer wanted on each.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State as Shared};
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;

use super::access::bearer_token;
use super::media;
use super::operation::GET_RECORDING;
use super::state::State;
use crate::world::World;

/// Zoom's sign-in page; it comes with HTTP 200 to whoever has no right.
const LOGIN_PAGE: &str = "<!DOCTYPE html><html lang=\"en\"><head><title>Sign In - Zoom</title></head>\
    <body><h1>Sign In</h1><form action=\"/signin\" method=\"post\"><input name=\"email\">\
    <input name=\"password\" type=\"password\"><button>Sign In</button></form></body></html>";

/// What a download address may carry.
#[derive(Debug, Deserialize)]
pub struct DownloadQuery {
    /// The old way to send the token; it ends up in logs.
    access_token: Option<String>,
    hop: Option<u8>,
}

/// `GET {zoom}/rec/download/{key}`: the address in `download_url`.
pub async fn start(
    Shared(world): Shared<Arc<World>>,
    Path(key): Path<String>,
    Query(query): Query<DownloadQuery>,
    headers: HeaderMap,
) -> Response {
    step(&world, &key, &query, &headers, 0)
}

/// `GET {zoom_download}/rec/file/{key}`: where the redirect leads.
pub async fn follow(
    Shared(world): Shared<Arc<World>>,
    Path(key): Path<String>,
    Query(query): Query<DownloadQuery>,
    headers: HeaderMap,
) -> Response {
    step(&world, &key, &query, &headers, query.hop.unwrap_or(1))
}

fn step(world: &World, key: &str, query: &DownloadQuery, headers: &HeaderMap, hop: u8) -> Response {
    let state = world.zoom();
    let token = bearer_token(headers).or(query.access_token.as_deref());
    if !token.is_some_and(|token| opens(world, &state, key, token)) {
        return Html(LOGIN_PAGE).into_response();
    }
    if hop < state.knobs.download_redirects {
        let next = hop + 1;
        let to = format!(
            "{}/rec/file/{key}?hop={next}",
            world.addresses().zoom_download
        );
        let location = HeaderValue::try_from(to).expect("an address is a header value");
        return (StatusCode::FOUND, [(header::LOCATION, location)]).into_response();
    }
    send(&state, key, headers)
}

/// Whose files a token opens, for the record of requests: a person's handle.
pub fn holder(state: &State, token: &str) -> Option<String> {
    let download = state
        .download_tokens
        .get(token)
        .map(|held| held.person.clone());
    download.or_else(|| state.tokens.owner(token))
}

/// A download token opens its own meeting's files; an access token those its person hosts.
fn opens(world: &World, state: &State, key: &str, token: &str) -> bool {
    let Some((instance, _)) = state.file(key) else {
        return false;
    };
    if let Some(held) = state.download_tokens.get(token) {
        return held.uuid == instance.uuid && held.expires_at > state.unix();
    }
    state.bearer(token).is_some_and(|bearer| {
        let host = world.person(&instance.host);
        !bearer.expired && bearer.person == host.handle && GET_RECORDING.is_open_to(&bearer.scopes)
    })
}

fn send(state: &State, key: &str, headers: &HeaderMap) -> Response {
    let Some((_, file)) = state.file(key) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let size = state.file_size(file);
    let ranges = state.knobs.download_ranges;
    let pace = state.knobs.download_bytes_per_second;
    let part = ranges.then(|| range(headers, size)).flatten();
    let (start, length) = part.unwrap_or((0, size));
    let name = format!(
        "attachment; filename=\"recording.{}\"",
        file.extension.to_lowercase()
    );
    let mut response = Response::new(media::body(&file.content, size, start, length, pace));
    let answered = response.headers_mut();
    answered.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(media::mime(file.extension)),
    );
    answered.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    answered.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::try_from(name).expect("a file extension is plain"),
    );
    if ranges {
        answered.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    }
    if part.is_some() {
        let text = format!("bytes {start}-{}/{size}", start + length - 1);
        answered.insert(
            header::CONTENT_RANGE,
            HeaderValue::try_from(text).expect("digits are a header value"),
        );
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    } else if length == 0 {
        *response.body_mut() = Body::empty();
    }
    response
}

/// The one range form transfers use: `bytes=from-` and `bytes=from-to`.
fn range(headers: &HeaderMap, size: u64) -> Option<(u64, u64)> {
    let text = headers
        .get(header::RANGE)?
        .to_str()
        .ok()?
        .strip_prefix("bytes=")?;
    let (from, to) = text.split_once('-')?;
    let from: u64 = from.parse().ok()?;
    let to = if to.is_empty() {
        size - 1
    } else {
        to.parse::<u64>().ok()?.min(size - 1)
    };
    (from <= to).then(|| (from, to - from + 1))
}
