//! A believable subset of JQL: reading a query, and holding issues against it.
//!
//! <https://support.atlassian.com/jira-software-cloud/docs/jql-fields/>

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

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Sign(&'static str),
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
}

const FIELDS: [&str; 22] = [
    "project",
    "key",
    "issuekey",
    "issue",
    "id",
    "status",
    "statuscategory",
    "assignee",
    "reporter",
    "creator",
    "text",
    "summary",
    "description",
    "comment",
    "labels",
    "priority",
    "type",
    "issuetype",
    "created",
    "updated",
    "due",
    "duedate",
];

impl Query {
    /// Reads a query; the error is Jira's message.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader {
            tokens: tokens(text)?,
            place: 0,
        };
        let ordered = |reader: &Reader| reader.word_is("order");
        let clause = if reader.tokens.is_empty() || ordered(&reader) {
            None
        } else {
            Some(reader.any()?)
        };
        let order = reader.order()?;
        match reader.tokens.get(reader.place) {
            None => Ok(Self { clause, order }),
            Some(token) => Err(format!(
                "Error in the JQL Query: Expecting either 'OR' or 'AND' but got '{}'.",
                token.text()
            )),
        }
    }

    /// Whether the query restricts the search at all.
    pub(crate) fn is_bounded(&self) -> bool {
        self.clause.is_some()
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
                    _ => Ok(()),
                })
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

fn term(issue: &Issue, field: &str, operator: &str, values: &[String], view: &View) -> bool {
    let had = field_values(issue, field, view);
    let text_field = matches!(field, "text" | "summary" | "description" | "comment");
    let equal = |value: &String| {
        let value = match value.as_str() {
            "currentuser()" => view.account.clone(),
            other if matches!(field, "assignee" | "reporter" | "creator") => {
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
        "reporter" | "creator" => vec![issue.reporter.clone()],
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

struct Reader {
    tokens: Vec<Token>,
    place: usize,
}

impl Reader {
    fn any(&mut self) -> Result<Clause, String> {
        let mut clauses = vec![self.all()?];
        while self.take("or") || self.take("||") || self.take("|") {
            clauses.push(self.all()?);
        }
        Ok(one_or(clauses, Clause::Or))
    }

    fn all(&mut self) -> Result<Clause, String> {
        let mut clauses = vec![self.one()?];
        while self.take("and") || self.take("&&") || self.take("&") {
            clauses.push(self.one()?);
        }
        Ok(one_or(clauses, Clause::And))
    }

    fn one(&mut self) -> Result<Clause, String> {
        if self.take("not") || self.take("!") {
            return Ok(Clause::Not(Box::new(self.one()?)));
        }
        if self.take("(") {
            let clause = self.any()?;
            self.expect(")")?;
            return Ok(clause);
        }
        let field = self.value()?.to_lowercase();
        if !FIELDS.contains(&field.as_str()) {
            return Err(format!(
                "Field '{field}' does not exist or you do not have permission to view it."
            ));
        }
        let operator = self.operator()?;
        let values = match operator.as_str() {
            "in" | "not in" => self.list()?,
            _ => vec![self.value()?],
        };
        let empty = |value: &String| matches!(value.to_lowercase().as_str(), "empty" | "null");
        // `= EMPTY` means the same as `is EMPTY`.
        let operator = match operator.as_str() {
            "=" if values.iter().all(empty) => "is".to_owned(),
            "!=" if values.iter().all(empty) => "is not".to_owned(),
            _ => operator,
        };
        Ok(Clause::Term {
            field,
            operator,
            values,
        })
    }

    fn operator(&mut self) -> Result<String, String> {
        for sign in ["=", "!=", "~", "!~", "<=", ">=", "<", ">"] {
            if self.take(sign) {
                return Ok(sign.to_owned());
            }
        }
        let operator = if self.take("in") {
            "in"
        } else if self.take("is") {
            if self.take("not") { "is not" } else { "is" }
        } else if self.take("not") {
            self.expect("in")?;
            "not in"
        } else {
            return Err(self.unexpected("an operator"));
        };
        Ok(operator.to_owned())
    }

    fn list(&mut self) -> Result<Vec<String>, String> {
        self.expect("(")?;
        let mut values = vec![self.value()?];
        while self.take(",") {
            values.push(self.value()?);
        }
        self.expect(")")?;
        Ok(values)
    }

    fn value(&mut self) -> Result<String, String> {
        let value = match self.tokens.get(self.place) {
            Some(Token::Word(word)) => word.clone(),
            Some(Token::Quoted(text)) => {
                self.place += 1;
                return Ok(text.clone());
            }
            _ => return Err(self.unexpected("a value")),
        };
        self.place += 1;
        if self.take("(") {
            // The functions of this subset take no arguments.
            self.expect(")")?;
            let call = format!("{}()", value.to_lowercase());
            return match call.as_str() {
                "currentuser()" | "now()" => Ok(call),
                _ => Err(format!("Unable to find JQL function '{value}()'.")),
            };
        }
        Ok(value)
    }

    fn order(&mut self) -> Result<Vec<(String, bool)>, String> {
        let mut order = Vec::new();
        if self.take("order") {
            self.expect("by")?;
            loop {
                let field = self.value()?.to_lowercase();
                let descends = self.take("desc");
                if !descends {
                    self.take("asc");
                }
                order.push((field, descends));
                if !self.take(",") {
                    break;
                }
            }
        }
        if order.len() > 7 {
            return Err("The ORDER BY clause can contain at most 7 fields.".to_owned());
        }
        Ok(order)
    }

    fn word_is(&self, word: &str) -> bool {
        match self.tokens.get(self.place) {
            Some(Token::Word(had)) => had.eq_ignore_ascii_case(word),
            Some(Token::Sign(sign)) => *sign == word,
            _ => false,
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let there = self.word_is(word);
        self.place += usize::from(there);
        there
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("'{word}'")))
        }
    }

    fn unexpected(&self, wanted: &str) -> String {
        let got = self
            .tokens
            .get(self.place)
            .map_or("the end of the query".to_owned(), |token| {
                format!("'{}'", token.text())
            });
        format!("Error in the JQL Query: Expecting {wanted} but got {got}.")
    }
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Word(text) | Self::Quoted(text) => text,
            Self::Sign(sign) => sign,
        }
    }
}

fn one_or(mut clauses: Vec<Clause>, many: fn(Vec<Clause>) -> Clause) -> Clause {
    if clauses.len() == 1 {
        clauses.remove(0)
    } else {
        many(clauses)
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    const SIGNS: [&str; 16] = [
        "!=", "!~", "<=", ">=", "&&", "||", "=", "~", "<", ">", "(", ")", ",", "!", "&", "|",
    ];
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if matches!(first, '"' | '\'') {
            let (quoted, after) = quoted(&rest[1..], first)?;
            tokens.push(Token::Quoted(quoted));
            rest = after;
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            let end = rest
                .find(|it: char| it.is_whitespace() || "\"'=!~<>(),&|".contains(it))
                .unwrap_or(rest.len());
            if end == 0 {
                return Err(format!(
                    "Error in the JQL Query: The character '{first}' is a reserved JQL character."
                ));
            }
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

/// The text up to the closing quote with its escapes undone, and what follows.
fn quoted(text: &str, quote: char) -> Result<(String, &str), String> {
    let mut out = String::new();
    let mut characters = text.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, 't')) => out.push('\t'),
                Some((_, escaped @ ('"' | '\'' | '\\' | ' '))) => out.push(escaped),
                _ => {
                    return Err(
                        "Error in the JQL Query: An illegal JQL escape sequence was found."
                            .to_owned(),
                    );
                }
            },
            _ if character == quote => return Ok((out, &text[place + 1..])),
            _ => out.push(character),
        }
    }
    Err(format!(
        "Error in the JQL Query: The quoted string '{text}' has not been completed."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Addresses, world::World};

    fn found(handle: &str, jql: &str) -> Result<Vec<String>, String> {
        let world = World::new(Addresses::default(), None);
        let person = world.person(handle);
        let mut state = world.jira();
        let content = state.content(person.site);
        let ids = Query::parse(jql)?.run(&View {
            content,
            account: person.account_id.clone(),
            browses: &|project| {
                content
                    .project(project)
                    .is_some_and(|project| project.members.contains(&person.handle))
            },
            accounts: &|name| world.find(|it| it.name == name).map(|it| it.account_id),
        })?;
        Ok(ids.iter().map(|id| content.issues[id].key()).collect())
    }

    #[test]
    fn issues_are_found_by_key_and_by_id_in_the_order_asked_for() {
        let keys = found(
            "alice",
            "key in (DEMO-2, demo-42) or id = 10007 order by key desc",
        );
        assert_eq!(keys.unwrap(), ["DEMO-42", "DEMO-7", "DEMO-2"]);
    }

    #[test]
    fn conditions_join_negate_and_nest() {
        let keys = found(
            "alice",
            "project = DEMO AND key in (DEMO-1, DEMO-42, DEMO-43) AND NOT (key = DEMO-1 || key = DEMO-43)",
        );
        assert_eq!(keys.unwrap(), ["DEMO-42"]);
    }

    #[test]
    fn words_are_found_in_comments_and_descriptions() {
        let keys = found("alice", "key = DEMO-42 and text ~ \"handbook Hamburg\"");
        assert_eq!(keys.unwrap(), ["DEMO-42"]);
        assert!(
            found("alice", "key = DEMO-42 and text ~ nonsense")
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn current_user_and_empty_mean_what_they_say() {
        let mine = found("alice", "assignee = currentUser() and key = DEMO-42").unwrap();
        assert_eq!(mine, ["DEMO-42"]);
        let nobodys = found("alice", "project = DEMO and assignee is EMPTY").unwrap();
        assert!(nobodys.contains(&"DEMO-6".to_owned()) && !nobodys.contains(&"DEMO-42".to_owned()));
    }

    #[test]
    fn what_a_viewer_may_not_see_does_not_exist() {
        assert!(
            found("bob", "project = OPS")
                .unwrap_err()
                .contains("does not exist")
        );
        assert!(
            found("bob", "key = OPS-1")
                .unwrap_err()
                .contains("does not exist")
        );
        assert!(found("alice", "key = OPS-1").is_ok());
    }

    #[test]
    fn a_query_without_restriction_is_unbounded() {
        assert!(!Query::parse("order by created").unwrap().is_bounded());
        assert!(!Query::parse("").unwrap().is_bounded());
        assert!(Query::parse("project = DEMO").unwrap().is_bounded());
    }

    #[test]
    fn nonsense_is_refused() {
        for jql in [
            "project",
            "project =",
            "key in (",
            "colour = red",
            "text ~ \"open",
            "project = DEMO key = X",
        ] {
            assert!(Query::parse(jql).is_err(), "{jql}");
        }
    }
}
