//! A word to ourselves by way of the server: when it is back, the server has all that we had sent before it.
//!
//! A flush of the client only says that bytes were given to the system, which may still lose them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_nats::{Client, Subscriber};
use futures::StreamExt as _;
use tokio::sync::oneshot;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::Error;

/// Words under way, by their numbers.
#[derive(Debug, Default)]
struct Waiting {
    last: u64,
    words: HashMap<u64, oneshot::Sender<()>>,
}

/// Sends words to ourselves.
#[derive(Debug)]
pub(super) struct Echo {
    client: Client,
    subject: String,
    waiting: Arc<Mutex<Waiting>>,
    _listening: AbortOnDropHandle<()>,
}

impl Echo {
    /// Begins to hear our own words, now or when the client is connected.
    pub(super) async fn begin(client: &Client, prefix: &str) -> Result<Self, Error> {
        let subject = format!("{prefix}echo.{}", Uuid::new_v4().simple());
        let heard = client.subscribe(subject.clone()).await;
        let heard = heard.map_err(|_| Error::Down)?;
        let waiting = Arc::<Mutex<Waiting>>::default();
        Ok(Self {
            client: client.clone(),
            subject,
            waiting: Arc::clone(&waiting),
            _listening: AbortOnDropHandle::new(tokio::spawn(listen(heard, waiting))),
        })
    }

    /// Done when the server has processed what this client had sent before. Waits for ever when the connection is
    /// lost meanwhile.
    pub(super) async fn confirm(&self) -> Result<(), Error> {
        let (sender, heard) = oneshot::channel();
        let number = {
            let mut waiting = lock(&self.waiting);
            waiting.last += 1;
            let number = waiting.last;
            waiting.words.insert(number, sender);
            number
        };
        let forgotten = Forget {
            waiting: &self.waiting,
            number,
        };
        let word = number.to_string().into();
        let sent = self.client.publish(self.subject.clone(), word).await;
        sent.map_err(|_| Error::Down)?;
        heard.await.map_err(|_| Error::Down)?;
        drop(forgotten);
        Ok(())
    }
}

/// Takes a word away that nobody waits for any more.
struct Forget<'a> {
    waiting: &'a Mutex<Waiting>,
    number: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        lock(self.waiting).words.remove(&self.number);
    }
}

async fn listen(mut heard: Subscriber, waiting: Arc<Mutex<Waiting>>) {
    while let Some(message) = heard.next().await {
        let number = std::str::from_utf8(&message.payload).ok();
        if let Some(number) = number.and_then(|it| it.parse().ok())
            && let Some(sender) = lock(&waiting).words.remove(&number)
        {
            let _ = sender.send(());
        }
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
