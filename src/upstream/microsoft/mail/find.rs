//! Finding a mail wherever it lies in a mailbox: by its Graph id, and by its Message-ID when the id no longer fits.

use super::{Mailbox, Message, by_id, by_message_id};
use crate::id::{GraphId, MessageId, PersonId};
use crate::upstream::http::Http;
use crate::upstream::microsoft::{self, Mailboxes, Outcome, Page, Path};
use crate::upstream::{Access, Error, Kind, Provider};

const OPERATION: &str = "read a mail";

/// A mail as a host knows it. At least one of the ids is there.
#[derive(Debug, Clone)]
pub struct Sought {
    /// Graph's id of it in `mailbox`, which ends when the mail is moved unless it is an immutable one.
    pub item: Option<GraphId>,
    /// Its Message-ID, by which every recipient finds their own copy.
    pub message: Option<MessageId>,
    /// Where it lies.
    pub mailbox: Mailbox,
}

/// A mail that was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The mail.
    pub message: Message,
    /// The id that what belongs to it is read by: the one that was given, when it fits.
    pub found_by: GraphId,
}

impl Sought {
    /// What to read, to find it: two paths at most, for one `$batch`. `select` has to name `id`.
    pub fn paths(&self, select: &str) -> Vec<Path> {
        let by_id = self.item.iter().map(|id| by_id(&self.mailbox, id, select));
        let by_message_id = self
            .message
            .iter()
            .map(|id| by_message_id(&self.mailbox, id, select));
        by_id.chain(by_message_id).collect()
    }

    /// The mail in what was read for [`paths`](Self::paths); `None` when it is not in the mailbox.
    ///
    /// The Message-ID is asked as well because a host's item id may be Exchange's own, cut, or outdated. Where both
    /// are found, the id decides: a mailbox may hold several copies.
    pub fn found<'o>(
        &self,
        select: &str,
        mut outcome: impl FnMut(&Path) -> Option<&'o Outcome>,
    ) -> Result<Option<Found>, Error> {
        let invalid = || Error::new(Provider::Microsoft, OPERATION, Kind::Invalid);
        let mut failure = None;
        if let Some(id) = &self.item {
            match outcome(&by_id(&self.mailbox, id, select)) {
                Some(Ok(json)) => {
                    let message = microsoft::parse::<Message>(json, OPERATION)?;
                    let found_by = id.clone();
                    return Ok(Some(Found { message, found_by }));
                }
                Some(Err(error)) if error.kind == Kind::NotFound => {}
                Some(Err(error)) => failure = Some(error.clone()),
                None => failure = Some(invalid()),
            }
        }
        if let Some(id) = &self.message {
            match outcome(&by_message_id(&self.mailbox, id, select)) {
                Some(Ok(json)) => {
                    let page = microsoft::parse::<Page<Message>>(json, OPERATION)?;
                    if let Some(message) = page.value.into_iter().next() {
                        let found_by = message.id.clone();
                        return Ok(Some(Found { message, found_by }));
                    }
                }
                // A mailbox that is not there answers as a mail that is not.
                Some(Err(error)) if error.kind == Kind::NotFound => {}
                Some(Err(error)) => failure = Some(error.clone()),
                None => failure = Some(invalid()),
            }
        }
        failure.map_or(Ok(None), Err)
    }
}

/// Finds a mail in one Graph call; `None` when it is not in the mailbox.
///
/// `select` is Graph's `$select` and has to name `id`. Fails with `Forbidden` when the mailbox is not the viewer's to
/// read, or the token lacks `Mail.Read.Shared`: Graph says the same of both.
pub async fn find(
    http: &Http,
    mailboxes: &Mailboxes,
    person: PersonId,
    access: &Access,
    sought: &Sought,
    select: &str,
) -> Result<Option<Message>, Error> {
    let paths = sought.paths(select);
    let outcomes = microsoft::read(http, mailboxes, person, access, &paths).await;
    let found = sought.found(select, |path| outcomes.get(path))?;
    Ok(found.map(|it| it.message))
}
