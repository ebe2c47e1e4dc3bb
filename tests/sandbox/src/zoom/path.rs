//! How Zoom reads a meeting id in a path, including the UUIDs that must be encoded twice.

use percent_encoding::percent_decode_str;

/// A meeting as a path names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MeetingRef {
    /// A meeting number: the series, or its latest instance.
    Number(u64),
    /// One instance.
    Uuid(String),
}

impl MeetingRef {
    /// Reads a path segment that was percent-decoded once.
    ///
    /// Zoom's front decodes the path once and merges slashes before the API decodes the id again. So
    /// a UUID that begins with `/` or contains `//` survives only when it was encoded twice.
    pub fn parse(decoded_once: &str) -> Self {
        let mut merged = String::new();
        for character in decoded_once.chars() {
            if character != '/' || !(merged.is_empty() || merged.ends_with('/')) {
                merged.push(character);
            }
        }
        let id = percent_decode_str(&merged).decode_utf8_lossy().into_owned();
        id.parse().map_or(Self::Uuid(id), Self::Number)
    }
}

impl std::fmt::Display for MeetingRef {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Uuid(uuid) => formatter.write_str(uuid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MeetingRef;

    fn uuid(segment: &str) -> String {
        let once = percent_encoding::percent_decode_str(segment)
            .decode_utf8()
            .unwrap();
        MeetingRef::parse(&once).to_string()
    }

    #[test]
    fn a_uuid_with_a_leading_slash_needs_encoding_twice() {
        assert_eq!(
            uuid("%252FajXp112QmuoKj4854875%253D%253D"),
            "/ajXp112QmuoKj4854875=="
        );
        assert_eq!(
            uuid("%2FajXp112QmuoKj4854875%3D%3D"),
            "ajXp112QmuoKj4854875=="
        );
    }

    #[test]
    fn a_uuid_with_two_slashes_needs_encoding_twice() {
        assert_eq!(
            uuid("abc%252F%252Fdef1234567890123%253D%253D"),
            "abc//def1234567890123=="
        );
        assert_eq!(
            uuid("abc%2F%2Fdef1234567890123%3D%3D"),
            "abc/def1234567890123=="
        );
    }

    #[test]
    fn other_uuids_may_be_encoded_once_or_twice() {
        assert_eq!(uuid("a%2Fbc%2Fdef%3D%3D"), "a/bc/def==");
        assert_eq!(
            uuid("4444AAAiAAAAAiAiAiiAii%3D%3D"),
            "4444AAAiAAAAAiAiAiiAii=="
        );
        assert_eq!(
            uuid("4444AAAiAAAAAiAiAiiAii%253D%253D"),
            "4444AAAiAAAAAiAiAiiAii=="
        );
        assert_eq!(
            uuid("atsXxhSEQWit9t%2BU02HXNQ%3D%3D"),
            "atsXxhSEQWit9t+U02HXNQ=="
        );
    }

    #[test]
    fn digits_are_a_meeting_number() {
        assert_eq!(
            MeetingRef::parse("85746065"),
            MeetingRef::Number(85_746_065)
        );
    }
}
