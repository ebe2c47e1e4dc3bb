//! What is told when notifications were missed: the mails that came meanwhile, and that there may be more to read again.

use std::sync::Arc;

use super::outcome;
use super::right::{self, Whose};
use crate::app::App;
use crate::auth::Caller;
use crate::clock;
use crate::event::{Change, Event, Personal, What};
use crate::id::{EntraUser, EventId, GraphId};
use crate::store;
use crate::store::watch::{Settled, Source, Watch};
use crate::upstream::microsoft::watch::received_since;
use crate::upstream::{Error, Kind, Provider};

/// By how much Graph's clock and ours may differ, in milliseconds.
const LEEWAY: i64 = 5_000;

/// Tells of what happened since `resync_from`.
///
/// Of mails those that came are found, and told of one by one. Deletions and changes, and whatever is not mail, cannot
/// be: who listens is told to read again. That is spared who has only begun to listen to mails, for they have just read.
pub async fn publish(
    app: &App,
    watch: &Watch,
    callers: &[Arc<Caller>],
) -> Result<Settled, store::Error> {
    let since = watch.resync_from.unwrap_or_else(clock::millis);
    let mut events = Vec::new();
    let mut complete = false;
    if let Source::Personal(owner, Personal::Mail, _) = &watch.source {
        let found = right::with(app, Whose::Owner(*owner), callers, false, |access| {
            let app = app.clone();
            async move { received_since(&app.http, &access, since - LEEWAY).await }
        });
        match found.await {
            Ok(((mails, all), _)) => {
                complete = all;
                events.extend(mails.into_iter().map(|mail| came(*owner, mail)));
            }
            Err(error) => {
                tracing::info!(%error, watch = watch.id, kind = ?error.kind, "what was missed could not be read");
            }
        }
    }
    let first = since == watch.created_at;
    if !(first && complete) {
        events.extend(missed(watch, since));
    }
    let ends = watch.expires_at.unwrap_or_default();
    let id = watch.subscription.as_deref().unwrap_or_default();
    match app.bus.publish(&events).await {
        Ok(()) => Ok(Settled {
            resync_from: None,
            state: watch.state,
            ..outcome::alive(watch, id, ends)
        }),
        Err(error) => {
            tracing::warn!(%error, watch = watch.id, "what was missed could not be told");
            let passes = Kind::Unavailable { retry_after: None };
            let error = Error::new(Provider::Microsoft, "tell what was missed", passes);
            Ok(outcome::failed(watch, &error))
        }
    }
}

fn came(owner: EntraUser, mail: GraphId) -> Event {
    let oid = owner.oid.to_string();
    Event {
        id: EventId::of(&["graph.found", &oid, mail.as_str()]),
        at: clock::millis(),
        what: What::Mail {
            owner,
            mail,
            change: Change::Created,
        },
    }
}

fn missed(watch: &Watch, since: i64) -> Option<Event> {
    let what = match &watch.source {
        Source::Personal(owner, what, _) => What::Missed {
            owner: *owner,
            what: *what,
        },
        Source::Chat(tenant, chat) => What::MissedInChat {
            tenant: *tenant,
            chat: chat.clone(),
        },
        Source::Site(..) => return None,
    };
    Some(Event {
        id: EventId::of(&["watch.missed", &watch.id, &since.to_string()]),
        at: clock::millis(),
        what,
    })
}
