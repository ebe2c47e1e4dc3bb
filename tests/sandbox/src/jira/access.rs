//! Who calls a site and what they may do: app tokens, act-as-user tokens and OAuth 2.0 (3LO) tokens.

use std::{collections::BTreeSet, sync::Arc};

use axum::extract::{FromRequestParts, OriginalUri};
use http::{HeaderMap, header, request::Parts};

use super::{
    State,
    error::Refusal,
    model::{Content, Issue},
    oauth, token,
    webhook::{self, Act, dynamic::Owner, happening::Happening},
};
use crate::{
    recorder::now,
    world::{Person, World},
};

/// One site, as handlers know it.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) world: Arc<World>,
    pub(crate) name: &'static str,
}

impl Site {
    /// The site's base URL.
    pub(crate) fn base(&self) -> String {
        base(&self.world, self.name)
    }
}

/// The base URL of a site.
pub(crate) fn base(world: &World, site: &str) -> String {
    let place = crate::world::SITES
        .iter()
        .position(|name| *name == site)
        .unwrap_or_default();
    world
        .addresses()
        .jira
        .get(place)
        .cloned()
        .unwrap_or_default()
}

/// Marks requests that came by `api.atlassian.com/ex/jira/{cloudId}` and not to the site's own host.
#[derive(Clone, Copy)]
pub(crate) struct ThroughGateway;

/// A bearer token the sandbox gave out.
#[derive(Clone, Debug)]
pub(crate) struct Bearer {
    pub(crate) handle: &'static str,
    /// The site it is for; one from 3LO is for all the person allowed.
    pub(crate) site: Option<&'static str>,
    pub(crate) scopes: BTreeSet<String>,
    /// Seconds since 1970.
    pub(crate) expires: f64,
    /// Whether it came from 3LO; else an app got it to act as this person.
    pub(crate) three_legged: bool,
}

/// What an operation asks for: a Connect scope, and the classic OAuth scope for 3LO.
pub(crate) type Need = (&'static str, &'static str);

pub(crate) const READ: Need = ("READ", "read:jira-work");
pub(crate) const WRITE: Need = ("WRITE", "write:jira-work");
pub(crate) const DELETE: Need = ("DELETE", "write:jira-work");
/// Bulk fetch only reads, yet Connect apps need WRITE for it.
pub(crate) const BULK_FETCH: Need = ("WRITE", "read:jira-work");
pub(crate) const READ_USER: Need = ("READ", "read:jira-user");

/// Connect's scopes, each of which holds those before it.
const ORDER: [&str; 5] = ["READ", "WRITE", "DELETE", "PROJECT_ADMIN", "ADMIN"];

/// Whoever sent the request.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) site: Site,
    pub(crate) who: Who,
    /// What the caller wants to find again in the webhooks about what it does.
    trace: Option<String>,
    scopes: BTreeSet<String>,
    three_legged: bool,
}

/// The kinds of caller.
#[derive(Clone)]
pub(crate) enum Who {
    /// The app's own user, who is let into every project.
    App,
    Person(Box<Person>),
    Anonymous,
}

impl Caller {
    /// Refuses callers without the scope, or 401 to those nobody knows where `anonymous` callers have no business.
    pub(crate) fn need(&self, (connect, oauth): Need) -> Result<(), Refusal> {
        if matches!(self.who, Who::Anonymous) {
            return Ok(());
        }
        if self.three_legged {
            // https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/
            return if self.scopes.contains(oauth) {
                Ok(())
            } else {
                Err(Refusal {
                    status: http::StatusCode::UNAUTHORIZED,
                    body: serde_json::json!({"code": 401, "message": "Unauthorized; scope does not match"}),
                })
            };
        }
        let rank = |scope: &str| ORDER.iter().position(|name| *name == scope);
        let enough = self
            .scopes
            .iter()
            .filter_map(|scope| rank(scope))
            .any(|rank_had| Some(rank_had) >= rank(connect));
        if enough {
            Ok(())
        } else {
            Err(Refusal::scope())
        }
    }

    /// The app that calls, in its own name or in a person's; a person who acts by themselves is none.
    pub(crate) fn app(&self) -> Option<Owner> {
        match &self.who {
            Who::App => Some(Owner::App),
            Who::Person(person) if self.three_legged => Some(Owner::Person(person.handle)),
            _ => None,
        }
    }

    /// The account that acts.
    pub(crate) fn account(&self) -> Result<String, Refusal> {
        match &self.who {
            Who::App => Ok(app_account(self.site.name)),
            Who::Person(person) => Ok(person.account_id.clone()),
            Who::Anonymous => Err(Refusal::unauthorized()),
        }
    }

    /// Whether this caller may browse a project.
    pub(crate) fn browses(&self, content: &Content, project: &str) -> bool {
        match &self.who {
            Who::App => true,
            Who::Person(person) => content
                .project(project)
                .is_some_and(|project| project.members.contains(&person.handle)),
            Who::Anonymous => false,
        }
    }

    /// The issue, if it is there and this caller may see it.
    pub(crate) fn issue<'c>(
        &self,
        content: &'c Content,
        id_or_key: &str,
    ) -> Result<&'c Issue, Refusal> {
        content
            .issue(id_or_key)
            .filter(|issue| self.browses(content, issue.project))
            .ok_or_else(Refusal::no_issue)
    }

    /// Reads the site's content.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Content) -> T) -> T {
        read(self.site.world.jira().content(self.site.name))
    }

    /// Changes an issue this caller may see; a refusal leaves it as it was.
    pub(crate) fn change<T>(
        &self,
        id_or_key: &str,
        change: impl FnOnce(&Content, &mut Issue, u64) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let account = self.account()?;
        let mut state = self.site.world.jira();
        let content = state.content(self.site.name);
        let mut issue = self.issue(content, id_or_key)?.clone();
        let new_id = content.new_id();
        let result = change(content, &mut issue, new_id)?;
        issue.updated = time::OffsetDateTime::now_utc();
        let before = content.issues.insert(issue.id, issue.clone());
        if let Some(before) = before {
            let happened = Happening::between(&self.site, &before, &issue);
            self.tell(&state, &account, &happened);
        }
        Ok(result)
    }

    /// Sends the webhooks about what this caller did.
    pub(crate) fn tell(&self, state: &State, account: &str, happened: &[Happening]) {
        let act = Act {
            by: account,
            trace: self.trace.as_deref(),
            age: 0,
        };
        let parcels = webhook::parcels(&self.site, state, act, happened);
        self.site.world.courier().send_all(parcels);
    }
}

/// The account id of the app's own user on a site.
pub(crate) fn app_account(site: &str) -> String {
    format!("557058:{}", crate::world::guid("jira app account", site))
}

impl FromRequestParts<Site> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Refusal> {
        let address = parts
            .extensions
            .get::<OriginalUri>()
            .map_or_else(|| parts.uri.to_string(), |uri| uri.0.to_string());
        let through_gateway = parts.extensions.get::<ThroughGateway>().is_some();
        let trace = parts
            .headers
            .get("x-atlassian-webhook-trace")
            .and_then(|trace| trace.to_str().ok())
            .filter(|trace| trace.len() <= 1024);
        let caller = |who, scopes, three_legged| Self {
            site: site.clone(),
            who,
            trace: trace.map(str::to_owned),
            scopes,
            three_legged,
        };
        match credentials(&parts.headers, parts.uri.query()) {
            None => Ok(caller(Who::Anonymous, BTreeSet::new(), false)),
            Some(Credentials::App(token)) => {
                let mut state = site.world.jira();
                let scopes = verify_app(
                    &mut state,
                    site.name,
                    &token,
                    parts.method.as_str(),
                    &address,
                )
                .ok_or_else(Refusal::unauthorized)?;
                Ok(caller(Who::App, scopes, false))
            }
            Some(Credentials::Bearer(token)) => {
                let state = site.world.jira();
                let bearer = bearer(&state, &token)
                    .filter(|bearer| {
                        let person = site.world.person(bearer.handle);
                        let meant = match bearer.site {
                            Some(meant) => meant == site.name,
                            None => oauth::sites(&state, &person).contains(&site.name),
                        };
                        meant
                            && state.belongs(&person, site.name)
                            && bearer.three_legged == through_gateway
                    })
                    .ok_or(Refusal {
                        status: http::StatusCode::UNAUTHORIZED,
                        body: serde_json::json!({"code": 401, "message": "Unauthorized"}),
                    })?;
                let person = site.world.person(bearer.handle);
                Ok(caller(
                    Who::Person(Box::new(person)),
                    bearer.scopes,
                    bearer.three_legged,
                ))
            }
        }
    }
}

/// Whose token a request carries, for the record: a person's handle or `app`.
pub(crate) fn identify(world: &World, parts: &Parts) -> Option<String> {
    match credentials(&parts.headers, parts.uri.query())? {
        Credentials::App(_) => Some("app".to_owned()),
        Credentials::Bearer(token) => {
            let state = world.jira();
            // A token that ran out still tells whose it was.
            state
                .bearers
                .get(&token)
                .map(|bearer| bearer.handle.to_owned())
        }
    }
}

/// The bearer token's rights while they last.
pub(crate) fn bearer(state: &State, token: &str) -> Option<Bearer> {
    let bearer = state.bearers.get(token)?;
    let alive = bearer.expires > now() && !state.inactive.contains(bearer.handle);
    let installed = bearer.three_legged
        || bearer
            .site
            .and_then(|site| state.installations.get(site))
            .is_some_and(|installation| installation.enabled);
    (alive && installed).then(|| bearer.clone())
}

enum Credentials {
    App(String),
    Bearer(String),
}

fn credentials(headers: &HeaderMap, query: Option<&str>) -> Option<Credentials> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        let token = token.trim().to_owned();
        return match scheme.to_ascii_lowercase().as_str() {
            "jwt" => Some(Credentials::App(token)),
            "bearer" => Some(Credentials::Bearer(token)),
            // Basic is for people's own API tokens, of which there are none: it fails like a wrong bearer.
            _ => Some(Credentials::Bearer(String::new())),
        };
    }
    url::form_urlencoded::parse(query?.as_bytes())
        .find(|(name, _)| name == "jwt")
        .map(|(_, token)| Credentials::App(token.into_owned()))
}

/// The scopes of the app whose token this is, if the token holds for this very request.
fn verify_app(
    state: &mut State,
    site: &str,
    token: &str,
    method: &str,
    address: &str,
) -> Option<BTreeSet<String>> {
    let installation = state.installations.get(site)?;
    let issuer = token::claimed_issuer(token)?;
    if issuer != installation.app_key || !installation.enabled {
        return None;
    }
    let claims = token::verify(token, &installation.shared_secret)?;
    let meant_for_us = match claims.get("aud") {
        None => true,
        Some(serde_json::Value::String(audience)) => *audience == installation.client_key,
        Some(audiences) => audiences
            .as_array()?
            .iter()
            .any(|audience| audience == installation.client_key.as_str()),
    };
    let hash = token::query_string_hash(method, address, "");
    let bound = claims.get("qsh")?.as_str()? == hash;
    (meant_for_us && bound).then(|| installation.scopes.clone())
}
