//! The parts of an issue: its status, kind, project, comments, attachments and transitions.

use async_graphql::{Enum, ID, SimpleObject};

use crate::graphql::person::Person;
use crate::graphql::rich_text::RichText;
use crate::graphql::scalar::{DateTime, Url};
use crate::upstream::jira::attachment::Limits;
use crate::upstream::jira::model;

/// How far an issue is.
#[derive(Debug, Clone, SimpleObject)]
pub struct Status {
    /// Jira's id of it.
    pub(super) id: ID,
    /// Its name, as the site calls it.
    pub(super) name: String,
    /// Which of Jira's three stages it belongs to.
    pub(super) category: StatusCategory,
}

/// Jira's three stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum StatusCategory {
    /// Not begun.
    ToDo,
    /// Begun.
    InProgress,
    /// Finished.
    Done,
    /// A stage this version does not know.
    Unknown,
}

/// How urgent an issue is.
#[derive(Debug, Clone, SimpleObject)]
pub struct Priority {
    /// Jira's id of it.
    pub(super) id: ID,
    /// Its name.
    pub(super) name: String,
    /// Its icon.
    pub(super) icon_url: Option<Url>,
}

/// What kind of issue it is.
#[derive(Debug, Clone, SimpleObject)]
pub struct IssueType {
    /// Jira's id of it.
    pub(super) id: ID,
    /// Its name.
    pub(super) name: String,
    /// Its icon.
    pub(super) icon_url: Option<Url>,
    /// Whether it is part of another issue.
    pub(super) subtask: bool,
}

/// A comment on an issue.
#[derive(Debug, Clone, SimpleObject)]
pub struct Comment {
    /// Jira's id of it.
    pub(super) id: ID,
    /// Who wrote it.
    pub(super) author: Option<Person>,
    /// What, sanitised.
    pub(super) body: Option<RichText>,
    /// When.
    pub(super) created_at: Option<DateTime>,
}

/// A file attached to an issue.
#[derive(Debug, Clone, SimpleObject)]
pub struct Attachment {
    /// Jira's id of it.
    pub(super) id: ID,
    /// Its file name.
    pub(super) name: String,
    /// In bytes.
    pub(super) size: f64,
    /// Its media type.
    pub(super) mime_type: Option<String>,
    /// When it was attached.
    pub(super) created_at: Option<DateTime>,
    /// By whom.
    pub(super) author: Option<Person>,
}

/// What a site allows of attachments.
#[derive(Debug, Clone, SimpleObject)]
pub struct AttachmentLimits {
    /// Whether files can be attached at all.
    enabled: bool,
    /// The largest file, in bytes; null when the site does not say.
    largest: Option<f64>,
}

/// A step that the viewer may take with an issue now.
#[derive(Debug, Clone, SimpleObject)]
pub struct Transition {
    /// Jira's id of it.
    pub(super) id: ID,
    /// Its name.
    pub(super) name: String,
    /// Where it leads.
    pub(super) to: Status,
}

impl From<&model::Status> for Status {
    fn from(status: &model::Status) -> Self {
        let category = match status.category.as_ref().map(|it| it.key.as_str()) {
            Some("new") => StatusCategory::ToDo,
            Some("indeterminate") => StatusCategory::InProgress,
            Some("done") => StatusCategory::Done,
            _ => StatusCategory::Unknown,
        };
        Self {
            id: status.id.clone().into(),
            name: status.name.clone(),
            category,
        }
    }
}

impl From<Limits> for AttachmentLimits {
    #[expect(
        clippy::cast_precision_loss,
        reason = "GraphQL has no 64-bit integer; sizes stay below 2^53"
    )]
    fn from(limits: Limits) -> Self {
        Self {
            enabled: limits.enabled,
            largest: limits.upload_limit.map(|it| it as f64),
        }
    }
}

impl IssueType {
    /// Jira's id of it.
    pub fn number(&self) -> &str {
        &self.id
    }
}

impl From<&model::IssueType> for IssueType {
    fn from(kind: &model::IssueType) -> Self {
        Self {
            id: kind.id.clone().into(),
            name: kind.name.clone(),
            icon_url: kind.icon_url.as_deref().and_then(Url::parse),
            subtask: kind.subtask,
        }
    }
}

impl From<&model::Attachment> for Attachment {
    #[expect(
        clippy::cast_precision_loss,
        reason = "GraphQL has no 64-bit integer; sizes stay below 2^53"
    )]
    fn from(file: &model::Attachment) -> Self {
        Self {
            id: file.id.clone().into(),
            name: file.filename.clone(),
            size: file.size as f64,
            mime_type: file.mime_type.clone(),
            created_at: file.created.as_deref().and_then(DateTime::parse),
            author: file.author.as_ref().map(Person::from),
        }
    }
}

impl From<model::Comment> for Comment {
    fn from(comment: model::Comment) -> Self {
        Self {
            id: comment.id.into(),
            author: comment.author.as_ref().map(Person::from),
            body: comment.body.as_ref().and_then(RichText::from_jira),
            created_at: comment.created.as_deref().and_then(DateTime::parse),
        }
    }
}
