//! `mailContext`: what the Outlook pane asks of the mail it shows, in the fewest calls.

mod issues;
mod read;
mod suggestions;
mod words;

use async_graphql::{Enum, ID, InputObject, SimpleObject};
use futures::future::join_all;

use super::{Mail, MailRefInput, Place, SHARED};
use crate::auth::Membership;
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::issue::Issue;
use crate::graphql::selection::Selection;
use crate::graphql::source::{SourceState, SourceStatus};
use crate::id::NodeId;
use crate::store::link::Link;
use crate::upstream::microsoft::mail::Message;
use crate::upstream::{self, Kind, Provider};

/// Which mail, and whose issues.
#[derive(Debug, InputObject)]
pub struct MailContextInput {
    /// The mail: Graph's (REST) id of it in `mailbox`, or its id here.
    item_id: Option<ID>,
    /// Its RFC 5322 Message-ID. Give both when you have them: the mail may have been moved since.
    internet_message_id: Option<String>,
    /// The address or the Graph id of a shared mailbox; left out, the viewer's own. Used for the call, never kept.
    mailbox: Option<String>,
    /// Only this site; left out, every site the viewer has.
    site: Option<ID>,
}

/// A mail, the issues it belongs to, and how what was asked stands.
#[derive(Debug, Clone, SimpleObject)]
pub struct MailContext {
    /// The mail; null when Graph could not be read (see `source`), or it is not in the mailbox.
    mail: Option<Mail>,
    /// How Graph stands.
    source: SourceStatus,
    /// How Graph and each Jira site stand, Graph first.
    sources: Vec<SourceStatus>,
    /// The issues this mail belongs to, the surest first, at most 20. Only what Jira shows the viewer now.
    issues: Vec<MailIssue>,
    /// Open issues that might belong to it, live from Jira, at most five; never one of `issues`. Costs one Jira call
    /// for each site, only when selected.
    suggestions: Vec<IssueSuggestion>,
}

/// Whether a link leads to this mail, or to its conversation. Wants its Message-ID and its headers.
pub fn belongs(message: &Message, link: &Link) -> bool {
    let via = issues::Known::of(Some(message), None).via(link);
    matches!(via, Some(MailIssueVia::Linked | MailIssueVia::Conversation))
}

/// An issue that a mail belongs to.
#[derive(Debug, Clone, SimpleObject)]
pub struct MailIssue {
    /// The issue.
    issue: Issue,
    /// How it is known.
    via: MailIssueVia,
    /// The link, when there is one for this very mail or its conversation; `unlink` takes it.
    link_id: Option<ID>,
}

/// How it is known that a mail belongs to an issue, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
pub enum MailIssueVia {
    /// This mail is linked.
    Linked,
    /// Its whole conversation is linked.
    Conversation,
    /// An earlier mail, which its `References` or `In-Reply-To` names, is linked.
    Referenced,
    /// Its subject names the issue's key.
    Key,
}

/// An issue that a mail might belong to.
#[derive(Debug, Clone, SimpleObject)]
pub struct IssueSuggestion {
    /// The issue.
    issue: Issue,
    /// Why.
    reason: SuggestionReason,
}

/// Why an issue is suggested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
pub enum SuggestionReason {
    /// An open issue that the mail's sender reported, or that names their address.
    Sender,
    /// An open issue with a similar summary: a likely duplicate.
    Similar,
}

/// What is selected of the answer, so that nothing else is asked for.
struct Asked {
    mail: Selection,
    issues: Option<Selection>,
    suggestions: Option<Selection>,
}

/// What became of one site.
struct OfSite {
    issues: Vec<MailIssue>,
    suggestions: Vec<IssueSuggestion>,
    source: SourceStatus,
}

/// Answers the query; `None` when the mail is not there and nothing else is known of it.
pub async fn of(
    operation: &Operation,
    input: &MailContextInput,
    selection: &Selection,
) -> Result<Option<MailContext>, Error> {
    let reference = MailRefInput {
        item_id: input.item_id.clone(),
        internet_message_id: input.internet_message_id.clone(),
        mailbox: input.mailbox.clone(),
    };
    let (sought, place) = reference.sought(operation).map_err(|it| it.error)?;
    let sites: &[Membership] = match &input.site {
        Some(site) => std::slice::from_ref(operation.site(Some(site.as_str()))?),
        None => operation.sites(),
    };
    let below = |field: &str| {
        selection
            .has(field)
            .then(|| selection.field(field).field("issue"))
    };
    let asked = Asked {
        mail: selection.field("mail"),
        issues: below("issues"),
        suggestions: below("suggestions"),
    };
    let outcome = read::mail(operation, &sought, &asked).await?;
    let (found, source) = match outcome {
        Ok(found) => (found, SourceStatus::ready(Provider::Microsoft)),
        Err(error) => (None, failed(&place, &error)),
    };
    if found.is_none() && sought.message.is_none() && source.state() == SourceState::Ready {
        return Ok(None);
    }
    let message = found.as_ref().map(|it| &*it.message);
    let known = issues::Known::of(message, sought.message.as_ref());
    let links = if asked.issues.is_some() || asked.suggestions.is_some() {
        known.links(operation, sites).await?
    } else {
        Vec::new()
    };
    let mut running = Vec::new();
    for site in sites {
        running.push(of_site(operation, site, &asked, message, &known, &links));
    }
    let sites_answers = join_all(running).await;
    let mut sources = vec![source.clone()];
    if sites.is_empty() {
        let error = upstream::Error::new(Provider::Jira, "find a site", Kind::NotConnected);
        sources.push(SourceStatus::failed(&error));
    }
    let (mut all_issues, mut all_suggestions) = (Vec::new(), Vec::new());
    for answer in sites_answers {
        all_issues.extend(answer.issues);
        all_suggestions.extend(answer.suggestions);
        sources.push(answer.source);
    }
    all_issues.sort_by_key(|it| it.via);
    all_issues.truncate(issues::MOST);
    all_suggestions.sort_by_key(|it| it.reason);
    all_suggestions.truncate(suggestions::MOST);
    let mail = found.map(|it| it.mail(place));
    Ok(Some(MailContext {
        mail,
        source,
        sources,
        issues: all_issues,
        suggestions: all_suggestions,
    }))
}

/// How Graph stands when it did not give the mail.
fn failed(place: &Place, error: &upstream::Error) -> SourceStatus {
    let status = SourceStatus::failed(error);
    if place.mailbox.is_shared() && error.kind == Kind::Forbidden {
        return status.lacking(&[SHARED]);
    }
    status
}

/// What one site has of the mail: its issues and the suggestions, asked for at the same time.
async fn of_site(
    operation: &Operation,
    site: &Membership,
    asked: &Asked,
    message: Option<&Message>,
    known: &issues::Known,
    links: &[Link],
) -> OfSite {
    let links: Vec<_> = links
        .iter()
        .filter(|link| link.site == site.site.id)
        .collect();
    let wanted = issues::wanted(known, &links);
    let (found, suggested) = futures::join!(
        issues::read(operation, site, asked.issues.as_ref(), &wanted),
        suggestions::read(operation, site, asked.suggestions.as_ref(), message),
    );
    let succeeded = [found.is_ok(), suggested.is_ok()];
    let failures = [found.as_ref().err(), suggested.as_ref().err()];
    // What was not asked has neither succeeded nor failed.
    let counted = [
        asked.issues.is_some() && !wanted.is_empty(),
        asked.suggestions.is_some() && message.is_some(),
    ];
    let succeeded = succeeded
        .iter()
        .zip(counted)
        .filter(|(ok, asked)| **ok && *asked);
    let source = SourceStatus::of_parts(
        Provider::Jira,
        succeeded.count(),
        failures.into_iter().flatten(),
    );
    let suggested = suggested.unwrap_or_default();
    OfSite {
        issues: found.unwrap_or_default(),
        suggestions: suggested
            .into_iter()
            .filter(|it| !wanted.names(it.issue.number(), it.issue.known_key()))
            .collect(),
        source: source.at(&site.site),
    }
}

impl MailIssue {
    fn new(issue: Issue, via: MailIssueVia, link: Option<&Link>) -> Self {
        Self {
            issue,
            via,
            link_id: link.map(|it| NodeId::Link(it.id).to_string().into()),
        }
    }
}
