//! Why a mutation of an issue was not carried out, in our own words: Jira's never pass through.

use std::collections::HashMap;

use crate::action::attach::Trouble;
use crate::action::refusal::Refusal;
use crate::graphql::error::Error;
use crate::graphql::link::UserError;
use crate::id::FieldId;

/// The input of each field of Jira's, as a path below `input`.
pub type Inputs = HashMap<String, Vec<String>>;

/// As errors of the payload; an error of ours is one of the field instead.
pub fn told(refusal: Refusal, inputs: &Inputs) -> Result<Vec<UserError>, Error> {
    let key = "idempotencyKey";
    Ok(match refusal {
        Refusal::Fields(fields) if fields.is_empty() => {
            let message =
                "Jira does not take this: a value is missing or wrong, or you may not do it.";
            vec![UserError::general("BAD_USER_INPUT", message)]
        }
        Refusal::Fields(fields) => fields.iter().map(|it| field(it, inputs)).collect(),
        Refusal::KeyReused => vec![UserError::new(
            "BAD_USER_INPUT",
            &[key],
            "This key was used for another request. Make a new key for each request.",
        )],
        Refusal::UnderWay => vec![UserError::new(
            "IN_PROGRESS",
            &[key],
            "The first request with this key is still under way. Send the same key again in a moment; nothing is done twice.",
        )],
        Refusal::Unknown => vec![UserError::new(
            "OUTCOME_UNKNOWN",
            &[key],
            "It is not known whether it was done. Send the same key again in half a minute; nothing is done twice.",
        )],
        Refusal::Conflict => vec![UserError::general(
            "CONFLICT",
            "Somebody else changed the issue at the same time. Look at it, and try again with a new key.",
        )],
        Refusal::TooMuch => vec![UserError::general(
            "TOO_LARGE",
            "Jira takes no more: the text is too long, or the issue holds too much of it.",
        )],
        Refusal::Missing(input) => vec![UserError::new(
            "NOT_FOUND",
            &[input],
            "There is nothing with that id that you can see.",
        )],
        Refusal::Wrong(input, message) => vec![UserError::new("FIELD_INVALID", &[input], message)],
        Refusal::Required(input) => {
            vec![UserError::new(
                "FIELD_REQUIRED",
                &[input],
                "A value is needed here.",
            )]
        }
        Refusal::Provider(input, error) => {
            tracing::info!(%error, kind = ?error.kind, "an act was not carried out");
            vec![UserError::of(input, &error.into())]
        }
        Refusal::Store(error) => return Err(error.into()),
        Refusal::Broken => return Err(Error::broken()),
    })
}

/// A field that Jira refused: one that was not given is missing, whatever Jira says of it.
fn field(field: &FieldId, inputs: &Inputs) -> UserError {
    let name = match field.as_str() {
        "issuetype" => "type",
        // Jira calls a comment's body so.
        "comment" => "body",
        name => name,
    };
    match inputs.get(field.as_str()) {
        Some(input) => {
            let input: Vec<_> = input.iter().map(String::as_str).collect();
            UserError::new("FIELD_INVALID", &input, "Jira does not take this value.")
        }
        None if matches!(name, "project" | "type" | "body" | "assignee") => {
            UserError::new("FIELD_INVALID", &[name], "Jira does not take this value.")
        }
        None => UserError::new(
            "FIELD_REQUIRED",
            &["fields", name],
            "Jira needs a value here.",
        ),
    }
}

/// Why one file was not attached.
pub fn file(trouble: Trouble) -> UserError {
    let message = match trouble {
        Trouble::NotFound => "The mail has no such attachment that you can see.",
        Trouble::Reference => "This is a link to a file in the cloud; there is nothing to attach.",
        Trouble::TooLarge => "The file is larger than the site takes, or the issue has too many.",
        Trouble::Disabled => "This site takes no attachments.",
        Trouble::Forbidden => "You may not attach this file there.",
        Trouble::Unavailable => "The file could not be carried over. Try again later.",
        Trouble::Unknown => {
            "It is not known whether the file arrived. Attach it again; the same file is not attached twice."
        }
    };
    UserError::general(trouble.code(), message)
}
