//! Issues: one, many, new, changed, moved along.

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::{
    access::{BULK_FETCH, Caller, READ, Site, WRITE},
    adf,
    error::Refusal,
    fields::{self, Expand, Wanted},
    model::{Issue, KINDS, PRIORITIES, STATUSES},
    request::{Body, Parameters},
};

/// `GET /issue/{issueIdOrKey}`.
pub(crate) async fn get(
    caller: Caller,
    Path(id): Path<String>,
    query: Parameters,
) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let wanted = Wanted::new(&query.all("fields"), "*all");
    let expand = Expand::new(&query.all("expand"));
    caller.read(|content| {
        let issue = caller.issue(content, &id)?;
        let properties = query.all("properties");
        let mut shown = fields::issue(&caller.site, content, issue, &wanted, &expand, &properties);
        // Unlike the searches, this operation always tells where the issue is.
        shown["self"] = json!(format!(
            "{}/rest/api/3/issue/{}",
            caller.site.base(),
            issue.id
        ));
        shown["key"] = json!(issue.key());
        Ok(Json(shown))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BulkFetch {
    #[serde(default)]
    issue_ids_or_keys: Vec<String>,
    #[serde(default)]
    fields: Vec<String>,
    #[serde(default)]
    expand: Vec<String>,
    #[serde(default)]
    properties: Vec<String>,
}

/// `POST /issue/bulkfetch`: found issues in ascending order of id, the others as errors.
pub(crate) async fn bulk_fetch(
    caller: Caller,
    Body(body): Body<BulkFetch>,
) -> Result<Json<Value>, Refusal> {
    caller.need(BULK_FETCH)?;
    let wanted = Wanted::new(&body.fields, "*navigable");
    let expand = Expand::new(&body.expand);
    // https://developer.atlassian.com/cloud/jira/platform/rate-limiting/: up to 1000 with few plain fields.
    let heavy = ["*all", "*navigable", "comment", "worklog", "attachment"];
    let plain = !body.fields.is_empty()
        && body.fields.len() <= 100
        && body.expand.is_empty()
        && !body
            .fields
            .iter()
            .any(|name| heavy.contains(&name.as_str()));
    let most = if plain { 1000 } else { 100 };
    if body.issue_ids_or_keys.is_empty() || body.issue_ids_or_keys.len() > most {
        return Err(Refusal::bad(&format!(
            "Between 1 and {most} issue IDs or keys must be given."
        )));
    }
    caller.read(|content| {
        let mut found = std::collections::BTreeMap::new();
        let mut errors = Vec::new();
        for id in &body.issue_ids_or_keys {
            match caller.issue(content, id) {
                Ok(issue) => {
                    found.insert(issue.id, issue);
                }
                Err(_) => errors.push(json!({
                    "id": id,
                    "errorMessage": "Issue does not exist or you do not have permission to see it."
                })),
            }
        }
        let issues: Vec<_> = found
            .values()
            .map(|issue| {
                let mut shown = fields::issue(
                    &caller.site,
                    content,
                    issue,
                    &wanted,
                    &expand,
                    &body.properties,
                );
                shown["key"] = json!(issue.key());
                shown
            })
            .collect();
        let mut answer = json!({"expand": "names,schema", "issues": issues, "issueErrors": errors});
        if expand.has("names") {
            answer["names"] = fields::names(&wanted);
        }
        Ok(Json(answer))
    })
}

#[derive(Deserialize)]
pub(crate) struct Write {
    #[serde(default)]
    fields: Map<String, Value>,
    #[serde(default)]
    update: Map<String, Value>,
    transition: Option<Value>,
    #[serde(default)]
    properties: Vec<Property>,
}

#[derive(Deserialize)]
struct Property {
    key: String,
    value: Value,
}

/// `POST /issue`.
pub(crate) async fn create(
    State(site): State<Site>,
    caller: Caller,
    Body(body): Body<Write>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    caller.need(WRITE)?;
    let account = caller.account()?;
    let mut state = site.world.jira();
    let content = state.content(site.name);
    let project = body
        .fields
        .get("project")
        .and_then(|project| project["id"].as_str().or(project["key"].as_str()))
        .and_then(|project| content.project(project))
        .filter(|project| caller.browses(content, project.key))
        .cloned()
        .ok_or_else(|| Refusal::field("project", "Specify a valid project ID or key"))?;
    let kind = body
        .fields
        .get("issuetype")
        .and_then(|kind| {
            KINDS.iter().find(|known| {
                kind["id"] == known.id
                    || kind["name"]
                        .as_str()
                        .is_some_and(|name| name.eq_ignore_ascii_case(known.name))
            })
        })
        .ok_or_else(|| Refusal::field("issuetype", "Specify an issue type"))?;
    let in_project = content
        .issues
        .values()
        .filter(|issue| issue.project == project.key);
    let number = in_project
        .map(|issue| issue.number)
        .max()
        .unwrap_or_default()
        + 1;
    let now = OffsetDateTime::now_utc();
    let mut issue = Issue {
        id: project.first_id + number,
        project: project.key,
        number,
        kind,
        status: &STATUSES[0],
        priority: 2,
        summary: String::new(),
        description: Value::Null,
        assignee: None,
        reporter: account,
        labels: Vec::new(),
        due: None,
        created: now,
        updated: now,
        comments: Vec::new(),
        attachments: Vec::new(),
        worklogs: Vec::new(),
        links: Vec::new(),
        properties: body
            .properties
            .into_iter()
            .map(|property| (property.key, property.value))
            .collect(),
    };
    if !body.fields.contains_key("summary") {
        return Err(Refusal::field(
            "summary",
            "You must specify a summary of the issue.",
        ));
    }
    write_fields(&site, &mut issue, &body.fields)?;
    let answer = json!({
        "id": issue.id.to_string(),
        "key": issue.key(),
        "self": format!("{}/rest/api/3/issue/{}", site.base(), issue.id)
    });
    content.issues.insert(issue.id, issue);
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `PUT /issue/{issueIdOrKey}`.
pub(crate) async fn edit(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<Write>,
) -> Result<StatusCode, Refusal> {
    caller.need(WRITE)?;
    caller.change(&id, |issue, new_id| {
        write_all(&site, &caller, issue, new_id, &body)
    })??;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /issue/{issueIdOrKey}/assignee`.
pub(crate) async fn assign(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<Value>,
) -> Result<StatusCode, Refusal> {
    caller.need(WRITE)?;
    let fields = Map::from_iter([("assignee".to_owned(), body)]);
    caller.change(&id, |issue, _| write_fields(&site, issue, &fields))??;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /issue/{issueIdOrKey}/transitions`.
pub(crate) async fn transitions(
    caller: Caller,
    Path(id): Path<String>,
    query: Parameters,
) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    caller.read(|content| caller.issue(content, &id).map(|_| ()))?;
    let mut transitions = fields::transitions(&caller.site.base());
    if let (Some(only), Some(all)) = (query.get("transitionId"), transitions.as_array_mut()) {
        all.retain(|transition| transition["id"] == only);
    }
    if Expand::new(&query.all("expand")).has("transitions.fields") {
        for transition in transitions.as_array_mut().into_iter().flatten() {
            transition["fields"] = json!({});
        }
    }
    Ok(Json(
        json!({"expand": "transitions", "transitions": transitions}),
    ))
}

/// `POST /issue/{issueIdOrKey}/transitions`.
pub(crate) async fn transition(
    State(site): State<Site>,
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
        });
    let Some(wanted) = wanted else {
        return Err(Refusal::bad("Missing 'transition' identifier"));
    };
    let status = STATUSES.iter().find(|status| status.transition == wanted);
    caller.change(&id, |issue, new_id| {
        let status = status.ok_or_else(|| {
            Refusal::bad(
                "It seems that you have tried to perform an illegal workflow operation. If you think this \
                 message is wrong, please contact your Jira administrators.",
            )
        })?;
        write_all(&site, &caller, issue, new_id, &body)?;
        issue.status = status;
        Ok::<_, Refusal>(())
    })??;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets `fields` and does what `update` says, or neither.
fn write_all(
    site: &Site,
    caller: &Caller,
    issue: &mut Issue,
    new_id: u64,
    body: &Write,
) -> Result<(), Refusal> {
    let mut changed = issue.clone();
    write_fields(site, &mut changed, &body.fields)?;
    for (name, operations) in &body.update {
        for operation in operations.as_array().into_iter().flatten() {
            if let Some(value) = operation.get("set") {
                let one = Map::from_iter([(name.clone(), value.clone())]);
                write_fields(site, &mut changed, &one)?;
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
    *issue = changed;
    Ok(())
}

fn write_fields(
    site: &Site,
    issue: &mut Issue,
    fields: &Map<String, Value>,
) -> Result<(), Refusal> {
    for (name, value) in fields {
        match name.as_str() {
            // Read by `create`; Jira ignores them in an edit.
            "project" | "issuetype" => {}
            "summary" => issue.summary = summary(value)?,
            "description" if value.is_null() || adf::is_document(value) => {
                issue.description = value.clone();
            }
            "description" => {
                return Err(Refusal::field(
                    "description",
                    "Operation value must be an Atlassian Document (see the Atlassian Document Format)",
                ));
            }
            "priority" => issue.priority = priority(value)?,
            "assignee" => issue.assignee = account(site, "assignee", value)?,
            "reporter" => {
                issue.reporter = account(site, "reporter", value)?
                    .ok_or_else(|| Refusal::field("reporter", "Reporter is required."))?;
            }
            "labels" => issue.labels = labels(value)?,
            "duedate" => issue.due = value.as_str().map(str::to_owned),
            _ => {
                return Err(Refusal::field(
                    name,
                    &format!(
                        "Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
                    ),
                ));
            }
        }
    }
    Ok(())
}

fn summary(value: &Value) -> Result<String, Refusal> {
    let refuse = |why| Err(Refusal::field("summary", why));
    match value.as_str().map(str::trim) {
        None => refuse("Operation value must be a string"),
        Some("") => refuse("You must specify a summary of the issue."),
        Some(text) if text.contains(['\n', '\r']) => {
            refuse("The summary is invalid because it contains newline characters.")
        }
        Some(text) if text.chars().count() > 255 => refuse("Summary can't exceed 255 characters."),
        Some(text) => Ok(text.to_owned()),
    }
}

fn priority(value: &Value) -> Result<usize, Refusal> {
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
        .ok_or_else(|| Refusal::field("priority", "Specify the Priority (name) in string format"))
}

/// `null` and `{"accountId": null}` mean nobody; `-1` means Jira's default, who is nobody here.
fn account(site: &Site, field: &str, value: &Value) -> Result<Option<String>, Refusal> {
    let account = value["accountId"].as_str().or(value["id"].as_str());
    match account {
        None | Some("-1") => Ok(None),
        Some(account) => site
            .world
            .find(|person| person.account_id == account && person.site == site.name)
            .map(|person| Some(person.account_id))
            .ok_or_else(|| {
                Refusal::field(
                    field,
                    &format!("User '{account}' cannot be assigned issues."),
                )
            }),
    }
}

fn labels(value: &Value) -> Result<Vec<String>, Refusal> {
    let labels: Option<Vec<String>> = value.as_array().map(|labels| {
        labels
            .iter()
            .filter_map(|label| label.as_str().map(str::to_owned))
            .collect()
    });
    match labels {
        Some(labels)
            if labels
                .iter()
                .all(|label| !label.contains(char::is_whitespace)) =>
        {
            Ok(labels)
        }
        Some(_) => Err(Refusal::field(
            "labels",
            "The label contains spaces which is invalid.",
        )),
        None => Err(Refusal::field(
            "labels",
            "Specify the value for labels in an array of strings",
        )),
    }
}
