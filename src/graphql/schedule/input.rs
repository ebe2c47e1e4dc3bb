//! What the mutations of meetings are asked for.

use async_graphql::{ID, InputObject};

use crate::graphql::meeting::{AutoRecording, MeetingProvider};
use crate::graphql::scalar::DateTime;

/// Somebody to invite.
#[derive(Debug, Clone, InputObject)]
pub struct MeetingAttendeeInput {
    /// Their mail address. Used for the call, never kept.
    pub email: String,
    /// Their name.
    pub name: Option<String>,
    /// Whether they may stay away.
    #[graphql(default)]
    pub optional: bool,
}

/// What the host of a Zoom meeting sets; what is left out is as the account has it, or stays.
#[derive(Debug, Clone, Default, InputObject)]
pub struct MeetingSettingsInput {
    /// The passcode: ten letters, digits or `@-_*` at most. Left out of a new meeting, Zoom makes one.
    pub passcode: Option<String>,
    /// Whether the host lets everybody in.
    pub waiting_room: Option<bool>,
    /// Whether people may begin without the host.
    pub join_before_host: Option<bool>,
    /// Whether it records itself.
    pub auto_recording: Option<AutoRecording>,
}

/// A meeting to be scheduled.
#[derive(Debug, InputObject)]
pub struct ScheduleMeetingInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    pub idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    pub issue: ID,
    /// Where it takes place: `ZOOM`, `TEAMS`, or `OUTLOOK` for an event without an online meeting.
    pub provider: MeetingProvider,
    /// On one line, 200 characters at most.
    pub subject: String,
    /// When it begins.
    pub start: DateTime,
    /// When it ends, within a day.
    pub end: DateTime,
    /// The time zone in which Zoom shows it, by its IANA name such as Europe/Berlin; UTC when left out.
    pub time_zone: Option<String>,
    /// What it is about, in plain text; 2000 characters at most, with the work item's address.
    pub agenda: Option<String>,
    /// Adds the work item's address below `agenda`.
    #[graphql(default = true)]
    pub mention_issue: bool,
    /// With `ZOOM`: also an event in the viewer's calendar that carries the Zoom link. The others are events anyway.
    #[graphql(default)]
    pub calendar: bool,
    /// Who is invited, 50 at most; Zoom invites nobody, so with `ZOOM` only together with `calendar`.
    pub attendees: Option<Vec<MeetingAttendeeInput>>,
    /// With `ZOOM` only.
    pub settings: Option<MeetingSettingsInput>,
}

/// A call to be begun.
#[derive(Debug, InputObject)]
pub struct StartCallInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    pub idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    pub issue: ID,
    /// `ZOOM` or `TEAMS`.
    #[graphql(default_with = "MeetingProvider::Zoom")]
    pub provider: MeetingProvider,
    /// Left out: the work item's key and summary.
    pub subject: Option<String>,
    /// With `ZOOM`: also an event in the viewer's calendar that carries the Zoom link.
    #[graphql(default)]
    pub calendar: bool,
    /// Who is invited, 50 at most; with `ZOOM` only together with `calendar`.
    pub attendees: Option<Vec<MeetingAttendeeInput>>,
}

/// What is to be other with a meeting.
#[derive(Debug, InputObject)]
pub struct UpdateMeetingInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    pub idempotency_key: String,
    /// The issue that it is linked with.
    pub issue: ID,
    /// The meeting, as `Meeting.id`.
    pub meeting: ID,
    /// One time of a Zoom series, as `MeetingOccurrence.id`; left out, all of it. Its subject stays.
    pub occurrence: Option<String>,
    /// On one line, 200 characters at most.
    pub subject: Option<String>,
    /// When it begins; together with `end`.
    pub start: Option<DateTime>,
    /// When it ends; together with `start`.
    pub end: Option<DateTime>,
    /// Zoom's only, as in `scheduleMeeting`.
    pub time_zone: Option<String>,
    /// Zoom's only: what it is about, instead of what stood there.
    pub agenda: Option<String>,
    /// Zoom's only.
    pub settings: Option<MeetingSettingsInput>,
}

/// Which meeting to cancel.
#[derive(Debug, InputObject)]
pub struct CancelMeetingInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    pub idempotency_key: String,
    /// The issue that it is linked with.
    pub issue: ID,
    /// The meeting, as `Meeting.id`.
    pub meeting: ID,
    /// One time of a Zoom series, as `MeetingOccurrence.id`; left out, all of it.
    pub occurrence: Option<String>,
}
