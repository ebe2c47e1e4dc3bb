//! Makes things happen in Microsoft 365 by themselves: mail arrives, meetings move, tasks are done, and subscriptions
//! are told of their own life.

use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use super::notify::{drain, lifecycle};
use crate::event::{Caused, Event};
use crate::graph::change::Kind;
use crate::graph::event_edit::{cancel, change_all, invite};
use crate::graph::filter::parse_time;
use crate::graph::post::{Draft, answer_to, bracketed, discard, post};
use crate::graph::recurrence::STAMP;
use crate::graph::store::{self, State, TaskList, User};
use crate::graph::{chat, todo};
use crate::jira;
use crate::world::{Person, World};

/// What can happen here.
const KINDS: [&str; 13] = [
    "message.created",
    "message.updated",
    "message.deleted",
    "event.created",
    "event.updated",
    "event.deleted",
    "task.created",
    "task.updated",
    "task.deleted",
    "chatMessage.created",
    "lifecycle.reauthorizationRequired",
    "lifecycle.subscriptionRemoved",
    "lifecycle.missed",
];

/// The mail, the event and the chat the story is about.
const MAIL: &str = "<demo-42-1@mail.acme.example>";
const MEETING: &str = "demo-42-event-1@acme.example";

/// Who does what to whom.
struct Scene<'s> {
    world: &'s World,
    event: &'s Event,
    person: Person,
    /// The person as a user.
    owner: User,
    by: User,
    words: String,
    /// Address and ids of the issue it is about.
    issue: Option<(String, String, String)>,
}

/// Changes what people have as the event says, and makes the notifications that tell of it.
pub(crate) fn cause(world: &World, event: &Event) -> Result<Caused, String> {
    if !KINDS.contains(&event.kind.as_str()) {
        return Err(format!("{:?} is none of {}", event.kind, KINDS.join(", ")));
    }
    let scene = Scene::set(world, event)?;
    let mut graph = world.graph();
    // What happened before is told by itself.
    world.courier().send_all(drain(world, &mut graph));
    let (noun, verb) = event.kind.split_once('.').unwrap_or_default();
    if noun == "lifecycle" {
        return Ok(scene.life(&mut graph, verb));
    }
    let mut ids = match noun {
        "message" => scene.mail(&mut graph, verb)?,
        "event" => scene.meeting(&mut graph, verb)?,
        "task" => scene.task(&mut graph, verb)?,
        _ => scene.talk(&mut graph)?,
    };
    ids.insert("person".to_owned(), json!(scene.person.handle));
    Ok(Caused {
        ids,
        parcels: drain(world, &mut graph),
    })
}

impl<'s> Scene<'s> {
    fn set(world: &'s World, event: &'s Event) -> Result<Self, String> {
        let handle = event.person.as_deref().unwrap_or("alice");
        let known = |handle: &str| {
            let person = world.find(|it| it.handle == handle);
            person.ok_or_else(|| format!("there is no {handle}"))
        };
        let person = known(handle)?;
        let by = match event.by.as_deref() {
            // The supplier has no mailbox in any tenant.
            Some("mara") => User {
                oid: String::new(),
                tid: String::new(),
                name: "Mara König".to_owned(),
                email: "mara.koenig@supplier.example".to_owned(),
            },
            Some(by) => User::from(&known(by)?),
            None => {
                let colleague = |it: &Person| it.site == person.site && it.handle != handle;
                User::from(&world.find(colleague).unwrap_or_else(|| person.clone()))
            }
        };
        let site = person.site;
        let issue = event.issue.as_deref();
        let issue = issue.unwrap_or_else(|| jira::main_issue(site));
        let issue = jira::issue_ids(world, site, issue).map(|(id, key)| {
            let address = format!("{}/browse/{key}", jira::base(world, site));
            (address, id, key)
        });
        Ok(Self {
            world,
            event,
            owner: User::from(&person),
            by,
            words: event.words(world),
            person,
            issue,
        })
    }

    fn mail(&self, graph: &mut State, verb: &str) -> Result<Map<String, Value>, String> {
        if verb == "created" {
            return Ok(self.new_mail(graph));
        }
        let mailbox = graph.mailbox_mut(&self.owner.oid);
        let found = if let Some(id) = &self.event.id {
            mailbox
                .message(id)
                .or_else(|| mailbox.by_message_id(&bracketed(id)).first().copied())
        } else {
            // The newest one that was received.
            let inbox = mailbox.folder("inbox").map(|it| it.id.clone());
            let mut received = mailbox.messages.iter();
            received.rposition(|it| Some(&it.folder) == inbox.as_ref())
        };
        let index = found.ok_or("there is no such message")?;
        let ids = message_ids(graph, &self.owner, index);
        let mailbox = graph.mailbox_mut(&self.owner.oid);
        if verb == "updated" {
            let read = mailbox.messages[index].properties["isRead"] == true;
            mailbox.change_message(index, |it| {
                it.insert("isRead".to_owned(), json!(!read));
            });
        } else {
            discard(mailbox, index);
        }
        Ok(ids)
    }

    fn new_mail(&self, graph: &mut State) -> Map<String, Value> {
        let html = format!("<html><body><p>{}</p></body></html>", self.words);
        let mailbox = &graph.mailboxes[&self.owner.oid];
        let answered = match (&self.event.conversation, self.event.in_reply_to.as_deref()) {
            (Some(conversation), _) => {
                let mut messages = mailbox.messages.iter();
                messages.rposition(|it| it.properties["conversationId"] == conversation.as_str())
            }
            (None, Some("none")) => None,
            (None, answered) => {
                let answered = answered.map_or_else(|| MAIL.to_owned(), bracketed);
                mailbox.by_message_id(&answered).first().copied()
            }
        };
        let mut draft = match answered {
            Some(index) => {
                let answered = mailbox.messages[index].properties.clone();
                answer_to(graph, &self.by, &answered, html, true)
            }
            None => Draft {
                subject: self.words.clone(),
                html,
                to: Vec::new(),
                cc: Vec::new(),
                answers: None,
            },
        };
        // Whoever the mail before went to: this one is for the person.
        let mut readers = draft.to.iter().chain(&draft.cc);
        if !readers.any(|it| it.oid == self.owner.oid) {
            draft.to.push(self.owner.clone());
        }
        let message_id = post(graph, &self.by, &draft, true);
        let mailbox = &graph.mailboxes[&self.owner.oid];
        let index = mailbox.by_message_id(&message_id).first().copied();
        index.map_or_else(Map::new, |it| message_ids(graph, &self.owner, it))
    }

    fn meeting(&self, graph: &mut State, verb: &str) -> Result<Map<String, Value>, String> {
        if verb == "created" {
            let start = OffsetDateTime::now_utc() + Duration::days(1);
            let wanted = json!({
                "subject": self.titled(), "isOnlineMeeting": true,
                "body": {"contentType": "html", "content": format!("<p>{}</p>", self.words)},
                "start": time(start), "end": time(start + Duration::hours(1)),
                "attendees": [{"type": "required", "emailAddress":
                    {"name": self.owner.name, "address": self.owner.email}}],
            });
            let organizer = if graph.mailboxes.contains_key(&self.by.oid) {
                &self.by
            } else {
                &self.owner
            };
            invite(
                graph,
                organizer,
                wanted.as_object().cloned().unwrap_or_default(),
            );
            let index = graph.mailboxes[&self.owner.oid].events.len() - 1;
            return Ok(event_ids(graph, &self.owner, index));
        }
        let mailbox = &graph.mailboxes[&self.owner.oid];
        let named = self.event.id.as_deref();
        let by_uid = |uid: &str| {
            let mut events = mailbox.events.iter();
            events.position(|it| it.properties["iCalUId"] == uid)
        };
        let found = match named {
            Some(id) => mailbox.event(id).or_else(|| by_uid(id)),
            None => by_uid(MEETING).or_else(|| mailbox.events.len().checked_sub(1)),
        };
        let index = found.ok_or("there is no such event")?;
        let ids = event_ids(graph, &self.owner, index);
        let properties = graph.mailboxes[&self.owner.oid].events[index]
            .properties
            .clone();
        let uid = properties["iCalUId"].clone();
        if verb == "deleted" {
            // Its organizer cancels it: gone from their calendar and the person's, marked in the others'.
            for mailbox in graph.mailboxes.values_mut() {
                let organizes = |it: &store::Event| {
                    it.properties["iCalUId"] == uid && it.properties["isOrganizer"] == true
                };
                if mailbox.owner.oid == self.owner.oid || mailbox.events.iter().any(organizes) {
                    mailbox.drop_events(&uid);
                }
            }
            cancel(graph, &uid);
            return Ok(ids);
        }
        let mut changes = Map::new();
        for name in ["start", "end"] {
            let at = properties[name]["dateTime"].as_str().and_then(parse_time);
            let at = at.ok_or("the event has no time")? + Duration::hours(1);
            changes.insert(name.to_owned(), time(at));
        }
        if self.event.subject.is_some() {
            changes.insert("subject".to_owned(), json!(self.words));
        }
        change_all(graph, &uid, &changes);
        Ok(ids)
    }

    fn task(&self, graph: &mut State, verb: &str) -> Result<Map<String, Value>, String> {
        let mailbox = graph.mailbox_mut(&self.owner.oid);
        if verb == "created" {
            let mut wanted = Map::new();
            wanted.insert("title".to_owned(), json!(self.words));
            if let Some((address, id, key)) = &self.issue {
                let link = json!({"webUrl": address, "applicationName": "Trefoil", "displayName": key,
                    "externalId": id});
                wanted.insert("linkedResources".to_owned(), json!([link]));
            }
            let task = todo::created(mailbox, wanted).map_err(|_| "no task can be made")?;
            // Beside the story's own tasks, where there are some.
            let linked = |it: &TaskList| it.tasks.iter().any(|it| !it.linked.is_empty());
            let place = mailbox.lists.iter().position(linked).unwrap_or_default();
            let list = mailbox.lists.get_mut(place).ok_or("there is no list")?;
            let (list_id, id) = (list.id.clone(), task.id.clone());
            list.tasks.push(task);
            mailbox.note_task(Kind::Created, &list_id, &id);
            return Ok(task_ids(&list_id, &id));
        }
        // Without a name, one that is open and linked, as the story's are.
        let fits = |task: &store::Task| match &self.event.id {
            Some(id) => task.id == *id,
            None => task.properties["status"] != "completed" && !task.linked.is_empty(),
        };
        let mut lists = mailbox.lists.iter_mut();
        let found = lists.find_map(|list| {
            let place = list.tasks.iter().position(fits)?;
            Some((list, place))
        });
        let (list, place) = found.ok_or("there is no such task")?;
        let (list_id, id) = (list.id.clone(), list.tasks[place].id.clone());
        if verb == "deleted" {
            list.tasks.remove(place);
            mailbox.note_task(Kind::Deleted, &list_id, &id);
            return Ok(task_ids(&list_id, &id));
        }
        let mut changes = Map::new();
        if self.event.completed {
            changes.insert("status".to_owned(), json!("completed"));
        } else {
            changes.insert("title".to_owned(), json!(self.words));
        }
        todo::change(&mut list.tasks[place], changes).map_err(|_| "the task cannot be changed")?;
        mailbox.note_task(Kind::Updated, &list_id, &id);
        Ok(task_ids(&list_id, &id))
    }

    fn talk(&self, graph: &mut State) -> Result<Map<String, Value>, String> {
        let theirs = |it: &store::Chat| {
            let member = it.members.iter().any(|it| it.oid == self.owner.oid);
            member && self.event.id.as_ref().is_none_or(|id| it.id == *id)
        };
        let found = graph.chats.iter().position(theirs);
        let place = found.ok_or("there is no such chat")?;
        let message = chat::say(graph, place, &self.by, &self.words);
        let mut ids = Map::new();
        ids.insert("chat".to_owned(), json!(graph.chats[place].id));
        ids.insert("message".to_owned(), json!(message));
        Ok(ids)
    }

    /// Tells subscriptions of their own life. What was missed has happened, and is not told otherwise.
    fn life(&self, graph: &mut State, event: &str) -> Caused {
        let mut caused = Caused::default();
        let meant: Vec<String> = graph
            .subscriptions
            .iter()
            .filter(|it| {
                let of = |person: &str| it.owner.handle == person;
                match &self.event.id {
                    Some(id) => it.id == *id,
                    None => self.event.person.as_deref().is_none_or(of),
                }
            })
            // The reference knows the last two for fewer resources than the first.
            .filter(|it| match event {
                "missed" => matches!(it.about.noun(), "message" | "event"),
                "subscriptionRemoved" => it.about.noun() != "task",
                _ => true,
            })
            .map(|it| it.id.clone())
            .collect();
        if event == "missed" && !meant.is_empty() {
            let (mail, meeting) = (self.new_mail(graph), self.meeting(graph, "created"));
            caused.ids.extend(mail);
            caused.ids.extend(meeting.unwrap_or_default());
            let parcels = drain(self.world, graph);
            caused.parcels = super::notify::without(parcels, &meant);
        }
        for id in &meant {
            let Some(place) = graph.subscriptions.iter().position(|it| it.id == *id) else {
                continue;
            };
            let parcel = lifecycle(&graph.subscriptions[place], event);
            caused.parcels.extend(parcel);
            if event == "subscriptionRemoved" {
                graph
                    .subscriptions
                    .remove(place)
                    .note(self.world, "removed");
            }
        }
        caused.ids.insert("subscriptions".to_owned(), json!(meant));
        caused
    }

    /// Words that name the issue.
    fn titled(&self) -> String {
        match &self.issue {
            Some((_, _, key)) => format!("{} ({key})", self.words),
            None => self.words.clone(),
        }
    }
}

fn message_ids(graph: &State, owner: &User, index: usize) -> Map<String, Value> {
    let message = &graph.mailboxes[&owner.oid].messages[index];
    let ids = json!({
        "message": message.id, "immutableMessage": message.immutable_id,
        "internetMessageId": message.properties["internetMessageId"],
        "conversation": message.properties["conversationId"],
    });
    ids.as_object().cloned().unwrap_or_default()
}

fn event_ids(graph: &State, owner: &User, index: usize) -> Map<String, Value> {
    let event = &graph.mailboxes[&owner.oid].events[index];
    let ids = json!({
        "event": event.id, "immutableEvent": event.immutable_id,
        "iCalUId": event.properties["iCalUId"],
    });
    ids.as_object().cloned().unwrap_or_default()
}

fn task_ids(list: &str, task: &str) -> Map<String, Value> {
    let ids = json!({"list": list, "task": task});
    ids.as_object().cloned().unwrap_or_default()
}

fn time(at: OffsetDateTime) -> Value {
    let at = at
        .format(STAMP)
        .expect("the format has only parts that a time has");
    json!({"dateTime": at, "timeZone": "UTC"})
}
