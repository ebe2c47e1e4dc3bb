//! What the vendors send by themselves: each delivery a task of its own, tried again as its vendor does, and logged.
//!
//! Whatever changes makes parcels and hands them over; nobody waits for them but who asks to. The log keeps
//! where something went and how it was answered, never what was in it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::recorder::now;
use crate::world::lock;

/// One webhook on its way.
#[derive(Clone)]
pub(crate) struct Parcel {
    /// `jira`, `microsoft` or `zoom`.
    pub(crate) provider: &'static str,
    /// The Jira site, Entra tenant or Zoom account it comes from.
    pub(crate) tenant: String,
    /// The vendor's name of what happened.
    pub(crate) kind: String,
    /// The vendor's name of this delivery, where it has one; the same at every try.
    pub(crate) id: String,
    /// Where it goes.
    pub(crate) url: String,
    /// What is in it.
    pub(crate) body: Bytes,
    /// The headers of one try: signatures are made anew for each.
    pub(crate) seal: Arc<dyn Fn(Stamp) -> Vec<(&'static str, String)> + Send + Sync>,
    /// What is in it instead when it must be told from a true one by its content.
    pub(crate) forge: fn(&Bytes) -> Bytes,
    /// How its vendor delivers.
    pub(crate) manners: &'static Manners,
    /// Seconds by which what it says of the time lies in the past.
    pub(crate) age: i64,
    /// Whether it is sealed with a wrong key.
    pub(crate) forged: bool,
}

/// What a seal depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    /// 0 at the first try.
    pub(crate) retry: usize,
    /// Seconds by which the time told lies in the past.
    pub(crate) age: i64,
    /// Whether the key must be a wrong one.
    pub(crate) forged: bool,
}

/// How a vendor delivers.
pub(crate) struct Manners {
    /// How long the first try waits for an answer.
    pub(crate) patience: Duration,
    /// How long a later one does.
    pub(crate) patience_later: Duration,
    /// Seconds to wait before each further try.
    pub(crate) waits: &'static [u32],
    /// Whether an answer (0 for none) ends the matter, well or not.
    pub(crate) settles: fn(u16) -> bool,
}

/// One try, as the log keeps it.
#[derive(Clone, Debug, Serialize)]
pub struct Attempt {
    /// When it began, in seconds since 1970.
    pub at: f64,
    /// `jira`, `microsoft` or `zoom`.
    pub provider: &'static str,
    /// The vendor's name of what happened.
    pub kind: String,
    /// The vendor's name of the delivery.
    pub id: String,
    /// Where it went.
    pub url: String,
    /// 0 for the first try.
    pub retry: usize,
    /// The status answered; 0 when there was no answer in time.
    pub status: u16,
    /// How long the answer took.
    pub millis: f64,
}

/// A delivery given up after its last try.
#[derive(Clone)]
pub(crate) struct Failed {
    pub(crate) provider: &'static str,
    pub(crate) tenant: String,
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) body: Bytes,
    /// Milliseconds since 1970.
    pub(crate) at: i64,
}

/// How deliveries go wrong, until the next reset.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// What the waits before further tries are multiplied with: five minutes are 0.3 s by default.
    pub time_scale: f64,
    /// Whether everything is signed with a wrong key.
    pub forged: bool,
    /// How often each delivery is made.
    pub times: usize,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            time_scale: 0.001,
            forged: false,
            times: 1,
        }
    }
}

/// Takes parcels in, and remembers what became of them.
pub struct Courier {
    outbox: mpsc::UnboundedSender<Order>,
    inbox: Mutex<Option<mpsc::UnboundedReceiver<Order>>>,
    log: Mutex<Vec<Attempt>>,
    failed: Mutex<Vec<Failed>>,
    knobs: Mutex<Knobs>,
    /// Public addresses that no name service knows, and where they are in fact.
    detours: Mutex<Vec<(String, String)>>,
    client: reqwest::Client,
}

type Order = (Parcel, oneshot::Sender<Attempt>);

impl Courier {
    pub(crate) fn new(client: reqwest::Client) -> Self {
        let (outbox, inbox) = mpsc::unbounded_channel();
        Self {
            outbox,
            inbox: Mutex::new(Some(inbox)),
            log: Mutex::default(),
            failed: Mutex::default(),
            knobs: Mutex::default(),
            detours: Mutex::default(),
            client,
        }
    }

    /// Hands a parcel over. What is returned tells the first try's outcome.
    pub(crate) fn send(&self, parcel: Parcel) -> oneshot::Receiver<Attempt> {
        let (tell, told) = oneshot::channel();
        // Nobody takes orders any more once the sandbox is dropped, and then nobody waits for them either.
        self.outbox.send((parcel, tell)).ok();
        told
    }

    /// Hands over several, in their order.
    pub(crate) fn send_all(&self, parcels: impl IntoIterator<Item = Parcel>) {
        for parcel in parcels {
            self.send(parcel);
        }
    }

    /// Every try since the start or the last clearing, in the order of their ends.
    pub fn attempts(&self) -> Vec<Attempt> {
        lock(&self.log).clone()
    }

    /// What was given up.
    pub(crate) fn failed(&self) -> Vec<Failed> {
        lock(&self.failed).clone()
    }

    /// Forgets what was delivered and what was given up.
    pub fn clear(&self) {
        lock(&self.log).clear();
        lock(&self.failed).clear();
    }

    /// Lets what is meant for a public address go to another one, which is in this machine's reach.
    pub fn divert(&self, public: &str, to: &str) {
        let end = |it: &str| it.trim_end_matches('/').to_owned();
        lock(&self.detours).push((end(public), end(to)));
    }

    /// Where an address is in fact.
    pub(crate) fn place(&self, url: &str) -> String {
        let detours = lock(&self.detours);
        let mut found = detours.iter().filter_map(|(public, to)| {
            let rest = url.strip_prefix(public)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("{to}{rest}"))
        });
        found.next().unwrap_or_else(|| url.to_owned())
    }

    /// How deliveries go wrong now.
    pub fn knobs(&self) -> Knobs {
        lock(&self.knobs).clone()
    }

    /// Sets how deliveries go wrong.
    pub fn turn(&self, knobs: Knobs) {
        *lock(&self.knobs) = knobs;
    }

    /// Carries out what is handed over, until the future is dropped, which also ends every delivery.
    pub(crate) async fn serve(self: Arc<Self>) {
        let Some(mut inbox) = lock(&self.inbox).take() else {
            return;
        };
        let mut tasks = JoinSet::new();
        while let Some((parcel, tell)) = inbox.recv().await {
            while tasks.try_join_next().is_some() {}
            for _ in 1..self.knobs().times {
                let (courier, copy) = (Arc::clone(&self), parcel.clone());
                let (nobody, _) = oneshot::channel();
                tasks.spawn(async move { courier.deliver(&copy, nobody).await });
            }
            let courier = Arc::clone(&self);
            tasks.spawn(async move { courier.deliver(&parcel, tell).await });
        }
    }

    async fn deliver(&self, parcel: &Parcel, tell: oneshot::Sender<Attempt>) {
        let attempt = self.attempt(parcel, 0).await;
        let mut settled = (parcel.manners.settles)(attempt.status);
        tell.send(attempt).ok();
        for (place, wait) in parcel.manners.waits.iter().enumerate() {
            if settled {
                return;
            }
            let wait = f64::from(*wait) * self.knobs().time_scale;
            tokio::time::sleep(Duration::from_secs_f64(wait)).await;
            let attempt = self.attempt(parcel, place + 1).await;
            settled = (parcel.manners.settles)(attempt.status);
        }
        if !settled {
            lock(&self.failed).push(Failed {
                provider: parcel.provider,
                tenant: parcel.tenant.clone(),
                id: parcel.id.clone(),
                url: parcel.url.clone(),
                body: parcel.body.clone(),
                at: milliseconds(),
            });
        }
    }

    async fn attempt(&self, parcel: &Parcel, retry: usize) -> Attempt {
        let patience = match retry {
            0 => parcel.manners.patience,
            _ => parcel.manners.patience_later,
        };
        let forged = parcel.forged || self.knobs().forged;
        let body = if forged {
            (parcel.forge)(&parcel.body)
        } else {
            parcel.body.clone()
        };
        let mut request = self
            .client
            .post(self.place(&parcel.url))
            .timeout(patience)
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .body(body);
        let stamp = Stamp {
            retry,
            age: parcel.age,
            forged,
        };
        for (name, value) in (parcel.seal)(stamp) {
            request = request.header(name, value);
        }
        let (at, began) = (now(), Instant::now());
        let status = match request.send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                // Read to its end, so that the connection can be used again.
                answer.bytes().await.ok();
                status
            }
            Err(_) => 0,
        };
        let attempt = Attempt {
            at,
            provider: parcel.provider,
            kind: parcel.kind.clone(),
            id: parcel.id.clone(),
            url: parcel.url.clone(),
            retry,
            status,
            millis: began.elapsed().as_secs_f64() * 1_000.0,
        };
        lock(&self.log).push(attempt.clone());
        attempt
    }
}

/// Milliseconds since 1970.
#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds since 1970 fit"
)]
pub(crate) fn milliseconds() -> i64 {
    (now() * 1_000.0) as i64
}

#[cfg(test)]
mod tests {
    use super::Courier;

    #[test]
    fn what_is_meant_for_a_diverted_address_goes_elsewhere() {
        let courier = Courier::new(reqwest::Client::new());
        courier.divert("https://app.example/", "http://127.0.0.1:8");
        let place = |url| courier.place(url);
        assert_eq!(
            place("https://app.example/hooks?a=1"),
            "http://127.0.0.1:8/hooks?a=1"
        );
        for other in ["https://app.example.org/hooks", "https://other.example/"] {
            assert_eq!(place(other), other);
        }
    }
}
