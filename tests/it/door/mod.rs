//! The door: what is refused, how it is said, and that the gateway lives on.

mod bounds;
mod killing;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use sandbox::Options;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use trefoil::app::App;
use trefoil::config::Settings;
use trefoil::http::server::Gateway;

use crate::client::{Answer, ask, get, post};
use crate::harness::{House, given_a_house_with};

/// A gateway with its vendors, and somebody who may ask.
struct Running {
    public: SocketAddr,
    admin: SocketAddr,
    authorization: String,
    house: House,
}

impl Running {
    /// With settings on top of the tests' usual ones, which answer any document.
    async fn with(lines: &str) -> Self {
        let house = given_a_house_with(lines, Options::default()).await;
        let address = |url: &str| url.trim_start_matches("http://").parse().unwrap();
        Self {
            public: address(&house.gateway().url),
            admin: address(&house.gateway().admin),
            authorization: format!("JWT {}", house.alice().token),
            house,
        }
    }

    async fn open() -> Self {
        Self::with("server.introspection = false").await
    }

    async fn ask(&self, body: Value) -> Answer {
        let answer = ask(self.public, &self.authorization, &body).await;
        self.house.keeps(answer.text.clone());
        answer
    }

    async fn query(&self, text: &str) -> Answer {
        self.ask(json!({ "query": text })).await
    }

    async fn lives(&self) {
        let answer = self.query("{ __typename }").await;
        assert_eq!(answer.json(), json!({ "data": { "__typename": "Query" } }));
    }

    /// Sends bytes as they are and reads until the other side closes; how long that took.
    async fn raw(&self, pieces: &[&str], pause: Duration) -> (String, Duration) {
        let address = self.public;
        let pieces: Vec<String> = pieces.iter().map(|piece| (*piece).to_owned()).collect();
        let (answer, taken) = tokio::task::spawn_blocking(move || raw(address, &pieces, pause))
            .await
            .unwrap();
        self.house.keeps(answer.clone());
        (answer, taken)
    }

    /// Ends the gateway and searches everything it has written and refused.
    #[expect(
        clippy::wrong_self_convention,
        reason = "it reads as the sentence it asserts"
    )]
    async fn is_left_clean(self) {
        self.house.is_left_clean().await;
    }
}

fn raw(address: SocketAddr, pieces: &[String], pause: Duration) -> (String, Duration) {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    for piece in pieces {
        if stream.write_all(piece.as_bytes()).is_err() {
            break;
        }
        std::thread::sleep(pause);
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    (
        String::from_utf8_lossy(&answer).into_owned(),
        begun.elapsed(),
    )
}

#[tokio::test]
async fn nothing_runs_that_a_browser_sends_without_asking() {
    let gateway = Running::open().await;
    let body = json!({ "query": "{ __typename }" }).to_string();
    for media in [
        "text/plain",
        "text/plain; a=application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-7",
        "application/jsonx",
        "",
    ] {
        let answer = post(gateway.public, &gateway.authorization, media, body.clone()).await;
        assert_eq!(answer.status, 415, "{media}");
        assert!(
            !answer.text.contains("\"data\""),
            "{media}: {}",
            answer.text
        );
    }
    for media in ["application/json", "Application/JSON;charset=\"UTF-8\""] {
        let answer = post(gateway.public, &gateway.authorization, media, body.clone()).await;
        assert_eq!(answer.status, 200, "{media}");
    }
    gateway.is_left_clean().await;
}

#[tokio::test]
async fn get_asks_and_never_changes() {
    let gateway = Running::open().await;
    let asked = get(
        gateway.public,
        "/graphql?query=query%20A%7B__typename%7D&operationName=A&variables=%7B%7D",
        &[("authorization", &gateway.authorization)],
    )
    .await;
    assert_eq!(asked.json(), json!({ "data": { "__typename": "Query" } }));
    let changing = get(
        gateway.public,
        "/graphql?query=mutation%7B__typename%7D",
        &[("authorization", &gateway.authorization)],
    )
    .await;
    assert_eq!(changing.status, 405);
    assert_eq!(changing.header("allow"), "POST");
    assert!(!changing.text.contains("data"), "{}", changing.text);
    gateway.is_left_clean().await;
}

#[tokio::test]
async fn batches_are_not_answered() {
    let gateway = Running::open().await;
    for count in [1, 2, 5_000] {
        let answer = gateway
            .ask(json!(vec![json!({ "query": "{ __typename }" }); count]))
            .await;
        assert_eq!(answer.status, 400, "{count}");
        assert!(!answer.text.contains("data"), "{}", answer.text);
    }
    gateway.is_left_clean().await;
}

#[tokio::test]
async fn somebody_unknown_gets_401_and_a_challenge() {
    let gateway = Running::open().await;
    for authorization in ["", "Bearer", "Bearer x.y.z", "JWT x", "Basic YTpi"] {
        let answer = ask(
            gateway.public,
            authorization,
            &json!({ "query": "{ __typename }" }),
        )
        .await;
        assert_eq!(answer.status, 401, "{authorization}");
        assert!(
            answer.header("www-authenticate").starts_with("Bearer"),
            "{authorization}"
        );
        assert_eq!(
            answer.json()["errors"][0]["extensions"]["code"],
            "UNAUTHENTICATED"
        );
        assert!(answer.json().get("data").is_none());
    }
    gateway.is_left_clean().await;
}

#[tokio::test]
async fn every_answer_has_the_same_headers_and_none_that_tells_of_us() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::parse(&format!(
        "secret.keys = ['k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=']\n\
         server.listen = '127.0.0.1:0'\nserver.admin_listen = '127.0.0.1:0'\n\
         server.public_url = 'https://trefoil.example.com'\n\
         database.url = 'sqlite://{}/trefoil.db?mode=rwc'",
        folder.path().display()
    ))
    .unwrap();
    let gateway = Gateway::bind(&settings.server).await.unwrap();
    let public = gateway.public().unwrap();
    let stop = CancellationToken::new();
    let app = App::build(settings).await.unwrap();
    let served = tokio::spawn(gateway.serve(app, stop.clone()));
    for path in [
        "/graphql",
        "/nothing",
        "/addins/icon.svg",
        "/addins/nobody/",
    ] {
        let answer = get(public, path, &[]).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert!(
            answer
                .header("strict-transport-security")
                .starts_with("max-age="),
            "{path}"
        );
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors"),
            "{path}"
        );
        assert!(!answer.header("x-correlation-id").is_empty(), "{path}");
        assert_eq!(answer.header("server"), "", "{path}");
        assert_eq!(answer.header("x-powered-by"), "", "{path}");
        if path != "/addins/icon.svg" {
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
    }
    stop.cancel();
    served.await.unwrap();
}

#[tokio::test]
async fn only_what_is_there_is_answered() {
    let gateway = Running::open().await;
    for path in [
        "/",
        "//graphql",
        "/graphql/",
        "/graphql/x",
        "/graphql/..;/",
        "/%67raphql/x",
        "/healthz",
        "/metrics",
        "/graphiql",
        "/addins/nobody/",
        "/addins/jira-panel/..%2fpersisted-documents.json",
        "/addins/jira-panel/../persisted-documents.json",
    ] {
        let (answer, _) = gateway
            .raw(
                &[&format!(
                    "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
                )],
                Duration::ZERO,
            )
            .await;
        assert!(
            answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 503"),
            "{path}: {answer}"
        );
    }
    for method in ["PUT", "DELETE", "TRACE", "PATCH"] {
        let (answer, _) = gateway
            .raw(
                &[&format!(
                    "{method} /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
                )],
                Duration::ZERO,
            )
            .await;
        assert!(answer.starts_with("HTTP/1.1 405"), "{method}: {answer}");
    }
    let not_acceptable = get(
        gateway.public,
        "/graphql?query=%7Ba%7D",
        &[("accept", "text/html")],
    )
    .await;
    assert_eq!(not_acceptable.status, 406);
    gateway.is_left_clean().await;
}

#[tokio::test]
async fn a_document_can_be_registered_by_its_hash_where_any_is_answered() {
    let gateway = Running::open().await;
    let text = "{ __typename }";
    let hash = crate::client::sha256(text);
    let known = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let unknown = gateway.ask(json!({ "extensions": known })).await;
    let error = &unknown.json()["errors"][0];
    assert_eq!(error["message"], "PersistedQueryNotFound");
    assert_eq!(error["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
    let wrong = gateway
        .ask(json!({ "query": "{ a: __typename }", "extensions": known }))
        .await;
    assert_eq!(
        wrong.json()["errors"][0]["extensions"]["code"],
        "BAD_USER_INPUT"
    );
    let data = json!({ "data": { "__typename": "Query" } });
    let first = gateway
        .ask(json!({ "query": text, "extensions": known }))
        .await;
    assert_eq!(first.json(), data);
    assert_eq!(
        gateway.ask(json!({ "extensions": known })).await.json(),
        data
    );
    let by_id = gateway
        .ask(json!({ "documentId": format!("sha256:{hash}") }))
        .await;
    assert_eq!(by_id.json(), data);
    gateway.is_left_clean().await;
}

#[tokio::test]
async fn only_registered_documents_are_answered_in_production() {
    let gateway = Running::with("documents.mode = \"trusted\"").await;
    let text = "{ __typename }";
    let answer = gateway.query(text).await;
    assert_eq!(
        answer.json()["errors"][0]["extensions"]["code"],
        "UNTRUSTED_DOCUMENT"
    );
    let known =
        json!({ "persistedQuery": { "version": 1, "sha256Hash": crate::client::sha256(text) } });
    let answer = gateway
        .ask(json!({ "query": text, "extensions": known }))
        .await;
    assert_eq!(
        answer.json()["errors"][0]["extensions"]["code"],
        "UNTRUSTED_DOCUMENT"
    );
    let answer = gateway.ask(json!({ "extensions": known })).await;
    assert_eq!(
        answer.json()["errors"][0]["extensions"]["code"],
        "PERSISTED_QUERY_NOT_FOUND"
    );
    gateway.is_left_clean().await;
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let gateway = Running::with("limits.per_viewer_per_minute = 3").await;
    for _ in 0..3 {
        gateway.lives().await;
    }
    let answer = gateway.query("{ __typename }").await;
    assert_eq!(answer.status, 429);
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    let extensions = &answer.json()["errors"][0]["extensions"];
    assert_eq!(extensions["code"], "RATE_LIMITED");
    assert_eq!(extensions["retryAfter"], wait);
    gateway.is_left_clean().await;
}

#[tokio::test]
async fn the_admin_listener_tells_health_and_numbers_without_content() {
    let gateway = Running::open().await;
    gateway.query("{ kanarienvogel }").await;
    assert_eq!(get(gateway.admin, "/healthz", &[]).await.status, 200);
    assert_eq!(get(gateway.admin, "/readyz", &[]).await.status, 200);
    trefoil::telemetry::metrics();
    gateway.query("{ kanarienvogel }").await;
    let numbers = get(gateway.admin, "/metrics", &[]).await.text;
    assert!(
        numbers.contains("trefoil_requests_total{route=\"/graphql\""),
        "{numbers}"
    );
    assert!(!numbers.contains("kanarienvogel"), "{numbers}");
    gateway.is_left_clean().await;
}
