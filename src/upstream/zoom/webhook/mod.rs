//! Zoom's webhooks: the signature over the raw bytes, the validation of our address, and what a delivery says in ids.
//!
//! Zoom API documentation, "Using webhooks": verify webhook events, validate your webhook endpoint.

use secrecy::SecretString;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::event::{Event, MeetingChange, RecordingChange, What};
use crate::id::{EventId, ZoomNumber, ZoomUserId, ZoomUuid};
use crate::upstream::signature;
use crate::upstream::word::Word;

/// How old a delivery may be, in seconds. Zoom tries again up to 85 minutes later, and does not say whether with a new
/// time; what comes twice is known as such for longer than this.
const OLDEST: i64 = 2 * 60 * 60;
/// By how many seconds Zoom's clock may be ahead.
const AHEAD: i64 = 5 * 60;

/// Why a delivery is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Its signature is by none of our secrets, or there is none.
    Signature,
    /// It is from another time.
    Stale,
    /// It asks us to sign what is no token.
    Challenge,
}

impl Refused {
    /// The fixed word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Stale => "stale",
            Self::Challenge => "challenge",
        }
    }
}

/// A delivery that Zoom signed, in time.
pub struct Delivery<'a> {
    secret: &'a SecretString,
    body: &'a [u8],
}

/// What a delivery says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Zoom asks whether this address is ours.
    Challenge(Answer),
    /// Things happened: none, when it is nothing we tell of.
    Happened(Vec<Event>),
    /// Somebody has taken an app away from their account.
    Deauthorized(Deauthorized),
}

/// Whose account an app was taken away from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deauthorized {
    /// Zoom's id of the account that the person belongs to.
    pub account: String,
    /// Zoom's id of the person.
    pub user: ZoomUserId,
    /// Which app it was.
    pub client_id: String,
}

/// The answer to a validation of our address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    plain_token: String,
    encrypted_token: String,
}

/// Verifies a delivery: `x-zm-signature` is `v0=` and the HMAC-SHA256 of `v0:`, `x-zm-request-timestamp`, `:` and the
/// body by one of the secrets, and the timestamp (Unix seconds) is at most two hours old and five minutes ahead of `now`.
pub fn verify<'a>(
    secrets: &'a [SecretString],
    signature: &[u8],
    timestamp: &[u8],
    body: &'a [u8],
    now: i64,
) -> Result<Delivery<'a>, Refused> {
    let parts: &[&[u8]] = &[b"v0:", timestamp, b":", body];
    // Every secret is tried, so that the time taken does not tell which one it was.
    let ours: Vec<bool> = secrets
        .iter()
        .map(|secret| signature::matches(signature, "v0=", secret, parts))
        .collect();
    let secret = ours
        .iter()
        .position(|ours| *ours)
        .and_then(|index| secrets.get(index))
        .ok_or(Refused::Signature)?;
    let sent = seconds(timestamp).ok_or(Refused::Stale)?;
    if !(now - OLDEST..=now + AHEAD).contains(&sent) {
        return Err(Refused::Stale);
    }
    Ok(Delivery { secret, body })
}

/// Digits only: a signed number has no other spelling.
fn seconds(timestamp: &[u8]) -> Option<i64> {
    let digits = timestamp.len() <= 12 && timestamp.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(timestamp).ok().filter(|_| digits)?;
    text.parse().ok()
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    event: Word,
    #[serde(default)]
    event_ts: Word,
    #[serde(default)]
    payload: Payload,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Payload {
    #[serde(rename = "plainToken")]
    plain_token: Word,
    account_id: Word,
    operator_id: Word,
    operation: Word,
    user_id: Word,
    client_id: Word,
    object: Object,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    id: Word,
    uuid: Word,
    host_id: Word,
    recording_files: Vec<File>,
    meeting_uuids: Vec<Word>,
    /// Which times of a series it is about; only whether there are any counts.
    occurrences: Vec<IgnoredAny>,
    participant: Participant,
}

/// Who came or left, as far as it tells two of them apart; only its hash is kept.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Participant {
    user_id: Word,
    participant_uuid: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    id: Word,
}

impl Delivery<'_> {
    /// What it says. `None` when it cannot be read.
    pub fn read(&self) -> Result<Option<Told>, Refused> {
        // The error may quote what it stumbled on.
        let Ok(body) = serde_json::from_slice::<Body>(self.body) else {
            return Ok(None);
        };
        if body.event.as_str() == "endpoint.url_validation" {
            return self.answer(body.payload.plain_token.as_str()).map(Some);
        }
        if body.event.as_str() == "app_deauthorized" {
            let payload = body.payload;
            return Ok(payload.user_id.to().map(|user| {
                Told::Deauthorized(Deauthorized {
                    account: payload.account_id.as_str().to_owned(),
                    user,
                    client_id: payload.client_id.as_str().to_owned(),
                })
            }));
        }
        Ok(Some(Told::Happened(happened(&body))))
    }

    /// Signs a token, which must be nothing but one: the key that signs it also signs events, and whoever could have
    /// it sign `v0:…` could forge them.
    fn answer(&self, token: &str) -> Result<Told, Refused> {
        let plain = token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if !plain || !(8..=64).contains(&token.len()) {
            return Err(Refused::Challenge);
        }
        Ok(Told::Challenge(Answer {
            plain_token: token.to_owned(),
            encrypted_token: signature::hex(self.secret, &[token.as_bytes()]),
        }))
    }
}

fn happened(body: &Body) -> Vec<Event> {
    let object = &body.payload.object;
    let host: Option<ZoomUserId> = object.host_id.to();
    let meeting: Option<ZoomNumber> = object.id.to();
    let about = |what: What, id: &Word| Event {
        id: id_of(body, id),
        at: body.event_ts.to().unwrap_or_else(clock::millis),
        what,
    };
    if let Some(change) = meeting_change(body.event.as_str()) {
        // One time of a series that is deleted leaves the others.
        let single = !object.occurrences.is_empty() && body.payload.operation.as_str() != "all";
        let change = match change {
            MeetingChange::Deleted if single => MeetingChange::Updated,
            change => change,
        };
        // An update names nobody but who made it, who is the host unless somebody schedules for them.
        let operator = || body.payload.operator_id.to();
        let host = host.or_else(|| operator().filter(|_| change == MeetingChange::Updated));
        let event = meeting.map(|meeting| {
            let what = What::ZoomMeeting {
                host,
                meeting,
                change,
            };
            about(what, &object.uuid)
        });
        return event.into_iter().collect();
    }
    if let Some(change) = recording_change(body.event.as_str()) {
        let recordings = object.meeting_uuids.iter().chain([&object.uuid]);
        return recordings
            .filter_map(|uuid| {
                let recording: ZoomUuid = uuid.to()?;
                let what = What::ZoomRecording {
                    host: host.clone(),
                    meeting,
                    recording,
                    change,
                };
                Some(about(what, uuid))
            })
            .collect();
    }
    Vec::new()
}

/// Zoom's events have no ids; this is what tells one from another.
fn id_of(body: &Body, uuid: &Word) -> EventId {
    let object = &body.payload.object;
    let mut files: Vec<&str> = object
        .recording_files
        .iter()
        .map(|file| file.id.as_str())
        .collect();
    files.sort_unstable();
    let mut parts = vec![
        "zoom",
        body.event.as_str(),
        body.payload.account_id.as_str(),
        uuid.as_str(),
        object.id.as_str(),
        body.event_ts.as_str(),
    ];
    parts.extend(files);
    let participant = &object.participant;
    let who = [&participant.user_id, &participant.participant_uuid].map(Word::as_str);
    parts.extend(who.into_iter().filter(|it| !it.is_empty()));
    EventId::of(&parts)
}

fn meeting_change(event: &str) -> Option<MeetingChange> {
    Some(match event {
        "meeting.created" | "meeting.recovered" => MeetingChange::Created,
        "meeting.updated" => MeetingChange::Updated,
        "meeting.deleted" | "meeting.permanently_deleted" => MeetingChange::Deleted,
        "meeting.started" => MeetingChange::Started,
        "meeting.ended" => MeetingChange::Ended,
        "meeting.participant_joined" => MeetingChange::ParticipantJoined,
        "meeting.participant_left" => MeetingChange::ParticipantLeft,
        _ => return None,
    })
}

fn recording_change(event: &str) -> Option<RecordingChange> {
    Some(match event {
        "recording.completed" => RecordingChange::Completed,
        "recording.transcript_completed" => RecordingChange::TranscriptCompleted,
        "recording.trashed" | "recording.batch_trashed" => RecordingChange::Trashed,
        "recording.deleted" | "recording.batch_deleted" => RecordingChange::Deleted,
        "recording.recovered" | "recording.batch_recovered" => RecordingChange::Recovered,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
