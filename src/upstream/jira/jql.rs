//! Writing JQL: what comes from outside goes in as a literal, or not at all.

/// A string literal: in quotes, with quotes and backslashes escaped, without control characters.
/// <https://support.atlassian.com/jira-software-cloud/docs/search-for-work-items-using-the-text-field/>
pub fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars().filter(|it| !it.is_control()) {
        if matches!(letter, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(letter);
    }
    quoted.push('"');
    quoted
}

/// A literal for `~` that finds the very words in their order. Text search has operators of its own; within a phrase
/// only its quotes and backslashes mean anything.
pub fn phrase(words: &str) -> String {
    literal(&format!("\"{}\"", words.replace(['"', '\\'], " ")))
}

#[cfg(test)]
mod tests {
    use super::{literal, phrase};

    #[test]
    fn nothing_breaks_out_of_a_literal() {
        assert_eq!(literal("a\" OR b = \"c"), r#""a\" OR b = \"c""#);
        assert_eq!(literal("a\\"), r#""a\\""#);
        assert_eq!(literal("a\r\nb\0"), "\"ab\"");
        assert_eq!(phrase("mara@x.example"), r#""\"mara@x.example\"""#);
        assert_eq!(phrase("a\" OR \\b"), r#""\"a  OR  b\"""#);
    }
}
