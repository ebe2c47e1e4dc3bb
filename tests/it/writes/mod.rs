//! Issues made, commented, moved along and given to people: with the viewer's own token, once for each key.

mod files;
mod forms;
mod killed;
mod letters;
mod once;

use sandbox::fault::Fault;
use serde_json::{Value, json};

use crate::harness::person::Person;
use crate::harness::{House, given_a_house};

/// A new task in DEMO.
fn task(summary: &str) -> Value {
    json!({ "project": "10000", "type": "10001", "summary": summary })
}

/// What Jira was asked, as `alice POST /rest/api/3/issue`, without what is asked of its sign-in.
fn asked(house: &House) -> Vec<String> {
    let asked = house.asked("jira").into_iter();
    let asked = asked.filter(|it| !it.path.starts_with("/oauth2"));
    let words = asked.map(|it| {
        let path = it.path.split('?').next().unwrap_or_default();
        format!("{} {} {path}", it.subject.unwrap_or_default(), it.method)
    });
    words.collect()
}

/// How many issues have these words in their summary.
async fn count(person: &Person<'_>, words: &str) -> usize {
    let jql = format!("project = DEMO AND summary ~ \"{words}\"");
    let answer = person
        .asks_with(
            "query($jql: String!) { issues(jql: $jql) { nodes { id } } }",
            json!({ "jql": jql }),
        )
        .await;
    answer.at("/issues/nodes").as_array().unwrap().len()
}

/// Code and field of each user error.
fn told(payload: &Value) -> Vec<(String, String)> {
    let errors = payload["userErrors"].as_array().unwrap().iter();
    let parts = |it: &Value| {
        let path = it["field"].as_array().into_iter().flatten();
        let path: Vec<_> = path.filter_map(Value::as_str).collect();
        (it["code"].as_str().unwrap().to_owned(), path.join("."))
    };
    errors.map(parts).collect()
}

fn pair(code: &str, field: &str) -> (String, String) {
    (code.to_owned(), field.to_owned())
}

#[tokio::test]
async fn an_issue_is_made_with_one_call_and_read_only_when_more_is_asked() {
    let house = given_a_house().await;
    let alice = house.alice();
    let mut input = task(" Order\n new laptops ");
    input["description"] = json!("Hello\n\n- one\n- two https://a.example/x");

    let made = alice
        .mutates(
            "createIssue",
            input.clone(),
            "issue { id key url } replayed",
        )
        .await;
    assert_eq!(asked(&house), ["alice POST /rest/api/3/issue"]);
    house.sandbox.world().clear_requests();
    input["idempotencyKey"] = json!("another");
    let fields = "issue { key summary description { text html } reporter { name } project { key } isWatching } replayed";
    let read = alice.mutates("createIssue", input, fields).await;

    assert_eq!(made["userErrors"], json!([]));
    assert_eq!(made["replayed"], json!(false));
    assert!(
        made["issue"]["key"].as_str().unwrap().starts_with("DEMO-"),
        "{made}"
    );
    assert_eq!(read["issue"]["summary"], "Order new laptops");
    assert_eq!(read["issue"]["reporter"]["name"], "Alice Meyer");
    assert_eq!(
        read["issue"]["description"]["text"],
        "Hello\none\ntwo https://a.example/x"
    );
    let asked = asked(&house);
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(
        asked[1].starts_with("alice GET /rest/api/3/issue/"),
        "{asked:?}"
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_can_be_seen_to_be_wrong_costs_no_call() {
    let house = given_a_house().await;
    let alice = house.alice();
    let long = "x".repeat(256);
    let tries = [
        (
            "createIssue",
            task(" \n"),
            pair("FIELD_REQUIRED", "input.summary"),
        ),
        (
            "createIssue",
            task(&long),
            pair("FIELD_INVALID", "input.summary"),
        ),
        (
            "createIssue",
            json!({ "project": "DEMO\" OR 1", "type": "10001", "summary": "x" }),
            pair("BAD_USER_INPUT", "input.project"),
        ),
        (
            "createIssue",
            json!({ "project": "DEMO", "type": "10001", "summary": "x", "description": "x".repeat(32_768) }),
            pair("FIELD_INVALID", "input.description"),
        ),
        (
            "createIssue",
            json!({ "project": "DEMO", "type": "10001", "summary": "x",
                "fields": [{ "field": "duedate", "date": "2026-02-31" }] }),
            pair("FIELD_INVALID", "input.fields.duedate"),
        ),
        (
            "createIssue",
            {
                let mut input = task("x");
                input["idempotencyKey"] = json!("");
                input
            },
            pair("BAD_USER_INPUT", "input.idempotencyKey"),
        ),
        (
            "addComment",
            json!({ "issue": "10042", "body": " \u{7} " }),
            pair("FIELD_REQUIRED", "input.body"),
        ),
        (
            "addComment",
            json!({ "issue": "10042 OR", "body": "x" }),
            pair("BAD_USER_INPUT", "input.issue"),
        ),
        (
            "transitionIssue",
            json!({ "issue": "10042", "transition": "../x" }),
            pair("BAD_USER_INPUT", "input.transition"),
        ),
        (
            "assignIssue",
            json!({ "issue": "10042", "me": true, "nobody": true }),
            pair("BAD_USER_INPUT", "input.assignee"),
        ),
        (
            "assignIssue",
            json!({ "issue": "10042" }),
            pair("BAD_USER_INPUT", "input.assignee"),
        ),
    ];

    for (mutation, input, expected) in tries {
        let payload = alice.mutates(mutation, input, "replayed").await;
        assert_eq!(told(&payload), [expected], "{mutation}");
    }

    assert!(house.sandbox.world().requests().is_empty());
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_jira_refuses_is_said_of_our_inputs_in_our_words() {
    let house = given_a_house().await;
    let alice = house.alice();
    let words = "cnry words of Jira";
    let body = json!({ "errorMessages": [words], "errors": {
        "summary": words, "issuetype": words, "customfield_10030": words, "priority": words, "<b>": words,
    } });
    house.sandbox.world().inject(Fault {
        provider: "jira".into(),
        path: Some("/rest/api/3/issue".into()),
        count: Some(1),
        status: Some(400),
        body: Some(body.to_string()),
        ..Fault::default()
    });
    let mut input = task("x");
    input["fields"] = json!([{ "field": "priority", "option": "99" }]);

    let refused = alice
        .mutates("createIssue", input.clone(), "issue { id }")
        .await;
    let nowhere = json!({ "project": "99999", "type": "10001", "summary": "x" });
    let nowhere = alice.mutates("createIssue", nowhere, "issue { id }").await;

    assert_eq!(
        told(&refused),
        [
            pair("FIELD_REQUIRED", "input.fields.customfield_10030"),
            pair("FIELD_INVALID", "input.type"),
            pair("FIELD_INVALID", "input.fields.priority"),
            pair("FIELD_INVALID", "input.summary"),
        ]
    );
    assert!(!refused.to_string().contains("words of"), "{refused}");
    assert_eq!(told(&nowhere), [pair("FIELD_INVALID", "input.project")]);
    // A request that was refused can be put right and sent again with its key.
    input["fields"] = json!([]);
    let made = alice.mutates("createIssue", input, "issue { id }").await;
    assert_eq!(made["userErrors"], json!([]));
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_comment_costs_one_call_and_needs_no_reading() {
    let house = given_a_house().await;
    let bob = house.bob();
    let fields = "comment { id author { name } body { text } } issue { id } replayed";
    let input =
        json!({ "issue": "10042", "body": "First\nsecond\n\n> quoted", "idempotencyKey": "k" });

    let added = bob.mutates("addComment", input.clone(), fields).await;
    assert_eq!(asked(&house), ["bob POST /rest/api/3/issue/10042/comment"]);
    let again = bob.mutates("addComment", input, fields).await;

    assert_eq!(added["comment"]["body"]["text"], "First\nsecond\nquoted");
    assert_eq!(added["comment"]["author"]["name"], "Bob Tanaka");
    assert_eq!(
        (&added["replayed"], &again["replayed"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(added["comment"], again["comment"]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn an_issue_is_moved_along_and_given_to_people() {
    let house = given_a_house().await;
    let alice = house.alice();
    let fields = "issue { status { name } assignee { name } } replayed";
    let step = json!({ "issue": "10042", "transition": "41", "idempotencyKey": "k" });

    let moved = alice.mutates("transitionIssue", step.clone(), fields).await;
    let again = alice.mutates("transitionIssue", step, fields).await;
    let mine = alice
        .mutates(
            "assignIssue",
            json!({ "issue": "10042", "me": true }),
            fields,
        )
        .await;
    let bob = house.sandbox.world().person("bob").account_id;
    let his = alice
        .mutates(
            "assignIssue",
            json!({ "issue": "10042", "assignee": bob }),
            fields,
        )
        .await;
    let nobodys = alice
        .mutates(
            "assignIssue",
            json!({ "issue": "10042", "nobody": true }),
            fields,
        )
        .await;
    let impossible = alice
        .mutates(
            "transitionIssue",
            json!({ "issue": "10042", "transition": "999" }),
            fields,
        )
        .await;
    let stranger = json!({ "issue": "10042", "assignee": "712020:nobody" });
    let stranger = alice.mutates("assignIssue", stranger, fields).await;

    assert_eq!(moved["issue"]["status"]["name"], "Done");
    assert_eq!(
        (&moved["replayed"], &again["replayed"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(mine["issue"]["assignee"]["name"], "Alice Meyer");
    assert_eq!(his["issue"]["assignee"]["name"], "Bob Tanaka");
    assert_eq!(nobodys["issue"]["assignee"], json!(null));
    assert_eq!(told(&impossible), [pair("BAD_USER_INPUT", "")]);
    assert_eq!(told(&stranger), [pair("FIELD_INVALID", "input.assignee")]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn nobody_writes_where_they_may_not_look() {
    let house = given_a_house().await;
    let erin = house.person("erin", "DEMO-42");
    let acts = [
        (
            "addComment",
            json!({ "issue": "10042", "body": "x" }),
            "input.issue",
        ),
        (
            "transitionIssue",
            json!({ "issue": "10042", "transition": "41" }),
            "input.issue",
        ),
        (
            "assignIssue",
            json!({ "issue": "10042", "me": true }),
            "input.issue",
        ),
    ];

    for (mutation, input, field) in acts {
        let payload = erin.mutates(mutation, input, "issue { id }").await;
        assert_eq!(told(&payload), [pair("NOT_FOUND", field)], "{mutation}");
        assert_eq!(payload["issue"], json!(null));
    }
    let payload = erin.mutates("createIssue", task("x"), "issue { id }").await;
    assert_eq!(told(&payload), [pair("FIELD_INVALID", "input.project")]);
    assert!(asked(&house).iter().all(|it| it.starts_with("erin ")));
    house.is_left_clean().await;
}

#[tokio::test]
async fn each_refusal_of_jira_has_a_code_of_its_own() {
    let house = given_a_house().await;
    let alice = house.alice();
    let input = json!({ "issue": "10042", "transition": "41" });
    for (status, code) in [
        (403, "FORBIDDEN"),
        (404, "NOT_FOUND"),
        (409, "CONFLICT"),
        (413, "TOO_LARGE"),
        (429, "RATE_LIMITED"),
        (500, "OUTCOME_UNKNOWN"),
        (503, "OUTCOME_UNKNOWN"),
    ] {
        house.sandbox.world().inject(Fault {
            provider: "jira".into(),
            method: Some("POST".into()),
            path: Some("/transitions".into()),
            count: Some(1),
            status: Some(status),
            ..Fault::default()
        });
        let payload = alice
            .mutates("transitionIssue", input.clone(), "replayed")
            .await;
        assert_eq!(told(&payload)[0].0, code, "{status}");
    }
    // A token that was refused is renewed, and the step taken after all.
    house.sandbox.world().inject(Fault {
        provider: "jira".into(),
        path: Some("/transitions".into()),
        count: Some(1),
        style: Some("expired-token".into()),
        ..Fault::default()
    });
    let payload = alice
        .mutates("transitionIssue", input, "issue { status { name } }")
        .await;
    assert_eq!(payload["issue"]["status"]["name"], "Done");
    house.is_left_clean().await;
}

#[tokio::test]
async fn every_act_is_in_the_audit_log_by_ids_only() {
    let house = given_a_house().await;
    let alice = house.alice();
    let made = alice
        .mutates("createIssue", task("Audited"), "issue { id key }")
        .await;
    alice
        .mutates(
            "addComment",
            json!({ "issue": "10042", "body": "x" }),
            "comment { id }",
        )
        .await;
    alice
        .mutates(
            "transitionIssue",
            json!({ "issue": "10042", "transition": "999" }),
            "replayed",
        )
        .await;
    alice
        .mutates(
            "assignIssue",
            json!({ "issue": "10042", "me": true }),
            "replayed",
        )
        .await;

    let log = alice
        .asks("{ auditLog(first: 100) { nodes { action result objectKind objectId actor completedAt detail } } }")
        .await;

    let entries = log.at("/auditLog/nodes").as_array().unwrap();
    let account = house.sandbox.world().person("alice").account_id;
    for (action, kind, object, result) in [
        ("issue.create", "project", "10000", "ok"),
        ("comment.add", "issue", "10042", "ok"),
        ("issue.transition", "issue", "10042", "refused"),
        ("issue.assign", "issue", "10042", "ok"),
    ] {
        let entry = entries.iter().find(|it| it["action"] == action);
        let entry = entry.unwrap_or_else(|| panic!("{action} is not in the log: {}", log.body));
        assert_eq!(
            (&entry["result"], &entry["objectKind"]),
            (&json!(result), &json!(kind)),
            "{entry}"
        );
        assert_eq!(
            (&entry["objectId"], &entry["actor"]),
            (&json!(object), &json!(account)),
            "{entry}"
        );
        assert!(entry["completedAt"].is_string(), "{entry}");
    }
    assert!(made["issue"]["id"].is_string());
    house.is_left_clean().await;
}
