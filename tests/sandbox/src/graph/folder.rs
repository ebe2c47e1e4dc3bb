//! Mail folders, and the translation of message ids.
//! <https://learn.microsoft.com/graph/api/resources/mailfolder>

use http::Method;
use serde_json::{Value, json};

use super::exchange::{Call, Outcome, Reply};
use super::mail;
use super::options::{Options, Paging};
use super::store::{Folder, Mailbox, User};
use crate::world::World;

const PAGING: Paging = Paging {
    default: 10,
    most: 1_000,
    keeps_id: true,
    position: "$skip",
};
const READ: &[&str] = &["Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite"];

/// Answers below `…/mailFolders`.
pub fn answer(world: &World, call: &Call, owner: &User, rest: &[&str]) -> Outcome {
    if let [folder, "messages", rest @ ..] = rest {
        let id = {
            let graph = world.graph();
            let mailbox = graph
                .mailboxes
                .get(&owner.oid)
                .ok_or_else(Reply::item_not_found)?;
            mailbox
                .folder(folder)
                .ok_or_else(Reply::item_not_found)?
                .id
                .clone()
        };
        return mail::answer(world, call, owner, Some(&id), rest);
    }
    if owner.oid != call.access.person.oid {
        return Err(Reply::access_denied());
    }
    call.outlook_needs(READ)?;
    if call.method != Method::GET {
        return Err(Reply::method_not_allowed());
    }
    let graph = world.graph();
    let mailbox = graph
        .mailboxes
        .get(&owner.oid)
        .ok_or_else(Reply::item_not_found)?;
    let options = Options::read(call)?;
    match rest {
        [] => {
            let items = mailbox
                .folders
                .iter()
                .map(|it| whole(mailbox, it))
                .collect();
            options
                .page(call, &world.addresses().graph, items, PAGING)
                .map(Reply::ok)
        }
        [folder] => {
            let folder = mailbox.folder(folder).ok_or_else(Reply::item_not_found)?;
            let mut item = whole(mailbox, folder);
            options.trim(&mut item, true);
            Ok(Reply::ok(item))
        }
        [.., last] => Err(Reply::unknown_segment(last)),
    }
}

/// `POST …/translateExchangeIds`: between the ids that change and those that stay.
/// <https://learn.microsoft.com/graph/api/user-translateexchangeids>
pub fn translate(world: &World, call: &Call, owner: &User) -> Outcome {
    if call.method != Method::POST {
        return Err(Reply::method_not_allowed());
    }
    call.outlook_needs(&[
        "User.Read",
        "User.ReadBasic.All",
        "Mail.Read",
        "Mail.ReadWrite",
    ])?;
    let wanted = call.json()?;
    let text = |name: &str| wanted.get(name).and_then(Value::as_str).unwrap_or_default();
    let ids = wanted
        .get("inputIds")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if ids.is_empty() || ids.len() > 1_000 {
        return Err(Reply::bad_request(
            "ErrorInvalidRequest",
            "InputIds must have between 1 and 1000 ids.",
        ));
    }
    let immutable = match text("targetIdType") {
        "restImmutableEntryId" => true,
        "restId" => false,
        other => {
            let message = format!("The sandbox keeps no ids of type '{other}'.");
            return Err(Reply::bad_request("ErrorInvalidRequest", &message));
        }
    };
    let graph = world.graph();
    let mailbox = graph
        .mailboxes
        .get(&owner.oid)
        .ok_or_else(Reply::item_not_found)?;
    let translated = |source: &str| {
        let message = mailbox.message(source).map(|it| {
            let it = &mailbox.messages[it];
            (&it.id, &it.immutable_id)
        });
        let event = || {
            mailbox.event(source).map(|it| {
                let it = &mailbox.events[it];
                (&it.id, &it.immutable_id)
            })
        };
        let (id, immutable_id) = message.or_else(event)?;
        Some(if immutable {
            immutable_id.clone()
        } else {
            id.clone()
        })
    };
    let value: Vec<Value> = ids
        .iter()
        .filter_map(Value::as_str)
        .map(|source| match translated(source) {
            Some(target) => json!({"sourceId": source, "targetId": target}),
            None => json!({"sourceId": source, "targetId": null, "errorDetails": {
                "code": "ErrorItemNotFound", "message": "The specified object was not found in the store."}}),
        })
        .collect();
    Ok(Reply::ok(json!({
        "@odata.context": format!("{}/v1.0/$metadata#Collection(microsoft.graph.convertIdResult)", world.addresses().graph),
        "value": value,
    })))
}

fn whole(mailbox: &Mailbox, folder: &Folder) -> Value {
    let inside = mailbox.messages.iter().filter(|it| it.folder == folder.id);
    let unread = inside
        .clone()
        .filter(|it| it.properties["isRead"] == false)
        .count();
    json!({
        "id": folder.id,
        "displayName": folder.name,
        "parentFolderId": super::store::id("AQMkAD", &mailbox.owner.oid, "root"),
        "childFolderCount": 0,
        "unreadItemCount": unread,
        "totalItemCount": inside.count(),
        "isHidden": false,
    })
}
