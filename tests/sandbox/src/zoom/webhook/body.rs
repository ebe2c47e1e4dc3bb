//! The bodies of Zoom's events: whole, with topics, addresses, passcodes and tokens.

use serde_json::{Map, Value, json};

use super::Act;
use crate::world::World;
use crate::zoom::CLIENT_ID;
use crate::zoom::access::Visitor;
use crate::zoom::meetings::{join_url, occurrences};
use crate::zoom::model::{Instance, Meeting, Participant};
use crate::zoom::page::stamp;
use crate::zoom::recordings;
use crate::zoom::state::State;

/// What every payload begins with.
pub(super) fn of_account(act: Act<'_>) -> Map<String, Value> {
    let mut payload = Map::new();
    let account = &act.host.person.zoom_account_id;
    payload.insert("account_id".to_owned(), json!(account));
    payload
}

/// The same with who did it, where Zoom tells that.
pub(super) fn operated(act: Act<'_>, event: &str) -> Map<String, Value> {
    let mut payload = of_account(act);
    let told = event.starts_with("meeting.")
        || matches!(
            event,
            "recording.trashed" | "recording.deleted" | "recording.recovered"
        );
    if told {
        payload.insert("operator".to_owned(), json!(act.host.person.email));
        payload.insert(
            "operator_id".to_owned(),
            json!(act.host.person.zoom_user_id),
        );
    }
    payload
}

/// A scheduled meeting; a whole one has what only its host may know.
pub(super) fn meeting(meeting: &Meeting, host: &Visitor, whole: bool) -> Value {
    let mut object = json!({
        "uuid": meeting.uuid, "id": meeting.number, "host_id": host.person.zoom_user_id,
        "topic": meeting.topic, "type": meeting.kind, "duration": meeting.duration,
        "timezone": meeting.timezone,
    });
    if let Some(starts_at) = meeting.starts_at {
        object["start_time"] = json!(stamp(starts_at));
    }
    if whole {
        let url = join_url(meeting.number);
        object["join_url"] = json!(format!("{url}?pwd={}.1", meeting.passcode));
        object["password"] = json!(meeting.passcode);
        object["settings"] = Value::Object(meeting.settings.clone());
        if let Some(recurrence) = &meeting.recurrence {
            object["recurrence"] = recurrence.clone();
            object["occurrences"] = occurrences(meeting);
        }
    }
    object
}

/// What a change made other: both with the meeting's number.
pub(super) fn difference(
    before: &Meeting,
    after: &Meeting,
    host: &Visitor,
) -> (Map<String, Value>, Map<String, Value>) {
    let shown = |it: &Meeting| {
        let mut object = meeting(it, host, true);
        object["agenda"] = json!(it.agenda);
        object
    };
    let (old, new) = (shown(before), shown(after));
    let mut sides = (Map::new(), Map::new());
    for name in [
        "topic",
        "agenda",
        "type",
        "duration",
        "timezone",
        "start_time",
        "password",
        "join_url",
        "recurrence",
        "occurrences",
        "settings",
    ] {
        if old[name] != new[name] {
            sides.0.insert(name.to_owned(), old[name].clone());
            sides.1.insert(name.to_owned(), new[name].clone());
        }
    }
    for side in [&mut sides.0, &mut sides.1] {
        side.insert("id".to_owned(), json!(after.number));
    }
    sides
}

/// A meeting that takes or took place. Its number is text but for the beginning, as in Zoom's own examples.
pub(super) fn instance(instance: &Instance, host: &Visitor, event: &str) -> Value {
    let mut object = json!({
        "uuid": instance.uuid, "id": instance.number, "host_id": host.person.zoom_user_id,
        "topic": instance.topic, "type": instance.kind, "start_time": stamp(instance.started_at),
        "timezone": "Europe/Berlin", "duration": instance.duration,
    });
    if event != "meeting.started" {
        object["id"] = json!(instance.number.to_string());
    }
    if event == "meeting.ended" {
        object["end_time"] = json!(stamp(instance.ended_at()));
    }
    object
}

/// Who came or left, with name and address; ids of their own for each time they come.
pub(super) fn participant(who: &Participant, event: &str) -> Value {
    let now = stamp(time::OffsetDateTime::now_utc());
    let id = uuid::Uuid::new_v4().to_string();
    let mut shown = json!({
        "user_id": id, "participant_uuid": id, "user_name": who.name, "id": who.id,
        "participant_user_id": who.id, "email": who.email, "registrant_id": "",
    });
    let left = event == "meeting.participant_left";
    shown[if left { "leave_time" } else { "join_time" }] = json!(now);
    if left {
        shown["leave_reason"] = json!("left the meeting. Reason: Host ended the meeting.");
    }
    shown
}

/// A recording with its files, or those of them that were named.
pub(super) fn recording(
    world: &World,
    state: &State,
    act: Act<'_>,
    event: &str,
    instance: &Instance,
    files: Option<&[String]>,
) -> Map<String, Value> {
    let mut payload = operated(act, event);
    let mut object = recordings::describe(world, state, instance, act.host);
    // A number here, while reading it gives a string.
    object["type"] = json!(instance.kind);
    if let (Some(named), Some(all)) = (files, object["recording_files"].as_array_mut()) {
        all.retain(|file| named.iter().any(|it| file["id"] == it.as_str()));
    }
    if let Some(all) = object["recording_files"].as_array() {
        let sizes = all.iter().filter_map(|file| file["file_size"].as_u64());
        let (size, count): (u64, usize) = (sizes.sum(), all.len());
        object["total_size"] = json!(size);
        object["recording_count"] = json!(count);
    }
    if let Some(recording) = instance
        .recording
        .as_ref()
        .filter(|_| event != "recording.deleted")
    {
        object["password"] = json!(recording.passcode);
        if event == "recording.completed" {
            object["recording_play_passcode"] = json!(recording.play_passcode);
            object["on_prem"] = json!(false);
        }
    }
    object["participant_audio_files"] = json!([]);
    payload.insert("object".to_owned(), object);
    payload
}

/// Whoever removed the app.
pub(super) fn removed(act: Act<'_>) -> Map<String, Value> {
    let mut payload = of_account(act);
    let now = stamp(time::OffsetDateTime::now_utc());
    payload.insert("user_id".to_owned(), json!(act.host.person.zoom_user_id));
    payload.insert(
        "signature".to_owned(),
        json!(uuid::Uuid::new_v4().simple().to_string()),
    );
    payload.insert("deauthorization_time".to_owned(), json!(now));
    payload.insert("client_id".to_owned(), json!(CLIENT_ID));
    payload
}
