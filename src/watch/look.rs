//! The look at what is wished for and what is due, every few seconds and whenever somebody begins to listen.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{graph, jira};
use crate::app::App;
use crate::clock;
use crate::id::EntraUser;
use crate::store;
use crate::store::watch::{self, Source, Watch};

/// How long the right to work on a row holds when its holder dies, in milliseconds; longer than any step can take.
const LEASE: i64 = 60 * 1000;
/// How soon something that is in somebody's way is tried again for somebody new, in milliseconds.
const REST: i64 = 30 * 1000;
/// How much longer the last callers are remembered than their wishes count, in milliseconds.
const REMEMBERED: i64 = 60 * 1000;

/// Keeps what exists upstream to what is wished for, until `stop`.
pub async fn run(app: &App, stop: &CancellationToken) {
    let shared = &app.watches.0;
    let interval = Duration::from_secs(app.settings.watch.interval.max(1));
    let mut swept_at = 0;
    loop {
        if let Err(error) = look(app, &mut swept_at).await {
            tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
        }
        let pause = tokio::time::timeout(interval, shared.woken.notified());
        if stop.run_until_cancelled(pause).await.is_none() {
            break;
        }
    }
    if let Err(error) = watch::leave(&app.store, &shared.gateway).await {
        tracing::info!(
            error = &error as &dyn std::error::Error,
            "wishes are left to lapse"
        );
    }
}

async fn look(app: &App, swept_at: &mut i64) -> Result<(), store::Error> {
    let shared = &app.watches.0;
    let grace = i64::try_from(app.settings.watch.grace).unwrap_or(i64::MAX / 4000) * 1000;
    let every = grace / 6;
    let now = clock::millis();
    let news = shared.news(now, every);
    if !news.tell.is_empty() {
        watch::wish(&app.store, &shared.gateway, &news.tell, now + grace).await?;
        shared.told(&news.tell, now);
    }
    if !news.fresh.is_empty() {
        watch::retry(&app.store, &news.fresh, REST).await?;
    }
    for watch in watch::due(&app.store, &news.wanted).await? {
        begin(app, watch, Work::Tend);
    }
    if now - *swept_at >= every {
        for watch in watch::abandoned(&app.store).await? {
            begin(app, watch, Work::End);
        }
        shared.forget(now - grace - REMEMBERED);
        *swept_at = now;
    }
    Ok(())
}

/// What is to be done about a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    /// What is due.
    Tend,
    /// Nobody wishes for it.
    End,
}

/// Works on a row, unless this process does already.
fn begin(app: &App, watch: Watch, work: Work) {
    let shared = Arc::clone(&app.watches.0);
    if work == Work::End && shared.powerless.contains_key(&watch.id) {
        return;
    }
    let Some(busy) = shared.begin(&watch.id) else {
        return;
    };
    let tending = app.clone();
    app.tasks.spawn(async move {
        let _place = shared.places.acquire().await;
        let outcome = match work {
            Work::Tend => tend(&tending, &watch).await,
            Work::End => end(&tending, &watch).await,
        };
        if let Err(error) = outcome {
            tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
        }
        drop(busy);
    });
}

async fn tend(app: &App, watch: &Watch) -> Result<(), store::Error> {
    let gateway = &app.watches.0.gateway;
    let until = clock::millis() + LEASE;
    let Some(watch) = watch::lease(&app.store, &watch.id, gateway, until).await? else {
        return Ok(());
    };
    let callers = app.watches.0.callers(&watch.source);
    let settled = match &watch.source {
        Source::Personal(..) | Source::Chat(..) => graph::tend(app, &watch, &callers).await?,
        Source::Site(site, account) => Some(jira::tend(app, &watch, *site, account).await?),
    };
    // Without an answer somebody else has the lease.
    if let Some(settled) = settled {
        watch::settle(&app.store, &watch, gateway, settled).await?;
    }
    Ok(())
}

/// Takes away what nobody wishes for. A gateway without a right to it leaves it to one that has, else it ends by itself.
async fn end(app: &App, watch: &Watch) -> Result<(), store::Error> {
    let shared = &app.watches.0;
    let callers = shared.callers(&watch.source);
    let alive = |it: &Watch| {
        it.subscription.is_some() && it.expires_at.is_none_or(|at| at > clock::millis())
    };
    let has_right = match &watch.source {
        _ if !alive(watch) => true,
        Source::Personal(..) | Source::Chat(..) => {
            !callers.is_empty() || is_connected(app, watch.made_by).await?
        }
        // By what its person connected, which is the same everywhere.
        Source::Site(..) => true,
    };
    if !has_right {
        shared.powerless.insert(watch.id.clone(), ());
        return Ok(());
    }
    let until = clock::millis() + LEASE;
    let Some(watch) = watch::lease(&app.store, &watch.id, &shared.gateway, until).await? else {
        return Ok(());
    };
    let ended = match (&watch.source, &watch.subscription) {
        (_, None) => true,
        _ if !alive(&watch) => true,
        (Source::Personal(..) | Source::Chat(..), Some(id)) => match watch.made_by {
            Some(maker) => graph::end(app, maker, id, &callers).await,
            None => false,
        },
        (Source::Site(site, account), Some(id)) => jira::end(app, *site, account, id).await,
    };
    if !ended {
        shared.powerless.insert(watch.id.clone(), ());
        return watch::release(&app.store, &watch.id, &shared.gateway).await;
    }
    if !watch::remove(&app.store, &watch.id, &shared.gateway).await? {
        // Somebody began to listen meanwhile.
        watch::settle(&app.store, &watch, &shared.gateway, watch.begun_anew()).await?;
    }
    Ok(())
}

async fn is_connected(app: &App, who: Option<EntraUser>) -> Result<bool, store::Error> {
    let Some(owner) = who else {
        return Ok(false);
    };
    let (tid, oid) = (owner.tid.to_string(), owner.oid.to_string());
    let rows = store::grant::of_account(&app.store, "microsoft", &tid, &oid).await?;
    Ok(rows.iter().any(|row| row.state == store::grant::ACTIVE))
}
