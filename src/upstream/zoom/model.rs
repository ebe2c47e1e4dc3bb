//! Zoom's JSON, as much of it as we read. Ids come as numbers or strings; unknown values must not fail.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A scheduled meeting. `start_url` is deliberately not read: it signs its holder in as the host.
#[derive(Debug, Clone, Deserialize)]
pub struct Meeting {
    #[serde(deserialize_with = "text_or_number")]
    pub id: String,
    #[serde(default)]
    pub topic: Option<String>,
    #[serde(default)]
    pub start_time: Option<String>,
    /// Minutes.
    #[serde(default)]
    pub duration: Option<i64>,
    #[serde(default)]
    pub join_url: Option<String>,
    #[serde(default)]
    pub host_email: Option<String>,
    #[serde(default)]
    pub status: Option<String>,
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
    #[serde(default, rename = "password", deserialize_with = "present")]
    pub password_protected: bool,
    #[serde(default)]
    pub recording_files: Vec<RecordingFile>,
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
