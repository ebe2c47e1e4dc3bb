//! Who acts, and with which rights.

use std::sync::Arc;

use crate::app::App;
use crate::auth::{Caller, Membership};
use crate::grant;
use crate::upstream::jira::write::Failure;
use crate::upstream::{self, Access, Kind, Provider, write};

/// Somebody who acts on one of their sites.
pub struct Acting {
    /// The gateway.
    pub app: App,
    /// Who.
    pub caller: Arc<Caller>,
    /// Where, and as which account.
    pub site: Membership,
}

impl Acting {
    /// Writes to Jira with the person's own token. One that Jira refused is renewed once: with 401 nothing was done.
    pub async fn jira<T, W, F>(&self, work: W) -> Result<T, Failure>
    where
        W: Fn(Access) -> F,
        F: Future<Output = Result<T, Failure>>,
    {
        let (app, caller, site) = (&self.app, &*self.caller, &self.site.site);
        let access = grant::jira(app, caller, site).await?;
        match work(access.clone()).await {
            Err(Failure::Failed(error)) if is_refused(&error) => {
                let renewed = grant::renewed(app, caller, Provider::Jira, Some(site), &access);
                work(renewed.await?).await
            }
            outcome => outcome,
        }
    }

    /// Asks Microsoft Graph as the person, and once more with a newer token when theirs is refused: with 401 nothing was
    /// done.
    pub async fn graph<T, E, W, F>(&self, work: W) -> Result<T, E>
    where
        E: Told,
        W: Fn(Access) -> F,
        F: Future<Output = Result<T, E>>,
    {
        let access = grant::microsoft(&self.app, &self.caller).await?;
        self.twice(Provider::Microsoft, access, work).await
    }

    /// The same of Zoom.
    pub async fn zoom<T, E, W, F>(&self, work: W) -> Result<T, E>
    where
        E: Told,
        W: Fn(Access) -> F,
        F: Future<Output = Result<T, E>>,
    {
        let access = grant::zoom(&self.app, &self.caller).await?;
        self.twice(Provider::Zoom, access, work).await
    }

    async fn twice<T, E, W, F>(&self, provider: Provider, access: Access, work: W) -> Result<T, E>
    where
        E: Told,
        W: Fn(Access) -> F,
        F: Future<Output = Result<T, E>>,
    {
        let (app, caller) = (&self.app, &*self.caller);
        match work(access.clone()).await {
            Err(failure) if is_refused(failure.error()) => {
                let renewed = grant::renewed(app, caller, provider, None, &access);
                work(renewed.await?).await
            }
            outcome => outcome,
        }
    }
}

/// A failure that tells what a provider answered.
pub trait Told: From<upstream::Error> {
    /// What it answered.
    fn error(&self) -> &upstream::Error;
}

impl Told for upstream::Error {
    fn error(&self) -> &upstream::Error {
        self
    }
}

impl Told for write::Failure {
    fn error(&self) -> &upstream::Error {
        Self::error(self)
    }
}

fn is_refused(error: &upstream::Error) -> bool {
    matches!(error.kind, Kind::TokenRefused { .. })
}
