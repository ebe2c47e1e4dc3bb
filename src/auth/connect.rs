//! Connect's tokens, signed with a site's shared secret: the panel's context token, the frame's own, and callbacks.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use super::Site;
use super::jwt::{self, Refusal, Times};
use super::qsh::qsh;
use crate::app::App;
use crate::clock;
use crate::id::{AccountId, IssueId, SiteId, TenantId};
use crate::secret::Context;
use crate::store::installation;

/// The `qsh` of a context token, which is for no request in particular.
pub const CONTEXT: &str = "context-qsh";
/// Seconds by which a site's clock may differ from ours.
pub(super) const LEEWAY: i64 = 30;

/// An installed site with its secrets open. Kept in memory for half a minute.
pub struct KnownSite {
    /// The site.
    pub site: Site,
    /// Its tenant.
    pub tenant: TenantId,
    /// Whether its administrators have the app switched on.
    pub enabled: bool,
    client_key: String,
    secret: SecretString,
    /// The secret before, and until when it counts, in Unix milliseconds.
    previous: Option<(SecretString, i64)>,
}

/// What a verified token of a site says.
#[derive(Debug, Clone)]
pub struct Told {
    /// Who is signed in to Jira, if anybody.
    pub account: Option<AccountId>,
    /// The issue they look at.
    pub issue: Option<IssueId>,
    /// When the token ends, Unix seconds.
    pub expires_at: i64,
}

#[derive(Deserialize)]
struct Issuer {
    iss: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: Option<String>,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    qsh: Option<String>,
    context: Option<Value>,
}

#[derive(Serialize)]
struct Assertion<'a> {
    iss: String,
    sub: String,
    tnt: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

impl KnownSite {
    /// Opens the secrets of a stored site. `None` when it is not installed.
    pub(super) fn open(
        app: &App,
        row: &installation::Model,
    ) -> Result<Option<Self>, crate::store::Error> {
        let Some(sealed) = &row.shared_secret else {
            return Ok(None);
        };
        let id = row.site()?;
        let tenant = TenantId::of_site(id);
        let open = |column: &'static str, sealed: &[u8]| {
            let place = Context {
                tenant: tenant.as_str(),
                table: "installation",
                row: &row.id,
                column,
            };
            app.keyring.open(&place, sealed).map_err(|error| {
                tracing::error!(%error, site = %id, column, "a site's secret cannot be opened");
                crate::store::Error::Corrupt(column)
            })
        };
        let secret = open("shared_secret", sealed)?;
        let previous = match (&row.previous_secret, row.previous_until) {
            (Some(sealed), Some(until)) => Some((open("previous_secret", sealed)?, until)),
            _ => None,
        };
        let site = Site {
            id,
            base_url: row.address()?,
            oauth_client_id: row.oauth_client_id.clone(),
            cloud_id: row.cloud_id.clone(),
        };
        Ok(Some(Self {
            site,
            enabled: row.enabled,
            client_key: row.client_key.clone(),
            secret,
            previous,
            tenant,
        }))
    }

    /// The secret in force.
    pub(super) fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// Verifies a token of this site: HS256 and nothing else, in its time, for the request whose hash is `expected`.
    pub fn verify(&self, token: &str, expected: &str, now: i64) -> Result<Told, Refusal> {
        let previous = self
            .previous
            .as_ref()
            .filter(|(_, until)| *until / 1000 > now)
            .map(|(secret, _)| secret);
        let first = verify(token, &self.secret, &self.client_key, expected, now);
        match (first, previous) {
            (Err(Refusal::Signature), Some(previous)) => {
                verify(token, previous, &self.client_key, expected, now)
            }
            (first, _) => first,
        }
    }

    /// What the token endpoint takes for a person's own token: who, on which site, signed with the site's secret.
    /// Lives a minute. `None` when the installation cannot act for people.
    pub fn assertion(&self, account: &AccountId, server: &str, now: i64) -> Option<SecretString> {
        let client = self.site.oauth_client_id.as_deref()?;
        let claims = Assertion {
            iss: format!("urn:atlassian:connect:clientid:{client}"),
            sub: format!("urn:atlassian:connect:useraccountid:{account}"),
            tnt: self.site.base_url.as_str().trim_end_matches('/'),
            aud: server.trim_end_matches('/'),
            iat: now,
            exp: now + 60,
        };
        let key = EncodingKey::from_secret(self.secret.expose_secret().as_bytes());
        encode(&Header::new(Algorithm::HS256), &claims, &key)
            .ok()
            .map(SecretString::from)
    }
}

/// Verifies an HS256 token with a site's secret, against one clock reading.
pub fn verify(
    token: &str,
    secret: &SecretString,
    client_key: &str,
    expected: &str,
    now: i64,
) -> Result<Told, Refusal> {
    let key = DecodingKey::from_secret(secret.expose_secret().as_bytes());
    let claims: Claims = jwt::verified(token, Algorithm::HS256, &key)?;
    if claims.iss != client_key {
        return Err(Refusal::Issuer);
    }
    let times = Times {
        exp: claims.exp,
        nbf: claims.nbf,
        iat: claims.iat,
    };
    jwt::timely(times, now, LEEWAY)?;
    let hash = claims.qsh.unwrap_or_default();
    if !bool::from(hash.as_bytes().ct_eq(expected.as_bytes())) {
        return Err(Refusal::QueryHash);
    }
    let account = claims.sub.filter(|sub| !sub.is_empty());
    let account = account.map(|sub| sub.parse()).transpose();
    Ok(Told {
        account: account.map_err(|_| Refusal::Malformed)?,
        issue: claims.context.as_ref().and_then(issue_in),
        expires_at: claims.exp,
    })
}

/// The site that a token claims to be from; nothing is proved by that.
pub async fn claimed(app: &App, token: &str) -> Result<Arc<KnownSite>, Refusal> {
    if jwt::header(token)?.alg != Algorithm::HS256 {
        return Err(Refusal::Algorithm);
    }
    let Issuer { iss } = jwt::unverified(token)?;
    if let Some(known) = app.doors.sites.get(&iss).await {
        return Ok(known);
    }
    let row = installation::by_client_key(&app.store, &iss).await;
    let row = row.map_err(unavailable)?.ok_or(Refusal::UnknownSite)?;
    let known = KnownSite::open(app, &row).map_err(unavailable)?;
    let known = Arc::new(known.ok_or(Refusal::UnknownSite)?);
    app.doors.sites.insert(iss, Arc::clone(&known)).await;
    Ok(known)
}

/// An installed site by our id of it.
pub async fn site(app: &App, site: SiteId) -> Result<Option<KnownSite>, crate::store::Error> {
    match installation::by_site(&app.store, site).await? {
        Some(row) => KnownSite::open(app, &row),
        None => Ok(None),
    }
}

/// The site whose token came with a request for `target` (path and query) in the query parameter `jwt`: Jira's frames.
pub async fn framed(app: &App, target: &str) -> Result<Arc<KnownSite>, Refusal> {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let mut tokens = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "jwt")
        .map(|(_, value)| value);
    let token = tokens.next().ok_or(Refusal::Malformed)?;
    if tokens.next().is_some() {
        return Err(Refusal::Malformed);
    }
    let known = claimed(app, &token).await?;
    known.verify(&token, &request_hash(app, "GET", target), clock::unix())?;
    if !known.enabled {
        return Err(Refusal::SiteDisabled);
    }
    Ok(known)
}

/// The hash of a request to us.
pub fn request_hash(app: &App, method: &str, target: &str) -> String {
    qsh(method, target, app.settings.server.public_url.path())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what map_err hands over"
)]
pub(super) fn unavailable(error: crate::store::Error) -> Refusal {
    tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
    Refusal::Unavailable
}

/// `context.jira.issue.id`, which has been a string and a number.
fn issue_in(context: &Value) -> Option<IssueId> {
    match context.pointer("/jira/issue/id")? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}
