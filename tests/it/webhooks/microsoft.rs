//! Graph's notifications: the handshake, whose they are, and what is not believed.

use futures::future::join_all;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use trefoil::clock;
use trefoil::event::{Change, Personal, What};
use trefoil::id::{EntraUser, GraphId};
use trefoil::store::watch::{self, Settled, Source, State};
use uuid::Uuid;

use super::{CLIENT, Ear, audited, rows, sent};
use crate::harness::{House, given_a_house};

const SECRET: &str = "a secret that only Graph was told";

fn entra(house: &House, handle: &str) -> EntraUser {
    let person = house.sandbox.world().person(handle);
    EntraUser {
        tid: person.tid.parse().unwrap(),
        oid: person.oid.parse().unwrap(),
    }
}

/// A subscription of somebody's, as if it had been made upstream; Graph's id of it.
async fn given_subscription(
    house: &House,
    handle: &str,
    what: Personal,
    object: Option<&str>,
) -> Uuid {
    let store = &house.gateway().app.store;
    let object = object.map(|it| it.parse::<GraphId>().unwrap());
    let who = entra(house, handle);
    let source = match (what, object) {
        (Personal::Chats, Some(chat)) => Source::Chat(who.tid, chat),
        (_, object) => Source::Personal(who, what, object),
    };
    let later = clock::millis() + 3_600_000;
    let subscription = Uuid::new_v4();
    watch::wish(store, "a gateway", &[(source.clone(), 1)], later)
        .await
        .unwrap();
    let leased = watch::lease(store, &source.id(), "a worker", later).await;
    let row = leased.unwrap().unwrap();
    let hash = watch::hash(SECRET);
    assert!(
        watch::promise(store, &row.id, "a worker", hash)
            .await
            .unwrap()
    );
    let settled = Settled {
        made_by: matches!(what, Personal::Chats).then_some(who),
        subscription: Some(subscription.to_string()),
        state: State::Active,
        obstacle: None,
        missing_scopes: Vec::new(),
        due_at: later,
        expires_at: Some(later),
        resync_from: None,
        failures: 0,
    };
    assert!(
        watch::settle(store, &row, "a worker", settled)
            .await
            .unwrap()
    );
    subscription
}

/// A notification as Graph sends it, with more than ids in it.
fn notification(house: &House, handle: &str, subscription: Uuid, more: &Value) -> Value {
    let canary = &house.sandbox.world().canaries()[0];
    let mut item = json!({
        "id": "lsgTZMr9KwAAA", "subscriptionId": subscription, "clientState": SECRET,
        "subscriptionExpirationDateTime": "2026-11-28T11:00:00Z", "tenantId": entra(house, handle).tid,
        "changeType": "created", "resource": "Users/x/Messages/AAMk=",
        "resourceData": { "@odata.type": "#Microsoft.Graph.Message", "@odata.etag": "W/\"1\"", "id": "AAMk=",
            "subject": canary, "bodyPreview": canary },
    });
    item.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    item
}

fn url(house: &House) -> String {
    format!("{}/webhooks/microsoft", house.gateways.last().unwrap().url)
}

async fn tells(house: &House, items: &[Value]) -> u16 {
    let body = json!({ "value": items, "validationTokens": [house.sandbox.world().canaries()[1]] });
    sent(
        &url(house),
        &[("content-type", "application/json")],
        body.to_string(),
    )
    .await
}

fn mail(owner: EntraUser, id: &str, change: Change) -> What {
    What::Mail {
        owner,
        mail: id.parse().unwrap(),
        change,
    }
}

#[tokio::test]
async fn a_handshake_gives_back_the_token_as_plain_text_and_needs_nothing() {
    let house = given_a_house().await;
    let token = "Validation: Testing reachability <script>alert(1)</script> & ü%";
    for path in ["", "/lifecycle"] {
        let url = format!("{}{path}", url(&house));
        let request = CLIENT.post(&url).query(&[("validationToken", token)]);
        let request = request.header("content-type", "text/plain; charset=utf-8");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/plain");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(answer.text().await.unwrap(), token);
        let long = "a".repeat(3_000);
        for odd in ["", "a\r\nb", &long] {
            let answer = CLIENT
                .post(&url)
                .query(&[("validationToken", odd)])
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status().as_u16(), 400);
            assert_eq!(answer.text().await.unwrap(), "");
        }
        let answer = CLIENT
            .get(&url)
            .query(&[("validationToken", token)])
            .send()
            .await;
        assert_eq!(answer.unwrap().status().as_u16(), 405);
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn one_delivery_may_be_of_many_subscriptions_and_tenants() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let (alice, frank) = (entra(&house, "alice"), entra(&house, "frank"));
    let mails = given_subscription(&house, "alice", Personal::Mail, None).await;
    let theirs = given_subscription(&house, "frank", Personal::Mail, None).await;
    let events = given_subscription(&house, "alice", Personal::Calendar, None).await;
    let tasks = given_subscription(&house, "alice", Personal::Tasks, Some("AQMk=")).await;
    let chats = given_subscription(&house, "alice", Personal::Chats, Some("19:a@thread.v2")).await;
    let chat = |change| What::ChatMessage {
        tenant: alice.tid,
        chat: "19:a@thread.v2".parse().unwrap(),
        change,
    };
    let task = |change| What::Task {
        owner: alice,
        list: "AQMk=".parse().unwrap(),
        task: "t".parse().unwrap(),
        change,
    };
    let event = |change| What::CalendarEvent {
        owner: alice,
        event: "e".parse().unwrap(),
        change,
    };
    let mut in_mail = Ear::at(app, mail(alice, "x", Change::Deleted)).await;
    let mut in_theirs = Ear::at(app, mail(frank, "x", Change::Deleted)).await;
    let mut in_calendar = Ear::at(app, event(Change::Deleted)).await;
    let mut in_tasks = Ear::at(app, task(Change::Deleted)).await;
    let mut in_chats = Ear::at(app, chat(Change::Deleted)).await;
    let data = |id: &str| json!({ "id": id, "@odata.etag": "1" });
    let items = [
        notification(&house, "alice", mails, &json!({})),
        notification(&house, "frank", theirs, &json!({})),
        notification(
            &house,
            "alice",
            events,
            &json!({ "changeType": "updated", "resourceData": data("e") }),
        ),
        notification(
            &house,
            "alice",
            tasks,
            &json!({ "changeType": "updated", "resourceData": data("t") }),
        ),
        notification(
            &house,
            "alice",
            chats,
            &json!({ "resource": "chats('19:a@thread.v2')/messages('1')",
            "resourceData": data("1") }),
        ),
        // What nobody here asks about.
        notification(&house, "alice", mails, &json!({ "changeType": "renamed" })),
        notification(&house, "alice", mails, &json!({ "resourceData": null })),
    ];
    assert_eq!(tells(&house, &items).await, 202);
    let what = |heard: Vec<trefoil::event::Event>| -> Vec<What> {
        heard.into_iter().map(|it| it.what).collect()
    };
    assert_eq!(
        what(in_mail.hears().await),
        [mail(alice, "AAMk=", Change::Created)]
    );
    assert_eq!(
        what(in_theirs.hears().await),
        [mail(frank, "AAMk=", Change::Created)]
    );
    assert_eq!(what(in_calendar.hears().await), [event(Change::Updated)]);
    assert_eq!(what(in_tasks.hears().await), [task(Change::Updated)]);
    assert_eq!(what(in_chats.hears().await), [chat(Change::Created)]);
    assert_eq!(rows(&house).await, 5);
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_does_not_know_the_secret_is_dropped_without_a_word() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let alice = entra(&house, "alice");
    let mails = given_subscription(&house, "alice", Personal::Mail, None).await;
    let mut ear = Ear::at(app, mail(alice, "x", Change::Deleted)).await;
    let with = |more: Value| notification(&house, "alice", mails, &more);
    let forged = [
        with(json!({ "clientState": "another secret" })),
        with(json!({ "clientState": "" })),
        with(json!({ "clientState": null })),
        with(json!({ "clientState": { "a": SECRET } })),
        with(json!({ "clientState": format!("{SECRET} ") })),
        with(json!({ "tenantId": entra(&house, "frank").tid })),
        with(json!({ "tenantId": null })),
        with(json!({ "subscriptionId": Uuid::new_v4() })),
        with(json!({ "subscriptionId": "' OR 1=1" })),
        with(json!({ "subscriptionId": null })),
    ];
    for item in &forged {
        assert_eq!(
            tells(&house, std::slice::from_ref(item)).await,
            202,
            "{item}"
        );
    }
    assert_eq!(ear.hears().await, []);
    assert_eq!(rows(&house).await, 0);
    assert_eq!(
        audited(&house, "webhook.microsoft", "client-state", 5).await,
        5
    );
    assert_eq!(audited(&house, "webhook.microsoft", "tenant", 2).await, 2);
    // Among them one that is right.
    let mut all = forged.to_vec();
    all.insert(4, with(json!({})));
    assert_eq!(tells(&house, &all).await, 202);
    assert_eq!(ear.hears().await.len(), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_graph_repeats_is_one_event_and_another_version_is_another() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let alice = entra(&house, "alice");
    let mails = given_subscription(&house, "alice", Personal::Mail, None).await;
    let mut ear = Ear::at(app, mail(alice, "x", Change::Deleted)).await;
    let item = notification(&house, "alice", mails, &json!({}));
    let repeated = vec![item.clone(); 50];
    let deliveries = (0..20).map(|_| tells(&house, &repeated));
    assert_eq!(join_all(deliveries).await, [202; 20]);
    assert_eq!(ear.hears().await.len(), 1);
    let version = |etag: &str| {
        let more = json!({ "changeType": "updated", "resourceData": { "id": "AAMk=", "@odata.etag": etag } });
        notification(&house, "alice", mails, &more)
    };
    // In whatever order they come.
    let items = [version("3"), version("2"), version("3"), item];
    assert_eq!(tells(&house, &items).await, 202);
    assert_eq!(ear.hears().await.len(), 2);
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_becomes_of_a_subscription_is_noted_if_it_knows_the_secret() {
    let house = given_a_house().await;
    let mails = given_subscription(&house, "alice", Personal::Mail, None).await;
    let database = house.gateway().app.store.db();
    let state = async || {
        let query = "SELECT state, resync_from, subscription_id FROM watch";
        let statement = Statement::from_string(database.get_database_backend(), query);
        let row = database.query_one_raw(statement).await.unwrap().unwrap();
        let word: String = row.try_get("", "state").unwrap();
        let since: Option<i64> = row.try_get("", "resync_from").unwrap();
        let id: Option<String> = row.try_get("", "subscription_id").unwrap();
        (word, since.is_some(), id.is_some())
    };
    let says = async |event: &str, secret: &str| {
        let item = json!({ "subscriptionId": mails, "clientState": secret, "lifecycleEvent": event,
            "subscriptionExpirationDateTime": "2026-11-28T11:00:00Z", "tenantId": entra(&house, "alice").tid });
        let body = json!({ "value": [item] });
        sent(&format!("{}/lifecycle", url(&house)), &[], body.to_string()).await
    };
    let before = state().await;
    assert_eq!(before, ("ACTIVE".to_owned(), false, true));
    for event in ["missed", "subscriptionRemoved", "reauthorizationRequired"] {
        assert_eq!(says(event, "another secret").await, 202);
    }
    assert_eq!(says("of tomorrow", SECRET).await, 202);
    assert_eq!(state().await, before);
    // Whoever holds the lease does what follows; that is asked for at the row.
    assert_eq!(says("missed", SECRET).await, 202);
    assert!(state().await.1);
    assert_eq!(says("reauthorizationRequired", SECRET).await, 202);
    assert_eq!(state().await, ("REAUTHORIZE".to_owned(), true, true));
    assert_eq!(says("subscriptionRemoved", SECRET).await, 202);
    assert_eq!(state().await, ("WANTED".to_owned(), true, false));
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let house = given_a_house().await;
    for body in [&b""[..], b"{", b"[]", b"\xff", b"{\"value\":7}"] {
        assert_eq!(sent(&url(&house), &[], body).await, 400);
    }
    assert_eq!(sent(&url(&house), &[], vec![b' '; 300_000]).await, 413);
    assert_eq!(tells(&house, &[]).await, 202);
    house.is_left_clean().await;
}
