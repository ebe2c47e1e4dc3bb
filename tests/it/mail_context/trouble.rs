//! A mail's issues when something is in the way: rights, a provider, one of two sites, or the question itself.

use sandbox::fault::Fault;
use serde_json::json;

use super::{PANE, WHOLE, in_both, rest, vias};
use crate::harness::given_a_house;
use crate::harness::story::mail;

#[tokio::test]
async fn an_issue_that_jira_does_not_show_is_not_shown() {
    let house = given_a_house().await;
    let erin = in_both(&house, "erin", "DEMO-42").await;
    house.alice().has_linked("10043", &[all_hands()]).await;

    let input = json!({ "internetMessageId": "<all-hands-1@mail.acme.example>" });
    let answer = erin.opens(PANE, input).await;

    assert_eq!(answer.at("/mailContext/source/state"), "READY");
    assert_eq!(answer.at("/mailContext/sources/1/state"), "READY");
    assert_eq!(answer.at("/mailContext/issues"), &json!([]));
    house.is_left_clean().await;
}

fn all_hands() -> trefoil::store::link::Target {
    trefoil::store::link::Target::Mail("<all-hands-1@mail.acme.example>".parse().unwrap())
}

#[tokio::test]
async fn with_graph_down_the_links_of_a_message_id_are_still_found() {
    let house = given_a_house().await;
    let alice = in_both(&house, "alice", "DEMO-42").await;
    house.alice().has_linked("10043", &[mail(42, 1)]).await;
    house.sandbox.world().inject(Fault {
        provider: "graph".to_owned(),
        status: Some(503),
        ..Fault::default()
    });
    let message_id = "<demo-42-1@mail.acme.example>";

    let answer = alice
        .opens(WHOLE, json!({ "internetMessageId": message_id }))
        .await;

    let context = answer.at("/mailContext");
    assert_eq!(context["source"]["state"], "UNAVAILABLE", "{context}");
    assert_eq!(context["mail"], json!(null));
    assert_eq!(vias(&answer), [("LINKED".to_owned(), "DEMO-43".to_owned())]);
    assert_eq!(context["suggestions"], json!([]));
    house.is_left_clean().await;
}

#[tokio::test]
async fn with_jira_down_the_mail_is_shown_and_the_source_says_so() {
    let house = given_a_house().await;
    let alice = in_both(&house, "alice", "DEMO-42").await;
    house.alice().has_linked("10043", &[mail(42, 1)]).await;
    house.sandbox.world().inject(Fault {
        provider: "jira".to_owned(),
        path: Some("/rest/".to_owned()),
        status: Some(503),
        ..Fault::default()
    });
    let message_id = "<demo-42-1@mail.acme.example>";

    let answer = alice
        .opens(PANE, json!({ "internetMessageId": message_id }))
        .await;

    let context = answer.at("/mailContext");
    assert!(context["mail"]["subject"].is_string(), "{context}");
    assert_eq!(context["issues"], json!([]));
    let states = [
        &context["sources"][0]["state"],
        &context["sources"][1]["state"],
    ];
    assert_eq!(states, ["READY", "UNAVAILABLE"], "{context}");
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_cannot_be_a_mail_costs_no_call() {
    let house = given_a_house().await;
    let alice = in_both(&house, "alice", "DEMO-42").await;
    house.sandbox.world().clear_requests();
    for input in [
        json!({}),
        json!({ "mailbox": "support@acme.example" }),
        json!({ "internetMessageId": "two words" }),
        json!({ "itemId": "a'b", "internetMessageId": "<a@b>" }),
        json!({ "itemId": "AAMk", "mailbox": "../me" }),
        json!({ "itemId": "AAMk", "site": "7e4f8156-a47d-4aa6-9ea1-33d1d620a0de" }),
    ] {
        let answer = alice.asks_with(PANE, json!({ "input": input })).await;
        assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{input}");
        assert_eq!(answer.at("/mailContext"), &json!(null));
    }
    assert!(house.asked("graph").is_empty() && rest(&house).is_empty());
    house.is_left_clean().await;
}

#[tokio::test]
async fn with_one_of_two_sites_down_the_other_is_whole_and_the_sources_say_which() {
    let house = given_a_house().await;
    let acme = house.person_on("acme", "dan", "DEMO-43");
    let globex = house.person_on("globex", "dan", "DEMO-43");
    acme.connects("MICROSOFT").await;
    globex.connects("MICROSOFT").await;
    let target =
        || trefoil::store::link::Target::Mail("<ops-1-1@mail.acme.example>".parse().unwrap());
    acme.has_linked("10043", &[target()]).await;
    globex.has_linked("20043", &[target()]).await;
    let dan = house.outlook("dan");
    let input = json!({ "internetMessageId": "<ops-1-1@mail.acme.example>" });
    let sites = [acme.ids().await.1, globex.ids().await.1];

    let both = dan.opens(PANE, input.clone()).await;
    let pair = |via: &str, key: &str| (via.to_owned(), key.to_owned());
    let expected = [
        pair("LINKED", "DEMO-43"),
        pair("LINKED", "DEMO-43"),
        pair("KEY", "OPS-1"),
    ];
    assert_eq!(vias(&both), expected, "{}", both.body);
    assert_eq!((house.asked("graph").len(), rest(&house).len()), (1, 2));
    let only = json!({ "internetMessageId": "<ops-1-1@mail.acme.example>", "site": sites[1] });
    let only = dan.opens(PANE, only).await;
    assert_eq!(vias(&only), [pair("LINKED", "DEMO-43")]);
    assert_eq!(rest(&house).len(), 1);

    house.sandbox.world().inject(Fault {
        provider: "jira".to_owned(),
        site: Some("acme".to_owned()),
        path: Some("/rest/".to_owned()),
        status: Some(503),
        ..Fault::default()
    });
    let one = dan.opens(PANE, input).await;
    assert_eq!(vias(&one), [pair("LINKED", "DEMO-43")], "{}", one.body);
    let sources = one.at("/mailContext/sources").as_array().unwrap();
    let state_of = |site: &str| {
        let found = sources.iter().find(|it| it["site"]["id"] == site);
        found.unwrap()["state"].clone()
    };
    assert_eq!(state_of(&sites[0]), "UNAVAILABLE");
    assert_eq!(state_of(&sites[1]), "READY");
    house.is_left_clean().await;
}
