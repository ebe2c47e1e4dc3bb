//! The token endpoints.

use serde_json::{Value, json};

use super::Stage;
use crate::jira::{CLIENT_ID, CLIENT_SECRET, connect::seconds};

#[tokio::test]
async fn the_token_endpoint_gives_a_token_that_acts_as_the_person() {
    let stage = Stage::new().await;
    let (status, me) = stage.get("alice", "/myself").await;
    assert_eq!(status, 200);
    assert_eq!(me["displayName"], "Alice Meyer");
    let requests = stage.sandbox.world().requests();
    let subjects: Vec<_> = requests
        .iter()
        .map(|seen| seen.subject.as_deref())
        .collect();
    assert_eq!(
        subjects,
        [Some("alice"), Some("alice")],
        "the token endpoint and the call"
    );
}

#[tokio::test]
async fn the_token_endpoint_refuses_what_is_not_right() {
    let stage = Stage::new().await;
    let past = seconds() - 120;
    let cases = [
        (401, "iss", json!("urn:atlassian:connect:clientid:none")),
        (400, "tnt", json!("https://other.atlassian.net")),
        (400, "aud", json!("https://example.com")),
        (400, "sub", json!("urn:atlassian:connect:useraccountid:1")),
        (400, "exp", json!(past)),
        (400, "exp", Value::Null),
    ];
    for (status, claim, value) in cases {
        let case = format!("{claim} {value}");
        let answer = stage
            .assert_as("alice", |claims| claims[claim] = value)
            .await;
        assert_eq!(answer.status(), status, "{case}");
    }
    stage.sandbox.set_active("alice", false);
    assert_eq!(
        stage.assert_as("alice", |_| {}).await.status(),
        400,
        "inactive"
    );
    let frank = stage.sandbox.world().person("frank").account_id;
    let frank = json!(format!("urn:atlassian:connect:useraccountid:{frank}"));
    let foreign = stage.assert_as("bob", |claims| claims["sub"] = frank).await;
    assert_eq!(foreign.status(), 400, "a person of another site");
}

#[tokio::test]
async fn three_legged_tokens_rotate_and_hold_for_the_gateway_address_only() {
    let stage = Stage::new().await;
    let base = stage.base();
    let authorize = format!(
        "{base}/authorize?audience=api.atlassian.com&client_id={CLIENT_ID}&scope=read:jira-work%20offline_access\
         &redirect_uri=http://localhost/back&state=s%26t&response_type=code&auto=1&login_hint=bob"
    );
    let answer = stage.client.get(authorize).send().await.unwrap();
    let location = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    let code = location
        .query_pairs()
        .find(|(name, _)| name == "code")
        .unwrap()
        .1
        .into_owned();
    assert!(
        location
            .query_pairs()
            .any(|(name, value)| name == "state" && value == "s&t")
    );
    let exchange = |body: Value| {
        let request = stage.client.post(format!("{base}/oauth/token")).json(&body);
        async move { request.send().await.unwrap() }
    };
    let client = json!({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET});
    let mut body = client.clone();
    body["grant_type"] = json!("authorization_code");
    body["code"] = json!(code);
    body["redirect_uri"] = json!("http://localhost/back");
    let tokens: Value = exchange(body.clone()).await.json().await.unwrap();
    assert_eq!(exchange(body).await.status(), 403, "a code is used once");
    let bearer = tokens["access_token"].as_str().unwrap();
    let get = |path: String| {
        stage
            .client
            .get(format!("{base}{path}"))
            .bearer_auth(bearer)
            .send()
    };
    let sites: Value = get("/oauth/token/accessible-resources".into())
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let gateway = format!("/ex/jira/{}", sites[0]["id"].as_str().unwrap());
    let issue = "/rest/api/3/issue/DEMO-42?fields=summary";
    assert_eq!(
        get(format!("{gateway}{issue}")).await.unwrap().status(),
        200
    );
    assert_eq!(
        get(issue.to_owned()).await.unwrap().status(),
        401,
        "not on the site itself"
    );
    assert_eq!(
        get(format!("{gateway}/rest/api/3/myself"))
            .await
            .unwrap()
            .status(),
        401,
        "no scope for users"
    );

    let mut body = client;
    body["grant_type"] = json!("refresh_token");
    body["refresh_token"] = tokens["refresh_token"].clone();
    assert_eq!(exchange(body.clone()).await.status(), 200);
    assert_eq!(
        exchange(body).await.status(),
        403,
        "a refresh token is used once"
    );
}
