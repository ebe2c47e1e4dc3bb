//! Zoom's part of the sandbox's controls: knobs, tokens, and removing the app.

use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::knobs::Knobs;
use super::webhook;
use crate::world::World;

/// `PUT /webhook` (`{"url","secret"}`: where events go, once the address has shown it knows the secret),
/// `GET` and `PATCH /knobs`, `POST /tokens/{person}`, `DELETE /tokens/{person}`.
pub fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/webhook", put(save_webhook))
        .route("/knobs", get(knobs).patch(turn))
        .route("/tokens/{person}", post(grant).delete(remove))
}

async fn save_webhook(
    Shared(world): Shared<Arc<World>>,
    Json(wanted): Json<webhook::Wanted>,
) -> Response {
    match webhook::save(&world, wanted).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(why) => (StatusCode::BAD_REQUEST, Json(json!({ "message": why }))).into_response(),
    }
}

async fn knobs(Shared(world): Shared<Arc<World>>) -> Json<Knobs> {
    Json(world.zoom().knobs.clone())
}

/// Takes the knobs given and leaves the rest as they are.
async fn turn(
    Shared(world): Shared<Arc<World>>,
    Json(changes): Json<Map<String, Value>>,
) -> Response {
    let mut all = json!(world.zoom().knobs);
    if let Some(all) = all.as_object_mut() {
        all.extend(changes);
    }
    match serde_json::from_value::<Knobs>(all) {
        Ok(knobs) => {
            world.zoom().knobs = knobs.clone();
            webhook::keep_valid(&world).await;
            Json(knobs).into_response()
        }
        Err(error) => (
            StatusCode::BAD_REQUEST,
            Json(json!({ "message": error.to_string() })),
        )
            .into_response(),
    }
}

async fn grant(Shared(world): Shared<Arc<World>>, Path(person): Path<String>) -> Response {
    if world.find(|it| it.handle == person).is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let issued = world.zoom().grant(&person);
    Json(json!({
        "access_token": issued.access_token,
        "refresh_token": issued.refresh_token,
        "scope": issued.scopes.join(" "),
    }))
    .into_response()
}

async fn remove(Shared(world): Shared<Arc<World>>, Path(person): Path<String>) -> StatusCode {
    world.zoom().remove_app(&person);
    StatusCode::NO_CONTENT
}
