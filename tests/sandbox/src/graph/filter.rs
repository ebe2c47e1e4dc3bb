//! The part of OData's `$filter` that Graph's mail, calendar, chat and To Do understand, over JSON.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A parsed `$filter`.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Compare(Path, Comparison, Literal),
    Text(TextTest, Path, String),
    /// `path/any(x: …)` (true) or `path/all(x: …)` (false).
    Lambda(bool, Path, String, Box<Filter>),
}

/// A property path, as its segments: `from/emailAddress/address`.
pub type Path = Vec<String>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Text(String),
    Number(f64),
    Boolean(bool),
    Time(OffsetDateTime),
    Null,
}

impl Filter {
    /// Parses the decoded text of `$filter`.
    ///
    /// # Errors
    /// The place and nature of the first mistake, in OData's words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser {
            tokens: tokens(text)?,
            next: 0,
        };
        let filter = parser.any_of()?;
        match parser.peek() {
            None => Ok(filter),
            Some(token) => Err(format!("Syntax error: unexpected '{}'.", token.text())),
        }
    }

    /// Whether an item passes.
    pub fn matches(&self, item: &Value) -> bool {
        self.holds(item, None)
    }

    /// The first segment of every property named, in order of appearance: what `$orderby` is held to.
    pub fn properties(&self) -> Vec<&str> {
        match self {
            Self::And(left, right) | Self::Or(left, right) => {
                let mut names = left.properties();
                names.extend(right.properties());
                names
            }
            Self::Not(inner) => inner.properties(),
            Self::Compare(path, ..) | Self::Text(_, path, _) | Self::Lambda(_, path, ..) => {
                path.first().map(String::as_str).into_iter().collect()
            }
        }
    }

    /// The text that `property` must equal, when that is all the filter asks.
    pub fn sole_equality(&self, property: &str) -> Option<&str> {
        match self {
            Self::Compare(path, Comparison::Equal, Literal::Text(text))
                if path.len() == 1 && path[0].eq_ignore_ascii_case(property) =>
            {
                Some(text)
            }
            _ => None,
        }
    }

    fn holds(&self, item: &Value, element: Option<(&str, &Value)>) -> bool {
        match self {
            Self::And(left, right) => left.holds(item, element) && right.holds(item, element),
            Self::Or(left, right) => left.holds(item, element) || right.holds(item, element),
            Self::Not(inner) => !inner.holds(item, element),
            Self::Compare(path, comparison, literal) => {
                compare(resolve(item, element, path), *comparison, literal)
            }
            Self::Text(kind, path, wanted) => {
                let Some(text) = resolve(item, element, path).as_str() else {
                    return false;
                };
                let (text, wanted) = (text.to_lowercase(), wanted.to_lowercase());
                match kind {
                    TextTest::StartsWith => text.starts_with(&wanted),
                    TextTest::EndsWith => text.ends_with(&wanted),
                    TextTest::Contains => text.contains(&wanted),
                }
            }
            Self::Lambda(any, path, name, inner) => {
                let Some(elements) = resolve(item, element, path).as_array() else {
                    return !any;
                };
                let mut verdicts = elements
                    .iter()
                    .map(|it| inner.holds(item, Some((name, it))));
                if *any {
                    verdicts.any(|it| it)
                } else {
                    verdicts.all(|it| it)
                }
            }
        }
    }
}

/// The value at a path. Graph takes property names in any case (`JoinWebUrl`).
fn resolve<'v>(item: &'v Value, element: Option<(&str, &'v Value)>, path: &[String]) -> &'v Value {
    let (mut value, rest) = match element {
        Some((name, element)) if path.first().is_some_and(|it| it == name) => (element, &path[1..]),
        _ => (item, path),
    };
    for segment in rest {
        value = value
            .as_object()
            .and_then(|it| {
                it.get(segment).or_else(|| {
                    it.iter()
                        .find(|(key, _)| key.eq_ignore_ascii_case(segment))
                        .map(|(_, value)| value)
                })
            })
            .unwrap_or(&Value::Null);
    }
    value
}

fn compare(value: &Value, comparison: Comparison, literal: &Literal) -> bool {
    let order = match (value, literal) {
        (Value::Null, Literal::Null) => Some(std::cmp::Ordering::Equal),
        (Value::String(text), Literal::Time(wanted)) => parse_time(text).map(|it| it.cmp(wanted)),
        (Value::String(text), Literal::Text(wanted)) => {
            match (parse_time(text), parse_time(wanted)) {
                (Some(time), Some(wanted)) => Some(time.cmp(&wanted)),
                _ => Some(text.as_str().cmp(wanted)),
            }
        }
        (Value::Number(number), Literal::Number(wanted)) => {
            number.as_f64().and_then(|it| it.partial_cmp(wanted))
        }
        (Value::Bool(value), Literal::Boolean(wanted)) => Some(value.cmp(wanted)),
        _ => None,
    };
    match (comparison, order) {
        (Comparison::NotEqual, order) => order != Some(std::cmp::Ordering::Equal),
        (_, None) => false,
        (Comparison::Equal, Some(order)) => order.is_eq(),
        (Comparison::Greater, Some(order)) => order.is_gt(),
        (Comparison::GreaterOrEqual, Some(order)) => order.is_ge(),
        (Comparison::Less, Some(order)) => order.is_lt(),
        (Comparison::LessOrEqual, Some(order)) => order.is_le(),
    }
}

/// An ISO time; without a zone, as in `start/dateTime`, it is taken as UTC.
pub fn parse_time(text: &str) -> Option<OffsetDateTime> {
    let plausible = text.len() >= 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    if !plausible {
        return None;
    }
    if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
        return Some(time);
    }
    let completed = if text.len() == 10 {
        format!("{text}T00:00:00Z")
    } else {
        format!("{text}Z")
    };
    OffsetDateTime::parse(&completed, &Rfc3339).ok()
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Comma,
    Colon,
    Quoted(String),
    Word(String),
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Open => "(",
            Self::Close => ")",
            Self::Comma => ",",
            Self::Colon => ":",
            Self::Quoted(text) | Self::Word(text) => text,
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' => {}
            '(' => found.push(Token::Open),
            ')' => found.push(Token::Close),
            ',' => found.push(Token::Comma),
            '\'' => {
                let mut quoted = String::new();
                loop {
                    match letters.next() {
                        Some('\'') if letters.peek() == Some(&'\'') => {
                            letters.next();
                            quoted.push('\'');
                        }
                        Some('\'') => break,
                        Some(other) => quoted.push(other),
                        None => return Err("There is an unterminated string literal.".to_owned()),
                    }
                }
                found.push(Token::Quoted(quoted));
            }
            ':' => found.push(Token::Colon),
            _ => {
                let mut word = letter.to_string();
                let timelike = letter.is_ascii_digit();
                while let Some(next) = letters.peek() {
                    let ends =
                        matches!(next, ' ' | '(' | ')' | ',' | '\'') || (*next == ':' && !timelike);
                    if ends {
                        break;
                    }
                    word.push(*next);
                    letters.next();
                }
                found.push(Token::Word(word));
            }
        }
    }
    Ok(found)
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Result<Token, String> {
        let token = self.peek().cloned();
        self.next += 1;
        token.ok_or_else(|| "Syntax error: the expression is incomplete.".to_owned())
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), String> {
        let token = self.take()?;
        if &token == wanted {
            return Ok(());
        }
        Err(format!(
            "Syntax error: '{}' expected, '{}' found.",
            wanted.text(),
            token.text()
        ))
    }

    fn word_is(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(text)) if text == word)
    }

    fn any_of(&mut self) -> Result<Filter, String> {
        let mut left = self.all_of()?;
        while self.word_is("or") {
            self.next += 1;
            left = Filter::Or(Box::new(left), Box::new(self.all_of()?));
        }
        Ok(left)
    }

    fn all_of(&mut self) -> Result<Filter, String> {
        let mut left = self.one()?;
        while self.word_is("and") {
            self.next += 1;
            left = Filter::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Filter, String> {
        if self.word_is("not") {
            self.next += 1;
            return Ok(Filter::Not(Box::new(self.one()?)));
        }
        match self.take()? {
            Token::Open => {
                let inner = self.any_of()?;
                self.expect(&Token::Close)?;
                Ok(inner)
            }
            Token::Word(word) if self.peek() == Some(&Token::Open) => self.call(&word),
            Token::Word(word) => {
                let comparison = self.comparison()?;
                let literal = literal(&self.take()?)?;
                Ok(Filter::Compare(path(&word), comparison, literal))
            }
            other => Err(format!("Syntax error: unexpected '{}'.", other.text())),
        }
    }

    fn call(&mut self, word: &str) -> Result<Filter, String> {
        self.expect(&Token::Open)?;
        let kind = match word.to_ascii_lowercase().as_str() {
            "startswith" => TextTest::StartsWith,
            "endswith" => TextTest::EndsWith,
            "contains" => TextTest::Contains,
            _ => return self.lambda(word),
        };
        let property = self.take()?.text().to_owned();
        self.expect(&Token::Comma)?;
        let Token::Quoted(text) = self.take()? else {
            return Err(format!("'{word}' needs a string literal."));
        };
        self.expect(&Token::Close)?;
        Ok(Filter::Text(kind, path(&property), text))
    }

    fn lambda(&mut self, word: &str) -> Result<Filter, String> {
        let mut collection = path(word);
        let any = match collection
            .pop()
            .map(|it| it.to_ascii_lowercase())
            .as_deref()
        {
            Some("any") => true,
            Some("all") => false,
            _ => return Err(format!("An unknown function with name '{word}' was found.")),
        };
        let name = self.take()?.text().to_owned();
        self.expect(&Token::Colon)?;
        let inner = self.any_of()?;
        self.expect(&Token::Close)?;
        Ok(Filter::Lambda(any, collection, name, Box::new(inner)))
    }

    fn comparison(&mut self) -> Result<Comparison, String> {
        Ok(match self.take()?.text() {
            "eq" => Comparison::Equal,
            "ne" => Comparison::NotEqual,
            "gt" => Comparison::Greater,
            "ge" => Comparison::GreaterOrEqual,
            "lt" => Comparison::Less,
            "le" => Comparison::LessOrEqual,
            other => return Err(format!("Syntax error: operator expected, '{other}' found.")),
        })
    }
}

fn path(word: &str) -> Path {
    word.split('/').map(str::to_owned).collect()
}

fn literal(token: &Token) -> Result<Literal, String> {
    let word = match token {
        Token::Quoted(text) => return Ok(Literal::Text(text.clone())),
        Token::Word(word) => word,
        other => return Err(format!("Syntax error: unexpected '{}'.", other.text())),
    };
    match word.as_str() {
        "true" => Ok(Literal::Boolean(true)),
        "false" => Ok(Literal::Boolean(false)),
        "null" => Ok(Literal::Null),
        _ => parse_time(word)
            .map(Literal::Time)
            .or_else(|| word.parse().ok().map(Literal::Number))
            .ok_or_else(|| format!("Unrecognized literal '{word}'.")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn passes(filter: &str) -> bool {
        Filter::parse(filter).unwrap().matches(&json!({
            "internetMessageId": "<demo-42-1@mail.acme.example>",
            "subject": "Let's start",
            "isRead": false,
            "size": 12,
            "receivedDateTime": "2026-11-20T09:00:00Z",
            "start": {"dateTime": "2026-11-24T09:00:00.0000000", "timeZone": "UTC"},
            "from": {"emailAddress": {"address": "bob.tanaka@acme.example"}},
            "linkedResources": [{"externalId": "10042"}, {"externalId": "7"}],
        }))
    }

    #[test]
    fn a_message_id_is_compared_whole() {
        assert!(passes(
            "internetMessageId eq '<demo-42-1@mail.acme.example>'"
        ));
        assert!(!passes(
            "internetMessageId eq '<demo-42-11@mail.acme.example>'"
        ));
    }

    #[test]
    fn quotes_are_doubled_and_names_take_any_case() {
        assert!(passes("Subject eq 'Let''s start'"));
        assert!(passes(
            "startswith(subject,'let') and not contains(subject, 'stop')"
        ));
    }

    #[test]
    fn times_numbers_and_booleans_are_ordered() {
        assert!(passes(
            "receivedDateTime ge 2026-11-20T00:00:00Z and receivedDateTime lt 2026-11-21T00:00:00Z"
        ));
        assert!(passes("start/dateTime ge '2026-11-24T08:59:59Z'"));
        assert!(passes("(isRead eq true or size gt 11) and size le 12"));
        assert!(!passes("isRead eq true or size gt 11 and size lt 12"));
    }

    #[test]
    fn lambdas_look_into_collections() {
        assert!(passes("linkedResources/any(r: r/externalId eq '10042')"));
        assert!(!passes("linkedResources/all(r:r/externalId eq '10042')"));
        assert!(!passes("attachments/any(a:a/name eq 'x')"));
    }

    #[test]
    fn an_unknown_property_is_null() {
        assert!(passes("importance eq null"));
        assert!(passes("importance ne 'high'"));
        assert!(!passes("importance eq 'high'"));
    }

    #[test]
    fn mistakes_are_told() {
        for text in [
            "",
            "subject",
            "subject eq",
            "subject is 'x'",
            "subject eq 'x",
            "(subject eq 'x'",
            "near(subject,'x')",
            "subject eq 'x' 'y'",
        ] {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn properties_come_in_order() {
        let filter =
            Filter::parse("receivedDateTime ge 2026-01-01 and from/emailAddress/address eq 'x'");
        assert_eq!(filter.unwrap().properties(), ["receivedDateTime", "from"]);
    }
}
