//! Meetings that are scheduled at Zoom, and calls that begin now: made once, linked, and their host's alone to start.

use sandbox::fault::Fault;
use serde_json::{Value, json};
use trefoil::id::NodeId;

use super::{LONG, MADE, asked, at_zoom, pair, told, tomorrow, words};
use crate::harness::given_a_house;

/// Something that goes wrong while a meeting is made, once.
fn while_made(fault: Fault) -> Fault {
    Fault {
        provider: "zoom".into(),
        method: Some("POST".into()),
        path: Some("/users/me/meetings".into()),
        count: Some(1),
        ..fault
    }
}

#[tokio::test]
async fn a_zoom_meeting_is_made_linked_and_shown_whole_to_its_host() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    house.sandbox.world().clear_requests();
    let (subject, agenda) = (words(&house, "Plan"), words(&house, "Next steps"));
    let mut input = tomorrow(&format!("  {subject}\n"));
    input["agenda"] = json!(agenda);
    input["settings"] =
        json!({ "passcode": "s3cret-*", "waitingRoom": false, "autoRecording": "CLOUD" });

    let made = alice.mutates("scheduleMeeting", input.clone(), MADE).await;

    assert_eq!(made["userErrors"], json!([]), "{made}");
    let meeting = &made["meeting"];
    assert_eq!(meeting["subject"], json!(subject));
    assert_eq!(meeting["provider"], "ZOOM");
    assert_eq!(meeting["state"], "SCHEDULED");
    assert_eq!(meeting["startsAt"], input["start"]);
    assert_eq!(meeting["endsAt"], input["end"]);
    assert_eq!(meeting["timeZone"], "Europe/Berlin");
    assert_eq!(meeting["isHost"], json!(true));
    assert_eq!(meeting["linkId"], made["link"]["id"]);
    assert_eq!(made["link"]["kind"], "MEETING");
    assert_eq!(
        meeting["settings"],
        json!({ "passcode": "s3cret-*", "waitingRoom": false, "joinBeforeHost": false, "autoRecording": "CLOUD" })
    );
    let starts = meeting["startUrl"].as_str().unwrap();
    assert!(
        starts.contains("/s/") && starts.contains("zak="),
        "{starts}"
    );
    let text = meeting["agenda"].as_str().unwrap();
    assert!(text.starts_with(&agenda), "{text}");
    assert!(text.ends_with("/browse/DEMO-42"), "{text}");
    assert_eq!(asked(&house, "zoom"), ["alice POST /v2/users/me/meetings"]);
    let jira = asked(&house, "jira");
    assert_eq!(jira.len(), 1, "{jira:?}");
    assert!(
        jira[0].starts_with("alice GET /rest/api/3/issue/10042"),
        "{jira:?}"
    );
    assert!(asked(&house, "graph").is_empty());

    // It is on the issue, for its host; who has no right to it at Zoom knows that there is something, and no more.
    let bob = house.bob();
    bob.connects("ZOOM").await;
    let fields = "id subject startUrl settings { passcode } isHost";
    let shown = alice.sees_meetings(fields).await;
    assert_eq!(shown["nodes"][0]["subject"], json!(subject));
    assert!(shown["nodes"][0]["startUrl"].is_string());
    let hidden = bob.sees_meetings(fields).await;
    assert_eq!(
        (&hidden["nodes"], &hidden["hiddenCount"]),
        (&json!([]), &json!(1))
    );

    // Each step stands in the log, by ids.
    let log = alice
        .asks("{ auditLog(first: 20) { nodes { action result objectKind objectId detail completedAt } } }")
        .await;
    let log = log.at("/auditLog/nodes").as_array().unwrap().clone();
    let entry = |action: &str| {
        log.iter()
            .find(|it| it["action"] == action)
            .unwrap()
            .clone()
    };
    for action in ["meeting.schedule", "link.meeting"] {
        let entry = entry(action);
        assert_eq!(entry["result"], "ok", "{entry}");
        assert_eq!(
            (&entry["objectKind"], &entry["objectId"]),
            (&json!("issue"), &json!("10042"))
        );
        assert!(entry["completedAt"].is_string());
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn who_may_read_a_meeting_and_does_not_host_it_never_gets_what_starts_it() {
    let house = given_a_house().await;
    let bob = house.bob();
    bob.connects("ZOOM").await;
    // As Zoom answers an administrator who reads a colleague's meeting.
    let alice = house.sandbox.world().person("alice").zoom_user_id.clone();
    let zak = house.sandbox.world().canary("meetings zak");
    house.sandbox.world().inject(Fault {
        provider: "zoom".into(),
        path: Some("/v2/meetings/85746065".into()),
        status: Some(200),
        body: Some(
            json!({
                "id": 85_746_065, "host_id": alice, "topic": "Plan", "type": 2, "status": "started",
                "join_url": "https://us04web.zoom.us/j/85746065", "password": "s3cret",
                "start_url": format!("https://us04web.zoom.us/s/85746065?zak={zak}"),
                "settings": { "waiting_room": true },
            })
            .to_string(),
        ),
        ..Fault::default()
    });
    let id = NodeId::ZoomMeeting("85746065".parse().unwrap()).to_string();
    let query = format!(
        "{{ meeting(id: \"{id}\") {{ subject state isHost joinUrl startUrl settings {{ passcode }} }} }}"
    );

    let answer = bob.asks(&query).await;

    assert_eq!(
        *answer.at("/meeting"),
        json!({ "subject": "Plan", "state": "STARTED", "isHost": false,
            "joinUrl": "https://us04web.zoom.us/j/85746065", "startUrl": null, "settings": null })
    );
    assert!(!answer.body.to_string().contains(&zak));
    house.is_left_clean().await;
}

#[tokio::test]
async fn the_same_key_again_gives_the_first_meeting_and_makes_none() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let subject = words(&house, "Once");
    let mut input = tomorrow(&subject);
    input["idempotencyKey"] = json!("k");

    let first = alice.mutates("scheduleMeeting", input.clone(), MADE).await;
    house.sandbox.world().clear_requests();
    let second = alice.mutates("scheduleMeeting", input.clone(), MADE).await;
    let number = at_zoom(&house, "alice", &subject).await[0]["id"].clone();
    let seen = asked(&house, "zoom");
    input["issue"] = json!("10043");
    let other = alice.mutates("scheduleMeeting", input.clone(), MADE).await;

    assert_eq!(second["userErrors"], json!([]), "{second}");
    assert_eq!(
        (&first["replayed"], &second["replayed"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(first["link"], second["link"]);
    assert_eq!(first["meeting"]["id"], second["meeting"]["id"]);
    assert!(second["meeting"]["startUrl"].is_string());
    // It is read anew, and that is all; the last is this test's own look.
    assert_eq!(seen[0], format!("alice GET /v2/meetings/{number}"));
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!(
        told(&other),
        [pair("BAD_USER_INPUT", "input.idempotencyKey")]
    );
    assert_eq!(at_zoom(&house, "alice", &subject).await.len(), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn two_panels_at_once_make_one_meeting() {
    let mut house = given_a_house().await;
    house.opens_a_gateway("").await;
    let (one, other) = (house.alice(), house.alice().at(1));
    one.connects("ZOOM").await;
    let slow = Fault {
        linger_ms: 600,
        ..Fault::default()
    };
    house.sandbox.world().inject(while_made(slow));
    let subject = words(&house, "Zweifach");
    let mut input = tomorrow(&subject);
    input["idempotencyKey"] = json!("k");

    let (one, other) = futures::join!(
        one.mutates("scheduleMeeting", input.clone(), MADE),
        other.mutates("scheduleMeeting", input, MADE)
    );

    assert!(one["link"]["id"].is_string(), "{one}");
    assert_eq!(one["link"], other["link"]);
    assert_ne!(one["replayed"], other["replayed"]);
    assert_eq!(at_zoom(&house, "alice", &subject).await.len(), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_meeting_whose_answer_was_lost_is_found_and_not_made_again() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let subject = words(&house, "Verloren");
    let mut input = tomorrow(&subject);
    // The very same has been made before, with a key of its own: it is not the one that is looked for.
    let twin = alice.mutates("scheduleMeeting", input.clone(), MADE).await;
    house.sandbox.world().clear_requests();
    input["idempotencyKey"] = json!("k");
    let lost = Fault {
        lose: true,
        ..Fault::default()
    };
    house.sandbox.world().inject(while_made(lost));

    let lost = alice.mutates("scheduleMeeting", input.clone(), MADE).await;
    let soon = alice.mutates("scheduleMeeting", input.clone(), MADE).await;
    assert_eq!(asked(&house, "zoom"), ["alice POST /v2/users/me/meetings"]);
    house.sandbox.world().clear_requests();
    house.lets_time_pass(LONG).await;
    let found = alice.mutates("scheduleMeeting", input.clone(), MADE).await;
    let seen = asked(&house, "zoom");
    let again = alice.mutates("scheduleMeeting", input, MADE).await;

    assert_eq!(
        told(&lost),
        [pair("OUTCOME_UNKNOWN", "input.idempotencyKey")]
    );
    assert_eq!(lost["meeting"], json!(null));
    assert_eq!(told(&soon), [pair("IN_PROGRESS", "input.idempotencyKey")]);
    assert_eq!(
        (&found["userErrors"], &found["replayed"]),
        (&json!([]), &json!(true)),
        "{found}"
    );
    assert_ne!(found["meeting"]["id"], twin["meeting"]["id"]);
    assert_eq!(found["meeting"]["id"], again["meeting"]["id"]);
    assert!(found["meeting"]["startUrl"].is_string(), "{found}");
    assert_eq!(seen[0], "alice GET /v2/users/me/meetings");
    assert!(
        seen[1].starts_with("alice GET /v2/meetings/") && seen.len() == 2,
        "{seen:?}"
    );
    assert_eq!(at_zoom(&house, "alice", &subject).await.len(), 2);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_request_that_never_reached_zoom_is_sent_again() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let subject = words(&house, "Nachgeholt");
    let mut input = tomorrow(&subject);
    input["idempotencyKey"] = json!("k");
    let reset = Fault {
        reset: true,
        ..Fault::default()
    };
    house.sandbox.world().inject(while_made(reset));

    let lost = alice.mutates("scheduleMeeting", input.clone(), MADE).await;
    house.lets_time_pass(LONG).await;
    let made = alice.mutates("scheduleMeeting", input, MADE).await;

    assert_eq!(
        told(&lost),
        [pair("OUTCOME_UNKNOWN", "input.idempotencyKey")]
    );
    assert_eq!(
        (&made["userErrors"], &made["replayed"]),
        (&json!([]), &json!(false)),
        "{made}"
    );
    assert_eq!(at_zoom(&house, "alice", &subject).await.len(), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_call_begins_now_under_the_issues_name_and_a_lost_answer_begins_no_second() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let issue = alice.asks("{ issue(id: 10042) { summary } }").await;
    let topic = format!("DEMO-42 {}", issue.at("/issue/summary").as_str().unwrap());
    let topic: String = topic.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut input = json!({ "issue": "10042", "idempotencyKey": "k" });
    let lost = Fault {
        lose: true,
        ..Fault::default()
    };
    house.sandbox.world().inject(while_made(lost));

    let lost = alice.mutates("startCall", input.clone(), MADE).await;
    house.lets_time_pass(LONG).await;
    let found = alice.mutates("startCall", input.clone(), MADE).await;
    input["idempotencyKey"] = json!("another");
    input["subject"] = json!("Kurz");
    let another = alice.mutates("startCall", input, MADE).await;

    assert_eq!(
        told(&lost),
        [pair("OUTCOME_UNKNOWN", "input.idempotencyKey")]
    );
    assert_eq!(found["userErrors"], json!([]), "{found}");
    assert_eq!(found["meeting"]["subject"], json!(topic));
    assert!(found["meeting"]["startUrl"].is_string(), "{found}");
    assert_eq!(at_zoom(&house, "alice", &topic).await.len(), 1);
    assert_eq!(another["meeting"]["subject"], "Kurz");
    assert_ne!(another["meeting"]["id"], found["meeting"]["id"]);
    let shown = alice.sees_meetings("id").await;
    assert_eq!(shown["totalCount"], json!(2));
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_meeting_is_linked_by_its_number_or_the_link_to_join_it() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let ways = [
        ("10042", "857 460 65"),
        ("10043", "https://us04web.zoom.us/j/85746065?pwd=x.1"),
    ];
    for (issue, meeting) in ways {
        let input = json!({ "issue": issue, "meeting": meeting });
        let payload = alice
            .mutates(
                "linkMeeting",
                input,
                "link { kind } meeting { provider subject }",
            )
            .await;
        assert_eq!(payload["userErrors"], json!([]), "{meeting}");
        assert_eq!(payload["meeting"]["provider"], "ZOOM", "{payload}");
    }
    let wrong: [(&str, &str); 3] = [
        ("https://zoom.us/my/alice", "BAD_USER_INPUT"),
        ("https://zoom.us.evil.example/j/85746065", "BAD_USER_INPUT"),
        // Somebody else's, and one that is not there.
        ("https://zoom.us/j/91200001111222", "NOT_FOUND"),
    ];
    for (meeting, code) in wrong {
        let input = json!({ "issue": "10042", "meeting": meeting });
        let payload = alice.mutates("linkMeeting", input, "link { kind }").await;
        assert_eq!(told(&payload), [pair(code, "input.meeting")], "{meeting}");
        assert_eq!(payload["link"], Value::Null);
    }
    house.is_left_clean().await;
}
