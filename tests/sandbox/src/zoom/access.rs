//! The door of every API call: bearer, scope, rate limit, and the headers Zoom puts on each answer.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::operation::{Label, Operation};
use super::problem::Problem;
use super::state::State;
use crate::world::{Person, World};

/// Who calls, after the door.
pub struct Visitor {
    pub person: Person,
}

/// An answer without trouble.
pub enum Reply {
    Ok(Value),
    Created(Value),
    NoContent,
    /// HTTP 200 without a body.
    Done,
}

/// Admits the caller of an operation and answers with what `act` gives.
pub fn answer(
    world: &World,
    headers: &HeaderMap,
    operation: &Operation,
    act: impl FnOnce(&mut State, &Visitor) -> Result<Reply, Problem>,
) -> Response {
    let mut state = world.zoom();
    let visitor = match admit(world, &state, headers, operation) {
        Ok(visitor) => visitor,
        Err(problem) => return traced(problem.into_response()),
    };
    let remaining = state.count_call(&visitor.person.zoom_account_id, operation.label);
    if remaining.is_none() && state.knobs.enforce_rate_limits {
        return limited(too_fast(), operation.label, 0);
    }
    let response = match act(&mut state, &visitor) {
        Ok(Reply::Ok(body)) => Json(body).into_response(),
        Ok(Reply::Created(body)) => (StatusCode::CREATED, Json(body)).into_response(),
        Ok(Reply::NoContent) => StatusCode::NO_CONTENT.into_response(),
        Ok(Reply::Done) => StatusCode::OK.into_response(),
        // Zoom sends the limit of meetings per host and day without any rate limit header.
        Err(problem) if problem.code == 429 => return traced(problem.into_response()),
        Err(problem) => problem.into_response(),
    };
    limited(response, operation.label, remaining.unwrap_or(0))
}

/// The bearer token of a request.
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

fn admit(
    world: &World,
    state: &State,
    headers: &HeaderMap,
    operation: &Operation,
) -> Result<Visitor, Problem> {
    let bearer = bearer_token(headers)
        .and_then(|token| state.bearer(token))
        .ok_or_else(Problem::invalid_token)?;
    if bearer.expired {
        return Err(Problem::expired_token());
    }
    if !operation.is_open_to(&bearer.scopes) {
        return Err(Problem::missing_scope(operation));
    }
    Ok(Visitor {
        person: world.person(&bearer.person),
    })
}

fn too_fast() -> Response {
    let message =
        "You have reached the maximum per-second rate limit for this API. Try again later.";
    (
        StatusCode::TOO_MANY_REQUESTS,
        Json(json!({ "code": 429, "message": message })),
    )
        .into_response()
}

fn limited(response: Response, label: Label, remaining: u32) -> Response {
    let mut response = traced(response);
    let headers = response.headers_mut();
    headers.insert(
        "x-ratelimit-category",
        HeaderValue::from_static(label.name()),
    );
    headers.insert("x-ratelimit-type", HeaderValue::from_static("QPS"));
    headers.insert("x-ratelimit-limit", HeaderValue::from(label.per_second()));
    headers.insert("x-ratelimit-remaining", HeaderValue::from(remaining));
    response
}

/// `x-zm-trackingid` is on every answer and carries no content, so it may be logged.
fn traced(mut response: Response) -> Response {
    let id = format!("v=2.0;clid=us04;rid=WEB_{}", uuid::Uuid::new_v4().simple());
    let value = HeaderValue::try_from(id).expect("hexadecimal is a header value");
    response.headers_mut().insert("x-zm-trackingid", value);
    response
}
