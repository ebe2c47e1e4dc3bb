//! Notifications of Graph: whose they are, by the subscription they are of, and whether they know its secret.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::{Refused, Taken, take};
use crate::app::App;
use crate::auth::webhook;
use crate::clock;
use crate::event::Event;
use crate::store::watch::{Watched, by_subscription};
use crate::upstream::microsoft::webhook::{Lifecycle, Notification, Said, read};
use crate::watch;

/// Takes what was sent, each notification for itself: what is not of a subscription of ours, or does not know its
/// secret, is dropped without a word to the sender.
pub async fn notifications(app: &App, body: &[u8]) -> Result<Taken, Refused> {
    let notifications = read(body).map_err(|_| Refused::Unreadable)?;
    let mut known: HashMap<Uuid, Option<Watched>> = HashMap::new();
    let mut events = Vec::new();
    let mut about_subscriptions = false;
    for it in &notifications {
        let id = it.subscription.to_string();
        let watched = match known.entry(it.subscription) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(free) => free.insert(by_subscription(&app.store, &id).await?),
        };
        let Some(watched) = watched else {
            // One that has ended goes on for a while.
            super::drops("microsoft", "unknown-subscription");
            continue;
        };
        if let Err(why) = belongs(it, watched) {
            super::drops("microsoft", why);
            webhook::refused(app, None, "webhook.microsoft", why);
            continue;
        }
        match &it.said {
            Said::Changed(changed) => {
                let what = changed.what(watched.owner, watched.what, watched.object.as_ref());
                events.extend(what.map(|what| Event {
                    id: changed.event_id(it.subscription),
                    at: clock::millis(),
                    what,
                }));
            }
            Said::Lifecycle(said) => {
                about_subscriptions |= watch::lifecycle(app, &id, of(*said)).await?;
            }
            Said::Other => {}
        }
    }
    match take(app, events).await? {
        Taken::Ignored if about_subscriptions => Ok(Taken::New),
        taken => Ok(taken),
    }
}

/// Whether a notification is of the subscription it names: it carries its secret, and is of its owner's tenant.
fn belongs(it: &Notification, watched: &Watched) -> Result<(), &'static str> {
    if !watched.knows(it.secret.expose_secret()) {
        return Err("client-state");
    }
    if it.tenant != Some(watched.owner.tid) {
        return Err("tenant");
    }
    Ok(())
}

fn of(said: Lifecycle) -> watch::Lifecycle {
    match said {
        Lifecycle::ReauthorizationRequired => watch::Lifecycle::ReauthorizationRequired,
        Lifecycle::SubscriptionRemoved => watch::Lifecycle::SubscriptionRemoved,
        Lifecycle::Missed => watch::Lifecycle::Missed,
    }
}
