//! Zoom's rate limits: a label for each operation, and what a 429 tells of when to ask again.
//!
//! Zoom API documentation, "Rate limits": they count for an account and a label, whichever app or person asks.

use std::time::Duration;

use reqwest::header::HeaderMap;

use crate::clock;
use crate::upstream::http::retry_after;
use crate::upstream::{Error, Kind};

/// How long a limit on requests within a second lasts.
const SECOND: Duration = Duration::from_secs(1);
/// How long to wait where Zoom says neither when nor which limit it was.
const UNSAID: Duration = Duration::from_secs(5);
const DAY: i64 = 86_400;

/// The rate limit that an operation counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Light,
    Medium,
    Heavy,
    Intensive,
}

impl Label {
    /// As `X-RateLimit-Category` has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Light => "Light",
            Self::Medium => "Medium",
            Self::Heavy => "Heavy",
            Self::Intensive => "Resource-intensive",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Light, Self::Medium, Self::Heavy, Self::Intensive]
            .into_iter()
            .find(|it| it.name().eq_ignore_ascii_case(word.trim()))
    }
}

/// What a 429 tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// When to try again, as far as Zoom says.
    pub(super) retry_after: Option<Duration>,
    /// For how long the whole account is not to be asked with which label; `None` when Zoom names no limit of its.
    pub(super) pause: Option<(Label, Duration)>,
}

/// Reads the headers of a 429 to an operation with this label, in any of Zoom's styles: a limit within a second, with
/// the moment it ends or without; a limit of the day, with `Retry-After` as a moment; and no header at all.
pub(super) fn told(headers: &HeaderMap, asked: Label) -> Told {
    let read = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
    let said = retry_after(headers);
    let kind = read("x-ratelimit-type").map(|it| it.trim().to_ascii_lowercase());
    let label = read("x-ratelimit-category").and_then(Label::parse);
    if said.is_none() && kind.is_none() && label.is_none() {
        return Told {
            retry_after: None,
            pause: None,
        };
    }
    let wait = said.unwrap_or_else(|| match kind.as_deref() {
        Some("qps") => SECOND,
        Some(kind) if kind.starts_with("daily") => until_midnight(),
        _ => UNSAID,
    });
    Told {
        retry_after: Some(wait),
        pause: Some((label.unwrap_or(asked), wait)),
    }
}

/// What a 429 without any header means to who made or changed a meeting: that they have done it a hundred times today,
/// which ends at midnight GMT.
pub(super) fn of_the_day(error: Error) -> Error {
    match error.kind {
        Kind::RateLimited { retry_after: None } => Error {
            kind: Kind::RateLimited {
                retry_after: Some(until_midnight()),
            },
            ..error
        },
        _ => error,
    }
}

/// Until limits of a day begin anew.
fn until_midnight() -> Duration {
    let left = DAY - clock::unix().rem_euclid(DAY);
    Duration::from_secs(u64::try_from(left).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::header::{HeaderMap, HeaderName};

    use super::{Label, SECOND, of_the_day, told, until_midnight};
    use crate::clock;
    use crate::upstream::{Error, Kind, Provider};

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = all.iter();
        pairs
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn each_style_of_a_refusal_tells_how_long_which_label_waits() {
        let within_a_second = headers(&[
            ("x-ratelimit-category", "Medium"),
            ("x-ratelimit-type", "QPS"),
            ("x-ratelimit-remaining", "0"),
        ]);
        let told_now = told(&within_a_second, Label::Light);
        assert_eq!(told_now.pause, Some((Label::Medium, SECOND)));

        let in_an_hour = time::OffsetDateTime::from_unix_timestamp(clock::unix() + 3_600).unwrap();
        let form = &time::format_description::well_known::Rfc3339;
        let moment = in_an_hour.format(form).unwrap();
        let daily = headers(&[
            ("x-ratelimit-type", "Daily-limit"),
            ("retry-after", &moment),
        ]);
        let told_daily = told(&daily, Label::Heavy);
        let (label, wait) = told_daily.pause.unwrap();
        assert_eq!(label, Label::Heavy);
        assert!(wait.abs_diff(Duration::from_hours(1)) < Duration::from_secs(3));

        let reset = (clock::unix() + 2).to_string();
        let at = headers(&[("x-ratelimit-type", "QPS"), ("x-ratelimit-reset", &reset)]);
        let wait = told(&at, Label::Light).pause.unwrap().1;
        assert!(wait <= Duration::from_secs(2), "{wait:?}");
    }

    #[test]
    fn a_persons_own_limit_of_a_day_keeps_nobody_else_from_asking() {
        let told = told(&HeaderMap::new(), Label::Medium);
        assert_eq!((told.pause, told.retry_after), (None, None));
        let limited = |retry_after| {
            let kind = Kind::RateLimited { retry_after };
            of_the_day(Error::new(Provider::Zoom, "make a meeting", kind)).kind
        };
        let second = Some(Duration::from_secs(1));
        assert_eq!(
            limited(second),
            Kind::RateLimited {
                retry_after: second
            }
        );
        let Kind::RateLimited {
            retry_after: Some(wait),
        } = limited(None)
        else {
            panic!("it ends");
        };
        assert!(wait.abs_diff(until_midnight()) < Duration::from_secs(3));
    }
}
