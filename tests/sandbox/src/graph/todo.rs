//! Microsoft To Do: lists, tasks, and the resources tasks are linked with.
//! <https://learn.microsoft.com/graph/api/resources/todotask>

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::change::{Kind, tag};
use super::exchange::{Call, Outcome, Reply};
use super::options::{Options, Paging};
use super::recurrence::STAMP;
use super::store::{Mailbox, Task, TaskList, User, etag, is_item_id};
use crate::world::World;

const PAGING: Paging = Paging {
    default: 10,
    most: 1_000,
    keeps_id: true,
    position: "$skip",
};

/// Answers below `/me/todo/lists`.
pub fn answer(world: &World, call: &Call, owner: &User, rest: &[&str]) -> Outcome {
    if owner.oid != call.access.person.oid {
        return Err(Reply::access_denied());
    }
    let needed: &[&str] = match call.method {
        Method::GET => &["Tasks.Read", "Tasks.ReadWrite"],
        _ => &["Tasks.ReadWrite"],
    };
    call.outlook_needs(needed)?;
    let mut graph = world.graph();
    let mailbox = graph.mailbox_mut(&owner.oid);
    let base = &world.addresses().graph;
    match (&call.method, rest) {
        (&Method::GET, []) => {
            let items = mailbox.lists.iter().map(whole_list).collect();
            page(call, base, items)
        }
        (&Method::GET, [list]) => {
            let mut item = whole_list(&mailbox.lists[find_list(mailbox, list)?]);
            Options::read(call)?.trim(&mut item, true);
            Ok(Reply::ok(item))
        }
        (method, [list, "tasks", rest @ ..]) => {
            let index = find_list(mailbox, list)?;
            match (method, rest) {
                (&Method::GET, []) => {
                    let items = mailbox.lists[index].tasks.iter().map(whole).collect();
                    page(call, base, items)
                }
                (&Method::POST, []) => {
                    let task = created(mailbox, call.json()?)?;
                    let (answer, id) = (whole(&task), task.id.clone());
                    mailbox.lists[index].tasks.push(task);
                    mailbox.note_task(Kind::Created, list, &id);
                    Ok(Reply::json(StatusCode::CREATED, answer))
                }
                (method, [task, rest @ ..]) => {
                    let answer = one(call, base, &mut mailbox.lists[index], task, rest)?;
                    if method == Method::DELETE {
                        mailbox.note_task(Kind::Deleted, list, task);
                    } else if method != Method::GET {
                        mailbox.note_task(Kind::Updated, list, task);
                    }
                    Ok(answer)
                }
                _ => Err(Reply::method_not_allowed()),
            }
        }
        (_, [] | [_]) => Err(Reply::method_not_allowed()),
        (_, [.., unknown]) => Err(Reply::unknown_segment(unknown)),
    }
}

fn one(call: &Call, base: &str, list: &mut TaskList, id: &str, rest: &[&str]) -> Outcome {
    if !is_item_id(id) {
        return Err(Reply::malformed_id());
    }
    let index = list.tasks.iter().position(|it| it.id == id);
    let index = index.ok_or_else(Reply::item_not_found)?;
    let task = &mut list.tasks[index];
    match (&call.method, rest) {
        (&Method::GET, []) => {
            let options = Options::read(call)?;
            let mut item = whole(task);
            hide_unexpanded(&mut item, &options);
            options.trim(&mut item, true);
            Ok(Reply::ok(item))
        }
        (&Method::PATCH, []) => {
            change(task, call.json()?)?;
            Ok(Reply::ok(shown(task)))
        }
        (&Method::DELETE, []) => {
            list.tasks.remove(index);
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (&Method::GET, ["linkedResources"]) => page(call, base, task.linked.clone()),
        (&Method::POST, ["linkedResources"]) => {
            let linked = link(Value::Object(call.json()?));
            task.linked.push(linked.clone());
            Ok(Reply::json(StatusCode::CREATED, linked))
        }
        (&Method::GET, ["checklistItems" | "attachments"]) => page(call, base, Vec::new()),
        (_, [] | ["linkedResources"]) => Err(Reply::method_not_allowed()),
        (_, [.., unknown]) => Err(Reply::unknown_segment(unknown)),
    }
}

fn page(call: &Call, base: &str, mut items: Vec<Value>) -> Outcome {
    let options = Options::read(call)?;
    if let Some(filter) = &options.filter {
        items.retain(|it| filter.matches(it));
    }
    options.sort(&mut items);
    for item in &mut items {
        hide_unexpanded(item, &options);
    }
    options.page(call, base, items, PAGING).map(Reply::ok)
}

fn find_list(mailbox: &Mailbox, id: &str) -> Result<usize, Reply> {
    if !is_item_id(id) {
        return Err(Reply::malformed_id());
    }
    let found = mailbox.lists.iter().position(|it| it.id == id);
    found.ok_or_else(Reply::item_not_found)
}

fn whole_list(list: &TaskList) -> Value {
    let mut properties = list.properties.clone();
    properties.insert("id".to_owned(), json!(list.id));
    properties.insert("@odata.etag".to_owned(), json!(etag(&list.id)));
    Value::Object(properties)
}

/// A task with its links, so that filters may look into them.
fn whole(task: &Task) -> Value {
    let mut properties = task.properties.clone();
    properties.insert("id".to_owned(), json!(task.id));
    let etag = tag(&task.id, &task.properties);
    properties.insert("@odata.etag".to_owned(), json!(etag));
    properties.insert("linkedResources".to_owned(), json!(task.linked));
    Value::Object(properties)
}

fn shown(task: &Task) -> Value {
    let mut item = whole(task);
    hide_unexpanded(&mut item, &Options::default());
    item
}

fn hide_unexpanded(item: &mut Value, options: &Options) {
    if let (None, Value::Object(item)) = (options.expands("linkedResources"), item) {
        item.remove("linkedResources");
    }
}

pub fn created(mailbox: &mut Mailbox, wanted: Map<String, Value>) -> Result<Task, Reply> {
    if wanted
        .get("title")
        .and_then(Value::as_str)
        .is_none_or(str::is_empty)
    {
        return Err(Reply::bad_request("invalidRequest", "Invalid request"));
    }
    let mut task = Task {
        id: mailbox.new_id(),
        properties: defaults(&now()),
        linked: Vec::new(),
    };
    change(&mut task, wanted)?;
    Ok(task)
}

/// The properties of a task nobody has filled in.
pub fn defaults(at: &str) -> Map<String, Value> {
    let properties = json!({
        "importance": "normal", "isReminderOn": false, "status": "notStarted", "title": "",
        "createdDateTime": at, "lastModifiedDateTime": at, "bodyLastModifiedDateTime": at,
        "hasAttachments": false, "categories": [], "body": {"content": "", "contentType": "text"},
    });
    properties.as_object().cloned().unwrap_or_default()
}

/// A linked resource with its id.
pub fn link(mut wanted: Value) -> Value {
    if wanted["id"].is_null() {
        wanted["id"] = json!(Uuid::new_v4().to_string());
    }
    wanted
}

pub fn change(task: &mut Task, wanted: Map<String, Value>) -> Result<(), Reply> {
    const STATUSES: [&str; 5] = [
        "notStarted",
        "inProgress",
        "completed",
        "waitingOnOthers",
        "deferred",
    ];
    if let Some(status) = wanted.get("status") {
        if !status.as_str().is_some_and(|it| STATUSES.contains(&it)) {
            return Err(Reply::bad_request("invalidRequest", "Invalid request"));
        }
        if status == "completed" {
            let at = OffsetDateTime::now_utc()
                .format(STAMP)
                .expect("the format has only parts that a time has");
            let at = json!({"dateTime": at, "timeZone": "UTC"});
            task.properties.insert("completedDateTime".to_owned(), at);
        } else {
            task.properties.remove("completedDateTime");
        }
    }
    for (name, value) in wanted {
        match name.as_str() {
            "id" => {}
            "linkedResources" => {
                let links = value.as_array().cloned().unwrap_or_default();
                task.linked = links.into_iter().map(link).collect();
            }
            _ => {
                task.properties.insert(name, value);
            }
        }
    }
    task.properties
        .insert("lastModifiedDateTime".to_owned(), json!(now()));
    Ok(())
}

fn now() -> String {
    OffsetDateTime::now_utc()
        .format(&Rfc3339)
        .expect("a time of this century has an RFC 3339 form")
}
