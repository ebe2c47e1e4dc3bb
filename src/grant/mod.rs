//! The caller's right to a provider: an access token of their own, or why there is none.

use url::Url;

use crate::app::App;
use crate::auth::{Caller, Site};
use crate::upstream::{Access, Error, Kind, Provider};

/// The caller's own right to read and write in Jira (user impersonation for Connect).
pub async fn jira(app: &App, caller: &Caller, site: &Site) -> Result<Access, Error> {
    let _ = (app, caller, site);
    Err(Error::new(
        Provider::Jira,
        "get an access token",
        Kind::NotConnected,
    ))
}

/// The caller's own right to Microsoft Graph.
pub async fn microsoft(app: &App, caller: &Caller) -> Result<Access, Error> {
    let _ = (app, caller);
    Err(Error::new(
        Provider::Microsoft,
        "get an access token",
        Kind::NotConnected,
    ))
}

/// The caller's own right to Zoom.
pub async fn zoom(app: &App, caller: &Caller) -> Result<Access, Error> {
    let _ = (app, caller);
    Err(Error::new(
        Provider::Zoom,
        "get an access token",
        Kind::NotConnected,
    ))
}

/// The provider refused `refused` with 401: a newer token, renewed at most once for all who ask.
pub async fn renewed(
    app: &App,
    caller: &Caller,
    provider: Provider,
    site: Option<&Site>,
    refused: &Access,
) -> Result<Access, Error> {
    let _ = (app, caller, site, refused);
    Err(Error::new(
        provider,
        "renew an access token",
        Kind::ReauthRequired,
    ))
}

/// What is remembered between requests.
#[derive(Default)]
pub(crate) struct Grants {}

/// How the caller stands with one provider, as far as is known without asking it.
#[derive(Debug, Clone)]
pub struct ConnectionStatus {
    /// Which provider.
    pub provider: Provider,
    /// What stands in the way; `None` when nothing does.
    pub obstacle: Option<Kind>,
    /// The provider's id of the connected account.
    pub subject: Option<String>,
    /// What was granted.
    pub scopes: Vec<String>,
    /// What this gateway is set up for and was not granted.
    pub missing_scopes: Vec<String>,
    /// When it was connected, Unix milliseconds.
    pub connected_at: Option<i64>,
}

/// How the caller stands with each provider, without asking any: at most one read of the store.
pub async fn status(app: &App, caller: &Caller) -> Result<Vec<ConnectionStatus>, Error> {
    let _ = (app, caller);
    Ok(Vec::new())
}

/// An address that connects the caller's account: `/oauth/{provider}/start?ticket=…`, good once, for ten minutes.
pub async fn begin_connect(app: &App, caller: &Caller, provider: Provider) -> Result<Url, Error> {
    let _ = (app, caller);
    Err(Error::new(provider, "connect", Kind::NotConfigured))
}

/// Deletes the caller's sealed tokens at once, then revokes them upstream as well as it can.
pub async fn disconnect(app: &App, caller: &Caller, provider: Provider) -> Result<(), Error> {
    let _ = (app, caller);
    Err(Error::new(provider, "disconnect", Kind::NotConfigured))
}

/// Where an administrator agrees to Microsoft scopes; `None` without Microsoft's configuration.
pub fn admin_consent_url(app: &App, caller: &Caller, scopes: &[String]) -> Option<Url> {
    let _ = (app, caller, scopes);
    None
}
