//! Open issues that a mail might belong to: one JQL search of each site.

use std::sync::Arc;

use super::words;
use super::{IssueSuggestion, SuggestionReason};
use crate::auth::Membership;
use crate::graphql::context::Operation;
use crate::graphql::issue::Issue;
use crate::graphql::join;
use crate::graphql::selection::Selection;
use crate::id::IssueId;
use crate::upstream::jira::{self, FieldSet, jql, model};
use crate::upstream::microsoft::mail::Message;
use crate::upstream::{self, Kind};

/// The most suggestions of an answer.
pub const MOST: usize = 5;
/// How many are read, for some are no suggestions: those that the mail belongs to.
const READ: usize = 20;
/// How many of a subject's telling words an issue's summary has to share.
const SHARED: usize = 2;

/// What an issue is recognised by.
struct Looked {
    sender: Option<String>,
    words: Vec<String>,
}

/// Searches one site, in one call: what the sender reported, what names their address, and what has a similar summary.
pub async fn read(
    operation: &Operation,
    site: &Membership,
    selection: Option<&Selection>,
    message: Option<&Message>,
) -> Result<Vec<IssueSuggestion>, upstream::Error> {
    let (Some(selection), Some(message)) = (selection, message) else {
        return Ok(Vec::new());
    };
    let looked = Looked::of(message);
    let fields = selection.issue_fields();
    let fields = fields.with("key").with("summary").with("reporter");
    let mut found = search(operation, site, looked.jql(true), fields).await;
    if looked.sender.is_some() && found.as_ref().is_err_and(|it| it.kind == Kind::Refused) {
        // Some sites refuse a query that names a reporter they do not know, which most senders are.
        found = search(operation, site, looked.jql(false), fields).await;
    }
    let found = found?;
    let mut suggestions: Vec<IssueSuggestion> = found
        .into_iter()
        .filter_map(|content| {
            let reason = looked.reason(&content);
            let issue = Issue::read_now(&site.site, Arc::new(content))?;
            Some(IssueSuggestion { issue, reason })
        })
        .collect();
    suggestions.sort_by_key(|it| it.reason);
    let ids: Vec<IssueId> = suggestions
        .iter()
        .take(MOST)
        .map(|it| it.issue.number())
        .collect();
    // What goes wrong there is met again, with its place, by the joins' own fields.
    drop(join::warm(operation, site.site.id, &ids, selection).await);
    Ok(suggestions)
}

async fn search(
    operation: &Operation,
    site: &Membership,
    jql: Option<String>,
    fields: FieldSet,
) -> Result<Vec<model::Issue>, upstream::Error> {
    let Some(jql) = &jql else {
        return Ok(Vec::new());
    };
    let http = &operation.app.http;
    let found = operation.at_site(&site.site, "search issues", |access| async move {
        jira::search(http, &access, jql, READ, None, fields).await
    });
    found.await.map(|it| it.issues)
}

impl Looked {
    fn of(message: &Message) -> Self {
        let sender = message
            .from
            .as_ref()
            .and_then(|it| it.email_address.as_ref());
        let sender = sender.and_then(|it| it.address.as_deref());
        let words = words::telling(message.subject.as_deref().unwrap_or_default());
        Self {
            sender: sender.filter(|it| it.contains('@')).map(ToOwned::to_owned),
            words: if words.len() < SHARED {
                Vec::new()
            } else {
                words
            },
        }
    }

    /// The search; `None` when there is nothing to look for.
    fn jql(&self, reporter: bool) -> Option<String> {
        let mut any: Vec<String> = Vec::new();
        if let Some(sender) = &self.sender {
            if reporter {
                any.push(format!("reporter = {}", jql::literal(sender)));
            }
            any.push(format!("text ~ {}", jql::phrase(sender)));
        }
        // Any two of the words: a duplicate is seldom told in the very same ones.
        for (index, first) in self.words.iter().enumerate() {
            for second in &self.words[index + 1..] {
                let (first, second) = (jql::literal(first), jql::literal(second));
                any.push(format!("(summary ~ {first} AND summary ~ {second})"));
            }
        }
        if any.is_empty() {
            return None;
        }
        let any = any.join(" OR ");
        Some(format!(
            "statusCategory != Done AND ({any}) ORDER BY updated DESC"
        ))
    }

    /// Why Jira found it. Jira hides most addresses and stems words, so what is neither seen to be the sender's nor to
    /// share their words is found by the sender's address.
    fn reason(&self, content: &model::Issue) -> SuggestionReason {
        let fields = &content.fields;
        let reporter = fields.reporter.as_ref();
        let reporter = reporter.and_then(|it| it.email_address.as_deref());
        let same = |sender: &String| reporter.is_some_and(|it| it.eq_ignore_ascii_case(sender));
        if self.sender.as_ref().is_some_and(same) {
            return SuggestionReason::Sender;
        }
        let summary = fields.summary.as_deref().unwrap_or_default().to_lowercase();
        let shared = self
            .words
            .iter()
            .filter(|word| summary.contains(word.as_str()));
        if self.sender.is_none() || shared.count() >= SHARED {
            return SuggestionReason::Similar;
        }
        SuggestionReason::Sender
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Looked, Message};

    fn looked(subject: &str, sender: &str) -> Looked {
        let message: Message = serde_json::from_value(json!({
            "id": "AAMk=",
            "subject": subject,
            "from": { "emailAddress": { "address": sender } },
        }))
        .unwrap();
        Looked::of(&message)
    }

    #[test]
    fn a_search_names_the_sender_and_any_two_telling_words() {
        assert_eq!(
            looked("AW: Printer without toner", "jo@x.example")
                .jql(true)
                .unwrap(),
            "statusCategory != Done AND (reporter = \"jo@x.example\" OR text ~ \"\\\"jo@x.example\\\"\" \
             OR (summary ~ \"printer\" AND summary ~ \"toner\")) ORDER BY updated DESC"
        );
        assert_eq!(looked("Re: hi", "nobody").jql(true), None);
    }

    #[test]
    fn neither_a_subject_nor_a_sender_breaks_out_of_the_search() {
        let jql = looked(
            "leak\" OR project = SECRET OR summary ~ \"",
            "a\" OR project = SECRET OR text ~ \"@x\\",
        );
        assert_eq!(
            jql.jql(true).unwrap(),
            "statusCategory != Done AND (\
             reporter = \"a\\\" OR project = SECRET OR text ~ \\\"@x\\\\\" \
             OR text ~ \"\\\"a  OR project = SECRET OR text ~  @x \\\"\" \
             OR (summary ~ \"project\" AND summary ~ \"summary\") \
             OR (summary ~ \"project\" AND summary ~ \"secret\") \
             OR (summary ~ \"project\" AND summary ~ \"leak\") \
             OR (summary ~ \"summary\" AND summary ~ \"secret\") \
             OR (summary ~ \"summary\" AND summary ~ \"leak\") \
             OR (summary ~ \"secret\" AND summary ~ \"leak\")) ORDER BY updated DESC"
        );
    }
}
