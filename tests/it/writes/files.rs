//! Mails and their files attached to issues: streamed, none twice, each with its own result.

use serde_json::json;

use super::letters::{calls, offer};
use super::{asked, pair, told};
use crate::harness::given_a_house;

const FIELDS: &str =
    "attachments { source name attachment { id size } userErrors { code } } replayed";

#[tokio::test]
async fn the_same_file_is_not_attached_twice() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    let (mail, find) = offer(&house, "alice").await;
    let input =
        json!({ "issue": "10043", "mail": { "itemId": mail }, "attachments": [find("Angebot")] });

    let first = alice.mutates("attachMail", input.clone(), FIELDS).await;
    assert_eq!(calls(&house), (2, 1), "one batch and one file");
    let path = "/rest/api/3/issue/10043";
    assert_eq!(
        asked(&house),
        [
            format!("alice GET {path}"),
            format!("alice POST {path}/attachments")
        ]
    );
    // With another key: the file is there already.
    let second = alice.mutates("attachMail", input, FIELDS).await;

    assert_eq!(first["userErrors"], json!([]));
    assert_eq!(
        (&first["replayed"], &second["replayed"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(
        first["attachments"][0]["attachment"],
        second["attachments"][0]["attachment"]
    );
    let answer = alice
        .asks("{ issue(id: 10043) { attachments { name } } }")
        .await;
    let names = answer.at("/issue/attachments").as_array().unwrap().iter();
    assert_eq!(
        names
            .filter(|it| it["name"].as_str().unwrap().starts_with("Angebot"))
            .count(),
        1
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_whole_mail_is_named_by_its_subject() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    let (mail, _) = offer(&house, "alice").await;

    let input = json!({ "issue": "10042", "mail": { "itemId": mail }, "wholeMail": true });
    let attached = alice.mutates("attachMail", input, FIELDS).await;
    let nothing = json!({ "issue": "10042", "mail": { "itemId": mail } });
    let nothing = alice.mutates("attachMail", nothing, "replayed").await;

    let file = &attached["attachments"][0];
    assert_eq!(file["source"], json!(mail));
    let name = file["name"].as_str().unwrap();
    assert!(
        name.starts_with("Angebot 2026-117_ sockets for Hamburg"),
        "{name}"
    );
    assert!(
        std::path::Path::new(name)
            .extension()
            .is_some_and(|it| it == "eml"),
        "{name}"
    );
    assert_eq!(
        told(&nothing),
        [pair("BAD_USER_INPUT", "input.attachments")]
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn who_cannot_see_the_issue_learns_nothing_and_sends_nothing() {
    let house = given_a_house().await;
    let erin = house.person("erin", "DEMO-42");
    erin.connects("MICROSOFT").await;
    let mails = house.graph("erin", "/me/messages?$top=1&$select=id").await;
    let input = json!({ "issue": "10042", "mail": { "itemId": mails["value"][0]["id"] }, "wholeMail": true });

    let refused = erin.mutates("attachMail", input, FIELDS).await;

    assert_eq!(told(&refused), [pair("NOT_FOUND", "input.issue")]);
    assert!(asked(&house).iter().all(|it| !it.contains("POST")));
    house.is_left_clean().await;
}
