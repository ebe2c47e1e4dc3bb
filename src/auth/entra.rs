//! Entra's tokens: access tokens of the Outlook and Teams add-ins, the id token of a sign-in, and the token of a change
//! notification.
//!
//! The steps are those of Microsoft's "Access tokens in the Microsoft identity platform: validate tokens".

use std::sync::Arc;

use jsonwebtoken::Algorithm;
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::jwks::VerifyingKey;
use super::jwt::{self, Audience, Refusal, Times};
use super::{EntraUser, Host};
use crate::app::App;
use crate::clock;
use crate::config;
use crate::upstream::Provider;

/// Seconds by which Entra's clock may differ from ours.
const LEEWAY: i64 = 60;
/// The scope of our own interface, which the add-ins ask for.
const SCOPE: &str = "access_as_user";
/// The tenant of personal accounts, which nobody can install us in.
const CONSUMERS: Uuid = Uuid::from_u128(0x9188_040d_6c67_4c5b_b112_36a3_04b6_6dad);
/// The client ids of the hosts that ask for a token themselves: Teams on the desktop and on the web, Microsoft 365 on
/// the web and on the desktop; then Outlook on the desktop, the web and the phone, Office's add-ins, Office on the web.
/// <https://learn.microsoft.com/microsoftteams/platform/tabs/how-to/authentication/tab-sso-register-aad>
const HOSTS: [(Uuid, Host); 9] = [
    (
        Uuid::from_u128(0x1fec_8e78_bce4_4aaf_ab1b_5451_cc38_7264),
        Host::Teams,
    ),
    (
        Uuid::from_u128(0x5e3c_e6c0_2b1f_4285_8d4b_75ee_7878_7346),
        Host::Teams,
    ),
    (
        Uuid::from_u128(0x4765_445b_32c6_49b0_83e6_1d93_7652_76ca),
        Host::Teams,
    ),
    (
        Uuid::from_u128(0x0ec8_93e0_5785_4de6_99da_4ed1_24e5_296c),
        Host::Teams,
    ),
    (
        Uuid::from_u128(0xd359_0ed6_52b3_4102_aeff_aad2_292a_b01c),
        Host::Outlook,
    ),
    (
        Uuid::from_u128(0xbc59_ab01_8403_45c6_8796_ac3e_f710_b3e3),
        Host::Outlook,
    ),
    (
        Uuid::from_u128(0x2792_2004_5251_4030_b22d_91ec_d9a3_7ea4),
        Host::Outlook,
    ),
    (
        Uuid::from_u128(0xea5a_67f6_b6f3_4338_b240_c655_ddc3_cc8e),
        Host::Outlook,
    ),
    (
        Uuid::from_u128(0x93d5_3678_613d_4013_afc1_62e9_e444_a0a5),
        Host::Outlook,
    ),
];
/// The publisher of Graph's change notifications.
const PUBLISHER: &str = "0bf30f3b-4a52-48df-9a82-234910c4a086";

/// What a token must say to be for us.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The authority, such as `https://login.microsoftonline.com`.
    pub authority: &'a Url,
    /// Our client id, which is the audience.
    pub client_id: &'a str,
    /// The Entra tenants that may come in; empty for any.
    pub tenants: &'a [String],
}

impl<'a> Expected<'a> {
    /// As the settings say.
    pub fn of(settings: &'a config::Microsoft) -> Self {
        Self {
            authority: &settings.authority_url,
            client_id: &settings.client_id,
            tenants: &settings.allowed_tenants,
        }
    }

    fn authority(&self) -> &str {
        self.authority.as_str().trim_end_matches('/')
    }

    fn lets_in(&self, tenant: Uuid) -> bool {
        if self.tenants.is_empty() {
            return tenant != CONSUMERS;
        }
        self.tenants
            .iter()
            .any(|allowed| Uuid::try_parse(allowed).is_ok_and(|allowed| allowed == tenant))
    }
}

/// Who a verified access token speaks for.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn {
    /// The person.
    pub user: EntraUser,
    /// The add-in, told by the client that asked for the token; `None` when the add-in did so itself (nested app
    /// authentication), which looks the same in every host.
    pub host: Option<Host>,
    /// When the token ends, Unix seconds.
    pub expires_at: i64,
}

#[derive(Deserialize)]
struct Claims {
    aud: Audience,
    iss: String,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    tid: String,
    oid: Option<Uuid>,
    ver: String,
    scp: Option<String>,
    azp: Option<String>,
    appid: Option<String>,
    nonce: Option<String>,
}

/// Verifies an access token of an add-in with the keys its authority publishes.
pub async fn access(app: &App, token: &str) -> Result<SignedIn, Refusal> {
    let settings = app.settings.microsoft.as_ref().ok_or(Refusal::Issuer)?;
    let key = published_key(app, settings, token).await?;
    verify_access(token, &key, &Expected::of(settings), clock::unix())
}

/// Verifies the id token that came with a code, and its nonce.
pub async fn identity(app: &App, token: &str, nonce: &str) -> Result<EntraUser, Refusal> {
    let settings = app.settings.microsoft.as_ref().ok_or(Refusal::Issuer)?;
    let key = published_key(app, settings, token).await?;
    verify_identity(token, &key, &Expected::of(settings), nonce, clock::unix())
}

/// Verifies an access token for our own interface, version 2, of a signed-in person.
pub fn verify_access(
    token: &str,
    key: &VerifyingKey,
    expected: &Expected<'_>,
    now: i64,
) -> Result<SignedIn, Refusal> {
    let claims: Claims = jwt::verified(token, Algorithm::RS256, &key.key)?;
    let user = verify_person(&claims, key, expected, now)?;
    // An app's own token has roles and no scope; it speaks for nobody.
    let scopes = claims.scp.as_deref().unwrap_or_default();
    if !scopes.split(' ').any(|scope| scope == SCOPE) {
        return Err(Refusal::Scope);
    }
    let client: Option<Uuid> = claims.azp.as_deref().and_then(|azp| azp.parse().ok());
    let known = HOSTS.iter().find(|(id, _)| Some(*id) == client);
    let host = known.map(|(_, host)| *host);
    Ok(SignedIn {
        user,
        host,
        expires_at: claims.exp,
    })
}

/// Verifies an id token (`OpenID Connect Core` 3.1.3.7).
pub fn verify_identity(
    token: &str,
    key: &VerifyingKey,
    expected: &Expected<'_>,
    nonce: &str,
    now: i64,
) -> Result<EntraUser, Refusal> {
    let claims: Claims = jwt::verified(token, Algorithm::RS256, &key.key)?;
    let user = verify_person(&claims, key, expected, now)?;
    if claims.nonce.as_deref() != Some(nonce) {
        return Err(Refusal::Replay);
    }
    Ok(user)
}

/// Verifies a validation token of a rich change notification, and answers the tenant it vouches for.
///
/// These are version 1 tokens of Microsoft's own publisher; newer texts name it in `azp`.
pub fn verify_notification(
    token: &str,
    key: &VerifyingKey,
    expected: &Expected<'_>,
    now: i64,
) -> Result<Uuid, Refusal> {
    let claims: Claims = jwt::verified(token, Algorithm::RS256, &key.key)?;
    let tenant = Uuid::try_parse(&claims.tid).map_err(|_| Refusal::Malformed)?;
    if claims.iss != format!("https://sts.windows.net/{}/", claims.tid) {
        return Err(Refusal::Issuer);
    }
    if !claims.aud.names(expected.client_id) {
        return Err(Refusal::Audience);
    }
    jwt::timely(times(&claims), now, LEEWAY)?;
    let publisher = claims.appid.or(claims.azp);
    if publisher.as_deref() != Some(PUBLISHER) {
        return Err(Refusal::Scope);
    }
    Ok(tenant)
}

/// What access and id tokens have in common: version, tenant, issuer, audience, time, person.
fn verify_person(
    claims: &Claims,
    key: &VerifyingKey,
    expected: &Expected<'_>,
    now: i64,
) -> Result<EntraUser, Refusal> {
    if claims.ver != "2.0" {
        return Err(Refusal::Issuer);
    }
    let tid = Uuid::try_parse(&claims.tid).map_err(|_| Refusal::Malformed)?;
    // A key serves one issuer: any tenant's by the template, or the one it names.
    let of_key = key
        .issuer
        .as_deref()
        .map(|issuer| issuer.replace("{tenantid}", &claims.tid));
    if of_key.is_some_and(|issuer| issuer != claims.iss) {
        return Err(Refusal::Issuer);
    }
    if claims.iss != format!("{}/{}/v2.0", expected.authority(), claims.tid) {
        return Err(Refusal::Issuer);
    }
    if !expected.lets_in(tid) {
        return Err(Refusal::Tenant);
    }
    if claims.aud != Audience::One(expected.client_id.to_owned()) {
        return Err(Refusal::Audience);
    }
    jwt::timely(times(claims), now, LEEWAY)?;
    let oid = claims.oid.ok_or(Refusal::Malformed)?;
    Ok(EntraUser { tid, oid })
}

fn times(claims: &Claims) -> Times {
    Times {
        exp: claims.exp,
        nbf: claims.nbf,
        iat: claims.iat,
    }
}

/// The key that the token names. The address is fixed by the settings, never by the token.
async fn published_key(
    app: &App,
    settings: &config::Microsoft,
    token: &str,
) -> Result<Arc<VerifyingKey>, Refusal> {
    let header = jwt::header(token)?;
    if header.alg != Algorithm::RS256 {
        return Err(Refusal::Algorithm);
    }
    let kid = header.kid.ok_or(Refusal::Malformed)?;
    let authority = settings.authority_url.as_str().trim_end_matches('/');
    let url = Url::parse(&format!("{authority}/common/discovery/v2.0/keys"))
        .map_err(|_| Refusal::Unavailable)?;
    app.doors
        .key_sets
        .key(&app.http, Provider::Microsoft, &url, &kid)
        .await
}
