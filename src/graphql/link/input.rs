//! What linking is asked for.

use async_graphql::{ID, InputObject};

use crate::graphql::meeting::MeetingProvider;

/// Which mail belongs to which issue.
#[derive(InputObject)]
pub struct LinkMailInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    pub(super) idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    pub(super) issue: ID,
    /// The mail, by its id here or by Graph's id of it in `mailbox`.
    pub(super) mail: Option<ID>,
    /// The mail by its RFC 5322 Message-ID, instead of `mail` or beside it: a mail that was moved is found by it.
    pub(super) internet_message_id: Option<String>,
    /// The address or the Graph id of a shared mailbox; left out, the viewer's own. Used for the call, never kept.
    pub(super) mailbox: Option<String>,
    /// Link the whole conversation, later mails too, instead of this mail only.
    #[graphql(default)]
    pub(super) whole_conversation: bool,
}

/// Which meeting belongs to which issue.
#[derive(InputObject)]
pub struct LinkMeetingInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    pub(super) idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    pub(super) issue: ID,
    /// Where the meeting takes place. May be left out: `meeting` tells.
    pub(super) provider: Option<MeetingProvider>,
    /// The meeting, by its id here, by Graph's id of the event, by Zoom's meeting number, or by a link to join it.
    pub(super) meeting: ID,
}

/// Which chat belongs to which issue.
#[derive(InputObject)]
pub struct LinkChatInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    pub(super) idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    pub(super) issue: ID,
    /// The chat, by its id here or by Graph's id of it.
    pub(super) chat: ID,
}

/// Which task belongs to which issue.
#[derive(InputObject)]
pub struct LinkTaskInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    pub(super) idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    pub(super) issue: ID,
    /// Graph's id of the To Do list. Not needed when `task` is an id of this API.
    pub(super) list: Option<ID>,
    /// The task, by its id here or by Graph's id of it.
    pub(super) task: ID,
}

/// Which recording belongs to which issue.
#[derive(InputObject)]
pub struct LinkRecordingInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    pub(super) idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    pub(super) issue: ID,
    /// The recording, by its id here or by Zoom's UUID of the meeting instance.
    pub(super) recording: ID,
}

/// Which link to take away.
#[derive(InputObject)]
pub struct UnlinkInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    pub(super) idempotency_key: String,
    /// The link.
    pub(super) link: ID,
}
