//! A mail in the viewer's own mailbox, or in one that is shared with them.

mod attachment;
mod belonging;
mod conversation;
mod place;

pub mod context;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object};

use super::context::{ContextExt as _, Operation};
use super::error::Error;
use super::join::{self, Found};
use super::page::Join;
use super::person::Person;
use super::rich_text::RichText;
use super::scalar::{DateTime, Url};
use super::selection::{Selection, also};
use super::source::SourceStatus;
use crate::feature::Feature;
use crate::id::{GraphId, IssueKey, LinkId, NodeId};
use crate::store::link::{Link, Target};
use crate::upstream::microsoft::mail::{self, Mailbox, Message};
use crate::upstream::microsoft::{self, Page, Path};
use crate::upstream::{self, Kind, Provider};

pub use attachment::{MailAttachment, MailAttachmentKind};
pub use belonging::belonging;
pub use conversation::{of_issue, warm};
pub use place::{MailRefInput, Place, SHARED, Unfit, sought};

/// Which mails of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MailSource {
    /// Those that somebody linked, found in the viewer's own mailbox.
    Linked,
    /// Those in the viewer's own mailbox that mention the issue's key: a live search.
    Mentioned,
}

/// A mail that the viewer may read.
#[derive(Debug, Clone)]
pub struct Mail {
    message: Arc<Message>,
    link: Option<LinkId>,
    place: Place,
    /// The id it was found by, so that what belongs to it is read by the same and only once.
    found_by: GraphId,
}

impl Mail {
    /// From Graph, in the viewer's own mailbox, with the link that led to it.
    pub fn new(message: Arc<Message>, link: Option<LinkId>) -> Self {
        Self {
            found_by: message.id.clone(),
            message,
            link,
            place: Place::default(),
        }
    }

    /// The same, in another place.
    #[must_use]
    pub fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// The same, found by another id than the one it has now.
    #[must_use]
    pub fn found_by(self, id: GraphId) -> Self {
        Self {
            found_by: id,
            ..self
        }
    }

    fn received(&self) -> Option<DateTime> {
        let received = self.message.received_date_time.as_deref();
        received.and_then(DateTime::parse)
    }
}

/// What Graph's refusal of a mailbox means: of a shared one, that the permission for those is missing, or the viewer's
/// right in it. Graph says the same of both.
pub fn refused(place: &Place, error: upstream::Error) -> Error {
    if place.mailbox.is_shared() && error.kind == Kind::Forbidden {
        return Error::forbidden(
            "You may not read this shared mailbox: it is not shared with you, or the permission Mail.Read.Shared is missing.",
        );
    }
    error.into()
}

/// Where a linked mail is read. Of one whose conversation is linked as well, what finds the others is read too.
pub fn path(target: &Target, selection: &Selection) -> Option<Path> {
    let select = selection.graph(mail::FIELDS);
    let select = match target {
        Target::Mail(_) => select,
        _ => also(&select, conversation::NEEDED),
    };
    let id = target.mail()?;
    Some(mail::by_message_id(&Mailbox::Own, id, &select))
}

/// What a link to a mail came to.
pub fn found(read: &join::Read, link: &Link, selection: &Selection) -> Found<Mail> {
    join::first_of::<Message>(read.graph(link, selection), "read a mail").map(|message| {
        let mail = Mail::new(message, Some(link.id));
        let moment = mail.received();
        (mail, moment)
    })
}

/// One mail by its Graph id.
pub async fn by_id(
    operation: &Operation,
    place: Place,
    id: &GraphId,
    selection: &Selection,
) -> Option<Result<Mail, Error>> {
    let path = mail::by_id(&place.mailbox, id, &selection.graph(mail::FIELDS));
    let outcome = match operation.graph().try_load(path).await {
        Ok(outcome) => outcome,
        Err(error) => return Some(Err(Error::internal(&error))),
    };
    match join::one::<Message>(Some(&outcome), "read a mail") {
        Found::Here(message, _) => {
            let mail = Mail::new(message, None).at(place);
            Some(Ok(mail.found_by(id.clone())))
        }
        Found::Elsewhere => None,
        Found::Failed(error) => Some(Err(refused(&place, error))),
    }
}

/// One mail by an id of ours.
pub async fn by_node_id(
    operation: &Operation,
    id: &NodeId,
    selection: &Selection,
) -> Option<Result<Mail, Error>> {
    match id {
        NodeId::Mail(id) => by_id(operation, Place::default(), id, selection).await,
        NodeId::SharedMail(mailbox, id) => {
            // Somebody else's id is answered as one that does not exist.
            let place = Place::sealed(operation, mailbox)?;
            by_id(operation, place, id, selection).await
        }
        _ => Some(Err(Error::bad_input("`id` is not the id of a mail."))),
    }
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

/// A mail, as it lies in the viewer's own mailbox or in one that is shared with them. Read from Graph on demand and
/// never stored; costs one part of a `$batch`.
#[Object]
impl Mail {
    /// Its id, valid for this viewer only. That of a mail in a shared mailbox differs each time it is read.
    pub async fn id(&self) -> ID {
        self.place.id(&self.message.id).to_string().into()
    }

    /// The link that joins it to the issue; null when it was found another way, such as with its conversation.
    /// `unlink` takes it.
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
        self.received()
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

    /// The conversation it belongs to, an id of its mailbox.
    async fn conversation_id(&self) -> Option<ID> {
        self.message.conversation_id.clone().map(ID)
    }

    /// Its RFC 5322 Message-ID, the same for everybody who received it; null for a draft.
    async fn internet_message_id(&self) -> Option<ID> {
        self.message.internet_message_id.clone().map(ID)
    }

    /// What is attached to it, the first hundred; null with an error when that could not be read. Costs one more part
    /// of a `$batch`.
    async fn attachments(&self, ctx: &Context<'_>) -> Option<Result<Vec<MailAttachment>, Error>> {
        let path = mail::attachment::list(&self.place.mailbox, &self.found_by);
        Some(attachment::of_mail(ctx.operation(), path).await)
    }
}

/// Queries for mails.
#[derive(Default)]
pub struct MailQuery;

#[Object]
impl MailQuery {
    /// A mail by its id. Null when it is not there, or was moved to another mailbox. Costs one Graph call.
    async fn mail(&self, ctx: &Context<'_>, id: ID) -> Option<Result<Mail, Error>> {
        if let Err(error) = ctx.operation().demand(&[Feature::Mail]).await {
            return Some(Err(error));
        }
        match id.parse::<NodeId>() {
            Ok(id) => by_node_id(ctx.operation(), &id, &Selection::of(ctx)).await,
            Err(malformed) => Some(Err(malformed.into())),
        }
    }

    /// What a host asks of the mail it shows: its issues, and what else might belong to it. The mail is found wherever
    /// it lies: by its id, and by its Message-ID when that id no longer fits. Null when it is not in the mailbox and no
    /// Message-ID was given.
    ///
    /// Costs one Graph call, one more for a moved mail's attachments, and of each site one Jira call for the issues
    /// and one for the suggestions.
    async fn mail_context(
        &self,
        ctx: &Context<'_>,
        input: context::MailContextInput,
    ) -> Option<Result<context::MailContext, Error>> {
        if let Err(error) = ctx.operation().demand(&[Feature::Mail]).await {
            return Some(Err(error));
        }
        context::of(ctx.operation(), &input, &Selection::of(ctx))
            .await
            .transpose()
    }
}
