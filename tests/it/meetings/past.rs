//! What is left of meetings that took place: when, who was there, what was said, and what the AI Companion wrote.

use sandbox::fault::Fault;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use trefoil::id::NodeId;

use super::{asked, words};
use crate::harness::given_a_house;
use crate::harness::story::RECORDINGS;

fn id(node: &NodeId) -> String {
    node.to_string()
}

fn kick_off() -> String {
    id(&NodeId::ZoomMeeting("85746065".parse().unwrap()))
}

fn recording(at: usize) -> String {
    id(&NodeId::ZoomRecording(RECORDINGS[at].parse().unwrap()))
}

#[tokio::test]
async fn a_person_looks_through_their_own_recordings_four_weeks_at_a_time() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    house.sandbox.world().clear_requests();
    let mut until = String::new();
    let mut seen: Vec<(String, String)> = Vec::new();
    for _ in 0..3 {
        let arguments = format!("first: 2{until}");
        let query = format!(
            "{{ myRecordings({arguments}) {{ hasMore since source {{ state }}
                nodes {{ id linkId topic startedAt passwordProtected files {{ type size }} }} }} }}"
        );
        let answer = alice.asks(&query).await;
        let page = answer.at("/myRecordings");
        assert_eq!(page["source"]["state"], "READY", "{}", answer.body);
        let nodes = page["nodes"].as_array().unwrap();
        assert!(nodes.len() <= 2, "{page}");
        for node in nodes {
            assert_eq!(
                (&node["linkId"], &node["passwordProtected"]),
                (&Value::Null, &json!(true)),
                "{node}"
            );
            assert!(!node["files"].as_array().unwrap().is_empty(), "{node}");
            let text = |name: &str| node[name].as_str().unwrap().to_owned();
            seen.push((text("startedAt"), text("id")));
        }
        let next = match &page["hasMore"] {
            Value::Bool(true) => nodes[1]["startedAt"].as_str(),
            _ => page["since"].as_str(),
        };
        until = format!(", until: \"{}\"", next.unwrap());
    }

    assert!(seen.is_sorted_by(|a, b| a.0 > b.0), "{seen:?}");
    // Those of the story, and one of a meeting that is linked with nothing.
    let expected: Vec<String> = (0..4).rev().map(recording).collect();
    let ids = seen.iter().map(|(_, id)| id);
    let known: Vec<&String> = ids.filter(|it| expected.contains(it)).collect();
    assert_eq!(known, expected.iter().collect::<Vec<_>>());
    assert!(seen.len() > known.len(), "{seen:?}");
    let calls = asked(&house, "zoom");
    let list = "alice GET /v2/users/me/recordings";
    let lists = calls.iter().filter(|it| *it == list).count();
    assert_eq!((lists, calls.len()), (3, 3), "{calls:?}");

    // Who is not connected is told so, and who asks for none is refused.
    let bob = house.bob();
    let answer = bob
        .asks("{ myRecordings { nodes { id } hasMore source { state } } }")
        .await;
    let page = answer.at("/myRecordings");
    assert_eq!(page["source"]["state"], "NOT_CONNECTED", "{}", answer.body);
    assert_eq!(
        (&page["nodes"], &page["hasMore"]),
        (&json!([]), &json!(false))
    );
    let answer = bob.asks("{ myRecordings(first: 0) { hasMore } }").await;
    assert_eq!(
        answer.body["errors"][0]["extensions"]["code"],
        "BAD_USER_INPUT"
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_meeting_tells_when_it_took_place_who_was_there_and_what_was_written() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    house.sandbox.world().clear_requests();
    let query = format!(
        "{{ meeting(id: \"{}\") {{ instances(first: 4) {{ totalCount source {{ state }} nodes {{ startedAt recordingId
            participants {{ hasMore source {{ state }} nodes {{ name email joinedAt leftAt durationSeconds isInternal }} }}
            aiSummary {{ title content updatedAt source {{ state }} }} }} }} }} }}",
        kick_off()
    );

    let answer = alice.asks(&query).await;

    let instances = answer.at("/meeting/instances");
    assert_eq!(instances["source"]["state"], "READY", "{}", answer.body);
    assert_eq!(instances["totalCount"], json!(5));
    let nodes = instances["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 4);
    let begun: Vec<&str> = nodes
        .iter()
        .map(|it| it["startedAt"].as_str().unwrap())
        .collect();
    assert!(begun.is_sorted_by(|a, b| a > b), "{begun:?}");
    // Their ids hold slashes, doubled and at the beginning.
    let ids: Vec<&Value> = nodes.iter().map(|it| &it["recordingId"]).collect();
    let expected: Vec<String> = (0..4).rev().map(recording).collect();
    assert_eq!(ids, expected.iter().collect::<Vec<_>>());
    for node in nodes {
        let people = node["participants"]["nodes"].as_array().unwrap();
        assert_eq!(people.len(), 4, "{node}");
        assert_eq!(node["participants"]["hasMore"], json!(false));
        assert_eq!(
            (&people[0]["name"], &people[0]["isInternal"]),
            (&json!("Alice Meyer"), &json!(true))
        );
        assert!(people[0]["email"].is_string() && people[0]["joinedAt"].is_string());
        assert_eq!(
            (&people[3]["email"], &people[3]["isInternal"]),
            (&Value::Null, &json!(false))
        );
        assert_eq!(people[3]["durationSeconds"], json!(1_260));
        let summary = node["aiSummary"]["content"].as_str().unwrap();
        assert!(summary.starts_with("## Key takeaways"), "{summary}");
    }
    let seen = asked(&house, "zoom");
    assert_eq!(seen.len(), 1 + 1 + 4 + 4, "{seen:?}");
    assert!(
        seen.iter().all(|it| it.starts_with("alice GET ")),
        "{seen:?}"
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_recording_tells_what_was_said_and_keeps_it_nowhere() {
    let house = given_a_house().await;
    let (alice, bob) = (house.alice(), house.bob());
    alice.connects("ZOOM").await;
    bob.connects("ZOOM").await;
    let query = |at: usize| {
        format!(
            "{{ recording(id: \"{}\") {{ hasTranscript startedAt expiresAt
                transcript {{ text hasMore entries {{ startsAtSeconds speaker text }} source {{ state }} }}
                aiSummary {{ content }} }} }}",
            recording(at)
        )
    };
    for at in 0..4 {
        let answer = alice.asks(&query(at)).await;
        let found = answer.at("/recording");
        assert_eq!(found["hasTranscript"], json!(true), "{}", answer.body);
        let day = |name: &str| {
            let moment = found[name].as_str().unwrap();
            OffsetDateTime::parse(moment, &Rfc3339).unwrap().date()
        };
        assert_eq!(day("expiresAt") - day("startedAt"), Duration::days(365));
        let transcript = &found["transcript"];
        assert_eq!(
            (&transcript["source"]["state"], &transcript["hasMore"]),
            (&json!("READY"), &json!(false))
        );
        let text = transcript["text"].as_str().unwrap();
        assert!(
            text.starts_with("Alice Meyer: Guten Morgen, let us begin."),
            "{text}"
        );
        assert!(
            text.ends_with("\nBob Tanaka: The pilot group is ready."),
            "{text}"
        );
        let first = &transcript["entries"][0];
        assert_eq!(
            (&first["startsAtSeconds"], &first["speaker"]),
            (&json!(3.12), &json!("Alice Meyer"))
        );
        assert!(found["aiSummary"]["content"].is_string());
    }
    // Who has no right to the recording has none to what was said.
    let foreign = bob.asks(&query(0)).await;
    assert_eq!(*foreign.at("/recording"), Value::Null);
    for it in house.asked("zoom-download") {
        assert_eq!(it.subject.as_deref(), Some("alice"), "{it:?}");
    }

    // A page to sign in is no transcript.
    house.sandbox.world().inject(Fault {
        provider: "zoom-download".into(),
        count: Some(1),
        style: Some("html".into()),
        ..Fault::default()
    });
    let page = alice.asks(&query(0)).await;
    let transcript = page.at("/recording/transcript");
    assert_eq!(transcript["text"], Value::Null, "{}", page.body);
    assert_eq!(transcript["source"]["state"], "UNAVAILABLE", "{transcript}");
    house.is_left_clean().await;
}

#[tokio::test]
async fn without_a_paid_plan_or_when_it_is_not_shared_the_rest_is_told_all_the_same() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let query = format!(
        "{{ meeting(id: \"{}\") {{ subject instances(first: 1) {{ source {{ state }} nodes {{
            participants {{ source {{ state }} nodes {{ name }} }}
            aiSummary {{ content source {{ state }} }} }} }} }} }}",
        kick_off()
    );
    house
        .sandbox
        .zoom(|knobs| knobs.summaries_restricted = true);
    let answer = alice.asks(&query).await;
    let node = answer.at("/meeting/instances/nodes/0");
    assert_eq!(
        node["aiSummary"],
        json!({ "content": null, "source": { "state": "FORBIDDEN" } })
    );
    assert_eq!(node["participants"]["source"]["state"], "READY");

    house.sandbox.zoom(|knobs| knobs.paid_plan = false);
    let answer = alice.asks(&query).await;
    assert!(answer.at("/meeting/subject").is_string(), "{}", answer.body);
    let node = answer.at("/meeting/instances/nodes/0");
    assert_eq!(
        node["participants"],
        json!({ "source": { "state": "FORBIDDEN" }, "nodes": [] })
    );
    assert_eq!(answer.body.get("errors"), None);
    house.is_left_clean().await;
}

#[tokio::test]
async fn the_recordings_of_a_meeting_are_told_whether_they_are_linked_or_not() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let query = format!(
        "{{ meeting(id: \"{}\") {{ recordings {{ source {{ state }} nodes {{ id topic files {{ type }} }} }} }} }}",
        kick_off()
    );

    let answer = alice.asks(&query).await;

    let recordings = answer.at("/meeting/recordings");
    assert_eq!(recordings["source"]["state"], "READY", "{}", answer.body);
    let ids: Vec<&Value> = recordings["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["id"])
        .collect();
    let expected: Vec<String> = (0..4).rev().map(recording).collect();
    // The fifth time it was not recorded.
    assert_eq!(ids, expected.iter().collect::<Vec<_>>());
    house.is_left_clean().await;
}

#[tokio::test]
async fn who_was_there_is_read_page_by_page() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let page = |token: &str, name: &str| {
        json!({ "page_size": 300, "total_records": 2, "next_page_token": token,
            "participants": [{ "id": "", "name": name, "user_email": "", "duration": 0 }] })
        .to_string()
    };
    let names = [words(&house, "one"), words(&house, "two")];
    for (token, name) in [("more+/=", &names[0]), ("", &names[1])] {
        house.sandbox.world().inject(Fault {
            provider: "zoom".into(),
            path: Some("/participants".into()),
            count: Some(1),
            status: Some(200),
            body: Some(page(token, name)),
            ..Fault::default()
        });
    }
    let query = format!(
        "{{ meeting(id: \"{}\") {{ instances(first: 1) {{ nodes {{ participants {{ hasMore nodes {{ name email durationSeconds }} }} }} }} }} }}",
        kick_off()
    );

    let answer = alice.asks(&query).await;

    let people = answer.at("/meeting/instances/nodes/0/participants");
    assert_eq!(
        *people,
        json!({ "hasMore": false, "nodes": [
            { "name": names[0], "email": null, "durationSeconds": null },
            { "name": names[1], "email": null, "durationSeconds": null } ] })
    );
    let asked = house.asked("zoom").into_iter();
    let tokens: Vec<String> = asked
        .filter(|it| it.path.contains("/participants"))
        .map(|it| it.path)
        .collect();
    assert!(
        tokens[1].ends_with("&next_page_token=more%2B%2F%3D"),
        "{tokens:?}"
    );
    house.is_left_clean().await;
}
