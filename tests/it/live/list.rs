//! The issues of a list in one subscription, and what is said of links.

use std::time::{Duration, Instant};

use sandbox::event::Event as Cause;
use sandbox::fault::Fault;
use serde_json::{Value, json};
use trefoil::clock;
use trefoil::event::{Event, IssueChange, What};
use trefoil::graphql::scalar::DateTime;
use trefoil::id::{EventId, IssueId, NodeId, SiteId};

use super::stream::{Part, Stream, post};
use crate::harness::{House, given_a_house};

/// Issues of the story: two that everybody sees, and OPS-1, which bob does not.
const KICK_OFF: &str = "10042";
const CARDS: &str = "10043";
const OPERATIONS: &str = "20001";

fn id_of(site: SiteId, issue: &str) -> String {
    NodeId::Issue(site, issue.parse().unwrap()).to_string()
}

fn listen(ids: &[String]) -> String {
    format!("subscription {{ workEvents(issues: {ids:?}) {{ kind issueId commentId }} }}")
}

impl House {
    /// Something happens to issues, all at once.
    async fn changes(&self, site: SiteId, changes: &[(&str, IssueChange)]) {
        let events = changes.iter().map(|(issue, change)| Event {
            id: EventId::random(),
            at: clock::millis(),
            what: What::Issue {
                site,
                issue: issue.parse::<IssueId>().unwrap(),
                project: None,
                change: *change,
                comment: (*change == IssueChange::Commented).then(|| "7".parse().unwrap()),
            },
        });
        let events: Vec<Event> = events.collect();
        self.gateway().app.bus.publish(&events).await.unwrap();
    }

    /// What was read from Jira since the last time that was cleared.
    fn jira_reads(&self) -> usize {
        let asked = self.asked("jira");
        asked
            .iter()
            .filter(|it| it.path.starts_with("/rest/"))
            .count()
    }
}

/// What is said next, of one field.
async fn said(stream: &mut Stream, field: &str) -> Value {
    match stream.told().await {
        Some(Part::Next(answer)) => answer["data"][field].clone(),
        other => panic!("{other:?}"),
    }
}

/// So many events, in an order that counts for each issue alone: over NATS those of several may change places.
async fn said_of_each(stream: &mut Stream, count: usize) -> Vec<Value> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(said(stream, "workEvents").await);
    }
    sorted(all)
}

/// By issue; what is of one stays in its order.
fn sorted(mut events: Vec<Value>) -> Vec<Value> {
    events.sort_by_key(|it| it["issueId"].to_string());
    events
}

fn event(kind: &str, issue: Option<&str>, comment: Option<&str>) -> Value {
    json!({ "kind": kind, "issueId": issue, "commentId": comment })
}

#[tokio::test]
async fn of_a_list_one_hears_what_one_may_see_and_nothing_of_the_rest() {
    let house = given_a_house().await;
    let (url, alice, bob) = (&house.gateway().url, house.alice(), house.bob());
    let site = alice.site().await;
    let ids = [KICK_OFF, CARDS, OPERATIONS].map(|it| id_of(site, it));
    let query = listen(&ids);
    let mut alices = Stream::open(url, &alice.authorization(), &query).await;
    let mut bobs = Stream::open(url, &bob.authorization(), &query).await;
    house
        .changes(
            site,
            &[
                (OPERATIONS, IssueChange::Updated),
                (KICK_OFF, IssueChange::Updated),
                (OPERATIONS, IssueChange::Deleted),
                (CARDS, IssueChange::Commented),
                (CARDS, IssueChange::Deleted),
            ],
        )
        .await;
    let [kick_off, cards, operations] = ids.each_ref().map(|it| Some(it.as_str()));
    let seen = vec![
        event("UPDATED", kick_off, None),
        event("COMMENTED", cards, Some("7")),
        event("DELETED", cards, None),
    ];
    let hidden = [
        event("UPDATED", operations, None),
        event("DELETED", operations, None),
    ];
    let all = [&seen[..], &hidden].concat();
    assert_eq!(said_of_each(&mut alices, 5).await, sorted(all));
    assert_eq!(said_of_each(&mut bobs, 3).await, sorted(seen));
    drop((alices, bobs));
    house.has_listeners(0).await;
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_list_is_asked_about_once_when_it_is_opened_and_once_for_a_burst() {
    let house = given_a_house().await;
    let (url, alice) = (&house.gateway().url, house.alice());
    let site = alice.site().await;
    let issues: Vec<String> = (10_001..=10_050).map(|it| it.to_string()).collect();
    let ids: Vec<String> = issues.iter().map(|it| id_of(site, it)).collect();
    house.sandbox.world().clear_requests();
    let begun = Instant::now();
    let mut stream = Stream::open(url, &alice.authorization(), &listen(&ids)).await;
    assert_eq!(house.jira_reads(), 1);
    let changes: Vec<_> = (issues.iter())
        .map(|it| (it.as_str(), IssueChange::Updated))
        .collect();
    for _ in 0..4 {
        house.changes(site, &changes).await;
        let expected = ids
            .iter()
            .map(|id| event("UPDATED", Some(id.as_str()), None));
        let expected = sorted(expected.collect());
        assert_eq!(said_of_each(&mut stream, ids.len()).await, expected);
    }
    // What was asked counts for two seconds.
    let most = 2 + begun.elapsed().as_secs() / 2;
    let reads = house.jira_reads() as u64;
    assert!(reads <= most, "{reads} calls for two hundred events");
    drop(stream);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_list_has_one_to_fifty_issues_of_ours() {
    let house = given_a_house().await;
    let (url, alice) = (&house.gateway().url, house.alice());
    let site = alice.site().await;
    let one = id_of(site, KICK_OFF);
    for wrong in [
        vec![],
        vec![one.clone(); 51],
        vec![one.clone(), KICK_OFF.to_owned()],
        vec![NodeId::Site(site).to_string()],
    ] {
        let query = listen(&wrong);
        let answer = post(url, &alice.authorization(), "text/event-stream", &query).await;
        let body: Value = answer.json().await.unwrap();
        assert_eq!(
            body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
            "{body}"
        );
    }
    // Fifty times the same is once, and somebody else's site is nothing to be told of.
    let elsewhere = id_of(SiteId::random(), KICK_OFF);
    let ids: Vec<String> = std::iter::repeat_n(one.clone(), 49)
        .chain([elsewhere])
        .collect();
    let mut stream = Stream::open(url, &alice.authorization(), &listen(&ids)).await;
    let twice = [
        (KICK_OFF, IssueChange::Created),
        (KICK_OFF, IssueChange::Updated),
    ];
    house.changes(site, &twice).await;
    for kind in ["CREATED", "UPDATED"] {
        let expected = event(kind, Some(one.as_str()), None);
        assert_eq!(said(&mut stream, "workEvents").await, expected);
    }
    drop(stream);
    house.is_left_clean().await;
}

#[tokio::test]
async fn while_jira_cannot_say_who_sees_what_a_list_says_only_that_something_may_be_missing() {
    let house = given_a_house().await;
    let (url, alice) = (&house.gateway().url, house.alice());
    let site = alice.site().await;
    house.sandbox.world().inject(Fault {
        provider: "jira".to_owned(),
        status: Some(503),
        ..Fault::default()
    });
    let one = id_of(site, KICK_OFF);
    let query = listen(std::slice::from_ref(&one));
    let mut stream = Stream::open(url, &alice.authorization(), &query).await;
    let both = [
        (KICK_OFF, IssueChange::Deleted),
        (KICK_OFF, IssueChange::Updated),
    ];
    house.changes(site, &both).await;
    let gap = event("GAP", None, None);
    assert_eq!(said(&mut stream, "workEvents").await, gap);
    house.sandbox.world().clear_faults();
    let begun = Instant::now();
    loop {
        house
            .changes(site, &[(KICK_OFF, IssueChange::Updated)])
            .await;
        let now = said(&mut stream, "workEvents").await;
        if now == event("UPDATED", Some(one.as_str()), None) {
            break;
        }
        // The gateway leaves Jira alone for a moment.
        assert_eq!(now, gap);
        assert!(begun.elapsed() < Duration::from_secs(20), "{now}");
    }
    drop(stream);
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_changed_before_one_listened_is_a_gap_and_costs_nothing_more() {
    let house = given_a_house().await;
    let (url, alice) = (&house.gateway().url, house.alice());
    let site = alice.site().await;
    let (one, other) = (id_of(site, KICK_OFF), id_of(site, CARDS));
    let shown = alice
        .asks("{ a: issue(id: 10042) { updatedAt } b: issue(id: 10043) { updatedAt } }")
        .await;
    let moment = |name: &str| shown.at(&format!("/{name}/updatedAt")).clone();
    let newest = ["a", "b"].map(|it| DateTime::parse(moment(it).as_str().unwrap()).unwrap());
    let newest = if newest[0] > newest[1] { "a" } else { "b" };
    let of_one = |since: &Value| {
        format!(
            "subscription {{ issueEvents(issue: {one:?}, since: {since}) {{ kind issueId commentId }} }}"
        )
    };
    let of_both = |since: &Value| {
        format!(
            "subscription {{ workEvents(issues: [{one:?}, {other:?}], since: {since}) {{ kind issueId commentId }} }}"
        )
    };
    let updated = event("UPDATED", Some(one.as_str()), None);
    let says = async |query: String, field: &str, expected: &[Value]| {
        house.sandbox.world().clear_requests();
        let mut stream = Stream::open(url, &alice.authorization(), &query).await;
        assert_eq!(house.jira_reads(), 1, "{query}");
        house
            .changes(site, &[(KICK_OFF, IssueChange::Updated)])
            .await;
        for expected in expected {
            assert_eq!(said(&mut stream, field).await, *expected);
        }
        drop(stream);
        house.has_listeners(0).await;
    };
    let [as_shown, newest] = ["a", newest].map(moment);
    let heard = std::slice::from_ref(&updated);
    says(of_one(&as_shown), "issueEvents", heard).await;
    says(of_both(&newest), "workEvents", heard).await;

    // A colleague was faster; an answer of the moment before does not hide it.
    let colleague = Cause {
        issue: Some("DEMO-42".to_owned()),
        ..Cause::new("jira", "jira:issue_updated")
    };
    house.sandbox.sends(colleague).await;
    let gap = event("GAP", Some(one.as_str()), None);
    says(of_one(&as_shown), "issueEvents", &[gap, updated.clone()]).await;
    let gap = event("GAP", None, None);
    says(of_both(&newest), "workEvents", &[gap, updated]).await;
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_link_is_told_with_its_kind_and_of_anothers_task_nobody_is_told() {
    let house = given_a_house().await;
    let (url, alice, bob) = (&house.gateway().url, house.alice(), house.bob());
    alice.connects("MICROSOFT").await;
    let query = "subscription { issueEvents(issue: \"10042\") { kind linkKind linkId } }";
    let mut alices = Stream::open(url, &alice.authorization(), query).await;
    let mut bobs = Stream::open(url, &bob.authorization(), query).await;

    let lists = house.graph("alice", "/me/todo/lists").await;
    let list = lists["value"][0]["id"].as_str().unwrap();
    let path = format!("/me/todo/lists/{list}/tasks");
    let tasks = house.graph("alice", &path).await;
    let task = &tasks["value"][0]["id"];
    let told = |kind: &str, what: &str, link: &Value| json!({ "kind": kind, "linkKind": what, "linkId": link });

    let task = json!({ "issue": KICK_OFF, "list": list, "task": task });
    let link = alice.does("linkTask", task).await["link"]["id"].clone();
    let expected = told("LINKED", "TASK", &link);
    assert_eq!(said(&mut alices, "issueEvents").await, expected);
    alice.does("unlink", json!({ "link": link })).await;
    let expected = told("UNLINKED", "TASK", &link);
    assert_eq!(said(&mut alices, "issueEvents").await, expected);

    let mail = json!({ "issue": KICK_OFF, "internetMessageId": "<demo-42-3@mail.acme.example>" });
    let link = alice.does("linkMail", mail).await["link"]["id"].clone();
    let expected = told("LINKED", "MAIL", &link);
    assert_eq!(said(&mut alices, "issueEvents").await, expected);
    // It is the first that bob hears.
    assert_eq!(said(&mut bobs, "issueEvents").await, expected);
    alice.does("unlink", json!({ "link": link })).await;
    let expected = told("UNLINKED", "MAIL", &link);
    assert_eq!(said(&mut alices, "issueEvents").await, expected);
    assert_eq!(said(&mut bobs, "issueEvents").await, expected);
    drop((alices, bobs));
    house.is_left_clean().await;
}
