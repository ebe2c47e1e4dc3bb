//! Issues: one, many, changed, assigned.

use axum::{Json, extract::Path};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    access::{BULK_FETCH, Caller, DELETE, READ, WRITE},
    error::Refusal,
    fields::{self, Expand, Wanted},
    model::Issue,
    request::{Body, Parameters},
    webhook::happening::Happening,
    write::{self, Write},
};

/// `GET /issue/{issueIdOrKey}`.
pub(crate) async fn get(
    caller: Caller,
    Path(id): Path<String>,
    query: Parameters,
) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let wanted = Wanted::new(&query.all("fields"), "*all");
    let expand = Expand::new(&query.all("expand"));
    caller.read(|content| {
        let issue = caller.issue(content, &id)?;
        let properties = query.all("properties");
        let mut shown = fields::issue(&caller, content, issue, &wanted, &expand, &properties);
        // Unlike the searches, this operation always tells where the issue is.
        shown["self"] = json!(format!(
            "{}/rest/api/3/issue/{}",
            caller.site.base(),
            issue.id
        ));
        shown["key"] = json!(issue.key());
        Ok(Json(shown))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BulkFetch {
    #[serde(default)]
    issue_ids_or_keys: Vec<String>,
    #[serde(default)]
    fields: Vec<String>,
    #[serde(default)]
    expand: Vec<String>,
    #[serde(default)]
    properties: Vec<String>,
}

/// `POST /issue/bulkfetch`: found issues in ascending order of id, the others as errors.
pub(crate) async fn bulk_fetch(
    caller: Caller,
    Body(body): Body<BulkFetch>,
) -> Result<Json<Value>, Refusal> {
    caller.need(BULK_FETCH)?;
    let wanted = Wanted::new(&body.fields, "*navigable");
    let expand = Expand::new(&body.expand);
    // https://developer.atlassian.com/cloud/jira/platform/rate-limiting/: up to 1000 with few plain fields.
    let heavy = ["*all", "*navigable", "comment", "worklog", "attachment"];
    let plain = !body.fields.is_empty()
        && body.fields.len() <= 100
        && body.expand.is_empty()
        && !body
            .fields
            .iter()
            .any(|name| heavy.contains(&name.as_str()));
    let most = if plain { 1000 } else { 100 };
    if body.issue_ids_or_keys.is_empty() || body.issue_ids_or_keys.len() > most {
        return Err(Refusal::bad(&format!(
            "Between 1 and {most} issue IDs or keys must be given."
        )));
    }
    caller.read(|content| {
        let mut found = std::collections::BTreeMap::new();
        let mut errors = Vec::new();
        for id in &body.issue_ids_or_keys {
            match caller.issue(content, id) {
                Ok(issue) => {
                    found.insert(issue.id, issue);
                }
                Err(_) => errors.push(json!({
                    "id": id,
                    "errorMessage": "Issue does not exist or you do not have permission to see it."
                })),
            }
        }
        let issues: Vec<_> = found
            .values()
            .map(|issue| {
                let mut shown =
                    fields::issue(&caller, content, issue, &wanted, &expand, &body.properties);
                shown["key"] = json!(issue.key());
                shown
            })
            .collect();
        let mut answer = json!({"expand": "names,schema", "issues": issues, "issueErrors": errors});
        if expand.has("names") {
            answer["names"] = fields::names(&wanted);
        }
        Ok(Json(answer))
    })
}

/// `PUT /issue/{issueIdOrKey}`.
pub(crate) async fn edit(
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<Write>,
) -> Result<StatusCode, Refusal> {
    caller.need(WRITE)?;
    caller.change(&id, |content, issue, new_id| {
        let project = content
            .project(issue.project)
            .ok_or_else(Refusal::no_issue)?;
        write::all(&caller, content, project, issue, new_id, &body)
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /issue/{issueIdOrKey}?deleteSubtasks=`.
pub(crate) async fn remove(
    caller: Caller,
    Path(id): Path<String>,
    query: Parameters,
) -> Result<StatusCode, Refusal> {
    caller.need(DELETE)?;
    let account = caller.account()?;
    let mut state = caller.site.world.jira();
    let content = state.content(caller.site.name);
    let issue = caller.issue(content, &id)?.clone();
    let id = issue.id.to_string();
    let is_below = |it: &&Issue| {
        let parent = it.more.get("parent");
        parent.is_some_and(|parent| parent["id"] == id.as_str())
    };
    let mut gone: Vec<_> = content.issues.values().filter(is_below).cloned().collect();
    if !gone.is_empty() && query.get("deleteSubtasks") != Some("true") {
        return Err(Refusal::bad(
            "The issue has subtasks. You must specify the 'deleteSubtasks' parameter to delete this issue.",
        ));
    }
    gone.push(issue);
    for issue in &gone {
        content.issues.remove(&issue.id);
    }
    let happened: Vec<_> = gone.iter().map(Happening::deleted).collect();
    caller.tell(&state, &account, &happened);
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /issue/{issueIdOrKey}/assignee`.
pub(crate) async fn assign(
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<Value>,
) -> Result<StatusCode, Refusal> {
    caller.need(WRITE)?;
    caller.change(&id, |content, issue, _| {
        let project = content
            .project(issue.project)
            .ok_or_else(Refusal::no_issue)?;
        write::field(&caller.site, content, project, issue, "assignee", &body)
            .map_err(|why| Refusal::field("assignee", &why))
    })?;
    Ok(StatusCode::NO_CONTENT)
}
