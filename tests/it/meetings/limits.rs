//! Zoom's rate limits: a label that is used up is not asked again before its time, and nothing else waits for it.

use std::time::Duration;

use sandbox::fault::Fault;
use serde_json::{Value, json};
use trefoil::id::NodeId;

use super::{asked, tomorrow};
use crate::harness::given_a_house;

/// Zoom refuses what has this in its path, once, with these headers.
fn limited(path: &str, headers: &[(&str, &str)]) -> Fault {
    let headers = headers.iter();
    Fault {
        provider: "zoom".into(),
        path: Some(path.into()),
        count: Some(1),
        status: Some(429),
        headers: headers
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: Some(json!({ "code": 429, "message": "too often" }).to_string()),
        ..Fault::default()
    }
}

/// How Zoom stands for the meetings of DEMO-42.
fn zoom(meetings: &Value) -> Value {
    let sources = meetings["sources"].as_array().unwrap().iter();
    let mut zoom = sources.filter(|it| it["provider"] == "ZOOM");
    zoom.next().unwrap().clone()
}

#[tokio::test]
async fn what_is_used_up_for_the_day_is_not_asked_again_until_it_is_over() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let link = json!({ "issue": "10042", "meeting": "85746065" });
    alice.mutates("linkMeeting", link, "link { id }").await;
    let (tomorrow_at, form) = (
        trefoil::clock::now() + time::Duration::hours(5),
        &time::format_description::well_known::Rfc3339,
    );
    let moment = tomorrow_at
        .replace_nanosecond(0)
        .unwrap()
        .format(form)
        .unwrap();
    let headers = [
        ("x-ratelimit-category", "Light"),
        ("x-ratelimit-type", "Daily-limit"),
        ("retry-after", &*moment),
    ];
    house
        .sandbox
        .world()
        .inject(limited("/v2/meetings/", &headers));
    house.sandbox.world().clear_requests();

    let first = zoom(&alice.sees_meetings("id").await);
    let second = zoom(&alice.sees_meetings("id").await);

    for source in [&first, &second] {
        assert_eq!(source["state"], "RATE_LIMITED", "{source}");
    }
    let wait = second["retryAfter"].as_i64().unwrap();
    assert!((17_000..=18_000).contains(&wait), "{wait}");
    assert_eq!(
        asked(&house, "zoom").len(),
        1,
        "the second knew without asking"
    );

    // Another label of the same account is free, and so is another account.
    let made = alice
        .mutates("scheduleMeeting", tomorrow("Plan"), "link { id }")
        .await;
    assert_eq!(made["userErrors"], json!([]), "{made}");
    let frank = house.person("frank", "GLX-1");
    frank.connects("ZOOM").await;
    let id = NodeId::ZoomMeeting("85746065".parse().unwrap());
    let answer = frank
        .asks(&format!("{{ meeting(id: \"{id}\") {{ id }} }}"))
        .await;
    assert_eq!(
        answer.body,
        json!({ "data": { "meeting": null } }),
        "not his, and not limited"
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_is_too_much_for_a_second_is_asked_again_after_it() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let link = json!({ "issue": "10042", "meeting": "85746065" });
    alice.mutates("linkMeeting", link, "link { id }").await;
    let headers = [
        ("x-ratelimit-category", "Light"),
        ("x-ratelimit-type", "QPS"),
    ];
    house
        .sandbox
        .world()
        .inject(limited("/v2/meetings/", &headers));

    let refused = zoom(&alice.sees_meetings("id").await);
    assert_eq!(
        (&refused["state"], &refused["retryAfter"]),
        (&json!("RATE_LIMITED"), &json!(1))
    );
    let begun = std::time::Instant::now();
    while zoom(&alice.sees_meetings("id").await)["state"] != "READY" {
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    house.is_left_clean().await;
}
