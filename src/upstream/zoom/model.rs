//! Zoom's JSON, as much of it as we read. Ids come as numbers or strings; unknown values must not fail.

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A scheduled meeting. What only its host may know is sealed, so that no `Debug` shows it.
#[derive(Debug, Clone, Deserialize)]
pub struct Meeting {
    #[serde(deserialize_with = "text_or_number")]
    pub id: String,
    #[serde(default)]
    pub host_id: Option<String>,
    /// 1 instant, 2 at a fixed time, 3 a series without and 8 with fixed times.
    #[serde(default, rename = "type")]
    pub kind: Option<i64>,
    #[serde(default)]
    pub topic: Option<String>,
    #[serde(default)]
    pub agenda: Option<String>,
    #[serde(default)]
    pub start_time: Option<String>,
    /// Minutes.
    #[serde(default)]
    pub duration: Option<i64>,
    #[serde(default)]
    pub timezone: Option<String>,
    #[serde(default)]
    pub created_at: Option<String>,
    #[serde(default)]
    pub join_url: Option<String>,
    #[serde(default)]
    pub host_email: Option<String>,
    /// `waiting` or `started`.
    #[serde(default)]
    pub status: Option<String>,
    /// Signs its holder in as the host, for two hours.
    #[serde(default)]
    pub start_url: Option<SecretString>,
    /// The passcode.
    #[serde(default)]
    pub password: Option<SecretString>,
    #[serde(default)]
    pub settings: Option<Settings>,
    #[serde(default)]
    pub occurrences: Vec<Occurrence>,
}

/// Who gets into a meeting how, and whether it is recorded.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Settings {
    #[serde(default)]
    pub waiting_room: Option<bool>,
    #[serde(default)]
    pub join_before_host: Option<bool>,
    #[serde(default)]
    pub mute_upon_entry: Option<bool>,
    /// `none`, `local` or `cloud`.
    #[serde(default)]
    pub auto_recording: Option<String>,
}

/// One time of a series.
#[derive(Debug, Clone, Deserialize)]
pub struct Occurrence {
    #[serde(default, deserialize_with = "maybe_text_or_number")]
    pub occurrence_id: Option<String>,
    #[serde(default)]
    pub start_time: Option<String>,
    /// Minutes.
    #[serde(default)]
    pub duration: Option<i64>,
    /// `available` or `deleted`.
    #[serde(default)]
    pub status: Option<String>,
}

/// A page of meetings.
#[derive(Debug, Deserialize)]
pub struct Meetings {
    #[serde(default)]
    pub meetings: Vec<Meeting>,
    /// Empty on the last one.
    #[serde(default)]
    pub next_page_token: String,
}

/// When a meeting took place.
#[derive(Debug, Clone, Deserialize)]
pub struct Instance {
    pub uuid: String,
    #[serde(default)]
    pub start_time: Option<String>,
}

/// All of them.
#[derive(Debug, Deserialize)]
pub struct Instances {
    #[serde(default)]
    pub meetings: Vec<Instance>,
}

/// Somebody who was there.
#[derive(Debug, Clone, Deserialize)]
pub struct Participant {
    #[serde(default)]
    pub name: Option<String>,
    /// Empty for guests.
    #[serde(default)]
    pub user_email: Option<String>,
    #[serde(default)]
    pub join_time: Option<String>,
    #[serde(default)]
    pub leave_time: Option<String>,
    /// Seconds; 0 while Zoom still counts.
    #[serde(default)]
    pub duration: Option<i64>,
    #[serde(default)]
    pub internal_user: Option<bool>,
}

/// A page of them.
#[derive(Debug, Deserialize)]
pub struct Participants {
    #[serde(default)]
    pub participants: Vec<Participant>,
    /// Empty on the last one.
    #[serde(default)]
    pub next_page_token: String,
}

/// What the AI Companion wrote of a meeting.
#[derive(Debug, Clone, Deserialize)]
pub struct Summary {
    #[serde(default)]
    pub summary_title: Option<String>,
    /// Markdown, all of it.
    #[serde(default)]
    pub summary_content: Option<String>,
    /// The beginning of it, from before there was one text.
    #[serde(default)]
    pub summary_overview: Option<String>,
    #[serde(default)]
    pub next_steps: Vec<String>,
    #[serde(default)]
    pub summary_last_modified_time: Option<String>,
}

/// The recordings of one meeting instance. Passcodes and download tokens are not read here.
#[derive(Debug, Clone, Deserialize)]
pub struct Recordings {
    pub uuid: String,
    #[serde(default, deserialize_with = "maybe_text_or_number")]
    pub id: Option<String>,
    #[serde(default)]
    pub topic: Option<String>,
    #[serde(default)]
    pub start_time: Option<String>,
    /// Minutes.
    #[serde(default)]
    pub duration: Option<i64>,
    /// Bytes.
    #[serde(default)]
    pub total_size: Option<u64>,
    #[serde(default)]
    pub share_url: Option<String>,
    #[serde(default)]
    pub auto_delete: Option<bool>,
    /// A day.
    #[serde(default)]
    pub auto_delete_date: Option<String>,
    #[serde(default, deserialize_with = "present")]
    password: bool,
    /// All that a list has of the passcode.
    #[serde(default, deserialize_with = "present")]
    recording_play_passcode: bool,
    #[serde(default)]
    pub recording_files: Vec<RecordingFile>,
}

impl Recordings {
    /// Whether a passcode guards them.
    pub fn is_protected(&self) -> bool {
        self.password || self.recording_play_passcode
    }
}

/// A page of somebody's recordings.
#[derive(Debug, Deserialize)]
pub struct RecordingsPage {
    #[serde(default)]
    pub meetings: Vec<Recordings>,
    /// Empty on the last one.
    #[serde(default)]
    pub next_page_token: String,
}

/// One file of a recording; Zoom leaves out what it likes.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordingFile {
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub file_type: Option<String>,
    #[serde(default)]
    pub file_extension: Option<String>,
    /// Bytes.
    #[serde(default)]
    pub file_size: Option<u64>,
    #[serde(default)]
    pub recording_type: Option<String>,
    #[serde(default)]
    pub recording_start: Option<String>,
    #[serde(default)]
    pub recording_end: Option<String>,
    #[serde(default)]
    pub status: Option<String>,
}

/// An error body, which may come with HTTP 200.
#[derive(Debug, Deserialize)]
pub struct Refusal {
    pub code: i64,
    #[serde(default)]
    pub message: Option<Value>,
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    maybe_text_or_number(deserializer)?
        .ok_or_else(|| serde::de::Error::custom("expected a string or a number"))
}

fn maybe_text_or_number<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// Whether there is a passcode; the passcode itself is dropped where it arrives.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Value::deserialize(deserializer)?
        .as_str()
        .is_some_and(|it| !it.is_empty()))
}
