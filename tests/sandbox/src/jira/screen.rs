//! The fields of a site, and the screens that ask for them: on creating an issue and on moving it along.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-createmeta-projectidorkey-issuetypes-issuetypeid-get>

use serde_json::{Value, json};

use super::{
    fields,
    model::{Kind, PRIORITIES, Project},
};

/// A field as screens know it.
pub(crate) struct Field {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
}

/// What may be put in a field.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    Project,
    Kind,
    /// The issue a sub-task belongs to.
    Parent,
    /// One line.
    Text,
    /// A document.
    Document,
    Number,
    Date,
    DateTime,
    Select(&'static [Choice]),
    MultiSelect(&'static [Choice]),
    /// Two lists, where the second depends on the first.
    Cascade(&'static [Choice]),
    User,
    Users,
    Labels,
    Priority,
    Components,
    Versions,
    Resolution,
    Attachments,
    /// A field of another vendor's app, which only that app's own script can draw.
    Foreign,
}

/// An option of a list.
pub(crate) struct Choice {
    pub(crate) id: &'static str,
    pub(crate) value: &'static str,
    pub(crate) children: &'static [Choice],
}

/// A field on a screen.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) field: &'static Field,
    pub(crate) required: bool,
    /// Whether Jira fills it in when nobody does.
    pub(crate) default: bool,
}

/// Which screens a project uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Nothing beyond Jira's own fields.
    Plain,
    /// Fields of most kinds; a bug needs its severity. Has sub-tasks.
    RollOut,
    /// Each type needs a field of an unusual kind, and issues are closed with a resolution.
    Operations,
    /// Every issue needs a cost centre.
    Relocation,
    /// Nobody may create or change anything.
    ReadOnly,
}

const fn choice(id: &'static str, value: &'static str) -> Choice {
    Choice {
        id,
        value,
        children: &[],
    }
}

const fn field(id: &'static str, name: &'static str, shape: Shape) -> Field {
    Field { id, name, shape }
}

const SEVERITIES: &[Choice] = &[
    choice("10100", "Critical"),
    choice("10101", "Major"),
    choice("10102", "Minor"),
];
const AREAS: &[Choice] = &[
    choice("10110", "Sign-in"),
    choice("10111", "Mail"),
    choice("10112", "Meeting rooms"),
    choice("10113", "Drucker & Scanner"),
];
const PLACES: &[Choice] = &[
    Choice {
        id: "10120",
        value: "Hamburg",
        children: &[choice("10121", "Floor 1"), choice("10122", "Floor 3")],
    },
    Choice {
        id: "10123",
        value: "Zürich",
        children: &[choice("10124", "Main building")],
    },
];
const ANSWERS: &[Choice] = &[choice("10130", "Yes"), choice("10131", "No")];

/// Every field that screens know; those of the site's own begin with `customfield_`.
pub(crate) static FIELDS: [Field; 30] = [
    field("project", "Project", Shape::Project),
    field("issuetype", "Issue Type", Shape::Kind),
    field("summary", "Summary", Shape::Text),
    field("parent", "Parent", Shape::Parent),
    field("description", "Description", Shape::Document),
    field("assignee", "Assignee", Shape::User),
    field("reporter", "Reporter", Shape::User),
    field("priority", "Priority", Shape::Priority),
    field("labels", "Labels", Shape::Labels),
    field("duedate", "Due date", Shape::Date),
    field("components", "Components", Shape::Components),
    field("versions", "Affects versions", Shape::Versions),
    field("fixVersions", "Fix versions", Shape::Versions),
    field("environment", "Environment", Shape::Document),
    field("resolution", "Resolution", Shape::Resolution),
    field("attachment", "Attachment", Shape::Attachments),
    field("customfield_10030", "Severity", Shape::Select(SEVERITIES)),
    field(
        "customfield_10031",
        "Affected areas",
        Shape::MultiSelect(AREAS),
    ),
    field("customfield_10032", "Steps to reproduce", Shape::Document),
    field("customfield_10033", "Customer reference", Shape::Text),
    field("customfield_10034", "Story points", Shape::Number),
    field("customfield_10035", "Planned on", Shape::Date),
    field("customfield_10036", "Outage began", Shape::DateTime),
    field("customfield_10037", "Approver", Shape::User),
    field("customfield_10038", "Location", Shape::Cascade(PLACES)),
    field("customfield_10039", "Risk matrix", Shape::Foreign),
    field("customfield_10040", "Participants", Shape::Users),
    field("customfield_10041", "Tags", Shape::Labels),
    field(
        "customfield_10042",
        "Visible to customers",
        Shape::Select(ANSWERS),
    ),
    field("customfield_10043", "Cost centre", Shape::Text),
];

/// The resolutions of a site: id and name.
pub(crate) const RESOLUTIONS: [(&str, &str); 3] = [
    ("10000", "Done"),
    ("10001", "Won't do"),
    ("10002", "Duplicate"),
];

/// A field by its id.
pub(crate) fn by_id(id: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.id == id)
}

/// The site's own fields.
pub(crate) fn custom() -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(|field| field.custom_id().is_some())
}

/// The screen on which an issue of a type is created.
pub(crate) fn create(scheme: Scheme, kind: &Kind) -> Vec<Entry> {
    let mut screen = named(&["!project", "!issuetype", "!summary"]);
    if kind.subtask {
        screen.extend(named(&["!parent"]));
    }
    screen.extend(named(&[
        "description",
        "assignee",
        "!?reporter",
        "?priority",
        "labels",
        "duedate",
        "attachment",
    ]));
    screen.extend(named(match (scheme, kind.name) {
        (Scheme::RollOut, "Bug") => &[
            "!customfield_10030",
            "customfield_10031",
            "customfield_10032",
            "customfield_10033",
            "customfield_10036",
            "?customfield_10042",
            "components",
            "versions",
            "environment",
        ],
        (Scheme::RollOut, "Story") => &[
            "customfield_10034",
            "customfield_10035",
            "customfield_10037",
            "customfield_10041",
            "customfield_10038",
            "customfield_10039",
            "fixVersions",
        ],
        (Scheme::RollOut, "Task") => &["components", "customfield_10033", "customfield_10040"],
        (Scheme::Operations, "Task") => &["!customfield_10038", "components"],
        (Scheme::Operations, "Bug") => &["!customfield_10039", "customfield_10030"],
        (Scheme::Operations, _) => &[
            "!components",
            "!customfield_10037",
            "!customfield_10035",
            "!customfield_10034",
            "!customfield_10041",
        ],
        (Scheme::Relocation, _) => &["!customfield_10043", "customfield_10036"],
        _ => &[],
    }));
    screen
}

/// The screen between two statuses, where there is one.
pub(crate) fn transition(scheme: Scheme, to: &str) -> Vec<Entry> {
    named(match (scheme, to) {
        (Scheme::RollOut, "In Review") => &["customfield_10037", "assignee"],
        (Scheme::Operations, "Done") => &["!resolution", "customfield_10033"],
        _ => &[],
    })
}

/// Entries by field id: `!` is required, `?` has a default.
fn named(ids: &[&str]) -> Vec<Entry> {
    let entries = ids.iter().filter_map(|marked| {
        Some(Entry {
            field: by_id(marked.trim_start_matches(['!', '?']))?,
            required: marked.starts_with('!'),
            default: marked.contains('?'),
        })
    });
    entries.collect()
}

impl Field {
    /// `10030` of `customfield_10030`.
    pub(crate) fn custom_id(&self) -> Option<u64> {
        self.id.strip_prefix("customfield_")?.parse().ok()
    }

    /// The `schema` of a field.
    pub(crate) fn schema(&self) -> Value {
        let (kind, items, plugin) = match self.shape {
            Shape::Project => ("project", None, ""),
            Shape::Kind => ("issuetype", None, ""),
            Shape::Parent => ("issuelink", None, ""),
            Shape::Text => ("string", None, "textfield"),
            Shape::Document => ("string", None, "textarea"),
            Shape::Number => ("number", None, "float"),
            Shape::Date => ("date", None, "datepicker"),
            Shape::DateTime => ("datetime", None, "datetime"),
            Shape::Select(choices) if choices.len() == 2 => ("option", None, "radiobuttons"),
            Shape::Select(_) => ("option", None, "select"),
            Shape::MultiSelect(_) => ("array", Some("option"), "multiselect"),
            Shape::Cascade(_) => ("option-with-child", None, "cascadingselect"),
            Shape::User => ("user", None, "userpicker"),
            Shape::Users => ("array", Some("user"), "multiuserpicker"),
            Shape::Labels => ("array", Some("string"), "labels"),
            Shape::Priority => ("priority", None, ""),
            Shape::Components => ("array", Some("component"), ""),
            Shape::Versions => ("array", Some("version"), "multiversion"),
            Shape::Resolution => ("resolution", None, ""),
            Shape::Attachments => ("array", Some("attachment"), ""),
            Shape::Foreign => ("any", None, ""),
        };
        let mut schema = json!({"type": kind});
        if let Some(items) = items {
            schema["items"] = json!(items);
        }
        match self.custom_id() {
            Some(id) => {
                schema["custom"] = match self.shape {
                    Shape::Foreign => json!("com.example.risk.matrix:risk-matrix"),
                    _ => json!(format!(
                        "com.atlassian.jira.plugin.system.customfieldtypes:{plugin}"
                    )),
                };
                schema["customId"] = json!(id);
            }
            None => schema["system"] = json!(self.id),
        }
        schema
    }
}

impl Entry {
    /// The entry as create metadata shows it; transitions show the same without `fieldId`.
    pub(crate) fn shown(&self, base: &str, project: &Project, kind: &Kind) -> Value {
        let field = self.field;
        let many = field.schema()["type"] == "array";
        let mut shown = json!({
            "fieldId": field.id,
            "key": field.id,
            "name": field.name,
            "required": self.required,
            "hasDefaultValue": self.default,
            "operations": if many { json!(["add", "set", "remove"]) } else { json!(["set"]) },
            "schema": field.schema(),
        });
        if let Some(values) = self.allowed(base, project, kind) {
            shown["allowedValues"] = values;
        }
        match field.shape {
            Shape::User | Shape::Users => {
                shown["autoCompleteUrl"] = json!(format!("{base}/rest/api/3/user/search?query="));
            }
            Shape::Labels => {
                shown["autoCompleteUrl"] =
                    json!(format!("{base}/rest/api/1.0/labels/suggest?query="));
            }
            Shape::Priority if self.default => shown["defaultValue"] = fields::priority(base, 2),
            Shape::Select([.., last]) if self.default => shown["defaultValue"] = option(base, last),
            _ => {}
        }
        shown
    }

    fn allowed(&self, base: &str, project: &Project, kind: &Kind) -> Option<Value> {
        Some(match self.field.shape {
            Shape::Project => json!([fields::project(base, project)]),
            Shape::Kind => json!([fields::kind(base, kind)]),
            Shape::Priority => (0..PRIORITIES.len())
                .map(|place| fields::priority(base, place))
                .collect(),
            Shape::Select(choices) | Shape::MultiSelect(choices) => {
                choices.iter().map(|it| option(base, it)).collect()
            }
            Shape::Cascade(choices) => choices
                .iter()
                .map(|it| {
                    let mut shown = option(base, it);
                    shown["children"] = it.children.iter().map(|it| option(base, it)).collect();
                    shown
                })
                .collect(),
            Shape::Components => part(&project.components, base, "component"),
            Shape::Versions => part(&project.versions, base, "version"),
            Shape::Resolution => RESOLUTIONS
                .iter()
                .map(|(id, _)| resolution(base, id))
                .collect(),
            _ => return None,
        })
    }
}

/// An option as Jira shows it.
pub(crate) fn option(base: &str, choice: &Choice) -> Value {
    json!({
        "self": format!("{base}/rest/api/3/customFieldOption/{}", choice.id),
        "value": choice.value,
        "id": choice.id,
    })
}

/// A component or version of a project as Jira shows it.
pub(crate) fn part_shown(base: &str, what: &str, (id, name): &(String, String)) -> Value {
    let mut shown = json!({
        "self": format!("{base}/rest/api/3/{what}/{id}"), "id": id, "name": name,
    });
    if what == "version" {
        shown["archived"] = json!(false);
        shown["released"] = json!(false);
    }
    shown
}

/// A resolution by its id.
pub(crate) fn resolution(base: &str, id: &str) -> Value {
    let known = RESOLUTIONS.iter().find(|(known, _)| *known == id);
    json!({
        "self": format!("{base}/rest/api/3/resolution/{id}"),
        "id": id,
        "name": known.map_or("", |(_, name)| name),
        "description": "Work has been completed on this issue.",
    })
}

fn part(parts: &[(String, String)], base: &str, what: &str) -> Value {
    parts.iter().map(|it| part_shown(base, what, it)).collect()
}
