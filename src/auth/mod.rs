//! Who is asking: a `Caller` exists only after one of the doors below has verified a token.

pub mod connect;
pub mod entra;
pub mod forge;
pub mod install;
pub mod jwks;
pub mod jwt;
pub mod qsh;
pub(crate) mod record;
pub mod webhook;

mod doors;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

use std::sync::Arc;

use http::StatusCode;
use jsonwebtoken::Algorithm;
use secrecy::SecretString;
use url::Url;

use crate::app::App;
use crate::clock;
pub use crate::id::EntraUser;
use crate::id::{AccountId, IssueId, PersonId, Place, SiteId, TenantId};
use crate::store::person::Subject;
use crate::upstream::Provider;
use jwt::Refusal;

pub(crate) use doors::Doors;

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
    /// Atlassian's cloud id, by which people who connected Jira reach it.
    pub cloud_id: Option<String>,
}

/// How somebody proved that an account on a site is theirs, which is also how we read there for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// By their own sign-in in that site's panel; read by user impersonation.
    Panel,
    /// By connecting Jira (OAuth 2.0, 3LO); read with the token they agreed to.
    OAuth,
}

/// A site that the caller has proved to be one of theirs, and their account on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The site.
    pub site: Site,
    /// Their Atlassian account on it.
    pub account: AccountId,
    /// Themselves among the people of that site, who own the links they make.
    pub person: PersonId,
    /// How it was proved.
    pub via: Via,
}

impl Membership {
    /// Whose rows the links of this site are.
    pub fn tenant(&self) -> TenantId {
        TenantId::of_site(self.site.id)
    }
}

/// A verified person, with everything their rights depend on. Never built from anything but a verified token.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The add-in they use.
    pub host: Host,
    /// Their home, whose rows their connections and idempotency keys are: the panel's site, else their Entra tenant.
    /// Links are rows of their site's tenant instead.
    pub tenant: TenantId,
    /// Themselves at home.
    pub person: PersonId,
    /// Themselves everywhere that they signed in with this very account, home first: connections made there are theirs.
    pub selves: Arc<[(TenantId, PersonId)]>,
    /// The Jira site of the page they look at; `None` outside of Jira.
    pub site: Option<Site>,
    /// Every site they have proved to be theirs; of the panel's caller exactly the site of the page.
    pub sites: Arc<[Membership]>,
    /// Their Atlassian account on the site of the page.
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

/// A request without a caller: what to answer. The body says nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejection {
    /// 401, 403 when the token lacks our scope, 503 when nobody can tell just now.
    pub status: StatusCode,
    /// The `WWW-Authenticate` header (RFC 6750), for 401 and 403.
    pub www_authenticate: Option<&'static str>,
    /// A fixed word for the log. It never reaches the client.
    pub reason: &'static str,
}

impl Rejection {
    /// Entra no longer takes the token that was sent.
    pub const SPENT: Self = Self {
        status: StatusCode::UNAUTHORIZED,
        www_authenticate: Some("Bearer error=\"invalid_token\""),
        reason: "spent",
    };
    /// The token has ended.
    pub const EXPIRED: Self = Self {
        reason: "expired",
        ..Self::SPENT
    };
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        let (status, www_authenticate) = match refusal {
            Refusal::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, None),
            Refusal::Scope => (
                StatusCode::FORBIDDEN,
                Some("Bearer error=\"insufficient_scope\""),
            ),
            _ => (
                StatusCode::UNAUTHORIZED,
                Some("Bearer error=\"invalid_token\""),
            ),
        };
        Self {
            status,
            www_authenticate,
            reason: refusal.word(),
        }
    }
}

impl Caller {
    /// Turns the `Authorization` header into a caller: `Bearer …`, or `JWT …` as Connect writes it.
    ///
    /// What a token says of itself picks the door that tries to verify it, and decides nothing else. Refusals are
    /// written to the audit log, but for a missing token and one that has merely ended.
    pub async fn authenticate(app: &App, authorization: Option<&str>) -> Result<Self, Rejection> {
        Self::authenticate_in(app, authorization, None).await
    }

    /// The same, with the host the client says it runs in, `outlook` or `teams`. It counts only where the token cannot
    /// tell, and grants nothing.
    pub async fn authenticate_in(
        app: &App,
        authorization: Option<&str>,
        said: Option<&str>,
    ) -> Result<Self, Rejection> {
        let Some(authorization) = authorization else {
            return Err(Rejection {
                status: StatusCode::UNAUTHORIZED,
                www_authenticate: Some("Bearer"),
                reason: "absent",
            });
        };
        let mut tenant = None;
        let caller = match token_in(authorization) {
            Some(token) => Self::verify(app, token, said, &mut tenant).await,
            None => Err(Refusal::Malformed),
        };
        match caller {
            Ok(caller) => Ok(caller),
            Err(refusal) => {
                if !matches!(refusal, Refusal::Expired | Refusal::Unavailable) {
                    record::refused(app, tenant.as_ref(), "sign-in", refusal.word()).await;
                }
                Err(refusal.into())
            }
        }
    }

    /// `proven` is the tenant that the token's signature proves, for the audit log, even when the token is refused.
    async fn verify(
        app: &App,
        token: &str,
        said: Option<&str>,
        proven: &mut Option<TenantId>,
    ) -> Result<Self, Refusal> {
        match jwt::header(token)?.alg {
            Algorithm::HS256 => Self::of_panel(app, token, proven).await,
            Algorithm::RS256 => Self::of_entra(app, token, said).await,
            _ => Err(Refusal::Algorithm),
        }
    }

    /// The caller's membership of a site; `None` when it is not theirs.
    pub fn membership(&self, site: SiteId) -> Option<&Membership> {
        self.sites.iter().find(|it| it.site.id == site)
    }

    /// Whether this person is the caller, at home or on one of their sites.
    pub fn is(&self, person: PersonId) -> bool {
        self.selves.iter().any(|(_, own)| *own == person)
            || self.sites.iter().any(|it| it.person == person)
    }

    /// Somebody who is not here, for what they started and left: with the rights that they have now, wherever they had
    /// signed in. `None` when that place does not know them any more. `account` is their Atlassian account id on a
    /// site, else their Entra object id.
    pub async fn of_home(
        app: &App,
        home: &TenantId,
        account: &str,
    ) -> Result<Option<Self>, Refusal> {
        match home.place() {
            Place::Site(site) => Self::of_site(app, site, account).await,
            Place::Entra(tid) => {
                let Ok(oid) = account.parse() else {
                    return Ok(None);
                };
                let home = doors::home(app, EntraUser { tid, oid }).await?;
                Ok(Some(Self {
                    host: Host::Outlook,
                    tenant: home.tenant.clone(),
                    person: home.person,
                    selves: Arc::clone(&home.selves),
                    site: None,
                    sites: Arc::clone(&home.sites),
                    account: None,
                    issue: None,
                    // They sent us no token, so what they connected is all there is.
                    entra: None,
                    assertion: None,
                    expires_at: 0,
                }))
            }
        }
    }

    async fn of_site(app: &App, site: SiteId, account: &str) -> Result<Option<Self>, Refusal> {
        let known = connect::site(app, site)
            .await
            .map_err(connect::unavailable)?;
        let (Some(known), Ok(account)) =
            (known.filter(|it| it.enabled), account.parse::<AccountId>())
        else {
            return Ok(None);
        };
        let subject = Subject {
            provider: Provider::Jira.name(),
            authority: site.to_string(),
            subject: account.as_str().to_owned(),
        };
        let person = doors::person(app, &known.tenant, subject).await?;
        let own = Membership {
            site: known.site.clone(),
            account: account.clone(),
            person,
            via: Via::Panel,
        };
        Ok(Some(Self {
            host: Host::Jira,
            person,
            tenant: known.tenant.clone(),
            selves: Arc::new([(known.tenant.clone(), person)]),
            site: Some(known.site),
            sites: Arc::new([own]),
            account: Some(account),
            issue: None,
            entra: None,
            assertion: None,
            expires_at: 0,
        }))
    }

    /// The panel's context token.
    async fn of_panel(
        app: &App,
        token: &str,
        proven: &mut Option<TenantId>,
    ) -> Result<Self, Refusal> {
        let known = connect::claimed(app, token).await?;
        let told = match known.verify(token, connect::CONTEXT, clock::unix()) {
            Ok(told) => told,
            Err(refusal) => {
                // The signature is checked before the request's hash is.
                if refusal == Refusal::QueryHash {
                    *proven = Some(known.tenant.clone());
                }
                return Err(refusal);
            }
        };
        *proven = Some(known.tenant.clone());
        if !known.enabled {
            return Err(Refusal::SiteDisabled);
        }
        let account = told.account.ok_or(Refusal::Anonymous)?;
        let subject = Subject {
            provider: Provider::Jira.name(),
            authority: known.site.id.to_string(),
            subject: account.as_str().to_owned(),
        };
        let person = doors::person(app, &known.tenant, subject).await?;
        let own = Membership {
            site: known.site.clone(),
            account: account.clone(),
            person,
            via: Via::Panel,
        };
        Ok(Self {
            host: Host::Jira,
            person,
            tenant: known.tenant.clone(),
            selves: Arc::new([(known.tenant.clone(), person)]),
            site: Some(known.site.clone()),
            sites: Arc::new([own]),
            account: Some(account),
            issue: told.issue,
            entra: None,
            assertion: None,
            expires_at: told.expires_at,
        })
    }

    /// An Entra access token of the Outlook or Teams add-in.
    async fn of_entra(app: &App, token: &str, said: Option<&str>) -> Result<Self, Refusal> {
        let signed_in = entra::access(app, token).await?;
        let home = doors::home(app, signed_in.user).await?;
        Ok(Self {
            host: signed_in.host.unwrap_or(match said {
                Some("teams") => Host::Teams,
                _ => Host::Outlook,
            }),
            tenant: home.tenant.clone(),
            person: home.person,
            selves: Arc::clone(&home.selves),
            site: None,
            sites: Arc::clone(&home.sites),
            account: None,
            issue: None,
            entra: Some(signed_in.user),
            assertion: Some(SecretString::from(token)),
            expires_at: signed_in.expires_at,
        })
    }
}

/// The token after `Bearer` or `JWT`, whatever their case (RFC 9110 11.1).
pub fn token_in(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("jwt");
    let token = token.trim_start();
    (known && !token.is_empty() && !token.contains(' ')).then_some(token)
}
