//! A mail's issues, wherever the mail lies and whoever opens it: own copy, another's, moved, shared.

mod streams;
mod suggestions;
mod trouble;

use serde_json::{Value, json};

use crate::harness::person::{Answer, Person, client};
use crate::harness::story::mail;
use crate::harness::{House, given_a_house, given_a_house_with};

/// What the Outlook pane asks first.
const PANE: &str = "query Pane($input: MailContextInput!) { mailContext(input: $input) {
    mail { id subject internetMessageId }
    source { provider state missingScopes }
    sources { provider state site { id } }
    issues { via linkId issue { key summary } } } }";

/// The same with what might belong to it, and what is attached.
const WHOLE: &str = "query Pane($input: MailContextInput!) { mailContext(input: $input) {
    mail { id attachments { id name kind inline signature size } }
    source { state } sources { provider state }
    issues { via issue { key } }
    suggestions { reason issue { key status { category } } } } }";

/// The settings that let shared mailboxes be read.
const SHARED: &str = r#"microsoft.scopes = ["User.Read", "Mail.Read", "Mail.Read.Shared"]"#;

impl Person<'_> {
    async fn opens(&self, query: &str, input: Value) -> Answer {
        self.house.sandbox.world().clear_requests();
        let answer = self.asks_with(query, json!({ "input": input })).await;
        assert_eq!(answer.body.get("errors"), None, "{}", answer.body);
        answer
    }
}

/// Someone who uses both the panel and Outlook, with their Microsoft account connected.
async fn in_both<'h>(house: &'h House, handle: &'static str, issue: &str) -> Person<'h> {
    house.person(handle, issue).connects("MICROSOFT").await;
    house.outlook(handle)
}

/// A path of Graph with the token of somebody, and the ids that end with a move.
async fn exchange(house: &House, handle: &str, method: &str, path: &str, body: Value) -> Value {
    let permissions = ["Mail.Read", "Mail.ReadWrite", "Mail.Read.Shared"];
    let url = format!("{}/v1.0{path}", house.sandbox.addresses().graph);
    let request = client()
        .request(method.parse().unwrap(), url)
        .bearer_auth(house.sandbox.graph_token(handle, &permissions));
    let request = if body.is_null() {
        request
    } else {
        request.json(&body)
    };
    request.send().await.unwrap().json().await.unwrap()
}

/// The id of a mail that a host would have: one that ends with a move.
async fn item_id(house: &House, handle: &str, mailbox: &str, message_id: &str) -> String {
    let path =
        format!("{mailbox}/messages?$filter=internetMessageId%20eq%20'{message_id}'&$select=id");
    let page = exchange(house, handle, "GET", &path, Value::Null).await;
    page["value"][0]["id"].as_str().unwrap().to_owned()
}

fn rest(house: &House) -> Vec<sandbox::recorder::Seen> {
    let asked = house.asked("jira").into_iter();
    asked.filter(|it| it.path.starts_with("/rest/")).collect()
}

fn vias(answer: &Answer) -> Vec<(String, String)> {
    let issues = answer.at("/mailContext/issues").as_array().unwrap();
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    issues
        .iter()
        .map(|it| (text(&it["via"]), text(&it["issue"]["key"])))
        .collect()
}

#[tokio::test]
async fn every_recipient_sees_the_issue_of_a_mail_in_one_graph_and_one_jira_call() {
    let house = given_a_house().await;
    let alice = in_both(&house, "alice", "DEMO-42").await;
    let bob = in_both(&house, "bob", "DEMO-42").await;
    house.alice().has_linked("10043", &[mail(42, 1)]).await;
    let message_id = "<demo-42-1@mail.acme.example>";

    for (person, handle) in [(&alice, "alice"), (&bob, "bob")] {
        let id = item_id(&house, handle, "/me", message_id).await;
        let answer = person
            .opens(
                PANE,
                json!({ "itemId": id, "internetMessageId": message_id }),
            )
            .await;

        let context = answer.at("/mailContext");
        assert_eq!(context["source"]["state"], "READY", "{context}");
        assert_eq!(context["mail"]["internetMessageId"], message_id);
        let expected = [("LINKED", "DEMO-43"), ("KEY", "DEMO-42")];
        let expected = expected.map(|(via, key)| (via.to_owned(), key.to_owned()));
        assert_eq!(vias(&answer), expected, "{context}");
        assert!(context["issues"][0]["linkId"].is_string());
        assert_eq!(context["issues"][1]["linkId"], json!(null));
        let (graph, jira) = (house.asked("graph"), rest(&house));
        assert_eq!(graph.len(), 1, "{graph:#?}");
        assert_eq!(jira.len(), 1, "{jira:#?}");
        for call in graph.iter().chain(&jira) {
            assert_eq!(call.subject.as_deref(), Some(handle), "{call:#?}");
        }
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_mail_that_was_moved_is_found_by_its_message_id_in_the_same_call() {
    let house = given_a_house().await;
    let alice = in_both(&house, "alice", "DEMO-42").await;
    house.alice().has_linked("10043", &[mail(42, 2)]).await;
    let message_id = "<demo-42-2@mail.acme.example>";
    let before = item_id(&house, "alice", "/me", message_id).await;
    let path = format!("/me/messages/{before}/move");
    let archive = json!({ "destinationId": "archive" });
    exchange(&house, "alice", "POST", &path, archive).await;

    let with_both = json!({ "itemId": before, "internetMessageId": message_id });
    let answer = alice.opens(PANE, with_both.clone()).await;
    assert_eq!(answer.at("/mailContext/source/state"), "READY");
    assert_eq!(vias(&answer)[0].0, "LINKED", "{}", answer.body);
    assert!(answer.at("/mailContext/mail/id").is_string());
    assert_eq!(house.asked("graph").len(), 1);

    let answer = alice.opens(WHOLE, with_both).await;
    let attachments = answer.at("/mailContext/mail/attachments");
    assert_eq!(attachments[0]["kind"], "FILE", "{}", answer.body);
    assert_eq!(
        house.asked("graph").len(),
        2,
        "its attachments, by its new id"
    );

    // Without a Message-ID nothing is known of it any more, nor of what a host's own id may be.
    for lost in [before.as_str(), "AAA/BBB+CCC="] {
        let answer = alice.opens(PANE, json!({ "itemId": lost })).await;
        assert_eq!(answer.at("/mailContext"), &json!(null), "{lost}");
    }
    let swapped = json!({ "itemId": "AAA/BBB+CCC=", "internetMessageId": message_id });
    let answer = alice.opens(PANE, swapped).await;
    assert_eq!(vias(&answer)[0].0, "LINKED", "{}", answer.body);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_mail_in_a_shared_mailbox_has_its_issue_for_its_members_and_an_id_without_an_address() {
    let house = given_a_house_with(SHARED, sandbox::Options::default()).await;
    let alice = in_both(&house, "alice", "DEMO-42").await;
    let bob = in_both(&house, "bob", "DEMO-42").await;
    let mailbox = "rollout@acme.example";
    let message_id = "<rollout-1@mail.acme.example>";
    let id = item_id(&house, "alice", &format!("/users/{mailbox}"), message_id).await;

    let made = alice
        .does(
            "linkMail",
            json!({ "issue": "10043", "mail": id, "mailbox": mailbox }),
        )
        .await;
    let answer = alice
        .opens(PANE, json!({ "itemId": id, "mailbox": mailbox }))
        .await;
    assert_eq!(
        vias(&answer)[0],
        ("LINKED".to_owned(), "DEMO-43".to_owned())
    );
    assert_eq!(
        answer.at("/mailContext/issues/0/linkId"),
        &made["link"]["id"]
    );
    for call in house.asked("graph") {
        assert_eq!(call.subject.as_deref(), Some("alice"), "{call:#?}");
    }

    let named = answer.at("/mailContext/mail/id").as_str().unwrap();
    let plain = base64_text(named);
    assert!(
        !plain.contains("rollout") && !plain.contains('@'),
        "{plain}"
    );
    let again = "query($id: ID!) { mail(id: $id) { internetMessageId } node(id: $id) { id } }";
    let own = alice.asks_with(again, json!({ "id": named })).await;
    assert_eq!(own.at("/mail/internetMessageId"), message_id);
    assert!(own.at("/node/id").is_string());
    let others = bob.asks_with(again, json!({ "id": named })).await;
    assert_eq!(others.at("/mail"), &json!(null), "{}", others.body);
    let answer = alice.opens(PANE, json!({ "itemId": named })).await;
    assert_eq!(vias(&answer)[0].0, "LINKED", "by its id alone");

    // Bob may not read it, but knows its Message-ID: he sees what Jira shows him, and why the mail is missing.
    let input = json!({ "itemId": id, "internetMessageId": message_id, "mailbox": mailbox });
    let answer = bob.opens(PANE, input.clone()).await;
    let source = answer.at("/mailContext/source");
    assert_eq!(source["state"], "FORBIDDEN", "{source}");
    assert_eq!(source["missingScopes"], json!(["Mail.Read.Shared"]));
    assert_eq!(answer.at("/mailContext/mail"), &json!(null));
    assert_eq!(vias(&answer), [("LINKED".to_owned(), "DEMO-43".to_owned())]);
    let refused = bob
        .tries(
            "linkMail",
            json!({ "issue": "10043", "mail": id, "mailbox": mailbox }),
        )
        .await;
    assert_eq!(refused["userErrors"][0]["code"], "FORBIDDEN", "{refused}");
    house.is_left_clean().await;
}

fn base64_text(text: &str) -> String {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text);
    String::from_utf8(bytes.unwrap()).unwrap()
}

#[tokio::test]
async fn a_reply_shows_the_issues_of_its_conversation_and_of_the_mails_before_it() {
    let house = given_a_house_with(SHARED, sandbox::Options::default()).await;
    let alice = in_both(&house, "alice", "DEMO-42").await;
    let bob = in_both(&house, "bob", "DEMO-42").await;
    let carol = in_both(&house, "carol", "DEMO-42").await;
    let plan = |k: u32| format!("<plan-{k}@mail.acme.example>");
    let alone = json!({ "issue": "10043", "internetMessageId": plan(1) });
    alice.does("linkMail", alone).await;
    let whole =
        json!({ "issue": "10044", "internetMessageId": plan(2), "wholeConversation": true });
    alice.does("linkMail", whole).await;
    let [linked, conversation, referenced] = [
        ("LINKED", "DEMO-43"),
        ("CONVERSATION", "DEMO-44"),
        ("REFERENCED", "DEMO-43"),
    ]
    .map(|(via, key)| (via.to_owned(), key.to_owned()));

    let first = alice
        .opens(PANE, json!({ "internetMessageId": plan(1) }))
        .await;
    assert_eq!(
        vias(&first),
        [linked.clone(), conversation.clone()],
        "it began with it"
    );
    assert!(first.at("/mailContext/issues/1/linkId").is_string());
    // The support mailbox has a copy of its own, which bob may read.
    let input = json!({ "internetMessageId": plan(1), "mailbox": "support@acme.example" });
    let copy = bob.opens(PANE, input).await;
    assert_eq!(vias(&copy), [linked, conversation.clone()], "{}", copy.body);
    assert_eq!(copy.at("/mailContext/source/state"), "READY");
    // Carol never had the first mail; the last one names it.
    let id = item_id(&house, "carol", "/me", &plan(4)).await;
    let last = carol.opens(PANE, json!({ "itemId": id })).await;
    assert_eq!(vias(&last), [conversation, referenced], "{}", last.body);
    assert!(last.at("/mailContext/issues/0/linkId").is_string());
    assert_eq!(last.at("/mailContext/issues/1/linkId"), &json!(null));
    assert_eq!((house.asked("graph").len(), rest(&house).len()), (1, 1));
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_is_attached_comes_with_the_mail_and_signatures_are_told_from_pictures() {
    let house = given_a_house().await;
    let alice = in_both(&house, "alice", "DEMO-42").await;
    // The mail that asked for the offer is linked; the offer refers to it.
    let enquiry = "<enquiry-1@mail.acme.example>".parse().unwrap();
    let enquiry = trefoil::store::link::Target::Mail(enquiry);
    house.alice().has_linked("10043", &[enquiry]).await;
    let id = item_id(&house, "alice", "/me", "<offer-1@mail.supplier.example>").await;

    let answer = alice.opens(WHOLE, json!({ "itemId": id })).await;

    assert_eq!(house.asked("graph").len(), 1, "{:#?}", house.asked("graph"));
    let expected = ("REFERENCED".to_owned(), "DEMO-43".to_owned());
    assert_eq!(vias(&answer), [expected]);
    let attachments = answer
        .at("/mailContext/mail/attachments")
        .as_array()
        .unwrap();
    let told: Vec<_> = attachments
        .iter()
        .map(|it| {
            (
                it["kind"].as_str().unwrap(),
                it["inline"] == true,
                it["signature"] == true,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("FILE", false, false),
            ("FILE", false, false),
            ("FILE", true, true),
            ("FILE", true, true),
            ("FILE", true, false),
            ("ITEM", false, false),
            ("REFERENCE", false, false),
        ],
        "{}",
        answer.body
    );
    house.is_left_clean().await;
}
