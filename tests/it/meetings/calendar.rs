//! Meetings in people's calendars: with Teams, without, and beside a Zoom meeting whose link they carry.

use sandbox::fault::Fault;
use serde_json::{Value, json};

use super::{
    CALENDARS, LONG, MADE, asked, at_zoom, given_calendars, in_calendar, pair, told, tomorrow,
    words,
};
use crate::harness::{House, given_a_house, given_a_house_with};

/// Something that goes wrong while an event is made, so many times.
fn while_made(count: u32, fault: Fault) -> Fault {
    Fault {
        provider: "graph".into(),
        method: Some("POST".into()),
        path: Some("/me/events".into()),
        count: Some(count),
        ..fault
    }
}

/// A Zoom meeting with an event beside it, to which bob and a supplier are invited.
fn invited(house: &House, subject: &str) -> Value {
    let bob = house.sandbox.world().person("bob").email.clone();
    let mut input = tomorrow(subject);
    input["calendar"] = json!(true);
    input["attendees"] = json!([
        { "email": bob, "name": words(house, "Bob") },
        { "email": "mara@supplier.example", "optional": true },
    ]);
    input
}

#[tokio::test]
async fn an_event_carries_the_zoom_link_to_those_invited_and_is_told_with_the_meeting() {
    let house = given_calendars().await;
    let (alice, bob) = (house.alice(), house.bob());
    for person in [&alice, &bob] {
        person.connects("MICROSOFT").await;
        person.connects("ZOOM").await;
    }
    house.sandbox.world().clear_requests();
    let subject = words(&house, "Abstimmung");

    let made = alice
        .mutates("scheduleMeeting", invited(&house, &subject), MADE)
        .await;

    assert_eq!(made["userErrors"], json!([]), "{made}");
    let meeting = &made["meeting"];
    assert_eq!(meeting["provider"], "ZOOM");
    assert_eq!(meeting["calendarEvent"]["subject"], json!(subject));
    assert_eq!(meeting["attendees"].as_array().unwrap().len(), 2);
    assert_eq!(made["calendarLink"]["kind"], "MEETING");
    assert_ne!(made["calendarLink"]["id"], made["link"]["id"]);
    assert_eq!(asked(&house, "zoom"), ["alice POST /v2/users/me/meetings"]);
    assert_eq!(asked(&house, "graph"), ["alice POST /v1.0/me/events"]);
    let event = &in_calendar(&house, "alice", &subject).await[0];
    let join = meeting["joinUrl"].as_str().unwrap();
    assert_eq!(event["location"]["displayName"], json!(join));
    assert!(
        event["body"]["content"].as_str().unwrap().contains(join),
        "{event}"
    );
    let kinds: Vec<&Value> = event["attendees"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["type"])
        .collect();
    assert_eq!(kinds, ["required", "optional"]);

    // Its host sees one meeting, the Zoom meeting with its event; who is invited sees the event, and joins by it.
    let fields = "provider subject joinUrl isHost startUrl attendees { person { email } } calendarEvent { subject linkId webUrl }";
    let hers = alice.sees_meetings(fields).await;
    let nodes = hers["nodes"].as_array().unwrap();
    assert_eq!((nodes.len(), &hers["totalCount"]), (1, &json!(2)), "{hers}");
    assert_eq!(nodes[0]["provider"], "ZOOM");
    assert_eq!(nodes[0]["calendarEvent"]["subject"], json!(subject));
    assert_eq!(
        nodes[0]["calendarEvent"]["linkId"],
        made["calendarLink"]["id"]
    );
    assert_eq!(nodes[0]["attendees"].as_array().unwrap().len(), 2);
    let his = bob.sees_meetings(fields).await;
    let nodes = his["nodes"].as_array().unwrap();
    assert_eq!((nodes.len(), &his["hiddenCount"]), (1, &json!(1)), "{his}");
    assert_eq!(nodes[0]["provider"], "OUTLOOK");
    assert_eq!(nodes[0]["joinUrl"], json!(join));
    assert_eq!(
        (&nodes[0]["isHost"], &nodes[0]["startUrl"]),
        (&json!(false), &json!(null))
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_zoom_meeting_whose_event_is_refused_stays_and_it_is_said_what_is_missing() {
    let house = given_calendars().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    alice.connects("ZOOM").await;
    let refused = Fault {
        status: Some(403),
        body: Some(json!({ "error": { "code": "ErrorAccessDenied", "message": house.sandbox.world().canary("meetings denied") } }).to_string()),
        ..Fault::default()
    };
    house.sandbox.world().inject(while_made(1, refused));
    let subject = words(&house, "Halb");
    let mut input = invited(&house, &subject);
    input["idempotencyKey"] = json!("k");

    let made = alice.mutates("scheduleMeeting", input.clone(), MADE).await;
    let again = alice.mutates("scheduleMeeting", input, MADE).await;

    for payload in [&made, &again] {
        assert_eq!(
            told(payload),
            [pair("FORBIDDEN", "input.calendar")],
            "{payload}"
        );
        let message = payload["userErrors"][0]["message"].as_str().unwrap();
        assert!(
            message.starts_with("The Zoom meeting is made and linked;"),
            "{message}"
        );
        assert_eq!(payload["meeting"]["subject"], json!(subject));
        assert_eq!(payload["calendarLink"], json!(null));
    }
    assert_eq!(
        (&made["replayed"], &again["replayed"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(made["link"], again["link"]);
    assert_eq!(at_zoom(&house, "alice", &subject).await.len(), 1);
    assert_eq!(in_calendar(&house, "alice", &subject).await.len(), 0);
    assert_eq!(alice.sees_meetings("id").await["totalCount"], json!(1));
    house.is_left_clean().await;
}

#[tokio::test]
async fn an_event_whose_answer_was_lost_is_made_once_beside_one_zoom_meeting() {
    let house = given_calendars().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    alice.connects("ZOOM").await;
    let lost = Fault {
        lose: true,
        ..Fault::default()
    };
    house.sandbox.world().inject(while_made(1, lost));
    let subject = words(&house, "Einmal");
    let mut input = invited(&house, &subject);
    input["idempotencyKey"] = json!("k");

    let lost = alice.mutates("scheduleMeeting", input.clone(), MADE).await;
    house.lets_time_pass(LONG).await;
    house.sandbox.world().clear_requests();
    let found = alice.mutates("scheduleMeeting", input, MADE).await;

    assert_eq!(
        told(&lost),
        [pair("OUTCOME_UNKNOWN", "input.idempotencyKey")]
    );
    assert_eq!(found["userErrors"], json!([]), "{found}");
    assert_eq!(found["meeting"]["calendarEvent"]["subject"], json!(subject));
    // The meeting was written down: it is read, not looked for.
    let seen = asked(&house, "zoom");
    assert!(
        seen.len() == 1 && seen[0].starts_with("alice GET /v2/meetings/"),
        "{seen:?}"
    );
    assert_eq!(at_zoom(&house, "alice", &subject).await.len(), 1);
    assert_eq!(in_calendar(&house, "alice", &subject).await.len(), 1);
    assert_eq!(in_calendar(&house, "bob", &subject).await.len(), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn nothing_is_made_at_zoom_when_it_is_known_that_there_can_be_no_event() {
    // The gateway does not ask for calendars.
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let mut input = tomorrow("Plan");
    input["calendar"] = json!(true);
    let refused = alice.mutates("scheduleMeeting", input.clone(), MADE).await;
    assert_eq!(told(&refused), [pair("NOT_CONNECTED", "input.calendar")]);
    alice.connects("MICROSOFT").await;
    let refused = alice.mutates("scheduleMeeting", input.clone(), MADE).await;
    assert_eq!(told(&refused), [pair("NOT_CONFIGURED", "input.calendar")]);
    assert!(!asked(&house, "zoom").iter().any(|it| it.contains("POST")));
    house.is_left_clean().await;

    // It does, since after she agreed.
    let mut house = given_a_house().await;
    house.opens_a_gateway(CALENDARS).await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    alice.connects("MICROSOFT").await;
    let refused = house
        .alice()
        .at(1)
        .mutates("scheduleMeeting", input, MADE)
        .await;
    assert_eq!(told(&refused), [pair("CONSENT_REQUIRED", "input.calendar")]);
    assert!(!asked(&house, "zoom").iter().any(|it| it.contains("POST")));
    house.is_left_clean().await;
}

#[tokio::test]
async fn teams_meetings_and_plain_ones_are_events_made_once() {
    let house = given_calendars().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    for (provider, name) in [("TEAMS", "Mit Teams"), ("OUTLOOK", "Am Tisch")] {
        let subject = words(&house, name);
        let mut input = invited(&house, &subject);
        input["provider"] = json!(provider);
        input["idempotencyKey"] = json!(provider);
        let lost = Fault {
            lose: true,
            ..Fault::default()
        };
        house.sandbox.world().inject(while_made(1, lost));

        let lost = alice.mutates("scheduleMeeting", input.clone(), MADE).await;
        house.lets_time_pass(LONG).await;
        let made = alice.mutates("scheduleMeeting", input.clone(), MADE).await;
        let again = alice.mutates("scheduleMeeting", input, MADE).await;

        assert_eq!(
            told(&lost),
            [pair("OUTCOME_UNKNOWN", "input.idempotencyKey")]
        );
        assert_eq!(made["userErrors"], json!([]), "{made}");
        let meeting = &made["meeting"];
        assert_eq!(meeting["provider"], json!(provider));
        assert_eq!(
            (&meeting["isHost"], &meeting["state"]),
            (&json!(true), &json!("SCHEDULED"))
        );
        assert_eq!(
            meeting["joinUrl"].is_string(),
            provider == "TEAMS",
            "{meeting}"
        );
        assert_eq!(meeting["startUrl"], json!(null));
        assert_eq!(meeting["linkId"], made["link"]["id"]);
        assert_eq!(made["calendarLink"], json!(null));
        assert_eq!(
            (&again["replayed"], &again["link"]),
            (&json!(true), &made["link"])
        );
        assert_eq!(again["meeting"]["id"], meeting["id"]);
        assert_eq!(in_calendar(&house, "alice", &subject).await.len(), 1);
        assert_eq!(in_calendar(&house, "bob", &subject).await.len(), 1);
    }
    assert!(asked(&house, "zoom").is_empty());
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_call_in_teams_is_there_at_once() {
    let house = given_a_house_with(CALENDARS, sandbox::Options::default()).await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    let input = json!({ "issue": "10042", "provider": "TEAMS", "subject": words(&house, "Kurz") });

    let made = alice.mutates("startCall", input, MADE).await;

    assert_eq!(made["userErrors"], json!([]), "{made}");
    assert_eq!(made["meeting"]["provider"], "TEAMS");
    assert_eq!(made["meeting"]["state"], "STARTED");
    assert!(made["meeting"]["joinUrl"].is_string());
    house.is_left_clean().await;
}
