//! The bus, within a process and over NATS: what is published is heard once and in order, or there is a gap.

mod door;
mod outage;

use std::collections::BTreeSet;
use std::time::Duration;

use rstest::rstest;
use tokio::time::timeout;
use trefoil::bus::{Bus, Listener, Signal};
use trefoil::event::{Event, IssueChange, LinkKind, Topic, What};
use trefoil::id::{EventId, IssueId, LinkId, PersonId, SiteId};

use crate::harness::nats::{Nats, eventually};

/// Whoever waits for an event, waits this long on the busiest machine.
const SOON: Duration = Duration::from_secs(20);

/// Two gateways' ends of one bus.
struct Ends {
    speaker: Bus,
    hearer: Bus,
    _server: Option<Nats>,
}

enum Kind {
    Memory,
    Nats,
}

async fn given(kind: Kind) -> Ends {
    match kind {
        Kind::Memory => {
            let bus = Bus::connect("memory:", "trefoil").await.unwrap();
            Ends {
                speaker: bus.clone(),
                hearer: bus,
                _server: None,
            }
        }
        Kind::Nats => {
            let server = Nats::start().await;
            Ends {
                speaker: connected(&server).await,
                hearer: connected(&server).await,
                _server: Some(server),
            }
        }
    }
}

async fn connected(server: &Nats) -> Bus {
    let bus = Bus::connect(&server.url(), "trefoil").await.unwrap();
    assert!(bus.is_up());
    bus
}

fn linked(site: SiteId, issue: &str) -> Event {
    Event {
        id: EventId::random(),
        at: 1_795_000_000_000,
        what: What::Link {
            site,
            issue: issue.parse().unwrap(),
            link: LinkId::random(),
            target: LinkKind::Mail,
            by: PersonId::random(),
            added: true,
        },
    }
}

fn created(site: SiteId, issue: &str) -> Event {
    Event {
        id: EventId::random(),
        at: 1_795_000_000_000,
        what: What::Issue {
            site,
            issue: issue.parse().unwrap(),
            project: Some("10000".parse().unwrap()),
            change: IssueChange::Created,
            comment: None,
        },
    }
}

fn topic(site: SiteId, issue: &str) -> Topic {
    Topic::issue(site, issue.parse::<IssueId>().unwrap())
}

/// Publishes as the ingress does: what a busy server does not confirm in time is told again, with the same ids.
async fn tells(bus: &Bus, events: &[Event]) {
    eventually("the bus takes it", || async {
        bus.publish(events).await.ok()
    })
    .await;
}

/// The ids of the next so many events; a gap fails.
async fn hears(listener: &mut Listener, count: usize) -> Vec<EventId> {
    let mut heard = Vec::new();
    while heard.len() < count {
        let signals = timeout(SOON, listener.next()).await;
        for signal in signals.unwrap_or_else(|_| panic!("{} of {count} are heard", heard.len())) {
            match signal {
                Signal::Event(event) => heard.push(event.id),
                Signal::Gap => panic!("a gap after {} of {count}", heard.len()),
            }
        }
    }
    heard
}

async fn hears_a_gap(listener: &mut Listener) {
    let signals = timeout(SOON, listener.next()).await;
    assert_eq!(signals.expect("a gap"), [Signal::Gap]);
}

fn ids(events: &[Event]) -> Vec<EventId> {
    events.iter().map(|it| it.id).collect()
}

#[rstest]
#[case::in_memory(Kind::Memory)]
#[case::over_nats(Kind::Nats)]
#[tokio::test]
async fn what_is_published_is_heard_in_order_by_whoever_listens_and_by_nobody_else(
    #[case] kind: Kind,
) {
    let ends = given(kind).await;
    let (site, other) = (SiteId::random(), SiteId::random());
    let mut listener = ends.hearer.listen([topic(site, "1")]).await;
    let mut stranger = ends.hearer.listen([topic(other, "1")]).await;
    let events: Vec<_> = (0..200).map(|_| linked(site, "1")).collect();

    for part in events.chunks(7) {
        tells(&ends.speaker, part).await;
    }
    let last = linked(other, "1");
    tells(&ends.speaker, std::slice::from_ref(&last)).await;

    assert_eq!(hears(&mut listener, 200).await, ids(&events));
    assert_eq!(hears(&mut stranger, 1).await, [last.id]);
}

#[rstest]
#[case::in_memory(Kind::Memory)]
#[case::over_nats(Kind::Nats)]
#[tokio::test]
async fn an_event_is_heard_once_however_often_it_is_told_and_on_however_many_topics(
    #[case] kind: Kind,
) {
    let ends = given(kind).await;
    let site = SiteId::random();
    let project = Topic::project(site, &"10000".parse().unwrap());
    let mut listener = ends
        .hearer
        .listen([topic(site, "1"), project.clone()])
        .await;
    let mut board = ends.hearer.listen([project]).await;
    let (first, last) = (created(site, "1"), linked(site, "1"));

    for _ in 0..20 {
        tells(&ends.speaker, std::slice::from_ref(&first)).await;
    }
    tells(&ends.speaker, std::slice::from_ref(&last)).await;

    assert_eq!(hears(&mut listener, 2).await, [first.id, last.id]);
    assert_eq!(hears(&mut board, 1).await, [first.id]);
}

#[rstest]
#[case::in_memory(Kind::Memory)]
#[case::over_nats(Kind::Nats)]
#[tokio::test]
async fn a_thousand_listeners_hear_what_is_theirs_and_what_is_everybody_s(#[case] kind: Kind) {
    let ends = given(kind).await;
    let site = SiteId::random();
    let begun = (0..1_000_u32).map(|number| {
        let topics = [topic(site, "1"), topic(site, &format!("2{number:04}"))];
        ends.hearer.listen(topics)
    });
    let mut listeners = futures::future::join_all(begun).await;
    let everybody = linked(site, "1");
    let own: Vec<_> = (0..1_000)
        .map(|number| linked(site, &format!("2{number:04}")))
        .collect();

    tells(&ends.speaker, &own).await;
    tells(&ends.speaker, std::slice::from_ref(&everybody)).await;

    for (listener, own) in listeners.iter_mut().zip(&own) {
        // Two topics are two ways, so either may be first.
        let heard: BTreeSet<_> = hears(listener, 2).await.into_iter().collect();
        assert_eq!(heard, BTreeSet::from([own.id, everybody.id]));
    }
}

#[rstest]
#[case::in_memory(Kind::Memory)]
#[case::over_nats(Kind::Nats)]
#[tokio::test]
async fn a_listener_may_listen_to_more_later_and_a_gap_is_told_to_all(#[case] kind: Kind) {
    let ends = given(kind).await;
    let site = SiteId::random();
    let mut listener = ends.hearer.listen([topic(site, "1")]).await;
    let mut other = ends.hearer.listen([topic(site, "3")]).await;
    listener.also([topic(site, "2"), topic(site, "1")]).await;
    let events = [linked(site, "2"), linked(site, "2")];

    tells(&ends.speaker, &events).await;

    assert_eq!(hears(&mut listener, 2).await, ids(&events));
    ends.hearer.gap();
    hears_a_gap(&mut listener).await;
    hears_a_gap(&mut other).await;
}

#[tokio::test]
async fn who_leaves_takes_their_interest_along() {
    let server = Nats::start().await;
    let bus = connected(&server).await;
    let site = SiteId::random();
    let subject = |issue: &str| format!("trefoil.1.site.{site}.issue.{issue}");
    let first = bus.listen([topic(site, "1")]).await;
    let second = bus.listen([topic(site, "1"), topic(site, "2")]).await;
    // One for both, and it is there when `listen` is done.
    assert_eq!(server.subjects().await, [subject("1"), subject("2")]);

    drop(second);
    eventually("the second topic has gone", || async {
        (server.subjects().await == [subject("1")]).then_some(())
    })
    .await;
    drop(first);
    eventually("both topics have gone", || async {
        server.subjects().await.is_empty().then_some(())
    })
    .await;
    // Also when they go before they have come.
    for _ in 0..50 {
        let begun = bus.listen([topic(site, "3")]);
        let _ = timeout(Duration::from_micros(200), begun).await;
    }
    eventually("nothing is left", || async {
        server.subjects().await.is_empty().then_some(())
    })
    .await;
}
