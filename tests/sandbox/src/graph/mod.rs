//! Microsoft Graph v1.0 as its documentation describes it: mail, calendar, chats, meetings, To Do and people.
//!
//! Every request goes through `route`, alone or as part of a batch. What is asked for by name and not there is
//! refused as Graph refuses it; what these fakes do not have answers 400 with the segment, as Graph does for
//! addresses it does not know.

mod access;
mod attachment;
mod batch;
mod calendar;
mod change;
mod chat;
mod control;
mod delta;
mod directory;
mod event_edit;
mod exchange;
mod filter;
mod folder;
mod mail;
mod meeting;
mod mime;
mod options;
mod post;
mod recurrence;
mod seed;
mod store;
mod subscription;
#[cfg(test)]
mod tests;
mod throttle;
mod todo;

use std::any::Any;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State as Shared};
use axum::response::Response;
use axum::{Extension, Router};
use bytes::Bytes;
use http::header::HeaderName;
use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use uuid::Uuid;

use self::exchange::{Call, Outcome, Reply};
use self::store::User;
use self::throttle::{Places, mailbox_of};
use crate::recorder::Trace;
use crate::world::World;

pub use control::{Command, router as control_router};
pub use seed::seed;
pub use store::{Message, State};
pub(crate) use subscription::alive as subscriptions;
pub(crate) use subscription::cause::cause;
pub(crate) use subscription::notify::together;

/// Whose token a request carries.
pub fn identify(world: &World, parts: &Parts) -> Option<String> {
    let token = access::bearer(&parts.headers)?;
    let handle = world.entra().access(token)?.person.handle;
    Some(handle.to_owned())
}

/// Takes a request's place in its mailbox before any fault delays it, so that slow requests pile up as they do
/// at Outlook. A batch takes its places itself, once its parts are known.
pub fn admit(world: &Arc<World>, parts: &Parts) -> Result<Box<dyn Any + Send>, Box<Response>> {
    let Ok(access) = access::authenticate(world, &parts.headers) else {
        return Ok(Box::new(()));
    };
    let target = parts
        .uri
        .path()
        .strip_prefix("/v1.0")
        .unwrap_or_default()
        .to_owned();
    let oid = access.person.oid.clone();
    let call = Call::new(
        parts.method.clone(),
        &target,
        HeaderMap::new(),
        Bytes::new(),
        access,
    );
    match mailbox_of(world, &call.segments, &oid) {
        Some(mailbox) => match Places::take(world, &mailbox, 1) {
            Ok(places) => Ok(Box::new(places)),
            Err(reply) => Err(Box::new(leave(reply, &parts.headers))),
        },
        None => Ok(Box::new(())),
    }
}

/// The vendor's routes.
pub fn router(world: Arc<World>) -> Router {
    Router::new()
        .fallback(serve)
        .layer(DefaultBodyLimit::max(4 * 1024 * 1024))
        .with_state(world)
}

async fn serve(
    Shared(world): Shared<Arc<World>>,
    Extension(trace): Extension<Trace>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let reply = answer(&world, &trace, method, &uri, headers.clone(), body).await;
    tell(&world);
    leave(reply.unwrap_or_else(|it| it), &headers)
}

async fn answer(
    world: &Arc<World>,
    trace: &Trace,
    method: Method,
    uri: &Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Outcome {
    let access = access::authenticate(world, &headers)?;
    let target = uri.path_and_query().map_or("/", |it| it.as_str());
    let Some(target) = target.strip_prefix("/v1.0/") else {
        return Err(Reply::bad_request("BadRequest", "Invalid version."));
    };
    let call = Call::new(method, &format!("/{target}"), headers, body, access);
    if call.segments == ["$batch"] {
        return batch::answer(world, trace, &call).await;
    }
    dispatch(world, &call).await
}

/// Answers one request, alone or as part of a batch.
async fn dispatch(world: &World, call: &Call) -> Outcome {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["subscriptions", rest @ ..] => subscription::answer(world, call, rest).await,
        _ => route(world, call),
    }
}

/// Tells subscribers of all that happened until now.
pub(crate) fn tell(world: &World) {
    let parcels = subscription::notify::drain(world, &mut world.graph());
    world.courier().send_all(parcels);
}

/// Answers one request below `/v1.0`.
fn route(world: &World, call: &Call) -> Outcome {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["me"] => directory::me(world, call),
        ["me", rest @ ..] => below_user(world, call, &User::from(&call.access.person), rest),
        ["users"] => directory::users(world, call, None),
        ["users", who] => directory::users(world, call, Some(who)),
        ["users", who, rest @ ..] => {
            let owner = directory::find(&world.graph(), call, who).map_err(|unknown| {
                let outlook = [
                    "messages",
                    "mailFolders",
                    "calendar",
                    "calendarView",
                    "events",
                ];
                if rest.first().is_some_and(|it| outlook.contains(it)) {
                    Reply::invalid_user(who)
                } else {
                    unknown
                }
            })?;
            below_user(world, call, &owner, rest)
        }
        ["chats", rest @ ..] => chat::answer(world, call, rest),
        [first, ..] => Err(Reply::unknown_segment(first)),
        [] => Err(Reply::unknown_segment("")),
    }
}

fn below_user(world: &World, call: &Call, owner: &User, rest: &[&str]) -> Outcome {
    match rest {
        ["messages", rest @ ..] => mail::answer(world, call, owner, None, rest),
        ["mailFolders", rest @ ..] => folder::answer(world, call, owner, rest),
        ["sendMail"] => post::send(world, call, owner),
        ["translateExchangeIds"] => folder::translate(world, call, owner),
        ["events" | "calendar" | "calendarView" | "calendars", ..] => {
            calendar::answer(world, call, owner, rest)
        }
        ["onlineMeetings", rest @ ..] => meeting::answer(world, call, owner, rest),
        ["chats", rest @ ..] if owner.oid == call.access.person.oid => {
            chat::answer(world, call, rest)
        }
        ["todo", "lists", rest @ ..] => todo::answer(world, call, owner, rest),
        ["people"] if owner.oid == call.access.person.oid => directory::people(world, call),
        ["photo" | "photos", ..] => directory::photo(),
        ["revokeSignInSessions"] if owner.oid == call.access.person.oid => {
            directory::revoke_sessions(world, call)
        }
        [first, ..] => Err(Reply::unknown_segment(first)),
        [] => Err(Reply::unknown_segment("")),
    }
}

/// Puts on what every answer of Graph carries.
fn leave(mut reply: Reply, asked: &HeaderMap) -> Response {
    let request_id = Uuid::new_v4().to_string();
    let client = asked
        .get("client-request-id")
        .and_then(|it| it.to_str().ok());
    let client = client.map_or_else(|| request_id.clone(), ToOwned::to_owned);
    reply.stamp(&request_id, &client);
    reply
        .set(HeaderName::from_static("request-id"), &request_id)
        .set(HeaderName::from_static("client-request-id"), &client)
        .set(http::header::CACHE_CONTROL, "private")
        .into_response()
}
