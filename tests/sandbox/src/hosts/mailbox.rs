//! The mails the Outlook-like page lists, straight from the sandbox's own mailboxes.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{graph::Message, world::World};

/// How many of the newest are shown.
const SHOWN: usize = 40;

/// Whose mailbox: `?as=alice`, or `?as=alice&mailbox=support@acme.example`.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(rename = "as")]
    handle: String,
    mailbox: Option<String>,
}

pub(super) async fn list(
    State(world): State<Arc<World>>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, StatusCode> {
    let viewer = world
        .find(|person| person.handle == wanted.handle)
        .ok_or(StatusCode::NOT_FOUND)?;
    let graph = world.graph();
    let named = wanted.mailbox.as_deref().unwrap_or(&viewer.oid);
    let mailbox = graph.mailbox(named).ok_or(StatusCode::NOT_FOUND)?;
    let owner = &mailbox.owner;
    let share = (owner.oid.clone(), viewer.oid.clone());
    if owner.oid != viewer.oid && !graph.shares.contains(&share) {
        return Err(StatusCode::FORBIDDEN);
    }
    let mut messages: Vec<&Message> = mailbox.messages.iter().collect();
    let received = |it: &Message| it.properties["receivedDateTime"].to_string();
    messages.sort_by_key(|it| std::cmp::Reverse(received(it)));
    let mails: Value = messages.into_iter().take(SHOWN).map(shown).collect();
    let shared: Value = graph
        .mailboxes
        .values()
        .filter(|it| {
            graph
                .shares
                .contains(&(it.owner.oid.clone(), viewer.oid.clone()))
        })
        .map(|it| json!({"name": it.owner.name, "address": it.owner.email}))
        .collect();
    Ok(Json(json!({"mails": mails, "shared": shared})))
}

fn shown(message: &Message) -> Value {
    let properties = &message.properties;
    let mut html = properties["body"]["content"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let mut files = Vec::new();
    for attachment in &message.attachments {
        match attachment
            .properties
            .get("contentId")
            .and_then(Value::as_str)
        {
            Some(id) => {
                let picture = BASE64_STANDARD.encode(&attachment.content);
                html = html.replace(
                    &format!("cid:{id}"),
                    &format!("data:image/png;base64,{picture}"),
                );
            }
            None => files.push(json!({
                "name": attachment.properties["name"], "size": attachment.properties["size"],
            })),
        }
    }
    json!({
        // Outlook speaks of items by Exchange's own ids, which Graph's alphabet replaces two letters of.
        "itemId": message.id.replace('-', "/").replace('_', "+"),
        "internetMessageId": properties["internetMessageId"],
        "conversationId": properties["conversationId"],
        "subject": properties["subject"],
        "from": properties["from"]["emailAddress"],
        "to": properties["toRecipients"],
        "received": properties["receivedDateTime"],
        "preview": properties["bodyPreview"],
        "unread": properties["isRead"] == false,
        "text": message.text,
        "html": html,
        "files": files,
    })
}
