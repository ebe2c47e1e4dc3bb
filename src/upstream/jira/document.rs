//! Plain text to Atlassian Document Format: paragraphs, line breaks, lists, quotes and web addresses, nothing else.
//!
//! No text becomes a mention, a card or any other thing that does more than stand there.
//! <https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/>

use serde_json::{Value, json};

/// The most characters that Jira takes in one text.
pub const LONGEST: usize = 32_767;

/// A line, by how it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line<'a> {
    Blank,
    Bullet(&'a str),
    Number(u32, &'a str),
    Quote(&'a str),
    Plain(&'a str),
}

/// The text as a document.
pub fn document(text: &str) -> Value {
    let text = tidy(text);
    json!({ "version": 1, "type": "doc", "content": blocks(&text, true) })
}

/// The text without control characters, with `\n` for every way to end a line, and without space around it.
pub fn tidy(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let lines = text.chars().filter_map(|c| match c {
        '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\n' | '\t' => Some(c),
        // Not characters, or such that turn the direction of what follows them.
        '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}'
        | '\u{fffe}'
        | '\u{ffff}' => None,
        c if c.is_control() => None,
        c => Some(c),
    });
    lines.collect::<String>().trim().to_owned()
}

/// The text without control characters, on one line, with single spaces: for summaries and file names.
pub fn one_line(text: &str) -> String {
    let words: Vec<_> = tidy(text).split_whitespace().map(str::to_owned).collect();
    words.join(" ")
}

impl<'a> Line<'a> {
    fn of(line: &'a str, quotes: bool) -> Self {
        let rest = line.trim();
        if rest.is_empty() {
            return Self::Blank;
        }
        if quotes && let Some(quoted) = rest.strip_prefix('>') {
            return Self::Quote(quoted.strip_prefix(' ').unwrap_or(quoted));
        }
        for bullet in ["- ", "* ", "• ", "– "] {
            if let Some(item) = rest.strip_prefix(bullet).map(str::trim)
                && !item.is_empty()
            {
                return Self::Bullet(item);
            }
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if (1..=3).contains(&digits) {
            let (number, item) = rest.split_at(digits);
            let item = item.strip_prefix(". ").or_else(|| item.strip_prefix(") "));
            if let (Ok(number), Some(item)) = (number.parse(), item.map(str::trim))
                && !item.is_empty()
            {
                return Self::Number(number, item);
            }
        }
        Self::Plain(line.trim_end())
    }

    fn is_like(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

fn blocks(text: &str, quotes: bool) -> Vec<Value> {
    let lines: Vec<_> = text
        .split('\n')
        .map(|line| Line::of(line, quotes))
        .collect();
    let mut blocks = Vec::new();
    let mut rest = lines.as_slice();
    while let Some(first) = rest.first() {
        let length = rest.iter().take_while(|line| line.is_like(*first)).count();
        let (run, after) = rest.split_at(length);
        rest = after;
        match first {
            Line::Blank => {}
            Line::Plain(_) => blocks.push(paragraph(run)),
            Line::Bullet(_) => blocks.push(json!({ "type": "bulletList", "content": items(run) })),
            Line::Number(number, _) => blocks.push(
                json!({ "type": "orderedList", "attrs": { "order": number }, "content": items(run) }),
            ),
            Line::Quote(_) => {
                let inner: Vec<_> = run.iter().map(|line| line.words()).collect();
                let content = self::blocks(&inner.join("\n"), false);
                // A quote has to hold something.
                if !content.is_empty() {
                    blocks.push(json!({ "type": "blockquote", "content": content }));
                }
            }
        }
    }
    blocks
}

impl<'a> Line<'a> {
    fn words(self) -> &'a str {
        match self {
            Self::Blank => "",
            Self::Bullet(words)
            | Self::Number(_, words)
            | Self::Quote(words)
            | Self::Plain(words) => words,
        }
    }
}

fn paragraph(lines: &[Line<'_>]) -> Value {
    let mut content = Vec::new();
    for line in lines {
        if !content.is_empty() {
            content.push(json!({ "type": "hardBreak" }));
        }
        content.extend(inline(line.words()));
    }
    json!({ "type": "paragraph", "content": content })
}

fn items(lines: &[Line<'_>]) -> Vec<Value> {
    lines
        .iter()
        .map(|line| {
            let words = json!({ "type": "paragraph", "content": inline(line.words()) });
            json!({ "type": "listItem", "content": [words] })
        })
        .collect()
}

/// Text nodes, with web addresses as links to themselves. A text node is never empty.
fn inline(mut text: &str) -> Vec<Value> {
    let mut nodes = Vec::new();
    let plain = |nodes: &mut Vec<Value>, words: &str| {
        if !words.is_empty() {
            nodes.push(json!({ "type": "text", "text": words }));
        }
    };
    let mut from = 0;
    while let Some(at) = address(text, from) {
        let found = ending(&text[at..]);
        // Nothing but a scheme is no address.
        if url::Url::parse(found).is_err() {
            from = at + found.len().max(1);
            continue;
        }
        plain(&mut nodes, &text[..at]);
        let link = json!({ "type": "link", "attrs": { "href": found } });
        nodes.push(json!({ "type": "text", "text": found, "marks": [link] }));
        text = &text[at + found.len()..];
        from = 0;
    }
    plain(&mut nodes, text);
    nodes
}

/// Where the next web address begins.
fn address(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let at = ["https://", "http://"]
        .iter()
        .filter_map(|it| rest.find(it))
        .min()?;
    Some(from + at)
}

/// The address at the beginning of a text: up to a space or a bracket, without the punctuation of the sentence around.
fn ending(text: &str) -> &str {
    let end = text
        .find(|c: char| c.is_whitespace() || "<>\"“”«»|\\^`{}".contains(c))
        .unwrap_or(text.len());
    let mut found = &text[..end];
    loop {
        let cut = found.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '’', '*', '_']);
        let open = |left: char, right: char| cut.matches(right).count() > cut.matches(left).count();
        let cut = match cut.chars().last() {
            Some(')') if open('(', ')') => &cut[..cut.len() - 1],
            Some(']') if open('[', ']') => &cut[..cut.len() - 1],
            _ => cut,
        };
        if cut.len() == found.len() {
            return found;
        }
        found = cut;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{document, one_line};
    use crate::upstream::jira::adf;

    #[test]
    fn text_becomes_paragraphs_lists_quotes_and_links() {
        let text = "Hello,\r\nsecond line\u{0}\n\n- one\n* two (see https://a.example/x_(y)?q=1).\n\n3. three\n4) four\n\n> said\n> - before\n\nBye <b>@alice</b> mailto:a@b.example";
        let paragraph = |content| json!({ "type": "paragraph", "content": content });
        let words = |text| json!({ "type": "text", "text": text });
        let item = |content| json!({ "type": "listItem", "content": [paragraph(content)] });
        let link = json!({
            "type": "text", "text": "https://a.example/x_(y)?q=1",
            "marks": [{ "type": "link", "attrs": { "href": "https://a.example/x_(y)?q=1" } }],
        });
        assert_eq!(
            document(text),
            json!({ "version": 1, "type": "doc", "content": [
                paragraph(json!([words("Hello,"), { "type": "hardBreak" }, words("second line")])),
                { "type": "bulletList", "content": [
                    item(json!([words("one")])), item(json!([words("two (see "), link, words(").")])),
                ] },
                { "type": "orderedList", "attrs": { "order": 3 }, "content": [
                    item(json!([words("three")])), item(json!([words("four")])),
                ] },
                { "type": "blockquote", "content": [
                    paragraph(json!([words("said")])),
                    { "type": "bulletList", "content": [item(json!([words("before")]))] },
                ] },
                paragraph(json!([words("Bye <b>@alice</b> mailto:a@b.example")])),
            ] })
        );
    }

    #[test]
    fn whatever_comes_no_text_is_empty_and_none_is_lost() {
        for text in [
            "",
            "\n\n",
            ">",
            "> \n>",
            "- ",
            "1. ",
            "http://",
            "https://.",
            "a http:// b",
            "\u{202e}x",
            ">>> x",
        ] {
            let document = document(text);
            let whole = document.to_string();
            assert!(!whole.contains("\"text\":\"\""), "{text:?}: {whole}");
            assert!(
                !whole.contains("\"content\":[]") || adf::text(&document).is_empty(),
                "{text:?}: {whole}"
            );
        }
        assert_eq!(
            adf::text(&document("a http:// b https://x.example.")),
            "a http:// b https://x.example."
        );
        assert_eq!(one_line(" a\r\n\tb\u{7}  c "), "a b c");
    }
}
