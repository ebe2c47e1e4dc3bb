//! Sites come and go: signed callbacks, the panel's tokens, and who may frame it.

#![expect(
    clippy::disallowed_methods,
    reason = "the clients here are not the gateway's"
)]

use axum::http::{StatusCode, Uri};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use trefoil::auth::Caller;
use trefoil::http::connect::frame_ancestors;
use trefoil::store::{audit, installation, person};

use crate::harness::person::client;
use crate::harness::{House, given_a_house};

async fn caller(house: &House, token: &str) -> Result<Caller, StatusCode> {
    let header = format!("JWT {token}");
    let caller = Caller::authenticate(&house.gateway().app, Some(&header)).await;
    caller.map_err(|rejection| rejection.status)
}

#[tokio::test]
async fn a_context_token_makes_a_caller_and_the_same_person_each_time() {
    let house = given_a_house().await;
    let first = caller(&house, &house.sandbox.context_token("alice", "DEMO-42")).await;
    let first = first.unwrap();
    let world = house.sandbox.world();
    assert_eq!(
        first.account.unwrap().as_str(),
        world.person("alice").account_id
    );
    assert_eq!(first.issue.unwrap().number(), 10042);
    let again = caller(&house, &house.sandbox.context_token("alice", "DEMO-43")).await;
    assert_eq!(again.unwrap().person, first.person);
    let bob = caller(&house, &house.sandbox.context_token("bob", "DEMO-42")).await;
    let bob = bob.unwrap();
    assert_ne!(bob.person, first.person);
    assert_eq!(bob.tenant, first.tenant);
    let frank = caller(&house, &house.sandbox.context_token("frank", "GLX-1")).await;
    assert_ne!(frank.unwrap().tenant, first.tenant);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_token_that_is_not_for_the_interface_opens_nothing_and_is_written_down() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let good = house.sandbox.context_token("alice", "DEMO-42");
    let tenant = caller(&house, &good).await.unwrap().tenant;
    let frame = house
        .sandbox
        .iframe_token("acme", "alice", "GET", "/addins/jira-panel/");
    let acme = house.sandbox.installation("acme").unwrap();
    let globex = house.sandbox.installation("globex").unwrap();
    let signed = |claims: &Value, secret: &str| {
        let key = EncodingKey::from_secret(secret.as_bytes());
        encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
    };
    let now = trefoil::clock::unix();
    let claims = json!({
        "iss": acme.client_key, "sub": "5b10a2844c20165700ede21g", "exp": now + 900, "qsh": "context-qsh",
    });
    let anonymous = json!({ "iss": acme.client_key, "exp": now + 900, "qsh": "context-qsh" });
    let stranger = json!({ "iss": "nobody", "sub": "x", "exp": now + 900, "qsh": "context-qsh" });
    assert!(
        caller(&house, &signed(&claims, &acme.shared_secret))
            .await
            .is_ok()
    );
    for token in [
        frame.as_str(),
        &good[..good.len() - 3],
        // Another site's secret does not sign for this one.
        &signed(&claims, &globex.shared_secret),
        &signed(&anonymous, &acme.shared_secret),
        &signed(&stranger, &acme.shared_secret),
        "",
        "x.y.z",
    ] {
        assert_eq!(
            caller(&house, token).await.unwrap_err(),
            StatusCode::UNAUTHORIZED
        );
    }
    let absent = Caller::authenticate(app, None).await.unwrap_err();
    assert_eq!(absent.www_authenticate, Some("Bearer"));
    // What the site's own secret had signed stands in its log; what anybody could have sent does not.
    let log = audit::page(&app.store, &tenant, 50, None).await.unwrap();
    let refused: Vec<_> = log
        .iter()
        .filter(|entry| entry.result == "refused")
        .collect();
    let details: Vec<_> = refused
        .iter()
        .filter_map(|entry| entry.detail.as_deref())
        .collect();
    assert_eq!(details, ["anonymous", "query-hash"]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_site_is_switched_off_and_on_and_removed_by_its_own_word_only() {
    let house = given_a_house().await;
    let gateway = house.gateway().url.clone();
    let app = &house.gateway().app;
    let token = house.sandbox.context_token("alice", "DEMO-42");
    let alice = caller(&house, &token).await.unwrap();
    assert_eq!(
        house
            .sandbox
            .disable("acme", &gateway)
            .await
            .unwrap()
            .status,
        204
    );
    assert_eq!(
        caller(&house, &token).await.unwrap_err(),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        house.sandbox.enable("acme", &gateway).await.unwrap().status,
        204
    );
    assert!(caller(&house, &token).await.is_ok());
    let other = house.sandbox.context_token("frank", "GLX-1");
    assert_eq!(
        house
            .sandbox
            .uninstall("acme", &gateway)
            .await
            .unwrap()
            .status,
        204
    );
    assert_eq!(
        caller(&house, &token).await.unwrap_err(),
        StatusCode::UNAUTHORIZED
    );
    assert!(caller(&house, &other).await.is_ok());
    let site = alice.site.unwrap().id;
    let row = installation::by_site(&app.store, site)
        .await
        .unwrap()
        .unwrap();
    assert!(row.shared_secret.is_none() && !row.enabled);
    let left = person::identities(&app.store, &alice.tenant, alice.person).await;
    assert!(left.unwrap().is_empty());
    let log = audit::page(&app.store, &alice.tenant, 50, None)
        .await
        .unwrap();
    let actions: Vec<_> = log.iter().map(|entry| entry.action.as_str()).collect();
    // The site switches itself on when it has installed.
    let expected = [
        "site.uninstall",
        "site.enable",
        "sign-in",
        "site.disable",
        "site.enable",
        "site.install",
    ];
    assert_eq!(actions, expected);
    // `disabled` sometimes comes after `uninstalled` and without a token: it changes nothing.
    let late = client()
        .post(format!("{gateway}/connect/disabled"))
        .send()
        .await
        .unwrap();
    assert_eq!(late.status(), 401);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_site_that_installs_again_keeps_its_id_and_for_a_while_its_old_tokens() {
    let house = given_a_house().await;
    let gateway = house.gateway().url.clone();
    let before = house.sandbox.context_token("alice", "DEMO-42");
    let alice = caller(&house, &before).await.unwrap();
    house.sandbox.install("acme", &gateway).await.unwrap();
    let after = house.sandbox.context_token("alice", "DEMO-42");
    for token in [before, after] {
        let again = caller(&house, &token).await.unwrap();
        assert_eq!(again.person, alice.person);
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn an_installation_nobody_signed_changes_nothing() {
    let house = given_a_house().await;
    let url = format!("{}/connect/installed", house.gateway().url);
    let acme = house.sandbox.installation("acme").unwrap();
    let token = house.sandbox.context_token("alice", "DEMO-42");
    let base = house.sandbox.addresses().jira[0].clone();
    let body = json!({
        "key": "io.trefoil.jira", "clientKey": acme.client_key, "sharedSecret": "of the attacker",
        "baseUrl": base, "productType": "jira", "eventType": "installed",
    });
    // By the old secret: what was right before signed installs.
    let now = trefoil::clock::unix();
    let claims = json!({
        "iss": acme.client_key, "aud": [house.gateway().url], "exp": now + 60,
        "qsh": trefoil::auth::qsh::qsh("POST", "/connect/installed", ""),
    });
    let key = EncodingKey::from_secret(acme.shared_secret.as_bytes());
    let symmetric = encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
    for header in [
        None,
        Some(format!("JWT {symmetric}")),
        Some(format!("JWT {token}")),
    ] {
        let mut request = client().post(&url).json(&body);
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
    assert!(caller(&house, &token).await.is_ok());
    house.is_left_clean().await;
}

#[tokio::test]
async fn only_the_site_that_signed_the_frame_may_show_the_panel() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let path = "/addins/jira-panel/?issueKey=DEMO-42&issueId=10042";
    let token = house.sandbox.iframe_token("acme", "alice", "GET", path);
    let may = async |address: String| {
        let uri: Uri = address.parse().unwrap();
        frame_ancestors(app, &uri).await
    };
    let acme = house.sandbox.addresses().jira[0].clone();
    assert_eq!(may(format!("{path}&jwt={token}")).await, acme);
    let context = house.sandbox.context_token("alice", "DEMO-42");
    for address in [
        path.to_owned(),
        format!("{path}&jwt={context}"),
        format!("{path}&more=1&jwt={token}"),
        format!("{path}&jwt={token}&jwt={token}"),
    ] {
        assert_eq!(may(address).await, "'none'");
    }
    house.is_left_clean().await;
}
