//! The things in the hand-written join's answer, each made of its vendor's JSON.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use trefoil::id::encode;
use trefoil::transfer::file::hex;

use super::plan::Planned;
use super::vendor::{Chat, Event, Mail, Recording, Task};

#[derive(Serialize)]
pub struct Name<'a> {
    pub name: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MailNode<'a> {
    pub id: String,
    pub link_id: &'a str,
    pub subject: Cow<'a, str>,
    pub from: Name<'a>,
    pub received_at: Cow<'a, str>,
    pub preview: Cow<'a, str>,
    pub web_url: &'a str,
    pub has_attachments: bool,
    pub is_read: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MeetingNode<'a> {
    pub id: String,
    pub provider: &'static str,
    pub subject: Cow<'a, str>,
    pub starts_at: Cow<'a, str>,
    pub ends_at: Cow<'a, str>,
    pub join_url: Option<&'a str>,
    pub web_url: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatNode<'a> {
    pub id: String,
    pub topic: Cow<'a, str>,
    pub kind: &'static str,
    pub members: Vec<Name<'a>>,
    pub updated_at: Cow<'a, str>,
    pub web_url: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskNode<'a> {
    pub id: String,
    pub title: Cow<'a, str>,
    pub status: &'static str,
    pub due_at: Cow<'a, str>,
    pub web_url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordingNode<'a> {
    pub id: String,
    pub topic: Cow<'a, str>,
    pub started_at: Cow<'a, str>,
    pub duration_minutes: i64,
    pub total_size: f64,
    pub password_protected: bool,
    pub files: Vec<FileNode<'a>>,
}

#[derive(Serialize)]
pub struct FileNode<'a> {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: &'a str,
    pub size: f64,
}

impl<'a> Name<'a> {
    pub fn new(name: &'a str) -> Self {
        Self {
            name: Cow::Borrowed(name),
        }
    }
}

impl<'a> MailNode<'a> {
    pub fn new(mail: Mail<'a>, link: &'a Planned) -> Self {
        Self {
            id: node_id(&["mail", mail.id]),
            link_id: &link.id,
            subject: mail.subject,
            from: Name {
                name: mail.from.address.name,
            },
            received_at: moment(mail.received_date_time),
            preview: mail.body_preview,
            web_url: mail.web_link,
            has_attachments: mail.has_attachments,
            is_read: mail.is_read,
        }
    }
}

impl<'a> MeetingNode<'a> {
    pub fn new(event: Event<'a>) -> Self {
        Self {
            id: node_id(&["event", event.id]),
            provider: if event.is_online_meeting {
                "TEAMS"
            } else {
                "OUTLOOK"
            },
            subject: event.subject,
            starts_at: moment(event.start.moment),
            ends_at: moment(event.end.moment),
            join_url: event.online_meeting.map(|meeting| meeting.join_url),
            web_url: event.web_link,
        }
    }
}

impl<'a> ChatNode<'a> {
    pub fn new(chat: Chat<'a>) -> Self {
        let name = |member: super::vendor::User<'a>| Name { name: member.name };
        Self {
            id: node_id(&["chat", chat.id]),
            topic: chat.topic,
            kind: match chat.kind {
                "oneOnOne" => "ONE_ON_ONE",
                "group" => "GROUP",
                "meeting" => "MEETING",
                _ => "UNKNOWN",
            },
            members: chat.members.into_iter().map(name).collect(),
            updated_at: moment(chat.last_updated_date_time),
            web_url: chat.web_url,
        }
    }
}

impl<'a> TaskNode<'a> {
    pub fn new(task: Task<'a>, link: &Planned) -> Self {
        let id = encode(task.id);
        Self {
            id: node_id(&["task", &link.list, task.id]),
            title: task.title,
            status: match task.status {
                "notStarted" => "NOT_STARTED",
                "inProgress" => "IN_PROGRESS",
                "completed" => "COMPLETED",
                "waitingOnOthers" => "WAITING_ON_OTHERS",
                "deferred" => "DEFERRED",
                _ => "UNKNOWN",
            },
            due_at: moment(task.due.moment),
            web_url: format!("https://to-do.office.com/tasks/id/{id}/details"),
        }
    }
}

impl<'a> RecordingNode<'a> {
    pub fn new(recording: Recording<'a>) -> Self {
        let file = |file: super::vendor::File<'a>| FileNode {
            id: file_id([
                recording.uuid,
                file.kind,
                file.view,
                file.start,
                file.extension,
            ]),
            kind: file.kind,
            size: file.size,
        };
        Self {
            id: node_id(&["zoom-recording", recording.uuid]),
            topic: recording.topic,
            started_at: moment(recording.start_time),
            duration_minutes: recording.duration,
            total_size: recording.total_size,
            password_protected: recording.password.is_some_and(|it| !it.is_empty()),
            files: recording.files.into_iter().map(file).collect(),
        }
    }
}

/// What tells a recording's file from all others, as the gateway names it.
fn file_id(parts: [&str; 5]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    hex(&digest.finalize())
}

fn node_id(parts: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(parts.join("\n"))
}

/// A moment in UTC as the schema writes it, from any of the spellings that the canned vendors use.
pub fn moment(text: &str) -> Cow<'_, str> {
    let plain = text.trim_end_matches("+0000").trim_end_matches('Z');
    let whole = match plain.split_once('.') {
        Some((_, fraction)) if fraction.bytes().any(|digit| digit != b'0') => {
            plain.trim_end_matches('0')
        }
        Some((whole, _)) => whole,
        None => plain,
    };
    if whole.len() + 1 == text.len() && text.ends_with('Z') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{whole}Z"))
}
