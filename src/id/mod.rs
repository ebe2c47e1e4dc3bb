//! One type per id, made only by parsing: an id that exists is safe to put into a path, a filter or a row.

mod zoom;

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use zoom::ZoomNumber;

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes one path segment or query value, leaving only RFC 3986's unreserved characters.
pub fn encode(value: &str) -> String {
    utf8_percent_encode(value, RESERVED).to_string()
}

/// What was given is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not {expected}")]
pub struct Malformed {
    /// What would have been right, as a phrase: "an issue key such as DEMO-42".
    pub expected: &'static str,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(Uuid);

        impl $name {
            /// A new one that nobody can guess.
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Malformed;
            fn from_str(text: &str) -> Result<Self, Malformed> {
                Uuid::try_parse(text).map(Self).map_err(|_| Malformed { expected: $expected })
            }
        }
    };
}

uuid_id!(
    /// A Jira site that installed Trefoil; the row's own id, never Atlassian's client key.
    SiteId,
    "a site id"
);
uuid_id!(
    /// A person, joined by their own sign-ins and by nothing else.
    PersonId,
    "a person id"
);
uuid_id!(
    /// One request's id: in our log, in its errors and in its answer's `x-correlation-id`.
    CorrelationId,
    "a correlation id"
);
uuid_id!(
    /// A stored link between an issue and something of another provider.
    LinkId,
    "a link id"
);

uuid_id!(
    /// A transfer of a recording into an issue.
    TransferId,
    "a transfer id"
);
uuid_id!(
    /// One thing that happened, the same however often it is told.
    EventId,
    "an event id"
);

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $longest:literal, $expected:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(String);

        impl $name {
            /// The id as the provider spells it. Percent-encode it with [`encode`] on the way into a URL.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = Malformed;
            fn from_str(text: &str) -> Result<Self, Malformed> {
                let allowed: fn(char) -> bool = $allowed;
                if text.is_empty() || text.len() > $longest || !text.chars().all(allowed) {
                    return Err(Malformed { expected: $expected });
                }
                Ok(Self(text.to_owned()))
            }
        }
    };
}

text_id!(
    /// An Atlassian account id, such as `5b10a2844c20165700ede21g` or `557058:uuid`.
    AccountId,
    128,
    "an Atlassian account id",
    |c| c.is_ascii_alphanumeric() || "-:_".contains(c)
);
text_id!(
    /// An id of Microsoft Graph: a message, event, chat, list or task. Case counts.
    GraphId,
    512,
    "a Microsoft Graph id",
    |c| c.is_ascii_graphic() && !"'\"<>\\".contains(c)
);
text_id!(
    /// A Zoom meeting instance's UUID: base64, which may hold `/`, `+` and `=`.
    ZoomUuid,
    64,
    "a Zoom meeting UUID",
    |c| c.is_ascii_alphanumeric() || "/+=-_".contains(c)
);
text_id!(
    /// Zoom's id of a user, such as `x1yCzABCDEfg23HiJKl4mN`.
    ZoomUserId,
    64,
    "a Zoom user id",
    |c| c.is_ascii_alphanumeric() || "-_".contains(c)
);
text_id!(
    /// An iCalendar UID (RFC 5545 3.8.4.7), the same in every attendee's calendar.
    ICalUid,
    512,
    "an iCalendar UID",
    |c| c.is_ascii_graphic() && !"'\"<>\\".contains(c)
);

text_id!(
    /// The name of a shared mailbox, sealed for one person: an address is content, and no id may hold it.
    SealedMailbox,
    1024,
    "a mailbox that this API handed out",
    |c| c.is_ascii_alphanumeric() || "-_".contains(c)
);

text_id!(
    /// A project of Jira, by its number or its key.
    ProjectRef,
    64,
    "a project's id, or its key such as DEMO",
    |c| c.is_ascii_alphanumeric() || c == '_'
);
text_id!(
    /// Jira's id of an issue type, a transition, an option, a comment or an attachment.
    JiraId,
    64,
    "an id of Jira",
    |c| c.is_ascii_alphanumeric() || "-_".contains(c)
);
text_id!(
    /// Jira's id of a field, such as `priority` or `customfield_10010`.
    FieldId,
    128,
    "a field's id, as `createForm` gives it",
    |c| c.is_ascii_alphanumeric() || "-_.".contains(c)
);

/// A tenant whose rows are kept apart from everyone else's: a Jira site, or an Entra tenant for people who never
/// opened Jira's panel.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TenantId(String);

impl TenantId {
    /// The tenant of everyone who comes from this site.
    pub fn of_site(site: SiteId) -> Self {
        Self(format!("site:{site}"))
    }

    /// The tenant of people known only by their Entra sign-in; `tid` is Entra's tenant GUID.
    pub fn of_entra(tid: Uuid) -> Self {
        Self(format!("entra:{tid}"))
    }

    /// Whose people its people are.
    pub fn place(&self) -> Place {
        let (kind, id) = self.0.split_once(':').unwrap_or_default();
        let id = Uuid::try_parse(id).unwrap_or_default();
        if kind == "site" {
            Place::Site(SiteId(id))
        } else {
            Place::Entra(id)
        }
    }

    /// As stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a tenant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A Jira site.
    Site(SiteId),
    /// An Entra tenant, by its GUID.
    Entra(Uuid),
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TenantId {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = Malformed {
            expected: "a tenant id",
        };
        let (kind, rest) = text.split_once(':').ok_or(malformed.clone())?;
        if !matches!(kind, "site" | "entra") || Uuid::try_parse(rest).is_err() {
            return Err(malformed);
        }
        Ok(Self(text.to_owned()))
    }
}

/// A person as Entra knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EntraUser {
    /// The tenant.
    pub tid: Uuid,
    /// The object id, which is also the Graph user id.
    pub oid: Uuid,
}

/// Jira's number of an issue, unique within a site and stable when the issue moves to another project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IssueId(u64);

impl IssueId {
    /// The number itself.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for IssueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for IssueId {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        text.parse()
            .ok()
            .filter(|_| digits)
            .map(Self)
            .ok_or(Malformed {
                expected: "an issue id such as 10042",
            })
    }
}

/// An issue key such as `DEMO-42`, upper-cased.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IssueKey(String);

impl IssueKey {
    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IssueKey {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = Malformed {
            expected: "an issue key such as DEMO-42",
        };
        let (project, number) = text.trim().rsplit_once('-').ok_or(malformed.clone())?;
        let starts = project.starts_with(|c: char| c.is_ascii_alphabetic());
        let rest = project
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_');
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        if !starts || !rest || !digits || text.len() > 64 {
            return Err(malformed);
        }
        Ok(Self(text.trim().to_ascii_uppercase()))
    }
}

/// An RFC 5322 Message-ID with its angle brackets: how one mail is found in anybody's mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageId(String);

impl MessageId {
    /// With the angle brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MessageId {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = Malformed {
            expected: "a Message-ID such as <abc@example.com>",
        };
        let text = text.trim();
        let inner = text
            .strip_prefix('<')
            .and_then(|rest| rest.strip_suffix('>'))
            .unwrap_or(text);
        let plain = inner
            .chars()
            .all(|c| c.is_ascii_graphic() && !"<>".contains(c));
        if inner.is_empty() || inner.len() > 900 || !plain {
            return Err(malformed);
        }
        Ok(Self(format!("<{inner}>")))
    }
}

/// The schema's `ID`: opaque to clients, it holds a kind and ids, never content.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NodeId {
    /// A Jira site.
    Site(SiteId),
    /// An issue of a site.
    Issue(SiteId, IssueId),
    /// A mail in the viewer's own mailbox.
    Mail(GraphId),
    /// A mail in a mailbox that is shared with the viewer.
    SharedMail(SealedMailbox, GraphId),
    /// An event in the viewer's own calendar.
    Event(GraphId),
    /// A Zoom meeting.
    ZoomMeeting(ZoomNumber),
    /// A Teams chat.
    Chat(GraphId),
    /// A To Do task: its list, then the task.
    Task(GraphId, GraphId),
    /// The recordings of one Zoom meeting instance.
    ZoomRecording(ZoomUuid),
    /// A stored link.
    Link(LinkId),
    /// A transfer of a recording into an issue.
    Transfer(TransferId),
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = match self {
            Self::Site(site) => format!("site\n{site}"),
            Self::Issue(site, issue) => format!("issue\n{site}\n{issue}"),
            Self::Mail(id) => format!("mail\n{id}"),
            Self::SharedMail(mailbox, id) => format!("shared-mail\n{mailbox}\n{id}"),
            Self::Event(id) => format!("event\n{id}"),
            Self::ZoomMeeting(number) => format!("zoom-meeting\n{number}"),
            Self::Chat(id) => format!("chat\n{id}"),
            Self::Task(list, task) => format!("task\n{list}\n{task}"),
            Self::ZoomRecording(uuid) => format!("zoom-recording\n{uuid}"),
            Self::Link(link) => format!("link\n{link}"),
            Self::Transfer(transfer) => format!("transfer\n{transfer}"),
        };
        f.write_str(&URL_SAFE_NO_PAD.encode(plain))
    }
}

impl FromStr for NodeId {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = Malformed {
            expected: "an id that this API handed out",
        };
        let bytes = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| malformed.clone())?;
        let plain = String::from_utf8(bytes).map_err(|_| malformed.clone())?;
        let parts: Vec<&str> = plain.split('\n').collect();
        Ok(match parts.as_slice() {
            ["site", site] => Self::Site(site.parse()?),
            ["issue", site, issue] => Self::Issue(site.parse()?, issue.parse()?),
            ["mail", id] => Self::Mail(id.parse()?),
            ["shared-mail", mailbox, id] => Self::SharedMail(mailbox.parse()?, id.parse()?),
            ["event", id] => Self::Event(id.parse()?),
            ["zoom-meeting", number] => Self::ZoomMeeting(number.parse()?),
            ["chat", id] => Self::Chat(id.parse()?),
            ["task", list, task] => Self::Task(list.parse()?, task.parse()?),
            ["zoom-recording", uuid] => Self::ZoomRecording(uuid.parse()?),
            ["link", link] => Self::Link(link.parse()?),
            ["transfer", transfer] => Self::Transfer(transfer.parse()?),
            _ => return Err(malformed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{IssueId, IssueKey, MessageId, NodeId, SiteId, ZoomNumber};

    #[test]
    fn a_node_id_survives_the_round_trip() {
        let task = NodeId::Task("AAMk=".parse().unwrap(), "ALKm-_=".parse().unwrap());
        let issue = NodeId::Issue(SiteId::random(), "10042".parse().unwrap());
        for id in [task, issue] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn what_could_break_out_of_jql_or_a_path_is_not_an_id() {
        for text in [
            "1 OR 1=1",
            "../10",
            "-1",
            "+1",
            "",
            "99999999999999999999999",
        ] {
            assert!(text.parse::<IssueId>().is_err(), "{text}");
        }
        for text in ["DEMO-42\" OR project=X", "42", "DEMO-", "-42", "DE MO-1"] {
            assert!(text.parse::<IssueKey>().is_err(), "{text}");
        }
        assert!(
            "<a@b'or'1'='1>".parse::<MessageId>().is_ok(),
            "a quote is legal, and doubled where it is used"
        );
        assert!("<a@b> or true".parse::<MessageId>().is_err());
        assert!("<a@b>\r\nX: y".parse::<MessageId>().is_err());
        assert!("857 4606 5123".parse::<ZoomNumber>().is_ok());
    }
}
