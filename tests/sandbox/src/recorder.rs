//! The record of every request: who asked what of which vendor, and how it was answered.
//!
//! [`watched`] wraps a vendor's router. Before the handler runs it asks the vendor's `identify` function whose
//! token the request carries (a person's handle, or `app`), because a fault may be meant for one person only.
//! A handler that learns more (a token endpoint that finds the person in the body, the sub-requests of a batch)
//! takes `Extension<Trace>` and tells it.

use std::{
    any::Any,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use http::request::Parts;
use serde::Serialize;

use crate::{
    exchange::{self, Exchange},
    fault, jira,
    world::{World, lock},
};

/// One request as the sandbox saw it.
#[derive(Clone, Debug, Serialize)]
pub struct Seen {
    /// When it arrived, in seconds since 1970.
    pub at: f64,
    /// `jira`, `login`, `graph`, `zoom` or `zoom-download`.
    pub provider: &'static str,
    /// The Jira site asked, by its own host or by its cloud id.
    pub site: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// The path with its query, as it was on the wire.
    pub path: String,
    /// The handle of the person whose token it carried, or `app`.
    pub subject: Option<String>,
    /// `GET /me/…` for each part of a Graph `$batch`.
    pub batch: Vec<String>,
    /// The status answered; 0 while there is no answer.
    pub status: u16,
}

/// How one vendor's listener is watched.
#[derive(Clone)]
pub struct Lane {
    /// The world whose record is kept.
    pub world: Arc<World>,
    /// The name under which requests are recorded and faults are aimed.
    pub provider: &'static str,
    /// The Jira site, where the listener is one.
    pub site: Option<&'static str>,
    /// Whose token a request carries.
    pub identify: Identify,
    /// What a request takes up while it is under way, where the vendor limits that.
    pub admit: Option<Admit>,
}

/// Tells whose token a request carries: a person's handle or `app`. It must not use the token up.
pub type Identify = fn(&World, &Parts) -> Option<String>;

/// Takes a place for a request, given back when the result is dropped, or refuses it. A place is held through
/// injected delays too, because to the vendor a slow request is one still under way.
pub type Admit = fn(&Arc<World>, &Parts) -> Result<Box<dyn Any + Send>, Box<Response>>;

/// The line of the record that belongs to the request being answered. Handlers take it as `Extension<Trace>`.
#[derive(Clone)]
pub struct Trace {
    world: Arc<World>,
    number: u64,
}

impl Trace {
    /// Says whose token it was.
    pub fn subject(&self, subject: &str) {
        self.note(|seen| seen.subject = Some(subject.to_owned()));
    }

    /// Adds one part of a batch, as `GET /me/…`.
    pub fn part(&self, method: &str, path: &str) {
        self.note(|seen| seen.batch.push(format!("{method} {path}")));
    }

    fn note(&self, change: impl FnOnce(&mut Seen)) {
        self.world.recorder().note(self.number, change);
    }
}

/// The list of requests seen.
#[derive(Default)]
pub struct Recorder(Mutex<Lines>);

#[derive(Default)]
struct Lines {
    /// The number of the first line kept; earlier ones were cleared.
    first: u64,
    seen: Vec<Seen>,
}

impl Recorder {
    pub(crate) fn requests(&self) -> Vec<Seen> {
        lock(&self.0).seen.clone()
    }

    pub(crate) fn clear(&self) {
        let mut lines = lock(&self.0);
        lines.first += lines.seen.len() as u64;
        lines.seen.clear();
    }

    fn push(&self, seen: Seen) -> u64 {
        let mut lines = lock(&self.0);
        lines.seen.push(seen);
        lines.first + lines.seen.len() as u64 - 1
    }

    fn note(&self, number: u64, change: impl FnOnce(&mut Seen)) {
        let mut lines = lock(&self.0);
        let line = number
            .checked_sub(lines.first)
            .and_then(|index| usize::try_from(index).ok());
        if let Some(seen) = line.and_then(|index| lines.seen.get_mut(index)) {
            change(seen);
        }
    }
}

/// Wraps a vendor's router so that its requests are recorded and its faults happen.
pub fn watched(router: Router, lane: Lane) -> Router {
    router.layer(from_fn_with_state(lane, watch))
}

/// Seconds since 1970.
pub fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock is past 1970")
        .as_secs_f64()
}

/// Answers, and keeps the exchange when it is whole.
async fn kept(lane: &Lane, path: String, request: Request, next: Next) -> Response {
    let method = request.method().to_string();
    let (request, asked) = exchange::overhear(request).await;
    let (response, answered) = exchange::overhear_answer(next.run(request).await).await;
    // What was broken off has had no answer.
    if response.extensions().get::<fault::Abort>().is_none() {
        lane.world.exchanges().push(Exchange {
            provider: lane.provider,
            site: lane.site.map(str::to_owned),
            method,
            path,
            request: asked,
            status: response.status().as_u16(),
            response: answered,
        });
    }
    response
}

async fn watch(State(lane): State<Lane>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = parts
        .uri
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str)
        .to_owned();
    let subject = (lane.identify)(&lane.world, &parts);
    let site = jira::site_of(&path).or(lane.site);
    // The line is written at arrival: a request given up by its client was seen all the same.
    let number = lane.world.recorder().push(Seen {
        at: now(),
        provider: lane.provider,
        site: site.map(str::to_owned),
        method: parts.method.to_string(),
        path: path.clone(),
        subject: subject.clone(),
        batch: Vec::new(),
        status: 0,
    });
    parts.extensions.insert(Trace {
        world: Arc::clone(&lane.world),
        number,
    });
    let place = match lane.admit.map(|admit| admit(&lane.world, &parts)) {
        Some(Err(refused)) => {
            let status = refused.status().as_u16();
            lane.world
                .recorder()
                .note(number, |seen| seen.status = status);
            return *refused;
        }
        Some(Ok(place)) => Some(place),
        None => None,
    };
    let fault = lane.world.faults().take(
        lane.provider,
        site,
        parts.method.as_str(),
        &path,
        subject.as_deref(),
    );
    let request = Request::from_parts(parts, body);
    let response = match fault {
        Some(fault) => fault::suffer(fault, request, next).await,
        None if lane.world.exchanges().keeps() => kept(&lane, path, request, next).await,
        None => next.run(request).await,
    };
    drop(place);
    let status = match response.extensions().get::<fault::Abort>() {
        Some(_) => 0,
        None => response.status().as_u16(),
    };
    lane.world
        .recorder()
        .note(number, |seen| seen.status = status);
    response
}
