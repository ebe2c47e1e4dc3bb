//! Zoom as its documentation describes it.

use std::sync::Arc;

use axum::Router;
use http::request::Parts;

use crate::world::World;

/// What this vendor remembers.
#[derive(Default)]
pub struct State {}

/// Puts the story's content in place; called at the start and at every reset.
pub fn seed(world: &World) {
    *world.zoom() = State::default();
}

/// Whose token a request to the API carries.
pub fn identify(_world: &World, _parts: &Parts) -> Option<String> {
    None
}

/// Whose token a request to the download host carries.
pub fn identify_download(_world: &World, _parts: &Parts) -> Option<String> {
    None
}

/// The API's and OAuth's routes.
pub fn router(_world: Arc<World>) -> Router {
    Router::new()
}

/// The download host's routes.
pub fn download_router(_world: Arc<World>) -> Router {
    Router::new()
}
