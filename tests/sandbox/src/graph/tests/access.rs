//! Who may read what, and what every answer carries.

use reqwest::Method;

use super::{Scene, assert_error, by_message_id};

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
    assert_error(&scene.get(path, &frank).await, 404, "ErrorInvalidUser");
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
