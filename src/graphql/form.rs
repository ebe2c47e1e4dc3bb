//! The form for a new issue: what the project's live create metadata asks for.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use serde_json::Value;

use super::context::{ContextExt as _, Operation};
use super::error::Error;
use super::issue::IssueType;
use super::project::{Project, ask};
use super::scalar::Url;
use super::selection::Selection;
use crate::auth;
use crate::id::{JiraId, ProjectRef};
use crate::upstream::jira::model;
use crate::upstream::jira::project::{self, Field};

/// Stands behind a field's id where its text becomes a document, which the id alone does not tell.
const AREA: &str = ":text-area";

/// Fields that are inputs of their own, that Jira fills itself, or that lead to other issues.
const ELSEWHERE: [&str; 9] = [
    "summary",
    "description",
    "project",
    "issuetype",
    "reporter",
    "attachment",
    "issuelinks",
    "parent",
    "comment",
];

/// Which form.
#[derive(InputObject)]
pub struct CreateFormInput {
    /// The site; may be left out by who has only one.
    site: Option<ID>,
    /// The project, by its id or key.
    project: ID,
    /// The issue type; left out, the project's first that stands alone.
    r#type: Option<ID>,
}

/// The form for a new issue.
#[derive(SimpleObject)]
pub struct CreateForm {
    /// The project.
    project: Project,
    /// The types of issue that the viewer may create there. Parts of other issues (sub-tasks) are not among them.
    types: Vec<IssueType>,
    /// The type whose fields are shown; null when there is none, or not the one that was asked for.
    r#type: Option<IssueType>,
    /// The fields beyond summary and description, required ones first. Left out is what nobody has to fill in and this
    /// API cannot take.
    fields: Vec<FormField>,
    /// Jira's own create page with project and type chosen; append `&summary=…&description=…`. For forms with a
    /// required field whose `kind` is UNSUPPORTED.
    handoff_url: Url,
}

/// A field of the form.
#[derive(Debug, Clone, SimpleObject)]
pub struct FormField {
    /// Its id, for `FieldValueInput.field`; `userErrors` name it by this id.
    id: ID,
    /// Its name, as the site calls it.
    name: String,
    /// Whether Jira refuses an issue without it.
    required: bool,
    /// Whether Jira has a value for it when none is given.
    has_default: bool,
    /// What it takes.
    kind: FormFieldKind,
    /// What there is to choose from, for `SELECT` and `MULTI_SELECT`.
    options: Option<Vec<FormOption>>,
}

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum FormFieldKind {
    /// One line: `text`.
    Text,
    /// Several lines: `text`.
    TextArea,
    /// `number`.
    Number,
    /// A day: `date`.
    Date,
    /// A moment: `date`.
    DateTime,
    /// One of `options`: `option`.
    Select,
    /// Any of `options`: `options`.
    MultiSelect,
    /// Words without spaces: `labels`.
    Labels,
    /// Somebody: `user`.
    User,
    /// What only Jira's own page can ask for; see `handoffUrl`.
    Unsupported,
}

/// Something to choose.
#[derive(Debug, Clone, SimpleObject)]
pub struct FormOption {
    /// Its id.
    id: ID,
    /// Its name.
    name: String,
}

/// Queries for forms.
#[derive(Default)]
pub struct FormQuery;

#[Object]
impl FormQuery {
    /// The form for a new issue, from the project's live create metadata. Null when there is no such project in which
    /// the viewer may create issues. Costs one Jira call for the types, one more for the fields of `type`, and one for
    /// the project where neither names it.
    async fn create_form(
        &self,
        ctx: &Context<'_>,
        input: CreateFormInput,
    ) -> Option<Result<CreateForm, Error>> {
        let selection = Selection::of(ctx);
        form(ctx.operation(), &input, &selection).await.transpose()
    }
}

async fn form(
    operation: &Operation,
    input: &CreateFormInput,
    selection: &Selection,
) -> Result<Option<CreateForm>, Error> {
    let site = operation.site(input.site.as_deref().map(String::as_str))?;
    let site = &site.site;
    let wanted: ProjectRef = input.project.parse()?;
    let kind = input.r#type.as_ref().map(|it| it.parse::<JiraId>());
    let kind = kind.transpose()?;
    let (http, project) = (&operation.app.http, &wanted);
    let types = |access| async move { project::types(http, &access, project).await };
    let types = ask(operation, site, "read issue types", types);
    let (types, chosen, fields) = if let Some(kind) = kind {
        // Known beforehand: both at once.
        let fields = fields(operation, site, project, Some(&kind), selection);
        let (types, fields) = futures::join!(types, fields);
        (types?, Some(kind), fields?)
    } else {
        let types = types.await?;
        let first = types.iter().flatten().find(|it| !it.subtask);
        let first = first.and_then(|it| it.id.parse().ok());
        let fields = fields(operation, site, project, first.as_ref(), selection).await?;
        (types, first, fields)
    };
    let Some(types) = types else { return Ok(None) };
    let types: Vec<_> = types
        .iter()
        .filter(|it| !it.subtask)
        .map(IssueType::from)
        .collect();
    let chosen = types
        .iter()
        .find(|it| Some(it.number()) == chosen.as_ref().map(JiraId::as_str));
    let chosen = chosen.cloned();
    let mut known = fields.as_deref().and_then(named);
    if known.is_none() {
        let one = |access| async move { project::one(http, &access, project).await };
        known = ask(operation, site, "read a project", one).await?;
    }
    let Some(project) = known else {
        return Ok(None);
    };
    let fields = fields.filter(|_| chosen.is_some()).unwrap_or_default();
    let mut fields: Vec<_> = fields.iter().filter_map(FormField::of).collect();
    fields.sort_by_key(|it| !it.required);
    let handoff_url = handoff(site, &project, chosen.as_ref());
    Ok(handoff_url.map(|handoff_url| CreateForm {
        project: Project::of(site, &project),
        types,
        r#type: chosen,
        fields,
        handoff_url,
    }))
}

/// The fields of a type, if anything of them is wanted.
async fn fields(
    operation: &Operation,
    site: &auth::Site,
    project: &ProjectRef,
    kind: Option<&JiraId>,
    selection: &Selection,
) -> Result<Option<Vec<Field>>, Error> {
    let (Some(kind), true) = (kind, selection.has("fields")) else {
        return Ok(None);
    };
    let http = &operation.app.http;
    let read = |access| async move { project::fields(http, &access, project, kind).await };
    Ok(ask(operation, site, "read a form", read).await?)
}

/// The project, as the form itself names it.
fn named(fields: &[Field]) -> Option<model::Project> {
    let field = fields.iter().find(|it| it.field_id == "project")?;
    let [only] = field.allowed_values.as_deref()? else {
        return None;
    };
    serde_json::from_value(only.clone()).ok()
}

fn handoff(site: &auth::Site, project: &model::Project, kind: Option<&IssueType>) -> Option<Url> {
    let base = site.base_url.as_str().trim_end_matches('/');
    let project: JiraId = project.id.parse().ok()?;
    Url::parse(&match kind {
        Some(kind) => format!(
            "{base}/secure/CreateIssueDetails!init.jspa?pid={project}&issuetype={}",
            kind.number().parse::<JiraId>().ok()?
        ),
        None => format!("{base}/secure/CreateIssue!default.jspa?pid={project}"),
    })
}

impl FormField {
    /// A field that has to be filled in, or can be.
    fn of(field: &Field) -> Option<Self> {
        if ELSEWHERE.contains(&field.field_id.as_str()) {
            return None;
        }
        let kind = kind(field);
        if kind == FormFieldKind::Unsupported && !field.required {
            return None;
        }
        let chosen = matches!(kind, FormFieldKind::Select | FormFieldKind::MultiSelect);
        let options = field.allowed_values.as_deref().filter(|_| chosen);
        let ending = if kind == FormFieldKind::TextArea {
            AREA
        } else {
            ""
        };
        Some(Self {
            id: format!("{}{ending}", field.field_id).into(),
            name: field.name.clone(),
            required: field.required,
            has_default: field.has_default_value,
            kind,
            options: options.map(|it| it.iter().filter_map(FormOption::of).collect()),
        })
    }
}

impl FormOption {
    fn of(value: &Value) -> Option<Self> {
        let gone = |name: &str| value[name].as_bool().unwrap_or_default();
        if gone("disabled") || gone("archived") {
            return None;
        }
        let name = value["name"].as_str().or_else(|| value["value"].as_str())?;
        let id = match &value["id"] {
            Value::String(id) => id.clone(),
            Value::Number(id) => id.to_string(),
            _ => return None,
        };
        Some(Self {
            id: id.into(),
            name: name.to_owned(),
        })
    }
}

/// The id of a field as Jira knows it, and whether its text becomes a document.
pub(super) fn field_of(id: &str) -> (&str, bool) {
    match id.strip_suffix(AREA) {
        Some(field) => (field, true),
        // Jira's own field of this kind, however it was named.
        None => (id, id == "environment"),
    }
}

/// Whether a field has an input of its own.
pub(super) fn is_elsewhere(field: &str) -> bool {
    ELSEWHERE.contains(&field)
}

/// What a field takes, by its schema.
/// <https://developer.atlassian.com/server/jira/platform/jira-rest-api-examples/>
fn kind(field: &Field) -> FormFieldKind {
    use FormFieldKind::{
        Date, DateTime, Labels, MultiSelect, Number, Select, Text, TextArea, Unsupported, User,
    };
    let Some(schema) = &field.schema else {
        return Unsupported;
    };
    let custom = schema.custom.as_deref();
    // Only Jira's own custom fields are what their schema says; an app's may want anything.
    let own =
        custom.and_then(|it| it.strip_prefix("com.atlassian.jira.plugin.system.customfieldtypes:"));
    if custom.is_some() && own.is_none() {
        return Unsupported;
    }
    let choices = field.allowed_values.is_some();
    match (schema.kind.as_str(), schema.items.as_deref(), own) {
        ("string", _, Some("textarea")) => TextArea,
        ("string", _, None) if schema.system.as_deref() == Some("environment") => TextArea,
        ("string", _, None | Some("textfield" | "url")) => Text,
        ("number", _, None | Some("float")) => Number,
        ("date", _, None | Some("datepicker")) => Date,
        ("datetime", _, None | Some("datetime")) => DateTime,
        ("option", _, Some("select" | "radiobuttons"))
        | ("priority" | "resolution" | "securitylevel", _, None)
        | ("version", _, None | Some("version"))
            if choices =>
        {
            Select
        }
        ("array", Some("option"), Some("multiselect" | "multicheckboxes"))
        | ("array", Some("component" | "version"), None | Some("multiversion"))
            if choices =>
        {
            MultiSelect
        }
        ("array", Some("string"), None | Some("labels")) => Labels,
        ("user", _, None | Some("userpicker")) => User,
        _ => Unsupported,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{FormField, FormFieldKind, field_of};

    #[test]
    fn a_field_takes_what_its_schema_says() {
        let own = |it: &str| format!("com.atlassian.jira.plugin.system.customfieldtypes:{it}");
        for (schema, expected) in [
            (
                json!({ "type": "string", "custom": own("textarea") }),
                FormFieldKind::TextArea,
            ),
            (
                json!({ "type": "string", "custom": own("textfield") }),
                FormFieldKind::Text,
            ),
            (
                json!({ "type": "string", "custom": "com.vendor:sprint" }),
                FormFieldKind::Unsupported,
            ),
            (
                json!({ "type": "option-with-child", "custom": own("cascadingselect") }),
                FormFieldKind::Unsupported,
            ),
            (
                json!({ "type": "priority", "system": "priority" }),
                FormFieldKind::Select,
            ),
            (
                json!({ "type": "array", "items": "component", "system": "components" }),
                FormFieldKind::MultiSelect,
            ),
            (
                json!({ "type": "array", "items": "string", "system": "labels" }),
                FormFieldKind::Labels,
            ),
            (
                json!({ "type": "user", "system": "assignee" }),
                FormFieldKind::User,
            ),
        ] {
            let field = json!({
                "fieldId": "customfield_1", "name": "x", "required": true, "schema": schema,
                "allowedValues": [{ "id": "1", "value": "a" }, { "id": 2, "name": "b" }, { "id": "3", "name": "c", "archived": true }],
            });
            let field = FormField::of(&serde_json::from_value(field).unwrap()).unwrap();
            assert_eq!(field.kind, expected);
            assert!(field.options.is_none_or(|it| it.len() == 2));
        }
        assert_eq!(field_of("customfield_1:text-area"), ("customfield_1", true));
        assert_eq!(field_of("customfield_1"), ("customfield_1", false));
    }
}
