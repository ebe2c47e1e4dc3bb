//! The caller's right to a provider: an access token of their own, or why there is none.

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
