//! Where a mail lies, and how a client names one: an id, a Message-ID, and the mailbox.

use async_graphql::{ID, InputObject};

use crate::grant;
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::id::{GraphId, Malformed, NodeId, SealedMailbox};
use crate::upstream::microsoft::mail::{Mailbox, Sought};

/// A mail as a host knows it. Give at least one of `itemId` and `internetMessageId`; with both, a mail that was moved
/// is found too.
#[derive(Debug, Clone, InputObject)]
pub struct MailRefInput {
    /// The mail: Graph's (REST) id of it in `mailbox`, or its id here.
    pub item_id: Option<ID>,
    /// Its RFC 5322 Message-ID, by which every recipient finds their own copy.
    pub internet_message_id: Option<String>,
    /// The address or the Graph id of a shared mailbox; left out, the viewer's own. Used for the call, never kept.
    pub mailbox: Option<String>,
}

/// The permission to read a mailbox that is shared with one.
/// <https://learn.microsoft.com/graph/permissions-reference#mailreadshared>
pub const SHARED: &str = "Mail.Read.Shared";

/// The mailbox that a mail lies in, and how ids name it.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// For Graph.
    pub mailbox: Mailbox,
    sealed: Option<SealedMailbox>,
}

/// Why a mail cannot be looked for: which input is wrong, and how.
#[derive(Debug, Clone)]
pub struct Unfit {
    /// The input.
    pub field: &'static str,
    /// What is wrong with it.
    pub error: Error,
}

impl Place {
    /// The mailbox a client names; nothing is the viewer's own.
    fn named(operation: &Operation, name: Option<&str>) -> Result<Self, Error> {
        let mailbox = Mailbox::parse(name)?;
        let sealed = match &mailbox {
            Mailbox::Own => None,
            Mailbox::Shared(address) => {
                let (app, caller) = (&operation.app, &operation.caller);
                Some(grant::seal_mailbox(app, caller, address)?)
            }
        };
        Ok(Self { mailbox, sealed })
    }

    /// The mailbox that one of the viewer's own ids names; `None` when the id was made for somebody else.
    pub fn sealed(operation: &Operation, sealed: &SealedMailbox) -> Option<Self> {
        let address = grant::open_mailbox(&operation.app, &operation.caller, sealed)?;
        Some(Self {
            mailbox: Mailbox::Shared(address),
            sealed: Some(sealed.clone()),
        })
    }

    /// The id of a mail that lies here.
    pub fn id(&self, mail: &GraphId) -> NodeId {
        match &self.sealed {
            None => NodeId::Mail(mail.clone()),
            Some(sealed) => NodeId::SharedMail(sealed.clone(), mail.clone()),
        }
    }
}

/// What to look for, and where. `item` is the name of the input that holds the id.
pub fn sought(
    operation: &Operation,
    item: (&'static str, Option<&ID>),
    internet_message_id: Option<&str>,
    mailbox: Option<&str>,
) -> Result<(Sought, Place), Unfit> {
    let (field, id) = item;
    let unfit = |field, error: Error| Unfit { field, error };
    let malformed = |field| move |it: Malformed| unfit(field, it.into());
    let named = |mailbox| Place::named(operation, mailbox).map_err(|error| unfit("mailbox", error));
    let message = internet_message_id
        .map(str::parse)
        .transpose()
        .map_err(malformed("internetMessageId"))?;
    let (item, place) = match id.map(|id| (id, id.parse())) {
        None if message.is_none() => {
            let error = Error::bad_input(format!("Give `{field}`, `internetMessageId` or both."));
            return Err(unfit(field, error));
        }
        None => (None, named(mailbox)?),
        Some((_, Ok(NodeId::Mail(id)))) => (Some(id), named(mailbox)?),
        Some((_, Ok(NodeId::SharedMail(sealed, id)))) => {
            let place = Place::sealed(operation, &sealed).ok_or_else(|| {
                let error = Error::bad_input("This id was not made for you. Name the `mailbox`.");
                unfit(field, error)
            })?;
            (Some(id), place)
        }
        Some((text, _)) => {
            let id = rest_id(text).map_err(malformed(field))?;
            (Some(id), named(mailbox)?)
        }
    };
    let sought = Sought {
        item,
        message,
        mailbox: place.mailbox.clone(),
    };
    Ok((sought, place))
}

/// Graph's id from what a host has: Exchange's own ids differ from it in two letters.
/// <https://learn.microsoft.com/javascript/api/outlook/office.mailbox#outlook-office-mailbox-converttorestid-member(1)>
fn rest_id(text: &str) -> Result<GraphId, Malformed> {
    text.replace('/', "-").replace('+', "_").parse()
}

impl MailRefInput {
    /// What to look for, and where.
    pub fn sought(&self, operation: &Operation) -> Result<(Sought, Place), Unfit> {
        sought(
            operation,
            ("itemId", self.item_id.as_ref()),
            self.internet_message_id.as_deref(),
            self.mailbox.as_deref(),
        )
    }
}
