//! Faults and resets.

use serde_json::json;

use super::Stage;
use crate::fault::Fault;

#[tokio::test]
async fn faults_strike_whom_they_are_meant_for_and_are_used_up() {
    let stage = Stage::new().await;
    let world = stage.sandbox.world();
    let path = "/issue/DEMO-42?fields=summary";
    world.inject(Fault {
        provider: "jira".into(),
        path: Some("/issue/".into()),
        subject: Some("alice".into()),
        count: Some(1),
        style: Some("jira-429".into()),
        ..Fault::default()
    });
    assert_eq!(stage.get("bob", path).await.0, 200);
    assert_eq!(stage.get("alice", path).await.0, 429);
    assert_eq!(stage.get("alice", path).await.0, 200);

    let bearer = stage.bearer("alice").await;
    let address = format!("{}/rest/api/3{path}", stage.base());
    let whole = stage
        .client
        .get(&address)
        .bearer_auth(&bearer)
        .send()
        .await
        .unwrap();
    let length = whole.content_length();
    let strike = |fault: Fault| {
        world.inject(Fault {
            provider: "jira".into(),
            path: Some("/issue/".into()),
            count: Some(1),
            ..fault
        });
        stage.client.get(&address).bearer_auth(&bearer).send()
    };
    let truncated = strike(Fault {
        truncate: Some(20),
        ..Fault::default()
    })
    .await
    .unwrap();
    assert_eq!(truncated.content_length(), length);
    assert!(
        truncated.bytes().await.is_err(),
        "the connection closed early"
    );
    assert!(
        strike(Fault {
            reset: true,
            ..Fault::default()
        })
        .await
        .is_err()
    );
    let before = std::time::Instant::now();
    assert_eq!(
        strike(Fault {
            delay_ms: 120,
            ..Fault::default()
        })
        .await
        .unwrap()
        .status(),
        200
    );
    assert!(before.elapsed().as_millis() >= 120);
    let html = strike(Fault {
        style: Some("html".into()),
        ..Fault::default()
    })
    .await
    .unwrap();
    assert_eq!(html.headers()["content-type"], "text/html; charset=utf-8");
}

#[tokio::test]
async fn a_reset_brings_content_back_and_leaves_the_app_installed() {
    let stage = Stage::new().await;
    let done = json!({"transition": {"id": "41"}});
    assert_eq!(
        stage
            .post("bob", "/issue/DEMO-42/transitions", done)
            .await
            .0,
        204
    );
    stage.sandbox.world().reset();
    let (_, issue) = stage.get("bob", "/issue/DEMO-42?fields=status").await;
    assert_eq!(issue["fields"]["status"]["name"], "In Progress");
}
