//! The manifest of the Forge app, whose panel reaches this gateway as its remote.
//!
//! Atlassian's "Manifest reference" of Forge, and "Forge Remote essentials" for remotes and endpoints.

use super::Place;

/// `manifest.yml` for the Forge app with this id.
pub(super) fn manifest(place: &Place, app_id: &str) -> String {
    include_str!("forge.yml")
        .replace("%APP_ID%", &quoted(app_id))
        .replace("%REMOTE%", &quoted(&place.origin))
        .replace("%ICON%", &quoted(&place.addin("icon.svg")))
}

/// A YAML string in double quotes, whose escapes are those of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
