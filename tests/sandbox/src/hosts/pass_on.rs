//! Passing requests on to the gateway, so that the page and the add-in in it have one origin.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::world::World;

/// What belongs to one connection and not to the message.
const HOP_BY_HOP: [HeaderName; 5] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::CONTENT_LENGTH,
    header::TE,
];

/// Answers as the gateway does, but for who may frame its pages: these pages may.
pub(super) async fn pass_on(State(world): State<Arc<World>>, request: Request) -> Response {
    let Some(gateway) = world.gateway() else {
        return (
            StatusCode::BAD_GATEWAY,
            "The sandbox was not told where a gateway is: the demo does.",
        )
            .into_response();
    };
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |it| it.as_str());
    let asked = world
        .client()
        .request(parts.method, format!("{gateway}{target}"))
        .headers(without_hops(parts.headers))
        .body(reqwest::Body::wrap_stream(body.into_data_stream()))
        .send()
        .await;
    let answer = match asked {
        Ok(answer) => answer,
        Err(why) => return (StatusCode::BAD_GATEWAY, why.to_string()).into_response(),
    };
    let status = answer.status();
    let mut headers = without_hops(answer.headers().clone());
    let policy = headers
        .get(header::CONTENT_SECURITY_POLICY)
        .and_then(|it| it.to_str().ok())
        .and_then(framed_here);
    if let Some(policy) = policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    (status, headers, Body::from_stream(answer.bytes_stream())).into_response()
}

fn without_hops(mut headers: HeaderMap) -> HeaderMap {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    headers
}

/// The policy with this origin as the only one that may frame.
fn framed_here(policy: &str) -> Option<HeaderValue> {
    let parts: Vec<&str> = policy
        .split(';')
        .map(|part| match part.trim() {
            part if part.starts_with("frame-ancestors") => "frame-ancestors 'self'",
            part => part,
        })
        .collect();
    HeaderValue::from_str(&parts.join("; ")).ok()
}
