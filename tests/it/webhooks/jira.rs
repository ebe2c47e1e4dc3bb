//! Jira's deliveries: of Connect modules, of the OAuth 2.0 app's dynamic webhooks, and of Data Center.

use futures::future::join_all;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use sandbox::event::Event as Happening;
use sandbox::jira::{CLIENT_SECRET, cloud_id};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use trefoil::clock;
use trefoil::event::{IssueChange, What};
use trefoil::id::JiraId;

use super::{Ear, about_issue, audited, link, rows, sent, site_of};
use crate::harness::{House, given_a_house, given_a_house_with};

const IDENTIFIER: &str = "x-atlassian-webhook-identifier";

/// The claims of a delivery to `/webhooks/jira` from a site: whose client key, for which path.
fn claims(house: &House, site: &str) -> Value {
    let installed = house.sandbox.installation(site).unwrap();
    let now = clock::unix();
    json!({ "iss": installed.client_key, "iat": now, "exp": now + 180, "qsh": qsh("POST&/webhooks/jira&") })
}

fn qsh(canonical: &str) -> String {
    let digest = Sha256::digest(canonical);
    let hex: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.concat()
}

fn signed(claims: &Value, secret: &str) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}

/// What a site would send in `Authorization`.
fn token(house: &House, site: &str) -> String {
    let secret = house.sandbox.installation(site).unwrap().shared_secret;
    format!("JWT {}", signed(&claims(house, site), &secret))
}

fn url(house: &House) -> String {
    format!("{}/webhooks/jira", house.gateways.last().unwrap().url)
}

#[tokio::test]
async fn what_happens_in_jira_is_told_in_ids_to_who_listens_there() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let site = site_of(&house, "acme", "alice", "DEMO-42").await;
    let mut here = Ear::at(app, link(site, "10042")).await;
    let mut elsewhere = Ear::at(app, link(site, "10041")).await;
    for (kind, change) in [
        ("jira:issue_updated", IssueChange::Updated),
        ("comment_created", IssueChange::Commented),
        ("comment_updated", IssueChange::CommentUpdated),
        ("comment_deleted", IssueChange::CommentDeleted),
    ] {
        let happening = Happening {
            issue: Some("DEMO-42".to_owned()),
            ..Happening::new("jira", kind)
        };
        let outcome = house.sandbox.sends(happening).await;
        assert!(!outcome.sent.is_empty(), "{kind}: {:?}", outcome.reason);
        assert!(
            outcome.sent.iter().all(|it| it.status == 204),
            "{outcome:?}"
        );
        let heard = here.hears().await;
        let what: Vec<_> = heard.iter().map(|it| &it.what).collect();
        let [
            What::Issue {
                site: whose,
                issue,
                change: told,
                comment,
                ..
            },
        ] = what[..]
        else {
            panic!("{kind}: {heard:?}");
        };
        assert_eq!(
            (*whose, issue.to_string().as_str(), *told),
            (site, "10042", change)
        );
        let id = outcome.ids.get("comment").and_then(Value::as_str);
        assert_eq!(comment.as_ref().map(JiraId::as_str), id, "{kind}");
        assert!((clock::millis() - heard[0].at).abs() < 60_000);
    }
    assert_eq!(elsewhere.hears().await, []);
    assert_eq!(rows(&house).await, 4);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_new_issue_is_heard_at_its_project_and_a_deleted_one_at_itself() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let site = site_of(&house, "acme", "alice", "DEMO-42").await;
    let like = What::Issue {
        site,
        issue: "1".parse().unwrap(),
        project: Some("10000".parse().unwrap()),
        change: IssueChange::Created,
        comment: None,
    };
    let mut project = Ear::at(app, like).await;
    house
        .sandbox
        .sends(Happening::new("jira", "jira:issue_created"))
        .await;
    let heard = project.hears().await;
    let [
        What::Issue {
            issue,
            change: IssueChange::Created,
            ..
        },
    ] = heard.iter().map(|it| &it.what).collect::<Vec<_>>()[..]
    else {
        panic!("{heard:?}");
    };
    let number = issue.to_string();
    let mut itself = Ear::at(app, link(site, &number)).await;
    let gone = Happening {
        issue: Some(number),
        ..Happening::new("jira", "jira:issue_deleted")
    };
    house.sandbox.sends(gone).await;
    let heard = itself.hears().await;
    assert!(
        matches!(
            heard[0].what,
            What::Issue {
                change: IssueChange::Deleted,
                ..
            }
        ),
        "{heard:?}"
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn the_same_delivery_a_hundred_times_at_once_and_after_a_restart_is_one_event() {
    let mut house = given_a_house().await;
    let site = site_of(&house, "acme", "alice", "DEMO-42").await;
    let body = about_issue(&house, "jira:issue_updated", "10042", 1_732_222_222_000).to_string();
    let first = url(&house);
    {
        let mut ear = Ear::at(&house.gateway().app, link(site, "10042")).await;
        for _ in 0..5 {
            let deliveries = (0..20).map(async |_| {
                let token = token(&house, "acme");
                let headers = [("authorization", &*token), (IDENTIFIER, "a-1")];
                sent(&first, &headers, body.clone()).await
            });
            assert_eq!(join_all(deliveries).await, [204; 20]);
        }
        assert_eq!(ear.hears().await.len(), 1);
        // What Jira names otherwise is something else that happened.
        let token = token(&house, "acme");
        let headers = [("authorization", &*token), (IDENTIFIER, "a-2")];
        assert_eq!(sent(&first, &headers, body.clone()).await, 204);
        assert_eq!(ear.hears().await.len(), 1);
        // Without a name, the moment tells one from another.
        for _ in 0..3 {
            assert_eq!(sent(&first, &headers[..1], body.clone()).await, 204);
        }
        assert_eq!(ear.hears().await.len(), 1);
    }
    house.opens_a_gateway("").await;
    let mut ear = Ear::at(&house.gateways[1].app, link(site, "10042")).await;
    let token = token(&house, "acme");
    let headers = [("authorization", &*token), (IDENTIFIER, "a-1")];
    assert_eq!(sent(&url(&house), &headers, body).await, 204);
    assert_eq!(ear.hears().await, []);
    assert_eq!(rows(&house).await, 3);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_site_speaks_for_itself_only() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let acme = site_of(&house, "acme", "alice", "DEMO-42").await;
    let globex = site_of(&house, "globex", "dan", "DEMO-43").await;
    let mut there = Ear::at(app, link(acme, "10042")).await;
    let mut here = Ear::at(app, link(globex, "10042")).await;
    let body = about_issue(&house, "jira:issue_updated", "10042", 1).to_string();
    // Its own secret with another's name.
    let secret = house.sandbox.installation("globex").unwrap().shared_secret;
    let forged = format!("JWT {}", signed(&claims(&house, "acme"), &secret));
    let headers = [("authorization", &*forged)];
    assert_eq!(sent(&url(&house), &headers, body.clone()).await, 401);
    assert_eq!(rows(&house).await, 0);
    // Its own name and a body that names the other's address.
    let honest = token(&house, "globex");
    assert_eq!(
        sent(&url(&house), &[("authorization", &honest)], body).await,
        204
    );
    assert_eq!(there.hears().await, []);
    assert_eq!(here.hears().await.len(), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_no_site_signed_for_this_address_is_refused_alike() {
    let house = given_a_house().await;
    let installed = house.sandbox.installation("acme").unwrap();
    let secret = installed.shared_secret.as_str();
    let with = |name: &str, value: Value| {
        let mut claims = claims(&house, "acme");
        claims[name] = value;
        claims
    };
    let now = clock::unix();
    let mut without_end = claims(&house, "acme");
    without_end.as_object_mut().unwrap().remove("exp");
    let good = signed(&claims(&house, "acme"), secret);
    let (unsigned, signature) = good.rsplit_once('.').unwrap();
    let none = format!(
        "{}.{}.",
        "eyJhbGciOiJub25lIn0",
        unsigned.split_once('.').unwrap().1
    );
    let key = EncodingKey::from_secret(secret.as_bytes());
    let longer = encode(
        &Header::new(Algorithm::HS512),
        &claims(&house, "acme"),
        &key,
    )
    .unwrap();
    let context = house.sandbox.context_token("alice", "DEMO-42");
    let forged = [
        format!("JWT {}", signed(&with("qsh", json!("context-qsh")), secret)),
        format!(
            "JWT {}",
            signed(&with("qsh", json!(qsh("GET&/webhooks/jira&"))), secret)
        ),
        format!(
            "JWT {}",
            signed(&with("qsh", json!(qsh("POST&/webhooks&"))), secret)
        ),
        format!("JWT {}", signed(&with("qsh", Value::Null), secret)),
        format!("JWT {}", signed(&with("exp", json!(now - 31)), secret)),
        format!("JWT {}", signed(&with("iat", json!(now + 90)), secret)),
        format!("JWT {}", signed(&with("iss", json!("nobody")), secret)),
        format!("JWT {}", signed(&without_end, secret)),
        format!("JWT {}", signed(&claims(&house, "acme"), "another secret")),
        format!("JWT {none}"),
        format!("JWT {longer}"),
        format!("JWT {context}"),
        format!("JWT {unsigned}."),
        format!("JWT {unsigned}.{}", &signature[1..]),
        // Only Atlassian itself speaks by the client secret.
        format!("Bearer {good}"),
        format!("JWT {}", signed(&claims(&house, "acme"), CLIENT_SECRET)),
        good.clone(),
        "JWT".to_owned(),
        String::new(),
    ];
    let body = about_issue(&house, "jira:issue_updated", "10042", 1).to_string();
    for (index, header) in forged.iter().enumerate() {
        let status = sent(&url(&house), &[("authorization", header)], body.clone()).await;
        assert_eq!(status, 401, "number {index}");
    }
    let honest = format!("JWT {good}");
    let twice = [("authorization", &*honest), ("authorization", &*honest)];
    assert_eq!(sent(&url(&house), &twice, body.clone()).await, 401);
    assert_eq!(sent(&url(&house), &[], body.clone()).await, 401);
    let elsewhere = format!("{}?event=issue_deleted", url(&house));
    assert_eq!(sent(&elsewhere, &twice[..1], body.clone()).await, 401);
    assert_eq!(rows(&house).await, 0);
    assert!(audited(&house, "webhook.jira", "query-hash", 4).await >= 4);
    assert_eq!(sent(&url(&house), &twice[..1], body).await, 204);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_site_that_switched_the_app_off_or_removed_it_is_not_listened_to() {
    let house = given_a_house().await;
    let body = about_issue(&house, "jira:issue_updated", "10042", 1).to_string();
    let gateway = house.gateway().url.clone();
    let tells =
        async |token: &str| sent(&url(&house), &[("authorization", token)], body.clone()).await;
    let token = token(&house, "acme");
    house.sandbox.disable("acme", &gateway).await.unwrap();
    assert_eq!(tells(&token).await, 401);
    assert_eq!(audited(&house, "webhook.jira", "site-disabled", 1).await, 1);
    house.sandbox.enable("acme", &gateway).await.unwrap();
    assert_eq!(tells(&token).await, 204);
    house.sandbox.uninstall("acme", &gateway).await.unwrap();
    assert_eq!(tells(&token).await, 401);
    assert_eq!(rows(&house).await, 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_dynamic_webhook_is_of_the_site_that_its_issue_is_on() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    house.outlook("alice").connects("JIRA").await;
    let site = site_of(&house, "acme", "alice", "DEMO-42").await;
    let mut ear = Ear::at(app, link(site, "10042")).await;
    let now = clock::unix();
    let claims = json!({ "iat": now, "exp": now + 180 });
    let tells = async |claims: &Value, secret: &str, body: &Value| {
        let token = format!("Bearer {}", signed(claims, secret));
        sent(&url(&house), &[("authorization", &token)], body.to_string()).await
    };
    let mut body = about_issue(&house, "jira:issue_updated", "10042", 1);
    assert_eq!(tells(&claims, CLIENT_SECRET, &body).await, 204);
    assert_eq!(ear.hears().await.len(), 1);
    let cloud = cloud_id("acme");
    body["timestamp"] = json!(2);
    body["issue"]["self"] = json!(format!(
        "https://api.atlassian.com/ex/jira/{cloud}/rest/api/2/issue/10042"
    ));
    assert_eq!(tells(&claims, CLIENT_SECRET, &body).await, 204);
    assert_eq!(ear.hears().await.len(), 1);
    // Of a site that nobody connected, or of none.
    body["timestamp"] = json!(3);
    for address in [
        "https://api.atlassian.com/ex/jira/nobody/rest/api/2/issue/10042",
        "https://x.example/rest/",
        "",
    ] {
        body["issue"]["self"] = json!(address);
        assert_eq!(tells(&claims, CLIENT_SECRET, &body).await, 204);
    }
    let right = json!({ "exp": now + 180, "qsh": qsh("POST&/webhooks/jira&") });
    let wrong = json!({ "exp": now + 180, "qsh": qsh("POST&/elsewhere&") });
    let endless = json!({ "iat": now });
    assert_eq!(tells(&right, CLIENT_SECRET, &body).await, 204);
    assert_eq!(tells(&wrong, CLIENT_SECRET, &body).await, 401);
    assert_eq!(tells(&endless, CLIENT_SECRET, &body).await, 401);
    assert_eq!(tells(&claims, "another secret", &body).await, 401);
    assert_eq!(ear.hears().await, []);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_data_center_site_signs_its_bytes() {
    let house = given_a_house_with(
        "
        jira.data_center.main.base_url = 'https://jira.example.com'
        jira.data_center.main.client_id = 'x'
        jira.data_center.main.client_secret = 'y'
        jira.data_center.main.webhook_secret = 'quite a secret'
        jira.data_center.mute.base_url = 'https://jira.example.org'
        jira.data_center.mute.client_id = 'x'
        jira.data_center.mute.client_secret = 'y'
        ",
        sandbox::Options::default(),
    )
    .await;
    let app = &house.gateway().app;
    let gateway = &house.gateway().url;
    let body = about_issue(&house, "jira:issue_updated", "10042", 1).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"quite a secret").unwrap();
    mac.update(body.as_bytes());
    let hex: Vec<String> = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect();
    let signature = format!("sha256={}", hex.concat());
    let tells = async |site: &str, signature: &str, body: &str| {
        let url = format!("{gateway}/webhooks/jira-dc/{site}");
        sent(&url, &[("x-hub-signature", signature)], body.to_owned()).await
    };
    assert_eq!(tells("main", &signature, &body).await, 204);
    assert_eq!(rows(&house).await, 1);
    let row = trefoil::store::installation::by_client_key(&app.store, "data-center:main").await;
    let row = row.unwrap().unwrap();
    assert_eq!(
        (row.base_url.as_str(), row.enabled),
        ("https://jira.example.com/", false)
    );
    // The site keeps its id.
    let site = row.site().unwrap();
    let mut ear = Ear::at(app, link(site, "10042")).await;
    assert_eq!(tells("main", &signature, &body).await, 204);
    assert_eq!(ear.hears().await, [], "it was told before");

    assert_eq!(
        tells("main", &signature, &body.replace("10042", "10043")).await,
        401
    );
    assert_eq!(tells("main", &signature.to_uppercase(), &body).await, 401);
    assert_eq!(
        tells("main", &signature.replace("sha256=", "sha1="), &body).await,
        401
    );
    assert_eq!(tells("main", "", &body).await, 401);
    assert_eq!(tells("mute", &signature, &body).await, 404);
    assert_eq!(tells("other", &signature, &body).await, 404);
    assert_eq!(rows(&house).await, 1);
    assert_eq!(audited(&house, "webhook.jira-dc", "signature", 4).await, 4);
    // No token is by a site that has no secret to share.
    let claims = json!({ "iss": "data-center:main", "exp": clock::unix() + 60, "qsh": qsh("POST&/webhooks/jira&") });
    let forged = format!("JWT {}", signed(&claims, "quite a secret"));
    assert_eq!(
        sent(&url(&house), &[("authorization", &forged)], body).await,
        401
    );
    house.is_left_clean().await;
}
