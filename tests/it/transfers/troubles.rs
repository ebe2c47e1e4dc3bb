//! Whatever is no whole recording is never attached, and what cannot work is not tried again.

use std::time::{Duration, Instant};

use sandbox::Options;
use sandbox::event::Event;
use sandbox::fault::Fault;
use sandbox::jira::Knobs as JiraKnobs;
use serde_json::json;

use super::{QUICK, at_download, at_jira};
use crate::harness::person::{Person, client};
use crate::harness::story::RECORDINGS;
use crate::harness::{House, given_a_house_with};
use crate::webhooks::count;

async fn given_alice_with_zoom() -> House {
    let house = given_a_house_with(QUICK, Options::default()).await;
    house.alice().connects("ZOOM").await;
    house
}

/// How the transfer of a video ends, and that nothing was attached unless it says so.
async fn ends(alice: &Person<'_>) -> (String, String) {
    let id = alice.attaches_video().await;
    let ended = alice.sees_the_end(&id).await;
    let state = ended["state"].as_str().unwrap().to_owned();
    let attached = alice.files().await.len();
    assert_eq!(attached, usize::from(state == "DONE"), "{ended}");
    let code = ended["problem"]["code"].as_str().unwrap_or_default();
    assert_eq!(code.is_empty(), ended["problem"]["message"].is_null());
    (state, code.to_owned())
}

#[tokio::test]
async fn a_page_to_sign_in_is_no_recording() {
    let house = given_alice_with_zoom().await;
    house.sandbox.world().inject(Fault {
        style: Some("html".to_owned()),
        status: Some(200),
        ..at_download(1_000)
    });
    let (state, code) = ends(&house.alice()).await;
    assert_eq!(
        (state.as_str(), code.as_str()),
        ("FAILED", "NOT_A_RECORDING")
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_breaks_off_or_fails_for_a_while_is_tried_again() {
    for (what, fault) in [
        (
            "early end",
            Fault {
                truncate: Some(100_000),
                ..at_download(1)
            },
        ),
        (
            "reset",
            Fault {
                reset: true,
                ..at_download(1)
            },
        ),
        (
            "503 of Zoom",
            Fault {
                status: Some(503),
                ..at_download(1)
            },
        ),
        (
            "503 of Jira",
            Fault {
                status: Some(503),
                ..at_jira(1)
            },
        ),
        (
            "429 of Jira",
            Fault {
                style: Some("jira-429".to_owned()),
                ..at_jira(1)
            },
        ),
    ] {
        let house = given_alice_with_zoom().await;
        house.sandbox.world().inject(fault);
        let (state, code) = ends(&house.alice()).await;
        assert_eq!((state.as_str(), code.as_str()), ("DONE", ""), "{what}");
        house.is_left_clean().await;
    }
}

#[tokio::test]
async fn a_recording_that_zoom_still_makes_is_waited_for() {
    let house = given_alice_with_zoom().await;
    let alice = house.alice();
    let id = {
        // It is known, and then not there for a while.
        let id = alice.attaches_video();
        house.sandbox.world().inject(Fault {
            provider: "zoom".to_owned(),
            path: Some("download_access_token".to_owned()),
            count: Some(1),
            status: Some(500),
            ..Fault::default()
        });
        id.await
    };
    let waits = alice.sees(&id, |it| it["failures"] == 1).await;
    assert_eq!(waits["problem"]["code"], "ZOOM_UNAVAILABLE", "{waits}");
    let done = alice.sees_the_end(&id).await;
    assert_eq!(done["state"], "DONE", "{done}");
    house.is_left_clean().await;
}

/// Starts a video's transfer whose first try comes to nothing, waits for that, changes something, and says how it ends.
async fn ends_after(house: &House, change: impl AsyncFnOnce(&House)) -> (String, String) {
    house.sandbox.world().inject(Fault {
        status: Some(503),
        ..at_download(1)
    });
    let alice = house.alice();
    let id = alice.attaches_video().await;
    alice.sees(&id, |it| it["failures"] == 1).await;
    change(house).await;
    let ended = alice.sees_the_end(&id).await;
    let text = |it: &serde_json::Value| it.as_str().unwrap_or_default().to_owned();
    (text(&ended["state"]), text(&ended["problem"]["code"]))
}

#[tokio::test]
async fn what_is_gone_meanwhile_ends_it_with_the_reason() {
    let failed = |code: &str| ("FAILED".to_owned(), code.to_owned());
    let house = given_alice_with_zoom().await;
    let outcome = ends_after(&house, async |house: &House| {
        let mut event = Event::new("zoom", "recording.trashed");
        event.meeting = Some(RECORDINGS[0].to_owned());
        house.sandbox.sends(event).await;
    });
    assert_eq!(outcome.await, failed("RECORDING_GONE"));
    assert!(house.alice().files().await.is_empty());
    house.is_left_clean().await;

    let house = given_alice_with_zoom().await;
    let outcome = ends_after(&house, async |house: &House| {
        house.sandbox.set_browses("alice", "acme", "DEMO", false);
        // Who may not see the issue is told nothing of its transfers, so it is seen in their row.
        let gone = "SELECT COUNT(*) AS n FROM transfer WHERE state = 'failed'";
        let begun = Instant::now();
        while count(house, gone).await == 0 {
            assert!(begun.elapsed().as_secs() < 20, "it does not end");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        house.sandbox.set_browses("alice", "acme", "DEMO", true);
    });
    assert_eq!(outcome.await, failed("ISSUE_GONE"));
    assert!(house.alice().files().await.is_empty());
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_passcode_that_is_changed_meanwhile_changes_nothing() {
    let house = given_alice_with_zoom().await;
    let outcome = ends_after(&house, async |house: &House| {
        let token = house.sandbox.zoom_tokens("alice").access_token;
        let base = &house.sandbox.addresses().zoom;
        let uuid = RECORDINGS[0].replace('=', "%3D");
        let changed = client()
            .patch(format!("{base}/v2/meetings/{uuid}/recordings/settings"))
            .bearer_auth(token)
            .json(&json!({ "password": "another-1" }))
            .send()
            .await
            .unwrap();
        assert_eq!(changed.status(), 204);
    });
    assert_eq!(outcome.await, ("DONE".to_owned(), String::new()));
    assert_eq!(house.alice().files().await.len(), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_file_that_zoom_still_makes_is_said_to_be_and_waited_for() {
    let house = given_alice_with_zoom().await;
    house.sandbox.zoom(|knobs| knobs.files_processing = true);
    let alice = house.alice();
    let id = alice.attaches_video().await;
    let waits = alice.sees(&id, |it| it["failures"] == 1).await;
    assert_eq!(waits["problem"]["code"], "NOT_READY", "{waits}");
    assert!(waits["nextTryAt"].is_string(), "{waits}");
    house.sandbox.zoom(|knobs| knobs.files_processing = false);
    let done = alice.sees_the_end(&id).await;
    assert_eq!(done["state"], "DONE", "{done}");
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_file_of_another_length_is_not_attached() {
    let house = given_alice_with_zoom().await;
    house.sandbox.world().inject(Fault {
        body: Some("WEBVTT\n\n1\n".to_owned()),
        ..at_download(1)
    });
    let alice = house.alice();
    let payload = alice.attaches(0, &["TRANSCRIPT"]).await;
    let id = payload["transfers"][0]["id"].clone();
    let waits = alice.sees(&id, |it| it["failures"] == 1).await;
    assert_eq!(waits["problem"]["code"], "WRONG_LENGTH", "{waits}");
    assert!(alice.files().await.is_empty());
    let done = alice.sees_the_end(&id).await;
    assert_eq!(done["state"], "DONE", "{done}");
    house.is_left_clean().await;
}

#[tokio::test]
async fn where_attachments_are_switched_off_nothing_is_begun() {
    let house = given_alice_with_zoom().await;
    house.sandbox.jira(JiraKnobs {
        attachments_enabled: Some(false),
        ..JiraKnobs::default()
    });
    let refused = house.alice().attaches(0, &["MP4"]).await;
    assert_eq!(refused["transfers"], json!([]), "{refused}");
    let code = &refused["userErrors"][0]["code"];
    assert_eq!(code, "ATTACHMENTS_DISABLED", "{refused}");
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_the_site_does_not_take_is_said_before_anything_is_sent() {
    let house = given_alice_with_zoom().await;
    let alice = house.alice();
    house.sandbox.jira(JiraKnobs {
        upload_limit: Some(1_000),
        ..JiraKnobs::default()
    });
    let refused = alice.attaches(0, &["MP4"]).await;
    assert_eq!(refused["transfers"], json!([]), "{refused}");
    assert_eq!(
        refused["userErrors"][0]["code"], "FILE_TOO_LARGE",
        "{refused}"
    );
    assert_eq!(house.asked("zoom-download").len(), 0);
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_can_never_work_is_not_tried_twice() {
    for (what, fault, code) in [
        (
            "413",
            Fault {
                status: Some(413),
                ..at_jira(1_000)
            },
            "FILE_TOO_LARGE",
        ),
        (
            "403",
            Fault {
                status: Some(403),
                ..at_jira(1_000)
            },
            "FORBIDDEN",
        ),
        (
            "404",
            Fault {
                status: Some(404),
                ..at_jira(1_000)
            },
            "ISSUE_GONE",
        ),
    ] {
        let house = given_alice_with_zoom().await;
        house.sandbox.world().inject(fault);
        let (state, said) = ends(&house.alice()).await;
        assert_eq!((state.as_str(), said.as_str()), ("FAILED", code), "{what}");
        let tries = house.asked("jira");
        let tries = tries
            .iter()
            .filter(|it| it.method == "POST" && it.path.contains("/attachments"));
        assert_eq!(tries.count(), 1, "{what}");
        house.is_left_clean().await;
    }
}

#[tokio::test]
async fn who_has_not_said_that_they_know_the_audience_attaches_nothing() {
    let house = given_alice_with_zoom().await;
    let alice = house.alice();
    let (recording, files) = alice.recording(0).await;
    let input = json!({
        "issue": "10042", "recording": recording, "files": [files[0].1], "audienceAcknowledged": false,
    });
    let refused = alice
        .mutates("attachRecording", input, "transfers { id }")
        .await;
    assert_eq!(refused["transfers"], json!([]));
    assert_eq!(
        refused["userErrors"][0]["code"], "FIELD_REQUIRED",
        "{refused}"
    );
    assert!(alice.files().await.is_empty());
    house.is_left_clean().await;
}
