//! What an event means for one issue, as far as the caller may know of it.

use super::issue::{IssueEventKind, Thing};
use crate::event::{Change, Event, IssueChange, MeetingChange, Personal, What};
use crate::graphql::chat;
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::join;
use crate::graphql::mail;
use crate::graphql::meeting;
use crate::graphql::recording;
use crate::graphql::selection::Selection;
use crate::graphql::task;
use crate::id::{GraphId, IssueId, JiraId, LinkId, SiteId, TransferId, ZoomUserId};
use crate::store::link::{Kind, Link, Target};

/// What an event is about, besides the issue.
#[derive(Default)]
pub struct About {
    pub comment: Option<JiraId>,
    pub link: Option<LinkId>,
    /// What the link leads or led to, or what may have been missed.
    pub kind: Option<Kind>,
    pub transfer: Option<TransferId>,
    pub object: Option<Thing>,
}

/// What happened, and what it is about; `None` when it does not concern the issue, or the caller.
pub type Concerning = Option<(IssueEventKind, About)>;

/// What an event means for an issue, as far as the caller may know of it. Reads what it is about with their rights.
pub async fn concerning(
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
            let comment = comment.clone();
            Some((
                kind,
                About {
                    comment,
                    ..nothing()
                },
            ))
        }
        // Of somebody else's task nobody is told.
        What::Link {
            target: Kind::Task,
            by,
            ..
        } if !operation.caller.is(*by) => None,
        What::Link {
            link,
            target,
            added,
            ..
        } => linked(operation, place, (*link, *target), *added, selection).await?,
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
        What::Missed { what, .. } => {
            let kind = match what {
                Personal::Mail => Kind::Mail,
                Personal::Calendar => Kind::Meeting,
                Personal::Chats => Kind::Chat,
                Personal::Tasks => Kind::Task,
            };
            let about = About {
                kind: Some(kind),
                ..nothing()
            };
            Some((IssueEventKind::Gap, about))
        }
        What::MissedInChat { .. } => {
            let about = About {
                kind: Some(Kind::Chat),
                ..nothing()
            };
            Some((IssueEventKind::Gap, about))
        }
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
                let about = About {
                    link: Some(link.id),
                    kind: Some(Kind::Task),
                    ..nothing()
                };
                (IssueEventKind::TaskChanged, about)
            })
        }
        What::ZoomMeeting {
            host,
            meeting,
            change,
        } => {
            let same = |it: &Target| matches!(it, Target::ZoomMeeting(number) if number == meeting);
            let links = links(operation, place, same).await?;
            zoom_meeting(
                operation,
                links.first(),
                (host.as_ref(), *change),
                selection,
            )
            .await?
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
        What::Transfer { transfer, .. } => {
            let about = About {
                transfer: Some(*transfer),
                ..nothing()
            };
            Some((IssueEventKind::TransferChanged, about))
        }
        What::Switched { .. } | What::Disconnected { .. } | What::Uninstalled { .. } => None,
    })
}

/// A change of a linked Zoom meeting.
async fn zoom_meeting(
    operation: &Operation,
    link: Option<&Link>,
    (host, change): (Option<&ZoomUserId>, MeetingChange),
    selection: &Selection,
) -> Result<Concerning, Error> {
    let Some(link) = link else {
        return Ok(None);
    };
    let about = About {
        link: Some(link.id),
        kind: Some(Kind::Meeting),
        ..About::default()
    };
    match change {
        // What is gone cannot be asked whose it was; that it is linked, whoever sees the issue knows.
        MeetingChange::Deleted => Ok(Some((IssueEventKind::MeetingChanged, about))),
        // A full room would ask Zoom for each of them; its host is known without.
        MeetingChange::ParticipantJoined | MeetingChange::ParticipantLeft => {
            let own = operation.own_zoom().await?;
            if own.is_none() || own.as_ref() != host {
                return Ok(None);
            }
            let about = if selection.has(field_of(Kind::Meeting)) {
                object(operation, Some(link), selection)
                    .await?
                    .unwrap_or(about)
            } else {
                about
            };
            Ok(Some((IssueEventKind::ParticipantsChanged, about)))
        }
        _ => {
            let about = object(operation, Some(link), selection).await?;
            Ok(about.map(|about| (IssueEventKind::MeetingChanged, about)))
        }
    }
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

/// A link that was made or taken away.
async fn linked(
    operation: &Operation,
    place: (SiteId, IssueId),
    (id, kind): (LinkId, Kind),
    added: bool,
    selection: &Selection,
) -> Result<Concerning, Error> {
    let about = About {
        link: Some(id),
        kind: Some(kind),
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
    let about = if selection.has(field_of(kind)) {
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
        link: Some(link.id),
        kind: Some(link.target.kind()),
        object: Some(object),
        ..About::default()
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
        link: Some(link),
        kind: Some(Kind::Mail),
        object: Some(Thing::Mail(mail)),
        ..About::default()
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
            link: Some(link),
            kind: Some(Kind::Meeting),
            object: Some(Thing::Meeting(meeting)),
            ..About::default()
        };
        (changed, about)
    }))
}
