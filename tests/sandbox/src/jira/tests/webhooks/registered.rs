//! Webhooks that apps registered themselves.

use reqwest::Method;
use serde_json::{Value, json};

use super::Stage;
use crate::event::Event;
use crate::jira::{self, token};

#[tokio::test]
async fn the_app_registers_webhooks_for_its_own_address_with_simple_filters() {
    let stage = Stage::with_modules(&json!([])).await;
    let url = format!("{}/webhooks/jira", stage.app.url);
    let register = |url: &str, jql: &str, events: Value| json!({"url": url, "webhooks": [{"events": events, "jqlFilter": jql}]});
    let wanted = register(
        &url,
        "project = DEMO AND status IN (\"In Progress\", Done)",
        json!(["jira:issue_updated"]),
    );
    let (status, made) = stage.app_asks(Method::POST, "/webhook", Some(wanted)).await;
    assert_eq!(status, 200, "{made}");
    let id = made["webhookRegistrationResult"][0]["createdWebhookId"].clone();
    assert!(id.is_u64());
    for (jql, events) in [
        ("summary ~ x", json!(["jira:issue_updated"])),
        ("project ~ DEMO", json!(["jira:issue_updated"])),
        ("", json!(["jira:issue_updated"])),
        ("project = DEMO ORDER BY key", json!(["jira:issue_updated"])),
        ("project = DEMO", json!(["worklog_created"])),
        ("project = DEMO", json!([])),
    ] {
        let wanted = Some(register(&url, jql, events));
        let (status, made) = stage.app_asks(Method::POST, "/webhook", wanted).await;
        let result = &made["webhookRegistrationResult"][0];
        assert_eq!(status, 200);
        assert!(result["errors"][0].is_string(), "{jql}: {made}");
    }
    for url in [
        "https://elsewhere.example/webhooks",
        &format!("{}/other", stage.app.url),
    ] {
        let wanted = Some(register(
            url,
            "project = DEMO",
            json!(["jira:issue_updated"]),
        ));
        assert_eq!(
            stage.app_asks(Method::POST, "/webhook", wanted).await.0,
            400,
            "{url}"
        );
    }
    let (_, listed) = stage.app_asks(Method::GET, "/webhook", None).await;
    assert_eq!(listed["total"], 1);
    assert_eq!(listed["values"][0]["id"], id);
    assert_eq!(listed["values"][0]["url"], url);

    // In Review is not in the filter; the others of the board are, and another project is not.
    let mut names = Vec::new();
    for _ in 0..4 {
        let outcome = stage
            .sandbox
            .sends(Event::new("jira", "jira:issue_updated"))
            .await;
        let told = stage.app.taken();
        stage.app.forgets();
        assert_eq!(told.len(), outcome.sent.len());
        for told in told {
            assert_eq!(told.body["matchedWebhookIds"], json!([id]));
            assert!(told.header("authorization").starts_with("JWT "));
            names.push(told.body["issue"]["fields"]["status"]["name"].clone());
        }
    }
    assert_eq!(names, ["Done", "In Progress"]);
    let ops = Event {
        issue: Some("OPS-1".to_owned()),
        ..Event::new("jira", "jira:issue_updated")
    };
    let outcome = stage.sandbox.sends(ops).await;
    assert!(outcome.sent.is_empty() && outcome.reason.is_some());
}

#[tokio::test]
async fn registered_webhooks_end_after_thirty_days_unless_refreshed() {
    let stage = Stage::with_modules(&json!([])).await;
    let one = json!({"events": ["comment_created"], "jqlFilter": "project = DEMO"});
    let wanted = json!({"url": format!("{}/w", stage.app.url), "webhooks": [one, one]});
    let (_, made) = stage.app_asks(Method::POST, "/webhook", Some(wanted)).await;
    let ids: Vec<_> = made["webhookRegistrationResult"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["createdWebhookId"].clone())
        .collect();
    let world = stage.sandbox.world();
    world.set_clock_ahead(29.0 * 86_400.0);
    let body = Some(json!({"webhookIds": [ids[0], 4]}));
    let (status, refreshed) = stage.app_asks(Method::PUT, "/webhook/refresh", body).await;
    assert_eq!(status, 200);
    assert!(refreshed["expirationDate"].is_i64());
    world.set_clock_ahead(31.0 * 86_400.0);
    stage
        .sandbox
        .sends(Event::new("jira", "comment_created"))
        .await;
    let told = stage.app.receives(1).await;
    assert_eq!(told[0].body["matchedWebhookIds"], json!([ids[0]]));
    let body = Some(json!({"webhookIds": [ids[0]]}));
    assert_eq!(
        stage.app_asks(Method::DELETE, "/webhook", body).await.0,
        202
    );
    let (_, listed) = stage.app_asks(Method::GET, "/webhook", None).await;
    assert_eq!(listed["values"], json!([]));
    let what: Vec<_> = world.journal().entries().iter().map(|it| it.what).collect();
    assert_eq!(what, ["created", "created", "renewed", "deleted"]);
}

#[tokio::test]
async fn a_person_has_five_webhooks_which_tell_what_they_may_see() {
    let stage = Stage::with_modules(&json!([])).await;
    let one = json!({"events": ["jira:issue_updated"], "jqlFilter": "project IN (DEMO, OPS)",
        "fieldIdsFilter": ["status"]});
    let wanted =
        json!({"url": "http://127.0.0.1:1/unused", "webhooks": [one, one, one, one, one, one]});
    let (status, made) = stage
        .asks("carol", Method::POST, "/webhook", Some(wanted))
        .await;
    assert_eq!(status, 200, "{made}");
    let results = made["webhookRegistrationResult"].as_array().unwrap();
    let made = results.iter().filter(|it| it["createdWebhookId"].is_u64());
    assert_eq!((made.count(), results[5]["errors"].is_array()), (5, true));

    let wanted = json!({"url": format!("{}/3lo", stage.app.url), "webhooks": [one]});
    assert_eq!(
        stage
            .asks("bob", Method::POST, "/webhook", Some(wanted))
            .await
            .0,
        200
    );
    let outcome = stage
        .sandbox
        .sends(Event::new("jira", "jira:issue_updated"))
        .await;
    assert_eq!(outcome.sent.len(), 2, "one for carol, one for bob");
    let told = stage.app.receives(1).await.remove(0);
    let jwt = told
        .header("authorization")
        .strip_prefix("Bearer ")
        .unwrap();
    assert!(token::verify(jwt, jira::CLIENT_SECRET).is_some());
    assert!(token::verify(jwt, "another").is_none());

    // A summary is not among the fields wanted, and neither bob nor carol may see OPS.
    for (issue, subject) in [("DEMO-42", Some("Other words".to_owned())), ("OPS-1", None)] {
        let event = Event {
            issue: Some(issue.to_owned()),
            subject,
            ..Event::new("jira", "jira:issue_updated")
        };
        assert!(stage.sandbox.sends(event).await.sent.is_empty(), "{issue}");
    }
}

#[tokio::test]
async fn only_apps_have_webhooks() {
    let stage = Stage::new().await;
    let base = &stage.sandbox.addresses().jira[0];
    let scopes = ["read:jira-work", "write:jira-work"];
    let token = jira::user_token(stage.sandbox.world(), "alice", &scopes);
    let cloud = jira::cloud_id("acme");
    let ask = |url: String, token: &str| stage.client.get(url).bearer_auth(token).send();
    let url = format!("{base}/ex/jira/{cloud}/rest/api/3/webhook");
    assert_eq!(
        ask(url, &token).await.unwrap().status(),
        401,
        "a scope is missing"
    );
    let alice = stage.sandbox.world().person("alice");
    let session = jira::oauth::page_session(stage.sandbox.world(), "acme", &alice);
    let url = format!("{base}/rest/api/3/webhook");
    assert_eq!(ask(url, &session).await.unwrap().status(), 403);
    let (status, _) = stage
        .asks("alice", Method::GET, "/webhook/failed", None)
        .await;
    assert_eq!(status, 403, "failures are for Connect apps");
}
