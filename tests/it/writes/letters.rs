//! Issues made of mails, and comments that quote them.

use sandbox::fault::Fault;
use serde_json::{Value, json};

use super::{asked, pair, told};
use crate::harness::{House, given_a_house};

/// The mail with the offer.
const OFFER: &str = "<offer-1@mail.supplier.example>";

/// The offer in somebody's mailbox, and its attachments by the beginnings of their names.
pub(super) async fn offer(
    house: &House,
    handle: &str,
) -> (String, impl Fn(&str) -> String + use<>) {
    let path = format!("/me/messages?$filter=internetMessageId eq '{OFFER}'&$select=id");
    let page = house.graph(handle, &path).await;
    let id = page["value"][0]["id"].as_str().unwrap().to_owned();
    let listed = house
        .graph(
            handle,
            &format!("/me/messages/{id}/attachments?$select=id,name"),
        )
        .await;
    house.sandbox.world().clear_requests();
    let find = move |name: &str| {
        let listed = listed["value"].as_array().unwrap();
        let found = listed
            .iter()
            .find(|it| it["name"].as_str().unwrap().starts_with(name));
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    (id, find)
}

/// What Graph was asked: each call, and each part of a batch.
pub(super) fn calls(house: &House) -> (usize, usize) {
    let asked = house.asked("graph");
    let content = asked.iter().filter(|it| it.path.contains("$value")).count();
    (asked.len(), content)
}

const FIELDS: &str = "issue { id key } link { id kind } replayed
    attachments { source name attachment { id name size mimeType } userErrors { code field } }";

#[tokio::test]
async fn an_issue_is_made_of_a_mail_with_two_of_its_attachments() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    let (mail, find) = offer(&house, "alice").await;
    let (pdf, csv) = (find("Angebot"), find("Preisliste"));
    let input = json!({
        "project": "DEMO", "type": "10001", "mail": { "itemId": mail, "internetMessageId": OFFER },
        "attachments": [pdf, csv], "idempotencyKey": "k",
    });

    let made = alice
        .mutates("createIssueFromMail", input.clone(), FIELDS)
        .await;

    assert_eq!(made["userErrors"], json!([]));
    assert_eq!(made["link"]["kind"], "MAIL");
    let files = made["attachments"].as_array().unwrap();
    assert_eq!(
        (files.len(), &files[0]["source"], &files[1]["source"]),
        (2, &json!(pdf), &json!(csv))
    );
    assert!(
        files[0]["name"]
            .as_str()
            .unwrap()
            .starts_with("Angebot 2026-117"),
        "{made}"
    );
    assert!(
        files[1]["name"]
            .as_str()
            .unwrap()
            .starts_with("Preisliste Büro"),
        "{made}"
    );
    assert!(
        files[0]["attachment"]["size"].as_f64().unwrap() > 200_000.0,
        "{made}"
    );
    let issue = made["issue"]["id"].as_str().unwrap();
    let asked = asked(&house);
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert_eq!(asked[0], "alice POST /rest/api/3/issue");
    assert!(
        asked[1].ends_with("/attachments") && asked[2].ends_with("/attachments"),
        "{asked:?}"
    );
    assert_eq!(
        calls(&house),
        (3, 2),
        "one batch, and one call for each file"
    );

    let again = alice.mutates("createIssueFromMail", input, FIELDS).await;
    assert_eq!(again["replayed"], json!(true));
    assert_eq!(
        (&again["link"], &again["issue"]),
        (&made["link"], &made["issue"])
    );
    assert_eq!(again["attachments"], made["attachments"]);

    // The panel shows it at once: text, files and the mail.
    let query = "query($id: ID!) { node(id: $id) { ... on Issue { summary description { text } attachments { name } mails { nodes { subject } } } } }";
    let shown = alice.asks_with(query, json!({ "id": issue })).await;
    let text = shown.at("/node/description/text").as_str().unwrap();
    assert!(text.starts_with("From: Mara König <"), "{text}");
    assert!(text.contains("Date: 2026-11-19 13:20 UTC"), "{text}");
    assert!(text.contains("please find our offer attached"), "{text}");
    assert!(
        text.contains("could you send us prices"),
        "the quoted part is kept: {text}"
    );
    assert!(
        shown
            .at("/node/summary")
            .as_str()
            .unwrap()
            .starts_with("Angebot 2026-117")
    );
    assert_eq!(shown.at("/node/attachments").as_array().unwrap().len(), 2);
    assert_eq!(
        shown.at("/node/mails/nodes").as_array().unwrap().len(),
        1,
        "{}",
        shown.body
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn one_file_that_fails_undoes_nothing() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    let (mail, find) = offer(&house, "alice").await;
    let (pdf, cloud, item) = (find("Angebot"), find("Projektplan"), find("Enquiry"));
    house.sandbox.world().inject(Fault {
        provider: "jira".into(),
        path: Some("/attachments".into()),
        count: Some(1),
        status: Some(413),
        ..Fault::default()
    });
    let input = json!({
        "project": "10000", "type": "10001", "summary": "Mine", "description": "My own words",
        "mail": { "itemId": mail }, "attachments": [pdf, cloud, item, "AAMkNothing="], "idempotencyKey": "k",
    });

    let made = alice
        .mutates("createIssueFromMail", input.clone(), FIELDS)
        .await;
    let again = alice.mutates("createIssueFromMail", input, FIELDS).await;

    assert_eq!(made["userErrors"], json!([]));
    let files = made["attachments"].as_array().unwrap();
    let codes: Vec<_> = files
        .iter()
        .map(|it| it["userErrors"][0]["code"].clone())
        .collect();
    assert_eq!(
        codes,
        [
            json!("FILE_TOO_LARGE"),
            json!("NOT_A_FILE"),
            json!(null),
            json!("NOT_FOUND")
        ]
    );
    assert!(
        files[2]["name"].as_str().unwrap().rsplit('.').next() == Some("eml"),
        "{made}"
    );
    assert_eq!(files[2]["attachment"]["mimeType"], "message/rfc822");
    assert_eq!(made["attachments"], again["attachments"]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn an_issue_whose_answer_was_lost_gets_its_link_and_files_at_the_next_try() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    let (mail, find) = offer(&house, "alice").await;
    let input = json!({
        "project": "10000", "type": "10001", "mail": { "itemId": mail, "internetMessageId": OFFER },
        "attachments": [find("Angebot")], "idempotencyKey": "k",
    });
    house.sandbox.world().inject(Fault {
        provider: "jira".into(),
        method: Some("POST".into()),
        path: Some("/rest/api/3/issue".into()),
        count: Some(1),
        lose: true,
        ..Fault::default()
    });

    let lost = alice
        .mutates("createIssueFromMail", input.clone(), FIELDS)
        .await;
    house.lets_time_pass(31).await;
    let found = alice.mutates("createIssueFromMail", input, FIELDS).await;

    assert_eq!(
        told(&lost),
        [pair("OUTCOME_UNKNOWN", "input.idempotencyKey")]
    );
    assert_eq!(found["userErrors"], json!([]));
    assert!(
        found["link"]["id"].is_string() && found["attachments"][0]["attachment"]["id"].is_string(),
        "{found}"
    );
    let posts = asked(&house)
        .iter()
        .filter(|it| it.ends_with("POST /rest/api/3/issue"))
        .count();
    assert_eq!(posts, 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn without_the_mail_no_issue_is_made() {
    let house = given_a_house().await;
    let alice = house.alice();
    let input = json!({ "project": "10000", "type": "10001", "mail": { "internetMessageId": "<nothing@x.example>" } });

    let unconnected = alice
        .mutates("createIssueFromMail", input.clone(), "replayed")
        .await;
    alice.connects("MICROSOFT").await;
    let unknown = alice
        .mutates("createIssueFromMail", input, "replayed")
        .await;
    let nothing = json!({ "project": "10000", "type": "10001", "mail": {} });
    let nothing = alice
        .mutates("createIssueFromMail", nothing, "replayed")
        .await;

    assert_eq!(told(&unconnected), [pair("NOT_CONNECTED", "input.mail")]);
    assert_eq!(told(&unknown), [pair("NOT_FOUND", "input.mail")]);
    assert_eq!(
        told(&nothing),
        [pair("BAD_USER_INPUT", "input.mail.itemId")]
    );
    assert!(asked(&house).iter().all(|it| !it.contains("POST")));
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_comment_quotes_a_mail_or_a_part_of_it() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    let mail = json!({ "internetMessageId": OFFER });

    let part = json!({ "issue": "10042", "mail": mail, "body": "Prices hold until 15 December." });
    let part = alice
        .mutates("addComment", part, "comment { body { text } }")
        .await;
    let whole = json!({ "issue": "10042", "mail": mail });
    let whole = alice
        .mutates("addComment", whole, "comment { body { text html } }")
        .await;

    let text = |payload: &Value| {
        payload["comment"]["body"]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let head = text(&part);
    assert!(head.starts_with("From: Mara König <"), "{head}");
    assert!(
        head.ends_with("Date: 2026-11-19 13:20 UTC\nPrices hold until 15 December."),
        "{head}"
    );
    assert!(text(&whole).contains("Lieferung bis KW 50"));
    assert!(
        !whole["comment"]["body"]["html"]
            .as_str()
            .unwrap()
            .contains("mailto")
    );
    house.is_left_clean().await;
}
