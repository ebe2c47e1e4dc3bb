//! The viewer: who asks, from where, and what they have connected.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use super::context::ContextExt as _;
use super::error::Error;
use super::scalar::{DateTime, Url};
use super::source::{Provider, SourceState};
use crate::id::NodeId;
use crate::{auth, grant};

/// Who asks.
#[derive(Default)]
pub struct Viewer;

/// Where the add-in runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "auth::Host")]
pub enum Host {
    /// The Jira issue panel.
    Jira,
    /// Outlook.
    Outlook,
    /// Teams.
    Teams,
}

/// A Jira site.
#[derive(Debug, Clone, SimpleObject)]
pub struct Site {
    /// Its id.
    id: ID,
    /// Its name; the host part of its address when nothing better is known.
    name: Option<String>,
    /// Its address.
    url: Option<Url>,
}

impl From<&auth::Site> for Site {
    fn from(site: &auth::Site) -> Self {
        Self {
            id: NodeId::Site(site.id).to_string().into(),
            name: site.base_url.host_str().map(str::to_owned),
            url: Url::parse(site.base_url.as_str()),
        }
    }
}

/// How the viewer stands with one provider, as far as is known without asking it.
pub struct Connection(grant::ConnectionStatus);

/// How the viewer stands with one provider, as far as is known without asking it. Costs nothing upstream.
#[Object]
impl Connection {
    /// Which provider.
    async fn provider(&self) -> Provider {
        self.0.provider.into()
    }

    /// READY, or what stands in the way.
    async fn state(&self) -> SourceState {
        self.0
            .obstacle
            .as_ref()
            .map_or(SourceState::Ready, SourceState::of)
    }

    /// The provider's id of the connected account; null when there is none.
    async fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// The permissions that were granted, as the provider names them.
    async fn scopes(&self) -> &[String] {
        &self.0.scopes
    }

    /// The permissions that this gateway is set up for and were not granted.
    async fn missing_scopes(&self) -> &[String] {
        &self.0.missing_scopes
    }

    /// When the account was connected.
    async fn connected_at(&self) -> Option<DateTime> {
        self.0.connected_at.map(DateTime::from_millis)
    }

    /// Where the viewer connects their account: open it in a window of its own. It works once, for ten minutes. Null
    /// when there is nothing to connect.
    async fn connect_url(&self, ctx: &Context<'_>) -> Option<Result<Url, Error>> {
        let state = SourceState::of(self.0.obstacle.as_ref()?);
        let operation = ctx.operation();
        let offered = grant::is_offered(&operation.app, &operation.caller, self.0.provider);
        if !state.wants_connecting() || !offered {
            return None;
        }
        match grant::begin_connect(&operation.app, &operation.caller, self.0.provider).await {
            Ok(url) => Url::parse(url.as_str()).map(Ok),
            Err(error) => Some(Err(error.into())),
        }
    }
}

/// Who asks. Costs nothing upstream.
#[Object]
impl Viewer {
    /// The add-in they use.
    async fn host(&self, ctx: &Context<'_>) -> Host {
        ctx.operation().caller.host.into()
    }

    /// Our id of this person, joined by their own sign-ins.
    async fn person(&self, ctx: &Context<'_>) -> ID {
        ctx.operation().caller.person.to_string().into()
    }

    /// The site of the page they look at; null outside of Jira.
    async fn site(&self, ctx: &Context<'_>) -> Option<Site> {
        ctx.operation().caller.site.as_ref().map(Site::from)
    }

    /// Every site they have proved to be theirs: by its panel, or by connecting Jira.
    async fn sites(&self, ctx: &Context<'_>) -> Vec<Site> {
        let sites = ctx.operation().sites().iter();
        sites.map(|it| Site::from(&it.site)).collect()
    }

    /// How they stand with each provider this gateway knows.
    async fn connections(&self, ctx: &Context<'_>) -> Option<Result<Vec<Connection>, Error>> {
        let operation = ctx.operation();
        Some(match operation.connections().await {
            Ok(connections) => Ok(connections.iter().cloned().map(Connection).collect()),
            Err(error) => Err(error.into()),
        })
    }
}

/// Queries for the viewer.
#[derive(Default)]
pub struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// Who asks.
    async fn viewer(&self) -> Viewer {
        Viewer
    }
}
