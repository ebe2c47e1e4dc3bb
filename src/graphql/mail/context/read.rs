//! Reading the mail of a context: one `$batch` with the mail by id, by Message-ID, and what is attached to it.

use std::sync::Arc;

use super::super::{Mail, Place};
use super::Asked;
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::selection::also;
use crate::id::GraphId;
use crate::upstream;
use crate::upstream::microsoft::Path;
use crate::upstream::microsoft::mail::{self, Message, Sought, thread};

/// The mail, and the id it was found by.
pub struct Found {
    pub message: Arc<Message>,
    found_by: GraphId,
}

impl Found {
    /// For the answer.
    pub fn mail(self, place: Place) -> Mail {
        Mail::new(self.message, None)
            .at(place)
            .found_by(self.found_by)
    }
}

/// Reads the mail; `None` when it is not in the mailbox.
pub async fn mail(
    operation: &Operation,
    sought: &Sought,
    asked: &Asked,
) -> Result<Result<Option<Found>, upstream::Error>, Error> {
    let mut needed = vec!["internetMessageId"];
    if asked.issues.is_some() || asked.suggestions.is_some() {
        needed.extend(["subject", thread::HEADERS]);
    }
    if asked.suggestions.is_some() {
        needed.push("from");
    }
    let select = also(&asked.mail.graph(mail::FIELDS), &needed);
    let mut paths: Vec<Path> = sought.paths(&select);
    if let Some(item) = sought.item.as_ref()
        && asked.mail.has("attachments")
    {
        // Read along for the field to find it in the loader; in vain only when the mail was moved.
        paths.push(mail::attachment::list(&sought.mailbox, item));
    }
    let outcomes = operation
        .graph()
        .try_load_many(paths)
        .await
        .map_err(|error| Error::internal(&error))?;
    let found = sought.found(&select, |path| outcomes.get(path));
    Ok(found.map(|found| {
        found.map(|it| Found {
            found_by: it.found_by,
            message: Arc::new(it.message),
        })
    }))
}
