//! Calendar events: where they are read, and their JSON.

use serde::Deserialize;

use super::{DateTimeZone, EmailAddress, Path, Recipient, literal};
use crate::id::{GraphId, ICalUid, encode};

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
];

/// The event with this iCalendar UID in the person's own calendar: a page of none or one.
pub fn by_ical_uid(id: &ICalUid, select: &str) -> Path {
    let id = literal(id.as_str());
    format!("/me/events?$filter=iCalUId%20eq%20{id}&$select={select}&$top=1")
}

/// One event by its Graph id.
pub fn by_id(id: &GraphId, select: &str) -> Path {
    format!("/me/events/{}?$select={select}", encode(id.as_str()))
}
