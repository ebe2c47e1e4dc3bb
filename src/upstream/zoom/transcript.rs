//! Transcripts: read from Zoom into memory, bounded, and turned from a list of cues (VTT) into who said what when.

use std::borrow::Cow;

use bytes::Bytes;
use futures::StreamExt as _;

use super::download::{self, Failure};
use super::model;
use crate::id::ZoomUuid;
use crate::upstream::http::Http;
use crate::upstream::{Access, Error, Kind, Provider};

const OPERATION: &str = "read a transcript";
/// The most bytes of a transcript that are read: some ten hours of talk.
const LONGEST: usize = 2 * 1024 * 1024;
/// The longest name of a speaker, in characters; what is longer before a colon is part of what was said.
const LONGEST_NAME: usize = 80;

/// What was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transcript {
    /// In order of time.
    pub said: Vec<Said>,
    /// Whether there is more than is read.
    pub more: bool,
}

/// Something that somebody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Milliseconds since the recording began.
    pub at: u32,
    /// Who, as Zoom recognised them.
    pub speaker: Option<String>,
    /// What.
    pub text: String,
}

/// The transcript of one meeting instance. `None` when there is none, or not yet. `hosts` get the bearer.
pub async fn read(
    http: &Http,
    access: &Access,
    uuid: &ZoomUuid,
    hosts: &[String],
) -> Result<Option<Transcript>, Error> {
    let Some(all) = download::downloadable(http, access, uuid).await? else {
        return Ok(None);
    };
    let Some((_, Some(source))) = all.file(access, is_transcript) else {
        return Ok(None);
    };
    let opened = download::open(http, &source, hosts).await;
    let mut opened = opened.map_err(|failure| match failure {
        Failure::NotARecording => Error::new(Provider::Zoom, OPERATION, Kind::Invalid),
        Failure::Failed(error) => error,
    })?;
    let mut bytes = Vec::new();
    let mut more = false;
    while let Some(piece) = opened.stream.next().await {
        let piece: Bytes = piece?;
        let room = LONGEST - bytes.len();
        more = piece.len() > room;
        bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        if more {
            break;
        }
    }
    let text: Cow<'_, str> = String::from_utf8_lossy(&bytes);
    Ok(Some(Transcript {
        said: said(&text),
        more,
    }))
}

/// Whether a file is the transcript of what was said.
pub fn is_transcript(file: &model::RecordingFile) -> bool {
    file.file_type.as_deref() == Some("TRANSCRIPT")
}

/// Reads VTT, as much of it as Zoom writes: cues of a time and lines, a speaker's name before a colon or in `<v>`.
/// What does not look like that is left out.
fn said(vtt: &str) -> Vec<Said> {
    let mut all: Vec<Said> = Vec::new();
    let mut open: Option<Said> = None;
    for line in vtt.lines().map(str::trim) {
        if let Some((start, _)) = line.split_once("-->") {
            all.extend(open.take().filter(|it| !it.text.is_empty()));
            open = millis(start.trim()).map(|at| Said {
                at,
                speaker: None,
                text: String::new(),
            });
        } else if line.is_empty() {
            all.extend(open.take().filter(|it| !it.text.is_empty()));
        } else if let Some(cue) = &mut open {
            let line = if cue.text.is_empty() && cue.speaker.is_none() {
                let (speaker, line) = speaker(line);
                cue.speaker = speaker;
                line
            } else {
                line
            };
            if !cue.text.is_empty() {
                cue.text.push(' ');
            }
            cue.text.push_str(&bare(line));
        }
    }
    all.extend(open.filter(|it| !it.text.is_empty()));
    all
}

/// `01:02:03.456` or `02:03.456`.
fn millis(text: &str) -> Option<u32> {
    let (clock, fraction) = text.split_once('.')?;
    let mut seconds = 0_u32;
    for part in clock.split(':') {
        seconds = seconds.checked_mul(60)?.checked_add(part.parse().ok()?)?;
    }
    let fraction: u32 = fraction.get(..3)?.parse().ok()?;
    seconds.checked_mul(1_000)?.checked_add(fraction)
}

/// Who speaks, and the rest of the line.
fn speaker(line: &str) -> (Option<String>, &str) {
    if let Some((name, rest)) = line.strip_prefix("<v ").and_then(|it| it.split_once('>')) {
        return (Some(name.trim().to_owned()), rest);
    }
    match line.split_once(": ") {
        Some((name, rest)) if !name.is_empty() && name.chars().count() <= LONGEST_NAME => {
            (Some(name.to_owned()), rest)
        }
        _ => (None, line),
    }
}

/// A line without tags, its escapes undone.
fn bare(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut inside = false;
    for sign in line.chars() {
        match sign {
            '<' => inside = true,
            '>' if inside => inside = false,
            _ if inside => {}
            sign => text.push(sign),
        }
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{Said, said};

    fn one(at: u32, speaker: Option<&str>, text: &str) -> Said {
        Said {
            at,
            speaker: speaker.map(ToOwned::to_owned),
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_transcript_tells_who_said_what_when() {
        let vtt = "WEBVTT\r\n\r\n1\r\n00:00:03.120 --> 00:00:06.480\r\nAlice Meyer: Guten Morgen, let us begin.\r\nNow.\r\n\r\n\
            2\r\n01:00:07.000 --> 01:00:09.300 align:start\r\n<v Bob Tanaka>The <i>pilot</i> group &amp; &lt;all&gt;</v>\r\n\r\n\
            NOTE nothing\r\n\r\n3\r\n02:03.5 --> 02:04.000\r\nlost\r\n\r\n00:10.250 --> 00:11.000\r\nNobody said: that is at least\r\n";
        assert_eq!(
            said(vtt),
            [
                one(
                    3_120,
                    Some("Alice Meyer"),
                    "Guten Morgen, let us begin. Now."
                ),
                one(3_607_000, Some("Bob Tanaka"), "The pilot group & <all>"),
                one(10_250, Some("Nobody said"), "that is at least"),
            ]
        );
        assert_eq!(said("<html><body>sign in</body></html>"), []);
        assert_eq!(said("WEBVTT\n\n00:01.000 --> 00:02.000\n\n"), []);
    }

    #[test]
    fn a_hostile_transcript_takes_time_in_proportion_to_its_length() {
        let time = |count: usize| {
            let vtt = format!("00:00.000 --> 00:01.000\n{}", "<v <a: ".repeat(count));
            let begun = Instant::now();
            assert!(said(&vtt).len() <= 1);
            begun.elapsed()
        };
        let (short, long) = (time(20_000), time(200_000));
        assert!(
            long < short * 100 + std::time::Duration::from_millis(200),
            "{short:?} {long:?}"
        );
    }
}
