//! Everything built once from the settings; cheap to clone.

use std::ops::Deref;
use std::sync::Arc;

use crate::config::Settings;
use crate::upstream::http::Http;

/// The running gateway's parts.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What [`App`] holds.
pub struct Parts {
    /// The settings it was started with.
    pub settings: Settings,
    /// The client towards providers.
    pub http: Http,
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
