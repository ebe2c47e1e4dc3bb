//! How much Graph lets one app ask at once of one mailbox or chat.
//! <https://learn.microsoft.com/graph/throttling-limits>

use std::collections::HashMap;
use std::sync::Arc;

use super::exchange::Reply;
use crate::recorder::now;
use crate::world::World;

/// Requests under way for one app and mailbox.
pub const AT_ONCE: usize = 4;

/// The parts of an address that Outlook answers, and so counts.
const OUTLOOK: &[&str] = &[
    "messages",
    "mailFolders",
    "sendMail",
    "translateExchangeIds",
    "calendar",
    "calendars",
    "calendarView",
    "events",
    "todo",
    "people",
    "photo",
    "photos",
];

/// The limits in force and what is under way.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// Whether each part of a batch takes a place of its own, instead of one for all its parts of a mailbox.
    pub count_batch_parts: bool,
    /// Requests per second and chat; none is no limit.
    pub chat_rate: Option<f64>,
    /// Whether subscriptions go on although the token behind them is over.
    pub ignore_dead_tokens: bool,
    /// By object id of the mailbox.
    under_way: HashMap<String, usize>,
    /// When each chat may be asked again, in seconds since 1970.
    chats: HashMap<String, f64>,
}

impl Limits {
    /// The same limits with nothing counted, but for what is under way.
    pub fn renewed(&self) -> Self {
        Self {
            under_way: self.under_way.clone(),
            ..Self::default()
        }
    }

    /// Counts a read or write of a chat, or says how many seconds to wait.
    pub fn chat(&mut self, chat: &str) -> Result<(), Reply> {
        let Some(rate) = self.chat_rate else {
            return Ok(());
        };
        let next = self.chats.entry(chat.to_owned()).or_default();
        if *next > now() {
            return Err(Reply::error(
                http::StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequests",
                "Too many requests for this chat.",
            )
            .set(http::header::RETRY_AFTER, "1"));
        }
        *next = now() + 1.0 / rate;
        Ok(())
    }
}

/// Places taken in a mailbox; dropping it gives them back.
pub struct Places {
    world: Arc<World>,
    mailbox: String,
    taken: usize,
}

impl Places {
    /// Takes places in a mailbox, or refuses as Outlook does.
    pub fn take(world: &Arc<World>, mailbox: &str, wanted: usize) -> Result<Self, Reply> {
        let mut graph = world.graph();
        let under_way = graph
            .limits
            .under_way
            .entry(mailbox.to_owned())
            .or_default();
        if *under_way + wanted > AT_ONCE {
            return Err(Reply::throttled(
                "Application is over its MailboxConcurrency limit.",
                1,
            ));
        }
        *under_way += wanted;
        drop(graph);
        Ok(Self {
            world: Arc::clone(world),
            mailbox: mailbox.to_owned(),
            taken: wanted,
        })
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        let mut graph = self.world.graph();
        if let Some(under_way) = graph.limits.under_way.get_mut(&self.mailbox) {
            *under_way = under_way.saturating_sub(self.taken);
        }
    }
}

/// The mailbox a request counts against, by object id; `caller` is the asking person's.
pub fn mailbox_of(world: &World, segments: &[String], caller: &str) -> Option<String> {
    let part = |index: usize| segments.get(index).map(String::as_str);
    let (owner, service) = match part(0)? {
        "me" => (caller.to_owned(), part(1)?),
        "users" => (world.graph().mailbox(part(1)?)?.owner.oid.clone(), part(2)?),
        _ => return None,
    };
    OUTLOOK.contains(&service).then_some(owner)
}
