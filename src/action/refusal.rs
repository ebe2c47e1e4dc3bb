//! Why an act was not done, or may not have been.

use crate::id::FieldId;
use crate::store;
use crate::store::audit::Outcome;
use crate::upstream::jira::write::{Failure, Why};
use crate::upstream::{self, Kind, write};

/// Why an act was not done, or may not have been.
#[derive(Debug)]
pub enum Refusal {
    /// The key belongs to another request.
    KeyReused,
    /// The first call with this key is still under way, or ended too recently to know how.
    UnderWay,
    /// It was sent, and nobody knows whether it was done. The same key again looks first.
    Unknown,
    /// Jira refused the values of these fields; of none when it named none.
    Fields(Vec<FieldId>),
    /// Somebody else changed it at the same time.
    Conflict,
    /// Too large, or too many of them.
    TooMuch,
    /// There is nothing for this person where this input points.
    Missing(&'static str),
    /// A value, as far as can be told without asking anybody: the input, and what is right.
    Wrong(&'static str, &'static str),
    /// A value that has to be there.
    Required(&'static str),
    /// A provider did not let it happen; the input that led there.
    Provider(&'static str, upstream::Error),
    /// The database failed.
    Store(store::Error),
    /// The work broke off.
    Broken,
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl Refusal {
    /// Of a write; `input` is what it was aimed at.
    pub fn of(input: &'static str, failure: Failure) -> Self {
        match failure {
            Failure::Unknown(_) => Self::Unknown,
            Failure::Failed(error) => Self::read(input, error),
            Failure::Refused(refusal) => match refusal.why {
                Why::Input => Self::Fields(refusal.fields),
                Why::Conflict => Self::Conflict,
                Why::TooMuch => Self::TooMuch,
            },
        }
    }

    /// Of a write that says nothing but yes or no; `input` is what it was aimed at.
    pub fn of_write(input: &'static str, failure: write::Failure) -> Self {
        match failure {
            write::Failure::Unknown(_) => Self::Unknown,
            write::Failure::Failed(error) => Self::read(input, error),
        }
    }

    /// Of a read; `input` is what it was aimed at.
    pub fn read(input: &'static str, error: upstream::Error) -> Self {
        match error.kind {
            Kind::NotFound => Self::Missing(input),
            _ => Self::Provider(input, error),
        }
    }

    /// For the audit log: how it ended, and a fixed code.
    pub fn for_audit(&self) -> (Outcome, &'static str) {
        match self {
            Self::KeyReused => (Outcome::Refused, "KEY_REUSED"),
            Self::UnderWay => (Outcome::Refused, "IN_PROGRESS"),
            Self::Unknown => (Outcome::Failed, "OUTCOME_UNKNOWN"),
            Self::Fields(_) | Self::Wrong(..) | Self::Required(_) => {
                (Outcome::Refused, "BAD_USER_INPUT")
            }
            Self::Conflict => (Outcome::Refused, "CONFLICT"),
            Self::TooMuch => (Outcome::Refused, "TOO_LARGE"),
            Self::Missing(_) => (Outcome::Refused, "NOT_FOUND"),
            Self::Provider(_, error) => match error.kind {
                Kind::Forbidden | Kind::AccessBlocked => (Outcome::Refused, "FORBIDDEN"),
                Kind::Refused => (Outcome::Refused, "BAD_USER_INPUT"),
                Kind::NotConfigured => (Outcome::Refused, "NOT_CONFIGURED"),
                Kind::NotConnected => (Outcome::Refused, "NOT_CONNECTED"),
                Kind::ConsentRequired { .. } | Kind::AdminConsentRequired { .. } => {
                    (Outcome::Refused, "CONSENT_REQUIRED")
                }
                Kind::InteractionRequired { .. }
                | Kind::ReauthRequired
                | Kind::TokenRefused { .. } => (Outcome::Failed, "REAUTH_REQUIRED"),
                Kind::RateLimited { .. } => (Outcome::Failed, "RATE_LIMITED"),
                Kind::TimedOut => (Outcome::Failed, "UPSTREAM_TIMEOUT"),
                Kind::Unavailable { .. } => (Outcome::Failed, "UPSTREAM_UNAVAILABLE"),
                _ => (Outcome::Failed, "UPSTREAM"),
            },
            Self::Store(_) | Self::Broken => (Outcome::Failed, "INTERNAL"),
        }
    }
}
