//! Webhooks of Jira sites that somebody connected and that did not install the app.

use serde_json::{Value, json};
use trefoil::id::NodeId;
use trefoil::watch::Want;

use super::eventually;
use crate::harness::{House, given_a_house_with};

/// A house that registers webhooks.
async fn given_webhooks(grace: u64) -> House {
    let settings = format!("watch.interval = 1\nwatch.grace = {grace}\njira.oauth.webhooks = true");
    let house = given_a_house_with(&settings, sandbox::Options::default()).await;
    house.agrees(&["Mail.Read", "Calendars.Read", "Chat.Read", "Tasks.Read"]);
    house
}

#[tokio::test]
async fn a_connected_site_without_the_app_tells_while_somebody_listens() {
    let house = given_webhooks(2).await;
    let gateway = house.gateway().url.clone();
    house.sandbox.uninstall("globex", &gateway).await.unwrap();
    let frank = house.outlook("frank");
    assert_eq!(frank.connects("JIRA").await.status, 200);
    let answer = frank.asks("{ viewer { sites { id } } }").await;
    let Ok(NodeId::Site(site)) = answer.at("/viewer/sites/0/id").as_str().unwrap().parse() else {
        panic!("the site has no id");
    };
    let caller = house.in_outlook("frank", 0).await;
    let hold = house.wants(&caller, 0, Want::JiraSite(site));
    let mut alive = Vec::new();
    eventually(async || {
        alive = house.sandbox.jira_webhooks();
        alive.len() == 1
    })
    .await;
    assert_eq!(alive[0]["url"], json!(format!("{gateway}/webhooks/jira")));
    let filter = alive[0]["jqlFilter"].as_str().unwrap();
    assert!(filter.starts_with("project IN ("), "{filter}");
    let rows = house.jira_rows().await;
    assert_eq!(rows, [alive[0]["id"].as_u64().unwrap().to_string()]);

    // Half of its thirty days later it is refreshed.
    house.changes_rows("due_at = 0").await;
    house.tells(&["created", "renewed"]).await;
    // One that is gone without a word is registered again.
    eventually(async || !house.is_busy().await).await;
    house
        .changes_rows("due_at = 0, subscription_id = '999'")
        .await;
    house
        .tells(&["created", "renewed", "deleted", "created"])
        .await;
    drop(hold);
    eventually(async || house.sandbox.jira_webhooks() == Vec::<Value>::new()).await;
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_site_that_has_the_app_needs_no_webhook_of_its_peoples() {
    let house = given_webhooks(60).await;
    let carol = house.outlook("carol");
    assert_eq!(carol.connects("JIRA").await.status, 200);
    let caller = house.in_outlook("carol", 0).await;
    let own = caller
        .sites
        .iter()
        .find(|it| it.site.oauth_client_id.is_some());
    let site = own.expect("a site of hers has the app").site.id;
    let _hold = house.wants(&caller, 0, Want::JiraSite(site));
    let _mail = house
        .listens("carol", 0, trefoil::event::Personal::Mail)
        .await;
    house.settled("carol").await;
    assert_eq!(house.sandbox.jira_webhooks(), Vec::<Value>::new());
    house.is_left_clean().await;
}

#[tokio::test]
async fn disconnecting_takes_the_webhook_away_at_once() {
    let house = given_webhooks(600).await;
    let gateway = house.gateway().url.clone();
    house.sandbox.uninstall("globex", &gateway).await.unwrap();
    let frank = house.outlook("frank");
    assert_eq!(frank.connects("JIRA").await.status, 200);
    let caller = house.in_outlook("frank", 0).await;
    let site = caller.sites[0].site.id;
    let _hold = house.wants(&caller, 0, Want::JiraSite(site));
    eventually(async || house.jira_rows().await.len() == 1).await;
    frank
        .does("disconnect", json!({ "provider": "JIRA" }))
        .await;
    eventually(async || house.sandbox.jira_webhooks() == Vec::<Value>::new()).await;
    assert_eq!(house.story(), ["created", "deleted"]);
    house.is_left_clean().await;
}
