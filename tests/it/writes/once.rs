//! The same key again: nothing is done twice, whatever became of the first request.

use sandbox::fault::Fault;
use serde_json::json;

use super::{asked, count, pair, task, told};
use crate::harness::given_a_house;

/// Longer than anybody who is silent counts as alive.
const LONG: i64 = 31;

#[tokio::test]
async fn the_same_key_again_gives_the_first_issue_and_asks_nobody() {
    let house = given_a_house().await;
    let alice = house.alice();
    let mut input = task("Once");
    input["idempotencyKey"] = json!("k");

    let first = alice
        .mutates("createIssue", input.clone(), "issue { id } replayed")
        .await;
    house.sandbox.world().clear_requests();
    let second = alice
        .mutates("createIssue", input.clone(), "issue { id } replayed")
        .await;
    assert!(house.sandbox.world().requests().is_empty());
    input["project"] = json!("10001");
    let other = alice
        .mutates("createIssue", input, "issue { id } replayed")
        .await;

    assert_eq!(first["issue"], second["issue"]);
    assert_eq!(
        (&first["replayed"], &second["replayed"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        told(&other),
        [pair("BAD_USER_INPUT", "input.idempotencyKey")]
    );
    // A key is one's own.
    let mut input = task("Once");
    input["idempotencyKey"] = json!("k");
    let bobs = house
        .bob()
        .mutates("createIssue", input, "issue { id } replayed")
        .await;
    assert_ne!(bobs["issue"], first["issue"]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn two_panes_at_once_make_one_issue() {
    let mut house = given_a_house().await;
    house.opens_a_gateway("").await;
    let (one, other) = (house.alice(), house.alice().at(1));
    house.sandbox.world().inject(Fault {
        provider: "jira".into(),
        method: Some("POST".into()),
        path: Some("/rest/api/3/issue".into()),
        count: Some(1),
        delay_ms: 700,
        ..Fault::default()
    });
    let mut input = task("Zweifach");
    input["idempotencyKey"] = json!("k");
    let fields = "issue { id } replayed";

    let (one, other) = futures::join!(
        one.mutates("createIssue", input.clone(), fields),
        other.mutates("createIssue", input, fields)
    );

    assert_eq!(one["issue"], other["issue"]);
    assert!(one["issue"]["id"].is_string(), "{one}");
    assert_ne!(one["replayed"], other["replayed"]);
    assert_eq!(asked(&house), ["alice POST /rest/api/3/issue"]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn an_issue_whose_answer_was_lost_is_found_and_not_made_again() {
    let house = given_a_house().await;
    let alice = house.alice();
    let mut input = task("Verloren");
    input["idempotencyKey"] = json!("k");
    // Jira makes the issue, and its answer breaks off.
    house.sandbox.world().inject(Fault {
        provider: "jira".into(),
        method: Some("POST".into()),
        path: Some("/rest/api/3/issue".into()),
        count: Some(1),
        truncate: Some(0),
        ..Fault::default()
    });

    let lost = alice
        .mutates("createIssue", input.clone(), "issue { key } replayed")
        .await;
    let soon = alice
        .mutates("createIssue", input.clone(), "issue { key } replayed")
        .await;
    assert_eq!(asked(&house), ["alice POST /rest/api/3/issue"]);
    house.sandbox.world().clear_requests();
    house.lets_time_pass(LONG).await;
    let found = alice
        .mutates("createIssue", input.clone(), "issue { id } replayed")
        .await;
    assert_eq!(asked(&house), ["alice POST /rest/api/3/search/jql"]);
    let again = alice
        .mutates("createIssue", input, "issue { id key summary } replayed")
        .await;

    assert_eq!(
        told(&lost),
        [pair("OUTCOME_UNKNOWN", "input.idempotencyKey")]
    );
    assert_eq!(told(&soon), [pair("IN_PROGRESS", "input.idempotencyKey")]);
    assert_eq!(
        (&found["userErrors"], &found["replayed"]),
        (&json!([]), &json!(true))
    );
    assert_eq!(found["issue"]["id"], again["issue"]["id"]);
    assert_eq!(again["issue"]["summary"], "Verloren");
    assert_eq!(count(&alice, "Verloren").await, 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_request_that_never_reached_jira_is_sent_again() {
    let house = given_a_house().await;
    let alice = house.alice();
    let mut input = task("Nachgeholt");
    input["idempotencyKey"] = json!("k");
    house.sandbox.world().inject(Fault {
        provider: "jira".into(),
        method: Some("POST".into()),
        path: Some("/rest/api/3/issue".into()),
        count: Some(1),
        reset: true,
        ..Fault::default()
    });

    let lost = alice
        .mutates("createIssue", input.clone(), "issue { id } replayed")
        .await;
    house.lets_time_pass(LONG).await;
    // Nothing is made while Jira cannot be asked whether it is there.
    house.sandbox.world().inject(Fault {
        provider: "jira".into(),
        path: Some("/search/jql".into()),
        count: Some(1),
        status: Some(503),
        ..Fault::default()
    });
    let blind = alice
        .mutates("createIssue", input.clone(), "issue { id } replayed")
        .await;
    house.lets_time_pass(LONG).await;
    let made = alice
        .mutates("createIssue", input, "issue { id } replayed")
        .await;

    assert_eq!(
        told(&lost),
        [pair("OUTCOME_UNKNOWN", "input.idempotencyKey")]
    );
    assert_eq!(
        told(&blind),
        [pair("UPSTREAM_UNAVAILABLE", "input.project")]
    );
    assert_eq!(
        (&made["userErrors"], &made["replayed"]),
        (&json!([]), &json!(false))
    );
    assert_eq!(count(&alice, "Nachgeholt").await, 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_comment_whose_answer_was_lost_is_found_and_not_added_again() {
    let house = given_a_house().await;
    let alice = house.alice();
    let input = json!({ "issue": "10043", "body": "Only once", "idempotencyKey": "k" });
    house.sandbox.world().inject(Fault {
        provider: "jira".into(),
        method: Some("POST".into()),
        path: Some("/comment".into()),
        count: Some(1),
        truncate: Some(0),
        ..Fault::default()
    });

    let lost = alice.mutates("addComment", input.clone(), "replayed").await;
    house.lets_time_pass(LONG).await;
    let found = alice
        .mutates("addComment", input, "comment { id body { text } } replayed")
        .await;

    assert_eq!(
        told(&lost),
        [pair("OUTCOME_UNKNOWN", "input.idempotencyKey")]
    );
    assert_eq!(
        (&found["userErrors"], &found["replayed"]),
        (&json!([]), &json!(true))
    );
    assert_eq!(found["comment"]["body"]["text"], "Only once");
    let answer = alice
        .asks("{ issue(id: 10043) { comments(first: 100) { nodes { body { text } } } } }")
        .await;
    let said = answer
        .at("/issue/comments/nodes")
        .as_array()
        .unwrap()
        .iter();
    assert_eq!(
        said.filter(|it| it["body"]["text"] == "Only once").count(),
        1
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_step_or_an_assignment_whose_answer_was_lost_is_looked_for_first() {
    let house = given_a_house().await;
    let alice = house.alice();
    let lose = |method: &str, path: &str| Fault {
        provider: "jira".into(),
        method: Some(method.into()),
        path: Some(path.into()),
        count: Some(1),
        // A lost answer, for there is no body that could break off.
        status: Some(502),
        ..Fault::default()
    };
    let step = json!({ "issue": "10043", "transition": "41", "idempotencyKey": "k" });
    let mine = json!({ "issue": "10043", "me": true, "idempotencyKey": "k" });
    house.sandbox.world().inject(lose("POST", "/transitions"));
    house.sandbox.world().inject(lose("PUT", "/assignee"));

    let first = alice
        .mutates("transitionIssue", step.clone(), "replayed")
        .await;
    let second = alice.mutates("assignIssue", mine.clone(), "replayed").await;
    // Somebody did it meanwhile, or Jira had: who looks cannot tell, and need not.
    alice
        .mutates(
            "transitionIssue",
            json!({ "issue": "10043", "transition": "41" }),
            "replayed",
        )
        .await;
    alice
        .mutates(
            "assignIssue",
            json!({ "issue": "10043", "me": true }),
            "replayed",
        )
        .await;
    house.lets_time_pass(LONG).await;
    house.sandbox.world().clear_requests();
    let moved = alice.mutates("transitionIssue", step, "replayed").await;
    let assigned = alice.mutates("assignIssue", mine, "replayed").await;

    assert_eq!(
        told(&first),
        [pair("OUTCOME_UNKNOWN", "input.idempotencyKey")]
    );
    assert_eq!(
        told(&second),
        [pair("OUTCOME_UNKNOWN", "input.idempotencyKey")]
    );
    assert_eq!(
        (&moved["replayed"], &assigned["replayed"]),
        (&json!(true), &json!(true))
    );
    let looked = "alice GET /rest/api/3/issue/10043";
    assert_eq!(asked(&house), [looked, looked]);
    house.is_left_clean().await;
}
