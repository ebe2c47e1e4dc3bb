//! One Graph request taken apart, and its answer before it is put on the wire.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use url::form_urlencoded;

use crate::entra::Access;

/// What Graph sends as the type of every JSON answer.
pub const JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// A request, alone or as an item of a batch, whose token has been accepted.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: Method,
    /// The path after `/v1.0` as sent, without the query.
    pub path: String,
    /// Decoded segments; `users('x')` counts as two.
    pub segments: Vec<String>,
    /// Decoded pairs, in order.
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub access: Access,
}

/// An answer; also the error of every handler, since a refusal is one.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    /// Boxed, because this type is an error too and those should be small.
    pub headers: Box<HeaderMap>,
    pub content: Content,
}

#[derive(Debug, Clone)]
pub enum Content {
    Nothing,
    Json(Value),
    Bytes(Bytes),
}

pub type Outcome = Result<Reply, Reply>;

impl Call {
    /// Takes apart a target such as `/me/messages?$top=5` (relative to `/v1.0`).
    pub fn new(
        method: Method,
        target: &str,
        headers: HeaderMap,
        body: Bytes,
        access: Access,
    ) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method,
            path: path.to_owned(),
            segments: segments(path),
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            headers,
            body,
            access,
        }
    }

    /// The values of `Prefer`, over all headers and commas.
    pub fn preferences(&self) -> Vec<String> {
        self.headers
            .get_all("prefer")
            .iter()
            .filter_map(|it| it.to_str().ok())
            .flat_map(|it| it.split([',', ';']))
            .map(|it| it.trim().replace('"', ""))
            .collect()
    }

    /// Whether ids in the answer shall be immutable ones.
    pub fn prefers_immutable_ids(&self) -> bool {
        self.preferences()
            .iter()
            .any(|it| it.eq_ignore_ascii_case("IdType=ImmutableId"))
    }

    /// Whether bodies shall be plain text.
    pub fn prefers_text(&self) -> bool {
        self.preferences()
            .iter()
            .any(|it| it.eq_ignore_ascii_case("outlook.body-content-type=text"))
    }

    /// The JSON object sent.
    pub fn json(&self) -> Result<Map<String, Value>, Reply> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => Ok(object),
            _ => Err(Reply::error(
                StatusCode::BAD_REQUEST,
                "BadRequest",
                "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
            )),
        }
    }
}

impl Reply {
    pub fn json(status: StatusCode, value: Value) -> Self {
        let mut reply = Self::empty(status);
        reply.content = Content::Json(value);
        reply.set(CONTENT_TYPE, JSON)
    }

    pub fn ok(value: Value) -> Self {
        Self::json(StatusCode::OK, value)
    }

    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Box::default(),
            content: Content::Nothing,
        }
    }

    pub fn bytes(content_type: &str, bytes: impl Into<Bytes>) -> Self {
        let mut reply = Self::empty(StatusCode::OK);
        reply.content = Content::Bytes(bytes.into());
        reply.set(CONTENT_TYPE, content_type)
    }

    /// Graph's error object; the ids and the date are added when the answer leaves.
    pub fn error(status: StatusCode, code: &str, message: &str) -> Self {
        Self::json(status, json!({"error": {"code": code, "message": message}}))
    }

    pub fn bad_request(code: &str, message: &str) -> Self {
        Self::error(StatusCode::BAD_REQUEST, code, message)
    }

    /// An Outlook item that is not in this mailbox.
    pub fn item_not_found() -> Self {
        Self::error(
            StatusCode::NOT_FOUND,
            "ErrorItemNotFound",
            "The specified object was not found in the store.",
        )
    }

    /// A mailbox that is not there for this tenant.
    pub fn invalid_user(who: &str) -> Self {
        Self::error(
            StatusCode::NOT_FOUND,
            "ErrorInvalidUser",
            &format!("The requested user '{who}' is invalid."),
        )
    }

    /// An Outlook item id that cannot be one.
    pub fn malformed_id() -> Self {
        Self::bad_request("ErrorInvalidIdMalformed", "Id is malformed.")
    }

    /// No such resource at this address.
    pub fn unknown_segment(segment: &str) -> Self {
        Self::bad_request(
            "BadRequest",
            &format!("Resource not found for the segment '{segment}'."),
        )
    }

    pub fn method_not_allowed() -> Self {
        Self::error(
            StatusCode::METHOD_NOT_ALLOWED,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        )
    }

    /// Outlook's refusal of a missing right.
    pub fn access_denied() -> Self {
        Self::error(
            StatusCode::FORBIDDEN,
            "ErrorAccessDenied",
            "Access is denied. Check credentials and try again.",
        )
    }

    /// Outlook's refusal when the mailbox or the app asks too much at once.
    pub fn throttled(message: &str, retry_after: u64) -> Self {
        Self::error(
            StatusCode::TOO_MANY_REQUESTS,
            "ApplicationThrottled",
            message,
        )
        .set(http::header::RETRY_AFTER, &retry_after.to_string())
    }

    #[must_use]
    pub fn set(mut self, name: HeaderName, value: &str) -> Self {
        let value =
            HeaderValue::from_str(value).expect("the sandbox writes only visible ASCII headers");
        self.headers.insert(name, value);
        self
    }

    /// Adds the ids and the date that every Graph error carries.
    pub fn stamp(&mut self, request_id: &str, client_request_id: &str) {
        if let Content::Json(Value::Object(body)) = &mut self.content
            && let Some(Value::Object(error)) = body.get_mut("error")
        {
            let now = OffsetDateTime::now_utc();
            let date = now
                .format(time::macros::format_description!(
                    "[year]-[month]-[day]T[hour]:[minute]:[second]"
                ))
                .expect("the format has only parts that a time has");
            error.insert(
                "innerError".to_owned(),
                json!({"date": date, "request-id": request_id, "client-request-id": client_request_id}),
            );
        }
    }

    pub fn into_response(self) -> Response {
        let body = match self.content {
            Content::Nothing => Body::empty(),
            Content::Json(value) => Body::from(value.to_string()),
            Content::Bytes(bytes) => Body::from(bytes),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = *self.headers;
        response
    }
}

/// Splits a path into decoded segments; OData's `name('key')` gives two.
pub fn segments(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    for raw in path.split('/').filter(|it| !it.is_empty()) {
        let segment = percent_decode_str(raw).decode_utf8_lossy().into_owned();
        match segment
            .strip_suffix("')")
            .and_then(|it| it.split_once("('"))
        {
            Some((name, key)) => {
                found.push(name.to_owned());
                found.push(key.replace("''", "'"));
            }
            None => found.push(segment),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_brackets_are_segments() {
        assert_eq!(
            segments("/me/mailFolders('inbox')/messages"),
            ["me", "mailFolders", "inbox", "messages"]
        );
        assert_eq!(
            segments("/chats/19%3Ax%40thread.v2/members"),
            ["chats", "19:x@thread.v2", "members"]
        );
        assert_eq!(
            segments("/me/messages/a%2Fb=/$value"),
            ["me", "messages", "a/b=", "$value"]
        );
    }
}
