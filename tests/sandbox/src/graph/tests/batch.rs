//! Batches, and how much at once.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Scene, assert_error, by_message_id};
use crate::fault::Fault;

#[tokio::test]
async fn a_batch_answers_each_part_alone_and_in_its_own_order() {
    let scene = Scene::new().await;
    let token = scene
        .sandbox
        .graph_token("alice", &["Mail.Read", "Chat.Read"]);
    let requests = json!([
        {"id": "a", "method": "GET", "url": by_message_id(1)},
        {"id": "b", "method": "GET", "url": "/me/events"},
        {"id": "c", "method": "GET", "url": "/chats/19:demo42group@thread.v2?$select=topic"},
        {"id": "d", "method": "GET", "url": "/me/messages/nonsense", "dependsOn": ["b"]},
    ]);
    let (status, answer) = scene.batch(requests, &token).await;
    assert_eq!(status, 200);
    let answers = answer["responses"].as_array().unwrap();
    let of = |id: &str| answers.iter().find(|it| it["id"] == id).unwrap();
    let order: Vec<_> = answers
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    assert_ne!(order, ["a", "b", "c", "d"]);
    assert_eq!(of("a")["status"], 200);
    assert_eq!(of("a")["body"]["value"].as_array().unwrap().len(), 1);
    assert_eq!(of("b")["status"], 403);
    assert_eq!(of("c")["status"], 200, "{}", of("c"));
    assert_eq!(of("d")["status"], 424);
    let seen = scene.sandbox.world().requests();
    let seen = seen.iter().find(|it| it.path == "/v1.0/$batch").unwrap();
    assert_eq!(seen.subject.as_deref(), Some("alice"));
    assert_eq!(seen.batch[1], "GET /me/events");
}

#[tokio::test]
async fn a_batch_has_at_most_twenty_parts_with_different_ids() {
    let scene = Scene::new().await;
    let token = scene.token("alice");
    let parts = |count: usize| {
        let part = |id: usize| json!({"id": id.to_string(), "method": "GET", "url": "/me"});
        Value::Array((0..count).map(part).collect())
    };
    assert_eq!(scene.batch(parts(20), &token).await.0, 200);
    assert_error(
        &scene.batch(parts(21), &token).await,
        400,
        "MaximumValueExceeded",
    );
    let twice = json!([{"id": "a", "method": "GET", "url": "/me"}, {"id": "A", "method": "GET", "url": "/me"}]);
    assert_error(&scene.batch(twice, &token).await, 400, "BadRequest");
    let later = json!([{"id": "a", "method": "GET", "url": "/me", "dependsOn": ["b"]}, {"id": "b", "method": "GET", "url": "/me"}]);
    assert_error(&scene.batch(later, &token).await, 400, "BadRequest");
}

#[tokio::test]
async fn a_fault_strikes_one_part_of_a_batch() {
    let scene = Scene::new().await;
    scene.sandbox.world().inject(Fault {
        provider: "graph".to_owned(),
        path: Some("/me/events".to_owned()),
        style: Some("graph-429".to_owned()),
        ..Fault::default()
    });
    let requests = json!([
        {"id": "1", "method": "GET", "url": "/me/events"},
        {"id": "2", "method": "GET", "url": by_message_id(1)},
    ]);
    let answer = scene.batch(requests, &scene.token("alice")).await.1;
    let answers = answer["responses"].as_array().unwrap();
    let struck = answers.iter().find(|it| it["id"] == "1").unwrap();
    assert_eq!(struck["status"], 429);
    assert_eq!(struck["headers"]["retry-after"], "2");
    assert_eq!(struck["body"]["error"]["code"], "TooManyRequests");
    assert_eq!(
        answers.iter().find(|it| it["id"] == "2").unwrap()["status"],
        200
    );
}

#[tokio::test]
async fn the_fifth_request_at_once_to_a_mailbox_is_throttled() {
    let scene = Scene::new().await;
    scene.sandbox.world().inject(Fault {
        provider: "graph".to_owned(),
        path: Some("/me/events".to_owned()),
        delay_ms: 400,
        ..Fault::default()
    });
    let token = scene.token("alice");
    let part = json!([{"id": "1", "method": "GET", "url": "/me/events"}, {"id": "2", "method": "GET", "url": "/me/events?$top=1"}]);
    let held = async {
        futures::join!(
            scene.get("/me/events", &token),
            scene.get("/me/events", &token),
            scene.batch(part.clone(), &token),
            scene.batch(part.clone(), &token),
        )
    };
    let fifth = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let bob = scene.get(&by_message_id(1), &scene.token("bob")).await.0;
        let chats = scene.get("/me/chats", &token).await.0;
        let batched = scene.batch(part.clone(), &token).await.1;
        (
            scene.get(&by_message_id(1), &token).await,
            bob,
            chats,
            batched,
        )
    };
    let ((one, two, three, four), (fifth, bob, chats, batched)) = futures::join!(held, fifth);
    assert_eq!((one.0, two.0), (200, 200));
    for answer in [three, four] {
        for part in answer.1["responses"].as_array().unwrap() {
            assert_eq!(
                part["status"], 200,
                "two parts of a batch take one place: {part}"
            );
        }
    }
    assert_error(&fifth, 429, "ApplicationThrottled");
    assert_eq!((bob, chats), (200, 200), "the limit is the mailbox's");
    assert_eq!(batched["responses"][0]["status"], 429);
    assert_eq!(batched["responses"][0]["headers"]["Retry-After"], "1");
    assert_eq!(
        scene.get(&by_message_id(1), &token).await.0,
        200,
        "places are given back"
    );
}
