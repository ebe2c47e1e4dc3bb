//! The bus: events travel from whoever heard of them to whoever listens, in this process and between gateways.

mod address;
mod echo;
mod hub;
mod nats;

use std::sync::Arc;

use crate::event::{Event, Topic};

pub use address::Address;
pub use hub::{Hub, Listener, Signal};
pub use nats::Nats;

/// How events travel. Clones share it.
#[derive(Debug, Clone)]
pub enum Bus {
    /// Within this process (`memory:`).
    Memory(Arc<Hub>),
    /// Between all gateways on one NATS.
    Nats(Arc<Nats>),
}

/// The bus could not take an event; whoever told us of it is to tell again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `events.url` is not an address of a bus. Never says what it is, for it may hold a password.
    #[error("events.url is neither `memory:` nor nats://HOST:PORT")]
    Address,
    /// `events.subject_prefix` is not the beginning of a subject.
    #[error(
        "events.subject_prefix is not words of letters, digits, - and _, separated by single dots"
    )]
    Prefix,
    /// There is no connection to the server, or it does not answer.
    #[error("the event bus does not answer")]
    Down,
    /// The server does not take what `events.url` says who we are.
    #[error("the event bus refuses the credentials")]
    Refused,
}

impl Bus {
    /// The bus at an address. A NATS that is not there yet is waited for shortly, then tried for ever.
    pub async fn connect(url: &str, prefix: &str) -> Result<Self, Error> {
        Ok(match Address::parse(url, prefix)? {
            Address::Memory => Self::Memory(Arc::default()),
            Address::Nats(servers) => Self::Nats(Arc::new(Nats::connect(servers).await?)),
        })
    }

    /// Tells everybody who listens, in this order. Done when the bus has all of them: for NATS when the server has
    /// processed them, which takes a second at most.
    ///
    /// After an error some of them may have been told: an event keeps its id when it is told again.
    pub async fn publish(&self, events: &[Event]) -> Result<(), Error> {
        match self {
            Self::Memory(hub) => {
                for event in events {
                    hub.tell(&Arc::new(event.clone()));
                }
                Ok(())
            }
            Self::Nats(nats) => nats.publish(events).await,
        }
    }

    /// Listens to these topics: nothing that is published once this is done is missed. While the bus is down the
    /// listener begins with a gap, and hears of another when it is up.
    pub async fn listen(&self, topics: impl IntoIterator<Item = Topic>) -> Listener {
        let mut listener = Listener::new(self.clone());
        listener.also(topics).await;
        listener
    }

    /// Tells every listener of this process that events may have been missed.
    pub fn gap(&self) {
        self.hub().gap();
    }

    /// Whether events travel at this moment.
    pub fn is_up(&self) -> bool {
        match self {
            Self::Memory(_) => true,
            Self::Nats(nats) => nats.is_up(),
        }
    }

    fn hub(&self) -> &Hub {
        match self {
            Self::Memory(hub) => hub,
            Self::Nats(nats) => nats.hub(),
        }
    }
}
