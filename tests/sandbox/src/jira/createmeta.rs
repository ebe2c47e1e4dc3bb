//! What may be created in a project: its issue types, and the fields each asks for.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-createmeta-projectidorkey-issuetypes-get>

use axum::{Json, extract::Path};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    access::{Caller, READ},
    error::Refusal,
    fields,
    project::visible,
    request::{Parameters, page},
    screen,
};

/// `GET /issue/createmeta/{projectIdOrKey}/issuetypes`; empty for those who may look but not create.
pub(crate) async fn issue_types(
    caller: Caller,
    Path(id): Path<String>,
    query: Parameters,
) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    check_size(&query)?;
    let base = caller.site.base();
    let kinds = caller.read(|content| {
        let project = visible(&caller, content, &id)?;
        let kinds = project.kinds();
        Ok(kinds
            .filter(|_| project.takes_issues())
            .map(|kind| fields::kind(&base, kind))
            .collect())
    })?;
    Ok(Json(without_last(page("issueTypes", kinds, &query, 50))))
}

/// `GET /issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}`.
pub(crate) async fn fields(
    caller: Caller,
    Path((id, kind)): Path<(String, String)>,
    query: Parameters,
) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    check_size(&query)?;
    let base = caller.site.base();
    let listed = caller.read(|content| {
        let project = visible(&caller, content, &id)?;
        let kind = project
            .kinds()
            .filter(|_| project.takes_issues())
            .find(|known| known.id == kind)
            .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "The issue type was not found."))?;
        let screen = screen::create(project.scheme, kind);
        Ok(screen
            .iter()
            .map(|entry| entry.shown(&base, project, kind))
            .collect())
    })?;
    Ok(Json(without_last(page("fields", listed, &query, 50))))
}

fn check_size(query: &Parameters) -> Result<(), Refusal> {
    if query.number("maxResults", 50) > 200 {
        return Err(Refusal::bad(
            "Parameter 'maxResults' must not exceed the limit '200'",
        ));
    }
    Ok(())
}

/// These two pages, unlike others, do not say whether they are the last.
fn without_last(mut page: Value) -> Value {
    page.as_object_mut().map(|page| page.remove("isLast"));
    json!(page)
}
