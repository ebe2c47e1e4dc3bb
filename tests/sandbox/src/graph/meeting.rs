//! Teams meetings: found by their join address, with recordings and transcripts for the organizer.
//! <https://learn.microsoft.com/graph/api/resources/onlinemeeting>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::exchange::{Call, Outcome, Reply};
use super::filter::{Comparison, Filter, Literal};
use super::options::{Options, Paging};
use super::store::{Artifact, Meeting, User};
use crate::world::{World, digest};

const READ: &[&str] = &["OnlineMeetings.Read", "OnlineMeetings.ReadWrite"];
const PAGING: Paging = Paging {
    default: 100,
    most: 100,
    keeps_id: false,
    position: "$skiptoken",
};

/// Answers below `/me/onlineMeetings`.
pub fn answer(world: &World, call: &Call, owner: &User, rest: &[&str]) -> Outcome {
    if owner.oid != call.access.person.oid {
        return Err(forbidden());
    }
    if call.method != Method::GET {
        return Err(Reply::method_not_allowed());
    }
    let graph = world.graph();
    let base = &world.addresses().graph;
    let one = |id: &str| {
        let found = graph
            .meetings
            .iter()
            .find(|it| it.id == id && takes_part(it, owner));
        found.ok_or_else(not_found)
    };
    match rest {
        [] => {
            call.teams_needs(READ)?;
            let options = Options::read(call)?;
            let Some(filter) = &options.filter else {
                return Err(Reply::bad_request(
                    "InvalidArgument",
                    "Filter expression expected - /onlineMeetings?$filter=JoinWebUrl eq '{joinWebUrl}'.",
                ));
            };
            let address = asked_for(filter)?;
            let found = graph.meetings.iter().filter(|it| takes_part(it, owner));
            let items = found
                .filter(|it| address(it))
                .map(|it| Value::Object(whole(it)))
                .collect();
            options.page(call, base, items, PAGING).map(Reply::ok)
        }
        [id] => {
            call.teams_needs(READ)?;
            let mut item = Value::Object(whole(one(id)?));
            Options::read(call)?.trim(&mut item, false);
            Ok(Reply::ok(item))
        }
        [id, kind @ ("recordings" | "transcripts"), rest @ ..] => {
            let is_recording = *kind == "recordings";
            call.teams_needs(if is_recording {
                &["OnlineMeetingRecording.Read.All"]
            } else {
                &["OnlineMeetingTranscript.Read.All"]
            })?;
            let meeting = one(id)?;
            let items = if is_recording {
                &meeting.recordings
            } else {
                &meeting.transcripts
            };
            artifacts(call, base, meeting, items, is_recording, rest)
        }
        [.., last] => Err(Reply::unknown_segment(last)),
    }
}

/// Makes a meeting with all its addresses, as creating an event with `isOnlineMeeting` does.
pub fn arrange(
    organizer: &User,
    attendees: Vec<User>,
    thread: &str,
    subject: &str,
    (start, end): (&Value, &Value),
) -> Meeting {
    let context = format!(
        "{{\"Tid\":\"{}\",\"Oid\":\"{}\"}}",
        organizer.tid, organizer.oid
    );
    let join_url = format!(
        "https://teams.microsoft.com/l/meetup-join/{}/0?context={}",
        encoded(thread),
        encoded(&context)
    );
    let id = STANDARD.encode(format!("1*{}*0**{thread}", organizer.oid));
    let info = |user: &User, role: &str| {
        json!({"upn": user.email, "role": role, "identity": {
        "application": null, "device": null,
        "user": {"id": user.oid, "displayName": user.name}}})
    };
    let number = digest("teams meeting", thread)
        .iter()
        .take(13)
        .map(|it| char::from(b'0' + it % 10))
        .collect::<String>();
    let time = |at: &Value| {
        at["dateTime"]
            .as_str()
            .map(|it| format!("{}Z", it.trim_end_matches('Z').trim_end_matches(".0000000")))
    };
    let properties = json!({
        "creationDateTime": "2026-11-02T08:15:00Z",
        "startDateTime": time(start), "endDateTime": time(end),
        "joinWebUrl": join_url, "subject": subject,
        "isBroadcast": false, "isEntryExitAnnounced": false,
        "allowedPresenters": "everyone", "allowAttendeeToEnableMic": true, "allowAttendeeToEnableCamera": true,
        "allowMeetingChat": "enabled", "allowTeamworkReactions": true, "allowRecording": true,
        "allowTranscription": true, "recordAutomatically": false, "broadcastSettings": null,
        "audioConferencing": null, "videoTeleconferenceId": null, "externalId": null,
        "chatInfo": {"threadId": thread, "messageId": "0", "replyChainMessageId": null},
        "joinMeetingIdSettings": {"isPasscodeRequired": false, "joinMeetingId": number, "passcode": null},
        "lobbyBypassSettings": {"scope": "organization", "isDialInBypassEnabled": false},
        "participants": {
            "organizer": info(organizer, "presenter"),
            "attendees": attendees.iter().map(|it| info(it, "attendee")).collect::<Vec<_>>()
        },
    });
    Meeting {
        id,
        join_url,
        organizer: organizer.clone(),
        attendees,
        properties: properties.as_object().cloned().unwrap_or_default(),
        recordings: Vec::new(),
        transcripts: Vec::new(),
    }
}

fn artifacts(
    call: &Call,
    base: &str,
    meeting: &Meeting,
    items: &[Artifact],
    is_recording: bool,
    rest: &[&str],
) -> Outcome {
    let one = |id: &str| items.iter().find(|it| it.id == id).ok_or_else(not_found);
    match rest {
        [] => {
            let items = items
                .iter()
                .map(|it| Value::Object(it.properties.clone()))
                .collect();
            Options::read(call)?
                .page(call, base, items, PAGING)
                .map(Reply::ok)
        }
        [id] => Ok(Reply::ok(Value::Object(one(id)?.properties.clone()))),
        // With delegated permissions the bytes are the organizer's only.
        [_, "content"] if meeting.organizer.oid != call.access.person.oid => Err(forbidden()),
        [id, "content"] if is_recording => Ok(Reply::bytes("video/mp4", one(id)?.content.clone())),
        [id, "content"] => Ok(Reply::bytes("text/vtt", one(id)?.content.clone())),
        [.., last] => Err(Reply::unknown_segment(last)),
    }
}

fn whole(meeting: &Meeting) -> super::store::Properties {
    let mut properties = meeting.properties.clone();
    properties.insert("id".to_owned(), json!(meeting.id));
    properties
}

fn takes_part(meeting: &Meeting, user: &User) -> bool {
    meeting.organizer.oid == user.oid || meeting.attendees.iter().any(|it| it.oid == user.oid)
}

/// The two filters this collection knows.
fn asked_for(filter: &Filter) -> Result<impl Fn(&Meeting) -> bool, Reply> {
    let Filter::Compare(path, Comparison::Equal, Literal::Text(text)) = filter else {
        return Err(Reply::bad_request(
            "InvalidArgument",
            "Only an equality on JoinWebUrl or joinMeetingIdSettings/joinMeetingId is supported.",
        ));
    };
    let by_address = match path.last().map(|it| it.to_ascii_lowercase()).as_deref() {
        Some("joinweburl") => true,
        Some("joinmeetingid") => false,
        _ => {
            return Err(Reply::bad_request(
                "InvalidArgument",
                "The filter property is not supported.",
            ));
        }
    };
    let text = text.clone();
    Ok(move |meeting: &Meeting| {
        if by_address {
            // The address is itself percent-encoded, and clients encode it once more or not.
            return decoded(&meeting.join_url) == decoded(&text);
        }
        meeting.properties["joinMeetingIdSettings"]["joinMeetingId"] == text.replace(' ', "")
    })
}

fn not_found() -> Reply {
    Reply::error(
        StatusCode::NOT_FOUND,
        "NotFound",
        "No meeting or artifact was found.",
    )
}

fn forbidden() -> Reply {
    Reply::error(
        StatusCode::FORBIDDEN,
        "Forbidden",
        "User does not have access to lookup meeting.",
    )
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%2D", "-")
        .replace("%2E", ".")
        .replace("%5F", "_")
}

fn decoded(text: &str) -> String {
    let once = percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned();
    percent_encoding::percent_decode_str(&once)
        .decode_utf8_lossy()
        .into_owned()
}
