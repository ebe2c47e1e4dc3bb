//! Starting and stopping transfers of recordings.

use crate::app::App;
use crate::auth::{Caller, Membership};
use crate::event::TransferChange;
use crate::id::{IssueId, ZoomUuid};
use crate::store::audit::{self, Act, Begun, Outcome};
use crate::store::transfer::{self, New, Started, Transfer};
use crate::store::{self, Store};
use crate::transfer::tell;

/// What is to be attached where.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The issue.
    pub issue: IssueId,
    /// The recorded meeting instance.
    pub recording: &'a ZoomUuid,
    /// The hash that names the file.
    pub file: &'a str,
    /// Bytes of the file.
    pub size: u64,
}

/// Starts a transfer, or finds the one of the same file to the same issue. One that failed or was stopped begins anew.
pub async fn start(
    app: &App,
    caller: &Caller,
    site: &Membership,
    wanted: Wanted<'_>,
) -> store::Result<Transfer> {
    let begun = begin(app, site, "transfer.start", wanted.issue).await?;
    let account = match caller.entra {
        Some(user) => user.oid.to_string(),
        None => site.account.to_string(),
    };
    let new = New {
        site: site.site.id,
        issue: wanted.issue,
        recording: wanted.recording,
        file: wanted.file,
        home: (&caller.tenant, &account),
        started_by: site.person,
        size: wanted.size,
    };
    let started = transfer::start(&app.store, new).await;
    let id = started.as_ref().ok().map(|it| match it {
        Started::Now(transfer) | Started::Before(transfer) => transfer.id.to_string(),
    });
    complete(&app.store, begun, started.is_ok(), id.as_deref()).await?;
    let transfer = match started? {
        Started::Before(transfer) => return Ok(transfer),
        Started::Now(transfer) => transfer,
    };
    app.transfers.wake();
    tell(app, &transfer, TransferChange::Begun).await;
    Ok(transfer)
}

/// Stops a transfer, if it has not ended; as it is then.
pub async fn cancel(
    app: &App,
    caller: &Caller,
    site: &Membership,
    stored: &Transfer,
) -> store::Result<Transfer> {
    debug_assert!(
        caller.is(stored.started_by),
        "only its starter stops a transfer"
    );
    let begun = begin(app, site, "transfer.cancel", stored.issue).await?;
    let tenant = site.tenant();
    let done = transfer::cancel(&app.store, &tenant, stored.id).await;
    let id = stored.id.to_string();
    complete(&app.store, begun, done.is_ok(), Some(&id)).await?;
    if done? {
        tell(app, stored, TransferChange::Ended).await;
    }
    let now = transfer::get(&app.store, &tenant, stored.id).await?;
    Ok(now.unwrap_or_else(|| stored.clone()))
}

async fn begin(
    app: &App,
    site: &Membership,
    action: &'static str,
    issue: IssueId,
) -> store::Result<Begun> {
    let act = Act {
        tenant: &site.tenant(),
        person: Some(site.person),
        actor: Some(site.account.as_str()),
        action,
        object: Some(("issue", issue.to_string())),
    };
    audit::begin(&app.store, act).await
}

async fn complete(
    store: &Store,
    begun: Begun,
    is_done: bool,
    detail: Option<&str>,
) -> store::Result<()> {
    let outcome = if is_done {
        Outcome::Done
    } else {
        Outcome::Failed
    };
    audit::complete(store, begun, outcome, detail).await
}
