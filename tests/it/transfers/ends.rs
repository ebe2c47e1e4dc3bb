//! Watching, stopping, and who may do either.

use std::time::Duration;

use sandbox::Options;
use serde_json::{Value, json};

use super::QUICK;
use crate::harness::{House, given_a_house_with, given_two_gateways};
use crate::live::stream::{Part, Stream};

async fn given_a_slow_video() -> House {
    let house = given_a_house_with(QUICK, Options::default()).await;
    house.alice().connects("ZOOM").await;
    house.sandbox.zoom(|knobs| {
        knobs.video_bytes = 4_000_000;
        knobs.download_bytes_per_second = Some(1_000_000);
    });
    house
}

#[tokio::test]
async fn its_progress_is_told_to_who_sees_the_issue() {
    let house = given_a_slow_video().await;
    let (url, alice) = (&house.gateway().url, house.alice());
    let id = alice.attaches_video().await;
    let query = format!("subscription {{ transferProgress(id: {id}) {{ state sent size }} }}");
    let mut stream = Stream::open(url, &alice.authorization(), &query).await;
    let mut sent = Vec::new();
    let last = loop {
        let told = tokio::time::timeout(Duration::from_secs(20), stream.told()).await;
        let Ok(Some(Part::Next(answer))) = told else {
            panic!("nothing more is told after {sent:?}");
        };
        let transfer = answer["data"]["transferProgress"].clone();
        assert!(transfer.is_object(), "{answer}");
        sent.push(transfer["sent"].as_f64().unwrap());
        if transfer["state"] == "DONE" {
            break transfer;
        }
    };
    assert_eq!(last["sent"], last["size"]);
    assert!(sent.is_sorted(), "{sent:?}");
    assert!(
        sent.iter().any(|it| *it > 0.0 && *it < 4_000_000.0),
        "{sent:?}"
    );
    drop(stream);
    house.is_left_clean().await;
}

#[tokio::test]
async fn it_is_told_at_another_gateway_within_two_seconds() {
    let house = given_two_gateways(QUICK, None).await;
    house.alice().connects("ZOOM").await;
    house.sandbox.zoom(|knobs| {
        knobs.video_bytes = 3_000_000;
        knobs.download_bytes_per_second = Some(1_000_000);
    });
    let alice = house.alice();
    let on_page = "subscription { issueEvents(issue: \"10042\") { kind transferId } }";
    let mut pages = Vec::new();
    for gateway in &house.gateways {
        pages.push(Stream::open(&gateway.url, &alice.authorization(), on_page).await);
    }
    let id = alice.attaches_video().await;
    // Both hear of it, wherever it is carried: that it began, and that it has ended.
    for page in &mut pages {
        let told = tokio::time::timeout(Duration::from_secs(2), page.told()).await;
        let Ok(Some(Part::Next(answer))) = told else {
            panic!("nothing is told in time");
        };
        let event = &answer["data"]["issueEvents"];
        assert_eq!(event["kind"], "TRANSFER_CHANGED", "{answer}");
        assert_eq!(event["transferId"], id, "{answer}");
    }
    let query = format!("subscription {{ transferProgress(id: {id}) {{ state sent }} }}");
    for gateway in &house.gateways {
        let mut stream = Stream::open(&gateway.url, &alice.authorization(), &query).await;
        let told = tokio::time::timeout(Duration::from_secs(2), stream.told()).await;
        assert!(
            matches!(&told, Ok(Some(Part::Next(answer))) if answer["data"]["transferProgress"]["sent"].is_number()),
            "{told:?}"
        );
    }
    alice.sees_the_end(&id).await;
    let ended = tokio::time::Instant::now();
    for page in &mut pages {
        loop {
            let told = tokio::time::timeout_at(ended + Duration::from_secs(2), page.told()).await;
            let Ok(Some(Part::Next(answer))) = told else {
                panic!("its end is not told in time");
            };
            assert_eq!(answer["data"]["issueEvents"]["transferId"], id, "{answer}");
            if alice.transfer(&id).await["state"] == "DONE" {
                break;
            }
        }
    }
    drop(pages);
    house.is_left_clean().await;
}

#[tokio::test]
async fn its_starter_stops_it_and_nobody_else_does() {
    let house = given_a_slow_video().await;
    let (alice, bob) = (house.alice(), house.bob());
    let id = alice.attaches_video().await;
    alice.sees(&id, |it| it["sent"].as_f64() > Some(0.0)).await;
    let seen = bob.transfer(&id).await;
    assert_eq!(
        seen["isOwn"], false,
        "who sees the issue sees that it comes: {seen}"
    );
    let input = json!({ "transfer": id });
    let refused = bob
        .mutates("cancelTransfer", input.clone(), "transfer { id }")
        .await;
    assert_eq!(refused["userErrors"][0]["code"], "NOT_FOUND", "{refused}");
    let stopped = alice
        .mutates("cancelTransfer", input.clone(), "transfer { state }")
        .await;
    assert_eq!(stopped["transfer"]["state"], "CANCELLED", "{stopped}");
    let again = alice
        .mutates("cancelTransfer", input, "transfer { state }")
        .await;
    assert_eq!(again["transfer"]["state"], "CANCELLED", "{again}");
    // What was on its way is broken off, so no part of it arrives.
    house.is_carrying_nothing().await;
    assert_eq!(alice.files().await, []);
    // Wanted again, it begins anew.
    house
        .sandbox
        .zoom(|knobs| knobs.download_bytes_per_second = None);
    assert_eq!(alice.attaches_video().await, id);
    assert_eq!(alice.sees_the_end(&id).await["state"], "DONE");
    assert_eq!(alice.files().await.len(), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn who_does_not_see_the_issue_learns_nothing_of_it() {
    let house = given_a_slow_video().await;
    let (alice, bob) = (house.alice(), house.bob());
    let id = alice.attaches_video().await;
    house.sandbox.set_browses("bob", "acme", "DEMO", false);
    assert_eq!(bob.transfer(&id).await, Value::Null);
    let elsewhere = house.person_on("globex", "dan", "GLX-1");
    assert_eq!(elsewhere.transfer(&id).await, Value::Null);
    let query = format!("subscription {{ transferProgress(id: {id}) {{ state }} }}");
    let url = &house.gateway().url;
    for person in [&bob, &elsewhere] {
        let answer =
            crate::live::stream::post(url, &person.authorization(), "text/event-stream", &query)
                .await;
        let text = answer.text().await.unwrap();
        assert!(text.contains("BAD_USER_INPUT"), "{text}");
        house.keeps(text);
    }
    alice.sees_the_end(&id).await;
    house.is_left_clean().await;
}
