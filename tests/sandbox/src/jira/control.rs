//! Controls of the Jira sites over HTTP: installing the app and handing out tokens, for scripts and browser tests.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::{connect, oauth};
use crate::world::World;

/// `POST /install`, `/uninstall`, `/enable` and `/disable` (`{"site","gateway"}`), `POST /expire`,
/// `POST /active` (`{"person","active"}`) and `GET /user-token?person=&scopes=`.
pub fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/install", post(install))
        .route("/uninstall", post(uninstall))
        .route("/enable", post(enable))
        .route("/disable", post(disable))
        .route("/expire", post(expire))
        .route("/active", post(set_active))
        .route("/user-token", get(user_token))
}

/// Which site, and where the app is.
#[derive(Debug, Deserialize)]
struct Target {
    site: String,
    gateway: String,
}

#[derive(Debug, Deserialize)]
struct Wanted {
    person: String,
    #[serde(default)]
    scopes: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Account {
    person: String,
    active: bool,
}

async fn install(State(world): State<Arc<World>>, Json(target): Json<Target>) -> Response {
    told(connect::install(&world, &target.site, &target.gateway).await)
}

async fn uninstall(State(world): State<Arc<World>>, Json(target): Json<Target>) -> Response {
    told(connect::uninstall(&world, &target.site, &target.gateway).await)
}

async fn enable(State(world): State<Arc<World>>, Json(target): Json<Target>) -> Response {
    told(connect::switch(&world, &target.site, true, &target.gateway).await)
}

async fn disable(State(world): State<Arc<World>>, Json(target): Json<Target>) -> Response {
    told(connect::switch(&world, &target.site, false, &target.gateway).await)
}

async fn expire(State(world): State<Arc<World>>) -> StatusCode {
    world.jira().expire_tokens();
    StatusCode::NO_CONTENT
}

async fn set_active(State(world): State<Arc<World>>, Json(account): Json<Account>) -> StatusCode {
    match world.find(|person| person.handle == account.person) {
        Some(person) => {
            world.jira().set_active(person.handle, account.active);
            StatusCode::NO_CONTENT
        }
        None => StatusCode::NOT_FOUND,
    }
}

/// A 3LO access token, for clients of the sandbox that speak to `{jira}/ex/jira/{cloudId}` themselves.
async fn user_token(State(world): State<Arc<World>>, Query(wanted): Query<Wanted>) -> Response {
    if world
        .find(|person| person.handle == wanted.person)
        .is_none()
    {
        return (StatusCode::NOT_FOUND, "there is no such person").into_response();
    }
    let scopes = wanted
        .scopes
        .unwrap_or_else(|| "read:jira-work write:jira-work read:jira-user".to_owned());
    let scopes: Vec<_> = scopes.split_whitespace().collect();
    oauth::user_token(&world, &wanted.person, &scopes).into_response()
}

fn told(answer: Result<connect::Answer, String>) -> Response {
    match answer {
        Ok(answer) => Json(json!({"status": answer.status, "body": answer.body})).into_response(),
        Err(why) => (StatusCode::BAD_GATEWAY, Json(json!({"message": why}))).into_response(),
    }
}
