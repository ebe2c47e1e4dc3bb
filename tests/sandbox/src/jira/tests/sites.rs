//! People who belong to several sites.

use serde_json::{Value, json};

use super::Stage;
use crate::{
    fault::Fault,
    jira::{cloud_id, user_token},
};

const SCOPES: [&str; 3] = ["read:jira-work", "write:jira-work", "read:jira-user"];

async fn through(stage: &Stage, bearer: &str, site: &str, path: &str) -> (u16, Value) {
    let address = format!("{}/ex/jira/{}{path}", stage.base(), cloud_id(site));
    let answer = stage.client.get(address).bearer_auth(bearer).send().await;
    let answer = answer.unwrap();
    (
        answer.status().as_u16(),
        answer.json().await.unwrap_or_default(),
    )
}

async fn resources(stage: &Stage, bearer: &str) -> Vec<String> {
    let address = format!("{}/oauth/token/accessible-resources", stage.base());
    let answer = stage.client.get(address).bearer_auth(bearer).send().await;
    let sites: Value = answer.unwrap().json().await.unwrap();
    let sites = sites.as_array().unwrap().iter();
    sites
        .map(|site| site["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn one_account_has_two_sites_and_the_same_key_on_both() {
    let stage = Stage::new().await;
    let dan = user_token(stage.sandbox.world(), "dan", &SCOPES);
    assert_eq!(resources(&stage, &dan).await, ["acme", "globex"]);
    let issue = "/rest/api/3/issue/DEMO-42?fields=summary";
    let (_, ours) = through(&stage, &dan, "acme", issue).await;
    let (_, theirs) = through(&stage, &dan, "globex", issue).await;
    assert_eq!(
        (&ours["id"], &theirs["id"]),
        (&json!("10042"), &json!("20042"))
    );
    let (_, here) = through(&stage, &dan, "acme", "/rest/api/3/myself").await;
    let (_, there) = through(&stage, &dan, "globex", "/rest/api/3/myself").await;
    assert_eq!(here["accountId"], there["accountId"]);
    // Erin sees the key on one of her sites only, and people of one site as before.
    let erin = user_token(stage.sandbox.world(), "erin", &SCOPES);
    assert_eq!(through(&stage, &erin, "acme", issue).await.0, 404);
    assert_eq!(through(&stage, &erin, "globex", issue).await.0, 200);
    let frank = user_token(stage.sandbox.world(), "frank", &SCOPES);
    assert_eq!(resources(&stage, &frank).await, ["globex"]);
    assert_eq!(through(&stage, &frank, "globex", issue).await.0, 404);
    assert_eq!(through(&stage, &frank, "acme", issue).await.0, 401);
}

#[tokio::test]
async fn a_site_that_was_left_falls_away() {
    let stage = Stage::new().await;
    let dan = user_token(stage.sandbox.world(), "dan", &SCOPES);
    stage.sandbox.set_belongs("dan", "globex", false);
    assert_eq!(resources(&stage, &dan).await, ["acme"]);
    let (status, _) = through(&stage, &dan, "globex", "/rest/api/3/myself").await;
    assert_eq!(status, 401);
    stage.sandbox.disallow_jira("dan");
    let (status, _) = through(&stage, &dan, "acme", "/rest/api/3/myself").await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn a_fault_strikes_one_site_only() {
    let stage = Stage::new().await;
    stage.sandbox.world().inject(Fault {
        provider: "jira".to_owned(),
        site: Some("globex".to_owned()),
        status: Some(503),
        ..Fault::default()
    });
    let dan = user_token(stage.sandbox.world(), "dan", &SCOPES);
    let issue = "/rest/api/3/issue/DEMO-42?fields=summary";
    assert_eq!(through(&stage, &dan, "acme", issue).await.0, 200);
    assert_eq!(through(&stage, &dan, "globex", issue).await.0, 503);
    let requests = stage.sandbox.world().requests();
    let sites: Vec<_> = requests
        .iter()
        .rev()
        .take(2)
        .map(|seen| seen.site.clone())
        .collect();
    assert_eq!(sites, [Some("globex".to_owned()), Some("acme".to_owned())]);
}
