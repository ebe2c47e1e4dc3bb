//! What an operation asks for, measured on the parsed document before anything runs: depth, aliases, roots, cost.
//!
//! Cost is counted in points: `CALL` for each upstream call the operation may cause, one for every five fields. A
//! join under a list is caused once for each row of the list, in batches where the provider takes batches.

use std::collections::HashSet;

use async_graphql::Value;
use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType,
    Selection, SelectionSet,
};
use async_graphql::{Name, Positioned};
use serde_json::{Map, Value as Json};

use super::guard::Excess;
use crate::config::Limits;

/// Points of one upstream call.
const CALL: usize = 16;
/// Fields for one point.
const FIELDS: usize = 5;
/// Rows that one batched call brings (Graph's `$batch`).
const BATCH: usize = 20;
/// The most rows a page may have.
const LONGEST_PAGE: usize = 100;
/// Fields next to each other at the root.
const ROOTS: usize = 10;
/// Directives at one place.
const DIRECTIVES: usize = 5;
/// Selections visited with fragments spread out; beyond this nobody counts on, whatever the other limits are.
const VISITS: usize = 5_000;

/// Why an operation does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// More of something than is allowed.
    TooMuch(Excess),
    /// The caller's mistake, as a sentence.
    Wrong(&'static str),
}

impl From<Excess> for Refused {
    fn from(excess: Excess) -> Self {
        Self::TooMuch(excess)
    }
}

/// The operation that will run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// Its cost in points.
    pub cost: usize,
}

/// How a field is read upstream; `first` is the size of a page when the query does not say.
enum Read {
    /// Nothing of its own.
    Free,
    /// One call for each parent.
    Once,
    /// One call for each parent, which brings a page of rows.
    Page { first: usize },
    /// So many calls for each parent, which brings at most so many rows.
    Calls { calls: usize, most: usize },
    /// Rows of all parents together, in batches.
    Batched { first: usize },
    /// The same, and one more batch for what belongs to some of the rows.
    Twice { first: usize },
    /// One call for each row.
    Each { first: usize },
    /// Rows in batches, a quarter of which are Zoom's and cost a call each.
    Mixed { first: usize },
}

/// What the schema's fields cost, by name: a name means the same wherever it stands.
fn read(name: &str, root: bool, kind: OperationType) -> Read {
    if root && kind == OperationType::Mutation {
        let calls = match name {
            // A mail, an issue, and some of the files, which cost two each.
            "createIssueFromMail" | "attachMail" => 10,
            "addComment" => 3,
            // An issue, a list to look through, the meeting, its event and what both are read by.
            "scheduleMeeting" | "startCall" | "updateMeeting" | "cancelMeeting" => 6,
            _ => 2,
        };
        return Read::Calls { calls, most: 1 };
    }
    match name {
        "issue" | "node" | "mail" | "meeting" | "chat" | "recording" | "page" if root => Read::Once,
        // Graph, and Jira's issues; a person has a site or two. Zoom's meetings that may be under way. Zoom's list of
        // files, and two addresses until the transcript comes.
        "mailContext" | "activeCall" | "transcript" => Read::Calls { calls: 3, most: 1 },
        "suggestions" => Read::Calls { calls: 2, most: 5 },
        "createForm" if root => Read::Calls { calls: 3, most: 1 },
        "issues" | "projects" if root => Read::Page { first: 50 },
        // Of a mail: they come with its context.
        "issues" => Read::Calls { calls: 0, most: 20 },
        "mails" => Read::Twice { first: 20 },
        "chats" | "tasks" | "pages" => Read::Batched { first: 20 },
        "messages" | "attachments" => Read::Batched { first: 1 },
        "meetings" => Read::Mixed { first: 20 },
        "recordings" => Read::Each { first: 10 },
        "instances" => Read::Page { first: 10 },
        "participants" => Read::Calls { calls: 2, most: 1 },
        "aiSummary" => Read::Once,
        "timeline" => Read::Mixed { first: 40 },
        // What its tasks ask beyond one batch, and the sites for the issues of meetings and tasks.
        "myWork" => Read::Page { first: 1 },
        "assigned" | "reported" | "watched" | "myRecordings" => Read::Page { first: 20 },
        _ => Read::Free,
    }
}

/// Measures the operation that `name` selects, and bounds every other one in the document as well.
pub fn measure(
    document: &ExecutableDocument,
    name: Option<&str>,
    variables: &Map<String, Json>,
    limits: &Limits,
) -> Result<Measured, Refused> {
    let chosen = choose(document, name)?;
    let mut chosen_cost = 0;
    let mut visits = 0;
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        directives(&operation.directives)?;
        let mut walk = Walk {
            document,
            variables,
            operation,
            limits,
            open: HashSet::new(),
            visits,
            aliases: 0,
            roots: 0,
            calls: 0,
        };
        walk.set(&operation.selection_set.node, 1, 1, false)?;
        let fields = walk.visits - visits;
        visits = walk.visits;
        let cost = walk
            .calls
            .saturating_mul(CALL)
            .saturating_add(fields.div_ceil(FIELDS));
        if std::ptr::eq(operation, chosen) {
            chosen_cost = cost;
        }
    }
    Excess::check("cost", chosen_cost, limits.cost)?;
    Ok(Measured {
        kind: chosen.ty,
        cost: chosen_cost,
    })
}

/// The operation that runs (GraphQL specification 6.1, `GetOperation`).
fn choose<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a OperationDefinition, Refused> {
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(all), Some(name)) => all.get(name),
        (DocumentOperations::Multiple(all), None) => all.values().next().filter(|_| all.len() == 1),
    };
    found
        .map(|operation| &operation.node)
        .ok_or(Refused::Wrong(if name.is_some() {
            "The document has no operation of this name."
        } else {
            "The document has several operations; operationName must say which one."
        }))
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    variables: &'a Map<String, Json>,
    operation: &'a OperationDefinition,
    limits: &'a Limits,
    /// Fragments being spread right now.
    open: HashSet<&'a Name>,
    visits: usize,
    aliases: usize,
    roots: usize,
    calls: usize,
}

impl<'a> Walk<'a> {
    /// `depth` is the level of these fields, `rows` how many objects they are read on.
    fn set(
        &mut self,
        set: &'a SelectionSet,
        depth: usize,
        rows: usize,
        introspecting: bool,
    ) -> Result<(), Refused> {
        for selection in &set.items {
            self.visits += 1;
            Excess::check("fields", self.visits, VISITS)?;
            directives(selection.node.directives())?;
            match &selection.node {
                Selection::Field(field) => self.field(&field.node, depth, rows, introspecting)?,
                Selection::InlineFragment(inline) => {
                    self.set(&inline.node.selection_set.node, depth, rows, introspecting)?;
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    // A missing one is the validation's to name.
                    if let Some(fragment) = self.document.fragments.get(name) {
                        if !self.open.insert(name) {
                            return Err(Refused::Wrong("A fragment spreads itself."));
                        }
                        self.set(
                            &fragment.node.selection_set.node,
                            depth,
                            rows,
                            introspecting,
                        )?;
                        self.open.remove(name);
                    }
                }
            }
        }
        Ok(())
    }

    fn field(
        &mut self,
        field: &'a Field,
        depth: usize,
        rows: usize,
        introspecting: bool,
    ) -> Result<(), Refused> {
        let name = field.name.node.as_str();
        // The usual introspection query is deeper than any operation of ours; brackets bound it.
        let introspecting = introspecting || name == "__schema" || name == "__type";
        if !introspecting {
            Excess::check("depth", depth, self.limits.depth)?;
        }
        if field.alias.is_some() {
            self.aliases += 1;
            Excess::check("aliases", self.aliases, self.limits.aliases)?;
        }
        let root = depth == 1;
        if root {
            self.roots += 1;
            Excess::check("root fields", self.roots, ROOTS)?;
        }
        let rows = if introspecting {
            rows
        } else {
            self.read(field, name, root, rows)?
        };
        self.set(&field.selection_set.node, depth + 1, rows, introspecting)
    }

    /// Adds the field's calls; how many objects its own fields are read on.
    fn read(
        &mut self,
        field: &Field,
        name: &str,
        root: bool,
        rows: usize,
    ) -> Result<usize, Refused> {
        let asked = self.first(field);
        if let Some(asked) = asked {
            Excess::check("first", asked, LONGEST_PAGE)?;
        }
        let page = |usual: usize| rows.saturating_mul(asked.unwrap_or(usual));
        let (calls, rows) = match read(name, root, self.operation.ty) {
            Read::Free => (0, asked.map_or(rows, |first| rows.saturating_mul(first))),
            Read::Once => (rows, rows),
            Read::Page { first } => (rows, page(first)),
            Read::Calls { calls, most } => (rows.saturating_mul(calls), rows.saturating_mul(most)),
            Read::Batched { first } => (page(first).div_ceil(BATCH), page(first)),
            Read::Twice { first } => (page(first).div_ceil(BATCH) + 1, page(first)),
            Read::Each { first } => (page(first), page(first)),
            Read::Mixed { first } => (
                page(first).div_ceil(BATCH) + page(first).div_ceil(4),
                page(first),
            ),
        };
        self.calls = self.calls.saturating_add(calls);
        Ok(rows)
    }

    /// The size of page the query asks for; a wrong one is the validation's to refuse.
    fn first(&self, field: &Field) -> Option<usize> {
        let argument = field.get_argument("first")?.node.clone();
        let given = argument.into_const_with(|name| self.variable(&name).ok_or(()));
        match given.ok()? {
            Value::Number(number) => Some(usize::try_from(number.as_i64()?).unwrap_or_default()),
            _ => None,
        }
    }

    fn variable(&self, name: &Name) -> Option<Value> {
        if let Some(given) = self.variables.get(name.as_str()) {
            return Some(given.as_i64()?.into());
        }
        let definition = self
            .operation
            .variable_definitions
            .iter()
            .find(|definition| definition.node.name.node == *name)?;
        Some(definition.node.default_value.as_ref()?.node.clone())
    }
}

fn directives(at: &[Positioned<Directive>]) -> Result<(), Refused> {
    Ok(Excess::check("directives", at.len(), DIRECTIVES)?)
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::{Map, json};

    use super::{Excess, Measured, Refused, measure};
    use crate::config::Limits;

    fn limits() -> Limits {
        crate::config::Settings::parse("secret.keys = ['k1:x']")
            .unwrap()
            .limits
    }

    fn of(text: &str) -> Result<Measured, Refused> {
        measure(&parse_query(text).unwrap(), None, &Map::new(), &limits())
    }

    fn exceeded(text: &str) -> &'static str {
        match of(text) {
            Err(Refused::TooMuch(Excess { limit, .. })) => limit,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn fifty_issues_with_ten_mails_each_are_twenty_seven_calls() {
        let cost = of("{ issues(jql: \"\", first: 50) { nodes { summary mails(first: 10) { nodes { subject } } } } }")
            .unwrap()
            .cost;
        assert_eq!(cost, 27 * 16 + 2);
    }

    #[test]
    fn the_first_paint_of_a_persons_work_is_nine_calls() {
        let cost = of("{ myWork { assigned { nodes { key } } meetings { nodes { issues { key } } } tasks { nodes { issues { key } } } } }")
            .unwrap()
            .cost;
        assert_eq!(cost, 9 * 16 + 3);
    }

    #[test]
    fn a_mail_with_its_issues_and_suggestions_is_six_calls() {
        let cost = of("{ mailContext { mail { attachments { id } } issues { issue { key } } suggestions { issue { key } } } }")
            .unwrap()
            .cost;
        assert_eq!(cost, 6 * 16 + 2);
    }

    #[test]
    fn joins_are_multiplied_by_the_pages_above_them() {
        assert_eq!(
            exceeded("{ issues(first: 50) { nodes { recordings(first: 4) { nodes { id } } } } }"),
            "cost"
        );
        assert_eq!(
            exceeded("{ issues(first: 100) { nodes { mails { nodes { id } } } } }"),
            "cost"
        );
        assert_eq!(
            exceeded("{ issue { mails(first: 101) { nodes { id } } } }"),
            "first"
        );
        let document = parse_query("query($n: Int = 4) { issues(first: 50) { nodes { mails(first: $n) { nodes { id } } } } }").unwrap();
        assert!(measure(&document, None, &Map::new(), &limits()).is_ok());
        let given = json!({ "n": 100 }).as_object().unwrap().clone();
        assert!(measure(&document, None, &given, &limits()).is_err());
    }

    #[test]
    fn depth_aliases_roots_and_directives_are_bounded() {
        let nested = |levels: usize| format!("{}a{}", "{ a ".repeat(levels), "}".repeat(levels));
        assert!(of(&nested(10)).is_ok());
        assert_eq!(exceeded(&nested(11)), "depth");
        let aliases = (0..31)
            .map(|n| format!("a{n}: b"))
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(exceeded(&format!("{{ a {{ {aliases} }} }}")), "aliases");
        assert_eq!(
            exceeded(&format!("{{ {} }}", "__typename ".repeat(11))),
            "root fields"
        );
        assert_eq!(exceeded("{ a @b @b @b @b @b @b }"), "directives");
        assert_eq!(exceeded("query @b @b @b @b @b @b { a }"), "directives");
    }

    #[test]
    fn typenames_cost_like_any_field() {
        assert_eq!(
            exceeded(&format!("{{ a {{ {} }} }}", "__typename ".repeat(4000))),
            "cost"
        );
    }

    #[test]
    fn fragments_that_double_or_return_end_at_once() {
        let doubled: Vec<String> = (0..30)
            .map(|at| {
                format!(
                    "fragment f{at} on Query {{ ...f{next} ...f{next} }}",
                    next = at + 1
                )
            })
            .collect();
        let bomb = format!(
            "{{ ...f0 }} {} fragment f30 on Query {{ __typename }}",
            doubled.join(" ")
        );
        assert!(matches!(exceeded(&bomb), "fields" | "root fields"));
        assert_eq!(
            of("{ ...a } fragment a on Query { b { ...a } }"),
            Err(Refused::Wrong("A fragment spreads itself."))
        );
    }
}
