//! One subscription of one caller: what is said to them, event by event, whatever carries it there.
//!
//! Each event is an operation of its own, with rights and loaders of its own; events that have piled up share one, so
//! that what they are about is read once for all of them.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use async_graphql::{Request, Response, ServerError};
use futures::StreamExt as _;

use crate::app::App;
use crate::auth::{Caller, Via};
use crate::bus::{Listener, Signal};
use crate::event::{Account, Topic, What};
use crate::grant;
use crate::graphql;
use crate::graphql::context::Operation;
use crate::graphql::live::{Heard, Plan, Stage, again};
use crate::watch::{Hold, Want};

/// How long events that piled up share what was read for the first of them.
const SHARED: Duration = Duration::from_secs(2);

/// Makes the request anew, as often as there is something to say.
pub type Asked = Arc<dyn Fn() -> Request + Send + Sync>;

/// One subscription of one caller.
pub struct Feed {
    app: App,
    caller: Arc<Caller>,
    asked: Asked,
    heard: Arc<Heard>,
    listener: Listener,
    wanted: Vec<Want>,
    hold: Hold,
    waiting: VecDeque<Signal>,
    reading: Option<(Instant, Arc<Operation>)>,
    ended: bool,
}

impl Feed {
    /// Validates and authorises the subscription, and listens from then on. What is not to be had is answered as any
    /// operation with errors.
    pub async fn open(app: &App, caller: Arc<Caller>, asked: Asked) -> Result<Self, Response> {
        let plan = planned(app, &caller, &asked).await?;
        let mut listener = app.bus.listen(plan.topics.clone()).await;
        listener.also(of_rights(&caller)).await;
        let watches = &app.watches;
        let hold = watches.want(app, &caller, plan.wanted.clone());
        Ok(Self {
            app: app.clone(),
            caller,
            asked,
            heard: Arc::new(plan.heard),
            listener,
            wanted: plan.wanted,
            hold,
            waiting: plan.missed.then_some(Signal::Gap).into_iter().collect(),
            reading: None,
            ended: false,
        })
    }

    /// What to say next, in the order of the events; `None` once there will be nothing more. Cancelling loses nothing.
    pub async fn next(&mut self) -> Option<Response> {
        while !self.ended {
            if self.waiting.is_empty() {
                self.reading = None;
                self.waiting = self.listener.next().await.into();
            }
            let Some(signal) = self.waiting.front().cloned() else {
                continue;
            };
            if let Signal::Event(event) = &signal
                && let What::Disconnected { .. } | What::Uninstalled { .. } = &event.what
            {
                self.waiting.pop_front();
                self.ended = !self.goes_on(&event.what).await;
                continue;
            }
            if signal == Signal::Gap {
                metrics::counter!("trefoil_live_gaps_total").increment(1);
            }
            let told = self.noticed(&signal).await;
            let operation = self.operation();
            let stage = Stage::Delivering(Arc::clone(&self.heard), told);
            let request = graphql::bind_to((self.asked)(), &operation).data(stage);
            let said = first(&self.app, request).await;
            if grant::is_spent(&self.app, &self.caller).await {
                self.ended = true;
                return Some(failed(
                    "UNAUTHENTICATED",
                    "The token is no longer taken; listen again with a new one.",
                ));
            }
            self.listen_anew(&signal).await;
            self.waiting.pop_front();
            if said.is_some() {
                return said;
            }
        }
        None
    }

    /// A newer token of the same caller, for what is read from now on.
    pub fn renew(&mut self, caller: Arc<Caller>) {
        self.caller = caller;
        self.reading = None;
        // The new wish is made before the old one ends.
        let watches = &self.app.watches;
        self.hold = watches.want(&self.app, &self.caller, self.wanted.clone());
    }

    /// What reads for the events that have piled up: the same for all of them, unless they take long.
    fn operation(&mut self) -> Arc<Operation> {
        match &self.reading {
            Some((since, operation)) if since.elapsed() < SHARED => Arc::clone(operation),
            _ => {
                let operation = Arc::new(Operation::new(&self.app, Arc::clone(&self.caller)));
                self.reading = Some((Instant::now(), Arc::clone(&operation)));
                operation
            }
        }
    }

    /// What is told of a signal: after something was switched, that everything is to be read again.
    async fn noticed(&mut self, signal: &Signal) -> Signal {
        if let Signal::Event(event) = signal
            && let What::Switched { site } = event.what
        {
            self.app.forget_features(site).await;
            self.reading = None;
            return Signal::Gap;
        }
        signal.clone()
    }

    /// After a link of the issue was made, what it leads to is listened to as well; after something was switched, what
    /// is on now.
    async fn listen_anew(&mut self, signal: &Signal) {
        let (Heard::Issue(site, issue), Signal::Event(event)) = (&*self.heard, signal) else {
            return;
        };
        let place = (*site, *issue);
        let changes = matches!(
            event.what,
            What::Link { added: true, .. } | What::Switched { .. }
        );
        if !changes {
            return;
        }
        let operation = self.operation();
        match again(&operation, place.0, place.1).await {
            Ok(plan) => self.follow(plan).await,
            Err(error) => tracing::warn!(code = error.code(), "links could not be read again"),
        }
    }

    /// Whether there is something left to listen to, now that a right of the caller's has ended.
    async fn goes_on(&mut self, ended: &What) -> bool {
        self.reading = None;
        let by = match ended {
            What::Disconnected { account, .. } => *account,
            What::Uninstalled { site } => {
                let own = self.caller.membership(*site);
                return own.is_none_or(|it| it.via != Via::Panel);
            }
            _ => return true,
        };
        match (&*self.heard, by) {
            (
                Heard::Issue(site, _) | Heard::Project(site) | Heard::Transfer(site, ..),
                Account::Jira,
            ) => {
                let own = self.caller.membership(*site);
                own.is_some_and(|it| it.via != Via::OAuth)
            }
            (Heard::Issue(site, issue), _) => {
                let (place, operation) = ((*site, *issue), self.operation());
                if let Ok(plan) = again(&operation, place.0, place.1).await {
                    self.follow(plan).await;
                }
                true
            }
            // Who asks again is told which of them they still see.
            (Heard::Issues(_), Account::Jira) => false,
            (Heard::Issues(_) | Heard::Project(_) | Heard::Transfer(..), _)
            | (Heard::Own, Account::Jira) => true,
            (Heard::Own, _) => match planned(&self.app, &self.caller, &self.asked).await {
                Ok(plan) => {
                    self.follow(plan).await;
                    true
                }
                Err(_) => false,
            },
        }
    }

    /// Listens to what a new plan has besides, and wishes for nothing but what it has.
    async fn follow(&mut self, plan: Plan) {
        self.listener.also(plan.topics).await;
        let watches = &self.app.watches;
        self.hold = watches.want(&self.app, &self.caller, plan.wanted.clone());
        self.wanted = plan.wanted;
    }
}

/// What the caller may listen to, found out by opening the subscription.
async fn planned(app: &App, caller: &Arc<Caller>, asked: &Asked) -> Result<Plan, Response> {
    let left = Arc::new(OnceLock::new());
    let operation = Arc::new(Operation::new(app, Arc::clone(caller)));
    let request = graphql::bind_to(asked(), &operation).data(Stage::Opening(left.clone()));
    if let Some(refused) = first(app, request).await {
        return Err(refused);
    }
    // The engine has ended without an error, so the field was resolved.
    let plan = left.get().cloned();
    plan.ok_or_else(|| failed("INTERNAL", "Something went wrong here."))
}

/// Where it is told that rights of the caller's have ended.
fn of_rights(caller: &Caller) -> impl Iterator<Item = Topic> {
    let persons = caller.selves.iter().map(|(_, it)| Topic::person(*it));
    let panels = caller.sites.iter().filter(|it| it.via == Via::Panel);
    persons.chain(panels.map(|it| Topic::site(it.site.id)))
}

/// The first thing that the engine says, within the time of an operation.
async fn first(app: &App, request: Request) -> Option<Response> {
    let limit = Duration::from_secs(app.settings.limits.operation_timeout);
    let mut said = std::pin::pin!(graphql::schema().execute_stream(request));
    tokio::time::timeout(limit, said.next())
        .await
        .unwrap_or_else(|_| {
            Some(failed(
                "OPERATION_TIMEOUT",
                "This took too long; ask for less, or try again.",
            ))
        })
}

fn failed(code: &'static str, message: &str) -> Response {
    let mut error = ServerError::new(message, None);
    let mut extensions = async_graphql::ErrorExtensionValues::default();
    extensions.set("code", code);
    error.extensions = Some(extensions);
    Response::from_errors(vec![error])
}
