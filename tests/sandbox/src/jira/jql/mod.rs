//! A believable subset of JQL: reading a query, and holding issues against it.
//!
//! <https://support.atlassian.com/jira-software-cloud/docs/jql-fields/>

mod reader;

use std::cmp::Ordering;

use super::{
    adf,
    model::{Content, Issue, timestamp},
};

/// A query that was read without errors.
#[derive(Debug)]
pub(crate) struct Query {
    clause: Option<Clause>,
    /// Field and whether it descends.
    order: Vec<(String, bool)>,
}

#[derive(Debug)]
enum Clause {
    And(Vec<Clause>),
    Or(Vec<Clause>),
    Not(Box<Clause>),
    Term {
        field: String,
        operator: String,
        values: Vec<String>,
    },
}

/// Whose eyes a query is read with.
pub(crate) struct View<'v> {
    pub(crate) content: &'v Content,
    /// The account behind `currentUser()`.
    pub(crate) account: String,
    /// Whether the viewer may browse a project.
    pub(crate) browses: &'v dyn Fn(&str) -> bool,
    /// The account ids of a person named by display name or address.
    pub(crate) accounts: &'v dyn Fn(&str) -> Option<String>,
    /// Whether this is somebody's account id.
    pub(crate) is_account: &'v dyn Fn(&str) -> bool,
}

/// The fields that name somebody.
const USERS: [&str; 4] = ["assignee", "reporter", "creator", "watcher"];
/// The fields a webhook's filter may look at, of those there are here.
const IN_WEBHOOKS: [&str; 7] = [
    "issuekey",
    "project",
    "issuetype",
    "status",
    "assignee",
    "reporter",
    "priority",
];
/// The fields that hold text.
const TEXTS: [&str; 4] = ["text", "summary", "description", "comment"];

impl Query {
    /// Whether the query restricts the search at all.
    pub(crate) fn is_bounded(&self) -> bool {
        self.clause.is_some()
    }

    /// Whether an issue fits, which need not be there any more.
    pub(crate) fn holds(&self, issue: &Issue, view: &View) -> bool {
        let clause = self.clause.as_ref();
        clause.is_none_or(|clause| clause.holds(issue, view))
    }

    /// What of a query the filter of a webhook may not have, in Jira's words.
    ///
    /// <https://developer.atlassian.com/cloud/jira/platform/webhooks/#supported-jql-queries>
    pub(crate) fn not_for_webhooks(&self) -> Vec<String> {
        let mut problems = Vec::new();
        match &self.clause {
            Some(clause) => clause.not_for_webhooks(&mut problems),
            None => problems.push("The JQL filter must not be empty.".to_owned()),
        }
        if !self.order.is_empty() {
            problems.push("ORDER BY is not supported in the filter of a webhook.".to_owned());
        }
        problems
    }

    /// The ids of the issues the viewer may see that fit, in order.
    pub(crate) fn run(&self, view: &View) -> Result<Vec<u64>, String> {
        if let Some(clause) = &self.clause {
            clause.check(view)?;
        }
        let mut found: Vec<&Issue> = view
            .content
            .issues
            .values()
            .filter(|issue| (view.browses)(issue.project))
            .filter(|issue| {
                self.clause
                    .as_ref()
                    .is_none_or(|clause| clause.holds(issue, view))
            })
            .collect();
        if self.order.is_empty() {
            // Jira's default is the newest first.
            found.sort_by(|a, b| b.created.cmp(&a.created).then(b.id.cmp(&a.id)));
        }
        for (field, descends) in self.order.iter().rev() {
            found.sort_by(|a, b| {
                let ordering = compare(field, a, b);
                if *descends {
                    ordering.reverse()
                } else {
                    ordering
                }
            });
        }
        Ok(found.into_iter().map(|issue| issue.id).collect())
    }
}

impl Clause {
    /// Refuses what Jira refuses before it searches: projects and issues that are not there for this viewer.
    fn check(&self, view: &View) -> Result<(), String> {
        match self {
            Self::And(clauses) | Self::Or(clauses) => {
                clauses.iter().try_for_each(|it| it.check(view))
            }
            Self::Not(clause) => clause.check(view),
            Self::Term { field, values, .. } => {
                values.iter().try_for_each(|value| match field.as_str() {
                    "project" => match view.content.project(value) {
                        Some(project) if (view.browses)(project.key) => Ok(()),
                        _ => Err(format!(
                            "The value '{value}' does not exist for the field 'project'."
                        )),
                    },
                    "key" | "issuekey" | "issue" | "id" => match view.content.issue(value) {
                        Some(issue) if (view.browses)(issue.project) => Ok(()),
                        _ => Err(format!(
                            "An issue with key '{value}' does not exist for field '{field}'."
                        )),
                    },
                    field if USERS.contains(&field) => {
                        let known = is_function(value)
                            || (view.is_account)(value)
                            || (view.accounts)(value).is_some();
                        if known || is_nobody(value) {
                            return Ok(());
                        }
                        Err(format!(
                            "The value '{value}' does not exist for the field '{field}'."
                        ))
                    }
                    field if TEXTS.contains(&field) => text_query(field, value),
                    _ => Ok(()),
                })
            }
        }
    }

    fn not_for_webhooks(&self, problems: &mut Vec<String>) {
        match self {
            Self::And(clauses) | Self::Or(clauses) => {
                for clause in clauses {
                    clause.not_for_webhooks(problems);
                }
            }
            Self::Not(clause) => clause.not_for_webhooks(problems),
            Self::Term {
                field, operator, ..
            } => {
                if !IN_WEBHOOKS.contains(&field.as_str()) {
                    problems.push(format!(
                        "The field '{field}' is not supported in the filter of a webhook."
                    ));
                }
                if !matches!(operator.as_str(), "=" | "!=" | "in" | "not in") {
                    problems.push(format!(
                        "The operator '{operator}' is not supported in the filter of a webhook."
                    ));
                }
            }
        }
    }

    fn holds(&self, issue: &Issue, view: &View) -> bool {
        match self {
            Self::And(clauses) => clauses.iter().all(|it| it.holds(issue, view)),
            Self::Or(clauses) => clauses.iter().any(|it| it.holds(issue, view)),
            Self::Not(clause) => !clause.holds(issue, view),
            Self::Term {
                field,
                operator,
                values,
            } => term(issue, field, operator, values, view),
        }
    }
}

fn is_function(value: &str) -> bool {
    value.ends_with("()")
}

fn is_nobody(value: &str) -> bool {
    matches!(value.to_lowercase().as_str(), "empty" | "null")
}

/// Refuses what the text search cannot read: a wildcard in front, brackets and quotes that do not close.
///
/// <https://support.atlassian.com/jira-software-cloud/docs/search-syntax-for-text-fields/>
fn text_query(field: &str, value: &str) -> Result<(), String> {
    if value.starts_with(['*', '?']) {
        return Err(format!(
            "The text query '{value}' for field '{field}' is not valid: the '*' and '?' are not allowed as first \
             character in wildcard query."
        ));
    }
    let mut bare = String::new();
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else {
            bare.push(letter);
        }
    }
    let count = |wanted: char| bare.chars().filter(|it| *it == wanted).count();
    let closes = count('(') == count(')')
        && count('[') == count(']')
        && count('{') == count('}')
        && count('"').is_multiple_of(2);
    if closes {
        return Ok(());
    }
    Err(format!(
        "Unable to parse the text '{value}' for field '{field}'."
    ))
}

fn term(issue: &Issue, field: &str, operator: &str, values: &[String], view: &View) -> bool {
    let had = field_values(issue, field, view);
    let text_field = TEXTS.contains(&field);
    let equal = |value: &String| {
        let value = match value.as_str() {
            "currentuser()" => view.account.clone(),
            other if USERS.contains(&field) => {
                (view.accounts)(other).unwrap_or_else(|| other.to_owned())
            }
            other => other.to_owned(),
        };
        had.iter().any(|one| one.eq_ignore_ascii_case(&value))
    };
    let contains = |value: &String| {
        let text = had.join("\n").to_lowercase();
        let wanted = value.to_lowercase();
        match wanted
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
        {
            Some(phrase) => text.contains(phrase),
            None => wanted
                .split_whitespace()
                .all(|word| text.contains(word.trim_matches(['*', '?']))),
        }
    };
    match operator {
        "=" | "in" => values.iter().any(equal),
        "!=" | "not in" => !had.is_empty() && !values.iter().any(equal),
        "~" => text_field && values.iter().any(contains),
        "!~" => text_field && !values.iter().any(contains),
        "is" => had.is_empty(),
        "is not" => !had.is_empty(),
        comparison => values.iter().zip(had.first()).any(|(value, had)| {
            let value = moment(value);
            match comparison {
                "<" => had.as_str() < value.as_str(),
                "<=" => had.as_str() <= value.as_str(),
                ">" => had.as_str() > value.as_str(),
                _ => had.as_str() >= value.as_str(),
            }
        }),
    }
}

/// The values of a field as JQL compares them. Several names of one thing count as several values.
fn field_values(issue: &Issue, field: &str, view: &View) -> Vec<String> {
    let comments = || {
        issue
            .comments
            .iter()
            .map(|comment| adf::plain(&comment.body))
    };
    match field {
        "project" => match view.content.project(issue.project) {
            Some(project) => vec![project.key.into(), project.id.into(), project.name.clone()],
            None => Vec::new(),
        },
        "key" | "issuekey" | "issue" | "id" => vec![issue.key(), issue.id.to_string()],
        "status" => vec![issue.status.name.into(), issue.status.id.into()],
        "statuscategory" => vec![
            issue.status.category.3.into(),
            issue.status.category.1.into(),
        ],
        "assignee" => issue.assignee.iter().cloned().collect(),
        "reporter" => vec![issue.reporter.clone()],
        "creator" => vec![issue.creator.clone()],
        "watcher" => issue.watchers.iter().cloned().collect(),
        "parent" => match issue.more.get("parent") {
            Some(parent) => [&parent["key"], &parent["id"]]
                .into_iter()
                .filter_map(|it| it.as_str().map(str::to_owned))
                .collect(),
            None => Vec::new(),
        },
        "summary" => vec![issue.summary.clone()],
        "description" => vec![adf::plain(&issue.description)],
        "comment" => comments().collect(),
        "text" => [issue.summary.clone(), adf::plain(&issue.description)]
            .into_iter()
            .chain(comments())
            .collect(),
        "labels" => issue.labels.clone(),
        "priority" => vec![
            super::model::PRIORITIES[issue.priority].into(),
            (issue.priority + 1).to_string(),
        ],
        "type" | "issuetype" => vec![issue.kind.name.into(), issue.kind.id.into()],
        "created" => vec![timestamp(issue.created)],
        "updated" => vec![timestamp(issue.updated)],
        _ => issue.due.iter().cloned().collect(),
    }
}

/// A time a query names, so that it compares with Jira's timestamps: `2026-11-01`, `"2026/11/01 12:00"`, `-7d`.
fn moment(value: &str) -> String {
    let relative = value.strip_prefix('-').and_then(|rest| {
        let (number, unit) = rest.split_at_checked(rest.len().checked_sub(1)?)?;
        let number: i64 = number.parse().ok()?;
        let minutes = match unit {
            "m" => 1,
            "h" => 60,
            "d" => 60 * 24,
            "w" => 60 * 24 * 7,
            _ => return None,
        };
        Some(time::OffsetDateTime::now_utc() - time::Duration::minutes(number * minutes))
    });
    match relative {
        Some(at) => timestamp(at),
        None if value == "now()" => timestamp(time::OffsetDateTime::now_utc()),
        None => value.replace('/', "-").replacen(' ', "T", 1),
    }
}

fn compare(field: &str, a: &Issue, b: &Issue) -> Ordering {
    match field {
        "created" => a.created.cmp(&b.created),
        "updated" => a.updated.cmp(&b.updated),
        "priority" => b.priority.cmp(&a.priority),
        "summary" => a.summary.cmp(&b.summary),
        "status" => a.status.id.cmp(b.status.id),
        "assignee" => a.assignee.cmp(&b.assignee),
        "due" | "duedate" => a.due.cmp(&b.due),
        _ => (a.project, a.number).cmp(&(b.project, b.number)),
    }
}
