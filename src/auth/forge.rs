//! Forge invocation tokens: what Atlassian says about a call that a Forge app makes to its remote.

use jsonwebtoken::Algorithm;
use serde::Deserialize;

use super::jwks::VerifyingKey;
use super::jwt::{self, Audience, Refusal, Times};
use crate::id::{AccountId, IssueId};

/// Seconds by which Atlassian's clock may differ from ours; the token lives 25.
const LEEWAY: i64 = 10;
const ISSUER: &str = "forge/invocation-token";

/// What a verified invocation token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The installation, an ARI; it changes when the app is installed anew.
    pub installation: String,
    /// The site, which stays the same.
    pub cloud_id: Option<String>,
    /// Where the site's interfaces answer for this app.
    pub api_base: String,
    /// The person in front of the panel; absent for events and schedules.
    pub account: Option<AccountId>,
    /// The issue they are looking at.
    pub issue: Option<IssueId>,
    /// When the token ends, Unix seconds.
    pub expires_at: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claims {
    aud: Audience,
    iss: String,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    ic_label: Option<String>,
    principal: Option<String>,
    app: InstalledApp,
    context: Option<Context>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InstalledApp {
    installation_id: String,
    api_base_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    cloud_id: Option<String>,
    extension: Option<Extension>,
}

#[derive(Deserialize)]
struct Extension {
    issue: Option<Issue>,
}

#[derive(Deserialize)]
struct Issue {
    id: String,
}

/// Verifies an invocation token for the app with this ARI (`ari:cloud:ecosystem::app/…`).
///
/// Isolated clouds are not served, so a token that names one is refused before its name could reach an address.
pub fn verify(
    token: &str,
    key: &VerifyingKey,
    app_id: &str,
    now: i64,
) -> Result<Invocation, Refusal> {
    let claims: Claims = jwt::verified(token, Algorithm::RS256, &key.key)?;
    if claims.iss != ISSUER {
        return Err(Refusal::Issuer);
    }
    if !claims.aud.names(app_id) {
        return Err(Refusal::Audience);
    }
    let times = Times {
        exp: claims.exp,
        nbf: claims.nbf,
        iat: claims.iat,
    };
    jwt::timely(times, now, LEEWAY)?;
    if claims.ic_label.is_some() {
        return Err(Refusal::Tenant);
    }
    let account = claims.principal.map(|principal| principal.parse());
    let context = claims.context;
    let issue = context
        .as_ref()
        .and_then(|context| context.extension.as_ref()?.issue.as_ref())
        .map(|issue| issue.id.parse());
    Ok(Invocation {
        installation: claims.app.installation_id,
        cloud_id: context.and_then(|context| context.cloud_id),
        api_base: claims.app.api_base_url,
        account: account.transpose().map_err(|_| Refusal::Malformed)?,
        issue: issue.transpose().map_err(|_| Refusal::Malformed)?,
        expires_at: claims.exp,
    })
}
