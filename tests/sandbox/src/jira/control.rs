//! Controls of the Jira sites over HTTP: installing the app and handing out tokens, for scripts and browser tests.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Query, State},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::{
    connect, oauth,
    webhook::admin::{self, AdminWebhook},
};
use crate::{
    Sandbox,
    world::{SITES, World},
};

/// `POST /install`, `/uninstall`, `/enable` and `/disable` (`{"site","gateway"}`), `POST /expire`,
/// `POST /active` (`{"person","active"}`), `POST /member` (`{"person","site","belongs"}`), `POST /browse`
/// (`{"person","site","project","browses"}`), `POST /disallow` (`{"person"}`),
/// `PUT /admin-webhook` (see [`AdminWebhook`]), `POST /knobs` (`{"upload_limit","attachments_enabled","search_delay_ms"}`, each if it is to
/// change) and `GET /user-token?person=&scopes=`.
pub fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/install", post(install))
        .route("/uninstall", post(uninstall))
        .route("/enable", post(enable))
        .route("/disable", post(disable))
        .route("/expire", post(expire))
        .route("/active", post(set_active))
        .route("/member", post(set_belongs))
        .route("/browse", post(set_browses))
        .route("/admin-webhook", put(save_webhook))
        .route("/disallow", post(disallow))
        .route("/knobs", post(turn))
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

/// What may be set of how the sites behave; what is left out stays.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// The largest attachment taken, in bytes.
    pub upload_limit: Option<u64>,
    /// Whether attachments are taken at all.
    pub attachments_enabled: Option<bool>,
    /// How long searches miss an issue after its making, in milliseconds.
    pub search_delay_ms: Option<i64>,
}

impl Knobs {
    fn turn(self, state: &mut super::State) {
        state.upload_limit = self.upload_limit.unwrap_or(state.upload_limit);
        state.attachments_enabled = self
            .attachments_enabled
            .unwrap_or(state.attachments_enabled);
        state.search_delay_ms = self.search_delay_ms.unwrap_or(state.search_delay_ms);
    }
}

impl Sandbox {
    /// Changes how the Jira sites behave, until the next reset.
    pub fn jira(&self, knobs: Knobs) {
        knobs.turn(&mut self.world().jira());
    }

    /// Sets up a site's webhook as its administrator would.
    pub fn jira_admin_webhook(&self, webhook: AdminWebhook) {
        admin::save(self.world(), webhook);
    }

    /// Takes a person off a Jira site, or lets them on it again.
    ///
    /// # Panics
    /// When there is no such person or site.
    pub fn set_belongs(&self, handle: &str, site: &str, belongs: bool) {
        let person = self.world().person(handle);
        let site = SITES.into_iter().find(|known| *known == site);
        let site = site.expect("sites are part of the story");
        self.world()
            .jira()
            .set_belongs(person.handle, site, belongs);
    }

    /// Takes from a person the permission to browse a project of a site, or gives it back.
    ///
    /// # Panics
    /// When there is no such person, site or project.
    pub fn set_browses(&self, handle: &str, site: &str, project: &str, browses: bool) {
        let person = self.world().person(handle);
        let site = SITES.into_iter().find(|known| *known == site);
        let site = site.expect("sites are part of the story");
        let mut state = self.world().jira();
        let known = state.set_browses(person.handle, site, project, browses);
        assert!(known, "{site} has no project {project}");
    }

    /// Ends what a person allowed the 3LO app.
    pub fn disallow_jira(&self, handle: &str) {
        self.world().jira().disallow(handle);
    }

    /// Ends the life of all Jira access tokens.
    pub fn expire_jira_tokens(&self) {
        self.world().jira().expire_tokens();
    }

    /// The keys of the issues on a site whose summary contains this, whoever may see them.
    pub fn jira_issues(&self, site: &'static str, summary: &str) -> Vec<String> {
        let mut state = self.world().jira();
        let issues = state.content(site).issues.values();
        issues
            .filter(|issue| issue.summary.contains(summary))
            .map(super::model::Issue::key)
            .collect()
    }

    /// The digests (SHA-256, hexadecimal) of the files on an issue, by file name.
    pub fn jira_attachments(&self, site: &str, key: &str) -> BTreeMap<String, String> {
        self.world().jira().attachment_digests(site, key)
    }
}

#[derive(Debug, Deserialize)]
struct Member {
    person: String,
    site: String,
    belongs: bool,
}

#[derive(Debug, Deserialize)]
struct Browser {
    person: String,
    site: String,
    project: String,
    browses: bool,
}

#[derive(Debug, Deserialize)]
struct Named {
    person: String,
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

async fn set_belongs(State(world): State<Arc<World>>, Json(member): Json<Member>) -> StatusCode {
    let site = SITES.into_iter().find(|site| *site == member.site);
    match (world.find(|person| person.handle == member.person), site) {
        (Some(person), Some(site)) => {
            world
                .jira()
                .set_belongs(person.handle, site, member.belongs);
            StatusCode::NO_CONTENT
        }
        _ => StatusCode::NOT_FOUND,
    }
}

async fn set_browses(State(world): State<Arc<World>>, Json(it): Json<Browser>) -> StatusCode {
    let site = SITES.into_iter().find(|site| *site == it.site);
    let (Some(person), Some(site)) = (world.find(|person| person.handle == it.person), site) else {
        return StatusCode::NOT_FOUND;
    };
    let mut state = world.jira();
    if state.set_browses(person.handle, site, &it.project, it.browses) {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}

async fn save_webhook(
    State(world): State<Arc<World>>,
    Json(webhook): Json<AdminWebhook>,
) -> StatusCode {
    admin::save(&world, webhook);
    StatusCode::NO_CONTENT
}

async fn turn(State(world): State<Arc<World>>, Json(knobs): Json<Knobs>) -> StatusCode {
    knobs.turn(&mut world.jira());
    StatusCode::NO_CONTENT
}

async fn disallow(State(world): State<Arc<World>>, Json(named): Json<Named>) -> StatusCode {
    world.jira().disallow(&named.person);
    StatusCode::NO_CONTENT
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
