//! How a meeting stands, and what its host sets.

use async_graphql::{Enum, SimpleObject};
use secrecy::{ExposeSecret as _, SecretString};

use crate::clock;
use crate::graphql::scalar::DateTime;
use crate::upstream::zoom::model;

/// How a meeting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MeetingState {
    /// It is to come; a series with times to come among them.
    Scheduled,
    /// It is under way: Zoom says so, or it is an event's time.
    Started,
    /// It is over.
    Ended,
    /// It was cancelled.
    Cancelled,
}

/// Whether a Zoom meeting records itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum AutoRecording {
    /// It does not.
    None,
    /// On the host's computer.
    Local,
    /// At Zoom.
    Cloud,
}

/// What the host of a Zoom meeting sets. Shown to the host alone.
#[derive(Debug, Clone, SimpleObject)]
pub struct MeetingSettings {
    /// The passcode.
    passcode: Option<String>,
    /// Whether the host lets everybody in.
    waiting_room: Option<bool>,
    /// Whether people may begin without the host.
    join_before_host: Option<bool>,
    /// Whether people come in muted.
    mute_upon_entry: Option<bool>,
    /// Whether it records itself.
    auto_recording: Option<AutoRecording>,
}

/// One time of a series.
#[derive(Debug, Clone, SimpleObject)]
pub struct MeetingOccurrence {
    /// Zoom's id of it; `updateMeeting` and `cancelMeeting` take it.
    id: String,
    /// When it begins.
    starts_at: Option<DateTime>,
    /// When it ends.
    ends_at: Option<DateTime>,
}

impl AutoRecording {
    /// As Zoom has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Local => "local",
            Self::Cloud => "cloud",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::None, Self::Local, Self::Cloud]
            .into_iter()
            .find(|it| it.word() == word)
    }
}

impl MeetingSettings {
    /// Of a meeting whose host asks.
    pub(super) fn of(meeting: &model::Meeting) -> Self {
        let settings = meeting.settings.clone().unwrap_or_default();
        let passcode = meeting.password.as_ref().map(SecretString::expose_secret);
        Self {
            passcode: passcode.filter(|it| !it.is_empty()).map(str::to_owned),
            waiting_room: settings.waiting_room,
            join_before_host: settings.join_before_host,
            mute_upon_entry: settings.mute_upon_entry,
            auto_recording: (settings.auto_recording.as_deref()).and_then(AutoRecording::parse),
        }
    }
}

/// The times of a series that are to come, or under way.
pub(super) fn occurrences(meeting: &model::Meeting) -> Vec<MeetingOccurrence> {
    let now = DateTime::from_millis(clock::millis());
    let to_come = |it: &model::Occurrence| {
        let starts_at = it.start_time.as_deref().and_then(DateTime::parse)?;
        let minutes = it.duration.or(meeting.duration).unwrap_or_default();
        let ends_at = starts_at.plus_minutes(minutes);
        let there = it.status.as_deref() != Some("deleted") && ends_at > now;
        there.then(|| MeetingOccurrence {
            id: it.occurrence_id.clone().unwrap_or_default(),
            starts_at: Some(starts_at),
            ends_at: Some(ends_at),
        })
    };
    meeting.occurrences.iter().filter_map(to_come).collect()
}

/// When a Zoom meeting begins: of a series, the next time.
pub(super) fn start(meeting: &model::Meeting) -> Option<DateTime> {
    let next = occurrences(meeting).into_iter().next();
    next.and_then(|it| it.starts_at)
        .or_else(|| meeting.start_time.as_deref().and_then(DateTime::parse))
}

/// When it ends.
pub(super) fn end(meeting: &model::Meeting) -> Option<DateTime> {
    let next = occurrences(meeting).into_iter().next();
    next.and_then(|it| it.ends_at)
        .or_else(|| Some(start(meeting)?.plus_minutes(meeting.duration?)))
}

/// How a Zoom meeting stands, as Zoom says; whether it is over is told by the clock.
pub(super) fn of_zoom(meeting: &model::Meeting) -> MeetingState {
    if meeting.status.as_deref() == Some("started") {
        return MeetingState::Started;
    }
    // A series without fixed times is never over.
    match end(meeting).filter(|_| meeting.kind != Some(3)) {
        Some(end) if end.millis() <= clock::millis() => MeetingState::Ended,
        _ => MeetingState::Scheduled,
    }
}

/// How an event stands, by its times.
pub(super) fn of_times(
    cancelled: bool,
    start: Option<&DateTime>,
    end: Option<&DateTime>,
) -> MeetingState {
    let now = clock::millis();
    if cancelled {
        MeetingState::Cancelled
    } else if end.is_some_and(|it| it.millis() <= now) {
        MeetingState::Ended
    } else if start.is_some_and(|it| it.millis() <= now) {
        MeetingState::Started
    } else {
        MeetingState::Scheduled
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{MeetingState, of_zoom, start};
    use crate::graphql::scalar::DateTime;
    use crate::upstream::zoom::model;

    fn meeting(value: serde_json::Value) -> model::Meeting {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_meeting_is_over_when_its_time_is_and_under_way_while_zoom_says_so() {
        let past = json!({ "id": 1, "type": 2, "start_time": "2020-01-01T09:00:00Z", "duration": 30, "status": "waiting" });
        assert_eq!(of_zoom(&meeting(past.clone())), MeetingState::Ended);
        let mut running = past.clone();
        running["status"] = json!("started");
        assert_eq!(of_zoom(&meeting(running)), MeetingState::Started);
        let mut endless = past;
        endless["type"] = json!(3);
        assert_eq!(of_zoom(&meeting(endless)), MeetingState::Scheduled);
    }

    #[test]
    fn a_series_begins_with_its_next_time() {
        let series = meeting(
            json!({ "id": 1, "type": 8, "start_time": "2020-01-01T09:00:00Z", "duration": 30, "occurrences": [
            { "occurrence_id": 1, "start_time": "2020-01-01T09:00:00Z", "duration": 30, "status": "available" },
            { "occurrence_id": "2", "start_time": "2999-01-01T09:00:00Z", "status": "deleted" },
            { "occurrence_id": "3", "start_time": "2999-01-08T09:00:00Z", "status": "available" } ] }),
        );
        assert_eq!(of_zoom(&series), MeetingState::Scheduled);
        assert_eq!(start(&series), DateTime::parse("2999-01-08T09:00:00Z"));
    }
}
