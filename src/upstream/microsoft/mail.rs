//! Mails: where they are read, and their JSON.

use serde::Deserialize;

use super::{Body, Path, Recipient, literal};
use crate::id::{GraphId, IssueKey, MessageId, encode};

/// A mail, or the part of it that was selected.
/// <https://learn.microsoft.com/graph/api/resources/message>
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub id: GraphId,
    #[serde(default)]
    pub subject: Option<String>,
    #[serde(default)]
    pub from: Option<Recipient>,
    #[serde(default)]
    pub to_recipients: Vec<Recipient>,
    #[serde(default)]
    pub cc_recipients: Vec<Recipient>,
    #[serde(default)]
    pub received_date_time: Option<String>,
    #[serde(default)]
    pub body_preview: Option<String>,
    #[serde(default)]
    pub body: Option<Body>,
    #[serde(default)]
    pub has_attachments: Option<bool>,
    #[serde(default)]
    pub is_read: Option<bool>,
    #[serde(default)]
    pub web_link: Option<String>,
    #[serde(default)]
    pub conversation_id: Option<String>,
    #[serde(default)]
    pub internet_message_id: Option<String>,
}

/// The schema's names and Graph's.
pub const FIELDS: &[(&str, &str)] = &[
    ("subject", "subject"),
    ("from", "from"),
    ("to", "toRecipients"),
    ("cc", "ccRecipients"),
    ("receivedAt", "receivedDateTime"),
    ("preview", "bodyPreview"),
    ("body", "body"),
    ("hasAttachments", "hasAttachments"),
    ("isRead", "isRead"),
    ("webUrl", "webLink"),
    ("conversationId", "conversationId"),
];

/// The mail with this Message-ID, wherever it lies in the person's own mailbox: a page of none or one.
pub fn by_message_id(id: &MessageId, select: &str) -> Path {
    let id = literal(id.as_str());
    format!("/me/messages?$filter=internetMessageId%20eq%20{id}&$select={select}&$top=1")
}

/// One mail by its Graph id.
pub fn by_id(id: &GraphId, select: &str) -> Path {
    format!("/me/messages/{}?$select={select}", encode(id.as_str()))
}

/// Mails that mention an issue key, newest first as `$search` sorts them.
pub fn mentioning(key: &IssueKey, first: usize, select: &str) -> Path {
    let words = encode(&format!("\"{}\"", key.as_str()));
    format!("/me/messages?$search={words}&$select={select}&$top={first}")
}
