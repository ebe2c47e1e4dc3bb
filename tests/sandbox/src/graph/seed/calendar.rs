//! Events and the Teams meetings behind them.

use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{marked, user};
use crate::graph::event_edit::add;
use crate::graph::meeting::arrange;
use crate::graph::store::{Artifact, Meeting, State, User};
use crate::world::{World, guid};

const TEXT: &str = "Bitte vorher die Unterlagen lesen.";
/// The thread of the kick-off's chat.
const KICK_OFF: &str = "19:meeting_demo42@thread.v2";

/// An event to be written.
struct Plan<'p> {
    uid: String,
    subject: &'p str,
    location: &'p str,
    start: &'p str,
    end: &'p str,
    /// The thread of its Teams meeting's chat.
    thread: Option<&'p str>,
    weekly_until: Option<&'p str>,
    text: &'p str,
}

/// Whose event it is.
struct Circle<'c> {
    tenant: &'c str,
    organizer: &'c User,
    invited: &'c [&'c User],
    calendars: &'c [&'c User],
}

pub(super) fn seed(world: &World, state: &mut State) {
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|it| user(world, it));
    let circle = Circle {
        tenant: "acme",
        organizer: &alice,
        invited: &[&bob, &carol],
        calendars: &[&alice, &bob],
    };
    for plan in plans() {
        write(world, state, &circle, &plan);
    }
    today(world, state);
    elsewhere(world, state, ["frank", "grace"], "glx");
    elsewhere(world, state, ["ivan", "judy"], "ini");
    record(world, state);
}

fn plans() -> [Plan<'static>; 5] {
    let plan = |k: usize| Plan {
        uid: format!("demo-42-event-{k}@acme.example"),
        subject: "",
        location: "Microsoft Teams Meeting",
        start: "",
        end: "",
        thread: None,
        weekly_until: None,
        text: TEXT,
    };
    [
        Plan {
            subject: "Kick-off for the roll-out",
            location: "Room Isar / Microsoft Teams Meeting",
            start: "2026-11-24T09:00:00",
            end: "2026-11-24T10:00:00",
            thread: Some(KICK_OFF),
            ..plan(1)
        },
        Plan {
            subject: "Weekly roll-out stand-up",
            start: "2026-11-03T08:30:00",
            end: "2026-11-03T08:45:00",
            thread: Some("19:meeting_demo42standup@thread.v2"),
            weekly_until: Some("2027-01-26"),
            ..plan(2)
        },
        Plan {
            subject: "Schulung München \u{1f393}",
            start: "2026-12-01T13:00:00",
            end: "2026-12-01T15:00:00",
            thread: Some("19:meeting_demo42training@thread.v2"),
            ..plan(3)
        },
        Plan {
            subject: "Walk through the warehouse",
            location: "Warehouse 3, Hafenstraße 12",
            start: "2026-11-26T12:00:00",
            end: "2026-11-26T13:30:00",
            ..plan(4)
        },
        Plan {
            subject: "Supplier call",
            location: "https://acme.zoom.us/j/85746065",
            start: "2026-11-27T15:00:00",
            end: "2026-11-27T15:45:00",
            text: "Join Zoom Meeting: https://acme.zoom.us/j/85746065",
            ..plan(5)
        },
    ]
}

/// Two meetings of this very day, in UTC at hours that are the same day almost everywhere, and two of the next: late in
/// the evening it has begun already where people live, and soon does here. One of each names the issue.
fn today(world: &World, state: &mut State) {
    let [alice, bob, carol, dan] = ["alice", "bob", "carol", "dan"].map(|it| user(world, it));
    let circle = Circle {
        tenant: "acme",
        organizer: &bob,
        invited: &[&alice, &carol, &dan],
        calendars: &[&alice, &bob, &carol, &dan],
    };
    let now = OffsetDateTime::now_utc();
    for (first, day) in [(1, now.date()), (3, (now + time::Duration::DAY).date())] {
        of_day(world, state, &circle, (first, day));
    }
}

fn of_day(
    world: &World,
    state: &mut State,
    circle: &Circle<'_>,
    (first, day): (usize, time::Date),
) {
    let times = ["11:00:00", "11:45:00", "13:00:00", "13:30:00"].map(|it| format!("{day}T{it}"));
    let plan = |k: usize| Plan {
        uid: format!("today-{k}@acme.example"),
        subject: "Roll-out: open points (DEMO-42)",
        location: "Microsoft Teams Meeting",
        start: &times[0],
        end: &times[1],
        thread: Some("19:meeting_today@thread.v2"),
        weekly_until: None,
        text: TEXT,
    };
    write(world, state, circle, &plan(first));
    let second = Plan {
        subject: "Kaffee mit dem Betriebsrat \u{2615}",
        location: "Kitchen, floor 2",
        start: &times[2],
        end: &times[3],
        thread: None,
        ..plan(first + 1)
    };
    write(world, state, circle, &second);
}

/// The smaller calendars of the other tenants; one event has the same UID as acme's, with other words.
fn elsewhere(world: &World, state: &mut State, handles: [&str; 2], slug: &str) {
    let [host, guest] = handles.map(|it| user(world, it));
    let circle = Circle {
        tenant: slug,
        organizer: &host,
        invited: &[&guest],
        calendars: &[&host, &guest],
    };
    let domain = host.email.split('@').nth(1).unwrap_or_default();
    let own = format!("{slug}-42-event-1@{domain}");
    for uid in [own, "demo-42-event-1@acme.example".to_owned()] {
        let plan = Plan {
            uid,
            subject: "Planning with the partner",
            location: "Room 2",
            start: "2026-11-25T09:00:00",
            end: "2026-11-25T09:30:00",
            thread: None,
            weekly_until: None,
            text: "Agenda follows.",
        };
        write(world, state, &circle, &plan);
    }
}

fn write(world: &World, state: &mut State, circle: &Circle<'_>, plan: &Plan<'_>) {
    let label = |part: &str| format!("{} event {} {part}", circle.tenant, plan.uid);
    let time = |at: &str| json!({"dateTime": format!("{at}.0000000"), "timeZone": "UTC"});
    let subject = marked(world, plan.subject, &label("subject"));
    let text = marked(world, plan.text, &label("body"));
    let location = marked(world, plan.location, &label("location"));
    let attendees: Vec<Value> = circle
        .invited
        .iter()
        .enumerate()
        .map(|(index, it)| {
            let response = ["accepted", "tentativelyAccepted", "none"][index % 3];
            json!({"type": if index == 0 { "required" } else { "optional" },
                "status": {"response": response, "time": "2026-11-05T09:12:00Z"},
                "emailAddress": {"name": it.name, "address": it.email}})
        })
        .collect();
    let mut event = json!({
        "iCalUId": plan.uid, "subject": subject,
        "body": {"contentType": "html", "content": format!("<html><body><p>{text}</p></body></html>")},
        "start": time(plan.start), "end": time(plan.end),
        "createdDateTime": "2026-11-02T08:15:00Z", "lastModifiedDateTime": "2026-11-05T09:12:00Z",
        "location": {"displayName": location, "locationType": "default", "uniqueId": location,
            "uniqueIdType": "private", "address": {}, "coordinates": {}},
        "attendees": attendees,
    });
    event["locations"] = json!([event["location"]]);
    if let Some(until) = plan.weekly_until {
        event["recurrence"] = json!({
            "pattern": {"type": "weekly", "interval": 1, "month": 0, "dayOfMonth": 0,
                "daysOfWeek": ["tuesday"], "firstDayOfWeek": "monday", "index": "first"},
            "range": {"type": "endDate", "startDate": &plan.start[..10], "endDate": until,
                "recurrenceTimeZone": "UTC", "numberOfOccurrences": 0},
        });
    }
    if let Some(thread) = plan.thread {
        let attendees = circle.invited.iter().map(|it| (*it).clone()).collect();
        let span = (&event["start"], &event["end"]);
        let meeting = arrange(circle.organizer, attendees, thread, &subject, span);
        event["isOnlineMeeting"] = json!(true);
        event["onlineMeetingProvider"] = json!("teamsForBusiness");
        event["onlineMeeting"] = json!({"joinUrl": meeting.join_url});
        state.meetings.push(meeting);
    }
    let event = event.as_object().cloned().unwrap_or_default();
    for owner in circle.calendars {
        let mailbox = state.mailbox_mut(&owner.oid);
        let index = add(mailbox, circle.organizer, &event);
        if owner.oid != circle.organizer.oid {
            let accepted = json!({"response": "accepted", "time": "2026-11-05T09:12:00Z"});
            let written = &mut mailbox.events[index].properties;
            written.insert("responseStatus".to_owned(), accepted);
        }
    }
}

/// The kick-off was recorded and transcribed.
fn record(world: &World, state: &mut State) {
    let base = format!("{}/v1.0", world.addresses().graph);
    let meeting = state
        .meetings
        .iter_mut()
        .find(|it| it.properties["chatInfo"]["threadId"] == KICK_OFF)
        .expect("the kick-off was written before");
    let words = marked(world, "Let us begin with the plan.", "teams transcript");
    let transcript =
        format!("WEBVTT\r\n\r\n00:00:01.000 --> 00:00:04.000\r\n<v Alice Meyer>{words}</v>\r\n");
    let picture = marked(world, "the moving picture", "teams recording");
    // The first box of an MP4 file, then what stands for its content.
    let film = [
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".as_slice(),
        picture.as_bytes(),
    ]
    .concat();
    let recording = artifact(meeting, &base, "recording", film);
    let transcript = artifact(meeting, &base, "transcript", transcript.into_bytes());
    meeting.recordings.push(recording);
    meeting.transcripts.push(transcript);
}

fn artifact(meeting: &Meeting, base: &str, kind: &str, content: Vec<u8>) -> Artifact {
    let id = guid("teams artifact", &format!("{} {kind}", meeting.id));
    let organizer = &meeting.organizer;
    let address = format!(
        "{base}/users/{}/onlineMeetings/{}/{kind}s/{id}/content",
        organizer.oid, meeting.id
    );
    let mut properties = json!({
        "id": id, "meetingId": meeting.id, "callId": guid("teams call", &meeting.id),
        "contentCorrelationId": format!("{}-0", Uuid::nil()),
        "createdDateTime": "2026-11-24T09:02:10.1120000Z",
        "endDateTime": "2026-11-24T09:58:41.0010000Z",
        "meetingOrganizer": {"application": null, "device": null, "user": {
            "@odata.type": "#microsoft.graph.teamworkUserIdentity", "id": organizer.oid,
            "displayName": null, "userIdentityType": "aadUser"}},
    });
    properties[format!("{kind}ContentUrl")] = json!(address);
    Artifact {
        id,
        properties: properties.as_object().cloned().unwrap_or_default(),
        content,
    }
}
