//! Scalars: moments, addresses and safe HTML.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::clock;

/// A moment in ISO 8601, always UTC: `2026-11-21T09:00:00Z`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime(OffsetDateTime);

impl DateTime {
    /// Reads any of the providers' spellings: RFC 3339, Jira's offset without a colon, Graph's seven digits, and no
    /// offset at all, which Graph uses for UTC.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let spelled = match text.as_bytes() {
            [.., b'Z' | b'z'] => text.to_owned(),
            [.., b'+' | b'-', a, b, c, d] if [a, b, c, d].iter().all(|it| it.is_ascii_digit()) => {
                let (head, tail) = text.split_at(text.len() - 2);
                format!("{head}:{tail}")
            }
            [.., b'+' | b'-', _, _, b':', _, _] => text.to_owned(),
            _ => format!("{text}Z"),
        };
        let moment = OffsetDateTime::parse(&spelled, &Rfc3339).ok()?;
        Some(Self(moment.to_offset(UtcOffset::UTC)))
    }

    /// From Unix milliseconds.
    pub fn from_millis(millis: i64) -> Self {
        Self(clock::at(millis))
    }

    /// As Unix milliseconds.
    pub fn millis(&self) -> i64 {
        i64::try_from(self.0.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
    }

    /// As Jira takes it: with milliseconds, and an offset without a colon.
    pub fn for_jira(&self) -> String {
        let form = time::macros::format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000"
        );
        self.0.format(form).unwrap_or_default()
    }

    /// So many minutes later.
    #[must_use]
    pub fn plus_minutes(&self, minutes: i64) -> Self {
        Self(self.0.saturating_add(time::Duration::minutes(minutes)))
    }
}

/// A moment in ISO 8601, always UTC, such as `2026-11-21T09:00:00Z`.
#[Scalar]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Self::parse(text)
                .ok_or_else(|| InputValueError::custom("Expected an ISO 8601 moment.")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        let whole = self
            .0
            .replace_millisecond(self.0.millisecond())
            .unwrap_or(self.0);
        Value::String(whole.format(&Rfc3339).unwrap_or_default())
    }
}

/// A web address; always https or http.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// Only http and https pass: a client puts this into a link.
    pub fn parse(text: &str) -> Option<Self> {
        let url = url::Url::parse(text).ok()?;
        matches!(url.scheme(), "https" | "http").then(|| Self(url.into()))
    }
}

/// A web address (http or https).
#[Scalar]
impl ScalarType for Url {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Self::parse(text)
                .ok_or_else(|| InputValueError::custom("Expected an http or https address.")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// HTML that has been sanitised at the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Html(pub(super) String);

/// HTML sanitised at the gateway: no scripts, styles, forms or images; links open outside.
#[Scalar]
impl ScalarType for Html {
    fn parse(value: Value) -> InputValueResult<Self> {
        Err(InputValueError::expected_type(value))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::ScalarType as _;

    use super::DateTime;

    #[test]
    fn every_providers_moment_becomes_iso_8601_in_utc() {
        for (text, expected) in [
            ("2021-01-17T12:34:00.000+0000", "2021-01-17T12:34:00Z"),
            ("2021-01-17T12:34:00.120+0200", "2021-01-17T10:34:00.12Z"),
            ("2026-11-22T09:00:00.0000000", "2026-11-22T09:00:00Z"),
            ("2026-11-22T09:00:00Z", "2026-11-22T09:00:00Z"),
            ("2026-11-22T09:00:00+01:00", "2026-11-22T08:00:00Z"),
        ] {
            let moment = DateTime::parse(text).map(|it| it.to_value().to_string());
            assert_eq!(moment, Some(format!("\"{expected}\"")), "{text}");
        }
        assert_eq!(DateTime::parse("yesterday"), None);
    }
}
