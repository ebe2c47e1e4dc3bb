//! Teams chats, their members and their messages, with the narrow rules of that collection.
//! <https://learn.microsoft.com/graph/api/resources/chat>

use http::{Method, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::change::{Item, Kind, stamp};
use super::exchange::{Call, Outcome, Reply};
use super::filter::{Comparison, Filter};
use super::options::{Options, Paging};
use super::store::{Chat, State, User, id};
use crate::world::World;

const LIST: &[&str] = &["Chat.ReadBasic", "Chat.Read", "Chat.ReadWrite"];
const READ: &[&str] = &["Chat.Read", "Chat.ReadWrite"];
const PAGING: Paging = Paging {
    default: 20,
    most: 50,
    keeps_id: false,
    position: "$skiptoken",
};

/// Answers below `/me/chats` and `/chats`.
pub fn answer(world: &World, call: &Call, rest: &[&str]) -> Outcome {
    call.teams_needs(LIST)?;
    let mut graph = world.graph();
    if let [chat, ..] = rest {
        graph.limits.chat(chat)?;
    }
    let base = &world.addresses().graph;
    let me = &call.access.person.oid;
    let options = Options::read(call)?;
    match (&call.method, rest) {
        (&Method::GET, []) => {
            if let Some(top) = options.top.filter(|it| *it > PAGING.most) {
                return Err(limit_exceeded(top));
            }
            let mine = graph.chats.iter().filter(|it| is_member(it, me));
            let mut items: Vec<Value> = mine.map(|it| listed(it, &options)).collect();
            if let Some(filter) = &options.filter {
                items.retain(|it| filter.matches(it));
            }
            for item in &mut items {
                hide_unexpanded(item, &options);
            }
            options.sort(&mut items);
            options.page(call, base, items, PAGING).map(Reply::ok)
        }
        (&Method::GET, [chat]) => {
            let chat = find(&graph.chats, chat, me)?;
            if options.expands("lastMessagePreview").is_some() {
                return Err(Reply::bad_request(
                    "BadRequest",
                    "Expansion of 'lastMessagePreview' is supported on a list of chats only.",
                ));
            }
            let mut item = listed(chat, &options);
            hide_unexpanded(&mut item, &options);
            options.trim(&mut item, false);
            item["@odata.context"] = json!(format!("{base}/v1.0/$metadata#chats/$entity"));
            Ok(Reply::ok(item))
        }
        (&Method::GET, [chat, "members"]) => {
            let members = members(find(&graph.chats, chat, me)?);
            options.page(call, base, members, PAGING).map(Reply::ok)
        }
        (&Method::GET, [chat, "messages"]) => {
            call.teams_needs(READ)?;
            let chat = find(&graph.chats, chat, me)?;
            messages(call, base, &options, chat)
        }
        (&Method::GET, [chat, "messages", message]) => {
            call.teams_needs(READ)?;
            let chat = find(&graph.chats, chat, me)?;
            let found = chat.messages.iter().find(|it| it["id"] == *message);
            found.cloned().map(Reply::ok).ok_or_else(not_found)
        }
        (_, [] | [_] | [_, "members" | "messages"] | [_, "messages", _]) => {
            Err(Reply::method_not_allowed())
        }
        (_, [.., last]) => Err(Reply::unknown_segment(last)),
    }
}

/// Somebody writes into a chat. Returns the message's id.
pub fn say(graph: &mut State, place: usize, author: &User, words: &str) -> String {
    let chat = &mut graph.chats[place];
    let now = OffsetDateTime::now_utc();
    // A chat's ids are its messages' times in milliseconds, and no two are the same.
    let mut number = now.unix_timestamp_nanos() / 1_000_000;
    while chat
        .messages
        .iter()
        .any(|it| it["id"] == number.to_string())
    {
        number += 1;
    }
    let (id, at) = (number.to_string(), stamp());
    let by = json!({"application": null, "device": null, "user": author.identity()});
    chat.messages.push(json!({
        "id": id, "replyToId": null, "etag": id, "messageType": "message",
        "createdDateTime": at, "lastModifiedDateTime": at, "lastEditedDateTime": null,
        "deletedDateTime": null, "subject": null, "summary": null, "chatId": chat.id,
        "importance": "normal", "locale": "en-us", "webUrl": null, "channelIdentity": null,
        "policyViolation": null, "eventDetail": null, "from": by,
        "body": {"contentType": "html", "content": format!("<p>{words}</p>")},
        "attachments": [], "mentions": [], "reactions": [], "messageHistory": [],
    }));
    chat.properties
        .insert("lastUpdatedDateTime".to_owned(), json!(at));
    let item = Item::ChatMessage {
        chat: chat.id.clone(),
        id: id.clone(),
    };
    graph.talk.note(Kind::Created, item, id.clone());
    id
}

/// At most 50, newest first, ordered by one of two times; a filter counts only with its own order.
/// <https://learn.microsoft.com/graph/api/chat-list-messages>
fn messages(call: &Call, base: &str, options: &Options, chat: &Chat) -> Outcome {
    let mut options = options.clone();
    if let Some(top) = options.top.filter(|it| *it > PAGING.most) {
        return Err(limit_exceeded(top));
    }
    let (property, descending) = match options.order.as_slice() {
        [] => ("lastModifiedDateTime".to_owned(), true),
        [one] => one.clone(),
        _ => {
            return Err(Reply::bad_request(
                "BadRequest",
                "Only one property can be ordered by.",
            ));
        }
    };
    if !matches!(
        property.as_str(),
        "lastModifiedDateTime" | "createdDateTime"
    ) || !descending
    {
        return Err(Reply::bad_request(
            "BadRequest",
            &format!(
                "QueryOptions to order by '{property}' is not supported; only descending lastModifiedDateTime or createdDateTime is."
            ),
        ));
    }
    let mut items = chat.messages.clone();
    if let Some(filter) = &options.filter {
        check_filter(filter)?;
        // Graph ignores a filter whose property is not the one ordered by.
        let counts =
            !options.order.is_empty() && filter.properties().iter().all(|it| *it == property);
        if counts {
            items.retain(|it| filter.matches(it));
        }
    }
    options.order = vec![(property, true)];
    options.sort(&mut items);
    options.page(call, base, items, PAGING).map(Reply::ok)
}

fn check_filter(filter: &Filter) -> Result<(), Reply> {
    let allowed = match filter {
        Filter::And(left, right) => {
            check_filter(left)?;
            check_filter(right)?;
            true
        }
        Filter::Compare(path, Comparison::Less, _) => {
            path[0] == "lastModifiedDateTime" || path[0] == "createdDateTime"
        }
        Filter::Compare(path, Comparison::Greater, _) => path[0] == "lastModifiedDateTime",
        _ => false,
    };
    if allowed {
        return Ok(());
    }
    Err(Reply::bad_request(
        "BadRequest",
        "The filter on chat messages is not supported.",
    ))
}

fn find<'c>(chats: &'c [Chat], id: &str, me: &str) -> Result<&'c Chat, Reply> {
    let chat = chats.iter().find(|it| it.id == id).ok_or_else(not_found)?;
    if is_member(chat, me) {
        return Ok(chat);
    }
    Err(Reply::error(
        StatusCode::FORBIDDEN,
        "Forbidden",
        "User is not part of the chat roster or is not authorized to perform the operation.",
    ))
}

fn is_member(chat: &Chat, oid: &str) -> bool {
    chat.members.iter().any(|it| it.oid == oid)
}

/// A chat with everything that can be expanded, so that filters may look into it.
fn listed(chat: &Chat, options: &Options) -> Value {
    let mut item = Value::Object(chat.properties.clone());
    item["id"] = json!(chat.id);
    item["members"] = Value::Array(members(chat));
    if options.expands("lastMessagePreview").is_some() {
        item["lastMessagePreview"] = chat.messages.last().map(preview).unwrap_or_default();
    }
    item
}

fn hide_unexpanded(item: &mut Value, options: &Options) {
    if let (None, Value::Object(item)) = (options.expands("members"), item) {
        item.remove("members");
    }
}

fn members(chat: &Chat) -> Vec<Value> {
    let member = |user: &User| {
        json!({
            "@odata.type": "#microsoft.graph.aadUserConversationMember",
            "id": id("MCMjMj", &chat.id, &user.oid),
            "roles": ["owner"],
            "displayName": user.name,
            "visibleHistoryStartDateTime": "0001-01-01T00:00:00Z",
            "userId": user.oid,
            "email": user.email,
            "tenantId": user.tid,
        })
    };
    chat.members.iter().map(member).collect()
}

fn preview(message: &Value) -> Value {
    json!({
        "id": message["id"],
        "createdDateTime": message["createdDateTime"],
        "isDeleted": false,
        "messageType": message["messageType"],
        "eventDetail": message["eventDetail"],
        "body": message["body"],
        "from": message["from"],
    })
}

fn not_found() -> Reply {
    Reply::error(StatusCode::NOT_FOUND, "NotFound", "NotFound")
}

fn limit_exceeded(top: usize) -> Reply {
    Reply::bad_request(
        "BadRequest",
        &format!(
            "The limit of '{}' for Top query has been exceeded. The value from the incoming request is '{top}'.",
            PAGING.most
        ),
    )
}
