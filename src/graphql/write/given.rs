//! What the inputs of a mutation come to: checked, and as what it is done with.

use std::fmt::Display;

use async_graphql::ID;
use serde_json::json;

use super::values::Values;
use crate::action::attach::{Attached, Wanted};
use crate::auth::Membership;
use crate::feature::Feature;
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::link::{UserError, check_key};
use crate::graphql::mail::MailRefInput;
use crate::id::{GraphId, JiraId, MessageId, ProjectRef};
use crate::upstream::jira::document::{LONGEST, tidy};
use crate::upstream::microsoft::mail::Sought;

/// The most files of one request.
const MOST_FILES: usize = 20;

/// Checks the key, and puts project and type among the fields.
pub fn placed(
    values: &mut Values,
    key: &str,
    project: &ID,
    kind: &ID,
) -> Option<(ProjectRef, JiraId)> {
    values.wrong.extend(check_key(key).err());
    let parsed = project.parse::<ProjectRef>();
    let project = parsed.map_err(|it| UserError::of("project", &it.into()));
    let kind = kind.parse::<JiraId>();
    let kind = kind.map_err(|it| UserError::of("type", &it.into()));
    match (project, kind) {
        (Ok(project), Ok(kind)) => {
            let digits = project.as_str().bytes().all(|it| it.is_ascii_digit());
            let name = if digits { "id" } else { "key" };
            values.set("project", "project", json!({ name: project.as_str() }));
            values.set("issuetype", "type", json!({ "id": kind.as_str() }));
            Some((project, kind))
        }
        (project, kind) => {
            values
                .wrong
                .extend([project.err(), kind.err()].into_iter().flatten());
            None
        }
    }
}

/// Where an issue is made, for the audit log: the project if it is named by its number, for a key is a word of people's.
pub fn place_of(site: &Membership, project: &ProjectRef) -> (&'static str, String) {
    if project.as_str().bytes().all(|it| it.is_ascii_digit()) {
        ("project", project.to_string())
    } else {
        ("site", site.site.id.to_string())
    }
}

/// The text of a comment. With a mail it may be left out.
pub fn body(text: Option<&str>, with_mail: bool) -> Result<Option<String>, UserError> {
    let text = text.map(tidy).filter(|it| !it.is_empty());
    match &text {
        None if !with_mail => Err(UserError::new(
            "FIELD_REQUIRED",
            &["body"],
            "A comment has to say something.",
        )),
        Some(text) if text.chars().count() > LONGEST => {
            let message = "Jira takes 32767 characters at most.";
            Err(UserError::new("FIELD_INVALID", &["body"], message))
        }
        _ => Ok(text),
    }
}

/// Where a mail is looked for.
pub fn sought(operation: &Operation, mail: &MailRefInput) -> Result<Sought, UserError> {
    let sought = mail.sought(operation).map_err(|unfit| {
        let error = UserError::of("mail", &unfit.error);
        error.below(unfit.field)
    });
    Ok(sought?.0)
}

/// What tells a mail from another in a request.
pub fn named(sought: &Sought) -> String {
    let item = sought
        .item
        .as_ref()
        .map(GraphId::as_str)
        .unwrap_or_default();
    let message = sought
        .message
        .as_ref()
        .map(MessageId::as_str)
        .unwrap_or_default();
    format!("{item} {message}")
}

pub fn files(sources: &[ID]) -> Result<Vec<Wanted>, UserError> {
    if sources.len() > MOST_FILES {
        let message = "One request attaches 20 files at most.";
        return Err(UserError::new("FIELD_INVALID", &["attachments"], message));
    }
    let wanted: Result<Vec<_>, _> = sources
        .iter()
        .map(|it| it.parse().map(Wanted::File))
        .collect();
    wanted.map_err(|it| UserError::of("attachments", &it.into()))
}

/// The ids that tell one request from another.
pub fn words(parts: &[&dyn Display]) -> String {
    let parts: Vec<_> = parts.iter().map(ToString::to_string).collect();
    parts.join(" ")
}

/// What an earlier call attached, from what was written down of it.
pub fn before(result: Option<&str>) -> Vec<Attached> {
    let parts = result.unwrap_or_default().split(' ').skip(1);
    parts.map_while(|it| it.parse().ok()).collect()
}

/// A refusal, where the site's administrators have mail switched off.
pub async fn mail_is_off(
    operation: &Operation,
    site: &Membership,
) -> Result<Option<UserError>, Error> {
    let features = operation.features(site.site.id).await?;
    let off = !features.is_on(Feature::Mail);
    Ok(off.then(|| UserError::of("mail", &Error::switched_off())))
}
