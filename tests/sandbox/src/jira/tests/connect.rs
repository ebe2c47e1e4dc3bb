//! Installing an app, and the tokens between it and a site.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value, json};

use super::Stage;
use crate::{
    jira::{connect::seconds, token},
    recorder::now,
    world::lock,
};

#[tokio::test]
async fn installing_calls_the_app_with_tokens_it_can_verify() {
    let stage = Stage::new().await;
    let (path, authorization, body) = lock(&stage.calls)[0].clone();
    assert_eq!(
        (path.as_str(), body["eventType"].as_str()),
        ("/on/installed", Some("installed"))
    );
    let jwt = authorization.strip_prefix("JWT ").unwrap();
    let kid = jsonwebtoken::decode_header(jwt).unwrap().kid.unwrap();
    let address = format!("{}/install-keys/{kid}", stage.base());
    let key = stage
        .client
        .get(address)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_audience(&[&stage.app]);
    let key = DecodingKey::from_rsa_pem(key.as_bytes()).unwrap();
    let claims: Map<String, Value> = jsonwebtoken::decode(jwt, &key, &rules).unwrap().claims;
    assert_eq!(claims["iss"], body["clientKey"]);
    assert_eq!(
        claims["qsh"],
        token::query_string_hash("POST", "/on/installed", "")
    );

    let (path, authorization, body) = lock(&stage.calls)[1].clone();
    assert_eq!(
        (path.as_str(), &body["sharedSecret"]),
        ("/on/enabled", &Value::Null)
    );
    let secret = stage.sandbox.installation("acme").unwrap().shared_secret;
    assert!(token::verify(authorization.strip_prefix("JWT ").unwrap(), &secret).is_some());
}

#[tokio::test]
async fn a_new_install_makes_a_new_secret_and_the_old_tokens_of_the_app_fail() {
    let stage = Stage::new().await;
    let before = stage.sandbox.installation("acme").unwrap();
    stage.sandbox.install("acme", &stage.app).await.unwrap();
    let after = stage.sandbox.installation("acme").unwrap();
    assert_eq!(before.client_key, after.client_key);
    assert_ne!(before.shared_secret, after.shared_secret);
    stage.sandbox.uninstall("acme", &stage.app).await.unwrap();
    assert_eq!(
        stage
            .client
            .get(format!("{}/rest/api/3/myself", stage.base()))
            .bearer_auth("unknown")
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
    assert!(stage.sandbox.installation("acme").is_none());
}

#[tokio::test]
async fn an_app_without_the_scopes_is_refused() {
    let stage = Stage::with_scopes(json!(["READ", "ACT_AS_USER"])).await;
    assert_eq!(
        stage.get("alice", "/issue/DEMO-42?fields=summary").await.0,
        200
    );
    let fetch = json!({"issueIdsOrKeys": ["DEMO-42"], "fields": ["summary"]});
    assert_eq!(stage.post("alice", "/issue/bulkfetch", fetch).await.0, 403);
    let stage = Stage::with_scopes(json!(["READ", "WRITE"])).await;
    assert_eq!(stage.assert_as("alice", |_| {}).await.status(), 401);
}

#[tokio::test]
async fn an_app_token_holds_for_its_request_only() {
    let stage = Stage::new().await;
    let app = stage.sandbox.installation("acme").unwrap();
    let path = "/rest/api/3/issue/DEMO-1?fields=summary,status&expand=names";
    let ask = |signed: String, secret: String| {
        let claims = json!({"iss": app.app_key, "iat": now(), "exp": seconds() + 60,
            "qsh": token::query_string_hash("GET", &signed, ""), "aud": [app.client_key]});
        let authorization = format!("JWT {}", token::sign(&claims, &secret));
        let request = stage.client.get(format!("{}{path}", stage.base()));
        async move {
            request
                .header("authorization", authorization)
                .send()
                .await
                .unwrap()
                .status()
        }
    };
    assert_eq!(ask(path.to_owned(), app.shared_secret.clone()).await, 200);
    assert_eq!(
        ask(
            "/rest/api/3/issue/DEMO-2".to_owned(),
            app.shared_secret.clone()
        )
        .await,
        401
    );
    assert_eq!(ask(path.to_owned(), "another secret".to_owned()).await, 401);
}

#[test]
fn query_string_hashes_follow_the_published_rules() {
    let hash = |method, url, base| token::query_string_hash(method, url, base);
    let cases = [
        (
            "get",
            "/rest/api/3/issue/PROJ-1",
            "",
            "GET&/rest/api/3/issue/PROJ-1&",
        ),
        ("GET", "https://app.example.com", "", "GET&/&"),
        (
            "GET",
            "/path/?zee_last=param&repeated=parameter 2&first=param&repeated=parameter+1&jwt=x",
            "",
            "GET&/path&first=param&repeated=parameter%201,parameter%202&zee_last=param",
        ),
        (
            "GET",
            "/rest/api/2/project&a=b?x=y",
            "",
            "GET&/rest/api/2/project%26a=b&x=y",
        ),
        (
            "GET",
            "/a%2fb+c?flag&s=~*'",
            "",
            "GET&/a%2fb+c&flag=&s=~%2A%27",
        ),
        (
            "POST",
            "https://acme.example/wiki/rest/x#part",
            "/wiki",
            "POST&/rest/x&",
        ),
        ("GET", "/jirafoo/x", "/jira", "GET&/jirafoo/x&"),
    ];
    for (method, url, base, canonical) in cases {
        use sha2::{Digest, Sha256};
        let wanted = crate::world::hex(&Sha256::digest(canonical));
        assert_eq!(hash(method, url, base), wanted, "{url}");
    }
}
