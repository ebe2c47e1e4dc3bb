//! Telling subscribers: one item for each change and subscription, the items of one moment and address together.
//! <https://learn.microsoft.com/graph/change-notifications-delivery-webhooks>

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Subscription, stamp};
use crate::courier::{Manners, Parcel};
use crate::graph::change::{Change, Item, Kind};
use crate::graph::store::{Mailbox, State};
use crate::recorder;
use crate::world::World;

/// An answer of 2xx within 3 s; else tries at growing distances for up to four hours, which wait 10 s.
static MANNERS: Manners = Manners {
    patience: Duration::from_secs(3),
    patience_later: Duration::from_secs(10),
    waits: &[60, 120, 240, 480, 960, 1_920, 3_840, 6_780],
    settles: |status| (200..300).contains(&status),
};

/// Items of one POST.
const MOST_ITEMS: usize = 100;

/// Seconds after which what could not be told for want of a token is lost.
const HELD: f64 = 4.0 * 3_600.0;

/// What is to be told now: address, kind and item of each.
type News = Vec<(String, String, Value)>;

/// The notifications about all that happened and was not yet told.
pub fn drain(world: &World, state: &mut State) -> Vec<Parcel> {
    let mut news = Vec::new();
    let oids: Vec<String> = state.mailboxes.keys().cloned().collect();
    for oid in oids {
        for change in state.mailbox_mut(&oid).history.news() {
            for place in 0..state.subscriptions.len() {
                if state.subscriptions[place].owner.oid == oid {
                    tell(world, state, place, &change, &mut news);
                }
            }
        }
    }
    for change in state.talk.news() {
        let Item::ChatMessage { chat, .. } = &change.item else {
            continue;
        };
        let chat = state.chats.iter().find(|it| it.id == *chat);
        let members: Vec<String> = chat
            .into_iter()
            .flat_map(|it| &it.members)
            .map(|it| it.oid.clone())
            .collect();
        for place in 0..state.subscriptions.len() {
            if members.contains(&state.subscriptions[place].owner.oid) {
                tell(world, state, place, &change, &mut news);
            }
        }
    }
    drop_dead(world, state, &mut news);
    packed(news)
}

/// Ends the subscriptions whose time is over.
pub fn expire(world: &World, state: &mut State) {
    let now = world.now();
    state.subscriptions.retain(|it| {
        let alive = it.expires > now;
        if !alive {
            it.note(world, "expired");
        }
        alive
    });
}

/// The notifications held back for a subscription that is authorized again, but for those too old.
pub fn release(subscription: &mut Subscription) -> Vec<Parcel> {
    let oldest = recorder::now() - HELD;
    let held = std::mem::take(&mut subscription.held).into_iter();
    let news = held.filter(|(at, _)| *at > oldest).map(|(_, item)| {
        let kind = kind_of(subscription, &item);
        (subscription.notification_url.clone(), kind, item)
    });
    packed(news.collect())
}

/// A notification about a subscription's own life, where it has an address for that.
pub fn lifecycle(subscription: &Subscription, event: &str) -> Option<Parcel> {
    let item = json!({
        "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": stamp(subscription.expires),
        "tenantId": subscription.owner.tid,
        "clientState": subscription.client_state,
        "lifecycleEvent": event,
    });
    let url = subscription.lifecycle_url.clone()?;
    let news = vec![(url, format!("lifecycle.{event}"), item)];
    packed(news).pop()
}

fn tell(world: &World, state: &mut State, place: usize, change: &Change, news: &mut News) {
    let subscription = &state.subscriptions[place];
    let wanted = subscription.expires > world.now()
        && subscription.kinds.contains(&change.kind)
        && subscription.about.covers(&change.item)
        && passes(state, subscription, change);
    if !wanted {
        return;
    }
    state.notified += 1;
    let number = state.notified;
    let alive = state.limits.ignore_dead_tokens || is_alive(world, &state.subscriptions[place]);
    let subscription = &mut state.subscriptions[place];
    let item = item(subscription, change, number);
    if alive {
        let kind = kind_of(subscription, &item);
        news.push((subscription.notification_url.clone(), kind, item));
        return;
    }
    subscription.held.push((recorder::now(), item));
    if !subscription.asked {
        subscription.asked = true;
        let parcel = lifecycle(subscription, "reauthorizationRequired");
        world.courier().send_all(parcel);
    }
}

/// Whether the token behind a subscription still holds.
pub fn is_alive(world: &World, subscription: &Subscription) -> bool {
    let entra = world.entra();
    let access = entra.access(&subscription.token);
    access.is_some_and(|it| it.expires_at > recorder::now())
}

/// Removes what belongs to those who took back their consent, and tells them.
fn drop_dead(world: &World, state: &mut State, news: &mut News) {
    if state.limits.ignore_dead_tokens {
        return;
    }
    state.subscriptions.retain(|it| {
        let known = world.entra().access(&it.token).is_some();
        if !known {
            it.note(world, "removed");
            news.retain(|(_, _, item)| item["subscriptionId"] != it.id.as_str());
            world
                .courier()
                .send_all(lifecycle(it, "subscriptionRemoved"));
        }
        known
    });
}

/// Whether the changed thing is what the resource's filter lets through. What is gone cannot be looked at.
fn passes(state: &State, subscription: &Subscription, change: &Change) -> bool {
    let (Some(filter), Some(mailbox)) = (
        &subscription.filter,
        state.mailboxes.get(&subscription.owner.oid),
    ) else {
        return true;
    };
    match properties(mailbox, &change.item) {
        Some(properties) => filter.matches(&properties),
        None => change.kind == Kind::Deleted,
    }
}

fn properties(mailbox: &Mailbox, item: &Item) -> Option<Value> {
    let properties = match item {
        Item::Message { immutable_id, .. } => {
            &mailbox.messages[mailbox.message(immutable_id)?].properties
        }
        Item::Event { immutable_id, .. } => {
            &mailbox.events[mailbox.event(immutable_id)?].properties
        }
        Item::Task { .. } | Item::ChatMessage { .. } => return None,
    };
    Some(Value::Object(properties.clone()))
}

/// One notification. The resource is spelled in one of the ways Graph spells it.
fn item(subscription: &Subscription, change: &Change, number: usize) -> Value {
    let (oid, tid) = (&subscription.owner.oid, &subscription.owner.tid);
    let chosen = |id: &String, immutable_id: &String| {
        if subscription.immutable {
            immutable_id.clone()
        } else {
            id.clone()
        }
    };
    let outlook = |collection: &str, id: &str| match number % 3 {
        0 => format!("Users/{oid}/{collection}/{id}"),
        1 => format!("Users('{oid}')/{}('{id}')", collection.to_lowercase()),
        _ => format!("users/{oid}@{tid}/{}/{id}", collection.to_lowercase()),
    };
    let (kind, resource, id) = match &change.item {
        Item::Message {
            id, immutable_id, ..
        } => {
            let id = chosen(id, immutable_id);
            ("#Microsoft.Graph.Message", outlook("Messages", &id), id)
        }
        Item::Event { id, immutable_id } => {
            let id = chosen(id, immutable_id);
            ("#Microsoft.Graph.Event", outlook("Events", &id), id)
        }
        Item::Task { list, id } => {
            let resource = match number % 2 {
                0 => format!("Users/{oid}/Todo/Lists/{list}/Tasks/{id}"),
                _ => format!("users('{oid}')/todo/lists('{list}')/tasks('{id}')"),
            };
            ("#microsoft.graph.todoTask", resource, id.clone())
        }
        Item::ChatMessage { chat, id } => {
            let resource = format!("chats('{chat}')/messages('{id}')");
            ("#Microsoft.Graph.chatMessage", resource, id.clone())
        }
    };
    let mut data = json!({"@odata.type": kind, "@odata.id": resource, "id": id});
    if !matches!(change.item, Item::ChatMessage { .. }) {
        data["@odata.etag"] = json!(change.etag);
    }
    json!({
        "id": Uuid::new_v4().to_string(),
        "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": stamp(subscription.expires),
        "clientState": subscription.client_state,
        "changeType": change.kind.name(),
        "resource": resource,
        "tenantId": tid,
        "resourceData": data,
    })
}

fn kind_of(subscription: &Subscription, item: &Value) -> String {
    let change = item["changeType"].as_str().unwrap_or_default();
    format!("{}.{change}", subscription.about.noun())
}

/// Puts the items for one address into as few requests as there may be.
fn packed(news: News) -> Vec<Parcel> {
    let mut by_address: BTreeMap<String, Vec<(String, Value)>> = BTreeMap::new();
    for (url, kind, item) in news {
        by_address.entry(url).or_default().push((kind, item));
    }
    let mut parcels = Vec::new();
    for (url, items) in by_address {
        for items in items.chunks(MOST_ITEMS) {
            let (kind, first) = &items[0];
            let values: Vec<&Value> = items.iter().map(|(_, item)| item).collect();
            parcels.push(Parcel {
                provider: "microsoft",
                tenant: first["tenantId"].as_str().unwrap_or_default().to_owned(),
                kind: kind.clone(),
                id: first["id"].as_str().unwrap_or_default().to_owned(),
                url: url.clone(),
                body: json!({"value": values}).to_string().into(),
                seal: Arc::new(|_| vec![("client-request-id", Uuid::new_v4().to_string())]),
                forge: forged,
                manners: &MANNERS,
                age: 0,
                forged: false,
            });
        }
    }
    parcels
}

/// Takes out what these subscriptions would be told.
pub fn without(parcels: Vec<Parcel>, subscriptions: &[String]) -> Vec<Parcel> {
    let news = unpacked(parcels.into_iter()).filter(|(_, _, item)| {
        let of = item["subscriptionId"].as_str();
        !of.is_some_and(|of| subscriptions.iter().any(|it| it == of))
    });
    packed(news.collect())
}

/// Puts what goes to one address into as few requests as there may be.
pub(crate) fn together(parcels: Vec<Parcel>) -> Vec<Parcel> {
    let (ours, mut others): (Vec<_>, Vec<_>) = parcels
        .into_iter()
        .partition(|it| it.provider == "microsoft");
    others.extend(packed(unpacked(ours.into_iter()).collect()));
    others
}

fn unpacked(
    parcels: impl Iterator<Item = Parcel>,
) -> impl Iterator<Item = (String, String, Value)> {
    parcels.flat_map(|parcel| {
        let body: Value = serde_json::from_slice(&parcel.body).unwrap_or_default();
        let items = body["value"].as_array().cloned().unwrap_or_default();
        items
            .into_iter()
            .map(move |item| (parcel.url.clone(), parcel.kind.clone(), item))
    })
}

/// The same with another secret in every item: all that tells a true notification from a false one.
fn forged(body: &Bytes) -> Bytes {
    let mut body: Value = serde_json::from_slice(body).unwrap_or_default();
    for item in body["value"].as_array_mut().into_iter().flatten() {
        item["clientState"] = json!("another secret");
    }
    body.to_string().into()
}
