//! Looks at a document's characters before the parser does: its recursion ends the process on deeply nested values.

use serde_json::{Map, Value};

/// The longest document, in bytes.
pub const LONGEST_TEXT: usize = 16 * 1024;

/// How deep brackets of any kind may nest, in a document as in its variables.
pub const DEEPEST_BRACKETS: usize = 24;

/// How many values a request's variables may hold.
pub const MOST_VALUES: usize = 2_000;

/// Why a document is not parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It has more of something than is allowed.
    TooMuch(Excess),
    /// A string in it does not end.
    OpenString,
}

/// More than is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excess {
    /// Of what: the name of the limit.
    pub limit: &'static str,
    /// How much there was; counting stops early, so it may be more.
    pub measured: usize,
    /// How much there may be.
    pub allowed: usize,
}

impl Excess {
    /// An error when `measured` is more than `allowed`.
    pub fn check(limit: &'static str, measured: usize, allowed: usize) -> Result<(), Self> {
        if measured > allowed {
            return Err(Self {
                limit,
                measured,
                allowed,
            });
        }
        Ok(())
    }
}

impl From<Excess> for Refused {
    fn from(excess: Excess) -> Self {
        Self::TooMuch(excess)
    }
}

/// Reads a document once, skipping strings and comments as the GraphQL grammar does, and refuses one that is too long,
/// too deep or of too many words.
pub fn scan(text: &str, tokens: usize) -> Result<(), Refused> {
    Excess::check("bytes", text.len(), LONGEST_TEXT)?;
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut count) = (0, 0_usize, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let end = match byte {
            b' ' | b',' | b'\t' | b'\n' | b'\r' | 0xEF | 0xBB | 0xBF => {
                at += 1;
                continue;
            }
            b'#' => {
                at += line(&bytes[at..]);
                continue;
            }
            b'"' => at + string(&bytes[at..]).ok_or(Refused::OpenString)?,
            b'{' | b'[' | b'(' => {
                depth += 1;
                Excess::check("nesting", depth, DEEPEST_BRACKETS)?;
                at + 1
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                at + 1
            }
            _ if wordy(byte) => at + bytes[at..].iter().take_while(|b| wordy(**b)).count(),
            _ => at + 1,
        };
        count += 1;
        Excess::check("tokens", count, tokens)?;
        at = end;
    }
    Ok(())
}

/// Refuses variables that nest too deep or hold too many values.
pub fn measure(variables: &Map<String, Value>) -> Result<(), Excess> {
    let mut waiting: Vec<(&Value, usize)> = variables.values().map(|value| (value, 1)).collect();
    let mut count = 0_usize;
    while let Some((value, depth)) = waiting.pop() {
        count += 1;
        Excess::check("variables", count, MOST_VALUES)?;
        Excess::check("nesting", depth, DEEPEST_BRACKETS)?;
        match value {
            Value::Array(parts) => waiting.extend(parts.iter().map(|part| (part, depth + 1))),
            Value::Object(fields) => waiting.extend(fields.values().map(|part| (part, depth + 1))),
            _ => {}
        }
    }
    Ok(())
}

fn wordy(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn line(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .unwrap_or(bytes.len())
}

/// The length of the string that starts here; none when it does not end.
///
/// A string without an end is refused instead of skipped, because the parser would read its inside as something else.
fn string(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"\"\"\"") {
        let mut at = 3;
        while at < bytes.len() {
            if bytes[at..].starts_with(b"\\\"\"\"") {
                at += 4;
            } else if bytes[at..].starts_with(b"\"\"\"") {
                return Some(at + 3);
            } else {
                at += 1;
            }
        }
        return None;
    }
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\n' | b'\r' => return None,
            b'\\' if matches!(bytes.get(at + 1), Some(b'\n' | b'\r')) => return None,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Refused, measure, scan};

    fn limit(text: &str) -> &'static str {
        match scan(text, 1000) {
            Ok(()) => "fine",
            Err(Refused::OpenString) => "open string",
            Err(Refused::TooMuch(excess)) => excess.limit,
        }
    }

    #[test]
    fn nesting_is_counted_outside_of_strings_and_comments_only() {
        let deep = "[".repeat(25);
        assert_eq!(limit(&format!("{{ a(b: {deep}")), "nesting");
        assert_eq!(limit(&format!("{{ a(b: \"{deep}\") }} # {deep}")), "fine");
        assert_eq!(
            limit(&format!("{{ a(b: \"\"\"{deep} \\\"\"\" {deep}\"\"\") }}")),
            "fine"
        );
        assert_eq!(limit(&format!("{{ a # \" \n (b: {deep}")), "nesting");
        assert_eq!(limit(&format!("{{ a # \" \r (b: {deep}")), "nesting");
    }

    #[test]
    fn what_the_parser_would_read_otherwise_is_refused() {
        let deep = "[".repeat(2000);
        // The grammar reads an unclosed block string as an empty string and goes on.
        assert_eq!(
            limit(&format!("{{ a(b: \"\"\" \" \" {deep}")),
            "open string"
        );
        assert_eq!(limit(&format!("{{ a(b: \"\\\n{deep}\"")), "open string");
        assert_eq!(limit(&format!("{{ a(b: \"\n{deep}\"")), "open string");
        assert_eq!(limit("{ a(b: \"\\\"\") }"), "fine");
    }

    #[test]
    fn words_and_bytes_are_counted() {
        assert_eq!(limit(&"a ".repeat(1001)), "tokens");
        assert_eq!(limit(&"a ".repeat(1000)), "fine");
        assert_eq!(limit(&"a".repeat(17_000)), "bytes");
        assert_eq!(limit(&" ".repeat(16_384)), "fine");
    }

    #[test]
    fn variables_have_a_depth_and_a_size() {
        let of = |value: serde_json::Value| {
            measure(json!({ "a": value }).as_object().unwrap()).map_err(|excess| excess.limit)
        };
        let mut deep = json!(1);
        for _ in 0..24 {
            deep = json!([deep]);
        }
        assert_eq!(of(deep), Err("nesting"));
        assert_eq!(of(json!(vec![0; 2000])), Err("variables"));
        assert_eq!(of(json!(vec![0; 100])), Ok(()));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_scan_fail_to_end(text in ".*") {
            let _ = scan(&text, 1000);
        }

        #[test]
        fn what_passes_can_be_parsed_without_harm(text in "[\\[\\]{}()\"\\\\#\n a:$.]{0,400}") {
            if scan(&text, 1000).is_ok() {
                let _ = async_graphql::parser::parse_query(&text);
            }
        }
    }
}
