//! Deliveries that are too long, too deep, without end or without sense.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{CLIENT, rows, sent};
use crate::harness::{House, given_a_house_with};

const PATHS: [&str; 3] = ["/webhooks/jira", "/webhooks/jira-dc/main", "/webhooks/zoom"];

async fn given_all() -> House {
    let settings = "
        server.body_timeout = 1
        zoom.webhook_secrets = ['secret']
        jira.data_center.main.base_url = 'https://jira.example.com'
        jira.data_center.main.client_id = 'x'
        jira.data_center.main.client_secret = 'y'
        jira.data_center.main.webhook_secret = 'secret'
    ";
    given_a_house_with(settings, sandbox::Options::default()).await
}

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = status.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4_096
}

#[tokio::test]
async fn a_body_that_is_too_long_is_not_taken_in() {
    let house = given_all().await;
    let before = resident();
    for path in PATHS {
        let url = format!("{}{path}", house.gateway().url);
        // Whoever must prove who they are in a header does so before anything is read.
        let expected = if path == "/webhooks/jira" { 401 } else { 413 };
        assert_eq!(
            sent(&url, &[], vec![b'a'; 10 * 1024 * 1024]).await,
            expected,
            "{path}"
        );
        let chunks =
            futures::stream::iter((0..160).map(|_| Ok::<_, std::io::Error>(vec![b'a'; 65_536])));
        let request = CLIENT.post(&url).body(reqwest::Body::wrap_stream(chunks));
        // The connection may be closed over what nobody wants to read.
        if let Ok(answer) = request.send().await {
            assert_eq!(answer.status().as_u16(), expected, "{path}");
        }
    }
    // The test's own 10 MB are freed again, and the gateway kept none of them.
    let grown = resident().saturating_sub(before);
    assert!(grown < 48 * 1024 * 1024, "{grown} bytes more");
    assert_eq!(rows(&house).await, 0);
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_nothing_breaks() {
    let house = given_all().await;
    let deep = "[".repeat(100_000);
    let bodies: [&[u8]; 7] = [
        b"",
        b"{",
        b"\xff\xfe\x00",
        deep.as_bytes(),
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
        b"{\"event\":\"x\",\"event\":\"y\"}",
        b"null",
    ];
    for path in PATHS {
        for body in bodies {
            for kind in [
                "application/json",
                "text/html",
                "multipart/form-data; boundary=x",
            ] {
                let headers = [("content-type", kind), ("content-encoding", "gzip")];
                let url = format!("{}{path}", house.gateway().url);
                assert_eq!(sent(&url, &headers, body).await, 401, "{path}");
            }
        }
        for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
            let url = format!("{}{path}", house.gateway().url);
            let answer = CLIENT.request(method.parse().unwrap(), url).send().await;
            assert_eq!(answer.unwrap().status().as_u16(), 405);
        }
    }
    assert_eq!(rows(&house).await, 0);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_body_without_end_is_waited_for_as_long_as_any() {
    let house = given_all().await;
    let address = house.gateway().url.trim_start_matches("http://").to_owned();
    let mut socket = TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST /webhooks/zoom HTTP/1.1\r\nHost: {address}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    let read = socket.read_exact(&mut answer);
    tokio::time::timeout(Duration::from_secs(10), read)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    house.is_left_clean().await;
}

#[tokio::test]
async fn an_event_of_ten_thousand_files_is_one_event() {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let house = given_all().await;
    let files: Vec<_> = (0..10_000).map(|it| json!({ "id": it })).collect();
    let body = json!({ "event": "recording.completed", "event_ts": 1, "payload": { "account_id": "A", "object": {
        "id": 94_890_226_305_i64, "uuid": "abc==", "host_id": "h", "recording_files": files } } });
    let (body, now) = (body.to_string(), trefoil::clock::unix().to_string());
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"secret").unwrap();
    mac.update(format!("v0:{now}:{body}").as_bytes());
    let hex: Vec<String> = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect();
    let signature = format!("v0={}", hex.concat());
    let headers = [
        ("x-zm-request-timestamp", &*now),
        ("x-zm-signature", &signature),
    ];
    let url = format!("{}/webhooks/zoom", house.gateway().url);
    assert_eq!(sent(&url, &headers, body).await, 204);
    assert_eq!(rows(&house).await, 1);
    house.is_left_clean().await;
}
