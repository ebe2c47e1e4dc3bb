//! Attachments of messages: their list, one of them, and the bytes.
//! <https://learn.microsoft.com/graph/api/resources/attachment>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

use super::exchange::{Call, Outcome, Reply};
use super::options::{Expand, Options, Paging, keep};
use super::store::{Attachment, Message};

const PAGING: Paging = Paging {
    default: 100,
    most: 1_000,
    keeps_id: true,
    position: "$skip",
};

/// Answers below `…/messages/{id}/attachments`.
pub fn answer(call: &Call, base: &str, message: &Message, rest: &[&str]) -> Outcome {
    if call.method != Method::GET {
        return Err(Reply::method_not_allowed());
    }
    let options = Options::read(call)?;
    let find = |id: &str| {
        let found = message.attachments.iter().find(|it| it.id == id);
        found.ok_or_else(Reply::item_not_found)
    };
    match rest {
        [] => {
            let items = message.attachments.iter().map(whole).collect();
            options.page(call, base, items, PAGING).map(Reply::ok)
        }
        [id] => {
            let mut item = whole(find(id)?);
            options.trim(&mut item, true);
            Ok(Reply::ok(item))
        }
        [id, "$value"] => {
            let attachment = find(id)?;
            let content_type = attachment.properties["contentType"].as_str();
            let content_type = content_type.unwrap_or("message/rfc822").to_owned();
            Ok(Reply::bytes(&content_type, attachment.content.clone()))
        }
        [.., last] => Err(Reply::unknown_segment(last)),
    }
}

/// The attachments of a message as `$expand=attachments` shows them.
pub fn expanded(message: &Message, expand: &Expand) -> Value {
    let items = message.attachments.iter().map(|it| {
        let mut item = whole(it);
        if let (Some(select), Value::Object(object)) = (&expand.select, &mut item) {
            let wanted: Vec<&str> = select.iter().map(String::as_str).collect();
            keep(object, &wanted, true);
        }
        item
    });
    items.collect()
}

fn whole(attachment: &Attachment) -> Value {
    let mut properties = attachment.properties.clone();
    properties.insert("id".to_owned(), json!(attachment.id));
    let is_file = properties["@odata.type"] == "#microsoft.graph.fileAttachment";
    if is_file {
        properties.insert(
            "contentBytes".to_owned(),
            json!(STANDARD.encode(&attachment.content)),
        );
    }
    Value::Object(properties)
}
