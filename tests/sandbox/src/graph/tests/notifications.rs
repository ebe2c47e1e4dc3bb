//! Notifications: of what people do through the API, of subscriptions' own life, and catching up by delta.

use reqwest::Method;
use serde_json::{Value, json};

use super::read;
use super::stage::Stage;
use crate::event::Event;
use crate::graph::Command;

const WRITE: &[&str] = &[
    "Mail.Read",
    "Mail.ReadWrite",
    "Mail.Send",
    "Calendars.Read",
    "Calendars.ReadWrite",
    "Tasks.ReadWrite",
    "Chat.Read",
];

impl Stage {
    /// With a token that may write, too.
    async fn writing() -> Self {
        let mut stage = Self::new().await;
        stage.token = stage.scene.sandbox.graph_token("alice", WRITE);
        stage
    }

    async fn call(&self, handle: &str, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let token = self.scene.sandbox.graph_token(handle, WRITE);
        let request = self.scene.request(method, path, &token);
        let answer = request.json(body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// Waits for so many deliveries, and says what they told: kinds of change, in order.
    async fn told(&self, deliveries: usize) -> Vec<String> {
        self.app.receives(deliveries).await;
        let items = self.items();
        let names = items.iter().map(|it| it["changeType"].as_str());
        names.map(|it| it.unwrap_or("-").to_owned()).collect()
    }
}

#[tokio::test]
async fn a_mail_sent_read_moved_and_deleted_is_told_step_by_step() {
    let stage = Stage::writing().await;
    stage.subscribe("/me/messages").await;
    let alice = stage.scene.sandbox.world().person("alice");
    let mail = json!({"message": {"subject": "Plan", "body": {"contentType": "text", "content": "Hello"},
        "toRecipients": [{"emailAddress": {"address": alice.email}}]}});
    let sent = stage.call("bob", Method::POST, "/me/sendMail", &mail).await;
    assert_eq!(sent.0, 202);
    assert_eq!(stage.told(1).await, ["created"]);
    let id = stage.items()[0]["resourceData"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/me/messages/{id}");
    let (_, found) = stage.call("alice", Method::GET, &path, &Value::Null).await;
    assert_eq!(
        (&found["subject"], &found["isRead"]),
        (&json!("Plan"), &json!(false))
    );

    let read = stage
        .call("alice", Method::PATCH, &path, &json!({"isRead": true}))
        .await;
    assert_eq!((read.0, &read.1["isRead"]), (200, &json!(true)));
    assert_eq!(stage.told(2).await[1..], ["updated"]);
    let tags: Vec<_> = stage
        .items()
        .iter()
        .map(|it| it["resourceData"]["@odata.etag"].clone())
        .collect();
    assert_ne!(tags[0], tags[1], "a change shows in the tag");
    let refused = stage
        .call("alice", Method::PATCH, &path, &json!({"subject": "Other"}))
        .await;
    assert_eq!(refused.0, 400);

    // To the deleted items, and from there for good.
    assert_eq!(
        stage
            .call("alice", Method::DELETE, &path, &Value::Null)
            .await
            .0,
        204
    );
    assert_eq!(stage.told(3).await[2..], ["deleted", "created"]);
    let id = stage.items()[3]["resourceData"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/me/messages/{id}");
    assert_eq!(
        stage
            .call("alice", Method::DELETE, &path, &Value::Null)
            .await
            .0,
        204
    );
    assert_eq!(stage.told(4).await[4..], ["deleted"]);
    assert_eq!(
        stage
            .call("alice", Method::GET, &path, &Value::Null)
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn an_answer_stays_in_the_conversation_of_everybody_who_has_it() {
    let stage = Stage::writing().await;
    stage.subscribe("me/mailFolders('inbox')/messages").await;
    let outcome = stage
        .scene
        .sandbox
        .sends(Event::new("microsoft", "message.created"))
        .await;
    assert_eq!(outcome.sent.len(), 1);
    let id = outcome.ids["message"].as_str().unwrap();
    let (_, answer) = stage
        .call(
            "alice",
            Method::GET,
            &format!("/me/messages/{id}"),
            &Value::Null,
        )
        .await;
    let filter =
        "/me/messages?$filter=internetMessageId%20eq%20'%3Cdemo-42-1%40mail.acme.example%3E'";
    let (_, first) = stage.call("alice", Method::GET, filter, &Value::Null).await;
    assert_eq!(
        answer["conversationId"],
        first["value"][0]["conversationId"]
    );
    assert!(answer["subject"].as_str().unwrap().starts_with("RE: "));
    let headers = format!("/me/messages/{id}?$select=internetMessageHeaders");
    let (_, headers) = stage
        .call("alice", Method::GET, &headers, &Value::Null)
        .await;
    assert!(
        headers
            .to_string()
            .contains("<demo-42-1@mail.acme.example>")
    );

    let body = json!({"comment": "Yes"});
    let path = format!("/me/messages/{id}/reply");
    assert_eq!(stage.call("alice", Method::POST, &path, &body).await.0, 202);
    let mailbox = stage.scene.sandbox.world().person("bob").oid;
    let graph = stage.scene.sandbox.world().graph();
    let received = graph.mailboxes[&mailbox].messages.last().unwrap();
    assert_eq!(received.references.len(), 2, "{:?}", received.references);
}

#[tokio::test]
async fn meetings_are_told_to_everybody_invited_who_listens() {
    let stage = Stage::writing().await;
    stage.subscribe("/me/events").await;
    let alice = stage.scene.sandbox.world().person("alice");
    let event = json!({"subject": "Review", "start": {"dateTime": "2026-12-01T09:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2026-12-01T10:00:00", "timeZone": "UTC"},
        "attendees": [{"emailAddress": {"address": alice.email}, "type": "required"}]});
    let (status, made) = stage.call("bob", Method::POST, "/me/events", &event).await;
    assert_eq!(status, 201);
    assert_eq!(stage.told(1).await, ["created"]);
    let path = format!("/me/events/{}", made["id"].as_str().unwrap());
    let moved = json!({"start": {"dateTime": "2026-12-01T11:00:00", "timeZone": "UTC"}});
    assert_eq!(stage.call("bob", Method::PATCH, &path, &moved).await.0, 200);
    assert_eq!(stage.told(2).await[1..], ["updated"]);
    let cancel = format!("{path}/cancel");
    assert_eq!(
        stage.call("bob", Method::POST, &cancel, &json!({})).await.0,
        202
    );
    assert_eq!(
        stage.told(3).await[2..],
        ["updated"],
        "cancelled, and still in her calendar"
    );
    let id = stage.items()[2]["resourceData"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/me/events/{id}");
    assert_eq!(
        stage
            .call("alice", Method::DELETE, &path, &Value::Null)
            .await
            .0,
        204
    );
    assert_eq!(stage.told(4).await[3..], ["deleted"]);
}

#[tokio::test]
async fn every_kind_of_event_happens_in_fact() {
    let stage = Stage::writing().await;
    let world = stage.scene.sandbox.world();
    let oid = world.person("alice").oid;
    let list = {
        let graph = world.graph();
        let lists = &graph.mailboxes[&oid].lists;
        let linked = lists
            .iter()
            .find(|it| it.tasks.iter().any(|it| !it.linked.is_empty()));
        linked.unwrap().id.clone()
    };
    for resource in [
        "/me/messages",
        "/me/events",
        &format!("/me/todo/lists/{list}/tasks"),
        "/me/chats/getAllMessages",
    ] {
        stage.subscribe(resource).await;
    }
    for (kind, id, path) in [
        ("message.created", "message", "/me/messages/{}"),
        ("message.updated", "message", "/me/messages/{}"),
        ("event.created", "event", "/me/events/{}"),
        ("event.updated", "event", "/me/events/{}"),
        ("event.deleted", "event", ""),
        ("task.created", "task", "/me/todo/lists/LIST/tasks/{}"),
        ("task.updated", "task", "/me/todo/lists/LIST/tasks/{}"),
        ("task.deleted", "task", ""),
        ("chatMessage.created", "message", ""),
        ("message.deleted", "message", ""),
    ] {
        stage.app.forgets();
        let event = Event {
            completed: kind == "task.updated",
            ..Event::new("microsoft", kind)
        };
        let outcome = stage.scene.sandbox.sends(event).await;
        assert!(!outcome.sent.is_empty(), "{kind}");
        let id = outcome.ids[id].as_str().unwrap();
        let items = stage.items();
        let change = kind.split_once('.').unwrap().1;
        let told = |it: &&Value| it["changeType"] == change && it["resourceData"]["id"] == id;
        assert!(items.iter().any(|it| told(&it)), "{kind}: {items:?}");
        if !path.is_empty() {
            let path = path.replace("{}", id).replace("LIST", &list);
            let (status, found) = stage.call("alice", Method::GET, &path, &Value::Null).await;
            assert_eq!(status, 200, "{kind}");
            if kind == "task.updated" {
                assert_eq!(found["status"], "completed");
            }
        }
    }
}

#[tokio::test]
async fn immutable_ids_are_told_to_those_who_asked_for_them() {
    let stage = Stage::writing().await;
    let wanted = stage.wanted("/me/messages");
    let request = stage
        .scene
        .request(Method::POST, "/subscriptions", &stage.token);
    let request = request
        .header("prefer", "IdType=\"ImmutableId\"")
        .json(&wanted);
    assert_eq!(request.send().await.unwrap().status(), 201);
    let outcome = stage
        .scene
        .sandbox
        .sends(Event::new("microsoft", "message.created"))
        .await;
    assert_eq!(
        stage.items()[0]["resourceData"]["id"],
        outcome.ids["immutableMessage"]
    );
}

#[tokio::test]
async fn a_filter_of_the_resource_leaves_the_rest_untold() {
    let stage = Stage::writing().await;
    stage.subscribe("me/messages?$filter=isRead eq true").await;
    let event = |kind: &str| Event::new("microsoft", kind);
    assert!(
        stage
            .scene
            .sandbox
            .sends(event("message.created"))
            .await
            .sent
            .is_empty()
    );
    assert_eq!(
        stage
            .scene
            .sandbox
            .sends(event("message.updated"))
            .await
            .sent
            .len(),
        1
    );
}

#[tokio::test]
async fn nothing_is_told_once_the_token_behind_is_over_until_another_is_shown() {
    let stage = Stage::writing().await;
    let id = stage.subscribe("/me/messages").await;
    let sandbox = &stage.scene.sandbox;
    sandbox.world().entra().expire_access("alice");
    let event = || Event::new("microsoft", "message.created");
    assert!(sandbox.sends(event()).await.sent.is_empty());
    assert!(sandbox.sends(event()).await.sent.is_empty());
    let told = stage.app.receives(1).await;
    assert_eq!(told[0].path, "/lifecycle");
    let item = &told[0].body["value"][0];
    assert_eq!(
        (&item["lifecycleEvent"], &item["subscriptionId"]),
        (&json!("reauthorizationRequired"), &json!(id))
    );
    assert_eq!(item["clientState"], "s3cret");
    let path = format!("/subscriptions/{id}/reauthorize");
    assert_eq!(
        stage
            .call("alice", Method::POST, &path, &Value::Null)
            .await
            .0,
        204
    );
    let told = stage.app.receives(2).await;
    assert_eq!(told.len(), 2, "asked once only");
    assert_eq!(
        told[1].body["value"].as_array().unwrap().len(),
        2,
        "what was held back comes"
    );
    assert_eq!(sandbox.sends(event()).await.sent.len(), 1);
    assert_eq!(stage.what(), ["created", "reauthorized"]);

    sandbox.world().entra().expire_access("alice");
    sandbox.graph(&Command::IgnoreDeadTokens { on: true });
    assert_eq!(sandbox.sends(event()).await.sent.len(), 1);
}

#[tokio::test]
async fn whoever_takes_back_their_consent_loses_their_subscriptions() {
    let stage = Stage::writing().await;
    stage.subscribe("/me/messages").await;
    let sandbox = &stage.scene.sandbox;
    sandbox.world().entra().withdraw("alice");
    assert!(
        sandbox
            .sends(Event::new("microsoft", "message.created"))
            .await
            .sent
            .is_empty()
    );
    let told = stage.app.receives(1).await;
    assert_eq!(
        told[0].body["value"][0]["lifecycleEvent"],
        "subscriptionRemoved"
    );
    assert!(sandbox.graph_subscriptions().is_empty());
    assert_eq!(stage.what(), ["created", "removed"]);
}

#[tokio::test]
async fn what_was_missed_has_happened_and_delta_finds_it() {
    let stage = Stage::writing().await;
    stage.subscribe("/me/messages").await;
    let delta = "/me/mailFolders/inbox/messages/delta?$select=id&$top=1000";
    let (status, first) = stage.call("alice", Method::GET, delta, &Value::Null).await;
    assert_eq!(status, 200);
    let link = first["@odata.deltaLink"].as_str().unwrap().to_owned();
    let outcome = stage
        .scene
        .sandbox
        .sends(Event::new("microsoft", "lifecycle.missed"))
        .await;
    assert_eq!(outcome.sent.len(), 1);
    let told = stage.app.taken();
    assert_eq!((told.len(), told[0].path.as_str()), (1, "/lifecycle"));
    assert_eq!(told[0].body["value"][0]["lifecycleEvent"], "missed");
    assert!(told[0].body["value"][0]["resourceData"].is_null());

    let ask = |link: String| {
        stage
            .scene
            .client
            .get(link)
            .bearer_auth(&stage.token)
            .send()
    };
    let (_, news) = read(ask(link).await.unwrap()).await;
    assert_eq!(news["value"].as_array().unwrap().len(), 1);
    assert_eq!(news["value"][0]["id"], outcome.ids["message"]);
    let link = news["@odata.deltaLink"].as_str().unwrap().to_owned();
    let (_, nothing) = read(ask(link.clone()).await.unwrap()).await;
    assert_eq!(nothing["value"], json!([]));
    stage
        .scene
        .sandbox
        .sends(Event::new("microsoft", "message.deleted"))
        .await;
    let (_, gone) = read(ask(link.clone()).await.unwrap()).await;
    assert_eq!(gone["value"][0]["@removed"]["reason"], "deleted");
    stage.scene.sandbox.world().reset();
    let lost = ask(link).await.unwrap();
    assert_eq!(lost.status(), 410);
    assert!(lost.headers().contains_key("location"));
}

#[tokio::test]
async fn delta_pages_through_a_folder_and_takes_few_options() {
    let stage = Stage::writing().await;
    let mut link = format!(
        "{}/v1.0/me/mailFolders/inbox/messages/delta?$select=subject",
        stage.scene.sandbox.addresses().graph
    );
    let mut count = 0;
    let last = loop {
        let request = stage.scene.client.get(&link).bearer_auth(&stage.token);
        let request = request.header("prefer", "odata.maxpagesize=200");
        let (status, page) = read(request.send().await.unwrap()).await;
        assert_eq!(status, 200, "{page}");
        count += page["value"].as_array().unwrap().len();
        match page["@odata.nextLink"].as_str() {
            Some(next) => link = next.to_owned(),
            None => break page,
        }
    };
    assert!(last["@odata.deltaLink"].is_string());
    let (_, folder) = stage
        .call("alice", Method::GET, "/me/mailFolders/inbox", &Value::Null)
        .await;
    assert_eq!(folder["totalItemCount"], count);
    for query in [
        "$search=\"a\"",
        "$filter=isRead%20eq%20true",
        "$orderby=subject",
    ] {
        let path = format!("/me/mailFolders/inbox/messages/delta?{query}");
        let (status, _) = stage.call("alice", Method::GET, &path, &Value::Null).await;
        assert_eq!(status, 400, "{query}");
    }
}

#[tokio::test]
async fn a_forged_notification_has_another_secret() {
    let stage = Stage::writing().await;
    stage.subscribe("/me/messages").await;
    let event = Event {
        forged: true,
        times: Some(2),
        ..Event::new("microsoft", "message.created")
    };
    stage.scene.sandbox.sends(event).await;
    let items = stage.items();
    assert_eq!((items.len(), &items[0]["id"]), (2, &items[1]["id"]));
    assert_ne!(items[0]["clientState"], "s3cret");
}

#[tokio::test]
async fn lifecycle_events_go_to_all_whom_they_are_meant_for() {
    let stage = Stage::writing().await;
    let messages = stage.subscribe("/me/messages").await;
    stage.subscribe("/me/events").await;
    let event = Event {
        id: Some(messages),
        ..Event::new("microsoft", "lifecycle.subscriptionRemoved")
    };
    assert_eq!(stage.scene.sandbox.sends(event).await.sent.len(), 1);
    assert_eq!(stage.scene.sandbox.graph_subscriptions().len(), 1);
    let event = Event::new("microsoft", "lifecycle.reauthorizationRequired");
    assert_eq!(stage.scene.sandbox.sends(event).await.sent.len(), 1);
}
