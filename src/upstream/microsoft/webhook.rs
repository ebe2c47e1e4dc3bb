//! Graph's change and lifecycle notifications, in ids. Whether one is Graph's, the secret of its subscription tells.
//!
//! Microsoft Graph documentation, "Receive change notifications through webhooks" and "Reduce missing subscriptions and
//! change notifications".

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use url::form_urlencoded;
use uuid::Uuid;

use crate::event::{Change, Personal, What};
use crate::id::{EntraUser, EventId, GraphId};
use crate::upstream::word::Word;

/// The longest validation token that is given back, in bytes; Graph's have a few hundred.
const LONGEST_TOKEN: usize = 2_048;

/// What was sent cannot be read. Its text is not kept: it may hold anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the notifications cannot be read")]
pub struct Unreadable;

/// One notification. Nothing proves that it is Graph's but the secret it carries.
pub struct Notification {
    /// Graph's id of the subscription.
    pub subscription: Uuid,
    /// The Entra tenant it is said to be of.
    pub tenant: Option<Uuid>,
    /// The secret that was given to Graph with the subscription.
    pub secret: SecretString,
    /// What it says.
    pub said: Said,
}

/// What a notification says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Something changed.
    Changed(Changed),
    /// Something became of the subscription itself.
    Lifecycle(Lifecycle),
    /// Something of no interest, or of tomorrow.
    Other,
}

/// What became of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// It ends soon unless it is authorized again.
    ReauthorizationRequired,
    /// It is gone.
    SubscriptionRemoved,
    /// Notifications were lost.
    Missed,
}

/// A change to something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    change: Change,
    id: GraphId,
    /// Tells one version from another; not everything has one.
    version: Option<String>,
    chat: Option<GraphId>,
    list: Option<GraphId>,
}

/// The token of a validation in the query of an address: the handshake with which Graph makes sure that an address is
/// ours. `None` when there is none to answer, an error when it is none of Graph's.
pub fn validation_token(query: &str) -> Result<Option<String>, Unreadable> {
    let mut tokens = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "validationToken")
        .map(|(_, value)| value);
    let Some(token) = tokens.next() else {
        return Ok(None);
    };
    let bounded = (1..=LONGEST_TOKEN).contains(&token.len());
    if tokens.next().is_some() || !bounded || token.contains(char::is_control) {
        return Err(Unreadable);
    }
    Ok(Some(token.into_owned()))
}

#[derive(Deserialize)]
struct Body {
    value: Vec<Item>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Item {
    subscription_id: Word,
    #[serde(deserialize_with = "secret")]
    client_state: SecretString,
    change_type: Word,
    resource: Word,
    tenant_id: Word,
    resource_data: Option<ResourceData>,
    lifecycle_event: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ResourceData {
    id: Word,
    #[serde(rename = "@odata.etag")]
    etag: Word,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    Word::deserialize(deserializer).map(|word| SecretString::from(word.as_str()))
}

/// Reads what was sent: notifications of any subscriptions and tenants, mixed. Those without a subscription are left
/// out.
pub fn read(body: &[u8]) -> Result<Vec<Notification>, Unreadable> {
    let body: Body = serde_json::from_slice(body).map_err(|_| Unreadable)?;
    let notifications = body.value.into_iter().filter_map(|item| {
        Some(Notification {
            subscription: item.subscription_id.to()?,
            tenant: item.tenant_id.to(),
            said: said(&item),
            secret: item.client_state,
        })
    });
    Ok(notifications.collect())
}

fn said(item: &Item) -> Said {
    match item.lifecycle_event.as_str() {
        "" => {}
        "reauthorizationRequired" => return Said::Lifecycle(Lifecycle::ReauthorizationRequired),
        "subscriptionRemoved" => return Said::Lifecycle(Lifecycle::SubscriptionRemoved),
        "missed" => return Said::Lifecycle(Lifecycle::Missed),
        _ => return Said::Other,
    }
    let change = match item.change_type.as_str() {
        "created" => Change::Created,
        "updated" => Change::Updated,
        "deleted" => Change::Deleted,
        _ => return Said::Other,
    };
    let data = item.resource_data.as_ref();
    let Some(id) = data.and_then(|it| it.id.to()) else {
        return Said::Other;
    };
    let etag = data.map(|it| it.etag.as_str()).filter(|it| !it.is_empty());
    let resource = item.resource.as_str();
    Said::Changed(Changed {
        change,
        id,
        version: etag.map(str::to_owned),
        chat: named(resource, "chats"),
        list: named(resource, "lists"),
    })
}

impl Changed {
    /// What that is of a person's own. `object` is the one list or chat that the subscription is of, where it is of one;
    /// `None` when it cannot be told which it is.
    pub fn what(&self, owner: EntraUser, of: Personal, object: Option<&GraphId>) -> Option<What> {
        let (id, change) = (self.id.clone(), self.change);
        Some(match of {
            Personal::Mail => What::Mail {
                owner,
                mail: id,
                change,
            },
            Personal::Calendar => What::CalendarEvent {
                owner,
                event: id,
                change,
            },
            Personal::Chats => What::ChatMessage {
                tenant: owner.tid,
                chat: object.or(self.chat.as_ref())?.clone(),
                change,
            },
            Personal::Tasks => What::Task {
                owner,
                list: object.or(self.list.as_ref())?.clone(),
                task: id,
                change,
            },
        })
    }

    /// The id of it: the same however often Graph repeats it. Of an update that names no version nobody can tell whether
    /// it is another, and to hear of it twice is better than not at all.
    pub fn event_id(&self, subscription: Uuid) -> EventId {
        let change = match self.change {
            Change::Created => "created",
            Change::Updated => "updated",
            Change::Deleted => "deleted",
        };
        match (self.change, &self.version) {
            (Change::Updated, None) => EventId::random(),
            (_, version) => EventId::of(&[
                "graph",
                &subscription.to_string(),
                self.id.as_str(),
                change,
                version.as_deref().unwrap_or_default(),
            ]),
        }
    }
}

/// The id behind a collection in the path of a resource, which Graph spells `chats('id')` and `chats/id`.
fn named(resource: &str, collection: &str) -> Option<GraphId> {
    let lower = resource.to_ascii_lowercase();
    let (at, _) = lower.match_indices(collection).find(|(at, _)| {
        // A whole segment: `mychats` is none.
        *at == 0 || lower.as_bytes().get(at - 1) == Some(&b'/')
    })?;
    let rest = resource.get(at + collection.len()..)?;
    if let Some(quoted) = rest.strip_prefix("('") {
        return quoted.split("')").next()?.parse().ok();
    }
    rest.strip_prefix('/')?.split('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::{Lifecycle, Said, Unreadable, named, read, validation_token};
    use crate::event::{Change, Personal, What};
    use crate::id::EntraUser;

    const SUBSCRIPTION: Uuid = Uuid::from_u128(7);
    const OWNER: EntraUser = EntraUser {
        tid: Uuid::from_u128(1),
        oid: Uuid::from_u128(2),
    };

    fn item(more: &Value) -> Value {
        let mut item = json!({
            "id": "lsgTZMr9KwAAA", "subscriptionId": SUBSCRIPTION, "clientState": "a secret",
            "subscriptionExpirationDateTime": "2026-11-28T11:00:00Z", "tenantId": OWNER.tid,
        });
        let fields = more.as_object().unwrap().clone();
        item.as_object_mut().unwrap().extend(fields);
        item
    }

    fn said(more: &Value) -> Said {
        let body = json!({ "value": [item(more)], "validationTokens": ["x"] });
        let mut all = read(body.to_string().as_bytes()).unwrap();
        let only = all.pop().unwrap();
        assert_eq!(
            (only.subscription, only.tenant),
            (SUBSCRIPTION, Some(OWNER.tid))
        );
        only.said
    }

    fn what(more: &Value, of: Personal) -> Option<What> {
        match said(more) {
            Said::Changed(changed) => changed.what(OWNER, of, None),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn changes_are_read_to_their_ids_however_the_resource_is_spelt() {
        let mail = json!({ "changeType": "created", "resource": "Users/a/Messages/AAMk=",
            "resourceData": { "@odata.type": "#Microsoft.Graph.Message", "id": "AAMk=", "subject": "Words" } });
        let mail = what(&mail, Personal::Mail);
        let expected = What::Mail {
            owner: OWNER,
            mail: "AAMk=".parse().unwrap(),
            change: Change::Created,
        };
        assert_eq!(mail, Some(expected));
        for resource in [
            "chats('19:a@thread.v2')/messages('1')",
            "chats/19:a@thread.v2/messages/1",
            "Users('x')/Chats('19:a@thread.v2')/messages('1')",
        ] {
            let chat = json!({ "changeType": "created", "resource": resource, "resourceData": { "id": "1" } });
            assert!(
                matches!(what(&chat, Personal::Chats), Some(What::ChatMessage { chat, .. })
                    if chat.as_str() == "19:a@thread.v2"),
                "{resource}"
            );
        }
        let task = json!({ "changeType": "updated", "resource": "users/x@y/todo/lists/AQMk=/tasks/t",
            "resourceData": { "id": "t" } });
        assert!(
            matches!(what(&task, Personal::Tasks), Some(What::Task { list, task, .. })
            if list.as_str() == "AQMk=" && task.as_str() == "t")
        );
        let nowhere =
            json!({ "changeType": "updated", "resource": "x", "resourceData": { "id": "t" } });
        assert_eq!(what(&nowhere, Personal::Tasks), None);
        assert_eq!(named("me/mychats/1", "chats"), None);
    }

    #[test]
    fn what_is_repeated_is_known_by_its_version() {
        let id = |more: Value| match said(&more) {
            Said::Changed(changed) => changed.event_id(SUBSCRIPTION),
            other => panic!("{other:?}"),
        };
        let with = |change: &str, etag: &str| json!({ "changeType": change, "resourceData": { "id": "m", "@odata.etag": etag } });
        assert_eq!(id(with("updated", "1")), id(with("updated", "1")));
        assert_ne!(id(with("updated", "1")), id(with("updated", "2")));
        assert_ne!(id(with("updated", "1")), id(with("created", "1")));
        let without = |change: &str| json!({ "changeType": change, "resourceData": { "id": "m" } });
        assert_eq!(id(without("created")), id(without("created")));
        assert_ne!(id(without("updated")), id(without("updated")));
    }

    #[test]
    fn what_becomes_of_subscriptions_is_known_and_the_rest_is_nothing() {
        for (word, expected) in [
            (
                "reauthorizationRequired",
                Said::Lifecycle(Lifecycle::ReauthorizationRequired),
            ),
            (
                "subscriptionRemoved",
                Said::Lifecycle(Lifecycle::SubscriptionRemoved),
            ),
            ("missed", Said::Lifecycle(Lifecycle::Missed)),
            ("of tomorrow", Said::Other),
        ] {
            assert_eq!(said(&json!({ "lifecycleEvent": word })), expected);
        }
        assert_eq!(
            said(&json!({ "changeType": "renamed", "resourceData": { "id": "m" } })),
            Said::Other
        );
        assert_eq!(said(&json!({ "changeType": "created" })), Said::Other);
        assert_eq!(
            said(&json!({ "changeType": "created", "resourceData": { "id": ["m"] } })),
            Said::Other
        );
        assert!(read(b"{\"value\":[{}]}").unwrap().is_empty());
        for bytes in [&b"{}"[..], b"{\"value\":{}}", b"{", b"\xff", b"7"] {
            assert_eq!(read(bytes).err(), Some(Unreadable));
        }
    }

    #[test]
    fn a_validation_token_is_given_back_decoded_once_and_bounded() {
        let token = validation_token("a=b&validationToken=Validation%3A+Testing%20%3Cscript%3E");
        assert_eq!(
            token.unwrap().as_deref(),
            Some("Validation: Testing <script>")
        );
        assert_eq!(validation_token("validationtoken=x").unwrap(), None);
        assert_eq!(validation_token("").unwrap(), None);
        let long = format!("validationToken={}", "a".repeat(2_049));
        for odd in [
            "validationToken=",
            "validationToken=a&validationToken=b",
            "validationToken=a%0d%0ab",
            &long,
        ] {
            assert_eq!(validation_token(odd), Err(Unreadable), "{odd}");
        }
    }
}
