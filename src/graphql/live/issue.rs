//! What happens on an issue's page.

use async_graphql::{Enum, ID, Object};

use super::visible::{self, Visible};
use super::{id_of, named};
use crate::bus::Signal;
use crate::event::{Change, Event, IssueChange, What};
use crate::graphql::chat::{self, Chat};
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::issue::Issue;
use crate::graphql::join;
use crate::graphql::mail::{self, Mail};
use crate::graphql::meeting::{self, Meeting};
use crate::graphql::recording::{self, Recording};
use crate::graphql::scalar::DateTime;
use crate::graphql::selection::Selection;
use crate::graphql::task::{self, Task};
use crate::id::{EventId, GraphId, IssueId, JiraId, LinkId, NodeId, SiteId};
use crate::store::link::{Kind, Link, Target};

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
    /// Something was said in a linked chat.
    ChatMessage,
    /// A linked task was changed or completed.
    TaskChanged,
    /// A linked meeting's recording became ready, got its transcript, or went.
    RecordingChanged,
    /// Events may have been missed: read again what you show.
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
    issue: Option<Box<Issue>>,
    object: Option<Thing>,
}

/// What else than the issue it is about.
#[derive(Debug, Clone)]
enum Thing {
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

/// What an event is about, besides the issue.
#[derive(Default)]
struct About {
    comment: Option<JiraId>,
    link: Option<LinkId>,
    object: Option<Thing>,
}

type Concerning = Option<(IssueEventKind, About)>;

/// What an event means for an issue, as far as the caller may know of it. Reads what it is about with their rights.
async fn concerning(
    operation: &Operation,
    place: (SiteId, IssueId),
    event: &Event,
    selection: &Selection,
) -> Result<Concerning, Error> {
    let nothing = About::default;
    Ok(match &event.what {
        What::Issue {
            change, comment, ..
        } => {
            let kind = match change {
                IssueChange::Created => IssueEventKind::Created,
                IssueChange::Updated => IssueEventKind::Updated,
                IssueChange::Deleted => IssueEventKind::Deleted,
                IssueChange::Commented => IssueEventKind::Commented,
                IssueChange::CommentUpdated => IssueEventKind::CommentUpdated,
                IssueChange::CommentDeleted => IssueEventKind::CommentDeleted,
            };
            let about = About {
                comment: comment.clone(),
                ..nothing()
            };
            Some((kind, about))
        }
        What::Link { link, added, .. } => {
            linked(operation, place, *link, *added, selection).await?
        }
        What::Mail { mail, change, .. } => {
            let links = links(operation, place, |it| it.mail().is_some()).await?;
            match change {
                Change::Created => arrived(operation, mail, &links, selection).await?,
                // Reading or flagging a mail changes it; none of that is seen on an issue.
                Change::Updated => None,
                Change::Deleted => {
                    (!links.is_empty()).then(|| (IssueEventKind::MailRemoved, nothing()))
                }
            }
        }
        What::CalendarEvent { event, change, .. } => {
            let links = links(operation, place, |it| matches!(it, Target::Event(_))).await?;
            calendar(operation, event, *change, &links, selection).await?
        }
        What::Missed { .. } | What::MissedInChat { .. } => Some((IssueEventKind::Gap, nothing())),
        What::ChatMessage { chat, .. } => {
            let links = links(
                operation,
                place,
                |it| matches!(it, Target::Chat(id) if id == chat),
            );
            object(operation, links.await?.first(), selection)
                .await?
                .map(|about| (IssueEventKind::ChatMessage, about))
        }
        What::Task { list, task, .. } => {
            let same = |it: &Target| matches!(it, Target::Task(in_list, id) if in_list == list && id == task);
            let own = links(operation, place, same).await?;
            let own = own.iter().find(|it| operation.caller.is(it.linked_by));
            own.map(|link| {
                let link = Some(link.id);
                (IssueEventKind::TaskChanged, About { link, ..nothing() })
            })
        }
        What::ZoomMeeting { meeting, .. } => {
            let same = |it: &Target| matches!(it, Target::ZoomMeeting(number) if number == meeting);
            object(
                operation,
                links(operation, place, same).await?.first(),
                selection,
            )
            .await?
            .map(|about| (IssueEventKind::MeetingChanged, about))
        }
        What::ZoomRecording {
            meeting, recording, ..
        } => {
            let same = |it: &Target| match it {
                Target::ZoomMeeting(number) => Some(number) == meeting.as_ref(),
                Target::ZoomRecording(uuid) => uuid == recording,
                _ => false,
            };
            if links(operation, place, same).await?.is_empty() {
                None
            } else {
                match recording::by_uuid(operation, recording).await {
                    Some(Ok(found)) => {
                        let object = Some(Thing::Recording(found));
                        Some((
                            IssueEventKind::RecordingChanged,
                            About {
                                object,
                                ..nothing()
                            },
                        ))
                    }
                    // Gone, or not theirs to see: then only who sees it linked notices.
                    None => None,
                    Some(Err(error)) => return Err(error),
                }
            }
        }
        What::Transfer { .. }
        | What::Switched { .. }
        | What::Disconnected { .. }
        | What::Uninstalled { .. } => None,
    })
}

async fn links(
    operation: &Operation,
    place: (SiteId, IssueId),
    wanted: impl Fn(&Target) -> bool,
) -> Result<Vec<Link>, Error> {
    let all = operation.links().try_load(place).await;
    let all = all.map_err(|error| Error::internal(&error))??;
    Ok(all
        .iter()
        .filter(|it| wanted(&it.target))
        .cloned()
        .collect())
}

/// A link that was made or taken away. Of somebody else's task nobody is told.
async fn linked(
    operation: &Operation,
    place: (SiteId, IssueId),
    id: LinkId,
    added: bool,
    selection: &Selection,
) -> Result<Concerning, Error> {
    let about = About {
        link: Some(id),
        ..About::default()
    };
    if !added {
        return Ok(Some((IssueEventKind::Unlinked, about)));
    }
    let links = links(operation, place, |_| true).await?;
    let Some(link) = links.iter().find(|it| it.id == id) else {
        // Taken away again already, which is told as well.
        return Ok(None);
    };
    if link.target.kind() == Kind::Task && !operation.caller.is(link.linked_by) {
        return Ok(None);
    }
    let wanted = selection.has(field_of(link.target.kind()));
    let about = if wanted {
        object(operation, Some(link), selection)
            .await?
            .unwrap_or(about)
    } else {
        about
    };
    Ok(Some((IssueEventKind::Linked, about)))
}

fn field_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Mail => "mail",
        Kind::Meeting => "meeting",
        Kind::Chat => "chat",
        Kind::Task => "task",
        Kind::Recording => "recording",
    }
}

/// What a link leads to; `None` when there is no link, or it leads to nothing of the caller's.
async fn object(
    operation: &Operation,
    link: Option<&Link>,
    selection: &Selection,
) -> Result<Option<About>, Error> {
    let Some(link) = link else {
        return Ok(None);
    };
    let items = selection.field(field_of(link.target.kind()));
    let read = join::read(operation, &[(link.clone(), &items)]).await?;
    let found = match link.target.kind() {
        Kind::Mail => mail::found(&read, link, &items).some()?.map(Thing::Mail),
        Kind::Meeting => meeting::found(&read, link, &items)
            .some()?
            .map(Thing::Meeting),
        Kind::Chat => chat::found(&read, link, &items).some()?.map(Thing::Chat),
        Kind::Task => task::found(&read, link, &items).some()?.map(Thing::Task),
        Kind::Recording => recording::found(&read, link).some()?.map(Thing::Recording),
    };
    Ok(found.map(|object| About {
        comment: None,
        link: Some(link.id),
        object: Some(object),
    }))
}

/// A new mail in the caller's mailbox: whether it is a linked one, or one of a linked conversation.
async fn arrived(
    operation: &Operation,
    id: &GraphId,
    links: &[Link],
    selection: &Selection,
) -> Result<Concerning, Error> {
    if links.is_empty() {
        return Ok(None);
    }
    let Some((mail, link)) =
        mail::belonging(operation, id, links, &selection.field("mail")).await?
    else {
        return Ok(None);
    };
    let about = About {
        comment: None,
        link: Some(link),
        object: Some(Thing::Mail(mail)),
    };
    Ok(Some((IssueEventKind::MailReceived, about)))
}

/// A change in the caller's calendar: whether it is of a linked meeting.
async fn calendar(
    operation: &Operation,
    id: &GraphId,
    change: Change,
    links: &[Link],
    selection: &Selection,
) -> Result<Concerning, Error> {
    if links.is_empty() {
        return Ok(None);
    }
    let changed = IssueEventKind::MeetingChanged;
    if change == Change::Deleted {
        // What is gone cannot be asked which it was.
        return Ok(Some((changed, About::default())));
    }
    let found = meeting::belonging(operation, id, links, &selection.field("meeting")).await?;
    Ok(found.map(|(meeting, link)| {
        let about = About {
            comment: None,
            link: Some(link),
            object: Some(Thing::Meeting(meeting)),
        };
        (changed, about)
    }))
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

    /// The issue's id; null in a gap of `issueCreated`.
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
