//! Ids as vendors' JSON has them: strings or numbers, and anything else is none.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The longest that is kept, in bytes: no id and no address of one is longer.
const LONGEST: usize = 1_024;

/// A short string or a whole number of a vendor's JSON, for an id to be parsed from. It says nothing of itself, for it
/// may be something else.
#[derive(Clone, Default)]
pub struct Word(Option<String>);

impl Word {
    /// The id, where this is one.
    pub fn to<T: FromStr>(&self) -> Option<T> {
        self.0.as_ref()?.parse().ok()
    }

    /// As it stands; empty when there is none.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Word;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Word, E> {
        Ok(Word((text.len() <= LONGEST).then(|| text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Word, E> {
        Ok(Word(Some(number.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Word, E> {
        Ok(Word(Some(number.to_string())))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Word, E> {
        Ok(Word::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Word, E> {
        Ok(Word::default())
    }

    fn visit_unit<E>(self) -> Result<Word, E> {
        Ok(Word::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Word, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Word::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Word, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Word::default())
    }
}

#[cfg(test)]
mod tests {
    use super::Word;

    #[test]
    fn strings_and_numbers_are_words_and_nothing_else_is() {
        let read = |json: &str| {
            serde_json::from_str::<Word>(json)
                .unwrap()
                .as_str()
                .to_owned()
        };
        assert_eq!(read("\"a/b==\""), "a/b==");
        assert_eq!(read("98884753832"), "98884753832");
        assert_eq!(read("-1"), "-1");
        for other in ["null", "true", "1.5", "[1,{}]", "{\"a\":[1]}", "1e99"] {
            assert_eq!(read(other), "", "{other}");
        }
        assert_eq!(read(&format!("\"{}\"", "a".repeat(1_025))), "");
        assert_eq!(
            serde_json::from_str::<Word>("\"17\"").unwrap().to::<u64>(),
            Some(17)
        );
    }
}
