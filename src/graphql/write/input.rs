//! What the mutations of issues are asked for.

use async_graphql::{ID, InputObject};

use crate::graphql::mail::MailRefInput;

/// One field's value; exactly one of the members beside `field`.
#[derive(Debug, Clone, InputObject)]
pub struct FieldValueInput {
    /// The field, by the id that `createForm` gives.
    pub field: ID,
    /// For `TEXT` and `TEXT_AREA`.
    pub text: Option<String>,
    /// For `NUMBER`.
    pub number: Option<f64>,
    /// For `DATE` such as 2026-11-21, or ISO 8601 for `DATE_TIME`.
    pub date: Option<String>,
    /// For `SELECT`.
    pub option: Option<ID>,
    /// For `MULTI_SELECT`.
    pub options: Option<Vec<ID>>,
    /// For `LABELS`; a label has no spaces.
    pub labels: Option<Vec<String>>,
    /// For `USER`: an account id.
    pub user: Option<ID>,
}

/// A new issue.
#[derive(Debug, InputObject)]
pub struct CreateIssueInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    pub idempotency_key: String,
    /// The site; may be left out by who has only one.
    pub site: Option<ID>,
    /// The project, by its id or key.
    pub project: ID,
    /// The issue type.
    pub r#type: ID,
    /// On one line, 255 characters at most.
    pub summary: String,
    /// Plain text; paragraphs, lists and web addresses are kept.
    pub description: Option<String>,
    /// Further fields of the form.
    pub fields: Option<Vec<FieldValueInput>>,
}

/// A new issue that a mail asks for.
#[derive(Debug, InputObject)]
pub struct CreateIssueFromMailInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    pub idempotency_key: String,
    /// The site; may be left out by who has only one.
    pub site: Option<ID>,
    /// The project, by its id or key.
    pub project: ID,
    /// The issue type.
    pub r#type: ID,
    /// Left out: the mail's subject.
    pub summary: Option<String>,
    /// Left out: the mail's own text, with who wrote it and when above.
    pub description: Option<String>,
    /// Further fields of the form.
    pub fields: Option<Vec<FieldValueInput>>,
    /// The mail.
    pub mail: MailRefInput,
    /// Which attachments go along, by id; streamed, never kept. 20 at most.
    pub attachments: Option<Vec<ID>>,
    /// Link the whole conversation, later replies too, instead of this mail only.
    #[graphql(default)]
    pub whole_conversation: bool,
}

/// A new comment.
#[derive(Debug, InputObject)]
pub struct AddCommentInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    pub idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    pub issue: ID,
    /// Plain text. With `mail`: what to quote (a selection); left out, the mail's own text.
    pub body: Option<String>,
    /// Adds who wrote it and when above the text.
    pub mail: Option<MailRefInput>,
}

/// A step to take with an issue.
#[derive(Debug, InputObject)]
pub struct TransitionIssueInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    pub idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    pub issue: ID,
    /// The step, by its id in `Issue.transitions`.
    pub transition: ID,
    /// Fields of the step's screen.
    pub fields: Option<Vec<FieldValueInput>>,
}

/// Whom to give an issue to: exactly one of `me: true`, `assignee` and `nobody: true`.
#[derive(Debug, InputObject)]
pub struct AssignIssueInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    pub idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    pub issue: ID,
    /// To the viewer.
    pub me: Option<bool>,
    /// To this account.
    pub assignee: Option<ID>,
    /// To nobody.
    pub nobody: Option<bool>,
}

/// What of a mail to attach to which issue.
#[derive(Debug, InputObject)]
pub struct AttachMailInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    pub idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    pub issue: ID,
    /// The mail.
    pub mail: MailRefInput,
    /// Which attachments, by id; streamed, never kept. 20 at most.
    pub attachments: Option<Vec<ID>>,
    /// The whole mail as an `.eml` file, named by its subject.
    #[graphql(default)]
    pub whole_mail: bool,
}
