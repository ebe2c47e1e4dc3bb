//! How much may be open at once, and that nothing of it is left.

use std::time::{Duration, Instant};

use sandbox::Options;
use sandbox::fault::Fault;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use super::stream::{Stream, post};
use super::wire::{Heard, Socket, ack};
use super::{LISTEN, eventually};
use crate::client::get;
use crate::harness::{given_a_house, given_a_house_with};

#[tokio::test]
async fn a_person_has_so_many_subscriptions_over_all_transports() {
    let house = given_a_house_with("limits.subscriptions_per_viewer = 3", Options::default()).await;
    let (url, alice, bob) = (&house.gateway().url, house.alice(), house.bob());
    let mut socket = Socket::open(url, &alice.authorization()).await;
    socket.ask("1", LISTEN).await;
    socket.ask("2", LISTEN).await;
    house.has_listeners(2).await;
    let stream = Stream::open(url, &alice.authorization(), LISTEN).await;
    socket.ask("3", LISTEN).await;
    assert_eq!(socket.error("3").await, "RATE_LIMITED");
    let refused = post(url, &alice.authorization(), "text/event-stream", LISTEN).await;
    assert_eq!(refused.status(), 429);
    // What others have is theirs.
    drop(Stream::open(url, &bob.authorization(), LISTEN).await);
    // An ended one makes room.
    drop(stream);
    house.has_listeners(2).await;
    socket.ask("3", LISTEN).await;
    house.has_listeners(3).await;
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_socket_has_so_many_operations_and_a_person_so_many_sockets() {
    let settings = "limits.subscriptions_per_viewer = 1000\nlimits.operations_per_socket = 50";
    let house = given_a_house_with(settings, Options::default()).await;
    let (url, token) = (&house.gateway().url, house.alice().authorization());
    let mut first = Socket::open(url, &token).await;
    for at in 0..50 {
        first.ask(&at.to_string(), LISTEN).await;
    }
    first.ask("one more", LISTEN).await;
    assert_eq!(first.error("one more").await, "RATE_LIMITED");
    house.has_listeners(50).await;
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(Socket::open(url, &token).await);
    }
    let mut sixth = Socket::new(url).await;
    assert_eq!(sixth.init(&token).await, Heard::Closed(1013));
    let mut bobs = Socket::new(url).await;
    assert_eq!(bobs.init(&house.bob().authorization()).await, ack());
    // The place is free as soon as one of them is gone.
    drop(others.pop());
    let begun = Instant::now();
    loop {
        let mut again = Socket::new(url).await;
        if again.init(&token).await == ack() {
            break;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "there is no place"
        );
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_client_that_says_too_much_waits() {
    let house = given_a_house().await;
    let mut socket = Socket::open(&house.gateway().url, &house.alice().authorization()).await;
    let begun = Instant::now();
    let count = 300;
    for _ in 0..count {
        socket.say(json!({ "type": "ping" })).await;
    }
    for _ in 0..count {
        assert_eq!(socket.hear().await, Heard::Said(json!({ "type": "pong" })));
    }
    // A hundred at once, and then a hundred a second.
    assert!(
        begun.elapsed() > Duration::from_millis(1_900),
        "{:?}",
        begun.elapsed()
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn who_does_not_read_is_cut_and_costs_nobody_else_anything() {
    let settings = "server.write_timeout = 1\nlimits.subscriptions_per_viewer = 100";
    let house = given_a_house_with(settings, Options::default()).await;
    let (url, alice) = (&house.gateway().url, house.alice());
    let site = alice.site().await;
    let mut deaf = Socket::open(url, &alice.authorization()).await;
    let mut reading = Socket::open(url, &alice.authorization()).await;
    reading.ask("1", LISTEN).await;
    for at in 0..50 {
        deaf.ask(&at.to_string(), LISTEN).await;
    }
    let deaf_stream = Stream::open(url, &alice.authorization(), LISTEN).await;
    house.has_listeners(52).await;
    let begun = Instant::now();
    while house.listeners() > 2 {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "the deaf one is still there"
        );
        for id in house.updates(site, 100).await {
            assert_eq!(reading.event().await, id);
        }
    }
    drop((deaf, deaf_stream));
    house.has_listeners(1).await;
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_stop_sends_everybody_elsewhere_and_lets_queries_end() {
    let house = given_a_house_with("server.shutdown_timeout = 10", Options::default()).await;
    let (gateway, alice) = (house.gateway(), house.alice());
    let admin = gateway.admin.trim_start_matches("http://").parse().unwrap();
    let mut stream = Stream::open(&gateway.url, &alice.authorization(), LISTEN).await;
    let mut idle = Socket::open(&gateway.url, &alice.authorization()).await;
    idle.ask("1", LISTEN).await;
    let mut greeted = Socket::new(&gateway.url).await;
    let mut busy = Socket::open(&gateway.url, &alice.authorization()).await;
    busy.ask("1", LISTEN).await;
    house.has_listeners(3).await;
    house.sandbox.world().inject(Fault {
        provider: "jira".to_owned(),
        delay_ms: 1_500,
        ..Fault::default()
    });
    house.sandbox.world().clear_requests();
    busy.ask("2", "{ issue(key: \"DEMO-42\") { key } }").await;
    eventually("Jira was not asked", || !house.asked("jira").is_empty()).await;
    gateway.stop.cancel();
    assert_eq!(idle.hear().await, Heard::Closed(1001));
    assert_eq!(greeted.hear().await, Heard::Closed(1001));
    assert_eq!(stream.told().await, None);
    assert_eq!(get(admin, "/readyz", &[]).await.status, 503);
    let Heard::Said(next) = busy.hear().await else {
        panic!("the query was not answered");
    };
    assert_eq!(next["payload"]["data"]["issue"]["key"], "DEMO-42", "{next}");
    assert_eq!(
        busy.hear().await,
        Heard::Said(json!({ "type": "complete", "id": "2" }))
    );
    assert_eq!(busy.hear().await, Heard::Closed(1001));
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_thousand_comings_and_goings_leave_nothing() {
    let settings = "limits.subscriptions_per_viewer = 100000\nlimits.sockets_per_viewer = 100000";
    let house = given_a_house_with(settings, Options::default()).await;
    let (url, token) = (&house.gateway().url, house.alice().authorization());
    let address = url.trim_start_matches("http://");
    let body = json!({ "query": LISTEN }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\ncontent-type: application/json\r\n\
         authorization: {token}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let once = async |at: usize| {
        if at.is_multiple_of(2) {
            let mut socket = Socket::open(url, &token).await;
            socket.ask("1", LISTEN).await;
            house.has_listeners(1).await;
        } else {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            house.has_listeners(1).await;
        }
        let gone = Instant::now();
        house.has_listeners(0).await;
        gone.elapsed()
    };
    once(0).await;
    once(1).await;
    let tasks = Handle::current().metrics().num_alive_tasks();
    let mut slowest = Duration::ZERO;
    for at in 0..1_000 {
        slowest = slowest.max(once(at).await);
    }
    // A client that goes away takes what it listened to along at once.
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    eventually("there are more tasks than before", || {
        Handle::current().metrics().num_alive_tasks() <= tasks
    })
    .await;
    house.is_left_clean().await;
}
