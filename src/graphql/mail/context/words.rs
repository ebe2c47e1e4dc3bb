//! What a mail's subject says: the keys of issues in it, and the words that tell it from others.

use crate::id::IssueKey;

/// The most keys that one subject can name.
const KEYS: usize = 10;
/// The most words that a subject is compared by.
const WORDS: usize = 5;
/// The fewest letters of a word that tells something.
const SHORTEST: usize = 4;

/// What mail programs put before a subject, in the languages of most of them.
const PREFIXES: &[&str] = &[
    "re", "fw", "fwd", "aw", "wg", "sv", "vs", "vb", "tr", "rv", "rif", "antw", "odp", "ynt",
];
/// Words of four letters and more that are in any subject.
const COMMON: &[&str] = &[
    "about", "after", "again", "also", "auch", "before", "bitte", "come", "dass", "dein", "deine",
    "diese", "dieser", "does", "eine", "einem", "einen", "einer", "from", "fuer", "haben", "have",
    "hello", "ihre", "ihren", "into", "just", "kann", "mail", "mehr", "mein", "meine", "more",
    "nach", "need", "nicht", "noch", "nochmal", "oder", "ohne", "only", "over", "please",
    "question", "request", "sehr", "sich", "sind", "some", "than", "that", "their", "them",
    "there", "they", "this", "ueber", "unser", "unsere", "unter", "update", "urgent", "very",
    "wegen", "were", "what", "when", "which", "will", "wird", "with", "without", "work", "your",
    "über", "für",
];

/// The issue keys in a subject, in their order, none twice.
pub fn keys(subject: &str) -> Vec<IssueKey> {
    let mut found: Vec<IssueKey> = Vec::new();
    let parts = subject.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
    for key in parts.filter_map(|part| part.parse().ok()) {
        if !found.contains(&key) {
            found.push(key);
        }
    }
    found.truncate(KEYS);
    found
}

/// The most telling words of a subject, in lower case: its longest, without prefixes, keys and common words.
///
/// They hold letters and digits only, so nothing of a subject can mean anything to JQL.
pub fn telling(subject: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for part in bare(subject).split_whitespace() {
        if !keys(part).is_empty() {
            continue;
        }
        for word in part.split(|c: char| !c.is_alphanumeric()) {
            let word = word.to_lowercase();
            let telling = word.chars().count() >= SHORTEST
                && word.chars().any(char::is_alphabetic)
                && !COMMON.contains(&word.as_str());
            if telling && !words.contains(&word) {
                words.push(word);
            }
        }
    }
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.truncate(WORDS);
    words
}

/// A subject without what mail programs put before it: `AW: Re[2]: Fwd: …`.
fn bare(subject: &str) -> &str {
    let mut rest = subject.trim();
    while let Some((prefix, after)) = rest.split_once(':') {
        let letters = prefix.trim_end_matches(|c: char| "[](){}".contains(c) || c.is_ascii_digit());
        if !PREFIXES.contains(&letters.trim().to_lowercase().as_str()) {
            break;
        }
        rest = after.trim();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::{keys, telling};

    fn key_names(subject: &str) -> Vec<String> {
        let found = keys(subject);
        found.iter().map(|it| it.as_str().to_owned()).collect()
    }

    #[test]
    fn keys_are_found_wherever_they_stand_in_a_subject() {
        assert_eq!(
            key_names("RE: [DEMO-42] and demo-43, (DEMO-42); GLX_2-7: x DEMO-x A-1-2"),
            ["DEMO-42", "DEMO-43", "GLX_2-7"]
        );
        assert!(key_names("no key at all - 42").is_empty());
    }

    #[test]
    fn what_tells_a_subject_is_left_of_it() {
        assert_eq!(
            telling("AW: Re[2]: WG: Please update the Lieferplan für Standort Köln (DEMO-42)"),
            ["lieferplan", "standort", "köln"]
        );
        assert_eq!(telling("Re: Note: printer"), ["printer", "note"]);
    }

    #[test]
    fn nothing_of_a_subject_means_anything_to_jql() {
        let hostile = "x\" OR project = SECRET OR summary ~ \"\\\" ORDER BY reporter* ~2 <script>";
        for word in telling(hostile) {
            assert!(word.chars().all(char::is_alphanumeric), "{word}");
            assert_eq!(word, word.to_lowercase());
        }
    }
}
