//! Two gateways on one database and one NATS: what one of them is told is heard at the other, and an outage is told.

use std::time::Duration;

use sandbox::event::Event as Happening;
use sandbox::zoom::WEBHOOK_SECRET;
use serde_json::{Value, json};
use tokio::time::timeout;
use trefoil::clock;
use trefoil::event::{Change, Event, Personal, What};
use trefoil::id::{EntraUser, EventId};
use trefoil::ingress;
use trefoil::store::link::Target;

use super::stream::{Part, Stream};
use crate::client::get;
use crate::harness::nats::eventually;
use crate::harness::postgres::Postgres;
use crate::harness::{House, given_two_gateways};

/// Nothing that is asked meanwhile may take as long.
const HUNG: Duration = Duration::from_secs(20);

const ISSUE: &str = "issueEvents(issue: \"10042\") { id kind }";
const QUERY: &str = "{ issue(id: 10042) { key } }";

/// What makes one event.
enum Cause {
    /// Somebody does something at Jira or Zoom, which tells the first gateway.
    Vendor(&'static str, &'static str),
    /// Graph tells the first gateway.
    Graph(What),
    /// Somebody uses an add-in at the first gateway.
    Mutation(&'static str, Value),
}

async fn given(postgres: Option<&Postgres>) -> House {
    let settings = format!("zoom.webhook_secrets = ['{WEBHOOK_SECRET}']");
    let house = given_two_gateways(&settings, postgres).await;
    // What is refused is sent again after the test, so that it is not among what is heard.
    house.sandbox.webhooks(|knobs| knobs.time_scale = 1.0);
    house
}

/// Somebody who listens at one of the gateways.
async fn listens(house: &House, gateway: usize, field: &str) -> Stream {
    let authorization = format!("JWT {}", house.alice().token);
    let query = format!("subscription {{ it: {field} }}");
    Stream::open(&house.gateways[gateway].url, &authorization, &query).await
}

/// The kind and the id of what is said next.
async fn said(stream: &mut Stream) -> (String, String) {
    let Some(Part::Next(answer)) = stream.told().await else {
        panic!("the stream ended");
    };
    let text = |name: &str| match &answer["data"]["it"][name] {
        Value::String(text) => text.clone(),
        _ => panic!("{answer}"),
    };
    (text("kind"), text("id"))
}

/// Something happens to DEMO-42; the answers of whoever was told.
async fn is_changed(house: &House) -> Vec<u16> {
    let outcome = house
        .sandbox
        .sends(Happening::new("jira", "jira:issue_updated"));
    outcome.await.sent.iter().map(|it| it.status).collect()
}

#[tokio::test]
async fn what_one_gateway_is_told_is_heard_at_the_other_once_and_in_order() {
    let house = given(None).await;
    let alice = house.alice();
    for provider in ["MICROSOFT", "ZOOM"] {
        alice.connects(provider).await;
    }
    let url = format!("{}/webhooks/zoom", house.gateway().url);
    house
        .sandbox
        .zoom_webhook(&url, WEBHOOK_SECRET)
        .await
        .unwrap();
    let chat = alice.chats().await.remove(0);
    let linked = Target::Chat(chat.parse().unwrap());
    alice.has_linked("10042", &[linked]).await;
    let person = house.sandbox.world().person("alice");
    let owner = EntraUser {
        tid: person.tid.parse().unwrap(),
        oid: person.oid.parse().unwrap(),
    };
    let mail = |change| What::Mail {
        owner,
        mail: "AAMkmail=".parse().unwrap(),
        change,
    };
    let task = |number: u8| What::Task {
        owner,
        list: "AAMklist=".parse().unwrap(),
        task: format!("AAMktask{number}=").parse().unwrap(),
        change: Change::Deleted,
    };
    let issue = ISSUE;
    let project = "issueCreated(project: \"DEMO\") { id kind }";
    let (mails, meetings) = ("mailReceived { id kind }", "meetingEvents { id kind }");
    let (tasks, recordings) = ("taskEvents { id kind }", "recordingEvents { id kind }");
    let told = [
        (
            Cause::Vendor("jira", "jira:issue_updated"),
            issue,
            "UPDATED",
        ),
        (Cause::Vendor("jira", "comment_created"), issue, "COMMENTED"),
        (
            Cause::Vendor("jira", "comment_updated"),
            issue,
            "COMMENT_UPDATED",
        ),
        (
            Cause::Vendor("jira", "comment_deleted"),
            issue,
            "COMMENT_DELETED",
        ),
        (
            Cause::Vendor("jira", "jira:issue_created"),
            project,
            "CREATED",
        ),
        (
            Cause::Vendor("jira", "jira:issue_created"),
            project,
            "CREATED",
        ),
        (
            Cause::Graph(What::ChatMessage {
                tenant: owner.tid,
                chat: chat.parse().unwrap(),
                change: Change::Created,
            }),
            issue,
            "CHAT_MESSAGE",
        ),
        (Cause::Graph(mail(Change::Created)), mails, "RECEIVED"),
        (Cause::Graph(mail(Change::Deleted)), mails, "REMOVED"),
        (
            Cause::Graph(What::Missed {
                owner,
                what: Personal::Mail,
            }),
            mails,
            "GAP",
        ),
        (
            Cause::Graph(What::CalendarEvent {
                owner,
                event: "AAMkevent=".parse().unwrap(),
                change: Change::Deleted,
            }),
            meetings,
            "CANCELLED",
        ),
        (
            Cause::Vendor("zoom", "meeting.started"),
            meetings,
            "STARTED",
        ),
        (Cause::Vendor("zoom", "meeting.ended"), meetings, "ENDED"),
        (Cause::Graph(task(1)), tasks, "REMOVED"),
        (Cause::Graph(task(2)), tasks, "REMOVED"),
        (
            Cause::Vendor("zoom", "recording.completed"),
            recordings,
            "COMPLETED",
        ),
        (
            Cause::Vendor("zoom", "recording.trashed"),
            recordings,
            "TRASHED",
        ),
        (
            Cause::Mutation(
                "linkMail",
                json!({ "issue": "10042", "internetMessageId": "<demo-42-1@mail.acme.example>" }),
            ),
            issue,
            "LINKED",
        ),
        (
            Cause::Vendor("jira", "jira:issue_updated"),
            issue,
            "UPDATED",
        ),
    ];
    let mut streams = Vec::new();
    for field in [issue, project, mails, meetings, tasks, recordings] {
        streams.push((field, listens(&house, 1, field).await, Vec::new(), 0));
    }

    for (cause, field, kind) in told {
        match cause {
            Cause::Vendor(provider, kind) => {
                let outcome = house.sandbox.sends(Happening::new(provider, kind)).await;
                assert!(!outcome.sent.is_empty(), "{kind}: {:?}", outcome.reason);
                for sent in outcome.sent {
                    assert!(sent.url.starts_with(&house.gateway().url), "{}", sent.url);
                    assert_eq!(sent.status, 204, "{kind}");
                }
            }
            Cause::Graph(what) => {
                let event = Event {
                    id: EventId::random(),
                    at: clock::millis(),
                    what,
                };
                let taken = ingress::take(&house.gateway().app, vec![event]).await;
                assert_eq!(taken, Ok(ingress::Taken::New));
            }
            Cause::Mutation(name, input) => {
                alice.does(name, input).await;
            }
        }
        let (_, stream, ids, begun) = streams.iter_mut().find(|it| it.0 == field).unwrap();
        let (mut heard, mut id) = said(stream).await;
        if heard == "GAP" && kind != "GAP" {
            // What begins to be watched may have changed before: once for what a stream is opened with, and on the
            // issue once more for its mails, after the first of them is linked.
            *begun += 1;
            assert!(
                *begun <= if field == issue { 2 } else { 1 },
                "{field} lost something"
            );
            (heard, id) = said(stream).await;
        }
        assert_eq!(heard, kind);
        assert!(!ids.contains(&id), "{kind} is told twice");
        ids.push(id);
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn without_nats_queries_go_on_and_listeners_hear_a_gap_each_way() {
    let mut house = given(None).await;
    let issue = ISSUE;
    let mut streams = [
        listens(&house, 0, issue).await,
        listens(&house, 1, issue).await,
    ];
    assert_eq!(is_changed(&house).await, [204]);
    for stream in &mut streams {
        assert_eq!(said(stream).await.0, "UPDATED");
    }

    house.nats().stops().await;

    for stream in &mut streams {
        assert_eq!(said(stream).await.0, "GAP");
    }
    // What cannot be told on is not thanked for, so that it is sent again.
    let refused = timeout(HUNG, is_changed(&house)).await;
    assert_eq!(refused.expect("it is answered"), [503]);
    for gateway in [0, 1] {
        let alice = house.alice().at(gateway);
        let answer = timeout(HUNG, alice.asks(QUERY)).await;
        assert_eq!(answer.expect("no query hangs").at("/issue/key"), "DEMO-42");
        let late = timeout(HUNG, listens(&house, gateway, issue)).await;
        let mut late = late.expect("listening begins all the same");
        assert_eq!(said(&mut late).await.0, "GAP");
        let admin = house.gateways[gateway].admin.clone();
        let ready = get(
            admin.trim_start_matches("http://").parse().unwrap(),
            "/readyz",
            &[],
        )
        .await;
        assert_eq!(ready.status, 200, "{}", ready.text);
    }

    house.nats().starts_again().await;

    for stream in &mut streams {
        assert_eq!(said(stream).await.0, "GAP");
    }
    assert_eq!(is_changed(&house).await, [204]);
    for stream in &mut streams {
        // Nothing is between: one gap when it was lost, one when it is back.
        assert_eq!(said(stream).await.0, "UPDATED");
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_postgres_that_is_restarted_is_a_gap_and_nothing_hangs() {
    let mut postgres = Postgres::start().await;
    let house = given(Some(&postgres)).await;
    let mut streams = [
        listens(&house, 0, ISSUE).await,
        listens(&house, 1, ISSUE).await,
    ];
    assert_eq!(is_changed(&house).await, [204]);
    for stream in &mut streams {
        assert_eq!(said(stream).await.0, "UPDATED");
    }

    postgres.stops().await;

    let refused = timeout(HUNG, is_changed(&house)).await;
    assert_eq!(refused.expect("it is answered"), [503]);
    for gateway in [0, 1] {
        let alice = house.alice().at(gateway);
        let answer = timeout(HUNG, alice.asks(QUERY)).await;
        answer.expect("no query hangs");
    }

    postgres.starts_again().await;

    for stream in &mut streams {
        assert_eq!(said(stream).await.0, "GAP");
    }
    for gateway in [0, 1] {
        let alice = house.alice().at(gateway);
        assert_eq!(alice.asks(QUERY).await.at("/issue/key"), "DEMO-42");
    }
    eventually("deliveries are taken again", || async {
        (is_changed(&house).await == [204]).then_some(())
    })
    .await;
    for stream in &mut streams {
        assert_eq!(said(stream).await.0, "UPDATED");
    }
    house.is_left_clean().await;
}
