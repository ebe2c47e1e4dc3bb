//! Acting as a user: a token for an app that proves itself by its shared secret.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/user-impersonation-for-connect-apps/>

use std::collections::BTreeSet;

use axum::{
    Extension, Form, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    access::{Bearer, Site, base},
    oauth::new_token,
    token,
};
use crate::{
    recorder::{Trace, now},
    world::World,
};

/// The authorization server's real name, which assertions may carry as their audience.
const AUTHORIZATION_SERVER: &str = "https://oauth-2-authorization-server.services.atlassian.com";

/// Seconds an access token lives.
const SECONDS: u32 = 900;

#[derive(Debug, Deserialize)]
pub(crate) struct ActAsUser {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    assertion: String,
    scope: Option<String>,
}

/// `POST /oauth2/token`: a token to act as a user, for an app that proves itself by its shared secret.
pub(crate) async fn act_as_user(
    State(site): State<Site>,
    Extension(trace): Extension<Trace>,
    Form(form): Form<ActAsUser>,
) -> Response {
    match impersonate(&site.world, &form) {
        Ok((handle, answer)) => {
            trace.subject(handle);
            ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
        }
        Err((status, error, description)) => (
            status,
            Json(json!({"error": error, "error_description": description})),
        )
            .into_response(),
    }
}

type TokenError = (StatusCode, &'static str, &'static str);

fn impersonate(world: &World, form: &ActAsUser) -> Result<(&'static str, Value), TokenError> {
    let invalid = |why| (StatusCode::BAD_REQUEST, "invalid_grant", why);
    if form.grant_type != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
        return Err((
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "The grant type must be urn:ietf:params:oauth:grant-type:jwt-bearer.",
        ));
    }
    let mut state = world.jira();
    let unknown = (
        StatusCode::UNAUTHORIZED,
        "invalid_client",
        "The issuer is no installed app.",
    );
    let issuer =
        token::claimed_issuer(&form.assertion).ok_or(invalid("The assertion is not a token."))?;
    let (site, installation) = state
        .installations
        .iter()
        .find(|(_, installation)| {
            issuer
                == format!(
                    "urn:atlassian:connect:clientid:{}",
                    installation.oauth_client_id
                )
        })
        .map(|(site, installation)| (*site, installation.clone()))
        .ok_or(unknown)?;
    if !installation.enabled {
        return Err(unknown);
    }
    let claims = token::verify(&form.assertion, &installation.shared_secret)
        .ok_or(invalid("The assertion's signature or time is not valid."))?;
    let claim = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    if claim("tnt").trim_end_matches('/') != base(world, site) {
        return Err(invalid(
            "The tenant is not the one the app is installed on.",
        ));
    }
    let audience = claim("aud").trim_end_matches('/');
    if audience != AUTHORIZATION_SERVER
        && !world.addresses().jira.iter().any(|base| base == audience)
    {
        return Err(invalid("The audience is not this server."));
    }
    let person = claim("sub")
        .strip_prefix("urn:atlassian:connect:useraccountid:")
        .and_then(|account| {
            world.find(|person| person.account_id == account && state.belongs(person, site))
        })
        .ok_or(invalid("The user is not known to this site."))?;
    if state.inactive.contains(person.handle) {
        return Err(invalid("The user is not active."));
    }
    if !installation.scopes.contains("ACT_AS_USER") {
        return Err((
            StatusCode::UNAUTHORIZED,
            "unauthorized_client",
            "The app does not have the scope ACT_AS_USER.",
        ));
    }
    let scopes: BTreeSet<String> = match form
        .scope
        .as_deref()
        .filter(|scope| !scope.trim().is_empty())
    {
        Some(scope) => scope.split_whitespace().map(str::to_owned).collect(),
        None => installation.scopes.clone(),
    };
    if !scopes.is_subset(&installation.scopes) {
        return Err((
            StatusCode::BAD_REQUEST,
            "invalid_scope",
            "The app does not have all of these scopes.",
        ));
    }
    let access_token = new_token();
    state.bearers.insert(
        access_token.clone(),
        Bearer {
            handle: person.handle,
            site: Some(site),
            scopes,
            expires: now() + f64::from(SECONDS),
            three_legged: false,
        },
    );
    Ok((
        person.handle,
        json!({"access_token": access_token, "expires_in": SECONDS, "token_type": "Bearer"}),
    ))
}
