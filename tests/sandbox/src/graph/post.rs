//! Mail on its way: sent, answered, delivered to every mailbox it is addressed to; and messages changed and deleted.
//! <https://learn.microsoft.com/graph/api/user-sendmail> and <https://learn.microsoft.com/graph/api/message-update>

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::event_edit::plain;
use super::exchange::{Call, Outcome, Reply};
use super::mail::find;
use super::seed::mail::{Letter, properties};
use super::store::{Delivery, Mailbox, State, User};
use crate::world::World;

/// What can be changed of a message that is no draft.
const WRITABLE: [&str; 5] = [
    "isRead",
    "categories",
    "flag",
    "importance",
    "inferenceClassification",
];

/// What a draft or a request says of a mail.
pub struct Draft {
    pub subject: String,
    pub html: String,
    pub to: Vec<User>,
    pub cc: Vec<User>,
    /// The Message-ID (with its brackets) this answers.
    pub answers: Option<String>,
}

/// `POST /me/sendMail`.
pub fn send(world: &World, call: &Call, owner: &User) -> Outcome {
    if call.method != Method::POST {
        return Err(Reply::method_not_allowed());
    }
    if owner.oid != call.access.person.oid {
        return Err(Reply::access_denied());
    }
    call.outlook_needs(&["Mail.Send"])?;
    let wanted = lower_keys(&Value::Object(call.json()?));
    let message = &wanted["message"];
    let mut graph = world.graph();
    let draft = Draft {
        subject: text(&message["subject"]),
        html: html(&message["body"]),
        to: users(&graph, &message["torecipients"]),
        cc: users(&graph, &message["ccrecipients"]),
        answers: None,
    };
    if draft.to.is_empty() && draft.cc.is_empty() {
        return Err(Reply::bad_request(
            "ErrorInvalidRecipients",
            "At least one recipient isn't valid., A message can't be sent because it contains no recipients.",
        ));
    }
    let keeps = wanted["savetosentitems"] != false;
    post(&mut graph, owner, &draft, keeps);
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

/// `POST /me/messages/{id}/reply` and `…/replyAll`.
pub fn reply(world: &World, call: &Call, owner: &User, id: &str, to_all: bool) -> Outcome {
    call.outlook_needs(&["Mail.Send"])?;
    let wanted = lower_keys(&Value::Object(call.json()?));
    let mut graph = world.graph();
    let mailbox = graph
        .mailboxes
        .get(&owner.oid)
        .ok_or_else(Reply::item_not_found)?;
    let answered = find(mailbox, id)?.properties.clone();
    let comment = match wanted["comment"].as_str() {
        Some(comment) => format!("<p>{comment}</p>"),
        None => html(&wanted["message"]["body"]),
    };
    let draft = answer_to(&graph, owner, &answered, comment, to_all);
    post(&mut graph, owner, &draft, true);
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

/// `PATCH` and `DELETE /me/messages/{id}`: a deleted message goes to the deleted items, and from there for good.
pub fn write(world: &World, call: &Call, owner: &User, id: &str) -> Outcome {
    let own = owner.oid == call.access.person.oid;
    call.outlook_needs(if own {
        &["Mail.ReadWrite"]
    } else {
        &["Mail.ReadWrite.Shared"]
    })?;
    let mut graph = world.graph();
    let mailbox = graph.mailbox_mut(&owner.oid);
    find(mailbox, id)?;
    let index = mailbox.message(id).ok_or_else(Reply::item_not_found)?;
    if call.method == Method::DELETE {
        discard(mailbox, index);
        return Ok(Reply::empty(StatusCode::NO_CONTENT));
    }
    let changes = call.json()?;
    if let Some(name) = changes.keys().find(|it| !WRITABLE.contains(&it.as_str())) {
        let message =
            format!("The property '{name}' of a message that is no draft cannot be written.");
        return Err(Reply::bad_request("ErrorInvalidPropertySet", &message));
    }
    mailbox.change_message(index, |properties| properties.extend(changes));
    let mut shown = mailbox.messages[index].properties.clone();
    shown.insert("id".to_owned(), json!(mailbox.messages[index].id));
    Ok(Reply::ok(Value::Object(shown)))
}

/// Deletes a message as people do.
pub fn discard(mailbox: &mut Mailbox, index: usize) {
    let bin = mailbox.folder("deleteditems").map(|it| it.id.clone());
    let message = &mailbox.messages[index];
    if let Some(bin) = bin.filter(|bin| message.folder != *bin) {
        mailbox.put(index, &bin);
    } else {
        let message_id = text(&message.properties["internetMessageId"]);
        mailbox.delete(&message_id);
    }
}

/// An answer to a message, to its sender, or to everybody it went to as well.
pub fn answer_to(
    state: &State,
    from: &User,
    answered: &Map<String, Value>,
    html: String,
    to_all: bool,
) -> Draft {
    let subject = text(&answered["subject"]);
    let bare = subject.trim_start_matches("RE: ");
    let mut to = users(state, &json!([answered["from"]]));
    let mut cc = Vec::new();
    if to_all {
        to.extend(users(state, &answered["toRecipients"]));
        cc = users(state, &answered["ccRecipients"]);
    }
    for list in [&mut to, &mut cc] {
        list.retain(|it| !it.email.eq_ignore_ascii_case(&from.email));
    }
    // Who answers themselves means those who were written to before.
    if to.is_empty() {
        to = users(state, &answered["toRecipients"]);
    }
    Draft {
        subject: format!("RE: {bare}"),
        html,
        to,
        cc,
        answers: answered["internetMessageId"].as_str().map(str::to_owned),
    }
}

/// Delivers a mail to those of its recipients who have a mailbox, and to the sender's sent items. Returns its
/// Message-ID.
pub fn post(state: &mut State, from: &User, draft: &Draft, keeps: bool) -> String {
    let domain = from.email.split('@').nth(1).unwrap_or("mail.example");
    let bare = format!("{}@mail.{domain}", Uuid::new_v4());
    let message_id = format!("<{bare}>");
    let text = plain(&draft.html);
    let letter = Letter {
        message_id: &bare,
        label: &bare,
        subject: draft.subject.clone(),
        thread: &bare,
        number: 1,
        from: from.clone(),
        to: draft.to.clone(),
        cc: draft.cc.clone(),
        at: OffsetDateTime::now_utc(),
    };
    let mut readers: Vec<(String, &str)> = draft
        .to
        .iter()
        .chain(&draft.cc)
        .filter_map(|it| state.mailbox(&it.email))
        .map(|it| (it.owner.oid.clone(), "inbox"))
        .collect();
    if keeps && state.mailboxes.contains_key(&from.oid) {
        readers.push((from.oid.clone(), "sentitems"));
    }
    readers.sort();
    readers.dedup();
    for (oid, folder) in readers {
        let mailbox = state.mailbox_mut(&oid);
        let mut properties = properties(mailbox, &letter, &draft.html, &text, false);
        properties.insert("isRead".to_owned(), json!(folder == "sentitems"));
        let mut references = Vec::new();
        if let Some(answered) = &draft.answers {
            // Who does not have what is answered still learns of it, but has another conversation.
            if let Some(index) = mailbox.by_message_id(answered).first() {
                let before = &mailbox.messages[*index];
                properties.insert(
                    "conversationId".to_owned(),
                    before.properties["conversationId"].clone(),
                );
                references = before.references.iter().map(|it| bracketed(it)).collect();
            }
            references.push(answered.clone());
        }
        mailbox.deliver(
            folder,
            Delivery {
                text: text.clone(),
                unique: None,
                references,
                properties,
                attachments: Vec::new(),
            },
        );
    }
    message_id
}

pub fn bracketed(message_id: &str) -> String {
    format!("<{}>", message_id.trim_matches(['<', '>']))
}

/// The people a list of recipients names; strangers have no object id.
fn users(state: &State, recipients: &Value) -> Vec<User> {
    let recipients = recipients.as_array().into_iter().flatten();
    recipients
        .map(|it| {
            let lower = lower_keys(it);
            let address = text(&lower["emailaddress"]["address"]);
            state.mailbox(&address).map_or_else(
                || User {
                    oid: String::new(),
                    tid: String::new(),
                    name: text(&lower["emailaddress"]["name"]),
                    email: address.clone(),
                },
                |it| it.owner.clone(),
            )
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A body as HTML, whichever kind it was sent as.
fn html(body: &Value) -> String {
    let content = text(&body["content"]);
    if body["contenttype"]
        .as_str()
        .is_some_and(|it| it.eq_ignore_ascii_case("html"))
    {
        return content;
    }
    let escaped = content.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<html><body><p>{}</p></body></html>",
        escaped.replace('\n', "<br>")
    )
}

/// Graph takes the names of an action's parameters in any case.
fn lower_keys(value: &Value) -> Value {
    match value {
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| (name.to_lowercase(), lower_keys(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(values) => values.iter().map(lower_keys).collect(),
        other => other.clone(),
    }
}
