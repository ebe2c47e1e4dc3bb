//! Subscriptions to Graph's change notifications: create, renew, authorize again, end, and find what was missed.
//!
//! All delegated: they tell of the signed-in person's own things. Basic notifications, which carry ids and no content.
//! <https://learn.microsoft.com/graph/api/resources/subscription>

use std::time::Duration;

use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;

use super::{Page, request, successful};
use crate::clock;
use crate::event::Personal;
use crate::id::{GraphId, encode};
use crate::upstream::http::{Answer, Http};
use crate::upstream::{Access, Error, Kind, Provider};

/// How long Graph may take to make a subscription: it asks both of our addresses, ten seconds each, before it answers.
const HANDSHAKE: Duration = Duration::from_secs(25);
/// The most mails that are read of those that came while notifications were missed.
const CAUGHT_UP: usize = 100;
/// The most pages of subscriptions that are read.
const PAGES: usize = 10;

/// What is subscribed to, and how we are told.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// What tells: [`resource`].
    pub resource: &'a str,
    /// Of which changes: [`changes`].
    pub changes: &'a str,
    /// Where notifications are sent.
    pub notification_url: &'a Url,
    /// Where Graph tells of the subscription itself.
    pub lifecycle_url: &'a Url,
    /// What every notification is to carry.
    pub client_state: &'a SecretString,
    /// When it is to end, Unix milliseconds.
    pub expires_at: i64,
}

/// A subscription as Graph tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: String,
    /// What tells.
    pub resource: String,
    /// Where its notifications are sent.
    pub notification_url: String,
    /// When it ends, Unix milliseconds.
    pub expires_at: i64,
}

/// What came of making a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// It is there.
    New(Subscription),
    /// There is one of this app and person for the same (409).
    Exists,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    id: String,
    resource: String,
    #[serde(default)]
    notification_url: Option<String>,
    expiration_date_time: String,
}

#[derive(Deserialize)]
struct Listed {
    value: Vec<Told>,
    #[serde(default, rename = "@odata.nextLink")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    id: GraphId,
}

/// The resource that tells of what is somebody's own. Tasks and chats are told of by list and by chat; `None` without
/// one.
///
/// Mails of all folders, not of the inbox: a rule may file an answer elsewhere, and one's own answers are part of a
/// conversation too.
pub fn resource(what: Personal, object: Option<&GraphId>) -> Option<String> {
    // As Graph itself spells its ids, unless that would be another path.
    let named = |id: &GraphId| match id.as_str() {
        id if id.contains(['/', '?', '#', '%']) => encode(id),
        id => id.to_owned(),
    };
    match what {
        Personal::Mail => Some("/me/messages".to_owned()),
        Personal::Calendar => Some("/me/events".to_owned()),
        Personal::Tasks => object.map(|list| format!("/me/todo/lists/{}/tasks", named(list))),
        Personal::Chats => object.map(|chat| format!("/chats/{}/messages", named(chat))),
    }
}

/// The changes that matter. Not that a mail was read, flagged or filed, nor each time a draft is saved by itself: Graph
/// calls all that `updated`, and each would cost everybody who listens a read.
pub fn changes(what: Personal) -> &'static str {
    match what {
        Personal::Mail => "created,deleted",
        Personal::Calendar | Personal::Tasks | Personal::Chats => "created,updated,deleted",
    }
}

/// The permissions of which one is needed, the one to ask for first. Tasks are told of only to those who may write them.
/// <https://learn.microsoft.com/graph/api/subscription-post-subscriptions#permissions>
pub fn scopes(what: Personal) -> &'static [&'static str] {
    match what {
        Personal::Mail => &["Mail.Read", "Mail.ReadBasic"],
        Personal::Calendar => &["Calendars.Read"],
        Personal::Chats => &["Chat.Read", "Chat.ReadWrite"],
        Personal::Tasks => &["Tasks.ReadWrite"],
    }
}

/// Permissions that may do instead: by one of Graph's pages those that write as well are refused, by others not.
pub fn wider_scopes(what: Personal) -> &'static [&'static str] {
    match what {
        Personal::Mail => &["Mail.ReadWrite"],
        Personal::Calendar => &["Calendars.ReadWrite"],
        Personal::Chats | Personal::Tasks => &[],
    }
}

/// Makes a subscription: `POST /subscriptions`. Graph asks both addresses for a handshake before it answers.
pub async fn create(http: &Http, access: &Access, wanted: &Wanted<'_>) -> Result<Made, Error> {
    const OPERATION: &str = "subscribe to changes";
    let body = json!({
        "changeType": wanted.changes,
        "resource": wanted.resource,
        "notificationUrl": wanted.notification_url.as_str(),
        "lifecycleNotificationUrl": wanted.lifecycle_url.as_str(),
        "clientState": wanted.client_state.expose_secret(),
        "expirationDateTime": rfc3339(wanted.expires_at),
        "latestSupportedTlsVersion": "v1_2",
    });
    let request = request(http, access, Method::POST, "/subscriptions").json(&body);
    let answer = http
        .exchange_within(HANDSHAKE, Provider::Microsoft, OPERATION, request)
        .await?;
    if answer.status == StatusCode::CONFLICT {
        return Ok(Made::Exists);
    }
    told(&successful(answer, OPERATION)?, OPERATION).map(Made::New)
}

/// Moves a subscription's end, which authorizes it again too: `PATCH /subscriptions/{id}`. `NotFound` when it is gone.
pub async fn renew(
    http: &Http,
    access: &Access,
    id: &str,
    expires_at: i64,
) -> Result<Subscription, Error> {
    const OPERATION: &str = "renew a subscription";
    let body = json!({ "expirationDateTime": rfc3339(expires_at) });
    let request = request(http, access, Method::PATCH, &path(id)).json(&body);
    let answer = http
        .exchange(Provider::Microsoft, OPERATION, request)
        .await?;
    told(&successful(answer, OPERATION)?, OPERATION)
}

/// Authorizes a subscription with this token instead of the one that made it: `POST /subscriptions/{id}/reauthorize`.
/// `NotFound` when it is gone.
pub async fn reauthorize(http: &Http, access: &Access, id: &str) -> Result<(), Error> {
    const OPERATION: &str = "authorize a subscription again";
    let path = format!("{}/reauthorize", path(id));
    let request = request(http, access, Method::POST, &path).header("Content-Length", "0");
    let answer = http
        .exchange(Provider::Microsoft, OPERATION, request)
        .await?;
    successful(answer, OPERATION).map(drop)
}

/// Ends a subscription: `DELETE /subscriptions/{id}`. One that is gone is as good.
pub async fn end(http: &Http, access: &Access, id: &str) -> Result<(), Error> {
    const OPERATION: &str = "end a subscription";
    let request = request(http, access, Method::DELETE, &path(id));
    let answer = http
        .exchange(Provider::Microsoft, OPERATION, request)
        .await?;
    match successful(answer, OPERATION) {
        Err(error) if error.kind != Kind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// This app's subscriptions of the person: `GET /subscriptions`.
pub async fn all(http: &Http, access: &Access) -> Result<Vec<Subscription>, Error> {
    const OPERATION: &str = "list subscriptions";
    let base = access.base.as_str().trim_end_matches('/').to_owned();
    let mut path = "/subscriptions".to_owned();
    let mut subscriptions = Vec::new();
    for _ in 0..PAGES {
        let request = request(http, access, Method::GET, &path);
        let answer = http
            .exchange(Provider::Microsoft, OPERATION, request)
            .await?;
        let page: Listed = successful(answer, OPERATION)?.json(Provider::Microsoft, OPERATION)?;
        subscriptions.extend(page.value.into_iter().filter_map(Told::read));
        // The token goes nowhere but to Graph.
        match page
            .next
            .and_then(|it| it.strip_prefix(&base).map(str::to_owned))
        {
            Some(next) => path = next,
            None => break,
        }
    }
    Ok(subscriptions)
}

/// The ids of the mails that came since a moment (Unix milliseconds), the oldest first, and whether that is all of them.
pub async fn received_since(
    http: &Http,
    access: &Access,
    since: i64,
) -> Result<(Vec<GraphId>, bool), Error> {
    const OPERATION: &str = "find what was missed";
    let filter = encode(&format!("receivedDateTime ge {}", rfc3339(since)));
    let path = format!(
        "/me/messages?$filter={filter}&$orderby=receivedDateTime&$select=id&$top={CAUGHT_UP}"
    );
    let request = request(http, access, Method::GET, &path);
    let answer = http
        .exchange(Provider::Microsoft, OPERATION, request)
        .await?;
    let page: Page<Message> =
        successful(answer, OPERATION)?.json(Provider::Microsoft, OPERATION)?;
    let complete = page.value.len() < CAUGHT_UP;
    Ok((page.value.into_iter().map(|it| it.id).collect(), complete))
}

impl Told {
    fn read(self) -> Option<Subscription> {
        let ends = OffsetDateTime::parse(&self.expiration_date_time, &Rfc3339).ok()?;
        let known = !self.id.is_empty() && self.id.len() <= 128;
        known.then(|| Subscription {
            id: self.id,
            resource: self.resource,
            notification_url: self.notification_url.unwrap_or_default(),
            expires_at: ends.unix_timestamp() * 1000,
        })
    }
}

fn told(answer: &Answer, operation: &'static str) -> Result<Subscription, Error> {
    let told: Told = answer.json(Provider::Microsoft, operation)?;
    told.read()
        .ok_or_else(|| Error::new(Provider::Microsoft, operation, Kind::Invalid))
}

fn path(id: &str) -> String {
    format!("/subscriptions/{}", encode(id))
}

fn rfc3339(millis: i64) -> String {
    let moment = clock::at(millis - millis.rem_euclid(1000));
    moment.format(&Rfc3339).unwrap_or_default()
}
