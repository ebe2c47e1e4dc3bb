//! What is listened to by a right ends with it.

use serde_json::json;

use super::LISTEN;
use super::stream::{Part, Stream};
use super::wire::{Heard, Socket};
use crate::harness::given_a_house;

const MAILS: &str = "subscription { mailReceived { kind } }";
const MEETINGS: &str = "subscription { meetingEvents { kind } }";

#[tokio::test]
async fn disconnecting_ends_what_is_listened_to_by_that_account_and_nothing_else() {
    let house = given_a_house().await;
    let (url, alice, bob) = (&house.gateway().url, house.alice(), house.bob());
    for person in [&alice, &bob] {
        person.connects("MICROSOFT").await;
    }
    alice.connects("ZOOM").await;
    let site = alice.site().await;
    let mut mails = Stream::open(url, &alice.authorization(), MAILS).await;
    let mut meetings = Stream::open(url, &alice.authorization(), MEETINGS).await;
    let mut issue = Stream::open(url, &alice.authorization(), LISTEN).await;
    let mut of_bob = Stream::open(url, &bob.authorization(), MAILS).await;
    let mut socket = Socket::open(url, &alice.authorization()).await;
    socket.ask("1", MAILS).await;
    house.has_listeners(5).await;
    let disconnect = |provider: &'static str| {
        let alice = &alice;
        async move {
            alice
                .does("disconnect", json!({ "provider": provider }))
                .await
        }
    };
    disconnect("MICROSOFT").await;
    // Who has just begun to listen may hear of a gap before.
    assert_eq!(last(&mut mails).await, Some(Part::Complete));
    assert_eq!(mails.told().await, None);
    loop {
        match socket.hear().await {
            Heard::Said(said) if said["type"] == "next" => {}
            said => {
                let complete = json!({ "type": "complete", "id": "1" });
                assert_eq!(said, Heard::Said(complete));
                break;
            }
        }
    }
    // The issue is Jira's, meetings may still be Zoom's, and bob is somebody else.
    house.has_listeners(3).await;
    let told = house.updates(site, 1).await;
    assert_eq!(issue.event().await, told[0]);
    disconnect("ZOOM").await;
    assert_eq!(last(&mut meetings).await, Some(Part::Complete));
    house.has_listeners(2).await;
    let told = house.updates(site, 1).await;
    assert_eq!(issue.event().await, told[0]);
    bob.does("disconnect", json!({ "provider": "MICROSOFT" }))
        .await;
    assert_eq!(last(&mut of_bob).await, Some(Part::Complete));
    house.is_left_clean().await;
}

#[tokio::test]
async fn who_signs_in_to_microsoft_by_the_host_goes_on_listening() {
    let house = given_a_house().await;
    let url = &house.gateway().url;
    let (outlook, alice) = (house.outlook("alice"), house.alice());
    alice.connects("MICROSOFT").await;
    let mut by_host = Stream::open(url, &outlook.authorization(), MAILS).await;
    let mut by_account = Stream::open(url, &alice.authorization(), MAILS).await;
    house.has_listeners(2).await;
    alice
        .does("disconnect", json!({ "provider": "MICROSOFT" }))
        .await;
    assert_eq!(last(&mut by_account).await, Some(Part::Complete));
    house.has_listeners(1).await;
    // Only a stop ends it, without a word.
    house.gateway().stop.cancel();
    assert_eq!(last(&mut by_host).await, None);
    house.is_left_clean().await;
}

#[tokio::test]
async fn disconnecting_jira_ends_what_is_listened_to_there() {
    let house = given_a_house().await;
    let (url, carol) = (&house.gateway().url, house.outlook("carol"));
    assert_eq!(carol.connects("JIRA").await.status, 200);
    let query = "query { viewer { sites { id } } }";
    let answer = carol.asks(query).await;
    let site = answer.at("/viewer/sites/0/id").as_str().unwrap();
    let listen =
        format!("subscription {{ issueEvents(issue: \"10042\", site: \"{site}\") {{ id }} }}");
    let mut issue = Stream::open(url, &carol.authorization(), &listen).await;
    let mut mails = Stream::open(url, &carol.authorization(), MAILS).await;
    house.has_listeners(2).await;
    carol
        .does("disconnect", json!({ "provider": "JIRA" }))
        .await;
    assert_eq!(last(&mut issue).await, Some(Part::Complete));
    house.has_listeners(1).await;
    house.gateway().stop.cancel();
    assert_eq!(last(&mut mails).await, None);
    house.is_left_clean().await;
}

#[tokio::test]
async fn taking_the_app_away_from_a_site_ends_what_is_listened_to_in_its_panel() {
    let house = given_a_house().await;
    let url = &house.gateway().url;
    let frank = house.person_on("globex", "frank", "GLX-1");
    let (alice, site) = (house.alice(), house.alice().site().await);
    let mut here = Stream::open(url, &alice.authorization(), LISTEN).await;
    let created = "subscription { issueCreated(project: \"GLX\") { id } }";
    let mut there = Stream::open(url, &frank.authorization(), created).await;
    house.has_listeners(2).await;
    house.sandbox.uninstall("globex", url).await.unwrap();
    assert_eq!(last(&mut there).await, Some(Part::Complete));
    let told = house.updates(site, 1).await;
    assert_eq!(here.event().await, told[0]);
    house.is_left_clean().await;
}

/// How it ends: the first thing that is no event.
async fn last(stream: &mut Stream) -> Option<Part> {
    loop {
        match stream.told().await {
            Some(Part::Next(_)) => {}
            end => return end,
        }
    }
}
