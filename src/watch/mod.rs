//! What has to exist upstream while somebody listens: subscriptions to change notifications, made on demand, shared by
//! everybody who listens to the same, kept alive, and taken away when nobody does any more.
//!
//! Listeners hold wishes in this process; each gateway writes those of its own into the store, and the store's rows say
//! what exists upstream. Whoever has a right to it and takes a row's lease does what is due. There is no leader.

mod wishes;

use std::collections::HashSet;
use std::iter;
use std::sync::Arc;

use crate::app::App;
use crate::auth::Caller;
use crate::event::Personal;
use crate::id::{EntraUser, GraphId, SiteId};
use crate::store::watch::Source;

pub use wishes::{Hold, Watches};

/// The most lists or chats of one wish; further ones are not told of as they change.
const MOST_OBJECTS: usize = 20;

/// What somebody listens to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// What is a person's own in Microsoft 365, whose token the caller has. Of tasks the default list and the lists
    /// named here, of chats those named here.
    Personal(EntraUser, Personal, Vec<GraphId>),
    /// The issues of a Jira site. Where the app is installed its webhooks are there anyhow.
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

fn sources(app: &App, caller: &Caller, want: Want) -> Vec<Source> {
    match want {
        // An Entra caller reads as who they are, and so no other mailbox is theirs.
        Want::Personal(owner, what, objects)
            if app.settings.microsoft.is_some() && caller.entra.is_none_or(|it| it == owner) =>
        {
            let objects = objects.into_iter().take(MOST_OBJECTS).map(Some);
            let objects: Vec<_> = match what {
                Personal::Mail | Personal::Calendar => vec![None],
                Personal::Tasks => iter::once(None).chain(objects).collect(),
                Personal::Chats => objects.collect(),
            };
            let source = |object| Source::Personal(owner, what, object);
            objects.into_iter().map(source).collect()
        }
        Want::JiraSite(site) if app.settings.jira.oauth.is_some() => {
            let theirs = caller.membership(site);
            theirs.map(|_| Source::Site(site)).into_iter().collect()
        }
        Want::Personal(..) | Want::JiraSite(_) => Vec::new(),
    }
}
