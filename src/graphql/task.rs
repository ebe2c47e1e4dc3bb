//! A To Do task of the viewer.

use std::sync::Arc;

use async_graphql::{Enum, ID, Object};

use super::context::Operation;
use super::error::Error;
use super::join::{self, Found};
use super::rich_text::RichText;
use super::scalar::{DateTime, Url};
use super::selection::{Selection, also};
use crate::id::{GraphId, LinkId, NodeId};
use crate::store::link::{Link, Target};
use crate::upstream::microsoft::{DateTimeZone, Path, todo};

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum TaskStatus {
    /// Not begun.
    NotStarted,
    /// Begun.
    InProgress,
    /// Done.
    Completed,
    /// Waiting for others.
    WaitingOnOthers,
    /// Put off.
    Deferred,
    /// A status this version does not know.
    Unknown,
}

/// A To Do task of the viewer.
#[derive(Debug, Clone)]
pub struct Task {
    list: GraphId,
    content: Arc<todo::Task>,
    link: Option<LinkId>,
}

impl Task {
    /// A task of one of the viewer's own lists.
    pub fn of_list(list: &GraphId, content: todo::Task) -> Self {
        Self {
            list: list.clone(),
            content: Arc::new(content),
            link: None,
        }
    }
}

/// Where a linked task is read.
pub fn path(list: &GraphId, task: &GraphId, selection: &Selection) -> Path {
    todo::by_id(list, task, &selection.graph(todo::FIELDS))
}

/// What a link to a task came to.
pub fn found(read: &join::Read, link: &Link, selection: &Selection) -> Found<Task> {
    let Target::Task(list, _) = &link.target else {
        return Found::Elsewhere;
    };
    join::one::<todo::Task>(read.graph(link, selection), "read a task").map(|content| {
        let due = moment(content.due_date_time.as_ref());
        (
            Task {
                list: list.clone(),
                content,
                link: Some(link.id),
            },
            due,
        )
    })
}

/// One task of the viewer.
pub async fn by_id(
    operation: &Operation,
    list: &GraphId,
    task: &GraphId,
    selection: &Selection,
) -> Option<Result<Task, Error>> {
    let outcome = match operation
        .graph()
        .try_load(path(list, task, selection))
        .await
    {
        Ok(outcome) => outcome,
        Err(error) => return Some(Err(Error::internal(&error))),
    };
    join::one::<todo::Task>(Some(&outcome), "read a task")
        .map(|content| {
            (
                Task {
                    list: list.clone(),
                    content,
                    link: None,
                },
                None,
            )
        })
        .into_field()
}

/// The same as it is now, with whether it is done.
pub async fn now(
    operation: &Operation,
    list: &GraphId,
    task: &GraphId,
    selection: &Selection,
) -> Result<Option<(Task, bool)>, Error> {
    let select = also(&selection.graph(todo::FIELDS), &["status"]);
    let outcome = operation
        .graph()
        .try_load(todo::by_id(list, task, &select))
        .await;
    let outcome = outcome.map_err(|error| Error::internal(&error))?;
    let found = join::one::<todo::Task>(Some(&outcome), "read a task").some()?;
    Ok(found.map(|content| {
        let done = content.status.as_deref() == Some("completed");
        let task = Task {
            list: list.clone(),
            content,
            link: None,
        };
        (task, done)
    }))
}

fn moment(time: Option<&DateTimeZone>) -> Option<DateTime> {
    time.and_then(|it| DateTime::parse(&it.date_time))
}

/// A To Do task of the viewer. Read from Graph on demand and never stored; costs one part of a `$batch`.
#[Object]
impl Task {
    /// Its id.
    pub async fn id(&self) -> ID {
        NodeId::Task(self.list.clone(), self.content.id.clone())
            .to_string()
            .into()
    }

    /// The link that joins it to the issue; null when it was found another way. `unlink` takes it.
    async fn link_id(&self) -> Option<ID> {
        self.link.map(|link| NodeId::Link(link).to_string().into())
    }

    /// What is to be done.
    async fn title(&self) -> Option<&str> {
        self.content.title.as_deref()
    }

    /// How far it is.
    async fn status(&self) -> Option<TaskStatus> {
        self.content.status.as_deref().map(|status| match status {
            "notStarted" => TaskStatus::NotStarted,
            "inProgress" => TaskStatus::InProgress,
            "completed" => TaskStatus::Completed,
            "waitingOnOthers" => TaskStatus::WaitingOnOthers,
            "deferred" => TaskStatus::Deferred,
            _ => TaskStatus::Unknown,
        })
    }

    /// low, normal or high.
    async fn importance(&self) -> Option<&str> {
        self.content.importance.as_deref()
    }

    /// By when; To Do keeps days, so the time of day is midnight.
    async fn due_at(&self) -> Option<DateTime> {
        moment(self.content.due_date_time.as_ref())
    }

    /// When it was done.
    async fn completed_at(&self) -> Option<DateTime> {
        moment(self.content.completed_date_time.as_ref())
    }

    /// Where the viewer opens it.
    async fn web_url(&self) -> Option<Url> {
        Url::parse(&todo::web_url(&self.content.id))
    }

    /// Its notes, sanitised.
    async fn body(&self) -> Option<RichText> {
        self.content.body.as_ref().and_then(RichText::from_body)
    }
}
