//! Entra, the Microsoft identity platform as its documentation describes it.

use std::sync::Arc;

use axum::Router;
use http::request::Parts;

use crate::world::World;

/// What this vendor remembers.
#[derive(Default)]
pub struct State {}

/// Puts the story's content in place; called at the start and at every reset.
pub fn seed(world: &World) {
    *world.entra() = State::default();
}

/// Whose token a request carries.
pub fn identify(_world: &World, _parts: &Parts) -> Option<String> {
    None
}

/// The vendor's routes.
pub fn router(_world: Arc<World>) -> Router {
    Router::new()
}
