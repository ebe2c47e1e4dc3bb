//! Series of events, expanded into the occurrences of a span of time.

use serde_json::{Value, json};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

use super::filter::parse_time;
use super::store;

/// How Graph writes the time of an event.
pub const STAMP: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].0000000");

/// What of an event falls into a span: itself, or the occurrences of its daily or weekly series.
pub fn occurrences(
    event: &Value,
    from: OffsetDateTime,
    until: OffsetDateTime,
) -> impl Iterator<Item = Value> + use<> {
    let mut found = Vec::new();
    let time = |name: &str| event[name]["dateTime"].as_str().and_then(parse_time);
    if let (Some(start), Some(end)) = (time("start"), time("end")) {
        let inside = |start: OffsetDateTime, end: OffsetDateTime| start < until && end > from;
        let pattern = &event["recurrence"]["pattern"];
        if pattern.is_null() {
            if inside(start, end) {
                found.push(event.clone());
            }
        } else {
            let every = pattern["interval"].as_i64().unwrap_or(1);
            let step = match pattern["type"].as_str() {
                Some("daily") => Duration::days(every),
                _ => Duration::weeks(every),
            };
            let last = event["recurrence"]["range"]["endDate"]
                .as_str()
                .and_then(parse_time);
            let last = last.map_or(until, |it| it + Duration::days(1));
            let mut at = start;
            while at < until && at < last {
                if inside(at, at + (end - start)) {
                    found.push(occurrence(event, at, at + (end - start)));
                }
                at += step;
            }
        }
    }
    found.into_iter()
}

fn occurrence(series: &Value, start: OffsetDateTime, end: OffsetDateTime) -> Value {
    let stamp = |at: OffsetDateTime| {
        at.format(STAMP)
            .expect("the format has only parts that a time has")
    };
    let master = series["id"].as_str().unwrap_or_default();
    let mut event = series.clone();
    event["id"] = json!(store::id(&master[..6], master, &stamp(start)));
    event["type"] = json!("occurrence");
    event["seriesMasterId"] = json!(master);
    event["recurrence"] = Value::Null;
    event["start"]["dateTime"] = json!(stamp(start));
    event["end"]["dateTime"] = json!(stamp(end));
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weekly_series_shows_its_occurrences_in_the_span() {
        let series = json!({
            "id": store::id("AAMkAG", "a", "1"),
            "start": {"dateTime": "2026-11-03T09:00:00.0000000"},
            "end": {"dateTime": "2026-11-03T09:30:00.0000000"},
            "recurrence": {"pattern": {"type": "weekly", "interval": 1}, "range": {"endDate": "2026-11-24"}},
        });
        let at = |text: &str| parse_time(text).unwrap();
        let found: Vec<_> = occurrences(&series, at("2026-11-08"), at("2026-12-31")).collect();
        let starts: Vec<_> = found
            .iter()
            .map(|it| it["start"]["dateTime"].as_str().unwrap())
            .collect();
        assert_eq!(
            starts,
            [
                "2026-11-10T09:00:00.0000000",
                "2026-11-17T09:00:00.0000000",
                "2026-11-24T09:00:00.0000000"
            ]
        );
        assert_ne!(found[0]["id"], found[1]["id"]);
        assert_eq!(found[0]["seriesMasterId"], series["id"]);
    }
}
