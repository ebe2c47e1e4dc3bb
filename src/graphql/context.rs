//! What lives as long as one operation: the caller, their rights, and the loaders that carry them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::Context;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::Instant;

use super::error::Error;
use super::loader::{GraphLoader, IssueLoader, LinkLoader, Loaders, ZoomLoader};
use crate::app::App;
use crate::auth::{Caller, Membership, Site};
use crate::feature::{Feature, Features};
use crate::grant::{self, ConnectionStatus};
use crate::id::{NodeId, SiteId, ZoomUserId};
use crate::store::link::Link;
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
    jira: HashMap<SiteId, OnceCell<Result<Access, upstream::Error>>>,
    microsoft: OnceCell<Result<Access, upstream::Error>>,
    zoom: OnceCell<Result<Access, upstream::Error>>,
}

impl Rights {
    /// The caller's own access to one of their sites; `NotConnected` when it is not theirs.
    pub async fn jira(&self, site: &Site) -> Result<Access, upstream::Error> {
        let (app, caller) = (&self.app, &*self.caller);
        let cell = self.jira.get(&site.id).ok_or_else(no_site)?;
        cell.get_or_init(|| grant::jira(app, caller, site))
            .await
            .clone()
    }

    /// A newer token for a site than one that was refused.
    pub async fn jira_renewed(
        &self,
        site: &Site,
        refused: &Access,
    ) -> Result<Access, upstream::Error> {
        grant::renewed(&self.app, &self.caller, Provider::Jira, Some(site), refused).await
    }

    /// The caller's access to Microsoft or Zoom. Jira's is asked for by site: [`Rights::jira`].
    pub async fn access(&self, provider: Provider) -> Result<Access, upstream::Error> {
        let (app, caller) = (&self.app, &*self.caller);
        let access = match provider {
            Provider::Jira => return Err(no_site()),
            Provider::Microsoft => {
                self.microsoft
                    .get_or_init(|| grant::microsoft(app, caller))
                    .await
            }
            Provider::Zoom => self.zoom.get_or_init(|| grant::zoom(app, caller)).await,
        };
        access.clone()
    }

    /// A newer token of Microsoft or Zoom than one that was refused.
    pub async fn renewed(
        &self,
        provider: Provider,
        refused: &Access,
    ) -> Result<Access, upstream::Error> {
        grant::renewed(&self.app, &self.caller, provider, None, refused).await
    }

    /// A newer token of Graph than one that was refused, which answers the challenge that came with the refusal.
    pub async fn challenged(
        &self,
        refused: &Access,
        challenge: Option<&str>,
    ) -> Result<Access, upstream::Error> {
        grant::challenged(&self.app, &self.caller, refused, challenge).await
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
    pub fn new(app: &App, caller: Arc<Caller>) -> Self {
        let limit = Duration::from_secs(app.settings.limits.operation_timeout);
        let rights = Arc::new(Rights {
            app: app.clone(),
            caller: Arc::clone(&caller),
            deadline: Instant::now() + limit.saturating_sub(TO_ANSWER),
            jira: caller
                .sites
                .iter()
                .map(|it| (it.site.id, OnceCell::new()))
                .collect(),
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

    /// Issues of the caller's sites.
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

    /// Every site the caller has proved to be theirs.
    pub fn sites(&self) -> &[Membership] {
        &self.caller.sites
    }

    /// The site that a query means: the one it names if it is the caller's, else the caller's only one. Without a name
    /// `NOT_CONNECTED` when they have none, and `BAD_USER_INPUT` with the candidates when they have several.
    pub fn site(&self, named: Option<&str>) -> Result<&Membership, Error> {
        let Some(named) = named else {
            return match self.sites() {
                [only] => Ok(only),
                [] => Err(no_site().into()),
                several => Err(Error::ambiguous(several)),
            };
        };
        let id: SiteId = match named.parse::<NodeId>() {
            Ok(NodeId::Site(site)) => site,
            _ => named.parse()?,
        };
        self.caller
            .membership(id)
            .ok_or_else(|| Error::bad_input("You have no site with that id connected."))
    }

    /// Does something on one of the caller's sites, in the time that is left, once more with a newer token when Jira
    /// refused the first.
    pub async fn at_site<T, W: Future<Output = Result<T, upstream::Error>>>(
        &self,
        site: &Site,
        operation: &'static str,
        work: impl Fn(Access) -> W,
    ) -> Result<T, upstream::Error> {
        let rights = &self.rights;
        let work = async {
            let access = rights.jira(site).await?;
            match work(access.clone()).await {
                Err(error) if matches!(error.kind, Kind::TokenRefused { .. }) => {
                    work(rights.jira_renewed(site, &access).await?).await
                }
                outcome => outcome,
            }
        };
        rights.in_time(Provider::Jira, operation, work).await
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

    /// Who the caller is at Zoom; `None` while they are not connected.
    pub async fn own_zoom(&self) -> Result<Option<ZoomUserId>, upstream::Error> {
        let connections = self.connections().await?;
        let connection = connections
            .iter()
            .find(|it| it.provider == Provider::Zoom && it.obstacle.is_none());
        Ok(connection.and_then(|it| it.subject.as_deref()?.parse().ok()))
    }

    /// Has them read again, after one of them was changed.
    pub async fn forget_connections(&self) {
        *self.connections.lock().await = None;
    }

    /// Which features of a site are on.
    pub async fn features(&self, site: SiteId) -> Result<Features, Error> {
        Ok(self.app.features(site).await?)
    }

    /// Those of some links whose sites have switched on what they lead to.
    pub async fn switched_on(&self, links: Vec<Link>) -> Result<Vec<Link>, Error> {
        let mut left = Vec::with_capacity(links.len());
        for link in links {
            let features = self.features(link.site).await?;
            if features.are_on(link.target.features()) {
                left.push(link);
            }
        }
        Ok(left)
    }

    /// Whether what is the caller's own, and no single site's, is switched on: at one of their sites at least, or by
    /// nobody having a say.
    pub async fn allows(&self, features: &[Feature]) -> Result<bool, Error> {
        for membership in self.sites() {
            if self.features(membership.site.id).await?.are_on(features) {
                return Ok(true);
            }
        }
        Ok(self.sites().is_empty())
    }

    /// The same, as a refusal.
    pub async fn demand(&self, features: &[Feature]) -> Result<(), Error> {
        if self.allows(features).await? {
            Ok(())
        } else {
            Err(Error::switched_off())
        }
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

/// The caller has no such site.
fn no_site() -> upstream::Error {
    upstream::Error::new(Provider::Jira, "find a site", Kind::NotConnected)
}

/// Finds the operation in the engine's context.
pub trait ContextExt {
    /// The operation this field belongs to.
    fn operation(&self) -> &Operation;
}

impl ContextExt for Context<'_> {
    fn operation(&self) -> &Operation {
        self.data_unchecked::<Arc<Operation>>()
    }
}
