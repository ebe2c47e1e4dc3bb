//! Attaching files: streamed, with what the site allows.

use std::time::Duration;

use reqwest::multipart::{Form, Part};
use reqwest::{Body, Method};
use serde::Deserialize;

use super::write::{Failure, outcome};
use super::{model, request};
use crate::id::{IssueId, SiteId};
use crate::upstream::http::{Download, Http};
use crate::upstream::{Access, Error, Kind, Provider};

/// The longest that one file may take.
const LONGEST_UPLOAD: Duration = Duration::from_mins(10);
/// Longer than any file takes that moves at all.
const ENDLESS: Duration = Duration::from_hours(24 * 7);
/// How long a site's limits are remembered.
const GOOD_FOR: Duration = Duration::from_mins(10);
const OPERATION: &str = "attach a file";

/// What a site allows: `GET /rest/api/3/attachment/meta`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Whether files can be attached at all.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The largest file, in bytes.
    #[serde(default)]
    pub upload_limit: Option<u64>,
}

/// What sites allow, remembered for some minutes.
#[derive(Debug, Clone)]
pub struct Allowed(moka::future::Cache<SiteId, Limits>);

impl Default for Allowed {
    fn default() -> Self {
        let cache = moka::future::Cache::builder();
        Self(cache.max_capacity(10_000).time_to_live(GOOD_FOR).build())
    }
}

impl Allowed {
    /// What a site allows; one call, and none for ten minutes after it.
    pub async fn on(&self, http: &Http, access: &Access, site: SiteId) -> Result<Limits, Error> {
        if let Some(limits) = self.0.get(&site).await {
            return Ok(limits);
        }
        let request = request(http, access, Method::GET, "/rest/api/3/attachment/meta")?;
        let limits: Limits = http
            .json(Provider::Jira, "read the limits of attachments", request)
            .await?;
        self.0.insert(site, limits).await;
        Ok(limits)
    }
}

fn yes() -> bool {
    true
}

/// A file on its way.
pub struct File {
    /// Its name, on one line and without quotes.
    pub name: String,
    /// Its media type, when it is known.
    pub content_type: Option<String>,
    /// Its bytes, as they come.
    pub content: Download,
}

/// Attaches one file to an issue: `POST /rest/api/3/issue/{id}/attachments`. Its bytes pass through and are never held.
pub async fn add(
    http: &Http,
    access: &Access,
    issue: IssueId,
    file: File,
) -> Result<model::Attachment, Failure> {
    add_within(LONGEST_UPLOAD, http, access, issue, file).await
}

/// The same for a file that may take as long as it likes: whoever sends it looks after its pace.
pub async fn add_at_leisure(
    http: &Http,
    access: &Access,
    issue: IssueId,
    file: File,
) -> Result<model::Attachment, Failure> {
    add_within(ENDLESS, http, access, issue, file).await
}

async fn add_within(
    limit: Duration,
    http: &Http,
    access: &Access,
    issue: IssueId,
    file: File,
) -> Result<model::Attachment, Failure> {
    let body = Body::wrap_stream(file.content.stream);
    let part = match file.content.length {
        Some(length) => Part::stream_with_length(body, length),
        None => Part::stream(body),
    };
    let part = part.file_name(file.name);
    let media = file
        .content_type
        .as_deref()
        .unwrap_or("application/octet-stream");
    let part = part
        .mime_str(media)
        .map_err(|error| Error::new(Provider::Jira, OPERATION, Kind::Invalid).caused_by(error))?;
    // Jira reads a name as browsers write it: UTF-8 between quotes.
    let form = Form::new().percent_encode_noop().part("file", part);
    let path = format!("/rest/api/3/issue/{issue}/attachments");
    let request = request(http, access, Method::POST, &path)?
        .header("X-Atlassian-Token", "no-check")
        .multipart(form);
    let exchange = http.exchange_within(limit, Provider::Jira, OPERATION, request);
    let answer = outcome(OPERATION, exchange.await)?;
    let added: Vec<model::Attachment> = answer
        .json(Provider::Jira, OPERATION)
        .map_err(Failure::Unknown)?;
    let invalid = Error::new(Provider::Jira, OPERATION, Kind::Invalid);
    added.into_iter().next().ok_or(Failure::Unknown(invalid))
}
