//! Teams chats: where they are read, and their JSON.

use serde::Deserialize;

use super::{Body, Path};
use crate::id::{GraphId, encode};

/// A chat, or the part of it that was selected.
/// <https://learn.microsoft.com/graph/api/resources/chat>
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chat {
    pub id: GraphId,
    #[serde(default)]
    pub topic: Option<String>,
    #[serde(default)]
    pub chat_type: Option<String>,
    #[serde(default)]
    pub last_updated_date_time: Option<String>,
    #[serde(default)]
    pub web_url: Option<String>,
    #[serde(default)]
    pub members: Option<Vec<Member>>,
}

/// Someone in a chat.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    #[serde(default)]
    pub display_name: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub user_id: Option<String>,
}

/// A message of a chat.
/// <https://learn.microsoft.com/graph/api/resources/chatmessage>
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessage {
    pub id: String,
    #[serde(default)]
    pub message_type: Option<String>,
    #[serde(default)]
    pub created_date_time: Option<String>,
    #[serde(default)]
    pub deleted_date_time: Option<String>,
    #[serde(default)]
    pub from: Option<Sender>,
    #[serde(default)]
    pub body: Option<Body>,
}

/// Who wrote it: a user or an application.
#[derive(Debug, Clone, Deserialize)]
pub struct Sender {
    #[serde(default)]
    pub user: Option<Identity>,
    #[serde(default)]
    pub application: Option<Identity>,
}

/// A name and an id.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub display_name: Option<String>,
}

/// The schema's names and Graph's. Members come by `$expand`, messages by a read of their own.
pub const FIELDS: &[(&str, &str)] = &[
    ("topic", "topic"),
    ("kind", "chatType"),
    ("updatedAt", "lastUpdatedDateTime"),
    ("webUrl", "webUrl"),
];

/// One chat.
pub fn by_id(id: &GraphId, select: &str, members: bool) -> Path {
    let expand = if members { "&$expand=members" } else { "" };
    format!("/chats/{}?$select={select}{expand}", encode(id.as_str()))
}

/// A chat's newest messages, newest first; Graph gives at most 50.
pub fn messages(id: &GraphId, first: usize) -> Path {
    let first = first.clamp(1, 50);
    format!(
        "/chats/{}/messages?$top={first}&$orderby=createdDateTime%20desc",
        encode(id.as_str())
    )
}
