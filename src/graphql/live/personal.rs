//! What happens to the viewer's own mails, meetings, tasks and recordings.

use async_graphql::{Enum, ID, Object};

use super::{id_of, named};
use crate::bus::Signal;
use crate::event::{Change, MeetingChange, RecordingChange, What};
use crate::graphql::context::Operation;
use crate::graphql::mail::{self, Mail, Place};
use crate::graphql::meeting::{self, Meeting};
use crate::graphql::recording::{self, Recording};
use crate::graphql::scalar::DateTime;
use crate::graphql::selection::Selection;
use crate::graphql::task::{self, Task};
use crate::id::{EventId, NodeId};

/// What happened to a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MailEventKind {
    /// It came.
    Received,
    /// It was read, flagged, moved or changed in another way.
    Updated,
    /// It left the mailbox: `mail` is null.
    Removed,
    /// Events may have been missed: read again what you show.
    Gap,
}

/// What happened to a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MeetingEventKind {
    /// It was scheduled, or the viewer was invited.
    Created,
    /// It was moved or changed in another way.
    Updated,
    /// It was cancelled, or is no longer in the viewer's calendar.
    Cancelled,
    /// It began; Zoom's only.
    Started,
    /// It ended; Zoom's only.
    Ended,
    /// Somebody came; Zoom's only.
    ParticipantJoined,
    /// Somebody left; Zoom's only.
    ParticipantLeft,
    /// Events may have been missed: read again what you show.
    Gap,
}

/// What happened to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum TaskEventKind {
    /// It is new.
    Created,
    /// It was changed.
    Updated,
    /// It was changed, and is done.
    Completed,
    /// It is gone: `task` is null.
    Removed,
    /// Events may have been missed: read again what you show.
    Gap,
}

/// What happened to a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum RecordingEventKind {
    /// It can be watched.
    Completed,
    /// It has a transcript.
    TranscriptCompleted,
    /// It was put into the trash.
    Trashed,
    /// It was deleted for good: `recording` is null.
    Deleted,
    /// It was taken back from the trash.
    Recovered,
    /// Events may have been missed: read again what you show.
    Gap,
}

/// Something that happened to the viewer's own.
#[derive(Debug, Clone)]
struct Happened<K, T> {
    id: EventId,
    at: i64,
    kind: K,
    node: Option<NodeId>,
    object: Option<T>,
}

impl<K, T> Happened<K, T> {
    fn new(signal: &Signal, kind: K, node: Option<NodeId>, object: Option<T>) -> Self {
        let (id, at) = named(signal);
        Self {
            id,
            at,
            kind,
            node,
            object,
        }
    }
}

/// Whether a provider says that it could not tell of everything.
fn missed(what: &What) -> bool {
    matches!(what, What::Missed { .. })
}

/// An event of the viewer's own mailbox; `None` when the mail is not there any more, which is told as well.
pub async fn mail(
    operation: &Operation,
    signal: &Signal,
    selection: &Selection,
) -> Option<MailEvent> {
    let said = |kind, node, object| Some(MailEvent(Happened::new(signal, kind, node, object)));
    let Signal::Event(event) = signal else {
        return said(MailEventKind::Gap, None, None);
    };
    let What::Mail { mail, change, .. } = &event.what else {
        return missed(&event.what)
            .then(|| said(MailEventKind::Gap, None, None))
            .flatten();
    };
    let node = Some(NodeId::Mail(mail.clone()));
    let kind = match change {
        Change::Created => MailEventKind::Received,
        Change::Updated => MailEventKind::Updated,
        Change::Deleted => return said(MailEventKind::Removed, node, None),
    };
    if !selection.has("mail") {
        return said(kind, node, None);
    }
    let wanted = selection.field("mail");
    match mail::by_id(operation, Place::default(), mail, &wanted).await {
        Some(Ok(found)) => said(kind, node, Some(found)),
        None => None,
        Some(Err(_)) => said(MailEventKind::Gap, None, None),
    }
}

/// An event of the viewer's own calendar, or of what they host at Zoom.
pub async fn meeting(
    operation: &Operation,
    signal: &Signal,
    selection: &Selection,
) -> Option<MeetingEvent> {
    let said = |kind, node, object| Some(MeetingEvent(Happened::new(signal, kind, node, object)));
    let gap = || said(MeetingEventKind::Gap, None, None);
    let Signal::Event(event) = signal else {
        return gap();
    };
    let wanted = selection.field("meeting");
    match &event.what {
        What::CalendarEvent { event, change, .. } => {
            let node = Some(NodeId::Event(event.clone()));
            let kind = match change {
                Change::Created => MeetingEventKind::Created,
                Change::Updated => MeetingEventKind::Updated,
                Change::Deleted => return said(MeetingEventKind::Cancelled, node, None),
            };
            match meeting::event_now(operation, event, &wanted).await {
                Ok(Some((found, true))) => said(MeetingEventKind::Cancelled, node, Some(found)),
                Ok(Some((found, false))) => said(kind, node, Some(found)),
                Ok(None) => None,
                Err(_) => gap(),
            }
        }
        What::ZoomMeeting {
            meeting, change, ..
        } => {
            let node = Some(NodeId::ZoomMeeting(*meeting));
            let kind = match change {
                MeetingChange::Created => MeetingEventKind::Created,
                MeetingChange::Updated => MeetingEventKind::Updated,
                MeetingChange::Started => MeetingEventKind::Started,
                MeetingChange::Ended => MeetingEventKind::Ended,
                MeetingChange::ParticipantJoined => MeetingEventKind::ParticipantJoined,
                MeetingChange::ParticipantLeft => MeetingEventKind::ParticipantLeft,
                MeetingChange::Deleted => return said(MeetingEventKind::Cancelled, node, None),
            };
            if !wanted.exists() {
                return said(kind, node, None);
            }
            match meeting::zoom_by_number(operation, *meeting).await {
                Some(Ok(found)) => said(kind, node, Some(found)),
                // An instant meeting cannot be read once it has ended.
                None => said(kind, node, None),
                Some(Err(_)) => gap(),
            }
        }
        what if missed(what) => gap(),
        _ => None,
    }
}

/// An event of the viewer's own tasks.
pub async fn task(
    operation: &Operation,
    signal: &Signal,
    selection: &Selection,
) -> Option<TaskEvent> {
    let said = |kind, node, object| Some(TaskEvent(Happened::new(signal, kind, node, object)));
    let Signal::Event(event) = signal else {
        return said(TaskEventKind::Gap, None, None);
    };
    let What::Task {
        list, task, change, ..
    } = &event.what
    else {
        return missed(&event.what)
            .then(|| said(TaskEventKind::Gap, None, None))
            .flatten();
    };
    let node = Some(NodeId::Task(list.clone(), task.clone()));
    let kind = match change {
        Change::Created => TaskEventKind::Created,
        Change::Updated => TaskEventKind::Updated,
        Change::Deleted => return said(TaskEventKind::Removed, node, None),
    };
    match task::now(operation, list, task, &selection.field("task")).await {
        Ok(Some((found, true))) => said(TaskEventKind::Completed, node, Some(found)),
        Ok(Some((found, false))) => said(kind, node, Some(found)),
        Ok(None) => None,
        Err(_) => said(TaskEventKind::Gap, None, None),
    }
}

/// An event of the recordings of what the viewer hosts.
pub async fn recording(
    operation: &Operation,
    signal: &Signal,
    selection: &Selection,
) -> Option<RecordingEvent> {
    let said = |kind, node, object| Some(RecordingEvent(Happened::new(signal, kind, node, object)));
    let Signal::Event(event) = signal else {
        return said(RecordingEventKind::Gap, None, None);
    };
    let What::ZoomRecording {
        recording, change, ..
    } = &event.what
    else {
        return None;
    };
    let node = Some(NodeId::ZoomRecording(recording.clone()));
    let kind = match change {
        RecordingChange::Completed => RecordingEventKind::Completed,
        RecordingChange::TranscriptCompleted => RecordingEventKind::TranscriptCompleted,
        RecordingChange::Trashed => RecordingEventKind::Trashed,
        RecordingChange::Recovered => RecordingEventKind::Recovered,
        RecordingChange::Deleted => return said(RecordingEventKind::Deleted, node, None),
    };
    if !selection.has("recording") {
        return said(kind, node, None);
    }
    match recording::by_uuid(operation, recording).await {
        Some(Ok(found)) => said(kind, node, Some(found)),
        None if kind == RecordingEventKind::Trashed => said(kind, node, None),
        None => None,
        Some(Err(_)) => said(RecordingEventKind::Gap, None, None),
    }
}

/// Something that happened in the viewer's own mailbox.
#[derive(Debug, Clone)]
pub struct MailEvent(Happened<MailEventKind, Mail>);

/// Something that happened to a meeting of the viewer.
#[derive(Debug, Clone)]
pub struct MeetingEvent(Happened<MeetingEventKind, Meeting>);

/// Something that happened to a task of the viewer.
#[derive(Debug, Clone)]
pub struct TaskEvent(Happened<TaskEventKind, Task>);

/// Something that happened to a recording of a meeting that the viewer hosts.
#[derive(Debug, Clone)]
pub struct RecordingEvent(Happened<RecordingEventKind, Recording>);

/// Something that happened in the viewer's own mailbox. The mail is read when the event is delivered.
#[Object]
impl MailEvent {
    /// The same however often the event is told.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What happened.
    async fn kind(&self) -> MailEventKind {
        self.0.kind
    }

    /// When we were told, or when a gap was noticed.
    async fn occurred_at(&self) -> DateTime {
        DateTime::from_millis(self.0.at)
    }

    /// The mail's id; null in a gap.
    async fn mail_id(&self) -> Option<ID> {
        self.0.node.as_ref().map(id_of)
    }

    /// The mail as it is now. Null when it is gone, and in a gap. Costs one Graph call.
    async fn mail(&self) -> Option<&Mail> {
        self.0.object.as_ref()
    }
}

/// Something that happened to a meeting of the viewer. The meeting is read when the event is delivered.
#[Object]
impl MeetingEvent {
    /// The same however often the event is told.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What happened.
    async fn kind(&self) -> MeetingEventKind {
        self.0.kind
    }

    /// When, as the provider says, or when we were told; of a gap, when it was noticed.
    async fn occurred_at(&self) -> DateTime {
        DateTime::from_millis(self.0.at)
    }

    /// The meeting's id; null in a gap.
    async fn meeting_id(&self) -> Option<ID> {
        self.0.node.as_ref().map(id_of)
    }

    /// The meeting as it is now. Null when it is gone, and in a gap.
    async fn meeting(&self) -> Option<&Meeting> {
        self.0.object.as_ref()
    }
}

/// Something that happened to a task of the viewer. The task is read when the event is delivered.
#[Object]
impl TaskEvent {
    /// The same however often the event is told.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What happened.
    async fn kind(&self) -> TaskEventKind {
        self.0.kind
    }

    /// When we were told, or when a gap was noticed.
    async fn occurred_at(&self) -> DateTime {
        DateTime::from_millis(self.0.at)
    }

    /// The task's id; null in a gap.
    async fn task_id(&self) -> Option<ID> {
        self.0.node.as_ref().map(id_of)
    }

    /// The task as it is now. Null when it is gone, and in a gap.
    async fn task(&self) -> Option<&Task> {
        self.0.object.as_ref()
    }
}

/// Something that happened to a recording of a meeting that the viewer hosts. The recording is read when the event is
/// delivered.
#[Object]
impl RecordingEvent {
    /// The same however often the event is told.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What happened.
    async fn kind(&self) -> RecordingEventKind {
        self.0.kind
    }

    /// When, as Zoom says; of a gap, when it was noticed.
    async fn occurred_at(&self) -> DateTime {
        DateTime::from_millis(self.0.at)
    }

    /// The id of the recordings of that meeting; null in a gap.
    async fn recording_id(&self) -> Option<ID> {
        self.0.node.as_ref().map(id_of)
    }

    /// The recordings as they are now. Null when they are gone, and in a gap. Costs one Zoom call.
    async fn recording(&self) -> Option<&Recording> {
        self.0.object.as_ref()
    }
}
