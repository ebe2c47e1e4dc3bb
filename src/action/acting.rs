//! Who acts, and with which rights.

use std::sync::Arc;

use crate::app::App;
use crate::auth::{Caller, Membership};
use crate::grant;
use crate::upstream::jira::write::Failure;
use crate::upstream::{self, Access, Kind, Provider};

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

    /// The person's own access to Microsoft Graph, and the same once more when it is refused.
    pub async fn graph<T, W, F>(&self, work: W) -> Result<T, upstream::Error>
    where
        W: Fn(Access) -> F,
        F: Future<Output = Result<T, upstream::Error>>,
    {
        let (app, caller) = (&self.app, &*self.caller);
        let access = grant::microsoft(app, caller).await?;
        match work(access.clone()).await {
            Err(error) if is_refused(&error) => {
                let renewed = grant::renewed(app, caller, Provider::Microsoft, None, &access);
                work(renewed.await?).await
            }
            outcome => outcome,
        }
    }
}

fn is_refused(error: &upstream::Error) -> bool {
    matches!(error.kind, Kind::TokenRefused { .. })
}
