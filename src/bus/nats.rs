//! The bus over core NATS: one subject for each topic, subscribed to while somebody in this process listens.
//!
//! Core NATS forgets what nobody hears, so every time in which we may have been deaf ends with a gap: the connection
//! was lost, it is back, or the client dropped what came too fast.
//! <https://docs.nats.io/reference/reference-protocols/nats-protocol>

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, ConnectErrorKind, Event as ClientEvent};
use bytes::Bytes;
use futures::StreamExt as _;
use rand::Rng as _;
use tokio::sync::{Notify, SetOnce, watch};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::Error;
use super::address::Servers;
use super::echo::Echo;
use super::hub::Hub;
use crate::event::{Event, Topic};

/// How long an event, a topic or the start waits for the server.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long one attempt to connect may take.
const CONNECT: Duration = Duration::from_secs(3);
/// The longest pause between two attempts to connect.
const LONGEST_PAUSE: Duration = Duration::from_millis(1_500);
/// A server that is silent for three of these is gone; TCP alone would notice after many minutes.
const PING: Duration = Duration::from_secs(4);
/// How often the connection is looked at, should the client's word of a change be lost.
const LOOK: Duration = Duration::from_secs(1);
/// Messages of one topic that wait for us before the client drops further ones and says so.
const WAITING: usize = 4_096;

/// A connection to NATS, which is made anew for ever.
#[derive(Debug)]
pub struct Nats {
    hub: Arc<Hub>,
    prefix: String,
    line: Arc<Line>,
    _watching: AbortOnDropHandle<()>,
}

/// One topic's subscription at the server; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Subscription {
    /// The client has been told to subscribe.
    asked: Arc<SetOnce<()>>,
    /// The server is known to have it.
    confirmed: AtomicBool,
    _hearing: AbortOnDropHandle<()>,
}

/// The client, and what is known of its connection.
#[derive(Debug)]
struct Line {
    client: Client,
    echo: Echo,
    standing: watch::Sender<Standing>,
}

/// How the connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Standing {
    /// How many times there was a connection.
    connects: u64,
    /// There is one.
    connected: bool,
    /// The server has all our subscriptions, and listeners know of what they may have missed before.
    settled: bool,
}

impl Nats {
    /// Begins to connect; waits a second for it and goes on without.
    pub async fn connect(servers: Servers) -> Result<Self, Error> {
        let hub = Arc::<Hub>::default();
        let changed = Arc::new(Notify::new());
        let told = (Arc::clone(&hub), Arc::clone(&changed));
        let client = servers
            .options()
            .name("trefoil")
            .retry_on_initial_connect()
            .max_reconnects(None)
            .connection_timeout(CONNECT)
            .ping_interval(PING)
            .subscription_capacity(WAITING)
            .reconnect_delay_callback(pause)
            .event_callback(move |event| {
                hear(&event, &told.0, &told.1);
                std::future::ready(())
            })
            .connect(servers.addresses)
            .await
            .map_err(|_| Error::Address)?;
        let echo = Echo::begin(&client, &servers.prefix).await?;
        let line = Arc::new(Line {
            client,
            echo,
            standing: watch::Sender::default(),
        });
        let watching = watch(Arc::clone(&line), Arc::clone(&hub), changed);
        let nats = Self {
            hub,
            prefix: servers.prefix,
            line,
            _watching: AbortOnDropHandle::new(tokio::spawn(watching)),
        };
        let mut standing = nats.line.standing.subscribe();
        if timeout(PATIENCE, standing.wait_for(|it| it.settled))
            .await
            .is_err()
        {
            tracing::warn!("the event bus does not answer; it is tried again");
        }
        Ok(nats)
    }

    /// Tries the server once: that it is there, takes our credentials, and lets us speak and listen.
    pub async fn examine(servers: Servers) -> Result<(), Error> {
        let options = servers.options().connection_timeout(CONNECT);
        let client = timeout(CONNECT, options.connect(servers.addresses)).await;
        let client = client.map_err(|_| Error::Down)?;
        let client = client.map_err(|error| match error.kind() {
            ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
                Error::Refused
            }
            _ => Error::Down,
        })?;
        let echo = Echo::begin(&client, &servers.prefix).await?;
        // The server refuses a subject by leaving it out.
        timeout(PATIENCE, echo.confirm())
            .await
            .map_err(|_| Error::Refused)?
    }

    pub(super) fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(super) fn is_up(&self) -> bool {
        self.line.standing.borrow().settled
    }

    /// Sends the events and waits until the server has them.
    pub(super) async fn publish(&self, events: &[Event]) -> Result<(), Error> {
        let told = self.line.within(async {
            for event in events {
                let payload = Bytes::from(serde_json::to_vec(event).map_err(|_| Error::Down)?);
                for topic in event.topics() {
                    let subject = format!("{}{topic}", self.prefix);
                    let sent = self.line.client.publish(subject, payload.clone()).await;
                    sent.map_err(|_| Error::Down)?;
                }
            }
            self.line.echo.confirm().await
        });
        let told = told.await;
        let outcome = if told.is_ok() { "told" } else { "refused" };
        metrics::counter!("trefoil_bus_published_total", "outcome" => outcome)
            .increment(events.len() as u64);
        told
    }

    /// Begins to hear a topic.
    pub(super) fn subscribe(&self, topic: &Topic) -> Arc<Subscription> {
        let asked = Arc::<SetOnce<()>>::default();
        let hearing = hear_topic(
            self.line.client.clone(),
            format!("{}{topic}", self.prefix),
            topic.clone(),
            Arc::downgrade(&self.hub),
            Arc::clone(&asked),
        );
        Arc::new(Subscription {
            asked,
            confirmed: AtomicBool::new(false),
            _hearing: AbortOnDropHandle::new(tokio::spawn(hearing)),
        })
    }

    /// Waits until the server has these subscriptions; whether it has.
    pub(super) async fn hears(&self, subscriptions: &[Arc<Subscription>]) -> bool {
        let known = |it: &Arc<Subscription>| it.confirmed.load(Ordering::Acquire);
        if subscriptions.iter().all(known) {
            return self.is_up();
        }
        let heard = self.line.within(async {
            for subscription in subscriptions {
                subscription.asked.wait().await;
            }
            self.line.echo.confirm().await
        });
        let heard = heard.await.is_ok();
        if heard {
            for subscription in subscriptions {
                subscription.confirmed.store(true, Ordering::Release);
            }
        }
        // A connection whose other subscriptions are not back yet will say when they are.
        heard && self.is_up()
    }
}

impl Line {
    /// Does something within our patience, as long as the connection stands.
    async fn within(&self, work: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
        let begun = self.connects();
        if self.client.connection_state() != State::Connected {
            return Err(Error::Down);
        }
        let mut standing = self.standing.subscribe();
        let lost = |it: &Standing| it.connects > begun || it.connects == begun && !it.connected;
        let work = std::pin::pin!(work);
        let lost = std::pin::pin!(standing.wait_for(lost));
        match timeout(PATIENCE, futures::future::select(work, lost)).await {
            Ok(futures::future::Either::Left((done, _))) => done,
            _ => Err(Error::Down),
        }
    }

    /// How many times there was a connection, from the client itself.
    fn connects(&self) -> u64 {
        self.client.statistics().connects.load(Ordering::Acquire)
    }

    fn standing(&self) -> Standing {
        let known = *self.standing.borrow();
        let connects = self.connects();
        let connected = self.client.connection_state() == State::Connected;
        Standing {
            connects,
            connected,
            settled: connected && known.settled && known.connects == connects,
        }
    }
}

/// Follows the connection and tells listeners of gaps: when it is lost, and when it is back and the server has all
/// subscriptions again.
async fn watch(line: Arc<Line>, hub: Arc<Hub>, changed: Arc<Notify>) {
    loop {
        let known = *line.standing.borrow();
        let now = line.standing();
        if known.settled && !now.settled {
            tracing::warn!("the event bus is lost; it is tried again");
            metrics::counter!("trefoil_bus_lost_total").increment(1);
            hub.gap();
        }
        line.standing.send_replace(now);
        if now.connected && !now.settled {
            // What the client subscribes to again stands before our word to ourselves.
            if line.within(line.echo.confirm()).await.is_ok() {
                hub.gap();
                tracing::info!("the event bus is connected");
                line.standing.send_modify(|it| it.settled = true);
            }
            if line.standing() != *line.standing.borrow() {
                continue;
            }
        }
        metrics::gauge!("trefoil_bus_up").set(f64::from(u8::from(line.standing.borrow().settled)));
        let _ = timeout(LOOK, changed.notified()).await;
    }
}

/// What the client says of itself.
fn hear(event: &ClientEvent, hub: &Hub, changed: &Notify) {
    match event {
        ClientEvent::SlowConsumer(_) => {
            tracing::warn!("events came faster than they were taken");
            metrics::counter!("trefoil_bus_overrun_total").increment(1);
            hub.gap();
        }
        ClientEvent::ServerError(error) => tracing::error!(%error, "the event bus refuses"),
        ClientEvent::ClientError(error) => {
            tracing::debug!(%error, "the event bus cannot be reached");
        }
        _ => {}
    }
    changed.notify_one();
}

/// Hears one topic until it is aborted.
async fn hear_topic(
    client: Client,
    subject: String,
    topic: Topic,
    hub: Weak<Hub>,
    asked: Arc<SetOnce<()>>,
) {
    let Ok(mut messages) = client.subscribe(subject).await else {
        tracing::error!("a topic cannot be subscribed to");
        return;
    };
    drop(client);
    let _ = asked.set(());
    drop(asked);
    while let Some(message) = messages.next().await {
        let Some(hub) = hub.upgrade() else { return };
        match serde_json::from_slice::<Event>(&message.payload) {
            Ok(event) if event.topics().contains(&topic) => hub.tell_on(&topic, &Arc::new(event)),
            _ => metrics::counter!("trefoil_bus_malformed_total").increment(1),
        }
    }
}

/// The pause before an attempt to connect: short at first, and never the same for all gateways.
fn pause(attempt: usize) -> Duration {
    let doubled = u32::try_from(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
    let longest = Duration::from_millis(25)
        .saturating_mul(2_u32.saturating_pow(doubled))
        .min(LONGEST_PAUSE);
    if attempt <= 1 {
        return Duration::ZERO;
    }
    longest.mul_f64(rand::rng().random_range(0.5..1.0))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use async_nats::Event as ClientEvent;
    use tokio::sync::Notify;

    use super::{Hub, LONGEST_PAUSE, hear, pause};
    use crate::bus::{Bus, Signal};
    use crate::event::Topic;
    use crate::id::SiteId;

    #[tokio::test]
    async fn events_that_came_too_fast_for_the_client_are_a_gap() {
        let hub = Arc::<Hub>::default();
        let bus = Bus::Memory(Arc::clone(&hub));
        let topic = Topic::issue(SiteId::random(), "1".parse().unwrap());
        let mut listener = bus.listen([topic]).await;
        hear(&ClientEvent::SlowConsumer(7), &hub, &Notify::new());
        assert_eq!(listener.next().await, [Signal::Gap]);
    }

    #[test]
    fn attempts_to_connect_go_on_for_ever_and_are_never_far_apart() {
        assert_eq!(pause(1), Duration::ZERO);
        for attempt in 2..10_000 {
            let pause = pause(attempt);
            assert!(pause > Duration::from_millis(10) && pause <= LONGEST_PAUSE);
        }
    }
}
