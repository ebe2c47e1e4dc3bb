//! The issues a mail belongs to: by links of the mail, of its conversation, of the mails before it, and by keys.

use std::collections::HashMap;
use std::sync::Arc;

use super::words;
use super::{MailIssue, MailIssueVia};
use crate::auth::Membership;
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::issue::Issue;
use crate::graphql::join;
use crate::graphql::selection::Selection;
use crate::id::{IssueId, IssueKey, MessageId, SiteId};
use crate::store::link::{self, Link, Target};
use crate::upstream;
use crate::upstream::jira;
use crate::upstream::microsoft::mail::{Message, thread};

/// The most issues of an answer.
pub const MOST: usize = 20;

/// What a mail says of itself, as far as it is known.
pub struct Known {
    own: Option<MessageId>,
    earlier: Vec<MessageId>,
    keys: Vec<IssueKey>,
}

/// What is asked of one site: issues that are linked, surest first, and those that only a key names.
#[derive(Default)]
pub struct Wanted<'l> {
    linked: Vec<(IssueId, MailIssueVia, &'l Link)>,
    keys: Vec<IssueKey>,
}

impl Known {
    /// From the mail, and from what the host said of it when it could not be read.
    pub fn of(message: Option<&Message>, said: Option<&MessageId>) -> Self {
        let own = message.and_then(|it| it.internet_message_id.as_deref()?.parse().ok());
        let subject = message.and_then(|it| it.subject.as_deref());
        Self {
            own: own.or_else(|| said.cloned()),
            earlier: message.map(thread::references).unwrap_or_default(),
            keys: words::keys(subject.unwrap_or_default()),
        }
    }

    /// The links of these sites that have to do with the mail.
    pub async fn links(
        &self,
        operation: &Operation,
        sites: &[Membership],
    ) -> Result<Vec<Link>, Error> {
        let mails: Vec<MessageId> = self.own.iter().chain(&self.earlier).cloned().collect();
        if mails.is_empty() || sites.is_empty() {
            return Ok(Vec::new());
        }
        let sites: Vec<SiteId> = sites.iter().map(|it| it.site.id).collect();
        let links = link::of_mails(&operation.app.store, &sites, &mails).await?;
        operation.switched_on(links).await
    }

    /// How a link joins the mail to its issue.
    pub fn via(&self, link: &Link) -> Option<MailIssueVia> {
        let own = self.own.as_ref();
        let mail = link.target.mail()?;
        if own == Some(mail) {
            return Some(MailIssueVia::Linked);
        }
        let named = |id| own == Some(id) || self.earlier.contains(id);
        match &link.target {
            Target::Conversation(mail, root) if named(root) || named(mail) => {
                Some(MailIssueVia::Conversation)
            }
            Target::Mail(mail) if self.earlier.contains(mail) => Some(MailIssueVia::Referenced),
            _ => None,
        }
    }
}

/// What to ask of the site that these links belong to.
pub fn wanted<'l>(known: &Known, links: &[&'l Link]) -> Wanted<'l> {
    let mut linked: Vec<(IssueId, MailIssueVia, &Link)> = links
        .iter()
        .filter_map(|link| Some((link.issue, known.via(link)?, *link)))
        .collect();
    // The links come newest first, which this keeps among the equally sure.
    linked.sort_by_key(|(_, via, _)| *via);
    let mut once: Vec<(IssueId, MailIssueVia, &Link)> = Vec::new();
    for it in linked {
        if !once.iter().any(|(issue, ..)| *issue == it.0) {
            once.push(it);
        }
    }
    once.truncate(jira::BULK - known.keys.len());
    Wanted {
        linked: once,
        keys: known.keys.clone(),
    }
}

impl Wanted<'_> {
    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.linked.is_empty() && self.keys.is_empty()
    }

    /// Whether an issue is among these.
    pub fn names(&self, id: IssueId, key: Option<&str>) -> bool {
        self.linked.iter().any(|(linked, ..)| *linked == id)
            || self.keys.iter().any(|it| Some(it.as_str()) == key)
    }
}

/// Reads them in one `bulkfetch`; what the viewer may not see is not there.
pub async fn read(
    operation: &Operation,
    site: &Membership,
    selection: Option<&Selection>,
    wanted: &Wanted<'_>,
) -> Result<Vec<MailIssue>, upstream::Error> {
    let Some(selection) = selection.filter(|_| !wanted.is_empty()) else {
        return Ok(Vec::new());
    };
    let fields = selection.issue_fields().with("key");
    let ids = wanted.linked.iter().map(|(id, ..)| id.to_string());
    let keys = wanted.keys.iter().map(|it| it.as_str().to_owned());
    let references: Vec<String> = ids.chain(keys).collect();
    let (http, references) = (&operation.app.http, &references);
    let found = operation.at_site(&site.site, "read issues", |access| async move {
        jira::issues_named(http, &access, references, fields).await
    });
    let mut found: HashMap<IssueId, Issue> = found
        .await?
        .into_iter()
        .filter_map(|content| {
            let issue = Issue::read_now(&site.site, Arc::new(content))?;
            Some((issue.number(), issue))
        })
        .collect();
    let visible: Vec<IssueId> = found.keys().copied().collect();
    // What goes wrong there is met again, with its place, by the joins' own fields.
    drop(join::warm(operation, site.site.id, &visible, selection).await);
    let mut issues: Vec<MailIssue> = wanted
        .linked
        .iter()
        .filter_map(|(id, via, link)| {
            let own = matches!(via, MailIssueVia::Linked | MailIssueVia::Conversation);
            Some(MailIssue::new(
                found.remove(id)?,
                *via,
                own.then_some(*link),
            ))
        })
        .collect();
    let mut named: Vec<Issue> = found.into_values().collect();
    named.sort_by_key(Issue::number);
    let named = named.into_iter();
    issues.extend(named.map(|issue| MailIssue::new(issue, MailIssueVia::Key, None)));
    Ok(issues)
}
