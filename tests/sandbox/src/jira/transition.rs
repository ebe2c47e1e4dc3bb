//! Moving issues along: what can be done from where, the screens on the way, and doing it.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-transitions-post>

use axum::{Json, extract::Path};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    access::{Caller, READ, WRITE},
    error::Refusal,
    fields::{self, Expand},
    model::{Issue, Project, STATUSES, Status},
    request::{Body, Parameters},
    screen::{self, Scheme},
    write::{self, Write},
};

const ILLEGAL: &str = "It seems that you have tried to perform an illegal workflow operation. If you think this \
                       message is wrong, please contact your Jira administrators.";

/// `GET /issue/{issueIdOrKey}/transitions`.
pub(crate) async fn list(
    caller: Caller,
    Path(id): Path<String>,
    query: Parameters,
) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let with_fields = Expand::new(&query.all("expand")).has("transitions.fields");
    let mut transitions = caller.read(|content| {
        let issue = caller.issue(content, &id)?;
        let project = content
            .project(issue.project)
            .ok_or_else(Refusal::no_issue)?;
        Ok(shown(&caller.site.base(), project, issue, with_fields))
    })?;
    if let (Some(only), Some(all)) = (query.get("transitionId"), transitions.as_array_mut()) {
        all.retain(|transition| transition["id"] == only);
    }
    Ok(Json(
        json!({"expand": "transitions", "transitions": transitions}),
    ))
}

/// `POST /issue/{issueIdOrKey}/transitions`.
pub(crate) async fn perform(
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<Write>,
) -> Result<StatusCode, Refusal> {
    caller.need(WRITE)?;
    let wanted = body
        .transition
        .as_ref()
        .and_then(|transition| match &transition["id"] {
            Value::String(id) => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        })
        .ok_or_else(|| Refusal::bad("Missing 'transition' identifier"))?;
    caller.change(&id, |content, issue, new_id| {
        let project = content
            .project(issue.project)
            .ok_or_else(Refusal::no_issue)?;
        let status = possible(project, issue)
            .find(|status| status.transition == wanted)
            .ok_or_else(|| Refusal::bad(ILLEGAL))?;
        check_screen(project, status, &body)?;
        write::all(&caller, content, project, issue, new_id, &body)?;
        issue.status = status;
        if status.category.1 != "done" {
            issue.more.remove("resolution");
        }
        Ok(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// The transitions an issue has now, as Jira shows them.
pub(crate) fn shown(base: &str, project: &Project, issue: &Issue, with_fields: bool) -> Value {
    possible(project, issue)
        .map(|to| {
            let screen = screen::transition(project.scheme, to.name);
            let mut shown = json!({
                "id": to.transition, "name": to.name, "to": fields::status(base, to),
                "hasScreen": !screen.is_empty(), "isGlobal": project.scheme != Scheme::Operations,
                "isInitial": false, "isAvailable": true, "isConditional": false, "isLooped": false
            });
            if with_fields {
                let asked = screen.iter().map(|entry| {
                    let mut asked = entry.shown(base, project, issue.kind);
                    asked.as_object_mut().map(|it| it.remove("fieldId"));
                    (entry.field.id.to_owned(), asked)
                });
                shown["fields"] = asked.collect::<Map<_, _>>().into();
            }
            shown
        })
        .collect()
}

/// Most projects let every issue go to every status. At Operations nothing is done before it was begun, and in
/// an archive nothing moves.
fn possible<'i>(
    project: &'i Project,
    issue: &'i Issue,
) -> impl Iterator<Item = &'static Status> + 'i {
    STATUSES.iter().filter(move |to| match project.scheme {
        Scheme::ReadOnly => false,
        Scheme::Operations => match issue.status.name {
            "To Do" => to.name == "In Progress",
            "Done" => to.name == "To Do",
            _ => true,
        },
        _ => true,
    })
}

fn check_screen(project: &Project, to: &Status, body: &Write) -> Result<(), Refusal> {
    let screen = screen::transition(project.scheme, to.name);
    let mut errors = Map::new();
    // A comment may go along with every transition.
    let sent = body.fields.keys().chain(body.update.keys());
    for name in sent.filter(|name| *name != "comment") {
        if !screen.iter().any(|entry| entry.field.id == name) {
            errors.insert(name.clone(), json!(write::unknown(name)));
        }
        if body.fields.contains_key(name) && body.update.contains_key(name) {
            errors.insert(
                name.clone(),
                json!(format!(
                    "Field '{name}' cannot be set with both 'fields' and 'update'."
                )),
            );
        }
    }
    for entry in screen.iter().filter(|it| it.required && !it.default) {
        let id = entry.field.id;
        let given = body.fields.get(id).is_some_and(|value| !value.is_null())
            || body.update.contains_key(id);
        if !given {
            errors.insert(
                id.to_owned(),
                json!(format!("{} is required.", entry.field.name)),
            );
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Refusal::fields(&errors))
    }
}
