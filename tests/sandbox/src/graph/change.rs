//! Changes to what people have: every one is written down, for subscriptions to tell and for delta queries to list.

use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::store::{Properties, etag};

/// What happened to an item.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    Created,
    Updated,
    Deleted,
}

/// What it happened to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Item {
    /// A message in a folder. A moved one is deleted from the old folder and created in the new one.
    Message {
        id: String,
        immutable_id: String,
        folder: String,
    },
    Event {
        id: String,
        immutable_id: String,
    },
    Task {
        list: String,
        id: String,
    },
    ChatMessage {
        chat: String,
        id: String,
    },
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Change {
    pub kind: Kind,
    pub item: Item,
    /// The item's entity tag after it.
    pub etag: String,
}

/// All that happened in one mailbox, or to all chats.
#[derive(Default)]
pub struct History {
    pub changes: Vec<Change>,
    /// How many of them subscriptions were told of.
    told: usize,
}

impl Kind {
    /// As `changeType` names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Created, Self::Updated, Self::Deleted]
            .into_iter()
            .find(|it| it.name().eq_ignore_ascii_case(name))
    }
}

impl History {
    /// Writes a change down.
    pub fn note(&mut self, kind: Kind, item: Item, etag: String) {
        self.changes.push(Change { kind, item, etag });
    }

    /// What subscriptions were not yet told of.
    pub fn news(&mut self) -> Vec<Change> {
        let news = self.changes[self.told..].to_vec();
        self.told = self.changes.len();
        news
    }
}

/// The entity tag of an item: another one after every change.
pub fn tag(id: &str, properties: &Properties) -> String {
    let text = |name: &str| properties.get(name).map(ToString::to_string);
    etag(&format!(
        "{id} {:?} {:?}",
        text("changeKey"),
        text("lastModifiedDateTime")
    ))
}

/// Puts on an item what every change leaves on it.
pub fn touch(properties: &mut Properties) {
    let key = etag(&Uuid::new_v4().to_string());
    properties.insert("changeKey".to_owned(), json!(&key[3..19]));
    properties.insert("lastModifiedDateTime".to_owned(), json!(stamp()));
}

/// Now, in whole seconds, as Outlook writes times.
pub fn stamp() -> String {
    OffsetDateTime::now_utc()
        .replace_nanosecond(0)
        .expect("zero nanoseconds exist")
        .format(&Rfc3339)
        .expect("a time of this century has an RFC 3339 form")
}
