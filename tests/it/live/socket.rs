//! `graphql-transport-ws`: every code it closes with, and what runs on it.

use std::time::{Duration, Instant};

use futures::SinkExt as _;
use sandbox::Options;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::LISTEN;
use super::wire::{Heard, PROTOCOL, Socket, ack};
use crate::harness::{given_a_house, given_a_house_with};

#[tokio::test]
async fn what_is_not_of_the_protocol_closes_with_4400() {
    let house = given_a_house().await;
    let (url, token) = (&house.gateway().url, house.alice().authorization());
    for message in [
        Message::text("ping"),
        Message::text("{}"),
        Message::text(r#"{"type":"start","id":"1","payload":{"query":"{ __typename }"}}"#),
        Message::text(r#"{"type":"connection_init","payload":"Bearer"}"#),
        Message::binary(r#"{"type":"ping"}"#),
    ] {
        let mut socket = Socket::new(url).await;
        socket.send(message.clone()).await;
        assert_eq!(socket.hear().await, Heard::Closed(4400), "{message:?}");
    }
    for message in [
        json!({ "type": "subscribe", "id": "1" }),
        json!({ "type": "subscribe", "id": "", "payload": { "query": "{ __typename }" } }),
        json!({ "type": "subscribe", "id": "1", "payload": { "query": 1 } }),
        json!({ "type": "next", "id": "1", "payload": {} }),
    ] {
        let mut socket = Socket::open(url, &token).await;
        socket.say(message.clone()).await;
        assert_eq!(socket.hear().await, Heard::Closed(4400), "{message}");
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_message_has_a_length() {
    let house = given_a_house().await;
    let mut socket = Socket::open(&house.gateway().url, &house.alice().authorization()).await;
    let fits = json!({ "type": "ping", "payload": { "a": "a".repeat(65_000) } });
    socket.say(fits.clone()).await;
    let answer = json!({ "type": "pong", "payload": fits["payload"] });
    assert_eq!(socket.hear().await, Heard::Said(answer));
    let text = "a".repeat(70_000);
    // The other side may have closed before all of it was taken.
    let _ = socket.inner.send(Message::text(text)).await;
    assert_eq!(socket.hear().await, Heard::Closed(1009));
    house.is_left_clean().await;
}

#[tokio::test]
async fn who_is_nobody_gets_no_further() {
    let house = given_a_house_with("server.header_timeout = 1", Options::default()).await;
    let (url, token) = (&house.gateway().url, house.alice().authorization());
    // Nothing is said.
    let begun = Instant::now();
    let mut socket = Socket::new(url).await;
    assert_eq!(socket.hear().await, Heard::Closed(4408));
    assert!(
        begun.elapsed() > Duration::from_millis(900),
        "{:?}",
        begun.elapsed()
    );
    // Asked before it is known who asks.
    let mut socket = Socket::new(url).await;
    socket.ask("1", "{ __typename }").await;
    assert_eq!(socket.hear().await, Heard::Closed(4401));
    // No token, and wrong ones.
    for payload in [
        Value::Null,
        json!({}),
        json!({ "authorization": 1 }),
        json!({ "authorization": "" }),
        json!({ "authorization": "JWT x.y.z" }),
        json!({ "Authorization": "Bearer x.y.z", "host": "teams" }),
    ] {
        let mut socket = Socket::new(url).await;
        socket
            .say(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(socket.hear().await, Heard::Closed(4403), "{payload}");
    }
    // Twice.
    let mut socket = Socket::open(url, &token).await;
    assert_eq!(socket.init(&token).await, Heard::Closed(4429));
    let mut socket = Socket::new(url).await;
    let payload = json!({ "Authorization": token });
    socket
        .say(json!({ "type": "connection_init", "payload": payload }))
        .await;
    assert_eq!(socket.hear().await, ack());
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_handshake_is_taken_for_this_protocol_and_from_our_own_pages_only() {
    let house = given_a_house().await;
    let url = &house.gateway().url;
    let mut socket = Socket::with(url, &[]).await.unwrap();
    assert_eq!(socket.hear().await, Heard::Closed(4406));
    let protocol = ("sec-websocket-protocol", PROTOCOL);
    for origin in ["https://evil.example", "null", "http://127.0.0.1"] {
        let opened = Socket::with(url, &[protocol, ("origin", origin)]).await;
        assert_eq!(opened.err(), Some(403), "{origin}");
    }
    let mut socket = Socket::with(url, &[protocol, ("origin", url)])
        .await
        .unwrap();
    assert_eq!(socket.init(&house.alice().authorization()).await, ack());
    let wrong = Socket::with(url, &[("sec-websocket-version", "8")]).await;
    assert!(wrong.is_err_and(|status| status == 400 || status == 426));
    house.is_left_clean().await;
}

#[tokio::test]
async fn subscriptions_tell_events_until_they_are_ended_and_their_ids_are_their_own() {
    let house = given_a_house().await;
    let alice = house.alice();
    let site = alice.site().await;
    let mut socket = Socket::open(&house.gateway().url, &alice.authorization()).await;
    socket.ask("a", LISTEN).await;
    house.has_listeners(1).await;
    for id in house.updates(site, 2).await {
        assert_eq!(socket.event().await, id);
    }
    // An ended one says nothing more, and its id is free.
    socket.say(json!({ "type": "complete", "id": "a" })).await;
    socket
        .say(json!({ "type": "complete", "id": "nobody" }))
        .await;
    house.has_listeners(0).await;
    socket.ask("a", LISTEN).await;
    house.has_listeners(1).await;
    let told = house.updates(site, 1).await;
    assert_eq!(socket.event().await, told[0]);
    // One that runs is not.
    socket.ask("a", LISTEN).await;
    assert_eq!(socket.hear().await, Heard::Closed(4409));
    house.has_listeners(0).await;
    house.is_left_clean().await;
}

#[tokio::test]
async fn queries_and_mutations_run_on_a_socket_as_they_do_elsewhere() {
    let house = given_a_house().await;
    let alice = house.alice();
    let mut socket = Socket::open(&house.gateway().url, &alice.authorization()).await;
    socket.ask("q", "{ issue(key: \"DEMO-42\") { key } }").await;
    let payload = json!({ "data": { "issue": { "key": "DEMO-42" } } });
    let next = json!({ "type": "next", "id": "q", "payload": payload });
    assert_eq!(socket.hear().await, Heard::Said(next));
    let complete = json!({ "type": "complete", "id": "q" });
    assert_eq!(socket.hear().await, Heard::Said(complete));
    let disconnect = "mutation { disconnect(input: { idempotencyKey: \"once\", provider: ZOOM }) { disconnected } }";
    socket.ask("m", disconnect).await;
    let Heard::Said(next) = socket.hear().await else {
        panic!("the mutation was not answered");
    };
    assert!(next["payload"]["data"]["disconnect"].is_object(), "{next}");
    let complete = json!({ "type": "complete", "id": "m" });
    assert_eq!(socket.hear().await, Heard::Said(complete));
    // What does not run is an error and no result.
    for (query, code) in [
        ("{ nothing }", "BAD_USER_INPUT"),
        ("{ issue(key: \"DEMO-42\") ", "BAD_USER_INPUT"),
        ("subscription { nothing }", "BAD_USER_INPUT"),
        (
            &*format!("{{ {} }}", "__typename ".repeat(11)),
            "QUERY_TOO_COMPLEX",
        ),
    ] {
        socket.ask("e", query).await;
        assert_eq!(socket.error("e").await, code, "{query}");
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn documents_and_rates_are_those_of_every_other_request() {
    let settings = "documents.mode = \"trusted\"\nlimits.per_viewer_per_minute = 2";
    let house = given_a_house_with(settings, Options::default()).await;
    let mut socket = Socket::open(&house.gateway().url, &house.alice().authorization()).await;
    socket.ask("1", "{ __typename }").await;
    assert_eq!(socket.error("1").await, "UNTRUSTED_DOCUMENT");
    let payload = json!({ "documentId": format!("sha256:{}", "0".repeat(64)) });
    socket
        .say(json!({ "type": "subscribe", "id": "2", "payload": payload }))
        .await;
    assert_eq!(socket.error("2").await, "PERSISTED_QUERY_NOT_FOUND");
    socket.ask("3", "{ __typename }").await;
    assert_eq!(socket.error("3").await, "RATE_LIMITED");
    house.is_left_clean().await;
}

#[tokio::test]
async fn pings_go_both_ways_and_who_does_not_answer_is_gone() {
    let house = given_a_house_with("server.ping_interval = 1", Options::default()).await;
    let (url, token) = (&house.gateway().url, house.alice().authorization());
    let mut socket = Socket::new(url).await;
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.hear().await, Heard::Said(json!({ "type": "pong" })));
    assert_eq!(socket.init(&token).await, ack());
    let payload = json!({ "a": 1 });
    socket
        .say(json!({ "type": "ping", "payload": payload }))
        .await;
    let answer = json!({ "type": "pong", "payload": payload });
    assert_eq!(socket.hear().await, Heard::Said(answer));
    // Whoever reads answers by that, and stays.
    socket.ask("1", LISTEN).await;
    house.has_listeners(1).await;
    let silent = tokio::time::timeout(Duration::from_millis(3_500), socket.hear());
    assert!(silent.await.is_err(), "something was said");
    assert_eq!(house.listeners(), 1);
    // Whoever does not is dropped with what it listens to.
    house.has_listeners(0).await;
    drop(socket);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_socket_ends_with_its_token_unless_that_is_renewed_on_it() {
    let house = given_a_house().await;
    let url = &house.gateway().url;
    let site = house.alice().site().await;
    let short = || {
        format!(
            "JWT {}",
            house.sandbox.context_token_for("alice", "DEMO-42", 3)
        )
    };
    let mut ending = Socket::open(url, &short()).await;
    let mut renewed = Socket::open(url, &short()).await;
    let mut another = Socket::open(url, &short()).await;
    for socket in [&mut ending, &mut renewed] {
        socket.ask("1", LISTEN).await;
    }
    house.has_listeners(2).await;
    let ping = |token: String| json!({ "type": "ping", "payload": { "authorization": token } });
    renewed.say(ping(house.alice().authorization())).await;
    let answer = json!({ "type": "pong", "payload": { "renewed": true } });
    assert_eq!(renewed.hear().await, Heard::Said(answer));
    // Nobody else's token is a newer one.
    another.say(ping(house.bob().authorization())).await;
    assert_eq!(another.hear().await, Heard::Closed(4403));
    assert_eq!(ending.hear().await, Heard::Closed(4403));
    house.has_listeners(1).await;
    let told = house.updates(site, 1).await;
    assert_eq!(renewed.event().await, told[0]);
    renewed.say(ping("JWT x.y.z".to_owned())).await;
    assert_eq!(renewed.hear().await, Heard::Closed(4403));
    house.is_left_clean().await;
}
