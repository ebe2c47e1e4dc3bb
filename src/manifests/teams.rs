//! The Teams app: a person's own tab, and a tab for channels and chats.
//!
//! Microsoft's "App manifest schema for Teams", version 1.29.

use serde_json::{Value, json};

use super::outlook::developer;
use super::{ABOUT, App, NAME, Place, VERSION};

/// The schema that the JSON manifests follow.
pub(super) const SCHEMA: &str =
    "https://developer.microsoft.com/json-schemas/teams/v1.29/MicrosoftTeams.schema.json";
/// Its version.
pub(super) const SCHEMA_VERSION: &str = "1.29";
/// What tells Entra that we can answer claims challenges: exactly the text that the schema asks for.
const CAPABILITIES: &str = r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#;

/// The app's manifest.
pub(super) fn manifest(place: &Place, app: &App) -> Value {
    let resource = app.resource(place);
    json!({
        "$schema": SCHEMA,
        "manifestVersion": SCHEMA_VERSION,
        "version": VERSION,
        "id": app.teams(),
        "developer": developer(place),
        "name": { "short": NAME, "full": "Trefoil: Jira beside your work" },
        "description": {
            "short": "Your Jira issues beside your meetings and tasks.",
            "full": "Your issues, today's meetings and open tasks with the issues they belong to, an issue with its \
                     mail, meetings, chats and recordings, and a tab for channels in which everyone sees what they \
                     may see. Everything is read with your own rights when you look, and never stored.",
        },
        "icons": { "outline": "outline.png", "color": "color.png" },
        "accentColor": "#1F845A",
        "localizationInfo": {
            "defaultLanguageTag": "en",
            "additionalLanguages": [{ "languageTag": "de", "file": "de.json" }],
        },
        // Deep links name the tab by this id.
        "staticTabs": [{
            "entityId": "work",
            "name": "My work",
            "contentUrl": place.addin("teams/tab"),
            "websiteUrl": place.addin(ABOUT),
            "scopes": ["personal"],
        }],
        "configurableTabs": [{
            "configurationUrl": place.addin("teams/configure"),
            "canUpdateConfiguration": true,
            "scopes": ["team", "groupChat"],
            "context": ["channelTab", "privateChatTab", "meetingChatTab", "meetingDetailsTab"],
        }],
        "validDomains": [place.host],
        "webApplicationInfo": {
            "id": app.client_id,
            "resource": resource,
            // Teams has the token ready when the tab loads. The same order and claims as in the add-in's own request.
            "nestedAppAuthInfo": [{
                "redirectUri": format!("brk-multihub://{}", place.host),
                "scopes": [format!("{resource}/access_as_user")],
                "claims": CAPABILITIES,
            }],
        },
        "permissions": ["identity"],
        "showLoadingIndicator": true,
    })
}

/// What the app says in German.
pub(super) fn german() -> Value {
    json!({
        "$schema": localization_schema(),
        "name.short": NAME,
        "name.full": "Trefoil: Jira neben Ihrer Arbeit",
        "description.short": "Ihre Jira-Vorgänge neben Besprechungen und Aufgaben.",
        "description.full": "Ihre Vorgänge, die Besprechungen von heute und offene Aufgaben mit den Vorgängen, zu denen \
                             sie gehören, ein Vorgang mit seinen Mails, Besprechungen, Chats und Aufzeichnungen, und \
                             eine Registerkarte für Kanäle, in der alle nur sehen, was sie sehen dürfen. Alles wird mit \
                             Ihren eigenen Rechten gelesen, wenn Sie hinsehen, und nie gespeichert.",
        "staticTabs[0].name": "Meine Arbeit",
    })
}

/// The schema of a package's languages.
pub(super) fn localization_schema() -> String {
    SCHEMA.replace(".schema.json", ".Localization.schema.json")
}
