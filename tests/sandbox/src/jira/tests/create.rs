//! Creating, moving along, watching and commenting.

use reqwest::Method;
use serde_json::{Value, json};

use super::Stage;
use crate::{fault::Fault, jira::Knobs};

fn document(text: &str) -> Value {
    json!({"version": 1, "type": "doc", "content": [
        {"type": "paragraph", "content": [{"type": "text", "text": text}]}]})
}

#[tokio::test]
async fn the_create_screen_says_what_an_issue_needs() {
    let stage = Stage::new().await;
    let (_, types) = stage
        .get("alice", "/issue/createmeta/DEMO/issuetypes")
        .await;
    let names: Vec<_> = types["issueTypes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| (kind["name"].as_str().unwrap(), kind["subtask"].as_bool()))
        .collect();
    assert_eq!(
        names,
        [
            ("Task", Some(false)),
            ("Bug", Some(false)),
            ("Story", Some(false)),
            ("Sub-task", Some(true))
        ]
    );
    let (_, screen) = stage
        .get("alice", "/issue/createmeta/DEMO/issuetypes/10002")
        .await;
    let severity = screen["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(|field| field["name"] == "Severity")
        .unwrap();
    assert_eq!(severity["required"], true);
    assert_eq!(severity["schema"]["type"], "option");
    assert_eq!(severity["allowedValues"][0]["value"], "Critical");
    let (status, _) = stage
        .get("alice", "/issue/createmeta/DEMO/issuetypes?maxResults=201")
        .await;
    assert_eq!(status, 400);
    let (_, archive) = stage.get("alice", "/issue/createmeta/ARC/issuetypes").await;
    assert_eq!(archive["total"], 0, "who may not create is offered nothing");
    let (_, projects) = stage.get("alice", "/project/search?action=create").await;
    let keys: Vec<_> = projects["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|project| project["key"].as_str().unwrap())
        .collect();
    assert_eq!(keys, ["DEMO", "OPS"]);
}

#[tokio::test]
async fn every_mistake_is_told_by_its_field() {
    let stage = Stage::new().await;
    let fields = json!({
        "project": {"key": "DEMO"}, "issuetype": {"id": "10002"}, "summary": "two\nlines",
        "customfield_10031": [{"id": "1"}], "customfield_10032": "not a document",
        "customfield_10036": "yesterday", "customfield_10034": 3, "duedate": "31.12.2026",
        "labels": ["two words"], "components": [{"id": "1"}], "assignee": {"accountId": "nobody"}
    });
    let (status, answer) = stage
        .post("alice", "/issue", json!({"fields": fields}))
        .await;
    assert_eq!(status, 400);
    let errors = answer["errors"].as_object().unwrap();
    let ids: Vec<_> = errors.keys().map(String::as_str).collect();
    assert_eq!(
        ids,
        [
            "assignee",
            "components",
            "customfield_10030",
            "customfield_10031",
            "customfield_10032",
            "customfield_10034",
            "customfield_10036",
            "duedate",
            "labels",
            "summary"
        ],
        "{answer}"
    );
    assert_eq!(errors["customfield_10030"], "Severity is required.");
}

#[tokio::test]
async fn what_the_screen_asks_for_is_kept_and_shown() {
    let stage = Stage::new().await;
    let bob = stage.sandbox.world().person("bob").account_id;
    let fields = json!({
        "project": {"id": "10001"}, "issuetype": {"id": "10003"}, "summary": "Move the desks",
        "components": [{"id": "10400"}], "customfield_10037": {"accountId": bob},
        "customfield_10035": "2026-12-01", "customfield_10034": 2.5, "customfield_10041": ["desk"]
    });
    let properties = json!([{"key": "trefoil.request", "value": {"id": "abc"}}]);
    let body = json!({"fields": fields, "properties": properties});
    let (status, made) = stage.post("alice", "/issue", body).await;
    assert_eq!(status, 201, "{made}");
    let (_, issue) = stage
        .get(
            "alice",
            &format!(
                "/issue/{}?fields=*all&properties=trefoil.request",
                made["key"].as_str().unwrap()
            ),
        )
        .await;
    assert_eq!(issue["properties"]["trefoil.request"]["id"], "abc");
    assert_eq!(issue["fields"]["customfield_10034"], 2.5);
    assert_eq!(
        issue["fields"]["customfield_10037"]["accountId"],
        json!(bob)
    );
    assert_eq!(issue["fields"]["watches"]["isWatching"], true);
}

#[tokio::test]
async fn a_cascading_list_and_a_parent_must_fit() {
    let stage = Stage::new().await;
    let task = |place: Value| {
        json!({"fields": {"project": {"key": "OPS"}, "issuetype": {"id": "10001"}, "summary": "S",
            "customfield_10038": place}})
    };
    let post = |body| stage.post("alice", "/issue", body);
    assert_eq!(
        post(task(json!({"id": "10120", "child": {"id": "10122"}})))
            .await
            .0,
        201
    );
    assert_eq!(
        post(task(json!({"id": "10120", "child": {"id": "10124"}})))
            .await
            .0,
        400
    );
    assert_eq!(post(task(Value::Null)).await.0, 400);
    let subtask = |parent: &str| {
        json!({"fields": {"project": {"key": "DEMO"}, "issuetype": {"id": "10004"}, "summary": "S",
            "parent": {"key": parent}}})
    };
    assert_eq!(post(subtask("OPS-1")).await.0, 400);
    let (status, made) = post(subtask("DEMO-42")).await;
    assert_eq!(status, 201, "{made}");
    let (_, parent) = stage.get("alice", "/issue/DEMO-42?fields=subtasks").await;
    assert_eq!(parent["fields"]["subtasks"][0]["key"], made["key"]);
}

#[tokio::test]
async fn a_search_finds_a_new_issue_late_unless_it_is_named() {
    let stage = Stage::new().await;
    stage.sandbox.jira(Knobs {
        search_delay_ms: Some(60_000),
        ..Knobs::default()
    });
    let fields =
        json!({"project": {"key": "DEMO"}, "issuetype": {"id": "10001"}, "summary": "New"});
    let (_, made) = stage
        .post("alice", "/issue", json!({"fields": fields}))
        .await;
    let id: u64 = made["id"].as_str().unwrap().parse().unwrap();
    let search = |reconcile: Value| {
        json!({"jql": "project = DEMO and creator = currentUser() and created >= -5m",
            "reconcileIssues": reconcile})
    };
    let (_, late) = stage.post("alice", "/search/jql", search(json!([]))).await;
    assert_eq!(late["issues"], json!([]));
    let (_, named) = stage
        .post("alice", "/search/jql", search(json!([id])))
        .await;
    assert_eq!(named["issues"][0]["id"], made["id"]);
    let (status, _) = stage
        .get("alice", &format!("/issue/{id}?fields=summary"))
        .await;
    assert_eq!(status, 200, "it is there all the same");
}

#[tokio::test]
async fn a_transition_asks_for_what_its_screen_needs() {
    let stage = Stage::new().await;
    let (_, made) = stage
        .post(
            "alice",
            "/issue",
            json!({"fields": {"project": {"key": "OPS"}, "issuetype": {"id": "10001"}, "summary": "S",
                "customfield_10038": {"id": "10120"}}}),
        )
        .await;
    let path = format!("/issue/{}/transitions", made["key"].as_str().unwrap());
    let (_, first) = stage.get("alice", &path).await;
    let names: Vec<_> = first["transitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|transition| transition["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["In Progress"]);
    let go = |body: Value| stage.post("alice", &path, body);
    assert_eq!(go(json!({"transition": {"id": "41"}})).await.0, 400);
    assert_eq!(go(json!({"transition": {"id": "21"}})).await.0, 204);
    let (_, refused) = go(json!({"transition": {"id": "41"}})).await;
    assert_eq!(refused["errors"]["resolution"], "Resolution is required.");
    let (_, foreign) = go(json!({"transition": {"id": "31"}, "fields": {"summary": "no"}})).await;
    assert!(foreign["errors"]["summary"].is_string());
    let done = json!({"transition": {"id": "41"}, "fields": {"resolution": {"name": "Won't do"}}});
    assert_eq!(go(done).await.0, 204);
    let (_, asked) = stage
        .get(
            "alice",
            "/issue/OPS-2/transitions?expand=transitions.fields",
        )
        .await;
    assert!(asked["transitions"][0]["fields"].is_object());
}

#[tokio::test]
async fn nobody_and_the_default_can_be_assigned_and_strangers_cannot() {
    let stage = Stage::new().await;
    let assign = |key: &'static str, who: Value| {
        let path = format!("/issue/{key}/assignee");
        let stage = &stage;
        async move {
            stage
                .call("alice", Method::PUT, &path, Some(json!({"accountId": who})))
                .await
                .0
        }
    };
    let erin = stage.sandbox.world().person("erin").account_id;
    assert_eq!(assign("DEMO-42", Value::Null).await, 204);
    assert_eq!(assign("DEMO-42", json!(erin)).await, 400);
    assert_eq!(assign("OPS-1", json!("-1")).await, 204);
    let (_, issue) = stage.get("alice", "/issue/OPS-1?fields=assignee").await;
    assert_eq!(issue["fields"]["assignee"]["displayName"], "Alice Meyer");
}

#[tokio::test]
async fn comments_carry_properties_and_make_watchers() {
    let stage = Stage::new().await;
    let properties = json!([{"key": "trefoil.request", "value": {"id": "abc"}}]);
    let body = json!({"body": document("Hello"), "properties": properties});
    let (status, comment) = stage.post("carol", "/issue/DEMO-42/comment", body).await;
    assert_eq!(status, 201);
    let id: u64 = comment["id"].as_str().unwrap().parse().unwrap();
    let (_, listed) = stage
        .post(
            "carol",
            "/comment/list?expand=properties",
            json!({"ids": [id]}),
        )
        .await;
    assert_eq!(listed["values"][0]["properties"], properties);
    let (_, one) = stage
        .get(
            "carol",
            &format!("/comment/{id}/properties/trefoil.request"),
        )
        .await;
    assert_eq!(one["value"]["id"], "abc");
    let (_, watchers) = stage.get("carol", "/issue/DEMO-42/watchers").await;
    assert_eq!(watchers["isWatching"], true);
}

#[tokio::test]
async fn an_answer_can_be_lost_after_the_deed() {
    let stage = Stage::new().await;
    stage.sandbox.world().inject(Fault {
        provider: "jira".to_owned(),
        method: Some("POST".to_owned()),
        path: Some("/issue".to_owned()),
        linger_ms: 20,
        lose: true,
        count: Some(1),
        ..Fault::default()
    });
    let fields =
        json!({"project": {"key": "DEMO"}, "issuetype": {"id": "10001"}, "summary": "Lost words"});
    let bearer = stage.bearer("alice").await;
    let lost = stage
        .client
        .post(format!("{}/rest/api/3/issue", stage.base()))
        .bearer_auth(bearer)
        .json(&json!({"fields": fields}))
        .send()
        .await;
    assert!(lost.is_err());
    assert_eq!(
        stage.sandbox.jira_issues("acme", "Lost words"),
        ["DEMO-121"]
    );
}
