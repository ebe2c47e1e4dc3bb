//! The vendors that tell: signed deliveries as Jira and Zoom send them, one after the other for each object, and again
//! until they are taken.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};
use trefoil::auth::qsh::qsh;
use trefoil::clock;
use trefoil::upstream::signature;

use super::client::Connection;
use super::ledger::Ledger;
use super::people;

/// How long a vendor here waits before it tells again what was not taken; the true ones take minutes.
const AGAIN: Duration = Duration::from_millis(200);

/// What events happen to.
#[derive(Debug, Clone)]
pub enum Object {
    /// An issue of a site, by Atlassian's id of the site.
    Issue { client_key: String, issue: u64 },
    /// The recordings of a Zoom user.
    Recordings { host: String },
}

impl Object {
    /// What is listened to when it is this.
    pub fn subscription(&self) -> String {
        match self {
            Self::Issue { issue, .. } => {
                format!(
                    "subscription {{ told: issueEvents(issue: \"{issue}\") {{ id kind occurredAt }} }}"
                )
            }
            Self::Recordings { .. } => {
                "subscription { told: recordingEvents { id kind occurredAt } }".to_owned()
            }
        }
    }

    /// The request that tells of something that happened to it at a moment (Unix milliseconds).
    pub fn delivery(&self, number: usize, at: i64) -> Vec<u8> {
        match self {
            Self::Issue { client_key, issue } => jira(client_key, *issue, number, at),
            Self::Recordings { host } => zoom(host, number, at),
        }
    }
}

/// A comment, told to the module of the Connect app.
fn jira(client_key: &str, issue: u64, number: usize, at: i64) -> Vec<u8> {
    let target = format!("/webhooks/jira?event=comment_created&issue={issue}");
    let now = clock::unix();
    let claims = json!({
        "iss": client_key, "iat": now, "exp": now + 180, "qsh": qsh("POST", &target, ""),
    });
    let author = json!({
        "self": "https://load.atlassian.net/rest/api/2/user?accountId=5b10a2844c20165700ede21g",
        "accountId": "5b10a2844c20165700ede21g", "displayName": "Clara Weiß", "active": true, "accountType": "atlassian",
    });
    let body = json!({
        "timestamp": at,
        "webhookEvent": "comment_created",
        "comment": {
            "self": format!("https://load.atlassian.net/rest/api/2/issue/{issue}/comment/{number}"),
            "id": (20_000 + number).to_string(), "author": author, "updateAuthor": author, "jsdPublic": true,
            "body": "We looked at it this morning and could not make it happen again. ".repeat(4),
        },
        "issue": {
            "id": issue.to_string(), "key": "DEMO-42",
            "self": format!("https://load.atlassian.net/rest/api/2/issue/{issue}"),
            "fields": {
                "summary": "The cart forgets what was in it", "project": { "id": "10000", "key": "DEMO", "name": "Demo" },
                "status": { "name": "In Progress" }, "priority": { "name": "High" }, "assignee": author,
            },
        },
        "eventType": "primaryAction",
    });
    let headers = format!(
        "Authorization: JWT {}\r\nX-Atlassian-Webhook-Identifier: {client_key}-{issue}-{at}\r\n",
        people::signed(&claims)
    );
    request(&target, &headers, &body)
}

/// A recording of a new meeting.
fn zoom(host: &str, number: usize, at: i64) -> Vec<u8> {
    let body = json!({
        "event": "recording.completed", "event_ts": at,
        "payload": {
            "account_id": "AAAAAABBBB",
            "object": {
                "uuid": format!("{host}{number}=="), "id": 85_746_065, "host_id": host, "topic": "Weekly", "type": 2,
                "start_time": "2026-11-21T09:00:00Z", "duration": 30, "recording_count": 1,
                "recording_files": [{
                    "id": format!("file-{number}"), "file_type": "MP4", "file_size": 7_220_000, "status": "completed",
                    "download_url": "https://load.zoom.us/rec/download/xxxx", "recording_type": "shared_screen",
                }],
            },
        },
    });
    let (text, now) = (body.to_string(), clock::unix().to_string());
    let parts: &[&[u8]] = &[b"v0:", now.as_bytes(), b":", text.as_bytes()];
    let secret = SecretString::from(people::WEBHOOK_SECRET);
    let headers = format!(
        "x-zm-signature: v0={}\r\nx-zm-request-timestamp: {now}\r\n",
        signature::hex(&secret, parts)
    );
    request("/webhooks/zoom", &headers, &body)
}

fn request(target: &str, headers: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Tells of one event until it is taken.
pub async fn tell(
    connection: &mut Option<Connection>,
    address: SocketAddr,
    ledger: &Ledger,
    object: (usize, &Object),
) {
    let (place, what) = object;
    let (number, at) = ledger.next(place);
    loop {
        match deliver(connection, address, &what.delivery(number, at)).await {
            Ok(204) => break ledger.taken(place, number),
            Ok(_) => {}
            Err(_) => *connection = None,
        }
        sleep(AGAIN).await;
    }
}

/// Sends a request; its status.
pub async fn deliver(
    connection: &mut Option<Connection>,
    address: SocketAddr,
    request: &[u8],
) -> io::Result<u16> {
    let open = match connection {
        Some(open) => open,
        None => connection.insert(Connection::open(address).await?),
    };
    Ok(open.ask(request).await?.0)
}

/// Tells of events of all objects at a pace, for a time. Objects take turns; `hot` of every hundred events happen to the
/// first of them.
pub async fn tell_all(address: SocketAddr, ledger: &Ledger, objects: &[Object], pace: Pace) {
    let begun = Instant::now();
    let end = begun + pace.time;
    let rate = f64::from(pace.rate);
    let hot = rate * f64::from(pace.hot) / 100.0;
    #[expect(clippy::cast_precision_loss, reason = "nobody counts so far")]
    let rest = (rate - hot) / objects.len() as f64;
    let telling = objects.iter().enumerate().map(|object| async move {
        let rate = if object.0 == 0 { rest + hot } else { rest };
        let every = Duration::from_secs_f64(1.0 / rate);
        // They do not all tell in the same moment.
        #[expect(clippy::cast_precision_loss, reason = "nobody counts so far")]
        let share = object.0 as f64 / objects.len() as f64;
        let mut due = begun + every.mul_f64(share);
        let mut connection = None;
        while due < end {
            sleep_until(due).await;
            tell(&mut connection, address, ledger, object).await;
            due += every;
        }
    });
    futures::future::join_all(telling).await;
}

/// How often and how long is told.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long.
    pub time: Duration,
    /// Events a second.
    pub rate: u32,
    /// How many of a hundred happen to the first object beside its share.
    pub hot: u32,
}
