//! The body of a request, within its limits of length and time.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use super::answer::Refusal;

/// How much of a refused body is still taken and thrown away, so that its sender gets to read why.
///
/// A connection that is closed over unread bytes is reset, and the answer is lost with it (RFC 9112 9.6).
const DISCARDED: usize = 64 * 1024 * 1024;
/// For how long.
const LINGER: Duration = Duration::from_secs(2);

/// The whole body.
pub async fn read(mut body: Body, longest: usize, limit: Duration) -> Result<Bytes, Refusal> {
    let declared = body_length(&body);
    if declared.is_some_and(|length| length > longest) {
        discard(body);
        return Err(too_long());
    }
    let whole = async {
        let mut read = Vec::with_capacity(declared.unwrap_or_default());
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| {
                Refusal::malformed(
                    StatusCode::BAD_REQUEST,
                    "The request's body could not be read.",
                )
            })?;
            if let Ok(bytes) = frame.into_data() {
                if read.len() + bytes.len() > longest {
                    return Err(too_long());
                }
                read.extend_from_slice(&bytes);
            }
        }
        Ok(Bytes::from(read))
    };
    let outcome = timeout(limit, whole).await.unwrap_or_else(|_| {
        Err(Refusal::malformed(
            StatusCode::REQUEST_TIMEOUT,
            "The request's body did not arrive in time.",
        ))
    });
    if outcome.is_err() {
        discard(body);
    }
    outcome
}

/// What the body's head said of its length.
fn body_length(body: &Body) -> Option<usize> {
    use axum::body::HttpBody as _;
    let length = body.size_hint().exact()?;
    Some(usize::try_from(length).unwrap_or(usize::MAX))
}

fn too_long() -> Refusal {
    Refusal::malformed(
        StatusCode::PAYLOAD_TOO_LARGE,
        "The request's body is too long.",
    )
}

/// Takes what still comes, beside the answer, and forgets it.
fn discard(mut body: Body) {
    drop(tokio::spawn(timeout(LINGER, async move {
        let mut left = DISCARDED;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            let Some(rest) = left.checked_sub(length) else {
                break;
            };
            left = rest;
        }
    })));
}
