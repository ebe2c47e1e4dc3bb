//! Projects, and the forms for new issues in them: live create metadata.

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::{model, request};
use crate::id::{JiraId, ProjectRef, encode};
use crate::upstream::http::Http;
use crate::upstream::{Access, Error, Kind, Provider};

/// A page of projects.
#[derive(Debug, Deserialize)]
pub struct Projects {
    #[serde(default)]
    pub values: Vec<model::Project>,
    #[serde(default, rename = "isLast")]
    pub is_last: bool,
}

/// The issue types in which this person may create issues.
#[derive(Debug, Deserialize)]
struct Types {
    #[serde(default, rename = "issueTypes")]
    types: Vec<model::IssueType>,
}

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    fields: Vec<Field>,
}

/// A field of the form for a new issue.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    #[serde(default)]
    pub field_id: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub has_default_value: bool,
    #[serde(default)]
    pub schema: Option<Schema>,
    #[serde(default)]
    pub allowed_values: Option<Vec<Value>>,
}

/// What a field takes.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Schema {
    /// `string`, `number`, `date`, `datetime`, `option`, `array`, `user`, and many more.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// What an array holds.
    #[serde(default)]
    pub items: Option<String>,
    /// Which kind of custom field it is.
    #[serde(default)]
    pub custom: Option<String>,
    /// Which field of Jira's own it is.
    #[serde(default)]
    pub system: Option<String>,
}

/// Projects in which this person may create issues, by name: `GET /rest/api/3/project/search?action=create`.
pub async fn search(
    http: &Http,
    access: &Access,
    words: Option<&str>,
    first: usize,
) -> Result<Projects, Error> {
    let words = words
        .map(|it| format!("&query={}", encode(it)))
        .unwrap_or_default();
    let path =
        format!("/rest/api/3/project/search?action=create&orderBy=name&maxResults={first}{words}");
    let request = request(http, access, Method::GET, &path)?;
    match http.json(Provider::Jira, "search projects", request).await {
        // Jira also says "not found" of a search that finds nothing.
        Err(error) if error.kind == Kind::NotFound => Ok(Projects {
            values: Vec::new(),
            is_last: true,
        }),
        projects => projects,
    }
}

/// One project: `GET /rest/api/3/project/{idOrKey}`. `None` when it is not visible to this person.
pub async fn one(
    http: &Http,
    access: &Access,
    project: &ProjectRef,
) -> Result<Option<model::Project>, Error> {
    let path = format!("/rest/api/3/project/{project}");
    visible(
        http.json(
            Provider::Jira,
            "read a project",
            request(http, access, Method::GET, &path)?,
        )
        .await,
    )
}

/// The issue types in which this person may create issues in a project:
/// `GET /rest/api/3/issue/createmeta/{project}/issuetypes`. `None` when they may see or create none there.
pub async fn types(
    http: &Http,
    access: &Access,
    project: &ProjectRef,
) -> Result<Option<Vec<model::IssueType>>, Error> {
    let path = format!("/rest/api/3/issue/createmeta/{project}/issuetypes?maxResults=200");
    let request = request(http, access, Method::GET, &path)?;
    let types = http.json::<Types>(Provider::Jira, "read issue types", request);
    Ok(visible(types.await)?.map(|it| it.types))
}

/// The fields of the form for a new issue of a type:
/// `GET /rest/api/3/issue/createmeta/{project}/issuetypes/{type}`. `None` when there is no such form for this person.
pub async fn fields(
    http: &Http,
    access: &Access,
    project: &ProjectRef,
    kind: &JiraId,
) -> Result<Option<Vec<Field>>, Error> {
    let path = format!("/rest/api/3/issue/createmeta/{project}/issuetypes/{kind}?maxResults=200");
    let request = request(http, access, Method::GET, &path)?;
    let fields = http.json::<Fields>(Provider::Jira, "read a form", request);
    Ok(visible(fields.await)?.map(|it| it.fields))
}

/// Jira answers 404 or 400 for a project or type that is not there for this person.
fn visible<T>(outcome: Result<T, Error>) -> Result<Option<T>, Error> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind, Kind::NotFound | Kind::Refused) => Ok(None),
        Err(error) => Err(error),
    }
}
