//! The finished recordings of linked meetings, which are linked by themselves.

use futures::future::join_all;
use sandbox::event::Event;
use sandbox::zoom::WEBHOOK_SECRET;
use serde_json::{Value, json};
use trefoil::event::What;
use trefoil::store::link::Target;

use super::zoom::{RECORDING, given_zoom, recording, tells};
use super::{Ear, count, link, site_of};
use crate::harness::{House, given_a_house_with};
use crate::live::stream::{Part, Stream};

const RECORDINGS: &str = "SELECT COUNT(*) AS n FROM link WHERE kind = 'recording'";

fn meeting(number: &str) -> Target {
    Target::ZoomMeeting(number.parse().unwrap())
}

/// How many recordings of this kind are linked.
async fn linked(house: &House, and: &str) -> i64 {
    count(house, &format!("{RECORDINGS} {and}")).await
}

#[tokio::test]
async fn a_finished_recording_is_linked_once_wherever_its_meeting_is() {
    let house = given_zoom().await;
    let (alice, frank) = (house.alice(), house.person_on("globex", "frank", "GLX-1"));
    for issue in ["10042", "10043"] {
        alice.has_linked(issue, &[meeting("1234567890")]).await;
    }
    frank.has_linked("10042", &[meeting("5554443332")]).await;
    let site = site_of(&house, "acme", "alice", "DEMO-42").await;
    let app = &house.gateway().app;
    let mut first = Ear::at(app, link(site, "10042")).await;
    let mut second = Ear::at(app, link(site, "10043")).await;

    // A thousand times the same.
    let body = recording(&house, "recording.completed");
    for _ in 0..10 {
        let statuses = join_all((0..100).map(|_| tells(&house, &body))).await;
        assert_eq!(statuses, [204; 100]);
    }
    for ear in [&mut first, &mut second] {
        let heard = ear.hears().await;
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert!(
            matches!(heard[0].what, What::Link { site: it, added: true, .. } if it == site),
            "{heard:?}"
        );
    }
    let (person, _) = alice.ids().await;
    let as_hers = format!(
        "AND provider = 'zoom' AND external_id = '{RECORDING}' AND linked_by = '{person}' AND site_id = '{site}'"
    );
    assert_eq!(linked(&house, "").await, 2);
    assert_eq!(linked(&house, &as_hers).await, 2);
    // Nobody did it, and the log says so.
    let audited = "SELECT COUNT(*) AS n FROM audit WHERE action = 'link.recording' AND person_id IS NULL AND result = 'ok'";
    assert_eq!(count(&house, audited).await, 2);

    // The same recording with another file is no other link; that of another day is.
    let mut more = body.clone();
    more["event_ts"] = json!(1_626_230_699_999_i64);
    assert_eq!(tells(&house, &more).await, 204);
    assert_eq!(linked(&house, "").await, 2);
    more["payload"]["object"]["uuid"] = json!("5555AAAiAAAAAiAiAiiAii==");
    assert_eq!(tells(&house, &more).await, 204);
    assert_eq!(linked(&house, "").await, 4);
    house.is_left_clean().await;
}

#[tokio::test]
async fn recordings_of_meetings_that_nobody_linked_are_not_and_what_is_no_recording_yet_is_not() {
    let house = given_zoom().await;
    let alice = house.alice();
    alice.has_linked("10042", &[meeting("5554443332")]).await;
    for event in [
        "recording.completed",
        "recording.transcript_completed",
        "recording.trashed",
    ] {
        assert_eq!(tells(&house, &recording(&house, event)).await, 204);
    }
    assert_eq!(linked(&house, "").await, 0);
    alice.has_linked("10042", &[meeting("1234567890")]).await;
    let mut later = recording(&house, "recording.transcript_completed");
    later["event_ts"] = json!(1_626_230_699_999_i64);
    assert_eq!(tells(&house, &later).await, 204);
    assert_eq!(linked(&house, "").await, 0);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_finished_recording_appears_in_the_issue_by_itself() {
    let settings = format!("zoom.webhook_secrets = ['{WEBHOOK_SECRET}']");
    let house = given_a_house_with(&settings, sandbox::Options::default()).await;
    let url = &house.gateway().url;
    let address = format!("{url}/webhooks/zoom");
    let saved = house.sandbox.zoom_webhook(&address, WEBHOOK_SECRET).await;
    saved.unwrap();
    let (alice, bob) = (house.alice(), house.bob());
    alice.connects("ZOOM").await;
    let number = sandbox::zoom::DEMO_42_MEETING.to_string();
    alice.has_linked("10042", &[meeting(&number)]).await;
    let query = "subscription { issueEvents(issue: \"10042\") { kind recording { topic } } }";
    let mut hosts = Stream::open(url, &format!("JWT {}", alice.token), query).await;
    let mut others = Stream::open(url, &format!("JWT {}", bob.token), query).await;
    house.sandbox.world().clear_requests();
    let outcome = house
        .sandbox
        .sends(Event::new("zoom", "recording.completed"))
        .await;
    assert_eq!(outcome.sent.len(), 1);

    // Whose it is sees it; who has no right to it at Zoom hears that something is new, and reads nothing of it.
    let mut shown = Vec::new();
    while shown.len() < 2 {
        shown.push(event(&mut hosts).await);
    }
    shown.sort_by_key(|it| it["kind"].to_string());
    assert_eq!(shown[0]["kind"], "LINKED");
    assert_eq!(shown[1]["kind"], "RECORDING_CHANGED");
    for it in &shown {
        assert!(it["recording"]["topic"].is_string(), "{it}");
    }
    for _ in 0..2 {
        let unseen = event(&mut others).await;
        assert_eq!(unseen["recording"], json!(null));
    }
    for asked in house.asked("zoom") {
        assert_eq!(asked.subject.as_deref(), Some("alice"), "{asked:?}");
    }
    let answer = alice
        .asks("{ issue(id: \"10042\") { recordings { nodes { topic } } } }")
        .await;
    let nodes = answer.at("/issue/recordings/nodes").as_array().unwrap();
    assert_eq!(nodes.len(), 1, "{}", answer.body);
    house.is_left_clean().await;
}

async fn event(stream: &mut Stream) -> Value {
    match stream.told().await {
        Some(Part::Next(answer)) => answer["data"]["issueEvents"].clone(),
        other => panic!("{other:?}"),
    }
}
