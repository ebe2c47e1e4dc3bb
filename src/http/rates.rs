//! How often a person, and all people of a site, may ask.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::auth::Caller;
use crate::config::Limits;
use crate::id::{PersonId, TenantId};

/// After this many operations the people who have not asked for a while are forgotten.
const SWEEP: u32 = 10_000;

/// Two buckets for each operation: the person's and the site's.
pub struct Rates {
    people: DefaultKeyedRateLimiter<PersonId>,
    sites: DefaultKeyedRateLimiter<TenantId>,
    clock: DefaultClock,
    asked: AtomicU32,
}

impl Rates {
    /// Buckets that hold a minute's worth and fill evenly.
    pub fn new(limits: &Limits) -> Self {
        let quota =
            |per_minute| Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
        Self {
            people: RateLimiter::keyed(quota(limits.per_viewer_per_minute)),
            sites: RateLimiter::keyed(quota(limits.per_site_per_minute)),
            clock: DefaultClock::default(),
            asked: AtomicU32::new(0),
        }
    }

    /// Takes one operation from both buckets; how long to wait when one of them is empty.
    pub fn take(&self, caller: &Caller) -> Result<(), Duration> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.people.retain_recent();
            self.sites.retain_recent();
        }
        let now = self.clock.now();
        self.people
            .check_key(&caller.person)
            .map_err(|until| until.wait_time_from(now))?;
        self.sites
            .check_key(&caller.tenant)
            .map_err(|until| until.wait_time_from(now))
    }
}
