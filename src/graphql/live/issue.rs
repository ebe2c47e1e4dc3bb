//! What happens on an issue's page.

use std::collections::BTreeSet;

use async_graphql::{Enum, ID, Object};

use super::about::concerning;
use super::visible::{self, Age, Visible};
use super::{id_of, named};
use crate::bus::Signal;
use crate::event::{IssueChange, LinkKind, What};
use crate::graphql::chat::Chat;
use crate::graphql::context::Operation;
use crate::graphql::issue::Issue;
use crate::graphql::mail::Mail;
use crate::graphql::meeting::Meeting;
use crate::graphql::recording::Recording;
use crate::graphql::scalar::DateTime;
use crate::graphql::selection::Selection;
use crate::graphql::task::Task;
use crate::id::{EventId, IssueId, JiraId, LinkId, NodeId, SiteId, TransferId};

/// What happened on an issue's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum IssueEventKind {
    /// The issue was created.
    Created,
    /// One of its fields changed.
    Updated,
    /// It was deleted: `issue` is null.
    Deleted,
    /// Somebody commented.
    Commented,
    /// A comment was changed.
    CommentUpdated,
    /// A comment was deleted.
    CommentDeleted,
    /// Something was linked with it; the object is there when it is the viewer's to see.
    Linked,
    /// A link was taken away.
    Unlinked,
    /// A mail came that belongs to it: a linked one, or one of a linked conversation.
    MailReceived,
    /// A mail left the viewer's mailbox; it may have been one of the issue's.
    MailRemoved,
    /// A linked meeting was changed, moved, cancelled, begun or ended.
    MeetingChanged,
    /// Somebody came to a linked Zoom meeting, or left it; told to its host alone.
    ParticipantsChanged,
    /// Something was said in a linked chat.
    ChatMessage,
    /// A linked task was changed or completed.
    TaskChanged,
    /// A linked meeting's recording became ready, got its transcript, or went.
    RecordingChanged,
    /// A recording began to be attached, stands still, or has ended: follow it with `transferProgress`.
    TransferChanged,
    /// Events may have been missed: read again what you show, or of it what `linkKind` says.
    Gap,
}

/// Something that happened on an issue's page. It says what and when; the objects are read when the event is delivered,
/// with the viewer's own rights.
#[derive(Debug, Clone)]
pub struct IssueEvent {
    id: EventId,
    kind: IssueEventKind,
    at: i64,
    place: Option<(SiteId, IssueId)>,
    comment: Option<JiraId>,
    link: Option<LinkId>,
    link_kind: Option<LinkKind>,
    transfer: Option<TransferId>,
    issue: Option<Box<Issue>>,
    object: Option<Thing>,
}

/// What else than the issue it is about.
#[derive(Debug, Clone)]
pub enum Thing {
    Mail(Mail),
    Meeting(Meeting),
    Chat(Chat),
    Task(Task),
    Recording(Recording),
}

impl IssueEvent {
    fn new(signal: &Signal, kind: IssueEventKind, place: Option<(SiteId, IssueId)>) -> Self {
        let (id, at) = named(signal);
        Self {
            id,
            kind,
            at,
            place,
            comment: None,
            link: None,
            link_kind: None,
            transfer: None,
            issue: None,
            object: None,
        }
    }

    fn gap(place: Option<(SiteId, IssueId)>) -> Self {
        Self::new(&Signal::Gap, IssueEventKind::Gap, place)
    }
}

/// What a signal says to somebody who listens to an issue; `None` when it does not concern it, or them.
pub async fn event(
    operation: &Operation,
    place: (SiteId, IssueId),
    signal: &Signal,
    selection: &Selection,
) -> Option<IssueEvent> {
    let Signal::Event(event) = signal else {
        return Some(IssueEvent::gap(Some(place)));
    };
    let mut said = match concerning(operation, place, event, selection).await {
        Ok(about) => {
            let (kind, about) = about?;
            IssueEvent {
                comment: about.comment,
                link: about.link,
                link_kind: about.kind,
                transfer: about.transfer,
                object: about.object,
                ..IssueEvent::new(signal, kind, Some(place))
            }
        }
        // What could not be found out may have concerned them.
        Err(_) => IssueEvent::gap(Some(place)),
    };
    if matches!(said.kind, IssueEventKind::Deleted | IssueEventKind::Gap) {
        // What is deleted cannot be asked for any more; they were let in while it could. Neither says more than an id.
        return Some(said);
    }
    let wanted = selection.has("issue").then(|| selection.field("issue"));
    match visible::ask(operation, place, wanted.as_ref()).await {
        Visible::Yes(issue) => {
            said.issue = issue;
            Some(said)
        }
        Visible::No => None,
        Visible::Unknown => Some(IssueEvent::gap(Some(place))),
    }
}

/// What a signal says to somebody who listens to several issues, of which they saw these when they began; `None` when
/// it is not about one of them itself.
pub async fn listed(
    operation: &Operation,
    seen: &[(SiteId, IssueId)],
    signal: &Signal,
    selection: &Selection,
) -> Option<IssueEvent> {
    let Signal::Event(told) = signal else {
        return Some(IssueEvent::gap(None));
    };
    let What::Issue {
        site,
        issue,
        change,
        ..
    } = &told.what
    else {
        return None;
    };
    let place = (*site, *issue);
    if *change == IssueChange::Deleted {
        // What is deleted cannot be asked for any more.
        let kind = IssueEventKind::Deleted;
        return (seen.contains(&place)).then(|| IssueEvent::new(signal, kind, Some(place)));
    }
    // One question for all of the site's, whichever of them the rest of a burst is about.
    let of_site = seen.iter().filter(|it| it.0 == place.0);
    let asked: BTreeSet<_> = of_site.copied().chain([place]).collect();
    visible::all_changed(operation, asked, Age::AMoment).await;
    let said = event(operation, place, signal, selection).await?;
    // Who is not known to see it is not told which it was.
    Some(match said.kind {
        IssueEventKind::Gap => IssueEvent::gap(None),
        _ => said,
    })
}

/// What a signal says to somebody who listens to the new issues of a project.
pub async fn created(
    operation: &Operation,
    site: SiteId,
    signal: &Signal,
    selection: &Selection,
) -> Option<IssueEvent> {
    let What::Issue { issue, .. } = (match signal {
        Signal::Event(event) => &event.what,
        Signal::Gap => return Some(IssueEvent::gap(None)),
    }) else {
        return None;
    };
    let place = (site, *issue);
    let wanted = selection.has("issue").then(|| selection.field("issue"));
    match visible::ask(operation, place, wanted.as_ref()).await {
        Visible::Yes(issue) => Some(IssueEvent {
            issue,
            ..IssueEvent::new(signal, IssueEventKind::Created, Some(place))
        }),
        Visible::No => None,
        Visible::Unknown => Some(IssueEvent::gap(Some(place))),
    }
}

/// Something that happened on an issue's page. It says what, when and to which id; its objects are read with the
/// viewer's own rights when the event is delivered, and who may not see the issue gets no event.
#[Object]
impl IssueEvent {
    /// The same however often the event is told.
    async fn id(&self) -> ID {
        self.id.to_string().into()
    }

    /// What happened.
    async fn kind(&self) -> IssueEventKind {
        self.kind
    }

    /// When, as the provider says; of a gap, when it was noticed.
    async fn occurred_at(&self) -> DateTime {
        DateTime::from_millis(self.at)
    }

    /// The issue's id; null in a gap of `issueCreated` and `workEvents`.
    async fn issue_id(&self) -> Option<ID> {
        self.place
            .map(|(site, issue)| id_of(&NodeId::Issue(site, issue)))
    }

    /// The issue as it is now. Null when it was deleted, and in a gap. Costs one Jira call, of which several events in
    /// a burst share one.
    async fn issue(&self) -> Option<&Issue> {
        self.issue.as_deref()
    }

    /// Jira's number of the comment that it is about.
    async fn comment_id(&self) -> Option<ID> {
        self.comment.as_ref().map(|it| it.to_string().into())
    }

    /// The link that it is about.
    async fn link_id(&self) -> Option<ID> {
        self.link.map(|it| id_of(&NodeId::Link(it)))
    }

    /// What the link that it is about leads to, or led to before it was taken away. In a gap: of what events may have
    /// been missed; null when it may be anything.
    async fn link_kind(&self) -> Option<LinkKind> {
        self.link_kind
    }

    /// The transfer that it is about.
    async fn transfer_id(&self) -> Option<ID> {
        self.transfer.map(|it| id_of(&NodeId::Transfer(it)))
    }

    /// The mail that it is about.
    async fn mail(&self) -> Option<&Mail> {
        match &self.object {
            Some(Thing::Mail(it)) => Some(it),
            _ => None,
        }
    }

    /// The meeting that it is about.
    async fn meeting(&self) -> Option<&Meeting> {
        match &self.object {
            Some(Thing::Meeting(it)) => Some(it),
            _ => None,
        }
    }

    /// The chat that it is about.
    async fn chat(&self) -> Option<&Chat> {
        match &self.object {
            Some(Thing::Chat(it)) => Some(it),
            _ => None,
        }
    }

    /// The task that it is about.
    async fn task(&self) -> Option<&Task> {
        match &self.object {
            Some(Thing::Task(it)) => Some(it),
            _ => None,
        }
    }

    /// The recording that it is about.
    async fn recording(&self) -> Option<&Recording> {
        match &self.object {
            Some(Thing::Recording(it)) => Some(it),
            _ => None,
        }
    }
}
