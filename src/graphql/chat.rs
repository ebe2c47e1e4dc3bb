//! A Teams chat that the viewer is a member of.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object};

use super::context::{ContextExt as _, Operation};
use super::error::Error;
use super::join::{self, Found};
use super::page::count;
use super::person::Person;
use super::rich_text::RichText;
use super::scalar::{DateTime, Url};
use super::selection::Selection;
use crate::feature::Feature;
use crate::id::{GraphId, LinkId, NodeId};
use crate::store::link::Link;
use crate::upstream::microsoft::{self, Page, Path, chat};

/// What kind of chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ChatKind {
    /// Between two.
    OneOnOne,
    /// Of a group.
    Group,
    /// Of a meeting.
    Meeting,
    /// A kind this version does not know.
    Unknown,
}

/// A Teams chat that the viewer is a member of.
#[derive(Debug, Clone)]
pub struct Chat {
    content: Arc<chat::Chat>,
    link: Option<LinkId>,
}

/// A message of a chat.
#[derive(Debug, Clone)]
pub struct ChatMessage(chat::ChatMessage);

/// Where a linked chat is read.
pub fn path(id: &GraphId, selection: &Selection) -> Path {
    chat::by_id(id, &selection.graph(chat::FIELDS), selection.has("members"))
}

/// What a link to a chat came to.
pub fn found(read: &join::Read, link: &Link, selection: &Selection) -> Found<Chat> {
    let outcome = read.graph(link, selection);
    match join::one::<chat::Chat>(outcome, "read a chat") {
        // Who is not a member is told that it is forbidden.
        Found::Failed(error) if error.kind == crate::upstream::Kind::Forbidden => Found::Elsewhere,
        found => found.map(|content| {
            let moment = content
                .last_updated_date_time
                .as_deref()
                .and_then(DateTime::parse);
            (
                Chat {
                    content,
                    link: Some(link.id),
                },
                moment,
            )
        }),
    }
}

/// One chat by its Graph id.
pub async fn by_id(
    operation: &Operation,
    id: &GraphId,
    selection: &Selection,
) -> Option<Result<Chat, Error>> {
    let outcome = match operation.graph().try_load(path(id, selection)).await {
        Ok(outcome) => outcome,
        Err(error) => return Some(Err(Error::internal(&error))),
    };
    join::one::<chat::Chat>(Some(&outcome), "read a chat")
        .map(|content| {
            (
                Chat {
                    content,
                    link: None,
                },
                None,
            )
        })
        .into_field()
}

/// A Teams chat that the viewer is a member of. Read from Graph on demand and never stored; costs one part of a
/// `$batch`.
#[Object]
impl Chat {
    /// Its id.
    pub async fn id(&self) -> ID {
        NodeId::Chat(self.content.id.clone()).to_string().into()
    }

    /// The link that joins it to the issue; null when it was found another way. `unlink` takes it.
    async fn link_id(&self) -> Option<ID> {
        self.link.map(|link| NodeId::Link(link).to_string().into())
    }

    /// Its topic; null for most chats between two.
    async fn topic(&self) -> Option<&str> {
        self.content.topic.as_deref()
    }

    /// What kind of chat.
    async fn kind(&self) -> Option<ChatKind> {
        self.content.chat_type.as_deref().map(|kind| match kind {
            "oneOnOne" => ChatKind::OneOnOne,
            "group" => ChatKind::Group,
            "meeting" => ChatKind::Meeting,
            _ => ChatKind::Unknown,
        })
    }

    /// Who takes part.
    async fn members(&self) -> Option<Vec<Person>> {
        let members = self.content.members.as_ref()?;
        Some(members.iter().map(Person::from).collect())
    }

    /// When its members or topic last changed.
    async fn updated_at(&self) -> Option<DateTime> {
        self.content
            .last_updated_date_time
            .as_deref()
            .and_then(DateTime::parse)
    }

    /// Where the viewer opens it in Teams.
    async fn web_url(&self) -> Option<Url> {
        self.content.web_url.as_deref().and_then(Url::parse)
    }

    /// Its newest messages, newest first, 50 at most. Costs one more part of a `$batch`.
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 20 when not given.")] first: Option<i32>,
    ) -> Option<Result<Vec<ChatMessage>, Error>> {
        Some(messages(ctx.operation(), &self.content.id, first).await)
    }
}

async fn messages(
    operation: &Operation,
    id: &GraphId,
    first: Option<i32>,
) -> Result<Vec<ChatMessage>, Error> {
    let path = chat::messages(id, count(first, 20)?);
    let outcome = operation
        .graph()
        .try_load(path)
        .await
        .map_err(|error| Error::internal(&error))?;
    let page: Page<chat::ChatMessage> = microsoft::parse(&outcome?, "read chat messages")?;
    Ok(page
        .value
        .into_iter()
        .filter(|it| it.deleted_date_time.is_none())
        .filter(|it| {
            it.message_type
                .as_deref()
                .is_none_or(|kind| kind == "message")
        })
        .map(ChatMessage)
        .collect())
}

/// A message of a chat.
#[Object]
impl ChatMessage {
    /// Its id within the chat.
    pub async fn id(&self) -> ID {
        self.0.id.clone().into()
    }

    /// Who wrote it; null for the system.
    async fn from(&self) -> Option<Person> {
        let sender = self.0.from.as_ref()?;
        sender
            .user
            .as_ref()
            .or(sender.application.as_ref())
            .map(Person::from)
    }

    /// When.
    async fn sent_at(&self) -> Option<DateTime> {
        self.0
            .created_date_time
            .as_deref()
            .and_then(DateTime::parse)
    }

    /// What, sanitised.
    async fn body(&self) -> Option<RichText> {
        self.0.body.as_ref().and_then(RichText::from_body)
    }
}

/// Queries for chats.
#[derive(Default)]
pub struct ChatQuery;

#[Object]
impl ChatQuery {
    /// A chat that the viewer is a member of. Null when it is not there. Costs one Graph call.
    async fn chat(&self, ctx: &Context<'_>, id: ID) -> Option<Result<Chat, Error>> {
        if let Err(error) = ctx.operation().demand(&[Feature::Chats]).await {
            return Some(Err(error));
        }
        match id.parse() {
            Ok(NodeId::Chat(id)) => by_id(ctx.operation(), &id, &Selection::of(ctx)).await,
            Ok(_) => Some(Err(Error::bad_input("`id` is not the id of a chat."))),
            Err(malformed) => Some(Err(malformed.into())),
        }
    }
}
