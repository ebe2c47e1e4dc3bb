//! Subscriptions over event streams and sockets: what is said on them, and how they begin and end.

mod gateways;
mod list;
mod open;
mod rights;
mod socket;
mod sse;
pub mod stream;
mod switches;
mod wire;

use std::sync::Arc;
use std::time::{Duration, Instant};

use trefoil::bus::Bus;
use trefoil::clock;
use trefoil::event::{Event, IssueChange, What};
use trefoil::id::{EventId, NodeId, SiteId};

use crate::harness::House;
use crate::harness::person::Person;

/// What is listened to.
const LISTEN: &str = "subscription { issueEvents(issue: \"10042\") { id kind } }";

impl House {
    /// How many listen to events on the first gateway.
    fn listeners(&self) -> usize {
        // Each of them holds the bus, and so does the gateway.
        match &self.gateway().app.bus {
            Bus::Memory(hub) => Arc::strong_count(hub) - 1,
            Bus::Nats(nats) => Arc::strong_count(nats) - 1,
        }
    }

    /// Waits until so many listen.
    async fn has_listeners(&self, count: usize) {
        eventually("the listeners are not as many", || {
            self.listeners() == count
        })
        .await;
    }

    /// An issue changes so many times; the ids of the events.
    async fn updates(&self, site: SiteId, times: usize) -> Vec<String> {
        let events: Vec<Event> = (0..times)
            .map(|_| Event {
                id: EventId::random(),
                at: clock::millis(),
                what: What::Issue {
                    site,
                    issue: "10042".parse().unwrap(),
                    project: None,
                    change: IssueChange::Updated,
                    comment: None,
                },
            })
            .collect();
        let bus = &self.gateway().app.bus;
        if let Some(first) = events.first() {
            // Who has begun to listen to it hears it once this one does: they share what the bus is asked for.
            drop(bus.listen(first.topics()).await);
        }
        // As the ingress does: what a busy server does not confirm in time is told again, with the same ids.
        while bus.publish(&events).await.is_err() {}
        events.iter().map(|it| it.id.to_string()).collect()
    }
}

impl Person<'_> {
    /// The site of the panel.
    async fn site(&self) -> SiteId {
        let (_, site) = self.ids().await;
        match site.parse() {
            Ok(NodeId::Site(site)) => site,
            other => panic!("{other:?}"),
        }
    }

    /// The token as it is sent.
    pub fn authorization(&self) -> String {
        format!("JWT {}", self.token)
    }
}

/// Waits until something has become so.
async fn eventually(what: &str, so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
