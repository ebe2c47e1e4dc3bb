//! A recording's file: what names it for ever, and what it is called in Jira.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::id::ZoomUuid;
use crate::upstream::zoom::model::RecordingFile;

/// What names a file for ever: the hash of its recording and of what tells it from the others of that recording. Zoom
/// gives some files no id, and none may be read again after a file was made anew.
pub fn key(recording: &ZoomUuid, file: &RecordingFile) -> String {
    let mut digest = Sha256::new();
    let parts = [
        Some(recording.as_str()),
        file.file_type.as_deref(),
        file.recording_type.as_deref(),
        file.recording_start.as_deref(),
        file.file_extension.as_deref(),
    ];
    for part in parts.map(Option::unwrap_or_default) {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    hex(&digest.finalize())
}

/// As lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What the file is called in Jira: the same at every try, so that one that is there already is found.
pub fn name(key: &str, file: &RecordingFile) -> String {
    let day = file.recording_start.as_deref().and_then(|it| it.get(..10));
    let day = day.filter(|it| it.bytes().all(|b| b.is_ascii_digit() || b == b'-'));
    let kind = match file.file_type.as_deref() {
        Some("MP4") => "video",
        Some("M4A") => "audio",
        Some("TRANSCRIPT") => "transcript",
        Some("CHAT" | "CHAT_MESSAGE") => "chat",
        Some("CC") => "captions",
        Some("SUMMARY") => "summary",
        _ => "file",
    };
    let extension = extension(file);
    let mark = key.get(..8).unwrap_or(key);
    match day {
        Some(day) => format!("Zoom_{day}_{kind}_{mark}.{extension}"),
        None => format!("Zoom_{kind}_{mark}.{extension}"),
    }
}

/// Its extension in lower case; `bin` where Zoom says none that is one.
fn extension(file: &RecordingFile) -> String {
    let said = file.file_extension.as_deref().unwrap_or_default();
    if (1..=5).contains(&said.len()) && said.bytes().all(|it| it.is_ascii_alphanumeric()) {
        said.to_ascii_lowercase()
    } else {
        "bin".to_owned()
    }
}

/// Its media type.
pub fn media(file: &RecordingFile) -> &'static str {
    match extension(file).as_str() {
        "mp4" => "video/mp4",
        "m4a" => "audio/mp4",
        "vtt" => "text/vtt",
        "txt" => "text/plain",
        "csv" => "text/csv",
        "json" => "application/json",
        "jpg" => "image/jpeg",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{key, media, name};
    use crate::upstream::zoom::model::RecordingFile;

    fn file(value: serde_json::Value) -> RecordingFile {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_files_name_is_the_same_each_time_and_leads_nowhere() {
        let recording = "4444AAAiAAAAAiAiAiiAii==".parse().unwrap();
        let video = file(json!({
            "file_type": "MP4", "file_extension": "MP4", "recording_type": "active_speaker",
            "recording_start": "2026-11-21T09:00:00Z", "file_size": 5,
        }));
        let named = key(&recording, &video);
        assert_eq!(named.len(), 64);
        assert_eq!(named, key(&recording, &video));
        assert_eq!(
            name(&named, &video),
            format!("Zoom_2026-11-21_video_{}.mp4", &named[..8])
        );
        assert_eq!(media(&video), "video/mp4");
        let odd = file(json!({ "file_extension": "../sh", "recording_start": "../../../x" }));
        assert_eq!(name("0123456789", &odd), "Zoom_file_01234567.bin");
        assert_ne!(key(&recording, &odd), named);
    }
}
