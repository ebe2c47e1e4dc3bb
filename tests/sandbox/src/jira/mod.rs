//! Jira Cloud as its documentation describes it: one listener for each site, and 3LO's gateway on each of them.
//!
//! Who may see what is decided by the token alone. `{jira}/rest/api/3` takes app tokens (`Authorization: JWT`) and
//! act-as-user tokens; `{jira}/ex/jira/{cloudId}/rest/api/3` takes OAuth 2.0 (3LO) tokens.

mod access;
mod adf;
mod attachment;
mod comment;
mod connect;
mod control;
mod create;
mod createmeta;
mod error;
mod fields;
mod impersonation;
mod issue;
mod jql;
mod link;
mod model;
mod oauth;
mod page;
mod people;
mod project;
mod request;
mod screen;
mod search;
mod story;
#[cfg(test)]
mod tests;
mod token;
mod transition;
mod value;
mod watcher;
mod webhook;
mod write;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Request, State as Context},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use tower::ServiceExt;

pub(crate) use self::access::base;
pub use self::webhook::admin::AdminWebhook;
pub(crate) use self::webhook::cause::{cause, issue_ids};
pub(crate) use self::webhook::dynamic::alive as webhooks;
use self::{
    access::{Bearer, Site, ThroughGateway},
    model::Content,
};
pub use self::{
    connect::{
        Answer, Installation, LASTING, context_token, context_token_for, iframe_token, install,
        switch, uninstall,
    },
    control::{Knobs, router as control_router},
    oauth::{CLIENT_ID, CLIENT_SECRET, cloud_id, user_token},
};
use crate::{
    recorder::Trace,
    world::{Person, SITES, World},
};

/// What the sites remember.
pub struct State {
    contents: BTreeMap<&'static str, Content>,
    installations: BTreeMap<&'static str, Installation>,
    /// When each site last told its app of each kind of lifecycle event, in seconds since 1970.
    told: BTreeMap<(&'static str, String), u64>,
    bearers: HashMap<String, Bearer>,
    codes: HashMap<String, oauth::Grant>,
    refresh_tokens: HashMap<String, oauth::Grant>,
    /// The sites each person let the 3LO app use; consents add up.
    allowed: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// Who left which site.
    left: BTreeSet<(&'static str, &'static str)>,
    /// Handles of people whose account is closed.
    inactive: BTreeSet<&'static str>,
    /// What apps registered; a reset keeps it.
    webhooks: Vec<webhook::dynamic::Registration>,
    /// What administrators set up; a reset keeps it.
    admin_webhooks: Vec<webhook::admin::AdminWebhook>,
    /// The number of the webhook registered last.
    made_webhooks: u64,
    /// The largest attachment taken, in bytes.
    pub upload_limit: u64,
    /// Whether sites take attachments at all.
    pub attachments_enabled: bool,
    /// How long searches miss an issue after its making, in milliseconds.
    pub search_delay_ms: i64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            contents: BTreeMap::new(),
            installations: BTreeMap::new(),
            told: BTreeMap::new(),
            bearers: HashMap::new(),
            codes: HashMap::new(),
            refresh_tokens: HashMap::new(),
            allowed: BTreeMap::new(),
            left: BTreeSet::new(),
            inactive: BTreeSet::new(),
            webhooks: Vec::new(),
            admin_webhooks: Vec::new(),
            made_webhooks: 10_000,
            upload_limit: attachment::UPLOAD_LIMIT,
            attachments_enabled: true,
            search_delay_ms: 0,
        }
    }
}

impl State {
    /// The content of a site.
    pub(crate) fn content(&mut self, site: &'static str) -> &mut Content {
        self.contents.entry(site).or_default()
    }

    /// Closes or reopens a person's account.
    pub(crate) fn set_active(&mut self, handle: &'static str, active: bool) {
        if active {
            self.inactive.remove(handle);
        } else {
            self.inactive.insert(handle);
        }
    }

    /// Takes a person off a site, or lets them on it again.
    pub(crate) fn set_belongs(&mut self, handle: &'static str, site: &'static str, belongs: bool) {
        if belongs {
            self.left.remove(&(handle, site));
        } else {
            self.left.insert((handle, site));
        }
    }

    /// Takes from a person the permission to browse a project, or gives it back.
    pub(crate) fn set_browses(
        &mut self,
        handle: &'static str,
        site: &'static str,
        project: &str,
        browses: bool,
    ) -> bool {
        let mut projects = self.content(site).projects.iter_mut();
        let Some(project) = projects.find(|it| it.key == project) else {
            return false;
        };
        project.members.retain(|it| *it != handle);
        if browses {
            project.members.push(handle);
        }
        true
    }

    /// Whether a person is on a site now.
    pub(crate) fn belongs(&self, person: &Person, site: &'static str) -> bool {
        person.is_on(site) && !self.left.contains(&(person.handle, site))
    }

    /// Ends what a person allowed the 3LO app, as the page of connected apps does: at once, and for all sites.
    pub(crate) fn disallow(&mut self, handle: &str) {
        self.allowed.remove(handle);
        self.refresh_tokens.retain(|_, it| it.handle != handle);
        self.bearers
            .retain(|_, it| !(it.three_legged && it.handle == handle));
    }

    /// The digests (SHA-256, hexadecimal) of the files on an issue, by file name.
    pub fn attachment_digests(&self, site: &str, issue_key: &str) -> BTreeMap<String, String> {
        let issue = self
            .contents
            .get(site)
            .and_then(|content| content.issue(issue_key));
        issue
            .into_iter()
            .flat_map(|issue| &issue.attachments)
            .map(|file| (file.filename.clone(), file.sha256.clone()))
            .collect()
    }

    /// Ends all access tokens, as if their time had come.
    pub fn expire_tokens(&mut self) {
        for bearer in self.bearers.values_mut() {
            bearer.expires = 0.0;
        }
    }
}

/// Puts the story's content in place; called at the start and at every reset.
pub fn seed(world: &World) {
    let contents = SITES
        .into_iter()
        .map(|site| (site, story::content(world, site)))
        .collect();
    let mut state = world.jira();
    state.contents = contents;
    state.inactive.clear();
    state.left.clear();
    state.upload_limit = attachment::UPLOAD_LIMIT;
    state.attachments_enabled = true;
    state.search_delay_ms = 0;
}

/// The issue each site's story is about.
pub fn main_issue(site: &str) -> &'static str {
    match site {
        "acme" => "DEMO-42",
        "globex" => "GLX-1",
        _ => "INI-1",
    }
}

/// The site a path of the 3LO gateway names by its cloud id.
pub fn site_of(path: &str) -> Option<&'static str> {
    let rest = path.strip_prefix("/ex/jira/")?;
    let cloud = rest.split(['/', '?']).next()?;
    SITES.into_iter().find(|site| cloud_id(site) == cloud)
}

/// Whose token a request carries.
pub fn identify(world: &World, parts: &Parts) -> Option<String> {
    access::identify(world, parts)
}

/// The routes of one site.
pub fn router(world: Arc<World>, site: &'static str) -> Router {
    let context = Site { world, name: site };
    Router::new()
        .route("/oauth2/token", post(impersonation::act_as_user))
        .route(
            "/authorize",
            get(oauth::authorize).post(oauth::answer_consent),
        )
        .route("/oauth/token", post(oauth::exchange))
        .route(
            "/oauth/token/accessible-resources",
            get(oauth::accessible_resources),
        )
        .route(
            "/ex/jira/{cloud}/{*rest}",
            axum::routing::any(through_gateway),
        )
        .route("/install-keys/{key}", get(install_key))
        .route("/media/{id}", get(attachment::media))
        .route("/avatar.svg", get(people::avatar))
        .merge(page::router())
        .with_state(context.clone())
        .merge(rest(context))
}

/// The REST API of one site.
fn rest(context: Site) -> Router {
    let api = Router::new()
        .route("/issue", post(create::create))
        .route("/issue/bulkfetch", post(issue::bulk_fetch))
        .route(
            "/issue/createmeta/{project}/issuetypes",
            get(createmeta::issue_types),
        )
        .route(
            "/issue/createmeta/{project}/issuetypes/{kind}",
            get(createmeta::fields),
        )
        .route(
            "/issue/{id}",
            get(issue::get).put(issue::edit).delete(issue::remove),
        )
        .route("/issue/{id}/assignee", put(issue::assign))
        .route(
            "/issue/{id}/transitions",
            get(transition::list).post(transition::perform),
        )
        .route(
            "/issue/{id}/watchers",
            get(watcher::list)
                .post(watcher::add)
                .delete(watcher::remove),
        )
        .route("/issue/{id}/comment", get(comment::list).post(comment::add))
        .route(
            "/issue/{id}/comment/{comment}",
            get(comment::one).put(comment::edit).delete(comment::remove),
        )
        .route(
            "/issue/{id}/worklog",
            get(comment::worklogs).post(comment::add_worklog),
        )
        .route(
            "/issue/{id}/attachments",
            post(attachment::add).layer(DefaultBodyLimit::disable()),
        )
        .route(
            "/issue/{id}/remotelink",
            get(link::list).post(link::put).delete(link::remove),
        )
        .route("/issue/{id}/properties", get(link::property_keys))
        .route(
            "/issue/{id}/properties/{key}",
            get(link::property)
                .put(link::set_property)
                .delete(link::remove_property),
        )
        .route("/comment/list", post(comment::by_ids))
        .route("/comment/{id}/properties/{key}", get(comment::property))
        .route("/attachment/meta", get(attachment::meta))
        .route("/attachment/{id}", get(attachment::describe))
        .route("/attachment/{id}", delete(attachment::remove))
        .route("/attachment/content/{id}", get(attachment::content))
        .route("/search", get(search::removed).post(search::removed))
        .route("/search/jql", get(search::get).post(search::post))
        .route("/search/approximate-count", post(search::count))
        .route("/jql/match", post(search::match_issues))
        .route("/jql/parse", post(search::parse))
        .route("/permissions/check", post(project::check))
        .route("/mypermissions", get(project::mine))
        .route("/myself", get(people::myself))
        .route("/user", get(people::one))
        .route("/user/bulk", get(people::bulk))
        .route("/user/search", get(people::search))
        .route("/user/picker", get(people::picker))
        .route("/user/assignable/search", get(people::assignable))
        .route("/project/search", get(project::search))
        .route("/project/{id}", get(project::one))
        .route("/status", get(project::statuses))
        .route("/priority/search", get(project::priorities))
        .route("/field", get(project::field_list))
        .route("/serverInfo", get(project::server_info))
        .route(
            "/webhook",
            get(webhook::dynamic::list)
                .post(webhook::dynamic::register)
                .delete(webhook::dynamic::remove),
        )
        .route("/webhook/refresh", put(webhook::dynamic::refresh))
        .route("/webhook/failed", get(webhook::dynamic::failed));
    Router::new()
        .nest("/rest/api/3", api)
        .layer(from_fn(edge))
        .with_state(context)
}

/// What Jira's edge does to every REST request: refuses GET with a body, and tells how much may still be asked.
///
/// <https://developer.atlassian.com/cloud/jira/platform/rate-limiting/>
async fn edge(request: Request, next: Next) -> Response {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let has_body = length.is_some_and(|length| length != "0");
    if request.method() == http::Method::GET && has_body {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let trace = uuid::Uuid::new_v4().simple().to_string();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set("atl-traceid", &trace);
    set("x-arequestid", &trace);
    set("cache-control", "no-cache, no-store, no-transform");
    set("x-ratelimit-limit", "100");
    set("x-ratelimit-remaining", "99");
    set("ratelimit-policy", "\"global-app-quota\";q=65000;w=3600");
    response
}

/// `api.atlassian.com/ex/jira/{cloudId}/…`: the same API, by cloud id and for 3LO tokens.
async fn through_gateway(
    Context(site): Context<Site>,
    Path((cloud, rest_of_path)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Some(name) = SITES.into_iter().find(|name| cloud_id(name) == cloud) else {
        return (
            StatusCode::NOT_FOUND,
            axum::Json(serde_json::json!({"code": 404, "message": "Not Found"})),
        )
            .into_response();
    };
    // The path is cut from the raw address: its percent-encoding must stay as it was.
    let raw = request
        .uri()
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str);
    let target = raw.find(&cloud).map_or(rest_of_path.clone(), |start| {
        raw[start + cloud.len()..].to_owned()
    });
    // A new request: the outer route's path parameters must not reach the inner handlers.
    let (parts, body) = request.into_parts();
    let mut request = Request::new(body);
    *request.method_mut() = parts.method;
    *request.headers_mut() = parts.headers;
    if let Ok(uri) = target.parse() {
        *request.uri_mut() = uri;
    }
    request.extensions_mut().insert(ThroughGateway);
    if let Some(trace) = parts.extensions.get::<Trace>() {
        request.extensions_mut().insert(trace.clone());
    }
    let world = Arc::clone(&site.world);
    match rest(Site { world, name }).oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// `GET /install-keys/{kid}`: the public key that verifies installs.
async fn install_key(Path(key): Path<String>) -> Response {
    if key == token::INSTALL_KEY_ID {
        (
            [(header::CONTENT_TYPE, "application/x-pem-file")],
            token::INSTALL_PUBLIC_KEY,
        )
            .into_response()
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}
