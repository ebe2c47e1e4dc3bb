//! The identity platform's part of the control address: consents and wishes, and tokens for hosts.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;

use super::refusal::Refusal;
use crate::recorder::now;
use crate::world::World;

/// Something to do, as `POST /entra` takes it: `{"do": "consent", "person": "alice", "scopes": ["Mail.Read"]}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// A person consents to Graph permissions.
    Consent { person: String, scopes: Vec<String> },
    /// An administrator consents for everybody in the person's tenant.
    ConsentForTenant { person: String, scopes: Vec<String> },
    /// Takes back a person's consents and grants.
    Withdraw { person: String },
    /// Takes back what was granted to everybody in the person's tenant.
    WithdrawForTenant { person: String },
    /// Refuses a person's tokens with an AADSTS code, with claims where the code has them.
    Refuse {
        person: String,
        code: u32,
        claims: Option<String>,
    },
    /// Ends a refusal.
    Allow { person: String },
    /// Revokes a person's sign-ins: refresh tokens answer 50173, and Graph challenges older tokens.
    Revoke { person: String },
    /// Graph answers tokens with a claims challenge until they are asked for with its claims, or by a new sign-in.
    Challenge { person: String },
    /// The host's sign-on refuses a person with an AADSTS code (`GET /token` answers 400 with it).
    RefuseHost {
        person: String,
        code: u32,
        claims: Option<String>,
    },
    /// Ends that.
    AllowHost { person: String },
    /// Whether people of the person's tenant may consent for themselves; otherwise an administrator must.
    UserConsent { person: String, allowed: bool },
    /// Graph tokens of a person are expired.
    ExpireAccess { person: String },
    /// Refresh tokens of a person are expired: 700082.
    ExpireRefresh { person: String },
    /// Life in seconds of Graph tokens made from now on.
    TokenLife { seconds: Option<u32> },
    /// Signs with a new key; the old one stays published.
    RotateKeys,
    /// Stops publishing all keys but the signing one.
    RetireKeys,
    /// Registers a redirect address beside the usual callback.
    Redirect { uri: String },
}

/// The route `/entra`, merged into the control address.
pub fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/entra", post(command))
        .with_state(world)
}

pub(super) fn obey(world: &World, command: &Command) {
    fn slices(scopes: &[String]) -> impl Iterator<Item = &str> {
        scopes.iter().map(String::as_str)
    }
    let tid = |person: &str| world.person(person).tid;
    let mut entra = world.entra();
    match command {
        Command::Consent { person, scopes } => entra.consent(person, slices(scopes)),
        Command::ConsentForTenant { person, scopes } => {
            entra.consent_for_tenant(&tid(person), slices(scopes));
        }
        Command::Withdraw { person } => entra.withdraw(person),
        Command::WithdrawForTenant { person } => entra.withdraw_for_tenant(&tid(person)),
        Command::Refuse {
            person,
            code,
            claims,
        } => {
            let mut refusal = Refusal::of_code(*code);
            if claims.is_some() {
                refusal.claims.clone_from(claims);
            }
            entra.wishes.refusals.insert(person.clone(), refusal);
        }
        Command::Allow { person } => {
            entra.wishes.refusals.remove(person);
        }
        Command::Revoke { person } => entra.revoke_sessions(person),
        Command::Challenge { person } => {
            entra.wishes.asked_to_answer.insert(person.clone(), now());
        }
        Command::RefuseHost {
            person,
            code,
            claims,
        } => {
            let mut refusal = Refusal::of_code(*code);
            if claims.is_some() {
                refusal.claims.clone_from(claims);
            }
            entra.wishes.host_refusals.insert(person.clone(), refusal);
        }
        Command::AllowHost { person } => {
            entra.wishes.host_refusals.remove(person);
        }
        Command::UserConsent { person, allowed } => {
            let tid = tid(person);
            if *allowed {
                entra.wishes.closed_tenants.remove(&tid);
            } else {
                entra.wishes.closed_tenants.insert(tid);
            }
        }
        Command::ExpireAccess { person } => entra.expire_access(person),
        Command::ExpireRefresh { person } => entra.expire_refresh(person),
        Command::TokenLife { seconds } => entra.wishes.token_life = *seconds,
        Command::RotateKeys => entra.keys.rotate(),
        Command::RetireKeys => entra.keys.retire_old(),
        Command::Redirect { uri } => {
            entra.redirects.insert(uri.clone());
        }
    }
}

async fn command(Shared(world): Shared<Arc<World>>, Json(command): Json<Command>) -> StatusCode {
    obey(&world, &command);
    StatusCode::NO_CONTENT
}
