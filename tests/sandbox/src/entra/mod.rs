//! Entra, the Microsoft identity platform as its documentation describes it.
//!
//! Nothing is consented to at the start. A person consents on the authorize page, a test with
//! [`Sandbox::entra_consent`]. What shall go wrong is asked for per person ([`Sandbox::entra_refuse`] and its
//! neighbours, or `POST /entra` at the control address).

mod administration;
mod authorize;
mod claims;
mod control;
mod discovery;
mod keys;
mod on_behalf_of;
mod page;
mod refusal;
mod scope;
mod state;
mod tenant;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use http::request::Parts;
use serde_json::{Map, Value};
use url::Url;

use crate::Sandbox;
use crate::recorder::now;
use crate::world::World;

pub use control::{Command, router as control_router};
pub use keys::CONSUMER_TENANT;
pub use refusal::Refusal;
pub use state::{Access, State};

/// The gateway's app registration, the same in all tenants.
pub const CLIENT_ID: &str = "7d0c6e0e-6b5f-4e8e-9f0a-3f7d3a2b9c11";
/// Its secret.
pub const CLIENT_SECRET: &str = "sandbox-entra-client-secret";
/// The one scope of its own API.
pub const API_SCOPE: &str = "access_as_user";

/// The host that got a token for the gateway; it shows in `azp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// Nested app authentication: the app itself is the client.
    Outlook,
    /// Single sign-on in Teams on the web.
    Teams,
    /// Single sign-on in Teams on desktop and mobile.
    TeamsDesktop,
    /// The older single sign-on of Office add-ins.
    Office,
}

impl Host {
    fn client(self) -> &'static str {
        match self {
            Self::Outlook => CLIENT_ID,
            Self::Teams => "5e3ce6c0-2b1f-4285-8d4b-75ee78787346",
            Self::TeamsDesktop => "1fec8e78-bce4-4aaf-ab1b-5451cc387264",
            Self::Office => "ea5a67f6-b6f3-4338-b240-c655ddc3cc8e",
        }
    }
}

/// Puts the story's content in place; called at the start and at every reset. Consents and tokens stay.
pub fn seed(world: &World) {
    world.entra().wishes = state::Wishes::default();
}

/// Whose token a request carries. Here the person is in the body, so the handlers tell it themselves.
pub fn identify(_world: &World, _parts: &Parts) -> Option<String> {
    None
}

/// The vendor's routes.
pub fn router(world: Arc<World>) -> Router {
    Router::new()
        .route(
            "/{tenant}/v2.0/.well-known/openid-configuration",
            get(discovery::configuration),
        )
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
        .route("/common/discovery/instance", get(discovery::instances))
        .route(
            "/{tenant}/oauth2/v2.0/authorize",
            get(authorize::show).post(authorize::submit),
        )
        .route("/{tenant}/oauth2/v2.0/token", post(token::endpoint))
        .route(
            "/{tenant}/oauth2/v2.0/logout",
            get(administration::sign_out),
        )
        .route(
            "/{tenant}/v2.0/adminconsent",
            get(administration::show).post(administration::submit),
        )
        .with_state(world)
}

/// An access token for the gateway, as the host's sign-on gives it.
pub fn token(world: &World, handle: &str, host: Host) -> String {
    token_with(world, handle, host, |_| {})
}

/// The same with claims changed before it is signed, for tokens that must be refused.
pub fn token_with(
    world: &World,
    handle: &str,
    host: Host,
    change: impl FnOnce(&mut Map<String, Value>),
) -> String {
    let person = world.person(handle);
    let mut claims = claims::access_claims(&person, &world.addresses().login, host.client());
    change(&mut claims);
    world.entra().keys.sign(&claims)
}

/// What a host's sign-on answers: a token, or the refusal a test asked for. An interactive sign-in satisfies the
/// refusals that want one. `seconds` is the token's life; below zero it is over.
pub fn sign_on(
    world: &World,
    handle: &str,
    host: Host,
    interactive: bool,
    seconds: Option<i64>,
) -> Result<String, Refusal> {
    {
        let mut entra = world.entra();
        let refusal = entra.wishes.host_refusals.get(handle).cloned();
        match refusal {
            Some(refusal) if interactive && refusal.ends_by_signing_in() => {
                entra.wishes.host_refusals.remove(handle);
            }
            Some(refusal) => return Err(refusal),
            None => {}
        }
    }
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    Ok(token_with(world, handle, host, |claims| {
        if let Some(seconds) = seconds {
            let began = now.min(now + seconds - 3_600);
            claims.insert("iat".to_owned(), began.into());
            claims.insert("nbf".to_owned(), began.into());
            claims.insert("exp".to_owned(), (now + seconds).into());
        }
    }))
}

impl Sandbox {
    /// An access token for the gateway, as the host's sign-on gives it.
    pub fn entra_token(&self, handle: &str, host: Host) -> String {
        token(self.world(), handle, host)
    }

    /// The same with claims changed before it is signed, for tokens that must be refused.
    pub fn entra_token_with(
        &self,
        handle: &str,
        host: Host,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> String {
        token_with(self.world(), handle, host, change)
    }

    /// A token of a personal account for the gateway, validly signed by the key of its own tenant.
    pub fn entra_consumer_token(&self, handle: &str) -> String {
        let world = self.world();
        let mut person = world.person(handle);
        CONSUMER_TENANT.clone_into(&mut person.tid);
        let claims = claims::access_claims(&person, &world.addresses().login, CLIENT_ID);
        keys::KeyRing::sign_as_consumer(&claims)
    }

    /// A Graph token of this person for these permissions, without any consent.
    pub fn graph_token(&self, handle: &str, permissions: &[&str]) -> String {
        let person = self.world().person(handle);
        let permissions = permissions.iter().map(|it| (*it).to_owned()).collect();
        self.world()
            .entra()
            .issue_access(&person, permissions, true, now())
            .0
    }

    /// Does something to the identity platform: consents, refusals, revocations, key rotation.
    pub fn entra(&self, command: &Command) {
        control::obey(self.world(), command);
    }

    /// A person consents to these Graph permissions.
    pub fn entra_consent(&self, handle: &str, permissions: &[&str]) {
        let permissions = permissions.iter().copied();
        self.world().entra().consent(handle, permissions);
    }

    /// From now on this person's tokens are refused with this AADSTS code, until [`Sandbox::entra_allow`]. Codes
    /// of `interaction_required` are also satisfied by signing in on the authorize page.
    pub fn entra_refuse(&self, handle: &str, code: u32) {
        let refusal = Refusal::of_code(code);
        let mut entra = self.world().entra();
        entra.wishes.refusals.insert(handle.to_owned(), refusal);
    }

    /// Ends what [`Sandbox::entra_refuse`] began.
    pub fn entra_allow(&self, handle: &str) {
        self.world().entra().wishes.refusals.remove(handle);
    }
}

/// Registered are the callback of a gateway on this machine, on any port, and what a test adds.
fn redirect_is_registered(world: &World, redirect_uri: &str) -> bool {
    let Ok(url) = Url::parse(redirect_uri) else {
        return false;
    };
    let is_loopback =
        url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "localhost"));
    let is_callback = url.path() == "/oauth/microsoft/callback" && url.query().is_none();
    (is_loopback && is_callback) || world.entra().redirects.contains(redirect_uri)
}
