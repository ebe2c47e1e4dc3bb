//! The other end of a link, and how a row spells it.

use crate::event::LinkKind as Kind;
use crate::feature::Feature;
use crate::id::{GraphId, ICalUid, Malformed, MessageId, ZoomNumber, ZoomUuid};

/// The other end of a link, by an id that works for every person who may see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// A mail, found by its Message-ID in each viewer's own mailbox.
    Mail(MessageId),
    /// A mail and with it its whole conversation: the mail, then the one that the conversation began with.
    Conversation(MessageId, MessageId),
    /// A calendar event, found by its iCalendar UID in each viewer's own calendar.
    Event(ICalUid),
    /// A Zoom meeting by its number.
    ZoomMeeting(ZoomNumber),
    /// A Teams chat.
    Chat(GraphId),
    /// A To Do task of the person who linked it: list, then task.
    Task(GraphId, GraphId),
    /// The recordings of one Zoom meeting instance.
    ZoomRecording(ZoomUuid),
}

impl Kind {
    /// What has to be switched on for such things to be joined, where they are Zoom's or not.
    pub fn features(self, zoom: bool) -> &'static [Feature] {
        match (self, zoom) {
            (Self::Mail, _) => &[Feature::Mail],
            (Self::Meeting, false) => &[Feature::Meetings],
            (Self::Meeting, true) => &[Feature::Meetings, Feature::Zoom],
            (Self::Chat, _) => &[Feature::Chats],
            (Self::Task, _) => &[Feature::Tasks],
            (Self::Recording, _) => &[Feature::Zoom],
        }
    }
}

impl Target {
    /// What kind of thing this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Mail(_) | Self::Conversation(..) => Kind::Mail,
            Self::Event(_) | Self::ZoomMeeting(_) => Kind::Meeting,
            Self::Chat(_) => Kind::Chat,
            Self::Task(..) => Kind::Task,
            Self::ZoomRecording(_) => Kind::Recording,
        }
    }

    /// What has to be switched on for it to be joined.
    pub fn features(&self) -> &'static [Feature] {
        let zoom = matches!(self, Self::ZoomMeeting(_) | Self::ZoomRecording(_));
        self.kind().features(zoom)
    }

    /// The Message-ID, when this is a mail or its conversation.
    pub fn mail(&self) -> Option<&MessageId> {
        match self {
            Self::Mail(id) | Self::Conversation(id, _) => Some(id),
            _ => None,
        }
    }

    /// Whether the whole conversation of the mail is linked.
    pub fn is_conversation(&self) -> bool {
        matches!(self, Self::Conversation(..))
    }

    /// kind, provider, id, parent
    pub(super) fn columns(&self) -> (&'static str, &'static str, String, String) {
        match self {
            Self::Mail(id) => ("mail", "microsoft", id.as_str().to_owned(), String::new()),
            Self::Conversation(id, root) => (
                "mail",
                "microsoft",
                id.as_str().to_owned(),
                root.as_str().to_owned(),
            ),
            Self::Event(id) => ("meeting", "microsoft", id.to_string(), String::new()),
            Self::ZoomMeeting(number) => ("meeting", "zoom", number.to_string(), String::new()),
            Self::Chat(id) => ("chat", "microsoft", id.to_string(), String::new()),
            Self::Task(list, task) => ("task", "microsoft", task.to_string(), list.to_string()),
            Self::ZoomRecording(uuid) => ("recording", "zoom", uuid.to_string(), String::new()),
        }
    }

    pub(super) fn parse(
        kind: &str,
        provider: &str,
        id: &str,
        parent: &str,
    ) -> Result<Self, Malformed> {
        Ok(match (kind, provider) {
            ("mail", "microsoft") if parent.is_empty() => Self::Mail(id.parse()?),
            ("mail", "microsoft") => Self::Conversation(id.parse()?, parent.parse()?),
            ("meeting", "microsoft") => Self::Event(id.parse()?),
            ("meeting", "zoom") => Self::ZoomMeeting(id.parse()?),
            ("chat", "microsoft") => Self::Chat(id.parse()?),
            ("task", "microsoft") => Self::Task(parent.parse()?, id.parse()?),
            ("recording", "zoom") => Self::ZoomRecording(id.parse()?),
            _ => {
                return Err(Malformed {
                    expected: "a kind of link this version knows",
                });
            }
        })
    }
}
