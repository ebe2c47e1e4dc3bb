//! New issues: making one, and finding again what an earlier try made.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::write::{Failure, MARK, send};
use super::{model, request};
use crate::id::{IssueId, IssueKey, ProjectRef};
use crate::upstream::http::Http;
use crate::upstream::{Access, Error, Kind, Provider};

const OPERATION: &str = "create an issue";

/// How many pages of a person's newest issues are looked through for one that may have been made.
const PAGES: usize = 5;

/// What Jira tells of a new issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Its number.
    pub id: IssueId,
    /// Its key.
    pub key: Option<IssueKey>,
}

#[derive(Deserialize)]
struct Answered {
    #[serde(deserialize_with = "model::text_or_number")]
    id: String,
    #[serde(default)]
    key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    #[serde(default)]
    issues: Vec<Marked>,
    #[serde(default)]
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Marked {
    #[serde(deserialize_with = "model::text_or_number")]
    id: String,
    #[serde(default)]
    properties: Map<String, Value>,
}

/// Makes an issue that carries a mark: `POST /rest/api/3/issue`.
/// <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-post>
pub async fn create(
    http: &Http,
    access: &Access,
    fields: &Map<String, Value>,
    mark: &str,
) -> Result<Created, Failure> {
    let body = json!({
        "fields": fields,
        "properties": [{ "key": MARK, "value": { "id": mark } }],
    });
    let request = request(http, access, Method::POST, "/rest/api/3/issue")?.json(&body);
    let answer = send(http, OPERATION, request).await?;
    let created = answer.json::<Answered>(Provider::Jira, OPERATION);
    // It is made, but nobody knows under which number: to be looked for.
    let created = created.map_err(Failure::Unknown)?;
    let id = created.id.parse();
    let unreadable = || Failure::Unknown(Error::new(Provider::Jira, OPERATION, Kind::Invalid));
    Ok(Created {
        id: id.map_err(|_| unreadable())?,
        key: created.key.parse().ok(),
    })
}

/// The issue with this mark that this person created in a project within so many minutes:
/// `POST /rest/api/3/search/jql` with its properties. Search is eventually consistent, so "none" is an answer only
/// some time after the issue may have been made.
pub async fn find(
    http: &Http,
    access: &Access,
    project: &ProjectRef,
    minutes: i64,
    mark: &str,
) -> Result<Option<IssueId>, Error> {
    // An id of digits or a key of letters, digits and underscores: nothing that JQL could take for something else.
    let jql = format!(
        "project = \"{project}\" AND creator = currentUser() AND created >= -{minutes}m ORDER BY created DESC"
    );
    let mut page = None;
    for _ in 0..PAGES {
        let mut body = json!({
            "jql": jql, "maxResults": 100, "fields": ["created"], "properties": [MARK],
        });
        if let Some(page) = page {
            body["nextPageToken"] = Value::String(page);
        }
        let request = request(http, access, Method::POST, "/rest/api/3/search/jql")?.json(&body);
        let found: Found = match http
            .json(Provider::Jira, "look for an issue", request)
            .await
        {
            // Without the project there is no issue in it.
            Err(error) if error.kind == Kind::Refused => return Ok(None),
            found => found?,
        };
        let ours = found
            .issues
            .iter()
            .find(|it| is_marked(&it.properties, mark));
        if let Some(issue) = ours {
            return Ok(issue.id.parse().ok());
        }
        page = found.next_page_token.filter(|it| !it.is_empty());
        if page.is_none() {
            break;
        }
    }
    Ok(None)
}

fn is_marked(properties: &Map<String, Value>, mark: &str) -> bool {
    properties.get(MARK).and_then(|it| it["id"].as_str()) == Some(mark)
}
