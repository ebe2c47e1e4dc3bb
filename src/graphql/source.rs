//! How a provider stands for this viewer: expected trouble is data.

use async_graphql::{Context, Enum, Object};

use super::context::ContextExt as _;
use super::error::Error;
use super::scalar::Url;
use super::viewer::Site;
use crate::upstream::{self, Kind};
use crate::{auth, grant};

/// A system that Trefoil reads from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "upstream::Provider")]
pub enum Provider {
    /// Jira.
    Jira,
    /// Microsoft 365: Outlook, Teams and To Do.
    Microsoft,
    /// Zoom.
    Zoom,
}

/// How a provider stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
pub enum SourceState {
    /// All is well.
    Ready,
    /// Some of what was asked for could not be read; what is shown is right.
    Partial,
    /// This gateway is not set up for it, or the site's administrators have it switched off. Hide it.
    NotConfigured,
    /// The viewer has not connected their account; `connectUrl` does it.
    NotConnected,
    /// The viewer has not agreed to `missingScopes`; `connectUrl` asks.
    ConsentRequired,
    /// Only an administrator can agree to `missingScopes`; give them `adminConsentUrl`.
    AdminConsentRequired,
    /// The provider wants to see the person (such as for a second factor); pass `claims` on when signing in.
    InteractionRequired,
    /// The connection has ended; `connectUrl` renews it.
    ReauthRequired,
    /// The organisation's policy blocks this person or device.
    AccessBlocked,
    /// The provider does not let this person read it.
    Forbidden,
    /// Asked too often; try again after `retryAfter`.
    RateLimited,
    /// No answer in time.
    TimedOut,
    /// Not reachable, or its answer could not be read.
    Unavailable,
}

impl SourceState {
    /// What a failure means for the whole source.
    pub fn of(kind: &Kind) -> Self {
        match kind {
            Kind::NotConfigured => Self::NotConfigured,
            Kind::NotConnected => Self::NotConnected,
            Kind::ConsentRequired { .. } => Self::ConsentRequired,
            Kind::AdminConsentRequired { .. } => Self::AdminConsentRequired,
            // A challenge that no new token of ours has met is for the person to meet.
            Kind::InteractionRequired { .. } | Kind::TokenRefused { claims: Some(_) } => {
                Self::InteractionRequired
            }
            Kind::ReauthRequired | Kind::TokenRefused { .. } => Self::ReauthRequired,
            Kind::AccessBlocked => Self::AccessBlocked,
            Kind::Forbidden => Self::Forbidden,
            Kind::RateLimited { .. } => Self::RateLimited,
            Kind::TimedOut => Self::TimedOut,
            Kind::NotFound | Kind::Unavailable { .. } | Kind::Invalid | Kind::Refused => {
                Self::Unavailable
            }
        }
    }

    /// Whether connecting (again) mends it.
    pub fn wants_connecting(self) -> bool {
        matches!(
            self,
            Self::NotConnected
                | Self::ConsentRequired
                | Self::ReauthRequired
                | Self::InteractionRequired
        )
    }
}

/// How a provider stands for this viewer.
#[derive(Debug, Clone)]
pub struct SourceStatus {
    provider: upstream::Provider,
    state: SourceState,
    trouble: Option<Kind>,
    site: Option<auth::Site>,
    lacking: Vec<String>,
}

impl SourceStatus {
    /// All is well.
    pub fn ready(provider: upstream::Provider) -> Self {
        Self {
            provider,
            state: SourceState::Ready,
            trouble: None,
            site: None,
            lacking: Vec::new(),
        }
    }

    /// It failed as a whole.
    pub fn failed(error: &upstream::Error) -> Self {
        Self {
            provider: error.provider,
            state: SourceState::of(&error.kind),
            trouble: Some(error.kind.clone()),
            site: None,
            lacking: Vec::new(),
        }
    }

    /// Switched off by the site's administrators.
    pub fn switched_off(provider: upstream::Provider) -> Self {
        let kind = Kind::NotConfigured;
        Self::failed(&upstream::Error::new(provider, "join", kind))
    }

    /// From what became of each part: ready, failed as a whole, or something in between.
    pub fn of_parts<'a>(
        provider: upstream::Provider,
        succeeded: usize,
        failures: impl IntoIterator<Item = &'a upstream::Error>,
    ) -> Self {
        let Some(first) = failures.into_iter().next() else {
            return Self::ready(provider);
        };
        let mut status = Self::failed(first);
        if succeeded > 0 {
            status.state = SourceState::Partial;
        }
        status
    }

    /// The same, said of one Jira site.
    #[must_use]
    pub fn at(self, site: &auth::Site) -> Self {
        Self {
            site: Some(site.clone()),
            ..self
        }
    }

    /// The same, with permissions that are missing for it though the provider did not name them.
    #[must_use]
    pub fn lacking(self, scopes: &[&str]) -> Self {
        Self {
            lacking: scopes.iter().map(|&it| it.to_owned()).collect(),
            ..self
        }
    }

    /// How it stands.
    pub fn state(&self) -> SourceState {
        self.state
    }
}

/// How a provider stands for this viewer.
#[Object]
impl SourceStatus {
    /// Which provider.
    async fn provider(&self) -> Provider {
        self.provider.into()
    }

    /// Which site, for Jira; null otherwise.
    async fn site(&self) -> Option<Site> {
        self.site.as_ref().map(Site::from)
    }

    /// How it stands.
    #[graphql(name = "state")]
    async fn state_field(&self) -> SourceState {
        self.state
    }

    /// Seconds to wait before asking again, when the provider said so.
    async fn retry_after(&self) -> Option<u64> {
        match &self.trouble {
            Some(Kind::RateLimited { retry_after } | Kind::Unavailable { retry_after }) => {
                retry_after.map(|wait| wait.as_secs())
            }
            _ => None,
        }
    }

    /// The permissions that are missing, as the provider names them.
    async fn missing_scopes(&self) -> Vec<String> {
        match &self.trouble {
            Some(Kind::ConsentRequired { scopes } | Kind::AdminConsentRequired { scopes }) => {
                scopes.clone()
            }
            _ => self.lacking.clone(),
        }
    }

    /// Where the viewer connects their account: open it in a window of its own. It works once, for ten minutes. Null
    /// when connecting would not help.
    async fn connect_url(&self, ctx: &Context<'_>) -> Option<Result<Url, Error>> {
        let operation = ctx.operation();
        let offered = grant::is_offered(&operation.app, &operation.caller, self.provider);
        if !self.state.wants_connecting() || !offered {
            return None;
        }
        match grant::begin_connect(&operation.app, &operation.caller, self.provider).await {
            Ok(url) => Url::parse(url.as_str()).map(Ok),
            Err(error) => Some(Err(error.into())),
        }
    }

    /// Where an administrator agrees to the missing permissions. Null unless only they can.
    async fn admin_consent_url(&self, ctx: &Context<'_>) -> Option<Url> {
        let Some(Kind::AdminConsentRequired { scopes }) = &self.trouble else {
            return None;
        };
        let operation = ctx.operation();
        let url = grant::admin_consent_url(&operation.app, &operation.caller, scopes)?;
        Url::parse(url.as_str())
    }

    /// Entra's claims challenge, to be passed on as it is when the host asks for a token.
    async fn claims(&self) -> Option<String> {
        match &self.trouble {
            Some(Kind::InteractionRequired { claims } | Kind::TokenRefused { claims }) => {
                claims.clone()
            }
            _ => None,
        }
    }
}
