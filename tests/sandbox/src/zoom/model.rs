//! What a Zoom account holds: meetings, their past instances, and the recordings of those.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use time::OffsetDateTime;

/// A scheduled or recurring meeting, known by its number.
#[derive(Clone, Debug)]
pub struct Meeting {
    pub number: u64,
    pub uuid: String,
    /// Handle of the host.
    pub host: String,
    pub topic: String,
    pub agenda: String,
    /// 1 instant, 2 scheduled, 3 recurring without and 8 with a fixed time.
    pub kind: u8,
    pub starts_at: Option<OffsetDateTime>,
    /// Minutes.
    pub duration: u32,
    pub timezone: String,
    pub passcode: String,
    pub created_at: OffsetDateTime,
    pub recurrence: Option<Value>,
    /// Occurrences that are not as the series has them, by their id.
    pub exceptions: BTreeMap<String, Exception>,
    pub settings: Map<String, Value>,
}

/// How one occurrence of a series is.
#[derive(Clone, Debug)]
pub enum Exception {
    Deleted,
    /// At another time, for so many minutes.
    Moved(OffsetDateTime, u32),
}

/// One meeting that took place, known by its UUID.
#[derive(Clone, Debug)]
pub struct Instance {
    pub uuid: String,
    pub number: u64,
    pub host: String,
    pub topic: String,
    pub kind: u8,
    pub started_at: OffsetDateTime,
    /// Minutes.
    pub duration: u32,
    pub participants: Vec<Participant>,
    pub summary: Option<Summary>,
    pub recording: Option<Recording>,
}

#[derive(Clone, Debug)]
pub struct Participant {
    /// Zoom user id; empty for a guest.
    pub id: String,
    pub name: String,
    /// Empty for a guest.
    pub email: String,
    /// Seconds.
    pub duration: u32,
}

/// The AI Companion's summary; `content` is Markdown.
#[derive(Clone, Debug)]
pub struct Summary {
    pub title: String,
    pub overview: String,
    pub next_step: String,
    pub content: String,
}

/// The cloud recording of an instance.
#[derive(Clone, Debug)]
pub struct Recording {
    pub passcode: String,
    pub play_passcode: String,
    pub files: Vec<File>,
    pub trashed_at: Option<OffsetDateTime>,
    pub settings: Map<String, Value>,
}

/// A file of a recording; its bytes are made when they are asked for.
#[derive(Clone, Debug)]
pub struct File {
    pub id: String,
    pub kind: &'static str,
    pub extension: &'static str,
    pub recording_type: &'static str,
    /// What the download URL ends in.
    pub key: String,
    pub content: Content,
    pub trashed: bool,
}

#[derive(Clone, Debug)]
pub enum Content {
    /// Video or audio: a valid `ftyp` box, the canary, and filler up to the size asked for.
    Media {
        brand: [u8; 4],
        canary: String,
        bytes: u64,
    },
    Text(String),
}

impl Instance {
    /// Its recording, unless it is in the trash.
    pub fn live_recording(&self) -> Option<&Recording> {
        self.recording
            .as_ref()
            .filter(|recording| recording.trashed_at.is_none())
    }

    pub fn ended_at(&self) -> OffsetDateTime {
        self.started_at + time::Duration::minutes(i64::from(self.duration))
    }
}
