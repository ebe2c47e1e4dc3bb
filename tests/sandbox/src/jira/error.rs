//! Jira's ways to say no.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::fault::Abort;

/// An error answer.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Refusal {
    /// `{"errorMessages":[…],"errors":{}}`.
    pub(crate) fn new(status: StatusCode, message: &str) -> Self {
        Self {
            status,
            body: json!({"errorMessages": [message], "errors": {}}),
        }
    }

    /// 400 for one field.
    pub(crate) fn field(field: &str, message: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            body: json!({"errorMessages": [], "errors": {field: message}}),
        }
    }

    /// 400 for several fields.
    pub(crate) fn fields(errors: &Map<String, Value>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            body: json!({"errorMessages": [], "errors": errors}),
        }
    }

    /// 400 with a message.
    pub(crate) fn bad(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// No answer at all: who asked went away before the request was whole.
    pub(crate) fn gone() -> Self {
        Self {
            status: StatusCode::REQUEST_TIMEOUT,
            body: Value::Null,
        }
    }

    /// 404 for an issue that is not there or not for this caller's eyes: Jira does not say which.
    pub(crate) fn no_issue() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Issue does not exist or you do not have permission to see it.",
        )
    }

    /// 401 for somebody unknown.
    pub(crate) fn unauthorized() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            body: json!({
                "message": "Client must be authenticated to access this resource.",
                "status-code": 401
            }),
        }
    }

    /// 403 for an app that was not granted the scope an operation needs.
    pub(crate) fn scope() -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            body: json!({"message": "The app does not have the scope this operation needs.", "status-code": 403}),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if self.body.is_null() {
            let mut nothing = self.status.into_response();
            nothing.extensions_mut().insert(Abort);
            return nothing;
        }
        let mut response = (self.status, Json(self.body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(
                http::header::WWW_AUTHENTICATE,
                http::HeaderValue::from_static("OAuth realm=\"jira\""),
            );
        }
        response
    }
}
