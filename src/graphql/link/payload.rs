//! What linking answers.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};

use crate::graphql::chat::{self, Chat};
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::Error;
use crate::graphql::join::{self, Found};
use crate::graphql::mail::{self, Mail};
use crate::graphql::meeting::{self, Meeting};
use crate::graphql::recording::{self, Recording};
use crate::graphql::scalar::DateTime;
use crate::graphql::selection::Selection;
use crate::graphql::task::{self, Task};
use crate::id::NodeId;
use crate::store::link::{Kind as LinkKind, Link as Stored};

/// Why a request was not carried out.
#[derive(Debug, Clone, SimpleObject)]
pub struct UserError {
    /// A stable code, as in `errors[].extensions.code`, or one of `NOT_FOUND`, `FIELD_REQUIRED`, `FIELD_INVALID`,
    /// `CONFLICT`, `TOO_LARGE`, `FILE_TOO_LARGE`, `NOT_A_FILE` and `ATTACHMENTS_DISABLED`; `IN_PROGRESS` and
    /// `OUTCOME_UNKNOWN` ask for the same key once more.
    pub(super) code: String,
    /// Which input it is about.
    pub(super) field: Option<Vec<String>>,
    /// One sentence for people.
    pub(super) message: String,
}

/// A stored link: ids only.
#[derive(Debug, Clone, SimpleObject)]
pub struct Link {
    /// Its id; `unlink` takes it.
    id: ID,
    /// What it leads to.
    kind: LinkKind,
    /// When it was made.
    created_at: DateTime,
    /// Whether it leads to the whole conversation of a mail, later ones too.
    whole_conversation: bool,
}

impl From<&Stored> for Link {
    fn from(link: &Stored) -> Self {
        Self {
            id: NodeId::Link(link.id).to_string().into(),
            kind: link.target.kind(),
            created_at: DateTime::from_millis(link.created_at),
            whole_conversation: link.target.is_conversation(),
        }
    }
}

impl UserError {
    /// With a code, about an input (as a path below `input`), in one sentence.
    pub fn new(code: &str, input: &[&str], message: &str) -> Self {
        let path = std::iter::once("input").chain(input.iter().copied());
        Self {
            code: code.to_owned(),
            field: Some(path.map(str::to_owned).collect()),
            message: message.to_owned(),
        }
    }

    /// About no input more than about another.
    pub fn general(code: &str, message: &str) -> Self {
        Self {
            code: code.to_owned(),
            field: None,
            message: message.to_owned(),
        }
    }

    /// The same about a member of that input.
    #[must_use]
    pub fn below(mut self, member: &str) -> Self {
        self.field.get_or_insert_default().push(member.to_owned());
        self
    }

    /// About one input.
    pub fn of(field: &str, error: &Error) -> Self {
        Self {
            code: error.code().to_owned(),
            field: Some(vec!["input".to_owned(), field.to_owned()]),
            message: error.message().to_owned(),
        }
    }
}

macro_rules! link_payload {
    ($payload:ident, $field:ident, $thing:ident, $doc:literal, $found:expr) => {
        #[doc = $doc]
        #[derive(SimpleObject)]
        #[graphql(complex)]
        pub struct $payload {
            /// The link; null when it was not made.
            link: Option<Link>,
            /// Why it was not made.
            user_errors: Vec<UserError>,
            #[graphql(skip)]
            stored: Option<Stored>,
        }

        #[ComplexObject]
        impl $payload {
            /// What was linked, read anew.
            async fn $field(&self, ctx: &Context<'_>) -> Option<Result<$thing, Error>> {
                let stored = self.stored.as_ref()?;
                let selection = Selection::of(ctx);
                let read = join::read(ctx.operation(), &[(stored.clone(), &selection)]).await;
                let read = match read {
                    Ok(read) => read,
                    Err(error) => return Some(Err(error)),
                };
                let found: Found<$thing> = ($found)(&read, stored, &selection);
                found.into_field()
            }
        }

        impl From<Result<Stored, UserError>> for $payload {
            fn from(outcome: Result<Stored, UserError>) -> Self {
                match outcome {
                    Ok(stored) => Self {
                        link: Some(Link::from(&stored)),
                        user_errors: Vec::new(),
                        stored: Some(stored),
                    },
                    Err(error) => Self {
                        link: None,
                        user_errors: vec![error],
                        stored: None,
                    },
                }
            }
        }
    };
}

link_payload!(
    LinkMailPayload,
    mail,
    Mail,
    "What `linkMail` did.",
    mail::found
);
link_payload!(
    LinkMeetingPayload,
    meeting,
    Meeting,
    "What `linkMeeting` did.",
    meeting::found
);
link_payload!(
    LinkChatPayload,
    chat,
    Chat,
    "What `linkChat` did.",
    chat::found
);
link_payload!(
    LinkTaskPayload,
    task,
    Task,
    "What `linkTask` did.",
    task::found
);
link_payload!(
    LinkRecordingPayload,
    recording,
    Recording,
    "What `linkRecording` did.",
    |read: &_, link: &_, _: &_| recording::found(read, link)
);

/// What `unlink` did.
#[derive(SimpleObject)]
pub struct UnlinkPayload {
    /// The id of the link that is gone; null when nothing was done.
    pub(super) unlinked: Option<ID>,
    /// Why nothing was done.
    pub(super) user_errors: Vec<UserError>,
}
