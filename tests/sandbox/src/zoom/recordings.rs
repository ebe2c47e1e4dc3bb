//! The recording of one meeting: its files, its settings, and the trash.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use axum::response::Response;
use http::HeaderMap;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::access::{Reply, Visitor, answer};
use super::model::{File, Instance};
use super::operation::{
    DELETE_FILE, DELETE_RECORDING, GET_RECORDING, GET_RECORDING_SETTINGS, RECOVER_RECORDING,
    UPDATE_RECORDING_SETTINGS,
};
use super::page::stamp;
use super::path::MeetingRef;
use super::problem::Problem;
use super::state::{DownloadToken, State};
use super::webhook;
use crate::world::World;

/// A day: how long a download token lives when no `ttl` was asked for.
const DEFAULT_TTL: i64 = 86_400;

/// What `GET /meetings/{id}/recordings` takes.
#[derive(Debug, Deserialize)]
pub struct GetQuery {
    include_fields: Option<String>,
    ttl: Option<String>,
}

/// `GET /meetings/{id or uuid}/recordings`.
pub async fn get(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    Query(query): Query<GetQuery>,
    headers: HeaderMap,
) -> Response {
    answer(&world, &headers, &GET_RECORDING, |state, visitor| {
        let instance = own(&world, state, visitor, &MeetingRef::parse(&id))?;
        let recording = instance
            .recording
            .as_ref()
            .ok_or_else(Problem::no_recording)?;
        let mut body = describe(&world, state, &instance, visitor);
        if state.knobs.may_view_recordings {
            body["password"] = json!(recording.passcode);
            body["recording_play_passcode"] = json!(recording.play_passcode);
            if asks_for_token(&query) {
                let seconds = ttl(&query)?;
                body["download_access_token"] =
                    json!(download_token(state, &instance, visitor, seconds));
            }
        }
        body["participant_audio_files"] = json!([]);
        Ok(Reply::Ok(body))
    })
}

/// `GET /meetings/{id or uuid}/recordings/settings`.
pub async fn get_settings(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(
        &world,
        &headers,
        &GET_RECORDING_SETTINGS,
        |state, visitor| {
            let instance = own(&world, state, visitor, &MeetingRef::parse(&id))?;
            let recording = instance
                .recording
                .as_ref()
                .ok_or_else(Problem::no_recording)?;
            let mut body = Value::Object(recording.settings.clone());
            body["topic"] = json!(instance.topic);
            body["password"] = json!(recording.passcode);
            Ok(Reply::Ok(body))
        },
    )
}

/// `PATCH /meetings/{id or uuid}/recordings/settings`.
pub async fn update_settings(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(mut changes): Json<Map<String, Value>>,
) -> Response {
    answer(
        &world,
        &headers,
        &UPDATE_RECORDING_SETTINGS,
        |state, visitor| {
            let uuid = own(&world, state, visitor, &MeetingRef::parse(&id))?.uuid;
            let password = changes.remove("password");
            if let Some(password) = &password
                && password.as_str().is_none_or(|text| text.len() < 8)
            {
                return Err(Problem::validation(
                    "password",
                    "The passcode needs at least 8 characters.",
                ));
            }
            if let Some(share) = changes.get("share_recording")
                && !matches!(share.as_str(), Some("publicly" | "internally" | "none"))
            {
                return Err(Problem::validation("share_recording", "Invalid field."));
            }
            let recording = state
                .recording_mut(&uuid)
                .ok_or_else(Problem::no_recording)?;
            if let Some(password) = password.as_ref().and_then(Value::as_str) {
                password.clone_into(&mut recording.passcode);
            }
            recording.settings.extend(changes);
            Ok(Reply::NoContent)
        },
    )
}

/// `action=trash` (the default) or `delete`.
#[derive(Debug, Deserialize)]
pub struct DeleteQuery {
    action: Option<String>,
}

/// `DELETE /meetings/{id or uuid}/recordings`.
pub async fn delete(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    Query(query): Query<DeleteQuery>,
    headers: HeaderMap,
) -> Response {
    answer(&world, &headers, &DELETE_RECORDING, |state, visitor| {
        let before = own(&world, state, visitor, &MeetingRef::parse(&id))?;
        let uuid = before.uuid.clone();
        let for_good = query.action.as_deref() == Some("delete");
        tell(&world, state, visitor, removal(for_good), &before, None);
        let now = state.now();
        let instance = state.instances.iter_mut().find(|it| it.uuid == uuid);
        let recording = &mut instance.ok_or_else(Problem::no_recording)?.recording;
        if for_good {
            *recording = None;
        } else if let Some(recording) = recording {
            recording.trashed_at = Some(now);
        }
        Ok(Reply::Done)
    })
}

/// `DELETE /meetings/{id or uuid}/recordings/{file}`.
pub async fn delete_file(
    Shared(world): Shared<Arc<World>>,
    Path((id, file_id)): Path<(String, String)>,
    Query(query): Query<DeleteQuery>,
    headers: HeaderMap,
) -> Response {
    answer(&world, &headers, &DELETE_FILE, |state, visitor| {
        let before = own(&world, state, visitor, &MeetingRef::parse(&id))?;
        let uuid = before.uuid.clone();
        let recording = state
            .recording_mut(&uuid)
            .ok_or_else(Problem::no_recording)?;
        let file = recording
            .files
            .iter_mut()
            .find(|file| file.id == file_id && !file.trashed);
        file.ok_or_else(Problem::no_recording)?.trashed = true;
        let for_good = query.action.as_deref() == Some("delete");
        if for_good {
            recording.files.retain(|file| file.id != file_id);
        }
        let files = [file_id];
        tell(
            &world,
            state,
            visitor,
            removal(for_good),
            &before,
            Some(&files),
        );
        Ok(Reply::Done)
    })
}

/// `PUT /meetings/{uuid}/recordings/status` with `{"action":"recover"}`.
pub async fn recover(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    answer(&world, &headers, &RECOVER_RECORDING, |state, visitor| {
        if body["action"] != "recover" {
            return Err(Problem::validation("action", "Invalid field."));
        }
        let MeetingRef::Uuid(uuid) = MeetingRef::parse(&id) else {
            return Err(Problem::no_recording());
        };
        let host = state
            .instances
            .iter()
            .find(|it| it.uuid == uuid)
            .map(|it| it.host.clone());
        if host.as_deref() != Some(visitor.person.handle) {
            return Err(Problem::no_recording());
        }
        let recording = state
            .recording_mut(&uuid)
            .ok_or_else(Problem::no_recording)?;
        recording.trashed_at = None;
        for file in &mut recording.files {
            file.trashed = false;
        }
        let recovered = state.instances.iter().find(|it| it.uuid == uuid).cloned();
        if let Some(recovered) = recovered {
            tell(
                &world,
                state,
                visitor,
                "recording.recovered",
                &recovered,
                None,
            );
        }
        Ok(Reply::Done)
    })
}

/// What Zoom calls it when a recording is removed.
fn removal(for_good: bool) -> &'static str {
    if for_good {
        "recording.deleted"
    } else {
        "recording.trashed"
    }
}

fn tell(
    world: &World,
    state: &mut State,
    host: &Visitor,
    event: &str,
    instance: &Instance,
    files: Option<&[String]>,
) {
    let act = webhook::Act { host, age: 0 };
    let told = webhook::recording(world, state, act, event, instance, files);
    world.courier().send_all(told);
}

/// The part of a recording both the list and the single answer have.
pub fn describe(world: &World, state: &State, instance: &Instance, visitor: &Visitor) -> Value {
    let files: Vec<Value> = instance
        .recording
        .iter()
        .flat_map(|recording| &recording.files)
        .filter(|file| !file.trashed)
        .map(|file| describe_file(world, state, instance, file))
        .collect();
    let total: u64 = files
        .iter()
        .filter_map(|file| file["file_size"].as_u64())
        .sum();
    let share = instance
        .recording
        .as_ref()
        .map(|recording| &recording.play_passcode[..12]);
    json!({
        "uuid": instance.uuid,
        "id": instance.number,
        "account_id": visitor.person.zoom_account_id,
        "host_id": visitor.person.zoom_user_id,
        "host_email": visitor.person.email,
        "topic": instance.topic,
        // A string here, while it is a number in every meeting.
        "type": instance.kind.to_string(),
        "start_time": stamp(instance.started_at),
        "timezone": "Europe/Berlin",
        "duration": instance.duration,
        "total_size": total,
        "recording_count": files.len(),
        // The account keeps recordings for a year.
        "auto_delete": true,
        "auto_delete_date": &stamp(instance.started_at + time::Duration::days(365))[..10],
        "share_url": format!("{}/rec/share/{}", world.addresses().zoom, share.unwrap_or_default()),
        "recording_files": files,
    })
}

fn describe_file(world: &World, state: &State, instance: &Instance, file: &File) -> Value {
    let zoom = &world.addresses().zoom;
    let mut described = describe_made(zoom, state, instance, file);
    if state.knobs.files_processing {
        described["status"] = json!("processing");
        if let Some(fields) = described.as_object_mut() {
            fields.remove("download_url");
            fields.remove("play_url");
        }
    }
    described
}

fn describe_made(zoom: &str, state: &State, instance: &Instance, file: &File) -> Value {
    json!({
        "id": file.id,
        "meeting_id": instance.uuid,
        "recording_start": stamp(instance.started_at),
        "recording_end": stamp(instance.ended_at()),
        "file_type": file.kind,
        "file_extension": file.extension,
        "file_size": state.file_size(file),
        "play_url": format!("{zoom}/rec/play/{}", file.key),
        "download_url": format!("{zoom}/rec/download/{}", file.key),
        "status": "completed",
        "recording_type": file.recording_type,
    })
}

/// The instance, when the visitor may read its recording and there is one.
fn own(
    world: &World,
    state: &State,
    visitor: &Visitor,
    reference: &MeetingRef,
) -> Result<Instance, Problem> {
    let Some(instance) = state.recorded_instance(reference) else {
        // A meeting that never took place has no recording; an id nobody knows is no meeting.
        let known = state.meeting(reference).is_some();
        let missing = || Problem::no_meeting(&reference.to_string());
        return Err(if known {
            Problem::no_recording()
        } else {
            missing()
        });
    };
    if instance.host != visitor.person.handle {
        let same_account =
            world.person(&instance.host).zoom_account_id == visitor.person.zoom_account_id;
        return Err(if same_account {
            Problem::no_permission()
        } else {
            let account = &visitor.person.zoom_account_id;
            Problem::new(
                400,
                1010,
                format!("User not found on this account: {account}."),
            )
        });
    }
    if state.knobs.refuse_recordings {
        return Err(Problem::no_permission());
    }
    if state.knobs.recordings_pending || instance.live_recording().is_none() {
        return Err(Problem::no_recording());
    }
    Ok(instance.clone())
}

fn asks_for_token(query: &GetQuery) -> bool {
    let fields = query.include_fields.as_deref().unwrap_or_default();
    fields
        .split(',')
        .any(|field| field.trim() == "download_access_token")
}

fn ttl(query: &GetQuery) -> Result<i64, Problem> {
    match query.ttl.as_deref().map(str::parse::<i64>) {
        None => Ok(DEFAULT_TTL),
        Some(Ok(seconds @ 0..=604_800)) => Ok(seconds),
        Some(_) => Err(Problem::validation("ttl", "Invalid field.")),
    }
}

/// The token that goes with an event: good for a day, and with a canary in it.
pub fn event_token(
    world: &World,
    state: &mut State,
    instance: &Instance,
    visitor: &Visitor,
) -> String {
    let canary = world.canary(&format!("zoom event {} token", instance.uuid));
    let token = download_token(state, instance, visitor, DEFAULT_TTL);
    let Some(entry) = state.download_tokens.remove(&token) else {
        return token;
    };
    // Clients must not look into a token, and downloads look it up as a whole.
    let token = format!("{token}.{canary}");
    state.download_tokens.insert(token.clone(), entry);
    token
}

/// A signed token with the claims Zoom's has; the download hosts look it up instead of reading it.
fn download_token(
    state: &mut State,
    instance: &Instance,
    visitor: &Visitor,
    seconds: i64,
) -> String {
    let expires_at = state.unix() + seconds;
    let claims = json!({
        "iss": "https://event.zoom.us",
        "aud": "https://oauth.zoom.us",
        "accountId": visitor.person.zoom_account_id,
        "userId": visitor.person.zoom_user_id,
        "mid": instance.uuid,
        "exp": expires_at,
    });
    let key = EncodingKey::from_secret(&state.signing_key);
    let token =
        encode(&Header::new(Algorithm::HS512), &claims, &key).expect("claims are plain JSON");
    let entry = DownloadToken {
        uuid: instance.uuid.clone(),
        person: visitor.person.handle.to_owned(),
        expires_at,
    };
    state.download_tokens.insert(token.clone(), entry);
    token
}
