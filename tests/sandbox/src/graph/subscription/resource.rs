//! What can be subscribed to: whose it is, which permission reads it, and for how long.
//! <https://learn.microsoft.com/graph/change-notifications-overview>

use url::form_urlencoded;

use crate::entra::Access;
use crate::graph::change::Item;
use crate::graph::exchange::{Reply, segments};
use crate::graph::filter::Filter;
use crate::graph::store::State;

/// What a subscription is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum About {
    /// Messages of a mailbox, or of one of its folders (by id).
    Messages {
        folder: Option<String>,
    },
    Events,
    /// Tasks of a list, by id.
    Tasks {
        list: String,
    },
    /// Messages of a chat, by id; without one, of all chats of a person.
    Chat {
        chat: Option<String>,
    },
}

/// A resource that was understood.
pub struct Resource {
    pub about: About,
    pub filter: Option<Filter>,
}

impl Resource {
    /// Reads the path of a resource for whoever subscribes.
    pub fn parse(state: &State, access: &Access, resource: &str) -> Result<Self, Reply> {
        let (path, query) = resource.split_once('?').unwrap_or((resource, ""));
        let found = segments(path);
        let lower: Vec<String> = found.iter().map(|it| it.to_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        let part = |place: usize| found.get(place).map(String::as_str).unwrap_or_default();
        // `me/x` and `users/{id}/x` are the same but for one segment.
        let (own, rest, place) = match lower.as_slice() {
            ["me", rest @ ..] => (true, rest, 1),
            ["users", who, rest @ ..] => {
                let me = &access.person;
                (
                    *who == me.oid.to_lowercase() || *who == me.email.to_lowercase(),
                    rest,
                    2,
                )
            }
            ["chats", _, "messages"] => (true, lower.as_slice(), 0),
            _ => return Err(unknown(resource)),
        };
        let about = match rest {
            ["messages"] => About::Messages { folder: None },
            ["mailfolders", _, "messages"] => About::Messages {
                folder: Some(part(place + 1).to_owned()),
            },
            ["events"] => About::Events,
            ["todo", "lists", _, "tasks"] => About::Tasks {
                list: part(place + 2).to_owned(),
            },
            ["chats", _, "messages"] => About::Chat {
                chat: Some(part(place + 1).to_owned()),
            },
            ["chats", "getallmessages"] => About::Chat { chat: None },
            _ => return Err(unknown(resource)),
        };
        // Delegated permissions reach one's own things only, whatever is shared.
        if !own {
            return Err(forbidden(
                "Access is denied. Check credentials and try again.",
            ));
        }
        about.check_permission(access)?;
        let about = about.found(state, access)?;
        let filter = options(&about, query)?;
        Ok(Self { about, filter })
    }
}

impl About {
    /// The longest life in minutes.
    pub fn most_minutes(&self) -> i64 {
        match self {
            Self::Messages { .. } | Self::Events => 10_080,
            Self::Tasks { .. } => 4_230,
            Self::Chat { .. } => 4_320,
        }
    }

    /// Whether it belongs to Teams, whose longer subscriptions must hear of their own life.
    pub fn is_teams(&self) -> bool {
        matches!(self, Self::Chat { .. })
    }

    /// Whether a change is of this kind of thing.
    pub fn covers(&self, item: &Item) -> bool {
        match (self, item) {
            (Self::Messages { folder }, Item::Message { folder: of, .. }) => {
                folder.as_ref().is_none_or(|it| it == of)
            }
            (Self::Tasks { list }, Item::Task { list: of, .. }) => list == of,
            (Self::Chat { chat }, Item::ChatMessage { chat: of, .. }) => {
                chat.as_ref().is_none_or(|it| it == of)
            }
            (Self::Events, Item::Event { .. }) => true,
            _ => false,
        }
    }

    /// What `kind` of event, as [`crate::event::Event`] names it, this is about.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Messages { .. } => "message",
            Self::Events => "event",
            Self::Tasks { .. } => "task",
            Self::Chat { .. } => "chatMessage",
        }
    }

    /// A subscription needs the permission that reads, and no other will do where there is one.
    fn check_permission(&self, access: &Access) -> Result<(), Reply> {
        let wanted: &[&str] = match self {
            Self::Messages { .. } => &["Mail.ReadBasic", "Mail.Read"],
            Self::Events => &["Calendars.Read"],
            Self::Tasks { .. } => &["Tasks.ReadWrite"],
            Self::Chat { .. } => &["Chat.Read", "Chat.ReadWrite"],
        };
        if wanted.iter().any(|it| access.scopes.contains(*it)) {
            return Ok(());
        }
        Err(forbidden(&format!(
            "Operation: Create; Exception: [Status Code: Forbidden; Reason: The token has none of the scopes {}.]",
            wanted.join(", ")
        )))
    }

    /// The same with ids instead of names, if it is there.
    fn found(self, state: &State, access: &Access) -> Result<Self, Reply> {
        let oid = &access.person.oid;
        let mailbox = state.mailboxes.get(oid).ok_or_else(Reply::item_not_found)?;
        Ok(match self {
            Self::Messages { folder: Some(name) } => {
                let folder = mailbox.folder(&name).ok_or_else(Reply::item_not_found)?;
                Self::Messages {
                    folder: Some(folder.id.clone()),
                }
            }
            Self::Tasks { list } => {
                let known = mailbox.lists.iter().any(|it| it.id == list);
                known
                    .then_some(Self::Tasks { list })
                    .ok_or_else(Reply::item_not_found)?
            }
            Self::Chat { chat: Some(chat) } => {
                let known = state.chats.iter().find(|it| it.id == chat);
                let member = known.is_some_and(|it| it.members.iter().any(|it| it.oid == *oid));
                let found = member.then_some(Self::Chat { chat: Some(chat) });
                found.ok_or_else(|| forbidden("The caller is not a member of the chat."))?
            }
            other => other,
        })
    }
}

/// Outlook takes `$filter` and `$select` in a resource, and nothing takes more.
fn options(about: &About, query: &str) -> Result<Option<Filter>, Reply> {
    let mut filter = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let outlook = matches!(about, About::Messages { .. } | About::Events);
        match name.to_lowercase().as_str() {
            "$filter" if outlook => {
                let parsed = Filter::parse(&value).map_err(|why| invalid(&why))?;
                filter = Some(parsed);
            }
            "$select" if outlook => {}
            _ => {
                let message = format!("The option '{name}' is not supported in a resource.");
                return Err(invalid(&message));
            }
        }
    }
    Ok(filter)
}

pub fn invalid(message: &str) -> Reply {
    Reply::bad_request("InvalidRequest", message)
}

/// Subscriptions refuse rights and quotas alike; which it is, only the message says.
pub fn forbidden(message: &str) -> Reply {
    Reply::error(http::StatusCode::FORBIDDEN, "ExtensionError", message)
}

fn unknown(resource: &str) -> Reply {
    invalid(&format!("Resource '{resource}' is not supported."))
}
