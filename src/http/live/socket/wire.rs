//! The two directions of a socket.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures::stream::{self, SplitSink, SplitStream};
use futures::{SinkExt as _, Stream, StreamExt as _};
use serde::Serialize;
use tokio::time::{Instant, sleep_until};
use tungstenite::Error;
use tungstenite::error::ProtocolError;

use super::message::{Close, Told};

/// The time between two messages of a client that sends more than [`BURST`] at once: a hundred in a second.
const BETWEEN: Duration = Duration::from_millis(10);
/// How many messages may come at once.
const BURST: u32 = 100;

/// Where messages go out, one at a time.
pub struct Writer(SplitSink<WebSocket, Message>);

impl Writer {
    /// Of a socket.
    pub fn new(half: SplitSink<WebSocket, Message>) -> Self {
        Self(half)
    }

    /// Sends a message of the protocol; done when it has left us.
    pub async fn tell<T: Serialize>(&mut self, told: &Told<'_, T>) -> Result<(), Close> {
        self.send(Message::Text(told.text().into())).await
    }

    /// Asks whether somebody is there (RFC 6455 5.5.2).
    pub async fn ping(&mut self) -> Result<(), Close> {
        self.send(Message::Ping(Bytes::new())).await
    }

    /// Says why the socket is closed.
    pub async fn close(&mut self, close: Close) {
        let reason = Utf8Bytes::from_static(close.reason);
        let code = close.code;
        let _ = self
            .send(Message::Close(Some(CloseFrame { code, reason })))
            .await;
    }

    async fn send(&mut self, message: Message) -> Result<(), Close> {
        self.0.send(message).await.map_err(|_| Close::GONE)
    }
}

/// Where messages come in, as fast as one client may send them.
pub struct Reader {
    messages: SplitStream<WebSocket>,
    /// Up to when messages have been paid for with time.
    paid: Instant,
}

impl Reader {
    /// Of a socket.
    pub fn new(messages: SplitStream<WebSocket>) -> Self {
        let paid = Instant::now();
        Self { messages, paid }
    }

    /// The next message; dropping this loses none.
    pub async fn next(&mut self) -> Result<Message, Close> {
        if let Some(turn) = self.paid.checked_sub(BETWEEN * BURST) {
            sleep_until(turn).await;
        }
        let message = self.messages.next().await;
        self.paid = self.paid.max(Instant::now()) + BETWEEN;
        message.ok_or(Close::GONE)?.map_err(broken)
    }

    /// One after the other.
    pub fn messages(&mut self) -> impl Stream<Item = Result<Message, Close>> {
        stream::unfold(self, |reader| async {
            let message = reader.next().await;
            Some((message, reader))
        })
    }

    /// Reads what still comes, to the end, and forgets it.
    pub async fn drain(&mut self) {
        while let Some(Ok(_)) = self.messages.next().await {}
    }
}

/// What to answer when a socket's bytes cannot be read.
fn broken(error: axum::Error) -> Close {
    match error.into_inner().downcast_ref() {
        Some(Error::Capacity(_)) => Close::TOO_LONG,
        Some(Error::Utf8(_)) => Close::INVALID,
        Some(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => Close::GONE,
        Some(Error::Protocol(_)) => Close::PROTOCOL,
        _ => Close::GONE,
    }
}
