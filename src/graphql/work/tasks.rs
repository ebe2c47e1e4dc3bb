//! The viewer's open To Do tasks, and the issues they belong to.

use super::belonging::Belonging;
use super::{MyTask, MyTasks};
use crate::feature::Feature;
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::scalar::DateTime;
use crate::graphql::selection::Selection;
use crate::graphql::source::SourceStatus;
use crate::graphql::task::Task;
use crate::id::GraphId;
use crate::store::link::Target;
use crate::upstream::microsoft::todo::{self, List};
use crate::upstream::microsoft::{self, Outcome, Page, Path};
use crate::upstream::{self, Provider};

/// Reads the lists in one Graph call and their open tasks in another, then the issues.
pub async fn read(
    operation: &Operation,
    first: usize,
    selection: &Selection,
) -> Result<MyTasks, Error> {
    if !operation.allows(&[Feature::Tasks]).await? {
        let source = SourceStatus::switched_off(Provider::Microsoft);
        return Ok(MyTasks {
            nodes: Vec::new(),
            sources: vec![source.clone()],
            source,
        });
    }
    let (mut tasks, source) = open(operation, first, &selection.field("task")).await?;
    // `None` is less than any date, but comes last.
    tasks.sort_by_key(|(_, task)| due(task).map_or((true, None), |due| (false, Some(due))));
    tasks.truncate(first);
    let name = |list: &GraphId, task: &todo::Task| Target::Task(list.clone(), task.id.clone());
    let names: Vec<Target> = tasks.iter().map(|(list, task)| name(list, task)).collect();
    let belonging = Belonging::find(operation, &names, &selection.field("issues")).await?;
    let mut sources = vec![source.clone()];
    sources.extend(belonging.sources.iter().cloned());
    let tasks = tasks.into_iter().zip(&names);
    Ok(MyTasks {
        nodes: tasks
            .map(|((list, task), name)| MyTask {
                task: Task::of_list(&list, task),
                issues: belonging.of(std::slice::from_ref(name)),
            })
            .collect(),
        source,
        sources,
    })
}

/// The open tasks of all lists, and how To Do stands.
async fn open(
    operation: &Operation,
    first: usize,
    selection: &Selection,
) -> Result<(Vec<(GraphId, todo::Task)>, SourceStatus), Error> {
    let outcome = operation.graph().try_load(todo::lists()).await;
    let outcome = outcome.map_err(|error| Error::internal(&error))?;
    let lists = match page::<List>(outcome, "read task lists") {
        Ok(lists) => lists,
        Err(error) => return Ok((Vec::new(), SourceStatus::failed(&error))),
    };
    let mut select = selection.graph(todo::FIELDS);
    if !selection.has("dueAt") {
        // What they are sorted by.
        select.push_str(",dueDateTime");
    }
    let path = |list: &List| todo::open(&list.id, &select, first);
    let paths: Vec<Path> = lists.iter().map(path).collect();
    let outcomes = operation.graph().try_load_many(paths).await;
    let mut outcomes = outcomes.map_err(|error| Error::internal(&error))?;
    let mut tasks = Vec::new();
    let mut failures = Vec::new();
    for list in &lists {
        let Some(outcome) = outcomes.remove(&path(list)) else {
            continue;
        };
        match page::<todo::Task>(outcome, "read tasks") {
            Ok(found) => tasks.extend(found.into_iter().map(|task| (list.id.clone(), task))),
            Err(error) => failures.push(error),
        }
    }
    let succeeded = lists.len() - failures.len();
    let source = SourceStatus::of_parts(Provider::Microsoft, succeeded, &failures);
    Ok((tasks, source))
}

fn page<T: serde::de::DeserializeOwned>(
    outcome: Outcome,
    operation: &'static str,
) -> Result<Vec<T>, upstream::Error> {
    microsoft::parse::<Page<T>>(&outcome?, operation).map(|it| it.value)
}

fn due(task: &todo::Task) -> Option<DateTime> {
    DateTime::parse(&task.due_date_time.as_ref()?.date_time)
}
