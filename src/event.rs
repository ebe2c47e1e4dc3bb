//! What happened to which id. Nothing else may travel: an event never carries content.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

use crate::feature::Feature;
use crate::id::{
    EntraUser, EventId, GraphId, IssueId, JiraId, LinkId, PersonId, SiteId, TransferId, ZoomNumber,
    ZoomUserId, ZoomUuid, encode,
};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The same however often the sender repeats itself.
    pub id: EventId,
    /// When, in Unix milliseconds, as the sender says; our own clock where it does not.
    pub at: i64,
    /// What.
    pub what: What,
}

/// What happened, and to which id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// Something on an issue's own page.
    Issue {
        site: SiteId,
        issue: IssueId,
        /// Jira's number of the project; a comment's delivery need not say.
        project: Option<JiraId>,
        change: IssueChange,
        /// The comment, when it was about one.
        comment: Option<JiraId>,
    },
    /// A link of an issue was made or taken away.
    Link {
        site: SiteId,
        issue: IssueId,
        link: LinkId,
        target: LinkKind,
        /// Who made it.
        by: PersonId,
        added: bool,
    },
    /// A mail in somebody's own mailbox.
    Mail {
        owner: EntraUser,
        mail: GraphId,
        change: Change,
    },
    /// An event in somebody's own calendar.
    CalendarEvent {
        owner: EntraUser,
        event: GraphId,
        change: Change,
    },
    /// A message in a Teams chat, of a member's Entra tenant.
    ChatMessage {
        tenant: Uuid,
        chat: GraphId,
        change: Change,
    },
    /// A To Do task.
    Task {
        owner: EntraUser,
        list: GraphId,
        task: GraphId,
        change: Change,
    },
    /// A Zoom meeting. Zoom does not say of every change whose it is.
    ZoomMeeting {
        host: Option<ZoomUserId>,
        meeting: ZoomNumber,
        change: MeetingChange,
    },
    /// The recordings of one Zoom meeting instance.
    ZoomRecording {
        host: Option<ZoomUserId>,
        meeting: Option<ZoomNumber>,
        recording: ZoomUuid,
        change: RecordingChange,
    },
    /// A transfer of a recording into an issue got further, or ended.
    Transfer {
        site: SiteId,
        issue: IssueId,
        transfer: TransferId,
        change: TransferChange,
    },
    /// Things of a person's own may have happened that nobody told us of: whoever listens to them reads them again.
    Missed { owner: EntraUser, what: Personal },
    /// The administrators of a site switched something on or off.
    Switched { site: SiteId },
    /// The same of a Teams chat.
    MissedInChat { tenant: Uuid, chat: GraphId },
    /// Somebody disconnected an account: what they listen to by it ends.
    Disconnected { person: PersonId, account: Account },
    /// A Jira site took the app away: what is listened to in its panel ends.
    Uninstalled { site: SiteId },
}

/// Where an account is that somebody connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    Jira,
    Microsoft,
    Zoom,
}

impl What {
    /// What has to be switched on for it to be told.
    pub fn feature(&self) -> Option<Feature> {
        match self {
            Self::Issue { .. } => Some(Feature::IssueEvents),
            Self::Mail { .. } => Some(Feature::MailEvents),
            Self::CalendarEvent { .. } | Self::ZoomMeeting { .. } => Some(Feature::MeetingEvents),
            Self::ChatMessage { .. } => Some(Feature::ChatEvents),
            Self::Task { .. } => Some(Feature::TaskEvents),
            Self::ZoomRecording { .. } => Some(Feature::RecordingEvents),
            Self::Link { .. }
            | Self::Transfer { .. }
            | Self::Missed { .. }
            | Self::MissedInChat { .. }
            | Self::Switched { .. }
            | Self::Disconnected { .. }
            | Self::Uninstalled { .. } => None,
        }
    }
}

/// What happened on an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssueChange {
    Created,
    Updated,
    Deleted,
    Commented,
    CommentUpdated,
    CommentDeleted,
}

/// What a link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, async_graphql::Enum)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// A mail.
    Mail,
    /// An Outlook, Teams or Zoom meeting.
    Meeting,
    /// A Teams chat.
    Chat,
    /// A To Do task.
    Task,
    /// The recordings of a meeting.
    Recording,
}

/// What happened to something of Microsoft's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Created,
    Updated,
    Deleted,
}

/// What happened to a Zoom meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeetingChange {
    Created,
    Updated,
    Deleted,
    Started,
    Ended,
    ParticipantJoined,
    ParticipantLeft,
}

/// What happened to a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingChange {
    Completed,
    TranscriptCompleted,
    Trashed,
    Deleted,
    Recovered,
}

/// How far a transfer got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferChange {
    /// It was started, or a try begins.
    Begun,
    /// More bytes are sent.
    Moved,
    /// A try has ended, or all of it.
    Ended,
}

/// Where an event is heard: one object of one tenant. Holds ids only; as a NATS subject it stands behind a prefix.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(String);

/// What of a person's own in Microsoft 365 is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Personal {
    Mail,
    Calendar,
    Chats,
    Tasks,
}

impl Personal {
    /// As stored, and as part of a topic.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Calendar => "calendar",
            Self::Chats => "chats",
            Self::Tasks => "tasks",
        }
    }
}

impl Topic {
    /// All that happens to one issue.
    pub fn issue(site: SiteId, issue: IssueId) -> Self {
        Self(format!("site.{site}.issue.{issue}"))
    }

    /// What concerns all of a site.
    pub fn site(site: SiteId) -> Self {
        Self(format!("site.{site}"))
    }

    /// The new issues of one project.
    pub fn project(site: SiteId, project: &JiraId) -> Self {
        Self(format!("site.{site}.project.{project}"))
    }

    /// What a person may do.
    pub fn person(person: PersonId) -> Self {
        Self(format!("person.{person}"))
    }

    /// What is somebody's own in Microsoft 365.
    pub fn personal(owner: EntraUser, what: Personal) -> Self {
        let EntraUser { tid, oid } = owner;
        Self(format!("entra.{tid}.{oid}.{}", what.as_str()))
    }

    /// A Teams chat, as the members from one Entra tenant know it: Graph tells an app of each chat once, whoever asks.
    pub fn chat(tenant: Uuid, chat: &GraphId) -> Self {
        // An id may hold `:` and dots; a subject must not end in one.
        let chat = encode(chat.as_str()).replace('.', "%2E");
        Self(format!("entra.{tenant}.chat.{chat}"))
    }

    /// What a Zoom user hosts.
    pub fn zoom_user(user: &ZoomUserId) -> Self {
        Self(format!("zoom.user.{user}"))
    }

    /// One Zoom meeting, by its number.
    pub fn zoom_meeting(meeting: ZoomNumber) -> Self {
        Self(format!("zoom.meeting.{meeting}"))
    }

    /// The recordings of one Zoom meeting instance.
    pub fn zoom_recording(recording: &ZoomUuid) -> Self {
        // A UUID is base64; `+`, `/` and `=` are not for subjects.
        Self(format!("zoom.recording.{}", encode(recording.as_str())))
    }

    /// One transfer.
    pub fn transfer(site: SiteId, transfer: TransferId) -> Self {
        Self(format!("site.{site}.transfer.{transfer}"))
    }

    /// As text: words without spaces, separated by dots.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Event {
    /// Where it is to be heard; first the thing itself, whose events are in order for whoever listens to it.
    pub fn topics(&self) -> Vec<Topic> {
        match &self.what {
            What::Issue {
                site,
                issue,
                project,
                change,
                ..
            } => {
                let mut topics = vec![Topic::issue(*site, *issue)];
                if let (IssueChange::Created, Some(project)) = (change, project) {
                    topics.push(Topic::project(*site, project));
                }
                topics
            }
            What::Link { site, issue, .. } => vec![Topic::issue(*site, *issue)],
            What::Mail { owner, .. } => vec![Topic::personal(*owner, Personal::Mail)],
            What::CalendarEvent { owner, .. } => vec![Topic::personal(*owner, Personal::Calendar)],
            What::ChatMessage { tenant, chat, .. } | What::MissedInChat { tenant, chat } => {
                vec![Topic::chat(*tenant, chat)]
            }
            What::Task { owner, .. } => vec![Topic::personal(*owner, Personal::Tasks)],
            What::Missed { owner, what } => vec![Topic::personal(*owner, *what)],
            What::Disconnected { person, .. } => vec![Topic::person(*person)],
            What::Switched { site } | What::Uninstalled { site } => {
                vec![Topic::site(*site)]
            }
            What::ZoomMeeting { host, meeting, .. } => {
                let mut topics = vec![Topic::zoom_meeting(*meeting)];
                topics.extend(host.as_ref().map(Topic::zoom_user));
                topics
            }
            What::ZoomRecording {
                host,
                meeting,
                recording,
                ..
            } => {
                let mut topics = vec![Topic::zoom_recording(recording)];
                topics.extend(host.as_ref().map(Topic::zoom_user));
                topics.extend(meeting.map(Topic::zoom_meeting));
                topics
            }
            What::Transfer {
                site,
                issue,
                transfer,
                change,
            } => {
                let mut topics = vec![Topic::transfer(*site, *transfer)];
                if *change != TransferChange::Moved {
                    // How many bytes it is now concerns only those who watch it.
                    topics.push(Topic::issue(*site, *issue));
                }
                topics
            }
        }
    }
}

impl EventId {
    /// The id of what these parts name: the first half of their SHA-256, so that a repetition has the same.
    pub fn of(parts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part.len().to_be_bytes());
            digest.update(part.as_bytes());
        }
        let digest: [u8; 32] = digest.finalize().into();
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        Self::from(Builder::from_random_bytes(half).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, IssueChange, What};
    use crate::id::{EventId, SiteId};

    #[test]
    fn a_repetition_has_the_same_id_and_parts_do_not_run_into_each_other() {
        assert_eq!(EventId::of(&["a", "b"]), EventId::of(&["a", "b"]));
        assert_ne!(EventId::of(&["ab", ""]), EventId::of(&["a", "b"]));
    }

    #[test]
    fn a_new_issue_is_heard_at_the_issue_and_at_its_project() {
        let event = Event {
            id: EventId::random(),
            at: 0,
            what: What::Issue {
                site: SiteId::random(),
                issue: "10042".parse().unwrap(),
                project: Some("10000".parse().unwrap()),
                change: IssueChange::Created,
                comment: None,
            },
        };
        let topics = event.topics();
        assert!(topics[0].as_str().ends_with(".issue.10042"));
        assert!(topics[1].as_str().ends_with(".project.10000"));
        let again: Event = serde_json::from_str(&serde_json::to_string(&event).unwrap()).unwrap();
        assert_eq!(again, event);
    }
}
