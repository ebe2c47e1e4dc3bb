//! Makes an issue of a mail: its text, the link between them, and the chosen attachments.

use std::sync::Arc;

use serde_json::Value;

use super::acting::Acting;
use super::attach::{Attached, Courier, Wanted, written};
use super::issue::{NewIssue, made, standing};
use super::mail::{self, Quoted};
use super::once::{Deed, Hold, Once, once};
use super::refusal::Refusal;
use crate::id::{IssueId, LinkId};
use crate::store::audit::{self, Act, Outcome};
use crate::store::link::{self, Link, Target};
use crate::upstream::jira::create::Created;
use crate::upstream::jira::document::{LONGEST, document};
use crate::upstream::microsoft::mail::{Message, Sought, thread};

/// The most characters of an issue's summary.
pub const LONGEST_SUMMARY: usize = 255;

/// An issue to be made of a mail.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The issue; what it says of neither summary nor description comes from the mail.
    pub new: NewIssue,
    /// The mail.
    pub sought: Sought,
    /// Which of its attachments go along.
    pub attachments: Vec<Wanted>,
    /// Whether the whole conversation belongs to the issue.
    pub whole_conversation: bool,
}

/// What was made.
#[derive(Debug)]
pub struct FromMail {
    /// The issue.
    pub issue: Created,
    /// The link; `None` for a mail without a Message-ID.
    pub link: Option<Link>,
    /// What became of each attachment.
    pub attachments: Vec<Attached>,
}

/// What an earlier call made.
#[derive(Debug)]
pub struct Earlier {
    /// The issue.
    pub issue: IssueId,
    /// The link.
    pub link: Option<LinkId>,
    /// What became of each attachment.
    pub attachments: Vec<Attached>,
}

impl Earlier {
    /// From what was written down of it.
    pub fn parse(result: &str) -> Option<Self> {
        let mut parts = result.split(' ');
        let issue = parts.next()?.parse().ok()?;
        let link = parts.next().and_then(|it| it.parse().ok());
        let attachments = parts.map_while(|it| it.parse().ok()).collect();
        Some(Self {
            issue,
            link,
            attachments,
        })
    }
}

/// Makes an issue of a mail.
pub async fn create(
    acting: Arc<Acting>,
    deed: Deed,
    letter: Letter,
) -> Result<Once<FromMail>, Refusal> {
    let work = move |acting: Arc<Acting>, hold: Arc<Hold>| async move {
        let made = carried_out(&acting, &hold, letter).await?;
        let link = made.link.as_ref().map(|it| it.id.to_string());
        let link = link.unwrap_or_else(|| "-".to_owned());
        let result = written(&format!("{} {link}", made.issue.id), &made.attachments);
        Ok((made, result))
    };
    once(acting, deed, work).await
}

async fn carried_out(acting: &Acting, hold: &Hold, letter: Letter) -> Result<FromMail, Refusal> {
    let Letter {
        mut new,
        sought,
        attachments,
        whole_conversation,
    } = letter;
    let read = mail::read(acting, &sought, mail::WHOLE, !attachments.is_empty()).await?;
    let earlier = hold
        .earlier()
        .and_then(|it| Earlier::parse(it.result.as_deref()?));
    let issue = if let Some(earlier) = &earlier {
        hold.found();
        Created {
            id: earlier.issue,
            key: None,
        }
    } else {
        fill(&mut new, &read.message)?;
        made(acting, hold, &new).await?
    };
    hold.reached(&issue.id.to_string()).await?;
    let link = linked(acting, issue.id, &read.message, whole_conversation).await?;
    // Only an issue of an earlier try can have any of them.
    let present = if hold.earlier().is_some() && !attachments.is_empty() {
        let now = standing(acting, issue.id, &["attachments"]).await?;
        now.fields.attachment.unwrap_or_default()
    } else {
        Vec::new()
    };
    let mut courier = Courier {
        acting,
        hold,
        sought: &sought,
        read: &read,
        issue: issue.id,
        present,
    };
    let mut carried = Vec::new();
    for wanted in &attachments {
        carried.push(courier.carry(wanted).await?);
    }
    Ok(FromMail {
        issue,
        link,
        attachments: carried,
    })
}

/// Takes what the request leaves out from the mail.
fn fill(new: &mut NewIssue, message: &Message) -> Result<(), Refusal> {
    if !new.fields.contains_key("summary") {
        let summary = mail::summary(message, LONGEST_SUMMARY);
        let summary = summary.ok_or(Refusal::Required("summary"))?;
        new.fields
            .insert("summary".to_owned(), Value::String(summary));
    }
    if !new.fields.contains_key("description") {
        let text = Quoted::of(message, None).within(LONGEST);
        new.fields.insert("description".to_owned(), document(&text));
    }
    Ok(())
}

/// Links the mail, or its conversation, to the issue, with an entry in the audit log.
async fn linked(
    acting: &Acting,
    issue: IssueId,
    message: &Message,
    whole_conversation: bool,
) -> Result<Option<Link>, Refusal> {
    let id = message
        .internet_message_id
        .as_deref()
        .and_then(|it| it.parse().ok());
    let Some(id) = id else { return Ok(None) };
    let root = thread::root(message).filter(|_| whole_conversation);
    let target = match root {
        Some(root) => Target::Conversation(id, root),
        None => Target::Mail(id),
    };
    let (store, site) = (&acting.app.store, &acting.site);
    let tenant = site.tenant();
    let act = Act {
        tenant: &tenant,
        person: Some(site.person),
        actor: Some(site.account.as_str()),
        action: "link.mail",
        object: Some(("issue", issue.to_string())),
    };
    let begun = audit::begin(store, act).await?;
    let (link, _) = link::add(store, site.site.id, issue, &target, site.person).await?;
    audit::complete(store, begun, Outcome::Done, Some(&link.id.to_string())).await?;
    Ok(Some(link))
}
