//! Attached exactly once, whatever happens on the way.

use sandbox::Options;
use sandbox::fault::Fault;
use sandbox::jira::{cloud_id, user_token};
use serde_json::json;

use super::{QUICK, at_jira};
use crate::harness::person::client;
use crate::harness::process::Process;
use crate::harness::{House, given_a_house, given_a_house_with};

#[tokio::test]
async fn a_recording_is_attached_whole_with_a_receipt_and_the_viewers_own_rights() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let (_, files) = alice.recording(0).await;
    house.sandbox.world().clear_requests();
    let payload = alice.attaches(0, &["MP4", "TRANSCRIPT"]).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    let transfers = payload["transfers"].as_array().unwrap().clone();
    assert_eq!(transfers.len(), 2, "{payload}");
    for transfer in &transfers {
        assert_eq!(transfer["isOwn"], true, "{transfer}");
        let done = alice.sees_the_end(&transfer["id"]).await;
        assert_eq!(
            (&done["state"], &done["problem"]),
            (&json!("DONE"), &json!(null))
        );
        assert_eq!(done["sent"], done["size"]);
        let attached = house.sandbox.jira_attachments("acme", "DEMO-42");
        let sha256 = done["receipt"]["sha256"].as_str().unwrap();
        assert!(
            attached.values().any(|it| it == sha256),
            "{done} {attached:?}"
        );
    }
    let mut sizes: Vec<u64> = alice
        .files()
        .await
        .into_iter()
        .map(|(_, size)| size)
        .collect();
    let of = |kind: &str| files.iter().find(|(it, ..)| it == kind).unwrap().2;
    let mut expected = vec![of("MP4"), of("TRANSCRIPT")];
    sizes.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sizes, expected);
    for asked in house.sandbox.world().requests() {
        assert_eq!(asked.subject.as_deref(), Some("alice"), "{asked:?}");
        assert!(!asked.path.contains("access_token="), "{asked:?}");
    }
    let log = alice
        .asks("{ auditLog(first: 50) { nodes { action result detail } } }")
        .await;
    let entries = log.at("/auditLog/nodes").as_array().unwrap();
    let receipts = entries
        .iter()
        .filter(|it| it["action"] == "recording.attach");
    assert_eq!(receipts.count(), 2, "{}", log.body);
    house.is_left_clean().await;
}

#[tokio::test]
async fn the_same_file_goes_to_an_issue_once_however_often_it_is_asked_for() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let asked = futures::future::join_all((0..8).map(|_| alice.attaches_video())).await;
    assert!(asked.iter().all(|it| *it == asked[0]), "{asked:?}");
    alice.sees_the_end(&asked[0]).await;
    assert_eq!(alice.attaches_video().await, asked[0]);
    assert_eq!(alice.files().await.len(), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn an_end_that_nobody_heard_of_leaves_one_file() {
    for (what, fault) in [
        (
            "lost",
            Fault {
                lose: true,
                ..at_jira(1)
            },
        ),
        (
            "late",
            Fault {
                linger_ms: 2_000,
                ..at_jira(1)
            },
        ),
        (
            "500 after it was stored",
            Fault {
                late_status: Some(500),
                ..at_jira(1)
            },
        ),
    ] {
        let house = given_a_house_with(QUICK, Options::default()).await;
        let alice = house.alice();
        alice.connects("ZOOM").await;
        house.sandbox.world().inject(fault);
        let id = alice.attaches_video().await;
        let done = alice.sees_the_end(&id).await;
        assert_eq!(done["state"], "DONE", "{what}: {done}");
        assert_eq!(alice.files().await.len(), 1, "{what}");
        house.is_left_clean().await;
    }
}

/// Somebody deletes a file in Jira.
async fn delete_attachment(house: &House, number: &str) {
    let token = user_token(house.sandbox.world(), "alice", &["write:jira-work"]);
    let base = &house.sandbox.addresses().jira[0];
    let site = cloud_id("acme");
    let deleted = client()
        .delete(format!(
            "{base}/ex/jira/{site}/rest/api/3/attachment/{number}"
        ))
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.status(), 204);
}

#[tokio::test]
async fn what_was_taken_away_in_jira_can_be_attached_again_and_what_is_there_is_found() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let id = alice.attaches_video().await;
    let first = alice.sees_the_end(&id).await;
    assert_eq!(alice.attaches_video().await, id);
    let again = alice.sees_the_end(&id).await;
    // What is there already is found, and the receipt is still of it.
    assert_eq!(again["receipt"], first["receipt"], "{again}");
    assert_eq!(alice.files().await.len(), 1);
    let number = first["receipt"]["attachmentId"].as_str().unwrap();
    delete_attachment(&house, number).await;
    assert!(alice.files().await.is_empty());
    assert_eq!(alice.attaches_video().await, id);
    let anew = alice.sees_the_end(&id).await;
    assert_eq!(anew["state"], "DONE", "{anew}");
    assert_ne!(anew["receipt"]["attachmentId"], number);
    assert_eq!(anew["receipt"]["sha256"], first["receipt"]["sha256"]);
    assert_eq!(alice.files().await.len(), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn another_gateway_goes_on_where_one_has_died() {
    let mut house = given_a_house_with(QUICK, Options::default()).await;
    house.opens_a_gateway(QUICK).await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    house.sandbox.zoom(|knobs| {
        knobs.video_bytes = 4_000_000;
        knobs.download_bytes_per_second = Some(1_000_000);
    });
    let id = alice.attaches_video().await;
    alice.sees(&id, |it| it["sent"].as_f64() > Some(0.0)).await;
    // The one that carries it stops; which of the two that is does not matter.
    let stopped = house.carrying();
    house.gateways[stopped].stop.cancel();
    let other = house.alice().at(1 - stopped);
    let done = other.sees_the_end(&id).await;
    assert_eq!(done["state"], "DONE", "{done}");
    assert_eq!(other.files().await.len(), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_a_killed_gateway_carried_is_finished_by_another() {
    let house = given_a_house_with(QUICK, Options::default()).await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    house.sandbox.zoom(|knobs| {
        knobs.video_bytes = 8_000_000;
        knobs.download_bytes_per_second = Some(1_000_000);
    });
    let (recording, files) = alice.recording(0).await;
    let video = files.iter().find(|(kind, ..)| kind == "MP4").unwrap();
    let other = Process::start(&house, QUICK).await;
    let asked = "mutation($input: AttachRecordingInput!) { attachRecording(input: $input) { transfers { id } } }";
    let input = json!({ "idempotencyKey": "k", "issue": "10042", "recording": recording, "files": [video.1],
        "audienceAcknowledged": true });
    let answer = other
        .asks(&alice.token, asked, &json!({ "input": input }))
        .await;
    let id = answer["data"]["attachRecording"]["transfers"][0]["id"].clone();
    alice.sees(&id, |it| it["sent"].as_f64() > Some(0.0)).await;
    house.is_carrying_nothing().await;
    let log = other.log();
    drop(other);
    house
        .sandbox
        .zoom(|knobs| knobs.download_bytes_per_second = None);

    let done = alice.sees_the_end(&id).await;

    assert_eq!(done["state"], "DONE", "{done}");
    assert_eq!(done["failures"], 0, "a death is no failure of the transfer");
    assert_eq!(alice.files().await.len(), 1);
    house.keeps(log);
    house.is_left_clean().await;
}
