//! Jira's JSON, as much of it as we read. Ids may come as numbers or strings; unknown values must not fail.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An issue, or the part of it that was asked for.
#[derive(Debug, Clone, Deserialize)]
pub struct Issue {
    /// Jira's number, as a string.
    #[serde(deserialize_with = "text_or_number")]
    pub id: String,
    /// Such as `DEMO-42`. Search answers may leave it out when only ids were asked for.
    #[serde(default)]
    pub key: Option<String>,
    /// The requested fields.
    #[serde(default)]
    pub fields: Fields,
    /// With `expand=transitions`.
    #[serde(default)]
    pub transitions: Option<Vec<Transition>>,
}

/// The fields of an issue; what was not requested, or is empty, is `None`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Fields {
    #[serde(default)]
    pub summary: Option<String>,
    #[serde(default)]
    pub status: Option<Status>,
    #[serde(default)]
    pub priority: Option<Named>,
    #[serde(default)]
    pub issuetype: Option<IssueType>,
    #[serde(default)]
    pub assignee: Option<User>,
    #[serde(default)]
    pub reporter: Option<User>,
    #[serde(default)]
    pub project: Option<Project>,
    /// Atlassian Document Format on Cloud, wiki markup on Data Center.
    #[serde(default)]
    pub description: Option<Value>,
    #[serde(default)]
    pub created: Option<String>,
    #[serde(default)]
    pub updated: Option<String>,
    #[serde(default)]
    pub comment: Option<Comments>,
    #[serde(default)]
    pub attachment: Option<Vec<Attachment>>,
    #[serde(default)]
    pub watches: Option<Watches>,
}

/// Who watches an issue.
#[derive(Debug, Clone, Deserialize)]
pub struct Watches {
    /// Whether the person who asks does.
    #[serde(default, rename = "isWatching")]
    pub is_watching: bool,
}

/// A status and its category.
#[derive(Debug, Clone, Deserialize)]
pub struct Status {
    #[serde(deserialize_with = "text_or_number")]
    pub id: String,
    pub name: String,
    #[serde(default, rename = "statusCategory")]
    pub category: Option<StatusCategory>,
}

/// `new`, `indeterminate`, `done` or `undefined`.
#[derive(Debug, Clone, Deserialize)]
pub struct StatusCategory {
    #[serde(default)]
    pub key: String,
}

/// Something with an id, a name and an icon.
#[derive(Debug, Clone, Deserialize)]
pub struct Named {
    #[serde(deserialize_with = "text_or_number")]
    pub id: String,
    pub name: String,
    #[serde(default, rename = "iconUrl")]
    pub icon_url: Option<String>,
}

/// An issue type.
#[derive(Debug, Clone, Deserialize)]
pub struct IssueType {
    #[serde(deserialize_with = "text_or_number")]
    pub id: String,
    pub name: String,
    #[serde(default, rename = "iconUrl")]
    pub icon_url: Option<String>,
    #[serde(default)]
    pub subtask: bool,
}

/// A project.
#[derive(Debug, Clone, Deserialize)]
pub struct Project {
    #[serde(deserialize_with = "text_or_number")]
    pub id: String,
    pub key: String,
    #[serde(default)]
    pub name: String,
    #[serde(default, rename = "avatarUrls")]
    pub avatar_urls: std::collections::BTreeMap<String, String>,
}

/// A user; the address is hidden unless they show it.
#[derive(Debug, Clone, Deserialize)]
pub struct User {
    #[serde(default, rename = "accountId")]
    pub account_id: Option<String>,
    #[serde(default, rename = "displayName")]
    pub display_name: Option<String>,
    #[serde(default, rename = "emailAddress")]
    pub email_address: Option<String>,
    #[serde(default, rename = "avatarUrls")]
    pub avatar_urls: std::collections::BTreeMap<String, String>,
}

/// A page of comments, oldest first.
#[derive(Debug, Clone, Deserialize)]
pub struct Comments {
    #[serde(default)]
    pub comments: Vec<Comment>,
    #[serde(default)]
    pub total: u64,
    #[serde(default, rename = "startAt")]
    pub start_at: u64,
}

/// A comment.
#[derive(Debug, Clone, Deserialize)]
pub struct Comment {
    #[serde(deserialize_with = "text_or_number")]
    pub id: String,
    #[serde(default)]
    pub author: Option<User>,
    #[serde(default)]
    pub body: Option<Value>,
    #[serde(default)]
    pub created: Option<String>,
}

impl Issue {
    /// What is attached to it, if that was asked for.
    pub fn attachments(self) -> Vec<Attachment> {
        self.fields.attachment.unwrap_or_default()
    }
}

/// An attachment's facts.
#[derive(Debug, Clone, Deserialize)]
pub struct Attachment {
    #[serde(deserialize_with = "text_or_number")]
    pub id: String,
    #[serde(default)]
    pub filename: String,
    #[serde(default)]
    pub size: u64,
    #[serde(default, rename = "mimeType")]
    pub mime_type: Option<String>,
    #[serde(default, deserialize_with = "optional_text")]
    pub created: Option<String>,
    #[serde(default)]
    pub author: Option<User>,
}

/// A transition that the person may make now.
#[derive(Debug, Clone, Deserialize)]
pub struct Transition {
    #[serde(deserialize_with = "text_or_number")]
    pub id: String,
    pub name: String,
    pub to: Status,
}

/// The answer of `POST /issue/bulkfetch`.
#[derive(Debug, Deserialize)]
pub struct Bulk {
    #[serde(default)]
    pub issues: Vec<Issue>,
}

/// The answer of `POST /search/jql`.
#[derive(Debug, Deserialize)]
pub struct Found {
    #[serde(default)]
    pub issues: Vec<Issue>,
    #[serde(default, rename = "nextPageToken")]
    pub next_page_token: Option<String>,
}

/// The answer of `GET /mypermissions`.
#[derive(Debug, Deserialize)]
pub struct MyPermissions {
    pub permissions: std::collections::BTreeMap<String, Permission>,
}

/// Whether the person has one permission.
#[derive(Debug, Deserialize)]
pub struct Permission {
    #[serde(default, rename = "havePermission")]
    pub have_permission: bool,
}

pub(super) fn text_or_number<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(serde::de::Error::custom("expected a string or a number")),
    }
}

fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        // Some answers give milliseconds.
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}
