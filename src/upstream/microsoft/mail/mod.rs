//! Mails: where they are read, and their JSON.

pub mod attachment;
pub mod find;
pub mod thread;

use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{Body, Path, Recipient, literal};
use crate::id::{GraphId, IssueKey, Malformed, MessageId, encode};

pub use attachment::{Attachment, Download, attachment_content, attachments, mime};
pub use find::{Sought, find};

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
    /// Only there when it was selected by name.
    #[serde(default)]
    pub internet_message_headers: Option<Vec<Header>>,
}

/// A header of RFC 5322, as the mail came with it.
#[derive(Debug, Clone, Deserialize)]
pub struct Header {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub value: String,
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
    ("internetMessageId", "internetMessageId"),
];

/// How many mails of a conversation are read behind the one that is linked.
pub const OF_CONVERSATION: usize = 20;

/// The mailbox a mail is read in.
#[derive(Debug, Clone, Default)]
pub enum Mailbox {
    /// The viewer's own.
    #[default]
    Own,
    /// One that is shared with the viewer.
    Shared(Address),
}

/// How a shared mailbox is named: its address, or its Graph user id. An address is content, so it is never shown.
#[derive(Clone)]
pub struct Address(SecretString);

impl Address {
    /// From what was sealed into an id.
    pub fn of_secret(secret: &SecretString) -> Result<Self, Malformed> {
        secret.expose_secret().parse()
    }

    /// For sealing it into an id.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

impl FromStr for Address {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let text = text.trim();
        let plain = text
            .chars()
            .all(|c| !c.is_control() && !c.is_whitespace() && !"'\"<>\\/".contains(c));
        // RFC 5321 4.5.3.1.3: a path has at most 256 octets.
        if text.is_empty() || text.len() > 256 || !plain || matches!(text, "." | "..") {
            return Err(Malformed {
                expected: "the address or the Graph id of a shared mailbox",
            });
        }
        Ok(Self(SecretString::from(text)))
    }
}

impl Mailbox {
    /// From what a host says: nothing is the viewer's own.
    pub fn parse(named: Option<&str>) -> Result<Self, Malformed> {
        match named {
            None => Ok(Self::Own),
            Some(named) => Ok(Self::Shared(named.parse()?)),
        }
    }

    /// Whether it is somebody else's.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Shared(_))
    }

    /// Where it begins, below `/v1.0`.
    /// <https://learn.microsoft.com/graph/outlook-share-messages-folders>
    fn path(&self) -> String {
        match self {
            Self::Own => "/me".to_owned(),
            Self::Shared(address) => format!("/users/{}", encode(address.0.expose_secret())),
        }
    }

    /// Where one of its mails is.
    fn mail(&self, id: &GraphId) -> String {
        format!("{}/messages/{}", self.path(), encode(id.as_str()))
    }
}

/// The mail with this Message-ID, wherever it lies in a mailbox: a page of none or one.
pub fn by_message_id(mailbox: &Mailbox, id: &MessageId, select: &str) -> Path {
    let (mailbox, id) = (mailbox.path(), literal(id.as_str()));
    format!("{mailbox}/messages?$filter=internetMessageId%20eq%20{id}&$select={select}&$top=1")
}

/// One mail by its Graph id.
pub fn by_id(mailbox: &Mailbox, id: &GraphId, select: &str) -> Path {
    format!("{}?$select={select}", mailbox.mail(id))
}

/// The mails of a conversation of the viewer's own mailbox that came at `since` (as Graph wrote it) or later, newest
/// first, at most [`OF_CONVERSATION`].
///
/// What is sorted by has to be filtered by as well, and first.
/// <https://learn.microsoft.com/graph/api/user-list-messages#using-filter-and-orderby-in-the-same-query>
pub fn of_conversation(conversation: &str, since: &str, select: &str) -> Path {
    let filter = format!(
        "receivedDateTime%20ge%20{}%20and%20conversationId%20eq%20{}",
        encode(since),
        literal(conversation)
    );
    format!(
        "/me/messages?$filter={filter}&$orderby=receivedDateTime%20desc&$select={select}&$top={OF_CONVERSATION}"
    )
}

/// Mails that mention an issue key, newest first as `$search` sorts them.
pub fn mentioning(key: &IssueKey, first: usize, select: &str) -> Path {
    let words = encode(&format!("\"{}\"", key.as_str()));
    format!("/me/messages?$search={words}&$select={select}&$top={first}")
}

#[cfg(test)]
mod tests {
    use super::{Mailbox, by_id};

    #[test]
    fn a_shared_mailbox_cannot_break_out_of_its_path_nor_show_itself() {
        let shared = Mailbox::parse(Some("support@acme.example")).unwrap();
        let id = "AAMk=".parse().unwrap();
        assert_eq!(
            by_id(&shared, &id, "id"),
            "/users/support%40acme.example/messages/AAMk%3D?$select=id"
        );
        assert!(!format!("{shared:?}").contains("support"));
        for text in ["", "..", "a/b", "a b", "a'b", "a\r\nb", "<a@b>"] {
            assert!(Mailbox::parse(Some(text)).is_err(), "{text}");
        }
        let odd = Mailbox::parse(Some("a?b#c%2F@x")).unwrap();
        assert_eq!(
            by_id(&odd, &id, "id"),
            "/users/a%3Fb%23c%252F%40x/messages/AAMk%3D?$select=id"
        );
    }
}
