//! New issues: checked against the create screen of their project and type, all mistakes told at once.

use axum::{Json, extract::State};
use http::StatusCode;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::{
    access::{Caller, Site, WRITE},
    error::Refusal,
    model::{Content, Issue, Kind, Project},
    request::Body,
    screen,
    webhook::happening::Happening,
    write::{self, Write},
};

/// `POST /issue`.
pub(crate) async fn create(
    State(site): State<Site>,
    caller: Caller,
    Body(body): Body<Write>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    caller.need(WRITE)?;
    let account = caller.account()?;
    let mut state = site.world.jira();
    let searchable =
        OffsetDateTime::now_utc() + time::Duration::milliseconds(state.search_delay_ms);
    let content = state.content(site.name);
    let (project, kind) = place(&caller, content, &body.fields)?;
    let number = content.next_number(project.key);
    let now = OffsetDateTime::now_utc();
    let mut issue = Issue::blank(&project, kind, number, &account, now);
    issue.searchable = searchable;
    issue.properties = write::properties(body.properties)?;
    let errors = fill(&site, content, &project, &mut issue, &body.fields);
    if !errors.is_empty() {
        return Err(Refusal::fields(&errors));
    }
    let answer = json!({
        "id": issue.id.to_string(),
        "key": issue.key(),
        "self": format!("{}/rest/api/3/issue/{}", site.base(), issue.id)
    });
    let happened = [Happening::created(&issue)];
    content.issues.insert(issue.id, issue);
    caller.tell(&state, &account, &happened);
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Where the issue goes and what it becomes. These two mistakes are told before any other.
fn place(
    caller: &Caller,
    content: &Content,
    fields: &Map<String, Value>,
) -> Result<(Project, &'static Kind), Refusal> {
    let project = fields
        .get("project")
        .and_then(|project| project["id"].as_str().or(project["key"].as_str()))
        .and_then(|project| content.project(project))
        .filter(|project| caller.browses(content, project.key))
        .cloned()
        .ok_or_else(|| Refusal::field("project", "Specify a valid project ID or key"))?;
    if !project.takes_issues() {
        return Err(Refusal::field(
            "project",
            "You do not have permission to create issues in this project.",
        ));
    }
    let named = fields
        .get("issuetype")
        .ok_or_else(|| Refusal::field("issuetype", "Specify an issue type"))?;
    let kind = project.kinds().find(|known| {
        let name = named["name"].as_str();
        named["id"] == known.id || name.is_some_and(|name| name.eq_ignore_ascii_case(known.name))
    });
    let kind = kind.ok_or_else(|| Refusal::field("issuetype", "Specify a valid issue type"))?;
    Ok((project, kind))
}

/// Puts every field in, and answers the mistakes by field.
fn fill(
    site: &Site,
    content: &Content,
    project: &Project,
    issue: &mut Issue,
    fields: &Map<String, Value>,
) -> Map<String, Value> {
    let screen = screen::create(project.scheme, issue.kind);
    let mut errors = Map::new();
    for (name, value) in fields {
        if matches!(name.as_str(), "project" | "issuetype") {
            continue;
        }
        let outcome = if screen.iter().any(|entry| entry.field.id == name) {
            write::field(site, content, project, issue, name, value)
        } else {
            Err(write::unknown(name))
        };
        if let Err(why) = outcome {
            errors.insert(name.clone(), json!(why));
        }
    }
    for entry in screen.iter().filter(|it| it.required && !it.default) {
        let id = entry.field.id;
        let given = fields.get(id).is_some_and(|value| !is_empty(value));
        if given || errors.contains_key(id) {
            continue;
        }
        let why = match id {
            "summary" => "You must specify a summary of the issue.".to_owned(),
            "parent" => {
                "Issue type is a sub-task but parent issue key or id not specified.".to_owned()
            }
            _ => format!("{} is required.", entry.field.name),
        };
        errors.insert(id.to_owned(), json!(why));
    }
    errors
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(values) => values.is_empty(),
        _ => false,
    }
}
