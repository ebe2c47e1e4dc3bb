//! Projects, and the forms for new issues in them.

use serde_json::{Value, json};

use super::{asked, pair, told};
use crate::harness::given_a_house;

const FORM: &str = "query($input: CreateFormInput!) { createForm(input: $input) { handoffUrl project { id key }
    type { id name } types { id name subtask } fields { id name required hasDefault kind options { id name } } } }";

#[tokio::test]
async fn the_projects_are_those_in_which_one_may_create_issues() {
    let house = given_a_house().await;
    let (alice, bob) = (house.alice(), house.bob());
    let query = "query($search: String) { projects(search: $search) { nodes { id key name iconUrl site { url } } pageInfo { hasNextPage } } }";

    let hers = alice.asks(query).await;
    assert_eq!(asked(&house), ["alice GET /rest/api/3/project/search"]);
    let his = bob.asks(query).await;
    let found = alice.asks_with(query, json!({ "search": "roll" })).await;

    let keys = |answer: &crate::harness::person::Answer| -> Vec<String> {
        let nodes = answer.at("/projects/nodes").as_array().unwrap();
        nodes
            .iter()
            .map(|it| it["key"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(keys(&hers), ["OPS", "DEMO"], "{}", hers.body);
    assert_eq!(keys(&his), ["DEMO"]);
    assert_eq!(keys(&found), ["DEMO"]);
    assert_eq!(hers.at("/projects/pageInfo/hasNextPage"), false);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_form_is_what_jira_asks_and_an_issue_made_with_it_is_taken() {
    let house = given_a_house().await;
    let alice = house.alice();
    let input = json!({ "input": { "project": "DEMO", "type": "10002" } });

    let answer = alice.asks_with(FORM, input).await;

    assert_eq!(asked(&house).len(), 2, "{:?}", asked(&house));
    let form = answer.at("/createForm");
    assert_eq!(form["type"]["name"], "Bug");
    let url = form["handoffUrl"].as_str().unwrap();
    assert!(
        url.ends_with("/secure/CreateIssueDetails!init.jspa?pid=10000&issuetype=10002"),
        "{url}"
    );
    assert!(
        form["types"]
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["subtask"] == false)
    );
    let fields = form["fields"].as_array().unwrap();
    let field = |name: &str| fields.iter().find(|it| it["name"] == name).unwrap();
    assert_eq!(fields[0]["name"], "Severity", "required ones come first");
    assert_eq!(
        (&field("Severity")["kind"], &field("Severity")["required"]),
        (&json!("SELECT"), &json!(true))
    );
    for (name, kind) in [
        ("Affected areas", "MULTI_SELECT"),
        ("Steps to reproduce", "TEXT_AREA"),
        ("Customer reference", "TEXT"),
        ("Outage began", "DATE_TIME"),
        ("Labels", "LABELS"),
        ("Due date", "DATE"),
        ("Assignee", "USER"),
        ("Priority", "SELECT"),
        ("Environment", "TEXT_AREA"),
    ] {
        assert_eq!(field(name)["kind"], kind, "{name}");
    }
    for name in [
        "Summary",
        "Description",
        "Project",
        "Issue Type",
        "Reporter",
        "Attachment",
    ] {
        assert!(fields.iter().all(|it| it["name"] != name), "{name}");
    }
    let option = |name: &str| field(name)["options"][0]["id"].clone();
    let values = json!([
        { "field": field("Severity")["id"], "option": option("Severity") },
        { "field": field("Affected areas")["id"], "options": [option("Affected areas")] },
        { "field": field("Steps to reproduce")["id"], "text": "1. open\n2. look" },
        { "field": field("Customer reference")["id"], "text": "A-1" },
        { "field": field("Outage began")["id"], "date": "2026-11-21T09:00:00Z" },
        { "field": field("Labels")["id"], "labels": ["from-mail"] },
        { "field": field("Due date")["id"], "date": "2026-12-01" },
        { "field": field("Priority")["id"], "option": "1" },
    ]);
    let new = json!({ "project": "DEMO", "type": "10002", "summary": "A form", "fields": values });
    let made = alice
        .mutates("createIssue", new, "issue { priority { name } }")
        .await;
    assert_eq!(made["userErrors"], json!([]));
    assert_eq!(made["issue"]["priority"]["name"], "Highest");
    let bare = json!({ "project": "DEMO", "type": "10002", "summary": "A form" });
    let bare = alice.mutates("createIssue", bare, "issue { id }").await;
    assert_eq!(
        told(&bare),
        [pair("FIELD_REQUIRED", "input.fields.customfield_10030")]
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_a_form_cannot_take_is_handed_to_jira() {
    let house = given_a_house().await;
    let alice = house.alice();

    let answer = alice
        .asks_with(FORM, json!({ "input": { "project": "10001" } }))
        .await;
    let nowhere = alice
        .asks_with(FORM, json!({ "input": { "project": "NOPE" } }))
        .await;
    let not_his = house
        .bob()
        .asks_with(FORM, json!({ "input": { "project": "OPS" } }))
        .await;
    let wrong = alice
        .asks_with(FORM, json!({ "input": { "project": "../x" } }))
        .await;

    let fields = answer.at("/createForm/fields").as_array().unwrap();
    let unsupported: Vec<_> = fields
        .iter()
        .filter(|it| it["kind"] == "UNSUPPORTED")
        .collect();
    assert_eq!(unsupported.len(), 1, "{}", answer.body);
    assert_eq!(unsupported[0]["required"], true);
    assert_eq!(
        (nowhere.at("/createForm"), nowhere.codes().len()),
        (&Value::Null, 0),
        "{}",
        nowhere.body
    );
    assert_eq!(
        (not_his.at("/createForm"), not_his.codes().len()),
        (&Value::Null, 0)
    );
    assert_eq!(wrong.codes(), ["BAD_USER_INPUT"]);
    house.is_left_clean().await;
}
