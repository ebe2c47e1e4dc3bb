//! `users/me`: who the user is, and the lists of their meetings and recordings.

use std::sync::Arc;

use axum::extract::{Path, Query, State as Shared};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use time::{Date, Duration};

use super::access::{Reply, Visitor, answer};
use super::operation::{GET_USER, LIST_MEETINGS, LIST_RECORDINGS, LIST_UPCOMING, Operation};
use super::page::{Paging, day, parse_day, stamp};
use super::problem::Problem;
use super::state::State;
use super::{meetings, recordings};
use crate::world::World;

/// A user-managed token must say `me`; a literal id asks for the admin scope.
pub fn require_me(user: &str, operation: &Operation) -> Result<(), Problem> {
    if user == "me" {
        Ok(())
    } else {
        Err(Problem::needs_admin_scope(operation))
    }
}

/// `GET /users/me`.
pub async fn get(
    Shared(world): Shared<Arc<World>>,
    Path(user): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(&world, &headers, &GET_USER, |_, visitor| {
        require_me(&user, &GET_USER)?;
        let person = &visitor.person;
        let (first, last) = person.name.split_once(' ').unwrap_or((person.name, ""));
        Ok(Reply::Ok(json!({
            "id": person.zoom_user_id,
            "account_id": person.zoom_account_id,
            "first_name": first,
            "last_name": last,
            "display_name": person.name,
            "email": person.email,
            "type": 2,
            "role_name": if person.site_admin { "Admin" } else { "Member" },
            "pmi": 5_550_100_000_u64,
            "use_pmi": false,
            "personal_meeting_url": "https://us04web.zoom.us/j/5550100000",
            "timezone": "Europe/Berlin",
            "verified": 1,
            "dept": "Operations",
            "created_at": "2024-03-01T08:00:00Z",
            "user_created_at": "2024-03-01T08:00:00Z",
            "language": "en-US",
            "login_types": [100],
            "cluster": "us04",
            "status": "active",
        })))
    })
}

/// What `GET /users/me/recordings` takes.
#[derive(Debug, Deserialize)]
pub struct RecordingsQuery {
    from: Option<String>,
    to: Option<String>,
    trash: Option<String>,
    meeting_id: Option<u64>,
    page_size: Option<String>,
    next_page_token: Option<String>,
}

/// `GET /users/me/recordings`: the recordings of at most a month, newest first.
pub async fn list_recordings(
    Shared(world): Shared<Arc<World>>,
    Path(user): Path<String>,
    Query(query): Query<RecordingsQuery>,
    headers: HeaderMap,
) -> Response {
    answer(&world, &headers, &LIST_RECORDINGS, |state, visitor| {
        require_me(&user, &LIST_RECORDINGS)?;
        let trash = query.trash.as_deref() == Some("true");
        let (from, to) = window(state, &query)?;
        let mut found: Vec<_> = state
            .instances
            .iter()
            .filter(|it| it.host == visitor.person.handle)
            .filter(|it| query.meeting_id.is_none_or(|number| number == it.number))
            .filter(|it| {
                it.recording.as_ref().is_some_and(|recording| {
                    let within = (from..=to).contains(&it.started_at.date());
                    recording.trashed_at.is_some() == trash && (trash || within)
                })
            })
            .cloned()
            .collect();
        found.sort_by_key(|it| std::cmp::Reverse(it.started_at));
        let (from, to) = (day(from), day(to));
        let name = format!("recordings {from} {to} {trash} {:?}", query.meeting_id);
        let paging = Paging {
            page_size: query.page_size,
            next_page_token: query.next_page_token,
        };
        let page = paging.cut(state, visitor, &name, found)?;
        let meetings: Vec<Value> = page
            .entries
            .iter()
            .map(|instance| {
                let mut described = recordings::describe(&world, state, instance, visitor);
                if let Some(recording) = &instance.recording
                    && state.knobs.may_view_recordings
                {
                    described["recording_play_passcode"] = json!(recording.play_passcode);
                }
                described
            })
            .collect();
        let mut body = page.frame;
        body["from"] = json!(from);
        body["to"] = json!(to);
        body["meetings"] = json!(meetings);
        Ok(Reply::Ok(body))
    })
}

/// The days asked for: by default today and tomorrow, at most a month.
fn window(state: &State, query: &RecordingsQuery) -> Result<(Date, Date), Problem> {
    let today = state.now().date();
    let read = |field: &str, text: &Option<String>, default: Date| {
        text.as_deref()
            .map_or(Ok(default), |text| parse_day(field, text))
    };
    let from = read("from", &query.from, today)?;
    let to = read("to", &query.to, today + Duration::days(1))?;
    if from > to {
        return Err(Problem::validation(
            "from",
            "The start date must not be after the end date.",
        ));
    }
    if to - from <= Duration::days(31) {
        Ok((from, to))
    } else if state.knobs.clamp_month {
        Ok((to - Duration::days(31), to))
    } else {
        // Zoom documents the limit but not its answer; refusing shows a client that forgot it.
        Err(Problem::validation(
            "from",
            "The date range must not be over a month.",
        ))
    }
}

/// What `GET /users/me/meetings` takes.
#[derive(Debug, Deserialize)]
pub struct MeetingsQuery {
    #[serde(rename = "type")]
    kind: Option<String>,
    from: Option<String>,
    to: Option<String>,
    page_size: Option<String>,
    next_page_token: Option<String>,
}

/// `GET /users/me/meetings`: scheduled meetings that are not over, or past ones with `previous_meetings`.
pub async fn list_meetings(
    Shared(world): Shared<Arc<World>>,
    Path(user): Path<String>,
    Query(query): Query<MeetingsQuery>,
    headers: HeaderMap,
) -> Response {
    answer(&world, &headers, &LIST_MEETINGS, |state, visitor| {
        require_me(&user, &LIST_MEETINGS)?;
        let kind = query.kind.as_deref().unwrap_or("scheduled");
        let mut listed = listed_meetings(state, visitor, kind)?;
        for (field, limit) in [("from", &query.from), ("to", &query.to)] {
            if let Some(text) = limit {
                let limit = day(parse_day(field, text)?);
                listed.retain(|it| {
                    let start = it["start_time"].as_str().unwrap_or_default();
                    let start = start.get(..10).unwrap_or_default();
                    if field == "from" {
                        start >= limit.as_str()
                    } else {
                        start <= limit.as_str()
                    }
                });
            }
        }
        let name = format!("meetings {kind} {:?} {:?}", query.from, query.to);
        let paging = Paging {
            page_size: query.page_size,
            next_page_token: query.next_page_token,
        };
        let page = paging.cut(state, visitor, &name, listed)?;
        let mut body = page.frame;
        body["meetings"] = json!(page.entries);
        Ok(Reply::Ok(body))
    })
}

fn listed_meetings(state: &State, visitor: &Visitor, kind: &str) -> Result<Vec<Value>, Problem> {
    let now = state.now();
    let own = |handle: &str| handle == visitor.person.handle;
    match kind {
        "live" => Ok(state
            .meetings
            .iter()
            .filter(|it| own(&it.host) && state.running(it.number).is_some())
            .map(|it| meetings::summarize(it, visitor))
            .collect()),
        "previous_meetings" => Ok(state
            .instances
            .iter()
            .filter(|it| own(&it.host))
            .map(|it| {
                json!({
                    "uuid": it.uuid,
                    "id": it.number,
                    "host_id": visitor.person.zoom_user_id,
                    "topic": it.topic,
                    "type": it.kind,
                    "start_time": stamp(it.started_at),
                    "duration": it.duration,
                    "timezone": "UTC",
                    "created_at": stamp(it.started_at),
                    "join_url": meetings::join_url(it.number),
                })
            })
            .collect()),
        "scheduled" | "upcoming" | "upcoming_meetings" => Ok(state
            .meetings
            .iter()
            .filter(|it| own(&it.host))
            .filter(|it| {
                kind == "scheduled" || it.starts_at.is_some_and(|starts_at| starts_at > now)
            })
            .map(|it| meetings::summarize(it, visitor))
            .collect()),
        _ => Err(Problem::validation("type", "Invalid field.")),
    }
}

/// `GET /users/me/upcoming_meetings`: those of the next 24 hours.
pub async fn list_upcoming(
    Shared(world): Shared<Arc<World>>,
    Path(user): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(&world, &headers, &LIST_UPCOMING, |state, visitor| {
        require_me(&user, &LIST_UPCOMING)?;
        let now = state.now();
        let meetings: Vec<Value> = state
            .meetings
            .iter()
            .filter(|it| it.host == visitor.person.handle)
            .filter(|it| {
                it.starts_at
                    .is_some_and(|at| (now..now + Duration::days(1)).contains(&at))
            })
            .map(|it| {
                let mut entry = meetings::summarize(it, visitor);
                if let Some(entry) = entry.as_object_mut() {
                    entry.retain(|name, _| !matches!(name.as_str(), "uuid" | "host_id" | "agenda"));
                    entry.insert("passcode".into(), json!(it.passcode));
                    entry.insert("use_pmi".into(), json!(false));
                    entry.insert("is_host".into(), json!(true));
                }
                entry
            })
            .collect();
        Ok(Reply::Ok(
            json!({ "total_records": meetings.len(), "meetings": meetings }),
        ))
    })
}
