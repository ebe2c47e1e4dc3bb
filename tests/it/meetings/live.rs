//! Meetings as they happen: begun, attended, ended and taken away, told in ids and read with one's own rights.

use sandbox::event::Event;
use sandbox::zoom::WEBHOOK_SECRET;
use serde_json::{Value, json};
use trefoil::store::link::Target;

use crate::harness::{House, given_a_house_with};
use crate::live::stream::{Part, Stream};

/// A house that Zoom tells of everything.
async fn given_webhooks() -> House {
    let settings = format!("zoom.webhook_secrets = ['{WEBHOOK_SECRET}']");
    let house = given_a_house_with(&settings, sandbox::Options::default()).await;
    let address = format!("{}/webhooks/zoom", house.gateway().url);
    let saved = house.sandbox.zoom_webhook(&address, WEBHOOK_SECRET).await;
    saved.unwrap();
    house
}

/// What is told next on a stream.
async fn event(stream: &mut Stream) -> Value {
    match stream.told().await {
        Some(Part::Next(answer)) => {
            let data = answer["data"].as_object();
            let data = data.unwrap_or_else(|| panic!("{answer}"));
            data.values().next().unwrap().clone()
        }
        other => panic!("{other:?}"),
    }
}

/// Something happens at Zoom to the meeting of DEMO-42.
async fn happens(house: &House, kind: &str, by: Option<&str>) {
    let event = Event {
        person: Some("alice".to_owned()),
        by: by.map(str::to_owned),
        ..Event::new("zoom", kind)
    };
    let outcome = house.sandbox.sends(event).await;
    assert_eq!(outcome.sent.len(), 1, "{kind}");
    assert_eq!(outcome.sent[0].status, 204, "{kind}");
}

#[tokio::test]
async fn a_meeting_under_way_says_so_on_the_issue_and_to_its_host() {
    let house = given_webhooks().await;
    let (alice, bob) = (house.alice(), house.bob());
    alice.connects("ZOOM").await;
    bob.connects("ZOOM").await;
    let number = sandbox::zoom::DEMO_42_MEETING.to_string();
    let target = Target::ZoomMeeting(number.parse().unwrap());
    alice.has_linked("10042", &[target]).await;
    let url = &house.gateway().url;
    let on_issue =
        "subscription { issueEvents(issue: \"10042\") { kind linkKind meeting { state } } }";
    let of_hers = "subscription { meetingEvents { kind meeting { state } } }";
    let mut page = Stream::open(url, &alice.authorization(), on_issue).await;
    let mut hers = Stream::open(url, &alice.authorization(), of_hers).await;
    let mut others = Stream::open(url, &bob.authorization(), on_issue).await;
    house.sandbox.world().clear_requests();

    for (kind, of_issue, of_meeting, state) in [
        ("meeting.started", "MEETING_CHANGED", "STARTED", "STARTED"),
        (
            "meeting.participant_joined",
            "PARTICIPANTS_CHANGED",
            "PARTICIPANT_JOINED",
            "STARTED",
        ),
        (
            "meeting.participant_joined",
            "PARTICIPANTS_CHANGED",
            "PARTICIPANT_JOINED",
            "STARTED",
        ),
        (
            "meeting.participant_left",
            "PARTICIPANTS_CHANGED",
            "PARTICIPANT_LEFT",
            "STARTED",
        ),
        ("meeting.ended", "MEETING_CHANGED", "ENDED", "SCHEDULED"),
    ] {
        happens(&house, kind, None).await;
        let seen = event(&mut page).await;
        assert_eq!(
            seen,
            json!({ "kind": of_issue, "linkKind": "MEETING", "meeting": { "state": state } }),
            "{kind}"
        );
        let query = "{ issue(id: 10042) { activeCall { isHost joinUrl } } }";
        let active = alice.asks(query).await;
        let active = active.at("/issue/activeCall");
        assert_eq!(
            active["isHost"] == json!(true),
            state == "STARTED",
            "{active}"
        );
        let own = event(&mut hers).await;
        assert_eq!(
            own,
            json!({ "kind": of_meeting, "meeting": { "state": state } }),
            "{kind}"
        );
    }
    // What is deleted cannot be asked whose it was; whoever sees the issue knows that it was linked.
    happens(&house, "meeting.deleted", None).await;
    let gone = json!({ "kind": "MEETING_CHANGED", "linkKind": "MEETING", "meeting": null });
    assert_eq!(event(&mut page).await, gone);
    assert_eq!(
        event(&mut others).await,
        gone,
        "nothing of the rest was bob's to know"
    );
    for asked in house.asked("zoom") {
        assert!(
            matches!(asked.subject.as_deref(), Some("alice" | "bob")),
            "{asked:?}"
        );
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_full_room_asks_zoom_for_nothing_that_is_not_shown() {
    let house = given_webhooks().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let number = sandbox::zoom::DEMO_42_MEETING.to_string();
    let target = Target::ZoomMeeting(number.parse().unwrap());
    alice.has_linked("10042", &[target]).await;
    let query = "subscription { issueEvents(issue: \"10042\") { kind } }";
    let mut page = Stream::open(&house.gateway().url, &alice.authorization(), query).await;
    happens(&house, "meeting.started", None).await;
    assert_eq!(event(&mut page).await["kind"], "MEETING_CHANGED");
    house.sandbox.world().clear_requests();

    for _ in 0..20 {
        happens(&house, "meeting.participant_joined", Some("bob")).await;
    }

    for _ in 0..20 {
        assert_eq!(event(&mut page).await["kind"], "PARTICIPANTS_CHANGED");
    }
    assert!(house.asked("zoom").is_empty());
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_meeting_that_is_made_appears_on_the_issue_of_whoever_has_it_open() {
    let house = given_webhooks().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let query = "subscription { issueEvents(issue: \"10042\") { kind linkKind meeting { subject startUrl } } }";
    let mut page = Stream::open(&house.gateway().url, &alice.authorization(), query).await;
    let subject = super::words(&house, "Neu");

    let made = alice
        .mutates(
            "scheduleMeeting",
            super::tomorrow(&subject),
            "meeting { id }",
        )
        .await;

    let told = event(&mut page).await;
    assert_eq!(
        (&told["kind"], &told["linkKind"]),
        (&json!("LINKED"), &json!("MEETING"))
    );
    assert_eq!(told["meeting"]["subject"], json!(subject));
    assert!(told["meeting"]["startUrl"].is_string(), "{told}");
    let input = json!({ "issue": "10042", "meeting": made["meeting"]["id"] });
    alice.mutates("cancelMeeting", input, "cancelled").await;
    loop {
        // Zoom's own words of it may come before or between.
        let told = event(&mut page).await;
        if told["kind"] == "UNLINKED" {
            break;
        }
        assert_eq!(told["kind"], "MEETING_CHANGED", "{told}");
    }
    house.is_left_clean().await;
}
