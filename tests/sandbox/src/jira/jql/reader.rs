//! Reading JQL: characters to words, words to clauses.

use super::{Clause, Query};

const FIELDS: [&str; 24] = [
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
    "watcher",
    "parent",
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

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Sign(&'static str),
}

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
