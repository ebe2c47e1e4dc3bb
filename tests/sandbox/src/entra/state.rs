//! What the identity platform remembers: consents, codes, refresh tokens, Graph tokens and tests' wishes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rand::Rng;
use rand::distr::Alphanumeric;

use super::keys::KeyRing;
use super::refusal::Refusal;
use super::scope::{Asked, Resource};
use crate::recorder::now;
use crate::world::Person;

/// A Graph access token, as Graph itself sees it. Clients must treat it as opaque, and it is.
#[derive(Debug, Clone)]
pub struct Access {
    /// The token itself.
    pub token: String,
    pub person: Person,
    pub scopes: BTreeSet<String>,
    /// Seconds since 1970.
    pub issued_at: f64,
    /// Seconds since 1970.
    pub expires_at: f64,
    /// Whether the client declared that it understands claims challenges (`xms_cc: cp1`).
    pub handles_claims: bool,
    /// The challenge that was answered to get it, as seconds since 1970: the `nbf` of the claims that were sent, or
    /// the time of a new sign-in.
    pub answers: f64,
}

/// What this vendor remembers. A reset keeps it, but for the wishes.
#[derive(Default)]
pub struct State {
    pub(super) keys: KeyRing,
    pub(super) codes: HashMap<String, Code>,
    pub(super) refresh: HashMap<String, Refresh>,
    pub(super) access: HashMap<String, Access>,
    /// Signed-in browsers: cookie value to handle.
    pub(super) sessions: HashMap<String, &'static str>,
    /// Registered redirect addresses beside the callback of any loopback gateway.
    pub(super) redirects: BTreeSet<String>,
    /// Permissions by person's handle.
    consents: BTreeMap<String, BTreeSet<String>>,
    /// Permissions by tenant id.
    tenant_consents: BTreeMap<String, BTreeSet<String>>,
    pub(super) wishes: Wishes,
}

/// What tests ask to go wrong, by person's handle.
#[derive(Default)]
pub(super) struct Wishes {
    pub refusals: BTreeMap<String, Refusal>,
    /// Grants made before this time are revoked.
    pub revoked_at: BTreeMap<String, f64>,
    /// Graph answers older tokens with a claims challenge.
    pub challenged_at: BTreeMap<String, f64>,
    /// Graph challenges every token that was not asked for with the claims of the challenge.
    pub asked_to_answer: BTreeMap<String, f64>,
    /// What a host's sign-on refuses a person with.
    pub host_refusals: BTreeMap<String, Refusal>,
    /// Tenants where people cannot consent for themselves.
    pub closed_tenants: BTreeSet<String>,
    /// Life of Graph tokens in seconds, instead of over an hour.
    pub token_life: Option<u32>,
}

/// An authorization code: one use, ten minutes.
#[derive(Debug, Clone)]
pub(super) struct Code {
    pub person: Person,
    pub asked: Asked,
    pub redirect_uri: String,
    pub challenge: Option<Challenge>,
    pub nonce: Option<String>,
    pub expires_at: f64,
    pub used: bool,
}

/// The PKCE half a client commits itself to.
#[derive(Debug, Clone)]
pub(super) struct Challenge {
    pub value: String,
    pub hashed: bool,
}

/// A refresh token. It stays good after use, as Entra's do, until it runs out or is revoked.
#[derive(Debug, Clone)]
pub(super) struct Refresh {
    pub person: Person,
    pub issued_at: f64,
    pub expires_at: f64,
}

/// 90 days: the life of a refresh token of a confidential client.
const REFRESH_LIFE: f64 = 90.0 * 86_400.0;

impl State {
    /// Lets an app act for a person as far as these permissions go.
    pub fn consent<'s>(&mut self, handle: &str, permissions: impl IntoIterator<Item = &'s str>) {
        let granted = self.consents.entry(handle.to_owned()).or_default();
        granted.extend(permissions.into_iter().map(str::to_owned));
    }

    /// The same for everybody of a tenant.
    pub fn consent_for_tenant<'s>(
        &mut self,
        tid: &str,
        permissions: impl IntoIterator<Item = &'s str>,
    ) {
        let granted = self.tenant_consents.entry(tid.to_owned()).or_default();
        granted.extend(permissions.into_iter().map(str::to_owned));
    }

    /// Takes back a person's own consents and, as Entra does then, their grants.
    pub fn withdraw(&mut self, handle: &str) {
        self.consents.remove(handle);
        self.refresh.retain(|_, it| it.person.handle != handle);
        self.access.retain(|_, it| it.person.handle != handle);
    }

    /// Takes back what an administrator granted to everybody of a tenant.
    pub fn withdraw_for_tenant(&mut self, tid: &str) {
        self.tenant_consents.remove(tid);
    }

    /// All that was consented to, by the person or their administrator.
    pub fn consented(&self, person: &Person) -> BTreeSet<String> {
        let own = self.consents.get(person.handle).into_iter().flatten();
        let tenant = self.tenant_consents.get(&person.tid).into_iter().flatten();
        own.chain(tenant).cloned().collect()
    }

    /// Revokes a person's sign-ins: refresh tokens at once, and access tokens of clients that take challenges.
    pub fn revoke_sessions(&mut self, handle: &str) {
        let at = now();
        self.wishes.revoked_at.insert(handle.to_owned(), at);
        self.wishes.challenged_at.insert(handle.to_owned(), at);
    }

    /// Ends the life of a person's Graph tokens.
    pub fn expire_access(&mut self, handle: &str) {
        for access in self.access.values_mut() {
            if access.person.handle == handle {
                access.expires_at = 0.0;
            }
        }
    }

    /// Ends the life of a person's refresh tokens.
    pub fn expire_refresh(&mut self, handle: &str) {
        for refresh in self.refresh.values_mut() {
            if refresh.person.handle == handle {
                refresh.expires_at = 0.0;
            }
        }
    }

    /// The meaning of a Graph token, expired or not.
    pub fn access(&self, token: &str) -> Option<&Access> {
        self.access.get(token)
    }

    /// When Graph began to want newer tokens of a person.
    pub fn challenged_at(&self, handle: &str) -> Option<f64> {
        self.wishes.challenged_at.get(handle).copied()
    }

    /// The challenge of a person that only tokens asked for with its claims answer.
    pub fn asked_to_answer(&self, handle: &str) -> Option<f64> {
        self.wishes.asked_to_answer.get(handle).copied()
    }

    /// Makes a Graph token and remembers what it is good for. Returns it with its life in seconds.
    pub fn issue_access(
        &mut self,
        person: &Person,
        scopes: BTreeSet<String>,
        handles_claims: bool,
        answers: f64,
    ) -> (String, u32) {
        let mut random = rand::rng();
        let life = self.wishes.token_life.unwrap_or_else(|| {
            if handles_claims {
                // Long-lived tokens for clients that can be told at any moment that one is void.
                random.random_range(72_000..100_800)
            } else {
                random.random_range(3_600..5_400)
            }
        });
        let token = format!("EwB{}", random_text(1_200));
        let issued_at = now();
        let access = Access {
            token: token.clone(),
            person: person.clone(),
            scopes,
            issued_at,
            expires_at: issued_at + f64::from(life),
            handles_claims,
            answers,
        };
        self.access.insert(token.clone(), access);
        (token, life)
    }

    pub(super) fn issue_refresh(&mut self, person: &Person) -> String {
        let token = format!("1.{}", random_text(700));
        let issued_at = now();
        let refresh = Refresh {
            person: person.clone(),
            issued_at,
            expires_at: issued_at + REFRESH_LIFE,
        };
        self.refresh.insert(token.clone(), refresh);
        token
    }

    /// What of the asked permissions may be put in a token: all consented ones, once every asked one is.
    pub(super) fn permit(
        &self,
        person: &Person,
        asked: &Asked,
    ) -> Result<BTreeSet<String>, Refusal> {
        if asked.resource == Resource::Api {
            return Ok(asked.permissions.clone());
        }
        let consented = self.consented(person);
        let missing: Vec<String> = asked.permissions.difference(&consented).cloned().collect();
        if !missing.is_empty() || consented.is_empty() {
            return Err(Refusal::consent_required(&missing));
        }
        Ok(consented)
    }
}

/// Unguessable text for codes and tokens.
pub(super) fn random_text(length: usize) -> String {
    rand::rng()
        .sample_iter(Alphanumeric)
        .take(length)
        .map(char::from)
        .collect()
}
