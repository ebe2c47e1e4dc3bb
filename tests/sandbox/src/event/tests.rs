//! The controls of webhooks, asked over HTTP as scripts ask them.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::Event;
use crate::receiver::Receiver;
use crate::{Options, Sandbox};

/// A sandbox with an app on acme that is told of comments.
struct Stage {
    sandbox: Sandbox,
    app: Receiver,
}

impl Stage {
    async fn new() -> Self {
        let (app, sandbox) = (
            Receiver::start().await,
            Sandbox::start(Options::default()).await,
        );
        app.describes(&json!([
            {"event": "comment_created", "url": "/webhooks/jira"},
            {"event": "jira:issue_updated", "url": "/webhooks/jira"}
        ]));
        sandbox.install("acme", &app.url).await.unwrap();
        Self { sandbox, app }
    }

    async fn control(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.sandbox.addresses().control);
        let answer = Client::new()
            .request(method, url)
            .json(body)
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    async fn event(&self, body: Value) -> (u16, Value) {
        self.control(Method::POST, "/events", &body).await
    }
}

#[tokio::test]
async fn an_event_answers_with_what_was_sent_and_what_it_is_about() {
    let stage = Stage::new().await;
    let event = json!({"provider": "jira", "kind": "comment_created", "issue": "DEMO-7", "by": "carol",
        "subject": "Ready"});
    let (status, answer) = stage.event(event).await;
    assert_eq!(status, 200, "{answer}");
    let sent = &answer["sent"][0];
    assert_eq!(
        (&sent["status"], &sent["url"]),
        (
            &json!(200),
            &json!(format!("{}/webhooks/jira", stage.app.url))
        )
    );
    assert!(sent["millis"].as_f64().unwrap() > 0.0);
    assert_eq!(
        (&answer["ids"]["key"], &answer["ids"]["issue"]),
        (&json!("DEMO-7"), &json!("10007"))
    );
    let told = stage.app.taken().remove(0);
    assert!(
        told.body["comment"]["body"]
            .as_str()
            .unwrap()
            .starts_with("Ready cnry")
    );
    let carol = stage.sandbox.world().person("carol").account_id;
    assert_eq!(told.body["comment"]["author"]["accountId"], carol);
}

#[tokio::test]
async fn nobody_subscribed_is_202_and_a_mistake_names_what_there_is() {
    let stage = Stage::new().await;
    let (status, answer) = stage
        .event(json!({"provider": "jira", "kind": "jira:issue_created"}))
        .await;
    assert_eq!((status, &answer["sent"]), (202, &json!([])));
    assert!(answer["reason"].is_string() && answer["ids"]["issue"].is_string());
    for (event, named) in [
        (json!({}), "microsoft"),
        (json!({"provider": "jira"}), "jira:issue_updated"),
        (
            json!({"provider": "microsoft", "kind": "mail"}),
            "message.created",
        ),
        (
            json!({"provider": "zoom", "kind": "x"}),
            "recording.completed",
        ),
        (
            json!({"provider": "jira", "kind": "comment_created", "by": "nobody"}),
            "nobody",
        ),
        (
            json!({"provider": "jira", "kind": "comment_created", "isue": "DEMO-1"}),
            "isue",
        ),
    ] {
        let (status, answer) = stage.event(event.clone()).await;
        assert_eq!(status, 400, "{event}");
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains(named), "{event}: {message}");
    }
}

#[tokio::test]
async fn a_row_of_events_comes_at_its_pace() {
    let stage = Stage::new().await;
    let event = Event {
        count: Some(30),
        per_second: Some(100.0),
        ..Event::new("jira", "comment_created")
    };
    let begun = std::time::Instant::now();
    let outcome = stage.sandbox.sends(event).await;
    assert!(begun.elapsed().as_millis() >= 290);
    assert_eq!((outcome.sent.len(), stage.app.taken().len()), (30, 30));
    let log = stage.sandbox.deliveries();
    let (first, last) = (&log[0], &log[29]);
    assert!(last.at - first.at > 0.2, "they were not kept back");
}

#[tokio::test]
async fn deliveries_knobs_subscriptions_and_the_clock_are_at_hand() {
    let stage = Stage::new().await;
    let knobs = json!({"times": 3, "forged": true});
    let (status, turned) = stage
        .control(Method::PATCH, "/webhooks/knobs", &knobs)
        .await;
    assert_eq!((status, &turned["times"]), (200, &json!(3)));
    let wrong = json!({"tims": 3});
    assert_eq!(
        stage
            .control(Method::PATCH, "/webhooks/knobs", &wrong)
            .await
            .0,
        400
    );
    stage
        .event(json!({"provider": "jira", "kind": "comment_created"}))
        .await;
    let told = stage.app.receives(3).await;
    let names: Vec<_> = told
        .iter()
        .map(|it| it.header("x-atlassian-webhook-identifier"))
        .collect();
    assert!(names.iter().all(|it| *it == names[0]));
    let (_, log) = stage
        .control(Method::GET, "/deliveries", &Value::Null)
        .await;
    assert_eq!(log[0]["kind"], "comment_created");
    assert!(!log.to_string().contains("cnry"), "the log has no content");
    assert_eq!(
        stage
            .control(Method::DELETE, "/deliveries", &Value::Null)
            .await
            .0,
        204
    );
    assert!(stage.sandbox.deliveries().is_empty());
    let ahead = json!({"ahead_seconds": 86_400.0});
    assert_eq!(stage.control(Method::POST, "/clock", &ahead).await.0, 204);
    assert!(stage.sandbox.world().now() > crate::recorder::now() + 86_000.0);
    let (_, listed) = stage
        .control(Method::GET, "/subscriptions", &Value::Null)
        .await;
    assert_eq!(listed, json!({"microsoft": [], "jira": [], "journal": []}));
    stage.sandbox.world().reset();
    assert_eq!(stage.sandbox.world().courier().knobs().times, 1);
}

#[tokio::test]
async fn a_permission_can_be_taken_away_and_given_back() {
    let stage = Stage::new().await;
    let token = crate::jira::user_token(stage.sandbox.world(), "bob", &["read:jira-work"]);
    let base = &stage.sandbox.addresses().jira[0];
    let cloud = crate::jira::cloud_id("acme");
    let url = format!("{base}/ex/jira/{cloud}/rest/api/3/issue/DEMO-42?fields=summary");
    let status = async || {
        let request = Client::new().get(&url).bearer_auth(&token);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status().await, 200);
    for (browses, expected) in [(false, 404), (true, 200)] {
        let body = json!({"person": "bob", "site": "acme", "project": "DEMO", "browses": browses});
        assert_eq!(
            stage.control(Method::POST, "/jira/browse", &body).await.0,
            204
        );
        assert_eq!(status().await, expected);
    }
    let body = json!({"person": "bob", "site": "acme", "project": "NONE", "browses": false});
    assert_eq!(
        stage.control(Method::POST, "/jira/browse", &body).await.0,
        404
    );
}
