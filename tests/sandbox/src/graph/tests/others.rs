//! Calendars, meetings, chats and tasks.

use reqwest::Method;
use serde_json::json;

use super::{Scene, assert_error, read};
use crate::graph::Command;

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
        // Those of the day on which this runs, and of the next, may be in that week.
        .filter(|it| !it["iCalUId"].as_str().unwrap().starts_with("today-"))
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
