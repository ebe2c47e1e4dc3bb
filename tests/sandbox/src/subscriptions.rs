//! What becomes of everybody's subscriptions, in order: made, renewed, authorized anew, deleted, removed.

use std::sync::Mutex;

use serde::Serialize;

use crate::{recorder::now, world::lock};

/// Something that happened to a subscription or a dynamic webhook.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// When, in seconds since 1970.
    pub at: f64,
    /// `jira` or `microsoft`.
    pub provider: &'static str,
    /// `created`, `renewed`, `reauthorized`, `deleted` (by its owner), `removed` (by the vendor) or `expired`.
    pub what: &'static str,
    /// The vendor's id of it.
    pub id: String,
    /// The handle of the person whose token made it, or `app`.
    pub owner: String,
    /// What it is about: a Graph resource, or a webhook's filter.
    pub resource: String,
    /// Until when it lives, in seconds since 1970 by the sandbox's clock.
    pub expires: f64,
}

/// The list of what happened.
#[derive(Default)]
pub struct Journal(Mutex<Vec<Entry>>);

impl Journal {
    /// Everything so far, oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        lock(&self.0).clone()
    }

    /// Forgets what happened; what lives goes on living.
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    pub(crate) fn note(&self, mut entry: Entry) {
        entry.at = now();
        lock(&self.0).push(entry);
    }
}
