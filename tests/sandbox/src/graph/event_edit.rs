//! Creating, changing, cancelling and deleting events, and the copies in the calendars of those invited.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::calendar::find;
use super::change::Kind;
use super::exchange::{Call, Reply};
use super::meeting;
use super::recurrence::STAMP;
use super::store::{Event, Mailbox, Properties, State, User};

/// Carries out a write below `…/events`. Gives the status and the event to show, if there is one to show.
pub fn apply(
    graph: &mut State,
    owner: &User,
    call: &Call,
    rest: &[&str],
) -> Result<Option<(StatusCode, usize)>, Reply> {
    match (&call.method, rest) {
        (&Method::POST, []) => create(graph, owner, call).map(Some),
        (&Method::PATCH, [id]) => {
            let changes = call.json()?;
            let uid = uid_of(graph, owner, id)?;
            change_all(graph, &uid, &changes);
            let index = graph.mailboxes[&owner.oid].event(id);
            Ok(index.map(|it| (StatusCode::OK, it)))
        }
        (&Method::DELETE, [id]) => {
            let uid = uid_of(graph, owner, id)?;
            let mailbox = graph.mailbox_mut(&owner.oid);
            let was_organizer =
                events_of(mailbox, &uid).any(|it| it.properties["isOrganizer"] == true);
            mailbox.drop_events(&uid);
            if was_organizer {
                cancel(graph, &uid);
            }
            Ok(None)
        }
        (&Method::POST, [id, "cancel"]) => {
            let uid = uid_of(graph, owner, id)?;
            let mailbox = graph.mailbox_mut(&owner.oid);
            if events_of(mailbox, &uid).any(|it| it.properties["isOrganizer"] != true) {
                return Err(Reply::bad_request(
                    "ErrorInvalidRequest",
                    "Your request can't be completed. You need to be an organizer to cancel a meeting.",
                ));
            }
            mailbox.drop_events(&uid);
            cancel(graph, &uid);
            Ok(None)
        }
        (&Method::POST, [id, answer @ ("accept" | "decline" | "tentativelyAccept")]) => {
            let uid = uid_of(graph, owner, id)?;
            let response = match *answer {
                "accept" => "accepted",
                "decline" => "declined",
                _ => "tentativelyAccepted",
            };
            let mailbox = graph.mailbox_mut(&owner.oid);
            for index in places_of(mailbox, &uid) {
                let properties = &mut mailbox.events[index].properties;
                properties.insert("responseStatus".to_owned(), status(response));
                mailbox.note_event(Kind::Updated, index);
            }
            Ok(None)
        }
        (_, [] | [_] | [_, "cancel" | "accept" | "decline" | "tentativelyAccept"]) => {
            Err(Reply::method_not_allowed())
        }
        (_, [.., last]) => Err(Reply::unknown_segment(last)),
    }
}

fn create(graph: &mut State, owner: &User, call: &Call) -> Result<(StatusCode, usize), Reply> {
    let wanted = call.json()?;
    for name in ["start", "end"] {
        if wanted
            .get(name)
            .is_none_or(|it| !it["dateTime"].is_string())
        {
            return Err(Reply::bad_request(
                "ErrorPropertyValidationFailure",
                "At least one property failed validation.",
            ));
        }
    }
    // The same transaction again is the same event: that is what the property is for.
    if let Some(transaction) = wanted.get("transactionId").filter(|it| !it.is_null()) {
        let mailbox = graph.mailbox_mut(&owner.oid);
        let earlier = mailbox
            .events
            .iter()
            .position(|it| &it.properties["transactionId"] == transaction);
        if let Some(index) = earlier {
            return Ok((StatusCode::CREATED, index));
        }
    }
    Ok((StatusCode::CREATED, invite(graph, owner, wanted)))
}

/// Puts a new event in its organizer's calendar and in those of the invited. Gives its place in the organizer's.
pub fn invite(graph: &mut State, owner: &User, mut wanted: Map<String, Value>) -> usize {
    let is_online = wanted.get("isOnlineMeeting") == Some(&json!(true));
    let attendees = invited(&wanted, graph, owner);
    if is_online {
        let thread = format!("19:meeting_{}@thread.v2", Uuid::new_v4().simple());
        let subject = wanted
            .get("subject")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let meeting = meeting::arrange(
            owner,
            attendees.clone(),
            &thread,
            &subject,
            (&wanted["start"], &wanted["end"]),
        );
        wanted.insert(
            "onlineMeeting".to_owned(),
            json!({"joinUrl": meeting.join_url}),
        );
        wanted.insert(
            "onlineMeetingProvider".to_owned(),
            json!("teamsForBusiness"),
        );
        graph.meetings.push(meeting);
    }
    let uid = format!(
        "040000008200E00074C5B7101A82E008{}",
        Uuid::new_v4().simple().to_string().to_uppercase()
    );
    wanted.insert("iCalUId".to_owned(), json!(uid));
    let index = add(graph.mailbox_mut(&owner.oid), owner, &wanted);
    for attendee in attendees {
        if let Some(mailbox) = graph.mailboxes.get_mut(&attendee.oid) {
            add(mailbox, owner, &wanted);
        }
    }
    index
}

/// Changes every copy of an event.
pub fn change_all(graph: &mut State, uid: &Value, changes: &Map<String, Value>) {
    for mailbox in graph.mailboxes.values_mut() {
        for index in places_of(mailbox, uid) {
            change(&mut mailbox.events[index], changes);
            mailbox.note_event(Kind::Updated, index);
        }
    }
}

/// Puts an event into a calendar, its missing properties filled as Graph fills them. Returns its place.
pub fn add(mailbox: &mut Mailbox, organizer: &User, wanted: &Map<String, Value>) -> usize {
    let (id, immutable_id) = (mailbox.new_id(), mailbox.new_immutable_id());
    let is_organizer = mailbox.owner.oid == organizer.oid;
    let mut properties = defaults(&id);
    properties.insert("isOrganizer".to_owned(), json!(is_organizer));
    properties.insert("organizer".to_owned(), organizer.recipient());
    let response = if is_organizer {
        "organizer"
    } else {
        "notResponded"
    };
    properties.insert("responseStatus".to_owned(), status(response));
    let mut event = Event {
        id,
        immutable_id,
        text: String::new(),
        properties,
    };
    change(&mut event, wanted);
    mailbox.events.push(event);
    let index = mailbox.events.len() - 1;
    mailbox.note_event(Kind::Created, index);
    index
}

fn defaults(id: &str) -> Properties {
    let now = OffsetDateTime::now_utc()
        .format(STAMP)
        .expect("the format has only parts that a time has");
    let now = format!("{}Z", now.trim_end_matches(".0000000"));
    let properties = json!({
        "createdDateTime": now, "lastModifiedDateTime": now,
        "changeKey": &id[60..80], "categories": [], "transactionId": null,
        "originalStartTimeZone": "UTC", "originalEndTimeZone": "UTC",
        "reminderMinutesBeforeStart": 15, "isReminderOn": true, "hasAttachments": false,
        "subject": "", "bodyPreview": "", "body": {"contentType": "html", "content": ""},
        "importance": "normal", "sensitivity": "normal", "isAllDay": false, "isCancelled": false,
        "isDraft": false, "responseRequested": true, "seriesMasterId": null, "showAs": "busy",
        "type": "singleInstance", "hideAttendees": false, "allowNewTimeProposals": true,
        "webLink": format!("https://outlook.office365.com/owa/?itemid={id}&exvsurl=1&path=/calendar/item"),
        "onlineMeetingUrl": null, "isOnlineMeeting": false, "onlineMeetingProvider": "unknown",
        "onlineMeeting": null, "recurrence": null, "attendees": [], "locations": [],
        "location": {"displayName": "", "locationType": "default", "uniqueIdType": "unknown",
            "address": {}, "coordinates": {}},
    });
    match properties {
        Value::Object(properties) => properties,
        _ => unreachable!("the literal above is an object"),
    }
}

fn change(event: &mut Event, changes: &Map<String, Value>) {
    for (name, value) in changes {
        if matches!(
            name.as_str(),
            "id" | "organizer" | "isOrganizer" | "responseStatus"
        ) {
            continue;
        }
        event.properties.insert(name.clone(), value.clone());
    }
    if let Some(body) = changes.get("body") {
        let content = body["content"].as_str().unwrap_or_default();
        event.text = plain(content);
        let preview: String = event.text.chars().take(255).collect();
        event
            .properties
            .insert("bodyPreview".to_owned(), json!(preview));
    }
    if changes.get("recurrence").is_some_and(|it| !it.is_null()) {
        event
            .properties
            .insert("type".to_owned(), json!("seriesMaster"));
    }
    if let Some(attendees) = event
        .properties
        .get_mut("attendees")
        .and_then(Value::as_array_mut)
    {
        for attendee in attendees {
            if attendee["status"].is_null() {
                attendee["status"] = status("none");
            }
        }
    }
}

/// The text of simple HTML.
pub fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut inside_tag = false;
    for letter in html
        .replace("</p>", "\r\n")
        .replace("<br>", "\r\n")
        .replace("</li>", "\r\n")
        .chars()
    {
        match letter {
            '<' => inside_tag = true,
            '>' => inside_tag = false,
            _ if !inside_tag => text.push(letter),
            _ => {}
        }
    }
    text.trim().to_owned()
}

fn status(response: &str) -> Value {
    json!({"response": response, "time": "0001-01-01T00:00:00Z"})
}

fn uid_of(graph: &State, owner: &User, id: &str) -> Result<Value, Reply> {
    let mailbox = graph
        .mailboxes
        .get(&owner.oid)
        .ok_or_else(Reply::item_not_found)?;
    Ok(find(mailbox, id)?.properties["iCalUId"].clone())
}

fn events_of<'m>(mailbox: &'m mut Mailbox, uid: &'m Value) -> impl Iterator<Item = &'m mut Event> {
    mailbox
        .events
        .iter_mut()
        .filter(move |it| &it.properties["iCalUId"] == uid)
}

fn places_of(mailbox: &Mailbox, uid: &Value) -> Vec<usize> {
    let events = mailbox.events.iter().enumerate();
    let found = events.filter(|(_, it)| &it.properties["iCalUId"] == uid);
    found.map(|(index, _)| index).collect()
}

/// Marks the copies in the calendars of those invited.
pub fn cancel(graph: &mut State, uid: &Value) {
    let mut cancelled = Map::new();
    cancelled.insert("isCancelled".to_owned(), json!(true));
    change_all(graph, uid, &cancelled);
}

/// Those invited who have a mailbox in the organizer's tenant.
fn invited(wanted: &Map<String, Value>, graph: &State, organizer: &User) -> Vec<User> {
    let addresses = wanted
        .get("attendees")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    addresses
        .filter_map(|it| graph.mailbox(it["emailAddress"]["address"].as_str()?))
        .map(|it| it.owner.clone())
        .filter(|it| it.tid == organizer.tid && it.oid != organizer.oid)
        .collect()
}
