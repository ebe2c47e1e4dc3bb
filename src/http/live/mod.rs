//! Subscriptions: how they are served, and how many of them a person may have open in this process.

pub mod socket;
pub mod sse;

mod feed;
mod operation;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::Gauge;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::answer::Refusal;
use crate::auth::Caller;
use crate::clock;
use crate::config::Settings;
use crate::id::PersonId;

pub use feed::{Asked, Feed};

/// What the listener knows of a connection. Whatever outlives the request that began it keeps a clone, which keeps the
/// connection's place among `server.max_connections` too.
#[derive(Clone)]
pub struct Connection {
    /// Told when the gateway stops: end what is open, so that clients go elsewhere.
    pub stop: CancellationToken,
    /// Told when the time for that is over.
    pub cut: CancellationToken,
    /// The place.
    pub held: Arc<dyn Send + Sync>,
}

/// How a subscription is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// `text/event-stream`.
    EventStream,
    /// `graphql-transport-ws`.
    Socket,
}

impl Transport {
    /// As a label.
    fn name(self) -> &'static str {
        match self {
            Self::EventStream => "sse",
            Self::Socket => "websocket",
        }
    }
}

/// What everybody has open in this process.
pub struct Live {
    /// How long a connection may be silent before we say that we are there.
    silence: Duration,
    subscriptions: usize,
    sockets: usize,
    open: Mutex<HashMap<PersonId, Open>>,
}

#[derive(Debug, Default)]
struct Open {
    subscriptions: usize,
    sockets: usize,
}

/// One subscription or socket among those that a person may have; free again when this is dropped.
pub struct Place {
    live: Arc<Live>,
    person: PersonId,
    kind: Kind,
    gauge: Option<Gauge>,
}

#[derive(Clone, Copy)]
enum Kind {
    Subscription,
    Socket,
}

impl Live {
    /// Nothing open yet.
    pub fn new(settings: &Settings) -> Self {
        let limits = &settings.limits;
        Self {
            silence: Duration::from_secs(settings.server.ping_interval),
            subscriptions: limits.subscriptions_per_viewer,
            sockets: limits.sockets_per_viewer,
            open: Mutex::default(),
        }
    }

    /// A place for one more subscription of this person, over whatever transport.
    pub fn subscription(self: &Arc<Self>, caller: &Caller) -> Result<Place, Refusal> {
        let allowed = self.subscriptions;
        self.take(caller.person, Kind::Subscription, allowed)
            .ok_or_else(|| {
                Refusal::full(
                    "subscriptions",
                    allowed,
                    format!(
                        "You have {allowed} subscriptions open, which is as many as you may have; end one first."
                    ),
                )
            })
    }

    /// A place for one more socket of this person; none when they have as many as they may.
    pub fn socket(self: &Arc<Self>, caller: &Caller) -> Option<Place> {
        self.take(caller.person, Kind::Socket, self.sockets)
    }

    fn take(self: &Arc<Self>, person: PersonId, kind: Kind, allowed: usize) -> Option<Place> {
        let mut open = lock(&self.open);
        let count = open.entry(person).or_default().of(kind);
        if *count >= allowed {
            return None;
        }
        *count += 1;
        Some(Place {
            live: Arc::clone(self),
            person,
            kind,
            gauge: None,
        })
    }
}

impl Open {
    fn of(&mut self, kind: Kind) -> &mut usize {
        match kind {
            Kind::Subscription => &mut self.subscriptions,
            Kind::Socket => &mut self.sockets,
        }
    }
}

impl Place {
    /// Counts it among what is open, until it is dropped. The field is one of the schema's.
    fn counted(mut self, gauge: Gauge) -> Self {
        gauge.increment(1);
        self.gauge = Some(gauge);
        self
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(gauge) = &self.gauge {
            gauge.decrement(1);
        }
        let mut open = lock(&self.live.open);
        if let Some(count) = open.get_mut(&self.person) {
            *count.of(self.kind) -= 1;
            if count.subscriptions == 0 && count.sockets == 0 {
                open.remove(&self.person);
            }
        }
    }
}

/// How long a caller's token still counts; zero when it has ended.
fn left(caller: &Caller) -> Duration {
    let millis = caller.expires_at.saturating_mul(1_000) - clock::millis();
    Duration::from_millis(u64::try_from(millis).unwrap_or_default())
}

/// The moment a caller's token ends, but no later than one at which silence has to be broken.
fn soon(caller: &Caller, silence: Instant) -> Instant {
    silence.min(Instant::now() + left(caller))
}

/// A connection is closed, or a stream ended: counted by its code or by a fixed word.
fn closed(transport: Transport, code: &'static str) {
    metrics::counter!("trefoil_live_closes_total", "transport" => transport.name(), "code" => code)
        .increment(1);
}

/// Nothing is left half done while this is held.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
