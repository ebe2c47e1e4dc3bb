//! The mails of an issue: those that are linked, and the later ones of the conversations that are linked whole.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Mail, found};
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::join::{self, Found, Read};
use crate::graphql::page::{Join, Slice};
use crate::graphql::selection::{Selection, also};
use crate::id::{GraphId, IssueId, SiteId};
use crate::store::link::{Kind, Link};
use crate::upstream::Provider;
use crate::upstream::microsoft::mail::{self, Message};
use crate::upstream::microsoft::{self, Page, Path};

/// What has to be read of a linked mail, to find the others of its conversation.
pub(super) const NEEDED: &[&str] = &["conversationId", "receivedDateTime", "internetMessageId"];

/// The mails of an issue. `items` is what is selected of each; `asked` says whether anything has to be read at all.
///
/// Costs one part of a `$batch` for each link of the page, and one more for each whole conversation, all of those
/// together in one more call.
pub async fn of_issue(
    operation: &Operation,
    (site, issue): (SiteId, IssueId),
    slice: &Slice,
    items: &Selection,
    asked: bool,
) -> Result<Join<Mail>, Error> {
    let links = join::links(operation, site, issue, Kind::Mail).await?;
    let linked_mails: HashSet<String> = links
        .iter()
        .filter_map(|link| link.target.mail())
        .map(|id| id.as_str().to_owned())
        .collect();
    let linked = join::page(operation, (site, issue), Kind::Mail, slice).await?;
    let wanted: Vec<(Link, &Selection)> = if asked {
        let links = linked.links().iter();
        links.map(|link| (link.clone(), items)).collect()
    } else {
        Vec::new()
    };
    let read = join::read(operation, &wanted).await?;
    let later = if items.exists() {
        later(operation, &read, &wanted).await?
    } else {
        HashMap::new()
    };
    let mut shown: HashSet<GraphId> = HashSet::new();
    let all = |link: &Link| {
        let mut mails = vec![found(&read, link, items)];
        // The newest of a page stand first, so what two conversations share is shown with the newer link.
        let others = later_path(&read, link, items).and_then(|path| later.get(&path).cloned());
        match others {
            Some(Ok(others)) => {
                let others = others.into_iter().filter(|message| {
                    let own = message.internet_message_id.as_deref();
                    own.is_none_or(|it| !linked_mails.contains(it))
                        && shown.insert(message.id.clone())
                });
                mails.extend(others.map(|message| {
                    let mail = Mail::new(message, None);
                    let moment = mail.received();
                    Found::Here(mail, moment)
                }));
            }
            Some(Err(error)) => mails.push(Found::Failed(error)),
            None => {}
        }
        mails
    };
    Ok(join::answer_all(operation, linked, &[Provider::Microsoft], all).await)
}

/// Starts reading the later mails of what was just read, for all issues of an answer together. Their own fields then
/// find them in the loader.
pub async fn warm(
    operation: &Operation,
    read: &Read,
    links: &[(Link, &Selection)],
) -> Result<(), Error> {
    let mails: Vec<_> = links
        .iter()
        .filter(|(link, _)| link.target.is_conversation())
        .cloned()
        .collect();
    later(operation, read, &mails).await.map(drop)
}

type Later = HashMap<Path, Result<Vec<Arc<Message>>, crate::upstream::Error>>;

async fn later(
    operation: &Operation,
    read: &Read,
    links: &[(Link, &Selection)],
) -> Result<Later, Error> {
    let paths: HashSet<Path> = links
        .iter()
        .filter_map(|(link, items)| later_path(read, link, items))
        .collect();
    if paths.is_empty() {
        return Ok(HashMap::new());
    }
    let outcomes = operation
        .graph()
        .try_load_many(paths.into_iter().collect())
        .await
        .map_err(|error| Error::internal(&error))?;
    let parsed = outcomes.into_iter().map(|(path, outcome)| {
        let page = outcome
            .and_then(|json| microsoft::parse::<Page<Message>>(&json, "read a conversation"));
        (
            path,
            page.map(|it| it.value.into_iter().map(Arc::new).collect()),
        )
    });
    Ok(parsed.collect())
}

/// Where the later mails of a link's conversation are read; `None` when only the mail is linked, or the viewer does not
/// have it.
fn later_path(read: &Read, link: &Link, items: &Selection) -> Option<Path> {
    if !link.target.is_conversation() {
        return None;
    }
    let Found::Here(mail, _) = found(read, link, items) else {
        return None;
    };
    let conversation = mail.message.conversation_id.as_deref()?;
    let since = mail.message.received_date_time.as_deref()?;
    let select = also(&items.graph(mail::FIELDS), &["internetMessageId"]);
    Some(mail::of_conversation(conversation, since, &select))
}
