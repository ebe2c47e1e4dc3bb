//! What vendors tell us, once it is verified and reduced to ids: kept so that a repetition is known, told on, and only
//! then answered.
//!
//! Many deliveries share a transaction: what is new among them is written down, published, and committed. When the
//! database or the bus fails, nothing is acknowledged and the vendor tells it again. A crash between publishing and the
//! commit makes a repetition with the same ids, which listeners drop.

mod follow;
pub mod jira;
pub mod microsoft;
pub mod zoom;

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::app::App;
use crate::auth::jwt::Refusal;
use crate::event::Event;
use crate::id::EventId;
use crate::store::{self, delivery};
use crate::{bus, clock};

/// How long a vendor waits for us at most; Graph drops what it is not thanked for within three seconds.
const PATIENCE: Duration = Duration::from_millis(2_500);
/// How long one transaction may take. What is left of the patience is for those who wait behind it.
const TRANSACTION: Duration = Duration::from_secs(2);
/// Deliveries of one transaction.
const BATCH: usize = 256;
/// Deliveries that may wait; vendors send the rest again.
const LONGEST_QUEUE: usize = 4_096;
/// How long it is remembered what was told, in milliseconds: Zoom has delivered after two and a half days, Jira and
/// Graph give up within hours.
const REMEMBERED: i64 = 8 * 24 * 60 * 60 * 1_000;
/// How often what is too old is forgotten, in milliseconds, and how much of it at once.
const FORGETTING: i64 = 10 * 60 * 1_000;
const FORGOTTEN: u64 = 20_000;

/// What became of a verified delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is kept and told on.
    New,
    /// All of it was told before.
    Repeated,
    /// It is about nothing that we tell of.
    Ignored,
}

/// Why a delivery is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing proves that it is from whom it says.
    #[error("the delivery is not verified")]
    Untrusted,
    /// It cannot be read.
    #[error("the delivery cannot be read")]
    Unreadable,
    /// Not now: it is to be sent again.
    #[error("the delivery cannot be taken now")]
    Unavailable,
    /// There is nobody here whom it could be for.
    #[error("nobody takes such deliveries")]
    Nobody,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unavailable => Self::Unavailable,
            _ => Self::Untrusted,
        }
    }
}

impl From<store::Error> for Refused {
    fn from(error: store::Error) -> Self {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the store failed while a delivery was taken"
        );
        Self::Unavailable
    }
}

/// Deliveries that wait for the next transaction.
#[derive(Default)]
pub(crate) struct Ingress(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    working: bool,
    forgot_at: i64,
}

struct Waiting {
    events: Vec<Event>,
    answer: oneshot::Sender<Taken>,
}

/// Why a batch is rolled back.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Bus(#[from] bus::Error),
    #[error("it took too long")]
    TooLong,
}

/// Takes what a verified delivery told: done once all of it is kept and told on, or was before. Fails within the
/// vendor's patience.
pub async fn take(app: &App, events: Vec<Event>) -> Result<Taken, Refused> {
    if events.is_empty() {
        return Ok(Taken::Ignored);
    }
    let (answer, answered) = oneshot::channel();
    let begins = app.ingress.put(Waiting { events, answer })?;
    if begins {
        let own = app.clone();
        app.tasks.spawn(async move { work(&own).await });
    }
    // What is not answered was not committed, or is as good as that: it is sent again.
    match timeout(PATIENCE, answered).await {
        Ok(Ok(taken)) => Ok(taken),
        Ok(Err(_)) | Err(_) => Err(Refused::Unavailable),
    }
}

/// Does something for a vendor within its patience.
pub async fn in_time<T>(work: impl Future<Output = Result<T, Refused>>) -> Result<T, Refused> {
    timeout(PATIENCE, work)
        .await
        .unwrap_or(Err(Refused::Unavailable))
}

/// Counts a part of a delivery that is left out of it.
fn drops(provider: &'static str, why: &'static str) {
    metrics::counter!("trefoil_delivery_parts_dropped_total", "provider" => provider, "why" => why)
        .increment(1);
}

impl Ingress {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // What was held while somebody panicked is whole: nothing is left half done under it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a delivery wait; whether somebody has to begin working.
    fn put(&self, waiting: Waiting) -> Result<bool, Refused> {
        let mut queue = self.lock();
        if queue.waiting.len() >= LONGEST_QUEUE {
            return Err(Refused::Unavailable);
        }
        queue.waiting.push_back(waiting);
        Ok(!std::mem::replace(&mut queue.working, true))
    }

    /// The next deliveries whose senders still wait; none when the work is done.
    fn batch(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.lock();
        let mut batch = Vec::new();
        while batch.len() < BATCH {
            match queue.waiting.pop_front() {
                Some(waiting) if waiting.answer.is_closed() => {}
                Some(waiting) => batch.push(waiting),
                None => break,
            }
        }
        if batch.is_empty() {
            queue.working = false;
            return None;
        }
        Some(batch)
    }

    /// Whether it is time to forget what is old.
    fn forgets(&self, now: i64) -> bool {
        let mut queue = self.lock();
        let due = (now - queue.forgot_at).abs() >= FORGETTING;
        if due {
            queue.forgot_at = now;
        }
        due
    }
}

/// Lets the next delivery begin anew, and those who wait go, when the work breaks off.
struct Working<'a>(&'a Ingress);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut queue = self.0.lock();
            queue.working = false;
            queue.waiting.clear();
        }
    }
}

/// Takes what waits, batch by batch, until nothing does.
async fn work(app: &App) {
    let _working = Working(&app.ingress);
    while let Some(batch) = app.ingress.batch() {
        let done = timeout(TRANSACTION, carry_out(app, &batch)).await;
        match done.unwrap_or(Err(Failed::TooLong)) {
            Ok(new) => {
                for Waiting { events, answer } in batch {
                    let taken = if events.iter().any(|event| new.contains(&event.id)) {
                        Taken::New
                    } else {
                        Taken::Repeated
                    };
                    // Who does not wait any more sends it again, and is told that it is a repetition.
                    let _ = answer.send(taken);
                }
            }
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                deliveries = batch.len(),
                "deliveries could not be taken"
            ),
        }
        forget(app).await;
    }
}

/// One transaction: what is new is written down and published before it is committed.
async fn carry_out(app: &App, batch: &[Waiting]) -> Result<HashSet<EventId>, Failed> {
    let told = batch.iter().flat_map(|waiting| &waiting.events);
    let transaction = app.store.begin().await?;
    let new = delivery::new_among(&transaction, told.clone().map(|event| event.id)).await?;
    let mut unsaid = new.clone();
    let events: Vec<Event> = told
        .filter(|event| unsaid.remove(&event.id))
        .cloned()
        .collect();
    let followed = follow::follow(app, &transaction, &events).await?;
    if !events.is_empty() {
        app.bus.publish(&events).await?;
    }
    transaction.commit().await.map_err(store::Error::from)?;
    // Who hears of a link reads it, so it has to be there. Who is not told sees it at the next reading.
    if let Err(error) = app.bus.publish(&followed).await {
        tracing::warn!(%error, "what followed was not told");
    }
    Ok(new)
}

/// Now and then, what was told long ago.
async fn forget(app: &App) {
    let now = clock::millis();
    if !app.ingress.forgets(now) {
        return;
    }
    let forgotten = delivery::forget(&app.store, now - REMEMBERED, FORGOTTEN);
    // What is not forgotten now is later.
    if let Ok(Err(error)) = timeout(TRANSACTION, forgotten).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "old deliveries could not be forgotten"
        );
    }
}
