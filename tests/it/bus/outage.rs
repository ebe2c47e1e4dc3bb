//! NATS or the database away, standing still, or not there yet: nothing hangs, and nobody is left in silence.

use std::time::{Duration, Instant};

use sandbox::Options;
use secrecy::ExposeSecret as _;
use tokio::time::timeout;
use trefoil::bus::Signal;
use trefoil::config::Settings;
use trefoil::id::SiteId;

use super::door::found_of_events;
use super::{SOON, connected, hears, hears_a_gap, ids, linked, tells, topic};
use crate::client::get;
use crate::harness::given_a_house_with;
use crate::harness::nats::{Nats, eventually};

/// The bus waits a second for its server; a busy machine adds to that.
const PATIENCE: Duration = Duration::from_secs(3);

#[tokio::test]
async fn an_outage_fails_quickly_is_told_and_is_over_by_itself() {
    let mut server = Nats::start().await;
    let (speaker, hearer) = (connected(&server).await, connected(&server).await);
    let site = SiteId::random();
    let mut listener = hearer.listen([topic(site, "1")]).await;
    server.stops().await;
    hears_a_gap(&mut listener).await;
    assert!(!hearer.is_up());

    // It stays away for a while, and everything answers meanwhile.
    let until = Instant::now() + Duration::from_secs(3);
    let mut newcomer = None;
    let mut unconfirmed = Vec::new();
    while Instant::now() < until {
        let begun = Instant::now();
        let refused = linked(site, "1");
        unconfirmed.push(refused.id);
        speaker.publish(&[refused]).await.unwrap_err();
        assert!(begun.elapsed() < PATIENCE);
        let begun = Instant::now();
        let mut late = hearer.listen([topic(site, "1"), topic(site, "2")]).await;
        assert!(begun.elapsed() < PATIENCE);
        hears_a_gap(&mut late).await;
        newcomer = Some(late);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut newcomer = newcomer.unwrap();
    // Nobody is told twice while nothing changes.
    assert!(
        timeout(Duration::from_millis(100), listener.next())
            .await
            .is_err()
    );

    server.starts_again().await;
    let back = Instant::now();
    hears_a_gap(&mut listener).await;
    hears_a_gap(&mut newcomer).await;
    assert!(back.elapsed() < SOON, "{:?}", back.elapsed());
    eventually("the speaker is connected, too", || async {
        speaker.is_up().then_some(())
    })
    .await;
    let events = [linked(site, "1"), linked(site, "1")];
    tells(&speaker, &events).await;
    for one in [&mut listener, &mut newcomer] {
        // What was on its way when the server went may come after all: its sender sends it again, with the same id.
        let mut heard = hears(one, 2).await;
        while !heard.ends_with(&ids(&events)) {
            heard.extend(hears(one, 1).await);
        }
        heard.truncate(heard.len() - events.len());
        assert!(heard.iter().all(|it| unconfirmed.contains(it)), "{heard:?}");
    }
}

#[tokio::test]
async fn a_server_that_stands_still_holds_nobody_up() {
    let server = Nats::start().await;
    let bus = connected(&server).await;
    let site = SiteId::random();
    let mut listener = bus.listen([topic(site, "1")]).await;
    server.freezes().await;

    let begun = Instant::now();
    bus.publish(&[linked(site, "1")]).await.unwrap_err();
    let mut late = bus.listen([topic(site, "2")]).await;
    assert!(begun.elapsed() < 2 * PATIENCE);
    hears_a_gap(&mut late).await;

    server.goes_on();
    // What was refused may be told all the same, which is why events keep their ids.
    assert_eq!(hears(&mut listener, 1).await.len(), 1);
    let event = linked(site, "2");
    tells(&bus, std::slice::from_ref(&event)).await;
    assert_eq!(hears(&mut late, 1).await, [event.id]);
}

#[tokio::test]
async fn a_server_that_never_answers_again_is_noticed() {
    let server = Nats::start().await;
    let bus = connected(&server).await;
    let mut listener = bus.listen([topic(SiteId::random(), "1")]).await;
    server.freezes().await;
    let heard = timeout(Duration::from_secs(40), listener.next()).await;
    assert_eq!(heard.expect("a gap"), [Signal::Gap]);
    server.goes_on();
    hears_a_gap(&mut listener).await;
}

#[tokio::test]
async fn a_gateway_starts_before_its_bus_and_says_so() {
    let mut server = Nats::start().await;
    server.stops().await;
    let events = format!("events.url = \"{}\"", server.url());
    let house = given_a_house_with(&events, Options::default()).await;
    let admin = house
        .gateway()
        .admin
        .trim_start_matches("http://")
        .parse()
        .unwrap();
    let ready = get(admin, "/readyz", &[]).await;
    assert_eq!(ready.status, 200, "queries are answered");
    assert!(
        ready.text.contains("the event bus does not answer"),
        "{}",
        ready.text
    );
    let alice = house.alice().asks("{ issue(id: 10042) { key } }").await;
    assert_eq!(alice.at("/issue/key"), "DEMO-42");
    let settings = Settings::parse(&house.settings(&events)).unwrap();
    let found = found_of_events(&settings).await;
    assert!(found.unwrap_err().contains("nats-server runs"));

    server.starts_again().await;

    eventually("the gateway is live", || async {
        (get(admin, "/readyz", &[]).await.text == "ready\n").then_some(())
    })
    .await;
    found_of_events(&settings).await.unwrap();
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_database_that_was_away_is_a_gap() {
    let house = given_a_house_with("", Options::default()).await;
    let app = &house.gateway().app;
    if app
        .settings
        .database
        .url
        .expose_secret()
        .starts_with("sqlite:")
    {
        // It is within the process: there is nothing to be away from.
        assert!(trefoil::store::Pulse::of("sqlite://x.db").is_none());
        return house.is_left_clean().await;
    }
    let mut listener = app.bus.listen([topic(SiteId::random(), "1")]).await;
    let mut heard = false;
    // The connection that feels the pulse may not have begun yet.
    for _ in 0..10 {
        house.cuts_the_database_off().await;
        if timeout(Duration::from_secs(2), listener.next())
            .await
            .is_ok()
        {
            heard = true;
            break;
        }
    }
    assert!(heard, "a gap");
    house.is_left_clean().await;
}
