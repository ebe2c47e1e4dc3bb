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
    let mut options = Options::read(call)?;
    check_select(&mut options)?;
    let find = |id: &str| {
        let found = message.attachments.iter().find(|it| it.id == id);
        found.ok_or_else(Reply::item_not_found)
    };
    match rest {
        [] => {
            let with_bytes = options.select.is_none() || wants_bytes(&options);
            let items = message.attachments.iter();
            let items = items.map(|it| whole(it, with_bytes)).collect();
            options.page(call, base, items, PAGING).map(Reply::ok)
        }
        [id] => {
            let mut item = whole(find(id)?, true);
            options.trim(&mut item, true);
            Ok(Reply::ok(item))
        }
        [id, "$value"] => {
            let attachment = find(id)?;
            // "Attempting to get the $value of a reference attachment returns HTTP 405."
            // https://learn.microsoft.com/graph/api/attachment-get
            if attachment.properties["@odata.type"] == "#microsoft.graph.referenceAttachment" {
                return Err(Reply::method_not_allowed());
            }
            let content_type = attachment.properties["contentType"].as_str();
            let content_type = content_type.unwrap_or("text/plain").to_owned();
            Ok(Reply::bytes(&content_type, attachment.content.clone()))
        }
        [.., last] => Err(Reply::unknown_segment(last)),
    }
}

/// The attachments of a message as `$expand=attachments` shows them.
pub fn expanded(message: &Message, expand: &Expand) -> Value {
    let items = message.attachments.iter().map(|it| {
        let mut item = whole(it, expand.select.is_none());
        if let (Some(select), Value::Object(object)) = (&expand.select, &mut item) {
            let wanted: Vec<&str> = select.iter().map(String::as_str).collect();
            keep(object, &wanted, true);
        }
        item
    });
    items.collect()
}

/// What all kinds of attachments have can be selected; what only some have is named with its kind, as in
/// `microsoft.graph.fileAttachment/contentId`.
fn check_select(options: &mut Options) -> Result<(), Reply> {
    const COMMON: &[&str] = &[
        "id",
        "name",
        "contentType",
        "size",
        "isInline",
        "lastModifiedDateTime",
    ];
    for name in options.select.iter_mut().flatten() {
        let bare = match name.split_once('/') {
            Some((kind, bare)) if kind.to_lowercase().starts_with("microsoft.graph.") => bare,
            _ if COMMON.iter().any(|it| it.eq_ignore_ascii_case(name)) => continue,
            _ => {
                let message = format!(
                    "Could not find a property named '{name}' on type 'microsoft.graph.attachment'."
                );
                return Err(Reply::bad_request("RequestBroker--ParseUri", &message));
            }
        };
        *name = bare.to_owned();
    }
    Ok(())
}

fn wants_bytes(options: &Options) -> bool {
    let mut selected = options.select.iter().flatten();
    selected.any(|it| it.eq_ignore_ascii_case("contentBytes"))
}

fn whole(attachment: &Attachment, with_bytes: bool) -> Value {
    let mut properties = attachment.properties.clone();
    properties.insert("id".to_owned(), json!(attachment.id));
    let is_file = properties["@odata.type"] == "#microsoft.graph.fileAttachment";
    if is_file && with_bytes {
        properties.insert(
            "contentBytes".to_owned(),
            json!(STANDARD.encode(&attachment.content)),
        );
    }
    Value::Object(properties)
}
