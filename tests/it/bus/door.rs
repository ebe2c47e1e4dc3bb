//! Who may use the bus, and what travels on it: ids.

use std::collections::BTreeSet;

use serde_json::Value;
use trefoil::bus::Bus;
use trefoil::config::Settings;
use trefoil::doctor;
use trefoil::event::{Change, Event, Personal, Topic, TransferChange, What};
use trefoil::id::{EntraUser, EventId, SiteId, TransferId};
use uuid::Uuid;

use super::{connected, created, hears, linked, tells, topic};
use crate::harness::log::Log;
use crate::harness::nats::{Nats, Traffic, eventually};

#[tokio::test]
async fn credentials_are_used_and_never_logged() {
    let (log, _guard) = Log::begin();
    let named = Nats::start_with(&["--user", "trefoil", "--pass", "s3cret:pa/ss"]).await;
    let token = Nats::start_with(&["--auth", "s3cret-token"]).await;
    let right = [
        format!("nats://trefoil:s3cret%3Apa%2Fss@{}", named.address),
        format!("nats://s3cret-token@{}", token.address),
    ];
    for url in &right {
        let bus = Bus::connect(url, "trefoil").await.unwrap();
        assert!(bus.is_up());
        tells(&bus, &[linked(SiteId::random(), "1")]).await;
        assert!(!format!("{bus:?}").contains("s3cret"));
    }
    for url in [
        named.url(),
        format!("nats://trefoil:s3cret-wrong@{}", named.address),
        format!("nats://s3cret-wrong@{}", token.address),
    ] {
        let bus = Bus::connect(&url, "trefoil").await.unwrap();
        assert!(!bus.is_up());
        let refused = bus.publish(&[linked(SiteId::random(), "1")]).await;
        assert!(!refused.unwrap_err().to_string().contains("s3cret"));
    }
    assert!(
        log.text().contains("authorization violation"),
        "{}",
        log.text()
    );
    assert!(!log.text().contains("s3cret"), "{}", log.text());
}

#[tokio::test]
async fn only_ids_travel() {
    let server = Nats::start().await;
    let traffic = Traffic::of(&server.address, "trefoil").await;
    let bus = connected(&server).await;
    let site = SiteId::random();
    let owner = EntraUser {
        tid: Uuid::new_v4(),
        oid: Uuid::new_v4(),
    };
    let whats = [
        created(site, "1").what,
        linked(site, "1").what,
        What::Mail {
            owner,
            mail: "AAMkmail=".parse().unwrap(),
            change: Change::Created,
        },
        What::CalendarEvent {
            owner,
            event: "AAMkevent=".parse().unwrap(),
            change: Change::Updated,
        },
        What::ChatMessage {
            tenant: owner.tid,
            chat: "19:chat@thread.v2".parse().unwrap(),
            change: Change::Created,
        },
        What::Task {
            owner,
            list: "AAMklist=".parse().unwrap(),
            task: "AAMktask=".parse().unwrap(),
            change: Change::Deleted,
        },
        What::Transfer {
            site,
            issue: "1".parse().unwrap(),
            transfer: TransferId::random(),
            change: TransferChange::Begun,
        },
    ];
    let events: Vec<_> = whats.into_iter().map(told).collect();
    let mut listener = bus
        .listen([Topic::personal(owner, Personal::Tasks), topic(site, "1")])
        .await;

    tells(&bus, &events).await;
    hears(&mut listener, 4).await;

    let expected: usize = events.iter().map(|it| it.topics().len()).sum();
    let lines = eventually("all of it has travelled", || async {
        let text = traffic.text();
        let lines = text.lines().filter(|it| !it.contains(".echo."));
        let lines: Vec<_> = lines.map(str::to_owned).collect();
        (lines.len() >= expected).then_some(lines)
    })
    .await;
    assert_eq!(lines.len(), expected, "{lines:#?}");
    let mut words = BTreeSet::new();
    for line in lines {
        let (subject, payload) = line.split_once(' ').unwrap();
        let event: Event = serde_json::from_str(payload).unwrap();
        assert!(events.contains(&event), "{payload}");
        let topics = event.topics();
        let named = topics.iter().any(|it| subject == format!("trefoil.1.{it}"));
        assert!(named, "{subject}");
        words.extend(words_of(&event));
    }
    // What is no id is one of our own words.
    let uuid = |word: &String| Uuid::try_parse(word).is_ok();
    let number = |word: &String| word.parse::<u64>().is_ok();
    words
        .retain(|it| !uuid(it) && !number(it) && !it.contains("AAMk") && !it.contains("thread.v2"));
    let ours = [
        "begun",
        "calendar_event",
        "chat_message",
        "created",
        "deleted",
        "issue",
        "link",
        "mail",
        "task",
        "transfer",
        "updated",
    ];
    assert_eq!(words, ours.map(str::to_owned).into());
}

fn told(what: What) -> Event {
    Event {
        id: EventId::random(),
        at: 1,
        what,
    }
}

/// Every text in what travels.
fn words_of(event: &Event) -> BTreeSet<String> {
    fn walk(value: &Value, words: &mut BTreeSet<String>) {
        match value {
            Value::String(word) => {
                words.insert(word.clone());
            }
            Value::Array(list) => list.iter().for_each(|it| walk(it, words)),
            Value::Object(map) => map.values().for_each(|it| walk(it, words)),
            _ => {}
        }
    }
    let mut words = BTreeSet::new();
    walk(&serde_json::to_value(event).unwrap(), &mut words);
    words
}

#[tokio::test]
async fn the_doctor_knows_a_locked_door_from_an_empty_house() {
    let server = Nats::start_with(&["--user", "trefoil", "--pass", "s3cret"]).await;
    let with = |url: String| {
        let key = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        let settings = format!(
            "secret.keys = [\"{key}\"]\ndatabase.url = \"sqlite::memory:\"\nevents.url = \"{url}\""
        );
        Settings::parse(&settings).unwrap()
    };
    let right = with(format!("nats://trefoil:s3cret@{}", server.address));
    found_of_events(&right).await.unwrap();
    let wrong = with(format!("nats://trefoil:wr0ng@{}", server.address));
    let wrong = found_of_events(&wrong).await.unwrap_err();
    assert!(wrong.contains("check user and password"), "{wrong}");
    assert!(!wrong.contains("wr0ng"), "{wrong}");
    let memory = with("memory:".to_owned());
    assert!(
        found_of_events(&memory)
            .await
            .unwrap()
            .contains("one gateway")
    );
}

pub(super) async fn found_of_events(settings: &Settings) -> Result<String, String> {
    let mut findings = doctor::examine(settings).await.into_iter();
    let found = findings.find(|it| it.subject == "events.url");
    found.expect("a line about it").outcome
}
