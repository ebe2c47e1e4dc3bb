//! Meetings: create, read, change, delete, and the text of the invitation.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use axum::response::Response;
use http::HeaderMap;
use rand::Rng;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::access::{Reply, Visitor, answer};
use super::model::{Exception, Meeting};
use super::operation::{
    CREATE_MEETING, DELETE_MEETING, GET_INVITATION, GET_MEETING, UPDATE_MEETING,
};
use super::page::stamp;
use super::path::MeetingRef;
use super::problem::Problem;
use super::state::State;
use super::tokens::random;
use super::users::require_me;
use super::webhook;
use crate::world::World;

/// `POST /users/me/meetings`.
pub async fn create(
    Shared(world): Shared<Arc<World>>,
    Path(user): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Map<String, Value>>,
) -> Response {
    answer(&world, &headers, &CREATE_MEETING, |state, visitor| {
        require_me(&user, &CREATE_MEETING)?;
        count_write(state, visitor)?;
        let mut meeting = new_meeting(state, visitor);
        change(&mut meeting, &body)?;
        let described = describe(&world, state, &meeting, visitor);
        let told = webhook::meeting(state, done_by(visitor), "meeting.created", &meeting);
        world.courier().send_all(told);
        state.meetings.push(meeting);
        Ok(Reply::Created(described))
    })
}

/// `GET /meetings/{id or uuid}`.
pub async fn get(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(&world, &headers, &GET_MEETING, |state, visitor| {
        let meeting = own(state, visitor, &id)?;
        Ok(Reply::Ok(describe(&world, state, &meeting, visitor)))
    })
}

/// What `PATCH` and `DELETE` of a meeting take.
#[derive(Debug, Deserialize)]
pub struct OccurrenceQuery {
    occurrence_id: Option<String>,
}

/// `PATCH /meetings/{id}`.
pub async fn update(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    Query(query): Query<OccurrenceQuery>,
    headers: HeaderMap,
    Json(body): Json<Map<String, Value>>,
) -> Response {
    answer(&world, &headers, &UPDATE_MEETING, |state, visitor| {
        let before = own(state, visitor, &id)?;
        let mut meeting = before.clone();
        count_write(state, visitor)?;
        match &query.occurrence_id {
            Some(occurrence) => change_one(&mut meeting, occurrence, &body)?,
            None => change(&mut meeting, &body)?,
        }
        let told = webhook::updated(state, done_by(visitor), &before, &meeting);
        world.courier().send_all(told);
        if let Some(held) = state
            .meetings
            .iter_mut()
            .find(|it| it.number == meeting.number)
        {
            *held = meeting;
        }
        Ok(Reply::NoContent)
    })
}

/// `DELETE /meetings/{id}`.
pub async fn delete(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    Query(query): Query<OccurrenceQuery>,
    headers: HeaderMap,
) -> Response {
    answer(&world, &headers, &DELETE_MEETING, |state, visitor| {
        let meeting = own(state, visitor, &id)?;
        if let Some(occurrence) = query.occurrence_id {
            time_of(&meeting, &occurrence)?;
            let act = done_by(visitor);
            let told = webhook::occurrence_deleted(state, act, &meeting, &occurrence);
            world.courier().send_all(told);
            let held = state
                .meetings
                .iter_mut()
                .find(|it| it.number == meeting.number);
            if let Some(held) = held {
                held.exceptions.insert(occurrence, Exception::Deleted);
            }
            return Ok(Reply::NoContent);
        }
        state.meetings.retain(|it| it.number != meeting.number);
        let told = webhook::meeting(state, done_by(visitor), "meeting.deleted", &meeting);
        world.courier().send_all(told);
        Ok(Reply::NoContent)
    })
}

/// `GET /meetings/{id}/invitation`.
pub async fn invitation(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(&world, &headers, &GET_INVITATION, |state, visitor| {
        let meeting = own(state, visitor, &id)?;
        let text = format!(
            "{} is inviting you to a scheduled Zoom meeting.\r\n\r\nTopic: {}\r\nTime: {}\r\n\r\nJoin Zoom Meeting\r\n{}\r\n\r\nMeeting ID: {}\r\nPasscode: {}\r\n",
            visitor.person.name,
            meeting.topic,
            meeting.starts_at.map(stamp).unwrap_or_default(),
            join_url(meeting.number),
            meeting.number,
            meeting.passcode,
        );
        Ok(Reply::Ok(json!({ "invitation": text, "sip_links": [] })))
    })
}

fn done_by(visitor: &Visitor) -> webhook::Act<'_> {
    webhook::Act {
        host: visitor,
        age: 0,
    }
}

/// Where people join.
pub fn join_url(number: u64) -> String {
    format!("https://us04web.zoom.us/j/{number}")
}

/// A meeting as lists show it.
pub fn summarize(meeting: &Meeting, visitor: &Visitor) -> Value {
    let mut body = json!({
        "uuid": meeting.uuid,
        "id": meeting.number,
        "host_id": visitor.person.zoom_user_id,
        "topic": meeting.topic,
        "agenda": meeting.agenda,
        "type": meeting.kind,
        "duration": meeting.duration,
        "timezone": meeting.timezone,
        "created_at": stamp(meeting.created_at),
        "join_url": join_url(meeting.number),
    });
    if let Some(starts_at) = meeting.starts_at {
        body["start_time"] = json!(stamp(starts_at));
    }
    body
}

fn describe(world: &World, state: &State, meeting: &Meeting, visitor: &Visitor) -> Value {
    let mut body = summarize(meeting, visitor);
    let url = join_url(meeting.number);
    body["host_email"] = json!(visitor.person.email);
    let running = state.running(meeting.number).is_some();
    body["status"] = json!(if running { "started" } else { "waiting" });
    body["pre_schedule"] = json!(false);
    body["password"] = json!(meeting.passcode);
    body["encrypted_password"] = json!(format!("{}.1", meeting.passcode));
    body["join_url"] = json!(format!("{url}?pwd={}.1", meeting.passcode));
    // The host's login link, valid for two hours: nobody else may see it.
    body["start_url"] = json!(format!(
        "https://us04web.zoom.us/s/{}?zak={}{}",
        meeting.number,
        world.canary(&format!("zoom start {}", meeting.number)),
        random(16)
    ));
    if let Some(recurrence) = &meeting.recurrence {
        body["recurrence"] = recurrence.clone();
        body["occurrences"] = occurrences(meeting);
    }
    let mut settings = json!({
        "host_video": false,
        "participant_video": false,
        "join_before_host": false,
        "mute_upon_entry": true,
        "waiting_room": true,
        "auto_recording": "cloud",
        "approval_type": 2,
        "audio": "both",
    });
    if let Some(defaults) = settings.as_object_mut() {
        defaults.extend(meeting.settings.clone());
    }
    body["settings"] = settings;
    body
}

/// The coming occurrences of a series with a fixed time; an occurrence's id is the start it was planned for, in
/// milliseconds.
pub fn occurrences(meeting: &Meeting) -> Value {
    let one = |start: OffsetDateTime| {
        let id = occurrence_id(start);
        let (start, duration, status) = match meeting.exceptions.get(&id) {
            Some(Exception::Deleted) => (start, meeting.duration, "deleted"),
            Some(Exception::Moved(start, duration)) => (*start, *duration, "available"),
            None => (start, meeting.duration, "available"),
        };
        json!({
            "occurrence_id": id,
            "start_time": stamp(start),
            "duration": duration,
            "status": status,
        })
    };
    planned(meeting).into_iter().map(one).collect()
}

/// When a series takes place, as it was planned.
fn planned(meeting: &Meeting) -> Vec<OffsetDateTime> {
    let first = meeting.starts_at.filter(|_| meeting.recurrence.is_some());
    let weeks = (0..4).map(time::Duration::weeks);
    weeks.filter_map(|week| Some(first? + week)).collect()
}

fn occurrence_id(start: OffsetDateTime) -> String {
    (start.unix_timestamp() * 1000).to_string()
}

/// When an occurrence was planned.
fn time_of(meeting: &Meeting, occurrence: &str) -> Result<OffsetDateTime, Problem> {
    let found = planned(meeting)
        .into_iter()
        .find(|it| occurrence_id(*it) == occurrence);
    found.ok_or_else(|| Problem::new(400, 3001, "The occurrence does not exist."))
}

/// Changes one occurrence: its time and length; Zoom changes its agenda and settings too, and nothing else.
fn change_one(
    meeting: &mut Meeting,
    occurrence: &str,
    body: &Map<String, Value>,
) -> Result<(), Problem> {
    let planned = time_of(meeting, occurrence)?;
    let mut changed = meeting.clone();
    changed.starts_at = match meeting.exceptions.get(occurrence) {
        Some(Exception::Moved(start, duration)) => {
            changed.duration = *duration;
            Some(*start)
        }
        _ => Some(planned),
    };
    change(&mut changed, body)?;
    let moved = Exception::Moved(changed.starts_at.unwrap_or(planned), changed.duration);
    meeting.exceptions.insert(occurrence.to_owned(), moved);
    Ok(())
}

/// The visitor's own meeting. A colleague's is not there for a user-managed token.
fn own(state: &State, visitor: &Visitor, id: &str) -> Result<Meeting, Problem> {
    let reference = MeetingRef::parse(id);
    state
        .meeting(&reference)
        .filter(|meeting| meeting.host == visitor.person.handle)
        .cloned()
        .ok_or_else(|| Problem::no_meeting(&reference.to_string()))
}

/// A meeting as it is before anything is said of it.
pub fn new_meeting(state: &State, visitor: &Visitor) -> Meeting {
    Meeting {
        number: rand::rng().random_range(70_000_000_000..90_000_000_000),
        uuid: base64_uuid(),
        host: visitor.person.handle.to_owned(),
        topic: "Zoom Meeting".into(),
        agenda: String::new(),
        kind: 2,
        starts_at: None,
        duration: 60,
        timezone: "UTC".into(),
        passcode: random(6),
        created_at: state.now(),
        recurrence: None,
        exceptions: BTreeMap::new(),
        settings: Map::new(),
    }
}

pub fn base64_uuid() -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(uuid::Uuid::new_v4())
}

/// Takes over the fields given, as create and update both do; unknown ones are ignored, as Zoom does.
fn change(meeting: &mut Meeting, body: &Map<String, Value>) -> Result<(), Problem> {
    let text = |field: &str, most: usize| match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= most => Ok(Some(text.clone())),
        Some(_) => Err(Problem::validation(field, "Invalid field.")),
    };
    if let Some(topic) = text("topic", 200)? {
        meeting.topic = topic;
    }
    if let Some(agenda) = text("agenda", 2_000)? {
        meeting.agenda = agenda;
    }
    if let Some(passcode) = text("password", 10)? {
        meeting.passcode = passcode;
    }
    if let Some(timezone) = text("timezone", 100)? {
        meeting.timezone = timezone;
    }
    if let Some(kind) = body.get("type") {
        let kind = kind
            .as_u64()
            .filter(|kind| matches!(kind, 1 | 2 | 3 | 8 | 10));
        let kind = kind.ok_or_else(|| Problem::validation("type", "Invalid field."))?;
        meeting.kind = u8::try_from(kind).expect("at most 10");
    }
    if let Some(minutes) = body.get("duration") {
        let minutes = minutes
            .as_u64()
            .and_then(|minutes| u32::try_from(minutes).ok());
        meeting.duration =
            minutes.ok_or_else(|| Problem::validation("duration", "Invalid field."))?;
    }
    if let Some(start) = text("start_time", 40)? {
        meeting.starts_at = Some(read_time(&start)?);
    }
    if meeting.kind == 1 {
        meeting.starts_at = None;
    }
    if let Some(recurrence) = body.get("recurrence") {
        meeting.recurrence = Some(recurrence.clone());
    }
    if let Some(Value::Object(settings)) = body.get("settings") {
        meeting.settings.extend(settings.clone());
    }
    Ok(())
}

/// `yyyy-MM-ddTHH:mm:ssZ`, or without `Z` the local time of `timezone`, which the fake takes as UTC.
fn read_time(text: &str) -> Result<OffsetDateTime, Problem> {
    let local = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| PrimitiveDateTime::parse(text, local).map(PrimitiveDateTime::assume_utc))
        .map_err(|_| Problem::validation("start_time", "Invalid field."))
}

fn count_write(state: &mut State, visitor: &Visitor) -> Result<(), Problem> {
    let most = state.knobs.meeting_writes_per_day;
    if state.count_write(visitor.person.handle) {
        return Ok(());
    }
    Err(Problem::new(
        429,
        429,
        format!(
            "You have exceeded the daily rate limit ({most}) of Meeting Create/Update API requests permitted for this particular user. You may resume these requests at GMT 00:00:00."
        ),
    ))
}
