//! Reads the mail that an act is about, in the viewer's own name, and says in plain text what stands in it.

use super::acting::Acting;
use super::plain;
use super::refusal::Refusal;
use crate::id::GraphId;
use crate::upstream::jira::document::{one_line, tidy};
use crate::upstream::microsoft::mail::{Attachment, Message, Sought, attachment};
use crate::upstream::microsoft::{self, Body};
use crate::upstream::{Error, Kind};

/// Who wrote a mail, and when.
pub const BY: &str = "id,from,receivedDateTime";
/// The same, and its text.
pub const TEXT: &str = "id,from,receivedDateTime,body";
/// All that a new issue takes from a mail.
pub const WHOLE: &str =
    "id,subject,from,receivedDateTime,body,internetMessageId,internetMessageHeaders";
/// What names a mail.
pub const NAME: &str = "id,subject";

/// Stands where a text was cut.
const CUT: &str = "\n\n[…]";

/// A mail, and what is attached to it.
pub struct Read {
    /// The mail.
    pub message: Message,
    /// The id by which its attachments are read.
    pub found_by: GraphId,
    /// What is attached; empty when it was not asked for.
    pub attachments: Result<Vec<Attachment>, Error>,
}

/// Reads a mail, and its attachments when they are wanted, in one Graph call. A mail that is known by its Message-ID
/// only, or that was moved, costs one more for its attachments.
pub async fn read(
    acting: &Acting,
    sought: &Sought,
    select: &str,
    attachments: bool,
) -> Result<Read, Refusal> {
    let failed = |error| Refusal::read("mail", error);
    let listed_at = sought.item.as_ref().filter(|_| attachments);
    let listed_at = listed_at.map(|item| attachment::list(&sought.mailbox, item));
    let mut paths = sought.paths(select);
    paths.extend(listed_at.clone());
    let outcomes = batch(acting, &paths).await.map_err(failed)?;
    let found = sought.found(select, |path| outcomes.get(path));
    let found = found.map_err(failed)?.ok_or(Refusal::Missing("mail"))?;
    let here = sought.item.as_ref() == Some(&found.found_by);
    let attachments = match listed_at
        .filter(|_| here)
        .and_then(|path| outcomes.get(&path))
    {
        _ if !attachments => Ok(Vec::new()),
        Some(outcome) => attachment::listed(outcome),
        None => {
            let path = attachment::list(&sought.mailbox, &found.found_by);
            let outcomes = batch(acting, std::slice::from_ref(&path)).await;
            outcomes.and_then(|it| it.get(&path).map_or(Ok(Vec::new()), attachment::listed))
        }
    };
    Ok(Read {
        message: found.message,
        found_by: found.found_by,
        attachments,
    })
}

async fn batch(
    acting: &Acting,
    paths: &[microsoft::Path],
) -> Result<std::collections::HashMap<microsoft::Path, microsoft::Outcome>, Error> {
    let (app, person) = (&acting.app, acting.caller.person);
    let read = |access| async move {
        let outcomes = microsoft::read(&app.http, &app.mailboxes, person, &access, paths).await;
        let refused = outcomes.values().find_map(|it| match it {
            Err(error) if matches!(error.kind, Kind::TokenRefused { .. }) => Some(error.clone()),
            _ => None,
        });
        refused.map_or(Ok(outcomes), Err)
    };
    acting.graph(read).await
}

/// A mail's subject as an issue's summary; `None` when it has none.
pub fn summary(message: &Message, longest: usize) -> Option<String> {
    let subject = one_line(message.subject.as_deref().unwrap_or_default());
    let summary = cut(&subject, longest, "…");
    (!summary.is_empty()).then_some(summary)
}

/// A mail in words: who wrote it and when, and what.
pub struct Quoted {
    head: String,
    text: String,
}

impl Quoted {
    /// The mail's own text, or the part of it that is given.
    pub fn of(message: &Message, text: Option<&str>) -> Self {
        let mut head = Vec::new();
        let from = message
            .from
            .as_ref()
            .and_then(|it| it.email_address.as_ref());
        if let Some(from) = from {
            let (name, address) = (from.name.as_deref(), from.address.as_deref());
            head.push(match (name, address) {
                (Some(name), Some(address)) if name != address => {
                    format!("From: {name} <{address}>")
                }
                (name, address) => format!("From: {}", name.or(address).unwrap_or_default()),
            });
        }
        // `2026-11-12T10:00:00Z`, to the minute.
        let at = message.received_date_time.as_deref().unwrap_or_default();
        if let (Some(day), Some(minute)) = (at.get(..10), at.get(11..16)) {
            head.push(format!("Date: {day} {minute} UTC"));
        }
        let own = || message.body.as_ref().map(words).unwrap_or_default();
        Self {
            head: head
                .iter()
                .map(|it| one_line(it))
                .collect::<Vec<_>>()
                .join("\n"),
            text: tidy(&text.map_or_else(own, str::to_owned)),
        }
    }

    /// In so many characters at most; what is longer is cut, and says so.
    pub fn within(self, longest: usize) -> String {
        let whole = format!("{}\n\n{}", self.head, self.text);
        cut(whole.trim(), longest, CUT)
    }
}

fn words(body: &Body) -> String {
    let content = body.content.as_deref().unwrap_or_default();
    let html = body
        .content_type
        .as_deref()
        .is_some_and(|it| it.eq_ignore_ascii_case("html"));
    if html {
        plain::text(content)
    } else {
        content.to_owned()
    }
}

/// A text of so many characters at most.
pub(super) fn cut(text: &str, longest: usize, sign: &str) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let kept = text.chars().take(longest - sign.chars().count());
    format!("{}{sign}", kept.collect::<String>().trim_end())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Quoted, cut, summary};

    #[test]
    fn a_mail_says_who_wrote_it_and_when() {
        let message = json!({
            "id": "AAMk=", "subject": " Re:\r\n plan ", "receivedDateTime": "2026-11-12T10:00:59Z",
            "from": { "emailAddress": { "name": "Alice\nMeyer", "address": "alice@acme.example" } },
            "body": { "contentType": "html", "content": "<p>Hello</p>" },
        });
        let message = serde_json::from_value(message).unwrap();
        let head = "From: Alice Meyer <alice@acme.example>\nDate: 2026-11-12 10:00 UTC\n\n";
        assert_eq!(
            Quoted::of(&message, None).within(100),
            format!("{head}Hello")
        );
        assert_eq!(
            Quoted::of(&message, Some(" a part ")).within(100),
            format!("{head}a part")
        );
        assert_eq!(summary(&message, 255).as_deref(), Some("Re: plan"));
        assert_eq!(cut("äöüß", 3, "…"), "äö…");
    }
}
