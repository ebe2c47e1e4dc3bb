//! A gateway killed between Jira's answer and ours: what it made is found by whoever is asked next.

use std::time::Duration;

use sandbox::fault::Fault;
use serde_json::{Value, json};

use super::{count, pair, task, told};
use crate::harness::given_a_house;
use crate::harness::person::client;
use crate::harness::process::Process;

/// Sends a mutation to the process, which will not live to answer it.
fn send(
    process: &Process,
    token: &str,
    mutation: &str,
    kind: &str,
    input: &Value,
) -> tokio::task::JoinHandle<bool> {
    let query = format!(
        "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}"
    );
    let request = client()
        .post(&process.url)
        .header("Authorization", format!("JWT {token}"))
        .json(&json!({ "query": query, "variables": { "input": input } }));
    tokio::spawn(async move { request.send().await.is_ok() })
}

fn lingering(path: &str) -> Fault {
    Fault {
        provider: "jira".into(),
        method: Some("POST".into()),
        path: Some(path.into()),
        count: Some(1),
        linger_ms: 60_000,
        ..Fault::default()
    }
}

#[tokio::test]
async fn an_issue_made_by_a_gateway_that_was_killed_is_the_only_one() {
    let house = given_a_house().await;
    let alice = house.alice();
    let process = Process::start(&house, "").await;
    let mut input = task("Abgestürzt");
    input["idempotencyKey"] = json!("k");
    house.sandbox.world().inject(lingering("/rest/api/3/issue"));

    let answered = send(
        &process,
        &alice.token,
        "createIssue",
        "CreateIssueInput",
        &input,
    );
    // Jira has made it, and has not answered.
    while count(&alice, "Abgestürzt").await == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let log = process.log();
    drop(process);
    assert!(
        !answered.await.unwrap(),
        "the gateway answered before it was killed"
    );
    let soon = alice
        .mutates("createIssue", input.clone(), "issue { id } replayed")
        .await;
    house.lets_time_pass(31).await;
    let fields = "issue { id summary } replayed";
    let (one, other) = futures::join!(
        alice.mutates("createIssue", input.clone(), fields),
        alice.mutates("createIssue", input, fields)
    );

    assert_eq!(told(&soon), [pair("IN_PROGRESS", "input.idempotencyKey")]);
    assert_eq!(one["userErrors"], json!([]));
    assert_eq!(
        (&one["replayed"], &other["replayed"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(one["issue"], other["issue"]);
    assert_eq!(one["issue"]["summary"], "Abgestürzt");
    assert_eq!(count(&alice, "Abgestürzt").await, 1);
    assert!(!log.contains("Abgestürzt"), "{log}");
    house.is_left_clean().await;
}
