//! Outlook-like and Teams-like pages, to try the add-ins in an ordinary browser without Microsoft.
//!
//! The add-ins are the gateway's own, passed on by this listener so that page and add-in have one origin; only the
//! hosts' libraries are ours, and Entra's part is the sandbox's.

mod mailbox;
mod pass_on;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::json;

use crate::{
    entra::{self, Host},
    world::{Person, World},
};

/// The cookie with the handle of who looks at a host's page. Ports do not part cookies, so all vendors see it.
pub(crate) const SIGNED_IN: &str = "sandbox_person";

/// The routes of the pages; what is none of theirs goes to the gateway.
pub fn router(world: Arc<World>) -> Router {
    let script = |text: &'static str| {
        get(move || async move { ([(header::CONTENT_TYPE, "text/javascript")], text) })
    };
    Router::new()
        .route("/outlook", get(outlook))
        .route("/teams", get(teams))
        .route("/host/mails", get(mailbox::list))
        .route("/host/token", get(token))
        .route("/host/office.js", script(include_str!("office.js")))
        .route("/host/outlook.js", script(include_str!("outlook.js")))
        .route("/host/teams.js", script(include_str!("teams.js")))
        .route(
            "/host/host.css",
            get(|| async {
                (
                    [(header::CONTENT_TYPE, "text/css")],
                    include_str!("host.css"),
                )
            }),
        )
        .fallback(pass_on::pass_on)
        .with_state(world)
}

/// Who looks, and how: `?as=alice`.
#[derive(Debug, Deserialize)]
struct Viewer {
    #[serde(rename = "as", default = "alice")]
    handle: String,
    #[serde(default = "outlook_host")]
    host: String,
    #[serde(default)]
    interactive: bool,
}

fn alice() -> String {
    "alice".to_owned()
}

fn outlook_host() -> String {
    "outlook".to_owned()
}

async fn outlook(State(world): State<Arc<World>>, Query(viewer): Query<Viewer>) -> Response {
    page(&world, &viewer, include_str!("outlook.html"))
}

async fn teams(State(world): State<Arc<World>>, Query(viewer): Query<Viewer>) -> Response {
    page(&world, &viewer, include_str!("teams.html"))
}

/// What a host's sign-on gives its add-in: `GET /host/token?as=alice&host=teams&interactive=true`.
async fn token(State(world): State<Arc<World>>, Query(viewer): Query<Viewer>) -> Response {
    let host = match viewer.host.as_str() {
        "teams" => Host::Teams,
        _ => Host::Outlook,
    };
    if person(&world, &viewer.handle).is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    match entra::sign_on(&world, &viewer.handle, host, viewer.interactive, None) {
        Ok(token) => (
            [(header::CACHE_CONTROL, "no-store")],
            Json(json!({"token": token})),
        )
            .into_response(),
        Err(refusal) => refusal.answer(&world.addresses().login, None),
    }
}

fn page(world: &World, viewer: &Viewer, template: &str) -> Response {
    let Some(viewer) = person(world, &viewer.handle) else {
        return (
            StatusCode::NOT_FOUND,
            Html("<h1>There is no such person here</h1>"),
        )
            .into_response();
    };
    let people = world.people().iter();
    let people = people.fold(String::new(), |list, person| {
        let chosen = if person.handle == viewer.handle {
            " selected"
        } else {
            ""
        };
        let Person {
            handle, name, site, ..
        } = person;
        list + &format!("<option value=\"{handle}\"{chosen}>{name} ({site})</option>")
    });
    let told = json!({
        "handle": viewer.handle, "name": viewer.name, "email": viewer.email,
        "oid": viewer.oid, "tid": viewer.tid, "locale": "en-GB",
    });
    let page = template
        .replace("{{people}}", &people)
        // `<` could end the script element the JSON stands in.
        .replace("{{told}}", &told.to_string().replace('<', "\\u003c"));
    // Who looks at a host's page is signed in at the vendors too: their pages choose this person.
    let cookie = format!("{SIGNED_IN}={}; Path=/; SameSite=Lax", viewer.handle);
    ([(header::SET_COOKIE, cookie)], Html(page)).into_response()
}

fn person(world: &World, handle: &str) -> Option<Person> {
    world.find(|person| person.handle == handle)
}
