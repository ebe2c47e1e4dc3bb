//! Values put in fields: what Jira takes for each kind of field, how it shows it then, and how it refuses the rest.

use serde_json::{Value, json};
use time::{Date, OffsetDateTime, format_description::well_known::Iso8601};

use super::{
    access::Site,
    adf,
    model::{Content, Project, timestamp},
    people,
    screen::{Choice, Field, RESOLUTIONS, Shape, option, part_shown, resolution},
};

/// The value as the issue shows it from then on, or Jira's refusal. `null` empties every field.
pub(crate) fn accept(
    site: &Site,
    content: &Content,
    project: &Project,
    field: &Field,
    value: &Value,
) -> Result<Value, String> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    let base = site.base();
    match field.shape {
        Shape::Text => match value.as_str() {
            None => Err("Operation value must be a string".to_owned()),
            Some(text) if text.chars().count() > 255 => Err(
                "The entered text is too long. It exceeds the allowed limit of 255 characters."
                    .to_owned(),
            ),
            Some(_) => Ok(value.clone()),
        },
        Shape::Document => document(value),
        Shape::Number if value.is_number() => Ok(json!(value.as_f64())),
        Shape::Number => Err("Operation value must be a number".to_owned()),
        Shape::Date => date(value),
        Shape::DateTime => date_time(value),
        Shape::Select(choices) => chosen(&base, field, choices, value),
        Shape::Cascade(choices) => cascade(&base, field, choices, value),
        Shape::MultiSelect(choices) => {
            each(value, |one| chosen(&base, field, choices, one)).unwrap_or_else(no_list)
        }
        Shape::User => user(site, value),
        Shape::Users => each(value, |one| user(site, one)).unwrap_or_else(no_list),
        Shape::Labels => labels(value),
        Shape::Components => each(value, |one| {
            part(&base, "component", &project.components, one)
        })
        .unwrap_or_else(no_list),
        Shape::Versions => each(value, |one| part(&base, "version", &project.versions, one))
            .unwrap_or_else(no_list),
        Shape::Resolution => RESOLUTIONS
            .iter()
            .find(|(id, name)| value["id"] == *id || value["name"] == *name)
            .map(|(id, _)| resolution(&base, id))
            .ok_or_else(|| "The resolution selected is invalid.".to_owned()),
        Shape::Parent => parent(&base, content, project, value),
        Shape::Foreign if value.is_object() => Ok(value.clone()),
        Shape::Foreign => Err("data was not an object".to_owned()),
        Shape::Project | Shape::Kind | Shape::Priority | Shape::Attachments => Err(format!(
            "Field '{}' cannot be set. It is not on the appropriate screen, or unknown.",
            field.id
        )),
    }
}

/// A document, as rich text fields hold it.
pub(crate) fn document(value: &Value) -> Result<Value, String> {
    if value.is_null() || adf::is_document(value) {
        let length = adf::plain(value).chars().count();
        // https://support.atlassian.com/jira-cloud-administration/docs/configure-advanced-settings/
        if length > 32_767 {
            return Err(
                "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
                    .to_owned(),
            );
        }
        return Ok(value.clone());
    }
    Err(
        "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
            .to_owned(),
    )
}

/// `2026-12-01`.
pub(crate) fn date(value: &Value) -> Result<Value, String> {
    let form = time::macros::format_description!("[year]-[month]-[day]");
    let text = value.as_str().unwrap_or_default();
    match Date::parse(text, form) {
        Ok(_) => Ok(value.clone()),
        Err(_) => Err(format!("Error parsing date string: {}", told(value))),
    }
}

/// Labels have no spaces and at most 255 characters.
pub(crate) fn labels(value: &Value) -> Result<Value, String> {
    let labels: Option<Vec<&str>> = value
        .as_array()
        .and_then(|labels| labels.iter().map(Value::as_str).collect());
    match labels {
        None => Err("data was not an array of strings".to_owned()),
        Some(labels) if labels.iter().any(|it| it.contains(char::is_whitespace)) => {
            let wrong = labels.iter().find(|it| it.contains(char::is_whitespace));
            Err(format!(
                "The label '{}' contains spaces which is invalid.",
                wrong.unwrap_or(&"")
            ))
        }
        Some(labels) if labels.iter().any(|it| it.chars().count() > 255) => {
            Err("The label exceeds the maximum length of 255 characters.".to_owned())
        }
        Some(labels) => Ok(json!(labels)),
    }
}

/// The account of `{"accountId"}` or `{"id"}`.
pub(crate) fn account(value: &Value) -> Option<&str> {
    value["accountId"].as_str().or(value["id"].as_str())
}

fn date_time(value: &Value) -> Result<Value, String> {
    let text = value.as_str().unwrap_or_default();
    // Jira's own form has no colon in the offset.
    let with_colon = match text.char_indices().nth_back(4) {
        Some((place, '+' | '-')) if place > 10 => {
            format!("{}:{}", &text[..text.len() - 2], &text[text.len() - 2..])
        }
        _ => text.to_owned(),
    };
    OffsetDateTime::parse(&with_colon, &Iso8601::DEFAULT)
        .map(|at| json!(timestamp(at.to_offset(time::UtcOffset::UTC))))
        .map_err(|_| format!("Error parsing time string: {}", told(value)))
}

fn chosen(
    base: &str,
    field: &Field,
    choices: &'static [Choice],
    value: &Value,
) -> Result<Value, String> {
    found(choices, value)
        .map(|choice| option(base, choice))
        .ok_or_else(|| refused(field, value))
}

fn cascade(
    base: &str,
    field: &Field,
    choices: &'static [Choice],
    value: &Value,
) -> Result<Value, String> {
    let choice = found(choices, value).ok_or_else(|| refused(field, value))?;
    let mut shown = option(base, choice);
    if !value["child"].is_null() {
        let child = found(choice.children, &value["child"])
            .ok_or_else(|| refused(field, &value["child"]))?;
        shown["child"] = option(base, child);
    }
    Ok(shown)
}

fn found(choices: &'static [Choice], value: &Value) -> Option<&'static Choice> {
    choices
        .iter()
        .find(|it| value["id"] == it.id || (value["id"].is_null() && value["value"] == it.value))
}

fn refused(field: &Field, value: &Value) -> String {
    match (value["id"].as_str(), value["value"].as_str()) {
        (Some(id), _) => format!("Option id '{id}' is not valid"),
        (None, Some(text)) => format!("Option value '{text}' is not valid"),
        _ => format!("Specify a valid 'id' or 'name' for {}", field.name),
    }
}

fn user(site: &Site, value: &Value) -> Result<Value, String> {
    let account = account(value).ok_or_else(|| "data was not an object".to_owned())?;
    site.world
        .find(|person| person.account_id == account && person.is_on(site.name))
        .map(|person| people::user(site, &person.account_id))
        .ok_or_else(|| format!("User '{account}' does not exist."))
}

fn part(
    base: &str,
    what: &str,
    parts: &[(String, String)],
    value: &Value,
) -> Result<Value, String> {
    parts
        .iter()
        .find(|(id, name)| value["id"] == **id || value["name"] == **name)
        .map(|found| part_shown(base, what, found))
        .ok_or_else(|| {
            let kind = if what == "version" {
                "Version"
            } else {
                "Component"
            };
            match value["id"].as_str() {
                Some(id) => format!("{kind} id '{id}' is not valid"),
                None => format!("{kind} name '{}' is not valid", told(&value["name"])),
            }
        })
}

fn parent(
    base: &str,
    content: &Content,
    project: &Project,
    value: &Value,
) -> Result<Value, String> {
    let named = value["id"].as_str().or(value["key"].as_str());
    let parent = named
        .and_then(|named| content.issue(named))
        .filter(|parent| parent.project == project.key && !parent.kind.subtask)
        .ok_or_else(|| "Could not find valid 'id' or 'key' for parent issue.".to_owned())?;
    Ok(json!({
        "id": parent.id.to_string(),
        "key": parent.key(),
        "self": format!("{base}/rest/api/3/issue/{}", parent.id),
        "fields": {"summary": parent.summary},
    }))
}

/// Every value of a list, or nothing when it is none.
fn each(
    value: &Value,
    one: impl Fn(&Value) -> Result<Value, String>,
) -> Option<Result<Value, String>> {
    Some(value.as_array()?.iter().map(one).collect())
}

fn no_list() -> Result<Value, String> {
    Err("data was not an array".to_owned())
}

fn told(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
