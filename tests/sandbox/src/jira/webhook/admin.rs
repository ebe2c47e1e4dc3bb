//! Webhooks an administrator set up: signed with a secret of their own, in Cloud's words or in Data Center's.
//!
//! <https://developer.atlassian.com/server/jira/platform/webhooks/>

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::Teller;
use crate::{
    courier::{Manners, Parcel},
    world::{World, digest, hex},
};

/// Data Center tells once: it has no header for further tries.
static MANNERS: Manners = Manners {
    patience: Duration::from_secs(20),
    patience_later: Duration::from_secs(20),
    waits: &[],
    settles: |status| (200..300).contains(&status),
};

/// One webhook of a site. A reset keeps it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminWebhook {
    /// The site whose events it tells.
    pub site: String,
    /// Where they go; `{issue.id}` is substituted. Without an address, the site's webhook is removed.
    pub url: Option<String>,
    /// What signs them: `X-Hub-Signature`.
    pub secret: String,
    /// Whether people are written as Data Center writes them: by name and key.
    #[serde(default)]
    pub data_center: bool,
}

/// Sets a site's webhook up, or removes it.
pub(crate) fn save(world: &World, webhook: AdminWebhook) {
    let mut state = world.jira();
    state.admin_webhooks.retain(|it| it.site != webhook.site);
    if webhook.url.is_some() {
        state.admin_webhooks.push(webhook);
    }
}

pub(super) fn parcels(teller: &Teller<'_>) -> Vec<Parcel> {
    let issue = teller.happening.issue.id.to_string();
    let of_site = |it: &&AdminWebhook| it.site == teller.site.name;
    let webhooks = teller.state.admin_webhooks.iter().filter(of_site);
    webhooks
        .filter_map(|webhook| {
            let url = webhook.url.as_ref()?.replace("{issue.id}", &issue);
            let body = Value::Object(teller.body());
            let body = if webhook.data_center {
                renamed(&teller.site.world, body)
            } else {
                body
            };
            let body = Bytes::from(body.to_string());
            let (signed, secret) = (body.clone(), webhook.secret.clone());
            let id = uuid::Uuid::new_v4().to_string();
            let identifier = id.clone();
            Some(Parcel {
                provider: "jira",
                tenant: teller.site.name.to_owned(),
                kind: teller.happening.event.to_owned(),
                id,
                url,
                body,
                seal: Arc::new(move |stamp| {
                    let secret = if stamp.forged {
                        "another secret"
                    } else {
                        &secret
                    };
                    vec![
                        ("x-hub-signature", signature(secret, &signed)),
                        ("x-atlassian-webhook-identifier", identifier.clone()),
                    ]
                }),
                forge: Bytes::clone,
                manners: &MANNERS,
                age: teller.act.age,
                forged: false,
            })
        })
        .collect()
}

/// `sha256=` and the HMAC-SHA256 of the body.
pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .expect("a secret of any length makes a key");
    mac.update(body);
    format!("sha256={}", hex(&mac.finalize().into_bytes()))
}

/// People by name and key instead of account id.
fn renamed(world: &World, value: Value) -> Value {
    match value {
        Value::Object(person) if person.contains_key("accountId") => {
            let account = &person["accountId"];
            let known = world.find(|it| account == it.account_id.as_str());
            let name = known.as_ref().map_or("trefoil", |it| it.handle);
            let bytes = digest("jira user key", name);
            let number = 10_100 + u32::from(u16::from_be_bytes([bytes[0], bytes[1]]));
            json!({
                "name": name, "key": format!("JIRAUSER{number}"), "displayName": person["displayName"],
                "emailAddress": known.map(|it| it.email), "active": true, "timeZone": "Europe/Berlin"
            })
        }
        Value::Object(object) => object
            .into_iter()
            .map(|(name, value)| (name, renamed(world, value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(values) => values.into_iter().map(|it| renamed(world, it)).collect(),
        other => other,
    }
}
