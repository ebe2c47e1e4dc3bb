//! A mail in the viewer's own mailbox.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object};

use super::context::{ContextExt as _, Operation};
use super::error::Error;
use super::join::{self, Found};
use super::page::Join;
use super::person::Person;
use super::rich_text::RichText;
use super::scalar::{DateTime, Url};
use super::selection::Selection;
use super::source::SourceStatus;
use crate::id::{GraphId, IssueKey, LinkId, MessageId, NodeId};
use crate::store::link::Link;
use crate::upstream::Provider;
use crate::upstream::microsoft::mail::{self, Mailbox, Message};
use crate::upstream::microsoft::{self, Page, Path};

/// Which mails of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MailSource {
    /// Those that somebody linked, found in the viewer's own mailbox.
    Linked,
    /// Those in the viewer's own mailbox that mention the issue's key: a live search.
    Mentioned,
}

/// A mail, as it lies in the viewer's own mailbox.
#[derive(Debug, Clone)]
pub struct Mail {
    message: Arc<Message>,
    link: Option<LinkId>,
}

impl Mail {
    /// From Graph, with the link that led to it.
    pub fn new(message: Arc<Message>, link: Option<LinkId>) -> Self {
        Self { message, link }
    }
}

/// Where a linked mail is read.
pub fn path(id: &MessageId, selection: &Selection) -> Path {
    mail::by_message_id(&Mailbox::Own, id, &selection.graph(mail::FIELDS))
}

/// What a link to a mail came to.
pub fn found(read: &join::Read, link: &Link, selection: &Selection) -> Found<Mail> {
    join::first_of::<Message>(read.graph(link, selection), "read a mail").map(|message| {
        let moment = message
            .received_date_time
            .as_deref()
            .and_then(DateTime::parse);
        (Mail::new(message, Some(link.id)), moment)
    })
}

/// One mail of the viewer's own mailbox by its Graph id.
pub async fn by_id(
    operation: &Operation,
    id: &GraphId,
    selection: &Selection,
) -> Option<Result<Mail, Error>> {
    let path = mail::by_id(&Mailbox::Own, id, &selection.graph(mail::FIELDS));
    let outcome = match operation.graph().try_load(path).await {
        Ok(outcome) => outcome,
        Err(error) => return Some(Err(Error::internal(&error))),
    };
    join::one::<Message>(Some(&outcome), "read a mail")
        .map(|message| (Mail::new(message, None), None))
        .into_field()
}

/// The mails that mention an issue's key, by a live search in the viewer's own mailbox.
pub async fn mentioning(
    operation: &Operation,
    key: &IssueKey,
    first: usize,
    selection: &Selection,
) -> Result<Join<Mail>, Error> {
    let path = mail::mentioning(key, first, &selection.graph(mail::FIELDS));
    let outcome = operation
        .graph()
        .try_load(path)
        .await
        .map_err(|error| Error::internal(&error))?;
    let page = outcome.and_then(|json| microsoft::parse::<Page<Message>>(&json, "search mails"));
    Ok(match page {
        Ok(page) => {
            let mails = page
                .value
                .into_iter()
                .map(|it| Mail::new(Arc::new(it), None))
                .collect();
            join::searched(mails, SourceStatus::ready(Provider::Microsoft))
        }
        Err(error) => join::searched(Vec::new(), SourceStatus::failed(&error)),
    })
}

/// A mail, as it lies in the viewer's own mailbox. Read from Graph on demand and never stored; costs one part of a
/// `$batch`.
#[Object]
impl Mail {
    /// Its id, valid in the viewer's own mailbox only.
    pub async fn id(&self) -> ID {
        NodeId::Mail(self.message.id.clone()).to_string().into()
    }

    /// The link that joins it to the issue; null when it was found another way. `unlink` takes it.
    async fn link_id(&self) -> Option<ID> {
        self.link.map(|link| NodeId::Link(link).to_string().into())
    }

    /// Its subject.
    async fn subject(&self) -> Option<&str> {
        self.message.subject.as_deref()
    }

    /// Who sent it.
    async fn from(&self) -> Option<Person> {
        self.message.from.as_ref().and_then(Person::from_recipient)
    }

    /// To whom.
    async fn to(&self) -> Vec<Person> {
        self.message
            .to_recipients
            .iter()
            .filter_map(Person::from_recipient)
            .collect()
    }

    /// To whom in copy.
    async fn cc(&self) -> Vec<Person> {
        self.message
            .cc_recipients
            .iter()
            .filter_map(Person::from_recipient)
            .collect()
    }

    /// When it was received.
    async fn received_at(&self) -> Option<DateTime> {
        self.message
            .received_date_time
            .as_deref()
            .and_then(DateTime::parse)
    }

    /// Its first 255 characters, without markup.
    async fn preview(&self) -> Option<&str> {
        self.message.body_preview.as_deref()
    }

    /// Its body, sanitised.
    async fn body(&self) -> Option<RichText> {
        self.message.body.as_ref().and_then(RichText::from_body)
    }

    /// Whether it has attachments other than inline ones.
    async fn has_attachments(&self) -> Option<bool> {
        self.message.has_attachments
    }

    /// Whether the viewer has read it.
    async fn is_read(&self) -> Option<bool> {
        self.message.is_read
    }

    /// Where the viewer opens it in Outlook on the web.
    async fn web_url(&self) -> Option<Url> {
        self.message.web_link.as_deref().and_then(Url::parse)
    }

    /// The conversation it belongs to, an id of the viewer's own mailbox.
    async fn conversation_id(&self) -> Option<ID> {
        self.message.conversation_id.clone().map(ID)
    }
}

/// Queries for mails.
#[derive(Default)]
pub struct MailQuery;

#[Object]
impl MailQuery {
    /// A mail of the viewer's own mailbox. Null when it is not there. Costs one Graph call.
    async fn mail(&self, ctx: &Context<'_>, id: ID) -> Option<Result<Mail, Error>> {
        match id.parse() {
            Ok(NodeId::Mail(id)) => by_id(ctx.operation(), &id, &Selection::of(ctx)).await,
            Ok(_) => Some(Err(Error::bad_input("`id` is not the id of a mail."))),
            Err(malformed) => Some(Err(malformed.into())),
        }
    }
}
