//! Messages: lists with Exchange's rules on filter, order and search, single ones, their MIME form, and moves.
//! <https://learn.microsoft.com/graph/api/resources/message>

use http::{HeaderName, Method, StatusCode};
use serde_json::{Value, json};

use super::attachment;
use super::change::tag;
use super::delta;
use super::event_edit::plain;
use super::exchange::{Call, Outcome, Reply};
use super::mime;
use super::options::{Options, Paging};
use super::post;
use super::store::{Mailbox, Message, State, User, is_item_id};
use crate::world::World;

const KIND: &str = "Microsoft.OutlookServices.Message";
const PROPERTIES: &[&str] = &[
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "changeKey",
    "categories",
    "receivedDateTime",
    "sentDateTime",
    "hasAttachments",
    "internetMessageId",
    "internetMessageHeaders",
    "subject",
    "body",
    "bodyPreview",
    "uniqueBody",
    "importance",
    "parentFolderId",
    "sender",
    "from",
    "toRecipients",
    "ccRecipients",
    "bccRecipients",
    "replyTo",
    "conversationId",
    "conversationIndex",
    "isDeliveryReceiptRequested",
    "isReadReceiptRequested",
    "isRead",
    "isDraft",
    "webLink",
    "inferenceClassification",
    "flag",
    "attachments",
    "extensions",
    "singleValueExtendedProperties",
    "multiValueExtendedProperties",
];
/// What `Mail.ReadBasic` does not show.
const CONTENT: &[&str] = &[
    "body",
    "bodyPreview",
    "uniqueBody",
    "attachments",
    "extensions",
];
const PAGING: Paging = Paging {
    default: 10,
    most: 1_000,
    keeps_id: true,
    position: "$skip",
};

/// Answers `…/messages…`, `…/mailFolders/{f}/messages…` below a mailbox whose owner is `owner`.
pub fn answer(
    world: &World,
    call: &Call,
    owner: &User,
    folder: Option<&str>,
    rest: &[&str],
) -> Outcome {
    let own = owner.oid == call.access.person.oid;
    let read = ["Mail.Read", "Mail.ReadWrite"];
    let shared = ["Mail.Read.Shared", "Mail.ReadWrite.Shared"];
    let may_read = if own {
        call.has(&read)
    } else {
        call.has(&shared)
    };
    let basic = own && call.has(&["Mail.ReadBasic"]);
    if !may_read && !basic {
        return Err(Reply::access_denied());
    }
    let mut graph = world.graph();
    if !own
        && !graph
            .shares
            .contains(&(owner.oid.clone(), call.access.person.oid.clone()))
    {
        return Err(Reply::access_denied());
    }
    let mailbox = graph
        .mailboxes
        .get(&owner.oid)
        .ok_or_else(Reply::item_not_found)?;
    let view = View {
        call,
        base: &world.addresses().graph,
        content: may_read,
    };
    match (&call.method, rest) {
        (&Method::GET, []) => view.list(mailbox, folder),
        (&Method::GET, ["delta" | "delta()"]) => match folder {
            Some(folder) => {
                let options = Options::read(call)?;
                delta::answer(call, view.base, &graph.epoch, mailbox, folder, |it| {
                    view.selected(it, &options)
                })
            }
            None => Err(Reply::bad_request(
                "ErrorInvalidRequest",
                "Delta queries on messages are for one folder at a time.",
            )),
        },
        (&Method::GET, [id]) => view.one(find(mailbox, id)?),
        (&Method::GET, [id, "$value"]) if may_read => {
            let whole = mime::whole(find(mailbox, id)?);
            Ok(Reply::bytes("text/plain", whole))
        }
        (&Method::GET, [id, "attachments", rest @ ..]) if may_read => {
            attachment::answer(call, view.base, find(mailbox, id)?, rest)
        }
        (&Method::POST, [id, answer @ ("reply" | "replyAll")]) if own => {
            drop(graph);
            post::reply(world, call, owner, id, *answer == "replyAll")
        }
        (&Method::PATCH | &Method::DELETE, [id]) if may_read => {
            drop(graph);
            post::write(world, call, owner, id)
        }
        (&Method::POST, [id, "move"]) => {
            call.outlook_needs(if own {
                &["Mail.ReadWrite"]
            } else {
                &["Mail.ReadWrite.Shared"]
            })?;
            let moved = shift(&mut graph, owner, id, call)?;
            Ok(Reply::json(
                StatusCode::CREATED,
                view.whole(&graph.mailboxes[&owner.oid].messages[moved]),
            ))
        }
        (_, [] | [_] | [_, "$value" | "attachments" | "move", ..]) => Err(if may_read {
            Reply::method_not_allowed()
        } else {
            Reply::access_denied()
        }),
        (_, [.., last]) => Err(Reply::unknown_segment(last)),
    }
}

/// A message by id, or Exchange's two ways of not finding it.
pub fn find<'m>(mailbox: &'m Mailbox, id: &str) -> Result<&'m Message, Reply> {
    if !is_item_id(id) {
        return Err(Reply::malformed_id());
    }
    mailbox
        .message(id)
        .map(|it| &mailbox.messages[it])
        .ok_or_else(Reply::item_not_found)
}

/// How one call wants messages written.
struct View<'c> {
    call: &'c Call,
    base: &'c str,
    /// Whether the token shows content.
    content: bool,
}

impl View<'_> {
    fn list(&self, mailbox: &Mailbox, folder: Option<&str>) -> Outcome {
        let mut options = Options::read(self.call)?;
        options.check_names(KIND, PROPERTIES)?;
        check_combination(&options)?;
        let in_folder = |it: &&Message| folder.is_none_or(|folder| it.folder == folder);
        let mut items: Vec<Value> = match options
            .filter
            .as_ref()
            .and_then(|it| it.sole_equality("internetMessageId"))
        {
            // A mailbox has thousands of messages and this is the gateway's commonest question.
            Some(id) => {
                let found = mailbox.by_message_id(id).iter();
                found
                    .map(|it| &mailbox.messages[*it])
                    .filter(in_folder)
                    .map(|it| self.selected(it, &options))
                    .collect()
            }
            None => mailbox
                .messages
                .iter()
                .filter(in_folder)
                .map(|it| self.selected(it, &options))
                .collect(),
        };
        if let Some(filter) = &options.filter {
            items.retain(|it| filter.matches(it));
        }
        if let Some(search) = &options.search {
            let words = search_words(search);
            items.retain(|it| found_by(it, &words));
        }
        if options.order.is_empty() {
            options.order = vec![("receivedDateTime".to_owned(), true)];
        }
        options.sort(&mut items);
        let page = options.page(self.call, self.base, items, PAGING)?;
        Ok(self.preferred(Reply::ok(page)))
    }

    fn one(&self, message: &Message) -> Outcome {
        let options = Options::read(self.call)?;
        options.check_names(KIND, PROPERTIES)?;
        let mut item = self.selected(message, &options);
        if let Some(expand) = options.expands("attachments") {
            item["attachments"] = attachment::expanded(message, expand);
        }
        options.trim(&mut item, true);
        item["@odata.context"] = json!(format!(
            "{}/v1.0/$metadata#{}/$entity",
            self.base,
            self.call.path.trim_start_matches('/')
        ));
        Ok(self.preferred(Reply::ok(item)))
    }

    /// A message with the two properties that come only when they are named.
    fn selected(&self, message: &Message, options: &Options) -> Value {
        let mut item = self.whole(message);
        let named = |name: &str| {
            let mut selected = options.select.iter().flatten();
            self.content && selected.any(|it| it.eq_ignore_ascii_case(name))
        };
        if named("uniqueBody") {
            item["uniqueBody"] = match &message.unique {
                Some(html) if self.call.prefers_text() => {
                    json!({"contentType": "text", "content": plain(html)})
                }
                Some(html) => json!({"contentType": "html", "content": html}),
                None => item["body"].clone(),
            };
        }
        if named("internetMessageHeaders") {
            item["internetMessageHeaders"] = mime::shown(message);
        }
        item
    }

    fn whole(&self, message: &Message) -> Value {
        let mut properties = message.properties.clone();
        let id = if self.call.prefers_immutable_ids() {
            &message.immutable_id
        } else {
            &message.id
        };
        properties.insert("id".to_owned(), json!(id));
        let etag = tag(&message.id, &message.properties);
        properties.insert("@odata.etag".to_owned(), json!(etag));
        if self.call.prefers_text() {
            properties.insert(
                "body".to_owned(),
                json!({"contentType": "text", "content": message.text}),
            );
        }
        if !self.content {
            properties.retain(|name, _| !CONTENT.contains(&name.as_str()));
        }
        Value::Object(properties)
    }

    fn preferred(&self, reply: Reply) -> Reply {
        if self.call.prefers_text() {
            let name = HeaderName::from_static("preference-applied");
            return reply.set(name, "outlook.body-content-type=\"text\"");
        }
        reply
    }
}

/// Search excludes filter and order; filter with order wants the ordered properties first in the filter.
/// <https://learn.microsoft.com/graph/api/user-list-messages#using-filter-and-orderby-in-the-same-query>
fn check_combination(options: &Options) -> Result<(), Reply> {
    if options.search.is_some() && options.filter.is_some() {
        return Err(Reply::bad_request(
            "SearchWithFilter",
            "The query parameter '$filter' is not supported with '$search'.",
        ));
    }
    if options.search.is_some() && !options.order.is_empty() {
        return Err(Reply::bad_request(
            "SearchWithOrderBy",
            "The query parameter '$orderBy' is not supported with '$search'.",
        ));
    }
    let Some(filter) = &options.filter else {
        return Ok(());
    };
    let filtered = filter.properties();
    let first = options
        .order
        .iter()
        .map(|(path, _)| path.split('/').next().unwrap_or(path));
    let fits = first.enumerate().all(|(index, name)| {
        filtered
            .get(index)
            .is_some_and(|it| it.eq_ignore_ascii_case(name))
    });
    if fits {
        return Ok(());
    }
    Err(Reply::bad_request(
        "InefficientFilter",
        "The restriction or sort order is too complex for this operation.",
    ))
}

/// The words of a KQL search: `"a b"` is both, `subject:x` looks at one property.
fn search_words(search: &str) -> Vec<(Option<String>, String)> {
    let text = search
        .trim()
        .trim_matches('"')
        .replace("\\\"", "\"")
        .to_lowercase();
    text.split_whitespace()
        .filter(|it| *it != "and")
        .map(|word| match word.split_once(':') {
            Some((property, word)) => {
                (Some(property.to_owned()), word.trim_matches('"').to_owned())
            }
            None => (None, word.trim_matches('"').to_owned()),
        })
        .collect()
}

fn found_by(item: &Value, words: &[(Option<String>, String)]) -> bool {
    let searched = [
        ("subject", item["subject"].to_string()),
        ("body", item["body"]["content"].to_string()),
        ("from", item["from"].to_string()),
        ("to", item["toRecipients"].to_string()),
    ];
    words.iter().all(|(property, word)| {
        searched.iter().any(|(name, text)| {
            property.as_ref().is_none_or(|it| it == name) && has_word(&text.to_lowercase(), word)
        })
    })
}

/// Whether a text has a word, not only its letters inside another: `demo-4` does not find `demo-42`.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, _)| {
        let after = text[start + word.len()..].chars().next();
        let before = text[..start].chars().next_back();
        let is_inside = |it: Option<char>| it.is_some_and(char::is_alphanumeric);
        !is_inside(before) && !is_inside(after)
    })
}

/// Moves a message: it gets a new default id and keeps its immutable one.
fn shift(graph: &mut State, owner: &User, id: &str, call: &Call) -> Result<usize, Reply> {
    let wanted = call.json()?;
    let wanted = wanted
        .get("destinationId")
        .and_then(Value::as_str)
        .ok_or_else(|| {
            Reply::bad_request("ErrorInvalidRequest", "The DestinationId is missing.")
        })?;
    let mailbox = graph.mailbox_mut(&owner.oid);
    find(mailbox, id)?;
    let index = mailbox.message(id).ok_or_else(Reply::item_not_found)?;
    let folder = mailbox
        .folder(wanted)
        .ok_or_else(Reply::item_not_found)?
        .id
        .clone();
    mailbox.put(index, &folder);
    Ok(index)
}
