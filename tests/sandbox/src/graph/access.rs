//! Who is asking: tokens, and the permissions each kind of resource wants.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::exchange::{Call, Reply};
use crate::entra::Access;
use crate::recorder::now;
use crate::world::World;

/// The token a request carries.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Accepts a token, or answers 401 and why, with a challenge where the client understands one.
/// <https://learn.microsoft.com/entra/identity-platform/claims-challenge>
pub fn authenticate(world: &World, headers: &HeaderMap) -> Result<Access, Reply> {
    let login = &world.addresses().login;
    let plain = format!(
        "Bearer realm=\"\", authorization_uri=\"{login}/common/oauth2/authorize\", client_id=\"00000003-0000-0000-c000-000000000000\""
    );
    let refused = |message: &str, challenge: &str| {
        Reply::error(
            StatusCode::UNAUTHORIZED,
            "InvalidAuthenticationToken",
            message,
        )
        .set(WWW_AUTHENTICATE, challenge)
    };
    let Some(token) = bearer(headers) else {
        return Err(refused("Access token is empty.", &plain));
    };
    let entra = world.entra();
    let Some(access) = entra.access(token) else {
        return Err(refused(
            "IDX14100: JWT is not well formed, there are no dots (.).",
            &plain,
        ));
    };
    if access.expires_at <= now() {
        return Err(refused(
            "Lifetime validation failed, the token is expired.",
            &plain,
        ));
    }
    // Only clients that declared they understand challenges are challenged; the others' tokens run out soon.
    let handle = access.person.handle;
    let revoked = entra.challenged_at(handle);
    let unanswered = entra.asked_to_answer(handle);
    let challenge = revoked
        .filter(|since| access.issued_at <= *since)
        .or(unanswered.filter(|since| access.answers < *since));
    if let Some(since) = challenge
        && access.handles_claims
    {
        let seconds = since.ceil().to_string();
        let claims = json!({"access_token": {"nbf": {"essential": true, "value": seconds}}});
        let claims = STANDARD.encode(claims.to_string());
        return Err(refused(
            "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp",
            &format!("{plain}, error=\"insufficient_claims\", claims=\"{claims}\""),
        ));
    }
    Ok(access.clone())
}

impl Call {
    /// Whether the token has one of these permissions.
    pub fn has(&self, permissions: &[&str]) -> bool {
        permissions
            .iter()
            .any(|it| self.access.scopes.contains(*it))
    }

    /// Requires one of these permissions of an Outlook resource.
    pub fn outlook_needs(&self, permissions: &[&str]) -> Result<(), Reply> {
        if self.has(permissions) {
            return Ok(());
        }
        Err(Reply::access_denied())
    }

    /// Requires one of these permissions of a Teams resource, which names them in its refusal.
    pub fn teams_needs(&self, permissions: &[&str]) -> Result<(), Reply> {
        if self.has(permissions) {
            return Ok(());
        }
        let held: Vec<&str> = self.access.scopes.iter().map(String::as_str).collect();
        Err(Reply::error(
            StatusCode::FORBIDDEN,
            "Forbidden",
            &format!(
                "Missing scope permissions on the request. API requires one of '{}'. Scopes on the request '{}'",
                permissions.join(", "),
                held.join(", ")
            ),
        ))
    }

    /// Requires one of these permissions of a directory resource.
    pub fn directory_needs(&self, permissions: &[&str]) -> Result<(), Reply> {
        if self.has(permissions) {
            return Ok(());
        }
        Err(Reply::error(
            StatusCode::FORBIDDEN,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        ))
    }
}
