//! Graph over HTTP, as a gateway meets it.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::Command;
use crate::fault::Fault;
use crate::{Options, Sandbox};

const READ: &[&str] = &[
    "User.Read",
    "Mail.Read",
    "Calendars.Read",
    "OnlineMeetings.Read",
    "Chat.Read",
    "Tasks.ReadWrite",
];

struct Scene {
    sandbox: Sandbox,
    client: Client,
}

impl Scene {
    async fn new() -> Self {
        Self {
            sandbox: Sandbox::start(Options::default()).await,
            client: Client::builder().build().unwrap(),
        }
    }

    fn token(&self, handle: &str) -> String {
        self.sandbox.graph_token(handle, READ)
    }

    fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let url = format!("{}/v1.0{path}", self.sandbox.addresses().graph);
        self.client.request(method, url).bearer_auth(token)
    }

    async fn get(&self, path: &str, token: &str) -> (u16, Value) {
        read(self.request(Method::GET, path, token).send().await.unwrap()).await
    }

    async fn batch(&self, requests: Value, token: &str) -> (u16, Value) {
        let request = self.request(Method::POST, "/$batch", token);
        let body = json!({"requests": requests});
        read(request.json(&body).send().await.unwrap()).await
    }
}

async fn read(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap())
}

fn assert_error(answer: &(u16, Value), status: u16, code: &str) {
    assert_eq!(answer.0, status, "{}", answer.1);
    assert_eq!(answer.1["error"]["code"], code, "{}", answer.1);
    assert!(answer.1["error"]["innerError"]["request-id"].is_string());
}

fn by_message_id(k: usize) -> String {
    format!("/me/messages?$filter=internetMessageId%20eq%20'%3Cdemo-42-{k}%40mail.acme.example%3E'")
}

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
    assert_eq!((seen, pages), (15, 2), "12 of the issue and 3 more");
    assert_eq!(total, 15, "the count comes on the first page only");
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
async fn every_kind_of_thing_wants_its_own_permission() {
    let scene = Scene::new().await;
    let token = scene.sandbox.graph_token("alice", &["Mail.ReadBasic"]);
    let mail = scene.get(&by_message_id(1), &token).await.1;
    assert!(mail["value"][0]["subject"].is_string());
    assert!(mail["value"][0].get("body").is_none());
    assert!(mail["value"][0].get("bodyPreview").is_none());
    for (path, code) in [
        ("/me", "Authorization_RequestDenied"),
        ("/me/events", "ErrorAccessDenied"),
        ("/me/todo/lists", "ErrorAccessDenied"),
        ("/me/chats", "Forbidden"),
        ("/me/onlineMeetings?$filter=JoinWebUrl eq 'x'", "Forbidden"),
        ("/users/rollout@acme.example/messages", "ErrorAccessDenied"),
    ] {
        assert_error(&scene.get(path, &token).await, 403, code);
    }
    let shared = ["Mail.Read.Shared"];
    let path = "/users/rollout@acme.example/messages";
    let alice = scene.sandbox.graph_token("alice", &shared);
    assert_eq!(
        scene.get(path, &alice).await.1["value"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let bob = scene.sandbox.graph_token("bob", &shared);
    assert_error(&scene.get(path, &bob).await, 403, "ErrorAccessDenied");
    let frank = scene.sandbox.graph_token("frank", &shared);
    assert_error(
        &scene.get(path, &frank).await,
        404,
        "Request_ResourceNotFound",
    );
}

#[tokio::test]
async fn tokens_are_refused_as_unknown_expired_or_challenged() {
    let scene = Scene::new().await;
    assert_error(
        &scene.get("/me", "nonsense").await,
        401,
        "InvalidAuthenticationToken",
    );
    let token = scene.token("alice");
    assert_eq!(scene.get("/me", &token).await.0, 200);
    scene.sandbox.world().entra().revoke_sessions("alice");
    let challenged = scene
        .request(Method::GET, "/me", &token)
        .send()
        .await
        .unwrap();
    assert_eq!(challenged.status(), 401);
    let challenge = challenged.headers()["www-authenticate"].to_str().unwrap();
    assert!(
        challenge.contains("error=\"insufficient_claims\", claims=\"ey"),
        "{challenge}"
    );
    let newer = scene.token("alice");
    assert_eq!(scene.get("/me", &newer).await.0, 200);
    scene.sandbox.world().entra().expire_access("alice");
    assert_error(
        &scene.get("/me", &newer).await,
        401,
        "InvalidAuthenticationToken",
    );
}

#[tokio::test]
async fn a_batch_answers_each_part_alone_and_in_its_own_order() {
    let scene = Scene::new().await;
    let token = scene
        .sandbox
        .graph_token("alice", &["Mail.Read", "Chat.Read"]);
    let requests = json!([
        {"id": "a", "method": "GET", "url": by_message_id(1)},
        {"id": "b", "method": "GET", "url": "/me/events"},
        {"id": "c", "method": "GET", "url": "/chats/19:demo42group@thread.v2?$select=topic"},
        {"id": "d", "method": "GET", "url": "/me/messages/nonsense", "dependsOn": ["b"]},
    ]);
    let (status, answer) = scene.batch(requests, &token).await;
    assert_eq!(status, 200);
    let answers = answer["responses"].as_array().unwrap();
    let of = |id: &str| answers.iter().find(|it| it["id"] == id).unwrap();
    let order: Vec<_> = answers
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    assert_ne!(order, ["a", "b", "c", "d"]);
    assert_eq!(of("a")["status"], 200);
    assert_eq!(of("a")["body"]["value"].as_array().unwrap().len(), 1);
    assert_eq!(of("b")["status"], 403);
    assert_eq!(of("c")["status"], 200, "{}", of("c"));
    assert_eq!(of("d")["status"], 424);
    let seen = scene.sandbox.world().requests();
    let seen = seen.iter().find(|it| it.path == "/v1.0/$batch").unwrap();
    assert_eq!(seen.subject.as_deref(), Some("alice"));
    assert_eq!(seen.batch[1], "GET /me/events");
}

#[tokio::test]
async fn a_batch_has_at_most_twenty_parts_with_different_ids() {
    let scene = Scene::new().await;
    let token = scene.token("alice");
    let parts = |count: usize| {
        let part = |id: usize| json!({"id": id.to_string(), "method": "GET", "url": "/me"});
        Value::Array((0..count).map(part).collect())
    };
    assert_eq!(scene.batch(parts(20), &token).await.0, 200);
    assert_error(
        &scene.batch(parts(21), &token).await,
        400,
        "MaximumValueExceeded",
    );
    let twice = json!([{"id": "a", "method": "GET", "url": "/me"}, {"id": "A", "method": "GET", "url": "/me"}]);
    assert_error(&scene.batch(twice, &token).await, 400, "BadRequest");
    let later = json!([{"id": "a", "method": "GET", "url": "/me", "dependsOn": ["b"]}, {"id": "b", "method": "GET", "url": "/me"}]);
    assert_error(&scene.batch(later, &token).await, 400, "BadRequest");
}

#[tokio::test]
async fn a_fault_strikes_one_part_of_a_batch() {
    let scene = Scene::new().await;
    scene.sandbox.world().inject(Fault {
        provider: "graph".to_owned(),
        path: Some("/me/events".to_owned()),
        style: Some("graph-429".to_owned()),
        ..Fault::default()
    });
    let requests = json!([
        {"id": "1", "method": "GET", "url": "/me/events"},
        {"id": "2", "method": "GET", "url": by_message_id(1)},
    ]);
    let answer = scene.batch(requests, &scene.token("alice")).await.1;
    let answers = answer["responses"].as_array().unwrap();
    let struck = answers.iter().find(|it| it["id"] == "1").unwrap();
    assert_eq!(struck["status"], 429);
    assert_eq!(struck["headers"]["retry-after"], "2");
    assert_eq!(struck["body"]["error"]["code"], "TooManyRequests");
    assert_eq!(
        answers.iter().find(|it| it["id"] == "2").unwrap()["status"],
        200
    );
}

#[tokio::test]
async fn the_fifth_request_at_once_to_a_mailbox_is_throttled() {
    let scene = Scene::new().await;
    scene.sandbox.world().inject(Fault {
        provider: "graph".to_owned(),
        path: Some("/me/events".to_owned()),
        delay_ms: 400,
        ..Fault::default()
    });
    let token = scene.token("alice");
    let part = json!([{"id": "1", "method": "GET", "url": "/me/events"}, {"id": "2", "method": "GET", "url": "/me/events?$top=1"}]);
    let held = async {
        futures::join!(
            scene.get("/me/events", &token),
            scene.get("/me/events", &token),
            scene.batch(part.clone(), &token),
            scene.batch(part.clone(), &token),
        )
    };
    let fifth = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let bob = scene.get(&by_message_id(1), &scene.token("bob")).await.0;
        let chats = scene.get("/me/chats", &token).await.0;
        let batched = scene.batch(part.clone(), &token).await.1;
        (
            scene.get(&by_message_id(1), &token).await,
            bob,
            chats,
            batched,
        )
    };
    let ((one, two, three, four), (fifth, bob, chats, batched)) = futures::join!(held, fifth);
    assert_eq!((one.0, two.0), (200, 200));
    for answer in [three, four] {
        for part in answer.1["responses"].as_array().unwrap() {
            assert_eq!(
                part["status"], 200,
                "two parts of a batch take one place: {part}"
            );
        }
    }
    assert_error(&fifth, 429, "ApplicationThrottled");
    assert_eq!((bob, chats), (200, 200), "the limit is the mailbox's");
    assert_eq!(batched["responses"][0]["status"], 429);
    assert_eq!(batched["responses"][0]["headers"]["Retry-After"], "1");
    assert_eq!(
        scene.get(&by_message_id(1), &token).await.0,
        200,
        "places are given back"
    );
}

#[tokio::test]
async fn meetings_are_found_by_uid_time_and_address() {
    let scene = Scene::new().await;
    let token = scene.token("bob");
    let path = "/me/events?$filter=iCalUId eq 'demo-42-event-1@acme.example'";
    let event = scene.get(path, &token).await.1["value"][0].clone();
    assert_eq!(event["isOrganizer"], false);
    let join = event["onlineMeeting"]["joinUrl"].as_str().unwrap();
    let quoted: String = url::form_urlencoded::byte_serialize(join.as_bytes()).collect();
    let meeting = scene
        .get(
            &format!("/me/onlineMeetings?$filter=JoinWebUrl%20eq%20'{quoted}'"),
            &token,
        )
        .await;
    let meeting = &meeting.1["value"][0];
    assert_eq!(
        meeting["chatInfo"]["threadId"],
        "19:meeting_demo42@thread.v2"
    );
    let week =
        "/me/calendarView?startDateTime=2026-11-23T00:00:00Z&endDateTime=2026-11-30T00:00:00Z";
    let week = scene.get(week, &token).await.1;
    let kinds: Vec<_> = week["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "occurrence",
            "singleInstance",
            "singleInstance",
            "singleInstance"
        ]
    );
    assert_error(
        &scene.get("/me/calendarView", &token).await,
        400,
        "ErrorInvalidParameter",
    );
    let id = meeting["id"].as_str().unwrap().replace('=', "%3D");
    let recordings = format!("/me/onlineMeetings/{id}/recordings");
    assert_error(&scene.get(&recordings, &token).await, 403, "Forbidden");
    let scopes = ["OnlineMeetingRecording.Read.All"];
    let bob = scene.sandbox.graph_token("bob", &scopes);
    let alice = scene.sandbox.graph_token("alice", &scopes);
    let list = scene.get(&recordings, &bob).await.1;
    let content = format!(
        "{recordings}/{}/content",
        list["value"][0]["id"].as_str().unwrap()
    );
    assert_error(&scene.get(&content, &bob).await, 403, "Forbidden");
    let film = scene
        .request(Method::GET, &content, &alice)
        .send()
        .await
        .unwrap();
    assert_eq!(film.headers()["content-type"], "video/mp4");
}

#[tokio::test]
async fn chats_have_narrow_rules() {
    let scene = Scene::new().await;
    let token = scene.token("alice");
    let chats = scene
        .get("/me/chats?$expand=members,lastMessagePreview", &token)
        .await
        .1;
    let chats = chats["value"].as_array().unwrap();
    assert_eq!(chats.len(), 3);
    assert!(
        chats
            .iter()
            .all(|it| it["members"].is_array() && it["lastMessagePreview"]["body"].is_object())
    );
    let path = "/chats/19%3Ademo42group%40thread.v2";
    let one = scene
        .get(&format!("{path}?$select=id,topic"), &token)
        .await
        .1;
    assert!(one.get("members").is_none() && one.get("chatType").is_none());
    let messages = scene
        .get(
            &format!("{path}/messages?$top=5&$orderby=createdDateTime desc"),
            &token,
        )
        .await
        .1;
    let times: Vec<_> = messages["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["createdDateTime"].as_str().unwrap())
        .collect();
    assert_eq!(times.len(), 5);
    assert!(times.is_sorted_by(|left, right| left >= right));
    assert!(
        messages["@odata.nextLink"]
            .as_str()
            .unwrap()
            .contains("skiptoken")
    );
    assert_error(
        &scene.get(&format!("{path}/messages?$top=51"), &token).await,
        400,
        "BadRequest",
    );
    assert_error(
        &scene
            .get(&format!("{path}/messages?$orderby=createdDateTime"), &token)
            .await,
        400,
        "BadRequest",
    );
    assert_error(
        &scene.get(path, &scene.token("carol")).await,
        403,
        "Forbidden",
    );
    assert_error(
        &scene.get("/chats/19:none@thread.v2", &token).await,
        404,
        "NotFound",
    );
    scene.sandbox.graph(&Command::ChatRate {
        per_second: Some(1.0),
    });
    assert_eq!(scene.get(path, &token).await.0, 200);
    assert_error(&scene.get(path, &token).await, 429, "TooManyRequests");
}

#[tokio::test]
async fn tasks_are_linked_listed_and_changed() {
    let scene = Scene::new().await;
    let token = scene.token("alice");
    let linked = scene.sandbox.graph_task_ids("alice", "10042");
    assert_eq!(linked.len(), 4);
    let (list, task) = &linked[0];
    let tasks = format!("/me/todo/lists/{list}/tasks");
    let plain = scene.get(&format!("{tasks}/{task}"), &token).await.1;
    assert!(plain.get("linkedResources").is_none());
    let expanded = scene
        .get(&format!("{tasks}?$expand=linkedResources"), &token)
        .await
        .1;
    assert_eq!(
        expanded["value"][0]["linkedResources"][0]["externalId"],
        "10042"
    );
    let created = scene
        .request(Method::POST, &tasks, &token)
        .json(&json!({"title": "New", "linkedResources": [{"externalId": "1"}]}));
    let (status, created) = read(created.send().await.unwrap()).await;
    assert_eq!((status, &created["status"]), (201, &json!("notStarted")));
    let address = format!("{tasks}/{}", created["id"].as_str().unwrap());
    let done = scene
        .request(Method::PATCH, &address, &token)
        .json(&json!({"status": "completed"}));
    let done = read(done.send().await.unwrap()).await.1;
    assert!(done["completedDateTime"]["dateTime"].is_string());
    let gone = scene
        .request(Method::DELETE, &address, &token)
        .send()
        .await
        .unwrap();
    assert_eq!(gone.status(), 204);
    assert_error(&scene.get(&address, &token).await, 404, "ErrorItemNotFound");
    assert_error(
        &scene.get(&tasks, &scene.token("bob")).await,
        404,
        "ErrorItemNotFound",
    );
    let reader = scene.sandbox.graph_token("alice", &["Tasks.Read"]);
    let refused = scene
        .request(Method::POST, &tasks, &reader)
        .json(&json!({"title": "x"}));
    assert_error(
        &read(refused.send().await.unwrap()).await,
        403,
        "ErrorAccessDenied",
    );
}

#[tokio::test]
async fn an_event_is_made_once_and_reaches_those_invited() {
    let scene = Scene::new().await;
    let token = scene.sandbox.graph_token("alice", &["Calendars.ReadWrite"]);
    let wanted = json!({"subject": "Follow-up", "transactionId": "7f", "isOnlineMeeting": true,
        "start": {"dateTime": "2026-12-03T09:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2026-12-03T10:00:00", "timeZone": "UTC"},
        "attendees": [{"type": "required", "emailAddress": {"address": "bob@acme.example"}}]});
    let create = async || {
        let request = scene
            .request(Method::POST, "/me/events", &token)
            .json(&wanted);
        read(request.send().await.unwrap()).await
    };
    let (status, event) = create().await;
    assert_eq!(status, 201);
    assert_eq!(create().await.1["id"], event["id"]);
    assert!(event["onlineMeeting"]["joinUrl"].is_string());
    let uid = event["iCalUId"].as_str().unwrap();
    let copy = format!("/me/events?$filter=iCalUId eq '{uid}'");
    let bob = scene.get(&copy, &scene.token("bob")).await.1;
    assert_eq!(
        bob["value"][0]["responseStatus"]["response"],
        "notResponded"
    );
    let address = format!("/me/events/{}", event["id"].as_str().unwrap());
    let gone = scene
        .request(Method::DELETE, &address, &token)
        .send()
        .await
        .unwrap();
    assert_eq!(gone.status(), 204);
    let bob = scene.get(&copy, &scene.token("bob")).await.1;
    assert_eq!(bob["value"][0]["isCancelled"], true);
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

#[tokio::test]
async fn every_answer_names_its_request() {
    let scene = Scene::new().await;
    let request = scene
        .request(Method::GET, "/me", &scene.token("alice"))
        .header("client-request-id", "7");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["client-request-id"], "7");
    assert!(answer.headers().contains_key("request-id"));
    assert_error(
        &scene.get("/nowhere", &scene.token("alice")).await,
        400,
        "BadRequest",
    );
}
