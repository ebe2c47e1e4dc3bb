//! What exists upstream while somebody listens.

mod kept;
mod shared;
mod told;
mod trouble;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use sandbox::entra::{Command, Host};
use sandbox::event::Event;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use trefoil::auth::Caller;
use trefoil::bus::{Listener, Signal};
use trefoil::event::{Personal, Topic, What};
use trefoil::id::EntraUser;
use trefoil::store::watch::{State, Watch};
use trefoil::watch::{Hold, Want};

use crate::harness::{House, given_a_house_with};

/// How long something that must come may take.
const LONG: Duration = Duration::from_secs(20);

/// A house whose gateways look often and do not wait long.
async fn given_a_quick_house(grace: u64) -> House {
    let settings = format!("watch.interval = 1\nwatch.grace = {grace}");
    let house = given_a_house_with(&settings, sandbox::Options::default()).await;
    house.agrees(&["Mail.Read", "Calendars.Read", "Chat.Read", "Tasks.Read"]);
    house
}

impl House {
    /// Everybody of alice's tenant has agreed to this, besides being known.
    fn agrees(&self, scopes: &[&str]) {
        let scopes = scopes.iter().chain(&["User.Read"]);
        self.sandbox.entra(&Command::ConsentForTenant {
            person: "alice".to_owned(),
            scopes: scopes.map(|it| (*it).to_owned()).collect(),
        });
    }

    /// Somebody who is signed in to Outlook, at one of the gateways.
    async fn in_outlook(&self, handle: &str, gateway: usize) -> Arc<Caller> {
        let token = self.sandbox.entra_token(handle, Host::Outlook);
        let app = &self.gateways[gateway].app;
        let caller = Caller::authenticate(app, Some(&format!("Bearer {token}"))).await;
        Arc::new(caller.unwrap())
    }

    /// Begins to listen to somebody's own, at one of the gateways.
    async fn listens(&self, handle: &str, gateway: usize, what: Personal) -> Hold {
        let caller = self.in_outlook(handle, gateway).await;
        let owner = caller.entra.unwrap();
        self.wants(&caller, gateway, Want::Personal(owner, what, Vec::new()))
    }

    fn wants(&self, caller: &Arc<Caller>, gateway: usize, want: Want) -> Hold {
        let app = &self.gateways[gateway].app;
        app.watches.want(app, caller, vec![want])
    }

    /// Who somebody is at Microsoft.
    fn entra_user(&self, handle: &str) -> EntraUser {
        let person = self.sandbox.world().person(handle);
        EntraUser {
            tid: person.tid.parse().unwrap(),
            oid: person.oid.parse().unwrap(),
        }
    }

    /// Hears what is told of somebody's own, at one of the gateways.
    async fn ear(&self, gateway: usize, handle: &str, what: Personal) -> Listener {
        let topic = Topic::personal(self.entra_user(handle), what);
        self.gateways[gateway].app.bus.listen([topic]).await
    }

    /// Waits until so many subscriptions live at Graph, and answers them.
    async fn subscriptions(&self, count: usize) -> Vec<Value> {
        let mut alive = Vec::new();
        eventually(async || {
            alive = self.sandbox.graph_subscriptions();
            alive.len() == count
        })
        .await;
        alive
    }

    /// What became of subscriptions so far, without their ids.
    fn story(&self) -> Vec<&'static str> {
        let entries = self.sandbox.subscription_journal();
        entries.iter().map(|it| it.what).collect()
    }

    /// Waits until this has become of subscriptions.
    async fn tells(&self, story: &[&str]) {
        eventually(async || self.story() == story).await;
    }

    /// The rows of somebody's own.
    async fn rows(&self, handle: &str) -> Vec<Watch> {
        let who = self.entra_user(handle);
        let store = &self.gateway().app.store;
        trefoil::store::watch::made_by(store, who).await.unwrap()
    }

    /// Waits until a row of somebody's own is as it should be.
    async fn row(&self, handle: &str, is_right: impl Fn(&Watch) -> bool) -> Watch {
        let mut found = None;
        eventually(async || {
            found = self.rows(handle).await.into_iter().find(&is_right);
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    /// Waits until somebody's one subscription exists and nothing is left to do about it.
    async fn settled(&self, handle: &str) -> Watch {
        let now = trefoil::clock::millis();
        let is_right = |it: &Watch| {
            it.state == State::Active && it.resync_from.is_none() && it.due_at > now + 60_000
        };
        self.row(handle, is_right).await
    }

    /// The numbers of the webhooks that rows know, once nobody works on them.
    async fn jira_rows(&self) -> Vec<String> {
        eventually(async || !self.is_busy().await).await;
        let query = "SELECT subscription_id AS line FROM watch WHERE provider = 'jira' AND subscription_id IS NOT NULL";
        self.lines(query).await
    }

    /// Whether somebody works on a row.
    async fn is_busy(&self) -> bool {
        let query = "SELECT id AS line FROM watch WHERE lease_owner IS NOT NULL OR due_at = 0";
        !self.lines(query).await.is_empty()
    }

    async fn lines(&self, query: &str) -> Vec<String> {
        let database = self.gateway().app.store.db();
        let statement = Statement::from_string(database.get_database_backend(), query);
        let rows = database.query_all_raw(statement).await.unwrap();
        rows.iter()
            .map(|row| row.try_get("", "line").unwrap())
            .collect()
    }

    /// Changes all rows of what exists upstream.
    async fn changes_rows(&self, change: &str) {
        let database = self.gateway().app.store.db();
        let change = format!("UPDATE watch SET {change}");
        database.execute_unprepared(&change).await.unwrap();
    }

    /// What was asked of Graph about subscriptions, as methods and paths without ids.
    fn asked_about_subscriptions(&self) -> Vec<String> {
        let asked = self.asked("graph").into_iter();
        asked
            .filter(|it| it.path.starts_with("/v1.0/subscriptions"))
            .map(|it| format!("{} {}", it.method, it.status))
            .collect()
    }
}

/// Waits for something to become so.
async fn eventually(mut is_so: impl AsyncFnMut() -> bool) {
    let end = tokio::time::Instant::now() + LONG;
    while !is_so().await {
        assert!(tokio::time::Instant::now() < end, "it never became so");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What is told next.
async fn heard(ear: &mut Listener) -> Vec<What> {
    let signals = tokio::time::timeout(LONG, ear.next()).await;
    let signals = signals.expect("something is told").into_iter();
    signals
        .map(|it| match it {
            Signal::Event(event) => event.what.clone(),
            Signal::Gap => panic!("the bus itself missed something"),
        })
        .collect()
}

#[tokio::test]
async fn a_subscription_exists_while_somebody_listens() {
    let house = given_a_quick_house(2).await;
    assert_eq!(house.sandbox.graph_subscriptions(), Vec::<Value>::new());
    let mut ear = house.ear(0, "alice", Personal::Mail).await;

    let hold = house.listens("alice", 0, Personal::Mail).await;
    let alive = house.subscriptions(1).await;
    assert_eq!(alive[0]["owner"], "alice");
    assert_eq!(alive[0]["resource"], "/me/messages");
    assert_eq!(alive[0]["changeType"], json!(["created", "deleted"]));
    let url = &house.gateway().url;
    assert_eq!(
        alive[0]["notificationUrl"],
        format!("{url}/webhooks/microsoft")
    );
    let lifecycle = format!("{url}/webhooks/microsoft/lifecycle");
    assert_eq!(alive[0]["lifecycleNotificationUrl"], lifecycle);
    let row = house.settled("alice").await;
    let left = row.expires_at.unwrap() - trefoil::clock::millis();
    assert!((50 * 60_000..=60 * 60_000).contains(&left), "{left}");

    // It tells of a mail, and is taken away once nobody has listened for a while.
    let sent = Event::new("microsoft", "message.created");
    let outcome = house.sandbox.sends(sent).await;
    let mail = outcome.ids["immutableMessage"].as_str().unwrap().to_owned();
    let what = heard(&mut ear).await;
    assert!(
        matches!(&what[..], [What::Mail { mail: it, .. }] if it.as_str() == mail),
        "{what:?}"
    );
    drop(hold);
    house.subscriptions(0).await;
    eventually(async || house.rows("alice").await.is_empty()).await;
    assert_eq!(house.story(), ["created", "deleted"]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn each_kind_is_subscribed_to_as_graph_wants_it() {
    let settings = "watch.interval = 1\nmicrosoft.scopes = [\"User.Read\", \"Calendars.Read\", \"Chat.Read\", \"Tasks.ReadWrite\"]";
    let house = given_a_house_with(settings, sandbox::Options::default()).await;
    house.agrees(&["Calendars.Read", "Chat.Read", "Tasks.ReadWrite"]);
    let caller = house.in_outlook("alice", 0).await;
    let owner = caller.entra.unwrap();
    let chats = house.outlook("alice").chats().await;
    let chat = chats[0].parse().unwrap();
    let lists = house.graph("alice", "/me/todo/lists").await;
    let list = |is: &dyn Fn(&Value) -> bool| {
        let lists = lists["value"].as_array().unwrap();
        let found = lists.iter().find(|it| is(it)).unwrap();
        found["id"].as_str().unwrap().to_owned()
    };
    let usual = list(&|it| it["wellknownListName"] == "defaultList");
    let other = list(&|it| it["wellknownListName"] == "none");
    let holds = [
        Want::Personal(owner, Personal::Calendar, Vec::new()),
        Want::Personal(owner, Personal::Chats, vec![chat]),
        // The default list is always among them, and only once.
        Want::Personal(
            owner,
            Personal::Tasks,
            vec![other.parse().unwrap(), usual.parse().unwrap()],
        ),
    ]
    .map(|want| house.wants(&caller, 0, want));
    let alive = house.subscriptions(4).await;
    let mut resources: Vec<_> = alive
        .iter()
        .map(|it| it["resource"].as_str().unwrap().to_owned())
        .collect();
    resources.sort_unstable();
    let mut expected = vec![
        "/me/events".to_owned(),
        format!("/chats/{}/messages", chats[0]),
        format!("/me/todo/lists/{other}/tasks"),
        format!("/me/todo/lists/{usual}/tasks"),
    ];
    expected.sort_unstable();
    assert_eq!(resources, expected);
    eventually(async || {
        let rows = house.rows("alice").await;
        rows.len() == 4 && rows.iter().all(|it| it.resync_from.is_none())
    })
    .await;
    assert_eq!(house.story(), ["created"; 4]);
    drop(holds);
    house.is_left_clean().await;
}
