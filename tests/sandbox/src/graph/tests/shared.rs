//! Conversations, shared mailboxes, and files of every kind.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Scene, assert_error};
use crate::graph::Command;

const SHARED: &[&str] = &["Mail.Read", "Mail.Read.Shared"];

fn by_id(mailbox: &str, message_id: &str, select: &str) -> String {
    format!(
        "{mailbox}/messages?$filter=internetMessageId%20eq%20'%3C{}%3E'&$select={select}",
        message_id.replace('@', "%40")
    )
}

async fn one(scene: &Scene, handle: &str, path: &str) -> Value {
    let token = scene.sandbox.graph_token(handle, SHARED);
    let (status, answer) = scene.get(path, &token).await;
    assert_eq!(status, 200, "{answer}");
    answer["value"][0].clone()
}

fn header(mail: &Value, name: &str) -> Option<String> {
    let headers = mail["internetMessageHeaders"].as_array()?.iter();
    let mut named = headers.filter(|it| it["name"] == name);
    Some(named.next()?["value"].as_str()?.to_owned())
}

#[tokio::test]
async fn a_mail_names_those_before_it_when_its_headers_are_selected() {
    let scene = Scene::new().await;
    let path = |select| by_id("/me", "plan-4@mail.acme.example", select);
    let mail = one(&scene, "carol", &path("subject,internetMessageHeaders")).await;
    assert_eq!(
        header(&mail, "In-Reply-To").unwrap(),
        "<plan-3@mail.acme.example>"
    );
    let references = header(&mail, "References").unwrap();
    assert!(references.starts_with("<plan-1@mail.acme.example>\r\n <plan-2@"));
    let plain = one(&scene, "carol", &path("subject")).await;
    assert!(plain.get("internetMessageHeaders").is_none());
    let first = by_id("/me", "plan-1@mail.acme.example", "id");
    assert_eq!(one(&scene, "carol", &first).await, Value::Null);
    let begins = one(
        &scene,
        "bob",
        &first.replace("$select=id", "$select=conversationId"),
    )
    .await;
    let same = format!(
        "/me/messages?$filter=conversationId%20eq%20'{}'",
        begins["conversationId"].as_str().unwrap()
    );
    let token = scene.token("bob");
    let (_, thread) = scene.get(&same, &token).await;
    assert_eq!(thread["value"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_shared_mailbox_is_its_members_and_wants_the_shared_permission() {
    let scene = Scene::new().await;
    let path = by_id(
        "/users/support%40acme.example",
        "support-1@mail.acme.example",
        "subject",
    );
    assert!(one(&scene, "alice", &path).await["subject"].is_string());
    assert!(one(&scene, "bob", &path).await["subject"].is_string());
    let carol = scene.sandbox.graph_token("carol", SHARED);
    assert_error(&scene.get(&path, &carol).await, 403, "ErrorAccessDenied");
    let own_only = scene.sandbox.graph_token("alice", &["Mail.Read"]);
    assert_error(&scene.get(&path, &own_only).await, 403, "ErrorAccessDenied");
    let unknown = path.replace("support%40", "nobody%40");
    let alice = scene.sandbox.graph_token("alice", SHARED);
    assert_error(&scene.get(&unknown, &alice).await, 404, "ErrorInvalidUser");
    scene.sandbox.graph(&Command::Unshare {
        mailbox: "support@acme.example".to_owned(),
        with: "bob@acme.example".to_owned(),
    });
    let bob = scene.sandbox.graph_token("bob", SHARED);
    assert_error(&scene.get(&path, &bob).await, 403, "ErrorAccessDenied");
}

#[tokio::test]
async fn a_moved_mail_is_found_by_its_message_id() {
    let scene = Scene::new().await;
    let message_id = "<plan-1@mail.acme.example>";
    let (before, kept) = scene
        .sandbox
        .graph_message_ids("alice", message_id)
        .unwrap();
    scene.sandbox.graph(&Command::MoveMail {
        mailbox: "alice@acme.example".to_owned(),
        message_id: message_id.to_owned(),
        folder: "archive".to_owned(),
    });
    let (after, same) = scene
        .sandbox
        .graph_message_ids("alice", message_id)
        .unwrap();
    assert!(before != after && kept == same);
    let token = scene.token("alice");
    let old = scene.get(&format!("/me/messages/{before}"), &token).await;
    assert_error(&old, 404, "ErrorItemNotFound");
    let shared = scene
        .sandbox
        .graph_message_ids("support@acme.example", message_id);
    assert_ne!(shared.unwrap().0, after);
}

#[tokio::test]
async fn an_offer_has_files_pictures_an_item_and_a_reference() {
    let scene = Scene::new().await;
    let token = scene.token("bob");
    let message_id = "<offer-1@mail.supplier.example>";
    let (id, _) = scene.sandbox.graph_message_ids("bob", message_id).unwrap();
    let list = format!("/me/messages/{id}/attachments");
    let select =
        "$select=id,name,contentType,size,isInline,microsoft.graph.fileAttachment/contentId";
    let (_, answer) = scene.get(&format!("{list}?{select}"), &token).await;
    let files = answer["value"].as_array().unwrap();
    let kinds: Vec<_> = files
        .iter()
        .map(|it| {
            let kind = it["@odata.type"].as_str().unwrap();
            (kind.rsplit('.').next().unwrap(), it["isInline"] == true)
        })
        .collect();
    assert_eq!(
        kinds,
        [
            ("fileAttachment", false),
            ("fileAttachment", false),
            ("fileAttachment", true),
            ("fileAttachment", true),
            ("fileAttachment", true),
            ("itemAttachment", false),
            ("referenceAttachment", false),
        ]
    );
    assert!(files[0]["size"].as_u64().unwrap() > 200_000);
    assert!(files[1]["size"].as_u64().unwrap() > 100_000);
    assert_eq!(files[2]["contentId"], "image001.png@01DC5A00.1B2C3D40");
    let (status, _) = scene
        .get(&format!("{list}?$select=contentId"), &token)
        .await;
    assert_eq!(status, 400, "not every kind has one");
    let value = async |index: usize| {
        let path = format!("{list}/{}/$value", files[index]["id"].as_str().unwrap());
        let answer = scene.request(Method::GET, &path, &token).send().await;
        answer.unwrap()
    };
    let pdf = value(0).await.bytes().await.unwrap();
    assert!(pdf.starts_with(b"%PDF") && json!(pdf.len()) == files[0]["size"]);
    let item = value(5).await.text().await.unwrap();
    assert!(item.starts_with("From: Alice Meyer"));
    assert_eq!(value(6).await.status(), 405);
    let path = format!("/me/messages/{id}?$select=uniqueBody,body,hasAttachments");
    let (_, mail) = scene.get(&path, &token).await;
    assert_eq!(mail["hasAttachments"], true);
    let text = |part: &str| mail[part]["content"].as_str().unwrap().to_owned();
    assert!(text("body").contains("blockquote") && !text("uniqueBody").contains("blockquote"));
    let path = format!("/me/messages/{id}/$value");
    let whole = scene.request(Method::GET, &path, &token).send().await;
    let whole = whole.unwrap().text().await.unwrap();
    assert!(whole.contains("multipart/mixed") && whole.contains("In-Reply-To: <enquiry-1@"));
}
