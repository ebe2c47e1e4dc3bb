//! The identity platform over HTTP, as a gateway meets it.

mod hosts;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::{CLIENT_ID, CLIENT_SECRET, Host};
use crate::{Options, Sandbox};

const CALLBACK: &str = "http://127.0.0.1:9/oauth/microsoft/callback";
const VERIFIER: &str = "a-verifier-that-is-long-enough-to-be-accepted-0123456789";
const GRAPH: &str = "https://graph.microsoft.com";

struct Scene {
    sandbox: Sandbox,
    client: Client,
}

impl Scene {
    async fn new() -> Self {
        Self {
            sandbox: Sandbox::start(Options::default()).await,
            client: Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.addresses().login)
    }

    fn tid(&self, handle: &str) -> String {
        self.sandbox.world().person(handle).tid
    }

    /// The parameters the browser is sent back with after a person decided on the consent page.
    async fn decide(&self, person: &str, decision: &str, scope: &str) -> Vec<(String, String)> {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let response = self
            .client
            .post(self.url("/organizations/oauth2/v2.0/authorize"))
            .form(&[
                ("client_id", CLIENT_ID),
                ("response_type", "code"),
                ("redirect_uri", CALLBACK),
                ("scope", scope),
                ("state", "st&te"),
                ("nonce", "n0"),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
                ("person", person),
                ("decision", decision),
            ])
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 302);
        let location = response.headers()["location"].to_str().unwrap();
        let location = Url::parse(location).unwrap();
        location.query_pairs().into_owned().collect()
    }

    async fn code(&self, person: &str, scope: &str) -> String {
        let back = self.decide(person, "accept", scope).await;
        assert!(back.contains(&("state".to_owned(), "st&te".to_owned())));
        back.into_iter().find(|it| it.0 == "code").unwrap().1
    }

    async fn token(&self, tenant: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let mut form = vec![("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)];
        form.extend_from_slice(fields);
        let request = self
            .client
            .post(self.url(&format!("/{tenant}/oauth2/v2.0/token")));
        read(request.form(&form).send().await.unwrap()).await
    }

    async fn redeem(&self, code: &str, verifier: &str) -> (u16, Value) {
        self.token(
            "organizations",
            &[
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", CALLBACK),
                ("code_verifier", verifier),
            ],
        )
        .await
    }

    async fn refresh(&self, refresh_token: &str, scope: &str) -> (u16, Value) {
        self.token(
            "organizations",
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh_token),
                ("scope", scope),
            ],
        )
        .await
    }

    async fn on_behalf_of(&self, tenant: &str, assertion: &str, scope: &str) -> (u16, Value) {
        self.token(
            tenant,
            &[
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("requested_token_use", "on_behalf_of"),
                ("assertion", assertion),
                ("scope", scope),
            ],
        )
        .await
    }
}

async fn read(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap())
}

fn assert_refused(answer: &(u16, Value), status: u16, error: &str, code: u32) {
    assert_eq!(answer.0, status, "{}", answer.1);
    assert_eq!(answer.1["error"], error, "{}", answer.1);
    assert_eq!(answer.1["error_codes"], json!([code]), "{}", answer.1);
    let description = answer.1["error_description"].as_str().unwrap();
    assert!(description.starts_with(&format!("AADSTS{code}: ")));
}

#[tokio::test]
async fn discovery_leads_to_keys_with_their_issuers() {
    let scene = Scene::new().await;
    let get = async |url: String| read(scene.client.get(url).send().await.unwrap()).await.1;
    let any = get(scene.url("/organizations/v2.0/.well-known/openid-configuration")).await;
    assert_eq!(any["issuer"], scene.url("/{tenantid}/v2.0"));
    let tid = scene.tid("frank");
    let one = get(scene.url(&format!("/{tid}/v2.0/.well-known/openid-configuration"))).await;
    assert_eq!(one["issuer"], scene.url(&format!("/{tid}/v2.0")));
    let keys = get(any["jwks_uri"].as_str().unwrap().to_owned()).await;
    assert_eq!(keys["keys"][0]["issuer"], scene.url("/{tenantid}/v2.0"));
    assert_eq!(keys["keys"][0]["kty"], "RSA");
    let nowhere = get(scene.url("/nowhere/v2.0/.well-known/openid-configuration")).await;
    assert_eq!(nowhere["error_codes"], json!([90_002]));
}

#[tokio::test]
async fn a_code_is_good_once_and_only_with_its_verifier() {
    let scene = Scene::new().await;
    let code = scene
        .code(
            "alice",
            "openid offline_access https://graph.microsoft.com/Mail.Read",
        )
        .await;
    let wrong = scene
        .redeem(&code, "another-verifier-that-is-long-enough-0123456789")
        .await;
    assert_refused(&wrong, 400, "invalid_grant", 501_481);
    let (status, answer) = scene.redeem(&code, VERIFIER).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        answer["scope"],
        "openid https://graph.microsoft.com/Mail.Read"
    );
    assert!(answer["refresh_token"].is_string());
    let claims = answer["id_token"]
        .as_str()
        .unwrap()
        .split('.')
        .nth(1)
        .unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let alice = scene.sandbox.world().person("alice");
    assert_eq!(claims["oid"], alice.oid);
    assert_eq!(claims["tid"], alice.tid);
    assert_eq!(claims["nonce"], "n0");
    assert_refused(
        &scene.redeem(&code, VERIFIER).await,
        400,
        "invalid_grant",
        54_005,
    );
    let seen = scene.sandbox.world().requests();
    assert!(
        seen.iter()
            .any(|it| it.path.ends_with("/token") && it.subject.as_deref() == Some("alice"))
    );
}

#[tokio::test]
async fn cancelling_and_missing_rights_come_back_as_errors() {
    let scene = Scene::new().await;
    let back = scene.decide("alice", "cancel", "Mail.Read").await;
    assert_eq!(back[0], ("error".to_owned(), "access_denied".to_owned()));
    let page = scene
        .client
        .get(scene.url("/organizations/oauth2/v2.0/authorize"))
        .query(&[
            ("client_id", CLIENT_ID),
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("scope", "Mail.Read"),
            ("login_hint", "bob@acme.example"),
        ]);
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains(r#"value="bob" checked"#), "{page}");
    let elsewhere = scene
        .client
        .get(scene.url("/organizations/oauth2/v2.0/authorize"))
        .query(&[
            ("client_id", CLIENT_ID),
            (
                "redirect_uri",
                "https://evil.example/oauth/microsoft/callback",
            ),
        ]);
    let elsewhere = elsewhere.send().await.unwrap();
    assert_eq!(elsewhere.status(), 400);
    assert!(elsewhere.text().await.unwrap().contains("AADSTS50011"));
    let silent = scene
        .client
        .get(scene.url("/organizations/oauth2/v2.0/authorize"))
        .query(&[
            ("client_id", CLIENT_ID),
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("scope", "Mail.Read"),
            ("prompt", "none"),
        ]);
    let silent = silent.send().await.unwrap();
    let location = silent.headers()["location"].to_str().unwrap();
    assert!(location.contains("error=login_required"), "{location}");
}

#[tokio::test]
async fn on_behalf_of_needs_consent_and_gives_an_opaque_token() {
    let scene = Scene::new().await;
    let tid = scene.tid("alice");
    let assertion = scene.sandbox.entra_token("alice", Host::Outlook);
    let scope = "https://graph.microsoft.com/Mail.Read offline_access";
    let refused = scene.on_behalf_of(&tid, &assertion, scope).await;
    assert_refused(&refused, 400, "invalid_grant", 65_001);
    assert_eq!(refused.1["suberror"], "consent_required");
    scene
        .sandbox
        .entra_consent("alice", &["Mail.Read", "User.Read"]);
    let (status, answer) = scene.on_behalf_of(&tid, &assertion, scope).await;
    assert_eq!(status, 200, "{answer}");
    let token = answer["access_token"].as_str().unwrap();
    let entra = scene.sandbox.world().entra();
    let access = entra.access(token).unwrap();
    assert_eq!(access.person.handle, "alice");
    assert!(
        access.scopes.contains("User.Read"),
        "all that was consented to"
    );
    assert!(answer["refresh_token"].is_string());
}

#[tokio::test]
async fn an_assertion_is_checked_in_every_part() {
    let scene = Scene::new().await;
    scene.sandbox.entra_consent("alice", &["Mail.Read"]);
    let tid = scene.tid("alice");
    let scope = format!("{GRAPH}/Mail.Read");
    let changed = |name: &'static str, value: Value| {
        scene
            .sandbox
            .entra_token_with("alice", Host::Teams, |claims| {
                claims.insert(name.to_owned(), value);
            })
    };
    for (assertion, code) in [
        (
            changed("aud", json!("00000003-0000-0000-c000-000000000000")),
            50_013,
        ),
        (
            changed("iss", json!("https://login.microsoftonline.com/x/v2.0")),
            50_013,
        ),
        (changed("scp", json!("other")), 50_013),
        (changed("exp", json!(1)), 500_133),
        (changed("oid", json!("nobody")), 50_034),
        ("not.a.token".to_owned(), 50_013),
        (scene.sandbox.entra_consumer_token("alice"), 50_013),
    ] {
        let refused = scene.on_behalf_of(&tid, &assertion, &scope).await;
        assert_refused(&refused, 400, "invalid_grant", code);
    }
    let good = scene.sandbox.entra_token("alice", Host::Teams);
    let elsewhere = scene.on_behalf_of(&scene.tid("frank"), &good, &scope).await;
    assert_refused(&elsewhere, 400, "invalid_grant", 50_013);
    assert_eq!(scene.on_behalf_of(&tid, &good, &scope).await.0, 200);
}

#[tokio::test]
async fn policies_answer_with_their_own_errors() {
    let scene = Scene::new().await;
    scene.sandbox.entra_consent("alice", &["Mail.Read"]);
    let tid = scene.tid("alice");
    let assertion = scene.sandbox.entra_token("alice", Host::Outlook);
    scene.sandbox.entra_refuse("alice", 50_076);
    let refused = scene.on_behalf_of(&tid, &assertion, "Mail.Read").await;
    assert_refused(&refused, 400, "interaction_required", 50_076);
    let claims: Value = serde_json::from_str(refused.1["claims"].as_str().unwrap()).unwrap();
    assert!(claims["access_token"]["polids"].is_object());
    scene.code("alice", "Mail.Read").await;
    assert_eq!(
        scene.on_behalf_of(&tid, &assertion, "Mail.Read").await.0,
        200
    );
    scene.sandbox.entra_refuse("alice", 53_003);
    let refused = scene.on_behalf_of(&tid, &assertion, "Mail.Read").await;
    assert_refused(&refused, 400, "interaction_required", 53_003);
    assert_eq!(refused.1["suberror"], "message_only");
    scene.sandbox.world().reset();
    assert_eq!(
        scene.on_behalf_of(&tid, &assertion, "Mail.Read").await.0,
        200
    );
}

#[tokio::test]
async fn a_refresh_token_lives_until_it_is_revoked() {
    let scene = Scene::new().await;
    let code = scene.code("bob", "offline_access Mail.Read").await;
    let first = scene.redeem(&code, VERIFIER).await.1;
    let first = first["refresh_token"].as_str().unwrap();
    let scope = "offline_access Mail.Read";
    let (status, answer) = scene.refresh(first, scope).await;
    assert_eq!(status, 200);
    assert_ne!(answer["refresh_token"], first);
    assert_eq!(
        scene.refresh(first, scope).await.0,
        200,
        "use does not revoke"
    );
    let more = scene.refresh(first, "Chat.Read").await;
    assert_refused(&more, 400, "invalid_grant", 65_001);
    scene.sandbox.world().entra().revoke_sessions("bob");
    assert_refused(
        &scene.refresh(first, scope).await,
        400,
        "invalid_grant",
        50_173,
    );
    scene.sandbox.world().entra().wishes.revoked_at.clear();
    scene.sandbox.world().entra().expire_refresh("bob");
    assert_refused(
        &scene.refresh(first, scope).await,
        400,
        "invalid_grant",
        700_082,
    );
}

#[tokio::test]
async fn administrators_grant_what_others_may_not() {
    let scene = Scene::new().await;
    let scope = "OnlineMeetingRecording.Read.All";
    let page = scene
        .client
        .post(scene.url("/organizations/oauth2/v2.0/authorize"))
        .form(&[
            ("client_id", CLIENT_ID),
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("scope", scope),
            ("person", "bob"),
            ("decision", "accept"),
        ]);
    let page = page.send().await.unwrap();
    assert!(page.text().await.unwrap().contains("Need admin approval"));
    let tid = scene.tid("alice");
    let granted = scene
        .client
        .post(scene.url(&format!("/{tid}/v2.0/adminconsent")))
        .form(&[
            ("client_id", CLIENT_ID),
            ("redirect_uri", CALLBACK),
            ("scope", scope),
            ("state", "s"),
            ("person", "alice"),
            ("decision", "accept"),
        ]);
    let granted = granted.send().await.unwrap();
    let location = granted.headers()["location"].to_str().unwrap();
    assert!(location.contains("admin_consent=True"), "{location}");
    assert!(location.contains(&tid));
    let assertion = scene.sandbox.entra_token("bob", Host::Teams);
    assert_eq!(scene.on_behalf_of(&tid, &assertion, scope).await.0, 200);
    let assertion = scene.sandbox.entra_token("frank", Host::Teams);
    let refused = scene
        .on_behalf_of(&scene.tid("frank"), &assertion, scope)
        .await;
    assert_refused(&refused, 400, "invalid_grant", 65_001);
}

#[tokio::test]
async fn only_the_gateway_is_served() {
    let scene = Scene::new().await;
    let ask = |fields: Vec<(&'static str, &'static str)>| {
        let request = scene
            .client
            .post(scene.url("/organizations/oauth2/v2.0/token"));
        request.form(&fields)
    };
    let refresh = ("grant_type", "refresh_token");
    let id = ("client_id", CLIENT_ID);
    let secret = ("client_secret", CLIENT_SECRET);
    let wrong = ask(vec![refresh, id, ("client_secret", "guess")]);
    assert_refused(
        &read(wrong.send().await.unwrap()).await,
        401,
        "invalid_client",
        7_000_215,
    );
    let stranger = ask(vec![refresh, ("client_id", "x"), secret]);
    assert_refused(
        &read(stranger.send().await.unwrap()).await,
        400,
        "unauthorized_client",
        700_016,
    );
    let browser = ask(vec![refresh, id, secret]).header("origin", "https://a.example");
    assert_refused(
        &read(browser.send().await.unwrap()).await,
        400,
        "invalid_request",
        9_002_326,
    );
    let password = ask(vec![("grant_type", "password"), id, secret]);
    assert_refused(
        &read(password.send().await.unwrap()).await,
        400,
        "unsupported_grant_type",
        70_003,
    );
    let basic = scene
        .client
        .post(scene.url("/organizations/oauth2/v2.0/token"))
        .basic_auth(CLIENT_ID, Some(CLIENT_SECRET))
        .form(&[refresh, ("refresh_token", "x")]);
    assert_refused(
        &read(basic.send().await.unwrap()).await,
        400,
        "invalid_grant",
        9_002_313,
    );
}
