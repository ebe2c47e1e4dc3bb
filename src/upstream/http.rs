//! The one HTTP client towards providers: time limits, size limits, Retry-After, and spans without query strings.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode, redirect};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use time::format_description::well_known::{Iso8601, Rfc2822};

use crate::clock;
use crate::upstream::pause::Pauses;
use crate::upstream::{Error, Kind, Provider};

/// The longest answer that is read into memory, in bytes.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;

/// The client that every provider shares. Redirects are off: a bearer token must never follow one.
#[derive(Debug, Clone)]
pub struct Http {
    client: reqwest::Client,
    limit: Duration,
    pauses: Pauses,
}

/// An answer read to its end.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most `LONGEST_ANSWER` bytes.
    pub body: Vec<u8>,
}

/// Something that is passed on while it is read, and never held as a whole.
pub struct Download {
    /// Its bytes. A piece that takes longer than the time limit of a call ends it with `TimedOut`.
    pub stream: BoxStream<'static, Result<Bytes, Error>>,
    /// How many bytes there are; `None` when the provider did not say beforehand.
    pub length: Option<u64>,
    /// Its media type, as the provider says.
    pub content_type: Option<String>,
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

fn builder(limit: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .connect_timeout(Duration::from_secs(3).min(limit))
        .pool_idle_timeout(Duration::from_mins(1))
        .user_agent(concat!("trefoil/", env!("CARGO_PKG_VERSION")))
}

impl Http {
    /// A client whose calls each end within `limit`.
    pub fn new(limit: Duration) -> Result<Self, reqwest::Error> {
        let client = builder(limit).build()?;
        Ok(Self {
            client,
            limit,
            pauses: Pauses::default(),
        })
    }

    /// The same for one host, which is found at these addresses and nowhere else.
    pub fn pinned(&self, host: &str, addresses: &[SocketAddr]) -> Result<Self, reqwest::Error> {
        let client = builder(self.limit).resolve_to_addrs(host, addresses);
        Ok(Self {
            client: client.build()?,
            limit: self.limit,
            pauses: self.pauses.clone(),
        })
    }

    /// To build a request with.
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// What must not be asked again before its time.
    pub fn pauses(&self) -> &Pauses {
        &self.pauses
    }

    /// Sends a request and reads the whole answer, whatever its status, within the time limit.
    ///
    /// Fails with `TimedOut`, `Unavailable`, or `Invalid` for an answer that is too long.
    pub async fn exchange(
        &self,
        provider: Provider,
        operation: &'static str,
        request: RequestBuilder,
    ) -> Result<Answer, Error> {
        self.exchange_within(self.limit, provider, operation, request)
            .await
    }

    /// The same within another time limit, for what takes longer than to ask and to answer.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that sends"
    )]
    pub async fn exchange_within(
        &self,
        limit: Duration,
        provider: Provider,
        operation: &'static str,
        request: RequestBuilder,
    ) -> Result<Answer, Error> {
        let begun = clock::millis();
        let outcome = tokio::time::timeout(limit, async {
            let response = request
                .send()
                .await
                .map_err(|e| broken(provider, operation, e))?;
            let (status, headers) = (response.status(), response.headers().clone());
            let body = whole(provider, operation, response).await?;
            Ok(Answer {
                status,
                headers,
                body,
            })
        })
        .await
        .unwrap_or_else(|_| Err(Error::new(provider, operation, Kind::TimedOut)));
        note(
            provider,
            operation,
            outcome.as_ref().map(|answer| answer.status),
            begun,
        );
        outcome
    }

    /// Sends a request and, when the status is 2xx, gives its body as it comes. Any other answer is read to its end.
    ///
    /// Only the wait for the answer's beginning, and for each piece of it, is limited: a large file may take its time.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the other place that sends, for what is too large to hold"
    )]
    pub async fn open(
        &self,
        provider: Provider,
        operation: &'static str,
        request: RequestBuilder,
    ) -> Result<Result<Download, Answer>, Error> {
        let begun = clock::millis();
        let limit = self.limit;
        let timed_out = move || Error::new(provider, operation, Kind::TimedOut);
        let answered = match tokio::time::timeout(limit, request.send()).await {
            Ok(answered) => answered.map_err(|error| broken(provider, operation, error)),
            Err(_) => Err(timed_out()),
        };
        let status = answered.as_ref().map(reqwest::Response::status);
        note(provider, operation, status, begun);
        let response = answered?;
        let (status, headers) = (response.status(), response.headers().clone());
        if !status.is_success() {
            let body = tokio::time::timeout(limit, whole(provider, operation, response)).await;
            return Ok(Err(Answer {
                status,
                headers,
                body: body.unwrap_or_else(|_| Err(timed_out()))?,
            }));
        }
        let length = response.content_length();
        let content_type = headers
            .get(CONTENT_TYPE)
            .and_then(|it| it.to_str().ok())
            .map(ToOwned::to_owned);
        let pieces = Box::pin(response.bytes_stream());
        let stream = futures::stream::unfold(Some(pieces), move |pieces| async move {
            let mut pieces = pieces?;
            match tokio::time::timeout(limit, pieces.next()).await {
                Ok(Some(Ok(piece))) => Some((Ok(piece), Some(pieces))),
                Ok(Some(Err(error))) => Some((Err(broken(provider, operation, error)), None)),
                Ok(None) => None,
                Err(_) => Some((Err(timed_out()), None)),
            }
        });
        Ok(Ok(Download {
            stream: stream.boxed(),
            length,
            content_type,
        }))
    }

    /// Sends a request and reads its JSON answer; any other status than 2xx is an error by [`kind_of`].
    pub async fn json<T: DeserializeOwned>(
        &self,
        provider: Provider,
        operation: &'static str,
        request: RequestBuilder,
    ) -> Result<T, Error> {
        let answer = self.exchange(provider, operation, request).await?;
        answer
            .success(provider, operation)?
            .json(provider, operation)
    }
}

impl Answer {
    /// Itself when the status is 2xx, else the error its status and headers tell.
    pub fn success(self, provider: Provider, operation: &'static str) -> Result<Self, Error> {
        if self.status.is_success() {
            return Ok(self);
        }
        Err(Error::new(
            provider,
            operation,
            kind_of(self.status, &self.headers),
        ))
    }

    /// The body as JSON; `Invalid` when it is anything else, such as an HTML page of a proxy.
    pub fn json<T: DeserializeOwned>(
        &self,
        provider: Provider,
        operation: &'static str,
    ) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            // serde's message can quote the document, so only its place is kept.
            tracing::warn!(%provider, operation, line = error.line(), column = error.column(), category = ?error.classify(), "an answer could not be read");
            Error::new(provider, operation, Kind::Invalid)
        })
    }
}

/// An answer's whole body; `Invalid` when it is too long.
async fn whole(
    provider: Provider,
    operation: &'static str,
    response: reqwest::Response,
) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|e| broken(provider, operation, e))?;
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(Error::new(provider, operation, Kind::Invalid));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Counts a call by who was asked and what class of answer came.
fn count(provider: Provider, outcome: Result<StatusCode, &Error>, millis: i64) {
    let class = match outcome {
        Ok(status) => match status.as_u16() {
            429 => "throttled",
            ..400 => "ok",
            400..500 => "refused",
            _ => "failed",
        },
        Err(error) if error.kind == Kind::TimedOut => "timed_out",
        Err(_) => "unavailable",
    };
    metrics::counter!("trefoil_upstream_calls_total", "provider" => provider.name(), "outcome" => class)
        .increment(1);
    let millis = f64::from(u32::try_from(millis).unwrap_or(u32::MAX));
    metrics::histogram!("trefoil_upstream_seconds", "provider" => provider.name())
        .record(millis / 1_000.0);
}

/// Counts a call and notes it in the log.
fn note(
    provider: Provider,
    operation: &'static str,
    outcome: Result<StatusCode, &Error>,
    begun: i64,
) {
    let millis = clock::millis() - begun;
    count(provider, outcome, millis);
    match outcome {
        Ok(status) => {
            tracing::debug!(%provider, operation, status = status.as_u16(), millis, "upstream answered");
        }
        Err(error) => {
            tracing::info!(%provider, operation, kind = ?error.kind, millis, "upstream did not answer");
        }
    }
}

/// What an unsuccessful status means, without reading the body.
pub fn kind_of(status: StatusCode, headers: &HeaderMap) -> Kind {
    match status {
        StatusCode::UNAUTHORIZED => Kind::TokenRefused { claims: None },
        StatusCode::FORBIDDEN => Kind::Forbidden,
        StatusCode::NOT_FOUND | StatusCode::GONE => Kind::NotFound,
        StatusCode::TOO_MANY_REQUESTS => Kind::RateLimited {
            retry_after: retry_after(headers),
        },
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => Kind::TimedOut,
        status if status.is_server_error() => Kind::Unavailable {
            retry_after: retry_after(headers),
        },
        status if status.is_client_error() => Kind::Refused,
        _ => Kind::Invalid,
    }
}

/// How long to wait: seconds or an HTTP date (RFC 9110 10.2.3), Zoom's ISO 8601 form of it, or Jira's
/// `X-RateLimit-Reset`. A moment in the past is no wait.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let read = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    read(RETRY_AFTER.as_str())
        .and_then(wait_of)
        .or_else(|| read("x-ratelimit-reset").and_then(wait_of))
}

fn wait_of(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(number) = text.parse::<u64>() {
        // A number this large is a moment in Unix seconds, not a wait.
        let now = u64::try_from(clock::unix()).unwrap_or_default();
        let wait = if number > 1_000_000_000 {
            number.saturating_sub(now)
        } else {
            number
        };
        return Some(Duration::from_secs(wait));
    }
    let padded = text
        .strip_suffix('Z')
        .filter(|rest| rest.matches(':').count() == 1);
    let moment = match padded {
        Some(rest) => OffsetDateTime::parse(&format!("{rest}:00Z"), &Iso8601::DEFAULT).ok(),
        None => OffsetDateTime::parse(text, &Iso8601::DEFAULT).ok(),
    };
    // RFC 2822 wants an offset where HTTP dates say GMT.
    let moment =
        moment.or_else(|| OffsetDateTime::parse(&text.replace("GMT", "+0000"), &Rfc2822).ok())?;
    let seconds = moment.unix_timestamp() - clock::unix();
    Some(Duration::from_secs(
        u64::try_from(seconds).unwrap_or_default(),
    ))
}

fn broken(provider: Provider, operation: &'static str, error: reqwest::Error) -> Error {
    let kind = if error.is_timeout() {
        Kind::TimedOut
    } else {
        Kind::Unavailable { retry_after: None }
    };
    Error::new(provider, operation, kind).caused_by(error.without_url())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::wait_of;
    use crate::clock;

    #[test]
    fn every_style_of_retry_after_is_understood() {
        let in_an_hour = time::OffsetDateTime::from_unix_timestamp(clock::unix() + 3600).unwrap();
        let iso = in_an_hour
            .format(&time::format_description::well_known::Rfc3339)
            .unwrap();
        let http = in_an_hour
            .format(&time::format_description::well_known::Rfc2822)
            .unwrap()
            .replace("+0000", "GMT");
        for text in [iso.as_str(), http.as_str(), "3600"] {
            let wait = wait_of(text).unwrap_or_default();
            assert!(
                wait.abs_diff(Duration::from_hours(1)) < Duration::from_secs(3),
                "{text}"
            );
        }
        assert_eq!(wait_of("2020-05-31T00:00:00Z"), Some(Duration::ZERO));
        assert_eq!(wait_of("2020-05-31T00:00Z"), Some(Duration::ZERO));
        assert_eq!(wait_of("soon"), None);
    }
}
