//! Whole conversations: linked once, shown with their later mails, found from any of their mails.

use serde_json::{Value, json};

use crate::harness::given_a_house;
use crate::harness::person::Answer;
use crate::harness::story::mail;

const MAILS: &str = "{ issue(id: 10043) { mails { totalCount hiddenCount source { state }
    nodes { linkId internetMessageId subject } } } }";

fn message_id(k: u32) -> String {
    format!("<demo-42-{k}@mail.acme.example>")
}

fn shown(answer: &Answer) -> Vec<String> {
    let nodes = answer.at("/issue/mails/nodes").as_array().unwrap();
    let ids = nodes.iter().map(|it| it["internetMessageId"].as_str());
    ids.map(|it| it.unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_conversation_is_linked_once_and_brings_its_later_mails_in_one_more_call() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    let alone = json!({ "issue": "10043", "internetMessageId": message_id(2) });
    let mut whole = alone.clone();
    whole["wholeConversation"] = json!(true);

    let first = alice.does("linkMail", alone.clone()).await;
    let second = alice.does("linkMail", whole).await;
    let third = alice.does("linkMail", alone).await;
    assert_eq!(first["link"]["id"], second["link"]["id"]);
    assert_eq!(first["link"]["id"], third["link"]["id"]);
    // A mail of another conversation, and a later one of this, are linked themselves.
    alice.has_linked("10043", &[mail(42, 5), mail(42, 4)]).await;
    house.sandbox.world().clear_requests();

    let answer = alice.asks(MAILS).await;

    // Four mails are a conversation; the first came before the one that was linked.
    let mut ids = shown(&answer);
    ids.sort();
    assert_eq!(ids, [2, 3, 4, 5].map(message_id), "{}", answer.body);
    assert_eq!(answer.at("/issue/mails/totalCount"), 3);
    let nodes = answer.at("/issue/mails/nodes").as_array().unwrap();
    for node in nodes {
        let reply = node["internetMessageId"] == message_id(3);
        assert_eq!(node["linkId"].is_null(), reply, "{node}");
    }
    assert_eq!(house.asked("graph").len(), 2, "{:#?}", house.asked("graph"));
    house.is_left_clean().await;
}

#[tokio::test]
async fn the_conversations_of_many_issues_cost_one_more_call_together() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    for issue in 51..=54 {
        let path = format!("<demo-{issue}-1@mail.acme.example>");
        let input = json!({ "issue": (10_000 + issue).to_string(), "internetMessageId": path,
            "wholeConversation": true });
        alice.does("linkMail", input).await;
    }
    house.sandbox.world().clear_requests();

    let answer = alice
        .asks(
            "{ issues(first: 10, jql: \"key in (DEMO-51, DEMO-52, DEMO-53, DEMO-54)\") {
            nodes { mails { nodes { subject } } } } }",
        )
        .await;

    let issues = answer.at("/issues/nodes").as_array().unwrap();
    assert_eq!(issues.len(), 4, "{}", answer.body);
    for issue in issues {
        let mails = issue["mails"]["nodes"].as_array().unwrap();
        assert_eq!(mails.len(), 4, "{}", answer.body);
    }
    assert_eq!(house.asked("graph").len(), 2, "{:#?}", house.asked("graph"));
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_conversation_that_one_does_not_have_stays_hidden() {
    let house = given_a_house().await;
    let (alice, bob) = (house.alice(), house.bob());
    alice.connects("MICROSOFT").await;
    bob.connects("MICROSOFT").await;
    let whole = json!({ "issue": "10043", "internetMessageId": message_id(14),
        "wholeConversation": true });
    alice.does("linkMail", whole).await;

    let answer = bob.asks(MAILS).await;

    assert_eq!(shown(&answer), Vec::<String>::new());
    assert_eq!(answer.at("/issue/mails/hiddenCount"), 1);
    assert_eq!(answer.at("/issue/mails/source/state"), "READY");
    house.is_left_clean().await;
}

#[tokio::test]
async fn whole_conversations_are_told_from_single_mails() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    let mutation = "mutation($input: LinkMailInput!) { linkMail(input: $input) {
        link { wholeConversation } mail { internetMessageId } userErrors { code } } }";
    for (k, whole) in [(1, false), (2, true)] {
        let input: Value = json!({ "input": { "idempotencyKey": format!("key {k}"), "issue": "10043",
            "internetMessageId": message_id(k), "wholeConversation": whole } });
        let answer = alice.asks_with(mutation, input).await;
        let expected = json!({ "link": { "wholeConversation": whole },
            "mail": { "internetMessageId": message_id(k) }, "userErrors": [] });
        assert_eq!(answer.at("/linkMail"), &expected, "{}", answer.body);
    }
    house.is_left_clean().await;
}
