//! Who sent a delivery of Jira Cloud's: a site, by the secret it shares with us, or Atlassian, by our OAuth 2.0 app's.

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jsonwebtoken::{Algorithm, DecodingKey};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use super::connect::{self, KnownSite, LEEWAY, request_hash};
use super::jwt::{self, Refusal, Times};
use super::record;
use crate::app::App;
use crate::clock;
use crate::id::TenantId;

/// A verified sender. The body of a delivery is not covered by any token; what it says of a site counts only for that
/// one.
#[derive(Clone)]
pub enum Sender {
    /// A site that installed the app: a delivery of one of its modules. Nothing it says counts for another site.
    Site(Arc<KnownSite>),
    /// Atlassian, about any site whose people connected Jira: a delivery of a dynamic webhook.
    OAuth,
}

#[derive(Deserialize)]
struct Claims {
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    qsh: Option<String>,
}

/// Verifies the sender of a request for `target` (path and query): `JWT …` is a site's, for this very request and never
/// a context token; `Bearer …` is by the OAuth 2.0 app's client secret. A refusal is written down.
pub async fn jira(app: &App, headers: &HeaderMap, target: &str) -> Result<Sender, Refusal> {
    let mut proven = None;
    let sender = verify(app, headers, target, &mut proven).await;
    if let Err(refusal) = &sender
        && *refusal != Refusal::Unavailable
    {
        refused(app, proven, "webhook.jira", refusal.word());
    }
    sender
}

/// Writes down a delivery that was refused, beside the answer: a vendor does not wait for it.
pub(crate) fn refused(
    app: &App,
    tenant: Option<TenantId>,
    action: &'static str,
    detail: &'static str,
) {
    let own = app.clone();
    app.tasks
        .spawn(async move { record::refused(&own, tenant.as_ref(), action, detail).await });
}

async fn verify(
    app: &App,
    headers: &HeaderMap,
    target: &str,
    proven: &mut Option<TenantId>,
) -> Result<Sender, Refusal> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (Some(only), None) = (given.next(), given.next()) else {
        return Err(Refusal::Malformed);
    };
    let only = only.to_str().map_err(|_| Refusal::Malformed)?;
    let token = super::token_in(only).ok_or(Refusal::Malformed)?;
    let hash = request_hash(app, "POST", target);
    let scheme = only.trim_start().split(' ').next().unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") {
        of_oauth(app, token, &hash)?;
        return Ok(Sender::OAuth);
    }
    let known = connect::claimed(app, token).await?;
    if let Err(refusal) = known.verify(token, &hash, clock::unix()) {
        // The signature is checked before the request's hash is.
        if refusal == Refusal::QueryHash {
            *proven = Some(known.tenant.clone());
        }
        return Err(refusal);
    }
    if !known.enabled {
        *proven = Some(known.tenant.clone());
        return Err(Refusal::SiteDisabled);
    }
    Ok(Sender::Site(known))
}

/// Atlassian says only that the client secret signs it; a hash of the request counts when there is one.
fn of_oauth(app: &App, token: &str, hash: &str) -> Result<(), Refusal> {
    let oauth = app.settings.jira.oauth.as_ref();
    let secret = &oauth.ok_or(Refusal::UnknownKey)?.client_secret;
    let key = DecodingKey::from_secret(secret.expose_secret().as_bytes());
    let claims: Claims = jwt::verified(token, Algorithm::HS256, &key)?;
    let times = Times {
        exp: claims.exp,
        nbf: claims.nbf,
        iat: claims.iat,
    };
    jwt::timely(times, clock::unix(), LEEWAY)?;
    match claims.qsh {
        Some(given) if !bool::from(given.as_bytes().ct_eq(hash.as_bytes())) => {
            Err(Refusal::QueryHash)
        }
        _ => Ok(()),
    }
}
