//! How a provider answers a write that says nothing but yes or no: done, not done, or nobody knows.

use super::{Error, Kind};

/// Why a write was not done, or may not have been.
#[derive(Debug, Clone)]
pub enum Failure {
    /// It failed, and nothing was done.
    Failed(Error),
    /// It was sent, and what became of it is not known: no answer, a broken one, or a 5xx.
    Unknown(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Failure {
    /// What an error of a write that was sent means.
    pub fn of_sent(error: Error) -> Self {
        let unknown = matches!(
            error.kind,
            Kind::Unavailable { .. } | Kind::TimedOut | Kind::Invalid
        );
        if unknown && !error.never_sent() {
            Self::Unknown(error)
        } else {
            Self::Failed(error)
        }
    }

    /// The error, whatever became of the write.
    pub fn error(&self) -> &Error {
        match self {
            Self::Failed(error) | Self::Unknown(error) => error,
        }
    }
}
