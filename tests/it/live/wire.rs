//! A client of `graphql-transport-ws` that says what it is told to, right or wrong.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// The protocol of this file.
pub const PROTOCOL: &str = "graphql-transport-ws";

/// What comes back.
#[derive(Debug, PartialEq)]
pub enum Heard {
    Said(Value),
    Closed(u16),
}

/// A socket.
pub struct Socket {
    pub inner: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Opens one with these headers; the status when that is refused.
    pub async fn with(url: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let url = format!("{}/graphql", url.replace("http://", "ws://"));
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((inner, _)) => Ok(Self { inner }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens one with the protocol.
    pub async fn new(url: &str) -> Self {
        let headers = [("sec-websocket-protocol", PROTOCOL)];
        Self::with(url, &headers).await.unwrap()
    }

    /// Opens one and is somebody on it.
    pub async fn open(url: &str, authorization: &str) -> Self {
        let mut socket = Self::new(url).await;
        assert_eq!(socket.init(authorization).await, ack());
        socket
    }

    /// Says who it is.
    pub async fn init(&mut self, authorization: &str) -> Heard {
        let payload = json!({ "authorization": authorization });
        self.say(json!({ "type": "connection_init", "payload": payload }))
            .await;
        self.hear().await
    }

    /// Says something.
    pub async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    /// Asks an operation.
    pub async fn ask(&mut self, id: &str, query: &str) {
        let payload = json!({ "query": query });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload }))
            .await;
    }

    /// Sends whatever it is.
    pub async fn send(&mut self, message: Message) {
        self.inner.send(message).await.unwrap();
    }

    /// What is said next, or the code with which the socket is closed: 1006 without one.
    pub async fn hear(&mut self) -> Heard {
        loop {
            let message = timeout(Duration::from_secs(30), self.inner.next());
            match message.await.expect("the socket is silent") {
                Some(Ok(Message::Text(text))) => {
                    return Heard::Said(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Close(Some(frame)))) => return Heard::Closed(frame.code.into()),
                Some(Ok(Message::Close(None))) => return Heard::Closed(1005),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Closed(1006),
            }
        }
    }

    /// The id of the next event.
    pub async fn event(&mut self) -> String {
        match self.hear().await {
            Heard::Said(message) if message["type"] == "next" => {
                let id = &message["payload"]["data"]["issueEvents"]["id"];
                id.as_str()
                    .unwrap_or_else(|| panic!("{message}"))
                    .to_owned()
            }
            other => panic!("{other:?}"),
        }
    }

    /// The code of the error with which an operation is refused.
    pub async fn error(&mut self, id: &str) -> String {
        match self.hear().await {
            Heard::Said(message) if message["type"] == "error" => {
                assert_eq!(message["id"], id);
                let code = &message["payload"][0]["extensions"]["code"];
                code.as_str().unwrap().to_owned()
            }
            other => panic!("{other:?}"),
        }
    }
}

/// What a socket is greeted with.
pub fn ack() -> Heard {
    Heard::Said(json!({ "type": "connection_ack" }))
}
