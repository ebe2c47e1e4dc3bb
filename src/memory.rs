//! What may be kept in memory for a while: values that know how long they count, and work that is shared while it runs.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use moka::Expiry;
use moka::future::Cache;
use tokio_util::task::TaskTracker;

/// A value and how long it counts from now.
#[derive(Debug, Clone)]
pub struct Kept<T> {
    /// The value.
    pub value: T,
    /// How long it counts.
    pub good_for: Duration,
}

/// A cache of at most `capacity` values, each kept as long as it says.
pub fn cache<K, T>(capacity: u64) -> Cache<K, Kept<T>>
where
    K: Hash + Eq + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    Cache::builder()
        .max_capacity(capacity)
        .expire_after(AsLongAsItSays)
        .build()
}

struct AsLongAsItSays;

impl<K, T> Expiry<K, Kept<T>> for AsLongAsItSays {
    fn expire_after_create(&self, _: &K, kept: &Kept<T>, _: Instant) -> Option<Duration> {
        Some(kept.good_for)
    }

    fn expire_after_update(
        &self,
        _: &K,
        kept: &Kept<T>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(kept.good_for)
    }
}

type Running<K, T> = Arc<Mutex<HashMap<K, Shared<BoxFuture<'static, Option<T>>>>>>;

/// Work under way, by key: whoever asks for the same while it runs gets the same answer. The work goes on when its
/// askers go away.
pub struct Flights<K, T> {
    running: Running<K, T>,
}

impl<K, T> Default for Flights<K, T> {
    fn default() -> Self {
        Self {
            running: Arc::default(),
        }
    }
}

impl<K, T> Flights<K, T>
where
    K: Hash + Eq + Clone + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// Joins the work of this key, or starts `work` on `tasks`. `None` when the work panicked.
    pub async fn join<F>(&self, tasks: &TaskTracker, key: K, work: F) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let flight = {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(flight) = running.get(&key) {
                flight.clone()
            } else {
                let landed = Landing {
                    running: Arc::clone(&self.running),
                    key: key.clone(),
                };
                let task = tasks.spawn(async move {
                    let _landed = landed;
                    work.await
                });
                let flight = task.map(Result::ok).boxed().shared();
                running.insert(key, flight.clone());
                flight
            }
        };
        flight.await
    }
}

/// Takes a flight off the list when its work ends, however it ends.
struct Landing<K: Hash + Eq, T> {
    running: Running<K, T>,
    key: K,
}

impl<K: Hash + Eq, T> Drop for Landing<K, T> {
    fn drop(&mut self) {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use futures::future::join_all;
    use tokio_util::task::TaskTracker;

    use super::Flights;

    #[tokio::test]
    async fn many_who_ask_at_once_cost_one_piece_of_work() {
        let (flights, tasks) = (Flights::default(), TaskTracker::new());
        let runs = Arc::new(AtomicU32::new(0));
        let work = || {
            let runs = Arc::clone(&runs);
            async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                runs.fetch_add(1, Ordering::SeqCst)
            }
        };
        let answers = join_all((0..50).map(|_| flights.join(&tasks, "key", work()))).await;
        assert!(answers.iter().all(|answer| *answer == Some(0)));
        assert_eq!(flights.join(&tasks, "key", work()).await, Some(1));
    }

    #[tokio::test]
    async fn the_work_outlives_its_askers() {
        let (flights, tasks) = (Flights::default(), TaskTracker::new());
        let done = Arc::new(AtomicU32::new(0));
        let work = {
            let done = Arc::clone(&done);
            async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                done.store(1, Ordering::SeqCst);
            }
        };
        let asked = tokio::time::timeout(Duration::from_millis(1), flights.join(&tasks, 1, work));
        assert!(asked.await.is_err());
        tasks.close();
        tasks.wait().await;
        assert_eq!(done.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn work_that_panics_leaves_no_flight_behind() {
        let (flights, tasks) = (Flights::<u8, u8>::default(), TaskTracker::new());
        let broken = async { panic!("as planned") };
        assert_eq!(flights.join(&tasks, 1, broken).await, None);
        assert_eq!(flights.join(&tasks, 1, async { 7 }).await, Some(7));
    }
}
