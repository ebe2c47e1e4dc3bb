//! What lives as long as one operation: the caller, their rights, and the loaders that carry them.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Context;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::Instant;

use super::error::Error;
use super::loader::{GraphLoader, IssueLoader, LinkLoader, Loaders, ZoomLoader};
use crate::app::App;
use crate::auth::{Caller, Site};
use crate::grant::{self, ConnectionStatus};
use crate::id::{NodeId, SiteId};
use crate::upstream::{self, Access, Kind, Provider};

/// What is left of an operation's time when everything upstream has to have ended, so that it can still answer with
/// what there is.
const TO_ANSWER: Duration = Duration::from_millis(750);

/// One operation of one caller. Never shared, and gone with its answer.
pub struct Operation {
    /// The gateway.
    pub app: App,
    /// Who asks.
    pub caller: Arc<Caller>,
    /// Their rights, found once.
    pub rights: Arc<Rights>,
    loaders: Loaders,
    connections: Mutex<Option<Arc<[ConnectionStatus]>>>,
}

/// The caller's access tokens, each found at most once for an operation, and the time that is left for it.
pub struct Rights {
    app: App,
    caller: Arc<Caller>,
    deadline: Instant,
    jira: OnceCell<Result<Access, upstream::Error>>,
    microsoft: OnceCell<Result<Access, upstream::Error>>,
    zoom: OnceCell<Result<Access, upstream::Error>>,
}

impl Rights {
    /// The caller's access to a provider; Jira's is that of the caller's own site.
    pub async fn access(&self, provider: Provider) -> Result<Access, upstream::Error> {
        let (app, caller) = (&self.app, &*self.caller);
        let access = match provider {
            Provider::Jira => self.jira.get_or_init(|| self.jira_access()).await,
            Provider::Microsoft => {
                self.microsoft
                    .get_or_init(|| grant::microsoft(app, caller))
                    .await
            }
            Provider::Zoom => self.zoom.get_or_init(|| grant::zoom(app, caller)).await,
        };
        access.clone()
    }

    async fn jira_access(&self) -> Result<Access, upstream::Error> {
        match &self.caller.site {
            Some(site) => grant::jira(&self.app, &self.caller, site).await,
            None => Err(upstream::Error::new(
                Provider::Jira,
                "find a site",
                Kind::NotConnected,
            )),
        }
    }

    /// A newer token than one that was refused.
    pub async fn renewed(
        &self,
        provider: Provider,
        refused: &Access,
    ) -> Result<Access, upstream::Error> {
        grant::renewed(
            &self.app,
            &self.caller,
            provider,
            self.caller.site.as_ref(),
            refused,
        )
        .await
    }

    /// Does something upstream in the time that is left for the operation; fails with `TimedOut` when it takes longer.
    pub async fn in_time<T>(
        &self,
        provider: Provider,
        operation: &'static str,
        work: impl Future<Output = Result<T, upstream::Error>>,
    ) -> Result<T, upstream::Error> {
        tokio::time::timeout_at(self.deadline, work)
            .await
            .unwrap_or_else(|_| Err(upstream::Error::new(provider, operation, Kind::TimedOut)))
    }

    /// The gateway, for the clients it holds.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Who asks.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl Operation {
    /// For one caller, with nothing read yet.
    pub fn new(app: &App, caller: Caller) -> Self {
        let caller = Arc::new(caller);
        let limit = Duration::from_secs(app.settings.limits.operation_timeout);
        let rights = Arc::new(Rights {
            app: app.clone(),
            caller: Arc::clone(&caller),
            deadline: Instant::now() + limit.saturating_sub(TO_ANSWER),
            jira: OnceCell::new(),
            microsoft: OnceCell::new(),
            zoom: OnceCell::new(),
        });
        let loaders = Loaders::new(&rights);
        Self {
            app: app.clone(),
            caller,
            rights,
            loaders,
            connections: Mutex::default(),
        }
    }

    /// Issues of the caller's site.
    pub fn issues(&self) -> &IssueLoader {
        &self.loaders.issues
    }

    /// Links of issues.
    pub fn links(&self) -> &LinkLoader {
        &self.loaders.links
    }

    /// Reads of Graph.
    pub fn graph(&self) -> &GraphLoader {
        &self.loaders.graph
    }

    /// Reads of Zoom.
    pub fn zoom(&self) -> &ZoomLoader {
        &self.loaders.zoom
    }

    /// The site that a query means: the one it names if the caller belongs to it, else the caller's own.
    pub fn site(&self, named: Option<&str>) -> Result<&Site, Error> {
        let own = self.caller.site.as_ref();
        let Some(named) = named else {
            return own.ok_or_else(|| {
                Error::bad_input("Say which `site` you mean: you have none connected.")
            });
        };
        let id: SiteId = match named.parse::<NodeId>() {
            Ok(NodeId::Site(site)) => site,
            _ => named.parse()?,
        };
        own.filter(|site| site.id == id)
            .ok_or_else(|| Error::bad_input("You have no site with that id connected."))
    }

    /// How the caller stands with each provider, read from the store once for an operation.
    pub async fn connections(&self) -> Result<Arc<[ConnectionStatus]>, upstream::Error> {
        let mut known = self.connections.lock().await;
        if let Some(connections) = &*known {
            return Ok(Arc::clone(connections));
        }
        let connections: Arc<[_]> = grant::status(&self.app, &self.caller).await?.into();
        *known = Some(Arc::clone(&connections));
        Ok(connections)
    }

    /// Has them read again, after one of them was changed.
    pub async fn forget_connections(&self) {
        *self.connections.lock().await = None;
    }

    /// What stands between the caller and a provider, as far as is known without asking it.
    pub async fn obstacle(&self, provider: Provider) -> Option<upstream::Error> {
        match self.connections().await {
            Ok(connections) => {
                let connection = connections.iter().find(|it| it.provider == provider)?;
                let kind = connection.obstacle.clone()?;
                Some(upstream::Error::new(provider, "connect", kind))
            }
            Err(error) => Some(error),
        }
    }
}

/// Finds the operation in the engine's context.
pub trait ContextExt {
    /// The operation this field belongs to.
    fn operation(&self) -> &Operation;
}

impl ContextExt for Context<'_> {
    fn operation(&self) -> &Operation {
        self.data_unchecked()
    }
}
