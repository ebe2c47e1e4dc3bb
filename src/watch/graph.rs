//! The subscriptions at Microsoft Graph: what is due about one, step by step.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::right::{self, Whose};
use super::{outcome, resync};
use crate::app::App;
use crate::auth::Caller;
use crate::clock;
use crate::event::Personal;
use crate::grant;
use crate::id::{EntraUser, GraphId};
use crate::store;
use crate::store::watch::{self, Settled, Source, State, Watch, hash};
use crate::upstream::microsoft::todo;
use crate::upstream::microsoft::watch::{
    Made, Subscription, Wanted, all, changes, create, reauthorize, renew, resource, scopes,
    wider_scopes,
};
use crate::upstream::{Access, Error, Kind, Provider, microsoft};

/// How long one step may take.
const STEP: Duration = Duration::from_secs(50);
/// The longest that Graph keeps a subscription to tasks, in seconds: the shortest of the kinds there are.
/// <https://learn.microsoft.com/graph/api/resources/subscription#subscription-lifetime>
const LONGEST_LIFE: u64 = 4_230 * 60;

const OPERATION: &str = "keep a subscription";

/// What a subscription tells of, as Graph sees it.
#[derive(Debug, Clone, Copy)]
struct Subject<'a> {
    /// Whose right it takes to make one.
    whose: Whose,
    what: Personal,
    /// Which list or chat.
    object: Option<&'a GraphId>,
}

/// Does what is due about a subscription, with its lease in hand, and answers how it stands then. `None` when the lease
/// was lost.
pub async fn tend(
    app: &App,
    watch: &Watch,
    callers: &[Arc<Caller>],
) -> Result<Option<Settled>, store::Error> {
    let Some(subject) = subject(&watch.source) else {
        return Ok(Some(watch.begun_anew()));
    };
    let now = clock::millis();
    let gone = watch.expires_at.is_some_and(|at| at <= now);
    let step = async {
        match &watch.subscription {
            Some(_) if !gone && watch.resync_from.is_some() => {
                resync::publish(app, watch, callers).await
            }
            Some(id) if !gone => keep(app, watch, subject, id, callers).await,
            _ if subject.what == Personal::Tasks && subject.object.is_none() => {
                find_default_list(app, watch, subject.whose, callers).await
            }
            _ => {
                let secret = SecretString::from(grant::secret());
                let promised = hash(secret.expose_secret());
                let gateway = &app.watches.0.gateway;
                if !watch::promise(&app.store, &watch.id, gateway, promised).await? {
                    return Ok(None);
                }
                begin(app, watch, subject, &secret, callers).await
            }
        }
        .map(Some)
    };
    let late = || {
        let error = Error::new(Provider::Microsoft, OPERATION, Kind::TimedOut);
        Ok(Some(outcome::failed(watch, &error)))
    };
    tokio::time::timeout(STEP, step)
        .await
        .unwrap_or_else(|_| late())
}

/// Ends a subscription that nobody wants any more. False when it could not be, now or with any right there is.
pub async fn end(app: &App, maker: EntraUser, id: &str, callers: &[Arc<Caller>]) -> bool {
    let ended = right::with(app, Whose::Maker(maker), callers, false, |access| {
        let (app, id) = (app.clone(), id.to_owned());
        async move { microsoft::watch::end(&app.http, &access, &id).await }
    });
    match ended.await {
        Ok(_) => {
            count("ended");
            tracing::info!(subscription = id, "a subscription is ended: nobody listens");
            true
        }
        Err(error) => {
            tracing::info!(%error, subscription = id, kind = ?error.kind, "a subscription is left to end by itself");
            false
        }
    }
}

/// Makes a subscription.
async fn begin(
    app: &App,
    watch: &Watch,
    subject: Subject<'_>,
    secret: &SecretString,
    callers: &[Arc<Caller>],
) -> Result<Settled, store::Error> {
    let Some(resource) = resource(subject.what, subject.object) else {
        let error = Error::new(Provider::Microsoft, OPERATION, Kind::NotFound);
        return Ok(outcome::failed(watch, &error));
    };
    let made = right::with(app, subject.whose, callers, false, |access| {
        let making = Making {
            resource: resource.clone(),
            what: subject.what,
            secret: secret.clone(),
        };
        let app = app.clone();
        async move { making.make(&app, &access).await }
    });
    match made.await {
        Ok((subscription, by)) => {
            count("made");
            tracing::info!(watch = watch.id, subscription = subscription.id, what = ?subject.what, "subscribed to changes");
            // What happened before there was a subscription is read next.
            let since = watch.resync_from.unwrap_or(watch.changed_at);
            Ok(Settled {
                made_by: matches!(subject.whose, Whose::Member(_)).then_some(by),
                resync_from: Some(since),
                due_at: clock::millis(),
                ..outcome::alive(watch, &subscription.id, subscription.expires_at)
            })
        }
        Err(error) => Ok(failed(watch, subject.what, &error)),
    }
}

/// Keeps a subscription from ending: authorizes it again where Graph asked for that, else moves its end.
async fn keep(
    app: &App,
    watch: &Watch,
    subject: Subject<'_>,
    id: &str,
    callers: &[Arc<Caller>],
) -> Result<Settled, store::Error> {
    let again = watch.state == State::Reauthorize;
    // What Graph asked for is a token that is newer than the one it has.
    let maker = watch.made_by.map_or(subject.whose, Whose::Maker);
    let kept = right::with(app, maker, callers, again, |access| {
        let (app, id) = (app.clone(), id.to_owned());
        let ends = watch.expires_at;
        async move {
            if let (true, Some(ends)) = (again, ends) {
                reauthorize(&app.http, &access, &id).await?;
                return Ok(ends);
            }
            let renewed = renew(&app.http, &access, &id, wanted_end(&app)).await?;
            Ok(renewed.expires_at)
        }
    });
    match kept.await {
        Ok((ends, _)) => {
            let word = if again { "reauthorized" } else { "renewed" };
            count(word);
            tracing::info!(
                watch = watch.id,
                subscription = id,
                "a subscription is {word}"
            );
            Ok(outcome::alive(watch, id, ends))
        }
        // Ended without a word.
        Err(error) if error.kind == Kind::NotFound => {
            count("lost");
            let since = watch.resync_from.unwrap_or(watch.changed_at);
            Ok(Settled {
                resync_from: Some(since),
                ..watch.begun_anew()
            })
        }
        Err(error) => Ok(failed(watch, subject.what, &error)),
    }
}

/// Finds out which list is the default one, so that it has a row like the others.
async fn find_default_list(
    app: &App,
    watch: &Watch,
    whose: Whose,
    callers: &[Arc<Caller>],
) -> Result<Settled, store::Error> {
    let found = right::with(app, whose, callers, false, |access| {
        let app = app.clone();
        async move { todo::default_list(&app.http, &access).await }
    });
    match found.await {
        Ok((list, owner)) => {
            app.watches.0.default_lists.insert(owner, list);
            // Another gateway has to find out for itself.
            Ok(watch.begun_anew())
        }
        Err(error) => Ok(outcome::failed(watch, &error)),
    }
}

/// A subscription in the making.
struct Making {
    resource: String,
    what: Personal,
    secret: SecretString,
}

impl Making {
    async fn make(self, app: &App, access: &Access) -> Result<Subscription, Error> {
        let needed = scopes(self.what);
        let lacking = || {
            let scopes = needed.first().map(|it| (*it).to_owned());
            let scopes = scopes.into_iter().collect();
            Error::new(
                Provider::Microsoft,
                OPERATION,
                Kind::ConsentRequired { scopes },
            )
        };
        let has = access.has_any(needed);
        let may = access.has_any(wider_scopes(self.what));
        if has == Some(false) && may == Some(false) {
            return Err(lacking());
        }
        let notification_url = address(app, "webhooks/microsoft");
        let lifecycle_url = address(app, "webhooks/microsoft/lifecycle");
        let wanted = Wanted {
            resource: &self.resource,
            changes: changes(self.what),
            notification_url: &notification_url,
            lifecycle_url: &lifecycle_url,
            client_state: &self.secret,
            expires_at: wanted_end(app),
        };
        let mut made = create(&app.http, access, &wanted).await;
        if let Ok(Made::Exists) = made {
            // One whose answer was lost, or that somebody who crashed had made: nobody knows its secret any more.
            let ours = |it: &Subscription| {
                it.notification_url == notification_url.as_str()
                    && same(&it.resource, &self.resource)
            };
            let before = all(&app.http, access).await?;
            for subscription in before.iter().filter(|it| ours(it)) {
                microsoft::watch::end(&app.http, access, &subscription.id).await?;
            }
            made = create(&app.http, access, &wanted).await;
        }
        match made {
            Ok(Made::New(subscription)) => Ok(subscription),
            Ok(Made::Exists) => Err(Error::new(Provider::Microsoft, OPERATION, Kind::Refused)),
            // Graph says 403 of what is not allowed and of what there are too many of.
            Err(error) if error.kind == Kind::Forbidden && has != Some(true) => Err(lacking()),
            Err(error) => Err(error),
        }
    }
}

fn subject(source: &Source) -> Option<Subject<'_>> {
    match source {
        Source::Personal(owner, what, object) => Some(Subject {
            whose: Whose::Owner(*owner),
            what: *what,
            object: object.as_ref(),
        }),
        Source::Chat(tenant, chat) => Some(Subject {
            whose: Whose::Member(*tenant),
            what: Personal::Chats,
            object: Some(chat),
        }),
        Source::Site(..) => None,
    }
}

fn failed(watch: &Watch, what: Personal, error: &Error) -> Settled {
    count("failed");
    tracing::info!(%error, watch = watch.id, kind = ?error.kind, ?what, "a subscription is not as it should be");
    outcome::failed(watch, error)
}

/// Whether two spellings name the same resource: Graph may answer `Users('…')/messages` for `/me/messages`.
fn same(one: &str, other: &str) -> bool {
    below(one) == below(other)
}

/// What a resource is below the person whose it is.
fn below(resource: &str) -> String {
    let path = resource.trim_start_matches('/').to_ascii_lowercase();
    if let Some(rest) = path.strip_prefix("me/") {
        return rest.to_owned();
    }
    let rest = path
        .strip_prefix("users/")
        .or_else(|| path.strip_prefix("users("));
    match rest.and_then(|rest| rest.split_once('/')) {
        Some((_, rest)) => rest.to_owned(),
        None => path,
    }
}

fn wanted_end(app: &App) -> i64 {
    let life = app.settings.watch.life.min(LONGEST_LIFE);
    clock::millis() + i64::try_from(life * 1000).unwrap_or_default()
}

fn address(app: &App, path: &str) -> Url {
    let mut url = app.settings.server.public_url.clone();
    url.set_path(path);
    url
}

fn count(outcome: &'static str) {
    metrics::counter!("trefoil_upstream_subscriptions_total", "provider" => "microsoft", "outcome" => outcome)
        .increment(1);
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn a_resource_is_the_same_however_graph_spells_it() {
        for spelt in [
            "/me/messages",
            "me/messages",
            "Users/8d1f/Messages",
            "users('8d1f')/messages",
        ] {
            assert!(same(spelt, "/me/messages"), "{spelt}");
        }
        assert!(!same("/me/events", "/me/messages"));
        assert!(!same("users('8d1f')/events", "/me/messages"));
        assert!(same("chats/19:a@t/messages", "/chats/19:a@t/messages"));
        assert!(!same("chats/19:b@t/messages", "/chats/19:a@t/messages"));
        assert!(!same("/me/todo/lists/B/tasks", "/me/todo/lists/A/tasks"));
    }
}
