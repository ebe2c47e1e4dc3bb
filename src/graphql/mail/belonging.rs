//! Whether a mail belongs to an issue: by a link of itself, or of its conversation.

use std::sync::Arc;

use super::context;
use super::{Mail, Place};
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::join;
use crate::graphql::selection::{Selection, also};
use crate::id::{GraphId, LinkId};
use crate::store::link::Link;
use crate::upstream::microsoft::mail::{self, Message, thread};

/// A mail of the viewer's own mailbox, if one of these links leads to it or to its conversation. Costs one Graph call.
pub async fn belonging(
    operation: &Operation,
    id: &GraphId,
    links: &[Link],
    selection: &Selection,
) -> Result<Option<(Mail, LinkId)>, Error> {
    let needed = ["internetMessageId", thread::HEADERS];
    let select = also(&selection.graph(mail::FIELDS), &needed);
    let path = mail::by_id(&Place::default().mailbox, id, &select);
    let outcome = operation.graph().try_load(path).await;
    let outcome = outcome.map_err(|error| Error::internal(&error))?;
    let found: Option<Arc<Message>> = join::one(Some(&outcome), "read a mail").some()?;
    Ok(found.and_then(|message| {
        let link = links.iter().find(|it| context::belongs(&message, it))?.id;
        Some((Mail::new(message, Some(link)).found_by(id.clone()), link))
    }))
}
