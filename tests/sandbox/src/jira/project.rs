//! Projects, permissions, and the site's own lists.

use axum::{Json, extract::Path};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    access::{Caller, Need, READ, Who},
    error::Refusal,
    fields,
    model::{Content, PRIORITIES, Project, STATUSES},
    request::{Body, Parameters, page, page_of},
};

/// Connect apps need READ; 3LO tokens need no scope in particular.
const ANY_SCOPE: Need = ("READ", "read:jira-work");

/// What a member of a project may do in it.
const PERMISSIONS: [&str; 12] = [
    "BROWSE_PROJECTS",
    "CREATE_ISSUES",
    "EDIT_ISSUES",
    "ASSIGN_ISSUES",
    "ASSIGNABLE_USER",
    "TRANSITION_ISSUES",
    "ADD_COMMENTS",
    "CREATE_ATTACHMENTS",
    "LINK_ISSUES",
    "WORK_ON_ISSUES",
    "SCHEDULE_ISSUES",
    "DELETE_OWN_COMMENTS",
];
/// What only site administrators may do.
const ADMINISTRATION: [&str; 3] = ["ADMINISTER", "ADMINISTER_PROJECTS", "DELETE_ISSUES"];

/// `GET /project/search`.
pub(crate) async fn search(caller: Caller, query: Parameters) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let base = caller.site.base();
    let words = query.get("query").unwrap_or_default().to_lowercase();
    let (keys, ids) = (query.all("keys"), query.all("id"));
    let creating = query.get("action") == Some("create");
    let order = query.get("orderBy").unwrap_or("key");
    if keys.len() > 50 || ids.len() > 50 {
        return Err(Refusal::bad(
            "Up to 50 project IDs or keys can be provided.",
        ));
    }
    let projects: Vec<Value> = caller.read(|content| {
        let mut projects: Vec<_> = content.projects.iter().collect();
        match order.trim_start_matches(['+', '-']) {
            "name" => projects.sort_by(|a, b| a.name.cmp(&b.name)),
            _ => projects.sort_by_key(|project| project.key),
        }
        if order.starts_with('-') {
            projects.reverse();
        }
        projects
            .into_iter()
            .filter(|project| caller.browses(content, project.key))
            .filter(|project| !creating || project.takes_issues())
            .filter(|project| {
                project.name.to_lowercase().contains(&words)
                    || project.key.to_lowercase().contains(&words)
            })
            .filter(|project| keys.is_empty() || keys.iter().any(|key| key == project.key))
            .filter(|project| ids.is_empty() || ids.iter().any(|id| id == project.id))
            .map(|project| fields::project(&base, project))
            .collect()
    });
    // A page has at most 100 projects, however many are asked for.
    let size = query.number("maxResults", 50).clamp(1, 100);
    let start = query.number("startAt", 0);
    let address = |start: usize| {
        format!("{base}/rest/api/3/project/search?startAt={start}&maxResults={size}")
    };
    let total = projects.len();
    let mut answer = page_of("values", projects, start, size);
    answer["self"] = json!(address(start));
    if start + size < total {
        answer["nextPage"] = json!(address(start + size));
    }
    Ok(Json(answer))
}

/// `GET /project/{projectIdOrKey}`.
pub(crate) async fn one(caller: Caller, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let base = caller.site.base();
    caller.read(|content| {
        let mut shown = fields::project(&base, visible(&caller, content, &id)?);
        shown["issueTypes"] = visible(&caller, content, &id)?
            .kinds()
            .map(|kind| fields::kind(&base, kind))
            .collect();
        Ok(Json(shown))
    })
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Check {
    account_id: Option<String>,
    global_permissions: Vec<String>,
    project_permissions: Vec<ProjectCheck>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ProjectCheck {
    permissions: Vec<String>,
    issues: Vec<u64>,
    projects: Vec<u64>,
}

/// `POST /permissions/check`: an app may ask about anybody, people only about themselves unless they administer.
pub(crate) async fn check(caller: Caller, Body(body): Body<Check>) -> Result<Json<Value>, Refusal> {
    caller.need(ANY_SCOPE)?;
    let asking = caller.account()?;
    let account = body.account_id.unwrap_or_else(|| asking.clone());
    let may_ask = match &caller.who {
        Who::App => true,
        Who::Person(person) => person.site_admin || account == asking,
        Who::Anonymous => false,
    };
    if !may_ask {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "You are not authorized to perform this operation. Administrator privileges are required.",
        ));
    }
    let asked = |check: &ProjectCheck| check.issues.len().max(check.projects.len());
    if body
        .project_permissions
        .iter()
        .any(|check| asked(check) > 1000)
    {
        return Err(Refusal::bad(
            "At most 1000 issues or projects can be checked.",
        ));
    }
    let person = caller
        .site
        .world
        .find(|person| person.account_id == account && person.is_on(caller.site.name));
    let holds = |permission: &str, project: &Project| {
        person.as_ref().is_some_and(|person| {
            let allowed = project.takes_issues() || permission == "BROWSE_PROJECTS";
            project.members.contains(&person.handle)
                && ((allowed && PERMISSIONS.contains(&permission))
                    || (person.site_admin && ADMINISTRATION.contains(&permission)))
        })
    };
    let checked: Vec<_> = caller.read(|content| {
        let checks = body.project_permissions.iter();
        checks
            .flat_map(|check| {
                check
                    .permissions
                    .iter()
                    .map(move |permission| (check, permission))
            })
            .map(|(check, permission)| {
                let issues: Vec<_> = check
                    .issues
                    .iter()
                    .filter(|id| {
                        let issue = content.issues.get(id);
                        let project = issue.and_then(|issue| content.project(issue.project));
                        project.is_some_and(|project| holds(permission, project))
                    })
                    .collect();
                let projects: Vec<_> = check
                    .projects
                    .iter()
                    .filter(|id| {
                        content
                            .project(&id.to_string())
                            .is_some_and(|project| holds(permission, project))
                    })
                    .collect();
                json!({"permission": permission, "issues": issues, "projects": projects})
            })
            .collect()
    });
    let administers = person.as_ref().is_some_and(|person| person.site_admin);
    let global: Vec<_> = body
        .global_permissions
        .iter()
        .filter(|_| administers)
        .collect();
    Ok(Json(
        json!({"projectPermissions": checked, "globalPermissions": global}),
    ))
}

/// `GET /mypermissions`.
pub(crate) async fn mine(caller: Caller, query: Parameters) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let names: Vec<_> = query
        .get("permissions")
        .into_iter()
        .flat_map(|names| names.split(','))
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    let known = |name: &&str| PERMISSIONS.contains(name) || ADMINISTRATION.contains(name);
    if names.is_empty() {
        return Err(Refusal::bad(
            "The 'permissions' query parameter is required.",
        ));
    }
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        return Err(Refusal::bad(&format!("Unrecognized permission: {unknown}")));
    }
    let issue = query.get("issueId").or_else(|| query.get("issueKey"));
    let project = query.get("projectId").or_else(|| query.get("projectKey"));
    let member = caller.read(|content| match (issue, project) {
        (Some(issue), _) => caller.issue(content, issue).map(|_| true),
        (None, Some(project)) => visible(&caller, content, project).map(|_| true),
        (None, None) => Ok(content
            .projects
            .iter()
            .any(|project| caller.browses(content, project.key))),
    })?;
    let administers = match &caller.who {
        Who::Person(person) => person.site_admin,
        _ => false,
    };
    let permissions: Map<_, _> = names
        .into_iter()
        .enumerate()
        .map(|(place, name)| {
            let global = name == "ADMINISTER";
            let have = if ADMINISTRATION.contains(&name) { administers } else { member };
            let shown = json!({
                "id": (place + 10).to_string(), "key": name, "name": name.replace('_', " "),
                "type": if global { "GLOBAL" } else { "PROJECT" }, "description": "", "havePermission": have
            });
            (name.to_owned(), shown)
        })
        .collect();
    Ok(Json(json!({"permissions": permissions})))
}

/// `GET /status`.
pub(crate) async fn statuses(caller: Caller) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let base = caller.site.base();
    Ok(Json(
        STATUSES
            .iter()
            .map(|status| fields::status(&base, status))
            .collect(),
    ))
}

/// `GET /priority/search`.
pub(crate) async fn priorities(caller: Caller, query: Parameters) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let base = caller.site.base();
    let listed = (0..PRIORITIES.len())
        .map(|place| fields::priority(&base, place))
        .collect();
    Ok(Json(page("values", listed, &query, 50)))
}

/// `GET /field`.
pub(crate) async fn field_list(caller: Caller) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    Ok(Json(fields::list()))
}

/// `GET /serverInfo`.
pub(crate) async fn server_info(caller: Caller) -> Json<Value> {
    let base = caller.site.base();
    Json(json!({
        "baseUrl": base, "displayUrl": base, "version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0],
        "deploymentType": "Cloud", "buildNumber": 100_303, "buildDate": "2026-11-01T00:00:00.000+0000",
        "scmInfo": "0", "serverTitle": "Jira", "serverTime": super::model::timestamp(time::OffsetDateTime::now_utc())
    }))
}

/// The project, if it is there and this caller may see it.
pub(crate) fn visible<'c>(
    caller: &Caller,
    content: &'c Content,
    id: &str,
) -> Result<&'c Project, Refusal> {
    content
        .project(id)
        .filter(|project| caller.browses(content, project.key))
        .ok_or_else(|| {
            let message = format!("No project could be found with key '{id}'.");
            Refusal::new(StatusCode::NOT_FOUND, &message)
        })
}
