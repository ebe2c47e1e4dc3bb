//! New comments: adding one, and finding again what an earlier try added.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::write::{Failure, MARK, send};
use super::{model, request};
use crate::id::{IssueId, JiraId};
use crate::upstream::http::Http;
use crate::upstream::{Access, Error, Kind, Provider};

const OPERATION: &str = "add a comment";

/// How many of an issue's newest comments are looked through for one that may have been added.
const NEWEST: usize = 50;

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    values: Vec<Marked>,
}

#[derive(Deserialize)]
struct Marked {
    #[serde(flatten)]
    comment: model::Comment,
    #[serde(default)]
    properties: Vec<Property>,
}

#[derive(Deserialize)]
struct Property {
    #[serde(default)]
    key: String,
    #[serde(default)]
    value: Value,
}

/// Adds a comment that carries a mark: `POST /rest/api/3/issue/{id}/comment`. The body is a document.
pub async fn add(
    http: &Http,
    access: &Access,
    issue: IssueId,
    document: &Value,
    mark: &str,
) -> Result<model::Comment, Failure> {
    let body = json!({
        "body": document,
        "properties": [{ "key": MARK, "value": { "id": mark } }],
    });
    let path = format!("/rest/api/3/issue/{issue}/comment");
    let request = request(http, access, Method::POST, &path)?.json(&body);
    let answer = send(http, OPERATION, request).await?;
    let added = answer.json(Provider::Jira, OPERATION);
    added.map_err(Failure::Unknown)
}

/// One comment: `GET /rest/api/3/issue/{id}/comment/{id}`. `None` when it is gone or not for this person's eyes.
pub async fn one(
    http: &Http,
    access: &Access,
    issue: IssueId,
    comment: &JiraId,
) -> Result<Option<model::Comment>, Error> {
    let path = format!("/rest/api/3/issue/{issue}/comment/{comment}");
    let request = request(http, access, Method::GET, &path)?;
    match http.json(Provider::Jira, "read a comment", request).await {
        Ok(comment) => Ok(Some(comment)),
        Err(error) if error.kind == Kind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The comment with this mark among an issue's newest: two calls, for only `POST /rest/api/3/comment/list` tells the
/// properties of comments.
pub async fn find(
    http: &Http,
    access: &Access,
    issue: IssueId,
    mark: &str,
) -> Result<Option<model::Comment>, Error> {
    let path = format!("/rest/api/3/issue/{issue}/comment?orderBy=-created&maxResults={NEWEST}");
    let newest = request(http, access, Method::GET, &path)?;
    let newest: model::Comments = http.json(Provider::Jira, "read comments", newest).await?;
    let ids: Vec<u64> = newest
        .comments
        .iter()
        .filter_map(|it| it.id.parse().ok())
        .collect();
    if ids.is_empty() {
        return Ok(None);
    }
    let path = "/rest/api/3/comment/list?expand=properties";
    let request = request(http, access, Method::POST, path)?.json(&json!({ "ids": ids }));
    let page: Page = http
        .json(Provider::Jira, "look for a comment", request)
        .await?;
    let ours = page.values.into_iter().find(|it| {
        it.properties
            .iter()
            .any(|it| it.key == MARK && it.value["id"].as_str() == Some(mark))
    });
    Ok(ours.map(|it| it.comment))
}
