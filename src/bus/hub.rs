//! Who listens to what in this process.
//!
//! A listener has one queue for all its topics. What it does not take in time is dropped and becomes a gap, so that one
//! slow reader costs nobody else anything and is never left in silence.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

use crate::event::{Event, Topic};
use crate::id::EventId;

/// Events that wait for a listener before they become a gap.
const LONGEST_QUEUE: usize = 256;
/// Ids by which a listener knows a repetition.
const REMEMBERED: usize = 64;

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
    topics: Mutex<HashMap<Topic, Vec<Weak<Queue>>>>,
}

#[derive(Debug, Default)]
struct Queue {
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
    hub: Arc<Hub>,
    queue: Arc<Queue>,
    topics: Vec<Topic>,
}

impl Hub {
    /// Listens to these topics from now on.
    pub fn listen(self: &Arc<Self>, topics: impl IntoIterator<Item = Topic>) -> Listener {
        let mut listener = Listener {
            hub: Arc::clone(self),
            queue: Arc::default(),
            topics: Vec::new(),
        };
        listener.also(topics);
        listener
    }

    /// Tells the listeners of its topics, each of them once.
    pub fn tell(&self, event: &Arc<Event>) {
        let known = lock(&self.topics);
        for topic in event.topics() {
            for queue in known.get(&topic).into_iter().flatten() {
                if let Some(queue) = queue.upgrade() {
                    queue.put(event);
                }
            }
        }
    }

    /// Tells every listener that events may have been missed.
    pub fn gap(&self) {
        for queue in lock(&self.topics).values().flatten() {
            if let Some(queue) = queue.upgrade() {
                lock(&queue.held).gap = true;
                queue.woken.notify_one();
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
}

impl Listener {
    /// Listens to these topics as well.
    pub fn also(&mut self, topics: impl IntoIterator<Item = Topic>) {
        let mut known = lock(&self.hub.topics);
        for topic in topics {
            if !self.topics.contains(&topic) {
                let listeners = known.entry(topic.clone()).or_default();
                listeners.push(Arc::downgrade(&self.queue));
                self.topics.push(topic);
            }
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
        let mut known = lock(&self.hub.topics);
        for topic in &self.topics {
            if let Some(listeners) = known.get_mut(topic) {
                listeners.retain(|it| it.as_ptr() != Arc::as_ptr(&self.queue));
                if listeners.is_empty() {
                    known.remove(topic);
                }
            }
        }
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
    use crate::event::{Event, Topic, What};
    use crate::id::{EventId, IssueId, LinkId, SiteId};

    fn event(site: SiteId, issue: IssueId) -> Arc<Event> {
        Arc::new(Event {
            id: EventId::random(),
            at: 0,
            what: What::Link {
                site,
                issue,
                link: LinkId::random(),
                added: true,
            },
        })
    }

    #[tokio::test]
    async fn a_listener_hears_its_topics_once_and_in_order_and_nothing_else() {
        let (site, other) = (SiteId::random(), SiteId::random());
        let issue: IssueId = "1".parse().unwrap();
        let hub = Arc::new(Hub::default());
        let mut listener = hub.listen([Topic::issue(site, issue)]);
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
    async fn who_does_not_read_hears_of_a_gap() {
        let site = SiteId::random();
        let issue: IssueId = "1".parse().unwrap();
        let hub = Arc::new(Hub::default());
        let mut listener = hub.listen([Topic::issue(site, issue)]);
        for _ in 0..=LONGEST_QUEUE {
            hub.tell(&event(site, issue));
        }
        let heard = listener.next().await;
        assert_eq!(heard.len(), 2);
        assert_eq!(heard[0], Signal::Gap);
    }
}
