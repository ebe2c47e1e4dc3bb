//! What stands in the way of a subscription, and what becomes of it when rights end.

use sandbox::entra::Command;
use sandbox::fault::Fault;
use serde_json::json;
use trefoil::auth::Caller;
use trefoil::event::Personal;
use trefoil::store::watch::{Source, by_id};
use trefoil::watch::Want;

use super::{eventually, given_a_quick_house};
use crate::harness::given_a_house_with;

const LIST: &str = "{ upstreamSubscriptions { nodes { provider kind owner state obstacle missingScopes expiresAt sharedBy } } }";

#[tokio::test]
async fn a_missing_permission_is_told_and_not_asked_for_again_and_again() {
    let house = given_a_quick_house(60).await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    house.sandbox.world().clear_requests();
    let _holds = (
        house.listens("alice", 0, Personal::Tasks).await,
        house.listens("alice", 0, Personal::Mail).await,
    );
    let mut nodes = json!(null);
    eventually(async || {
        let answer = alice.asks(LIST).await;
        nodes = answer.at("/upstreamSubscriptions/nodes").clone();
        let stands = |kind: &str, state: &str| {
            let nodes = nodes.as_array().unwrap();
            nodes
                .iter()
                .any(|it| it["kind"] == kind && it["state"] == state)
        };
        stands("TASKS", "BLOCKED") && stands("MAIL", "ACTIVE")
    })
    .await;
    let nodes = nodes.as_array().unwrap();
    let of = |kind: &str| nodes.iter().find(|it| it["kind"] == kind).unwrap();
    let (person, _) = alice.ids().await;
    let tasks = of("TASKS");
    assert_eq!(tasks["provider"], "MICROSOFT");
    assert_eq!(tasks["obstacle"], "CONSENT_REQUIRED");
    assert_eq!(tasks["missingScopes"], json!(["Tasks.ReadWrite"]));
    assert_eq!(tasks["expiresAt"], json!(null));
    let mail = of("MAIL");
    assert_eq!(
        (&mail["owner"], &mail["sharedBy"], &mail["missingScopes"]),
        (&json!(person), &json!(1), &json!([]))
    );
    assert!(mail["expiresAt"].is_string());
    assert_eq!(of("ISSUES")["state"], "PERMANENT");
    // Whom nobody set up to tell us anything.
    assert_eq!(of("MEETINGS")["obstacle"], "NOT_CONFIGURED");
    // Graph was not even asked for what the token cannot have.
    assert_eq!(house.asked_about_subscriptions(), ["POST 201"]);
    // Other sites' people are not there, and who does not administer sees nobody.
    let elsewhere = house.person("frank", "GLX-1").asks(LIST).await;
    let elsewhere = elsewhere.at("/upstreamSubscriptions/nodes").to_string();
    assert!(!elsewhere.contains("MAIL"), "{elsewhere}");
    assert_eq!(house.bob().asks(LIST).await.codes(), ["FORBIDDEN"]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn graph_being_down_delays_a_subscription_and_no_more() {
    let house = given_a_quick_house(60).await;
    house.sandbox.world().inject(Fault {
        provider: "graph".to_owned(),
        path: Some("/subscriptions".to_owned()),
        status: Some(503),
        count: Some(3),
        ..Fault::default()
    });
    let _hold = house.listens("alice", 0, Personal::Mail).await;
    house.settled("alice").await;
    assert_eq!(
        house.asked_about_subscriptions(),
        ["POST 503", "POST 503", "POST 503", "POST 201"]
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_subscription_whose_making_was_not_answered_is_not_made_twice() {
    let house = given_a_quick_house(60).await;
    house.sandbox.world().inject(Fault {
        provider: "graph".to_owned(),
        method: Some("POST".to_owned()),
        path: Some("/subscriptions".to_owned()),
        lose: true,
        count: Some(1),
        ..Fault::default()
    });
    let _hold = house.listens("alice", 0, Personal::Mail).await;
    let row = house.settled("alice").await;
    assert_eq!(house.story(), ["created", "deleted", "created"]);
    let alive = house.subscriptions(1).await;
    assert_eq!(alive[0]["id"], json!(row.subscription));
    house.is_left_clean().await;
}

#[tokio::test]
async fn somebody_elses_mailbox_is_not_subscribed_to() {
    let house = given_a_quick_house(60).await;
    house.alice().connects("MICROSOFT").await;
    house.sandbox.world().clear_requests();
    let alice = house.entra_user("alice");
    let bob = house.in_outlook("bob", 0).await;
    let want = || Want::Personal(alice, Personal::Mail, Vec::new());
    let _nothing = house.wants(&bob, 0, want());
    // Of whom only a stored connection could tell.
    let panel = format!("JWT {}", house.sandbox.context_token("bob", "DEMO-42"));
    let app = &house.gateway().app;
    let panel = Caller::authenticate(app, Some(&panel)).await;
    let _nothing = house.wants(&panel.unwrap().into(), 0, want());
    let _own = house.listens("bob", 0, Personal::Mail).await;
    house.settled("bob").await;
    eventually(async || {
        let store = &house.gateway().app.store;
        let id = Source::Personal(alice, Personal::Mail, None).id();
        let row = by_id(store, &id).await.unwrap();
        row.is_some_and(|it| it.obstacle.as_deref() == Some("NOT_CONNECTED"))
    })
    .await;
    let there = house.subscriptions(1).await;
    assert_eq!(there[0]["owner"], "bob");
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_somebody_connected_keeps_it_alive_and_disconnecting_ends_it() {
    let house = given_a_quick_house(60).await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    let app = &house.gateway().app;
    let panel = format!("JWT {}", alice.token);
    let panel = Caller::authenticate(app, Some(&panel)).await;
    let owner = house.entra_user("alice");
    let want = Want::Personal(owner, Personal::Calendar, Vec::new());
    let _hold = house.wants(&panel.unwrap().into(), 0, want);
    house.settled("alice").await;
    let soon = trefoil::clock::millis() + 60_000;
    house
        .changes_rows(&format!("due_at = 0, expires_at = {soon}"))
        .await;
    house.tells(&["created", "renewed"]).await;
    alice
        .does("disconnect", json!({ "provider": "MICROSOFT" }))
        .await;
    house.tells(&["created", "renewed", "deleted"]).await;
    house.subscriptions(0).await;
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_site_that_removes_the_app_takes_its_peoples_subscriptions_away() {
    let house = given_a_quick_house(60).await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    let app = &house.gateway().app;
    let panel = format!("JWT {}", alice.token);
    let panel = Caller::authenticate(app, Some(&panel)).await;
    let owner = house.entra_user("alice");
    let want = Want::Personal(owner, Personal::Calendar, Vec::new());
    let _hold = house.wants(&panel.unwrap().into(), 0, want);
    house.settled("alice").await;
    let gateway = &house.gateway().url;
    house.sandbox.uninstall("acme", gateway).await.unwrap();
    house.tells(&["created", "deleted"]).await;
    house.is_left_clean().await;
}

#[tokio::test]
async fn who_has_agreed_meanwhile_is_told_of_changes_when_they_come_back() {
    let settings = "watch.interval = 1\nmicrosoft.scopes = [\"User.Read\", \"Tasks.ReadWrite\"]";
    let house = given_a_house_with(settings, sandbox::Options::default()).await;
    let hold = house.listens("alice", 0, Personal::Tasks).await;
    let store = &house.gateway().app.store;
    let alice = house.entra_user("alice");
    let id = Source::Personal(alice, Personal::Tasks, None).id();
    eventually(async || {
        let row = by_id(store, &id).await.unwrap();
        row.is_some_and(|it| it.obstacle.as_deref() == Some("CONSENT_REQUIRED"))
    })
    .await;
    drop(hold);
    house.sandbox.entra(&Command::Consent {
        person: "alice".to_owned(),
        scopes: vec!["Tasks.ReadWrite".to_owned(), "User.Read".to_owned()],
    });
    // Somebody new has it tried again, if that was not just tried.
    house.changes_rows("updated_at = 0").await;
    let _hold = house.listens("alice", 0, Personal::Tasks).await;
    house.settled("alice").await;
    assert_eq!(house.story(), ["created"]);
    house.is_left_clean().await;
}
