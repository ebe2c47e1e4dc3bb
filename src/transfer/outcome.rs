//! How a try can end, and when the next one is.

use std::time::Duration;

use crate::auth::jwt::Refusal as SignIn;
use crate::upstream::jira::write::{self, Why};
use crate::upstream::zoom::download;
use crate::upstream::{Error, Kind, Provider};

/// Why a transfer waits or has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Zoom has not finished making the file.
    NotReady,
    /// The recording, or this file of it, is not there any more, or not for its starter.
    RecordingGone,
    /// Zoom sends something that is no such file.
    NotARecording,
    /// The file has another length than Zoom says.
    WrongLength,
    /// The file is larger than the site allows, or the issue has too many.
    TooLarge,
    /// The site takes no attachments.
    AttachmentsDisabled,
    /// The issue is not there any more, or not for the starter.
    IssueGone,
    /// The starter may not attach files there.
    Forbidden,
    /// Jira does not take the file as it is.
    Refused,
    /// The starter's Zoom account is not connected any more.
    ZoomNotConnected,
    /// The starter's way to Jira has ended.
    JiraNotConnected,
    /// Zoom cannot be reached or asks to wait.
    ZoomUnavailable,
    /// Jira cannot be reached or asks to wait.
    JiraUnavailable,
    /// It stood still for too long.
    Stalled,
    /// It was sent, and nobody knows yet whether it arrived.
    Unknown,
    /// Zoom was switched off by the site's administrators.
    SwitchedOff,
}

const CODES: [(Problem, &str); 16] = [
    (Problem::NotReady, "NOT_READY"),
    (Problem::RecordingGone, "RECORDING_GONE"),
    (Problem::NotARecording, "NOT_A_RECORDING"),
    (Problem::WrongLength, "WRONG_LENGTH"),
    (Problem::TooLarge, "FILE_TOO_LARGE"),
    (Problem::AttachmentsDisabled, "ATTACHMENTS_DISABLED"),
    (Problem::IssueGone, "ISSUE_GONE"),
    (Problem::Forbidden, "FORBIDDEN"),
    (Problem::Refused, "REFUSED"),
    (Problem::ZoomNotConnected, "ZOOM_NOT_CONNECTED"),
    (Problem::JiraNotConnected, "JIRA_NOT_CONNECTED"),
    (Problem::ZoomUnavailable, "ZOOM_UNAVAILABLE"),
    (Problem::JiraUnavailable, "JIRA_UNAVAILABLE"),
    (Problem::Stalled, "STALLED"),
    (Problem::Unknown, "OUTCOME_UNKNOWN"),
    (Problem::SwitchedOff, "NOT_CONFIGURED"),
];

/// The pauses after failed tries, as multiples of the first; after the last the transfer has failed for good. With the
/// usual five seconds: 5 s, 30 s, 2 min, 10 min, 30 min, 2 h, 10 h.
const PAUSES: [u32; 7] = [1, 6, 24, 120, 360, 1_440, 7_200];
/// The shortest pause after a file was sent of which nobody knows whether it arrived, as such a multiple: what Jira
/// still works on shows by then.
const UNKNOWN: u32 = 12;

impl Problem {
    /// Its code.
    pub fn code(self) -> &'static str {
        let found = CODES.iter().find(|(it, _)| *it == self);
        found.map_or("INTERNAL", |(_, code)| code)
    }

    /// From its code; `None` of one that another version knows.
    pub fn parse(code: &str) -> Option<Self> {
        let found = CODES.iter().find(|(_, it)| *it == code);
        found.map(|(problem, _)| *problem)
    }

    /// When it is worth another try after so many failures; `None` when it is not.
    pub fn pause(self, failures: u32, first: Duration) -> Option<Duration> {
        let passes = matches!(
            self,
            Self::NotReady
                | Self::WrongLength
                | Self::ZoomUnavailable
                | Self::JiraUnavailable
                | Self::Stalled
                | Self::Unknown
        );
        let at = usize::try_from(failures).unwrap_or(usize::MAX);
        let times = PAUSES.get(at).copied().filter(|_| passes)?;
        let least = if self == Self::Unknown { UNKNOWN } else { 1 };
        Some(first.saturating_mul(times.max(least)))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let zoom = error.provider == Provider::Zoom;
        match error.kind {
            Kind::NotFound | Kind::Forbidden | Kind::AccessBlocked if zoom => Self::RecordingGone,
            Kind::NotFound => Self::IssueGone,
            Kind::Forbidden | Kind::AccessBlocked => Self::Forbidden,
            Kind::Refused if !zoom => Self::Refused,
            Kind::NotConnected
            | Kind::NotConfigured
            | Kind::ReauthRequired
            | Kind::ConsentRequired { .. }
            | Kind::AdminConsentRequired { .. }
            | Kind::InteractionRequired { .. }
            | Kind::TokenRefused { .. } => {
                if zoom {
                    Self::ZoomNotConnected
                } else {
                    Self::JiraNotConnected
                }
            }
            _ if zoom => Self::ZoomUnavailable,
            _ => Self::JiraUnavailable,
        }
    }
}

impl From<write::Failure> for Problem {
    fn from(failure: write::Failure) -> Self {
        match failure {
            write::Failure::Unknown(_) => Self::Unknown,
            write::Failure::Refused(refusal) if refusal.why == Why::TooMuch => Self::TooLarge,
            write::Failure::Refused(_) => Self::Refused,
            write::Failure::Failed(error) => error.into(),
        }
    }
}

impl From<download::Failure> for Problem {
    fn from(failure: download::Failure) -> Self {
        match failure {
            download::Failure::NotARecording => Self::NotARecording,
            download::Failure::Failed(error) => error.into(),
        }
    }
}

impl From<SignIn> for Problem {
    fn from(refusal: SignIn) -> Self {
        match refusal {
            SignIn::Unavailable => Self::JiraUnavailable,
            _ => Self::JiraNotConnected,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{CODES, Problem};

    #[test]
    fn every_problem_has_a_code_of_its_own_and_no_pause_is_endless() {
        let first = Duration::from_secs(5);
        for (problem, code) in CODES {
            assert_eq!(problem.code(), code);
            assert_eq!(Problem::parse(code), Some(problem));
            assert_eq!(problem.pause(7, first), None);
        }
        assert_eq!(Problem::Stalled.pause(0, first), Some(first));
        assert_eq!(Problem::Stalled.pause(6, first), Some(first * 7_200));
        assert_eq!(Problem::Forbidden.pause(0, first), None);
        assert_eq!(Problem::Unknown.pause(0, first), Some(first * 12));
    }
}
