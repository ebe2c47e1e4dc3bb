//! Meetings that took place: details, instances, participants and the AI summary.

use std::sync::Arc;

use axum::extract::{Path, Query, State as Shared};
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Value, json};
use time::Duration;

use super::access::{Reply, Visitor, answer};
use super::model::{Instance, Participant};
use super::operation::{
    GET_PAST, GET_SUMMARY, LIST_INSTANCES, LIST_PARTICIPANTS, Operation, REPORT_PARTICIPANTS,
};
use super::page::{Paging, stamp};
use super::path::MeetingRef;
use super::problem::Problem;
use super::state::State;
use crate::world::World;

/// `GET /past_meetings/{id or uuid}`.
pub async fn get(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(&world, &headers, &GET_PAST, |state, visitor| {
        let instance = own(state, visitor, &id)?;
        let people = u32::try_from(instance.participants.len()).unwrap_or(u32::MAX);
        Ok(Reply::Ok(json!({
            "uuid": instance.uuid,
            "id": instance.number,
            "host_id": visitor.person.zoom_user_id,
            "type": instance.kind,
            "topic": instance.topic,
            "user_name": visitor.person.name,
            "user_email": visitor.person.email,
            "start_time": stamp(instance.started_at),
            "end_time": stamp(instance.ended_at()),
            "duration": instance.duration,
            "total_minutes": instance.duration * people,
            "participants_count": people,
            "dept": "Operations",
            "source": "Zoom",
            "has_meeting_summary": instance.summary.is_some(),
        })))
    })
}

/// `GET /past_meetings/{id}/instances`: those of the last 15 months.
pub async fn instances(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(&world, &headers, &LIST_INSTANCES, |state, visitor| {
        let reference = MeetingRef::parse(&id);
        let oldest = state.now() - Duration::days(456);
        let number = state
            .instance(&reference)
            .filter(|it| it.host == visitor.person.handle)
            .map(|it| it.number)
            .ok_or_else(|| Problem::no_meeting(&reference.to_string()))?;
        let meetings: Vec<Value> = state
            .instances
            .iter()
            .filter(|it| it.number == number && it.started_at > oldest)
            .map(|it| json!({ "uuid": it.uuid, "start_time": stamp(it.started_at) }))
            .collect();
        Ok(Reply::Ok(json!({ "meetings": meetings })))
    })
}

/// `GET /past_meetings/{id or uuid}/participants`.
pub async fn participants(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    Query(paging): Query<Paging>,
    headers: HeaderMap,
) -> Response {
    people(&world, &headers, &LIST_PARTICIPANTS, &id, &paging)
}

/// `GET /report/meetings/{id or uuid}/participants`, which only an admin scope opens.
pub async fn report(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    Query(paging): Query<Paging>,
    headers: HeaderMap,
) -> Response {
    people(&world, &headers, &REPORT_PARTICIPANTS, &id, &paging)
}

/// `GET /meetings/{uuid}/meeting_summary`.
pub async fn summary(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(&world, &headers, &GET_SUMMARY, |state, visitor| {
        require_plan(state, visitor)?;
        let instance = own(state, visitor, &id)?;
        if state.knobs.summaries_restricted {
            return Err(Problem::new(
                403,
                2305,
                "Not allowed to list an account's meeting summaries.",
            ));
        }
        let missing = || Problem::no_meeting(&MeetingRef::parse(&id).to_string());
        let summary = instance.summary.as_ref().ok_or_else(missing)?;
        let ended = instance.ended_at();
        let written = stamp(ended + Duration::minutes(4));
        Ok(Reply::Ok(json!({
            "meeting_host_id": visitor.person.zoom_user_id,
            "meeting_host_email": visitor.person.email,
            "meeting_uuid": instance.uuid,
            "meeting_id": instance.number,
            "meeting_topic": instance.topic,
            "meeting_start_time": stamp(instance.started_at),
            "meeting_end_time": stamp(ended),
            "summary_start_time": stamp(instance.started_at),
            "summary_end_time": stamp(ended),
            "summary_created_time": written,
            "summary_last_modified_time": written,
            "summary_last_modified_user_id": visitor.person.zoom_user_id,
            "summary_last_modified_user_email": visitor.person.email,
            "summary_title": summary.title,
            "summary_overview": summary.overview,
            "summary_details": [{ "label": "Overview", "summary": summary.overview }],
            "next_steps": [summary.next_step],
            "summary_content": summary.content,
        })))
    })
}

fn people(
    world: &World,
    headers: &HeaderMap,
    operation: &Operation,
    id: &str,
    paging: &Paging,
) -> Response {
    answer(world, headers, operation, |state, visitor| {
        require_plan(state, visitor)?;
        let instance = own(state, visitor, id)?;
        // Zoom keeps no list of a meeting in which somebody was alone.
        let all = if instance.participants.len() > 1 {
            instance.participants.clone()
        } else {
            Vec::new()
        };
        let query = format!("participants {}", instance.uuid);
        let page = paging.cut(state, visitor, &query, all)?;
        let participants: Vec<Value> = page
            .entries
            .iter()
            .map(|person| describe(&instance, person))
            .collect();
        let mut body = page.frame;
        body["participants"] = json!(participants);
        Ok(Reply::Ok(body))
    })
}

fn describe(instance: &Instance, person: &Participant) -> Value {
    let leaves = instance.started_at + Duration::seconds(i64::from(person.duration));
    json!({
        "id": person.id,
        "name": person.name,
        "user_id": "16778240",
        "registrant_id": "",
        "user_email": person.email,
        "join_time": stamp(instance.started_at),
        "leave_time": stamp(leaves),
        "duration": person.duration,
        "failover": false,
        "status": "in_meeting",
        "internal_user": !person.id.is_empty(),
    })
}

fn own(state: &State, visitor: &Visitor, id: &str) -> Result<Instance, Problem> {
    let reference = MeetingRef::parse(id);
    let instance = state
        .instance(&reference)
        .filter(|it| it.host == visitor.person.handle)
        .ok_or_else(|| Problem::no_meeting(&reference.to_string()))?;
    if instance.started_at < state.now() - Duration::days(365) {
        return Err(Problem::new(
            400,
            12702,
            "Can not access a meeting a year ago.",
        ));
    }
    Ok(instance.clone())
}

fn require_plan(state: &State, visitor: &Visitor) -> Result<(), Problem> {
    if state.knobs.paid_plan {
        return Ok(());
    }
    let account = &visitor.person.zoom_account_id;
    Err(Problem::new(
        400,
        200,
        format!("Only available for paid account: {account}"),
    ))
}
