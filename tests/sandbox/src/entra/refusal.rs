//! Refusals of the token endpoint: the AADSTS codes, and the JSON they come in.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;
use uuid::Uuid;

/// Why a token is not given.
/// <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: u32,
    pub text: String,
    /// The `claims` member: what a new sign-in must satisfy, as JSON text.
    pub claims: Option<String>,
}

impl Refusal {
    pub fn new(code: u32, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
            claims: None,
        }
    }

    /// The refusal of a code with its usual text, for those that a test asks for by number.
    pub fn of_code(code: u32) -> Self {
        let text = match code {
            50_013 => "Assertion failed signature validation.",
            50_020 => "User account from identity provider does not exist in tenant.",
            50_034 => "The user account does not exist in the directory.",
            50_057 => "The user account is disabled.",
            50_072 | 50_079 => {
                "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication."
            }
            50_074 | 50_076 | 50_078 => {
                "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication."
            }
            50_089 => "Flow token expired.",
            50_097 => "Device authentication is required.",
            50_105 => "The signed in user is not assigned to a role for the application.",
            50_132 => {
                "The session is not valid due to password expiration or recent password change."
            }
            50_133 => "Session is invalid due to expiration or recent password change.",
            50_158 => "External security challenge not satisfied.",
            50_173 => {
                "The provided grant has expired due to it being revoked, a fresh auth token is needed."
            }
            50_196 => {
                "The server terminated an operation because it encountered a client request loop."
            }
            53_000 => "Device is not in required device state: compliant.",
            53_001 => "Device is not in required device state: domain_joined.",
            53_003 => {
                "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."
            }
            65_001 => "The user or administrator has not consented to use the application.",
            65_004 => "User declined to consent to access the app.",
            70_008 => {
                "The provided authorization code or refresh token has expired due to inactivity."
            }
            70_043 => {
                "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access."
            }
            90_094 => "The grant requires administrator permissions.",
            90_095 => "Admin consent request is pending.",
            700_016 => "Application was not found in the directory.",
            700_082 => "The refresh token has expired due to inactivity.",
            700_084 => {
                "The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime of 1.00:00:00, which can't be extended."
            }
            _ => "The request was refused.",
        };
        let mut refusal = Self::new(code, text);
        if refusal.error() == "interaction_required" {
            refusal.claims = Some(
                json!({"access_token": {"polids": {"essential": true,
                    "values": ["9ab03e19-ed42-4168-b6b7-7001fb3e933a"]}}})
                .to_string(),
            );
        }
        refusal
    }

    /// Whether signing in, or consenting, on a page ends it.
    pub fn ends_by_signing_in(&self) -> bool {
        self.error() == "interaction_required" || self.code == 65_001
    }

    /// Nobody consented to what is asked.
    pub fn consent_required(scopes: &[String]) -> Self {
        Self::new(
            65_001,
            format!(
                "The user or administrator has not consented to use the application with ID '{}' named 'Trefoil'. Send an interactive authorization request for this user and resource. Scopes: {}",
                super::CLIENT_ID,
                scopes.join(" ")
            ),
        )
    }

    /// The OAuth `error`: what clients branch on.
    pub fn error(&self) -> &'static str {
        match self.code {
            50_072
            | 50_074
            | 50_076
            | 50_078
            | 50_079
            | 50_158
            | 53_000..=53_003
            | 50_097
            | 50_131 => "interaction_required",
            7_000_215 | 7_000_222 | 70_002 | 700_027 | 50_012 => "invalid_client",
            700_016 | 50_194 => "unauthorized_client",
            500_011 | 650_057 => "invalid_resource",
            70_011 | 28_000 | 650_053 => "invalid_scope",
            70_003 => "unsupported_grant_type",
            900_144 | 90_002 | 90_014 | 9_002_326 | 900_971 | 50_059 => "invalid_request",
            _ => "invalid_grant",
        }
    }

    /// What a person can do about it, where Entra says.
    pub fn suberror(&self) -> Option<&'static str> {
        match self.code {
            65_001 | 90_094 | 90_095 => Some("consent_required"),
            50_173 | 700_082 | 70_008 | 70_043 | 700_084 | 50_132 | 50_133 => Some("bad_token"),
            50_072 | 50_074 | 50_076 | 50_078 | 50_079 | 50_158 => Some("basic_action"),
            53_000..=53_003 | 50_097 | 50_131 => Some("message_only"),
            _ => None,
        }
    }

    pub fn status(&self) -> StatusCode {
        match self.error() {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The description as pages and redirects show it.
    pub fn description(&self) -> String {
        format!("AADSTS{}: {}", self.code, self.text)
    }

    /// The token endpoint's answer. `correlation` echoes the caller's `client-request-id`.
    pub fn answer(&self, login: &str, correlation: Option<&str>) -> Response {
        let trace = Uuid::new_v4().to_string();
        let correlation = correlation.map_or_else(|| Uuid::new_v4().to_string(), ToOwned::to_owned);
        let now = OffsetDateTime::now_utc()
            .format(format_description!(
                "[year]-[month]-[day] [hour]:[minute]:[second]Z"
            ))
            .expect("the format has only parts that a time has");
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("error", json!(self.error()));
        put(
            "error_description",
            json!(format!(
                "{} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}",
                self.description()
            )),
        );
        put("error_codes", json!([self.code]));
        put("timestamp", json!(now));
        put("trace_id", json!(trace));
        put("correlation_id", json!(correlation));
        put(
            "error_uri",
            json!(format!("{login}/error?code={}", self.code)),
        );
        if let Some(suberror) = self.suberror() {
            put("suberror", json!(suberror));
        }
        if let Some(claims) = &self.claims {
            put("claims", json!(claims));
        }
        (
            self.status(),
            [
                ("cache-control", "no-store, no-cache"),
                ("pragma", "no-cache"),
            ],
            Json(body),
        )
            .into_response()
    }
}
