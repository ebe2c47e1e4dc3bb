//! Connect's lifecycle: `installed` and `uninstalled` signed by Atlassian (RS256), `enabled` and `disabled` by the site.
//!
//! The steps are those of Atlassian's "Security for Connect apps: signed install callbacks".

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey};
use secrecy::SecretString;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use url::{Host, Url};

use super::connect::{self, KnownSite, LEEWAY, request_hash, unavailable};
use super::jwt::{self, Audience, Refusal, Times};
use super::record;
use crate::app::App;
use crate::clock;
use crate::config;
use crate::id::{SiteId, TenantId};
use crate::memory::Kept;
use crate::secret::Context;
use crate::store::installation::{self, Installed};
use crate::upstream::jira::connect::{Lifecycle, install_key};

/// How long the secret before a re-installation still counts, in milliseconds: tokens in flight.
const PREVIOUS: i64 = 5 * 60 * 1000;

/// What a signed callback must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Our public address.
    pub audience: &'a Url,
    /// The site that the body names.
    pub client_key: &'a str,
    /// The hash of the request.
    pub hash: &'a str,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    qsh: String,
}

/// Takes a site in, or in anew: verifies the callback and seals the secret it brings.
pub async fn installed(
    app: &App,
    token: &str,
    target: &str,
    body: &Lifecycle,
) -> Result<SiteId, Refusal> {
    let connect = app.settings.jira.connect.as_ref();
    let connect = connect.ok_or(Refusal::UnknownSite)?;
    let address = body.base_url.as_ref().ok_or(Refusal::Body)?;
    let secret = body.shared_secret.as_ref().ok_or(Refusal::Body)?;
    if body.key != connect.app_key || !allowed(address, &connect.allowed_hosts) {
        return Err(Refusal::Body);
    }
    let digest = signed(app, connect, token, target, body).await?;
    let adopted = installation::adopt(&app.store, &body.client_key, address).await;
    adopted.map_err(unavailable)?;
    let row = installation::reserve(&app.store, &body.client_key).await;
    let row = row.map_err(unavailable)?;
    let site = row.site().map_err(unavailable)?;
    let tenant = TenantId::of_site(site);
    let seal = |column: &str, secret: &SecretString| {
        let place = Context {
            tenant: tenant.as_str(),
            table: "installation",
            row: &row.id,
            column,
        };
        app.keyring
            .seal(&place, secret)
            .map_err(|_| Refusal::Unavailable)
    };
    // A secret that no key opens any more is no reason to keep the site out: this callback replaces it.
    let previous = match KnownSite::open(app, &row).ok().flatten() {
        Some(known) => {
            let sealed = seal("previous_secret", known.secret())?;
            Some((sealed, clock::millis() + PREVIOUS))
        }
        None => None,
    };
    let installed = Installed {
        app_key: body.key.clone(),
        base_url: address.clone(),
        product: body.product_type.clone().unwrap_or_default(),
        oauth_client_id: body.oauth_client_id.clone(),
        shared_secret: seal("shared_secret", secret)?,
        previous,
    };
    let written = installation::install(&app.store, site, installed).await;
    written.map_err(unavailable)?;
    burn(app, digest).await;
    app.doors.sites.invalidate(&body.client_key).await;
    record::done(
        app,
        &tenant,
        None,
        "site.install",
        Some(("site", site.to_string())),
    )
    .await;
    Ok(site)
}

/// Forgets a site and everything of its people, but not its audit log; `before` may look at what there is.
pub async fn uninstalled(
    app: &App,
    token: &str,
    target: &str,
    body: &Lifecycle,
    before: impl AsyncFnOnce(SiteId),
) -> Result<(), Refusal> {
    let connect = app.settings.jira.connect.as_ref();
    let connect = connect.ok_or(Refusal::UnknownSite)?;
    if body.key != connect.app_key {
        return Err(Refusal::Body);
    }
    let digest = signed(app, connect, token, target, body).await?;
    let row = installation::by_client_key(&app.store, &body.client_key).await;
    let Some(row) = row.map_err(unavailable)? else {
        return Ok(());
    };
    let site = row.site().map_err(unavailable)?;
    before(site).await;
    let gone = installation::uninstall(&app.store, site).await;
    gone.map_err(unavailable)?;
    burn(app, digest).await;
    app.doors.forget(&body.client_key).await;
    app.grants.forget_site();
    let tenant = TenantId::of_site(site);
    record::done(
        app,
        &tenant,
        None,
        "site.uninstall",
        Some(("site", site.to_string())),
    )
    .await;
    Ok(())
}

/// Switches a site on or off, as its own token says. One that comes late, after `uninstalled`, changes nothing.
pub async fn switched(app: &App, token: &str, target: &str, on: bool) -> Result<(), Refusal> {
    let known = connect::claimed(app, token).await?;
    known.verify(token, &request_hash(app, "POST", target), clock::unix())?;
    let switched = installation::enable(&app.store, known.site.id, on).await;
    switched.map_err(unavailable)?;
    app.doors.sites.invalidate_all();
    let action = if on { "site.enable" } else { "site.disable" };
    let object = Some(("site", known.site.id.to_string()));
    record::done(app, &known.tenant, None, action, object).await;
    Ok(())
}

/// Verifies a callback that Atlassian signed, with the public key at hand.
pub fn verify(
    token: &str,
    key: &DecodingKey,
    expected: &Expected<'_>,
    now: i64,
) -> Result<(), Refusal> {
    let claims: Claims = jwt::verified(token, Algorithm::RS256, key)?;
    let times = Times {
        exp: claims.exp,
        nbf: claims.nbf,
        iat: claims.iat,
    };
    jwt::timely(times, now, LEEWAY)?;
    let ours = expected.audience.as_str().trim_end_matches('/');
    let theirs = claims.aud.first().unwrap_or_default();
    if theirs.strip_suffix('/').unwrap_or(theirs) != ours {
        return Err(Refusal::Audience);
    }
    // The body is not signed; this is what ties it to the token.
    if claims.iss != expected.client_key {
        return Err(Refusal::Issuer);
    }
    if !bool::from(claims.qsh.as_bytes().ct_eq(expected.hash.as_bytes())) {
        return Err(Refusal::QueryHash);
    }
    Ok(())
}

/// Whether a site may live at this address: https at a host of the list (`*.example.net` or a whole name), or plain
/// http at a loopback host of the list.
pub fn allowed(address: &Url, hosts: &[String]) -> bool {
    let Some(host) = address.host() else {
        return false;
    };
    let loopback = match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    };
    let plain = address.username().is_empty() && address.password().is_none();
    if !plain || !(address.scheme() == "https" || address.scheme() == "http" && loopback) {
        return false;
    }
    let host = host.to_string();
    hosts.iter().any(|pattern| match pattern.strip_prefix("*") {
        Some(suffix) => suffix.starts_with('.') && host.ends_with(suffix),
        None => *pattern == host,
    })
}

/// Verifies a signed callback, and answers the digest under which it is burnt once it took effect.
async fn signed(
    app: &App,
    connect: &config::Connect,
    token: &str,
    target: &str,
    body: &Lifecycle,
) -> Result<[u8; 32], Refusal> {
    let header = jwt::header(token)?;
    if header.alg != Algorithm::RS256 {
        return Err(Refusal::Algorithm);
    }
    let kid = header.kid.ok_or(Refusal::Malformed)?;
    let key = published_key(app, connect, kid).await?;
    let hash = request_hash(app, "POST", target);
    let expected = Expected {
        audience: &app.settings.server.public_url,
        client_key: &body.client_key,
        hash: &hash,
    };
    verify(token, &key, &expected, clock::unix())?;
    let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    if app.doors.burnt.contains_key(&digest) {
        return Err(Refusal::Replay);
    }
    Ok(digest)
}

/// Remembers a callback that took effect, longer than its token can live.
async fn burn(app: &App, digest: [u8; 32]) {
    let kept = Kept {
        value: (),
        good_for: Duration::from_hours(1),
    };
    app.doors.burnt.insert(digest, kept).await;
}

/// The public key of this id, from the address in the settings; kept for a day, an unknown one for a minute.
async fn published_key(
    app: &App,
    connect: &config::Connect,
    kid: String,
) -> Result<DecodingKey, Refusal> {
    let plain = kid
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"_.-/".contains(&b));
    if kid.is_empty() || kid.len() > 200 || !plain || kid.contains("..") {
        return Err(Refusal::Malformed);
    }
    let fetch = async {
        let pem = install_key(&app.http, &connect.install_keys_url, &kid).await;
        let key = pem
            .map_err(|_| Refusal::Unavailable)?
            .and_then(|pem| DecodingKey::from_rsa_pem(pem.as_bytes()).ok());
        let minutes = if key.is_some() { 24 * 60 } else { 1 };
        Ok::<_, Refusal>(Kept {
            value: key,
            good_for: Duration::from_mins(minutes),
        })
    };
    let kept = app
        .doors
        .install_keys
        .try_get_with(kid.clone(), fetch)
        .await;
    kept.map_err(|refusal| *refusal)?
        .value
        .ok_or(Refusal::UnknownKey)
}
