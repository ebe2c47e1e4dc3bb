//! Connecting, renewing and disconnecting accounts, as their owners and as an enemy.

use std::time::Duration;

use futures::future::join_all;
use sandbox::Options;
use sandbox::visitor::Visitor;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tokio::time::timeout;
use trefoil::store::link::Target;

use crate::harness::person::{Person, client};
use crate::harness::story::{RECORDINGS, mail};
use crate::harness::{House, given_a_house, given_a_house_with};

const RECORDING: &str =
    "{ issue(id: 10042) { recordings { source { state connectUrl } nodes { topic } } } }";
const MAILS: &str = "{ issue(id: 10042) { mails { source { state } nodes { subject } } } }";

async fn state_of(person: &Person<'_>, provider: &str) -> Value {
    let answer = person
        .asks("{ viewer { connections { provider state subject scopes } } }")
        .await;
    let connections = answer.at("/viewer/connections").as_array().unwrap();
    connections
        .iter()
        .find(|it| it["provider"] == provider)
        .unwrap()
        .clone()
}

async fn changes(house: &House, sql: &str) -> u64 {
    house
        .gateway()
        .app
        .store
        .db()
        .execute_unprepared(sql)
        .await
        .unwrap()
        .rows_affected()
}

fn refreshes(house: &House) -> usize {
    house
        .asked("zoom")
        .iter()
        .filter(|it| it.path.starts_with("/oauth/token"))
        .count()
}

#[tokio::test]
async fn a_connected_account_is_the_one_that_signed_in_and_its_content_appears() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.has_linked("10042", &[mail(42, 1)]).await;
    assert_eq!(
        state_of(&alice, "MICROSOFT").await["state"],
        "NOT_CONNECTED"
    );

    let landing = alice.connects("MICROSOFT").await;

    assert_eq!(landing.status, 200, "{}", landing.body);
    let connection = state_of(&alice, "MICROSOFT").await;
    assert_eq!(connection["state"], "READY");
    assert_eq!(
        connection["subject"],
        house.sandbox.world().person("alice").oid
    );
    let answer = alice.asks(MAILS).await;
    assert_eq!(
        answer.at("/issue/mails/source/state"),
        "READY",
        "{}",
        answer.body
    );
    assert_eq!(answer.at("/issue/mails/nodes").as_array().unwrap().len(), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn who_declines_is_not_connected_and_reads_none_of_the_providers_words() {
    let house = given_a_house().await;
    let alice = house.alice();

    for provider in ["MICROSOFT", "ZOOM"] {
        let landing = alice.connects_as(provider, "alice", false).await;
        assert_eq!(landing.status, 400);
        assert!(!landing.body.contains("access_denied"), "{}", landing.body);
        assert!(!landing.body.contains("AADSTS"), "{}", landing.body);
        assert_eq!(state_of(&alice, provider).await["state"], "NOT_CONNECTED");
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_start_address_a_state_and_a_callback_work_once_and_in_one_browser_only() {
    let house = given_a_house().await;
    let (alice, bob) = (house.alice(), house.bob());
    let start = alice
        .does("connect", json!({ "provider": "MICROSOFT" }))
        .await["url"]
        .as_str()
        .unwrap()
        .to_owned();

    // Somebody got hold of the callback's address, and opens it in a browser of their own.
    let mut hers = Visitor::default();
    let landing = hers.visit(&start, "alice", true).await.unwrap();
    assert_eq!(landing.status, 200);
    let replayed = hers
        .visit(landing.url.as_str(), "alice", true)
        .await
        .unwrap();
    let stolen = Visitor::default()
        .visit(landing.url.as_str(), "bob", true)
        .await
        .unwrap();
    let again = Visitor::default().visit(&start, "bob", true).await.unwrap();

    assert_eq!(
        (replayed.status, stolen.status, again.status),
        (400, 400, 400)
    );
    let subject = state_of(&alice, "MICROSOFT").await["subject"].clone();
    assert_eq!(subject, house.sandbox.world().person("alice").oid);
    assert_eq!(state_of(&bob, "MICROSOFT").await["state"], "NOT_CONNECTED");

    // A state of Microsoft's does not open Zoom's door, and made-up ones open none.
    let crossed = landing
        .url
        .as_str()
        .replace("/oauth/microsoft/", "/oauth/zoom/");
    for address in [
        crossed,
        format!(
            "{}/oauth/microsoft/callback?code=x&state=made-up",
            house.gateway().url
        ),
        format!(
            "{}/oauth/microsoft/callback?error=<script>alert(1)</script>&state=x",
            house.gateway().url
        ),
        format!(
            "{}/oauth/microsoft/start?ticket=made-up",
            house.gateway().url
        ),
        format!("{}/oauth/microsoft/callback", house.gateway().url),
    ] {
        let landing = Visitor::default()
            .visit(&address, "bob", true)
            .await
            .unwrap();
        assert_eq!(landing.status, 400, "{address}");
        assert!(!landing.body.contains("alert(1)"), "{}", landing.body);
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_page_of_another_site_cannot_have_its_visitors_connect_their_accounts() {
    let house = given_a_house().await;
    let alice = house.alice();
    let payload = alice
        .does("connect", json!({ "provider": "MICROSOFT" }))
        .await;
    let start = payload["url"].as_str().unwrap();

    let sent = client()
        .get(start)
        .header("Sec-Fetch-Site", "cross-site")
        .send()
        .await
        .unwrap();

    assert_eq!(sent.status(), 400);
    assert!(sent.headers().get("set-cookie").is_none());
    let landing = Visitor::default()
        .visit(start, "alice", true)
        .await
        .unwrap();
    assert_eq!(
        landing.status, 200,
        "the address is still good: {}",
        landing.body
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn two_gateways_and_two_hundred_requests_renew_an_expired_zoom_token_once() {
    // The machine that runs this is slow and busy, and how fast it is is not the question here.
    let patient = "limits.operation_timeout = 120\nlimits.upstream_timeout = 60";
    let mut house = given_a_house_with(patient, Options::default()).await;
    house.opens_a_gateway(patient).await;
    {
        let alice = house.alice();
        alice.connects("ZOOM").await;
        alice
            .has_linked(
                "10042",
                &[Target::ZoomRecording(RECORDINGS[0].parse().unwrap())],
            )
            .await;
    }
    assert_eq!(
        changes(&house, "UPDATE connection SET access_expires_at = 1").await,
        1
    );
    house.sandbox.world().clear_requests();

    let people: Vec<_> = (0..200).map(|index| house.alice().at(index % 2)).collect();
    let answers = join_all(people.iter().map(async |it| {
        loop {
            let answer = it.asks(RECORDING).await;
            // Who waited too long for the database at the door is told to try again.
            if answer.codes() != ["UPSTREAM_UNAVAILABLE"] {
                return answer;
            }
        }
    }));
    let answers = timeout(Duration::from_mins(5), answers).await.unwrap();

    for answer in &answers {
        assert_eq!(
            answer.at("/issue/recordings/source/state"),
            "READY",
            "{}",
            answer.body
        );
        assert_eq!(
            answer
                .at("/issue/recordings/nodes")
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }
    assert_eq!(refreshes(&house), 1);
    drop(people);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_lost_refresh_token_asks_the_person_back_and_is_not_tried_for_ever() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    alice
        .has_linked(
            "10042",
            &[Target::ZoomRecording(RECORDINGS[0].parse().unwrap())],
        )
        .await;
    changes(&house, "UPDATE connection SET access_expires_at = 1").await;
    house.sandbox.world().inject(sandbox::fault::Fault {
        provider: "zoom".to_owned(),
        path: Some("/oauth/token".to_owned()),
        status: Some(400),
        body: Some(r#"{"reason":"Invalid Token!","error":"invalid_grant"}"#.to_owned()),
        ..Default::default()
    });
    house.sandbox.world().clear_requests();

    for _ in 0..5 {
        let answer = alice.asks(RECORDING).await;
        assert_eq!(
            answer.at("/issue/recordings/source/state"),
            "REAUTH_REQUIRED",
            "{}",
            answer.body
        );
        assert!(
            answer.at("/issue/recordings/source/connectUrl").is_string(),
            "{}",
            answer.body
        );
    }

    assert_eq!(refreshes(&house), 1, "a dead token was tried again");
    house.sandbox.world().clear_faults();
    alice.connects("ZOOM").await;
    let answer = alice.asks(RECORDING).await;
    assert_eq!(
        answer.at("/issue/recordings/source/state"),
        "READY",
        "connecting again mends it: {}",
        answer.body
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_token_that_the_provider_refuses_in_the_middle_is_renewed_and_the_answer_is_whole() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    alice.connects("MICROSOFT").await;
    alice.has_linked_everything().await;
    for provider in ["zoom", "graph"] {
        house.sandbox.world().inject(sandbox::fault::Fault {
            provider: provider.to_owned(),
            path: Some(if provider == "zoom" { "/v2/" } else { "$batch" }.to_owned()),
            count: Some(1),
            style: Some("expired-token".to_owned()),
            ..Default::default()
        });
    }

    let answer = alice
        .asks_with(crate::panel::PANEL, json!({ "id": "10042" }))
        .await;

    for join in ["mails", "meetings", "chats", "tasks", "recordings"] {
        assert_eq!(
            answer.at(&format!("/issue/{join}/source/state")),
            "READY",
            "{join}: {}",
            answer.body
        );
    }
    assert_eq!(refreshes(&house), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn who_disconnects_leaves_nothing_behind_here_or_there() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    alice.connects("MICROSOFT").await;
    house.sandbox.world().clear_requests();

    let payload = alice
        .does("disconnect", json!({ "provider": "ZOOM" }))
        .await;

    assert_eq!(payload["disconnected"], "ZOOM");
    assert!(
        house
            .asked("zoom")
            .iter()
            .any(|it| it.path.starts_with("/oauth/revoke")),
        "not revoked at Zoom"
    );
    assert_eq!(state_of(&alice, "ZOOM").await["state"], "NOT_CONNECTED");
    assert_eq!(state_of(&alice, "MICROSOFT").await["state"], "READY");
    assert_eq!(
        changes(&house, "DELETE FROM connection WHERE provider = 'zoom'").await,
        0,
        "a row stayed"
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn an_uninstalled_site_is_forgotten_and_its_tokens_open_nothing() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    alice.has_linked("10042", &[mail(42, 1)]).await;
    let frank = house.person("frank", "GLX-1");
    frank.ids().await;

    house
        .sandbox
        .uninstall("acme", &house.gateway().url)
        .await
        .unwrap();

    let answer = alice.asks("{ viewer { person } }").await;
    assert_eq!(answer.status, 401, "{}", answer.body);
    assert_eq!(answer.codes(), ["UNAUTHENTICATED"]);
    frank.ids().await;
    for table in ["link", "connection"] {
        assert_eq!(
            changes(&house, &format!("DELETE FROM {table}")).await,
            0,
            "{table} kept rows"
        );
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_token_that_is_missing_forged_or_of_another_kind_is_refused_in_one_way() {
    let house = given_a_house().await;
    let good = house.alice().token;
    let (head, signature) = good.rsplit_once('.').unwrap();
    let turned: String = signature.chars().rev().collect();
    let iframe =
        house
            .sandbox
            .iframe_token("acme", "alice", "GET", "/addins/jira-panel/?issueId=10042");
    let tokens = [
        None,
        Some(String::new()),
        Some("JWT".to_owned()),
        Some("JWT x.y.z".to_owned()),
        Some(format!("JWT {head}.")),
        Some(format!("JWT {head}.{turned}")),
        Some(format!("JWT {iframe}")),
        Some(format!("Basic {good}")),
        Some(format!(
            "Bearer {}",
            house.sandbox.graph_token("alice", &["User.Read"])
        )),
    ];
    let mut bodies = Vec::new();
    for token in tokens {
        let mut request = client()
            .post(format!("{}/graphql", house.gateway().url))
            .json(&json!({ "query": "{ viewer { person } }" }));
        if let Some(token) = &token {
            request = request.header("Authorization", token);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401, "{token:?}");
        assert!(
            response.headers().contains_key("www-authenticate"),
            "{token:?}"
        );
        let mut body: Value = response.json().await.unwrap();
        body["errors"][0]["extensions"]
            .as_object_mut()
            .unwrap()
            .remove("correlationId");
        bodies.push(body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:#?}");
    assert_eq!(
        bodies[0]["errors"][0]["extensions"]["code"],
        "UNAUTHENTICATED"
    );
    house.is_left_clean().await;
}
