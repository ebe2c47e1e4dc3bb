//! Comments and worklogs.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{
    access::{Caller, DELETE, READ, Site, WRITE},
    adf,
    error::Refusal,
    fields::{self, Expand},
    model::{Comment, Issue, Worklog},
    request::{Body, Parameters, page},
    write,
};

/// `GET /issue/{issueIdOrKey}/comment`.
pub(crate) async fn list(
    caller: Caller,
    Path(id): Path<String>,
    query: Parameters,
) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let rendered = Expand::new(&query.all("expand")).has("renderedBody");
    let comments = caller.read(|content| {
        let issue = caller.issue(content, &id)?;
        let mut comments: Vec<_> = issue.comments.iter().collect();
        if query.get("orderBy") == Some("-created") {
            comments.reverse();
        }
        Ok(comments
            .into_iter()
            .map(|comment| fields::comment(&caller.site, issue, comment, rendered))
            .collect())
    })?;
    let mut answer = page("comments", comments, &query, 5000);
    // PageOfComments, unlike other pages, does not say whether it is the last.
    answer.as_object_mut().map(|page| page.remove("isLast"));
    Ok(Json(answer))
}

/// `GET /issue/{issueIdOrKey}/comment/{id}`.
pub(crate) async fn one(
    caller: Caller,
    Path((id, comment)): Path<(String, u64)>,
    query: Parameters,
) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let rendered = Expand::new(&query.all("expand")).has("renderedBody");
    caller.read(|content| {
        let issue = caller.issue(content, &id)?;
        let found = issue.comments.iter().find(|it| it.id == comment);
        found
            .map(|it| Json(fields::comment(&caller.site, issue, it, rendered)))
            .ok_or_else(|| {
                let message = format!("Can not find a comment for the id: {comment}.");
                Refusal::new(StatusCode::NOT_FOUND, &message)
            })
    })
}

/// `POST /issue/{issueIdOrKey}/comment`.
pub(crate) async fn add(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<String>,
    query: Parameters,
    Body(body): Body<Value>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    caller.need(WRITE)?;
    let account = caller.account()?;
    let rendered = Expand::new(&query.all("expand")).has("renderedBody");
    let properties = match body.get("properties") {
        Some(sent) => serde_json::from_value(sent.clone())
            .map_err(|_| Refusal::bad("The properties must have keys and values."))
            .and_then(write::properties)?,
        None => BTreeMap::new(),
    };
    let shown = caller.change(&id, |_, issue, new_id| {
        let mut comment = new(new_id, account.clone(), &body["body"])?;
        comment.properties = properties;
        issue.comments.push(comment.clone());
        // Whoever comments watches from then on, unless their profile says otherwise.
        issue.watchers.insert(account);
        Ok(fields::comment(&site, issue, &comment, rendered))
    })?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// `PUT /issue/{issueIdOrKey}/comment/{id}`: one's own comment.
pub(crate) async fn edit(
    State(site): State<Site>,
    caller: Caller,
    Path((id, comment)): Path<(String, u64)>,
    Body(body): Body<Value>,
) -> Result<Json<Value>, Refusal> {
    caller.need(WRITE)?;
    let account = caller.account()?;
    let shown = caller.change(&id, |_, issue, _| {
        let place = own(issue, comment, &account)?;
        let changed = new(comment, account.clone(), &body["body"])?;
        let held = &mut issue.comments[place];
        held.body = changed.body;
        held.updated = changed.updated;
        let held = held.clone();
        Ok(fields::comment(&site, issue, &held, false))
    })?;
    Ok(Json(shown))
}

/// `DELETE /issue/{issueIdOrKey}/comment/{id}`: one's own comment.
pub(crate) async fn remove(
    caller: Caller,
    Path((id, comment)): Path<(String, u64)>,
) -> Result<StatusCode, Refusal> {
    caller.need(DELETE)?;
    let account = caller.account()?;
    caller.change(&id, |_, issue, _| {
        let place = own(issue, comment, &account)?;
        issue.comments.remove(place);
        Ok(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// The place of a comment of this author. Others' comments are for those with a permission nobody has here.
fn own(issue: &Issue, id: u64, account: &str) -> Result<usize, Refusal> {
    let place = issue.comments.iter().position(|it| it.id == id);
    let place = place.ok_or_else(|| {
        let message = format!("Can not find a comment for the id: {id}.");
        Refusal::new(StatusCode::NOT_FOUND, &message)
    })?;
    if issue.comments[place].author == account {
        return Ok(place);
    }
    Err(Refusal::bad(
        "You do not have the permission to change this comment.",
    ))
}

#[derive(Deserialize)]
pub(crate) struct Ids {
    ids: Vec<u64>,
}

/// `POST /comment/list`.
pub(crate) async fn by_ids(
    caller: Caller,
    query: Parameters,
    Body(body): Body<Ids>,
) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let expand = Expand::new(&query.all("expand"));
    let comments = caller.read(|content| {
        let visible = content
            .issues
            .values()
            .filter(|issue| caller.browses(content, issue.project));
        visible
            .flat_map(|issue| issue.comments.iter().map(move |comment| (issue, comment)))
            .filter(|(_, comment)| body.ids.contains(&comment.id))
            .map(|(issue, comment)| {
                let rendered = expand.has("renderedBody");
                let mut shown = fields::comment(&caller.site, issue, comment, rendered);
                // Only this operation shows them: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-comments/
                if expand.has("properties") {
                    let properties = comment.properties.iter();
                    shown["properties"] = properties
                        .map(|(key, value)| json!({"key": key, "value": value}))
                        .collect();
                }
                shown
            })
            .collect()
    });
    Ok(Json(page("values", comments, &query, 1000)))
}

/// `GET /comment/{commentId}/properties/{propertyKey}`.
pub(crate) async fn property(
    caller: Caller,
    Path((id, key)): Path<(u64, String)>,
) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    caller.read(|content| {
        let visible = content
            .issues
            .values()
            .filter(|issue| caller.browses(content, issue.project));
        let comment = visible
            .flat_map(|issue| &issue.comments)
            .find(|comment| comment.id == id);
        comment
            .and_then(|comment| comment.properties.get(&key))
            .map(|value| Json(json!({"key": key, "value": value})))
            .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "The property was not found."))
    })
}

/// `GET /issue/{issueIdOrKey}/worklog`.
pub(crate) async fn worklogs(
    caller: Caller,
    Path(id): Path<String>,
    query: Parameters,
) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let worklogs = caller.read(|content| {
        let issue = caller.issue(content, &id)?;
        let worklogs = issue.worklogs.iter();
        Ok(worklogs
            .map(|it| fields::worklog(&caller.site, issue, it))
            .collect())
    })?;
    let mut answer = page("worklogs", worklogs, &query, 5000);
    answer.as_object_mut().map(|page| page.remove("isLast"));
    Ok(Json(answer))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewWorklog {
    comment: Option<Value>,
    started: Option<String>,
    time_spent_seconds: Option<u64>,
}

/// `POST /issue/{issueIdOrKey}/worklog`.
pub(crate) async fn add_worklog(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<NewWorklog>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    caller.need(WRITE)?;
    let author = caller.account()?;
    let seconds = body
        .time_spent_seconds
        .filter(|seconds| *seconds >= 60)
        .ok_or_else(|| Refusal::field("timeLogged", "You must indicate the time spent working."))?;
    if body
        .comment
        .as_ref()
        .is_some_and(|comment| !adf::is_document(comment))
    {
        return Err(Refusal::field("comment", "Comment body is not valid!"));
    }
    let created = OffsetDateTime::now_utc();
    let shown = caller.change(&id, |_, issue, new_id| {
        let worklog = Worklog {
            id: new_id,
            author,
            comment: body.comment,
            started: body
                .started
                .unwrap_or_else(|| super::model::timestamp(created)),
            seconds,
            created,
        };
        let shown = fields::worklog(&site, issue, &worklog);
        issue.worklogs.push(worklog);
        Ok(shown)
    })?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// A comment made now, if the body is a document.
pub(crate) fn new(id: u64, author: String, body: &Value) -> Result<Comment, Refusal> {
    let empty = body["content"].as_array().is_none_or(Vec::is_empty);
    if empty || !adf::is_document(body) {
        return Err(Refusal {
            status: StatusCode::BAD_REQUEST,
            body: json!({"errorMessages": [], "errors": {"comment": "Comment body is not valid!"}}),
        });
    }
    let now = OffsetDateTime::now_utc();
    Ok(Comment {
        id,
        author,
        body: body.clone(),
        created: now,
        updated: now,
        properties: BTreeMap::new(),
    })
}
