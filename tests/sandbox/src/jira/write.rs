//! What callers send to create or change an issue, and putting it in, field by field.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    access::{Caller, Site},
    error::Refusal,
    model::{Content, Issue, PRIORITIES, Project},
    screen, value,
};

/// A new issue, an edit, or a transition.
#[derive(Deserialize)]
pub(crate) struct Write {
    #[serde(default)]
    pub(crate) fields: Map<String, Value>,
    #[serde(default)]
    pub(crate) update: Map<String, Value>,
    pub(crate) transition: Option<Value>,
    #[serde(default)]
    pub(crate) properties: Vec<Property>,
}

/// An entity property.
#[derive(Deserialize)]
pub(crate) struct Property {
    pub(crate) key: String,
    pub(crate) value: Value,
}

/// The properties by key, or the refusal of one that is too long.
pub(crate) fn properties(sent: Vec<Property>) -> Result<BTreeMap<String, Value>, Refusal> {
    for property in &sent {
        if property.key.is_empty() || property.key.len() > 255 {
            return Err(Refusal::bad(
                "The property key is longer than 255 characters.",
            ));
        }
        if property.value.to_string().len() > 32_768 {
            return Err(Refusal::bad(
                "The property value is longer than 32768 characters.",
            ));
        }
    }
    let pairs = sent.into_iter().map(|it| (it.key, it.value));
    Ok(pairs.collect())
}

/// Sets `fields` and does what `update` says, or neither.
pub(crate) fn all(
    caller: &Caller,
    content: &Content,
    project: &Project,
    issue: &mut Issue,
    new_id: u64,
    body: &Write,
) -> Result<(), Refusal> {
    let site = &caller.site;
    let mut changed = issue.clone();
    let mut errors = Map::new();
    let mut set = |changed: &mut Issue, name: &str, value: &Value| {
        if let Err(why) = field(site, content, project, changed, name, value) {
            errors.insert(name.to_owned(), json!(why));
        }
    };
    for (name, value) in &body.fields {
        // Jira ignores these two in an edit.
        if !matches!(name.as_str(), "project" | "issuetype") {
            set(&mut changed, name, value);
        }
    }
    for (name, operations) in &body.update {
        for operation in operations.as_array().into_iter().flatten() {
            if let Some(value) = operation.get("set") {
                set(&mut changed, name, value);
            } else if let (true, Some(label)) = (name == "labels", operation["add"].as_str()) {
                changed.labels.push(label.to_owned());
            } else if let (true, Some(label)) = (name == "labels", operation["remove"].as_str()) {
                changed.labels.retain(|had| had != label);
            } else if let (true, Some(added)) = (name == "comment", operation.get("add")) {
                let comment = super::comment::new(new_id, caller.account()?, &added["body"])?;
                changed.comments.push(comment);
            } else {
                return Err(Refusal::field(
                    name,
                    "The operation is not supported for this field.",
                ));
            }
        }
    }
    if !errors.is_empty() {
        return Err(Refusal::fields(&errors));
    }
    *issue = changed;
    Ok(())
}

/// Puts one field in; the error is Jira's.
pub(crate) fn field(
    site: &Site,
    content: &Content,
    project: &Project,
    issue: &mut Issue,
    name: &str,
    value: &Value,
) -> Result<(), String> {
    match name {
        "summary" => issue.summary = summary(value)?,
        "description" => issue.description = value::document(value)?,
        "priority" => issue.priority = priority(value)?,
        "assignee" => issue.assignee = assignee(site, project, value)?,
        "reporter" => {
            let wanted = value::account(value).ok_or("Reporter is required.")?;
            let known = site
                .world
                .find(|person| person.account_id == wanted && person.is_on(site.name));
            issue.reporter = known
                .ok_or("The reporter specified is not a user.")?
                .account_id;
        }
        "labels" if value.is_null() => issue.labels.clear(),
        "labels" => {
            let labels = value::labels(value)?;
            let labels = labels.as_array().into_iter().flatten();
            issue.labels = labels
                .filter_map(|label| label.as_str().map(str::to_owned))
                .collect();
        }
        "duedate" if value.is_null() => issue.due = None,
        "duedate" => issue.due = value::date(value)?.as_str().map(str::to_owned),
        _ => {
            let field = screen::by_id(name).ok_or_else(|| unknown(name))?;
            let accepted = value::accept(site, content, project, field, value)?;
            issue.more.insert(field.id, accepted);
        }
    }
    Ok(())
}

/// Jira's words for a field that is not on the screen.
pub(crate) fn unknown(name: &str) -> String {
    format!("Field '{name}' cannot be set. It is not on the appropriate screen, or unknown.")
}

fn summary(value: &Value) -> Result<String, String> {
    match value.as_str().map(str::trim) {
        None => Err("Operation value must be a string".to_owned()),
        Some("") => Err("You must specify a summary of the issue.".to_owned()),
        Some(text) if text.contains(['\n', '\r']) => {
            Err("The summary is invalid because it contains newline characters.".to_owned())
        }
        Some(text) if text.chars().count() > 255 => {
            Err("Summary can't exceed 255 characters.".to_owned())
        }
        Some(text) => Ok(text.to_owned()),
    }
}

fn priority(value: &Value) -> Result<usize, String> {
    let by_name = |name: &str| {
        PRIORITIES
            .iter()
            .position(|known| known.eq_ignore_ascii_case(name))
    };
    let by_id = |id: &str| {
        id.parse::<usize>()
            .ok()?
            .checked_sub(1)
            .filter(|place| *place < PRIORITIES.len())
    };
    value["id"]
        .as_str()
        .and_then(by_id)
        .or_else(|| value["name"].as_str().and_then(by_name))
        .ok_or_else(|| "The priority selected is invalid.".to_owned())
}

/// `null` and `{"accountId": null}` mean nobody; `-1` means the project's default, which is its lead or nobody.
fn assignee(site: &Site, project: &Project, value: &Value) -> Result<Option<String>, String> {
    let account = match value::account(value) {
        None => return Ok(None),
        Some("-1") => {
            let lead = project.lead.map(|lead| site.world.person(lead).account_id);
            return Ok(lead);
        }
        Some(account) => account,
    };
    site.world
        .find(|person| person.account_id == account && project.members.contains(&person.handle))
        .map(|person| Some(person.account_id))
        .ok_or_else(|| format!("User '{account}' cannot be assigned issues."))
}
