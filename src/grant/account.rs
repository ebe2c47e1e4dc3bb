//! What a code is worth: new tokens, and whose account they are for.

use secrecy::{ExposeSecret as _, SecretString};

use super::connect::{Abandoned, callback, only};
use super::held::passes;
use super::jira_oauth;
use crate::app::App;
use crate::auth::entra;
use crate::clock;
use crate::store::person::Subject;
use crate::upstream::zoom::oauth as zoom_oauth;
use crate::upstream::{Error, Kind, Provider};

/// New tokens and whose they are.
pub(super) struct Account {
    /// The account.
    pub subject: Subject,
    /// What it is known by: itself, or for Jira itself on each site.
    pub identities: Vec<Subject>,
    /// Calls the provider.
    pub access_token: SecretString,
    /// Renews it.
    pub refresh_token: Option<SecretString>,
    /// When the access token ends, Unix milliseconds.
    pub access_expires_at: i64,
    /// What was granted, separated by spaces.
    pub scopes: String,
    /// The provider's regional address.
    pub api_base: Option<String>,
}

/// Redeems a code and learns whose account it is: Microsoft says so in an id token that is verified,
/// Zoom and Jira when asked.
pub(super) async fn learn(
    app: &App,
    provider: Provider,
    code: &str,
    verifier: &SecretString,
    nonce: &str,
) -> Result<Account, Abandoned> {
    match provider {
        Provider::Microsoft => microsoft_account(app, code, verifier, nonce).await,
        Provider::Zoom => zoom_account(app, code, verifier).await,
        Provider::Jira => jira_account(app, code).await,
    }
}

async fn jira_account(app: &App, code: &str) -> Result<Account, Abandoned> {
    let settings = app.settings.jira.oauth.as_ref();
    let settings = settings.ok_or(Abandoned::NotConfigured)?;
    let begun = clock::millis();
    let redirect = callback(app, Provider::Jira);
    let tokens = jira_oauth::client(settings)
        .redeem(&app.token_http, code, &redirect)
        .await
        .map_err(|error| refused(&error))?;
    let listed = jira_oauth::listed(app, settings, &tokens.access_token).await;
    let listed = listed.map_err(|error| match error.kind {
        Kind::NotFound => Abandoned::NoSite,
        _ => refused(&error),
    })?;
    Ok(Account {
        subject: listed.account,
        identities: listed.sites,
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
        access_expires_at: begun + tokens.expires_in * 1000,
        scopes: tokens.scope,
        api_base: None,
    })
}

async fn microsoft_account(
    app: &App,
    code: &str,
    verifier: &SecretString,
    nonce: &str,
) -> Result<Account, Abandoned> {
    let settings = app.settings.microsoft.as_ref();
    let settings = settings.ok_or(Abandoned::NotConfigured)?;
    let begun = clock::millis();
    let redirect = callback(app, Provider::Microsoft);
    let tokens = super::microsoft::client(settings)
        .redeem(
            &app.token_http,
            only(&settings.allowed_tenants),
            code,
            &redirect,
            verifier,
        )
        .await
        .map_err(|error| refused(&error))?;
    let id_token = tokens.id_token.as_ref().ok_or(Abandoned::Declined)?;
    let user = entra::identity(app, id_token.expose_secret(), nonce).await;
    let user = user.map_err(|refusal| {
        tracing::warn!(%refusal, "an id token is refused");
        Abandoned::Declined
    })?;
    let subject = Subject {
        provider: Provider::Microsoft.name(),
        authority: user.tid.to_string(),
        subject: user.oid.to_string(),
    };
    Ok(Account {
        identities: vec![subject.clone()],
        subject,
        scopes: tokens.scopes().join(" "),
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
        access_expires_at: begun + tokens.expires_in * 1000,
        api_base: None,
    })
}

async fn zoom_account(
    app: &App,
    code: &str,
    verifier: &SecretString,
) -> Result<Account, Abandoned> {
    let settings = app.settings.zoom.as_ref();
    let settings = settings.ok_or(Abandoned::NotConfigured)?;
    let begun = clock::millis();
    let redirect = callback(app, Provider::Zoom);
    let tokens = super::zoom::client(settings)
        .redeem(&app.token_http, code, &redirect, verifier)
        .await
        .map_err(|error| refused(&error))?;
    let regional = tokens.base(&settings.api_url);
    let base = regional.as_ref().unwrap_or(&settings.api_url);
    let owner = zoom_oauth::owner(&app.token_http, base, &tokens.access_token).await;
    let owner = owner.map_err(|error| refused(&error))?;
    let subject = Subject {
        provider: Provider::Zoom.name(),
        authority: owner.account_id,
        subject: owner.id,
    };
    Ok(Account {
        identities: vec![subject.clone()],
        subject,
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
        access_expires_at: begun + tokens.expires_in * 1000,
        scopes: tokens.scope,
        api_base: regional.map(String::from),
    })
}

fn refused(error: &Error) -> Abandoned {
    if passes(&error.kind) {
        Abandoned::Unavailable
    } else {
        Abandoned::Declined
    }
}
