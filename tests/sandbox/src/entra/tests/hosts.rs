//! What Entra and the hosts refuse until the person, or their administrator, has done something.

use base64::Engine as _;
use serde_json::{Value, json};

use super::{CLIENT_ID, CLIENT_SECRET, GRAPH, Host, Scene, assert_refused, read};
use crate::entra::Command;

#[tokio::test]
async fn graph_challenges_until_the_claims_come_along() {
    let scene = Scene::new().await;
    scene.sandbox.entra_consent("alice", &["Mail.Read"]);
    let assertion = scene.sandbox.entra_token("alice", Host::Outlook);
    let mail = format!("{GRAPH}/Mail.Read");
    let on_behalf_of = async |claims: &str| {
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
            ("assertion", assertion.as_str()),
            ("scope", mail.as_str()),
            ("requested_token_use", "on_behalf_of"),
            ("claims", claims),
        ];
        let answer = scene.token(&scene.tid("alice"), &fields).await;
        answer.1["access_token"].as_str().unwrap().to_owned()
    };
    let read = async |token: String| {
        let url = format!(
            "{}/v1.0/me/messages?$top=1",
            scene.sandbox.addresses().graph
        );
        let answer = scene.client.get(url).bearer_auth(token).send().await;
        answer.unwrap()
    };
    let capable = json!({"access_token": {"xms_cc": {"values": ["CP1"]}}});
    let token = on_behalf_of(&capable.to_string()).await;
    assert_eq!(read(token.clone()).await.status(), 200);
    scene.sandbox.entra(&Command::Challenge {
        person: "alice".to_owned(),
    });
    let challenged = read(token).await;
    assert_eq!(challenged.status(), 401);
    let header = challenged.headers()["www-authenticate"].to_str().unwrap();
    let claims = header
        .split("claims=\"")
        .nth(1)
        .unwrap()
        .trim_end_matches('"');
    let claims = base64::prelude::BASE64_STANDARD.decode(claims).unwrap();
    let mut claims: Value = serde_json::from_slice(&claims).unwrap();
    let ignorant = on_behalf_of(&capable.to_string()).await;
    assert_eq!(
        read(ignorant).await.status(),
        401,
        "a new token alone does not do"
    );
    claims["access_token"]["xms_cc"] = capable["access_token"]["xms_cc"].clone();
    let answering = on_behalf_of(&claims.to_string()).await;
    assert_eq!(read(answering).await.status(), 200);
}

#[tokio::test]
async fn a_hosts_sign_on_can_be_refused_and_its_tokens_end() {
    let scene = Scene::new().await;
    scene.sandbox.entra(&Command::RefuseHost {
        person: "alice".to_owned(),
        code: 50_076,
        claims: None,
    });
    let ask = async |query: &str| {
        let control = &scene.sandbox.addresses().control;
        let url = format!("{control}/token?person=alice&host=outlook{query}");
        scene.client.get(url).send().await.unwrap()
    };
    let refused = read(ask("").await).await;
    assert_refused(&refused, 400, "interaction_required", 50_076);
    assert!(refused.1["claims"].is_string());
    assert_eq!(ask("&interactive=true").await.status(), 200);
    let over = ask("&seconds=-600").await.text().await.unwrap();
    let answer = scene
        .on_behalf_of(&scene.tid("alice"), &over, &format!("{GRAPH}/Mail.Read"))
        .await;
    assert_refused(&answer, 400, "invalid_grant", 500_133);
}
