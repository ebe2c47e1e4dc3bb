//! Documents that have ended servers of this kind, or kept them busy.

use std::fs;
use std::time::Duration;

use serde_json::json;

use super::Running;
use crate::client::post;

/// How long this thread has worked, and with it the gateway, which runs on no other: what else keeps the machine busy is
/// not the question. <https://docs.kernel.org/scheduler/sched-stats.html>
fn worked() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds = text.split(' ').next().unwrap().parse().unwrap();
    Duration::from_nanos(nanoseconds)
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
        "a string of 200,000 characters".to_owned(),
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
        let before = worked();
        let answer = gateway.query(&text).await;
        let taken = worked().saturating_sub(before);
        let code = &answer.json()["errors"][0]["extensions"]["code"];
        assert!(
            code == "QUERY_TOO_COMPLEX" || code == "BAD_USER_INPUT",
            "{name}: {} {}",
            answer.status,
            answer.text
        );
        assert!(
            answer.text.len() < 2_048,
            "{name}: {} bytes",
            answer.text.len()
        );
        assert!(taken < Duration::from_millis(500), "{name}: {taken:?}");
    }
    gateway.lives().await;
    gateway.is_left_clean().await;
}

#[tokio::test]
async fn who_sends_a_body_of_20_mb_to_its_end_gets_to_read_why_it_is_refused() {
    let gateway = Running::open().await;
    let body = json!({ "query": "a".repeat(20_000_000) }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let before = worked();
    let (answer, _) = gateway.raw(&[&head, &body], Duration::ZERO).await;
    let taken = worked().saturating_sub(before);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer:?}");
    assert!(answer.contains("\"code\":\"BAD_USER_INPUT\""), "{answer}");
    assert!(taken < Duration::from_secs(1), "{taken:?}");
    gateway.lives().await;
    gateway.is_left_clean().await;
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
    gateway.is_left_clean().await;
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
    gateway.is_left_clean().await;
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
    gateway.is_left_clean().await;
    open.is_left_clean().await;
}
