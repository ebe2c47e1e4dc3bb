//! Makes things happen at Zoom by themselves: meetings are planned, begin and end, recordings are ready and removed.

use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use super::endpoint::{keep_valid, validate_again};
use super::{Act, attended, instance, meeting, recording, removed, updated};
use crate::courier::Parcel;
use crate::event::{Caused, Event};
use crate::world::{Person, World};
use crate::zoom::access::Visitor;
use crate::zoom::meetings::{base64_uuid, new_meeting};
use crate::zoom::model::{Instance, Meeting, Participant};
use crate::zoom::path::MeetingRef;
use crate::zoom::state::State;
use crate::zoom::story::{self, DEMO_42_MEETING};

/// What can happen here.
const KINDS: [&str; 14] = [
    "meeting.created",
    "meeting.updated",
    "meeting.deleted",
    "meeting.started",
    "meeting.ended",
    "meeting.participant_joined",
    "meeting.participant_left",
    "recording.completed",
    "recording.transcript_completed",
    "recording.trashed",
    "recording.deleted",
    "recording.recovered",
    "app_deauthorized",
    "endpoint.url_validation",
];

const TRANSCRIPT: &str = "TRANSCRIPT";

/// Changes what Zoom has as the event says, and makes the webhooks that tell of it.
pub(crate) async fn cause(world: &World, event: &Event) -> Result<Caused, String> {
    let kind = event.kind.as_str();
    if !KINDS.contains(&kind) {
        return Err(format!("{kind:?} is none of {}", KINDS.join(", ")));
    }
    keep_valid(world).await;
    let mut ids = Map::new();
    if kind == "endpoint.url_validation" {
        let url = validate_again(world).await?;
        ids.insert("url".to_owned(), json!(url));
        return Ok(Caused {
            ids,
            parcels: Vec::new(),
        });
    }
    let person = match event.person.as_deref().or(event.by.as_deref()) {
        Some(handle) => world
            .find(|it| it.handle == handle)
            .ok_or_else(|| format!("there is no {handle}"))?,
        None => host_of(world, event).unwrap_or_else(|| world.person("alice")),
    };
    ids.insert("person".to_owned(), json!(person.handle));
    let host = Visitor { person };
    let scene = Scene {
        world,
        event,
        act: Act {
            host: &host,
            age: event.age_s.unwrap_or_default(),
        },
    };
    let mut state = world.zoom();
    let parcels = match kind.split_once('.') {
        Some(("meeting", "started" | "ended")) => scene.take_place(&mut state, &mut ids)?,
        Some(("meeting", "participant_joined" | "participant_left")) => {
            scene.attend(&mut state, &mut ids)?
        }
        Some(("meeting", _)) => scene.plan(&mut state, &mut ids)?,
        Some(_) => scene.record(&mut state, &mut ids)?,
        None => {
            state.remove_app(host.person.handle);
            removed(&state, scene.act)
        }
    };
    Ok(Caused { ids, parcels })
}

/// One event on the way.
struct Scene<'s> {
    world: &'s World,
    event: &'s Event,
    act: Act<'s>,
}

impl Scene<'_> {
    /// The meeting that is meant: named, or the story's, or the host's first.
    fn reference(&self, state: &State) -> Result<MeetingRef, String> {
        if let Some(named) = &self.event.meeting {
            let number = named.parse().map(MeetingRef::Number);
            return Ok(number.unwrap_or_else(|_| MeetingRef::Uuid(named.clone())));
        }
        let handle = self.act.host.person.handle;
        let mut own = state.meetings.iter().filter(|it| it.host == handle);
        let found = own
            .clone()
            .find(|it| it.number == DEMO_42_MEETING)
            .or_else(|| own.next());
        found
            .map(|it| MeetingRef::Number(it.number))
            .ok_or_else(|| format!("{handle} has no meeting"))
    }

    fn meeting(&self, state: &State) -> Result<Meeting, String> {
        let reference = self.reference(state)?;
        let found = state.meeting(&reference).cloned();
        found.ok_or_else(|| format!("there is no meeting {reference}"))
    }

    fn plan(&self, state: &mut State, ids: &mut Map<String, Value>) -> Result<Vec<Parcel>, String> {
        let words = self.event.words(self.world);
        let kind = self.event.kind.as_str();
        if kind == "meeting.created" {
            let mut made = new_meeting(state, self.act.host);
            made.topic = words;
            made.passcode = self.canary("passcode", &made.uuid);
            made.starts_at = Some(state.now() + Duration::days(1));
            name(ids, made.number, &made.uuid);
            let parcels = meeting(state, self.act, kind, &made);
            state.meetings.push(made);
            return Ok(parcels);
        }
        let before = self.meeting(state)?;
        name(ids, before.number, &before.uuid);
        if kind == "meeting.deleted" {
            state.meetings.retain(|it| it.number != before.number);
            return Ok(meeting(state, self.act, kind, &before));
        }
        let mut after = before.clone();
        after.starts_at = after.starts_at.map(|it| it + Duration::hours(1));
        if self.event.subject.is_some() || after.starts_at.is_none() {
            after.topic = words;
        }
        let parcels = updated(state, self.act, &before, &after);
        if let Some(held) = state
            .meetings
            .iter_mut()
            .find(|it| it.number == after.number)
        {
            *held = after;
        }
        Ok(parcels)
    }

    fn take_place(
        &self,
        state: &mut State,
        ids: &mut Map<String, Value>,
    ) -> Result<Vec<Parcel>, String> {
        let kind = self.event.kind.as_str();
        let now = now();
        let place = if kind == "meeting.started" {
            let mut begun = self.new_instance(state)?;
            begun.duration = 0;
            begun.recording = None;
            begun.summary = None;
            state.instances.push(begun);
            state.instances.len() - 1
        } else {
            let reference = self.reference(state)?;
            let uuid = state.instance(&reference).map(|it| it.uuid.clone());
            let uuid = uuid.ok_or_else(|| format!("{reference} never began"))?;
            let place = state.instances.iter().position(|it| it.uuid == uuid);
            let place = place.ok_or("it was just there")?;
            let ended = &mut state.instances[place];
            if ended.duration == 0 {
                let minutes = (now - ended.started_at).whole_minutes().max(1);
                ended.duration = u32::try_from(minutes).unwrap_or(1);
            }
            place
        };
        let it = &state.instances[place];
        name(ids, it.number, &it.uuid);
        Ok(instance(state, self.act, kind, it))
    }

    /// Somebody comes to the meeting that takes place, or leaves it: who does it, else a guest.
    fn attend(
        &self,
        state: &mut State,
        ids: &mut Map<String, Value>,
    ) -> Result<Vec<Parcel>, String> {
        let kind = self.event.kind.as_str();
        let reference = self.reference(state)?;
        let number = state.meeting(&reference).map(|it| it.number);
        let running = number.and_then(|it| state.running(it)).cloned();
        let running = running.ok_or_else(|| format!("{reference} does not take place now"))?;
        let who = self.event.by.as_deref();
        let who = who.and_then(|handle| self.world.find(|it| it.handle == handle));
        let who = match who {
            Some(person) => Participant {
                id: person.zoom_user_id.clone(),
                name: person.name.into(),
                email: person.email.clone(),
                duration: 0,
            },
            None => Participant {
                id: String::new(),
                name: format!("Gast {}", self.canary("guest", &running.uuid)),
                email: String::new(),
                duration: 0,
            },
        };
        name(ids, running.number, &running.uuid);
        let held = state
            .instances
            .iter_mut()
            .find(|it| it.uuid == running.uuid);
        if let Some(held) = held.filter(|_| kind == "meeting.participant_joined") {
            held.participants.push(who.clone());
        }
        Ok(attended(state, self.act, kind, &running, &who))
    }

    fn record(
        &self,
        state: &mut State,
        ids: &mut Map<String, Value>,
    ) -> Result<Vec<Parcel>, String> {
        let kind = self.event.kind.as_str();
        let reference = self.reference(state)?;
        let uuid = match (&reference, kind) {
            // A series is recorded once more.
            (MeetingRef::Number(_), "recording.completed") => {
                let fresh = self.new_instance(state)?;
                state.instances.push(fresh);
                state.instances.last().map(|it| it.uuid.clone())
            }
            _ => state
                .recorded_instance(&reference)
                .map(|it| it.uuid.clone()),
        };
        let uuid = uuid.ok_or_else(|| format!("{reference} never took place"))?;
        let now = state.now();
        let it = state.instances.iter_mut().find(|it| it.uuid == uuid);
        let it = it.ok_or("it was just there")?;
        name(ids, it.number, &it.uuid);
        let told = it.clone();
        let missing = || format!("{reference} has no recording");
        let mut files = None;
        match kind {
            "recording.completed" => {
                // The transcript follows later, with an event of its own.
                let mut made = story::recording(self.world, &label(&uuid));
                made.files.retain(|file| file.kind != TRANSCRIPT);
                made.passcode = self.canary("passcode", &uuid);
                made.play_passcode = self.canary("play passcode", &uuid);
                it.recording = Some(made);
            }
            "recording.transcript_completed" => {
                let held = it.recording.as_mut().ok_or_else(missing)?;
                if !held.files.iter().any(|file| file.kind == TRANSCRIPT) {
                    let made = story::recording(self.world, &label(&uuid)).files;
                    held.files
                        .extend(made.into_iter().filter(|file| file.kind == TRANSCRIPT));
                }
                let named = held.files.iter().filter(|file| file.kind == TRANSCRIPT);
                files = Some(named.map(|file| file.id.clone()).collect::<Vec<_>>());
            }
            "recording.trashed" => {
                it.recording.as_mut().ok_or_else(missing)?.trashed_at = Some(now);
            }
            "recording.recovered" => {
                let held = it.recording.as_mut().ok_or_else(missing)?;
                held.trashed_at = None;
            }
            _ => drop(it.recording.take().ok_or_else(missing)?),
        }
        // What is gone is told as it was.
        let told = if kind == "recording.deleted" {
            told
        } else {
            it.clone()
        };
        if let Some(recording) = &told.recording {
            let shown = recording
                .files
                .iter()
                .filter(|file| files.as_ref().is_none_or(|named| named.contains(&file.id)));
            let shown: Vec<_> = shown.map(|file| file.id.clone()).collect();
            ids.insert("files".to_owned(), json!(shown));
        }
        Ok(recording(
            self.world,
            state,
            self.act,
            kind,
            &told,
            files.as_deref(),
        ))
    }

    /// The meeting takes place now, once more.
    fn new_instance(&self, state: &State) -> Result<Instance, String> {
        let meeting = self.meeting(state)?;
        let uuid = base64_uuid();
        let person = &self.act.host.person;
        let audience = std::slice::from_ref(person);
        let mut fresh = story::instance(
            self.world,
            &label(&uuid),
            &uuid,
            meeting.number,
            person,
            audience,
        );
        fresh.topic = meeting.topic;
        fresh.kind = meeting.kind;
        fresh.duration = meeting.duration;
        fresh.started_at = now() - Duration::minutes(i64::from(meeting.duration));
        Ok(fresh)
    }

    fn canary(&self, part: &str, of: &str) -> String {
        self.world.canary(&format!("zoom event {of} {part}"))
    }
}

/// Whose meeting is named.
fn host_of(world: &World, event: &Event) -> Option<Person> {
    let named = event.meeting.as_ref()?;
    let reference = named
        .parse()
        .map_or_else(|_| MeetingRef::Uuid(named.clone()), MeetingRef::Number);
    let handle = world.zoom().meeting(&reference)?.host.clone();
    world.find(|it| it.handle == handle)
}

fn name(ids: &mut Map<String, Value>, number: u64, uuid: &str) {
    ids.insert("meeting".to_owned(), json!(number.to_string()));
    ids.insert("uuid".to_owned(), json!(uuid));
}

/// What the texts of an instance are named after.
fn label(uuid: &str) -> String {
    format!("event {uuid}")
}

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
        .replace_nanosecond(0)
        .expect("zero nanoseconds exist")
}
