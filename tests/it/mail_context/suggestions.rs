//! What might belong to a mail: one search, nothing twice, and nothing of a subject that means anything to JQL.

use sandbox::fault::Fault;
use serde_json::json;

use super::{SHARED, WHOLE, in_both, rest, vias};
use crate::harness::{given_a_house, given_a_house_with};

#[tokio::test]
async fn suggestions_cost_one_search_and_are_never_among_the_issues() {
    let house = given_a_house().await;
    let alice = in_both(&house, "alice", "DEMO-42").await;
    let message_id = "<demo-42-4@mail.acme.example>";

    let answer = alice
        .opens(WHOLE, json!({ "internetMessageId": message_id }))
        .await;

    let context = answer.at("/mailContext");
    assert_eq!(vias(&answer), [("KEY".to_owned(), "DEMO-42".to_owned())]);
    let suggestions = context["suggestions"].as_array().unwrap();
    assert!((1..=5).contains(&suggestions.len()), "{context}");
    for suggestion in suggestions {
        assert_eq!(suggestion["reason"], "SENDER", "{context}");
        assert_ne!(suggestion["issue"]["key"], "DEMO-42");
        assert_ne!(suggestion["issue"]["status"]["category"], "DONE");
    }
    let searches = rest(&house).into_iter();
    let searches = searches.filter(|it| it.path.ends_with("/search/jql"));
    assert_eq!(searches.count(), 1);
    assert_eq!(rest(&house).len(), 2, "one bulkfetch and one search");
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_sender_whom_jira_does_not_know_costs_no_suggestion_of_the_others() {
    let house = given_a_house().await;
    let alice = in_both(&house, "alice", "DEMO-42").await;
    // Every third mail is a supplier's.
    let message_id = "<demo-42-3@mail.acme.example>";

    let answer = alice
        .opens(WHOLE, json!({ "internetMessageId": message_id }))
        .await;

    assert_eq!(answer.at("/mailContext/sources/1/state"), "READY");
    let searches = rest(&house).into_iter();
    let searches = searches.filter(|it| it.path.ends_with("/search/jql"));
    assert_eq!(
        searches.count(),
        2,
        "once more without the reporter that Jira refused"
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_subject_cannot_break_out_of_the_search() {
    let house = given_a_house().await;
    let alice = in_both(&house, "alice", "DEMO-42").await;
    let hostile = json!({ "value": [{
        "id": "AAMkHostile",
        "internetMessageId": "<hostile@x.example>",
        "subject": "nothingalike\" OR project = DEMO OR summary ~ \"zzzz\\",
        "from": { "emailAddress": { "address": "a\" OR project = DEMO OR text ~ \"@x.example" } },
    }] });
    house.sandbox.world().inject(Fault {
        provider: "graph".to_owned(),
        path: Some("internetMessageId".to_owned()),
        body: Some(hostile.to_string()),
        ..Fault::default()
    });

    let answer = alice
        .opens(WHOLE, json!({ "internetMessageId": "<hostile@x.example>" }))
        .await;

    let context = answer.at("/mailContext");
    assert_eq!(context["sources"][1]["state"], "READY", "{context}");
    assert_eq!(context["suggestions"], json!([]));
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_similar_summary_is_suggested_to_the_members_of_a_shared_mailbox() {
    let house = given_a_house_with(SHARED, sandbox::Options::default()).await;
    let bob = in_both(&house, "bob", "DEMO-42").await;
    let input = json!({ "internetMessageId": "<support-1@mail.acme.example>",
        "mailbox": "support@acme.example" });

    let answer = bob.opens(WHOLE, input).await;

    let suggestions = answer.at("/mailContext/suggestions").as_array().unwrap();
    assert!(!suggestions.is_empty(), "{}", answer.body);
    assert!(
        suggestions.iter().all(|it| it["reason"] == "SIMILAR"),
        "{}",
        answer.body
    );
    house.is_left_clean().await;
}
