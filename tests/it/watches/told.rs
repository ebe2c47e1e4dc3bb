//! From Graph's notification to who may hear of it, and to nobody else.

use sandbox::event::{Event, Outcome};
use sandbox::recorder::Seen;
use serde_json::{Value, json};
use trefoil::event::Personal;
use trefoil::store::link::Target;

use super::{eventually, given_a_quick_house};
use crate::harness::person::Person;
use crate::harness::{House, given_a_house_with};
use crate::live::stream::{Part, Stream};

const MAILS: &str = "subscription { mailReceived { kind mailId mail { subject } } }";
const MEETINGS: &str = "subscription { meetingEvents { kind meetingId meeting { subject } } }";
const TASKS: &str = "subscription { taskEvents { kind taskId task { title } } }";
const ISSUE: &str = "subscription { issueEvents(issue: \"10042\") { kind chat { topic } } }";

impl Person<'_> {
    /// Listens from now on.
    async fn hears(&self, query: &str) -> Stream {
        let url = &self.house.gateway().url;
        Stream::open(url, &format!("JWT {}", self.token), query).await
    }
}

impl House {
    /// Something happens to somebody at Microsoft, of which somebody is told.
    async fn happens(&self, handle: &str, kind: &str, completed: bool) -> Outcome {
        let event = Event {
            person: Some(handle.to_owned()),
            by: Some("mara".to_owned()),
            // To nobody else.
            in_reply_to: Some("none".to_owned()),
            completed,
            ..Event::new("microsoft", kind)
        };
        let outcome = self.sandbox.sends(event).await;
        assert!(!outcome.sent.is_empty(), "{kind}: nobody is subscribed");
        assert!(outcome.sent.iter().all(|it| it.status == 202), "{kind}");
        outcome
    }

    /// What was asked of Graph besides subscriptions, as which person.
    fn read_at_graph(&self) -> Vec<(Option<String>, usize)> {
        let asked = self.asked("graph").into_iter();
        let reads = asked.filter(|it| !it.path.starts_with("/v1.0/subscriptions"));
        reads
            .map(|it: Seen| (it.subject, it.batch.len().max(1)))
            .collect()
    }
}

/// What is told next that is no gap.
async fn told(stream: &mut Stream) -> Value {
    loop {
        match stream.told().await {
            Some(Part::Next(answer)) => {
                assert!(answer.get("errors").is_none(), "{answer}");
                let data = answer["data"].as_object().unwrap();
                let event = data.values().next().unwrap().clone();
                if event["kind"] != "GAP" {
                    return event;
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_mail_is_told_to_its_owner_alone_who_reads_it_in_one_call() {
    let house = given_a_quick_house(60).await;
    let mut own = house.outlook("alice").hears(MAILS).await;
    let mut others = house.outlook("bob").hears(MAILS).await;
    house.settled("alice").await;
    house.settled("bob").await;
    house.sandbox.world().clear_requests();
    let outcome = house.happens("alice", "message.created", false).await;
    let event = told(&mut own).await;
    assert_eq!(event["kind"], "RECEIVED");
    assert!(event["mail"]["subject"].is_string(), "{event}");
    let id = outcome.ids["immutableMessage"].as_str().unwrap();
    let mails = house.graph("alice", &format!("/me/messages/{id}")).await;
    assert_eq!(event["mail"]["subject"], mails["subject"]);
    let reads = house.read_at_graph();
    // One by the subscriber, and ours to compare.
    assert_eq!(
        reads,
        [(Some("alice".to_owned()), 1), (Some("alice".to_owned()), 1)]
    );

    // What bob hears first is his own.
    let of_bob = house.happens("bob", "message.created", false).await;
    let event = told(&mut others).await;
    let id = of_bob.ids["immutableMessage"].as_str().unwrap();
    let mails = house.graph("bob", &format!("/me/messages/{id}")).await;
    assert_eq!(event["mail"]["subject"], mails["subject"]);
    house.happens("alice", "message.deleted", false).await;
    assert_eq!(told(&mut own).await["kind"], "REMOVED");
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_meeting_is_told_as_it_is_made_moved_and_cancelled() {
    let house = given_a_quick_house(60).await;
    let mut own = house.outlook("alice").hears(MEETINGS).await;
    house.settled("alice").await;
    let made = house.happens("alice", "event.created", false).await;
    let event = told(&mut own).await;
    assert_eq!(event["kind"], "CREATED");
    assert!(event["meeting"]["subject"].is_string(), "{event}");
    assert!(made.ids["event"].is_string());
    house.sandbox.world().clear_requests();
    house.happens("alice", "event.updated", false).await;
    let event = told(&mut own).await;
    assert_eq!(event["kind"], "UPDATED");
    assert_eq!(house.read_at_graph(), [(Some("alice".to_owned()), 1)]);
    house.happens("alice", "event.deleted", false).await;
    assert_eq!(told(&mut own).await["kind"], "CANCELLED");
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_task_is_told_as_it_is_made_and_completed() {
    let settings = "watch.interval = 1\nmicrosoft.scopes = [\"User.Read\", \"Tasks.ReadWrite\"]";
    let house = given_a_house_with(settings, sandbox::Options::default()).await;
    house.agrees(&["Tasks.ReadWrite"]);
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    let task = alice.tasks().remove(0);
    let Target::Task(list, _) = &task else {
        panic!("{task:?}");
    };
    let resource = format!("/me/todo/lists/{list}/tasks");
    alice.has_linked("10042", &[task]).await;
    let mut own = alice.hears(TASKS).await;
    eventually(async || {
        let there = house.sandbox.graph_subscriptions();
        let rows = house.rows("alice").await;
        there.iter().any(|it| it["resource"] == resource)
            && rows.iter().all(|it| it.resync_from.is_none())
    })
    .await;
    let made = house.happens("alice", "task.created", false).await;
    let event = told(&mut own).await;
    assert_eq!(event["kind"], "CREATED");
    assert!(event["task"]["title"].is_string(), "{event}");
    house.sandbox.world().clear_requests();
    let completed = Event {
        id: Some(made.ids["task"].as_str().unwrap().to_owned()),
        completed: true,
        ..Event::new("microsoft", "task.updated")
    };
    house.sandbox.sends(completed).await;
    let again = told(&mut own).await;
    assert_eq!(again["kind"], "COMPLETED");
    assert_eq!(again["taskId"], event["taskId"]);
    assert_eq!(house.read_at_graph(), [(Some("alice".to_owned()), 1)]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_is_said_in_a_linked_chat_is_told_to_its_members_who_look_at_the_issue() {
    let house = given_a_quick_house(60).await;
    let (alice, carol) = (house.alice(), house.person("carol", "DEMO-42"));
    alice.connects("MICROSOFT").await;
    let chat = alice.chats().await.remove(0);
    let target = Target::Chat(chat.parse().unwrap());
    alice.has_linked("10042", &[target]).await;
    let mut members = alice.hears(ISSUE).await;
    let mut strangers = carol.hears(ISSUE).await;
    eventually(async || {
        let there = house.sandbox.graph_subscriptions();
        there.len() == 1 && there[0]["resource"] == format!("/chats/{chat}/messages")
    })
    .await;
    house.settled("alice").await;
    house.sandbox.world().clear_requests();
    let said = Event {
        id: Some(chat.clone()),
        ..Event::new("microsoft", "chatMessage.created")
    };
    assert_eq!(house.sandbox.sends(said).await.sent.len(), 1);
    let event = told(&mut members).await;
    assert_eq!(event["kind"], "CHAT_MESSAGE");
    // With her own token, and nobody else's.
    let reads = house.read_at_graph();
    assert!(
        reads.iter().all(|it| it.0.as_deref() == Some("alice")),
        "{reads:?}"
    );
    assert_eq!(reads.len(), 1);

    // Who looks at the issue and is no member hears of something else first.
    let commented = Event::new("jira", "comment_created");
    house.sandbox.sends(commented).await;
    assert_eq!(told(&mut strangers).await["kind"], "COMMENTED");
    assert_eq!(told(&mut members).await["kind"], "COMMENTED");
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_gap_is_told_when_graph_could_not_tell_of_everything() {
    let house = given_a_quick_house(60).await;
    let mut own = house.outlook("alice").hears(MEETINGS).await;
    let row = house.settled("alice").await;
    let mut ear = house.ear(0, "alice", Personal::Calendar).await;
    let missed = Event {
        id: row.subscription,
        ..Event::new("microsoft", "lifecycle.missed")
    };
    house.sandbox.sends(missed).await;
    super::heard(&mut ear).await;
    let part = own.told().await;
    let gap = json!({ "data": { "meetingEvents": { "kind": "GAP", "meetingId": null, "meeting": null } } });
    assert_eq!(part, Some(Part::Next(gap)));
    house.is_left_clean().await;
}
