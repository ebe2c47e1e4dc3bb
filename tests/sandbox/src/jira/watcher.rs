//! Who watches an issue.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-watchers/>

use axum::{Json, body::Bytes, extract::Path};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    access::{Caller, READ, WRITE},
    error::Refusal,
    people,
    request::Parameters,
};

/// `GET /issue/{issueIdOrKey}/watchers`.
pub(crate) async fn list(caller: Caller, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let me = caller.account().unwrap_or_default();
    let base = caller.site.base();
    caller.read(|content| {
        let issue = caller.issue(content, &id)?;
        let watchers: Vec<_> = issue
            .watchers
            .iter()
            .map(|account| people::user(&caller.site, account))
            .collect();
        Ok(Json(json!({
            "self": format!("{base}/rest/api/3/issue/{}/watchers", issue.key()),
            "isWatching": issue.watchers.contains(&me),
            "watchCount": watchers.len(),
            "watchers": watchers,
        })))
    })
}

/// `POST /issue/{issueIdOrKey}/watchers`: the body is an account id as JSON; without it, oneself.
pub(crate) async fn add(
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    caller.need(WRITE)?;
    let account = match serde_json::from_slice(&body) {
        Ok(Value::String(account)) => account,
        _ if body.is_empty() => caller.account()?,
        _ => return Err(Refusal::bad("The account ID must be a JSON string.")),
    };
    caller.change(&id, |_, issue, _| {
        issue.watchers.insert(account);
        Ok(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /issue/{issueIdOrKey}/watchers?accountId=`.
pub(crate) async fn remove(
    caller: Caller,
    Path(id): Path<String>,
    query: Parameters,
) -> Result<StatusCode, Refusal> {
    caller.need(WRITE)?;
    let account = query
        .get("accountId")
        .ok_or_else(|| Refusal::bad("The account ID is required."))?
        .to_owned();
    caller.change(&id, |_, issue, _| {
        issue.watchers.remove(&account);
        Ok(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}
