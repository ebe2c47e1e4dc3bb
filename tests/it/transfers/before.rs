//! What can be known before something is attached.

use sandbox::Options;
use sandbox::fault::Fault;
use sandbox::jira::Knobs as JiraKnobs;
use serde_json::{Value, json};

use super::QUICK;
use crate::harness::{House, given_a_house_with};

async fn given_alice_with_zoom() -> House {
    let house = given_a_house_with(QUICK, Options::default()).await;
    house.alice().connects("ZOOM").await;
    house
}

#[tokio::test]
async fn a_site_says_what_it_takes_and_is_asked_once() {
    let house = given_alice_with_zoom().await;
    let alice = house.alice();
    house.sandbox.jira(JiraKnobs {
        upload_limit: Some(5_000_000),
        ..JiraKnobs::default()
    });
    let query = "{ issue(id: 10042) { attachmentLimits { enabled largest } } }";
    for _ in 0..2 {
        let answer = alice.asks(query).await;
        assert_eq!(
            answer.at("/issue/attachmentLimits"),
            &json!({ "enabled": true, "largest": 5_000_000.0 }),
            "{}",
            answer.body
        );
    }
    let asked = house.asked("jira");
    let asked = asked
        .iter()
        .filter(|it| it.path.contains("attachment/meta"));
    assert_eq!(asked.count(), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_transfer_names_its_file_as_the_recording_does() {
    let house = given_alice_with_zoom().await;
    let alice = house.alice();
    let (_, files) = alice.recording(0).await;
    let id = alice.attaches_video().await;
    alice.sees_the_end(&id).await;
    let answer = alice
        .asks("{ issue(id: 10042) { transfers { id fileId } } }")
        .await;
    let video: Vec<&Value> = (files.iter())
        .filter(|(kind, ..)| kind == "MP4")
        .map(|(_, id, _)| id)
        .collect();
    assert_eq!(
        answer.at("/issue/transfers"),
        &json!([{ "id": id, "fileId": video[0] }])
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_said_at_the_input_that_it_concerns() {
    let house = given_alice_with_zoom().await;
    let alice = house.alice();
    let (recording, files) = alice.recording(0).await;
    for (provider, path, input) in [
        ("zoom", "/recordings", "recording"),
        ("jira", "attachment/meta", "issue"),
    ] {
        house.sandbox.world().inject(Fault {
            provider: provider.to_owned(),
            path: Some(path.to_owned()),
            status: Some(503),
            ..Fault::default()
        });
        let wanted = json!({
            "issue": "10042", "recording": recording, "files": [files[0].1],
            "audienceAcknowledged": true,
        });
        let fields = "transfers { id }";
        let refused = alice.mutates("attachRecording", wanted, fields).await;
        assert_eq!(refused["transfers"], json!([]), "{refused}");
        let said = &refused["userErrors"][0];
        assert_eq!(said["field"], json!(["input", input]), "{refused}");
        assert_eq!(said["code"], "UPSTREAM_UNAVAILABLE", "{refused}");
        house.sandbox.world().clear_faults();
    }
    house.is_left_clean().await;
}
