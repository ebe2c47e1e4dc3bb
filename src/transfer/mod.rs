//! Transfers: recordings that are carried from Zoom into an issue, each by one process at a time, streamed and never
//! kept.
//!
//! What is to be carried stands in the database, in ids. Whoever takes a row's lease carries it with the rights of the
//! person who started it, as they are at that moment, and looks at the issue first: Jira's upload cannot be repeated
//! without looking, so neither a crash nor a lost answer may be followed by a second file.

mod carry;
pub mod file;
mod flow;
mod outcome;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::app::App;
use crate::clock;
use crate::event::{Event, TransferChange, What};
use crate::id::{EventId, PersonId};
use crate::store::transfer::{self, Transfer};

pub use outcome::Problem;

/// How many are carried at once by a process; of one person one.
const AT_ONCE: usize = 4;
/// How often it is looked whether something is due that nobody told of: another process's, or a later try.
const LOOK: Duration = Duration::from_secs(2);
/// How long what has ended is remembered, in milliseconds.
const REMEMBERED: i64 = 30 * 24 * 60 * 60 * 1_000;
/// How often what is too old is forgotten, in milliseconds.
const FORGETTING: i64 = 60 * 60 * 1_000;

/// What this process carries.
pub struct Transfers {
    owner: String,
    wake: Notify,
    carried: Mutex<Vec<PersonId>>,
}

impl Default for Transfers {
    fn default() -> Self {
        Self {
            owner: Uuid::new_v4().to_string(),
            wake: Notify::new(),
            carried: Mutex::default(),
        }
    }
}

/// One that is carried, as long as this lives.
struct Carried<'a>(&'a Transfers, PersonId);

impl Drop for Carried<'_> {
    fn drop(&mut self) {
        let mut carried = self.0.carried();
        if let Some(at) = carried.iter().position(|it| *it == self.1) {
            carried.swap_remove(at);
        }
        drop(carried);
        self.0.wake();
    }
}

impl Transfers {
    /// Names this process in leases.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Says that something may be due.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// How many this process carries.
    pub fn count(&self) -> usize {
        self.carried().len()
    }

    fn carried(&self) -> MutexGuard<'_, Vec<PersonId>> {
        // What was held while somebody panicked is whole: nothing is left half done under it.
        self.carried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn carry(&self, person: PersonId) -> Carried<'_> {
        self.carried().push(person);
        Carried(self, person)
    }
}

/// Carries what is due until `stop`; what is on its way then is given back, for another process or a later start.
pub async fn run(app: App, stop: CancellationToken) {
    let under_way = TaskTracker::new();
    let mut forgot_at = 0;
    while !stop.is_cancelled() {
        while let Some(transfer) = next(&app).await {
            let (own, stop) = (app.clone(), stop.clone());
            under_way.spawn(async move {
                let _carried = own.transfers.carry(transfer.started_by);
                carry::one(&own, &transfer, &stop).await;
            });
            // Its person is known to be busy before the next one is looked for.
            tokio::task::yield_now().await;
        }
        let now = clock::millis();
        if now - forgot_at >= FORGETTING {
            forgot_at = now;
            if let Err(error) = transfer::forget(&app.store, now - REMEMBERED).await {
                tracing::warn!(%error, "old transfers could not be forgotten");
            }
        }
        let woken = timeout(LOOK, app.transfers.wake.notified());
        let _ = stop.run_until_cancelled(woken).await;
    }
    under_way.close();
    under_way.wait().await;
}

async fn next(app: &App) -> Option<Transfer> {
    let busy = app.transfers.carried().clone();
    if busy.len() >= AT_ONCE || app.settings.zoom.is_none() {
        return None;
    }
    let until = clock::millis() + lease(app);
    match transfer::take(&app.store, app.transfers.owner(), until, &busy).await {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(%error, "it is not known which transfers are due");
            None
        }
    }
}

/// How long a lease counts without a sign of life, in milliseconds.
fn lease(app: &App) -> i64 {
    i64::try_from(app.settings.transfers.lease.saturating_mul(1_000)).unwrap_or(i64::MAX)
}

/// Tells whoever listens that a transfer got further.
pub async fn tell(app: &App, transfer: &Transfer, change: TransferChange) {
    let event = Event {
        id: EventId::random(),
        at: clock::millis(),
        what: What::Transfer {
            site: transfer.site,
            issue: transfer.issue,
            transfer: transfer.id,
            change,
        },
    };
    // Who does not hear of it reads it at their next look; it goes on all the same.
    if let Err(error) = app.bus.publish(&[event]).await {
        tracing::debug!(%error, "a transfer's progress could not be told");
    }
}
