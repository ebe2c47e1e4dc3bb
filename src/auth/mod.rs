//! Who is asking: a `Caller` exists only after one of the doors below has verified a token.

use secrecy::SecretString;
use url::Url;
use uuid::Uuid;

use crate::id::{AccountId, IssueId, PersonId, SiteId, TenantId};

/// Where the add-in runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Host {
    /// The Jira issue panel.
    Jira,
    /// Outlook.
    Outlook,
    /// Teams.
    Teams,
}

/// A Jira site the caller belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Our id of it.
    pub id: SiteId,
    /// Its base address, such as `https://acme.atlassian.net`.
    pub base_url: Url,
    /// The client id that a Connect installation uses for user impersonation.
    pub oauth_client_id: Option<String>,
}

/// A person as Entra knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntraUser {
    /// The tenant.
    pub tid: Uuid,
    /// The object id, which is also the Graph user id.
    pub oid: Uuid,
}

/// A verified person, with everything their rights depend on. Never built from anything but a verified token.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The add-in they use.
    pub host: Host,
    /// Whose rows they may touch.
    pub tenant: TenantId,
    /// Themselves.
    pub person: PersonId,
    /// The Jira site of the page they look at.
    pub site: Option<Site>,
    /// Their Atlassian account on that site.
    pub account: Option<AccountId>,
    /// The issue that Jira's signed context says they are looking at.
    pub issue: Option<IssueId>,
    /// Their Entra identity, when the token came from Entra.
    pub entra: Option<EntraUser>,
    /// The Entra token itself, for On-Behalf-Of.
    pub assertion: Option<SecretString>,
    /// When the token ends, Unix seconds.
    pub expires_at: i64,
}

/// What the doors remember between requests.
#[derive(Default)]
pub(crate) struct Doors {}
