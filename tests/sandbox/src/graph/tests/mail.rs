//! Mail: finding, ids, pages, rules and attachments.

use reqwest::Method;
use serde_json::json;

use super::{Scene, assert_error, by_message_id, read};

#[tokio::test]
async fn a_mail_is_found_by_its_message_id_in_ones_own_mailbox_only() {
    let scene = Scene::new().await;
    let select = format!("{}&$select=subject,from", by_message_id(1));
    let (status, alice) = scene.get(&select, &scene.token("alice")).await;
    assert_eq!(status, 200, "{alice}");
    let found = &alice["value"][0];
    let names: Vec<_> = found
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(names, ["@odata.etag", "from", "id", "subject"]);
    let bob = scene.get(&select, &scene.token("bob")).await.1;
    assert_eq!(bob["value"][0]["subject"], found["subject"]);
    assert_ne!(bob["value"][0]["id"], found["id"]);
    let frank = scene.get(&select, &scene.token("frank")).await.1;
    assert_ne!(frank["value"][0]["subject"], found["subject"]);
    let carol = scene.get(&select, &scene.token("carol")).await.1;
    assert_eq!(carol["value"], json!([]));
    assert_eq!(
        scene.get(&by_message_id(13), &scene.token("bob")).await.1["value"],
        json!([])
    );
    let id = found["id"].as_str().unwrap();
    let of_alice = format!("/me/messages/{id}");
    assert_error(
        &scene.get(&of_alice, &scene.token("bob")).await,
        404,
        "ErrorItemNotFound",
    );
    assert_error(
        &scene.get("/me/messages/12", &scene.token("bob")).await,
        400,
        "ErrorInvalidIdMalformed",
    );
}

#[tokio::test]
async fn an_immutable_id_outlives_a_move_and_the_default_id_does_not() {
    let scene = Scene::new().await;
    let token = scene.sandbox.graph_token("alice", &["Mail.ReadWrite"]);
    let before = scene.get(&by_message_id(3), &token).await.1["value"][0].clone();
    let prefer = scene
        .request(Method::GET, &by_message_id(3), &token)
        .header(
            "prefer",
            r#"IdType="ImmutableId", outlook.body-content-type="text""#,
        );
    let response = prefer.send().await.unwrap();
    assert_eq!(
        response.headers()["preference-applied"],
        r#"outlook.body-content-type="text""#
    );
    let kept = read(response).await.1["value"][0].clone();
    assert_ne!(kept["id"], before["id"]);
    assert_eq!(kept["body"]["contentType"], "text");
    assert_eq!(before["body"]["contentType"], "html");
    let default = before["id"].as_str().unwrap();
    let immutable = kept["id"].as_str().unwrap();
    let moved = scene
        .request(
            Method::POST,
            &format!("/me/messages/{default}/move"),
            &token,
        )
        .json(&json!({"destinationId": "archive"}));
    let (status, moved) = read(moved.send().await.unwrap()).await;
    assert_eq!(status, 201);
    assert_ne!(moved["id"], before["id"]);
    assert_error(
        &scene.get(&format!("/me/messages/{default}"), &token).await,
        404,
        "ErrorItemNotFound",
    );
    let found = scene
        .get(&format!("/me/messages/{immutable}"), &token)
        .await;
    assert_eq!(found.1["id"], moved["id"]);
    let translated = scene
        .request(Method::POST, "/me/translateExchangeIds", &token)
        .json(&json!({"inputIds": [moved["id"]], "sourceIdType": "restId", "targetIdType": "restImmutableEntryId"}));
    let translated = read(translated.send().await.unwrap()).await.1;
    assert_eq!(translated["value"][0]["targetId"], immutable);
}

#[tokio::test]
async fn pages_follow_their_next_link_to_the_end() {
    let scene = Scene::new().await;
    let token = scene.token("bob");
    let mut address = format!(
        "{}/v1.0/me/messages?$select=subject&$count=true",
        scene.sandbox.addresses().graph
    );
    let (mut total, mut pages, mut seen) = (0, 0, 0);
    loop {
        let page = scene.client.get(&address).bearer_auth(&token);
        let page = read(page.send().await.unwrap()).await.1;
        total += page["@odata.count"].as_u64().unwrap_or_default();
        let items = page["value"].as_array().unwrap();
        assert!(items.len() <= 10);
        seen += items.len() as u64;
        pages += 1;
        match page["@odata.nextLink"].as_str() {
            Some(next) => address = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((seen, pages), (21, 3), "12 of the issue and 9 more");
    assert_eq!(total, 21, "the count comes on the first page only");
}

#[tokio::test]
async fn exchange_refuses_what_it_cannot_index() {
    let scene = Scene::new().await;
    let token = scene.token("alice");
    let get = async |query: &str| scene.get(&format!("/me/messages?{query}"), &token).await;
    assert_error(
        &get("$filter=isRead eq false&$orderby=receivedDateTime desc").await,
        400,
        "InefficientFilter",
    );
    let fits = "$filter=receivedDateTime ge 2026-11-01T00:00:00Z and isRead eq false&$orderby=receivedDateTime desc&$top=3";
    assert_eq!(get(fits).await.0, 200);
    assert_error(
        &get("$search=\"DEMO-42\"&$filter=isRead eq false").await,
        400,
        "SearchWithFilter",
    );
    assert_error(
        &get("$search=\"DEMO-42\"&$orderby=subject").await,
        400,
        "SearchWithOrderBy",
    );
    assert_error(
        &get("$select=subjekt").await,
        400,
        "RequestBroker--ParseUri",
    );
    assert_error(&get("$filter=subject is 'x'").await, 400, "BadRequest");
    let found = get("$search=\"DEMO-42\"&$top=50").await.1;
    assert_eq!(found["value"].as_array().unwrap().len(), 20);
    assert_eq!(get("$search=\"DEMO-4\"").await.1["value"], json!([]));
}

#[tokio::test]
async fn attachments_come_with_bytes_only_when_wanted() {
    let scene = Scene::new().await;
    let token = scene.token("alice");
    let id = scene
        .sandbox
        .graph_message_ids("alice", "<demo-42-2@mail.acme.example>")
        .unwrap()
        .1;
    let list = format!("/me/messages/{id}/attachments");
    let trimmed = scene
        .get(&format!("{list}?$select=id,name,size"), &token)
        .await
        .1;
    let one = &trimmed["value"][0];
    assert!(one.get("contentBytes").is_none());
    assert_eq!(one["@odata.type"], "#microsoft.graph.fileAttachment");
    let whole = scene.get(&list, &token).await.1;
    assert!(whole["value"][0]["contentBytes"].is_string());
    let path = format!("{list}/{}/$value", one["id"].as_str().unwrap());
    let bytes = scene
        .request(Method::GET, &path, &token)
        .send()
        .await
        .unwrap();
    assert_eq!(bytes.headers()["content-type"], "application/pdf");
    assert_eq!(
        bytes.bytes().await.unwrap().len() as u64,
        one["size"].as_u64().unwrap()
    );
    let mime = scene
        .request(Method::GET, &format!("/me/messages/{id}/$value"), &token)
        .send()
        .await
        .unwrap();
    assert!(
        mime.text()
            .await
            .unwrap()
            .starts_with("Message-ID: <demo-42-2@mail.acme.example>")
    );
}
