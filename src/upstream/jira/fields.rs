//! Which of an issue's fields a query needs, so that nothing else is asked for.

/// A set of issue fields, by Jira's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FieldSet(u16);

/// Our names for fields in the schema, and what Jira calls them. `transitions` is an expansion.
const TABLE: [(&str, &str); 15] = [
    ("summary", "summary"),
    ("status", "status"),
    ("priority", "priority"),
    ("type", "issuetype"),
    ("assignee", "assignee"),
    ("reporter", "reporter"),
    ("project", "project"),
    ("description", "description"),
    ("createdAt", "created"),
    ("updatedAt", "updated"),
    ("comments", "comment"),
    ("attachments", "attachment"),
    ("isWatching", "watches"),
    ("transitions", ""),
    ("key", ""),
];

impl FieldSet {
    /// The fields for which `selected` says yes, asked by the schema's names.
    pub fn of(selected: impl Fn(&str) -> bool) -> Self {
        let bits = TABLE
            .iter()
            .enumerate()
            .filter(|(_, (name, _))| selected(name))
            .fold(0, |bits, (index, _)| bits | (1 << index));
        Self(bits)
    }

    /// The same and one more, by the schema's name.
    #[must_use]
    pub fn with(self, name: &str) -> Self {
        Self(self.0 | Self::of(|it| it == name).0)
    }

    fn contains(self, name: &str) -> bool {
        TABLE
            .iter()
            .position(|(it, _)| *it == name)
            .is_some_and(|index| self.0 & (1 << index) != 0)
    }

    /// Jira's names. Never empty, for an empty list means "all"; `id` costs nothing, and Jira always sends the key
    /// with any other field than `id`.
    pub fn names(self) -> Vec<&'static str> {
        let mut names: Vec<_> = TABLE
            .iter()
            .filter(|(name, jira)| !jira.is_empty() && self.contains(name))
            .map(|(_, jira)| *jira)
            .collect();
        if names.is_empty() {
            names.push(if self.contains("key") { "key" } else { "id" });
        }
        names
    }

    /// The `expand` parameter, if one is needed.
    pub fn expand(self) -> Option<&'static str> {
        self.contains("transitions").then_some("transitions")
    }
}

#[cfg(test)]
mod tests {
    use super::FieldSet;

    #[test]
    fn only_what_is_selected_is_asked_for() {
        let fields = FieldSet::of(|name| ["summary", "type", "transitions"].contains(&name));
        assert_eq!(fields.names(), ["summary", "issuetype"]);
        assert_eq!(fields.expand(), Some("transitions"));
        assert_eq!(FieldSet::default().names(), ["id"]);
    }
}
