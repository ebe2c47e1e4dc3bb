//! The page at the end of a sign-in: it tells the add-in, in its own host's way, and closes.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse as _, Response};
use url::Url;

use super::assets;
use crate::app::App;
use crate::auth::Host;
use crate::grant::connect::Abandoned;
use crate::upstream::Provider;

/// The page runs its one script, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// How a sign-in ended, and where it began, as far as that is known.
#[derive(Debug, Clone, Copy)]
pub struct Ending {
    pub provider: Provider,
    pub host: Option<Host>,
    pub outcome: Result<(), Abandoned>,
}

/// The script of the page. Jira's panel hears it by `postMessage` on our own origin, Outlook by
/// `Office.context.ui.messageParent`, Teams by what teams-js says in `authentication.notifySuccess`.
pub async fn script() -> Response {
    let script = include_str!("assets/done.js");
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], script).into_response()
}

/// The page. Every word of it is ours.
pub fn page(app: &App, ending: Ending) -> Response {
    let Ending {
        provider,
        host,
        outcome,
    } = ending;
    let (status, words) = match outcome {
        Ok(()) => (StatusCode::OK, "The account is connected.".to_owned()),
        Err(abandoned) => {
            let status = match abandoned {
                Abandoned::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::BAD_REQUEST,
            };
            (status, abandoned.to_string())
        }
    };
    let office = app.settings.microsoft.as_ref().map(|it| &it.office_js_url);
    let office = office.filter(|_| host == Some(Host::Outlook));
    let library = office.map(|url| {
        let url = assets::attribute(url.as_str());
        format!("<script src=\"{url}\" defer></script>\n")
    });
    let html = include_str!("assets/done.html")
        .replace("%PROVIDER%", &provider.name().to_uppercase())
        .replace("%OK%", if outcome.is_ok() { "true" } else { "false" })
        .replace("%HOST%", host.map_or("", name))
        .replace("%LIBRARY%", &library.unwrap_or_default())
        .replace("%WORDS%", &words);
    let policy = office.map_or_else(|| POLICY.to_owned(), policy);
    (status, [(CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response()
}

/// Asks the person whether they really began this: another site's page may have sent them.
pub fn ask(provider: Provider, address: &str) -> Response {
    let html = include_str!("assets/begin.html")
        .replace("%PROVIDER%", display(provider))
        .replace("%ADDRESS%", &assets::attribute(address));
    let policy = [(CONTENT_SECURITY_POLICY, POLICY.to_owned())];
    (policy, Html(html)).into_response()
}

/// With Outlook's library, which loads parts of itself.
fn policy(office: &Url) -> String {
    let origin = office.origin().ascii_serialization();
    format!(
        "default-src 'none'; script-src 'self' {origin} {ajax}; connect-src {office}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ajax = assets::AJAX_CDN,
        office = assets::OFFICE_CDN,
    )
}

fn name(host: Host) -> &'static str {
    match host {
        Host::Jira => "jira",
        Host::Outlook => "outlook",
        Host::Teams => "teams",
    }
}

fn display(provider: Provider) -> &'static str {
    match provider {
        Provider::Jira => "Jira",
        Provider::Microsoft => "Microsoft",
        Provider::Zoom => "Zoom",
    }
}
