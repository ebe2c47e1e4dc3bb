//! Zoom's deliveries, and the validation of our address, which must not sign anything for anybody.

use std::time::Duration;

use futures::future::join_all;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use trefoil::clock;
use trefoil::event::{MeetingChange, RecordingChange, What};

use super::{Ear, answered, audited, rows, sent};
use crate::harness::{House, given_a_house, given_a_house_with};

const SECRETS: [&str; 2] = ["the-newer-secret", "the-older-secret"];
const HOST: &str = "x1yCzABCDEfg23HiJKl4mN";
pub const RECORDING: &str = "4444AAAiAAAAAiAiAiiAii==";

pub async fn given_zoom() -> House {
    let settings = "zoom.webhook_secrets = ['the-newer-secret', 'the-older-secret']";
    given_a_house_with(settings, sandbox::Options::default()).await
}

/// The signature of a body at a time, by a secret.
fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{timestamp}:{body}").as_bytes());
    let bytes = mac.finalize().into_bytes();
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v0={}", hex.concat())
}

fn url(house: &House) -> String {
    format!("{}/webhooks/zoom", house.gateways.last().unwrap().url)
}

/// Sends something as it stands.
async fn sends(house: &House, timestamp: &str, signature: &str, body: &str) -> u16 {
    let headers = [
        ("x-zm-request-timestamp", timestamp),
        ("x-zm-signature", signature),
    ];
    sent(&url(house), &headers, body.to_owned()).await
}

/// Sends a body as Zoom does, now, by one of the secrets.
pub async fn tells(house: &House, body: &Value) -> u16 {
    let (now, body) = (clock::unix().to_string(), body.to_string());
    sends(house, &now, &signature(SECRETS[1], &now, &body), &body).await
}

/// A recording that is ready, as Zoom tells it.
pub fn recording(house: &House, event: &str) -> Value {
    let canary = &house.sandbox.world().canaries()[0];
    json!({
        "event": event, "event_ts": 1_626_230_691_572_i64, "download_token": canary,
        "payload": { "account_id": "AAAAAABBBB", "object": {
            "id": 1_234_567_890, "uuid": RECORDING, "host_id": HOST, "account_id": "x", "topic": canary,
            "host_email": canary, "password": canary, "recording_play_passcode": canary, "share_url": canary,
            "recording_files": [{ "id": "a", "download_url": canary }, { "id": "b", "play_url": canary }] } },
    })
}

fn heard_at(change: RecordingChange) -> What {
    What::ZoomRecording {
        host: Some(HOST.parse().unwrap()),
        meeting: Some("1234567890".parse().unwrap()),
        recording: RECORDING.parse().unwrap(),
        change,
    }
}

#[tokio::test]
async fn a_finished_recording_is_told_once_in_ids() {
    let mut house = given_zoom().await;
    let body = recording(&house, "recording.completed");
    {
        let app = &house.gateway().app;
        let mut ear = Ear::at(app, heard_at(RecordingChange::Trashed)).await;
        assert_eq!(tells(&house, &body).await, 204);
        let heard = ear.hears().await;
        assert_eq!(heard.len(), 1);
        assert_eq!(heard[0].what, heard_at(RecordingChange::Completed));
        assert_eq!(heard[0].at, 1_626_230_691_572);
        // Again and again, at other times and by the other secret.
        let again = join_all((0..20).map(|_| tells(&house, &body))).await;
        assert_eq!(again, [204; 20]);
        let (later, text) = ((clock::unix() - 90 * 60).to_string(), body.to_string());
        let signed = signature(SECRETS[0], &later, &text);
        assert_eq!(sends(&house, &later, &signed, &text).await, 204);
        assert_eq!(ear.hears().await, []);
    }
    house
        .opens_a_gateway("zoom.webhook_secrets = ['the-older-secret']")
        .await;
    let mut ear = Ear::at(&house.gateways[1].app, heard_at(RecordingChange::Trashed)).await;
    assert_eq!(tells(&house, &body).await, 204);
    assert_eq!(ear.hears().await, []);
    assert_eq!(rows(&house).await, 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_meeting_is_heard_by_its_number_even_when_zoom_does_not_say_whose_it_is() {
    let house = given_zoom().await;
    let about = |change| What::ZoomMeeting {
        host: None,
        meeting: "94890226305".parse().unwrap(),
        change,
    };
    let app = &house.gateway().app;
    let mut ear = Ear::at(app, about(MeetingChange::Ended)).await;
    let canary = &house.sandbox.world().canaries()[0];
    let updated = json!({ "event": "meeting.updated", "event_ts": 1, "payload": {
        "account_id": "A", "operator": canary, "object": { "id": 94_890_226_305_i64, "topic": canary },
        "old_object": { "id": 94_890_226_305_i64, "topic": canary } } });
    assert_eq!(tells(&house, &updated).await, 204);
    let heard = ear.hears().await;
    assert_eq!(heard[0].what, about(MeetingChange::Updated));
    // What nobody here asks about is thanked for and forgotten.
    for event in [
        "meeting.participant_admitted",
        "recording.renamed",
        "of.tomorrow",
    ] {
        let mut other = updated.clone();
        other["event"] = json!(event);
        assert_eq!(tells(&house, &other).await, 204);
    }
    assert_eq!(ear.hears().await, []);
    assert_eq!(rows(&house).await, 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_zoom_did_not_sign_now_is_refused_and_leaves_no_row() {
    let house = given_zoom().await;
    let body = recording(&house, "recording.completed").to_string();
    let now = clock::unix();
    let at = now.to_string();
    let good = signature(SECRETS[0], &at, &body);
    let other = signature("another secret", &at, &body);
    let upper = format!("v0={}", good[3..].to_uppercase());
    for wrong in [
        "",
        "v0=",
        &other,
        &upper,
        &good[3..],
        &good.replace("v0=", "v1="),
        &good[..66],
    ] {
        assert_eq!(sends(&house, &at, wrong, &body).await, 401, "{wrong}");
    }
    assert_eq!(
        sends(&house, &at, &good, &body.replace("completed", "deleted")).await,
        401
    );
    assert_eq!(
        sends(&house, &(now - 1).to_string(), &good, &body).await,
        401
    );
    // Signed, at another time. A second may pass meanwhile.
    for seconds in [-10 * 86_400, -2 * 3_600 - 5, 5 * 60 + 5, now * 999] {
        let at = (now + seconds).to_string();
        assert_eq!(
            sends(&house, &at, &signature(SECRETS[0], &at, &body), &body).await,
            401
        );
    }
    for odd in ["NaN", "-1", ""] {
        assert_eq!(
            sends(&house, odd, &signature(SECRETS[0], odd, &body), &body).await,
            401
        );
    }
    // A header that stands there twice says nothing.
    for twice in ["x-zm-signature", "x-zm-request-timestamp"] {
        let value = if twice == "x-zm-signature" {
            &good
        } else {
            &at
        };
        let headers = [
            ("x-zm-request-timestamp", &*at),
            ("x-zm-signature", &good),
            (twice, value),
        ];
        assert_eq!(sent(&url(&house), &headers, body.clone()).await, 401);
    }
    assert_eq!(sent(&url(&house), &[], body.clone()).await, 401);
    assert_eq!(rows(&house).await, 0);
    assert!(audited(&house, "webhook.zoom", "signature", 9).await >= 9);
    assert!(audited(&house, "webhook.zoom", "stale", 4).await >= 4);
    assert_eq!(sends(&house, &at, &good, &body).await, 204);
    house.is_left_clean().await;
}

#[tokio::test]
async fn nobody_but_zoom_has_anything_signed_here() {
    let house = given_zoom().await;
    let asks = |token: &str| json!({ "event": "endpoint.url_validation", "payload": { "plainToken": token }, "event_ts": 1 });
    let now = clock::unix().to_string();
    let asked = async |token: &str, secret: &str| {
        let body = asks(token).to_string();
        let signature = signature(secret, &now, &body);
        let headers = [
            ("x-zm-request-timestamp", &*now),
            ("x-zm-signature", &signature),
        ];
        answered(&url(&house), &headers, body).await
    };
    let token = "qgg8vlvZRS6UYooatFL8Aw";
    let (status, text) = asked(token, SECRETS[1]).await;
    let answer: Value = serde_json::from_str(&text).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRETS[1].as_bytes()).unwrap();
    mac.update(token.as_bytes());
    let bytes = mac.finalize().into_bytes();
    let expected: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = json!({ "plainToken": token, "encryptedToken": expected.concat() });
    assert_eq!((status, answer), (200, expected));

    let forged = asks(token).to_string();
    assert_eq!(sent(&url(&house), &[], forged).await, 401);
    assert_eq!(asked(token, "another secret").await, (401, String::new()));
    // Even a signed wish to have an event signed is none we fulfil.
    let long = "a".repeat(500_000);
    for token in [
        "v0:1732222222:{}",
        "abcdefg:",
        "a",
        "",
        "größer-als-nichts",
        "with space",
        &long[..65],
    ] {
        assert_eq!(
            asked(token, SECRETS[0]).await,
            (401, String::new()),
            "{token}"
        );
    }
    assert_eq!(asked(&long, SECRETS[0]).await, (413, String::new()));
    assert_eq!(rows(&house).await, 0);
    house.is_left_clean().await;
}

#[tokio::test]
async fn in_whatever_order_they_come_all_are_told() {
    let house = given_zoom().await;
    let app = &house.gateway().app;
    let mut ear = Ear::at(app, heard_at(RecordingChange::Recovered)).await;
    for event in [
        "recording.deleted",
        "recording.transcript_completed",
        "recording.completed",
    ] {
        let body = recording(&house, event);
        assert_eq!(tells(&house, &body).await, 204);
    }
    let heard = ear.hears().await;
    let what: Vec<_> = heard.into_iter().map(|it| it.what).collect();
    let expected = [
        RecordingChange::Deleted,
        RecordingChange::TranscriptCompleted,
        RecordingChange::Completed,
    ];
    assert_eq!(what, expected.map(heard_at));
    house.is_left_clean().await;
}

#[tokio::test]
async fn without_a_secret_nothing_is_taken() {
    let house = given_a_house().await;
    let body = recording(&house, "recording.completed");
    assert_eq!(tells(&house, &body).await, 404);
    let (now, text) = (clock::unix().to_string(), body.to_string());
    assert_eq!(
        sends(&house, &now, &signature("", &now, &text), &text).await,
        404
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn two_hundred_deliveries_at_once_are_all_told() {
    let house = given_zoom().await;
    let app = &house.gateway().app;
    let mut ear = Ear::at(app, heard_at(RecordingChange::Recovered)).await;
    let deliveries = (0..200).map(|number: i64| {
        let mut body = recording(&house, "recording.completed");
        body["event_ts"] = json!(number);
        let house = &house;
        async move { tells(house, &body).await }
    });
    let all = tokio::time::timeout(Duration::from_secs(20), join_all(deliveries)).await;
    assert!(all.unwrap().iter().all(|status| *status == 204));
    assert_eq!(ear.hears().await.len(), 200);
    house.is_left_clean().await;
}
