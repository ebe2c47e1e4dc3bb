//! Subscriptions: what may be had, for how long, and what becomes of them.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::stage::Stage;
use super::{assert_error, read};
use crate::event::Event;

#[tokio::test]
async fn both_addresses_are_asked_while_the_request_is_open() {
    let stage = Stage::new().await;
    let (status, made) = stage
        .ask(Method::POST, "", &stage.wanted("/me/messages"))
        .await;
    assert_eq!(status, 201, "{made}");
    let alice = stage.scene.sandbox.world().person("alice");
    assert_eq!(made["creatorId"], alice.oid);
    assert_eq!(made["applicationId"], crate::entra::CLIENT_ID);
    assert_eq!(made["clientState"], "s3cret");
    assert!(made["expirationDateTime"].as_str().unwrap().ends_with('Z'));
    let asked = stage.app.validations();
    assert_eq!(asked, ["/notify", "/lifecycle"]);
}

#[tokio::test]
async fn an_address_that_does_not_give_the_token_back_gets_no_subscription() {
    let stage = Stage::new().await;
    for (name, url) in [
        ("notificationUrl", format!("{}/silent", stage.app.url)),
        (
            "lifecycleNotificationUrl",
            format!("{}/silent", stage.app.url),
        ),
        ("notificationUrl", "http://127.0.0.1:1/nobody".to_owned()),
    ] {
        let mut wanted = stage.wanted("/me/messages");
        wanted[name] = json!(url);
        let refused = stage.ask(Method::POST, "", &wanted).await;
        assert_error(&refused, 400, "ValidationError");
    }
    assert!(stage.scene.sandbox.graph_subscriptions().is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_before_anybody_is_asked() {
    let stage = Stage::new().await;
    let chat = "/chats/19:meeting_demo42@thread.v2/messages";
    for (resource, name, value) in [
        ("/me/messages", "changeType", json!("moved")),
        ("/me/messages", "changeType", Value::Null),
        ("/me/messages", "clientState", json!("x".repeat(129))),
        (
            "/me/messages",
            "notificationUrl",
            json!("http://gateway.example/notify"),
        ),
        ("/me/messages", "latestSupportedTlsVersion", json!("v9")),
        ("/me/messages", "includeResourceData", json!(true)),
        (
            "/me/messages",
            "expirationDateTime",
            json!("2020-01-01T00:00:00Z"),
        ),
        (
            "/me/messages",
            "expirationDateTime",
            json!(stage.in_minutes(10_082)),
        ),
        (
            "/me/events",
            "expirationDateTime",
            json!(stage.in_minutes(10_082)),
        ),
        (chat, "expirationDateTime", json!(stage.in_minutes(4_322))),
        ("/me/messages?$top=5", "clientState", json!("s")),
        ("/me/contacts", "clientState", json!("s")),
        ("/nothing", "clientState", json!("s")),
    ] {
        let mut wanted = stage.wanted(resource);
        wanted[name] = value.clone();
        let refused = stage.ask(Method::POST, "", &wanted).await;
        assert_error(&refused, 400, "InvalidRequest");
    }
    let mut wanted = stage.wanted(chat);
    wanted["lifecycleNotificationUrl"] = Value::Null;
    wanted["expirationDateTime"] = json!(stage.in_minutes(62));
    let refused = stage.ask(Method::POST, "", &wanted).await;
    assert_error(&refused, 400, "InvalidRequest");
    let bob = stage.scene.sandbox.world().person("bob");
    for path in [
        format!("/users/{}/messages", bob.oid),
        "/users/rollout@acme.example/messages".to_owned(),
    ] {
        let refused = stage.ask(Method::POST, "", &stage.wanted(&path)).await;
        assert_error(&refused, 403, "ExtensionError");
    }
    assert!(stage.app.validations().is_empty());
}

#[tokio::test]
async fn each_resource_wants_the_permission_that_reads_it() {
    let mut stage = Stage::new().await;
    let mailbox = stage.scene.sandbox.world().person("alice").oid;
    let list = stage.scene.sandbox.world().graph().mailboxes[&mailbox].lists[0]
        .id
        .clone();
    for (resource, not_enough, enough) in [
        (
            "/me/messages".to_owned(),
            "Mail.ReadWrite",
            "Mail.ReadBasic",
        ),
        (
            "me/mailFolders('Inbox')/messages".to_owned(),
            "Mail.Send",
            "Mail.Read",
        ),
        (
            "/me/events".to_owned(),
            "Calendars.ReadBasic",
            "Calendars.Read",
        ),
        (
            format!("/me/todo/lists/{list}/tasks"),
            "Tasks.Read",
            "Tasks.ReadWrite",
        ),
        (
            "/chats/19:meeting_demo42@thread.v2/messages".to_owned(),
            "Chat.ReadBasic",
            "Chat.Read",
        ),
        (
            "/me/chats/getAllMessages".to_owned(),
            "Chat.ReadBasic",
            "Chat.Read",
        ),
    ] {
        stage.token = stage.scene.sandbox.graph_token("alice", &[not_enough]);
        let refused = stage.ask(Method::POST, "", &stage.wanted(&resource)).await;
        assert_error(&refused, 403, "ExtensionError");
        stage.token = stage.scene.sandbox.graph_token("alice", &[enough]);
        stage.subscribe(&resource).await;
    }
    assert_eq!(stage.scene.sandbox.graph_subscriptions().len(), 6);
}

#[tokio::test]
async fn the_same_again_is_a_conflict_and_a_chat_has_one_subscriber() {
    let mut stage = Stage::new().await;
    let first = stage.subscribe("/me/messages").await;
    let again = stage
        .ask(Method::POST, "", &stage.wanted("/me/messages"))
        .await;
    assert_error(&again, 409, "Conflict");
    assert!(
        again.1["error"]["message"]
            .as_str()
            .unwrap()
            .contains(&first)
    );
    let mut other = stage.wanted("/me/messages");
    other["changeType"] = json!("created");
    assert_eq!(stage.ask(Method::POST, "", &other).await.0, 201);
    let chat = "/chats/19:meeting_demo42@thread.v2/messages";
    stage.subscribe(chat).await;
    stage.token = stage.scene.token("bob");
    let second = stage.ask(Method::POST, "", &stage.wanted(chat)).await;
    assert_error(&second, 403, "ExtensionError");
    let (_, listed) = read(
        stage
            .scene
            .request(Method::GET, "/subscriptions", &stage.token)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(listed["value"], json!([]), "everybody sees their own");
}

#[tokio::test]
async fn a_life_is_45_minutes_at_least_and_ends_unless_renewed() {
    let stage = Stage::new().await;
    let world = stage.scene.sandbox.world();
    let mut wanted = stage.wanted("/me/messages");
    wanted["expirationDateTime"] = json!(stage.in_minutes(1));
    let (_, made) = stage.ask(Method::POST, "", &wanted).await;
    let path = format!("/{}", made["id"].as_str().unwrap());
    world.set_clock_ahead(44.0 * 60.0);
    assert_eq!(stage.ask(Method::GET, &path, &Value::Null).await.0, 200);
    let renewed = json!({"expirationDateTime": stage.in_minutes(10_000)});
    assert_eq!(stage.ask(Method::PATCH, &path, &renewed).await.0, 200);
    let later = json!({"lifecycleNotificationUrl": format!("{}/other", stage.app.url)});
    assert_error(
        &stage.ask(Method::PATCH, &path, &later).await,
        400,
        "InvalidRequest",
    );
    world.set_clock_ahead(9_000.0 * 60.0);
    let event = || Event::new("microsoft", "message.created");
    assert_eq!(stage.scene.sandbox.sends(event()).await.sent.len(), 1);
    world.set_clock_ahead(11_000.0 * 60.0);
    assert!(stage.scene.sandbox.sends(event()).await.sent.is_empty());
    assert_error(
        &stage.ask(Method::GET, &path, &Value::Null).await,
        404,
        "ResourceNotFound",
    );
    assert_eq!(stage.what(), ["created", "renewed", "expired"]);
}

#[tokio::test]
async fn a_deleted_subscription_is_told_nothing_more() {
    let stage = Stage::new().await;
    let path = format!("/{}", stage.subscribe("/me/events").await);
    assert_eq!(stage.ask(Method::DELETE, &path, &Value::Null).await.0, 204);
    assert_eq!(stage.ask(Method::DELETE, &path, &Value::Null).await.0, 404);
    let outcome = stage
        .scene
        .sandbox
        .sends(Event::new("microsoft", "event.created"))
        .await;
    assert!(outcome.sent.is_empty() && outcome.reason.is_some());
    assert_eq!(stage.what(), ["created", "deleted"]);
}

#[tokio::test]
async fn what_happens_is_told_with_ids_only_and_its_resource_spelled_in_many_ways() {
    let stage = Stage::new().await;
    let id = stage.subscribe("me/mailFolders('inbox')/messages").await;
    let event = Event {
        count: Some(6),
        ..Event::new("microsoft", "message.created")
    };
    let outcome = stage.scene.sandbox.sends(event).await;
    assert_eq!(outcome.sent.len(), 6);
    let items = stage.items();
    let alice = stage.scene.sandbox.world().person("alice");
    let mut spellings = BTreeSet::new();
    for item in &items {
        assert_eq!(item["subscriptionId"], id);
        assert_eq!(
            (&item["clientState"], &item["changeType"]),
            (&json!("s3cret"), &json!("created"))
        );
        assert_eq!(item["tenantId"], alice.tid);
        let message = item["resourceData"]["id"].as_str().unwrap();
        let resource = item["resource"].as_str().unwrap();
        assert!(resource.contains(message) && resource.contains(&alice.oid));
        spellings.insert(resource.replace(message, "").replace(&alice.oid, ""));
        let (status, found) = stage
            .scene
            .get(&format!("/me/messages/{message}"), &stage.token)
            .await;
        assert_eq!(status, 200);
        assert_eq!(found["@odata.etag"], item["resourceData"]["@odata.etag"]);
        assert_eq!(found["isRead"], false);
    }
    assert_eq!(spellings.len(), 3);
    let canaries = stage.scene.sandbox.world().canaries();
    let told = json!(items).to_string();
    assert!(!canaries.iter().any(|it| told.contains(it.as_str())));
}

#[tokio::test]
async fn several_things_may_be_told_at_once_and_all_of_them_again_when_refused() {
    let stage = Stage::new().await;
    stage.subscribe("/me/messages").await;
    stage.app.answers(&[503]);
    let event = Event {
        count: Some(7),
        together: true,
        ..Event::new("microsoft", "message.created")
    };
    let outcome = stage.scene.sandbox.sends(event).await;
    assert_eq!((outcome.sent.len(), outcome.sent[0].status), (1, 503));
    let taken = stage.app.receives(2).await;
    assert_eq!(taken[0].body["value"].as_array().unwrap().len(), 7);
    assert_eq!(taken[0].body, taken[1].body);
}
