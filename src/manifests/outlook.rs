//! The Outlook add-in, twice: the XML manifest that every Outlook takes, and the unified one for the newer ones.
//!
//! Microsoft's "Office Add-ins manifest" for both, "Manifest element ordering" for the order in the XML. Neither asks for
//! the requirement set `NestedAppAuth`: it is looked for at run time and must not stand in an Outlook manifest.

use serde_json::{Value, json};
use url::Url;

use super::teams::{SCHEMA, SCHEMA_VERSION, localization_schema};
use super::{ABOUT, App, NAME, Place, VERSION, icons};
use crate::config::Settings;

/// The page in the pane, for a mail that is read.
const READ: &str = "outlook/?surface=read";
/// The page in the pane, for a mail that is written.
const COMPOSE: &str = "outlook/?surface=compose";

/// The XML manifest ("add-in only"), for every Outlook: web, Windows, Mac, iOS, Android.
pub(super) fn add_in_only(place: &Place, app: &App, settings: &Settings) -> String {
    include_str!("outlook.xml")
        .replace("%MOBILE_IMAGES%", &mobile_images())
        .replace("%DOMAINS%", &domains(place, settings))
        .replace("%ID%", &app.outlook().to_string())
        .replace("%VERSION%", &format!("{VERSION}.0"))
        .replace("%ABOUT%", &escaped(&place.addin(ABOUT)))
        .replace("%READ%", &escaped(&place.addin(READ)))
        .replace("%COMPOSE%", &escaped(&place.addin(COMPOSE)))
        .replace("%ICONS%", &escaped(&place.addin("icons")))
        .replace("%CLIENT_ID%", &app.client_id.to_string())
        .replace("%RESOURCE%", &escaped(&app.resource(place)))
}

/// The unified manifest, for Outlook on the web, the new Outlook and the classic one from version 2307.
pub(super) fn unified(place: &Place, app: &App) -> Value {
    let icon =
        |size: u16| json!({ "size": size, "url": place.addin(&format!("icons/{size}.png")) });
    let icons = json!([icon(16), icon(32), icon(80)]);
    let runtime = |id: &str, page: &str, action: &str, view: &str| {
        json!({
            "id": id,
            "type": "general",
            "code": { "page": place.addin(page) },
            "lifetime": "short",
            "actions": [{ "id": action, "type": "openPage", "view": view, "pinnable": true }],
        })
    };
    let ribbon = |context: &str, id: &str, action: &str, description: &str| {
        json!({
            "contexts": [context],
            "tabs": [{
                "builtInTabId": "TabDefault",
                "groups": [{
                    "id": format!("{id}Group"),
                    "label": NAME,
                    "icons": icons,
                    "controls": [{
                        "id": format!("{id}Button"),
                        "type": "button",
                        "label": NAME,
                        "icons": icons,
                        "supertip": { "title": NAME, "description": description },
                        "actionId": action,
                    }],
                }],
            }],
        })
    };
    json!({
        "$schema": SCHEMA,
        "manifestVersion": SCHEMA_VERSION,
        "version": VERSION,
        "id": app.outlook_unified(),
        "developer": developer(place),
        "name": { "short": NAME, "full": "Trefoil: Jira beside your mail" },
        "description": {
            "short": "The Jira issues of a mail, beside it.",
            "full": "Shows the Jira issues that a mail belongs to, links it, makes an issue or a comment of it, and \
                     puts a link to an issue into the mail you write. Everything is read with your own rights when you \
                     look, and never stored.",
        },
        "icons": { "outline": "outline.png", "color": "color.png" },
        "accentColor": "#1F845A",
        "localizationInfo": {
            "defaultLanguageTag": "en",
            "additionalLanguages": [{ "languageTag": "de", "file": "de.json" }],
        },
        "validDomains": [place.host],
        "webApplicationInfo": { "id": app.client_id, "resource": app.resource(place) },
        "authorization": {
            "permissions": {
                "resourceSpecific": [
                    { "name": "MailboxItem.ReadWrite.User", "type": "Delegated" },
                    { "name": "Mailbox.SharedFolder", "type": "Delegated" },
                ],
            },
        },
        "extensions": [{
            "requirements": {
                "scopes": ["mail"],
                "capabilities": [{ "name": "Mailbox", "minVersion": "1.5" }],
            },
            "runtimes": [
                runtime("ReadRuntime", READ, "OpenReadPane", "readPane"),
                runtime("ComposeRuntime", COMPOSE, "OpenComposePane", "composePane"),
            ],
            "ribbons": [
                ribbon("mailRead", "read", "OpenReadPane", "Show the Jira issues of this mail."),
                ribbon("mailCompose", "compose", "OpenComposePane", "Put a link to a Jira issue into this mail."),
            ],
        }],
    })
}

/// What the unified manifest says in German.
pub(super) fn german() -> Value {
    json!({
        "$schema": localization_schema(),
        "name.short": NAME,
        "name.full": "Trefoil: Jira neben Ihrer Mail",
        "description.short": "Die Jira-Vorgänge einer Mail, gleich daneben.",
        "description.full": "Zeigt die Jira-Vorgänge, zu denen eine Mail gehört, verknüpft sie, macht einen Vorgang oder \
                             Kommentar daraus und setzt einen Link zu einem Vorgang in die Mail, die Sie schreiben. Alles \
                             wird mit Ihren eigenen Rechten gelesen, wenn Sie hinsehen, und nie gespeichert.",
    })
}

/// Who offers the packages.
pub(super) fn developer(place: &Place) -> Value {
    let about = place.addin(ABOUT);
    json!({
        "name": NAME,
        "websiteUrl": about,
        "privacyUrl": format!("{about}#privacy"),
        "termsOfUseUrl": format!("{about}#terms"),
    })
}

/// Where the add-in's windows may go: to us, and to where people sign in.
fn domains(place: &Place, settings: &Settings) -> String {
    let microsoft = settings.microsoft.as_ref().map(|it| &it.authority_url);
    let jira = settings.jira.oauth.as_ref().map(|it| &it.authorize_url);
    let zoom = settings.zoom.as_ref().map(|it| &it.oauth_url);
    let elsewhere = [microsoft, jira, zoom].into_iter().flatten();
    let mut origins = vec![place.origin.clone()];
    origins.extend(elsewhere.map(|url: &Url| url.origin().ascii_serialization()));
    origins.dedup();
    let lines: Vec<String> = (origins.iter())
        .map(|origin| format!("<AppDomain>{}</AppDomain>", escaped(origin)))
        .collect();
    lines.join("\n    ")
}

/// A mobile button's icons: each size for screens one, two and three times as sharp.
fn mobile_images() -> String {
    let lines: Vec<String> = (icons::MOBILE.iter())
        .flat_map(|(size, files)| {
            files.iter().zip(1..).map(move |(file, scale)| {
                format!(r#"<bt:Image size="{size}" scale="{scale}" resid="Icon.{file}"/>"#)
            })
        })
        .collect();
    lines.join("\n                    ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
