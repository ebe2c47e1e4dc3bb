//! `graphql-transport-ws` on `GET /graphql`: one socket, and the operations of any kind that run on it.

mod carried;
mod conversation;
mod message;
mod wire;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts as _;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::header::ORIGIN;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures::StreamExt as _;
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Instrument as _, Span};
use url::Url;

use self::conversation::Conversation;
use self::message::{Close, Heard, LONGEST_MESSAGE, PROTOCOL, Told};
use self::wire::{Reader, Writer};
use super::{Connection, Transport};
use crate::auth::Caller;
use crate::http::answer::Refusal;
use crate::http::prepare::Door;

/// Bytes of a socket's buffers; those that the library has by itself are ten times as large.
const BUFFER: usize = 4 * 1024;
/// How long a client gets to answer our good-bye.
const TO_CLOSE: Duration = Duration::from_secs(2);

/// Whether a request wants to become a socket.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    headers.contains_key("upgrade")
}

/// Takes the handshake, or refuses it.
pub async fn upgrade(
    door: Door,
    connection: Connection,
    mut parts: Parts,
) -> Result<Response, Refusal> {
    if !is_ours(&parts.headers, &door.app.settings.server.public_url) {
        return Err(Refusal::refused(
            StatusCode::FORBIDDEN,
            "FORBIDDEN",
            "Sockets are for pages of this gateway's own.",
        ));
    }
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &());
    let upgrade = upgrade.await.map_err(|rejection| {
        Refusal::malformed(rejection.status(), "This is not the handshake of a socket.")
    })?;
    let upgrade = upgrade
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_message_size(LONGEST_MESSAGE)
        .max_frame_size(LONGEST_MESSAGE)
        .protocols([PROTOCOL]);
    let span = Span::current();
    let served = |socket| async move {
        let cut = connection.cut.clone();
        let served = Box::pin(serve(socket, door, connection));
        cut.run_until_cancelled(served).await;
    };
    Ok(upgrade.on_upgrade(|socket| served(socket).instrument(span)))
}

/// Whether a page that opens a socket is one of ours; what is not a page says nothing of an origin (RFC 6455 10.2).
fn is_ours(headers: &HeaderMap, public: &Url) -> bool {
    let ours = public.origin().ascii_serialization();
    let mut origins = headers.get_all(ORIGIN).iter();
    origins.all(|origin| origin.as_bytes() == ours.as_bytes())
}

async fn serve(socket: WebSocket, door: Door, connection: Connection) {
    let acceptable = socket.protocol().is_some();
    let (writer, reader) = socket.split();
    let mut writer = Writer::new(writer);
    let mut reader = Reader::new(reader);
    let close = if acceptable {
        let Err(close) = converse(&mut writer, &mut reader, &door, &connection).await;
        close
    } else {
        Close::SUBPROTOCOL
    };
    super::closed(Transport::Socket, close.label);
    tracing::info!(code = close.code, "socket closed");
    if close == Close::GONE {
        return;
    }
    // Whoever closes over bytes that were not read loses the good-bye with them.
    let parting = async {
        if close != Close::DONE {
            writer.close(close).await;
        }
        reader.drain().await;
    };
    let _ = timeout(TO_CLOSE, parting).await;
}

/// Everything from the first message to the reason for the end.
async fn converse(
    writer: &mut Writer,
    reader: &mut Reader,
    door: &Door,
    connection: &Connection,
) -> Result<Infallible, Close> {
    let greeting = greet(writer, reader, door);
    let caller = connection.stop.run_until_cancelled(greeting).await;
    let caller = Arc::new(caller.ok_or(Close::STOPPING)??);
    let place = door.live.socket(&caller).ok_or(Close::FULL)?;
    let _place = place.counted(metrics::gauge!("trefoil_live_sockets"));
    writer.tell(&Told::<()>::ConnectionAck).await?;
    Conversation::new(door, connection, writer, reader, caller)
        .last()
        .await
}

/// Waits for `connection_init`, and finds out who it is.
async fn greet(writer: &mut Writer, reader: &mut Reader, door: &Door) -> Result<Caller, Close> {
    // As long as for the head of a request, where all other clients say who they are.
    let late = Instant::now() + Duration::from_secs(door.app.settings.server.header_timeout);
    let payload = loop {
        let message = timeout_at(late, reader.next()).await;
        match heard(message.map_err(|_| Close::LATE)??)? {
            Some(Heard::Init(payload)) => break payload,
            Some(Heard::Ping(payload)) => {
                let payload = payload.filter(|it| token(it).is_none());
                writer.tell(&Told::Pong { payload }).await?;
            }
            Some(Heard::Subscribe(..)) => return Err(Close::UNAUTHORIZED),
            Some(Heard::Pong | Heard::Complete(_)) | None => {}
        }
    };
    authenticate(door, &payload).await
}

/// Whose token a payload has.
async fn authenticate(door: &Door, payload: &Map<String, Value>) -> Result<Caller, Close> {
    let said = payload.get("host").and_then(Value::as_str);
    // On the heap for as long as it takes: what is large here would be as large for all of the socket's life.
    let caller = Box::pin(door.caller(token(payload), said)).await;
    let caller = caller.map_err(|rejection| match rejection.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Close::FORBIDDEN,
        _ => Close::UNAVAILABLE,
    })?;
    if super::left(&caller).is_zero() {
        return Err(Close::EXPIRED);
    }
    Ok(caller)
}

fn token(payload: &Map<String, Value>) -> Option<&str> {
    let given = payload
        .get("authorization")
        .or(payload.get("Authorization"));
    given.and_then(Value::as_str)
}

/// What a message says; nothing where it is one of the transport's own.
fn heard(message: Message) -> Result<Option<Heard>, Close> {
    match message {
        Message::Text(text) => Heard::parse(&text).map(Some),
        Message::Binary(_) => Err(Close::INVALID),
        // The library answers pings by itself.
        Message::Ping(_) | Message::Pong(_) => Ok(None),
        Message::Close(_) => Err(Close::DONE),
    }
}
