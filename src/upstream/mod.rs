//! The providers we read from: each folder knows one of them, and nothing of GraphQL, the store or another provider.

pub mod http;
pub mod jira;
pub mod microsoft;
pub mod pause;
pub mod signature;
pub mod word;
pub mod write;
pub mod zoom;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

/// Who was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Provider {
    /// Jira Cloud, Data Center or Server.
    Jira,
    /// Entra and Microsoft Graph.
    Microsoft,
    /// Zoom.
    Zoom,
}

impl Provider {
    /// The name in the store, in URLs and in logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jira => "jira",
            Self::Microsoft => "microsoft",
            Self::Zoom => "zoom",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An access token that works now, and where to use it.
#[derive(Debug, Clone)]
pub struct Access {
    /// The bearer token of the person on whose behalf we ask.
    pub token: SecretString,
    /// Where the provider answers: Jira's site address, Graph's `…/v1.0`, Zoom's (regional) `…/v2`.
    pub base: Url,
    /// Which token this is, so that a refused one is renewed once and not by everyone.
    pub version: i64,
    /// What it may do, separated by spaces; empty when the provider did not say.
    pub scopes: Arc<str>,
    /// Whose limits count: Zoom's id of the account that the person belongs to, where one is known.
    pub account: Arc<str>,
}

impl Access {
    /// Whether it may do what any of these scopes allows; `None` when the provider did not say what it may.
    pub fn has_any(&self, scopes: &[&str]) -> Option<bool> {
        let mut granted = self.scopes.split_whitespace().peekable();
        granted.peek()?;
        Some(granted.any(|it| scopes.iter().any(|scope| scope.eq_ignore_ascii_case(it))))
    }
}

/// Why a provider did not answer as hoped: what the caller, or the person behind them, can do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// This gateway has no configuration for the provider.
    NotConfigured,
    /// The person has not connected their account.
    NotConnected,
    /// The person (or nobody yet) has agreed to these scopes.
    ConsentRequired { scopes: Vec<String> },
    /// Only an administrator can agree to these scopes.
    AdminConsentRequired { scopes: Vec<String> },
    /// Entra wants the person to act (MFA and the like); `claims` go back to it as they are.
    InteractionRequired { claims: Option<String> },
    /// The stored grant is dead; the person must connect again.
    ReauthRequired,
    /// A policy blocks this person or device; trying again does not help.
    AccessBlocked,
    /// The provider does not let this person do that.
    Forbidden,
    /// Not there, or not visible to this person.
    NotFound,
    /// The provider refused the access token (HTTP 401).
    TokenRefused { claims: Option<String> },
    /// Asked too often.
    RateLimited { retry_after: Option<Duration> },
    /// No answer within the time limit.
    TimedOut,
    /// Not reachable, or it answered 5xx.
    Unavailable { retry_after: Option<Duration> },
    /// It answered something that is not its documented answer.
    Invalid,
    /// It refused what we asked as wrong (HTTP 400, 409, 413, 422).
    Refused,
}

/// A provider's failure, without a word of the provider's own text: that could hold content.
#[derive(Debug, Clone)]
pub struct Error {
    /// Who.
    pub provider: Provider,
    /// What we wanted, as a verb phrase: "read an issue".
    pub operation: &'static str,
    /// What can be done about it.
    pub kind: Kind,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// A failure with no deeper cause worth a log line.
    pub fn new(provider: Provider, operation: &'static str, kind: Kind) -> Self {
        Self {
            provider,
            operation,
            kind,
            source: None,
        }
    }

    /// Whether the provider cannot have seen the request, because there was no connection to it.
    pub fn never_sent(&self) -> bool {
        let cause = self.source.as_deref();
        cause
            .and_then(|it| it.downcast_ref::<reqwest::Error>())
            .is_some_and(reqwest::Error::is_connect)
    }

    /// The same with its cause. The cause must hold no content and no URL.
    #[must_use]
    pub fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} could not {}", self.provider, self.operation)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
