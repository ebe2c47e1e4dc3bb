//! Calendar events: where they are read, and their JSON.

use serde::Deserialize;

use super::{DateTimeZone, EmailAddress, Path, Recipient, literal};
use crate::id::{GraphId, ICalUid, ZoomNumber, encode};

/// How the UIDs begin that Outlook makes; the day follows.
const OUTLOOK: &str = "040000008200E00074C5B7101A82E008";

/// An event, or the part of it that was selected.
/// <https://learn.microsoft.com/graph/api/resources/event>
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub id: GraphId,
    #[serde(default)]
    pub i_cal_u_id: Option<String>,
    #[serde(default)]
    pub subject: Option<String>,
    #[serde(default)]
    pub start: Option<DateTimeZone>,
    #[serde(default)]
    pub end: Option<DateTimeZone>,
    #[serde(default)]
    pub organizer: Option<Recipient>,
    #[serde(default)]
    pub attendees: Vec<Attendee>,
    #[serde(default)]
    pub location: Option<Location>,
    #[serde(default)]
    pub is_online_meeting: Option<bool>,
    #[serde(default)]
    pub online_meeting: Option<OnlineMeeting>,
    #[serde(default)]
    pub web_link: Option<String>,
    #[serde(default)]
    pub is_cancelled: Option<bool>,
    #[serde(default)]
    pub is_organizer: Option<bool>,
}

impl Event {
    /// The Zoom link that is its place.
    pub fn zoom_link(&self) -> Option<&str> {
        let place = self.location.as_ref()?.display_name.as_deref()?;
        ZoomNumber::of_link(place).map(|_| place.trim())
    }

    /// The Zoom meeting whose link is its place.
    pub fn zoom_number(&self) -> Option<ZoomNumber> {
        ZoomNumber::of_link(self.location.as_ref()?.display_name.as_deref()?)
    }

    /// The UIDs that links may know it by: its own, and that of its series. Outlook puts the day of an occurrence into
    /// the occurrence's UID, at a place that is zero in the series' (MS-OXOCAL 2.2.1.27 and 2.2.1.28).
    pub fn uids(&self) -> Vec<ICalUid> {
        let Some(own) = &self.i_cal_u_id else {
            return Vec::new();
        };
        let own = own.as_str();
        let series = match (own.get(..OUTLOOK.len()), own.get(OUTLOOK.len() + 8..)) {
            (Some(start), Some(rest)) if start.eq_ignore_ascii_case(OUTLOOK) => {
                Some(format!("{start}00000000{rest}"))
            }
            _ => None,
        };
        let series = series.filter(|it| it != own);
        let uids = [Some(own.to_owned()), series].into_iter().flatten();
        uids.filter_map(|it| it.parse().ok()).collect()
    }
}

/// Someone invited.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attendee {
    #[serde(default)]
    pub email_address: Option<EmailAddress>,
    #[serde(default)]
    pub status: Option<Response>,
}

/// `none`, `organizer`, `tentativelyAccepted`, `accepted`, `declined` or `notResponded`.
#[derive(Debug, Clone, Deserialize)]
pub struct Response {
    #[serde(default)]
    pub response: Option<String>,
}

/// Where.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    #[serde(default)]
    pub display_name: Option<String>,
}

/// How to join.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OnlineMeeting {
    #[serde(default)]
    pub join_url: Option<String>,
}

/// The schema's names and Graph's.
pub const FIELDS: &[(&str, &str)] = &[
    ("provider", "isOnlineMeeting"),
    ("subject", "subject"),
    ("startsAt", "start"),
    ("endsAt", "end"),
    ("organizer", "organizer"),
    ("attendees", "attendees"),
    ("location", "location"),
    ("joinUrl", "onlineMeeting"),
    ("webUrl", "webLink"),
    ("cancelled", "isCancelled"),
    // An event without an online meeting may have a link for its place.
    ("joinUrl", "location"),
    ("state", "start"),
    ("state", "end"),
    ("state", "isCancelled"),
    ("isHost", "isOrganizer"),
];

/// The event with this iCalendar UID in the person's own calendar: a page of none or one.
pub fn by_ical_uid(id: &ICalUid, select: &str) -> Path {
    let id = literal(id.as_str());
    format!("/me/events?$filter=iCalUId%20eq%20{id}&$select={select}&$top=1")
}

/// The events of a span of time (ISO 8601), occurrences of series one by one, by their start; a hundred at most.
/// <https://learn.microsoft.com/graph/api/user-list-calendarview>
pub fn between(start: &str, end: &str, select: &str) -> Path {
    format!(
        "/me/calendarView?startDateTime={}&endDateTime={}&$select={select}&$orderby=start/dateTime&$top=100",
        encode(start),
        encode(end)
    )
}

/// One event by its Graph id.
pub fn by_id(id: &GraphId, select: &str) -> Path {
    format!("/me/events/{}?$select={select}", encode(id.as_str()))
}

#[cfg(test)]
mod tests {
    use super::Event;

    fn uids(uid: &str) -> Vec<String> {
        let event = format!("{{\"id\": \"A\", \"iCalUId\": \"{uid}\"}}");
        let event: Event = serde_json::from_str(&event).unwrap();
        event.uids().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_occurrence_is_also_known_by_its_series() {
        let series = "040000008200E00074C5B7101A82E00800000000B0E5C3A1";
        let occurrence = "040000008200E00074C5B7101A82E00807EA0B16B0E5C3A1";
        assert_eq!(uids(occurrence), [occurrence, series]);
        assert_eq!(uids(series), [series]);
        assert_eq!(uids("standup@acme.example"), ["standup@acme.example"]);
    }
}
