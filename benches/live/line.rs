//! One subscription of one listener, over an event stream or a socket, as cheap as can be.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;

use futures::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::{WebSocketStream, client_async};

/// What carries a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// `text/event-stream`.
    Stream,
    /// `graphql-transport-ws`.
    Socket,
}

/// A subscription.
pub enum Line {
    /// Over an event stream.
    Stream(EventStream),
    /// Over a socket.
    Socket(Box<Socket>),
}

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Something happened at a moment (Unix milliseconds).
    Event(i64),
    /// Events may have been missed.
    Gap,
}

/// The bytes of an event stream.
pub struct EventStream {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A socket.
pub struct Socket {
    socket: WebSocketStream<TcpStream>,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    data: Option<Data<'a>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    told: Event<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    kind: &'a str,
    occurred_at: &'a str,
}

#[derive(Deserialize)]
struct Next<'a> {
    #[serde(borrow)]
    payload: Option<Answer<'a>>,
}

impl Line {
    /// Asks for a subscription. An event stream is open when this is done; of a socket, only the gateway knows.
    pub async fn open(
        transport: Transport,
        address: SocketAddr,
        authorization: &str,
        subscription: &str,
    ) -> Result<Self> {
        Ok(match transport {
            Transport::Stream => {
                Self::Stream(EventStream::open(address, authorization, subscription).await?)
            }
            Transport::Socket => {
                let stream = TcpStream::connect(address).await?;
                let mut socket = Socket::open(stream, authorization).await?;
                socket.subscribe("1", subscription).await?;
                Self::Socket(Box::new(socket))
            }
        })
    }

    /// What is told next; an error when nothing will be.
    pub async fn next(&mut self) -> Result<Told> {
        match self {
            Self::Stream(stream) => stream.next().await,
            Self::Socket(socket) => socket.next().await,
        }
    }

    /// Breaks off without a word, as a lost network does.
    pub fn cut(self) -> Result<()> {
        let stream = match self {
            Self::Stream(stream) => stream.stream,
            Self::Socket(socket) => socket.socket.into_inner(),
        };
        stream.set_zero_linger()
    }
}

impl EventStream {
    async fn open(address: SocketAddr, authorization: &str, subscription: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        let body = json!({ "query": subscription }).to_string();
        let request = format!(
            "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization}\r\nAccept: text/event-stream\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut own = Self {
            stream,
            buffer: Vec::new(),
        };
        let status = own.line().await?;
        if !status.starts_with(b"HTTP/1.1 200") {
            let status = String::from_utf8_lossy(&status);
            return Err(Error::other(format!("no stream but {status}")));
        }
        let mut streamed = false;
        loop {
            let line = own.line().await?;
            streamed |= line.eq_ignore_ascii_case(b"content-type: text/event-stream\r\n");
            // The first thing that is streamed is a comment, once the subscription is open.
            match &*line {
                b":\n" => return Ok(own),
                b"\r\n" if !streamed => return Err(Error::other("no stream but an answer")),
                _ => {}
            }
        }
    }

    /// One event stands in one chunk, so that the lengths of chunks are lines of their own between events.
    async fn next(&mut self) -> Result<Told> {
        loop {
            let line = self.line().await?;
            if let Some(data) = line.strip_prefix(b"data: ") {
                let answer: Answer<'_> = serde_json::from_slice(data)?;
                return told(answer);
            }
        }
    }

    async fn line(&mut self) -> Result<Vec<u8>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                return Ok(self.buffer.drain(..=end).collect());
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

impl Socket {
    /// Opens a socket and says who it is.
    pub async fn open(stream: TcpStream, authorization: &str) -> Result<Self> {
        let address = stream.peer_addr()?;
        let mut request = format!("ws://{address}/graphql")
            .into_client_request()
            .map_err(Error::other)?;
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request
            .headers_mut()
            .insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        let opened = client_async(request, stream).await;
        let (socket, _) = opened.map_err(Error::other)?;
        let mut own = Self { socket };
        let init =
            json!({ "type": "connection_init", "payload": { "authorization": authorization } });
        own.say(init.to_string()).await?;
        let ack = own.text().await?;
        if ack.contains("connection_ack") {
            return Ok(own);
        }
        Err(Error::other(format!("no acknowledgement but {ack}")))
    }

    /// A socket whose system takes few bytes for it, so that it is soon full when nobody reads.
    pub async fn narrow(address: SocketAddr, authorization: &str) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4 * 1024)?;
        Self::open(socket.connect(address).await?, authorization).await
    }

    /// Asks for a subscription.
    pub async fn subscribe(&mut self, id: &str, subscription: &str) -> Result<()> {
        let message =
            json!({ "type": "subscribe", "id": id, "payload": { "query": subscription } });
        self.say(message.to_string()).await
    }

    /// What is told next.
    pub async fn next(&mut self) -> Result<Told> {
        let text = self.text().await?;
        let next: Next<'_> = serde_json::from_str(&text).map_err(|_| Error::other(text.clone()))?;
        match next.payload {
            Some(answer) => told(answer),
            None => Err(Error::other(text)),
        }
    }

    async fn say(&mut self, text: String) -> Result<()> {
        let sent = self.socket.send(Message::Text(text.into())).await;
        sent.map_err(Error::other)
    }

    async fn text(&mut self) -> Result<String> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                    // The library has put the answer in its buffer.
                    self.socket.flush().await.map_err(Error::other)?;
                }
                Some(Ok(other)) => return Err(Error::other(format!("{other:?}"))),
                Some(Err(error)) => return Err(Error::other(error)),
                None => return Err(ErrorKind::UnexpectedEof.into()),
            }
        }
    }
}

fn told(answer: Answer<'_>) -> Result<Told> {
    let Some(Data { told }) = answer.data else {
        return Err(Error::other("an error was told"));
    };
    if told.kind == "GAP" {
        return Ok(Told::Gap);
    }
    let at = OffsetDateTime::parse(told.occurred_at, &Rfc3339).map_err(Error::other)?;
    let millis = at.unix_timestamp_nanos() / 1_000_000;
    i64::try_from(millis).map(Told::Event).map_err(Error::other)
}
