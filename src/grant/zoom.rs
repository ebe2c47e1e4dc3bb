//! A person's token for Zoom, by the account they connected.

use crate::app::App;
use crate::auth::Caller;
use crate::config;
use crate::upstream::zoom::oauth::Client;
use crate::upstream::{Access, Error, Kind, Provider};

use super::stored;

/// What the panel's features need, as granular scopes and as the classic ones that older apps have instead.
pub(super) const NEEDED: [(&str, &str); 11] = [
    ("user:read:user", "user:read"),
    (
        "cloud_recording:read:list_recording_files",
        "recording:read",
    ),
    ("meeting:read:meeting", "meeting:read"),
    (
        "cloud_recording:read:list_user_recordings",
        "recording:read",
    ),
    ("meeting:read:list_meetings", "meeting:read"),
    ("meeting:read:list_past_instances", "meeting:read"),
    ("meeting:read:list_past_participants", "meeting:read"),
    ("meeting:read:summary", "meeting_summary:read"),
    ("meeting:write:meeting", "meeting:write"),
    ("meeting:update:meeting", "meeting:write"),
    ("meeting:delete:meeting", "meeting:write"),
];

/// This gateway as Zoom knows it.
pub(super) fn client(settings: &config::Zoom) -> Client<'_> {
    Client {
        base: &settings.oauth_url,
        id: &settings.client_id,
        secret: &settings.client_secret,
    }
}

/// The caller's token; another one than `refused`.
pub(super) async fn access(
    app: &App,
    caller: &Caller,
    refused: Option<i64>,
) -> Result<Access, Error> {
    if app.settings.zoom.is_none() {
        let operation = "get an access token";
        return Err(Error::new(Provider::Zoom, operation, Kind::NotConfigured));
    }
    stored::access(app, caller, Provider::Zoom, refused).await
}
