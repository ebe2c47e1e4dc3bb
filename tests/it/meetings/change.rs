//! Meetings that are moved and cancelled, with the event that carries their link.

use sandbox::fault::Fault;
use serde_json::{Value, json};

use super::{
    LONG, MADE, asked, at, at_zoom, given_calendars, in_calendar, pair, span, told, tomorrow, words,
};
use crate::harness::person::Person;
use crate::harness::{House, given_a_house};

const CHANGED: &str = "replayed meeting { id subject startsAt endsAt agenda timeZone
    settings { passcode waitingRoom } occurrences { id startsAt endsAt } }";

/// A Zoom meeting of alice's, with an event beside it when she has a calendar; its id.
async fn given_a_meeting(alice: &Person<'_>, subject: &str, calendar: bool) -> Value {
    let mut input = tomorrow(subject);
    input["calendar"] = json!(calendar);
    let made = alice.mutates("scheduleMeeting", input, MADE).await;
    assert_eq!(made["userErrors"], json!([]), "{made}");
    alice.house.sandbox.world().clear_requests();
    made["meeting"]["id"].clone()
}

/// Something that goes wrong with a method of a vendor, once.
fn once(provider: &str, method: &str, fault: Fault) -> Fault {
    Fault {
        provider: provider.into(),
        method: Some(method.into()),
        count: Some(1),
        ..fault
    }
}

/// The writes that a vendor was asked for.
fn writes(house: &House, provider: &str) -> Vec<String> {
    let all = asked(house, provider).into_iter();
    all.filter(|it| !it.contains(" GET ") && !it.contains("$batch"))
        .collect()
}

#[tokio::test]
async fn a_meeting_and_its_event_are_moved_together_and_what_is_left_out_stays() {
    let house = given_calendars().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    alice.connects("ZOOM").await;
    let subject = words(&house, "Vorher");
    let meeting = given_a_meeting(&alice, &subject, true).await;
    let later = words(&house, "Nachher");
    let (start, end) = span(48 * 60, 45);
    let input = json!({
        "issue": "10042", "meeting": meeting, "subject": later, "start": start, "end": end,
        "settings": { "waitingRoom": false }, "idempotencyKey": "k",
    });

    let changed = alice.mutates("updateMeeting", input.clone(), CHANGED).await;
    let again = alice.mutates("updateMeeting", input, CHANGED).await;

    assert_eq!(changed["userErrors"], json!([]), "{changed}");
    let now = &changed["meeting"];
    assert_eq!(
        (&now["subject"], &now["startsAt"], &now["endsAt"]),
        (&json!(later), &json!(start), &json!(end))
    );
    assert_eq!(now["settings"]["waitingRoom"], json!(false));
    assert_eq!(now["timeZone"], "Europe/Berlin");
    assert!(now["agenda"].as_str().unwrap().ends_with("/browse/DEMO-42"));
    assert_eq!((&again["replayed"], &again["meeting"]), (&json!(true), now));
    assert_eq!(
        (writes(&house, "zoom").len(), writes(&house, "graph").len()),
        (1, 1)
    );
    let events = in_calendar(&house, "alice", &later).await;
    assert_eq!(events.len(), 1);
    let begins = events[0]["start"]["dateTime"].as_str().unwrap();
    assert!(begins.starts_with(start.trim_end_matches('Z')), "{begins}");

    // What the calendar refuses is said, and Zoom has it all the same.
    let denied = Fault {
        status: Some(403),
        ..Fault::default()
    };
    house.sandbox.world().inject(once("graph", "PATCH", denied));
    let input = json!({ "issue": "10042", "meeting": meeting, "subject": "Anders" });
    let half = alice.mutates("updateMeeting", input, CHANGED).await;
    assert_eq!(told(&half), [pair("FORBIDDEN", "input.calendar")]);
    assert_eq!(half["meeting"]["subject"], "Anders");
    assert_eq!(in_calendar(&house, "alice", &later).await.len(), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn one_time_of_a_series_is_moved_and_another_cancelled() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let link = json!({ "issue": "10042", "meeting": "85746065" });
    let linked = alice
        .mutates(
            "linkMeeting",
            link,
            "meeting { id occurrences { id startsAt endsAt } }",
        )
        .await;
    let meeting = &linked["meeting"]["id"];
    let times = linked["meeting"]["occurrences"].as_array().unwrap().clone();
    assert_eq!(times.len(), 4, "{linked}");

    let (start, end) = span(72 * 60, 20);
    let move_one = json!({
        "issue": "10042", "meeting": meeting, "occurrence": times[0]["id"], "start": start, "end": end,
    });
    let moved = alice.mutates("updateMeeting", move_one, CHANGED).await;
    let cancel = json!({ "issue": "10042", "meeting": meeting, "occurrence": times[1]["id"] });
    let cancelled = alice.mutates("cancelMeeting", cancel, "cancelled").await;

    assert_eq!(moved["userErrors"], json!([]), "{moved}");
    let first = &moved["meeting"]["occurrences"][0];
    assert_eq!(
        (&first["id"], &first["startsAt"], &first["endsAt"]),
        (&times[0]["id"], &json!(start), &json!(end))
    );
    assert_eq!(cancelled["userErrors"], json!([]), "{cancelled}");
    let shown = alice.sees_meetings("id occurrences { id }").await;
    let left: Vec<&Value> = shown["nodes"][0]["occurrences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["id"])
        .collect();
    assert_eq!(
        left,
        [&times[0]["id"], &times[2]["id"], &times[3]["id"]],
        "{shown}"
    );
    let wrong = json!({ "issue": "10042", "meeting": meeting, "occurrence": "1' or 1" });
    let refused = alice.mutates("cancelMeeting", wrong, "cancelled").await;
    assert_eq!(told(&refused), [pair("FIELD_INVALID", "input.occurrence")]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_cancelled_meeting_is_gone_everywhere_with_its_links() {
    let house = given_calendars().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    alice.connects("ZOOM").await;
    let subject = words(&house, "Abgesagt");
    let meeting = given_a_meeting(&alice, &subject, true).await;
    let input = json!({ "issue": "10042", "meeting": meeting, "idempotencyKey": "k" });

    let cancelled = alice
        .mutates("cancelMeeting", input.clone(), "cancelled replayed")
        .await;
    let again = alice
        .mutates("cancelMeeting", input.clone(), "cancelled replayed")
        .await;

    assert_eq!(cancelled["userErrors"], json!([]), "{cancelled}");
    assert_eq!(cancelled["cancelled"], meeting);
    assert_eq!(
        (&again["replayed"], &again["cancelled"]),
        (&json!(true), &meeting)
    );
    assert_eq!(writes(&house, "zoom").len(), 1);
    assert_eq!(writes(&house, "graph").len(), 1);
    assert_eq!(at_zoom(&house, "alice", &subject).await.len(), 0);
    assert_eq!(in_calendar(&house, "alice", &subject).await.len(), 0);
    assert_eq!(alice.sees_meetings("id").await["totalCount"], json!(0));

    let mut other = input;
    other["idempotencyKey"] = json!("another");
    let gone = alice.mutates("cancelMeeting", other, "cancelled").await;
    assert_eq!(told(&gone), [pair("NOT_FOUND", "input.meeting")]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_cancellation_whose_answer_was_lost_is_done_once() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let subject = words(&house, "Verloren");
    let meeting = given_a_meeting(&alice, &subject, false).await;
    let lost = Fault {
        lose: true,
        ..Fault::default()
    };
    house.sandbox.world().inject(once("zoom", "DELETE", lost));
    let input = json!({ "issue": "10042", "meeting": meeting, "idempotencyKey": "k" });

    let lost = alice
        .mutates("cancelMeeting", input.clone(), "cancelled replayed")
        .await;
    house.lets_time_pass(LONG).await;
    let found = alice
        .mutates("cancelMeeting", input, "cancelled replayed")
        .await;

    assert_eq!(
        told(&lost),
        [pair("OUTCOME_UNKNOWN", "input.idempotencyKey")]
    );
    assert_eq!(lost["cancelled"], json!(null));
    assert_eq!(found["userErrors"], json!([]), "{found}");
    assert_eq!(
        (&found["cancelled"], &found["replayed"]),
        (&meeting, &json!(true))
    );
    assert_eq!(alice.sees_meetings("id").await["totalCount"], json!(0));
    house.is_left_clean().await;
}

#[tokio::test]
async fn an_event_is_moved_and_cancelled_by_whoever_called_it() {
    let house = given_calendars().await;
    let (alice, bob) = (house.alice(), house.bob());
    alice.connects("MICROSOFT").await;
    bob.connects("MICROSOFT").await;
    let subject = words(&house, "Am Tisch");
    let mut input = tomorrow(&subject);
    input["provider"] = json!("OUTLOOK");
    input["attendees"] = json!([{ "email": house.sandbox.world().person("bob").email }]);
    let made = alice.mutates("scheduleMeeting", input, MADE).await;
    let hers = &made["meeting"]["id"];
    let his = bob.sees_meetings("id").await["nodes"][0]["id"].clone();

    let cancel = json!({ "issue": "10042", "meeting": his });
    let refused = bob.mutates("cancelMeeting", cancel, "cancelled").await;
    assert_eq!(told(&refused), [pair("FORBIDDEN", "input.meeting")]);
    let agenda = json!({ "issue": "10042", "meeting": hers, "agenda": "x" });
    let refused = alice.mutates("updateMeeting", agenda, "replayed").await;
    assert_eq!(told(&refused), [pair("FIELD_INVALID", "input.agenda")]);
    let later = words(&house, "Woanders");
    let change = json!({ "issue": "10042", "meeting": hers, "subject": later });
    let changed = alice.mutates("updateMeeting", change, CHANGED).await;
    assert_eq!(changed["userErrors"], json!([]), "{changed}");
    assert_eq!(changed["meeting"]["subject"], json!(later));
    let cancel = json!({ "issue": "10042", "meeting": hers });
    let cancelled = alice.mutates("cancelMeeting", cancel, "cancelled").await;
    assert_eq!(cancelled["userErrors"], json!([]), "{cancelled}");
    assert_eq!(alice.sees_meetings("id").await["totalCount"], json!(0));
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_change_says_what_and_both_ends_of_a_time() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let meeting = given_a_meeting(&alice, "Plan", false).await;
    for (change, expected) in [
        (json!({}), pair("FIELD_REQUIRED", "")),
        (
            json!({ "start": at(60) }),
            pair("FIELD_REQUIRED", "input.end"),
        ),
        (
            json!({ "subject": " " }),
            pair("FIELD_REQUIRED", "input.subject"),
        ),
        (
            json!({ "meeting": "85746065" }),
            pair("BAD_USER_INPUT", "input.meeting"),
        ),
    ] {
        let mut input = json!({ "issue": "10042", "meeting": meeting });
        for (name, value) in change.as_object().unwrap() {
            input[name] = value.clone();
        }
        let refused = alice.mutates("updateMeeting", input, "replayed").await;
        assert_eq!(told(&refused), [expected], "{change}");
    }
    assert!(asked(&house, "zoom").is_empty());
    house.is_left_clean().await;
}
