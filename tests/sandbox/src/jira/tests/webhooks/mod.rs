//! Webhooks of the sites to the modules of a Connect app: a stage, and what is sent when.

mod registered;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::event::Event;
use crate::jira::{self, connect::seconds, token};
use crate::receiver::{Delivery, Receiver};
use crate::{Options, Sandbox};

const ALL: [&str; 6] = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
];

/// A sandbox with an app on acme and globex that wants everything.
struct Stage {
    sandbox: Sandbox,
    app: Receiver,
    client: Client,
}

impl Stage {
    async fn new() -> Self {
        let modules =
            ALL.map(|event| json!({"event": event, "url": "/webhooks/jira?issue={issue.id}"}));
        Self::with_modules(&json!(modules)).await
    }

    async fn with_modules(modules: &Value) -> Self {
        let app = Receiver::start().await;
        app.describes(modules);
        let sandbox = Sandbox::start(Options::default()).await;
        for site in ["acme", "globex"] {
            sandbox.install(site, &app.url).await.unwrap();
        }
        Self {
            sandbox,
            app,
            client: Client::new(),
        }
    }

    /// Asks as the Connect app.
    async fn app_asks(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let app = self.sandbox.installation("acme").unwrap();
        let path = format!("/rest/api/3{path}");
        let claims = json!({"iss": app.app_key, "iat": seconds(), "exp": seconds() + 60,
            "qsh": token::query_string_hash(method.as_str(), &path, "")});
        let signed = token::sign(&claims, &app.shared_secret);
        let url = format!("{}{path}", self.sandbox.addresses().jira[0]);
        let request = self.client.request(method, url);
        sent(
            request.header("authorization", format!("JWT {signed}")),
            body,
        )
        .await
    }

    /// Asks as a person through the 3LO gateway.
    async fn asks(
        &self,
        handle: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let scopes = ["read:jira-work", "write:jira-work", "manage:jira-webhook"];
        let token = jira::user_token(self.sandbox.world(), handle, &scopes);
        let cloud = jira::cloud_id("acme");
        let base = &self.sandbox.addresses().jira[0];
        let url = format!("{base}/ex/jira/{cloud}/rest/api/3{path}");
        sent(self.client.request(method, url).bearer_auth(token), body).await
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

async fn sent(request: reqwest::RequestBuilder, body: Option<Value>) -> (u16, Value) {
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    let answer = request.send().await.unwrap();
    (
        answer.status().as_u16(),
        answer.json().await.unwrap_or_default(),
    )
}

fn document(words: &str) -> Value {
    jira::adf::doc(&[jira::adf::paragraph(words)])
}

#[tokio::test]
async fn an_edit_is_told_to_the_module_with_its_changelog_and_a_token_for_its_address() {
    let stage = Stage::new().await;
    let body = json!({"fields": {"summary": "Moved to Tuesday"}});
    let edited = stage
        .asks("alice", Method::PUT, "/issue/DEMO-42", Some(body))
        .await;
    assert_eq!(edited.0, 204);
    let told = stage.app.receives(1).await.remove(0);

    assert_eq!(told.path, "/webhooks/jira?issue=10042");
    let app = stage.sandbox.installation("acme").unwrap();
    let jwt = told.header("authorization").strip_prefix("JWT ").unwrap();
    let claims = token::verify(jwt, &app.shared_secret).unwrap();
    assert_eq!(claims["iss"], app.client_key);
    let hash = token::query_string_hash("POST", "/webhooks/jira?issue=10042", "");
    assert_eq!(claims["qsh"], hash);
    assert!(!told.header("x-atlassian-webhook-identifier").is_empty());
    assert_eq!(told.header("x-atlassian-webhook-flow"), "Primary");
    assert_eq!(told.header("x-atlassian-webhook-retry"), "");

    assert_eq!(told.body["webhookEvent"], "jira:issue_updated");
    assert_eq!(told.body["issue_event_type_name"], "issue_updated");
    let alice = stage.sandbox.world().person("alice");
    assert_eq!(told.body["user"]["accountId"], alice.account_id);
    assert!(told.body["user"]["emailAddress"].is_null());
    let issue = &told.body["issue"];
    assert_eq!(
        (&issue["id"], &issue["key"]),
        (&json!("10042"), &json!("DEMO-42"))
    );
    assert_eq!(issue["fields"]["summary"], "Moved to Tuesday");
    assert!(
        issue["fields"]["description"]
            .as_str()
            .unwrap()
            .contains("The roll-out starts")
    );
    let item = &told.body["changelog"]["items"][0];
    assert_eq!(
        (&item["fieldId"], &item["toString"]),
        (&json!("summary"), &json!("Moved to Tuesday"))
    );
    assert!(item["fromString"].as_str().unwrap().contains("cnry"));
    assert!(!told.body.to_string().contains("/rest/api/3/"));
    assert!(stage.canaries_in(&told) > 3);
}

#[tokio::test]
async fn every_kind_of_event_happens_in_fact_and_is_told() {
    let stage = Stage::new().await;
    for kind in ALL {
        stage.app.forgets();
        let outcome = stage.sandbox.sends(Event::new("jira", kind)).await;
        assert_eq!(outcome.sent.len(), 1, "{kind}");
        assert_eq!(outcome.sent[0].status, 200);
        let told = stage.app.receives(1).await.remove(0);
        assert_eq!(told.body["webhookEvent"], kind);
        assert_eq!(told.body["issue"]["id"], outcome.ids["issue"], "{kind}");
        if kind.starts_with("comment") {
            assert_eq!(told.body["comment"]["id"], outcome.ids["comment"], "{kind}");
        }
        let path = format!(
            "/issue/{}?fields=summary",
            outcome.ids["issue"].as_str().unwrap()
        );
        let seen = stage.asks("alice", Method::GET, &path, None).await.0;
        assert_eq!(
            seen,
            if kind == "jira:issue_deleted" {
                404
            } else {
                200
            },
            "{kind}"
        );
        if kind == "jira:issue_deleted" {
            stage.sandbox.world().reset();
        }
    }
}

#[tokio::test]
async fn comments_of_people_are_told_as_comments() {
    let stage = Stage::new().await;
    let body = Some(json!({"body": document("I will be there")}));
    let (status, comment) = stage
        .asks("bob", Method::POST, "/issue/DEMO-42/comment", body)
        .await;
    assert_eq!(status, 201);
    let id = comment["id"].as_str().unwrap();
    let path = format!("/issue/DEMO-42/comment/{id}");
    stage.app.receives(1).await;
    let body = Some(json!({"body": document("I will not be there")}));
    assert_eq!(
        stage.asks("bob", Method::PUT, &path, body.clone()).await.0,
        200
    );
    stage.app.receives(2).await;
    assert_eq!(stage.asks("alice", Method::PUT, &path, body).await.0, 400);
    assert_eq!(stage.asks("bob", Method::DELETE, &path, None).await.0, 204);
    let told = stage.app.receives(3).await;
    let events: Vec<_> = told
        .iter()
        .map(|it| it.body["webhookEvent"].clone())
        .collect();
    assert_eq!(
        events,
        ["comment_created", "comment_updated", "comment_deleted"]
    );
    assert!(told.iter().all(|it| it.body["comment"]["id"] == id));
    assert_eq!(told[1].body["comment"]["body"], "I will not be there");
}

#[tokio::test]
async fn a_delivery_refused_for_now_comes_again_under_the_same_name() {
    let stage = Stage::new().await;
    stage.app.answers(&[503, 429]);
    let outcome = stage
        .sandbox
        .sends(Event::new("jira", "jira:issue_updated"))
        .await;
    assert_eq!(outcome.sent[0].status, 503);
    let told = stage.app.receives(3).await;
    let names: Vec<_> = told
        .iter()
        .map(|it| it.header("x-atlassian-webhook-identifier"))
        .collect();
    assert_eq!((names[0], names[0]), (names[1], names[2]));
    let retries: Vec<_> = told
        .iter()
        .map(|it| it.header("x-atlassian-webhook-retry"))
        .collect();
    assert_eq!(retries, ["", "1", "2"]);
    assert_eq!(told[0].bytes, told[2].bytes);
}

#[tokio::test]
async fn an_app_that_says_no_is_not_told_again() {
    let stage = Stage::new().await;
    stage.sandbox.webhooks(|knobs| knobs.time_scale = 0.000_02);
    stage.app.answers(&[400]);
    stage
        .sandbox
        .sends(Event::new("jira", "jira:issue_updated"))
        .await;
    // The next one is through with all its tries before the first could come again.
    stage.app.answers(&[500, 500, 500, 500, 500, 500]);
    stage
        .sandbox
        .sends(Event::new("jira", "jira:issue_updated"))
        .await;
    let told = stage.app.receives(7).await;
    let name = |place: usize| told[place].header("x-atlassian-webhook-identifier");
    assert_ne!(name(0), name(1));
    assert!((2..7).all(|place| name(place) == name(1)));
    let failed = loop {
        let (status, failed) = stage.app_asks(Method::GET, "/webhook/failed", None).await;
        assert_eq!(status, 200);
        if failed["values"] != json!([]) {
            break failed;
        }
    };
    assert_eq!(failed["values"].as_array().unwrap().len(), 1);
    assert_eq!(failed["values"][0]["id"], name(6));
    assert!(
        failed["values"][0]["body"]
            .as_str()
            .unwrap()
            .contains("jira:issue_updated")
    );
}

#[tokio::test]
async fn a_module_may_leave_the_body_out_and_look_at_some_issues_only() {
    let stage = Stage::with_modules(&json!([
        {"event": "jira:issue_updated", "url": "/a/{project.key}/{issue.key}", "excludeBody": true},
        {"event": "jira:issue_updated", "url": "/b", "filter": "project = OPS"}
    ]))
    .await;
    stage
        .sandbox
        .sends(Event::new("jira", "jira:issue_updated"))
        .await;
    let told = stage.app.taken();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].path, "/a/DEMO/DEMO%2D42");
    assert!(told[0].bytes.is_empty());
    let event = Event {
        issue: Some("OPS-1".to_owned()),
        ..Event::new("jira", "jira:issue_updated")
    };
    assert_eq!(stage.sandbox.sends(event).await.sent.len(), 2);
}

#[tokio::test]
async fn the_same_delivery_can_come_twice_late_and_badly_signed() {
    let stage = Stage::new().await;
    let event = Event {
        count: Some(3),
        times: Some(2),
        reorder: true,
        forged: true,
        age_s: Some(600),
        ..Event::new("jira", "comment_created")
    };
    let outcome = stage.sandbox.sends(event).await;
    assert_eq!(outcome.sent.len(), 6);
    let told = stage.app.taken();
    let ids: Vec<u64> = told
        .iter()
        .map(|it| it.body["comment"]["id"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(ids[0] == ids[1] && ids[1] > ids[2] && ids[2] == ids[3] && ids[3] > ids[4]);
    assert_eq!(told[0].bytes, told[1].bytes);
    let secret = stage.sandbox.installation("acme").unwrap().shared_secret;
    let jwt = told[0]
        .header("authorization")
        .strip_prefix("JWT ")
        .unwrap();
    assert!(token::verify(jwt, &secret).is_none());
    let at = told[0].body["timestamp"].as_i64().unwrap();
    assert!(at < crate::courier::milliseconds() - 600_000);
}

#[tokio::test]
async fn who_is_off_the_app_is_told_nothing() {
    let stage = Stage::new().await;
    stage.sandbox.disable("acme", &stage.app.url).await.unwrap();
    let event = || Event::new("jira", "jira:issue_updated");
    assert!(stage.sandbox.sends(event()).await.sent.is_empty());
    stage.sandbox.enable("acme", &stage.app.url).await.unwrap();
    assert_eq!(stage.sandbox.sends(event()).await.sent.len(), 1);
    stage
        .sandbox
        .uninstall("acme", &stage.app.url)
        .await
        .unwrap();
    assert!(stage.sandbox.sends(event()).await.sent.is_empty());
}

#[tokio::test]
async fn an_administrators_webhook_is_signed_with_its_own_secret_and_may_speak_as_data_center() {
    let stage = Stage::with_modules(&json!([])).await;
    let webhook = jira::AdminWebhook {
        site: "acme".to_owned(),
        url: Some(format!("{}/dc?issue={{issue.id}}", stage.app.url)),
        secret: "dc-secret".to_owned(),
        data_center: true,
    };
    stage.sandbox.jira_admin_webhook(webhook);
    let event = || Event::new("jira", "jira:issue_updated");
    stage.sandbox.sends(event()).await;
    let told = stage.app.taken().remove(0);
    assert_eq!(told.path, "/dc?issue=10042");
    let signature = |secret: &str| jira::webhook::admin::signature(secret, &told.bytes);
    assert_eq!(told.header("x-hub-signature"), signature("dc-secret"));
    assert_eq!(told.header("authorization"), "");
    assert_eq!(told.body["user"]["name"], "bob");
    assert!(!told.body.to_string().contains("accountId"));
    let forged = Event {
        forged: true,
        ..event()
    };
    stage.sandbox.sends(forged).await;
    let told = &stage.app.taken()[1];
    let right = jira::webhook::admin::signature("dc-secret", &told.bytes);
    assert_ne!(told.header("x-hub-signature"), right);
}

#[tokio::test]
async fn a_trace_of_the_caller_is_in_the_webhooks_it_caused() {
    let stage = Stage::new().await;
    let token = jira::user_token(stage.sandbox.world(), "alice", &["write:jira-work"]);
    let base = &stage.sandbox.addresses().jira[0];
    let url = format!(
        "{base}/ex/jira/{}/rest/api/3/issue/DEMO-42",
        jira::cloud_id("acme")
    );
    let request = stage.client.put(url).bearer_auth(token);
    let request = request.header("x-atlassian-webhook-trace", "ours-1");
    let body = json!({"fields": {"summary": "Other"}});
    assert_eq!(request.json(&body).send().await.unwrap().status(), 204);
    let told = stage.app.receives(1).await;
    assert_eq!(told[0].header("x-atlassian-webhook-trace"), "ours-1");
}
