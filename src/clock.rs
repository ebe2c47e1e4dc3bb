//! The one place that reads the clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;

/// Seconds that tests add to the clock; zero in production.
static SHIFT: AtomicI64 = AtomicI64::new(0);

/// Now, in whole seconds since 1970 UTC.
pub fn unix() -> i64 {
    millis() / 1000
}

/// Now, in milliseconds since 1970 UTC.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock"
)]
pub fn millis() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX) + SHIFT.load(Ordering::Relaxed) * 1000
}

/// Now, as a date.
pub fn now() -> OffsetDateTime {
    at(millis())
}

/// The date of a number of milliseconds since 1970 UTC.
pub fn at(millis: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Moves the clock of this process by so many seconds, for tests of expiry.
pub fn shift(seconds: i64) {
    SHIFT.store(seconds, Ordering::Relaxed);
}
