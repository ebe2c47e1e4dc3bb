//! Attaches a mail's files, or the whole mail, to an issue: streamed, one after the other, each with its own result.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::acting::Acting;
use super::issue::standing;
use super::mail::{self, cut};
use super::once::{Deed, Hold, Once, once};
use super::refusal::Refusal;
use crate::id::{GraphId, IssueId, JiraId, Malformed};
use crate::store::audit::{self, Act, Outcome};
use crate::upstream::http::Download;
use crate::upstream::jira::attachment::{self, File};
use crate::upstream::jira::document::one_line;
use crate::upstream::jira::model;
use crate::upstream::jira::write::{Failure, Why};
use crate::upstream::microsoft::mail::attachment::Shape;
use crate::upstream::microsoft::mail::{Attachment, Sought, attachment_content, mime};
use crate::upstream::{Error, Kind};

/// A file up to this size is sent without asking first what the site allows: no site allows less by default, and one
/// that does says so in its answer.
const SMALL: u64 = 5 * 1024 * 1024;
/// The most characters of a file's name.
const LONGEST_NAME: usize = 200;

/// What to attach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// One of the mail's attachments.
    File(GraphId),
    /// The whole mail.
    Mail,
}

/// Why a file was not attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The mail has no such attachment, for this person.
    NotFound,
    /// It is a link to a file in the cloud: there is nothing to attach.
    Reference,
    /// It is larger than the site allows, or the issue has too many.
    TooLarge,
    /// The site takes no attachments.
    Disabled,
    /// The person may not attach files there, or not read this one.
    Forbidden,
    /// A provider could not be reached or asked to wait.
    Unavailable,
    /// It was sent, and nobody knows whether it arrived.
    Unknown,
}

/// What became of one file.
#[derive(Debug, Clone)]
pub enum Attached {
    /// It is on the issue: attached now, or with the same name and size before.
    Here(Box<model::Attachment>),
    /// An earlier call attached it, as this.
    Before(JiraId),
    /// It was not attached.
    Not(Trouble),
}

const TROUBLES: [(Trouble, &str); 7] = [
    (Trouble::NotFound, "NOT_FOUND"),
    (Trouble::Reference, "NOT_A_FILE"),
    (Trouble::TooLarge, "FILE_TOO_LARGE"),
    (Trouble::Disabled, "ATTACHMENTS_DISABLED"),
    (Trouble::Forbidden, "FORBIDDEN"),
    (Trouble::Unavailable, "UPSTREAM_UNAVAILABLE"),
    (Trouble::Unknown, "OUTCOME_UNKNOWN"),
];

impl Trouble {
    /// Its code.
    pub fn code(self) -> &'static str {
        let found = TROUBLES.iter().find(|(it, _)| *it == self);
        found.map_or("INTERNAL", |(_, code)| code)
    }

    fn of(failure: &Failure) -> Self {
        match failure {
            Failure::Unknown(_) => Self::Unknown,
            Failure::Refused(refusal) if refusal.why == Why::TooMuch => Self::TooLarge,
            Failure::Refused(_) => Self::Forbidden,
            Failure::Failed(error) => Self::of_error(error),
        }
    }

    fn of_error(error: &Error) -> Self {
        match error.kind {
            Kind::NotFound => Self::NotFound,
            Kind::Forbidden | Kind::AccessBlocked | Kind::Refused => Self::Forbidden,
            _ => Self::Unavailable,
        }
    }
}

/// As it is written down: an id, or `!` and a code.
impl fmt::Display for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here(attachment) => f.write_str(&attachment.id),
            Self::Before(id) => id.fmt(f),
            Self::Not(trouble) => write!(f, "!{}", trouble.code()),
        }
    }
}

impl FromStr for Attached {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        match text.strip_prefix('!') {
            None => text.parse().map(Self::Before),
            Some(code) => {
                let known = TROUBLES.iter().find(|(_, it)| *it == code);
                Ok(Self::Not(
                    known.map_or(Trouble::Unknown, |(trouble, _)| *trouble),
                ))
            }
        }
    }
}

/// Attaches parts of a mail to an issue that is there. What has the same name and size is not attached twice.
pub async fn to_issue(
    acting: Arc<Acting>,
    deed: Deed,
    issue: IssueId,
    sought: Sought,
    wanted: Vec<Wanted>,
) -> Result<Once<Vec<Attached>>, Refusal> {
    let work = move |acting: Arc<Acting>, hold: Arc<Hold>| async move {
        let files = wanted.iter().any(|it| *it != Wanted::Mail);
        let (read, issue_now) = futures::join!(
            mail::read(&acting, &sought, mail::NAME, files),
            standing(&acting, issue, &["attachments"])
        );
        let (read, issue_now) = (read?, issue_now?);
        let present = issue_now.fields.attachment.unwrap_or_default();
        let mut courier = Courier {
            acting: &acting,
            hold: &hold,
            sought: &sought,
            read: &read,
            issue,
            present,
        };
        let mut all = Vec::new();
        for one in &wanted {
            all.push(courier.carry(one).await?);
        }
        let result = written(&issue.to_string(), &all);
        Ok((all, result))
    };
    once(acting, deed, work).await
}

/// What became of files, behind the beginning of a result.
pub(super) fn written(beginning: &str, all: &[Attached]) -> String {
    let mut result = beginning.to_owned();
    for one in all {
        result.push(' ');
        result.push_str(&one.to_string());
    }
    result
}

/// Carries files from one mail to one issue.
pub(super) struct Courier<'a> {
    pub acting: &'a Acting,
    pub hold: &'a Hold,
    pub sought: &'a Sought,
    pub read: &'a mail::Read,
    pub issue: IssueId,
    /// What is on the issue.
    pub present: Vec<model::Attachment>,
}

impl Courier<'_> {
    /// Carries one file. Fails only when nothing more may be sent.
    pub async fn carry(&mut self, wanted: &Wanted) -> Result<Attached, Refusal> {
        let named = match wanted {
            Wanted::Mail => Ok(eml(self.read.message.subject.as_deref())),
            Wanted::File(id) => self.named(id),
        };
        let (name, media) = match named {
            Ok(named) => named,
            Err(trouble) => return Ok(Attached::Not(trouble)),
        };
        self.hold.sent().await?;
        let store = &self.acting.app.store;
        let tenant = self.acting.site.tenant();
        let act = Act {
            tenant: &tenant,
            person: Some(self.acting.site.person),
            actor: Some(self.acting.site.account.as_str()),
            action: "attachment.add",
            object: Some(("issue", self.issue.to_string())),
        };
        let begun = audit::begin(store, act).await?;
        let outcome = self
            .acting
            .jira(|access| self.send(access, wanted, &name, media.as_deref()))
            .await;
        let (attached, outcome, detail) = match outcome {
            Ok(Ok(attachment)) => {
                let id = attachment.id.clone();
                self.present.push(attachment.clone());
                (Attached::Here(Box::new(attachment)), Outcome::Done, id)
            }
            Ok(Err(trouble)) => (
                Attached::Not(trouble),
                Outcome::Refused,
                trouble.code().to_owned(),
            ),
            Err(failure) => {
                let trouble = Trouble::of(&failure);
                (
                    Attached::Not(trouble),
                    Outcome::Failed,
                    trouble.code().to_owned(),
                )
            }
        };
        audit::complete(store, begun, outcome, Some(&detail)).await?;
        Ok(attached)
    }

    /// One file from Graph to Jira; the inner error is what Graph, or the site's limits, have against it.
    async fn send(
        &self,
        access: crate::upstream::Access,
        wanted: &Wanted,
        name: &str,
        media: Option<&str>,
    ) -> Result<Result<model::Attachment, Trouble>, Failure> {
        let http = &self.acting.app.http;
        let content = match self.opened(wanted).await {
            Ok(content) => content,
            Err(error) => return Ok(Err(Trouble::of_error(&error))),
        };
        let same = |it: &&model::Attachment| it.filename == name && Some(it.size) == content.length;
        if let Some(present) = self.present.iter().find(same) {
            return Ok(Ok(present.clone()));
        }
        let length = content.length.unwrap_or(u64::MAX);
        if length > SMALL {
            let site = self.acting.site.site.id;
            let limits = self.acting.app.attachments.on(http, &access, site).await?;
            if !limits.enabled {
                return Ok(Err(Trouble::Disabled));
            }
            if content.length > limits.upload_limit && limits.upload_limit.is_some() {
                return Ok(Err(Trouble::TooLarge));
            }
        }
        let file = File {
            name: name.to_owned(),
            content_type: media.map(str::to_owned),
            content,
        };
        attachment::add(http, &access, self.issue, file)
            .await
            .map(Ok)
    }

    async fn opened(&self, wanted: &Wanted) -> Result<Download, Error> {
        let (http, mailbox) = (&self.acting.app.http, &self.sought.mailbox);
        let mail = &self.read.found_by;
        let open = |access| async move {
            match wanted {
                Wanted::Mail => mime(http, &access, mailbox, mail).await,
                Wanted::File(id) => attachment_content(http, &access, mailbox, mail, id).await,
            }
        };
        self.acting.graph(open).await
    }

    /// The name and media type under which an attachment goes to Jira.
    fn named(&self, id: &GraphId) -> Result<(String, Option<String>), Trouble> {
        let listed = self.read.attachments.as_ref();
        let listed = listed.map_err(Trouble::of_error)?;
        let attachment = listed
            .iter()
            .find(|it| it.id == *id)
            .ok_or(Trouble::NotFound)?;
        match attachment.shape() {
            Shape::Reference => Err(Trouble::Reference),
            Shape::Item => Ok(eml(attachment.name.as_deref())),
            Shape::File => Ok(file(attachment)),
        }
    }
}

fn file(attachment: &Attachment) -> (String, Option<String>) {
    let name = file_name(
        attachment.name.as_deref().unwrap_or_default(),
        "attachment",
        "",
    );
    let media = attachment.content_type.as_deref().filter(|it| {
        // Whatever else it says is no media type, and Jira finds its own by the name.
        it.contains('/') && it.chars().all(|c| c.is_ascii_graphic() || c == ' ')
    });
    (name, media.map(str::to_owned))
}

fn eml(subject: Option<&str>) -> (String, Option<String>) {
    let name = file_name(subject.unwrap_or_default(), "mail", ".eml");
    (name, Some("message/rfc822".to_owned()))
}

/// A name that every system takes for a file: on one line, without signs that lead elsewhere, not too long.
fn file_name(name: &str, otherwise: &str, ending: &str) -> String {
    let safe = one_line(name).replace(['"', '\\', '/', ':', '*', '?', '<', '>', '|'], "_");
    let safe = safe.trim_matches(['.', ' ']);
    let (stem, own_ending) = match safe.rsplit_once('.') {
        Some((stem, own)) if ending.is_empty() && !stem.is_empty() && own.len() <= 16 => {
            (stem, format!(".{own}"))
        }
        _ => (safe, ending.to_owned()),
    };
    let stem = if stem.is_empty() { otherwise } else { stem };
    format!("{}{own_ending}", cut(stem, LONGEST_NAME, "…"))
}

#[cfg(test)]
mod tests {
    use super::{Attached, Trouble, eml, file_name};

    #[test]
    fn a_files_name_leads_nowhere_and_keeps_its_ending() {
        for (name, expected) in [
            ("../../etc/passwd", "_.._etc_passwd"),
            ("a\r\nX: \"y\".pdf", "a X_ _y_.pdf"),
            ("Übersicht Budget.xlsx", "Übersicht Budget.xlsx"),
            ("", "attachment"),
            ("...", "attachment"),
        ] {
            assert_eq!(file_name(name, "attachment", ""), expected);
        }
        assert_eq!(eml(Some("Re: v1.2 <plan>")).0, "Re_ v1.2 _plan_.eml");
        let long = file_name(&format!("{}.pdf", "x".repeat(300)), "attachment", "");
        assert_eq!(long.chars().count(), 204);
        assert!(long.ends_with("….pdf"));
    }

    #[test]
    fn what_is_written_down_is_read_again() {
        assert!(matches!("10071".parse(), Ok(Attached::Before(id)) if id.as_str() == "10071"));
        let large = Attached::Not(Trouble::TooLarge).to_string();
        assert!(matches!(
            large.parse(),
            Ok(Attached::Not(Trouble::TooLarge))
        ));
    }
}
