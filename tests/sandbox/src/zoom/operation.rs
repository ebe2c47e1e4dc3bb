//! The operations of the Zoom API: rate label and the scopes either of which opens them.

/// Zoom's rate limit label of an operation.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Label {
    Light,
    Medium,
    Heavy,
}

impl Label {
    /// The name in `X-RateLimit-Category`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "Light",
            Self::Medium => "Medium",
            Self::Heavy => "Heavy",
        }
    }

    /// Requests per second of a Pro account.
    pub fn per_second(self) -> u32 {
        match self {
            Self::Light => 30,
            Self::Medium => 20,
            Self::Heavy => 10,
        }
    }
}

/// One operation; its own `:admin` form of a scope opens it too.
pub struct Operation {
    pub label: Label,
    pub granular: &'static str,
    pub classic: &'static str,
}

impl Operation {
    const fn new(label: Label, granular: &'static str, classic: &'static str) -> Self {
        Self {
            label,
            granular,
            classic,
        }
    }

    /// Whether a token with these scopes may call it.
    pub fn is_open_to(&self, scopes: &[String]) -> bool {
        scopes.iter().any(|held| {
            let own = held.strip_suffix(":admin").unwrap_or(held);
            held == self.granular
                || held == self.classic
                || own == self.granular
                || own == self.classic
        })
    }
}

pub const GET_USER: Operation = Operation::new(Label::Light, "user:read:user", "user:read");
pub const LIST_RECORDINGS: Operation = Operation::new(
    Label::Medium,
    "cloud_recording:read:list_user_recordings",
    "recording:read",
);
pub const GET_RECORDING: Operation = Operation::new(
    Label::Light,
    "cloud_recording:read:list_recording_files",
    "recording:read",
);
pub const DELETE_RECORDING: Operation = Operation::new(
    Label::Light,
    "cloud_recording:delete:meeting_recording",
    "recording:write",
);
pub const DELETE_FILE: Operation = Operation::new(
    Label::Light,
    "cloud_recording:delete:recording_file",
    "recording:write",
);
pub const RECOVER_RECORDING: Operation = Operation::new(
    Label::Light,
    "cloud_recording:update:recover_meeting_recordings",
    "recording:write",
);
pub const GET_RECORDING_SETTINGS: Operation = Operation::new(
    Label::Light,
    "cloud_recording:read:recording_settings",
    "recording:read",
);
pub const UPDATE_RECORDING_SETTINGS: Operation = Operation::new(
    Label::Light,
    "cloud_recording:update:recording_settings",
    "recording:write",
);
pub const LIST_MEETINGS: Operation =
    Operation::new(Label::Medium, "meeting:read:list_meetings", "meeting:read");
pub const LIST_UPCOMING: Operation = Operation::new(
    Label::Medium,
    "meeting:read:list_upcoming_meetings",
    "meeting:read",
);
pub const CREATE_MEETING: Operation =
    Operation::new(Label::Medium, "meeting:write:meeting", "meeting:write");
pub const GET_MEETING: Operation =
    Operation::new(Label::Light, "meeting:read:meeting", "meeting:read");
pub const UPDATE_MEETING: Operation =
    Operation::new(Label::Light, "meeting:update:meeting", "meeting:write");
pub const DELETE_MEETING: Operation =
    Operation::new(Label::Light, "meeting:delete:meeting", "meeting:write");
pub const GET_INVITATION: Operation =
    Operation::new(Label::Light, "meeting:read:invitation", "meeting:read");
pub const GET_SUMMARY: Operation =
    Operation::new(Label::Light, "meeting:read:summary", "meeting_summary:read");
pub const GET_PAST: Operation =
    Operation::new(Label::Light, "meeting:read:past_meeting", "meeting:read");
pub const LIST_INSTANCES: Operation = Operation::new(
    Label::Medium,
    "meeting:read:list_past_instances",
    "meeting:read",
);
pub const LIST_PARTICIPANTS: Operation = Operation::new(
    Label::Medium,
    "meeting:read:list_past_participants",
    "meeting:read",
);
/// Opened only by the admin scope, which a user-managed app never holds.
pub const REPORT_PARTICIPANTS: Operation = Operation::new(
    Label::Heavy,
    "report:read:list_meeting_participants:admin",
    "report:read:admin",
);

/// What a user-managed app that reads and writes a user's own meetings and recordings is granted.
pub const GRANULAR_SCOPES: &[&str] = &[
    "user:read:user",
    "cloud_recording:read:list_user_recordings",
    "cloud_recording:read:list_recording_files",
    "cloud_recording:read:recording_settings",
    "cloud_recording:update:recording_settings",
    "meeting:read:list_meetings",
    "meeting:read:list_upcoming_meetings",
    "meeting:read:meeting",
    "meeting:write:meeting",
    "meeting:update:meeting",
    "meeting:delete:meeting",
    "meeting:read:invitation",
    "meeting:read:summary",
    "meeting:read:past_meeting",
    "meeting:read:list_past_instances",
    "meeting:read:list_past_participants",
];

/// The same rights as an app from before granular scopes holds them.
pub const CLASSIC_SCOPES: &[&str] = &[
    "user:read",
    "recording:read",
    "recording:write",
    "meeting:read",
    "meeting:write",
    "meeting_summary:read",
];
