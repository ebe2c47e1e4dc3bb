//! Zoom's webhooks over real HTTP, to an app that looks at them.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::{mac, signature};
use crate::event::Event;
use crate::receiver::{Delivery, Receiver};
use crate::zoom::{
    CLASSIC_SCOPES, DEMO_42_MEETING, DEMO_42_RECORDINGS, DEMO_42_UNRECORDED, WEBHOOK_SECRET,
};
use crate::{Options, Sandbox};

/// A sandbox whose app takes Zoom's events, with alice's token.
struct Stage {
    sandbox: Sandbox,
    app: Receiver,
    token: String,
}

impl Stage {
    async fn new() -> Self {
        let (app, sandbox) = (
            Receiver::start().await,
            Sandbox::start(Options::default()).await,
        );
        let token = sandbox.zoom_tokens("alice").access_token;
        let url = format!("{}/webhooks/zoom", app.url);
        sandbox.zoom_webhook(&url, WEBHOOK_SECRET).await.unwrap();
        Self {
            sandbox,
            app,
            token,
        }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}/v2{path}", self.sandbox.addresses().zoom);
        let request = Client::new().request(method, url).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    fn canaries_in(&self, delivery: &Delivery) -> usize {
        let text = String::from_utf8_lossy(&delivery.bytes).into_owned();
        let canaries = self.sandbox.world().canaries();
        canaries
            .iter()
            .filter(|it| text.contains(it.as_str()))
            .count()
    }
}

fn is_signed(delivery: &Delivery, secret: &str) -> bool {
    let time = delivery.header("x-zm-request-timestamp");
    delivery.header("x-zm-signature") == signature(secret, time, &delivery.bytes)
}

#[test]
fn signatures_are_those_of_the_reference() {
    let secret = "test-secret-token-0123456789";
    let sign = |body: &str| signature(secret, "1732222222", body.as_bytes());
    assert_eq!(
        sign(
            r#"{"event":"recording.completed","event_ts":1626230691572,"payload":{"account_id":"AAAAAABBBB","object":{"uuid":"4444AAAiAAAAAiAiAiiAii=="}}}"#
        ),
        "v0=0f27e4ab0effbdd9fc43787d9535dbfb622d49a7730b44df6cfe3d4d86be8d02"
    );
    assert_eq!(
        sign(
            r#"{ "event" : "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}, "event_ts": 1654503849680 }"#
        ),
        "v0=d447e14ecfd0e544fa36729d8f28016fc324d9a850ce442663008c967b968306"
    );
    assert_eq!(
        mac(secret, b"qgg8vlvZRS6UYooatFL8Aw"),
        "6806fd4fceab5538106881d9ede74644cdb6e6f66b3bbafe64228529a219d414"
    );
}

#[tokio::test]
async fn an_address_is_saved_only_when_it_knows_the_secret() {
    let stage = Stage::new().await;
    assert_eq!(stage.app.validations(), ["/webhooks/zoom"]);
    let url = format!("{}/other", stage.app.url);
    let refused = stage.sandbox.zoom_webhook(&url, "another secret").await;
    assert!(refused.unwrap_err().contains("URL validation failed"));
    let control = format!("{}/zoom/webhook", stage.sandbox.addresses().control);
    let put = |body: Value| Client::new().put(&control).json(&body).send();
    let silent = format!("{}/silent", stage.app.url);
    assert_eq!(put(json!({"url": silent})).await.unwrap().status(), 400);
    // What was saved first holds.
    let outcome = stage
        .sandbox
        .sends(Event::new("zoom", "meeting.started"))
        .await;
    assert!(outcome.sent[0].url.ends_with("/webhooks/zoom"));
    let again = stage
        .sandbox
        .sends(Event::new("zoom", "endpoint.url_validation"))
        .await;
    assert!(
        again.ids["url"]
            .as_str()
            .unwrap()
            .ends_with("/webhooks/zoom")
    );
    assert_eq!(put(json!({"url": null})).await.unwrap().status(), 204);
    assert!(
        stage
            .sandbox
            .sends(Event::new("zoom", "meeting.started"))
            .await
            .sent
            .is_empty()
    );
}

#[tokio::test]
async fn an_address_is_challenged_again_every_three_days() {
    let stage = Stage::new().await;
    let clock = format!("{}/clock", stage.sandbox.addresses().control);
    let challenges_after = async |hours: f64| {
        let ahead = json!({"ahead_seconds": hours * 3_600.0});
        let answer = Client::new().post(&clock).json(&ahead).send().await;
        assert_eq!(answer.unwrap().status(), 204);
        stage.app.validations().len()
    };
    assert_eq!(challenges_after(71.9).await, 1);
    assert_eq!(challenges_after(72.1).await, 2);
    assert_eq!(challenges_after(140.0).await, 2);
    stage.app.knows("something else");
    assert_eq!(challenges_after(145.0).await, 3);
    let event = Event::new("zoom", "meeting.started");
    assert_eq!(stage.sandbox.sends(event).await.sent.len(), 1);
}

#[tokio::test]
async fn a_gateway_that_is_installed_gets_the_events_if_it_knows_the_secret() {
    let (app, sandbox) = (
        Receiver::start().await,
        Sandbox::start(Options::default()).await,
    );
    sandbox.zoom_tokens("alice");
    app.describes(&json!([]));
    app.knows("something else");
    sandbox.install("acme", &app.url).await.unwrap();
    let event = || Event::new("zoom", "meeting.started");
    assert!(sandbox.sends(event()).await.sent.is_empty());
    app.knows(WEBHOOK_SECRET);
    sandbox.install("globex", &app.url).await.unwrap();
    assert_eq!(sandbox.sends(event()).await.sent.len(), 1);
    sandbox.install("initech", &app.url).await.unwrap();
    assert_eq!(
        app.validations().len(),
        2,
        "an address that is saved is not asked again"
    );
}

#[tokio::test]
async fn planning_changing_and_dropping_a_meeting_is_told_whole() {
    let stage = Stage::new().await;
    let plan = json!({"topic": "Review", "type": 2, "start_time": "2026-12-01T09:00:00Z", "duration": 30,
        "password": "s3cr3t"});
    let (status, made) = stage
        .call(Method::POST, "/users/me/meetings", Some(plan))
        .await;
    assert_eq!(status, 201);
    let path = format!("/meetings/{}", made["id"]);
    stage.app.receives(1).await;
    let change = json!({"topic": "Review, later", "start_time": "2026-12-01T10:00:00Z"});
    assert_eq!(stage.call(Method::PATCH, &path, Some(change)).await.0, 204);
    stage.app.receives(2).await;
    assert_eq!(
        stage
            .call(
                Method::PATCH,
                &path,
                Some(json!({"topic": "Review, later"}))
            )
            .await
            .0,
        204
    );
    assert_eq!(stage.call(Method::DELETE, &path, None).await.0, 204);
    let told = stage.app.receives(3).await;
    let events: Vec<_> = told.iter().map(|it| it.body["event"].clone()).collect();
    assert_eq!(
        events,
        ["meeting.created", "meeting.updated", "meeting.deleted"]
    );
    assert!(told.iter().all(|it| is_signed(it, WEBHOOK_SECRET)));
    let alice = stage.sandbox.world().person("alice");
    let (created, updated) = (&told[0].body["payload"], &told[1].body["payload"]);
    assert_eq!(
        (&created["account_id"], &created["operator"]),
        (&json!(alice.zoom_account_id), &json!(alice.email))
    );
    assert_eq!(created["object"]["password"], "s3cr3t");
    assert_eq!(created["object"]["id"], made["id"]);
    assert_eq!(
        updated["object"],
        json!({"id": made["id"], "topic": "Review, later",
        "start_time": "2026-12-01T10:00:00Z"})
    );
    assert_eq!(updated["old_object"]["topic"], "Review");
}

#[tokio::test]
async fn a_recording_is_ready_then_its_transcript_and_both_can_be_had() {
    let stage = Stage::new().await;
    let outcome = stage
        .sandbox
        .sends(Event::new("zoom", "recording.completed"))
        .await;
    assert_eq!(outcome.sent.len(), 1);
    assert_eq!(outcome.ids["meeting"], DEMO_42_MEETING.to_string());
    let told = stage.app.taken().remove(0);
    assert!(is_signed(&told, WEBHOOK_SECRET));
    let object = &told.body["payload"]["object"];
    let kinds = |object: &Value| {
        let files = object["recording_files"].as_array().unwrap();
        let kinds = files
            .iter()
            .map(|it| it["file_type"].as_str().unwrap().to_owned());
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(kinds(object), ["MP4", "M4A", "CHAT"]);
    assert!(object["type"].is_u64() && object["id"].is_u64());
    let alice = stage.sandbox.world().person("alice");
    assert_eq!(object["host_email"], alice.email);
    assert!(
        stage.canaries_in(&told) >= 4,
        "topic, two passcodes and a token"
    );

    let token = told.body["download_token"].as_str().unwrap();
    let file = object["recording_files"][2]["download_url"]
        .as_str()
        .unwrap();
    let client = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let answer = client.get(file).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), 302, "the token opens the files");

    let uuid = outcome.ids["uuid"].as_str().unwrap();
    let event = Event {
        meeting: Some(uuid.to_owned()),
        ..Event::new("zoom", "recording.transcript_completed")
    };
    let later = stage.sandbox.sends(event).await;
    assert_eq!(later.ids["uuid"], uuid);
    let told = stage.app.taken().remove(1);
    let object = &told.body["payload"]["object"];
    assert_eq!(
        (kinds(object), &object["recording_count"]),
        (vec!["TRANSCRIPT".to_owned()], &json!(1))
    );
    let encoded: String = url::form_urlencoded::byte_serialize(uuid.as_bytes()).collect();
    let path = format!("/meetings/{}/recordings", encoded.replace('%', "%25"));
    let (status, found) = stage.call(Method::GET, &path, None).await;
    assert_eq!(status, 200, "{found}");
    assert_eq!(found["recording_count"], 4);
}

#[tokio::test]
async fn recordings_removed_through_the_api_are_told_with_what_was_removed() {
    let mut stage = Stage::new().await;
    // The gateway's own scopes remove nothing.
    let scopes = CLASSIC_SCOPES.iter().map(ToString::to_string).collect();
    stage.sandbox.zoom(|knobs| knobs.granted_scopes = scopes);
    stage.token = stage.sandbox.zoom_tokens("alice").access_token;
    let uuid = DEMO_42_RECORDINGS[0];
    let path = "/meetings/4444AAAiAAAAAiAiAiiAii%3D%3D/recordings";
    let (_, found) = stage.call(Method::GET, path, None).await;
    let file = found["recording_files"][1]["id"].clone();
    let one = format!("{path}/{}", file.as_str().unwrap());
    assert_eq!(stage.call(Method::DELETE, &one, None).await.0, 200);
    stage.app.receives(1).await;
    assert_eq!(stage.call(Method::DELETE, path, None).await.0, 200);
    stage.app.receives(2).await;
    let recover = Some(json!({"action": "recover"}));
    let status = stage
        .call(Method::PUT, &format!("{path}/status"), recover)
        .await
        .0;
    assert_eq!(status, 200);
    stage.app.receives(3).await;
    assert_eq!(
        stage
            .call(Method::DELETE, &format!("{path}?action=delete"), None)
            .await
            .0,
        200
    );
    let told = stage.app.receives(4).await;
    let events: Vec<_> = told.iter().map(|it| it.body["event"].clone()).collect();
    assert_eq!(
        events,
        [
            "recording.trashed",
            "recording.trashed",
            "recording.recovered",
            "recording.deleted"
        ]
    );
    let object = |place: usize| &told[place].body["payload"]["object"];
    assert!((0..4).all(|place| object(place)["uuid"] == uuid));
    assert_eq!(object(0)["recording_files"].as_array().unwrap().len(), 1);
    assert_eq!(object(0)["recording_files"][0]["id"], file);
    assert_eq!(object(1)["recording_count"], 3);
    assert_eq!(object(2)["recording_count"], 4);
    assert!(told[3].body["download_token"].is_null() && told[0].body["download_token"].is_string());
}

#[tokio::test]
async fn every_kind_of_event_happens_in_fact() {
    let stage = Stage::new().await;
    for kind in [
        "meeting.created",
        "meeting.updated",
        "meeting.started",
        "meeting.participant_joined",
        "meeting.participant_left",
        "meeting.ended",
        "recording.completed",
        "recording.trashed",
        "recording.recovered",
        "recording.deleted",
        "meeting.deleted",
        "app_deauthorized",
    ] {
        stage.app.forgets();
        let outcome = stage.sandbox.sends(Event::new("zoom", kind)).await;
        assert_eq!(outcome.sent.len(), 1, "{kind}");
        let told = stage.app.taken().remove(0);
        assert_eq!(told.body["event"], kind);
        assert!(told.body["event_ts"].is_i64());
        let object = &told.body["payload"]["object"];
        match kind {
            "meeting.ended" => assert_eq!(object["id"], outcome.ids["meeting"]),
            "app_deauthorized" => {
                assert_eq!(stage.call(Method::GET, "/users/me", None).await.0, 401);
            }
            "meeting.updated" => assert_eq!(object["id"], DEMO_42_MEETING),
            _ => assert_eq!(object["uuid"], outcome.ids["uuid"], "{kind}"),
        }
    }
    let outcome = stage
        .sandbox
        .sends(Event::new("zoom", "recording.completed"))
        .await;
    assert!(outcome.sent.is_empty(), "nobody allows the app any more");
}

#[tokio::test]
async fn an_instance_nobody_recorded_has_a_recording_after_its_event() {
    let stage = Stage::new().await;
    let event = Event {
        meeting: Some(DEMO_42_UNRECORDED.to_owned()),
        ..Event::new("zoom", "recording.completed")
    };
    let outcome = stage.sandbox.sends(event).await;
    assert_eq!(outcome.ids["uuid"], DEMO_42_UNRECORDED);
    assert_eq!(outcome.ids["files"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_event_comes_three_times_more_and_then_never_again() {
    let stage = Stage::new().await;
    stage.sandbox.webhooks(|knobs| knobs.time_scale = 0.000_02);
    stage.app.answers(&[500, 401, 404, 503]);
    stage
        .sandbox
        .sends(Event::new("zoom", "meeting.started"))
        .await;
    let told = stage.app.receives(4).await;
    assert!(
        told.iter()
            .all(|it| it.bytes == told[0].bytes && is_signed(it, WEBHOOK_SECRET))
    );
    let failed = loop {
        let failed = stage.sandbox.world().courier().failed();
        if !failed.is_empty() {
            break failed;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((failed.len(), stage.app.taken().len()), (1, 4));
    let tries: Vec<_> = stage
        .sandbox
        .deliveries()
        .iter()
        .map(|it| (it.retry, it.status))
        .collect();
    assert_eq!(tries, [(0, 500), (1, 401), (2, 404), (3, 503)]);
}

#[tokio::test]
async fn events_may_be_old_doubled_and_badly_signed() {
    let stage = Stage::new().await;
    let event = Event {
        forged: true,
        times: Some(2),
        age_s: Some(7_200),
        ..Event::new("zoom", "recording.completed")
    };
    stage.sandbox.sends(event).await;
    let told = stage.app.taken();
    assert_eq!((told.len(), &told[0].bytes), (2, &told[1].bytes));
    assert!(!is_signed(&told[0], WEBHOOK_SECRET));
    let time: i64 = told[0].header("x-zm-request-timestamp").parse().unwrap();
    let now = crate::courier::milliseconds();
    assert!(time <= now / 1_000 - 7_200);
    assert!(told[0].body["event_ts"].as_i64().unwrap() <= now - 7_200_000);
}

#[tokio::test]
async fn people_who_never_allowed_the_app_are_not_told_of() {
    let stage = Stage::new().await;
    let event = || Event {
        person: Some("frank".to_owned()),
        ..Event::new("zoom", "meeting.started")
    };
    assert!(stage.sandbox.sends(event()).await.sent.is_empty());
    stage.sandbox.zoom(|knobs| knobs.events_of_everybody = true);
    assert_eq!(stage.sandbox.sends(event()).await.sent.len(), 1);
}
