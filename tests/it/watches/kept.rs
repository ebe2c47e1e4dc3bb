//! How what exists upstream is kept: renewed, authorized again, made anew, and caught up with.

use sandbox::event::Event;
use trefoil::event::{Personal, What};
use trefoil::store::watch::State;

use super::{eventually, given_a_quick_house, heard};

#[tokio::test]
async fn a_subscription_is_renewed_before_it_ends() {
    let house = given_a_quick_house(60).await;
    let _hold = house.listens("alice", 0, Personal::Calendar).await;
    let before = house.settled("alice").await;
    // Between half and seven tenths of its life.
    let made = before.expires_at.unwrap() - 3_600_000;
    let share = (before.due_at - made) * 100 / 3_600_000;
    assert!((49..=71).contains(&share), "renewed after {share} %");

    let soon = trefoil::clock::millis() + 60_000;
    house
        .changes_rows(&format!("due_at = 0, expires_at = {soon}"))
        .await;
    house.tells(&["created", "renewed"]).await;
    let after = house.settled("alice").await;
    assert_eq!(after.subscription, before.subscription);
    assert!(after.expires_at.unwrap() > soon + 3_000_000);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_subscription_is_authorized_again_with_a_new_token_when_graph_asks() {
    let house = given_a_quick_house(60).await;
    let mut ear = house.ear(0, "alice", Personal::Mail).await;
    let _hold = house.listens("alice", 0, Personal::Mail).await;
    let before = house.settled("alice").await;
    // With the old token it would be told nothing more.
    let person = "alice".to_owned();
    house
        .sandbox
        .entra(&sandbox::entra::Command::ExpireAccess { person });
    let asked = Event::new("microsoft", "lifecycle.reauthorizationRequired");
    assert_eq!(house.sandbox.sends(asked).await.sent[0].status, 202);
    house.tells(&["created", "reauthorized"]).await;
    let after = house.settled("alice").await;
    assert_eq!(after.subscription, before.subscription);
    assert_eq!(house.sandbox.graph_subscriptions()[0]["authorized"], true);
    let mail = Event::new("microsoft", "message.created");
    house.sandbox.sends(mail).await;
    assert!(matches!(heard(&mut ear).await[..], [What::Mail { .. }]));
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_removed_subscription_is_made_anew_and_who_listens_reads_again() {
    let house = given_a_quick_house(60).await;
    let mut mails = house.ear(0, "alice", Personal::Mail).await;
    let mut calendar = house.ear(0, "alice", Personal::Calendar).await;
    let _holds = (
        house.listens("alice", 0, Personal::Mail).await,
        house.listens("alice", 0, Personal::Calendar).await,
    );
    eventually(async || {
        let rows = house.rows("alice").await;
        rows.len() == 2 && rows.iter().all(|it| it.resync_from.is_none())
    })
    .await;
    // Who begins to listen to a calendar may have missed something just before.
    let missed = |it: &What, of| matches!(it, What::Missed { what, .. } if *what == of);
    let what = heard(&mut calendar).await;
    assert!(missed(&what[0], Personal::Calendar), "{what:?}");

    let removed = Event::new("microsoft", "lifecycle.subscriptionRemoved");
    house.sandbox.sends(removed).await;
    eventually(async || house.story().iter().filter(|it| **it == "created").count() >= 3).await;
    let alive = house.subscriptions(2).await;
    assert_eq!(alive.len(), 2);
    let what = heard(&mut mails).await;
    assert!(missed(what.last().unwrap(), Personal::Mail), "{what:?}");
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_was_missed_is_found_and_told() {
    let house = given_a_quick_house(60).await;
    let mut ear = house.ear(0, "alice", Personal::Mail).await;
    let _hold = house.listens("alice", 0, Personal::Mail).await;
    let row = house.settled("alice").await;
    let id = row.subscription.clone().unwrap();
    // A mail that nobody is told of: for a moment the subscription is not ours.
    house.changes_rows("subscription_id = 'other'").await;
    let mail = Event::new("microsoft", "message.created");
    let outcome = house.sandbox.sends(mail).await;
    let mail = outcome.ids["immutableMessage"].as_str().unwrap().to_owned();
    let since = row.changed_at - 60_000;
    let said = trefoil::watch::Lifecycle::Missed;
    let app = &house.gateway().app;
    let change = format!("subscription_id = '{id}', updated_at = {since}");
    house.changes_rows(&change).await;
    assert!(trefoil::watch::lifecycle(app, &id, said).await.unwrap());
    let mut told = Vec::new();
    eventually(async || {
        told.extend(heard(&mut ear).await);
        matches!(told.last(), Some(What::Missed { .. }))
    })
    .await;
    let found = |it: &&What| matches!(it, What::Mail { mail: it, .. } if it.as_str() == mail);
    assert_eq!(told.iter().filter(found).count(), 1, "{told:?}");
    let after = house.settled("alice").await;
    assert_eq!(after.subscription, row.subscription);
    assert_eq!(house.story(), ["created"]);
    assert!(
        !trefoil::watch::lifecycle(app, "unknown", said)
            .await
            .unwrap()
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_subscription_that_is_gone_without_a_word_is_made_anew() {
    let house = given_a_quick_house(60).await;
    let _hold = house.listens("alice", 0, Personal::Calendar).await;
    let before = house.settled("alice").await;
    house
        .changes_rows("due_at = 0, subscription_id = 'gone'")
        .await;
    // The old one is still there, so Graph refuses a second one and the old one is taken away.
    house.tells(&["created", "deleted", "created"]).await;
    let after = house.settled("alice").await;
    assert_ne!(after.subscription, before.subscription);
    assert_eq!(after.state, State::Active);
    assert_eq!(house.subscriptions(1).await.len(), 1);
    house.is_left_clean().await;
}
