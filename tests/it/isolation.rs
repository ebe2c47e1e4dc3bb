//! Each person gets their own answers and nobody else's.

use futures::future::join_all;
use sandbox::Options;
use serde_json::json;

use crate::harness::story::mail;
use crate::harness::{given_a_house, given_a_house_with};

#[tokio::test]
async fn people_of_three_sites_who_ask_at_once_each_get_their_own_site_and_self() {
    let house = given_a_house().await;
    let people = [
        ("alice", "DEMO-42"),
        ("bob", "DEMO-42"),
        ("carol", "DEMO-42"),
        ("dan", "DEMO-42"),
        ("frank", "GLX-1"),
        ("grace", "GLX-1"),
        ("ivan", "INI-1"),
        ("judy", "INI-1"),
    ];
    let people: Vec<_> = people
        .map(|(handle, issue)| house.person(handle, issue))
        .into_iter()
        .collect();
    let mut own = Vec::new();
    for person in &people {
        own.push(person.ids().await);
    }

    for _ in 0..10 {
        let answers = join_all(
            people
                .iter()
                .map(|it| it.asks("{ viewer { person site { id } } }")),
        )
        .await;
        for (answer, (person, site)) in answers.iter().zip(&own) {
            assert_eq!(answer.at("/viewer/person"), person);
            assert_eq!(answer.at("/viewer/site/id"), site);
        }
    }
    let mut persons: Vec<_> = own.iter().map(|it| &it.0).collect();
    persons.sort();
    persons.dedup();
    assert_eq!(persons.len(), 8, "two people became one");
    house.is_left_clean().await;
}

#[tokio::test]
async fn the_same_issue_number_on_two_sites_keeps_two_sets_of_links() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    alice.has_linked("10001", &[mail(42, 1)]).await;
    let frank = house.person("frank", "GLX-1");

    let answer = frank
        .asks("{ issue(id: 10001) { key mails { totalCount } } }")
        .await;

    assert_eq!(answer.at("/issue/mails/totalCount"), 0, "{}", answer.body);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_node_id_of_another_site_is_answered_as_one_that_does_not_exist() {
    let house = given_a_house().await;
    let alice = house.alice();
    let id = alice
        .asks("{ issue(id: 10042) { id } }")
        .await
        .at("/issue/id")
        .clone();
    let frank = house.person("frank", "GLX-1");

    let answer = frank
        .asks_with(
            "query($id: ID!) { node(id: $id) { id } }",
            json!({ "id": id }),
        )
        .await;

    assert_eq!(answer.body, json!({ "data": { "node": null } }));
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_crowd_of_forty_with_mail_each_gets_only_its_own() {
    let house = given_a_house_with(
        "",
        Options {
            crowd: true,
            ..Options::default()
        },
    )
    .await;
    let handles: Vec<&'static str> = house
        .sandbox
        .world()
        .people()
        .iter()
        .map(|it| it.handle)
        .collect();
    assert_eq!(handles.len(), 40);
    let issue = |handle: &str| match house.sandbox.world().person(handle).site {
        "acme" => "DEMO-42",
        "globex" => "GLX-1",
        _ => "INI-1",
    };
    let people: Vec<_> = handles
        .iter()
        .map(|it| house.person(it, issue(it)))
        .collect();
    for person in &people {
        person.connects("MICROSOFT").await;
    }
    let query = "{ viewer { connections { provider subject } } }";

    for _ in 0..25 {
        let answers = join_all(people.iter().map(|it| it.asks(query))).await;
        for (answer, person) in answers.iter().zip(&people) {
            let connections = answer.at("/viewer/connections").as_array().unwrap();
            let microsoft = connections
                .iter()
                .find(|it| it["provider"] == "MICROSOFT")
                .unwrap();
            let own = house.sandbox.world().person(person.handle).oid.clone();
            assert_eq!(microsoft["subject"], own, "{}", person.handle);
        }
    }
    house.is_left_clean().await;
}
