//! What vendors tell the gateway: who is believed, what is told on, and how often.

mod jira;
mod microsoft;
mod odd;
mod outage;
mod recordings;
mod zoom;

use std::sync::LazyLock;
use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use serde_json::{Value, json};
use trefoil::app::App;
use trefoil::bus::{Listener, Signal};
use trefoil::event::{Event, LinkKind, What};
use trefoil::id::{EventId, IssueId, LinkId, NodeId, PersonId, SiteId};

use crate::harness::House;

/// One for all: making one reads every root certificate. It keeps no connection, which would die with its test.
static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let client = reqwest::Client::builder().pool_max_idle_per_host(0);
    client.build().unwrap()
});

/// How long something that must come may take.
const LONG: Duration = Duration::from_secs(20);

/// Somebody who listens where something like `sentinel` is heard.
struct Ear<'a> {
    app: &'a App,
    sentinel: What,
    listener: Listener,
}

impl<'a> Ear<'a> {
    /// Listens from now on to whatever has the topics of `like`.
    async fn at(app: &'a App, like: What) -> Self {
        let topics = event(like.clone()).topics();
        let listener = app.bus.listen(topics).await;
        Self {
            app,
            sentinel: like,
            listener,
        }
    }

    /// Everything that was told since the last time: all that was published before a word of our own.
    async fn hears(&mut self) -> Vec<Event> {
        let last = event(self.sentinel.clone());
        self.app
            .bus
            .publish(std::slice::from_ref(&last))
            .await
            .unwrap();
        let mut heard = Vec::new();
        loop {
            let signals = tokio::time::timeout(LONG, self.listener.next())
                .await
                .unwrap();
            for signal in signals {
                match signal {
                    Signal::Event(event) if event.id == last.id => return heard,
                    Signal::Event(event) => heard.push((*event).clone()),
                    Signal::Gap => panic!("events were missed"),
                }
            }
        }
    }
}

fn event(what: What) -> Event {
    Event {
        id: EventId::random(),
        at: 0,
        what,
    }
}

/// A word about an issue that no delivery of Jira's says.
fn link(site: SiteId, issue: &str) -> What {
    What::Link {
        site,
        issue: issue.parse::<IssueId>().unwrap(),
        link: LinkId::random(),
        target: LinkKind::Mail,
        by: PersonId::random(),
        added: true,
    }
}

/// Our id of the site of somebody in its panel.
async fn site_of(house: &House, site: &str, handle: &'static str, issue: &str) -> SiteId {
    let (_, id) = house.person_on(site, handle, issue).ids().await;
    match id.parse() {
        Ok(NodeId::Site(site)) => site,
        other => panic!("{other:?}"),
    }
}

/// How many deliveries are remembered.
async fn rows(house: &House) -> i64 {
    count(house, "SELECT COUNT(*) AS n FROM delivery").await
}

/// How many refusals of an action are written down with this reason, once there are as many as there must be at least:
/// they are written behind the answer.
async fn audited(house: &House, action: &str, detail: &str, least: i64) -> i64 {
    let query = format!(
        "SELECT COUNT(*) AS n FROM audit WHERE action = '{action}' AND detail = '{detail}' AND result = 'refused'"
    );
    eventually(async || {
        let rows = count(house, &query).await;
        (rows >= least).then_some(rows)
    })
    .await
}

pub async fn count(house: &House, query: &str) -> i64 {
    let database: &DatabaseConnection = house.gateways.last().unwrap().app.store.db();
    let statement = Statement::from_string(database.get_database_backend(), query);
    let row = database.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

/// Asks again until there is an answer.
async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asked = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LONG, asked).await.unwrap()
}

/// Sends a delivery; its status, which is all there is to an answer.
async fn sent(url: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> u16 {
    let (status, text) = answered(url, headers, body).await;
    assert_eq!(text, "", "an answer says nothing");
    status
}

/// Sends a delivery; its status and text.
async fn answered(url: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> (u16, String) {
    let mut request = CLIENT.post(url).body(body.into());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// What Jira says of a change to an issue, with content.
fn about_issue(house: &House, event: &str, issue: &str, at: i64) -> Value {
    let canary = &house.sandbox.world().canaries()[0];
    let address = &house.sandbox.addresses().jira[0];
    json!({
        "timestamp": at,
        "webhookEvent": event,
        "user": { "accountId": "5b10a2844c20165700ede21g", "displayName": canary },
        "issue": {
            "id": issue, "key": "DEMO-1", "self": format!("{address}/rest/api/2/issue/{issue}"),
            "fields": { "summary": canary, "description": canary, "project": { "id": "10000", "name": canary } },
        },
        "changelog": { "id": "1", "items": [{ "field": "summary", "toString": canary }] },
    })
}
