//! The answers of GraphQL over HTTP: media types, statuses, and errors that say nothing of the inside.
//!
//! Follows the GraphQL-over-HTTP draft (<https://graphql.github.io/graphql-over-http/draft/>), sections 5 and 6.

use std::time::Duration;

use async_graphql::{PathSegment, Response as Executed, ServerError, Value};
use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use super::guard::Excess;
use crate::auth::Rejection;
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
    fn name(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Response => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }
}

/// What a client accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The answer it would like best of those that are given whole; `None` when it takes only streams.
    pub media: Option<Media>,
    /// Whether it takes a stream, by name: whoever takes anything would wait for the end of it.
    pub stream: bool,
}

impl Wanted {
    /// What the client would like best of what there is; none when it takes nothing of it (RFC 9110 12.5.1).
    pub fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let mut accept = headers.get_all("accept").iter().peekable();
        if accept.peek().is_none() {
            let (media, stream) = (Some(Media::Json), false);
            return Some(Self { media, stream });
        }
        let ranges: Vec<(String, f32)> = accept
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(range)
            .collect();
        let named = |pattern: &str| {
            let found = ranges.iter().find(|(range, _)| range == pattern);
            found.map(|(_, quality)| *quality)
        };
        let wish = |name: &str| {
            let patterns = [name, "application/*", "*/*"].into_iter().enumerate();
            let mut wishes = patterns.filter_map(|(vague, it)| Some((named(it)?, vague == 0)));
            wishes.next().unwrap_or((0.0, false))
        };
        let (response, json) = (
            wish("application/graphql-response+json"),
            wish("application/json"),
        );
        // Whoever names the new type gets it; whoever takes anything gets what everyone can read.
        let newer = response.0 > json.0 || (response.0 >= json.0 && response.1);
        let media = match newer {
            _ if response.0 <= 0.0 && json.0 <= 0.0 => None,
            true => Some(Media::Response),
            false => Some(Media::Json),
        };
        let stream = named("text/event-stream").is_some_and(|quality| quality > 0.0);
        (media.is_some() || stream).then_some(Self { media, stream })
    }

    /// For answers that are no stream whatever was wanted: refusals, with their status.
    pub fn media(self) -> Media {
        self.media.unwrap_or(Media::Response)
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
        let details = [
            ("limit", json!(limit)),
            ("measured", json!(measured)),
            ("allowed", json!(allowed)),
        ];
        refusal.details = details
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
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
    fn challenged(mut self, challenge: Option<&'static str>) -> Self {
        self.header =
            challenge.map(|text| Box::new((WWW_AUTHENTICATE, HeaderValue::from_static(text))));
        self
    }

    /// A request without a caller.
    pub fn rejected(rejection: &Rejection) -> Self {
        let (code, message) = match rejection.status {
            StatusCode::UNAUTHORIZED => ("UNAUTHENTICATED", "This request needs a valid token."),
            StatusCode::FORBIDDEN => ("FORBIDDEN", "This token may not be used here."),
            _ => (
                "UPSTREAM_UNAVAILABLE",
                "The token cannot be checked just now; try again.",
            ),
        };
        Self::refused(rejection.status, code, message).challenged(rejection.www_authenticate)
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

    /// A subscription is not answered at once.
    pub fn stream_only() -> Self {
        Self::malformed(
            StatusCode::NOT_ACCEPTABLE,
            "A subscription is a stream: accept text/event-stream, or ask for it over a WebSocket (graphql-transport-ws).",
        )
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

    /// As many of something as one may have.
    pub fn full(limit: &'static str, allowed: usize, message: String) -> Self {
        let mut refusal = Self::malformed(StatusCode::TOO_MANY_REQUESTS, message);
        refusal.code = "RATE_LIMITED";
        let details = [("limit", json!(limit)), ("allowed", json!(allowed))];
        refusal.details = details
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect();
        refusal
    }

    /// The code of its error.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Its status, for a sender who does not speak GraphQL.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// As one error of a result.
    pub fn error(&self, correlation: CorrelationId) -> Json {
        let mut extensions = self.details.clone();
        extensions.insert("code".to_owned(), self.code.into());
        extensions.insert("correlationId".to_owned(), correlation.to_string().into());
        json!({ "message": self.message, "extensions": extensions })
    }

    /// As an answer.
    pub fn answer(self, media: Media, correlation: CorrelationId) -> Response {
        let status = match media {
            Media::Json if self.well_formed => StatusCode::OK,
            _ => self.status,
        };
        let body = json!({ "errors": [self.error(correlation)] });
        let mut response = written(status, media, &body);
        if let Some(header) = self.header {
            let (name, value) = *header;
            response.headers_mut().insert(name, value);
        }
        response
    }
}

const INTERNAL: &str = "Something went wrong here. The correlation id tells the operators where.";

/// What the engine answered, with its errors made fit to leave the house.
#[derive(Debug)]
pub struct Finished {
    executed: Executed,
    refused: bool,
}

impl Finished {
    /// Errors keep hints at other names only with `suggest`.
    pub fn of(mut executed: Executed, correlation: CorrelationId, suggest: bool) -> Self {
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
        Self { executed, refused }
    }

    /// The same of an operation of which nothing ran, whatever its errors point at.
    pub fn refused(executed: Executed, correlation: CorrelationId, suggest: bool) -> Self {
        Self {
            refused: true,
            ..Self::of(executed, correlation, suggest)
        }
    }

    /// The code of the first error, if any.
    pub fn code(&self) -> Option<String> {
        self.executed.errors.first().and_then(code_of)
    }

    /// Whether nothing ran.
    pub fn is_refused(&self) -> bool {
        self.refused
    }

    /// Whether it says nothing but that the caller's token is not taken any more.
    pub fn is_spent(&self) -> bool {
        self.refused && self.code().as_deref() == Some("UNAUTHENTICATED")
    }

    /// Its errors.
    pub fn errors(&self) -> &[ServerError] {
        &self.executed.errors
    }

    /// How its first error is said in HTTP.
    fn status(&self) -> StatusCode {
        match self.code().as_deref() {
            Some("UNAUTHENTICATED") => StatusCode::UNAUTHORIZED,
            Some("FORBIDDEN" | "NOT_CONNECTED" | "CONSENT_REQUIRED" | "REAUTH_REQUIRED") => {
                StatusCode::FORBIDDEN
            }
            Some("RATE_LIMITED") => StatusCode::TOO_MANY_REQUESTS,
            Some("UPSTREAM_TIMEOUT" | "OPERATION_TIMEOUT") => StatusCode::GATEWAY_TIMEOUT,
            Some("UPSTREAM_UNAVAILABLE") => StatusCode::SERVICE_UNAVAILABLE,
            Some("UPSTREAM_INVALID") => StatusCode::BAD_GATEWAY,
            Some("INTERNAL") => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// As an answer of HTTP.
    pub fn answer(&self, media: Media) -> Response {
        let status = match media {
            Media::Response if self.refused => self.status(),
            _ => StatusCode::OK,
        };
        written(status, media, self)
    }
}

impl Serialize for Finished {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { executed, refused } = self;
        Answer {
            data: (!refused).then_some(&executed.data),
            errors: &executed.errors,
            extensions: &executed.extensions,
        }
        .serialize(serializer)
    }
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

    use super::{Media, Wanted};

    #[test]
    fn the_media_type_is_the_one_the_client_likes_best() {
        let json = (Some(Media::Json), false);
        let response = (Some(Media::Response), false);
        for (accept, expected) in [
            (None, Some(json)),
            (Some("*/*"), Some(json)),
            (Some("application/json"), Some(json)),
            (Some("application/graphql-response+json"), Some(response)),
            (
                Some(
                    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream",
                ),
                Some((Some(Media::Response), true)),
            ),
            (
                Some("application/json, application/graphql-response+json;q=0.9"),
                Some(json),
            ),
            (Some("application/json;q=0, */*"), Some(response)),
            (Some("application/*"), Some(json)),
            (Some("Application/JSON; charset=utf-8"), Some(json)),
            (Some("text/event-stream"), Some((None, true))),
            (Some("Text/Event-Stream;q=0.1"), Some((None, true))),
            (Some("text/event-stream;q=0, */*"), Some(json)),
            (Some("text/html"), None),
            (Some("text/*"), None),
            (Some("application/json;q=0"), None),
            (Some("text/event-stream;q=0"), None),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert("accept", HeaderValue::from_static(accept));
            }
            let wanted = Wanted::negotiate(&headers).map(|it| (it.media, it.stream));
            assert_eq!(wanted, expected, "{accept:?}");
        }
    }
}
