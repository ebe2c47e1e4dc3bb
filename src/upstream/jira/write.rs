//! How Jira answers a write: done, refused with the fields it names, or nobody knows.

use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::id::FieldId;
use crate::upstream::http::{Answer, Http, kind_of};
use crate::upstream::{Error, Kind, Provider};

/// The property by which something that was made is found again. Its value holds a hash and nothing else: everyone who
/// may see the issue may read it.
pub const MARK: &str = "trefoil.request";

/// Why a write was not done, or may not have been.
#[derive(Debug, Clone)]
pub enum Failure {
    /// Jira refused what was asked, so nothing was done.
    Refused(Refusal),
    /// It failed, and nothing was done.
    Failed(Error),
    /// It was sent, and what became of it is not known: no answer, a broken one, or a 5xx.
    Unknown(Error),
}

/// What Jira refused. Its own words are not kept: they quote what was written, in the language of the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub why: Why,
    /// The fields it named.
    pub fields: Vec<FieldId>,
}

/// Why a write was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Values are missing or wrong (400, 422).
    Input,
    /// Somebody else changed it at the same time (409).
    Conflict,
    /// Too large, or too many of them (413).
    TooMuch,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Sends a write once. It is never repeated here: only whoever can look for its result may do that.
pub(super) async fn send(
    http: &Http,
    operation: &'static str,
    request: RequestBuilder,
) -> Result<Answer, Failure> {
    outcome(
        operation,
        http.exchange(Provider::Jira, operation, request).await,
    )
}

/// What the outcome of a write's exchange means.
pub(super) fn outcome(
    operation: &'static str,
    exchange: Result<Answer, Error>,
) -> Result<Answer, Failure> {
    let answer = match exchange {
        Ok(answer) => answer,
        Err(error) if error.never_sent() => return Err(Failure::Failed(error)),
        Err(error) => return Err(Failure::Unknown(error)),
    };
    let status = answer.status;
    if status.is_success() {
        return Ok(answer);
    }
    let why = match status {
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Why::Input,
        StatusCode::CONFLICT => Why::Conflict,
        StatusCode::PAYLOAD_TOO_LARGE => Why::TooMuch,
        _ => {
            let error = Error::new(Provider::Jira, operation, kind_of(status, &answer.headers));
            let unknown = matches!(
                error.kind,
                Kind::Unavailable { .. } | Kind::TimedOut | Kind::Invalid
            );
            return Err(if unknown {
                Failure::Unknown(error)
            } else {
                Failure::Failed(error)
            });
        }
    };
    Err(Failure::Refused(Refusal {
        why,
        fields: named(&answer.body),
    }))
}

/// The ids of the fields in `{"errors": {"field": "…"}}`.
fn named(body: &[u8]) -> Vec<FieldId> {
    #[derive(Deserialize)]
    struct Errors {
        #[serde(default)]
        errors: Map<String, Value>,
    }
    let errors = serde_json::from_slice::<Errors>(body).map(|it| it.errors);
    errors
        .unwrap_or_default()
        .keys()
        .filter_map(|it| it.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn the_fields_of_a_refusal_are_kept_and_its_words_are_not() {
        let body = br#"{"errorMessages":["x"],"errors":{"summary":"no","customfield_10010":"no","<b>":"no"}}"#;
        let fields: Vec<_> = named(body).iter().map(ToString::to_string).collect();
        assert_eq!(fields, ["customfield_10010", "summary"]);
        assert!(named(b"<html>").is_empty());
        assert!(named(br#"{"message":"no"}"#).is_empty());
    }
}
