//! Leaving Zoom or the site: the tokens go, here and there, and what was attached stays.

use sandbox::Options;
use sandbox::event::Event;
use sandbox::zoom::WEBHOOK_SECRET;
use serde_json::{Value, json};

use super::QUICK;
use crate::harness::{House, given_a_house_with};
use crate::webhooks::count;

const ZOOM_ROWS: &str = "SELECT COUNT(*) AS n FROM connection WHERE provider = 'zoom'";
const ZOOM_PEOPLE: &str = "SELECT COUNT(*) AS n FROM identity WHERE provider = 'zoom'";

/// Alice with one video attached, and a second on its way that takes a while.
async fn given_one_attached_and_one_on_its_way() -> (House, Value) {
    let settings = format!("{QUICK}\nzoom.webhook_secrets = ['{WEBHOOK_SECRET}']");
    let house = given_a_house_with(&settings, Options::default()).await;
    let address = format!("{}/webhooks/zoom", house.gateway().url);
    let saved = house.sandbox.zoom_webhook(&address, WEBHOOK_SECRET).await;
    saved.unwrap();
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let payload = alice.attaches(0, &["TRANSCRIPT"]).await;
    alice
        .sees_the_end(&payload["transfers"][0]["id"].clone())
        .await;
    house.sandbox.zoom(|knobs| {
        knobs.video_bytes = 50_000_000;
        knobs.download_bytes_per_second = Some(1_000_000);
    });
    let id = alice.attaches_video().await;
    alice.sees(&id, |it| it["sent"].as_f64() > Some(0.0)).await;
    house.sandbox.world().clear_requests();
    (house, id)
}

fn attached(house: &House) -> usize {
    let attached = house.sandbox.jira_attachments("acme", "DEMO-42");
    attached.keys().filter(|it| it.starts_with("Zoom_")).count()
}

#[tokio::test]
async fn who_takes_the_app_away_at_zoom_is_forgotten_and_the_attachment_stays() {
    let (house, _) = given_one_attached_and_one_on_its_way().await;
    house.bob().connects("ZOOM").await;
    assert_eq!(count(&house, ZOOM_ROWS).await, 2);
    let mut event = Event::new("zoom", "app_deauthorized");
    event.person = Some("alice".to_owned());

    let outcome = house.sandbox.sends(event.clone()).await;
    assert_eq!(outcome.sent.len(), 1);
    house.sandbox.sends(event).await;

    assert_eq!(count(&house, ZOOM_ROWS).await, 1, "only bob's is left");
    assert_eq!(count(&house, ZOOM_PEOPLE).await, 1);
    let alice = house.alice();
    let answer = alice
        .asks("{ viewer { connections { provider state } } }")
        .await;
    let connections = answer.at("/viewer/connections").as_array().unwrap();
    let zoom = connections.iter().find(|it| it["provider"] == "ZOOM");
    assert_eq!(zoom.unwrap()["state"], "NOT_CONNECTED", "{}", answer.body);
    let log = "SELECT COUNT(*) AS n FROM audit WHERE action = 'zoom.deauthorize'";
    assert_eq!(count(&house, log).await, 1);
    assert_eq!(attached(&house), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn somebody_elses_app_or_account_takes_nothing_away() {
    let (house, _) = given_one_attached_and_one_on_its_way().await;
    let mut event = Event::new("zoom", "app_deauthorized");
    event.person = Some("bob".to_owned());
    house.sandbox.sends(event).await;
    assert_eq!(count(&house, ZOOM_ROWS).await, 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn who_disconnects_ends_what_is_on_its_way() {
    let (house, id) = given_one_attached_and_one_on_its_way().await;
    let alice = house.alice();
    alice
        .mutates("disconnect", json!({ "provider": "ZOOM" }), "disconnected")
        .await;
    let revoked = house.asked("zoom");
    assert!(
        revoked
            .iter()
            .any(|it| it.path.starts_with("/oauth/revoke"))
    );
    let ended = alice.sees_the_end(&id).await;
    assert_eq!(ended["state"], "FAILED", "{ended}");
    assert_eq!(ended["problem"]["code"], "ZOOM_NOT_CONNECTED", "{ended}");
    assert_eq!(attached(&house), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn an_uninstalled_site_leaves_no_transfer_and_revokes_what_its_people_connected() {
    let (house, _) = given_one_attached_and_one_on_its_way().await;
    let gateway = house.gateway().url.clone();
    house.sandbox.uninstall("acme", &gateway).await.unwrap();
    house.is_carrying_nothing().await;
    assert_eq!(count(&house, "SELECT COUNT(*) AS n FROM transfer").await, 0);
    assert_eq!(count(&house, ZOOM_ROWS).await, 0);
    let revoked = || {
        let asked = house.asked("zoom");
        asked.iter().any(|it| it.path.starts_with("/oauth/revoke"))
    };
    let begun = std::time::Instant::now();
    while !revoked() {
        assert!(begun.elapsed().as_secs() < 10, "nothing was revoked");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(attached(&house), 1, "what was attached is Jira's");
    house.is_left_clean().await;
}
