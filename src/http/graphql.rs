//! `POST /graphql` and `GET /graphql?query=…`: GraphQL over HTTP.
//!
//! Nothing runs that a browser would send across origins without asking first.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::parser::types::OperationType;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};

use super::answer::{Finished, Media, Refusal, Wanted};
use super::asking::{Asking, json_only};
use super::body;
use super::live::{Connection, socket, sse};
use super::prepare::{Door, Unprepared};
use crate::app::App;
use crate::auth::Caller;
use crate::id::CorrelationId;

/// Where an Entra token cannot tell Outlook from Teams, the add-in says it itself. Nothing depends on it but words.
const HOST: &str = "x-trefoil-host";

/// The route. `manifest` lists the operations of the add-ins.
pub fn routes(app: &App, manifest: Option<&[u8]>) -> Router<App> {
    Router::new()
        .route("/graphql", get(serve).post(serve))
        .with_state(Door::new(app, manifest))
}

async fn serve(
    State(door): State<Door>,
    Extension(correlation): Extension<CorrelationId>,
    Extension(connection): Extension<Connection>,
    request: Request,
) -> Response {
    let begun = Instant::now();
    if request.method() == Method::GET && socket::is_wanted(request.headers()) {
        let (parts, _) = request.into_parts();
        return socket::upgrade(door, connection, parts)
            .await
            .unwrap_or_else(|refusal| refusal.answer(Media::Json, correlation));
    }
    let Some(wanted) = Wanted::negotiate(request.headers()) else {
        return Refusal::malformed(
            StatusCode::NOT_ACCEPTABLE,
            "Answers are application/graphql-response+json, application/json or text/event-stream.",
        )
        .answer(Media::Json, correlation);
    };
    let work = operate(&door, request, wanted, connection, correlation);
    let (response, code) = work.await.unwrap_or_else(|unprepared| match unprepared {
        Unprepared::Refused(refusal) => {
            let code = refusal.code();
            (
                refusal.answer(wanted.media(), correlation),
                Some(code.to_owned()),
            )
        }
        Unprepared::Failed(executed) => {
            let suggest = door.app.settings.server.introspection;
            let finished = Finished::refused(executed, correlation, suggest);
            (finished.answer(wanted.media()), finished.code())
        }
    });
    Door::note(begun, code);
    response
}

async fn operate(
    door: &Door,
    request: Request,
    wanted: Wanted,
    connection: Connection,
    correlation: CorrelationId,
) -> Result<(Response, Option<String>), Unprepared> {
    let settings = &door.app.settings;
    let (parts, body) = request.into_parts();
    let asking = if parts.method == Method::POST {
        json_only(&parts.headers)?;
        let limit = Duration::from_secs(settings.server.body_timeout);
        Asking::from_json(&body::read(body, settings.limits.body_bytes, limit).await?)?
    } else {
        Asking::from_query(parts.uri.query().unwrap_or_default())?
    };
    let asking = asking.guarded(settings.limits.tokens)?;
    let caller = Arc::new(caller(door, &parts.headers).await?);
    let prepared = door.prepare(&caller, asking, correlation).await?;
    if parts.method != Method::POST && prepared.kind != OperationType::Query {
        return Err(Refusal::post_only().into());
    }
    // By what is asked and not by what is accepted: some clients accept streams for everything they ask.
    if prepared.kind == OperationType::Subscription {
        if !wanted.stream {
            return Err(Refusal::stream_only().into());
        }
        return Ok((sse::stream(door, caller, prepared, connection).await?, None));
    }
    let executed = door.execute(caller, &prepared).await?;
    let finished = Finished::of(executed, correlation, settings.server.introspection);
    let response = match wanted.media {
        Some(media) => finished.answer(media),
        None => sse::single(&finished),
    };
    Ok((response, finished.code()))
}

async fn caller(door: &Door, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    let authorization = headers.get(AUTHORIZATION).and_then(text);
    let said = headers.get(HOST).and_then(text);
    door.caller(authorization.as_deref(), said.as_deref())
        .await
        .map_err(|rejection| Refusal::rejected(&rejection))
}
