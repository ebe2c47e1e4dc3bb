//! The values of fields, from what a form gives to what Jira takes. What can be seen to be wrong costs no call.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::input::FieldValueInput;
use crate::graphql::form::{field_of, is_elsewhere};
use crate::graphql::link::UserError;
use crate::graphql::scalar::DateTime;
use crate::id::{AccountId, FieldId, JiraId};
use crate::upstream::jira::document::{LONGEST, document, one_line, tidy};

/// The most fields of one request.
const MOST: usize = 100;
/// The most characters of a label, and of a summary.
const SHORT: usize = 255;

/// Fields as Jira takes them, and the inputs they came from.
#[derive(Debug, Default)]
pub struct Values {
    /// By Jira's ids.
    pub fields: Map<String, Value>,
    /// The input of each field, as a path below `input`.
    pub inputs: HashMap<String, Vec<String>>,
    /// What is wrong.
    pub wrong: Vec<UserError>,
}

impl Values {
    /// From further fields of a form.
    pub fn of(given: Option<&[FieldValueInput]>) -> Self {
        let mut values = Self::default();
        for one in given.unwrap_or_default().iter().take(MOST) {
            values.add(one);
        }
        if given.is_some_and(|it| it.len() > MOST) {
            values.wrong(
                "fields",
                "FIELD_INVALID",
                "There are more fields than any form has.",
            );
        }
        values
    }

    /// An input of its own.
    pub fn set(&mut self, field: &str, input: &str, value: Value) {
        self.fields.insert(field.to_owned(), value);
        self.inputs.insert(field.to_owned(), vec![input.to_owned()]);
    }

    /// The summary, if there is one.
    pub fn summary(&mut self, summary: Option<&str>) {
        let Some(summary) = summary.map(one_line) else {
            self.inputs
                .insert("summary".to_owned(), vec!["summary".to_owned()]);
            return;
        };
        if summary.is_empty() {
            self.wrong(
                "summary",
                "FIELD_REQUIRED",
                "An issue has to have a summary.",
            );
        } else if summary.chars().count() > SHORT {
            self.wrong(
                "summary",
                "FIELD_INVALID",
                "A summary has 255 characters at most.",
            );
        }
        self.set("summary", "summary", Value::String(summary));
    }

    /// The description, if there is one.
    pub fn description(&mut self, description: Option<&str>) {
        self.inputs
            .insert("description".to_owned(), vec!["description".to_owned()]);
        let Some(text) = description.map(tidy) else {
            return;
        };
        if text.chars().count() > LONGEST {
            self.wrong(
                "description",
                "FIELD_INVALID",
                "Jira takes 32767 characters at most.",
            );
        }
        if !text.is_empty() {
            self.set("description", "description", document(&text));
        }
    }

    /// Notes that an input is wrong.
    pub fn wrong(&mut self, input: &str, code: &str, message: &str) {
        self.wrong.push(UserError::new(code, &[input], message));
    }

    fn add(&mut self, given: &FieldValueInput) {
        let (field, area) = field_of(&given.field);
        let refuse =
            |code, message| UserError::new(code, &["fields", given.field.as_str()], message);
        let invalid = |message| refuse("FIELD_INVALID", message);
        if field.parse::<FieldId>().is_err() {
            let message = "This is no id of a field, as `createForm` gives it.";
            self.wrong
                .push(UserError::new("FIELD_INVALID", &["fields"], message));
            return;
        }
        if is_elsewhere(field) {
            self.wrong.push(invalid(
                "This field cannot be set here; some have an input of their own.",
            ));
            return;
        }
        if self.fields.contains_key(field) {
            self.wrong.push(invalid("This field is there twice."));
            return;
        }
        match value(given, area) {
            Ok(value) => {
                let input = vec!["fields".to_owned(), given.field.to_string()];
                self.fields.insert(field.to_owned(), value);
                self.inputs.insert(field.to_owned(), input);
            }
            Err(message) => self.wrong.push(invalid(message)),
        }
    }
}

/// A value as Jira takes it, or what is wrong with it.
fn value(given: &FieldValueInput, area: bool) -> Result<Value, &'static str> {
    let FieldValueInput {
        field: _,
        text,
        number,
        date,
        option,
        options,
        labels,
        user,
    } = given;
    let mut values = Vec::new();
    if let Some(text) = text {
        values.push(words(text, area)?);
    }
    if let Some(number) = number {
        values.push(json!(number));
    }
    if let Some(date) = date {
        values.push(Value::String(moment(date)?));
    }
    if let Some(option) = option {
        values.push(choice(option)?);
    }
    if let Some(options) = options {
        let options: Result<Vec<_>, _> = options.iter().map(|it| choice(it)).collect();
        values.push(Value::Array(options?));
    }
    if let Some(labels) = labels {
        let fits = |it: &String| {
            let sane = !it.contains(|c: char| c.is_whitespace() || c.is_control());
            sane && (1..=SHORT).contains(&it.chars().count())
        };
        if !labels.iter().all(fits) {
            return Err("A label is one word of 255 characters at most.");
        }
        values.push(json!(labels));
    }
    if let Some(user) = user {
        let account: AccountId = user.parse().map_err(|_| "This is no account id.")?;
        values.push(json!({ "accountId": account.as_str() }));
    }
    match values.pop() {
        Some(value) if values.is_empty() => Ok(value),
        _ => Err("Give exactly one value of the kind that the field takes."),
    }
}

fn words(text: &str, area: bool) -> Result<Value, &'static str> {
    if text.chars().count() > LONGEST {
        return Err("Jira takes 32767 characters at most.");
    }
    Ok(if area {
        document(text)
    } else {
        Value::String(one_line(text))
    })
}

fn choice(id: &str) -> Result<Value, &'static str> {
    let id: JiraId = id.parse().map_err(|_| "This is no id of an option.")?;
    Ok(json!({ "id": id.as_str() }))
}

/// A day as it is, or a moment as Jira writes it: with an offset that has no colon.
fn moment(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let expected = "Expected a day such as 2026-11-21, or an ISO 8601 moment.";
    if text.len() == 10 {
        // A moment of this day is one only if there is such a day.
        let day = DateTime::parse(&format!("{text}T00:00:00Z"));
        return day.map(|_| text.to_owned()).ok_or(expected);
    }
    let moment = DateTime::parse(text).ok_or(expected)?;
    Ok(moment.for_jira())
}

#[cfg(test)]
mod tests {
    use async_graphql::ID;
    use serde_json::json;

    use super::Values;
    use crate::graphql::write::input::FieldValueInput;

    fn field(id: &str) -> FieldValueInput {
        FieldValueInput {
            field: ID::from(id),
            text: None,
            number: None,
            date: None,
            option: None,
            options: None,
            labels: None,
            user: None,
        }
    }

    #[test]
    fn values_become_what_jira_takes() {
        let given = [
            FieldValueInput {
                text: Some("a\nb".into()),
                ..field("customfield_1")
            },
            FieldValueInput {
                text: Some("a".into()),
                ..field("customfield_2:text-area")
            },
            FieldValueInput {
                number: Some(2.5),
                ..field("customfield_3")
            },
            FieldValueInput {
                date: Some("2026-11-21".into()),
                ..field("duedate")
            },
            FieldValueInput {
                date: Some("2026-11-21T10:00:00+02:00".into()),
                ..field("customfield_5")
            },
            FieldValueInput {
                option: Some("10".into()),
                ..field("priority")
            },
            FieldValueInput {
                options: Some(vec!["1".into(), "2".into()]),
                ..field("components")
            },
            FieldValueInput {
                labels: Some(vec!["x".into()]),
                ..field("labels")
            },
            FieldValueInput {
                user: Some("712020:a".into()),
                ..field("assignee")
            },
        ];
        let values = Values::of(Some(&given));
        assert!(values.wrong.is_empty());
        let area = json!({ "version": 1, "type": "doc", "content": [
            { "type": "paragraph", "content": [{ "type": "text", "text": "a" }] },
        ] });
        let expected = json!({
            "customfield_1": "a b", "customfield_2": area, "customfield_3": 2.5, "duedate": "2026-11-21",
            "customfield_5": "2026-11-21T08:00:00.000+0000", "priority": { "id": "10" },
            "components": [{ "id": "1" }, { "id": "2" }], "labels": ["x"], "assignee": { "accountId": "712020:a" },
        });
        assert_eq!(json!(values.fields), expected);
    }

    #[test]
    fn what_is_wrong_is_said_of_its_field() {
        let given = [
            field("customfield_1"),
            FieldValueInput {
                text: Some("a".into()),
                number: Some(1.0),
                ..field("customfield_2")
            },
            FieldValueInput {
                date: Some("2026-02-31".into()),
                ..field("duedate")
            },
            FieldValueInput {
                labels: Some(vec!["a b".into()]),
                ..field("labels")
            },
            FieldValueInput {
                text: Some("x".into()),
                ..field("summary")
            },
            FieldValueInput {
                text: Some("x".into()),
                ..field("a b")
            },
            FieldValueInput {
                option: Some("1\"".into()),
                ..field("priority")
            },
        ];
        let values = Values::of(Some(&given));
        assert_eq!((values.wrong.len(), values.fields.len()), (7, 0));
    }
}
