//! The sandbox's own controls over HTTP: what was asked, what shall go wrong, and who is who.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{exchange::Exchange, fault::Fault, recorder::Seen, world::World, zoom};

/// The control routes.
pub fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/requests", get(requests).delete(clear_requests))
        .route("/faults", post(inject).delete(clear_faults))
        .route("/reset", post(reset))
        .route("/events", post(send_event))
        .route("/world", get(describe))
        .route("/canaries", get(canaries))
        .route(
            "/exchanges",
            get(exchanges).put(keep_exchanges).delete(clear_exchanges),
        )
        .nest("/zoom", zoom::control_router())
        .with_state(world)
}

/// Whether whole exchanges are to be kept from now on.
#[derive(Debug, Deserialize)]
struct Keep {
    keep: bool,
}

/// A webhook to send as the vendor would.
#[derive(Debug, Deserialize)]
struct Event {
    provider: String,
    kind: String,
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

async fn send_event(Json(event): Json<Event>) -> Response {
    let message = format!(
        "the sandbox cannot send {} events of kind {:?} yet",
        event.provider, event.kind
    );
    (
        StatusCode::NOT_IMPLEMENTED,
        Json(json!({"message": message})),
    )
        .into_response()
}

async fn describe(State(world): State<Arc<World>>) -> Json<Value> {
    Json(json!({
        "addresses": world.addresses(),
        "people": world.people(),
        "canaries": world.canaries().len(),
    }))
}

async fn canaries(State(world): State<Arc<World>>) -> Json<Vec<String>> {
    Json(world.canaries())
}
