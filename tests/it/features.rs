//! What administrators switch off is neither read nor linked, and comes back whole.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::person::{Answer, Person};
use crate::harness::{House, given_a_house};

const JOINS: &str = "{ issue(id: 10042) {
    mails { totalCount source { state } sources { provider state } nodes { subject } }
    meetings { totalCount source { state } sources { provider state } nodes { subject } }
    chats { totalCount source { state } sources { provider state } nodes { topic } }
    tasks { totalCount source { state } sources { provider state } nodes { title } }
    recordings { totalCount source { state } sources { provider state } nodes { topic } } } }";

impl Person<'_> {
    /// Switches a feature of their site; what was answered.
    async fn switches(&self, feature: &str, on: bool) -> Answer {
        let query = "mutation($input: SetFeatureInput!) { setFeature(input: $input) {
            features { feature enabled } userErrors { code field } } }";
        let input = json!({ "idempotencyKey": "k", "feature": feature, "enabled": on });
        self.asks_with(query, json!({ "input": input })).await
    }

    /// The features of their site that are off.
    async fn off(&self) -> Vec<String> {
        let answer = self.asks("{ features { feature enabled } }").await;
        off(answer.at("/features"))
    }
}

fn off(switches: &Value) -> Vec<String> {
    let switches = switches.as_array().expect("there are features").iter();
    let off = switches.filter(|it| it["enabled"] == false);
    off.map(|it| it["feature"].as_str().unwrap().to_owned())
        .collect()
}

/// Whether a vendor was asked for something whose address has this in it, alone or as part of a batch.
fn was_asked(house: &House, words: &str) -> bool {
    let seen = house.sandbox.world().requests();
    seen.iter()
        .flat_map(|it| it.batch.iter().chain([&it.path]))
        .any(|it| it.contains(words))
}

#[tokio::test]
async fn what_is_off_is_not_read_and_all_of_it_comes_back() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    alice.connects("ZOOM").await;
    alice.has_linked_everything().await;
    let whole = alice.asks(JOINS).await;
    for address in ["/me/messages", "/me/events", "/chats/", "/todo/", "/v2/"] {
        assert!(was_asked(&house, address), "{address}");
    }
    for (feature, fields, address) in [
        ("MAIL", &["mails"][..], "/me/messages"),
        ("MEETINGS", &["meetings"], "/me/events"),
        ("CHATS", &["chats"], "/chats/"),
        ("TASKS", &["tasks"], "/todo/"),
        ("ZOOM", &["recordings"], "/v2/"),
    ] {
        let answer = alice.switches(feature, false).await;
        assert_eq!(off(answer.at("/setFeature/features")), [feature]);
        house.sandbox.world().clear_requests();
        let answer = alice.asks(JOINS).await;
        assert_eq!(answer.codes(), [""; 0], "{}", answer.body);
        assert!(!was_asked(&house, address), "{feature}");
        for join in ["mails", "meetings", "chats", "tasks", "recordings"] {
            let (before, now) = (
                whole.at(&format!("/issue/{join}")),
                answer.at(&format!("/issue/{join}")),
            );
            if fields.contains(&join) {
                assert_eq!(now["totalCount"], 0, "{feature}: {now}");
                assert_eq!(now["nodes"], json!([]), "{feature}: {now}");
                assert_eq!(now["source"]["state"], "NOT_CONFIGURED", "{feature}");
            } else {
                assert_eq!(now["nodes"], before["nodes"], "{feature}: {join}");
                assert_eq!(now["source"], before["source"], "{feature}: {join}");
            }
        }
        let answer = alice.switches(feature, true).await;
        assert_eq!(off(answer.at("/setFeature/features")), [""; 0]);
        assert_eq!(alice.asks(JOINS).await.body, whole.body, "{feature}");
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn without_zoom_meetings_are_those_of_the_calendar() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    alice.connects("ZOOM").await;
    let zoom = json!({ "issue": "10042", "provider": "ZOOM", "meeting": "857 460 65" });
    alice.does("linkMeeting", zoom.clone()).await;
    alice.switches("ZOOM", false).await;
    house.sandbox.world().clear_requests();
    let answer = alice.asks(JOINS).await;
    let meetings = answer.at("/issue/meetings");
    assert_eq!(meetings["totalCount"], 0, "{meetings}");
    let states = json!([
        { "provider": "MICROSOFT", "state": "READY" },
        { "provider": "ZOOM", "state": "NOT_CONFIGURED" },
    ]);
    assert_eq!(meetings["sources"], states);
    assert_eq!(meetings["source"]["state"], "READY");
    let refused = alice.tries("linkMeeting", zoom).await;
    assert_eq!(refused["userErrors"][0]["code"], "NOT_CONFIGURED");
    assert_eq!(house.asked("zoom").len(), 0);
    house.is_left_clean().await;
}

#[tokio::test]
async fn nothing_is_linked_with_or_made_of_what_is_off() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    for feature in ["MAIL", "CHATS", "TASKS", "MEETINGS", "ZOOM"] {
        alice.switches(feature, false).await;
    }
    house.sandbox.world().clear_requests();
    let mail = json!({ "internetMessageId": "<demo-42-1@mail.acme.example>" });
    for (mutation, input, fields) in [
        (
            "linkMail",
            json!({ "issue": "10042", "internetMessageId": "<demo-42-1@mail.acme.example>" }),
            "link { id }",
        ),
        (
            "linkChat",
            json!({ "issue": "10042", "chat": "19:x@thread.v2" }),
            "link { id }",
        ),
        (
            "linkTask",
            json!({ "issue": "10042", "list": "AAMkl", "task": "AAMkt" }),
            "link { id }",
        ),
        (
            "linkMeeting",
            json!({ "issue": "10042", "meeting": "AAMke" }),
            "link { id }",
        ),
        (
            "linkRecording",
            json!({ "issue": "10042", "recording": "abc//def1234567890123==" }),
            "link { id }",
        ),
        (
            "createIssueFromMail",
            json!({ "project": "DEMO", "type": "10001", "mail": mail }),
            "issue { id }",
        ),
        (
            "attachMail",
            json!({ "issue": "10042", "mail": mail, "wholeMail": true }),
            "attachments { source }",
        ),
        (
            "addComment",
            json!({ "issue": "10042", "body": "as they wrote", "mail": mail }),
            "comment { id }",
        ),
    ] {
        let payload = alice.mutates(mutation, input, fields).await;
        assert_eq!(
            payload["userErrors"][0]["code"], "NOT_CONFIGURED",
            "{mutation}: {payload}"
        );
    }
    for query in [
        "{ it: mailContext(input: { internetMessageId: \"<demo-42-1@mail.acme.example>\" }) { source { state } } }",
        "{ it: myWork { meetings { source { state } } tasks { source { state } } } }",
    ] {
        let answer = alice.asks(query).await;
        let said = answer.body.to_string();
        assert!(said.contains("NOT_CONFIGURED"), "{said}");
    }
    let asked = house.sandbox.world().requests();
    assert!(asked.is_empty(), "{asked:?}");
    // What needs no mail is done as ever.
    let plain = json!({ "issue": "10042", "body": "seen" });
    let payload = alice.mutates("addComment", plain, "comment { id }").await;
    assert_eq!(payload["userErrors"], json!([]));
    house.is_left_clean().await;
}

#[tokio::test]
async fn only_administrators_switch_for_their_own_site_and_it_is_written_down() {
    let house = given_a_house().await;
    let (alice, bob) = (house.alice(), house.bob());
    let refused = bob.switches("CHATS", false).await;
    assert_eq!(refused.codes(), ["FORBIDDEN"], "{}", refused.body);
    assert_eq!(alice.off().await, [""; 0]);
    alice.switches("CHATS", false).await;
    alice.switches("CHATS", false).await;
    assert_eq!(bob.off().await, ["CHATS"]);
    let (here, elsewhere) = (
        house.person_on("acme", "dan", "DEMO-43"),
        house.person_on("globex", "dan", "DEMO-43"),
    );
    assert_eq!(here.off().await, ["CHATS"]);
    assert_eq!(elsewhere.off().await, [""; 0]);
    let query = "{ auditLog(first: 10) { nodes { action result objectKind objectId actor } } }";
    let log = alice.asks(query).await;
    let entries = log.at("/auditLog/nodes").as_array().unwrap();
    let switched: Vec<_> = (entries.iter())
        .filter(|it| it["action"] == "feature.off")
        .collect();
    assert_eq!(switched.len(), 2, "{}", log.body);
    for entry in switched {
        assert_eq!(entry["result"], "ok", "{entry}");
        assert_eq!(
            (&entry["objectKind"], &entry["objectId"]),
            (&json!("feature"), &json!("chats"))
        );
        assert!(entry["actor"].is_string(), "{entry}");
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn another_gateway_notices_within_seconds() {
    let mut house = given_a_house().await;
    house.opens_a_gateway("").await;
    let (here, there) = (house.alice(), house.alice().at(1));
    assert_eq!(there.off().await, [""; 0]);
    here.switches("MAIL", false).await;
    assert_eq!(here.off().await, ["MAIL"]);
    let begun = Instant::now();
    while there.off().await != ["MAIL"] {
        assert!(
            begun.elapsed() < Duration::from_secs(8),
            "nothing is noticed"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    house.is_left_clean().await;
}
