//! The caller's right to a provider: an access token of their own, or why there is none.

use secrecy::SecretString;
use url::Url;

use crate::app::App;
use crate::auth::{Caller, Site};
use crate::upstream::{Error, Kind, Provider};

/// An access token that works now, and where to use it.
#[derive(Debug, Clone)]
pub struct Access {
    /// The bearer token.
    pub token: SecretString,
    /// Where the provider answers: Jira's site address, Graph's `…/v1.0`, Zoom's (regional) `…/v2`.
    pub base: Url,
    /// Which token this is, so that a refused one is renewed once and not by everyone.
    pub version: i64,
}

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
