//! Adds comments, also such that quote a mail.

use std::sync::Arc;

use super::acting::Acting;
use super::issue::told;
use super::mail::{self, Quoted};
use super::once::{Deed, Hold, Once, once};
use super::refusal::Refusal;
use crate::id::IssueId;
use crate::upstream::jira::document::{LONGEST, document};
use crate::upstream::jira::write::Failure;
use crate::upstream::jira::{comment, model};
use crate::upstream::microsoft::mail::Sought;

/// A comment to be added.
#[derive(Debug, Clone)]
pub struct NewComment {
    /// To which issue.
    pub issue: IssueId,
    /// Plain text; left out for a mail's own.
    pub text: Option<String>,
    /// The mail that is quoted: who wrote it and when come above the text.
    pub mail: Option<Sought>,
}

/// Adds a comment.
pub async fn add(
    acting: Arc<Acting>,
    deed: Deed,
    new: NewComment,
) -> Result<Once<model::Comment>, Refusal> {
    let work = move |acting: Arc<Acting>, hold: Arc<Hold>| async move {
        let added = added(&acting, &hold, new).await?;
        let result = added.id.clone();
        Ok((added, result))
    };
    once(acting, deed, work).await
}

async fn added(acting: &Acting, hold: &Hold, new: NewComment) -> Result<model::Comment, Refusal> {
    let (http, issue, mark) = (&acting.app.http, new.issue, &hold.mark());
    if hold.earlier().is_some() {
        let look = |access| async move {
            let found = comment::find(http, &access, issue, mark).await;
            found.map_err(Failure::Failed)
        };
        let found = acting.jira(look).await;
        if let Some(comment) = found.map_err(|it| Refusal::of("issue", it))? {
            hold.found();
            return Ok(comment);
        }
        hold.nothing_made();
    }
    let text = match (new.text, new.mail) {
        (Some(text), None) => text,
        (text, Some(sought)) => {
            let select = if text.is_some() { mail::BY } else { mail::TEXT };
            let message = mail::read(acting, &sought, select, false).await?.message;
            Quoted::of(&message, text.as_deref()).within(LONGEST)
        }
        (None, None) => return Err(Refusal::Required("body")),
    };
    if text.trim().is_empty() {
        return Err(Refusal::Required("body"));
    }
    let document = &document(&text);
    hold.sent().await?;
    let send = |access| async move { comment::add(http, &access, issue, document, mark).await };
    told(hold, "issue", acting.jira(send).await)
}
