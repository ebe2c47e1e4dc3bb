//! Event streams: their beginning, their events and their ends.

use std::time::{Duration, Instant};

use sandbox::Options;
use serde_json::{Value, json};

use super::LISTEN;
use super::stream::{Part, Stream, post};
use crate::harness::{House, given_a_house, given_a_house_with};

const EVERYTHING: &str = "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed";

/// The status and the first error's code of an answer that is no stream.
async fn refused(house: &House, response: reqwest::Response) -> (u16, String) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    house.keeps(text.clone());
    let body: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status} {text}"));
    assert!(body.get("data").is_none(), "{body}");
    let code = body["errors"][0]["extensions"]["code"].as_str().unwrap();
    (status, code.to_owned())
}

#[tokio::test]
async fn a_stream_is_there_before_anything_happens_and_then_tells_what_does() {
    let house = given_a_house().await;
    let (url, alice) = (&house.gateway().url, house.alice());
    let site = alice.site().await;
    // What is asked of Jira first is not the stream's to answer for.
    drop(Stream::open(url, &alice.authorization(), LISTEN).await);
    let begun = Instant::now();
    let mut stream = Stream::open(url, &alice.authorization(), LISTEN).await;
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(stream.header("cache-control"), "no-store");
    assert_eq!(stream.header("x-accel-buffering"), "no");
    assert_eq!(stream.header("content-encoding"), "");
    assert!(!stream.header("x-correlation-id").is_empty());
    assert_eq!(stream.part().await, Some(Part::Comment));
    let told = house.updates(site, 3).await;
    for id in told {
        assert_eq!(stream.event().await, id);
    }
    drop(stream);
    house.has_listeners(0).await;
    house.is_left_clean().await;
}

#[tokio::test]
async fn silence_is_broken_by_comments() {
    let house = given_a_house_with("server.ping_interval = 1", Options::default()).await;
    let alice = house.alice();
    let mut stream = Stream::open(&house.gateway().url, &alice.authorization(), LISTEN).await;
    for _ in 0..4 {
        assert_eq!(stream.part().await, Some(Part::Comment));
    }
    drop(stream);
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_is_streamed_is_decided_by_what_is_asked() {
    let house = given_a_house().await;
    let (url, token) = (&house.gateway().url, house.alice().authorization());
    let query = "{ __typename }";
    let data = json!({ "data": { "__typename": "Query" } });
    // urql accepts streams for whatever it asks.
    let answer = post(url, &token, EVERYTHING, query).await;
    let media = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        media.starts_with("application/graphql-response+json"),
        "{media}"
    );
    assert_eq!(answer.json::<Value>().await.unwrap(), data);
    // Who takes nothing but a stream gets one, with an end.
    let mut stream = Stream::open(url, &token, query).await;
    assert_eq!(stream.told().await, Some(Part::Next(data)));
    assert_eq!(stream.told().await, Some(Part::Complete));
    assert_eq!(stream.told().await, None);
    // A subscription is not answered in one piece, nor to who takes anything and would wait for the end.
    for accept in [
        "application/json",
        "application/graphql-response+json",
        "*/*",
    ] {
        let answer = post(url, &token, accept, LISTEN).await;
        assert_eq!(
            refused(&house, answer).await,
            (406, "BAD_USER_INPUT".to_owned())
        );
    }
    let mut stream = Stream::of(post(url, &token, EVERYTHING, LISTEN).await);
    assert_eq!(stream.header("content-type"), "text/event-stream");
    assert_eq!(stream.part().await, Some(Part::Comment));
    drop(stream);
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_is_wrong_is_said_with_its_status_before_the_stream() {
    let house = given_a_house_with("limits.subscriptions_per_viewer = 1", Options::default()).await;
    let (url, token) = (&house.gateway().url, house.alice().authorization());
    let stream = "text/event-stream";
    for (authorization, query, status, code) in [
        ("JWT x.y.z", LISTEN, 401, "UNAUTHENTICATED"),
        (&*token, "subscription { nothing }", 400, "BAD_USER_INPUT"),
        (&*token, "subscription {", 400, "BAD_USER_INPUT"),
        (
            &*token,
            &"subscription { a { a } }".repeat(600),
            400,
            "QUERY_TOO_COMPLEX",
        ),
    ] {
        let answer = post(url, authorization, stream, query).await;
        assert_eq!(
            refused(&house, answer).await,
            (status, code.to_owned()),
            "{query}"
        );
    }
    let first = Stream::open(url, &token, LISTEN).await;
    let answer = post(url, &token, stream, LISTEN).await;
    assert_eq!(
        refused(&house, answer).await,
        (429, "RATE_LIMITED".to_owned())
    );
    drop(first);
    house.has_listeners(0).await;
    drop(Stream::open(url, &token, LISTEN).await);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token_and_is_not_complete() {
    let house = given_a_house().await;
    let token = house.sandbox.context_token_for("alice", "DEMO-42", 3);
    let site = house.alice().site().await;
    let mut stream = Stream::open(&house.gateway().url, &format!("JWT {token}"), LISTEN).await;
    let told = house.updates(site, 1).await;
    assert_eq!(stream.event().await, told[0]);
    let begun = Instant::now();
    assert_eq!(stream.told().await, None);
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
    house.has_listeners(0).await;
    house.is_left_clean().await;
}
