//! What is served over HTTP: the routes, and the order of the layers around them.

pub mod answer;
pub mod asking;
pub mod assets;
pub mod body;
pub mod connect;
pub mod documents;
mod done;
pub mod graphql;
pub mod guard;
pub mod health;
pub mod limits;
pub mod live;
pub mod oauth;
pub mod prepare;
pub mod rates;
pub mod server;
mod webhook;

use std::any::Any;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;
use tracing::Instrument as _;

use crate::app::App;
use crate::id::CorrelationId;

/// The longest address of a request, in bytes.
const LONGEST_ADDRESS: usize = 8 * 1024;
/// How long a request may take that is not a GraphQL operation, which has its own limits.
const LIMIT: Duration = Duration::from_secs(30);

/// Everything that is served in public.
pub fn router(app: App) -> Router {
    let manifest = assets::manifest();
    let plain = Router::new()
        .merge(assets::routes(&app.settings.server))
        .merge(connect::routes())
        .merge(oauth::routes())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            LIMIT,
        ))
        .layer(RequestBodyLimitLayer::new(app.settings.limits.body_bytes));
    Router::new()
        .merge(plain)
        .merge(webhook::routes())
        .merge(graphql::routes(&app, manifest.as_deref()))
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), every))
        .with_state(app)
}

/// Around every request: its correlation id, its line in the log, its count, and the headers all answers have.
async fn every(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let correlation = CorrelationId::random();
    request.extensions_mut().insert(correlation);
    // The template, not the path: a path may hold an id, and there is no end of paths.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = named(request.method());
    let span = tracing::info_span!("request", %correlation, method, route);
    let mut response = if request.uri().to_string().len() > LONGEST_ADDRESS {
        StatusCode::URI_TOO_LONG.into_response()
    } else {
        next.run(request).instrument(span.clone()).await
    };
    let status = response.status().as_u16();
    let taken = begun.elapsed();
    span.in_scope(|| tracing::info!(status, millis = taken.as_millis(), "answered"));
    metrics::counter!("trefoil_requests_total", "route" => route.clone(), "method" => method, "status" => status.to_string())
        .increment(1);
    metrics::histogram!("trefoil_request_seconds", "route" => route).record(taken.as_secs_f64());

    let headers = response.headers_mut();
    usual(headers, CACHE_CONTROL, "no-store");
    usual(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    usual(headers, REFERRER_POLICY, "no-referrer");
    usual(
        headers,
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    );
    if app.settings.server.public_url.scheme() == "https" {
        usual(headers, STRICT_TRANSPORT_SECURITY, "max-age=63072000");
    }
    if let Ok(value) = HeaderValue::from_str(&correlation.to_string()) {
        headers.insert("x-correlation-id", value);
    }
    response
}

/// Sets a header unless the answer has chosen another value.
fn usual(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers
        .entry(name)
        .or_insert_with(|| HeaderValue::from_static(value));
}

/// The method's name, of which there are only so many.
fn named(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
