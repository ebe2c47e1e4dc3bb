//! Subscriptions over `text/event-stream`, one request each: the distinct connections mode of GraphQL over SSE.
//!
//! Follows <https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>. A stream that ends without `complete`
//! has ended for a reason of ours (the token's end, the gateway's) and is to be asked for again; that is what
//! `graphql-sse` does.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _};
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::operation::Subscription;
use super::{Connection, Transport};
use crate::auth::Caller;
use crate::http::answer::Finished;
use crate::http::prepare::{Door, Prepared, Unprepared};

/// Tells that we are there.
const COMMENT: &[u8] = b":\n\n";
/// Tells that nothing follows.
const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

/// Opens a subscription and streams it. Fails before anything is streamed.
pub async fn stream(
    door: &Door,
    caller: Arc<Caller>,
    prepared: Prepared,
    connection: Connection,
) -> Result<Response, Unprepared> {
    let opening = Subscription::open(door, Arc::clone(&caller), prepared, Transport::EventStream);
    // Nobody renews the token of a request.
    let (_, callers) = watch::channel(Arc::clone(&caller));
    let stream = Stream {
        answers: opening.await?.answers(callers).boxed(),
        caller,
        connection,
        spoken: Instant::now(),
        silence: door.live.silence,
        ending: Ending("gone"),
    };
    // The head goes out at once, and with it a first sign for proxies that wait for a body.
    let first = stream::once(async { Bytes::from_static(COMMENT) });
    let rest = stream::unfold(Some(stream), |stream| async {
        let (bytes, stream) = stream?.next().await?;
        Some((bytes, stream))
    });
    Ok(response(first.chain(rest)))
}

/// A query or a mutation, for who wants nothing but a stream: its answer, and the end.
pub fn single(finished: &Finished) -> Response {
    let bytes = [next(finished), Bytes::from_static(COMPLETE)];
    response(stream::iter(bytes))
}

/// A subscription that is being streamed.
struct Stream {
    answers: BoxStream<'static, Finished>,
    caller: Arc<Caller>,
    connection: Connection,
    spoken: Instant,
    silence: Duration,
    ending: Ending,
}

/// Why a stream ended; counted when it is dropped.
struct Ending(&'static str);

impl Drop for Ending {
    fn drop(&mut self) {
        super::closed(Transport::EventStream, self.0);
    }
}

impl Stream {
    /// What is to be sent next, and the stream unless it ends with that.
    async fn next(mut self) -> Option<(Bytes, Option<Self>)> {
        let until = super::soon(&self.caller, self.spoken + self.silence);
        let answer = timeout_at(until, self.answers.next()).map(Result::ok);
        let stop = self.connection.stop.clone();
        let Some(answer) = stop.run_until_cancelled(answer).await else {
            self.ending.0 = "stopped";
            return None;
        };
        if super::left(&self.caller).is_zero() {
            self.ending.0 = "expired";
            return None;
        }
        self.spoken = Instant::now();
        match answer {
            Some(Some(finished)) if finished.is_spent() => {
                self.ending.0 = "expired";
                Some((next(&finished), None))
            }
            Some(Some(finished)) => Some((next(&finished), Some(self))),
            Some(None) => {
                self.ending.0 = "complete";
                Some((Bytes::from_static(COMPLETE), None))
            }
            None => Some((Bytes::from_static(COMMENT), Some(self))),
        }
    }
}

fn next(finished: &impl Serialize) -> Bytes {
    // JSON has no line breaks of its own.
    let json = serde_json::to_string(finished).unwrap_or_default();
    format!("event: next\ndata: {json}\n\n").into()
}

fn response(bytes: impl futures::Stream<Item = Bytes> + Send + 'static) -> Response {
    let mut response = Response::new(Body::from_stream(bytes.map(Ok::<_, Infallible>)));
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
        // nginx would keep the events until it has a buffer full.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("vary", HeaderValue::from_static("accept"));
    response
}
