//! The add-ins' built pages, compiled into the program, and the query editor.

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    LOCATION, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};
use url::Url;

use super::connect;
use crate::app::App;
use crate::config::{Server, Settings};
use crate::manifests::{self, icons};

/// What `npm run build` wrote; nothing when the program was built without it.
#[derive(RustEmbed)]
#[folder = "frontends/dist/"]
#[allow_missing = true]
struct Built;

/// The add-ins there are.
const HOSTS: &[&str] = &["jira-panel", "outlook", "teams"];

/// Where Outlook shows an add-in on the web.
const OUTLOOK: &str = "https://outlook.office.com https://outlook.office365.com https://outlook.live.com \
     https://outlook-sdf.office.com https://outlook-sdf.office365.com https://*.cloud.microsoft";
/// Where Teams and the Microsoft 365 app show a tab.
const TEAMS: &str = "https://teams.microsoft.com https://*.teams.microsoft.com https://*.microsoft365.com \
     https://*.office.com";
/// Whence office.js loads a part of itself in Outlook on the web.
pub(super) const AJAX_CDN: &str = "https://ajax.aspnetcdn.com";
/// Whence the hosts' libraries read which parents they may trust.
pub(super) const OFFICE_CDN: &str = "https://res.cdn.office.net";

/// For a page of ours that nobody may frame.
const OWN_PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Whether an address is one of Outlook's or Teams' own pages.
pub(super) fn is_office(address: &Url) -> bool {
    let origin = address.origin().ascii_serialization();
    let shown = OUTLOOK.split_whitespace().chain(TEAMS.split_whitespace());
    shown
        .into_iter()
        .any(|pattern| match pattern.split_once('*') {
            Some((scheme, end)) => origin.starts_with(scheme) && origin.ends_with(end),
            None => origin == pattern,
        })
}

/// The operations the add-ins registered: hash to text, as JSON.
pub fn manifest() -> Option<Vec<u8>> {
    Built::get("persisted-documents.json").map(|file| file.data.into_owned())
}

/// `/addins/…`, and `/graphiql` where it is enabled.
pub fn routes(server: &Server) -> Router<App> {
    let mut routes = Router::new()
        .route(
            "/addins/icon.svg",
            get(async || own("image/svg+xml", include_str!("assets/icon.svg"))),
        )
        .route("/addins/icons/{file}", get(icon))
        .route(
            "/addins/about",
            get(async || {
                own(
                    "text/html; charset=utf-8",
                    include_str!("assets/about.html"),
                )
            }),
        )
        .route("/addins/{host}", get(with_slash))
        .route("/addins/{host}/", get(page))
        .route("/addins/teams/tab", get(tab))
        .route("/addins/teams/configure", get(tab))
        .route("/addins/{host}/{*path}", get(file));
    if server.graphiql {
        routes = routes
            .route(
                "/graphiql",
                get(async || {
                    own(
                        "text/html; charset=utf-8",
                        include_str!("assets/graphiql.html"),
                    )
                }),
            )
            .route(
                "/graphiql/editor.js",
                get(async || {
                    own(
                        "text/javascript; charset=utf-8",
                        include_str!("assets/graphiql.js"),
                    )
                }),
            )
            .route(
                "/graphiql/editor.css",
                get(async || {
                    own(
                        "text/css; charset=utf-8",
                        include_str!("assets/graphiql.css"),
                    )
                }),
            );
    }
    routes
}

/// A file that is part of this program's source.
fn own(media: &'static str, text: &'static str) -> Response {
    (
        [
            (CONTENT_TYPE, media),
            (CONTENT_SECURITY_POLICY, OWN_PAGE),
            (CACHE_CONTROL, "no-cache"),
        ],
        text,
    )
        .into_response()
}

/// Our mark as a PNG, `/addins/icons/{pixels}.png`, as the manifests name it.
async fn icon(Path(file): Path<String>) -> Response {
    let pixels = file.strip_suffix(".png").and_then(|it| it.parse().ok());
    match pixels.and_then(icons::sized) {
        Some(image) => (
            [
                (CONTENT_TYPE, "image/png"),
                (CACHE_CONTROL, "public, max-age=86400"),
            ],
            image,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn with_slash(Path(host): Path<String>, RawQuery(query): RawQuery) -> Response {
    if !HOSTS.contains(&host.as_str()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    // Relative, so that it holds behind a proxy that adds a prefix.
    let Ok(target) = HeaderValue::from_str(&format!("{host}/{query}")) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    (StatusCode::PERMANENT_REDIRECT, [(LOCATION, target)]).into_response()
}

/// The add-in's page, framed only by who may frame it.
async fn page(State(app): State<App>, Path(host): Path<String>, uri: Uri) -> Response {
    if !HOSTS.contains(&host.as_str()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    framed(&app, &host, &uri).await
}

/// A tab in Teams: the app's manifest names these addresses, and one page draws what the address says.
async fn tab(State(app): State<App>, uri: Uri) -> Response {
    framed(&app, "teams", &uri).await
}

async fn framed(app: &App, host: &str, uri: &Uri) -> Response {
    let Some(html) = Built::get(&format!("{host}/index.html")) else {
        return missing();
    };
    let frame = match host {
        "jira-panel" => Frame::jira(app, uri).await,
        host => Frame::office(&app.settings, host),
    };
    let policy = frame.policy();
    let mut html = String::from_utf8_lossy(&html.data).into_owned();
    for (placeholder, value) in frame.values {
        html = html.replace(placeholder, &attribute(&value));
    }
    let mut response = ([(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// What an add-in's page needs of its host, and who may show it.
struct Frame {
    scripts: String,
    styles: String,
    connects: String,
    ancestors: String,
    /// What stands in the page for a value of this gateway's settings.
    values: Vec<(&'static str, String)>,
}

impl Frame {
    async fn jira(app: &App, uri: &Uri) -> Self {
        let all_js = app.settings.jira.connect.as_ref();
        let all_js = all_js.map(|connect| &connect.all_js_url);
        let library = all_js
            .map(|url| format!(" {}", url.origin().ascii_serialization()))
            .unwrap_or_default();
        Self {
            scripts: library.clone(),
            styles: library,
            connects: String::new(),
            ancestors: connect::frame_ancestors(app, uri).await,
            values: vec![("%ALL_JS_URL%", all_js.map_or("", Url::as_str).to_owned())],
        }
    }

    /// Outlook and Teams: the same sign-in, framed from the addresses that each documents.
    ///
    /// <https://learn.microsoft.com/microsoftteams/platform/tabs/how-to/tab-requirements> and
    /// <https://learn.microsoft.com/office/dev/add-ins/concepts/privacy-and-security>.
    fn office(settings: &Settings, host: &str) -> Self {
        let Some(microsoft) = &settings.microsoft else {
            return Self {
                scripts: String::new(),
                styles: String::new(),
                connects: String::new(),
                ancestors: "'none'".to_owned(),
                values: Vec::new(),
            };
        };
        let origin = |url: &Url| url.origin().ascii_serialization();
        let authority = origin(&microsoft.authority_url);
        let public = settings.server.public_url.authority();
        let client = &microsoft.client_id;
        let teams = manifests::App::of(settings).ok().flatten();
        let teams = teams.map(|app| app.teams().to_string());
        let (scripts, ancestors) = if host == "outlook" {
            let library = origin(&microsoft.office_js_url);
            (format!(" {library} {AJAX_CDN}"), OUTLOOK.to_owned())
        } else {
            (String::new(), format!("{TEAMS} {OUTLOOK}"))
        };
        Self {
            scripts,
            styles: String::new(),
            connects: format!(" {authority} {OFFICE_CDN}"),
            ancestors,
            values: vec![
                ("%OFFICE_JS_URL%", microsoft.office_js_url.to_string()),
                ("%CLIENT_ID%", client.clone()),
                ("%AUTHORITY%", microsoft.authority_url.to_string()),
                ("%SCOPE%", format!("api://{public}/{client}/access_as_user")),
                ("%TEAMS_APP_ID%", teams.unwrap_or_default()),
            ],
        }
    }

    fn policy(&self) -> String {
        let Self {
            scripts,
            styles,
            connects,
            ancestors,
            ..
        } = self;
        format!(
            "default-src 'none'; script-src 'self'{scripts}; style-src 'self'{styles}; \
             connect-src 'self'{connects}; img-src 'self' data: https:; font-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
        )
    }
}

/// A text as it stands between quotes in HTML.
pub(super) fn attribute(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

async fn file(Path((host, path)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let hidden = path
        .split('/')
        .any(|part| part.is_empty() || part.starts_with('.'));
    let compressed = [".br", ".gz", ".html", ".map"]
        .iter()
        .any(|end| path.ends_with(end));
    if hidden || compressed || !HOSTS.contains(&host.as_str()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let name = format!("{host}/{path}");
    let Some((file, media, encoding)) = best(&name, &headers) else {
        return if Built::get(&format!("{host}/index.html")).is_some() {
            StatusCode::NOT_FOUND.into_response()
        } else {
            missing()
        };
    };
    // Names under `assets/` hold the hash of what is in them.
    let caching = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = (
        [
            (CONTENT_TYPE, media.as_str()),
            (CACHE_CONTROL, caching),
            (VARY, "accept-encoding"),
        ],
        file.data.into_owned(),
    )
        .into_response();
    if let Some(encoding) = encoding {
        response
            .headers_mut()
            .insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The smallest form of a file that the client can read, and its media type without the compression.
fn best(name: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, String, Option<&'static str>)> {
    let plain = Built::get(name)?;
    let media = plain.metadata.mimetype().to_owned();
    let accepted = headers
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let takes = |wanted: &str| {
        accepted.split(',').any(|part| {
            let mut part = part.split(';').map(str::trim);
            part.next() == Some(wanted) && !part.any(|weight| matches!(weight, "q=0" | "q=0.0"))
        })
    };
    for (encoding, end) in [("br", "br"), ("gzip", "gz")] {
        if takes(encoding)
            && let Some(file) = Built::get(&format!("{name}.{end}"))
        {
            return Some((file, media, Some(encoding)));
        }
    }
    Some((plain, media, None))
}

fn missing() -> Response {
    (
        StatusCode::SERVICE_UNAVAILABLE,
        "This program was built without its add-ins: run `npm ci && npm run build` in frontends/ and build it again.\n",
    )
        .into_response()
}
