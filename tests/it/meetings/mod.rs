//! Meetings made from an issue, moved, cancelled and read: by their host, once for each key, and seen by whoever may.

mod calendar;
mod change;
mod limits;
mod live;
mod past;
mod refused;
mod schedule;

use sandbox::Options;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use trefoil::clock;

use crate::harness::person::{Person, client};
use crate::harness::{House, given_a_house_with};

/// What lets the gateway write into people's calendars.
const CALENDARS: &str = "microsoft.scopes = [\"User.Read\", \"Mail.Read\", \"Calendars.Read\", \"Calendars.ReadWrite\", \"Chat.Read\", \"Tasks.Read\"]";

/// Longer than anybody who is silent counts as alive.
const LONG: i64 = 31;

/// What is told of a meeting that was made.
const MADE: &str = "replayed link { id kind } calendarLink { id kind }
    meeting { id linkId provider subject startsAt endsAt state isHost agenda timeZone joinUrl startUrl
        settings { passcode waitingRoom joinBeforeHost autoRecording }
        attendees { person { email } } calendarEvent { subject webUrl } }";

/// A house whose gateway may write into calendars.
async fn given_calendars() -> House {
    given_a_house_with(CALENDARS, Options::default()).await
}

/// So many minutes from now, to the second.
fn at(minutes: i64) -> String {
    span(minutes, 0).0
}

/// From so many minutes from now on, for so many minutes.
fn span(from: i64, minutes: i64) -> (String, String) {
    let now = clock::now().replace_nanosecond(0).unwrap();
    let at = |minutes| {
        let moment = now + time::Duration::minutes(minutes);
        moment.format(&Rfc3339).unwrap()
    };
    (at(from), at(from + minutes))
}

/// Words with a canary in them.
fn words(house: &House, label: &str) -> String {
    let canary = house.sandbox.world().canary(&format!("meetings {label}"));
    format!("{label} {canary}")
}

/// A Zoom meeting about DEMO-42, tomorrow for half an hour.
fn tomorrow(subject: &str) -> Value {
    let (start, end) = span(24 * 60, 30);
    json!({
        "issue": "10042", "provider": "ZOOM", "subject": subject,
        "start": start, "end": end, "timeZone": "Europe/Berlin",
    })
}

/// What a vendor was asked with whose token, as `alice POST /v2/users/me/meetings`, without signing in.
fn asked(house: &House, provider: &str) -> Vec<String> {
    let asked = house.asked(provider).into_iter();
    let asked = asked.filter(|it| !it.path.starts_with("/oauth"));
    let words = asked.map(|it| {
        let path = it.path.split('?').next().unwrap_or_default();
        format!("{} {} {path}", it.subject.unwrap_or_default(), it.method)
    });
    words.collect()
}

/// Code and field of each user error.
fn told(payload: &Value) -> Vec<(String, String)> {
    let errors = payload["userErrors"].as_array().unwrap().iter();
    let parts = |it: &Value| {
        let path = it["field"].as_array().into_iter().flatten();
        let path: Vec<_> = path.filter_map(Value::as_str).collect();
        (it["code"].as_str().unwrap().to_owned(), path.join("."))
    };
    errors.map(parts).collect()
}

fn pair(code: &str, field: &str) -> (String, String) {
    (code.to_owned(), field.to_owned())
}

/// The meetings that somebody has at Zoom with these words for their topic, straight from Zoom.
async fn at_zoom(house: &House, handle: &str, topic: &str) -> Vec<Value> {
    let token = house.sandbox.zoom_tokens(handle).access_token;
    let url = format!(
        "{}/v2/users/me/meetings?type=scheduled&page_size=300",
        house.sandbox.addresses().zoom
    );
    let answer = client().get(url).bearer_auth(token).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let meetings = answer["meetings"].as_array().unwrap().iter();
    meetings
        .filter(|it| it["topic"] == topic)
        .cloned()
        .collect()
}

/// The events in somebody's calendar with these words for their subject, straight from Graph.
async fn in_calendar(house: &House, handle: &str, subject: &str) -> Vec<Value> {
    let events = house.graph(handle, "/me/events?$top=500").await;
    let events = events["value"].as_array().unwrap().iter();
    events
        .filter(|it| it["subject"] == subject)
        .cloned()
        .collect()
}

impl Person<'_> {
    /// The meetings of DEMO-42, as this person sees them: the fields of each, and what else there is.
    async fn sees_meetings(&self, fields: &str) -> Value {
        let query = format!(
            "{{ issue(id: 10042) {{ meetings {{ nodes {{ {fields} }} totalCount hiddenCount sources {{ provider state retryAfter }} }} }} }}"
        );
        let answer = self.asks(&query).await;
        answer.at("/issue/meetings").clone()
    }
}
