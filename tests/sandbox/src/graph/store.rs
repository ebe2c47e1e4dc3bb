//! What Microsoft 365 holds: mailboxes with mail, calendar and tasks, and each tenant's chats and meetings.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::change::{History, Item, Kind, tag, touch};
use super::subscription::Subscription;
use super::throttle::Limits;
use crate::world::{Person, digest};

/// Properties of an item as Graph writes them, without its id.
pub type Properties = Map<String, Value>;

/// What this vendor remembers.
#[derive(Default)]
pub struct State {
    /// By the owner's object id.
    pub mailboxes: BTreeMap<String, Mailbox>,
    pub chats: Vec<Chat>,
    /// What happened in all chats.
    pub talk: History,
    pub meetings: Vec<Meeting>,
    /// Who may read whose mailbox: owner's and reader's object ids.
    pub shares: BTreeSet<(String, String)>,
    pub limits: Limits,
    /// Who is told of what; a reset keeps them.
    pub subscriptions: Vec<Subscription>,
    /// How many notifications were made.
    pub notified: usize,
    /// Another one after every reset, so that delta tokens from before are known as such.
    pub epoch: String,
}

/// A mailbox: of a person, or shared.
pub struct Mailbox {
    pub owner: User,
    pub folders: Vec<Folder>,
    pub messages: Vec<Message>,
    pub events: Vec<Event>,
    pub lists: Vec<TaskList>,
    pub history: History,
    by_message_id: HashMap<String, Vec<usize>>,
    made: u32,
}

/// Somebody, or some mailbox, in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub oid: String,
    pub tid: String,
    pub name: String,
    pub email: String,
}

pub struct Folder {
    pub id: String,
    /// The name that addresses it in every language, such as `inbox`.
    pub well_known: Option<&'static str>,
    pub name: String,
}

pub struct Message {
    /// Changes whenever the message moves.
    pub id: String,
    pub immutable_id: String,
    pub folder: String,
    /// The body as plain text; the properties have it as HTML.
    pub text: String,
    /// The body without what it quotes, as HTML, where that is another.
    pub unique: Option<String>,
    /// The Message-IDs before it in its conversation, the first first.
    pub references: Vec<String>,
    pub properties: Properties,
    pub attachments: Vec<Attachment>,
}

/// A message before a mailbox has given it its ids.
pub struct Delivery {
    pub text: String,
    pub unique: Option<String>,
    pub references: Vec<String>,
    pub properties: Properties,
    pub attachments: Vec<Attachment>,
}

pub struct Attachment {
    pub id: String,
    /// Without the bytes.
    pub properties: Properties,
    pub content: Bytes,
}

pub struct Event {
    pub id: String,
    pub immutable_id: String,
    pub text: String,
    pub properties: Properties,
}

pub struct TaskList {
    pub id: String,
    pub properties: Properties,
    pub tasks: Vec<Task>,
}

pub struct Task {
    pub id: String,
    pub properties: Properties,
    pub linked: Vec<Value>,
}

pub struct Chat {
    pub id: String,
    pub properties: Properties,
    pub members: Vec<User>,
    /// Oldest first.
    pub messages: Vec<Value>,
}

/// A Teams meeting; everything about it is known by its organizer and those invited.
pub struct Meeting {
    pub id: String,
    pub join_url: String,
    pub organizer: User,
    pub attendees: Vec<User>,
    pub properties: Properties,
    pub recordings: Vec<Artifact>,
    pub transcripts: Vec<Artifact>,
}

/// A recording or a transcript.
pub struct Artifact {
    pub id: String,
    pub properties: Properties,
    pub content: Vec<u8>,
}

impl From<&Person> for User {
    fn from(person: &Person) -> Self {
        Self {
            oid: person.oid.clone(),
            tid: person.tid.clone(),
            name: person.name.to_owned(),
            email: person.email.clone(),
        }
    }
}

impl User {
    /// As mail and calendar name somebody.
    pub fn recipient(&self) -> Value {
        json!({"emailAddress": {"name": self.name, "address": self.email}})
    }

    /// As Teams names somebody.
    pub fn identity(&self) -> Value {
        json!({
            "@odata.type": "#microsoft.graph.teamworkUserIdentity",
            "id": self.oid, "displayName": self.name, "userIdentityType": "aadUser",
        })
    }
}

impl Mailbox {
    pub fn new(owner: User) -> Self {
        let mut mailbox = Self {
            owner,
            folders: Vec::new(),
            messages: Vec::new(),
            events: Vec::new(),
            lists: Vec::new(),
            history: History::default(),
            by_message_id: HashMap::new(),
            made: 0,
        };
        for (well_known, name) in [
            (Some("inbox"), "Inbox"),
            (Some("sentitems"), "Sent Items"),
            (Some("drafts"), "Drafts"),
            (Some("deleteditems"), "Deleted Items"),
            (Some("archive"), "Archive"),
        ] {
            mailbox.add_folder(well_known, name);
        }
        mailbox
    }

    /// A new id of the default kind. What it names is in it, so no two are the same.
    pub fn new_id(&mut self) -> String {
        self.made += 1;
        id("AAMkAG", &self.owner.oid, &self.made.to_string())
    }

    /// A new id that stays.
    pub fn new_immutable_id(&mut self) -> String {
        self.made += 1;
        id("AAkALg", &self.owner.oid, &self.made.to_string())
    }

    pub fn add_folder(&mut self, well_known: Option<&'static str>, name: &str) -> String {
        let id = id("AQMkAD", &self.owner.oid, name);
        self.folders.push(Folder {
            id: id.clone(),
            well_known,
            name: name.to_owned(),
        });
        id
    }

    /// A folder by id or well-known name.
    pub fn folder(&self, name: &str) -> Option<&Folder> {
        self.folders.iter().find(|it| {
            it.id == name
                || it
                    .well_known
                    .is_some_and(|it| it.eq_ignore_ascii_case(name))
        })
    }

    /// Puts a message in a folder and gives it its ids.
    pub fn deliver(&mut self, folder: &str, delivery: Delivery) -> &Message {
        let Delivery {
            text,
            unique,
            references,
            mut properties,
            attachments,
        } = delivery;
        let folder = self
            .folder(folder)
            .expect("mail is delivered to folders that are there")
            .id
            .clone();
        let (id, immutable_id) = (self.new_id(), self.new_immutable_id());
        properties.insert("parentFolderId".to_owned(), json!(folder));
        properties.insert(
            "webLink".to_owned(),
            json!(format!(
                "https://outlook.office365.com/owa/?ItemID={id}&exvsurl=1&viewmodel=ReadMessageItem"
            )),
        );
        if let Some(message_id) = properties.get("internetMessageId").and_then(Value::as_str) {
            let places = self.by_message_id.entry(message_id.to_owned()).or_default();
            places.push(self.messages.len());
        }
        self.messages.push(Message {
            id,
            immutable_id,
            folder,
            text,
            unique,
            references,
            properties,
            attachments,
        });
        self.note_message(Kind::Created, self.messages.len() - 1);
        self.messages.last().expect("one was just pushed")
    }

    /// Writes down what happened to a message.
    fn note_message(&mut self, kind: Kind, index: usize) {
        let message = &self.messages[index];
        let item = Item::Message {
            id: message.id.clone(),
            immutable_id: message.immutable_id.clone(),
            folder: message.folder.clone(),
        };
        self.history
            .note(kind, item, tag(&message.id, &message.properties));
    }

    /// Changes a message's properties.
    pub fn change_message(&mut self, index: usize, change: impl FnOnce(&mut Properties)) {
        let properties = &mut self.messages[index].properties;
        change(properties);
        touch(properties);
        self.note_message(Kind::Updated, index);
    }

    /// Writes down what happened to an event; a change leaves its mark on it.
    pub fn note_event(&mut self, kind: Kind, index: usize) {
        let event = &mut self.events[index];
        if kind == Kind::Updated {
            touch(&mut event.properties);
        }
        let item = Item::Event {
            id: event.id.clone(),
            immutable_id: event.immutable_id.clone(),
        };
        self.history
            .note(kind, item, tag(&event.id, &event.properties));
    }

    /// Takes away the events with this iCalendar UID.
    pub fn drop_events(&mut self, uid: &Value) {
        while let Some(index) = self
            .events
            .iter()
            .position(|it| &it.properties["iCalUId"] == uid)
        {
            self.note_event(Kind::Deleted, index);
            self.events.remove(index);
        }
    }

    /// Writes down what happened to a task.
    pub fn note_task(&mut self, kind: Kind, list: &str, task: &str) {
        let tasks = self.lists.iter().find(|it| it.id == list);
        let found = tasks.and_then(|it| it.tasks.iter().find(|it| it.id == task));
        let etag = found.map_or_else(String::new, |it| tag(&it.id, &it.properties));
        let item = Item::Task {
            list: list.to_owned(),
            id: task.to_owned(),
        };
        self.history.note(kind, item, etag);
    }

    /// A message by either kind of id. Ids are case-sensitive.
    pub fn message(&self, id: &str) -> Option<usize> {
        self.messages
            .iter()
            .position(|it| it.id == id || it.immutable_id == id)
    }

    /// The messages with this RFC 5322 Message-ID.
    pub fn by_message_id(&self, message_id: &str) -> &[usize] {
        self.by_message_id
            .get(message_id)
            .map_or(&[], Vec::as_slice)
    }

    /// Moves every copy of a message: each gets a new default id and keeps its immutable one.
    pub fn move_to(&mut self, message_id: &str, folder: &str) {
        let Some(folder) = self.folder(folder).map(|it| it.id.clone()) else {
            return;
        };
        for index in self.by_message_id(message_id).to_vec() {
            self.put(index, &folder);
        }
    }

    /// Moves one message to a folder, by the folder's id.
    pub fn put(&mut self, index: usize, folder: &str) {
        self.note_message(Kind::Deleted, index);
        let id = self.new_id();
        let message = &mut self.messages[index];
        message
            .properties
            .insert("parentFolderId".to_owned(), json!(folder));
        folder.clone_into(&mut message.folder);
        message.id = id;
        touch(&mut message.properties);
        self.note_message(Kind::Created, index);
    }

    /// Deletes every copy of a message.
    pub fn delete(&mut self, message_id: &str) {
        for index in self.by_message_id(message_id).to_vec() {
            self.note_message(Kind::Deleted, index);
        }
        self.messages
            .retain(|it| it.properties["internetMessageId"] != message_id);
        self.by_message_id.clear();
        for (index, message) in self.messages.iter().enumerate() {
            if let Some(id) = message.properties["internetMessageId"].as_str() {
                self.by_message_id
                    .entry(id.to_owned())
                    .or_default()
                    .push(index);
            }
        }
    }

    pub fn event(&self, id: &str) -> Option<usize> {
        self.events
            .iter()
            .position(|it| it.id == id || it.immutable_id == id)
    }
}

impl State {
    /// A mailbox by its owner's object id or address.
    pub fn mailbox(&self, who: &str) -> Option<&Mailbox> {
        self.mailboxes.get(who).or_else(|| {
            self.mailboxes
                .values()
                .find(|it| it.owner.email.eq_ignore_ascii_case(who))
        })
    }

    /// A mailbox that is known to be there, to change it.
    pub fn mailbox_mut(&mut self, oid: &str) -> &mut Mailbox {
        self.mailboxes
            .get_mut(oid)
            .expect("the owner was found before")
    }
}

/// Whether text can be an id of an Outlook item at all.
pub fn is_item_id(text: &str) -> bool {
    let has_prefix = ["AAMk", "AAkA", "AQMk"]
        .iter()
        .any(|it| text.starts_with(it));
    let has_letters = text
        .bytes()
        .all(|it| it.is_ascii_alphanumeric() || b"-_=".contains(&it));
    has_prefix && has_letters && text.len() >= 60
}

/// An Exchange-like id: opaque, URL-safe base64, and long.
pub fn id(prefix: &str, owner: &str, name: &str) -> String {
    let mailbox = URL_SAFE.encode(digest("exchange mailbox", owner));
    let item = URL_SAFE.encode(digest(prefix, &format!("{owner} {name}")));
    format!("{prefix}{}BGAAAAAAD{}AAA=", &mailbox[..42], &item[..42])
}

/// A weak entity tag that changes with the text it is made of.
pub fn etag(of: &str) -> String {
    let tag = URL_SAFE.encode(&digest("etag", of)[..12]);
    format!("W/\"CQAAAB{tag}\"")
}
