//! Makes and removes links, once for each idempotency key, with an entry in the audit log before and after.

use std::time::Duration;

use crate::app::App;
use crate::auth::{Caller, Membership};
use crate::clock;
use crate::event::{Event, What};
use crate::id::{EventId, IssueId, LinkId, TenantId};
use crate::store::audit::{self, Act, Outcome};
use crate::store::idempotency::{self, Claim, Use};
use crate::store::link::{self, Kind, Link, Target};
use crate::store::{Result, Store};

/// How long a repetition waits for the first call to end.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(100);

/// What became of a request.
#[derive(Debug)]
pub enum Made {
    /// The link, new or there before.
    Link(Link),
    /// It was made by an earlier call and has been removed since.
    Gone,
    /// The key belongs to another request.
    KeyReused,
    /// The first call with this key is still under way.
    UnderWay,
}

/// What became of a removal.
#[derive(Debug, PartialEq, Eq)]
pub enum Removed {
    /// The link is not there any more.
    Done,
    /// There is no such link.
    NotFound,
    /// The key belongs to another request.
    KeyReused,
    /// The first call with this key is still under way.
    UnderWay,
}

/// Takes a key, waiting for a first call that is under way.
async fn claim(store: &Store, it: &Use<'_>) -> Result<Claim> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let claim = idempotency::claim(store, it).await?;
        if claim != Claim::UnderWay || tokio::time::Instant::now() >= deadline {
            return Ok(claim);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The id by which the provider of the add-in's host knows who acts.
fn actor(caller: &Caller) -> Option<String> {
    let account = caller.account.as_ref().map(ToString::to_string);
    account.or_else(|| caller.entra.map(|it| it.oid.to_string()))
}

/// What an earlier call with this key made, if there was one. Asked before anything is read upstream.
pub async fn earlier(
    app: &App,
    caller: &Caller,
    tenant: &TenantId,
    operation: &'static str,
    key: &str,
    request: &str,
) -> Result<Option<Made>> {
    let it = Use {
        tenant: &caller.tenant,
        person: caller.person,
        operation,
        key,
        request,
    };
    Ok(match claim(&app.store, &it).await? {
        Claim::New => None,
        Claim::Mismatch => Some(Made::KeyReused),
        Claim::UnderWay => Some(Made::UnderWay),
        Claim::Done(id) => {
            let id = id.and_then(|it| it.parse::<LinkId>().ok());
            let link = match id {
                Some(id) => link::get(&app.store, tenant, id).await?,
                None => None,
            };
            Some(link.map_or(Made::Gone, Made::Link))
        }
    })
}

/// Gives a key back that [`earlier`] took, after a request that was refused.
pub async fn give_back(
    app: &App,
    caller: &Caller,
    operation: &'static str,
    key: &str,
    request: &str,
) -> Result<()> {
    let it = Use {
        tenant: &caller.tenant,
        person: caller.person,
        operation,
        key,
        request,
    };
    idempotency::release(&app.store, &it).await
}

/// Makes a link that belongs to another act, or finds it.
pub(super) async fn attach(
    app: &App,
    site: &Membership,
    issue: IssueId,
    target: &Target,
) -> Result<Link> {
    let tenant = site.tenant();
    let begun = audit::begin(&app.store, act(site, &tenant, issue, target)).await?;
    let added = link::add(&app.store, site.site.id, issue, target, site.person).await;
    let (outcome, detail) = match &added {
        Ok((link, _)) => (Outcome::Done, link.id.to_string()),
        Err(_) => (Outcome::Failed, "INTERNAL".to_owned()),
    };
    audit::complete(&app.store, begun, outcome, Some(&detail)).await?;
    let (link, new) = added?;
    if new {
        tell(app, &link, true).await;
    }
    Ok(link)
}

/// Takes a link away whose other end is no more.
pub(super) async fn detach(app: &App, site: &Membership, link: &Link) -> Result<()> {
    let tenant = site.tenant();
    let act = Act {
        action: "unlink",
        object: Some(("link", link.id.to_string())),
        ..act(site, &tenant, link.issue, &link.target)
    };
    let begun = audit::begin(&app.store, act).await?;
    let removed = link::remove(&app.store, &tenant, link.id).await;
    let outcome = match &removed {
        Ok(true) => Outcome::Done,
        Ok(false) => Outcome::Refused,
        Err(_) => Outcome::Failed,
    };
    audit::complete(&app.store, begun, outcome, None).await?;
    if removed? {
        tell(app, link, false).await;
    }
    Ok(())
}

/// The entry for a link of an issue.
fn act<'a>(site: &'a Membership, tenant: &'a TenantId, issue: IssueId, target: &Target) -> Act<'a> {
    let action = match target.kind() {
        Kind::Mail => "link.mail",
        Kind::Meeting => "link.meeting",
        Kind::Chat => "link.chat",
        Kind::Task => "link.task",
        Kind::Recording => "link.recording",
    };
    Act {
        tenant,
        person: Some(site.person),
        actor: Some(site.account.as_str()),
        action,
        object: Some(("issue", issue.to_string())),
    }
}

/// Makes a link whose key [`earlier`] has taken.
pub async fn make(
    app: &App,
    caller: &Caller,
    (site, issue): (&Membership, IssueId),
    target: &Target,
    (operation, key, request): (&'static str, &str, &str),
) -> Result<Link> {
    let it = Use {
        tenant: &caller.tenant,
        person: caller.person,
        operation,
        key,
        request,
    };
    let tenant = site.tenant();
    let begun = audit::begin(&app.store, act(site, &tenant, issue, target)).await?;
    match link::add(&app.store, site.site.id, issue, target, site.person).await {
        Ok((link, new)) => {
            idempotency::settle(&app.store, &it, Some(&link.id.to_string())).await?;
            audit::complete(&app.store, begun, Outcome::Done, Some(&link.id.to_string())).await?;
            if new {
                tell(app, &link, true).await;
            }
            Ok(link)
        }
        Err(error) => {
            audit::complete(&app.store, begun, Outcome::Failed, Some("INTERNAL")).await?;
            idempotency::release(&app.store, &it).await?;
            Err(error)
        }
    }
}

/// Tells who looks at the issue. The link is what counts; who missed the event sees it at the next reading.
async fn tell(app: &App, link: &Link, added: bool) {
    let event = Event {
        id: EventId::random(),
        at: clock::millis(),
        what: What::Link {
            site: link.site,
            issue: link.issue,
            link: link.id,
            target: link.target.kind(),
            by: link.linked_by,
            added,
        },
    };
    if let Err(error) = app.bus.publish(&[event]).await {
        tracing::warn!(%error, "an event was not told");
    }
}

/// Removes a link of a site; without one, it can only have been removed before.
pub async fn remove(
    app: &App,
    caller: &Caller,
    site: Option<&Membership>,
    id: LinkId,
    key: &str,
) -> Result<Removed> {
    let request = id.to_string();
    let it = Use {
        tenant: &caller.tenant,
        person: caller.person,
        operation: "unlink",
        key,
        request: &request,
    };
    match claim(&app.store, &it).await? {
        Claim::New => {}
        Claim::Mismatch => return Ok(Removed::KeyReused),
        Claim::UnderWay => return Ok(Removed::UnderWay),
        Claim::Done(_) => return Ok(Removed::Done),
    }
    let tenant = site.map_or_else(|| caller.tenant.clone(), Membership::tenant);
    let actor = actor(caller);
    let account = site.map(|it| it.account.as_str());
    let act = Act {
        tenant: &tenant,
        person: Some(site.map_or(caller.person, |it| it.person)),
        actor: account.or(actor.as_deref()),
        action: "unlink",
        object: Some(("link", id.to_string())),
    };
    let begun = audit::begin(&app.store, act).await?;
    let link = link::get(&app.store, &tenant, id).await?;
    if link::remove(&app.store, &tenant, id).await? {
        idempotency::settle(&app.store, &it, Some(&request)).await?;
        audit::complete(&app.store, begun, Outcome::Done, None).await?;
        if let Some(link) = link {
            tell(app, &link, false).await;
        }
        Ok(Removed::Done)
    } else {
        idempotency::release(&app.store, &it).await?;
        audit::complete(&app.store, begun, Outcome::Refused, Some("NOT_FOUND")).await?;
        Ok(Removed::NotFound)
    }
}
