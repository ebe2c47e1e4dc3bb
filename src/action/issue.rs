//! Makes issues, moves them along, and gives them to people.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::acting::Acting;
use super::once::{Deed, Hold, Once, once};
use super::refusal::Refusal;
use crate::id::{AccountId, IssueId, JiraId, ProjectRef};
use crate::upstream::jira::create::{self, Created};
use crate::upstream::jira::write::Failure;
use crate::upstream::jira::{self, FieldSet, model, transition};

/// An issue to be made.
#[derive(Debug, Clone)]
pub struct NewIssue {
    /// In which project.
    pub project: ProjectRef,
    /// Its fields, as Jira takes them.
    pub fields: Map<String, Value>,
}

/// Makes an issue.
pub async fn create(
    acting: Arc<Acting>,
    deed: Deed,
    new: NewIssue,
) -> Result<Once<Created>, Refusal> {
    let work = move |acting: Arc<Acting>, hold: Arc<Hold>| async move {
        let created = made(&acting, &hold, &new).await?;
        let result = created.id.to_string();
        Ok((created, result))
    };
    once(acting, deed, work).await
}

/// Makes an issue that an earlier try with this key has not made.
pub(super) async fn made(acting: &Acting, hold: &Hold, new: &NewIssue) -> Result<Created, Refusal> {
    let mark = &hold.mark();
    let http = &acting.app.http;
    if let Some(earlier) = hold.earlier() {
        let minutes = earlier.minutes();
        let look = |access| async move {
            let found = create::find(http, &access, &new.project, minutes, mark).await;
            found.map_err(Failure::Failed)
        };
        let found = acting.jira(look).await;
        if let Some(id) = found.map_err(|it| Refusal::of("project", it))? {
            hold.found();
            return Ok(Created { id, key: None });
        }
        hold.nothing_made();
    }
    hold.sent().await?;
    let send = |access| async move { create::create(http, &access, &new.fields, mark).await };
    told(hold, "project", acting.jira(send).await)
}

/// Takes a step with an issue.
pub async fn take_step(
    acting: Arc<Acting>,
    deed: Deed,
    issue: IssueId,
    step: JiraId,
    fields: Map<String, Value>,
) -> Result<Once<()>, Refusal> {
    let work = move |acting: Arc<Acting>, hold: Arc<Hold>| async move {
        if hold.earlier().is_some() {
            let standing = standing(&acting, issue, &["status", "transitions"]).await?;
            if is_taken(&standing, &step) {
                hold.found();
                return Ok(((), issue.to_string()));
            }
            hold.nothing_made();
        }
        hold.sent().await?;
        let http = &acting.app.http;
        let (step, fields) = (&step, &fields);
        let send = |access| async move {
            transition::transition(http, &access, issue, step, fields).await
        };
        told(&hold, "issue", acting.jira(send).await)?;
        Ok(((), issue.to_string()))
    };
    once(acting, deed, work).await
}

/// Whether a step that may have been taken was: the issue stands where the step leads, or the step is not to be had any
/// more. Then it could not be taken again either.
fn is_taken(issue: &model::Issue, step: &JiraId) -> bool {
    let steps = issue.transitions.as_deref().unwrap_or_default();
    match steps.iter().find(|it| it.id == step.as_str()) {
        Some(step) => issue
            .fields
            .status
            .as_ref()
            .is_some_and(|it| it.id == step.to.id),
        None => true,
    }
}

/// Gives an issue to somebody, or to nobody.
pub async fn assign(
    acting: Arc<Acting>,
    deed: Deed,
    issue: IssueId,
    to: Option<AccountId>,
) -> Result<Once<()>, Refusal> {
    let work = move |acting: Arc<Acting>, hold: Arc<Hold>| async move {
        if hold.earlier().is_some() {
            let standing = standing(&acting, issue, &["assignee"]).await?;
            let has = standing.fields.assignee.and_then(|it| it.account_id);
            if has.as_deref() == to.as_ref().map(AccountId::as_str) {
                hold.found();
                return Ok(((), issue.to_string()));
            }
            hold.nothing_made();
        }
        hold.sent().await?;
        let (http, to) = (&acting.app.http, to.as_ref());
        let send = |access| async move { transition::assign(http, &access, issue, to).await };
        told(&hold, "issue", acting.jira(send).await)?;
        Ok(((), issue.to_string()))
    };
    once(acting, deed, work).await
}

/// What a write told; a refusal makes it certain that nothing was done.
pub(super) fn told<T>(
    hold: &Hold,
    input: &'static str,
    outcome: Result<T, Failure>,
) -> Result<T, Refusal> {
    outcome.map_err(|failure| {
        if !matches!(failure, Failure::Unknown(_)) {
            hold.nothing_made();
        }
        Refusal::of(input, failure)
    })
}

/// How an issue stands now.
pub(super) async fn standing(
    acting: &Acting,
    issue: IssueId,
    fields: &'static [&'static str],
) -> Result<model::Issue, Refusal> {
    let http = &acting.app.http;
    let fields = FieldSet::of(|name| fields.contains(&name));
    let read = |access| async move {
        let read = jira::issue_by_id(http, &access, issue, fields).await;
        read.map_err(Failure::Failed)
    };
    let standing = acting.jira(read).await;
    let standing = standing.map_err(|it| Refusal::of("issue", it))?;
    standing.ok_or(Refusal::Missing("issue"))
}
