//! Teams chats.

use serde_json::{Value, json};
use time::Duration;
use time::macros::datetime;

use super::{marked, user};
use crate::graph::recurrence::STAMP;
use crate::graph::store::{Chat, State, User};
use crate::world::World;

const LINES: [&str; 6] = [
    "Morning! Has everybody seen DEMO-42?",
    "Ja, ich schaue mir das heute Nachmittag an.",
    "The room is booked <b>from nine</b>.",
    "Super \u{1f44d} danke!",
    "I put the open points into the issue.",
    "Can we move the warehouse visit to Thursday?",
];
const KICK_OFF: &str = "19:meeting_demo42@thread.v2";

pub(super) fn seed(world: &World, state: &mut State) {
    let [alice, bob, dan] = ["alice", "bob", "dan"].map(|it| user(world, it));
    let [frank, grace, heidi] = ["frank", "grace", "heidi"].map(|it| user(world, it));
    let [ivan, judy] = ["ivan", "judy"].map(|it| user(world, it));
    let about = meeting_info(state);
    let crew = ("group", Some("Roll-out crew"));
    let kick_off = ("meeting", Some("Kick-off for the roll-out"));
    state.chats = vec![
        chat(
            world,
            "19:demo42group@thread.v2",
            crew,
            &[&alice, &bob, &dan],
        ),
        chat(world, KICK_OFF, kick_off, &[&alice, &bob]),
        one_on_one(world, &alice, &bob),
        chat(
            world,
            "19:glx42group@thread.v2",
            crew,
            &[&frank, &grace, &heidi],
        ),
        one_on_one(world, &frank, &grace),
        chat(world, "19:ini42group@thread.v2", crew, &[&ivan, &judy]),
    ];
    let meeting = &mut state.chats[1].properties;
    meeting.insert("onlineMeetingInfo".to_owned(), about);
}

fn one_on_one(world: &World, one: &User, other: &User) -> Chat {
    let (low, high) = if one.oid < other.oid {
        (one, other)
    } else {
        (other, one)
    };
    let id = format!("19:{}_{}@unq.gbl.spaces", low.oid, high.oid);
    chat(world, &id, ("oneOnOne", None), &[one, other])
}

fn chat(world: &World, id: &str, (kind, topic): (&str, Option<&str>), members: &[&User]) -> Chat {
    let topic = topic.map(|it| marked(world, it, &format!("chat {id} topic")));
    let messages: Vec<Value> = (0..14).map(|it| message(world, id, it, members)).collect();
    let last = messages.last().map(|it| it["createdDateTime"].clone());
    let tid = &members[0].tid;
    let address: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    let properties = json!({
        "topic": topic, "createdDateTime": "2026-10-28T09:00:00.000Z", "lastUpdatedDateTime": last,
        "chatType": kind,
        "webUrl": format!("https://teams.microsoft.com/l/chat/{address}/0?tenantId={tid}"),
        "tenantId": tid, "onlineMeetingInfo": null, "isHiddenForAllMembers": false,
        "viewpoint": {"isHidden": false, "lastMessageReadDateTime": last},
    });
    Chat {
        id: id.to_owned(),
        properties: properties.as_object().cloned().unwrap_or_default(),
        members: members.iter().map(|it| (*it).clone()).collect(),
        messages,
    }
}

fn message(world: &World, chat: &str, number: usize, members: &[&User]) -> Value {
    let minutes = i64::try_from(number * 37).unwrap_or_default();
    let at = datetime!(2026-11-18 08:00 UTC) + Duration::minutes(minutes);
    let id = (at.unix_timestamp() * 1_000).to_string();
    let at = at
        .format(STAMP)
        .expect("the format has only parts that a time has");
    let at = format!("{}Z", at.trim_end_matches("0000"));
    let author = members[number % members.len()];
    let text = LINES[number % LINES.len()];
    let text = marked(world, text, &format!("chat {chat} message {number}"));
    let first = members[0];
    let by = |user: &User| json!({"application": null, "device": null, "user": user.identity()});
    let content = match number {
        3 => format!("<p><at id=\"0\">{}</at> {text}</p>", first.name),
        // Chat bodies are HTML that somebody else wrote.
        5 => format!("<p>{text}<img src=\"x\" onerror=\"document.title='stolen'\"></p>"),
        _ => format!("<p>{text}</p>"),
    };
    let mut message = json!({
        "id": id, "replyToId": null, "etag": id, "messageType": "message",
        "createdDateTime": at, "lastModifiedDateTime": at, "lastEditedDateTime": null,
        "deletedDateTime": null, "subject": null, "summary": null, "chatId": chat,
        "importance": "normal", "locale": "en-us", "webUrl": null, "channelIdentity": null,
        "policyViolation": null, "eventDetail": null, "from": by(author),
        "body": {"contentType": "html", "content": content},
        "attachments": [], "mentions": [], "reactions": [], "messageHistory": [],
    });
    match number {
        // A chat begins with the news that its members joined, which has no author.
        0 => {
            message["messageType"] = json!("unknownFutureValue");
            message["from"] = Value::Null;
            message["body"]["content"] = json!("<systemEventMessage/>");
            message["eventDetail"] = json!({
                "@odata.type": "#microsoft.graph.membersAddedEventMessageDetail",
                "visibleHistoryStartDateTime": "0001-01-01T00:00:00Z",
                "members": members.iter().map(|it| it.identity()).collect::<Vec<_>>(),
                "initiator": by(author)});
        }
        3 => {
            let mut mentioned = by(first);
            mentioned["conversation"] = Value::Null;
            message["mentions"] =
                json!([{"id": 0, "mentionText": first.name, "mentioned": mentioned}]);
        }
        4 => {
            message["reactions"] = json!([{"reactionType": "like", "displayName": "Like",
                "reactionContentUrl": null, "createdDateTime": at, "user": by(first)}]);
        }
        _ => {}
    }
    message
}

/// What the chat of the kick-off knows of its meeting.
fn meeting_info(state: &State) -> Value {
    let meeting = state
        .meetings
        .iter()
        .find(|it| it.properties["chatInfo"]["threadId"] == KICK_OFF);
    let Some(meeting) = meeting else {
        return Value::Null;
    };
    let events = &state.mailboxes[&meeting.organizer.oid].events;
    let event = events
        .iter()
        .find(|it| it.properties["onlineMeeting"]["joinUrl"] == meeting.join_url.as_str());
    json!({
        "calendarEventId": event.map(|it| it.id.clone()),
        "joinWebUrl": meeting.join_url,
        "organizer": meeting.organizer.identity(),
    })
}
