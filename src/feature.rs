//! What the administrators of a site can switch off: kinds of things that are joined, and kinds of events.

use async_graphql::Enum;

/// Something that flows between a site and its people's accounts only while it is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Enum)]
#[graphql(name = "Feature")]
pub enum Feature {
    /// Mails and conversations of issues, and everything Outlook's pane does with a mail.
    Mail,
    /// Meetings of issues, of Outlook, Teams and Zoom.
    Meetings,
    /// Teams chats of issues.
    Chats,
    /// To Do tasks of issues.
    Tasks,
    /// Everything of Zoom: its meetings and recordings.
    Zoom,
    /// Events of the site's issues and comments. Without it Jira's webhooks are dropped as they arrive.
    IssueEvents,
    /// Events of mails.
    MailEvents,
    /// Events of meetings, of Outlook, Teams and Zoom.
    MeetingEvents,
    /// Events of Teams chats.
    ChatEvents,
    /// Events of To Do tasks.
    TaskEvents,
    /// Events of Zoom's recordings.
    RecordingEvents,
}

/// Which features of a site are on: all that are not switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Features {
    off: u16,
}

impl Feature {
    /// All of them, as they are listed.
    pub const ALL: [Self; 11] = [
        Self::Mail,
        Self::Meetings,
        Self::Chats,
        Self::Tasks,
        Self::Zoom,
        Self::IssueEvents,
        Self::MailEvents,
        Self::MeetingEvents,
        Self::ChatEvents,
        Self::TaskEvents,
        Self::RecordingEvents,
    ];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Meetings => "meetings",
            Self::Chats => "chats",
            Self::Tasks => "tasks",
            Self::Zoom => "zoom",
            Self::IssueEvents => "issue_events",
            Self::MailEvents => "mail_events",
            Self::MeetingEvents => "meeting_events",
            Self::ChatEvents => "chat_events",
            Self::TaskEvents => "task_events",
            Self::RecordingEvents => "recording_events",
        }
    }

    /// From what is stored; `None` of a feature that another version knows.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl Features {
    /// Whether one is on.
    pub fn is_on(self, feature: Feature) -> bool {
        self.off & feature.bit() == 0
    }

    /// Whether several are on, all of them.
    pub fn are_on(self, features: &[Feature]) -> bool {
        features.iter().all(|&it| self.is_on(it))
    }

    /// The same with one switched off.
    #[must_use]
    pub fn without(self, feature: Feature) -> Self {
        Self {
            off: self.off | feature.bit(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Feature, Features};

    #[test]
    fn everything_is_on_until_it_is_switched_off_and_nothing_else_with_it() {
        let off = Features::default().without(Feature::Chats);
        for feature in Feature::ALL {
            assert!(Features::default().is_on(feature));
            assert_eq!(off.is_on(feature), feature != Feature::Chats);
            assert_eq!(Feature::parse(feature.as_str()), Some(feature));
        }
        assert!(!off.are_on(&[Feature::Mail, Feature::Chats]));
        assert!(off.are_on(&[Feature::Mail, Feature::Zoom]));
    }
}
