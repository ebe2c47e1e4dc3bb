//! The caller's right to a provider: an access token of their own, or why there is none.

pub mod connect;

mod account;
mod held;
mod jira;
mod jira_oauth;
mod leave;
mod mailbox;
mod microsoft;
mod status;
mod stored;
mod zoom;

use moka::future::Cache;
use secrecy::SecretString;
use url::Url;

use crate::app::App;
use crate::auth::{Caller, EntraUser, Site};
use crate::id::{AccountId, SiteId};
use crate::memory::{self, Flights, Kept};
use crate::secret::Context;
use crate::store::grant::Model;
use crate::store::{self};
use crate::upstream::{Access, Error, Kind, Provider};
use held::Held;

pub(crate) use connect::secret;
pub use connect::{begin_connect, is_offered};
pub use leave::{deauthorized, disconnect, leaving, revoke_all};
pub use mailbox::{open_mailbox, seal_mailbox};
pub use status::{ConnectionStatus, status};

/// What is remembered between requests.
pub(crate) struct Grants {
    /// People's own tokens for a Connect site.
    jira: Held<(SiteId, AccountId)>,
    /// Graph tokens had on behalf of people, by the hash of what they sent us.
    on_behalf: Held<(EntraUser, [u8; 32])>,
    /// Renewals of stored connections under way in this process, by connection.
    renewals: Flights<String, Result<Model, Error>>,
    /// Why the last renewal of a connection failed, while it rests.
    failures: Cache<String, Kept<Error>>,
    /// Names this process in leases.
    owner: String,
}

impl Default for Grants {
    fn default() -> Self {
        Self {
            jira: Held::default(),
            on_behalf: Held::default(),
            renewals: Flights::default(),
            failures: memory::cache(10_000),
            owner: uuid::Uuid::new_v4().to_string(),
        }
    }
}

impl Grants {
    /// Forgets the tokens of a site that removed the app.
    pub fn forget_site(&self) {
        self.jira.forget();
    }
}

/// The caller's own right to read and write in Jira (user impersonation for Connect).
pub async fn jira(app: &App, caller: &Caller, site: &Site) -> Result<Access, Error> {
    Box::pin(jira::access(app, caller, site, None)).await
}

/// The caller's own right to Microsoft Graph: on behalf of the token they sent, else by the account they connected.
pub async fn microsoft(app: &App, caller: &Caller) -> Result<Access, Error> {
    Box::pin(microsoft::access(app, caller, None, None)).await
}

/// The Microsoft account whose things the caller reads: the one they signed in with, else the one they connected.
pub async fn microsoft_account(app: &App, caller: &Caller) -> Result<Option<EntraUser>, Error> {
    Box::pin(microsoft::account(app, caller)).await
}

/// The right to Microsoft Graph of somebody who is not here to ask, by the account they connected; a newer one than
/// `refused`. Only to keep up, or take away, what they had begun themselves.
pub async fn microsoft_of(
    app: &App,
    owner: EntraUser,
    refused: Option<&Access>,
) -> Result<Access, Error> {
    let (tid, oid) = (owner.tid.to_string(), owner.oid.to_string());
    let version = refused.map(|it| it.version);
    let account = (tid.as_str(), oid.as_str());
    Box::pin(stored::of_account(
        app,
        Provider::Microsoft,
        account,
        version,
    ))
    .await
}

/// The right to a Jira site of somebody who is not here to ask, by the account they connected; a newer one than
/// `refused`. As with [`microsoft_of`].
pub async fn jira_of(
    app: &App,
    site: SiteId,
    account: &AccountId,
    refused: Option<&Access>,
) -> Result<Access, Error> {
    let version = refused.map(|it| it.version);
    Box::pin(jira_oauth::of_account(app, site, account, version)).await
}

/// The caller's own right to Zoom.
pub async fn zoom(app: &App, caller: &Caller) -> Result<Access, Error> {
    Box::pin(zoom::access(app, caller, None)).await
}

/// The provider refused `refused` with 401: a newer token, renewed at most once for all who ask. Jira's is that of `site`.
pub async fn renewed(
    app: &App,
    caller: &Caller,
    provider: Provider,
    site: Option<&Site>,
    refused: &Access,
) -> Result<Access, Error> {
    let version = Some(refused.version);
    match provider {
        Provider::Jira => {
            let site = site
                .ok_or_else(|| Error::new(provider, "renew an access token", Kind::NotConnected))?;
            Box::pin(jira::access(app, caller, site, version)).await
        }
        Provider::Microsoft => Box::pin(microsoft::access(app, caller, version, None)).await,
        Provider::Zoom => Box::pin(zoom::access(app, caller, version)).await,
    }
}

/// Graph refused `refused` and asked for `challenge` (continuous access evaluation): a token that answers it, or
/// `InteractionRequired` when Entra has to see the person for that.
pub async fn challenged(
    app: &App,
    caller: &Caller,
    refused: &Access,
    challenge: Option<&str>,
) -> Result<Access, Error> {
    let version = Some(refused.version);
    Box::pin(microsoft::access(app, caller, version, challenge)).await
}

/// Whether Entra no longer takes the token that the caller sent us: their add-in has to get a new one.
pub async fn is_spent(app: &App, caller: &Caller) -> bool {
    microsoft::is_spent(app, caller).await
}

/// Where an administrator agrees to Microsoft scopes; `None` without Microsoft's configuration.
pub fn admin_consent_url(app: &App, caller: &Caller, scopes: &[String]) -> Option<Url> {
    let settings = app.settings.microsoft.as_ref()?;
    let tenant = caller.entra.map(|user| user.tid.to_string());
    let redirect = connect::callback(app, Provider::Microsoft);
    // Nothing is believed of what comes back, so nothing has to be remembered.
    let state = connect::secret();
    let client = microsoft::client(settings);
    Some(client.admin_consent_url(tenant.as_deref(), scopes, &redirect, &state))
}

/// Seals a credential of a connection.
fn seal(
    app: &App,
    tenant: &str,
    id: &str,
    column: &str,
    token: &SecretString,
) -> Result<Vec<u8>, store::Error> {
    app.keyring
        .seal(&place(tenant, id, column), token)
        .map_err(|error| {
            tracing::error!(%error, column, "a credential cannot be sealed");
            store::Error::Corrupt("connection")
        })
}

/// Opens a credential of a connection.
fn open(
    app: &App,
    connection: &Model,
    column: &'static str,
    sealed: Option<&[u8]>,
) -> Option<SecretString> {
    let place = place(&connection.tenant, &connection.id, column);
    match app.keyring.open(&place, sealed?) {
        Ok(token) => Some(token),
        Err(error) => {
            tracing::error!(%error, connection = connection.id, column, "a credential cannot be opened");
            None
        }
    }
}

fn place<'a>(tenant: &'a str, row: &'a str, column: &'a str) -> Context<'a> {
    Context {
        tenant,
        table: "connection",
        row,
        column,
    }
}

/// The store failed while a token was looked for: an outage of ours, told as one.
fn outage(provider: Provider, operation: &'static str, error: store::Error) -> Error {
    tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
    Error::new(provider, operation, Kind::Unavailable { retry_after: None }).caused_by(error)
}
