//! Microsoft Graph v1.0: reads go through `$batch`, at most 20 to a batch and 4 at once for a mailbox.

pub mod chat;
pub mod event;
pub mod mail;
pub mod meeting;
pub mod oauth;
pub mod rich;
pub mod todo;
pub mod watch;
pub mod webhook;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::Semaphore;

use crate::id::PersonId;
use crate::upstream::http::{Answer, Download, Http, kind_of, retry_after};
use crate::upstream::{Access, Error, Kind, Provider};

/// The most requests that one `$batch` takes.
/// <https://learn.microsoft.com/graph/json-batching>
pub const BATCH: usize = 20;

/// How many requests Outlook runs at once for one app and mailbox.
/// <https://learn.microsoft.com/graph/throttling-limits>
const AT_ONCE: usize = 4;

/// A date with its time zone's name, as calendars and tasks have them.
#[derive(Debug, Clone, Deserialize)]
pub struct DateTimeZone {
    #[serde(rename = "dateTime")]
    pub date_time: String,
    #[serde(default, rename = "timeZone")]
    pub time_zone: Option<String>,
}

/// Someone with an address, as mails and events have them.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Recipient {
    #[serde(default, rename = "emailAddress")]
    pub email_address: Option<EmailAddress>,
}

/// A name and an address.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct EmailAddress {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub address: Option<String>,
}

/// A body in HTML or text.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Body {
    #[serde(default, rename = "contentType")]
    pub content_type: Option<String>,
    #[serde(default)]
    pub content: Option<String>,
}

/// A collection's page.
#[derive(Debug, Deserialize)]
pub struct Page<T> {
    pub value: Vec<T>,
}

/// One read of Graph: a path below `/v1.0`, with its query. Built only by the modules beside this one.
pub type Path = String;

/// What one read gave: its JSON, not looked into yet.
pub type Outcome = Result<Arc<RawValue>, Error>;

/// How many requests each person's mailbox has under way.
#[derive(Debug, Clone)]
pub struct Mailboxes(moka::sync::Cache<PersonId, Arc<Semaphore>>);

impl Default for Mailboxes {
    fn default() -> Self {
        let idle = Duration::from_mins(5);
        Self(
            moka::sync::Cache::builder()
                .max_capacity(100_000)
                .time_to_idle(idle)
                .build(),
        )
    }
}

#[derive(Serialize)]
struct BatchRequest<'a> {
    requests: Vec<BatchItem<'a>>,
}

#[derive(Serialize)]
struct BatchItem<'a> {
    id: String,
    method: &'static str,
    url: &'a str,
    headers: HashMap<&'static str, &'static str>,
}

#[derive(Deserialize)]
struct BatchAnswer {
    responses: Vec<BatchPart>,
}

#[derive(Deserialize)]
struct BatchPart {
    id: String,
    status: u16,
    #[serde(default)]
    headers: HashMap<String, String>,
    #[serde(default)]
    body: Option<Box<RawValue>>,
}

/// Reads many paths as one person: `POST /$batch`, as few as there can be, run at most 4 at once.
///
/// Every path has its own outcome; a batch that fails as a whole gives its error to each of its paths.
pub async fn read(
    http: &Http,
    mailboxes: &Mailboxes,
    person: PersonId,
    access: &Access,
    paths: &[Path],
) -> HashMap<Path, Outcome> {
    let slots = mailboxes
        .0
        .get_with(person, || Arc::new(Semaphore::new(AT_ONCE)));
    let mut running = FuturesUnordered::new();
    for chunk in paths.chunks(BATCH) {
        running.push(in_turn(http, &slots, access, chunk));
    }
    let mut all = HashMap::with_capacity(paths.len());
    while let Some(outcomes) = running.next().await {
        all.extend(outcomes);
    }
    all
}

/// One batch, as soon as the mailbox has a free slot.
async fn in_turn(
    http: &Http,
    slots: &Semaphore,
    access: &Access,
    paths: &[Path],
) -> Vec<(Path, Outcome)> {
    let _slot = slots
        .acquire()
        .await
        .expect("the semaphore is never closed");
    match batch(http, access, paths).await {
        Ok(outcomes) => outcomes,
        Err(error) => paths
            .iter()
            .map(|path| (path.clone(), Err(error.clone())))
            .collect(),
    }
}

async fn batch(
    http: &Http,
    access: &Access,
    paths: &[Path],
) -> Result<Vec<(Path, Outcome)>, Error> {
    const OPERATION: &str = "read from Graph";
    let body = BatchRequest {
        requests: paths
            .iter()
            .enumerate()
            .map(|(index, url)| BatchItem {
                id: index.to_string(),
                method: "GET",
                url,
                headers: HashMap::from([(
                    "Prefer",
                    "IdType=\"ImmutableId\", outlook.timezone=\"UTC\"",
                )]),
            })
            .collect(),
    };
    let address = format!("{}/$batch", access.base.as_str().trim_end_matches('/'));
    let request = http
        .client()
        .post(address)
        .bearer_auth(access.token.expose_secret())
        .header("client-request-id", uuid::Uuid::new_v4().to_string())
        .json(&body);
    let answer = http
        .exchange(Provider::Microsoft, OPERATION, request)
        .await?;
    if !answer.status.is_success() {
        return Err(Error::new(
            Provider::Microsoft,
            OPERATION,
            whole_kind(&answer),
        ));
    }
    let answer: BatchAnswer = answer.json(Provider::Microsoft, OPERATION)?;
    let mut parts: HashMap<String, BatchPart> = answer
        .responses
        .into_iter()
        .map(|part| (part.id.to_ascii_lowercase(), part))
        .collect();
    Ok(paths
        .iter()
        .enumerate()
        .map(|(index, path)| {
            let outcome = match parts.remove(&index.to_string()) {
                Some(part) => outcome_of(part, OPERATION),
                None => Err(Error::new(Provider::Microsoft, OPERATION, Kind::Invalid)),
            };
            (path.clone(), outcome)
        })
        .collect())
}

/// The answer when its status is 2xx, else what it means.
fn successful(answer: Answer, operation: &'static str) -> Result<Answer, Error> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    let kind = whole_kind(&answer);
    Err(Error::new(Provider::Microsoft, operation, kind))
}

/// A request that is not part of a batch. `path` is below `/v1.0`.
fn request(http: &Http, access: &Access, method: Method, path: &str) -> RequestBuilder {
    let base = access.base.as_str().trim_end_matches('/');
    http.client()
        .request(method, format!("{base}{path}"))
        .bearer_auth(access.token.expose_secret())
        .header("client-request-id", uuid::Uuid::new_v4().to_string())
        .header("Prefer", "IdType=\"ImmutableId\"")
}

/// Opens something that is too large for a batch, to be passed on as it comes. `path` is below `/v1.0`.
async fn download(
    http: &Http,
    access: &Access,
    operation: &'static str,
    path: &str,
) -> Result<Download, Error> {
    let base = access.base.as_str().trim_end_matches('/');
    let request = http
        .client()
        .get(format!("{base}{path}"))
        .bearer_auth(access.token.expose_secret())
        .header("client-request-id", uuid::Uuid::new_v4().to_string())
        .header("Prefer", "IdType=\"ImmutableId\"")
        // Otherwise its length is not known beforehand.
        .header("Accept-Encoding", "identity");
    let opened = http.open(Provider::Microsoft, operation, request).await?;
    opened.map_err(|answer| Error::new(Provider::Microsoft, operation, whole_kind(&answer)))
}

fn outcome_of(part: BatchPart, operation: &'static str) -> Outcome {
    let status = StatusCode::from_u16(part.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let failed = |kind| Err(Error::new(Provider::Microsoft, operation, kind));
    if status.is_success() {
        return match part.body {
            Some(body) => Ok(body.into()),
            None => failed(Kind::Invalid),
        };
    }
    let headers: HeaderMap = part
        .headers
        .iter()
        .filter_map(|(name, value)| {
            Some((
                name.parse::<HeaderName>().ok()?,
                HeaderValue::from_str(value).ok()?,
            ))
        })
        .collect();
    let code = part.body.as_deref().and_then(error_code);
    failed(refusal(status, code.as_deref(), &headers))
}

fn whole_kind(answer: &Answer) -> Kind {
    let code = serde_json::from_slice::<Box<RawValue>>(&answer.body).ok();
    refusal(
        answer.status,
        code.as_deref().and_then(error_code).as_deref(),
        &answer.headers,
    )
}

/// What an unsuccessful answer of Graph means, by its status and error code, never by its message.
fn refusal(status: StatusCode, code: Option<&str>, headers: &HeaderMap) -> Kind {
    let claims = claims_of(headers);
    match (status, code) {
        (StatusCode::UNAUTHORIZED, _) => Kind::TokenRefused { claims },
        (StatusCode::FORBIDDEN, _) if claims.is_some() => Kind::TokenRefused { claims },
        (StatusCode::NOT_FOUND, Some("MailboxNotEnabledForRESTAPI")) => Kind::Forbidden,
        // Graph answers 400 for an id of another mailbox or one that was cut.
        (StatusCode::BAD_REQUEST, Some("ErrorInvalidIdMalformed" | "ErrorInvalidId")) => {
            Kind::NotFound
        }
        (_, Some("TooManyRequests" | "ApplicationThrottled" | "activityLimitReached")) => {
            Kind::RateLimited {
                retry_after: retry_after(headers),
            }
        }
        _ => kind_of(status, headers),
    }
}

fn error_code(body: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Envelope {
        error: Inner,
    }
    #[derive(Deserialize)]
    struct Inner {
        code: String,
    }
    serde_json::from_str::<Envelope>(body.get())
        .ok()
        .map(|it| it.error.code)
}

/// The claims challenge of continuous access evaluation, decoded.
/// <https://learn.microsoft.com/entra/identity-platform/claims-challenge>
fn claims_of(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all("www-authenticate")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .filter(|value| value.contains("insufficient_claims"))
        .find_map(|value| {
            let (_, rest) = value.split_once("claims=\"")?;
            let (encoded, _) = rest.split_once('"')?;
            String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
        })
}

/// Reads one outcome as the object it should be.
pub fn parse<T: DeserializeOwned>(json: &RawValue, operation: &'static str) -> Result<T, Error> {
    serde_json::from_str(json.get()).map_err(|error| {
        tracing::warn!(operation, category = ?error.classify(), "an answer of Graph could not be read");
        Error::new(Provider::Microsoft, operation, Kind::Invalid)
    })
}

/// A literal for `$filter`: quoted, its quotes doubled, percent-encoded.
fn literal(text: &str) -> String {
    crate::id::encode(&format!("'{}'", text.replace('\'', "''")))
}
