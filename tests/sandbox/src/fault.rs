//! Faults: delays, refusals, throttling in each vendor's style, broken bodies and broken connections.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use futures::{StreamExt, stream};
use http::{HeaderName, HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::json;
use time::{Duration as Span, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::world::{World, lock};

/// Something that shall go wrong. Every part left out fits any request; faults injected first win.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// `jira`, `login`, `graph`, `zoom` or `zoom-download`.
    pub provider: String,
    /// The Jira site asked, by its own host or by its cloud id.
    pub site: Option<String>,
    /// The HTTP method.
    pub method: Option<String>,
    /// A part of the path with its query.
    pub path: Option<String>,
    /// The handle of the person whose token it is, or `app`.
    pub subject: Option<String>,
    /// How many requests it strikes before it is used up; without it, all.
    pub count: Option<u32>,
    /// How long to wait before anything else, in milliseconds. A delay alone then lets the request through.
    pub delay_ms: u64,
    /// Answer this status instead of the vendor's answer.
    pub status: Option<u16>,
    /// Headers of that answer; without a status, they are added to the vendor's own.
    pub headers: BTreeMap<String, String>,
    /// Body of that answer; without a status, it replaces the body of the vendor's own.
    pub body: Option<String>,
    /// Declare the whole `Content-Length`, send only this many bytes, and close.
    pub truncate: Option<usize>,
    /// Close the connection without an answer, and without doing what was asked.
    pub reset: bool,
    /// How long to wait after the vendor has done what was asked, before it answers, in milliseconds.
    pub linger_ms: u64,
    /// Do what was asked, then close the connection without an answer.
    pub lose: bool,
    /// Do what was asked, then answer this status.
    pub late_status: Option<u16>,
    /// Fill status, headers and body as the vendor would: `jira-429`, `graph-429`, `zoom-429-qps`,
    /// `zoom-429-daily`, `html` or `expired-token`.
    pub style: Option<String>,
}

/// The answer of a fault to one part of a batch.
#[derive(Clone, Debug)]
pub struct PartAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// The body, which is not always JSON.
    pub body: String,
}

/// Marks an answer that must not be given: the listener closes the connection instead.
#[derive(Clone, Copy, Debug)]
pub struct Abort;

/// The faults in force.
#[derive(Default)]
pub struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn inject(&self, fault: Fault) {
        lock(&self.0).push(styled(fault));
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// The first fault that fits, with its count taken down.
    pub(crate) fn take(
        &self,
        provider: &str,
        site: Option<&str>,
        method: &str,
        path: &str,
        subject: Option<&str>,
    ) -> Option<Fault> {
        let mut faults = lock(&self.0);
        let index = faults.iter().position(|fault| {
            let aimed = fault.site.as_deref();
            aimed.is_none_or(|aimed| Some(aimed) == site)
                && fault.fits(provider, method, path, subject)
        })?;
        let fault = &mut faults[index];
        if let Some(count) = &mut fault.count {
            *count = count.saturating_sub(1);
        }
        Some(fault.clone())
    }
}

impl Fault {
    fn fits(&self, provider: &str, method: &str, path: &str, subject: Option<&str>) -> bool {
        self.provider == provider
            && self.count != Some(0)
            && self
                .method
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self
                .path
                .as_ref()
                .is_none_or(|wanted| path.contains(wanted.as_str()))
            && self
                .subject
                .as_ref()
                .is_none_or(|wanted| Some(wanted.as_str()) == subject)
    }
}

/// Lets the faults happen to one part of a batch: waits, and gives the answer if there is to be one. A part has
/// no connection of its own, so truncation and reset do not apply.
pub async fn strike_part(
    world: &World,
    provider: &str,
    method: &str,
    path: &str,
    subject: Option<&str>,
) -> Option<PartAnswer> {
    let fault = world.faults().take(provider, None, method, path, subject)?;
    tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
    Some(PartAnswer {
        status: fault.status?,
        headers: fault.headers,
        body: fault.body.unwrap_or_default(),
    })
}

/// Lets a fault happen to a request.
pub(crate) async fn suffer(fault: Fault, request: Request, next: Next) -> Response {
    tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
    if fault.reset {
        let mut response = Response::default();
        response.extensions_mut().insert(Abort);
        return response;
    }
    let mut response = if let Some(status) = fault.status {
        let mut response = Response::new(Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response
    } else {
        next.run(request).await
    };
    tokio::time::sleep(Duration::from_millis(fault.linger_ms)).await;
    if fault.lose {
        response.extensions_mut().insert(Abort);
        return response;
    }
    if let Some(status) = fault.late_status {
        response = Response::new(Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return response;
    }
    for (name, value) in &fault.headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::try_from(name.as_str()),
            HeaderValue::from_str(value),
        ) {
            response.headers_mut().insert(name, value);
        }
    }
    if let Some(body) = fault.body {
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = Body::from(body);
    }
    match fault.truncate {
        Some(kept) => truncated(response, kept).await,
        None => response,
    }
}

async fn truncated(response: Response, kept: usize) -> Response {
    let (mut parts, mut body) = response.into_parts();
    // A body that declared its length is passed on as it comes: a recording may have gigabytes.
    if !parts.headers.contains_key(header::CONTENT_LENGTH) {
        let whole = body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        parts
            .headers
            .insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
        body = Body::from(whole);
    }
    parts.headers.remove(header::TRANSFER_ENCODING);
    let first = body.into_data_stream().scan(kept, |left, chunk| {
        let chunk: Option<Bytes> = chunk
            .ok()
            .filter(|_| *left > 0)
            .map(|chunk| chunk.slice(..chunk.len().min(*left)));
        *left -= chunk.as_ref().map_or(0, Bytes::len);
        std::future::ready(chunk.map(Ok))
    });
    // The error makes hyper close the connection before the declared length is reached. It comes a moment later,
    // because hyper drops what it has not yet written when a body fails.
    let end = async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
    };
    let chunks = first.chain(stream::once(end));
    Response::from_parts(parts, Body::from_stream(chunks))
}

fn styled(mut fault: Fault) -> Fault {
    let Some(style) = fault.style.take() else {
        return fault;
    };
    let now = OffsetDateTime::now_utc();
    let stamp = |at: OffsetDateTime| {
        at.replace_nanosecond(0)
            .unwrap_or(at)
            .format(&Rfc3339)
            .expect("a time of this century has an RFC 3339 form")
    };
    let (status, headers, body): (u16, Vec<(&str, String)>, String) = match style.as_str() {
        // https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
        "jira-429" => (
            429,
            vec![
                ("retry-after", "2".into()),
                ("x-ratelimit-limit", "100".into()),
                ("x-ratelimit-remaining", "0".into()),
                ("x-ratelimit-reset", stamp(now + Span::seconds(2))),
                ("ratelimit-reason", "jira-burst-based".into()),
                ("content-type", "application/json;charset=UTF-8".into()),
            ],
            json!({"errorMessages": ["Rate limit exceeded."], "errors": {}}).to_string(),
        ),
        // https://learn.microsoft.com/graph/throttling
        "graph-429" => (
            429,
            vec![
                ("retry-after", "2".into()),
                ("content-type", "application/json".into()),
            ],
            json!({"error": {
                "code": "TooManyRequests",
                "message": "Too many requests. Please retry after the time given in the Retry-After header.",
                "innerError": {
                    "code": "429",
                    "date": stamp(now).trim_end_matches('Z'),
                    "request-id": uuid::Uuid::new_v4(),
                    "client-request-id": uuid::Uuid::new_v4(),
                    "status": "429"
                }
            }})
            .to_string(),
        ),
        // https://developers.zoom.us/docs/api/rate-limits/
        "zoom-429-qps" => (
            429,
            vec![
                ("x-ratelimit-category", "Light".into()),
                ("x-ratelimit-type", "QPS".into()),
                ("x-ratelimit-limit", "30".into()),
                ("x-ratelimit-remaining", "0".into()),
                ("content-type", "application/json".into()),
            ],
            json!({"code": 429, "message":
                "You have reached the maximum per-second rate limit for this API. Try again later."})
            .to_string(),
        ),
        "zoom-429-daily" => {
            let midnight = (now + Span::days(1)).replace_time(time::Time::MIDNIGHT);
            (
                429,
                vec![
                    ("retry-after", stamp(midnight)),
                    ("x-ratelimit-category", "Heavy".into()),
                    ("x-ratelimit-type", "Daily-limit".into()),
                    ("x-ratelimit-limit", "30000".into()),
                    ("x-ratelimit-remaining", "0".into()),
                    ("content-type", "application/json".into()),
                ],
                json!({"code": 429, "message":
                    "You have reached the maximum daily rate limit for this API. Refer to the response header for details on when you can make another request."})
                .to_string(),
            )
        }
        "html" => (
            503,
            vec![("content-type", "text/html; charset=utf-8".into())],
            "<!DOCTYPE html><html><head><title>Service unavailable</title></head>\
             <body><h1>We'll be right back</h1></body></html>"
                .into(),
        ),
        "expired-token" => expired(&fault.provider),
        other => (
            501,
            vec![("content-type", "text/plain".into())],
            format!("the sandbox knows no fault style {other:?}"),
        ),
    };
    fault.status.get_or_insert(status);
    fault.body.get_or_insert(body);
    for (name, value) in headers {
        fault.headers.entry(name.to_owned()).or_insert(value);
    }
    fault
}

/// How each vendor refuses a token that has run out.
fn expired(provider: &str) -> (u16, Vec<(&'static str, String)>, String) {
    let json_type = ("content-type", "application/json".to_owned());
    match provider {
        "graph" => (
            401,
            vec![
                json_type,
                (
                    "www-authenticate",
                    "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\""
                        .to_owned(),
                ),
            ],
            json!({"error": {
                "code": "InvalidAuthenticationToken",
                "message": "Lifetime validation failed, the token is expired."
            }})
            .to_string(),
        ),
        "zoom" | "zoom-download" => (
            401,
            vec![json_type],
            json!({"code": 124, "message": "Access token is expired."}).to_string(),
        ),
        "login" => (
            400,
            vec![json_type],
            json!({
                "error": "invalid_grant",
                "error_description": "AADSTS700082: The refresh token has expired due to inactivity.",
                "error_codes": [700_082]
            })
            .to_string(),
        ),
        _ => (
            401,
            vec![
                json_type,
                ("www-authenticate", "Bearer error=\"invalid_token\"".to_owned()),
            ],
            json!({"code": 401, "message": "Unauthorized"}).to_string(),
        ),
    }
}
