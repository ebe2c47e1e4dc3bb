//! A person's token for Graph: on behalf of the Entra token they sent, else by the account they connected.

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::auth::{Caller, EntraUser, record};
use crate::clock;
use crate::config;
use crate::store::grant;
use crate::upstream::microsoft::oauth::Client;
use crate::upstream::{Access, Error, Kind, Provider};

use super::held::Fetched;
use super::{outage, stored};

const OPERATION: &str = "get an access token";

/// This gateway as Entra knows it.
pub(super) fn client(settings: &config::Microsoft) -> Client<'_> {
    Client {
        authority: &settings.authority_url,
        id: &settings.client_id,
        secret: &settings.client_secret,
        scopes: &settings.scopes,
    }
}

/// The caller's token; another one than `refused`, which answers the `challenge` that came with the refusal.
pub(super) async fn access(
    app: &App,
    caller: &Caller,
    refused: Option<i64>,
    challenge: Option<&str>,
) -> Result<Access, Error> {
    let settings = app.settings.microsoft.as_ref();
    let settings =
        settings.ok_or_else(|| Error::new(Provider::Microsoft, OPERATION, Kind::NotConfigured))?;
    if caller.entra.is_none() {
        return stored::access(app, caller, Provider::Microsoft, refused).await;
    }
    match on_behalf(app, settings, caller, refused, challenge).await {
        Ok(access) => Ok(access),
        Err(error) => match stored::access(app, caller, Provider::Microsoft, refused).await {
            Ok(access) => Ok(access),
            // What stands in the way is what the first attempt says, unless a connection was there to fail too.
            Err(second) if second.kind == Kind::ReauthRequired => Err(second),
            Err(_) => Err(error),
        },
    }
}

/// Whose things [`access`] reads.
pub(super) async fn account(app: &App, caller: &Caller) -> Result<Option<EntraUser>, Error> {
    if caller.entra.is_some() {
        return Ok(caller.entra);
    }
    let name = Provider::Microsoft.name();
    let rows = grant::of_selves(&app.store, &caller.selves, Some(name)).await;
    let rows = rows.map_err(|error| outage(Provider::Microsoft, "find a connection", error))?;
    let row = stored::first(caller, &rows, Provider::Microsoft);
    Ok(row.and_then(|row| {
        Some(EntraUser {
            tid: row.authority.parse().ok()?,
            oid: row.subject.parse().ok()?,
        })
    }))
}

async fn on_behalf(
    app: &App,
    settings: &config::Microsoft,
    caller: &Caller,
    refused: Option<i64>,
    challenge: Option<&str>,
) -> Result<Access, Error> {
    let (Some(user), Some(assertion)) = (caller.entra, caller.assertion.as_ref()) else {
        return Err(Error::new(
            Provider::Microsoft,
            OPERATION,
            Kind::NotConnected,
        ));
    };
    let fetch = async {
        let begun = clock::unix();
        let tenant = user.tid.to_string();
        let tokens = client(settings)
            .on_behalf_of(&app.http, &tenant, assertion, challenge)
            .await?;
        let object = Some(("entra", user.oid.to_string()));
        record::noted(app, &caller.tenant, caller.person, "token.act", object);
        Ok(Fetched {
            scopes: tokens.scopes().join(" "),
            token: tokens.access_token,
            expires_at: begun + tokens.expires_in,
            base: settings.graph_url.clone(),
        })
    };
    app.grants
        .on_behalf
        .get((user, hash(assertion)), refused, fetch)
        .await
}

/// Whether Entra no longer takes the token that the caller sent us, so that their add-in has to get a new one
/// (AADSTS50013 and 500133).
pub(super) async fn is_spent(app: &App, caller: &Caller) -> bool {
    let (Some(user), Some(assertion)) = (caller.entra, caller.assertion.as_ref()) else {
        return false;
    };
    let refusal = app.grants.on_behalf.refusal(&(user, hash(assertion))).await;
    refusal.is_some_and(|error| matches!(error.kind, Kind::TokenRefused { .. }))
}

fn hash(assertion: &SecretString) -> [u8; 32] {
    Sha256::digest(assertion.expose_secret().as_bytes()).into()
}
