//! The Jira-like page of an issue, which embeds the app's panel as Jira does: with Atlassian's own host library.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/about-the-javascript-api/>

use std::path::{Component, PathBuf};

use axum::{
    Router,
    extract::{Path, State},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use serde_json::{Value, json};

use super::{
    access::Site,
    adf::{self, escape},
    connect::{self, Installation},
    main_issue,
    model::{Content, Issue, PRIORITIES, timestamp},
    oauth,
    request::Parameters,
};
use crate::world::Person;

const PAGE: &str = include_str!("issue.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("host.js");

/// The routes of the page and of what it loads.
pub(crate) fn router() -> Router<Site> {
    Router::new()
        .route("/", get(front))
        .route("/browse/{key}", get(issue))
        .route("/browse/{key}/context-token", get(context_token))
        .route(
            "/page/page.css",
            get(|| async { ([(header::CONTENT_TYPE, "text/css")], STYLE) }),
        )
        .route(
            "/page/host.js",
            get(|| async { ([(header::CONTENT_TYPE, "text/javascript")], SCRIPT) }),
        )
        .route("/page/jquery.js", get(jquery))
        .route("/connect-cdn/{*file}", get(connect_library))
        // The library looks for its own script element, and the options on it, by this name.
        .route(
            "/connect-cdn/connect-cdn.atl-paas.net/all.js",
            get(all_js_by_name),
        )
}

async fn front(State(site): State<Site>) -> impl IntoResponse {
    axum::response::Redirect::to(&format!("/browse/{}", main_issue(site.name)))
}

/// `GET /browse/{key}?as=alice&theme=dark&locale=de_DE`.
async fn issue(State(site): State<Site>, Path(key): Path<String>, query: Parameters) -> Response {
    let Some(viewer) = viewer(&site, &query) else {
        return (
            StatusCode::NOT_FOUND,
            Html("<h1>There is no such person here</h1>"),
        )
            .into_response();
    };
    let installation = connect::installed(&site.world, site.name).ok();
    let session = oauth::page_session(&site.world, site.name, &viewer);
    let mut state = site.world.jira();
    let content = state.content(site.name);
    let visible = |issue: &&Issue| {
        content
            .project(issue.project)
            .is_some_and(|project| project.members.contains(&viewer.handle))
    };
    let Some(issue) = content.issue(&key).filter(visible) else {
        return (
            StatusCode::NOT_FOUND,
            Html("<h1>You can't view this issue</h1><p>It may have been deleted or you don't have permission.</p>"),
        )
            .into_response();
    };
    let panel = installation
        .as_ref()
        .filter(|installation| installation.enabled)
        .and_then(|installation| panel(&site, installation, issue, content, &viewer));
    let told = json!({
        "issue": {"id": issue.id.to_string(), "key": issue.key(), "issuetype": {"id": issue.kind.id}},
        "project": {
            "id": content.project(issue.project).map_or("", |project| project.id), "key": issue.project
        },
        "viewer": {"handle": viewer.handle, "accountId": viewer.account_id},
        "locale": query.get("locale").unwrap_or("en_GB"),
        "session": session,
        "panel": panel,
    });
    let name = |account: &str| {
        site.world
            .find(|person| person.account_id == account)
            .map_or("Unassigned", |person| person.name)
    };
    let dark = query.get("theme") == Some("dark");
    let page = fill(
        PAGE,
        &[
            ("mode", if dark { "dark" } else { "light" }),
            ("site", site.name),
            ("key", &issue.key()),
            ("project", issue.project),
            ("summary", &escape(&issue.summary)),
            ("description", &body(&issue.description)),
            ("comments", &comments(&site, issue, &name)),
            ("status", issue.status.name),
            ("category", issue.status.category.1),
            (
                "assignee",
                issue.assignee.as_deref().map_or("Unassigned", name),
            ),
            ("reporter", name(&issue.reporter)),
            ("priority", PRIORITIES[issue.priority]),
            ("labels", &escape(&issue.labels.join(", "))),
            ("kind", issue.kind.name),
            ("people", &people(&site, &viewer)),
            // `<` could end the script element the JSON stands in.
            ("told", &told.to_string().replace('<', "\\u003c")),
        ],
    );
    Html(page).into_response()
}

/// What `AP.context.getToken` fetches each time it is called.
async fn context_token(
    State(site): State<Site>,
    Path(key): Path<String>,
    query: Parameters,
) -> Response {
    let Some(viewer) = viewer(&site, &query) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match connect::context_token(&site.world, site.name, viewer.handle, &key) {
        Ok(token) => ([(header::CACHE_CONTROL, "no-store")], token).into_response(),
        Err(why) => (StatusCode::CONFLICT, why).into_response(),
    }
}

fn viewer(site: &Site, query: &Parameters) -> Option<Person> {
    let handle = query.get("as").unwrap_or(match site.name {
        "acme" => "alice",
        "globex" => "frank",
        _ => "ivan",
    });
    site.world
        .find(|person| person.handle == handle && person.is_on(site.name))
}

/// The address of the iframe: the module's own with its variables filled in, what the host adds, and the token.
fn panel(
    site: &Site,
    installation: &Installation,
    issue: &Issue,
    content: &Content,
    viewer: &Person,
) -> Option<Value> {
    let module = &installation.descriptor["modules"]["jiraIssueContents"][0];
    let target = module["target"]["url"].as_str()?;
    let project = content.project(issue.project)?;
    let filled = target
        .replace("{issue.key}", &issue.key())
        .replace("{issue.id}", &issue.id.to_string())
        .replace("{project.key}", project.key)
        .replace("{project.id}", project.id);
    let key = module["key"].as_str().unwrap_or("panel");
    let mut url = url::Url::parse(&format!("{}{filled}", installation.app_url)).ok()?;
    url.query_pairs_mut()
        .append_pair("xdm_e", &site.base())
        .append_pair("xdm_c", &format!("channel-{}__{key}", installation.app_key))
        .append_pair("cp", "")
        .append_pair("xdm_deprecated_addon_key_do_not_use", &installation.app_key)
        .append_pair("lic", "none")
        .append_pair("cv", "1001.0.0-SNAPSHOT");
    let token = connect::signed_for_iframe(installation, &viewer.account_id, "GET", url.as_str());
    url.query_pairs_mut().append_pair("jwt", &token);
    Some(json!({
        "app": installation.app_key,
        "module": key,
        "name": module["name"]["value"],
        "url": url.as_str(),
        "origin": url.origin().ascii_serialization(),
    }))
}

fn comments(site: &Site, issue: &Issue, name: &dyn Fn(&str) -> &'static str) -> String {
    issue.comments.iter().fold(String::new(), |list, comment| {
        list + &format!(
            "<li><img alt=\"\" src=\"{}/avatar.svg?of={}\"><div><b>{}</b> <time>{}</time>{}</div></li>",
            site.base(),
            comment.author.replace(':', "%3A"),
            name(&comment.author),
            timestamp(comment.created).replace('T', " ").split('.').next().unwrap_or_default(),
            body(&comment.body)
        )
    })
}

fn people(site: &Site, viewer: &Person) -> String {
    let here = site
        .world
        .people()
        .iter()
        .filter(|person| person.is_on(site.name));
    here.fold(String::new(), |list, person| {
        let chosen = if person.handle == viewer.handle {
            " selected"
        } else {
            ""
        };
        list + &format!(
            "<option value=\"{}\"{chosen}>{}</option>",
            person.handle, person.name
        )
    })
}

/// A document as HTML without links that would run something: Jira's own page drops them too.
fn body(document: &Value) -> String {
    let mut document = document.clone();
    drop_scripts(&mut document);
    adf::html(&document)
}

fn drop_scripts(node: &mut Value) {
    if let Some(marks) = node["marks"].as_array_mut() {
        marks.retain(|mark| {
            let href = mark["attrs"]["href"].as_str().unwrap_or("https:");
            href.starts_with("https:") || href.starts_with("http:") || href.starts_with("mailto:")
        });
    }
    for child in node["content"].as_array_mut().into_iter().flatten() {
        drop_scripts(child);
    }
}

fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut page = String::new();
    let mut rest = template;
    // One pass from left to right, so that nothing filled in is filled again.
    while let Some((before, after)) = rest.split_once("{{") {
        page.push_str(before);
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        let value = values.iter().find(|(known, _)| *known == name);
        page.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    page + rest
}

async fn jquery(State(site): State<Site>) -> Response {
    file(&site, "jquery/dist/jquery.js").await
}

/// Atlassian's content network: `all.js` is the iframe's side of the library, the rest lies beside it.
async fn connect_library(State(site): State<Site>, Path(name): Path<String>) -> Response {
    if name == "all.js" {
        return all_js(&site).await;
    }
    file(&site, &format!("atlassian-connect-js/dist/{name}")).await
}

async fn all_js_by_name(State(site): State<Site>) -> Response {
    all_js(&site).await
}

/// `all.js` with the address of its network written into it, as Atlassian's own build does for each of theirs.
async fn all_js(site: &Site) -> Response {
    let (parts, body) = file(site, "atlassian-connect-js/dist/iframe.js")
        .await
        .into_parts();
    let script = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    let script = String::from_utf8_lossy(&script).replace(
        "var CDN_URL = \"https://\" + CDN_DOMAIN;",
        &format!("var CDN_URL = \"{}/connect-cdn\";", site.base()),
    );
    (parts.status, parts.headers, script).into_response()
}

async fn file(site: &Site, name: &str) -> Response {
    let path = PathBuf::from(name);
    let inside = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let Some(folder) = site.world.node_modules().filter(|_| inside) else {
        return (
            StatusCode::NOT_FOUND,
            "The sandbox was not told where node_modules is: set SANDBOX_NODE_MODULES to frontends/node_modules.",
        )
            .into_response();
    };
    let kind = match path.extension().and_then(|extension| extension.to_str()) {
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        _ => "application/octet-stream",
    };
    match tokio::fs::read(folder.join(&path)).await {
        Ok(bytes) => (
            [
                (header::CONTENT_TYPE, kind),
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ],
            bytes,
        )
            .into_response(),
        Err(_) => (
            StatusCode::NOT_FOUND,
            format!("{name} is not in node_modules: run `npm ci` in frontends."),
        )
            .into_response(),
    }
}
