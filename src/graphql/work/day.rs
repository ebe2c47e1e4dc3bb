//! What "today" is for somebody: from one midnight of their time zone to the next.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::clock;
use crate::graphql::error::Error;

/// A day, as two moments in ISO 8601 UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Its first moment.
    pub start: String,
    /// The first moment that is not in it.
    pub end: String,
}

/// Today in an IANA time zone; UTC when none is named.
pub fn today(zone: Option<&str>) -> Result<Day, Error> {
    day(clock::unix(), zone.unwrap_or("UTC"))
}

/// The day that has this moment, in Unix seconds.
fn day(moment: i64, zone: &str) -> Result<Day, Error> {
    let zone = TimeZone::get(zone).map_err(|_| {
        Error::bad_input("`timeZone` is not an IANA time zone such as Europe/Berlin.")
    })?;
    let bounds = || {
        let now = Timestamp::from_second(moment)?.to_zoned(zone);
        let start = now.start_of_day()?;
        // Not 24 hours: a day with a change of clocks is longer or shorter.
        let end = start.checked_add(1.day())?.start_of_day()?;
        Ok::<_, jiff::Error>((start.timestamp(), end.timestamp()))
    };
    let (start, end) = bounds().map_err(|error| Error::internal(&error))?;
    Ok(Day {
        start: start.to_string(),
        end: end.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::day;

    /// 2026-11-22 03:30 UTC.
    const NOVEMBER: i64 = 1_795_318_200;

    fn of(moment: i64, zone: &str) -> [String; 2] {
        let day = day(moment, zone).unwrap();
        [day.start, day.end]
    }

    #[test]
    fn a_day_is_that_of_the_viewers_zone() {
        let utc = ["2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"];
        assert_eq!(of(NOVEMBER, "UTC"), utc);
        let berlin = ["2026-11-21T23:00:00Z", "2026-11-22T23:00:00Z"];
        assert_eq!(of(NOVEMBER, "Europe/Berlin"), berlin);
        let new_york = ["2026-11-21T05:00:00Z", "2026-11-22T05:00:00Z"];
        assert_eq!(of(NOVEMBER, "America/New_York"), new_york);
    }

    #[test]
    fn the_day_on_which_the_clocks_change_has_its_own_length() {
        // 2026-10-25 12:00 UTC: in Berlin this Sunday has 25 hours.
        let long = ["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"];
        assert_eq!(of(1_792_929_600, "Europe/Berlin"), long);
    }

    #[test]
    fn what_is_no_time_zone_is_refused() {
        for wrong in [
            "",
            "Mars/Olympus",
            "W. Europe Standard Time",
            "../etc/passwd",
        ] {
            assert!(day(NOVEMBER, wrong).is_err(), "{wrong}");
        }
    }
}
