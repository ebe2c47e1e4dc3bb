//! Webhooks that a 3LO app registers for a person: they tell of the issues that person may see, for 30 days.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-webhooks/>. Where the app is installed there is
//! no need of them: Connect's own tell of everything.

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::request;
use crate::clock;
use crate::id::JiraId;
use crate::upstream::http::Http;
use crate::upstream::{Access, Error, Kind, Provider};

/// The permission that is needed for all of this.
pub const SCOPE: &str = "manage:jira-webhook";

/// How long a webhook lives unless it is refreshed, in milliseconds.
const LIFE: i64 = 30 * 86_400 * 1000;
/// The most projects one webhook tells of.
const PROJECTS: usize = 100;
/// What is told of. Each subscriber reads the issue anew, so nothing but these is of use.
const EVENTS: [&str; 6] = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
];

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Jira's number of it.
    pub id: String,
    /// When it ends, Unix milliseconds.
    pub expires_at: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registered {
    webhook_registration_result: Vec<Registration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registration {
    created_webhook_id: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refreshed {
    expiration_date: i64,
}

#[derive(Deserialize)]
struct Projects {
    values: Vec<Project>,
}

#[derive(Deserialize)]
struct Project {
    id: JiraId,
}

#[derive(Deserialize)]
struct Listed {
    values: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    id: u64,
    url: String,
}

/// Registers a webhook for the issues of the projects that changed last, a hundred at most: a filter is required, and
/// must name what it lets through. `NotFound` when the person sees no project.
pub async fn register(http: &Http, access: &Access, url: &Url) -> Result<Webhook, Error> {
    const OPERATION: &str = "register a webhook";
    let projects = projects(http, access).await?;
    if projects.is_empty() {
        return Err(Error::new(Provider::Jira, OPERATION, Kind::NotFound));
    }
    let body = json!({
        "url": url.as_str(),
        "webhooks": [{
            "events": EVENTS,
            "jqlFilter": format!("project IN ({})", projects.join(", ")),
        }],
    });
    let request = request(http, access, Method::POST, "/rest/api/3/webhook")?.json(&body);
    let begun = clock::millis();
    let registered: Registered = http.json(Provider::Jira, OPERATION, request).await?;
    let made = registered.webhook_registration_result.into_iter().next();
    // Jira says why in words only: too many of them, most likely.
    let id = made
        .and_then(|it| it.created_webhook_id)
        .ok_or_else(|| Error::new(Provider::Jira, OPERATION, Kind::Refused))?;
    Ok(Webhook {
        id: id.to_string(),
        expires_at: begun + LIFE,
    })
}

/// Has a webhook live another 30 days, and answers until when, Unix milliseconds. Jira passes over one that is gone.
pub async fn refresh(http: &Http, access: &Access, id: &str) -> Result<i64, Error> {
    const OPERATION: &str = "refresh a webhook";
    let body = json!({ "webhookIds": [number(id, OPERATION)?] });
    let request = request(http, access, Method::PUT, "/rest/api/3/webhook/refresh")?.json(&body);
    let refreshed: Refreshed = http.json(Provider::Jira, OPERATION, request).await?;
    Ok(refreshed.expiration_date)
}

/// Removes a webhook; one that is gone is as good.
pub async fn remove(http: &Http, access: &Access, id: &str) -> Result<(), Error> {
    const OPERATION: &str = "remove a webhook";
    let body = json!({ "webhookIds": [number(id, OPERATION)?] });
    let request = request(http, access, Method::DELETE, "/rest/api/3/webhook")?.json(&body);
    let answer = http.exchange(Provider::Jira, OPERATION, request).await?;
    answer.success(Provider::Jira, OPERATION).map(drop)
}

/// The person's webhooks of this app that tell this address; Jira lets a person have five.
pub async fn all(http: &Http, access: &Access, url: &Url) -> Result<Vec<String>, Error> {
    let path = "/rest/api/3/webhook?maxResults=100";
    let request = request(http, access, Method::GET, path)?;
    let listed: Listed = http.json(Provider::Jira, "list webhooks", request).await?;
    let ours = listed
        .values
        .into_iter()
        .filter(|it| it.url == url.as_str());
    Ok(ours.map(|it| it.id.to_string()).collect())
}

async fn projects(http: &Http, access: &Access) -> Result<Vec<String>, Error> {
    let path =
        format!("/rest/api/3/project/search?orderBy=-lastIssueUpdatedTime&maxResults={PROJECTS}");
    let request = request(http, access, Method::GET, &path)?;
    let found: Projects = http.json(Provider::Jira, "list projects", request).await?;
    Ok(found
        .values
        .into_iter()
        .map(|it| it.id.to_string())
        .collect())
}

fn number(id: &str, operation: &'static str) -> Result<u64, Error> {
    id.parse()
        .map_err(|_| Error::new(Provider::Jira, operation, Kind::NotFound))
}
