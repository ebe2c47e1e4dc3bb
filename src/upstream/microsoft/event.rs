//! Making, changing and cancelling events of the person's own calendar.
//!
//! Graph makes an event once for each `transactionId`, so to send it again after a lost answer is also to look for it.
//! <https://learn.microsoft.com/graph/api/calendar-post-events>

use reqwest::Method;
use serde::Serialize;
use serde_json::json;

use super::meeting::Event;
use super::{request, successful};
use crate::id::{GraphId, encode};
use crate::upstream::http::Http;
use crate::upstream::write::Failure;
use crate::upstream::{Access, Provider};

/// What an event is to be; what is left out stays as it is.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attendees: Option<Vec<Attendee>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_online_meeting: Option<bool>,
    /// `teamsForBusiness`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub online_meeting_provider: Option<&'static str>,
    /// The same for the same request, so that it makes one event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
}

/// Plain text.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Text {
    content_type: &'static str,
    content: String,
}

/// A moment in UTC.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    date_time: String,
    time_zone: &'static str,
}

/// Where it takes place, in words.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    display_name: String,
}

/// Somebody to invite.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attendee {
    email_address: Address,
    r#type: &'static str,
}

#[derive(Debug, Clone, Serialize)]
struct Address {
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl Text {
    /// Plain text.
    pub fn plain(content: String) -> Self {
        Self {
            content_type: "text",
            content,
        }
    }
}

impl Moment {
    /// From ISO 8601 in UTC, with its `Z`.
    pub fn utc(moment: &str) -> Self {
        Self {
            date_time: moment.trim_end_matches('Z').to_owned(),
            time_zone: "UTC",
        }
    }
}

impl Location {
    /// By its name, or the link by which people join.
    pub fn named(display_name: String) -> Self {
        Self { display_name }
    }
}

impl Attendee {
    /// By their address.
    pub fn new(address: String, name: Option<String>, is_optional: bool) -> Self {
        Self {
            email_address: Address { address, name },
            r#type: if is_optional { "optional" } else { "required" },
        }
    }
}

/// Makes an event, and invites its attendees: `POST /me/events`.
pub async fn create(http: &Http, access: &Access, draft: &Draft) -> Result<Event, Failure> {
    const OPERATION: &str = "make an event";
    let request = request(http, access, Method::POST, "/me/events").json(draft);
    let answer = http
        .exchange(Provider::Microsoft, OPERATION, request)
        .await
        .and_then(|it| successful(it, OPERATION));
    let made = answer.and_then(|it| it.json(Provider::Microsoft, OPERATION));
    made.map_err(Failure::of_sent)
}

/// Changes an event, and tells its attendees: `PATCH /me/events/{id}`. The same again is as good as once.
pub async fn update(
    http: &Http,
    access: &Access,
    id: &GraphId,
    draft: &Draft,
) -> Result<Event, Failure> {
    const OPERATION: &str = "change an event";
    let path = format!("/me/events/{}", encode(id.as_str()));
    let request = request(http, access, Method::PATCH, &path).json(draft);
    let answer = http
        .exchange(Provider::Microsoft, OPERATION, request)
        .await
        .and_then(|it| successful(it, OPERATION));
    let changed = answer.and_then(|it| it.json(Provider::Microsoft, OPERATION));
    changed.map_err(Failure::of_sent)
}

/// Cancels an event that the person called, and tells its attendees: `POST /me/events/{id}/cancel`. It leaves the
/// calendar, so that to cancel it once more fails with `NotFound`.
pub async fn cancel(http: &Http, access: &Access, id: &GraphId) -> Result<(), Failure> {
    const OPERATION: &str = "cancel an event";
    let path = format!("/me/events/{}/cancel", encode(id.as_str()));
    let request = request(http, access, Method::POST, &path).json(&json!({}));
    let answer = http
        .exchange(Provider::Microsoft, OPERATION, request)
        .await
        .and_then(|it| successful(it, OPERATION));
    answer.map(drop).map_err(Failure::of_sent)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Attendee, Draft, Moment, Text};

    #[test]
    fn an_event_is_written_as_graph_reads_it_and_only_what_is_said() {
        let draft = Draft {
            subject: Some("Plan".to_owned()),
            body: Some(Text::plain("one".to_owned())),
            start: Some(Moment::utc("2026-11-23T09:00:00Z")),
            attendees: Some(vec![Attendee::new("a@b.example".to_owned(), None, true)]),
            ..Draft::default()
        };
        assert_eq!(
            serde_json::to_value(&draft).unwrap(),
            json!({
                "subject": "Plan", "body": { "contentType": "text", "content": "one" },
                "start": { "dateTime": "2026-11-23T09:00:00", "timeZone": "UTC" },
                "attendees": [{ "emailAddress": { "address": "a@b.example" }, "type": "optional" }],
            })
        );
    }
}
