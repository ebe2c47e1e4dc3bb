//! The sandbox's own controls over HTTP: what was asked, what shall go wrong, and who is who.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    courier::{Attempt, Knobs},
    entra, event,
    exchange::Exchange,
    fault::Fault,
    graph, jira,
    recorder::Seen,
    world::World,
    zoom,
};

/// The control routes.
pub fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/requests", get(requests).delete(clear_requests))
        .route("/faults", post(inject).delete(clear_faults))
        .route("/reset", post(reset))
        .route("/token", get(token))
        .route("/events", post(event::post))
        .route("/deliveries", get(deliveries).delete(clear_deliveries))
        .route("/webhooks/knobs", get(webhook_knobs).patch(turn_webhooks))
        .route("/subscriptions", get(subscriptions))
        .route("/clock", post(set_clock))
        .route("/world", get(describe))
        .route("/canaries", get(canaries))
        .route(
            "/exchanges",
            get(exchanges).put(keep_exchanges).delete(clear_exchanges),
        )
        .nest("/jira", jira::control_router())
        .nest("/zoom", zoom::control_router())
        .with_state(world)
}

/// Whether whole exchanges are to be kept from now on.
#[derive(Debug, Deserialize)]
struct Keep {
    keep: bool,
}

async fn requests(State(world): State<Arc<World>>) -> Json<Vec<Seen>> {
    Json(world.requests())
}

async fn clear_requests(State(world): State<Arc<World>>) -> StatusCode {
    world.clear_requests();
    StatusCode::NO_CONTENT
}

async fn exchanges(State(world): State<Arc<World>>) -> Json<Vec<Exchange>> {
    Json(world.exchanges().all())
}

async fn keep_exchanges(
    State(world): State<Arc<World>>,
    Json(Keep { keep }): Json<Keep>,
) -> StatusCode {
    world.exchanges().keep(keep);
    StatusCode::NO_CONTENT
}

async fn clear_exchanges(State(world): State<Arc<World>>) -> StatusCode {
    world.exchanges().clear();
    StatusCode::NO_CONTENT
}

async fn inject(State(world): State<Arc<World>>, Json(fault): Json<Fault>) -> StatusCode {
    world.inject(fault);
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(world): State<Arc<World>>) -> StatusCode {
    world.clear_faults();
    StatusCode::NO_CONTENT
}

async fn reset(State(world): State<Arc<World>>) -> StatusCode {
    world.reset();
    StatusCode::NO_CONTENT
}

/// Every try to deliver a webhook, without what was in it.
async fn deliveries(State(world): State<Arc<World>>) -> Json<Vec<Attempt>> {
    Json(world.courier().attempts())
}

async fn clear_deliveries(State(world): State<Arc<World>>) -> StatusCode {
    world.courier().clear();
    StatusCode::NO_CONTENT
}

async fn webhook_knobs(State(world): State<Arc<World>>) -> Json<Knobs> {
    Json(world.courier().knobs())
}

/// Takes the knobs given and leaves the rest as they are.
async fn turn_webhooks(
    State(world): State<Arc<World>>,
    Json(changes): Json<Map<String, Value>>,
) -> Response {
    let mut all = json!(world.courier().knobs());
    if let Some(all) = all.as_object_mut() {
        all.extend(changes);
    }
    match serde_json::from_value::<Knobs>(all) {
        Ok(knobs) => {
            world.courier().turn(knobs.clone());
            Json(knobs).into_response()
        }
        Err(error) => (
            StatusCode::BAD_REQUEST,
            Json(json!({"message": error.to_string()})),
        )
            .into_response(),
    }
}

/// Who is told of what now, and what became of all subscriptions, in order.
async fn subscriptions(State(world): State<Arc<World>>) -> Json<Value> {
    Json(json!({
        "microsoft": graph::subscriptions(&world),
        "jira": jira::webhooks(&world),
        "journal": world.journal().entries(),
    }))
}

#[derive(Debug, Deserialize)]
struct Clock {
    ahead_seconds: f64,
}

/// Sets how far the clock that subscriptions live by runs ahead.
async fn set_clock(State(world): State<Arc<World>>, Json(clock): Json<Clock>) -> StatusCode {
    world.set_clock_ahead(clock.ahead_seconds);
    zoom::keep_valid(&world).await;
    StatusCode::NO_CONTENT
}

async fn describe(State(world): State<Arc<World>>) -> Json<Value> {
    Json(json!({
        "addresses": world.addresses(),
        "people": world.people(),
        "canaries": world.canaries().len(),
    }))
}

/// What to ask a token for: `GET /token?person=alice&host=jira&issue=DEMO-42`; hosts are `jira`, `outlook`, `teams`.
/// Who belongs to several Jira sites names one with `site=globex`; without it, it is their own tenant's. Tokens
/// live `seconds` (below zero: over), and on the other hosts `interactive=true` is a sign-in with the person's own hands.
#[derive(Debug, Deserialize)]
struct TokenFor {
    person: String,
    #[serde(default = "jira_host")]
    host: String,
    issue: Option<String>,
    site: Option<String>,
    seconds: Option<i64>,
    #[serde(default)]
    interactive: bool,
}

fn jira_host() -> String {
    "jira".to_owned()
}

/// The token a host would hand to the add-in on its page.
async fn token(State(world): State<Arc<World>>, Query(wanted): Query<TokenFor>) -> Response {
    let Some(person) = world.find(|person| person.handle == wanted.person) else {
        return (StatusCode::NOT_FOUND, "there is no such person").into_response();
    };
    let made = match wanted.host.as_str() {
        "jira" => {
            let issue = wanted.issue.as_deref();
            let site = wanted.site.as_deref().unwrap_or(person.site);
            let issue = issue.unwrap_or_else(|| jira::main_issue(site));
            let lasting = wanted.seconds.unwrap_or(jira::LASTING);
            jira::context_token_for(&world, site, person.handle, issue, lasting)
        }
        other => {
            let host = match other {
                "outlook" => entra::Host::Outlook,
                "teams" => entra::Host::Teams,
                "teams-desktop" => entra::Host::TeamsDesktop,
                "office" => entra::Host::Office,
                other => {
                    let why = format!("there is no host {other}");
                    return (StatusCode::CONFLICT, why).into_response();
                }
            };
            let (interactive, seconds) = (wanted.interactive, wanted.seconds);
            match entra::sign_on(&world, person.handle, host, interactive, seconds) {
                Ok(token) => Ok(token),
                Err(refusal) => return refusal.answer(&world.addresses().login, None),
            }
        }
    };
    match made {
        Ok(token) => token.into_response(),
        Err(why) => (StatusCode::CONFLICT, why).into_response(),
    }
}

async fn canaries(State(world): State<Arc<World>>) -> Json<Vec<String>> {
    Json(world.canaries())
}
