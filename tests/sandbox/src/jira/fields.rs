//! An issue as JSON, with just the fields asked for.

use serde_json::{Map, Value, json};

use super::{
    access::{Caller, Site},
    adf,
    model::{Attachment, Comment, Content, Issue, PRIORITIES, Status, Worklog, timestamp},
    people, screen, transition,
};

/// The issue fields: id, display name, type, and whether `*navigable` holds them.
const FIELDS: [(&str, &str, &str, bool); 30] = [
    ("summary", "Summary", "string", true),
    ("description", "Description", "string", true),
    ("status", "Status", "status", true),
    (
        "statuscategorychangedate",
        "Status Category Changed",
        "datetime",
        true,
    ),
    ("priority", "Priority", "priority", true),
    ("issuetype", "Issue Type", "issuetype", true),
    ("project", "Project", "project", true),
    ("assignee", "Assignee", "user", true),
    ("reporter", "Reporter", "user", true),
    ("creator", "Creator", "user", true),
    ("labels", "Labels", "array", true),
    ("created", "Created", "datetime", true),
    ("updated", "Updated", "datetime", true),
    ("duedate", "Due date", "date", true),
    ("resolution", "Resolution", "resolution", true),
    ("resolutiondate", "Resolved", "datetime", true),
    ("environment", "Environment", "string", true),
    ("components", "Components", "array", true),
    ("fixVersions", "Fix versions", "array", true),
    ("versions", "Affects versions", "array", true),
    ("issuelinks", "Linked Issues", "array", true),
    ("subtasks", "Sub-tasks", "array", true),
    ("parent", "Parent", "issuelink", true),
    ("votes", "Votes", "votes", true),
    ("watches", "Watchers", "watches", true),
    ("workratio", "Work Ratio", "number", true),
    ("progress", "Progress", "progress", true),
    ("comment", "Comment", "comments-page", false),
    ("attachment", "Attachment", "array", false),
    ("worklog", "Log Work", "array", false),
];

/// A choice of fields.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    names: Vec<String>,
}

impl Wanted {
    /// Reads names that may be comma-separated, `*all`, `*navigable`, or have a minus. Without any, `otherwise`.
    pub(crate) fn new(names: &[String], otherwise: &str) -> Self {
        let mut names: Vec<_> = names
            .iter()
            .flat_map(|names| names.split(','))
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        if names.is_empty() {
            names.push(otherwise.to_owned());
        }
        // Only exclusions exclude from the default.
        if names.iter().all(|name| name.starts_with('-')) {
            names.push(otherwise.to_owned());
        }
        Self { names }
    }

    /// Whether nothing but ids or keys is asked for.
    pub(crate) fn only_id(&self) -> bool {
        self.names.iter().all(|name| name == "id")
    }

    /// Whether any field's content is asked for.
    pub(crate) fn any_field(&self) -> bool {
        FIELDS.iter().any(|field| self.has(field))
            || screen::custom().any(|field| self.has_custom(field.id))
    }

    fn has_custom(&self, id: &'static str) -> bool {
        self.has(&(id, "", "", true))
    }

    fn has(&self, (id, _, _, navigable): &(&str, &str, &str, bool)) -> bool {
        let named = |name: &str| self.names.iter().any(|wanted| wanted == name);
        let group = named("*all") || (*navigable && named("*navigable"));
        (group || named(id)) && !named(&format!("-{id}"))
    }
}

/// What to put beside the fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expand {
    names: Vec<String>,
}

impl Expand {
    /// Reads comma-separated names.
    pub(crate) fn new(names: &[String]) -> Self {
        let names = names.iter().flat_map(|names| names.split(','));
        Self {
            names: names.map(|name| name.trim().to_owned()).collect(),
        }
    }

    /// Whether this one was named.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|had| had == name)
    }
}

/// The issue as `getIssue`, `bulkFetchIssues` and the searches show it.
pub(crate) fn issue(
    caller: &Caller,
    content: &Content,
    issue: &Issue,
    wanted: &Wanted,
    expand: &Expand,
    properties: &[String],
) -> Value {
    let site = &caller.site;
    let base = site.base();
    if wanted.only_id() {
        return json!({"id": issue.id.to_string()});
    }
    let chosen = || FIELDS.iter().filter(|field| wanted.has(field));
    let me = caller.account().unwrap_or_default();
    let fields = values(site, content, issue, &me, wanted);
    let mut shown = json!({
        "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
        "id": issue.id.to_string(),
        "self": format!("{base}/rest/api/3/issue/{}", issue.id),
        "key": issue.key(),
        "fields": fields,
    });
    if expand.has("renderedFields") {
        let rendered: Map<String, Value> = chosen()
            .map(|(id, ..)| ((*id).to_owned(), rendered(site, issue, id)))
            .collect();
        shown["renderedFields"] = Value::Object(rendered);
    }
    if expand.has("names") {
        shown["names"] = names(wanted);
    }
    if expand.has("schema") {
        shown["schema"] = schema(wanted);
    }
    if expand.has("transitions") {
        shown["transitions"] = content.project(issue.project).map_or_else(
            || json!([]),
            |project| transition::shown(&base, project, issue, expand.has("transitions.fields")),
        );
    }
    let properties: Vec<_> = properties
        .iter()
        .flat_map(|names| names.split(','))
        .collect();
    if !properties.is_empty() {
        let all = properties.contains(&"*all");
        shown["properties"] = issue
            .properties
            .iter()
            .filter(|(key, _)| all || properties.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect::<Map<_, _>>()
            .into();
    }
    shown
}

/// The values of the fields asked for, as an account sees them.
pub(crate) fn values(
    site: &Site,
    content: &Content,
    issue: &Issue,
    me: &str,
    wanted: &Wanted,
) -> Map<String, Value> {
    let chosen = FIELDS.iter().filter(|field| wanted.has(field));
    let custom = screen::custom().filter(|it| wanted.has_custom(it.id));
    let custom = custom.map(|it| {
        let value = issue.more.get(it.id).cloned().unwrap_or_default();
        (it.id.to_owned(), value)
    });
    chosen
        .map(|(id, ..)| ((*id).to_owned(), field(site, content, issue, me, id)))
        .chain(custom)
        .collect()
}

/// The display names of the fields asked for.
pub(crate) fn names(wanted: &Wanted) -> Value {
    let names = FIELDS.iter().filter(|field| wanted.has(field));
    let custom = screen::custom().filter(|field| wanted.has_custom(field.id));
    names
        .map(|(id, name, ..)| ((*id).to_owned(), json!(name)))
        .chain(custom.map(|field| (field.id.to_owned(), json!(field.name))))
        .collect::<Map<_, _>>()
        .into()
}

/// The types of the fields asked for.
pub(crate) fn schema(wanted: &Wanted) -> Value {
    let fields = FIELDS.iter().filter(|field| wanted.has(field));
    let custom = screen::custom().filter(|field| wanted.has_custom(field.id));
    fields
        .map(|(id, _, kind, _)| ((*id).to_owned(), json!({"type": kind, "system": id})))
        .chain(custom.map(|field| (field.id.to_owned(), field.schema())))
        .collect::<Map<_, _>>()
        .into()
}

/// All fields as `getFields` lists them.
pub(crate) fn list() -> Value {
    FIELDS
        .iter()
        .map(|(id, name, kind, navigable)| {
            json!({
                "id": id, "key": id, "name": name, "custom": false, "orderable": true,
                "navigable": navigable, "searchable": true, "clauseNames": [id],
                "schema": {"type": kind, "system": id}
            })
        })
        .chain(screen::custom().map(|field| {
            json!({
                "id": field.id, "key": field.id, "name": field.name,
                "custom": true, "orderable": true, "navigable": true, "searchable": true,
                "clauseNames": [format!("cf[{}]", field.custom_id().unwrap_or_default()), field.name],
                "schema": field.schema()
            })
        }))
        .collect()
}

/// A status with its category.
pub(crate) fn status(base: &str, status: &Status) -> Value {
    let (id, key, color, name) = status.category;
    json!({
        "self": format!("{base}/rest/api/3/status/{}", status.id),
        "description": "",
        "iconUrl": format!("{base}/images/icons/statuses/generic.png"),
        "name": status.name,
        "id": status.id,
        "statusCategory": {
            "self": format!("{base}/rest/api/3/statuscategory/{id}"),
            "id": id, "key": key, "colorName": color, "name": name
        }
    })
}

/// A priority by its place.
pub(crate) fn priority(base: &str, place: usize) -> Value {
    let name = PRIORITIES[place % PRIORITIES.len()];
    let id = place % PRIORITIES.len() + 1;
    json!({
        "self": format!("{base}/rest/api/3/priority/{id}"),
        "iconUrl": format!("{base}/images/icons/priorities/{}.svg", name.to_lowercase()),
        "name": name,
        "id": id.to_string()
    })
}

/// An issue type.
pub(crate) fn kind(base: &str, kind: &super::model::Kind) -> Value {
    json!({
        "self": format!("{base}/rest/api/3/issuetype/{}", kind.id),
        "id": kind.id,
        "description": kind.description,
        "iconUrl": format!("{base}/images/icons/issuetypes/{}.svg", kind.name.to_lowercase()),
        "name": kind.name,
        "subtask": kind.subtask,
        "avatarId": 10318,
        "hierarchyLevel": if kind.subtask { -1 } else { 0 }
    })
}

/// A project.
pub(crate) fn project(base: &str, project: &super::model::Project) -> Value {
    let avatar = format!("{base}/avatar.svg");
    json!({
        "self": format!("{base}/rest/api/3/project/{}", project.id),
        "id": project.id,
        "key": project.key,
        "name": project.name,
        "projectTypeKey": "software",
        "simplified": false,
        "avatarUrls": {"48x48": avatar, "24x24": avatar, "16x16": avatar, "32x32": avatar}
    })
}

/// A comment; `rendered` adds its HTML.
pub(crate) fn comment(site: &Site, issue: &Issue, comment: &Comment, rendered: bool) -> Value {
    let base = site.base();
    let author = people::user(site, &comment.author);
    let mut shown = json!({
        "self": format!("{base}/rest/api/3/issue/{}/comment/{}", issue.id, comment.id),
        "id": comment.id.to_string(),
        "author": author,
        "body": comment.body,
        "updateAuthor": author,
        "created": timestamp(comment.created),
        "updated": timestamp(comment.updated),
        "jsdPublic": true
    });
    if rendered {
        shown["renderedBody"] = json!(adf::html(&comment.body));
    }
    shown
}

/// An attachment's description.
pub(crate) fn attachment(site: &Site, attachment: &Attachment) -> Value {
    let base = site.base();
    let id = attachment.id;
    json!({
        "self": format!("{base}/rest/api/3/attachment/{id}"),
        "id": id.to_string(),
        "filename": attachment.filename,
        "author": people::user(site, &attachment.author),
        "created": timestamp(attachment.created),
        "size": attachment.size,
        "mimeType": attachment.mime_type,
        "content": format!("{base}/rest/api/3/attachment/content/{id}")
    })
}

/// Time spent.
pub(crate) fn worklog(site: &Site, issue: &Issue, worklog: &Worklog) -> Value {
    let author = people::user(site, &worklog.author);
    let mut shown = json!({
        "self": format!("{}/rest/api/3/issue/{}/worklog/{}", site.base(), issue.id, worklog.id),
        "id": worklog.id.to_string(),
        "issueId": issue.id.to_string(),
        "author": author,
        "updateAuthor": author,
        "created": timestamp(worklog.created),
        "updated": timestamp(worklog.created),
        "started": worklog.started,
        "timeSpent": format!("{}m", worklog.seconds / 60),
        "timeSpentSeconds": worklog.seconds
    });
    if let Some(comment) = &worklog.comment {
        shown["comment"] = comment.clone();
    }
    shown
}

fn field(site: &Site, content: &Content, issue: &Issue, me: &str, id: &str) -> Value {
    if let Some(value) = issue.more.get(id) {
        return value.clone();
    }
    let base = site.base();
    let parent_id = issue.id.to_string();
    let user = |account: &str| people::user(site, account);
    let resolved = issue.status.category.1 == "done";
    let one = |key: &str| format!("{base}/rest/api/3/issue/{}/{key}", issue.key());
    match id {
        "summary" => json!(issue.summary),
        "description" => issue.description.clone(),
        "status" => status(&base, issue.status),
        "statuscategorychangedate" | "updated" => json!(timestamp(issue.updated)),
        "priority" => priority(&base, issue.priority),
        "issuetype" => kind(&base, issue.kind),
        "project" => content
            .project(issue.project)
            .map_or(Value::Null, |found| project(&base, found)),
        "assignee" => issue.assignee.as_deref().map_or(Value::Null, user),
        "reporter" => user(&issue.reporter),
        "creator" => user(&issue.creator),
        "labels" => json!(issue.labels),
        "created" => json!(timestamp(issue.created)),
        "duedate" => json!(issue.due),
        "resolution" if resolved => json!({
            "self": format!("{base}/rest/api/3/resolution/10000"),
            "id": "10000", "name": "Done", "description": "Work has been completed on this issue."
        }),
        "resolutiondate" if resolved => json!(timestamp(issue.updated)),
        "components" | "fixVersions" | "versions" | "issuelinks" => json!([]),
        "votes" => json!({"self": one("votes"), "votes": 0, "hasVoted": false}),
        "watches" => json!({
            "self": one("watchers"), "watchCount": issue.watchers.len(),
            "isWatching": issue.watchers.contains(me)
        }),
        "subtasks" => content
            .issues
            .values()
            .filter(|it| {
                it.more
                    .get("parent")
                    .is_some_and(|parent| parent["id"] == parent_id.as_str())
            })
            .map(|it| {
                json!({
                    "id": it.id.to_string(), "key": it.key(),
                    "self": format!("{base}/rest/api/3/issue/{}", it.id),
                    "fields": {"summary": it.summary, "status": status(&base, it.status)}
                })
            })
            .collect(),
        "workratio" => json!(-1),
        "progress" => json!({"progress": 0, "total": 0}),
        "comment" => {
            let comments: Vec<_> = issue
                .comments
                .iter()
                .map(|it| comment(site, issue, it, false))
                .collect();
            let total = comments.len();
            json!({"comments": comments, "self": one("comment"), "maxResults": total, "total": total, "startAt": 0})
        }
        "attachment" => issue
            .attachments
            .iter()
            .map(|it| attachment(site, it))
            .collect(),
        "worklog" => {
            let worklogs: Vec<_> = issue
                .worklogs
                .iter()
                .map(|it| worklog(site, issue, it))
                .collect();
            let total = worklogs.len();
            json!({"worklogs": worklogs, "maxResults": 20, "total": total, "startAt": 0})
        }
        _ => Value::Null,
    }
}

fn rendered(site: &Site, issue: &Issue, id: &str) -> Value {
    match id {
        "description" => json!(adf::html(&issue.description)),
        "comment" => {
            let comments: Vec<_> = issue
                .comments
                .iter()
                .map(|it| {
                    let mut shown = comment(site, issue, it, false);
                    shown["body"] = json!(adf::html(&it.body));
                    shown
                })
                .collect();
            json!({"comments": comments, "total": comments.len(), "startAt": 0, "maxResults": comments.len()})
        }
        _ => Value::Null,
    }
}
