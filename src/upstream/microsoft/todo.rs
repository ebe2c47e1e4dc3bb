//! Microsoft To Do tasks: where they are read, and their JSON.

use serde::Deserialize;

use super::{Body, DateTimeZone, Path};
use crate::id::{GraphId, encode};

/// A task, or the part of it that was selected.
/// <https://learn.microsoft.com/graph/api/resources/todotask>
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    pub id: GraphId,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub status: Option<String>,
    #[serde(default)]
    pub importance: Option<String>,
    #[serde(default)]
    pub due_date_time: Option<DateTimeZone>,
    #[serde(default)]
    pub completed_date_time: Option<DateTimeZone>,
    #[serde(default)]
    pub body: Option<Body>,
}

/// The schema's names and Graph's.
pub const FIELDS: &[(&str, &str)] = &[
    ("title", "title"),
    ("status", "status"),
    ("importance", "importance"),
    ("dueAt", "dueDateTime"),
    ("completedAt", "completedDateTime"),
    ("body", "body"),
];

/// One task of one of the person's own lists.
pub fn by_id(list: &GraphId, task: &GraphId, select: &str) -> Path {
    format!(
        "/me/todo/lists/{}/tasks/{}?$select={select}",
        encode(list.as_str()),
        encode(task.as_str())
    )
}

/// Where a person opens a task on the web. The address is To Do's own; Graph does not give one.
pub fn web_url(task: &GraphId) -> String {
    format!(
        "https://to-do.office.com/tasks/id/{}/details",
        encode(task.as_str())
    )
}
