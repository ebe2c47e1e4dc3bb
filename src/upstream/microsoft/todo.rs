//! Microsoft To Do tasks: where they are read, and their JSON.

use reqwest::Method;
use serde::Deserialize;

use super::{Body, DateTimeZone, Page, Path, literal, request, successful};
use crate::id::{GraphId, encode};
use crate::upstream::http::Http;
use crate::upstream::{Access, Error, Kind, Provider};

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

/// One of the person's lists.
/// <https://learn.microsoft.com/graph/api/resources/todotasklist>
#[derive(Debug, Clone, Deserialize)]
pub struct List {
    pub id: GraphId,
    #[serde(default, rename = "wellknownListName")]
    pub wellknown_name: Option<String>,
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

/// The person's lists; a hundred at most.
pub fn lists() -> Path {
    "/me/todo/lists?$top=100".to_owned()
}

/// The list that tasks are put into when no other is named. Every person has one.
pub async fn default_list(http: &Http, access: &Access) -> Result<GraphId, Error> {
    const OPERATION: &str = "find the default list of tasks";
    let request = request(http, access, Method::GET, &lists());
    let answer = http
        .exchange(Provider::Microsoft, OPERATION, request)
        .await?;
    let lists: Page<List> = successful(answer, OPERATION)?.json(Provider::Microsoft, OPERATION)?;
    let is_default = |it: &List| it.wellknown_name.as_deref() == Some("defaultList");
    let list = lists.value.into_iter().find(is_default);
    list.map(|it| it.id)
        .ok_or_else(|| Error::new(Provider::Microsoft, OPERATION, Kind::NotFound))
}

/// The tasks of a list that are not done.
/// <https://learn.microsoft.com/graph/api/todotasklist-list-tasks>
pub fn open(list: &GraphId, select: &str, first: usize) -> Path {
    format!(
        "/me/todo/lists/{}/tasks?$filter=status%20ne%20{}&$select={select}&$top={first}",
        encode(list.as_str()),
        literal("completed")
    )
}

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
