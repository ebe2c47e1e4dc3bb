//! Delta queries on the messages of a folder: all of them once, and from then on what changed.
//! <https://learn.microsoft.com/graph/api/message-delta>

use std::collections::BTreeMap;

use http::{HeaderName, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::change::{Item, Kind};
use super::exchange::{Call, Outcome, Reply};
use super::options::{Options, Paging};
use super::store::{Mailbox, Message};

const PAGING: Paging = Paging {
    default: 10,
    most: 1_000,
    keeps_id: true,
    position: "$skiptoken",
};

/// Answers `…/mailFolders/{f}/messages/delta`. `shown` writes a message as the call wants it.
pub fn answer(
    call: &Call,
    base: &str,
    epoch: &str,
    mailbox: &Mailbox,
    folder: &str,
    shown: impl Fn(&Message) -> Value,
) -> Outcome {
    let option = |name: &str| {
        let mut pairs = call.query.iter();
        pairs
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    };
    let options = Options::read(call)?;
    check(&options)?;
    let wanted = option("changeType").map(|it| {
        let kinds = it.split(',').filter_map(|it| Kind::parse(it.trim()));
        kinds.collect::<Vec<_>>()
    });
    let since = match option("$deltatoken") {
        Some(token) => Some(place(token, epoch, mailbox).ok_or_else(|| {
            let location = HeaderName::from_static("location");
            Reply::error(
                StatusCode::GONE,
                "SyncStateNotFound",
                "The sync state generation is not found; start over.",
            )
            .set(location, &format!("{base}/v1.0{}", call.path))
        })?),
        None => None,
    };
    let items = match since {
        None => {
            let inside = mailbox.messages.iter().filter(|it| it.folder == folder);
            inside.map(&shown).collect()
        }
        Some(since) => news(call, mailbox, folder, since, wanted.as_deref(), &shown),
    };
    let items = match &options.filter {
        // What is removed is told whatever the filter says.
        Some(filter) => items
            .into_iter()
            .filter(|it| it.get("@removed").is_some() || filter.matches(it))
            .collect(),
        None => items,
    };
    let mut page = options.page(call, base, items, PAGING)?;
    if page["@odata.nextLink"].is_null() {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (key, value) in &call.query {
            if !["$deltatoken", "$skiptoken"].contains(&key.to_lowercase().as_str()) {
                query.append_pair(key, value);
            }
        }
        query.append_pair("$deltatoken", &token(epoch, mailbox));
        page["@odata.deltaLink"] = json!(format!("{base}/v1.0{}?{}", call.path, query.finish()));
    }
    page["@odata.context"] = json!(format!("{base}/v1.0/$metadata#Collection(message)"));
    Ok(Reply::ok(page))
}

/// The options that delta queries on messages take are few.
fn check(options: &Options) -> Result<(), Reply> {
    let refused = |what: &str| {
        let message = format!("{what} is not supported with delta queries on messages.");
        Err(Reply::bad_request("ErrorInvalidUrlQuery", &message))
    };
    if options.search.is_some() {
        return refused("$search");
    }
    let filtered = options.filter.iter().flat_map(|it| it.properties());
    if filtered.into_iter().any(|it| it != "receivedDateTime") {
        return refused("A $filter on anything but receivedDateTime");
    }
    if options
        .order
        .iter()
        .any(|it| *it != ("receivedDateTime".to_owned(), true))
    {
        return refused("An $orderby but receivedDateTime desc");
    }
    Ok(())
}

/// The last state of everything that changed since, each once.
fn news(
    call: &Call,
    mailbox: &Mailbox,
    folder: &str,
    since: usize,
    wanted: Option<&[Kind]>,
    shown: &impl Fn(&Message) -> Value,
) -> Vec<Value> {
    let immutable = call.prefers_immutable_ids();
    let mut latest: BTreeMap<&str, (usize, Kind, &str)> = BTreeMap::new();
    for (number, change) in mailbox.history.changes.iter().enumerate().skip(since) {
        let Item::Message {
            id,
            immutable_id,
            folder: of,
        } = &change.item
        else {
            continue;
        };
        if of != folder {
            continue;
        }
        let (before, kind) = match latest.get(immutable_id.as_str()) {
            // New since, and changed since: it is new.
            Some((_, Kind::Created, _)) if change.kind == Kind::Updated => (number, Kind::Created),
            _ => (number, change.kind),
        };
        let name = if immutable { immutable_id } else { id };
        latest.insert(immutable_id, (before, kind, name));
    }
    let mut latest: Vec<_> = latest.into_iter().collect();
    latest.sort_by_key(|(_, (number, ..))| *number);
    latest
        .into_iter()
        .filter(|(_, (_, kind, _))| wanted.is_none_or(|wanted| wanted.contains(kind)))
        .map(|(immutable_id, (_, kind, name))| {
            let message = mailbox.message(immutable_id);
            let message = message.map(|it| &mailbox.messages[it]);
            match message.filter(|it| kind != Kind::Deleted && it.folder == folder) {
                Some(message) => shown(message),
                None => json!({"id": name, "@removed": {"reason": "deleted"}}),
            }
        })
        .collect()
}

fn token(epoch: &str, mailbox: &Mailbox) -> String {
    format!("{epoch}-{}", mailbox.history.changes.len())
}

fn place(token: &str, epoch: &str, mailbox: &Mailbox) -> Option<usize> {
    let (of, place) = token.split_once('-')?;
    let place: usize = place.parse().ok()?;
    (of == epoch && place <= mailbox.history.changes.len()).then_some(place)
}
