//! The descriptor of the Connect app, written and served alike.

use serde_json::{Value, json};

use super::NAME;
use crate::config::Settings;

/// The app descriptor (Atlassian's "App descriptor" of Connect); none where Connect is not configured.
pub fn descriptor(settings: &Settings) -> Option<Value> {
    let connect = settings.jira.connect.as_ref()?;
    let base = settings.server.public_url.as_str();
    Some(json!({
        "key": connect.app_key,
        "name": NAME,
        "description": "Mail, meetings, chats, tasks and recordings beside the issue they belong to.",
        "baseUrl": base.trim_end_matches('/'),
        "vendor": { "name": NAME, "url": base },
        "apiVersion": 1,
        "enableLicensing": false,
        "authentication": { "type": "jwt" },
        "apiMigrations": { "signed-install": true, "gdpr": true, "context-qsh": true },
        "lifecycle": {
            "installed": "/connect/installed",
            "uninstalled": "/connect/uninstalled",
            "enabled": "/connect/enabled",
            "disabled": "/connect/disabled",
        },
        "scopes": ["READ", "WRITE", "ACT_AS_USER"],
        "modules": {
            "jiraIssueContents": [{
                "key": "trefoil-panel",
                "name": { "value": NAME },
                "tooltip": { "value": "Mail, meetings, chats and recordings" },
                "icon": { "width": 24, "height": 24, "url": "/addins/icon.svg" },
                "target": {
                    "type": "web_panel",
                    "url": "/addins/jira-panel/?issueKey={issue.key}&issueId={issue.id}&projectId={project.id}",
                },
                "contentPresentConditions": [],
                "jiraNativeAppsEnabled": false,
            }],
            "webhooks": webhooks(),
        },
    }))
}

/// What Jira tells us of. The ids stand in the address, which is signed, so that an issue's content stays at home where
/// they suffice: a new issue's project and a comment's id are read from the body.
fn webhooks() -> Vec<Value> {
    let kinds = [
        ("jira:issue_created", false),
        ("jira:issue_updated", true),
        ("jira:issue_deleted", true),
        ("comment_created", false),
        ("comment_updated", false),
        ("comment_deleted", false),
    ];
    let module = |(event, exclude): (&str, bool)| {
        let kind = event.trim_start_matches("jira:");
        json!({
            "event": event,
            "url": format!("/webhooks/jira?event={kind}&issue={{issue.id}}"),
            "excludeBody": exclude,
        })
    };
    kinds.map(module).into()
}
