//! The Jira-like page of an issue.

use axum::Router;

use super::access::Site;

/// The routes of the page and of what it loads.
pub(crate) fn router() -> Router<Site> {
    Router::new()
}
