//! Zoom as its documentation describes it: OAuth with rotating refresh tokens, meetings, recordings and downloads.
//!
//! Where the documentation is silent the fake takes the stricter reading, and the comment says so; what rests on no
//! page of Zoom's is marked `Unconfirmed`, to be looked at with a live account. [`Knobs`]
//! turn what Zoom leaves open; set them with [`Sandbox::zoom`] in a test, or over HTTP with
//! `GET` and `PATCH {control}/zoom/knobs`.

mod access;
mod control;
mod download;
mod knobs;
mod media;
mod meetings;
mod model;
mod oauth;
mod operation;
mod page;
mod past;
mod path;
mod problem;
mod recordings;
mod state;
mod story;
#[cfg(test)]
mod tests;
mod tokens;
mod users;
mod webhook;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post, put};
use http::request::Parts;

pub use control::router as control_router;
pub use knobs::Knobs;
pub use operation::{CLASSIC_SCOPES, GRANULAR_SCOPES};
pub use state::State;
pub use story::{DEMO_42_MEETING, DEMO_42_RECORDINGS, DEMO_42_UNRECORDED};
pub use tokens::Issued;
pub(crate) use webhook::cause::cause;
#[cfg(test)]
pub(crate) use webhook::mac;
pub(crate) use webhook::{keep_valid, offer};

use self::problem::Problem;
use crate::Sandbox;
use crate::world::World;

/// The app's client id at this Zoom.
pub const CLIENT_ID: &str = "sandbox_zoom_client_A1";
/// The app's client secret at this Zoom.
pub const CLIENT_SECRET: &str = "sandbox-zoom-secret-not-for-production";

/// What signs its webhooks unless another secret is chosen.
pub const WEBHOOK_SECRET: &str = "sandbox-zoom-webhook-secret";

impl Sandbox {
    /// Sends Zoom's events to this address, signed with this secret, if the address knows it.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn zoom_webhook(&self, url: &str, secret: &str) -> Result<(), String> {
        let wanted = webhook::Wanted {
            url: Some(url.to_owned()),
            secret: Some(secret.to_owned()),
        };
        webhook::save(self.world(), wanted).await
    }

    /// A Zoom token pair for a person, without the consent page; earlier pairs stay valid.
    pub fn zoom_tokens(&self, person: &str) -> Issued {
        self.world().zoom().grant(person)
    }

    /// Ends everything the person allowed, as removing the app in Zoom's Marketplace does.
    pub fn remove_zoom_app(&self, person: &str) {
        self.world().zoom().remove_app(person);
    }

    /// The UUIDs of the recorded meeting instances that a person hosted.
    pub fn zoom_recordings(&self, person: &str) -> Vec<String> {
        let state = self.world().zoom();
        let theirs = state.instances.iter().filter(|it| it.host == person);
        let recorded = theirs.filter(|it| it.recording.is_some());
        recorded.map(|it| it.uuid.clone()).collect()
    }

    /// Turns Zoom's knobs.
    pub fn zoom(&self, turn: impl FnOnce(&mut Knobs)) {
        turn(&mut self.world().zoom().knobs);
    }
}

/// Puts the story's content in place; called at the start and at every reset. Tokens stay.
pub fn seed(world: &World) {
    let (meetings, instances) = story::tell(world);
    let mut state = world.zoom();
    state.meetings = meetings;
    state.instances = instances;
    state.knobs = Knobs::default();
    state.forget_counts();
}

/// Whose token a request to the API carries.
pub fn identify(world: &World, parts: &Parts) -> Option<String> {
    let token = access::bearer_token(&parts.headers)?;
    download::holder(&world.zoom(), token)
}

/// Whose token a request to the download host carries.
pub fn identify_download(world: &World, parts: &Parts) -> Option<String> {
    identify(world, parts)
}

/// The API's and OAuth's routes.
pub fn router(world: Arc<World>) -> Router {
    let api = Router::new()
        .route("/users/{user}", get(users::get))
        .route("/users/{user}/recordings", get(users::list_recordings))
        .route(
            "/users/{user}/meetings",
            get(users::list_meetings).post(meetings::create),
        )
        .route("/users/{user}/upcoming_meetings", get(users::list_upcoming))
        .route(
            "/meetings/{id}",
            get(meetings::get)
                .patch(meetings::update)
                .delete(meetings::delete),
        )
        .route("/meetings/{id}/invitation", get(meetings::invitation))
        .route("/meetings/{id}/meeting_summary", get(past::summary))
        .route(
            "/meetings/{id}/recordings",
            get(recordings::get).delete(recordings::delete),
        )
        .route(
            "/meetings/{id}/recordings/{file}",
            delete(recordings::delete_file),
        )
        .route(
            "/meetings/{id}/recordings/settings",
            get(recordings::get_settings).patch(recordings::update_settings),
        )
        .route("/meetings/{id}/recordings/status", put(recordings::recover))
        .route("/past_meetings/{id}", get(past::get))
        .route("/past_meetings/{id}/instances", get(past::instances))
        .route("/past_meetings/{id}/participants", get(past::participants))
        .route("/report/meetings/{id}/participants", get(past::report))
        .fallback(async || Problem::new(404, 2300, "This API endpoint is not recognized."));
    Router::new()
        .nest("/v2", api)
        .route(
            "/oauth/authorize",
            get(oauth::authorize).post(oauth::decide),
        )
        .route("/oauth/token", post(oauth::token))
        .route("/oauth/revoke", post(oauth::revoke))
        .route("/rec/download/{key}", get(download::start))
        .with_state(world)
}

/// The download host's routes.
pub fn download_router(world: Arc<World>) -> Router {
    Router::new()
        .route("/rec/file/{key}", get(download::follow))
        .with_state(world)
}
