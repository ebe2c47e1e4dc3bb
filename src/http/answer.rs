//! The answers of GraphQL over HTTP: media types, statuses, and errors that say nothing of the inside.
//!
//! Follows the GraphQL-over-HTTP draft (<https://graphql.github.io/graphql-over-http/draft/>), sections 5 and 6.

use std::time::Duration;

use async_graphql::{PathSegment, Response as Executed, ServerError, Value};
use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::guard::Excess;
use crate::id::CorrelationId;

/// The most errors an answer tells.
const MOST_ERRORS: usize = 20;
/// Errors of a document are told until they have said this many bytes.
const LONGEST_TELLING: usize = 1_200;
/// The longest message of one error, in characters.
const LONGEST_MESSAGE: usize = 240;

/// The two media types of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`, whose statuses tell how the request went.
    Response,
    /// `application/json`, which answers 200 to every well-formed request.
    Json,
}

impl Media {
    /// What the client would like best of what there is; none when it takes neither (RFC 9110 12.5.1).
    pub fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let mut accept = headers.get_all("accept").iter().peekable();
        if accept.peek().is_none() {
            return Some(Self::Json);
        }
        let ranges: Vec<(String, f32)> = accept
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(range)
            .collect();
        let wish = |name: &str| {
            [name, "application/*", "*/*"]
                .iter()
                .enumerate()
                .find_map(|(vague, pattern)| {
                    let (_, quality) = ranges.iter().find(|(range, _)| range == pattern)?;
                    Some((*quality, vague == 0))
                })
                .unwrap_or((0.0, false))
        };
        let (response, json) = (
            wish("application/graphql-response+json"),
            wish("application/json"),
        );
        if response.0 <= 0.0 && json.0 <= 0.0 {
            return None;
        }
        // Whoever names the new type gets it; whoever takes anything gets what everyone can read.
        let newer = response.0 > json.0 || (response.0 >= json.0 && response.1);
        Some(if newer { Self::Response } else { Self::Json })
    }

    fn name(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Response => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }
}

fn range(text: &str) -> (String, f32) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let quality = parts
        .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
        .map_or(1.0, |text| text.parse().unwrap_or(0.0));
    (name, quality)
}

/// A request that is not executed, or not to its end.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    /// Whether `application/json` answers it with 200, as it does to every well-formed request.
    well_formed: bool,
    code: &'static str,
    message: String,
    details: Map<String, Json>,
    header: Option<Box<(HeaderName, HeaderValue)>>,
}

impl Refusal {
    /// The request is not what this protocol asks for.
    pub fn malformed(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            well_formed: false,
            code: "BAD_USER_INPUT",
            message: message.into(),
            details: Map::new(),
            header: None,
        }
    }

    /// The request is well formed and its document, or what it names, is wrong.
    pub fn document(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            well_formed: true,
            code,
            ..Self::malformed(StatusCode::BAD_REQUEST, message)
        }
    }

    /// More than is allowed of something.
    pub fn excess(excess: Excess) -> Self {
        let Excess {
            limit,
            measured,
            allowed,
        } = excess;
        let mut refusal = Self::malformed(
            StatusCode::BAD_REQUEST,
            format!(
                "This operation is too large: {limit} is {measured} or more, and may be {allowed}."
            ),
        );
        refusal.code = "QUERY_TOO_COMPLEX";
        refusal.details = [
            ("limit", json!(limit)),
            ("measured", json!(measured)),
            ("allowed", json!(allowed)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        refusal
    }

    /// Another status than usual with this code.
    pub fn refused(status: StatusCode, code: &'static str, message: &str) -> Self {
        let mut refusal = Self::malformed(status, message);
        refusal.code = code;
        refusal
    }

    /// The same, telling how to authenticate (RFC 9110 11.6.1).
    #[must_use]
    pub fn challenged(mut self, challenge: Option<&'static str>) -> Self {
        self.header =
            challenge.map(|text| Box::new((WWW_AUTHENTICATE, HeaderValue::from_static(text))));
        self
    }

    /// Too many operations; `wait` until the next one.
    pub fn rate_limited(wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let mut refusal = Self::refused(
            StatusCode::TOO_MANY_REQUESTS,
            "RATE_LIMITED",
            "Too many operations; try again a little later.",
        );
        refusal
            .details
            .insert("retryAfter".to_owned(), seconds.into());
        refusal.header = Some(Box::new((RETRY_AFTER, seconds.into())));
        refusal
    }

    /// Only POST may do that.
    pub fn post_only() -> Self {
        let mut refusal = Self::malformed(
            StatusCode::METHOD_NOT_ALLOWED,
            "Only queries may be asked by GET; send this by POST.",
        );
        refusal.header = Some(Box::new((ALLOW, HeaderValue::from_static("POST"))));
        refusal
    }

    /// The operation did not end in time.
    pub fn timed_out() -> Self {
        Self {
            well_formed: true,
            ..Self::refused(
                StatusCode::GATEWAY_TIMEOUT,
                "OPERATION_TIMEOUT",
                "The operation took too long.",
            )
        }
    }

    /// Something nobody planned.
    pub fn internal() -> Self {
        Self::refused(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", INTERNAL)
    }

    /// The code of its error.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// As an answer.
    pub fn answer(self, media: Media, correlation: CorrelationId) -> Response {
        let mut extensions = self.details;
        extensions.insert("code".to_owned(), self.code.into());
        extensions.insert("correlationId".to_owned(), correlation.to_string().into());
        let status = match media {
            Media::Json if self.well_formed => StatusCode::OK,
            _ => self.status,
        };
        let body = json!({ "errors": [{ "message": self.message, "extensions": extensions }] });
        let mut response = written(status, media, &body);
        if let Some(header) = self.header {
            let (name, value) = *header;
            response.headers_mut().insert(name, value);
        }
        response
    }
}

const INTERNAL: &str = "Something went wrong here. The correlation id tells the operators where.";

/// What the engine answered, with its errors made fit to leave the house; the code of the first error, if any.
pub fn executed(
    mut executed: Executed,
    media: Media,
    correlation: CorrelationId,
    suggest: bool,
) -> (Response, Option<String>) {
    let refused = executed.data == Value::Null
        && !executed.errors.is_empty()
        && executed.errors.iter().all(|error| error.path.is_empty());
    let mut told = 0;
    executed.errors.truncate(MOST_ERRORS);
    executed.errors.retain_mut(|error| {
        mask(error, refused, correlation, suggest);
        told += error.message.len() + 180;
        !refused || told <= LONGEST_TELLING || told == error.message.len() + 180
    });
    let code = executed.errors.first().and_then(code_of);
    let status = match media {
        Media::Response if refused => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    let body = Answer {
        data: (!refused).then_some(&executed.data),
        errors: &executed.errors,
        extensions: &executed.extensions,
    };
    (written(status, media, &body), code)
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[ServerError]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    extensions: &'a std::collections::BTreeMap<String, Value>,
}

fn code_of(error: &ServerError) -> Option<String> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code.clone()),
        _ => None,
    }
}

/// Errors with a code are ours and stay; the engine's own about the document are reworded; the rest is masked.
fn mask(error: &mut ServerError, refused: bool, correlation: CorrelationId, suggest: bool) {
    let mut code = None;
    if code_of(error).is_none() {
        if refused || error.message.starts_with("Failed to parse \"") {
            code = Some("BAD_USER_INPUT");
            error.message = reworded(&error.message, suggest);
        } else {
            let path: Vec<String> = error
                .path
                .iter()
                .map(|part| match part {
                    PathSegment::Field(name) => name.clone(),
                    PathSegment::Index(at) => at.to_string(),
                })
                .collect();
            tracing::error!(path = path.join("."), "a resolver failed without a code");
            code = Some("INTERNAL");
            INTERNAL.clone_into(&mut error.message);
        }
    }
    let extensions = error.extensions.get_or_insert_default();
    if let Some(code) = code {
        extensions.set("code", code);
    }
    extensions.set("correlationId", correlation.to_string());
}

/// The engine's message about a document without the document's text, and without hints at other names unless wanted.
fn reworded(message: &str, suggest: bool) -> String {
    // The grammar's message draws the line of the document it failed on.
    if message.trim_start().starts_with("-->") {
        return "The document has a syntax error here.".to_owned();
    }
    if let Some(rest) = message.strip_prefix("Failed to parse \"") {
        let what = rest.split('"').next().unwrap_or_default();
        return format!("A value given for {what} is not valid.");
    }
    let message = match message.find(" Did you mean") {
        Some(at) if !suggest => &message[..at],
        _ => message,
    };
    match message.char_indices().nth(LONGEST_MESSAGE) {
        Some((at, _)) => format!("{}…", &message[..at]),
        None => message.to_owned(),
    }
}

fn written(status: StatusCode, media: Media, body: &impl Serialize) -> Response {
    let bytes = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, media.name());
    response
        .headers_mut()
        .insert("vary", HeaderValue::from_static("accept"));
    response
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::Media;

    #[test]
    fn the_media_type_is_the_one_the_client_likes_best() {
        for (accept, expected) in [
            (None, Some(Media::Json)),
            (Some("*/*"), Some(Media::Json)),
            (Some("application/json"), Some(Media::Json)),
            (
                Some("application/graphql-response+json"),
                Some(Media::Response),
            ),
            (
                Some(
                    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream",
                ),
                Some(Media::Response),
            ),
            (
                Some("application/json, application/graphql-response+json;q=0.9"),
                Some(Media::Json),
            ),
            (Some("application/json;q=0, */*"), Some(Media::Response)),
            (Some("application/*"), Some(Media::Json)),
            (Some("Application/JSON; charset=utf-8"), Some(Media::Json)),
            (Some("text/html"), None),
            (Some("application/json;q=0"), None),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert("accept", HeaderValue::from_static(accept));
            }
            assert_eq!(Media::negotiate(&headers), expected, "{accept:?}");
        }
    }
}
