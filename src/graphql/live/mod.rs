//! Subscriptions: who may hear what, and what an event says to one of those who hear it.
//!
//! A subscription's field is resolved once when it is opened, to find out whether the caller may listen and to what,
//! and then once for each event, as an operation of its own with the caller's rights of that moment. So nothing that is
//! said about an event was decided when it was published.

mod about;
mod issue;
mod personal;
mod plan;
mod upstream;
mod visible;

use std::sync::{Arc, OnceLock};

use async_graphql::{Context, ID, Subscription};
use futures::Stream;
use futures::stream;

use super::context::{ContextExt as _, Operation};
use super::error::Error;
use super::scalar::DateTime;
use super::selection::Selection;
use super::transfer::{Transfer, found};
use crate::bus::Signal;
use crate::event::What;
use crate::id::{EventId, NodeId};

pub use issue::{IssueEvent, IssueEventKind};
pub use personal::{
    MailEvent, MailEventKind, MeetingEvent, MeetingEventKind, RecordingEvent, RecordingEventKind,
    TaskEvent, TaskEventKind,
};
pub use plan::{Heard, Plan, again};
pub use upstream::{UpstreamQuery, UpstreamSubscription};
use visible::Visible;

/// Why a subscription's field is resolved this time; the transport puts it beside the operation.
#[derive(Debug, Clone)]
pub enum Stage {
    /// The subscription is being opened: what is to be listened to is left here.
    Opening(Arc<OnceLock<Plan>>),
    /// Something happened.
    Delivering(Arc<Heard>, Signal),
}

impl Stage {
    fn of<'c>(ctx: &'c Context<'_>) -> Result<&'c Self, Error> {
        // Only who asks for a subscription as if it were a query gets here without a stage.
        ctx.data_opt().ok_or_else(|| {
            Error::bad_input(
                "A subscription is asked for over graphql-transport-ws, or with `Accept: text/event-stream`.",
            )
        })
    }

    /// Nothing to say yet, once what is to be listened to is known, nor of what is switched off; else what happened.
    async fn opened(
        &self,
        operation: &Operation,
        plan: impl Future<Output = Result<Plan, Error>>,
    ) -> Result<Option<(&Heard, &Signal)>, Error> {
        match self {
            Self::Opening(left) => {
                let plan = plan.await?;
                let _ = left.set(plan);
                Ok(None)
            }
            Self::Delivering(heard, signal) => {
                let told = is_told(operation, heard, signal).await?;
                Ok(told.then_some((&**heard, signal)))
            }
        }
    }
}

/// What a signal is about, for one subscription: an event's id and time. A gap has an id of its own.
fn named(signal: &Signal) -> (EventId, i64) {
    match signal {
        Signal::Event(event) => (event.id, event.at),
        Signal::Gap => (EventId::random(), crate::clock::millis()),
    }
}

/// Whether events of such a kind are switched on: at the issue's site, or for what is the caller's own.
async fn is_told(operation: &Operation, heard: &Heard, signal: &Signal) -> Result<bool, Error> {
    let Signal::Event(event) = signal else {
        return Ok(true);
    };
    let Some(feature) = event.what.feature() else {
        return Ok(true);
    };
    match heard {
        Heard::Issue(site, _) | Heard::Project(site) | Heard::Transfer(site, ..) => {
            Ok(operation.features(*site).await?.is_on(feature))
        }
        Heard::Issues(_) => match &event.what {
            What::Issue { site, .. } => Ok(operation.features(*site).await?.is_on(feature)),
            _ => Ok(false),
        },
        Heard::Own => operation.allows(&[feature]).await,
    }
}

fn maybe<T: Send + 'static>(event: Option<T>) -> impl Stream<Item = T> {
    stream::iter(event)
}

/// What can be listened to. An event names what happened, when, and to which id; its object is read anew with the
/// subscriber's own rights when the event is delivered, and who may not see the object gets no event. An event of kind
/// `GAP` says that events may have been missed: read again what you show.
#[derive(Default)]
pub struct LiveSubscription;

#[Subscription]
impl LiveSubscription {
    /// Anything that changes what an issue's page shows: the issue itself, its comments and links, and what happens to
    /// the mails, meetings, chats, tasks and recordings that are linked with it, as far as the viewer may see them.
    /// Opening costs one Jira call; an event at most one call of the provider it came from, and one of Jira.
    async fn issue_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id, or Jira's number of it.")] issue: ID,
        #[graphql(desc = "The site; may be left out by who has only one, and with an id of ours.")]
        site: Option<ID>,
        #[graphql(
            desc = "The `updatedAt` of the issue as you show it: a gap comes first when it has changed since."
        )]
        since: Option<DateTime>,
    ) -> Result<impl Stream<Item = IssueEvent>, Error> {
        let (operation, selection) = (ctx.operation(), Selection::of(ctx));
        let site = site.as_deref().map(String::as_str);
        let plan = plan::of_issue(operation, &issue, site, since.as_ref());
        Ok(maybe(
            match Stage::of(ctx)?.opened(operation, plan).await? {
                Some((Heard::Issue(site, issue), signal)) => {
                    issue::event(operation, (*site, *issue), signal, &selection).await
                }
                _ => None,
            },
        ))
    }

    /// What happens to the issues of a list, as far as the viewer may see them: the issues themselves and their
    /// comments, not what is linked with them. Of an issue that the viewer may not see nothing is said, not even that.
    /// Opening costs one Jira call for each site; so does a burst of events, and with `issue` each issue in it one more.
    async fn work_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Their ids, 1 to 50.")] issues: Vec<ID>,
        #[graphql(
            desc = "The newest `updatedAt` of what you show: a gap comes first when one of them has changed since."
        )]
        since: Option<DateTime>,
    ) -> Result<impl Stream<Item = IssueEvent>, Error> {
        let (operation, selection) = (ctx.operation(), Selection::of(ctx));
        let plan = plan::of_issues(operation, &issues, since.as_ref());
        Ok(maybe(
            match Stage::of(ctx)?.opened(operation, plan).await? {
                Some((Heard::Issues(seen), signal)) => {
                    issue::listed(operation, seen, signal, &selection).await
                }
                _ => None,
            },
        ))
    }

    /// The new issues of a project that the viewer may see. Opening costs one Jira call, and so does an event.
    async fn issue_created(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Jira's number of the project, or its key.")] project: ID,
        #[graphql(desc = "The site; may be left out by who has only one.")] site: Option<ID>,
    ) -> Result<impl Stream<Item = IssueEvent>, Error> {
        let (operation, selection) = (ctx.operation(), Selection::of(ctx));
        let plan = plan::of_project(operation, &project, site.as_deref().map(String::as_str));
        Ok(maybe(
            match Stage::of(ctx)?.opened(operation, plan).await? {
                Some((Heard::Project(site), signal)) => {
                    issue::created(operation, *site, signal, &selection).await
                }
                _ => None,
            },
        ))
    }

    /// Mails that come to the viewer's own mailbox, change there or leave it. Needs their Microsoft account. Opening
    /// costs nothing; an event costs one Graph call when `mail` is selected.
    async fn mail_received(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The mailbox. Only the viewer's own can be listened to, so it is best left out: Graph tells nobody of mails in mailboxes that are shared with them."
        )]
        mailbox: Option<ID>,
    ) -> Result<impl Stream<Item = MailEvent>, Error> {
        let (operation, selection) = (ctx.operation(), Selection::of(ctx));
        let plan = async {
            if mailbox.is_some_and(|it| !it.is_empty() && *it != "me") {
                return Err(Error::bad_input(
                    "Only your own mailbox can be listened to; leave `mailbox` out.",
                ));
            }
            plan::of_mailbox(operation).await
        };
        Ok(maybe(
            match Stage::of(ctx)?.opened(operation, plan).await? {
                Some((_, signal)) => personal::mail(operation, signal, &selection).await,
                None => None,
            },
        ))
    }

    /// Meetings of the viewer's own calendar, and Zoom meetings that they host. Needs their Microsoft or Zoom account.
    /// Opening costs nothing; an event costs one call of the provider it came from.
    async fn meeting_events(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Stream<Item = MeetingEvent>, Error> {
        let (operation, selection) = (ctx.operation(), Selection::of(ctx));
        let plan = plan::of_meetings(operation);
        Ok(maybe(
            match Stage::of(ctx)?.opened(operation, plan).await? {
                Some((_, signal)) => personal::meeting(operation, signal, &selection).await,
                None => None,
            },
        ))
    }

    /// The viewer's own To Do tasks: those of their default list, and of lists with a task that is linked. Needs their
    /// Microsoft account. Opening costs nothing; an event costs one Graph call.
    async fn task_events(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = TaskEvent>, Error> {
        let (operation, selection) = (ctx.operation(), Selection::of(ctx));
        let plan = plan::of_tasks(operation);
        Ok(maybe(
            match Stage::of(ctx)?.opened(operation, plan).await? {
                Some((_, signal)) => personal::task(operation, signal, &selection).await,
                None => None,
            },
        ))
    }

    /// How far a transfer is, about once a second while it is carried, and how it ends; as it is at that moment, so that
    /// some steps may be left out. Opening costs one Jira call.
    async fn transfer_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The transfer.")] id: ID,
    ) -> Result<impl Stream<Item = Transfer>, Error> {
        let operation = ctx.operation();
        let plan = plan::of_transfer(operation, &id);
        Ok(maybe(
            match Stage::of(ctx)?.opened(operation, plan).await? {
                Some((Heard::Transfer(site, issue, id), _)) => {
                    match visible::ask(operation, (*site, *issue), None).await {
                        Visible::Yes(_) => found(operation, *id).await?.map(|(_, it)| it.into()),
                        Visible::No | Visible::Unknown => None,
                    }
                }
                _ => None,
            },
        ))
    }

    /// Recordings of Zoom meetings that the viewer hosts. Needs their Zoom account. Opening costs nothing; an event
    /// costs one Zoom call when `recording` is selected.
    async fn recording_events(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Stream<Item = RecordingEvent>, Error> {
        let (operation, selection) = (ctx.operation(), Selection::of(ctx));
        let plan = plan::of_recordings(operation);
        Ok(maybe(
            match Stage::of(ctx)?.opened(operation, plan).await? {
                Some((_, signal)) => personal::recording(operation, signal, &selection).await,
                None => None,
            },
        ))
    }
}

fn id_of(node: &NodeId) -> ID {
    node.to_string().into()
}
