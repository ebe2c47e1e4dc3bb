//! What is attached to a mail, passed on as it comes: its length is known beforehand, and nobody else gets it.

use futures::TryStreamExt as _;
use serde_json::Value;
use trefoil::upstream::microsoft::mail::{self, Mailbox};
use trefoil::upstream::{Access, Kind};

use super::exchange;
use crate::harness::{House, given_a_house};

fn access(house: &House, handle: &str) -> Access {
    let permissions = ["Mail.Read", "Mail.Read.Shared"];
    Access {
        token: house.sandbox.graph_token(handle, &permissions).into(),
        base: format!("{}/v1.0", house.sandbox.addresses().graph)
            .parse()
            .unwrap(),
        version: 0,
        scopes: permissions.join(" ").into(),
        account: "".into(),
    }
}

#[tokio::test]
async fn an_attachment_and_a_whole_mail_come_as_they_are_with_their_length() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let offer = "<offer-1@mail.supplier.example>";
    let (id, _) = house.sandbox.graph_message_ids("alice", offer).unwrap();
    let path = format!("/me/messages/{id}/attachments");
    let listed = exchange(&house, "alice", "GET", &path, Value::Null).await;
    let id = id.parse().unwrap();
    let (alice, own) = (access(&house, "alice"), Mailbox::Own);

    for (index, begins) in [(0, "%PDF-"), (1, "\u{feff}Position;"), (5, "From: Alice")] {
        let attachment = listed["value"][index]["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let file = mail::attachment_content(&app.http, &alice, &own, &id, &attachment);
        let file = file.await.unwrap();
        let length = file.length.unwrap();
        let pieces: Vec<bytes::Bytes> = file.stream.try_collect().await.unwrap();
        let content = pieces.concat();
        assert_eq!(content.len() as u64, length);
        assert!(content.starts_with(begins.as_bytes()), "{begins}");
    }
    let link = listed["value"][6]["id"].as_str().unwrap().parse().unwrap();
    let link = mail::attachment_content(&app.http, &alice, &own, &id, &link).await;
    assert!(link.is_err(), "a link to a file in the cloud has no bytes");

    let whole = mail::mime(&app.http, &alice, &own, &id).await.unwrap();
    let length = whole.length.unwrap();
    let pieces: Vec<bytes::Bytes> = whole.stream.try_collect().await.unwrap();
    assert_eq!(pieces.concat().len() as u64, length);
    assert!(String::from_utf8_lossy(&pieces.concat()).contains(offer));

    // Frank is of another tenant: alice's ids are nothing to him.
    let others = mail::mime(&app.http, &access(&house, "frank"), &own, &id).await;
    assert_eq!(others.unwrap_err().kind, Kind::NotFound);
    house.is_left_clean().await;
}
