//! How a row stands after a step, and when the next one is due.

use std::time::Duration;

use crate::clock;
use crate::store::watch::{Settled, State, Watch};
use crate::upstream::{Error, Kind};

/// How long something rests that only a person can mend, in milliseconds. Somebody new who listens has it tried sooner.
const IN_THE_WAY: i64 = 10 * 60 * 1000;
/// The first and the longest pause after a failure that may pass, in milliseconds.
const PAUSES: (i64, i64) = (1_000, 5 * 60 * 1000);

/// It exists until `expires_at` (Unix milliseconds), and is renewed at some moment between 50 and 70 % of that time.
pub fn alive(watch: &Watch, subscription: &str, expires_at: i64) -> Settled {
    let now = clock::millis();
    let left = (expires_at - now).max(0);
    Settled {
        made_by: None,
        subscription: Some(subscription.to_owned()),
        state: State::Active,
        obstacle: None,
        missing_scopes: Vec::new(),
        due_at: now + left * rand::random_range(50..=70) / 100,
        expires_at: Some(expires_at),
        resync_from: watch.resync_from,
        failures: 0,
    }
}

/// Something stands in its way, or did just now. What exists stays as long as it lasts.
pub fn failed(watch: &Watch, error: &Error) -> Settled {
    let now = clock::millis();
    let pause = match (&error.kind, asked(&error.kind)) {
        (_, Some(pause)) => pause,
        (kind, None) if passes(kind) => pause(watch.failures),
        _ => IN_THE_WAY,
    };
    let ends = watch.expires_at.filter(|at| *at > now);
    let exists = watch.subscription.is_some() && ends.is_some();
    // What exists is not given up as long as there is time to keep it.
    let pause = match ends {
        Some(at) if exists => pause.min(((at - now) / 4).max(PAUSES.0)),
        _ => pause,
    };
    let missing_scopes = match &error.kind {
        Kind::ConsentRequired { scopes } | Kind::AdminConsentRequired { scopes } => scopes.clone(),
        _ => Vec::new(),
    };
    let lost = watch.subscription.is_some() && !exists;
    Settled {
        made_by: None,
        subscription: watch.subscription.clone().filter(|_| exists),
        state: if exists { watch.state } else { State::Wanted },
        obstacle: Some(word(&error.kind).to_owned()),
        missing_scopes,
        due_at: now + pause,
        expires_at: ends.filter(|_| exists),
        resync_from: watch
            .resync_from
            .or_else(|| lost.then_some(watch.changed_at)),
        failures: watch.failures.saturating_add(1),
    }
}

/// How long to wait after so many failures in a row: twice as long each time, and not all at once.
fn pause(failures: i32) -> i64 {
    let (first, longest) = PAUSES;
    let doubled = first << failures.clamp(0, 10);
    let whole = doubled.min(longest);
    rand::random_range(whole / 2..=whole)
}

/// How long the provider asked to wait, ten minutes at most.
fn asked(kind: &Kind) -> Option<i64> {
    match kind {
        Kind::RateLimited { retry_after } | Kind::Unavailable { retry_after } => *retry_after,
        _ => None,
    }
    .map(|pause| pause.min(Duration::from_mins(10)))
    .and_then(|pause| i64::try_from(pause.as_millis()).ok())
    .map(|pause| pause.max(PAUSES.0))
}

/// Whether it may pass by itself. That Graph refuses an address may, too: it asks the address before.
fn passes(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::TimedOut
            | Kind::Unavailable { .. }
            | Kind::RateLimited { .. }
            | Kind::Invalid
            | Kind::Refused
    )
}

/// The fixed word for what stands in the way.
fn word(kind: &Kind) -> &'static str {
    match kind {
        Kind::NotConfigured => "NOT_CONFIGURED",
        Kind::NotConnected => "NOT_CONNECTED",
        Kind::ConsentRequired { .. } => "CONSENT_REQUIRED",
        Kind::AdminConsentRequired { .. } => "ADMIN_CONSENT_REQUIRED",
        Kind::InteractionRequired { .. } | Kind::TokenRefused { claims: Some(_) } => {
            "INTERACTION_REQUIRED"
        }
        Kind::ReauthRequired | Kind::TokenRefused { .. } => "REAUTH_REQUIRED",
        Kind::AccessBlocked => "ACCESS_BLOCKED",
        Kind::Forbidden => "FORBIDDEN",
        Kind::NotFound => "NOT_FOUND",
        Kind::RateLimited { .. } => "RATE_LIMITED",
        Kind::TimedOut => "TIMED_OUT",
        Kind::Refused => "REFUSED",
        Kind::Unavailable { .. } | Kind::Invalid => "UNAVAILABLE",
    }
}
