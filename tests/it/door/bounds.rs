//! Limits of length, time and number, and the end.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use sandbox::fault::Fault;
use serde_json::json;

use super::Running;
use crate::client::get;

#[tokio::test]
async fn a_body_without_end_is_refused_by_length_and_in_chunks() {
    let gateway = Running::open().await;
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let (answer, _) = gateway
        .raw(
            &[&format!(
                "{head}content-length: 20000000\r\n\r\n{{\"query\":\""
            )],
            Duration::ZERO,
        )
        .await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    let chunk = format!("10000\r\n{}\r\n", "a".repeat(0x10000));
    let start = format!("{head}transfer-encoding: chunked\r\n\r\n");
    let mut pieces = vec![start.as_str()];
    pieces.extend(std::iter::repeat_n(chunk.as_str(), 320));
    let (answer, taken) = gateway.raw(&pieces, Duration::ZERO).await;
    // The answer may be lost where the client goes on writing into a closed connection.
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 413"),
        "{answer}"
    );
    assert!(taken < Duration::from_secs(5), "{taken:?}");
    gateway.lives().await;
    gateway.is_left_clean().await;
}

#[tokio::test]
async fn a_client_that_is_slow_is_cut_off() {
    let gateway = Running::with("server.header_timeout = 1\nserver.body_timeout = 1").await;
    let drip: Vec<&str> = std::iter::once("GET / HTTP/1.1\r\n")
        .chain(std::iter::repeat_n("x-a: b\r\n", 40))
        .collect();
    let (_, taken) = gateway.raw(&drip, Duration::from_millis(100)).await;
    assert!(taken < Duration::from_secs(5), "a head took {taken:?}");
    let (_, taken) = gateway.raw(&[], Duration::ZERO).await;
    assert!(taken < Duration::from_secs(3), "silence took {taken:?}");
    let idle = "GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n";
    let (answer, taken) = gateway.raw(&[idle], Duration::ZERO).await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert!(taken < Duration::from_secs(3), "idleness took {taken:?}");
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n";
    let drip: Vec<&str> = std::iter::once(head)
        .chain(std::iter::repeat_n("x", 40))
        .collect();
    let (answer, taken) = gateway.raw(&drip, Duration::from_millis(100)).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
        "{answer}"
    );
    assert!(taken < Duration::from_secs(5), "a body took {taken:?}");
    gateway.is_left_clean().await;
}

#[tokio::test]
async fn heads_and_addresses_have_a_length() {
    let gateway = Running::open().await;
    let (answer, _) = gateway
        .raw(
            &[&format!(
                "GET / HTTP/1.1\r\nx-a: {}\r\n\r\n",
                "a".repeat(40_000)
            )],
            Duration::ZERO,
        )
        .await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    let (answer, _) = gateway
        .raw(
            &[&format!(
                "GET / HTTP/1.1\r\n{}\r\n",
                "x-a: a\r\n".repeat(120)
            )],
            Duration::ZERO,
        )
        .await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    let answer = get(gateway.public, &format!("/{}", "a".repeat(9_000)), &[]).await;
    assert_eq!(answer.status, 414);
    gateway.lives().await;
    gateway.is_left_clean().await;
}

#[tokio::test]
async fn a_stop_lets_what_runs_end_and_takes_nothing_new() {
    let gateway = Running::open().await;
    let slow = Fault {
        provider: "jira".to_owned(),
        delay_ms: 800,
        ..Fault::default()
    };
    gateway.house.sandbox.world().inject(slow);
    let running = gateway.query("{ issue(key: \"DEMO-42\") { key } }");
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        gateway.house.gateway().stop.cancel();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(TcpStream::connect(gateway.public).is_err());
        get(gateway.admin, "/readyz", &[]).await
    };
    let (answer, readiness) = tokio::join!(running, stopping);
    assert_eq!(
        answer.json()["data"]["issue"]["key"],
        "DEMO-42",
        "{}",
        answer.text
    );
    assert_eq!(readiness.status, 503);
    gateway.is_left_clean().await;
}

#[tokio::test]
async fn an_operation_ends_with_its_time_and_with_its_client() {
    let gateway = Running::with("limits.operation_timeout = 1").await;
    let hanging = Fault {
        provider: "jira".to_owned(),
        path: Some("/rest/api".to_owned()),
        delay_ms: 3_000,
        ..Fault::default()
    };
    gateway.house.sandbox.world().inject(hanging);
    let text = "{ issue(key: \"DEMO-42\") { key } }";
    let begun = Instant::now();
    let answer = gateway.query(text).await;
    // In time to say what is missing: the limit of the operation itself is for what is not upstream.
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        answer.json()["errors"][0]["extensions"]["code"],
        "UPSTREAM_TIMEOUT"
    );
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );

    // A client that goes away takes its calls to the vendors along: the sandbox never gets to answer them.
    let body = json!({ "query": text }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: {}\r\ncontent-length: {}\r\n\r\n{body}",
        gateway.authorization,
        body.len()
    );
    let mut client = TcpStream::connect(gateway.public).unwrap();
    client.write_all(request.as_bytes()).unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(client);
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    let asked = gateway.house.asked("jira");
    let reads: Vec<_> = asked
        .iter()
        .filter(|seen| seen.path.contains("/rest/api"))
        .collect();
    assert_eq!(reads.len(), 2, "{asked:?}");
    assert!(reads.iter().all(|seen| seen.status == 0), "{asked:?}");
    gateway.is_left_clean().await;
}

#[tokio::test]
async fn connections_beyond_the_cap_wait_their_turn() {
    let gateway = Running::with("server.max_connections = 2\nserver.header_timeout = 1").await;
    let silent: Vec<TcpStream> = (0..4)
        .map(|_| TcpStream::connect(gateway.public).unwrap())
        .collect();
    // Each of the silent ones is cut after a second, two at a time.
    let begun = Instant::now();
    gateway.lives().await;
    assert!(
        begun.elapsed() > Duration::from_millis(1_500),
        "{:?}",
        begun.elapsed()
    );
    assert!(
        begun.elapsed() < Duration::from_secs(6),
        "{:?}",
        begun.elapsed()
    );
    drop(silent);
    gateway.is_left_clean().await;
}
