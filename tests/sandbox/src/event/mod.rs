//! `POST /events`: makes something happen at a vendor, which tells the app as it tells of everything.
//!
//! The world agrees first: an issue is changed in fact, a mail is in the mailbox. What is sent is what the vendor sends
//! about that change; here it can also be sent twice, late, out of order, or signed wrongly.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::courier::{Attempt, Knobs, Parcel};
use crate::subscriptions::Entry;
use crate::world::World;
use crate::{Sandbox, graph, jira, zoom};

/// Something that shall happen.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, set by name from JSON"
)]
pub struct Event {
    /// `jira`, `microsoft` or `zoom`.
    pub provider: String,
    /// The vendor's own name of it: `jira:issue_updated`, `message.created`, `recording.completed`.
    pub kind: String,
    /// The Jira site; without it, the person's own, else acme.
    pub site: Option<String>,
    /// The issue's key or id; without it, the site's main issue.
    pub issue: Option<String>,
    /// Handle of the person whose mailbox, calendar, list or meeting it is; without it, alice.
    pub person: Option<String>,
    /// Handle of who does it; without it, a colleague.
    pub by: Option<String>,
    /// Words to use in a summary, subject, title or text.
    pub subject: Option<String>,
    /// What of the person's it happens to, by the vendor's id or a Message-ID; without it, what the story is about.
    pub id: Option<String>,
    /// The Zoom meeting, by number, or one instance of it, by UUID; without it, the story's.
    pub meeting: Option<String>,
    /// The Message-ID a new mail answers; without it, the first mail of the main issue, and `none` for no mail.
    #[serde(rename = "inReplyTo", alias = "in_reply_to")]
    pub in_reply_to: Option<String>,
    /// The conversation (by its id in the person's mailbox) a new mail goes on with, answering its last mail.
    pub conversation: Option<String>,
    /// Whether an updated task is completed.
    pub completed: bool,
    /// How many of it happen, one after the other.
    pub count: Option<usize>,
    /// How many of them happen in a second, each told at once; without it, all are told when the last has happened.
    pub per_second: Option<f64>,
    /// How often each of them is told: the very same delivery again.
    pub times: Option<usize>,
    /// Whether all of them are told in one request, where the vendor does such a thing.
    pub together: bool,
    /// Whether they are told in reverse order, each once the one before is answered.
    pub reorder: bool,
    /// Whether they are signed with a wrong key.
    pub forged: bool,
    /// Seconds by which what is told lies in the past.
    pub age_s: Option<i64>,
    /// How long the vendor takes before it tells, in milliseconds.
    pub delay_ms: Option<u64>,
}

/// What happened, and what is to be told of it.
#[derive(Default)]
pub(crate) struct Caused {
    /// Ids of what it happened to, by what they are ids of.
    pub(crate) ids: Map<String, Value>,
    pub(crate) parcels: Vec<Parcel>,
}

/// What came of an event.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Every delivery's first try.
    pub sent: Vec<Sent>,
    /// Ids of what it happened to, by what they are ids of; of several, those of the last.
    pub ids: Map<String, Value>,
    /// Why nothing was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// One delivery.
#[derive(Clone, Debug, Serialize)]
pub struct Sent {
    /// Where it went.
    pub url: String,
    /// The status answered; 0 when there was no answer in time.
    pub status: u16,
    /// How long the answer took.
    pub millis: f64,
}

impl Event {
    /// Words nobody wrote before, with their canary.
    pub(crate) fn words(&self, world: &World) -> String {
        let canary = world.canary(&format!("event {}", uuid::Uuid::new_v4()));
        let subject = self.subject.as_deref().unwrap_or("News about the roll-out");
        format!("{subject} {canary}")
    }

    /// Something that happens without particulars.
    pub fn new(provider: &str, kind: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            kind: kind.to_owned(),
            ..Self::default()
        }
    }
}

impl Sandbox {
    /// The Graph subscriptions that live, each with its owner, resource and expiry.
    pub fn graph_subscriptions(&self) -> Vec<Value> {
        graph::subscriptions(self.world())
    }

    /// The registered webhooks of Jira that live.
    pub fn jira_webhooks(&self) -> Vec<Value> {
        jira::webhooks(self.world())
    }

    /// What became of subscriptions and registered webhooks, in order.
    pub fn subscription_journal(&self) -> Vec<Entry> {
        self.world().journal().entries()
    }

    /// Every try to deliver a webhook so far.
    pub fn deliveries(&self) -> Vec<Attempt> {
        self.world().courier().attempts()
    }

    /// Changes how webhooks are delivered, until the next reset.
    pub fn webhooks(&self, turn: impl FnOnce(&mut Knobs)) {
        let mut knobs = self.world().courier().knobs();
        turn(&mut knobs);
        self.world().courier().turn(knobs);
    }

    /// Makes something happen and waits until everybody subscribed was told once.
    ///
    /// # Panics
    /// When there is no such event, or nothing it could happen to.
    pub async fn sends(&self, event: Event) -> Outcome {
        happen(self.world(), &event)
            .await
            .unwrap_or_else(|why| panic!("{event:?} cannot happen: {why}"))
    }
}

/// `POST /events`.
pub(crate) async fn post(State(world): State<Arc<World>>, body: Bytes) -> Response {
    let event = serde_json::from_slice(&body).map_err(|error| error.to_string());
    let outcome = match event {
        Ok(event) => happen(&world, &event).await,
        Err(why) => Err(why),
    };
    match outcome {
        Ok(outcome) => {
            let status = if outcome.sent.is_empty() {
                StatusCode::ACCEPTED
            } else {
                StatusCode::OK
            };
            (status, Json(outcome)).into_response()
        }
        Err(why) => (StatusCode::BAD_REQUEST, Json(json!({"message": why}))).into_response(),
    }
}

async fn happen(world: &Arc<World>, event: &Event) -> Result<Outcome, String> {
    let mut told = Told::default();
    let (mut ids, mut parcels) = (Map::new(), Vec::new());
    let begun = Instant::now();
    for number in 0..event.count.unwrap_or(1) {
        if let Some(rate) = event.per_second.filter(|rate| *rate > 0.0) {
            #[expect(clippy::cast_precision_loss, reason = "nobody counts so far")]
            let after = number as f64 / rate;
            tokio::time::sleep_until(begun + Duration::from_secs_f64(after)).await;
            // At a pace nothing is kept back for its successors.
            told.deliver(world, event, std::mem::take(&mut parcels))
                .await;
        }
        let caused = cause(world, event).await?;
        ids.extend(caused.ids);
        parcels.extend(caused.parcels);
    }
    tokio::time::sleep(Duration::from_millis(event.delay_ms.unwrap_or_default())).await;
    if event.together {
        parcels = graph::together(parcels);
    }
    if event.reorder {
        parcels.reverse();
    }
    told.deliver(world, event, parcels).await;
    let sent = told.all().await;
    let reason = sent
        .is_empty()
        .then_some("nobody is subscribed to this, or may see it");
    Ok(Outcome { sent, ids, reason })
}

async fn cause(world: &Arc<World>, event: &Event) -> Result<Caused, String> {
    match event.provider.as_str() {
        "jira" => jira::cause(world, event),
        "microsoft" => graph::cause(world, event),
        "zoom" => zoom::cause(world, event).await,
        other => Err(format!("{other:?} is none of jira, microsoft, zoom")),
    }
}

/// What was told by now, and what is on its way.
#[derive(Default)]
struct Told {
    done: Vec<Attempt>,
    under_way: Vec<oneshot::Receiver<Attempt>>,
}

impl Told {
    /// Hands parcels over as the event wants it.
    async fn deliver(&mut self, world: &World, event: &Event, parcels: Vec<Parcel>) {
        for mut parcel in parcels {
            parcel.forged = event.forged;
            for _ in 0..event.times.unwrap_or(1) {
                let told = world.courier().send(parcel.clone());
                if event.reorder {
                    self.done.extend(told.await.ok());
                } else {
                    self.under_way.push(told);
                }
            }
        }
    }

    /// Waits for the first try of each.
    async fn all(mut self) -> Vec<Sent> {
        for told in self.under_way {
            self.done.extend(told.await.ok());
        }
        let sent = self.done.into_iter().map(|attempt| Sent {
            url: attempt.url,
            status: attempt.status,
            millis: attempt.millis,
        });
        sent.collect()
    }
}
