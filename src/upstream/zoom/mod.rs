//! Zoom's REST API v2: one function per operation, each with the token of the person who asks.

pub mod download;
pub mod meeting;
pub mod model;
pub mod oauth;
pub mod past;
pub mod transcript;
pub mod webhook;

mod limit;

use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;

use self::limit::Label;
use crate::id::{ZoomNumber, ZoomUuid, encode};
use crate::upstream::http::{Answer, Http, kind_of};
use crate::upstream::{Access, Error, Kind, Provider};

/// The recordings of one meeting instance: `GET /meetings/{uuid}/recordings`. `None` when there are none that this
/// person may see.
pub async fn recordings(
    http: &Http,
    access: &Access,
    uuid: &ZoomUuid,
) -> Result<Option<model::Recordings>, Error> {
    let path = format!("/meetings/{}/recordings", segment(uuid));
    get(http, access, Label::Light, "read a recording", &path).await
}

/// One scheduled meeting: `GET /meetings/{number}`. `None` when it is gone or another person's.
pub async fn meeting(
    http: &Http,
    access: &Access,
    number: ZoomNumber,
) -> Result<Option<model::Meeting>, Error> {
    let path = format!("/meetings/{number}");
    get(http, access, Label::Light, "read a meeting", &path).await
}

async fn get<T: DeserializeOwned>(
    http: &Http,
    access: &Access,
    label: Label,
    operation: &'static str,
    path: &str,
) -> Result<Option<T>, Error> {
    let request = request(http, access, Method::GET, path);
    match exchange(http, access, label, operation, request).await {
        Ok(answer) => answer.json(Provider::Zoom, operation).map(Some),
        Err(Error {
            kind: Kind::NotFound,
            ..
        }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A request as the person; `path` is below `/v2`.
fn request(http: &Http, access: &Access, method: Method, path: &str) -> RequestBuilder {
    let address = format!("{}{path}", access.base.as_str().trim_end_matches('/'));
    http.client()
        .request(method, address)
        .bearer_auth(access.token.expose_secret())
}

/// Sends a request, unless the account was told to wait with such ones. Fails with `RateLimited` then, without a call.
async fn exchange(
    http: &Http,
    access: &Access,
    label: Label,
    operation: &'static str,
    request: RequestBuilder,
) -> Result<Answer, Error> {
    let failed = |kind| Err(Error::new(Provider::Zoom, operation, kind));
    let pauses = http.pauses();
    if let Some(left) = pauses.left(Provider::Zoom, &access.account, label.name()) {
        return failed(Kind::RateLimited {
            retry_after: Some(left),
        });
    }
    let answer = http.exchange(Provider::Zoom, operation, request).await?;
    match refusal(&answer) {
        None => Ok(answer),
        Some(Kind::RateLimited { .. }) => {
            let told = limit::told(&answer.headers, label);
            if let Some((label, wait)) = told.pause {
                pauses.begin(Provider::Zoom, &access.account, label.name(), wait);
            }
            failed(Kind::RateLimited {
                retry_after: told.retry_after,
            })
        }
        Some(kind) => failed(kind),
    }
}

/// A meeting instance's UUID as a path segment: encoded twice when it begins with `/` or holds `//`.
/// <https://developers.zoom.us/docs/api/using-zoom-apis/#meeting-id-and-uuid>
fn segment(uuid: &ZoomUuid) -> String {
    let once = encode(uuid.as_str());
    let twice = uuid.as_str().starts_with('/') || uuid.as_str().contains("//");
    if twice { encode(&once) } else { once }
}

/// Why Zoom refused, if it did: an object with a non-zero `code` and a `message` is an error whatever the status.
fn refusal(answer: &Answer) -> Option<Kind> {
    let body: Option<model::Refusal> = serde_json::from_slice(&answer.body).ok();
    let code = body
        .filter(|it| it.code != 0 && it.message.is_some())
        .map(|it| it.code);
    if answer.status.is_success() && code.is_none() {
        return None;
    }
    Some(match (answer.status, code) {
        (StatusCode::TOO_MANY_REQUESTS, _) | (_, Some(429)) => {
            Kind::RateLimited { retry_after: None }
        }
        // 4711 and 4700: the token lacks a scope, so the person has to agree once more.
        (_, Some(4711 | 4700)) => Kind::ConsentRequired { scopes: Vec::new() },
        (_, Some(124)) | (StatusCode::UNAUTHORIZED, _) => Kind::TokenRefused { claims: None },
        (_, Some(200 | 1010 | 3161 | 2305)) => Kind::Forbidden,
        (_, Some(3001 | 3301 | 12702)) => Kind::NotFound,
        (_, Some(1001)) => Kind::ReauthRequired,
        // What was written is wrong, or cannot be done with this meeting now.
        (_, Some(300 | 3000 | 3003)) => Kind::Refused,
        (status, _) if status.is_success() => Kind::Refused,
        (status, _) => kind_of(status, &answer.headers),
    })
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn a_uuid_is_encoded_as_zoom_wants_it() {
        for (uuid, expected) in [
            ("atsXxhSEQWit9t+U02HXNQ==", "atsXxhSEQWit9t%2BU02HXNQ%3D%3D"),
            ("4444AAAiAAAAAiAiAiiAii==", "4444AAAiAAAAAiAiAiiAii%3D%3D"),
            ("a/bc/def==", "a%2Fbc%2Fdef%3D%3D"),
            (
                "/ajXp112QmuoKj4854875==",
                "%252FajXp112QmuoKj4854875%253D%253D",
            ),
            (
                "abc//def1234567890123==",
                "abc%252F%252Fdef1234567890123%253D%253D",
            ),
        ] {
            assert_eq!(segment(&uuid.parse().unwrap()), expected, "{uuid}");
        }
    }
}
