//! One subscription for all who listen to the same, at however many gateways.

use std::sync::Arc;

use sandbox::event::Event;
use serde_json::json;
use trefoil::event::{Personal, Topic, What};
use trefoil::store::watch::listeners;
use trefoil::watch::Want;

use super::{eventually, given_a_quick_house, heard};
use crate::harness::House;

/// How many listen to all that exists.
async fn audience(house: &House, handle: &str) -> i64 {
    let rows = house.rows(handle).await;
    let ids: Vec<_> = rows.into_iter().map(|it| it.id).collect();
    let store = &house.gateway().app.store;
    let counts = listeners(store, &ids).await.unwrap();
    counts.into_iter().map(|it| it.1).sum()
}

#[tokio::test]
async fn two_viewers_at_two_gateways_share_one_subscription() {
    let mut house = given_a_quick_house(3).await;
    house
        .opens_a_gateway("watch.interval = 1\nwatch.grace = 3")
        .await;
    let first = house.listens("alice", 0, Personal::Mail).await;
    let again = house.listens("alice", 0, Personal::Mail).await;
    let second = house.listens("alice", 1, Personal::Mail).await;
    house.settled("alice").await;
    eventually(async || audience(&house, "alice").await == 3).await;
    assert_eq!(house.story(), ["created"]);
    drop((first, again));
    eventually(async || audience(&house, "alice").await == 1).await;

    // The first gateway goes, and the other one goes on.
    house.gateways[0].stop.cancel();
    let soon = trefoil::clock::millis() + 60_000;
    house
        .changes_rows(&format!("due_at = 0, expires_at = {soon}"))
        .await;
    house.tells(&["created", "renewed"]).await;
    drop(second);
    house.tells(&["created", "renewed", "deleted"]).await;
    house.is_left_clean().await;
}

#[tokio::test]
async fn many_who_begin_at_once_at_two_gateways_make_one() {
    let mut house = given_a_quick_house(30).await;
    house
        .opens_a_gateway("watch.interval = 1\nwatch.grace = 30")
        .await;
    let mut holds = Vec::new();
    for turn in 0..20 {
        holds.push(house.listens("alice", turn % 2, Personal::Calendar).await);
        holds.push(house.listens("bob", turn % 2, Personal::Calendar).await);
    }
    house.settled("alice").await;
    house.settled("bob").await;
    eventually(async || audience(&house, "alice").await == 20).await;
    assert_eq!(house.story(), ["created", "created"]);
    assert_eq!(house.asked_about_subscriptions(), ["POST 201", "POST 201"]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn another_gateway_takes_over_when_the_one_at_work_dies() {
    let house = given_a_quick_house(60).await;
    let _hold = house.listens("alice", 0, Personal::Calendar).await;
    house.settled("alice").await;
    let now = trefoil::clock::millis();
    let lease = now + 2_000;
    house
        .changes_rows(&format!(
            "due_at = 0, expires_at = {}, lease_owner = 'dead', lease_until = {lease}",
            now + 60_000
        ))
        .await;
    house.tells(&["created", "renewed"]).await;
    let renewed = house.sandbox.subscription_journal()[1].at;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit")]
    let lease = lease as f64 / 1000.0;
    assert!(renewed >= lease, "while another had the lease");
    house.is_left_clean().await;
}

#[tokio::test]
async fn members_of_a_chat_share_one_subscription_whoever_made_it() {
    let house = given_a_quick_house(2).await;
    let chats = house.outlook("alice").chats().await;
    let of_bob = house.graph("bob", "/me/chats").await;
    let of_bob = of_bob["value"].as_array().unwrap();
    let both = |chat: &&String| of_bob.iter().any(|it| it["id"] == json!(chat));
    let chat = chats.iter().find(both).expect("they have a chat in common");
    let chat: trefoil::id::GraphId = chat.parse().unwrap();
    let mut holds = Vec::new();
    for handle in ["alice", "bob"] {
        let caller = house.in_outlook(handle, 0).await;
        let owner = caller.entra.unwrap();
        let want = Want::Personal(owner, Personal::Chats, vec![chat.clone()]);
        holds.push(house.wants(&Arc::clone(&caller), 0, want));
    }
    let alive = house.subscriptions(1).await;
    let maker = alive[0]["owner"].as_str().unwrap().to_owned();
    house.settled(&maker).await;
    let app = &house.gateway().app;
    let topic = Topic::chat(house.entra_user("alice").tid, &chat);
    let mut ear = app.bus.listen([topic]).await;
    let said = Event {
        id: Some(chat.to_string()),
        ..Event::new("microsoft", "chatMessage.created")
    };
    assert_eq!(house.sandbox.sends(said).await.sent.len(), 1);
    let what = heard(&mut ear).await;
    assert!(
        matches!(&what[..], [What::ChatMessage { chat: it, .. }] if *it == chat),
        "{what:?}"
    );
    assert_eq!(house.story(), ["created"]);
    holds.clear();
    house.tells(&["created", "deleted"]).await;
    house.is_left_clean().await;
}
