//! The bodies of webhooks: with all content, in the older API's spelling, rich text as plain text.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/webhooks/>

use serde_json::{Map, Value, json};

use super::happening::{Detail, Happening};
use crate::jira::{
    access::Site,
    adf,
    fields::{self, Wanted},
    model::{Comment, Content, Issue},
    people,
};

/// What is sent of something that happened. `at` is in milliseconds since 1970.
pub(crate) fn of(
    site: &Site,
    content: &Content,
    by: &str,
    happening: &Happening,
    at: i64,
) -> Map<String, Value> {
    let issue = &happening.issue;
    let mut body = json!({"timestamp": at, "webhookEvent": happening.event});
    match &happening.detail {
        Detail::Issue(name, changes) => {
            body["issue_event_type_name"] = json!(name);
            body["user"] = people::user(site, by);
            body["issue"] = whole(site, content, issue);
            if !changes.is_empty() {
                let items: Vec<_> = changes
                    .iter()
                    .map(super::happening::Change::shown)
                    .collect();
                body["changelog"] = json!({"id": at.to_string(), "items": items});
            }
        }
        Detail::Comment(comment) => {
            body["comment"] = comment_of(site, issue, comment);
            body["issue"] = brief(site, content, issue);
            body["eventType"] = json!("primaryAction");
        }
        Detail::Property(key, value) => {
            body["user"] = people::user(site, by);
            body["issue"] = brief(site, content, issue);
            body["property"] = json!({"key": key, "value": value});
        }
    }
    match older(body) {
        Value::Object(body) => body,
        _ => Map::new(),
    }
}

fn whole(site: &Site, content: &Content, issue: &Issue) -> Value {
    shown(
        site,
        content,
        issue,
        &Wanted::new(&["*all,-comment,-worklog".to_owned()], "*all"),
    )
}

/// The few fields that go with a comment.
fn brief(site: &Site, content: &Content, issue: &Issue) -> Value {
    let names = "summary,issuetype,project,assignee,priority,status";
    shown(
        site,
        content,
        issue,
        &Wanted::new(&[names.to_owned()], names),
    )
}

fn shown(site: &Site, content: &Content, issue: &Issue, wanted: &Wanted) -> Value {
    json!({
        "id": issue.id.to_string(),
        "self": format!("{}/rest/api/3/{}", site.base(), issue.id),
        "key": issue.key(),
        "fields": fields::values(site, content, issue, "", wanted),
    })
}

fn comment_of(site: &Site, issue: &Issue, comment: &Comment) -> Value {
    fields::comment(site, issue, comment, false)
}

/// Webhooks speak the language of version 2: its addresses, and text instead of documents.
fn older(value: Value) -> Value {
    match value {
        Value::Object(object) if object.get("type").is_some_and(|kind| kind == "doc") => {
            json!(adf::plain(&Value::Object(object)).trim_end())
        }
        Value::Object(object) => object
            .into_iter()
            .map(|(name, value)| (name, older(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(values) => values.into_iter().map(older).collect(),
        Value::String(text) => json!(text.replace("/rest/api/3/", "/rest/api/2/")),
        other => other,
    }
}
