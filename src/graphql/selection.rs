//! Which fields a query selects, so that no other is asked for upstream.

use async_graphql::{Context, Name, SelectionField, Value};

use crate::upstream::jira::FieldSet;

/// The fields selected below a field, fragments resolved and repetitions merged.
#[derive(Debug, Clone, Default)]
pub struct Selection(Vec<Selected>);

#[derive(Debug, Clone)]
struct Selected {
    name: String,
    arguments: Vec<(Name, Value)>,
    below: Selection,
}

impl Selection {
    /// Of the value that the field being resolved answers.
    pub fn of(ctx: &Context<'_>) -> Self {
        let mut selection = Self::default();
        selection.add(ctx.field());
        selection
    }

    /// Of the items of the list that the field being resolved answers.
    pub fn of_items(ctx: &Context<'_>) -> Self {
        Self::of(ctx).items()
    }

    fn add(&mut self, field: SelectionField<'_>) {
        for child in field.selection_set() {
            let known = self.0.iter().position(|it| it.name == child.name());
            let index = known.unwrap_or(self.0.len());
            if known.is_none() {
                self.0.push(Selected {
                    name: child.name().to_owned(),
                    arguments: Vec::new(),
                    below: Self::default(),
                });
            }
            let selected = &mut self.0[index];
            selected
                .arguments
                .extend(child.arguments().unwrap_or_default());
            selected.below.add(child);
        }
    }

    /// The same, and what is selected below one of its fields.
    #[must_use]
    pub fn with(&self, name: &str) -> Self {
        let mut all = self.clone();
        all.merge(&self.field(name));
        all
    }

    fn merge(&mut self, other: &Self) {
        for theirs in &other.0 {
            match self.0.iter_mut().find(|it| it.name == theirs.name) {
                Some(ours) => {
                    ours.arguments.extend(theirs.arguments.iter().cloned());
                    ours.below.merge(&theirs.below);
                }
                None => self.0.push(theirs.clone()),
            }
        }
    }

    fn find(&self, name: &str) -> Option<&Selected> {
        self.0.iter().find(|it| it.name == name)
    }

    /// Below a list: of its items, whether they are reached by `nodes` or by `edges`.
    #[must_use]
    pub fn items(&self) -> Self {
        let mut items = self.field("nodes");
        items.merge(&self.field("edges").field("node"));
        items
    }

    /// Below one field.
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        self.find(name)
            .map(|it| it.below.clone())
            .unwrap_or_default()
    }

    /// Whether a field is selected.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Whether nothing but these fields is selected.
    pub fn is_within(&self, names: &[&str]) -> bool {
        self.0.iter().all(|it| names.contains(&it.name.as_str()))
    }

    /// Whether anything is selected at all.
    pub fn exists(&self) -> bool {
        !self.0.is_empty()
    }

    fn arguments<'a>(&'a self, field: &str, argument: &'a str) -> impl Iterator<Item = &'a Value> {
        let arguments = self
            .find(field)
            .map(|it| it.arguments.as_slice())
            .unwrap_or_default();
        arguments
            .iter()
            .filter(move |(name, _)| name.as_str() == argument)
            .map(|(_, value)| value)
    }

    /// The integer argument of a field below, such as `first` of `messages`; the largest when it is there twice.
    pub fn integer(&self, field: &str, argument: &str) -> Option<i64> {
        self.arguments(field, argument)
            .filter_map(|value| match value {
                Value::Number(number) => number.as_i64(),
                _ => None,
            })
            .max()
    }

    /// The enum argument of a field below.
    pub fn word(&self, field: &str, argument: &str) -> Option<String> {
        self.arguments(field, argument)
            .find_map(|value| match value {
                Value::Enum(name) => Some(name.to_string()),
                Value::String(text) => Some(text.clone()),
                _ => None,
            })
    }

    /// The fields of an issue that have to be read for this selection.
    pub fn issue_fields(&self) -> FieldSet {
        // The address and a search for mentions are made of the key.
        let key = self.has("key") || self.has("url") || self.has("mails");
        FieldSet::of(|name| if name == "key" { key } else { self.has(name) })
    }

    /// Graph's `$select` for this selection, by a table of the schema's names and Graph's; always with the id.
    pub fn graph(&self, table: &[(&str, &str)]) -> String {
        let mut names = vec!["id"];
        for (_, graph) in table.iter().filter(|(name, _)| self.has(name)) {
            if !names.contains(graph) {
                names.push(graph);
            }
        }
        names.join(",")
    }
}

/// Graph's `$select` with more names in it, none twice.
pub fn also(select: &str, more: &[&'static str]) -> String {
    let mut names: Vec<&str> = select.split(',').collect();
    for name in more {
        if !names.contains(name) {
            names.push(name);
        }
    }
    names.join(",")
}
