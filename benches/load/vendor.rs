//! The vendors' JSON as the hand-written join reads it, borrowed from the answers' bytes.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
pub struct Issue<'a> {
    pub key: &'a str,
    #[serde(borrow)]
    pub fields: Fields<'a>,
}

#[derive(Deserialize)]
pub struct Fields<'a> {
    #[serde(borrow)]
    pub summary: Cow<'a, str>,
    #[serde(borrow)]
    pub status: Status<'a>,
    #[serde(borrow)]
    pub priority: Named<'a>,
    #[serde(borrow)]
    pub assignee: User<'a>,
    pub updated: &'a str,
}

#[derive(Deserialize)]
pub struct Status<'a> {
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    #[serde(borrow, rename = "statusCategory")]
    pub category: Category<'a>,
}

#[derive(Deserialize)]
pub struct Category<'a> {
    pub key: &'a str,
}

#[derive(Deserialize)]
pub struct Named<'a> {
    #[serde(borrow)]
    pub name: Cow<'a, str>,
}

#[derive(Deserialize)]
pub struct User<'a> {
    #[serde(borrow, rename = "displayName")]
    pub name: Cow<'a, str>,
}

#[derive(Deserialize)]
pub struct BatchAnswer<'a> {
    #[serde(borrow)]
    pub responses: Vec<Part<'a>>,
}

#[derive(Deserialize)]
pub struct Part<'a> {
    pub id: &'a str,
    pub status: u16,
    #[serde(borrow)]
    pub body: &'a RawValue,
}

#[derive(Deserialize)]
pub struct Page<T> {
    pub value: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail<'a> {
    pub id: &'a str,
    #[serde(borrow)]
    pub subject: Cow<'a, str>,
    #[serde(borrow)]
    pub from: Recipient<'a>,
    pub received_date_time: &'a str,
    #[serde(borrow)]
    pub body_preview: Cow<'a, str>,
    pub has_attachments: bool,
    pub is_read: bool,
    pub web_link: &'a str,
}

#[derive(Deserialize)]
pub struct Recipient<'a> {
    #[serde(borrow, rename = "emailAddress")]
    pub address: Named<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event<'a> {
    pub id: &'a str,
    #[serde(borrow)]
    pub subject: Cow<'a, str>,
    pub is_online_meeting: bool,
    #[serde(borrow)]
    pub start: Zoned<'a>,
    #[serde(borrow)]
    pub end: Zoned<'a>,
    #[serde(borrow)]
    pub online_meeting: Option<OnlineMeeting<'a>>,
    pub web_link: &'a str,
}

#[derive(Deserialize)]
pub struct Zoned<'a> {
    #[serde(rename = "dateTime")]
    pub moment: &'a str,
}

#[derive(Deserialize)]
pub struct OnlineMeeting<'a> {
    #[serde(rename = "joinUrl")]
    pub join_url: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chat<'a> {
    pub id: &'a str,
    #[serde(borrow)]
    pub topic: Cow<'a, str>,
    #[serde(rename = "chatType")]
    pub kind: &'a str,
    pub last_updated_date_time: &'a str,
    pub web_url: &'a str,
    #[serde(borrow)]
    pub members: Vec<User<'a>>,
}

#[derive(Deserialize)]
pub struct Task<'a> {
    pub id: &'a str,
    #[serde(borrow)]
    pub title: Cow<'a, str>,
    pub status: &'a str,
    #[serde(borrow, rename = "dueDateTime")]
    pub due: Zoned<'a>,
}

#[derive(Deserialize)]
pub struct Recording<'a> {
    pub uuid: &'a str,
    #[serde(borrow)]
    pub topic: Cow<'a, str>,
    pub start_time: &'a str,
    pub duration: i64,
    pub total_size: f64,
    pub password: Option<&'a str>,
    #[serde(borrow, rename = "recording_files")]
    pub files: Vec<File<'a>>,
}

#[derive(Deserialize)]
pub struct File<'a> {
    #[serde(rename = "file_type")]
    pub kind: &'a str,
    #[serde(rename = "recording_type")]
    pub view: &'a str,
    #[serde(rename = "recording_start")]
    pub start: &'a str,
    #[serde(rename = "file_extension")]
    pub extension: &'a str,
    #[serde(rename = "file_size")]
    pub size: f64,
}
