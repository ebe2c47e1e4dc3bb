//! Linking: by ids, once for each key, by whoever may see both ends, and written down.

use serde_json::json;

use crate::harness::given_a_house;
use crate::harness::story::RECORDINGS;

#[tokio::test]
async fn everything_can_be_linked_and_unlinked_and_the_audit_log_tells() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    alice.connects("ZOOM").await;
    let mails = house.graph("alice", "/me/messages?$top=1&$select=id").await;
    let events = house.graph("alice", "/me/events?$top=1&$select=id").await;
    let chats = alice.chats().await;
    let lists = house.graph("alice", "/me/todo/lists").await;
    let list = lists["value"][0]["id"].as_str().unwrap();
    let tasks = house
        .graph("alice", &format!("/me/todo/lists/{list}/tasks"))
        .await;

    let issue = json!("10042");
    let mail = alice
        .does(
            "linkMail",
            json!({ "issue": issue, "mail": mails["value"][0]["id"] }),
        )
        .await;
    alice
        .does(
            "linkMail",
            json!({ "issue": issue, "internetMessageId": "<demo-42-3@mail.acme.example>" }),
        )
        .await;
    alice
        .does(
            "linkMeeting",
            json!({ "issue": issue, "meeting": events["value"][0]["id"] }),
        )
        .await;
    alice
        .does(
            "linkMeeting",
            json!({ "issue": issue, "provider": "ZOOM", "meeting": "857 460 65" }),
        )
        .await;
    alice
        .does("linkChat", json!({ "issue": issue, "chat": chats[0] }))
        .await;
    if let Some(task) = tasks["value"].get(0) {
        alice
            .does(
                "linkTask",
                json!({ "issue": issue, "list": list, "task": task["id"] }),
            )
            .await;
    }
    alice
        .does(
            "linkRecording",
            json!({ "issue": issue, "recording": RECORDINGS[1] }),
        )
        .await;

    let query = "{ issue(id: 10042) { mails { totalCount nodes { linkId subject } } meetings { totalCount nodes { provider subject } }
        chats { totalCount } recordings { totalCount nodes { topic } } } }";
    let answer = alice.asks(query).await;
    assert_eq!(answer.at("/issue/mails/totalCount"), 2, "{}", answer.body);
    assert_eq!(
        answer.at("/issue/meetings/nodes").as_array().unwrap().len(),
        2,
        "{}",
        answer.body
    );
    assert_eq!(
        answer
            .at("/issue/recordings/nodes")
            .as_array()
            .unwrap()
            .len(),
        1,
        "{}",
        answer.body
    );

    alice
        .does("unlink", json!({ "link": mail["link"]["id"] }))
        .await;
    let answer = alice.asks(query).await;
    assert_eq!(answer.at("/issue/mails/totalCount"), 1);

    let log = alice.asks("{ auditLog(first: 100) { nodes { action result objectKind objectId actor completedAt } } }").await;
    let entries = log.at("/auditLog/nodes").as_array().unwrap();
    for action in [
        "link.mail",
        "link.meeting",
        "link.chat",
        "link.recording",
        "unlink",
    ] {
        let entry = entries.iter().find(|it| it["action"] == action);
        let entry = entry.unwrap_or_else(|| panic!("{action} is not in the log: {}", log.body));
        assert_eq!(entry["result"], "ok", "{entry}");
        assert!(entry["completedAt"].is_string(), "{entry}");
        assert!(entry["actor"].is_string(), "{entry}");
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn the_same_key_again_gives_the_first_link_and_asks_nobody() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    let input = json!({ "issue": "10042", "internetMessageId": "<demo-42-1@mail.acme.example>", "idempotencyKey": "k" });

    let first = alice.does("linkMail", input.clone()).await;
    house.sandbox.world().clear_requests();
    let second = alice.does("linkMail", input).await;
    let other = json!({ "issue": "10042", "internetMessageId": "<demo-42-2@mail.acme.example>", "idempotencyKey": "k" });
    let reused = alice.tries("linkMail", other).await;

    assert_eq!(first["link"]["id"], second["link"]["id"]);
    assert!(
        house.sandbox.world().requests().is_empty(),
        "a repetition cost calls"
    );
    assert_eq!(reused["userErrors"][0]["code"], "BAD_USER_INPUT");
    assert_eq!(
        reused["userErrors"][0]["field"],
        json!(["input", "idempotencyKey"])
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn nobody_links_to_an_issue_or_from_a_mailbox_that_is_not_theirs_to_see() {
    let house = given_a_house().await;
    let (alice, erin) = (house.alice(), house.person("erin", "DEMO-42"));
    alice.connects("MICROSOFT").await;
    erin.connects("MICROSOFT").await;

    let not_browsable = erin
        .tries(
            "linkMail",
            json!({ "issue": "10042", "internetMessageId": "<demo-42-1@mail.acme.example>" }),
        )
        .await;
    let not_received = alice
        .tries(
            "linkMail",
            json!({ "issue": "10042", "internetMessageId": "<nothing@mail.acme.example>" }),
        )
        .await;
    let malformed = alice
        .tries("linkMail", json!({ "issue": "10042 OR 1=1", "mail": "x" }))
        .await;

    assert_eq!(
        not_browsable["userErrors"][0]["code"], "NOT_FOUND",
        "{not_browsable}"
    );
    assert_eq!(
        not_received["userErrors"][0]["code"], "NOT_FOUND",
        "{not_received}"
    );
    assert_eq!(
        malformed["userErrors"][0]["field"],
        json!(["input", "issue"]),
        "{malformed}"
    );
    assert_eq!(malformed["userErrors"][0]["code"], "BAD_USER_INPUT");
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_link_of_one_site_cannot_be_taken_away_from_another() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    let made = alice
        .does(
            "linkMail",
            json!({ "issue": "10042", "internetMessageId": "<demo-42-1@mail.acme.example>" }),
        )
        .await;
    let frank = house.person("frank", "GLX-1");

    let theirs = frank
        .tries("unlink", json!({ "link": made["link"]["id"] }))
        .await;
    let nobodys = frank
        .tries(
            "unlink",
            json!({ "link": "bGluawo3ZTRmODE1Ni1hNDdkLTRhYTYtOWVhMS0zM2QxZDYyYTBkZTA" }),
        )
        .await;

    assert_eq!(theirs, nobodys);
    let answer = alice
        .asks("{ issue(id: 10042) { mails { totalCount } } }")
        .await;
    assert_eq!(answer.at("/issue/mails/totalCount"), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn the_audit_log_is_for_site_administrators() {
    let house = given_a_house().await;

    let answer = house.bob().asks("{ auditLog { nodes { id } } }").await;

    assert_eq!(answer.at("/auditLog"), &json!(null));
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
    house.is_left_clean().await;
}
