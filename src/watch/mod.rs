//! What has to exist upstream while somebody listens: subscriptions to change notifications, made on demand, shared by
//! everybody who listens to the same, kept alive, and taken away when nobody does any more.
//!
//! Listeners hold wishes in this process; each gateway writes those of its own into the store, and the store's rows say
//! what exists upstream. Whoever has a right to it and takes a row's lease does what is due. There is no leader.

mod graph;
mod jira;
mod look;
mod outcome;
mod part;
mod resync;
mod right;
mod wishes;

use std::collections::HashSet;
use std::iter;
use std::sync::Arc;

use crate::app::App;
use crate::auth::{Caller, Via};
use crate::event::Personal;
use crate::id::{EntraUser, GraphId, SiteId};
use crate::store;
use crate::store::watch::Source;

pub use crate::store::watch::Lifecycle;
pub use look::run;
pub use part::{Parting, disconnected, leaving, lost, parting, uninstalled};
pub use wishes::{Hold, Watches};

/// The most lists or chats of one wish; further ones are not told of as they change.
const MOST_OBJECTS: usize = 20;

/// What somebody listens to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// What is a person's own in Microsoft 365, whose token the caller has. Of tasks the default list and the lists
    /// named here, of chats those named here.
    Personal(EntraUser, Personal, Vec<GraphId>),
    /// The issues of a Jira site that the caller has connected. Where the app is installed its webhooks are there
    /// anyhow.
    JiraSite(SiteId),
}

impl Watches {
    /// Wishes for these until the answer is dropped. Returns at once; the work goes on elsewhere.
    ///
    /// The caller's rights are used, and nobody else's: what is not theirs comes to nothing.
    pub fn want(&self, app: &App, caller: &Arc<Caller>, wants: Vec<Want>) -> Hold {
        let mut sources: Vec<Source> = wants
            .into_iter()
            .flat_map(|want| sources(app, caller, want))
            .collect();
        let mut seen = HashSet::new();
        sources.retain(|source| seen.insert(source.clone()));
        self.hold(caller, sources)
    }
}

/// Takes note of what Graph says of one of its subscriptions; whoever has a right to it acts upon it within seconds,
/// here or at another gateway. False when it is not one of ours.
pub async fn lifecycle(
    app: &App,
    subscription: &str,
    said: Lifecycle,
) -> Result<bool, store::Error> {
    let known = store::watch::told(&app.store, subscription, said).await?;
    app.watches.0.woken.notify_one();
    Ok(known)
}

fn sources(app: &App, caller: &Caller, want: Want) -> Vec<Source> {
    match want {
        // An Entra caller reads as who they are, and so no other mailbox is theirs.
        Want::Personal(owner, what, objects)
            if app.settings.microsoft.is_some() && caller.entra.is_none_or(|it| it == owner) =>
        {
            let objects = objects.into_iter().take(MOST_OBJECTS);
            let source = |object| Source::Personal(owner, what, object);
            match what {
                Personal::Mail | Personal::Calendar => vec![source(None)],
                Personal::Tasks => {
                    let lists = iter::once(None).chain(objects.map(Some));
                    lists.map(source).collect()
                }
                Personal::Chats => objects.map(|chat| Source::Chat(owner.tid, chat)).collect(),
            }
        }
        Want::JiraSite(site)
            if app
                .settings
                .jira
                .oauth
                .as_ref()
                .is_some_and(|it| it.webhooks) =>
        {
            let own = caller.membership(site);
            let own = own.filter(|it| it.via == Via::OAuth && it.site.oauth_client_id.is_none());
            let source = own.map(|it| Source::Site(site, it.account.clone()));
            source.into_iter().collect()
        }
        Want::Personal(..) | Want::JiraSite(_) => Vec::new(),
    }
}
