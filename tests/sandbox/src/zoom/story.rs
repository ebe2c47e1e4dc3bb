//! The story in Zoom: who hosted what, who recorded it, and the canaries planted in every text.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use super::model::{Content, File, Instance, Meeting, Participant, Recording, Summary};
use crate::world::{Person, World, digest, guid};

/// The number of the Zoom meeting of DEMO-42, hosted by alice.
pub const DEMO_42_MEETING: u64 = 85_746_065;

/// The recorded instances of DEMO-42, oldest first; each needs another treatment in a path.
pub const DEMO_42_RECORDINGS: [&str; 4] = [
    "4444AAAiAAAAAiAiAiiAii==",
    "/ajXp112QmuoKj4854875==",
    "abc//def1234567890123==",
    "a/bc/def==",
];

/// An instance of the same meeting that nobody recorded.
pub const DEMO_42_UNRECORDED: &str = "nR0gpQrsTuWxYz+123456A==";

/// Everything Zoom holds at the beginning.
pub fn tell(world: &World) -> (Vec<Meeting>, Vec<Instance>) {
    let now = OffsetDateTime::now_utc()
        .replace_nanosecond(0)
        .expect("zero nanoseconds exist");
    let mut meetings = Vec::new();
    let mut instances = Vec::new();
    kick_off(world, now, &mut meetings, &mut instances);
    for (index, person) in world.people().iter().enumerate() {
        own_meeting(world, now, person, index, &mut meetings, &mut instances);
    }
    (meetings, instances)
}

/// The weekly meeting of DEMO-42 with four recorded instances and one that was not recorded.
fn kick_off(
    world: &World,
    now: OffsetDateTime,
    meetings: &mut Vec<Meeting>,
    instances: &mut Vec<Instance>,
) {
    let alice = world.person("alice");
    let canary = |label: &str| world.canary(&format!("zoom DEMO-42 {label}"));
    let topic = format!(
        "DEMO-42 Kick-off for the roll-out – weekly {}",
        canary("topic")
    );
    meetings.push(Meeting {
        number: DEMO_42_MEETING,
        uuid: "kF9demo42SeriesUuid+0A==".into(),
        host: alice.handle.into(),
        topic: topic.clone(),
        agenda: format!(
            "1. Stand der Einführung 🚀\n2. Risiken\n3. Next steps {}",
            canary("agenda")
        ),
        kind: 8,
        starts_at: Some(hour(now + Duration::days(2), 9)),
        duration: 45,
        timezone: "Europe/Berlin".into(),
        passcode: "r0ll-Out".into(),
        created_at: now - Duration::days(40),
        recurrence: Some(
            json!({ "type": 2, "repeat_interval": 1, "weekly_days": "2", "end_times": 12 }),
        ),
        exceptions: BTreeMap::new(),
        settings: Map::new(),
    });
    let audience = ["alice", "bob", "carol"].map(|handle| world.person(handle));
    for (index, uuid) in DEMO_42_RECORDINGS.iter().enumerate() {
        let week = i64::try_from(index).expect("four weeks");
        let label = format!("instance {}", index + 1);
        let mut instance = instance(world, &label, uuid, DEMO_42_MEETING, &alice, &audience);
        instance.topic.clone_from(&topic);
        instance.kind = 8;
        instance.started_at = hour(now - Duration::days(25 - 7 * week), 9);
        instance.duration = 45;
        instances.push(instance);
    }
    let mut unrecorded = instance(
        world,
        "unrecorded",
        DEMO_42_UNRECORDED,
        DEMO_42_MEETING,
        &alice,
        &audience,
    );
    unrecorded.topic = topic;
    unrecorded.kind = 8;
    unrecorded.started_at = hour(now - Duration::days(32), 9);
    unrecorded.recording = None;
    unrecorded.summary = None;
    instances.push(unrecorded);
}

/// Everybody's own meeting with a recorded instance; each text carries a canary of that person.
fn own_meeting(
    world: &World,
    now: OffsetDateTime,
    person: &Person,
    index: usize,
    meetings: &mut Vec<Meeting>,
    instances: &mut Vec<Instance>,
) {
    let number = 91_200_000_000 + 1_111 * (index as u64 + 1);
    let label = format!("own {}", person.handle);
    let topic = format!(
        "{}'s review – Überblick {}",
        person.name,
        world.canary(&format!("zoom {label} topic"))
    );
    let days = i64::try_from(index).expect("a dozen people");
    meetings.push(Meeting {
        number,
        uuid: uuid(&format!("{label} series")),
        host: person.handle.into(),
        topic: topic.clone(),
        agenda: format!(
            "Quarterly figures {}",
            world.canary(&format!("zoom {label} agenda"))
        ),
        kind: 2,
        starts_at: Some(hour(now + Duration::days(1 + days), 13)),
        duration: 30,
        timezone: "UTC".into(),
        passcode: format!("pw{number}").chars().take(10).collect(),
        created_at: now - Duration::days(10),
        recurrence: None,
        exceptions: BTreeMap::new(),
        settings: Map::new(),
    });
    let guests = [person.clone()];
    let mut past = instance(world, &label, &uuid(&label), number, person, &guests);
    past.topic = topic;
    past.started_at = hour(now - Duration::days(3 + days), 13);
    past.duration = 30;
    instances.push(past);
}

/// A meeting that took place, recorded and summarized, with texts named after a label.
pub fn instance(
    world: &World,
    label: &str,
    uuid: &str,
    number: u64,
    host: &Person,
    audience: &[Person],
) -> Instance {
    let canary = |part: &str| world.canary(&format!("zoom {label} {part}"));
    let participants = audience.iter().map(|person| Participant {
        id: person.zoom_user_id.clone(),
        name: person.name.into(),
        email: person.email.clone(),
        duration: 2_400,
    });
    let guest = Participant {
        id: String::new(),
        name: format!("Gast {}", canary("guest")),
        email: String::new(),
        duration: 1_260,
    };
    Instance {
        uuid: uuid.into(),
        number,
        host: host.handle.into(),
        topic: String::new(),
        kind: 2,
        started_at: OffsetDateTime::UNIX_EPOCH,
        duration: 30,
        participants: participants.chain([guest]).collect(),
        summary: Some(Summary {
            title: format!("Meeting summary {}", canary("summary title")),
            overview: format!(
                "The team agreed on the roll-out order {}",
                canary("summary overview")
            ),
            next_step: format!("Send the plan {}", canary("summary next step")),
            content: format!(
                "## Key takeaways\n- Roll-out starts in Zürich\n\n## Next steps\n- Prüfen {}",
                canary("summary content")
            ),
        }),
        recording: Some(recording(world, label)),
    }
}

/// A recording with its files, named after a label.
pub fn recording(world: &World, label: &str) -> Recording {
    let canary = |part: &str| world.canary(&format!("zoom {label} {part}"));
    let file = |kind, extension, recording_type, content| File {
        id: guid("zoom file", &format!("{label} {kind}")),
        kind,
        extension,
        recording_type,
        key: key(&format!("{label} {kind}")),
        content,
        trashed: false,
    };
    let media = |brand: &[u8; 4], part: &str, bytes| Content::Media {
        brand: *brand,
        canary: canary(part),
        bytes,
    };
    let transcript = format!(
        "WEBVTT\r\n\r\n1\r\n00:00:03.120 --> 00:00:06.480\r\nAlice Meyer: Guten Morgen, let us begin. {}\r\n\r\n2\r\n00:00:07.000 --> 00:00:09.300\r\nBob Tanaka: The pilot group is ready.\r\n",
        canary("transcript")
    );
    let chat = format!(
        "00:04:11\t Bob Tanaka:\tLink zum Plan 📎 {}\r\n00:05:02\t Carol Diaz:\tDanke!\r\n",
        canary("chat")
    );
    Recording {
        passcode: format!("Pw-{}", &key(&format!("{label} passcode"))[..7]),
        play_passcode: key(&format!("{label} play passcode")),
        files: vec![
            file(
                "MP4",
                "MP4",
                "shared_screen_with_speaker_view",
                media(b"isom", "video", 0),
            ),
            file("M4A", "M4A", "audio_only", media(b"M4A ", "audio", 65_536)),
            file(
                "TRANSCRIPT",
                "VTT",
                "audio_transcript",
                Content::Text(transcript),
            ),
            file("CHAT", "TXT", "chat_file", Content::Text(chat)),
        ],
        trashed_at: None,
        settings: recording_settings(),
    }
}

fn recording_settings() -> Map<String, Value> {
    let settings = json!({
        "share_recording": "internally",
        "recording_authentication": false,
        "viewer_download": true,
        "on_demand": false,
        "approval_type": 2,
        "send_email_to_host": false,
        "show_social_share_buttons": false,
    });
    settings
        .as_object()
        .cloned()
        .expect("an object was written above")
}

/// A UUID as Zoom writes them: 16 bytes in base64.
fn uuid(label: &str) -> String {
    STANDARD.encode(&digest("zoom uuid", label)[..16])
}

/// An unguessable-looking part of a link.
fn key(label: &str) -> String {
    STANDARD
        .encode(digest("zoom key", label))
        .replace(['+', '/', '='], "x")
}

/// That day, at the full hour (UTC).
fn hour(day: OffsetDateTime, hour: u8) -> OffsetDateTime {
    day.replace_time(time::Time::from_hms(hour, 0, 0).expect("an hour of the day"))
}
