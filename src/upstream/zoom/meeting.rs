//! Making, changing and deleting Zoom meetings, and finding one that may have been made.

use reqwest::Method;
use serde::Serialize;

use super::limit::{Label, of_the_day};
use super::{exchange, get, model, request};
use crate::id::{ZoomNumber, encode};
use crate::upstream::http::Http;
use crate::upstream::write::Failure;
use crate::upstream::{Access, Error, Provider};

/// The longest topic, in characters.
pub const LONGEST_TOPIC: usize = 200;
/// The longest agenda, in characters.
pub const LONGEST_AGENDA: usize = 2_000;
/// How many characters of an agenda a list shows.
const LISTED_AGENDA: usize = 250;
/// The most pages of a list that are looked through, of 300 meetings each.
const PAGES: usize = 4;

/// `type` of a meeting at a fixed time.
const SCHEDULED: u8 = 2;

/// What a meeting is to be; what is left out stays as it is, or as the account has it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Draft {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// In UTC, with a `Z`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<String>,
    /// Minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agenda: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    #[serde(skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
}

/// Who gets in how, and whether it is recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_room: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join_before_host: Option<bool>,
    /// `none`, `local` or `cloud`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_recording: Option<&'static str>,
}

impl Settings {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Serialize)]
struct New<'a> {
    r#type: u8,
    #[serde(flatten)]
    draft: &'a Draft,
}

/// Makes a meeting at a fixed time that the person hosts: `POST /users/me/meetings`. Sent once; Zoom has no key by
/// which a repetition would be known.
pub async fn create(
    http: &Http,
    access: &Access,
    draft: &Draft,
) -> Result<model::Meeting, Failure> {
    const OPERATION: &str = "make a meeting";
    let new = New {
        r#type: SCHEDULED,
        draft,
    };
    let request = request(http, access, Method::POST, "/users/me/meetings").json(&new);
    let answer = exchange(http, access, Label::Medium, OPERATION, request).await;
    let made = answer.and_then(|it| it.json(Provider::Zoom, OPERATION));
    made.map_err(of_the_day).map_err(Failure::of_sent)
}

/// Changes a meeting of the person's, or one occurrence of a series: `PATCH /meetings/{number}`. The same again is as
/// good as once.
pub async fn update(
    http: &Http,
    access: &Access,
    number: ZoomNumber,
    occurrence: Option<&str>,
    draft: &Draft,
) -> Result<(), Failure> {
    let path = path(number, occurrence);
    let request = request(http, access, Method::PATCH, &path).json(draft);
    let answer = exchange(http, access, Label::Light, "change a meeting", request).await;
    let done = answer.map(drop).map_err(of_the_day);
    done.map_err(Failure::of_sent)
}

/// Deletes a meeting of the person's, or one occurrence of a series: `DELETE /meetings/{number}`. Fails with `NotFound`
/// when it is not there any more.
pub async fn delete(
    http: &Http,
    access: &Access,
    number: ZoomNumber,
    occurrence: Option<&str>,
) -> Result<(), Failure> {
    let request = request(http, access, Method::DELETE, &path(number, occurrence));
    let answer = exchange(http, access, Label::Light, "cancel a meeting", request).await;
    answer.map(drop).map_err(Failure::of_sent)
}

fn path(number: ZoomNumber, occurrence: Option<&str>) -> String {
    match occurrence {
        Some(occurrence) => format!("/meetings/{number}?occurrence_id={}", encode(occurrence)),
        None => format!("/meetings/{number}"),
    }
}

/// The person's scheduled meetings that are like a draft: `GET /users/me/meetings`. Newest first; each as the list has
/// it, without what only its host may know.
pub async fn like(
    http: &Http,
    access: &Access,
    draft: &Draft,
) -> Result<Vec<model::Meeting>, Error> {
    let mut found = Vec::new();
    let mut token = String::new();
    for _ in 0..PAGES {
        let mut path = "/users/me/meetings?type=scheduled&page_size=300".to_owned();
        if !token.is_empty() {
            path.push_str("&next_page_token=");
            path.push_str(&encode(&token));
        }
        let page: Option<model::Meetings> =
            get(http, access, Label::Medium, "look for a meeting", &path).await?;
        let Some(page) = page else { break };
        found.extend(page.meetings.into_iter().filter(|it| is_like(it, draft)));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    found.sort_by(|a, b| b.created_at.cmp(&a.created_at));
    Ok(found)
}

/// Whether a listed meeting says what a draft does. A list cuts agendas short.
fn is_like(meeting: &model::Meeting, draft: &Draft) -> bool {
    let agenda = |text: &str| text.chars().take(LISTED_AGENDA).collect::<String>();
    let same_agenda = draft.agenda.as_deref().is_none_or(|wanted| {
        meeting
            .agenda
            .as_deref()
            .is_none_or(|listed| agenda(listed) == agenda(wanted))
    });
    let same_start = draft.start_time.is_none() || meeting.start_time == draft.start_time;
    meeting.topic == draft.topic && meeting.duration == draft.duration && same_start && same_agenda
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Draft, New, Settings, is_like};
    use crate::upstream::zoom::model;

    fn listed(value: serde_json::Value) -> model::Meeting {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_is_not_said_is_not_sent() {
        let draft = Draft {
            topic: Some("Plan".to_owned()),
            settings: Settings {
                waiting_room: Some(true),
                ..Settings::default()
            },
            ..Draft::default()
        };
        let new = New {
            r#type: 2,
            draft: &draft,
        };
        let sent = serde_json::to_value(&new).unwrap();
        assert_eq!(
            sent,
            json!({ "type": 2, "topic": "Plan", "settings": { "waiting_room": true } })
        );
        let nothing = serde_json::to_value(Draft::default()).unwrap();
        assert_eq!(nothing, json!({}));
    }

    #[test]
    fn a_listed_meeting_is_known_by_all_that_was_written() {
        let draft = Draft {
            topic: Some("Plan".to_owned()),
            start_time: Some("2026-11-23T09:00:00Z".to_owned()),
            duration: Some(30),
            agenda: Some("ä".repeat(400)),
            ..Draft::default()
        };
        let meeting = json!({ "id": 1, "topic": "Plan", "start_time": "2026-11-23T09:00:00Z", "duration": 30,
            "agenda": "ä".repeat(250) });
        assert!(is_like(&listed(meeting.clone()), &draft));
        for (name, other) in [
            ("topic", json!("Plans")),
            ("start_time", json!("2026-11-23T09:15:00Z")),
            ("duration", json!(45)),
            ("agenda", json!("other")),
        ] {
            let mut meeting = meeting.clone();
            meeting[name] = other;
            assert!(!is_like(&listed(meeting), &draft), "{name}");
        }
    }
}
