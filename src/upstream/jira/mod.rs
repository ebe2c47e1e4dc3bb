//! Jira Cloud's REST API v3: one function per operation, each with the token of the person who asks.

pub mod adf;
pub mod attachment;
pub mod comment;
pub mod connect;
pub mod create;
pub mod document;
pub mod fields;
pub mod jql;
pub mod model;
pub mod oauth;
pub mod project;
pub mod transition;
pub mod watch;
pub mod webhook;
pub mod write;

use std::collections::HashMap;

use reqwest::{Method, RequestBuilder};
use secrecy::ExposeSecret as _;
use serde_json::json;
use url::Url;

use crate::id::{IssueId, IssueKey, encode};
use crate::upstream::http::Http;
use crate::upstream::{Access, Error, Kind, Provider};

pub use fields::FieldSet;

/// How many issues `bulkfetch` takes at once.
pub const BULK: usize = 100;

fn request(
    http: &Http,
    access: &Access,
    method: Method,
    path: &str,
) -> Result<RequestBuilder, Error> {
    let address = format!("{}{path}", access.base.as_str().trim_end_matches('/'));
    let url: Url = address.parse().map_err(|error: url::ParseError| {
        Error::new(Provider::Jira, "build an address", Kind::Invalid).caused_by(error)
    })?;
    Ok(http
        .client()
        .request(method, url)
        .bearer_auth(access.token.expose_secret())
        .header("Accept", "application/json"))
}

/// One issue by its key, which may have moved: `GET /rest/api/3/issue/{key}`. `None` when it is not visible to this
/// person.
pub async fn issue_by_key(
    http: &Http,
    access: &Access,
    key: &IssueKey,
    fields: FieldSet,
) -> Result<Option<model::Issue>, Error> {
    one(http, access, &encode(key.as_str()), fields).await
}

/// One issue by its number.
pub async fn issue_by_id(
    http: &Http,
    access: &Access,
    id: IssueId,
    fields: FieldSet,
) -> Result<Option<model::Issue>, Error> {
    one(http, access, &id.to_string(), fields).await
}

async fn one(
    http: &Http,
    access: &Access,
    reference: &str,
    fields: FieldSet,
) -> Result<Option<model::Issue>, Error> {
    let names = fields.names().join(",");
    let expand = fields
        .expand()
        .map(|it| format!("&expand={it}"))
        .unwrap_or_default();
    let path = format!("/rest/api/3/issue/{reference}?fields={names}{expand}");
    let request = request(http, access, Method::GET, &path)?;
    match http.json(Provider::Jira, "read an issue", request).await {
        Ok(issue) => Ok(Some(issue)),
        Err(Error {
            kind: Kind::NotFound,
            ..
        }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Many issues by number in one `POST /rest/api/3/issue/bulkfetch`, at most [`BULK`]. What is not visible to this
/// person is not in the answer.
pub async fn issues_by_id(
    http: &Http,
    access: &Access,
    ids: &[IssueId],
    fields: FieldSet,
) -> Result<HashMap<IssueId, model::Issue>, Error> {
    let references: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let issues = issues_named(http, access, &references, fields).await?;
    Ok(issues
        .into_iter()
        .filter_map(|issue| Some((issue.id.parse().ok()?, issue)))
        .collect())
}

/// Many issues by number or key, which may have moved, in one `bulkfetch`; at most [`BULK`]. In no certain order, and
/// without what is not visible to this person.
pub async fn issues_named(
    http: &Http,
    access: &Access,
    references: &[String],
    fields: FieldSet,
) -> Result<Vec<model::Issue>, Error> {
    let body = json!({
        "issueIdsOrKeys": references,
        "fields": fields.names(),
        "expand": fields.expand().into_iter().collect::<Vec<_>>(),
    });
    let request = request(http, access, Method::POST, "/rest/api/3/issue/bulkfetch")?.json(&body);
    let bulk: model::Bulk = http.json(Provider::Jira, "read issues", request).await?;
    Ok(bulk.issues)
}

/// One page of a search: `POST /rest/api/3/search/jql`.
///
/// Jira refuses JQL without a restriction, or that it cannot parse, with 400 (`Kind::Refused`).
pub async fn search(
    http: &Http,
    access: &Access,
    jql: &str,
    first: usize,
    page: Option<&str>,
    fields: FieldSet,
) -> Result<model::Found, Error> {
    let mut body = json!({ "jql": jql, "maxResults": first, "fields": fields.names() });
    if let Some(page) = page {
        body["nextPageToken"] = page.into();
    }
    if let Some(expand) = fields.expand() {
        body["expand"] = expand.into();
    }
    let request = request(http, access, Method::POST, "/rest/api/3/search/jql")?.json(&body);
    http.json(Provider::Jira, "search issues", request).await
}

/// One page of an issue's comments, oldest first: `GET /rest/api/3/issue/{id}/comment`.
pub async fn comments(
    http: &Http,
    access: &Access,
    issue: IssueId,
    start: usize,
    count: usize,
) -> Result<model::Comments, Error> {
    let path = format!(
        "/rest/api/3/issue/{issue}/comment?startAt={start}&maxResults={count}&orderBy=created"
    );
    let request = request(http, access, Method::GET, &path)?;
    http.json(Provider::Jira, "read comments", request).await
}

/// Whether this person administers the site: `GET /rest/api/3/mypermissions?permissions=ADMINISTER`.
pub async fn administers(http: &Http, access: &Access) -> Result<bool, Error> {
    let path = "/rest/api/3/mypermissions?permissions=ADMINISTER";
    let request = request(http, access, Method::GET, path)?;
    let mine: model::MyPermissions = http
        .json(Provider::Jira, "read permissions", request)
        .await?;
    Ok(mine
        .permissions
        .get("ADMINISTER")
        .is_some_and(|it| it.have_permission))
}
