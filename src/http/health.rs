//! The admin listener: is it alive, is it ready, what has it done.

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::routing::get;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::telemetry;

#[derive(Clone)]
struct Health {
    app: App,
    draining: CancellationToken,
}

/// `/healthz`, `/readyz` and `/metrics`. Not ready once `draining` is cancelled, or without the database. Without the
/// event bus everything but live updates works, and all gateways lack it together: it is said, and ready all the same.
pub fn router(app: App, draining: CancellationToken) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Health { app, draining })
}

async fn ready(State(health): State<Health>) -> (StatusCode, &'static str) {
    if health.draining.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n");
    }
    match health.app.store.ping().await {
        Ok(()) if health.app.bus.is_up() => (StatusCode::OK, "ready\n"),
        Ok(()) => (
            StatusCode::OK,
            "ready, but the event bus does not answer: nothing is live\n",
        ),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer\n",
        ),
    }
}

async fn metrics() -> ([(HeaderName, &'static str); 1], String) {
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        telemetry::metrics(),
    )
}
