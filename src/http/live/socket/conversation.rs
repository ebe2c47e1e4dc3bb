//! What is said on a socket once it is known whose it is.
//!
//! What can happen (a message, an answer, a deadline) is one stream of turns, which are taken in the order in which they
//! became ready: a busy subscription cannot keep the others waiting, nor the client's own messages. While a message
//! cannot be sent, no turn is taken: what a client does not read is not made, and the connection is cut when that has
//! lasted for `server.write_timeout`.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Message;
use futures::stream::{self, AbortHandle, BoxStream, SelectAll, abortable};
use futures::{FutureExt as _, Stream, StreamExt as _};
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::carried::{Said, carried};
use super::message::{Close, Heard, Told};
use super::wire::{Reader, Writer};
use super::{authenticate, heard, token};
use crate::auth::Caller;
use crate::http::answer::Refusal;
use crate::http::asking::Asking;
use crate::http::live::{Connection, left, soon};
use crate::http::prepare::Door;
use crate::id::CorrelationId;

/// What happens next on a socket.
enum Turn {
    /// The client said something, or the socket broke.
    Heard(Result<Message, Close>),
    /// An operation has something to say.
    Said(Arc<str>, Said),
    /// Nothing was sent for long enough.
    Silence,
    /// The token has ended.
    Expired,
    /// The gateway stops.
    Stop,
}

/// A socket of somebody known, and what runs on it.
pub struct Conversation<'a> {
    door: &'a Door,
    writer: &'a mut Writer,
    callers: watch::Sender<Arc<Caller>>,
    turns: SelectAll<BoxStream<'a, Turn>>,
    running: HashMap<Arc<str>, Running>,
    /// A ping of ours has not been answered, by whatever message.
    pinged: bool,
    stopping: bool,
}

/// An operation that has not ended.
struct Running {
    abort: AbortHandle,
    /// It goes on until somebody ends it.
    lasting: bool,
}

impl<'a> Conversation<'a> {
    /// With nothing said yet.
    pub fn new(
        door: &'a Door,
        connection: &Connection,
        writer: &'a mut Writer,
        reader: &'a mut Reader,
        caller: Arc<Caller>,
    ) -> Self {
        let callers = watch::Sender::new(caller);
        let stop = connection.stop.clone().cancelled_owned();
        let turns = stream::select_all([
            reader.messages().map(Turn::Heard).boxed(),
            ticks(callers.subscribe(), door.live.silence).boxed(),
            stop.map(|()| Turn::Stop).into_stream().boxed(),
        ]);
        Self {
            door,
            writer,
            callers,
            turns,
            running: HashMap::new(),
            pinged: false,
            stopping: false,
        }
    }

    /// Goes on until there is a reason to close the socket.
    pub async fn last(mut self) -> Result<Infallible, Close> {
        loop {
            let turn = self.turns.next().await.ok_or(Close::GONE)?;
            self.take(turn).await?;
        }
    }

    async fn take(&mut self, turn: Turn) -> Result<(), Close> {
        // The clock may have been put forward since the end of the token was last looked at.
        if matches!(turn, Turn::Said(..)) && left(&self.callers.borrow()).is_zero() {
            return Err(Close::EXPIRED);
        }
        match turn {
            Turn::Heard(message) => {
                self.pinged = false;
                match heard(message?)? {
                    Some(said) => self.hear(said).await,
                    None => Ok(()),
                }
            }
            Turn::Said(id, said) => self.say(&id, said).await,
            Turn::Expired => Err(Close::EXPIRED),
            Turn::Silence if self.pinged => Err(Close::GONE),
            Turn::Silence => {
                self.pinged = true;
                self.writer.ping().await
            }
            Turn::Stop => {
                self.stopping = true;
                self.running.retain(|_, running| !running.ended());
                self.parting()
            }
        }
    }

    async fn hear(&mut self, heard: Heard) -> Result<(), Close> {
        match heard {
            Heard::Init(_) => Err(Close::AGAIN),
            Heard::Ping(Some(payload)) if token(&payload).is_some() => self.renew(&payload).await,
            Heard::Ping(payload) => self.writer.tell(&Told::Pong { payload }).await,
            Heard::Pong => Ok(()),
            Heard::Subscribe(id, asking) => self.begin(id.into(), *asking).await,
            Heard::Complete(id) => {
                if let Some(running) = self.running.remove(id.as_str()) {
                    running.abort.abort();
                }
                Ok(())
            }
        }
    }

    /// Takes the person's newer token; what is read from now on is read with it.
    async fn renew(&mut self, payload: &Map<String, Value>) -> Result<(), Close> {
        let renewed = match authenticate(self.door, payload).await {
            Ok(caller) => {
                let same = {
                    let known = self.callers.borrow();
                    caller.person == known.person && caller.tenant == known.tenant
                };
                if !same {
                    return Err(Close::FORBIDDEN);
                }
                self.callers.send_replace(Arc::new(caller));
                true
            }
            // What was told before still counts.
            Err(Close::UNAVAILABLE) => false,
            Err(close) => return Err(close),
        };
        let payload = Some(json!({ "renewed": renewed }));
        self.writer.tell(&Told::Pong { payload }).await
    }

    async fn begin(&mut self, id: Arc<str>, asking: Asking) -> Result<(), Close> {
        if self.running.contains_key(&id) {
            return Err(Close::DUPLICATE);
        }
        if self.stopping {
            // They hear of the end in a moment, and ask again elsewhere.
            return Ok(());
        }
        let allowed = self.door.app.settings.limits.operations_per_socket;
        if self.running.len() >= allowed {
            let refusal = Refusal::full(
                "operations",
                allowed,
                format!(
                    "{allowed} operations run on this socket, which is as many as may; end one first."
                ),
            );
            let payload = [refusal.error(CorrelationId::random())];
            return self.writer.tell(&Told::Error { id: &id, payload }).await;
        }
        let operation = carried(self.door.clone(), self.callers.subscribe(), asking);
        let (operation, abort) = abortable(operation);
        let named = id.clone();
        let turns = operation.map(move |said| Turn::Said(named.clone(), said));
        self.turns.push(turns.boxed());
        let lasting = false;
        self.running.insert(id, Running { abort, lasting });
        Ok(())
    }

    async fn say(&mut self, id: &Arc<str>, said: Said) -> Result<(), Close> {
        match said {
            Said::Open => {
                if let Some(running) = self.running.get_mut(id) {
                    running.lasting = true;
                    if self.stopping && running.ended() {
                        self.running.remove(id);
                    }
                }
            }
            // Entra has withdrawn the token before its time.
            Said::Next(finished) if finished.is_spent() => return Err(Close::EXPIRED),
            Said::Next(payload) => self.writer.tell(&Told::Next { id, payload }).await?,
            Said::Error(payload) => {
                self.running.remove(id);
                self.writer.tell(&Told::Error { id, payload }).await?;
            }
            Said::Complete => {
                self.running.remove(id);
                let told: Told<'_, ()> = Told::Complete { id };
                self.writer.tell(&told).await?;
            }
        }
        self.parting()
    }

    /// Ends when the gateway stops and nothing runs any more that ends by itself.
    fn parting(&self) -> Result<(), Close> {
        if self.stopping && self.running.is_empty() {
            return Err(Close::STOPPING);
        }
        Ok(())
    }
}

impl Running {
    /// Ends it, if it would not end by itself.
    fn ended(&self) -> bool {
        if self.lasting {
            self.abort.abort();
        }
        self.lasting
    }
}

/// Tells of silence and of the end of the caller's token, which may be put off.
fn ticks(callers: watch::Receiver<Arc<Caller>>, silence: Duration) -> impl Stream<Item = Turn> {
    stream::unfold(
        (callers, Instant::now()),
        move |(mut callers, spoken)| async move {
            loop {
                let until = soon(&callers.borrow_and_update(), spoken + silence);
                // Never ready with an error: whoever takes the turns holds the other end.
                if timeout_at(until, callers.changed()).await.is_ok() {
                    continue;
                }
                if left(&callers.borrow()).is_zero() {
                    return Some((Turn::Expired, (callers, spoken)));
                }
                let now = Instant::now();
                if now >= spoken + silence {
                    return Some((Turn::Silence, (callers, now)));
                }
            }
        },
    )
}
