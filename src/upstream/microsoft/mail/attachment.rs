//! What is attached to a mail: the list, and the bytes as a stream that is never held as a whole.

use serde::Deserialize;

use super::Mailbox;
use crate::id::{GraphId, PersonId, encode};
use crate::upstream::http::Http;
use crate::upstream::microsoft::{self, Mailboxes, Outcome, Page, Path, download};
use crate::upstream::{Access, Error, Kind, Provider};

pub use crate::upstream::http::Download;

/// An inline image below so many bytes is a logo, not a picture somebody meant to send.
const LOGO: u64 = 32 * 1024;

/// What is attached, without its bytes.
/// <https://learn.microsoft.com/graph/api/resources/attachment>
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    pub id: GraphId,
    #[serde(default, rename = "@odata.type")]
    pub odata_type: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub content_type: Option<String>,
    /// In bytes, with what Exchange adds to them: a bound, not the length of the content.
    #[serde(default)]
    pub size: u64,
    #[serde(default)]
    pub is_inline: bool,
}

/// What kind of thing is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A file.
    File,
    /// A mail, event or contact.
    Item,
    /// A link to a file in the cloud.
    Reference,
}

impl Attachment {
    /// What it is, by its `@odata.type`; what is new to us is a file.
    pub fn shape(&self) -> Shape {
        match self.odata_type.rsplit('.').next() {
            Some("itemAttachment") => Shape::Item,
            Some("referenceAttachment") => Shape::Reference,
            _ => Shape::File,
        }
    }

    /// Whether it is most likely part of a signature: an image shown within the body, smaller than 32 KiB.
    pub fn is_signature(&self) -> bool {
        let image = self
            .content_type
            .as_deref()
            .is_some_and(|it| it.to_ascii_lowercase().starts_with("image/"));
        self.shape() == Shape::File && self.is_inline && image && self.size < LOGO
    }
}

/// Where a mail's attachments are listed. Named one by one, for without `$select` the bytes come along.
/// <https://learn.microsoft.com/graph/api/message-list-attachments>
pub fn list(mailbox: &Mailbox, mail: &GraphId) -> Path {
    let mail = mailbox.mail(mail);
    format!("{mail}/attachments?$select=id,name,contentType,size,isInline&$top=100")
}

/// The attachments in what was read for [`list`].
pub fn listed(outcome: &Outcome) -> Result<Vec<Attachment>, Error> {
    let json = outcome.as_ref().map_err(Clone::clone)?;
    let page = microsoft::parse::<Page<Attachment>>(json, "read attachments")?;
    Ok(page.value)
}

/// The attachments of a mail, in one Graph call.
pub async fn attachments(
    http: &Http,
    mailboxes: &Mailboxes,
    person: PersonId,
    access: &Access,
    mailbox: &Mailbox,
    mail: &GraphId,
) -> Result<Vec<Attachment>, Error> {
    let path = list(mailbox, mail);
    let paths = [path];
    let mut outcomes = microsoft::read(http, mailboxes, person, access, &paths).await;
    let invalid = || Error::new(Provider::Microsoft, "read attachments", Kind::Invalid);
    listed(&outcomes.remove(&paths[0]).ok_or_else(invalid)?)
}

/// The bytes of an attachment; an attached mail or event comes as MIME. A reference has none (`Refused`).
/// <https://learn.microsoft.com/graph/api/attachment-get>
pub async fn attachment_content(
    http: &Http,
    access: &Access,
    mailbox: &Mailbox,
    mail: &GraphId,
    attachment: &GraphId,
) -> Result<Download, Error> {
    let (mail, attachment) = (mailbox.mail(mail), encode(attachment.as_str()));
    let path = format!("{mail}/attachments/{attachment}/$value");
    download(http, access, "read an attachment", &path).await
}

/// A whole mail as MIME, what an `.eml` file holds.
/// <https://learn.microsoft.com/graph/outlook-get-mime-message>
pub async fn mime(
    http: &Http,
    access: &Access,
    mailbox: &Mailbox,
    mail: &GraphId,
) -> Result<Download, Error> {
    let path = format!("{}/$value", mailbox.mail(mail));
    download(http, access, "read a mail as MIME", &path).await
}
