//! The bus: events travel from whoever heard of them to whoever listens, in this process and between gateways.

mod hub;

use std::sync::Arc;

use crate::event::{Event, Topic};

pub use hub::{Hub, Listener, Signal};

/// How events travel. Clones share it.
#[derive(Debug, Clone)]
pub enum Bus {
    /// Within this process (`memory:`).
    Memory(Arc<Hub>),
}

/// The bus could not take an event; whoever told us of it is to tell again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `events.url` is not an address of a bus.
    #[error("events.url is neither memory: nor nats://HOST:PORT")]
    Address,
}

impl Bus {
    /// The bus at an address: `memory:`.
    #[expect(clippy::unused_async, reason = "a bus between processes is waited for")]
    pub async fn connect(url: &str) -> Result<Self, Error> {
        match url {
            "memory:" => Ok(Self::Memory(Arc::default())),
            _ => Err(Error::Address),
        }
    }

    /// Tells everybody who listens, in this order. Done when the bus has taken all of them.
    #[expect(clippy::unused_async, reason = "a bus between processes is waited for")]
    pub async fn publish(&self, events: &[Event]) -> Result<(), Error> {
        match self {
            Self::Memory(hub) => {
                for event in events {
                    hub.tell(&Arc::new(event.clone()));
                }
                Ok(())
            }
        }
    }

    /// Listens to these topics from now on.
    #[expect(clippy::unused_async, reason = "a bus between processes is waited for")]
    pub async fn listen(&self, topics: impl IntoIterator<Item = Topic>) -> Result<Listener, Error> {
        match self {
            Self::Memory(hub) => Ok(hub.listen(topics)),
        }
    }

    /// Tells every listener of this process that events may have been missed.
    pub fn gap(&self) {
        match self {
            Self::Memory(hub) => hub.gap(),
        }
    }
}
