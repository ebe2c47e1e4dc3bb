//! What must not be asked again before its time: a provider says so for an account and a kind of request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::sync::Cache;

use super::Provider;

/// The longest that is waited for one answer; limits of a day end within it.
const LONGEST: Duration = Duration::from_hours(24);

type Place = (Provider, Arc<str>, &'static str);

/// Until when which account is not to be asked for what. Every gateway learns it by itself.
#[derive(Debug, Clone)]
pub struct Pauses(Cache<Place, Instant>);

impl Default for Pauses {
    fn default() -> Self {
        Self(
            Cache::builder()
                .max_capacity(10_000)
                .time_to_live(LONGEST)
                .build(),
        )
    }
}

impl Pauses {
    /// How long is left of a pause; `None` when there is none. An account without a name is never paused.
    pub fn left(
        &self,
        provider: Provider,
        account: &Arc<str>,
        what: &'static str,
    ) -> Option<Duration> {
        let until = self.0.get(&(provider, Arc::clone(account), what))?;
        let left = until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// Begins a pause, or makes one longer.
    pub fn begin(
        &self,
        provider: Provider,
        account: &Arc<str>,
        what: &'static str,
        wait: Duration,
    ) {
        if account.is_empty() || wait.is_zero() {
            return;
        }
        let longer = self
            .left(provider, account, what)
            .is_some_and(|left| left >= wait);
        if !longer {
            let until = Instant::now() + wait.min(LONGEST);
            self.0.insert((provider, Arc::clone(account), what), until);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::Pauses;
    use crate::upstream::Provider;

    #[test]
    fn a_pause_is_of_one_account_and_one_kind_of_request_and_is_never_made_shorter() {
        let pauses = Pauses::default();
        let (ours, theirs): (Arc<str>, Arc<str>) = ("ours".into(), "theirs".into());
        let zoom = Provider::Zoom;
        pauses.begin(zoom, &ours, "Medium", Duration::from_hours(2));
        pauses.begin(zoom, &ours, "Medium", Duration::from_secs(1));
        let left = pauses.left(zoom, &ours, "Medium").unwrap();
        assert!(left > Duration::from_hours(1), "{left:?}");
        assert_eq!(pauses.left(zoom, &ours, "Light"), None);
        assert_eq!(pauses.left(zoom, &theirs, "Medium"), None);
        pauses.begin(zoom, &"".into(), "Medium", Duration::from_hours(2));
        assert_eq!(pauses.left(zoom, &"".into(), "Medium"), None);
    }
}
