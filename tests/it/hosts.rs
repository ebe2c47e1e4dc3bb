//! People who come from Outlook and Teams: how they connect Jira, and how Entra stands in their way.

use std::time::Duration;

use rstest::rstest;
use sandbox::entra::Command;
use sandbox::jira::cloud_id;
use sandbox::visitor::Visitor;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::harness::person::{Answer, Person, client, no_redirects};
use crate::harness::{House, given_a_house};

const VIEWER: &str = "{ viewer { host site { id } sites { id url name } connections { provider state subject connectUrl } } }";
/// What a page of Outlook shows of an issue's mails, with how Graph stands.
const MAILS: &str = "{ issue(key: \"DEMO-42\") { key mails(source: MENTIONED, first: 1) {
    source { state claims missingScopes connectUrl adminConsentUrl } } } }";

fn jira(answer: &Answer) -> Value {
    let connections = answer.at("/viewer/connections").as_array().unwrap();
    let found = connections.iter().find(|it| it["provider"] == "JIRA");
    found.unwrap().clone()
}

/// Agrees in Entra to everything that is asked for.
fn agrees(house: &House, handle: &str) {
    let scopes = &house
        .gateway()
        .app
        .settings
        .microsoft
        .as_ref()
        .unwrap()
        .scopes;
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    house.sandbox.entra_consent(handle, &scopes);
}

/// Somebody in Outlook who has connected Jira.
async fn given_outlook<'a>(house: &'a House, handle: &'static str) -> Person<'a> {
    let person = house.outlook(handle);
    let landing = person.connects("JIRA").await;
    assert_eq!(landing.status, 200, "{}", landing.body);
    house.sandbox.world().clear_requests();
    person
}

fn asked_of_jira(house: &House) -> Vec<(String, Option<String>)> {
    let asked = house.asked("jira").into_iter();
    asked
        .map(|it| {
            let path = it.path.split('?').next().unwrap_or_default().to_owned();
            (format!("{} {path}", it.method), it.subject)
        })
        .collect()
}

#[tokio::test]
async fn who_never_opened_the_panel_connects_jira_and_reads_as_themselves() {
    let house = given_a_house().await;
    let alice = house.outlook("alice");

    let before = alice.asks(VIEWER).await;
    assert_eq!(before.at("/viewer/host"), "OUTLOOK");
    assert_eq!(before.at("/viewer/site"), &Value::Null);
    assert_eq!(before.at("/viewer/sites"), &json!([]));
    let connection = jira(&before);
    assert_eq!(connection["state"], "NOT_CONNECTED");
    assert!(
        connection["connectUrl"]
            .as_str()
            .unwrap()
            .contains("/oauth/jira/start?ticket=")
    );
    let refused = alice.asks("{ issue(key: \"DEMO-42\") { key } }").await;
    assert_eq!(refused.codes(), ["NOT_CONNECTED"]);
    assert_eq!(asked_of_jira(&house), []);

    let landing = alice.connects("JIRA").await;
    assert_eq!(landing.status, 200, "{}", landing.body);
    assert!(
        landing
            .body
            .contains(r#"data-provider="JIRA" data-ok="true" data-host="outlook""#)
    );
    assert!(landing.body.contains("office.js"), "{}", landing.body);
    house.sandbox.world().clear_requests();

    let after = alice.asks(VIEWER).await;
    let account = house.sandbox.world().person("alice").account_id;
    let connection = jira(&after);
    assert_eq!(connection["state"], "READY");
    assert_eq!(connection["subject"], account.as_str());
    assert_eq!(connection["connectUrl"], Value::Null);
    let issue = alice
        .asks("{ issue(key: \"DEMO-42\") { key site { id } } }")
        .await;
    assert_eq!(issue.at("/issue/key"), "DEMO-42", "{}", issue.body);
    let cloud = cloud_id("acme");
    assert_eq!(
        asked_of_jira(&house),
        [(
            format!("GET /ex/jira/{cloud}/rest/api/3/issue/DEMO-42"),
            Some("alice".to_owned())
        )]
    );
    // The panel's site is the same one.
    assert_eq!(issue.at("/issue/site/id"), after.at("/viewer/sites/0/id"));
    let panel = house.alice().asks("{ viewer { site { id } } }").await;
    assert_eq!(panel.at("/viewer/site/id"), after.at("/viewer/sites/0/id"));
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_link_is_the_same_in_the_panel_and_in_outlook() {
    let house = given_a_house().await;
    agrees(&house, "alice");
    let alice = given_outlook(&house, "alice").await;
    let mail = json!({ "issue": "10042", "internetMessageId": "<demo-42-1@mail.acme.example>" });
    alice.does("linkMail", mail).await;

    let panel = house.alice();
    let seen = panel
        .asks("{ issue(id: 10042) { mails { totalCount } } }")
        .await;
    assert_eq!(seen.at("/issue/mails/totalCount"), 1, "{}", seen.body);
    let teams = house.teams("alice").asks(VIEWER).await;
    assert_eq!(teams.at("/viewer/host"), "TEAMS");
    assert_eq!(teams.at("/viewer/sites").as_array().unwrap().len(), 1);
    // A colleague's Outlook has none of it.
    let bob = house.outlook("bob").asks(VIEWER).await;
    assert_eq!(bob.at("/viewer/sites"), &json!([]));
    house.is_left_clean().await;
}

#[tokio::test]
async fn who_disconnects_jira_has_no_site_at_once() {
    let house = given_a_house().await;
    let alice = given_outlook(&house, "alice").await;

    alice
        .does("disconnect", json!({ "provider": "JIRA" }))
        .await;

    let after = alice.asks(VIEWER).await;
    assert_eq!(after.at("/viewer/sites"), &json!([]));
    assert_eq!(jira(&after)["state"], "NOT_CONNECTED");
    assert_eq!(asked_of_jira(&house), []);
    // In the panel there is nothing to connect, and nothing to end.
    let refused = house
        .alice()
        .tries("connect", json!({ "provider": "JIRA" }))
        .await;
    assert_eq!(refused["userErrors"][0]["code"], "NOT_CONFIGURED");
    house.is_left_clean().await;
}

#[tokio::test]
async fn an_expired_jira_token_is_renewed_once_and_a_lost_one_asks_the_person_back() {
    let house = given_a_house().await;
    let alice = given_outlook(&house, "alice").await;
    expires_jira_tokens(&house).await;

    let answer = alice.asks("{ issue(key: \"DEMO-42\") { key } }").await;

    assert_eq!(answer.at("/issue/key"), "DEMO-42", "{}", answer.body);
    let cloud = cloud_id("acme");
    let read = format!("GET /ex/jira/{cloud}/rest/api/3/issue/DEMO-42");
    let asked: Vec<String> = asked_of_jira(&house).into_iter().map(|it| it.0).collect();
    assert_eq!(
        asked,
        [
            read.as_str(),
            "POST /oauth/token",
            "GET /oauth/token/accessible-resources",
            read.as_str(),
        ]
    );
    // The refresh token no longer counts: the person has to come back, and nobody asks again.
    expires_jira_tokens(&house).await;
    house.sandbox.set_active("alice", false);
    let sql = "UPDATE connection SET updated_at = updated_at - 60000, connected_at = connected_at - 90000";
    house
        .gateway()
        .app
        .store
        .db()
        .execute_unprepared(sql)
        .await
        .unwrap();
    house.sandbox.world().clear_requests();
    for _ in 0..3 {
        let lost = alice.asks("{ issue(key: \"DEMO-42\") { key } }").await;
        assert_eq!(lost.codes(), ["REAUTH_REQUIRED"], "{}", lost.body);
    }
    let asked = asked_of_jira(&house);
    assert_eq!(
        asked
            .iter()
            .filter(|it| it.0 == "POST /oauth/token")
            .count(),
        1
    );
    let connection = jira(&alice.asks(VIEWER).await);
    assert_eq!(connection["state"], "REAUTH_REQUIRED");
    assert!(connection["connectUrl"].is_string());
    house.is_left_clean().await;
}

async fn expires_jira_tokens(house: &House) {
    let control = &house.sandbox.addresses().control;
    let told = client()
        .post(format!("{control}/jira/expire"))
        .send()
        .await
        .unwrap();
    assert!(told.status().is_success());
}

#[tokio::test]
async fn outlook_and_teams_may_open_the_window_and_other_pages_must_ask_first() {
    let house = given_a_house().await;
    let alice = house.outlook("alice");
    let start = async |referrer: Option<&str>| {
        let payload = alice.does("connect", json!({ "provider": "JIRA" })).await;
        let url = payload["url"].as_str().unwrap().to_owned();
        let mut request = no_redirects()
            .get(&url)
            .header("Sec-Fetch-Site", "cross-site");
        if let Some(referrer) = referrer {
            request = request.header("Referer", referrer);
        }
        let response = request.send().await.unwrap();
        (
            response.status().as_u16(),
            url,
            response.text().await.unwrap(),
        )
    };

    assert_eq!(start(Some("https://outlook.office.com/")).await.0, 302);
    assert_eq!(
        start(Some("https://acme.teams.microsoft.com/x")).await.0,
        302
    );
    let (status, url, page) = start(Some("https://evil.example/outlook.office.com")).await;
    assert_eq!(status, 200);
    assert!(page.contains("I pressed Connect"), "{page}");
    assert_eq!(
        start(Some("https://outlook.office.com.evil.example/"))
            .await
            .0,
        200
    );
    assert_eq!(start(None).await.0, 200);
    // The address is still good for who says yes.
    let landing = Visitor::default().visit(&url, "alice", true).await.unwrap();
    assert_eq!(landing.status, 200, "{}", landing.body);
    house.is_left_clean().await;
}

#[rstest]
#[case::nobody_agreed(65_001, "CONSENT_REQUIRED")]
#[case::declined(65_004, "CONSENT_REQUIRED")]
#[case::an_administrator_has_to(90_094, "ADMIN_CONSENT_REQUIRED")]
#[case::an_administrator_was_asked(90_095, "ADMIN_CONSENT_REQUIRED")]
#[case::second_factor(50_076, "INTERACTION_REQUIRED")]
#[case::second_factor_failed(50_074, "INTERACTION_REQUIRED")]
#[case::enrolment(50_072, "INTERACTION_REQUIRED")]
#[case::second_factor_expired(50_078, "INTERACTION_REQUIRED")]
#[case::enrolment_moved(50_079, "INTERACTION_REQUIRED")]
#[case::external_challenge(50_158, "INTERACTION_REQUIRED")]
#[case::device(50_097, "ACCESS_BLOCKED")]
#[case::not_compliant(53_000, "ACCESS_BLOCKED")]
#[case::not_joined(53_001, "ACCESS_BLOCKED")]
#[case::conditional_access(53_003, "ACCESS_BLOCKED")]
#[case::conditional_access_failed(50_131, "ACCESS_BLOCKED")]
#[case::disabled(50_057, "ACCESS_BLOCKED")]
#[case::not_found(50_034, "ACCESS_BLOCKED")]
#[case::not_in_tenant(50_020, "ACCESS_BLOCKED")]
#[case::not_assigned(50_105, "ACCESS_BLOCKED")]
#[case::revoked(50_173, "REAUTH_REQUIRED")]
#[case::expired(70_008, "REAUTH_REQUIRED")]
#[case::inactive(700_082, "REAUTH_REQUIRED")]
#[case::sign_in_frequency(70_043, "REAUTH_REQUIRED")]
#[case::flow_expired(50_089, "REAUTH_REQUIRED")]
#[case::password_expired(50_132, "REAUTH_REQUIRED")]
#[case::password_changed(50_133, "REAUTH_REQUIRED")]
#[case::a_day_of_spa(700_084, "REAUTH_REQUIRED")]
#[case::our_secret(7_000_215, "UNAVAILABLE")]
#[case::our_secret_expired(7_000_222, "UNAVAILABLE")]
#[case::our_certificate(700_027, "UNAVAILABLE")]
#[case::not_installed(700_016, "NOT_CONFIGURED")]
#[case::no_resource(500_011, "NOT_CONFIGURED")]
#[case::one_tenant(50_194, "NOT_CONFIGURED")]
#[case::loop_detected(50_196, "RATE_LIMITED")]
#[tokio::test]
async fn each_refusal_of_entra_says_what_the_person_can_do(#[case] code: u32, #[case] state: &str) {
    let house = given_a_house().await;
    agrees(&house, "alice");
    let alice = given_outlook(&house, "alice").await;
    house.sandbox.entra(&Command::Refuse {
        person: "alice".to_owned(),
        code,
        claims: None,
    });

    let answer = alice.asks(MAILS).await;

    // Jira is whole whatever Entra says.
    assert_eq!(answer.at("/issue/key"), "DEMO-42", "{}", answer.body);
    let source = answer.at("/issue/mails/source");
    assert_eq!(source["state"], state, "{source}");
    assert_eq!(
        source["claims"].is_string(),
        state == "INTERACTION_REQUIRED",
        "{source}"
    );
    assert_eq!(
        source["adminConsentUrl"].is_string(),
        state == "ADMIN_CONSENT_REQUIRED"
    );
    let connects = [
        "CONSENT_REQUIRED",
        "INTERACTION_REQUIRED",
        "REAUTH_REQUIRED",
    ];
    assert_eq!(
        source["connectUrl"].is_string(),
        connects.contains(&state),
        "{source}"
    );
    house.is_left_clean().await;
}

#[rstest]
#[case::not_valid(50_013)]
#[case::out_of_its_time(500_133)]
#[tokio::test]
async fn a_token_that_entra_no_longer_takes_is_refused_so_that_the_add_in_gets_a_new_one(
    #[case] code: u32,
) {
    let house = given_a_house().await;
    agrees(&house, "alice");
    let alice = given_outlook(&house, "alice").await;
    let refuse = |code| Command::Refuse {
        person: "alice".to_owned(),
        code,
        claims: None,
    };
    house.sandbox.entra(&refuse(code));

    let answer = alice.asks(MAILS).await;

    assert_eq!(
        (answer.status, answer.codes()),
        (401, vec!["UNAUTHENTICATED"])
    );
    house.sandbox.entra(&Command::Allow {
        person: "alice".to_owned(),
    });
    let again = house.outlook("alice").asks(MAILS).await;
    assert_eq!(
        again.at("/issue/mails/source/state"),
        "READY",
        "{}",
        again.body
    );
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_challenge_of_graph_is_answered_once_and_then_left_to_the_person() {
    let house = given_a_house().await;
    agrees(&house, "alice");
    let alice = given_outlook(&house, "alice").await;
    let first = alice.asks(MAILS).await;
    assert_eq!(
        first.at("/issue/mails/source/state"),
        "READY",
        "{}",
        first.body
    );
    let person = || "alice".to_owned();
    house.sandbox.world().clear_requests();
    house
        .sandbox
        .entra(&Command::Challenge { person: person() });

    let answered = alice.asks(MAILS).await;

    assert_eq!(
        answered.at("/issue/mails/source/state"),
        "READY",
        "{}",
        answered.body
    );
    assert_eq!(house.asked("login").len(), 1);
    assert_eq!(house.asked("graph").len(), 2);
    // And when Entra has to see the person for it; challenges count in whole seconds.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    house
        .sandbox
        .entra(&Command::Challenge { person: person() });
    house.sandbox.entra(&Command::Refuse {
        person: person(),
        code: 50_076,
        claims: None,
    });
    house.sandbox.world().clear_requests();
    let asked_back = alice.asks(MAILS).await;
    let source = asked_back.at("/issue/mails/source");
    assert_eq!(source["state"], "INTERACTION_REQUIRED", "{source}");
    assert!(
        source["claims"].as_str().unwrap().contains("polids"),
        "{source}"
    );
    assert_eq!(house.asked("login").len(), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn an_add_in_says_its_host_where_the_token_cannot_tell() {
    let house = given_a_house().await;
    let host = async |token: &str, said: &str| {
        let url = format!("{}/graphql", house.gateway().url);
        let request = client()
            .post(url)
            .header("Authorization", format!("Bearer {token}"))
            .header("X-Trefoil-Host", said)
            .json(&json!({ "query": "{ viewer { host } }" }));
        let body: Value = request.send().await.unwrap().json().await.unwrap();
        body["data"]["viewer"]["host"].as_str().unwrap().to_owned()
    };
    let nested = house.outlook("alice").token;
    assert_eq!(host(&nested, "teams").await, "TEAMS");
    assert_eq!(host(&nested, "outlook").await, "OUTLOOK");
    assert_eq!(host(&nested, "jira").await, "OUTLOOK");
    assert_eq!(host(&house.teams("alice").token, "outlook").await, "TEAMS");
    assert_eq!(host(&house.alice().token, "teams").await, "JIRA");
    house.is_left_clean().await;
}
