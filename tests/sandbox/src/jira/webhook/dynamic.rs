//! Webhooks that apps register themselves: for 30 days, with a filter, and refreshed while they are wanted.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-webhooks/>

use axum::Json;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::jira::{
    access::{Caller, Need, Site},
    error::Refusal,
    jql::Query,
    request::{Body, Parameters, page},
};
use crate::{courier::milliseconds, subscriptions::Entry, world::World};

const READ: Need = ("READ", "read:jira-work");
const MANAGE: Need = ("READ", "manage:jira-webhook");

/// Seconds a webhook lives after its making or refreshing.
const LIFE: f64 = 30.0 * 86_400.0;

/// Milliseconds a failure is told of.
const FAILURES_KEPT: i64 = 72 * 3_600_000;

const EVENTS: [&str; 20] = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "issue_property_set",
    "issue_property_deleted",
    // The sites have neither sprints nor changing versions: these are taken, and never happen.
    "sprint_created",
    "sprint_updated",
    "sprint_closed",
    "sprint_deleted",
    "sprint_started",
    "jira:version_released",
    "jira:version_unreleased",
    "jira:version_created",
    "jira:version_moved",
    "jira:version_updated",
    "jira:version_merged",
    "jira:version_deleted",
];

/// A webhook an app registered.
pub(crate) struct Registration {
    pub(crate) id: u64,
    pub(crate) site: &'static str,
    pub(crate) owner: Owner,
    pub(crate) url: String,
    pub(crate) events: Vec<String>,
    pub(crate) jql: String,
    pub(crate) filter: Query,
    pub(crate) fields: Option<Vec<String>>,
    pub(crate) property_keys: Option<Vec<String>>,
    /// Seconds since 1970 by the sandbox's clock.
    pub(crate) expires: f64,
}

/// Whose webhook it is.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Owner {
    /// The Connect app's.
    App,
    /// The 3LO app's, on behalf of a person.
    Person(&'static str),
}

impl Owner {
    /// The handle of the person, or `app`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Person(handle) => handle,
        }
    }

    /// How many webhooks one may have on a site.
    fn most(&self) -> usize {
        match self {
            Self::App => 100,
            Self::Person(_) => 5,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    url: String,
    webhooks: Vec<Details>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    events: Vec<String>,
    jql_filter: String,
    field_ids_filter: Option<Vec<String>>,
    issue_property_keys_filter: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ids {
    webhook_ids: Vec<u64>,
}

/// All registered webhooks that live, as the sandbox's controls show them.
pub(crate) fn alive(world: &World) -> Vec<Value> {
    let (state, now) = (world.jira(), world.now());
    let alive = state.webhooks.iter().filter(|it| it.expires > now);
    alive
        .map(|it| {
            json!({
                "id": it.id, "site": it.site, "owner": it.owner.name(), "url": it.url,
                "events": it.events, "jqlFilter": it.jql, "expires": it.expires
            })
        })
        .collect()
}

/// `POST /webhook`.
pub(crate) async fn register(
    caller: Caller,
    Body(wanted): Body<Wanted>,
) -> Result<Json<Value>, Refusal> {
    let owner = owner(&caller)?;
    let site = &caller.site;
    let now = site.world.now();
    let mut state = site.world.jira();
    if let (Owner::App, Some(app)) = (&owner, state.installations.get(site.name)) {
        let inside = wanted.url.strip_prefix(&app.app_url);
        if !inside.is_some_and(|rest| rest.starts_with('/')) {
            return Err(Refusal::bad(
                "The URL must use the same base URL as the Connect app.",
            ));
        }
    }
    state.webhooks.retain(|it| it.expires > now);
    let is_theirs = |it: &&Registration| it.site == site.name && it.owner == owner;
    if state
        .webhooks
        .iter()
        .filter(is_theirs)
        .any(|it| it.url != wanted.url)
    {
        return Err(Refusal::bad(
            "Only a single URL per app is allowed to be registered.",
        ));
    }
    let mut results = Vec::new();
    for details in wanted.webhooks {
        let count = state.webhooks.iter().filter(is_theirs).count();
        let registration = if count >= owner.most() {
            let most = owner.most();
            Err(vec![format!(
                "The maximum number of webhooks ({most}) is registered already."
            )])
        } else {
            state.made_webhooks += 1;
            let id = state.made_webhooks;
            checked(&details).map(|filter| Registration {
                id,
                site: site.name,
                owner: owner.clone(),
                url: wanted.url.clone(),
                events: details.events,
                jql: details.jql_filter,
                filter,
                fields: details.field_ids_filter,
                property_keys: details.issue_property_keys_filter,
                expires: now + LIFE,
            })
        };
        match registration {
            Ok(registration) => {
                note(site, "created", &registration);
                results.push(json!({"createdWebhookId": registration.id}));
                state.webhooks.push(registration);
            }
            Err(errors) => results.push(json!({"errors": errors})),
        }
    }
    Ok(Json(json!({"webhookRegistrationResult": results})))
}

/// `GET /webhook`.
pub(crate) async fn list(caller: Caller, query: Parameters) -> Result<Json<Value>, Refusal> {
    let owner = owner(&caller)?;
    let site = &caller.site;
    let now = site.world.now();
    let state = site.world.jira();
    let alive = state.webhooks.iter();
    let alive = alive.filter(|it| it.site == site.name && it.owner == owner && it.expires > now);
    let shown = alive.map(|it| {
        let mut shown = json!({
            "id": it.id, "jqlFilter": it.jql, "events": it.events, "url": it.url,
            "expirationDate": millis(it.expires)
        });
        if let Some(fields) = &it.fields {
            shown["fieldIdsFilter"] = json!(fields);
        }
        if let Some(keys) = &it.property_keys {
            shown["issuePropertyKeysFilter"] = json!(keys);
        }
        shown
    });
    Ok(Json(page("values", shown.collect(), &query, 100)))
}

/// `DELETE /webhook`: others' webhooks and unknown ids are passed over.
pub(crate) async fn remove(
    caller: Caller,
    Body(Ids { webhook_ids }): Body<Ids>,
) -> Result<StatusCode, Refusal> {
    let owner = owner(&caller)?;
    let site = &caller.site;
    let mut state = site.world.jira();
    state.webhooks.retain(|it| {
        let goes = it.site == site.name && it.owner == owner && webhook_ids.contains(&it.id);
        if goes {
            note(site, "deleted", it);
        }
        !goes
    });
    Ok(StatusCode::ACCEPTED)
}

/// `PUT /webhook/refresh`: the same.
pub(crate) async fn refresh(
    caller: Caller,
    Body(Ids { webhook_ids }): Body<Ids>,
) -> Result<Json<Value>, Refusal> {
    let owner = owner(&caller)?;
    let site = &caller.site;
    let now = site.world.now();
    let mut state = site.world.jira();
    for it in &mut state.webhooks {
        let theirs = it.site == site.name && it.owner == owner && it.expires > now;
        if theirs && webhook_ids.contains(&it.id) {
            it.expires = now + LIFE;
            note(site, "renewed", it);
        }
    }
    Ok(Json(json!({"expirationDate": millis(now + LIFE)})))
}

/// `GET /webhook/failed`: what could not be delivered to the Connect app in the last 72 hours, the oldest first.
pub(crate) async fn failed(caller: Caller, query: Parameters) -> Result<Json<Value>, Refusal> {
    if owner(&caller)? != Owner::App {
        return Err(not_an_app("Connect"));
    }
    let site = &caller.site;
    let after = query.number("after", 0);
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let oldest = after.max(milliseconds() - FAILURES_KEPT);
    let most = query.number("maxResults", 100);
    let values: Vec<_> = site
        .world
        .courier()
        .failed()
        .into_iter()
        .filter(|it| it.provider == "jira" && it.tenant == site.name && it.at > oldest)
        .take(most)
        .map(|it| {
            json!({
                "id": it.id, "url": it.url, "failureTime": it.at,
                "body": String::from_utf8_lossy(&it.body)
            })
        })
        .collect();
    let mut answer = json!({"values": values, "maxResults": most});
    if let Some(last) = values.last().map(|it| &it["failureTime"]) {
        let base = site.base();
        answer["next"] = json!(format!(
            "{base}/rest/api/3/webhook/failed?after={last}&maxResults={most}"
        ));
    }
    Ok(Json(answer))
}

/// The app that calls. Only Connect and OAuth 2.0 (3LO) apps have webhooks.
fn owner(caller: &Caller) -> Result<Owner, Refusal> {
    caller.account()?;
    let owner = caller
        .app()
        .ok_or_else(|| not_an_app("Connect and OAuth 2.0"))?;
    caller.need(READ)?;
    caller.need(MANAGE)?;
    Ok(owner)
}

fn not_an_app(kinds: &str) -> Refusal {
    let message = format!("Only {kinds} apps can use this operation.");
    Refusal::new(StatusCode::FORBIDDEN, &message)
}

/// The filter of a webhook without mistakes.
fn checked(details: &Details) -> Result<Query, Vec<String>> {
    let mut errors: Vec<_> = details
        .events
        .iter()
        .filter(|event| !EVENTS.contains(&event.as_str()))
        .map(|event| format!("The event '{event}' is not supported."))
        .collect();
    if details.events.is_empty() {
        errors.push("At least one event must be given.".to_owned());
    }
    let filter = Query::parse(&details.jql_filter);
    match &filter {
        Ok(filter) => errors.extend(filter.not_for_webhooks()),
        Err(message) => errors.push(message.clone()),
    }
    match filter {
        Ok(filter) if errors.is_empty() => Ok(filter),
        _ => Err(errors),
    }
}

/// Writes down what became of a webhook.
pub(crate) fn note(site: &Site, what: &'static str, it: &Registration) {
    site.world.journal().note(Entry {
        at: 0.0,
        provider: "jira",
        what,
        id: it.id.to_string(),
        owner: it.owner.name().to_owned(),
        resource: format!("{}: {}", it.site, it.jql),
        expires: it.expires,
    });
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds since 1970 fit"
)]
fn millis(seconds: f64) -> i64 {
    (seconds * 1_000.0) as i64
}
