//! What a person has to do: issues of all their sites, today's meetings and open tasks, and nobody else's.

use sandbox::fault::Fault;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use trefoil::clock;
use trefoil::store::link::Target;

use crate::harness::person::{Person, client};
use crate::harness::{House, given_a_house};

const LISTS: &str = "{ myWork {
    assigned(first: 3) { ...L } reported(first: 3) { ...L } watched(first: 3) { ...L }
} }
fragment L on WorkList {
    nodes { key updatedAt assignee { name } site { name } }
    hasMore source { provider state } sources { provider state site { id } }
}";

const DAY: &str = "query($zone: String) { myWork { meetings(timeZone: $zone) {
    nodes { meeting { id subject } issues { key } }
    source { provider state } sources { provider state }
} } }";

const TASKS: &str = "query($first: Int) { myWork { tasks(first: $first) {
    nodes { task { status importance dueAt } issues { key } }
    source { provider state } sources { provider state }
} } }";

/// Alice in Outlook, who belongs to two sites: acme by her own panel, globex by the panel of her account there.
async fn given_alice_of_two_sites(house: &House) -> Person<'_> {
    house.alice().connects("MICROSOFT").await;
    let there = house.person("frank", "GLX-1");
    there.connects_as("MICROSOFT", "alice", true).await;
    let alice = house.outlook("alice");
    house.sandbox.world().clear_requests();
    alice
}

/// Writes an event into somebody's calendar that goes on right now; its iCalendar UID.
async fn given_a_meeting_now(house: &House, handle: &str, subject: &str) -> Target {
    let token = house.sandbox.graph_token(handle, &["Calendars.ReadWrite"]);
    let at = |minutes: i64| {
        let moment = clock::now() + time::Duration::minutes(minutes);
        json!({ "dateTime": moment.format(&Rfc3339).unwrap().trim_end_matches('Z'), "timeZone": "UTC" })
    };
    let url = format!("{}/v1.0/me/events", house.sandbox.addresses().graph);
    let event = json!({ "subject": subject, "start": at(-1), "end": at(1) });
    let request = client().post(url).bearer_auth(token).json(&event);
    let event: Value = request.send().await.unwrap().json().await.unwrap();
    Target::Event(event["iCalUId"].as_str().unwrap().parse().unwrap())
}

/// What each site was asked, and with whose token.
fn jira_calls(house: &House) -> Vec<(String, String, String)> {
    let mut calls: Vec<_> = (house.asked("jira").into_iter())
        .filter(|it| it.path.starts_with("/rest/") || it.path.starts_with("/ex/jira/"))
        .map(|it| {
            let path = it.path.split('?').next().unwrap().to_owned();
            (it.site.unwrap(), path, it.subject.unwrap())
        })
        .collect();
    calls.sort();
    calls
}

/// The parts of each `$batch` that Graph was asked, and with whose token.
fn batches(house: &House) -> Vec<(Vec<String>, String)> {
    (house.asked("graph").into_iter())
        .map(|it| (it.batch, it.subject.unwrap()))
        .collect()
}

#[tokio::test]
async fn the_lists_hold_the_viewers_own_open_issues_for_one_search_each() {
    let house = given_a_house().await;
    let alice = house.alice();
    let name = house.sandbox.world().person("alice").name;
    alice.asks("{ viewer { person } }").await;
    house.sandbox.world().clear_requests();
    let answer = alice.asks(LISTS).await;
    assert!(answer.codes().is_empty(), "{}", answer.body);
    for list in ["assigned", "reported", "watched"] {
        let list = answer.at(&format!("/myWork/{list}"));
        let nodes = list["nodes"].as_array().unwrap();
        assert!(nodes.len() <= 3);
        let moments: Vec<&str> = nodes
            .iter()
            .map(|it| it["updatedAt"].as_str().unwrap())
            .collect();
        assert!(moments.is_sorted_by(|a, b| a >= b), "{moments:?}");
        assert_eq!(
            list["source"],
            json!({ "provider": "JIRA", "state": "READY" })
        );
        assert_eq!(list["sources"].as_array().unwrap().len(), 1);
    }
    let assigned = answer.at("/myWork/assigned");
    assert_eq!(assigned["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(assigned["hasMore"], true);
    for issue in assigned["nodes"].as_array().unwrap() {
        assert_eq!(issue["assignee"]["name"], *name);
    }
    let search = (
        "acme".to_owned(),
        "/rest/api/3/search/jql".to_owned(),
        "alice".to_owned(),
    );
    assert_eq!(jira_calls(&house), vec![search; 3]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_list_of_two_sites_is_one_list_by_the_newest_change() {
    let house = given_a_house().await;
    let alice = given_alice_of_two_sites(&house).await;
    let query = "{ myWork { assigned(first: 40) {
        nodes { key updatedAt site { id } } hasMore source { state site { id } } sources { state site { id } }
    } } }";
    let answer = alice.asks(query).await;
    let list = answer.at("/myWork/assigned");
    let nodes = list["nodes"].as_array().unwrap();
    let moments: Vec<&str> = nodes
        .iter()
        .map(|it| it["updatedAt"].as_str().unwrap())
        .collect();
    assert!(moments.is_sorted_by(|a, b| a >= b), "{moments:?}");
    let keys = |list: &Value, of_globex: bool| {
        let nodes = list["nodes"].as_array().unwrap().iter();
        let keys = nodes.map(|it| it["key"].as_str().unwrap().to_owned());
        let keys: Vec<String> = keys
            .filter(|it| it.starts_with("GLX-") == of_globex)
            .collect();
        keys
    };
    let of_acme = keys(list, false);
    assert!(
        !of_acme.is_empty() && !keys(list, true).is_empty(),
        "{list}"
    );
    assert_eq!(list["source"], json!({ "state": "READY", "site": null }));
    let sources = list["sources"].as_array().unwrap();
    assert_eq!(sources.len(), 2);
    assert!(
        sources
            .iter()
            .all(|it| it["state"] == "READY" && it["site"]["id"].is_string())
    );
    let search = |site: &str, subject: &str| {
        (
            site.to_owned(),
            "/rest/api/3/search/jql".to_owned(),
            subject.to_owned(),
        )
    };
    // On each site as her own account there.
    assert_eq!(
        jira_calls(&house),
        [search("acme", "alice"), search("globex", "frank")]
    );

    // One site down: the other is whole.
    house.sandbox.world().inject(Fault {
        provider: "jira".to_owned(),
        subject: Some("frank".to_owned()),
        status: Some(503),
        ..Fault::default()
    });
    let answer = alice.asks(query).await;
    let list = answer.at("/myWork/assigned");
    assert!(answer.codes().is_empty(), "{}", answer.body);
    assert_eq!((keys(list, false), keys(list, true)), (of_acme, Vec::new()));
    assert_eq!(list["source"]["state"], "PARTIAL");
    let states: Vec<&Value> = (list["sources"].as_array().unwrap().iter())
        .map(|it| &it["state"])
        .collect();
    assert!(
        states.contains(&&json!("READY")) && states.contains(&&json!("UNAVAILABLE")),
        "{states:?}"
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn todays_meetings_come_with_their_issues_of_every_site_for_one_call_each() {
    let house = given_a_house().await;
    let meeting = given_a_meeting_now(&house, "alice", "It is today").await;
    let other = given_a_meeting_now(&house, "bob", "Not hers").await;
    house
        .alice()
        .has_linked("10042", std::slice::from_ref(&meeting))
        .await;
    house
        .bob()
        .has_linked("10041", &[meeting.clone(), other])
        .await;
    house
        .person("frank", "GLX-1")
        .has_linked("10002", &[meeting])
        .await;
    let alice = given_alice_of_two_sites(&house).await;
    let zones = [
        None,
        Some("Europe/Berlin"),
        Some("Pacific/Kiritimati"),
        Some("America/Los_Angeles"),
    ];
    for zone in zones {
        house.sandbox.world().clear_requests();
        let answer = alice.asks_with(DAY, json!({ "zone": zone })).await;
        assert!(answer.codes().is_empty(), "{zone:?}: {}", answer.body);
        let nodes = answer.at("/myWork/meetings/nodes").as_array().unwrap();
        assert!(
            !nodes
                .iter()
                .any(|it| it["meeting"]["subject"] == "Not hers")
        );
        let mine = nodes
            .iter()
            .find(|it| it["meeting"]["subject"] == "It is today");
        let mut keys: Vec<&str> = (mine.unwrap()["issues"].as_array().unwrap().iter())
            .map(|it| it["key"].as_str().unwrap())
            .collect();
        keys.sort_unstable();
        assert_eq!(keys, ["DEMO-41", "DEMO-42", "GLX-2"]);
        let sources = json!([
            { "provider": "MICROSOFT", "state": "READY" },
            { "provider": "JIRA", "state": "READY" },
            { "provider": "JIRA", "state": "READY" },
        ]);
        assert_eq!(answer.at("/myWork/meetings/sources"), &sources);
        let [(parts, whose)] = &batches(&house)[..] else {
            panic!("{:?}", batches(&house));
        };
        assert_eq!((parts.len(), whose.as_str()), (1, "alice"));
        assert!(
            parts[0].contains("/me/calendarView?startDateTime="),
            "{parts:?}"
        );
        let calls = jira_calls(&house);
        let asked: Vec<_> = calls
            .iter()
            .map(|it| (it.0.as_str(), it.2.as_str()))
            .collect();
        assert_eq!(asked, [("acme", "alice"), ("globex", "frank")], "{calls:?}");
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_is_no_time_zone_is_refused_before_anybody_is_asked() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    house.sandbox.world().clear_requests();
    let answer = alice
        .asks_with(DAY, json!({ "zone": "Mars/Olympus" }))
        .await;
    assert_eq!(answer.codes(), ["BAD_USER_INPUT"]);
    assert!(house.asked("graph").is_empty());
    house.is_left_clean().await;
}

#[tokio::test]
async fn open_tasks_come_with_their_issues_for_two_graph_calls() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    alice.has_linked("10042", &alice.tasks()).await;
    // Somebody else's link to her very task is not hers.
    house.bob().has_linked("10041", &alice.tasks()).await;
    house.sandbox.world().clear_requests();
    let answer = alice.asks_with(TASKS, json!({})).await;
    let task = |status: &str, importance: &str, due: Option<&str>, issues: &[&str]| {
        let issues: Vec<Value> = issues.iter().map(|key| json!({ "key": key })).collect();
        let due = due.map(|day| format!("{day}T00:00:00Z"));
        json!({ "task": { "status": status, "importance": importance, "dueAt": due }, "issues": issues })
    };
    let expected = json!({ "myWork": { "tasks": {
        "nodes": [
            task("NOT_STARTED", "normal", Some("2026-11-25"), &[]),
            task("NOT_STARTED", "normal", Some("2026-11-25"), &["DEMO-42"]),
            task("IN_PROGRESS", "high", Some("2026-11-26"), &["DEMO-42"]),
            task("NOT_STARTED", "normal", Some("2026-11-27"), &["DEMO-42"]),
            task("NOT_STARTED", "normal", None, &[]),
        ],
        "source": { "provider": "MICROSOFT", "state": "READY" },
        "sources": [
            { "provider": "MICROSOFT", "state": "READY" },
            { "provider": "JIRA", "state": "READY" },
        ],
    } } });
    assert_eq!(answer.body["data"], expected, "{}", answer.body);
    let asked = batches(&house);
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked.iter().all(|(_, whose)| whose == "alice"), "{asked:?}");
    assert_eq!(asked[0].0, ["GET /me/todo/lists?$top=100"]);
    assert!(
        asked[1]
            .0
            .iter()
            .all(|it| it.contains("/tasks?$filter=status%20ne%20")),
        "{asked:?}"
    );
    assert_eq!(jira_calls(&house).len(), 1);

    let answer = alice.asks_with(TASKS, json!({ "first": 2 })).await;
    assert_eq!(
        answer.at("/myWork/tasks/nodes").as_array().unwrap().len(),
        2
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn the_first_paint_of_the_tab_is_five_calls_on_two_sites() {
    let house = given_a_house().await;
    let meeting = given_a_meeting_now(&house, "alice", "It is today").await;
    house.alice().has_linked("10042", &[meeting]).await;
    let alice = given_alice_of_two_sites(&house).await;
    let query = "{ myWork {
        assigned(first: 20) { nodes { key summary status { name } } sources { state } }
        meetings(timeZone: \"Europe/Berlin\") { nodes { meeting { subject startsAt joinUrl } issues { key } } }
        tasks(first: 20) { nodes { task { title } issues { key } } }
    } }";
    let answer = alice.asks(query).await;
    assert!(answer.codes().is_empty(), "{}", answer.body);
    // The calendar and the lists share a batch; the tasks are the other.
    let asked = batches(&house);
    assert_eq!(
        asked
            .iter()
            .map(|(parts, _)| parts.len())
            .collect::<Vec<_>>()[0],
        2,
        "{asked:?}"
    );
    assert_eq!(asked.len(), 2, "{asked:?}");
    let calls = jira_calls(&house);
    assert_eq!(calls.len(), 3, "two searches and one issue: {calls:?}");
    house.is_left_clean().await;
}

#[tokio::test]
async fn with_graph_down_the_issues_are_whole_and_with_jira_down_the_day_is() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    let query = "{ myWork {
        assigned { nodes { key } source { state } }
        meetings { nodes { issues { key } } source { provider state } sources { provider state } }
        tasks { nodes { task { status } issues { key } } source { provider state } sources { provider state } }
    } }";
    alice.has_linked("10042", &alice.tasks()).await;
    let down = |provider: &str| Fault {
        provider: provider.to_owned(),
        status: Some(503),
        ..Fault::default()
    };
    house.sandbox.world().inject(down("graph"));
    let answer = alice.asks(query).await;
    assert!(answer.codes().is_empty(), "{}", answer.body);
    assert_eq!(answer.at("/myWork/assigned/source/state"), "READY");
    assert!(
        !answer
            .at("/myWork/assigned/nodes")
            .as_array()
            .unwrap()
            .is_empty()
    );
    for part in ["meetings", "tasks"] {
        let source = json!({ "provider": "MICROSOFT", "state": "UNAVAILABLE" });
        assert_eq!(answer.at(&format!("/myWork/{part}/source")), &source);
        assert_eq!(answer.at(&format!("/myWork/{part}/nodes")), &json!([]));
    }
    house.sandbox.world().clear_faults();
    house.sandbox.world().inject(down("jira"));
    let answer = alice.asks(query).await;
    assert!(answer.codes().is_empty(), "{}", answer.body);
    assert_eq!(answer.at("/myWork/assigned/source/state"), "UNAVAILABLE");
    assert_eq!(
        answer.at("/myWork/tasks/nodes").as_array().unwrap().len(),
        5
    );
    let sources = json!([
        { "provider": "MICROSOFT", "state": "READY" },
        { "provider": "JIRA", "state": "UNAVAILABLE" },
    ]);
    assert_eq!(answer.at("/myWork/tasks/sources"), &sources);
    house.is_left_clean().await;
}

#[tokio::test]
async fn without_any_site_the_lists_say_how_to_connect_one() {
    let house = given_a_house().await;
    let carol = house.outlook("carol");
    let answer = carol
        .asks("{ myWork { assigned { nodes { id } hasMore source { provider state } sources { state } } } }")
        .await;
    let expected = json!({
        "nodes": [], "hasMore": false,
        "source": { "provider": "JIRA", "state": "NOT_CONNECTED" },
        "sources": [{ "state": "NOT_CONNECTED" }],
    });
    assert_eq!(answer.at("/myWork/assigned"), &expected, "{}", answer.body);
    house.is_left_clean().await;
}

#[tokio::test]
async fn each_site_is_asked_for_the_selected_fields_and_for_what_the_lists_are_merged_by() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.asks("{ viewer { person } }").await;
    let query = "{ myWork { assigned(first: 5) { nodes { key summary } } } }";
    assert_eq!(searched(&house, &alice, query).await, [json!(["summary"])]);
    let alice = given_alice_of_two_sites(&house).await;
    let both = json!(["summary", "updated"]);
    assert_eq!(searched(&house, &alice, query).await, [both.clone(), both]);
    house.is_left_clean().await;
}

/// Which fields each search asked for.
async fn searched(house: &House, who: &Person<'_>, query: &str) -> Vec<Value> {
    let world = house.sandbox.world();
    world.exchanges().clear();
    world.exchanges().keep(true);
    who.asks(query).await;
    let all = serde_json::to_value(world.exchanges().all()).unwrap();
    world.exchanges().keep(false);
    (all.as_array().unwrap().iter())
        .filter(|it| it["path"] == "/rest/api/3/search/jql")
        .map(|it| it["request"]["json"]["fields"].clone())
        .collect()
}
