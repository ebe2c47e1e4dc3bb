//! The Jira panel's first paint: everything of an issue in one answer, in the fewest calls, with the viewer's own token.

use serde_json::json;

use crate::harness::given_a_house;
use crate::harness::story::mail;

/// What the panel asks when it opens.
pub const PANEL: &str = "query IssuePanel($id: ID!) {
  viewer { person connections { provider state } }
  issue(id: $id) {
    key summary status { name category } priority { name } assignee { name } updatedAt
    mails(first: 20) { source { state } totalCount hiddenCount
      nodes { id linkId subject from { name } receivedAt preview webUrl hasAttachments isRead } }
    meetings(first: 20) { source { state } totalCount hiddenCount
      nodes { id provider subject startsAt endsAt joinUrl webUrl } }
    chats(first: 20) { source { state } totalCount nodes { id topic kind members { name } updatedAt webUrl } }
    tasks(first: 20) { source { state } totalCount nodes { id title status dueAt webUrl } }
    recordings(first: 20) { source { state } totalCount
      nodes { id topic startedAt durationMinutes totalSize passwordProtected files { id type size } } }
  }
}";

#[tokio::test]
async fn the_panel_paints_everything_in_one_jira_call_three_graph_calls_and_four_zoom_calls() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    alice.connects("ZOOM").await;
    alice.has_linked_everything().await;

    let answer = alice.asks_with(PANEL, json!({ "id": "10042" })).await;

    assert_eq!(answer.body.get("errors"), None, "{}", answer.body);
    assert_eq!(answer.at("/issue/key"), "DEMO-42");
    for (join, count) in [
        ("mails", 20),
        ("meetings", 5),
        ("chats", 3),
        ("tasks", 4),
        ("recordings", 4),
    ] {
        let nodes = answer
            .at(&format!("/issue/{join}/nodes"))
            .as_array()
            .unwrap();
        assert_eq!(nodes.len(), count, "{join}");
        assert_eq!(
            answer.at(&format!("/issue/{join}/source/state")),
            "READY",
            "{join}"
        );
        assert_eq!(
            answer.at(&format!("/issue/{join}/totalCount")),
            count,
            "{join}"
        );
    }
    let subject = answer.at("/issue/mails/nodes/0/subject").as_str().unwrap();
    assert!(
        subject.contains("cnry"),
        "a mail's subject is live content: {subject}"
    );

    let jira: Vec<_> = house
        .asked("jira")
        .into_iter()
        .filter(|it| it.path.starts_with("/rest/"))
        .collect();
    assert_eq!(jira.len(), 1, "{jira:#?}");
    let graph = house.asked("graph");
    assert!(graph.len() <= 3, "{graph:#?}");
    let zoom: Vec<_> = house
        .asked("zoom")
        .into_iter()
        .filter(|it| it.path.starts_with("/v2/"))
        .collect();
    assert_eq!(zoom.len(), 4, "{zoom:#?}");
    for call in jira.iter().chain(&graph).chain(&zoom) {
        assert_eq!(
            call.subject.as_deref(),
            Some("alice"),
            "whose token was it? {call:#?}"
        );
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn fifty_issues_with_ten_mails_each_cost_one_jira_call_and_twenty_five_graph_calls() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    for issue in 51..=100 {
        let mails: Vec<_> = (1..=10).map(|k| mail(issue, k)).collect();
        alice
            .has_linked(&(10_000 + issue).to_string(), &mails)
            .await;
    }
    house.sandbox.world().clear_requests();

    let keys: Vec<String> = (51..=100).map(|number| format!("DEMO-{number}")).collect();
    let answer = alice
        .asks_with(
            "query($jql: String!) { issues(jql: $jql, first: 50) {
                nodes { key summary mails(first: 10) { source { state } nodes { subject } } } } }",
            json!({ "jql": format!("key in ({}) ORDER BY key ASC", keys.join(", ")) }),
        )
        .await;

    assert_eq!(answer.body.get("errors"), None, "{}", answer.body);
    let issues = answer.at("/issues/nodes").as_array().unwrap();
    assert_eq!(issues.len(), 50);
    for issue in issues {
        assert_eq!(
            issue["mails"]["nodes"].as_array().unwrap().len(),
            10,
            "{}",
            issue["key"]
        );
    }
    let jira: Vec<_> = house
        .asked("jira")
        .into_iter()
        .filter(|it| it.path.starts_with("/rest/"))
        .collect();
    assert_eq!(jira.len(), 1, "{jira:#?}");
    let graph = house.asked("graph");
    assert!(graph.len() <= 25, "{} Graph calls", graph.len());
    assert_eq!(graph.iter().map(|it| it.batch.len()).sum::<usize>(), 500);
    assert!(
        graph
            .iter()
            .chain(&jira)
            .all(|it| it.subject.as_deref() == Some("alice"))
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_the_query_does_not_select_is_not_asked_for() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    alice.has_linked("10042", &[mail(42, 1)]).await;
    house.sandbox.world().clear_requests();

    let answer = alice
        .asks("{ issue(id: 10042) { summary mails { nodes { subject } } } }")
        .await;

    assert_eq!(answer.body.get("errors"), None, "{}", answer.body);
    let jira = house
        .asked("jira")
        .into_iter()
        .find(|it| it.path.starts_with("/rest/"))
        .unwrap();
    assert_eq!(jira.path, "/rest/api/3/issue/10042?fields=summary");
    let graph = house.asked("graph");
    assert_eq!(graph.len(), 1);
    assert!(
        graph[0].batch[0].contains("$select=id,subject&"),
        "{:?}",
        graph[0].batch
    );
    house.sandbox.world().clear_requests();

    let answer = alice
        .asks("{ issue(id: 10042) { id mails { totalCount } } }")
        .await;

    assert_eq!(answer.at("/issue/mails/totalCount"), 1, "{}", answer.body);
    assert!(
        house.asked("graph").is_empty(),
        "a count is no reason to read mails"
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn the_same_mail_is_found_in_each_viewers_own_mailbox() {
    let house = given_a_house().await;
    let (alice, bob) = (house.alice(), house.bob());
    alice.connects("MICROSOFT").await;
    bob.connects("MICROSOFT").await;
    let mails: Vec<_> = (11..=14).map(|k| mail(42, k)).collect();
    alice.has_linked("10042", &mails).await;
    let query = "{ issue(id: 10042) { mails { hiddenCount totalCount nodes { id subject } } } }";

    let hers = alice.asks(query).await;
    let his = bob.asks(query).await;

    assert_eq!(
        hers.at("/issue/mails/nodes").as_array().unwrap().len(),
        4,
        "{}",
        hers.body
    );
    assert_eq!(hers.at("/issue/mails/hiddenCount"), 0);
    assert_eq!(
        his.at("/issue/mails/nodes").as_array().unwrap().len(),
        2,
        "he received 12 of them"
    );
    assert_eq!(his.at("/issue/mails/hiddenCount"), 2);
    assert_eq!(his.at("/issue/mails/totalCount"), 4);
    let ids = |answer: &crate::harness::person::Answer| {
        let nodes = answer.at("/issue/mails/nodes").as_array().unwrap().clone();
        nodes
            .iter()
            .map(|it| it["id"].to_string())
            .collect::<Vec<_>>()
    };
    assert!(
        ids(&his).iter().all(|id| !ids(&hers).contains(id)),
        "each has their own copy"
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn an_issue_that_the_viewer_may_not_see_is_null_and_so_is_one_that_is_not_there() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    alice.has_linked("10042", &[mail(42, 1)]).await;
    // Erin may not browse DEMO.
    let erin = house.person("erin", "DEMO-42");

    let hidden = erin
        .asks("{ issue(id: 10042) { id mails { totalCount } } }")
        .await;
    let missing = erin
        .asks("{ issue(id: 99999) { id mails { totalCount } } }")
        .await;
    let by_key = erin.asks("{ issue(key: \"DEMO-42\") { id } }").await;

    assert_eq!(hidden.body, json!({ "data": { "issue": null } }));
    assert_eq!(missing.body, hidden.body);
    assert_eq!(by_key.body, hidden.body);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_page_of_mails_goes_on_where_the_last_one_ended() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    let mails: Vec<_> = (1..=7).map(|k| mail(42, k)).collect();
    alice.has_linked("10042", &mails).await;
    let query = "query($after: String) { issue(id: 10042) { mails(first: 3, after: $after) {
        nodes { id } pageInfo { hasNextPage endCursor } } } }";

    let mut seen = Vec::new();
    let mut after = serde_json::Value::Null;
    for page in 0.. {
        assert!(page < 3, "it never ends");
        let answer = alice.asks_with(query, json!({ "after": after })).await;
        let nodes = answer.at("/issue/mails/nodes").as_array().unwrap();
        seen.extend(nodes.iter().map(|it| it["id"].to_string()));
        if answer.at("/issue/mails/pageInfo/hasNextPage") == false {
            break;
        }
        after = answer.at("/issue/mails/pageInfo/endCursor").clone();
    }

    assert_eq!(seen.len(), 7);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 7, "a mail came twice");
    house.is_left_clean().await;
}
