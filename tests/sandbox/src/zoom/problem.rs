//! Zoom's error answers: `{"code","message","errors"?}` with the status each code comes with.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use super::operation::Operation;

/// An error of the API, as Zoom words it.
#[derive(Debug)]
pub struct Problem {
    pub status: StatusCode,
    pub code: u32,
    message: String,
    field: Option<(String, String)>,
}

impl Problem {
    pub fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::from_u16(status).expect("Zoom's statuses are valid"),
            code,
            message: message.into(),
            field: None,
        }
    }

    /// 401, code 124: no token, a token Zoom never issued, or one that was ended.
    pub fn invalid_token() -> Self {
        Self::new(401, 124, "Invalid access token.")
    }

    /// 401, code 124: the token's hour is over.
    pub fn expired_token() -> Self {
        Self::new(401, 124, "Access token is expired.")
    }

    /// 400, code 4711: the token lacks the operation's scope.
    pub fn missing_scope(operation: &Operation) -> Self {
        let own = operation.granular.trim_end_matches(":admin");
        Self::new(
            400,
            4711,
            format!("Invalid access token, does not contain scopes:[{own}, {own}:admin]."),
        )
    }

    /// 400, code 4711: a user-managed token names a user by id instead of `me`.
    pub fn needs_admin_scope(operation: &Operation) -> Self {
        Self::new(
            400,
            4711,
            format!(
                "Invalid access token, does not contain scopes:[{}:admin].",
                operation.granular
            ),
        )
    }

    /// 404, code 3001; names the id as Zoom understood it, which shows a wrong encoding.
    pub fn no_meeting(id: &str) -> Self {
        Self::new(404, 3001, format!("Meeting does not exist: {id}."))
    }

    /// 404, code 3301: never recorded, not ready yet, or trashed.
    pub fn no_recording() -> Self {
        Self::new(404, 3301, "There is no recording for this meeting.")
    }

    /// HTTP 200 with code 200: a colleague's recording.
    pub fn no_permission() -> Self {
        Self::new(200, 200, "You do not have the right permissions")
    }

    /// 400, code 300: one field does not fit.
    pub fn validation(field: &str, message: &str) -> Self {
        Self {
            field: Some((field.to_owned(), message.to_owned())),
            ..Self::new(400, 300, "Validation Failed.")
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({ "code": self.code, "message": self.message });
        if let Some((field, message)) = self.field {
            body["errors"] = json!([{ "field": field, "message": message }]);
        }
        (self.status, Json(body)).into_response()
    }
}
