//! The messages of `graphql-transport-ws`, and the codes with which a socket is closed.
//!
//! Follows <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::http::asking::Asking;

/// The name of the protocol, which a client has to offer.
pub const PROTOCOL: &str = "graphql-transport-ws";
/// The longest message, in bytes.
pub const LONGEST_MESSAGE: usize = 64 * 1024;
/// The longest id of an operation, in bytes.
const LONGEST_ID: usize = 128;

/// What a client says.
#[derive(Debug)]
pub enum Heard {
    /// `connection_init`, with its payload.
    Init(Map<String, Value>),
    /// `ping`, with its payload.
    Ping(Option<Map<String, Value>>),
    /// `pong`.
    Pong,
    /// `subscribe`: an operation of any kind.
    Subscribe(String, Box<Asking>),
    /// `complete`: the answer of an operation is not wanted any more.
    Complete(String),
}

impl Heard {
    /// Reads a message; anything that the protocol does not have closes the socket.
    pub fn parse(text: &str) -> Result<Self, Close> {
        let message: Value = serde_json::from_str(text).map_err(|_| Close::INVALID)?;
        let Value::Object(mut fields) = message else {
            return Err(Close::INVALID);
        };
        let id = match fields.remove("id") {
            Some(Value::String(id)) if !id.is_empty() && id.len() <= LONGEST_ID => Some(id),
            _ => None,
        };
        let payload = match fields.remove("payload") {
            None | Some(Value::Null) => None,
            Some(Value::Object(payload)) => Some(payload),
            Some(_) => return Err(Close::INVALID),
        };
        match (fields.get("type").and_then(Value::as_str), id, payload) {
            (Some("connection_init"), _, payload) => Ok(Self::Init(payload.unwrap_or_default())),
            (Some("ping"), _, payload) => Ok(Self::Ping(payload)),
            (Some("pong"), ..) => Ok(Self::Pong),
            (Some("subscribe"), Some(id), Some(payload)) => Asking::from_fields(payload)
                .map(|asking| Self::Subscribe(id, Box::new(asking)))
                .map_err(|_| Close::INVALID),
            (Some("complete"), Some(id), _) => Ok(Self::Complete(id)),
            _ => Err(Close::INVALID),
        }
    }
}

/// What we say.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Told<'a, T> {
    /// The connection is taken.
    ConnectionAck,
    /// The answer to a `ping`.
    Pong {
        /// What the `ping` had, but for a token.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<T>,
    },
    /// One result of an operation.
    Next {
        /// The operation.
        id: &'a str,
        /// The result.
        payload: T,
    },
    /// An operation does not run; nothing follows.
    Error {
        /// The operation.
        id: &'a str,
        /// Its errors.
        payload: T,
    },
    /// An operation has ended.
    Complete {
        /// The operation.
        id: &'a str,
    },
}

impl<T: Serialize> Told<'_, T> {
    /// As sent.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Why a socket is closed.
///
/// What `graphql-ws` does when it meets a code decides between codes that fit: it gives up on most of 4400 to 4499 and
/// of 1000 to 1999, and connects again, with what its `connectionParams` then give, after 1001, 1006, 1012, 1013, 4403
/// and 4408.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// The code (RFC 6455 7.4, and 4000 to 4999 of the protocol's own).
    pub code: u16,
    /// One sentence for people.
    pub reason: &'static str,
    /// The code as a label.
    pub label: &'static str,
}

const fn close(code: u16, reason: &'static str, label: &'static str) -> Close {
    Close {
        code,
        reason,
        label,
    }
}

impl Close {
    /// The client said good-bye.
    pub const DONE: Self = close(1000, "Normal Closure", "1000");
    /// The gateway stops; another one is there.
    pub const STOPPING: Self = close(1001, "Going away; connect again", "1001");
    /// Not a WebSocket's bytes.
    pub const PROTOCOL: Self = close(1002, "Protocol error", "1002");
    /// Nobody is there any more; nothing is sent.
    pub const GONE: Self = close(1006, "", "1006");
    /// More than [`LONGEST_MESSAGE`].
    pub const TOO_LONG: Self = close(1009, "A message may have 64 KiB", "1009");
    /// As many sockets as one may have. Not 4429, on which clients give up for good: after a lost network the places of
    /// sockets that are gone are free within half a minute.
    pub const FULL: Self = close(
        1013,
        "Too many sockets; close one, or try again later",
        "1013",
    );
    /// Nobody can tell just now who this is.
    pub const UNAVAILABLE: Self = close(
        1013,
        "The token cannot be checked just now; try again later",
        "1013",
    );
    /// A message that the protocol does not have.
    pub const INVALID: Self = close(4400, "Invalid message received", "4400");
    /// An operation before the connection was taken.
    pub const UNAUTHORIZED: Self = close(4401, "Unauthorized", "4401");
    /// No token, a wrong one, or another person's.
    pub const FORBIDDEN: Self = close(4403, "Forbidden", "4403");
    /// The token has ended. Clients connect again with what is then their token.
    pub const EXPIRED: Self = close(4403, "Token expired; connect again with a new one", "4403");
    /// Another protocol, or none.
    pub const SUBPROTOCOL: Self = close(4406, "Subprotocol not acceptable", "4406");
    /// No `connection_init` in time.
    pub const LATE: Self = close(4408, "Connection initialisation timeout", "4408");
    /// The id of an operation that runs.
    pub const DUPLICATE: Self = close(4409, "Subscriber already exists", "4409");
    /// A second `connection_init`.
    pub const AGAIN: Self = close(4429, "Too many initialisation requests", "4429");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Close, Heard, Told};

    #[test]
    fn what_the_protocol_does_not_have_is_invalid() {
        for text in [
            "",
            "ping",
            "null",
            "[]",
            "[{\"type\":\"ping\"}]",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"start","id":"1","payload":{"query":"{a}"}}"#,
            r#"{"type":"connection_init","payload":"Bearer x"}"#,
            r#"{"type":"connection_ack"}"#,
            r#"{"type":"next","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":1}}"#,
            r#"{"type":"complete"}"#,
        ] {
            assert_eq!(Heard::parse(text).unwrap_err(), Close::INVALID, "{text}");
        }
        let long = json!({ "type": "complete", "id": "a".repeat(129) }).to_string();
        assert!(Heard::parse(&long).is_err());
        let deep = format!(
            "{{\"type\":\"ping\",\"payload\":{{\"a\":{}",
            "[".repeat(10_000)
        );
        assert!(Heard::parse(&deep).is_err());
    }

    #[test]
    fn messages_are_spelt_as_the_protocol_has_them() {
        let spelt = |told: Told<'_, serde_json::Value>| told.text();
        assert_eq!(spelt(Told::ConnectionAck), r#"{"type":"connection_ack"}"#);
        assert_eq!(spelt(Told::Pong { payload: None }), r#"{"type":"pong"}"#);
        let (id, payload) = ("1", json!({ "data": null }));
        assert_eq!(
            spelt(Told::Next { id, payload }),
            r#"{"type":"next","id":"1","payload":{"data":null}}"#
        );
        assert_eq!(
            spelt(Told::Complete { id }),
            r#"{"type":"complete","id":"1"}"#
        );
    }
}
