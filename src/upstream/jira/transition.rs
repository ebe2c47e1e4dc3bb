//! Moving an issue along, and giving it to somebody.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::request;
use super::write::{Failure, send};
use crate::id::{AccountId, IssueId, JiraId};
use crate::upstream::Access;
use crate::upstream::http::Http;

/// Takes a step with an issue, with the fields of its screen: `POST /rest/api/3/issue/{id}/transitions`. A step that
/// cannot be taken now is refused as wrong input, and one that crosses another with a conflict.
pub async fn transition(
    http: &Http,
    access: &Access,
    issue: IssueId,
    transition: &JiraId,
    fields: &Map<String, Value>,
) -> Result<(), Failure> {
    let mut body = json!({ "transition": { "id": transition.as_str() } });
    if !fields.is_empty() {
        body["fields"] = Value::Object(fields.clone());
    }
    let path = format!("/rest/api/3/issue/{issue}/transitions");
    let request = request(http, access, Method::POST, &path)?.json(&body);
    send(http, "take a step with an issue", request).await?;
    Ok(())
}

/// Gives an issue to somebody, or to nobody: `PUT /rest/api/3/issue/{id}/assignee`. Somebody who cannot have it is
/// refused as wrong input.
pub async fn assign(
    http: &Http,
    access: &Access,
    issue: IssueId,
    account: Option<&AccountId>,
) -> Result<(), Failure> {
    let body = json!({ "accountId": account.map(AccountId::as_str) });
    let path = format!("/rest/api/3/issue/{issue}/assignee");
    let request = request(http, access, Method::PUT, &path)?.json(&body);
    send(http, "assign an issue", request).await?;
    Ok(())
}
