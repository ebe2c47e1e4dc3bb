//! The door: what is refused, how it is said, and that the gateway lives on.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use sandbox::Options;
use sandbox::fault::Fault;
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
        ask(self.public, &self.authorization, &body).await
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
        tokio::task::spawn_blocking(move || raw(address, &pieces, pause))
            .await
            .unwrap()
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

/// Every document that has ended a server of this kind, or kept one busy.
fn killing() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for depth in [25, 1_600, 8_000] {
        let list = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let object = format!("{}1{}", "{a:".repeat(depth), "}".repeat(depth));
        for (kind, value) in [("lists", list), ("objects", object)] {
            for (place, text) in [
                (
                    "an argument",
                    format!("{{ issue(key: {value}) {{ key }} }}"),
                ),
                (
                    "an unknown argument",
                    format!("{{ __typename(x: {value}) }}"),
                ),
                (
                    "a default",
                    format!("query($a: [Int] = {value}) {{ __typename }}"),
                ),
                ("a directive", format!("{{ __typename @a(b: {value}) }}")),
                (
                    "a directive of the operation",
                    format!("query @a(b: {value}) {{ __typename }}"),
                ),
            ] {
                found.push((format!("{depth} {kind} in {place}"), text));
            }
        }
        found.push((
            format!("{depth} levels"),
            format!("{}{}", "{a".repeat(depth), "}".repeat(depth)),
        ));
        found.push((
            format!("a type of {depth} lists"),
            format!(
                "query($a: {}Int{}) {{ __typename }}",
                "[".repeat(depth),
                "]".repeat(depth)
            ),
        ));
    }
    let many = |count: usize, text: &dyn Fn(usize) -> String| {
        let parts: Vec<String> = (0..count).map(text).collect();
        format!("{{ {} }}", parts.concat())
    };
    for count in [60, 1_000, 100_000] {
        found.push((
            format!("{count} aliases"),
            many(count, &|n| format!("a{n}: __typename ")),
        ));
        found.push((
            format!("{count} names of the type"),
            many(count, &|_| "__typename ".to_owned()),
        ));
        found.push((
            format!("{count} directives"),
            many(1, &|_| format!("__typename {}", "@a ".repeat(count))),
        ));
    }
    let bomb = |levels: usize| {
        let parts: Vec<String> = (0..levels)
            .map(|n| format!(" fragment f{n} on Query {{ ...f{m} ...f{m} }}", m = n + 1))
            .collect();
        format!(
            "{{ ...f0 }}{} fragment f{levels} on Query {{ __typename }}",
            parts.concat()
        )
    };
    for levels in [12, 30] {
        found.push((format!("fragments doubled {levels} times"), bomb(levels)));
    }
    found.push((
        "a fragment that returns".to_owned(),
        "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned(),
    ));
    found.push((
        "unused fragments that return".to_owned(),
        "{ __typename } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned(),
    ));
    found.push((
        "a string of a megabyte".to_owned(),
        format!("{{ issue(key: \"{}\") {{ key }} }}", "a".repeat(200_000)),
    ));
    found.push((
        "an open block string before lists".to_owned(),
        format!("{{ a(b: \"\"\" \" \" {}", "[".repeat(2_000)),
    ));
    found.push((
        "a page without end".to_owned(),
        "{ issues(jql: \"\", first: 2147483647) { nodes { key } } }".to_owned(),
    ));
    found.push((
        "joins under a list".to_owned(),
        "{ issues(jql: \"\", first: 100) { nodes { recordings(first: 100) { nodes { id } } } } }"
            .to_owned(),
    ));
    found
}

#[tokio::test]
async fn no_document_ends_the_process_or_keeps_it_busy() {
    let gateway = Running::open().await;
    gateway.lives().await;
    for (name, text) in killing() {
        let begun = Instant::now();
        let answer = gateway.query(&text).await;
        let taken = begun.elapsed();
        // A body beyond its limit is refused by length before anything reads it.
        if answer.status != 413 {
            let code = &answer.json()["errors"][0]["extensions"]["code"];
            assert!(
                code == "QUERY_TOO_COMPLEX" || code == "BAD_USER_INPUT",
                "{name}: {} {}",
                answer.status,
                answer.text
            );
        }
        assert!(
            answer.text.len() < 2_048,
            "{name}: {} bytes",
            answer.text.len()
        );
        assert!(taken < Duration::from_millis(500), "{name}: {taken:?}");
    }
    gateway.lives().await;
    gateway.house.is_left_clean().await;
}

#[tokio::test]
async fn a_refusal_says_which_limit_how_much_there_was_and_how_much_may_be() {
    let gateway = Running::open().await;
    let answer = gateway
        .query(&format!("{{ {} }}", "__typename ".repeat(11)))
        .await;
    assert_eq!(answer.status, 400);
    let extensions = &answer.json()["errors"][0]["extensions"];
    assert_eq!(extensions["code"], "QUERY_TOO_COMPLEX");
    assert_eq!(extensions["limit"], "root fields");
    assert_eq!(
        (&extensions["measured"], &extensions["allowed"]),
        (&json!(11), &json!(10))
    );
    assert_eq!(
        extensions["correlationId"],
        answer.header("x-correlation-id")
    );
}

#[tokio::test]
async fn variables_are_bounded_too() {
    let gateway = Running::open().await;
    let mut deep = json!(1);
    for _ in 0..60 {
        deep = json!([deep]);
    }
    for variables in [json!({ "a": deep }), json!({ "a": vec![0; 3_000] })] {
        let answer = gateway
            .ask(json!({ "query": "{ __typename }", "variables": variables }))
            .await;
        assert_eq!(
            answer.json()["errors"][0]["extensions"]["code"],
            "QUERY_TOO_COMPLEX"
        );
    }
    // JSON so deep that reading it would need a stack of its own.
    let text = format!(
        "{{\"query\":\"{{ __typename }}\",\"variables\":{{\"a\":{}}}}}",
        "[".repeat(100_000)
    );
    let answer = post(
        gateway.public,
        &gateway.authorization,
        "application/json",
        text,
    )
    .await;
    assert_eq!(answer.status, 400);
    gateway.lives().await;
}

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
}

#[tokio::test]
async fn errors_say_no_more_than_names() {
    let gateway = Running::open().await;
    let canary = "kanarienvogel";
    for text in [
        format!("{{ issue(key: \"{canary}\" "),
        format!("{{ issue(key: \"{canary}\") {{ key }} }} }}"),
        format!("query($a: Int = \"{canary}\") {{ issue(key: $a) {{ key }} }}"),
    ] {
        let answer = gateway.query(&text).await;
        assert!(!answer.text.contains(canary), "{}", answer.text);
        assert_eq!(
            answer.json()["errors"][0]["extensions"]["code"],
            "BAD_USER_INPUT",
            "{text}: {}",
            answer.text
        );
    }
    let answer = gateway.query("{ viewr }").await;
    assert!(!answer.text.contains("Did you mean"), "{}", answer.text);
    let answer = gateway.query("{ __schema { types { name } } }").await;
    assert!(!answer.text.contains("Query"), "{}", answer.text);

    let open = Running::with("server.introspection = true").await;
    let answer = open.query("{ __schema { queryType { name } } }").await;
    assert_eq!(
        answer.json()["data"]["__schema"]["queryType"]["name"],
        "Query"
    );
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
    assert_eq!(answer.status, 504);
    assert_eq!(
        answer.json()["errors"][0]["extensions"]["code"],
        "OPERATION_TIMEOUT"
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
}
