//! What is attached to a mail.

use async_graphql::{Enum, ID, SimpleObject};

use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::upstream::microsoft::mail::attachment::{self, Shape};
use crate::upstream::microsoft::{Path, mail};

/// Something attached to a mail. Its bytes are read only to pass them on, and never kept.
#[derive(Debug, Clone, SimpleObject)]
pub struct MailAttachment {
    /// Graph's id of it, which mutations that take attachments want.
    id: ID,
    /// Its file name, or the subject of an attached mail.
    name: String,
    /// Its media type, as the sender's program says; null for a link.
    content_type: Option<String>,
    /// In bytes, as Exchange counts: a little more than the file has.
    size: f64,
    /// Shown within the body.
    inline: bool,
    /// Most likely part of a signature: an image shown within the body, smaller than 32 KiB. Leave it out unless
    /// asked.
    signature: bool,
    /// What kind of thing it is.
    kind: MailAttachmentKind,
}

/// What kind of thing is attached to a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MailAttachmentKind {
    /// A file.
    File,
    /// A mail or event, which Jira receives as `.eml`.
    Item,
    /// A link to a file in the cloud, which cannot be attached.
    Reference,
}

impl From<attachment::Attachment> for MailAttachment {
    #[expect(
        clippy::cast_precision_loss,
        reason = "GraphQL has no 64-bit integer; sizes stay below 2^53"
    )]
    fn from(it: attachment::Attachment) -> Self {
        Self {
            signature: it.is_signature(),
            kind: match it.shape() {
                Shape::File => MailAttachmentKind::File,
                Shape::Item => MailAttachmentKind::Item,
                Shape::Reference => MailAttachmentKind::Reference,
            },
            id: it.id.to_string().into(),
            name: it.name.unwrap_or_default(),
            content_type: it.content_type,
            size: it.size as f64,
            inline: it.is_inline,
        }
    }
}

/// Reads a mail's attachments: one part of a `$batch`, shared with everything else that is read at the same time.
pub async fn of_mail(operation: &Operation, path: Path) -> Result<Vec<MailAttachment>, Error> {
    let outcome = operation
        .graph()
        .try_load(path)
        .await
        .map_err(|error| Error::internal(&error))?;
    let attachments = mail::attachment::listed(&outcome)?;
    Ok(attachments.into_iter().map(MailAttachment::from).collect())
}
