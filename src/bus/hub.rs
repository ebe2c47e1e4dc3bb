//! Who listens to what in this process.
//!
//! A listener has one queue for all its topics. What it does not take in time is dropped and becomes a gap, so that one
//! slow reader costs nobody else anything and is never left in silence.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

use super::Bus;
use super::nats::Subscription;
use crate::event::{Event, Topic};
use crate::id::EventId;

/// Events that wait for a listener before they become a gap.
const LONGEST_QUEUE: usize = 256;
/// Ids by which a listener knows a repetition: as many as can be told again at once, after a transaction that failed.
const REMEMBERED: usize = 256;

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// Something happened.
    Event(Arc<Event>),
    /// Events may have been missed: read again what you show.
    Gap,
}

/// The listeners of this process, by topic.
#[derive(Debug, Default)]
pub struct Hub {
    topics: Mutex<HashMap<Topic, Audience>>,
}

/// Who listens to one topic, and how it comes here from other gateways.
#[derive(Debug, Default)]
struct Audience {
    queues: Vec<Weak<Queue>>,
    subscription: Option<Arc<Subscription>>,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    held: Mutex<Held>,
    woken: Notify,
}

#[derive(Debug, Default)]
struct Held {
    events: VecDeque<Arc<Event>>,
    heard: VecDeque<EventId>,
    gap: bool,
}

/// Somebody who listens until this is dropped.
#[derive(Debug)]
pub struct Listener {
    bus: Bus,
    queue: Arc<Queue>,
    topics: Vec<Topic>,
    subscriptions: Vec<Arc<Subscription>>,
}

impl Hub {
    /// Tells the listeners of its topics, each of them once.
    pub fn tell(&self, event: &Arc<Event>) {
        for topic in event.topics() {
            self.tell_on(&topic, event);
        }
    }

    /// Tells the listeners of one of its topics. Who listens to several of them hears it on the first only: so what
    /// comes on one topic stays in its order, however the topics race.
    pub(super) fn tell_on(&self, topic: &Topic, event: &Arc<Event>) {
        let known = lock(&self.topics);
        let Some(audience) = known.get(topic) else {
            return;
        };
        let topics = event.topics();
        let earlier: Vec<_> = topics
            .iter()
            .take_while(|it| *it != topic)
            .filter_map(|it| known.get(it))
            .flat_map(|it| it.queues.iter().map(Weak::as_ptr))
            .collect();
        for queue in &audience.queues {
            if !earlier.contains(&queue.as_ptr())
                && let Some(queue) = queue.upgrade()
            {
                queue.put(event);
            }
        }
    }

    /// Tells every listener that events may have been missed.
    pub fn gap(&self) {
        for audience in lock(&self.topics).values() {
            for queue in audience.queues.iter().filter_map(Weak::upgrade) {
                queue.gap();
            }
        }
    }

    /// Adds a queue to a topic, and begins the topic's subscription when it is the first.
    fn join(
        &self,
        queue: &Arc<Queue>,
        topic: &Topic,
        subscribe: impl FnOnce() -> Option<Arc<Subscription>>,
    ) -> Option<Arc<Subscription>> {
        let mut known = lock(&self.topics);
        let audience = known.entry(topic.clone()).or_default();
        if audience.queues.is_empty() {
            audience.subscription = subscribe();
        }
        audience.queues.push(Arc::downgrade(queue));
        audience.subscription.clone()
    }

    /// Takes a queue away from its topics; a topic without queues loses its subscription.
    fn leave(&self, queue: &Arc<Queue>, topics: &[Topic]) {
        let mut known = lock(&self.topics);
        for topic in topics {
            if let Some(audience) = known.get_mut(topic) {
                audience
                    .queues
                    .retain(|it| it.as_ptr() != Arc::as_ptr(queue));
                if audience.queues.is_empty() {
                    known.remove(topic);
                }
            }
        }
    }
}

impl Queue {
    fn put(&self, event: &Arc<Event>) {
        let mut held = lock(&self.held);
        if held.heard.contains(&event.id) {
            return;
        }
        if held.heard.len() == REMEMBERED {
            held.heard.pop_front();
        }
        held.heard.push_back(event.id);
        if held.events.len() == LONGEST_QUEUE {
            held.events.clear();
            held.gap = true;
        }
        held.events.push_back(Arc::clone(event));
        self.woken.notify_one();
    }

    fn gap(&self) {
        lock(&self.held).gap = true;
        self.woken.notify_one();
    }
}

impl Listener {
    pub(super) fn new(bus: Bus) -> Self {
        Self {
            bus,
            queue: Arc::default(),
            topics: Vec::new(),
            subscriptions: Vec::new(),
        }
    }

    /// Listens to these topics as well, as [`Bus::listen`] does. What was cancelled may be asked again.
    pub async fn also(&mut self, topics: impl IntoIterator<Item = Topic>) {
        for topic in topics {
            if !self.topics.contains(&topic) {
                let subscribe = || match &self.bus {
                    Bus::Memory(_) => None,
                    Bus::Nats(nats) => Some(nats.subscribe(&topic)),
                };
                let begun = self.bus.hub().join(&self.queue, &topic, subscribe);
                self.subscriptions.extend(begun);
                self.topics.push(topic);
            }
        }
        if let Bus::Nats(nats) = &self.bus
            && !nats.hears(&self.subscriptions).await
        {
            self.queue.gap();
        }
    }

    /// The next signals, at least one: a gap stands before the events that came after it. Cancelling loses nothing.
    pub async fn next(&mut self) -> Vec<Signal> {
        loop {
            let woken = self.queue.woken.notified();
            {
                let mut held = lock(&self.queue.held);
                if held.gap || !held.events.is_empty() {
                    let gap = std::mem::take(&mut held.gap).then_some(Signal::Gap);
                    let events = held.events.drain(..).map(Signal::Event);
                    return gap.into_iter().chain(events).collect();
                }
            }
            woken.await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.bus.hub().leave(&self.queue, &self.topics);
    }
}

/// What was held while somebody panicked is whole: nothing here is left half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Hub, LONGEST_QUEUE, Signal};
    use crate::bus::Bus;
    use crate::event::{Event, LinkKind, RecordingChange, Topic, What};
    use crate::id::{EventId, IssueId, LinkId, PersonId, SiteId};

    fn event(site: SiteId, issue: IssueId) -> Arc<Event> {
        Arc::new(Event {
            id: EventId::random(),
            at: 0,
            what: What::Link {
                site,
                issue,
                link: LinkId::random(),
                target: LinkKind::Mail,
                by: PersonId::random(),
                added: true,
            },
        })
    }

    fn recording(numbered: bool) -> Arc<Event> {
        Arc::new(Event {
            id: EventId::random(),
            at: 0,
            what: What::ZoomRecording {
                host: Some("host".parse().unwrap()),
                meeting: numbered.then(|| "85746065".parse().unwrap()),
                recording: "uuid==".parse().unwrap(),
                change: RecordingChange::Completed,
            },
        })
    }

    fn memory() -> (Arc<Hub>, Bus) {
        let hub = Arc::<Hub>::default();
        (Arc::clone(&hub), Bus::Memory(hub))
    }

    #[tokio::test]
    async fn a_listener_hears_its_topics_once_and_in_order_and_nothing_else() {
        let (site, other) = (SiteId::random(), SiteId::random());
        let issue: IssueId = "1".parse().unwrap();
        let (hub, bus) = memory();
        let mut listener = bus.listen([Topic::issue(site, issue)]).await;
        let (first, second) = (event(site, issue), event(site, issue));
        hub.tell(&first);
        hub.tell(&event(other, issue));
        hub.tell(&second);
        hub.tell(&first);
        assert_eq!(
            listener.next().await,
            [Signal::Event(first), Signal::Event(second)]
        );
        drop(listener);
        assert!(hub.topics.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_comes_on_several_topics_is_heard_on_the_first_however_they_race() {
        let (hub, bus) = memory();
        let topics = recording(true).topics();
        let mut listener = bus.listen(topics.clone()).await;
        let mut other = bus.listen([topics[2].clone()]).await;
        let (first, second) = (recording(false), recording(true));
        // The meeting's own topic is quicker than its host's.
        hub.tell_on(&topics[2], &second);
        hub.tell_on(&topics[1], &second);
        hub.tell_on(&topics[0], &first);
        hub.tell_on(&topics[0], &second);
        assert_eq!(other.next().await, [Signal::Event(Arc::clone(&second))]);
        assert_eq!(
            listener.next().await,
            [Signal::Event(first), Signal::Event(second)]
        );
    }

    #[tokio::test]
    async fn who_does_not_read_hears_of_a_gap() {
        let site = SiteId::random();
        let issue: IssueId = "1".parse().unwrap();
        let (hub, bus) = memory();
        let mut listener = bus.listen([Topic::issue(site, issue)]).await;
        for _ in 0..=LONGEST_QUEUE {
            hub.tell(&event(site, issue));
        }
        let heard = listener.next().await;
        assert_eq!(heard.len(), 2);
        assert_eq!(heard[0], Signal::Gap);
    }
}
