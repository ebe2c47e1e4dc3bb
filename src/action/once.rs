//! An act that another system carries out, once for each key: whoever repeats the request gets the first result.
//!
//! The key's row says how far the act came. Before anything is sent it says so ([`Hold::sent`]), and what is made
//! carries a mark, so that after a crash or a lost answer the next try looks for it first. A try within half a minute
//! of the last sign of life is told to wait: until then the request may still be on its way, and what it made may not
//! be found yet.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;

use super::acting::Acting;
use super::refusal::Refusal;
use crate::store;
use crate::store::audit::{self, Act, Outcome};
use crate::store::idempotency::{self, Lease, Sign, Taken, Use};

/// How long a repetition waits for the first call to end.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(100);
/// How often the holder of a key says that it lives: a few times within the half minute after which it counts as dead.
const HEARTBEAT: Duration = Duration::from_secs(8);

/// What is asked for, and by which key.
#[derive(Debug, Clone)]
pub struct Deed {
    /// The mutation.
    pub operation: &'static str,
    /// The client's key.
    pub key: String,
    /// What tells this request from another: the ids in its input, never what was written.
    pub request: String,
    /// The word for the audit log.
    pub action: &'static str,
    /// What it is done to, for the audit log: its kind and id.
    pub object: (&'static str, String),
}

/// What became of a deed.
#[derive(Debug)]
pub enum Once<T> {
    /// It was done now.
    Now(T),
    /// An earlier call that never told how it ended had done it, as was found now.
    Found(T),
    /// It was done by an earlier call, which wrote this down.
    Before(Option<String>),
}

impl<T> Once<T> {
    /// Whether an earlier call did it.
    pub fn is_replay(&self) -> bool {
        !matches!(self, Self::Now(_))
    }
}

/// A key in use.
pub struct Hold {
    acting: Arc<Acting>,
    deed: Deed,
    lease: Mutex<Lease>,
    earlier: Option<Earlier>,
    open: AtomicBool,
    found: AtomicBool,
}

/// An earlier try that sent something and did not tell how it ended.
#[derive(Debug, Clone)]
pub struct Earlier {
    /// How far it came.
    pub result: Option<String>,
    silent: i64,
}

impl Earlier {
    /// Within how many minutes something was made if it was: with room for clocks that differ.
    pub fn minutes(&self) -> i64 {
        self.silent / 60_000 + 60
    }
}

impl Deed {
    fn used<'a>(&'a self, acting: &'a Acting) -> Use<'a> {
        Use {
            tenant: &acting.caller.tenant,
            person: acting.caller.person,
            operation: self.operation,
            key: &self.key,
            request: &self.request,
        }
    }
}

impl Hold {
    /// By what the thing that this key makes is found again.
    pub fn mark(&self) -> String {
        idempotency::mark(&self.deed.used(&self.acting))
    }

    /// The try that has to be looked after before anything is sent again.
    pub fn earlier(&self) -> Option<&Earlier> {
        self.earlier.as_ref()
    }

    /// Writes down that something is about to be sent. Nothing may be sent when this fails.
    pub async fn sent(&self) -> Result<(), Refusal> {
        self.keep(Sign::Sent).await?;
        self.open.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Writes down how far the act came, for a later try to go on from.
    pub async fn reached(&self, result: &str) -> Result<(), Refusal> {
        self.keep(Sign::Reached(result)).await
    }

    /// It is certain that nothing was made: the request was refused, or what was looked for is not there.
    pub fn nothing_made(&self) {
        self.open.store(false, Ordering::SeqCst);
    }

    /// An earlier try had done it.
    pub fn found(&self) {
        self.found.store(true, Ordering::SeqCst);
    }

    async fn keep(&self, sign: Sign<'_>) -> Result<(), Refusal> {
        let mut lease = self.lease.lock().await;
        let used = self.deed.used(&self.acting);
        let kept = idempotency::keep(&self.acting.app.store, &used, *lease, sign).await?;
        // Somebody took the key over because this try was silent for too long: theirs counts.
        *lease = kept.ok_or(Refusal::UnderWay)?;
        Ok(())
    }
}

/// Carries a deed out, or says what an earlier call with its key came to. The work goes on when its asker goes away, and
/// gives what it made and what is to be written down of it.
pub async fn once<T, W, F>(acting: Arc<Acting>, deed: Deed, work: W) -> Result<Once<T>, Refusal>
where
    T: Send + 'static,
    W: FnOnce(Arc<Acting>, Arc<Hold>) -> F + Send + 'static,
    F: Future<Output = Result<(T, String), Refusal>> + Send + 'static,
{
    let tasks = acting.app.tasks.clone();
    let task = tasks.spawn(carry_out(acting, deed, work));
    task.await.unwrap_or(Err(Refusal::Broken))
}

async fn carry_out<T, W, F>(acting: Arc<Acting>, deed: Deed, work: W) -> Result<Once<T>, Refusal>
where
    W: FnOnce(Arc<Acting>, Arc<Hold>) -> F,
    F: Future<Output = Result<(T, String), Refusal>>,
{
    let (lease, earlier) = match turn(&acting, &deed).await? {
        Taken::First(lease) => (lease, None),
        Taken::Again {
            lease,
            result,
            silent,
        } => (lease, Some(Earlier { result, silent })),
        Taken::Done(result) => return Ok(Once::Before(result)),
        Taken::UnderWay => return Err(Refusal::UnderWay),
        Taken::Mismatch => return Err(Refusal::KeyReused),
    };
    let tenant = acting.site.tenant();
    let act = Act {
        tenant: &tenant,
        person: Some(acting.site.person),
        actor: Some(acting.site.account.as_str()),
        action: deed.action,
        object: Some((deed.object.0, deed.object.1.clone())),
    };
    let hold = Arc::new(Hold {
        acting: Arc::clone(&acting),
        lease: Mutex::new(lease),
        open: AtomicBool::new(earlier.is_some()),
        found: AtomicBool::new(false),
        earlier,
        deed,
    });
    let begun = audit::begin(&acting.app.store, act).await?;
    let outcome = alive(&hold, work(Arc::clone(&acting), Arc::clone(&hold))).await;
    let store = &acting.app.store;
    match outcome {
        Ok((made, result)) => {
            idempotency::settle(store, &hold.deed.used(&acting), Some(&result)).await?;
            let id = result.split(' ').next();
            audit::complete(store, begun, Outcome::Done, id).await?;
            Ok(if hold.found.load(Ordering::SeqCst) {
                Once::Found(made)
            } else {
                Once::Now(made)
            })
        }
        Err(refusal) => {
            if !hold.open.load(Ordering::SeqCst) && hold.keep(Sign::Alive).await.is_ok() {
                idempotency::release(store, &hold.deed.used(&acting)).await?;
            }
            let (outcome, code) = refusal.for_audit();
            audit::complete(store, begun, outcome, Some(code)).await?;
            Err(refusal)
        }
    }
}

/// Takes the key, waiting for a first call that is under way.
async fn turn(acting: &Acting, deed: &Deed) -> store::Result<Taken> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let taken = idempotency::take(&acting.app.store, &deed.used(acting)).await?;
        if taken != Taken::UnderWay || tokio::time::Instant::now() >= deadline {
            return Ok(taken);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Does the work, and says now and then that it is still being done.
async fn alive<F: Future>(hold: &Hold, work: F) -> F::Output {
    let mut work = pin!(work);
    loop {
        match tokio::time::timeout(HEARTBEAT, &mut work).await {
            Ok(outcome) => return outcome,
            // A key that was taken over shows before anything more is sent.
            Err(_) => drop(hold.keep(Sign::Alive).await),
        }
    }
}
