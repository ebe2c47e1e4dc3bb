//! How the caller stands with each provider, told from the store alone.

use crate::app::App;
use crate::auth::{Caller, Membership, Via};
use crate::store::grant::{self, ACTIVE, Model};
use crate::upstream::{Error, Kind, Provider};

use super::{outage, stored, zoom};

/// How the caller stands with one provider, as far as is known without asking it.
#[derive(Debug, Clone)]
pub struct ConnectionStatus {
    /// Which provider.
    pub provider: Provider,
    /// What stands in the way; `None` when nothing does.
    pub obstacle: Option<Kind>,
    /// Where the connected account lives: the Entra tenant or the Zoom account.
    pub authority: Option<String>,
    /// The provider's id of the connected account.
    pub subject: Option<String>,
    /// What was granted.
    pub scopes: Vec<String>,
    /// What this gateway is set up for and was not granted.
    pub missing_scopes: Vec<String>,
    /// When it was connected, Unix milliseconds.
    pub connected_at: Option<i64>,
}

/// How the caller stands with each provider, without asking any: at most one read of the store.
pub async fn status(app: &App, caller: &Caller) -> Result<Vec<ConnectionStatus>, Error> {
    let rows = grant::of_selves(&app.store, &caller.selves, None).await;
    let rows =
        rows.map_err(|error| outage(Provider::Microsoft, "list the caller's connections", error))?;
    let row = |provider: Provider| stored::first(caller, &rows, provider);
    Ok(vec![
        jira(app, caller, row(Provider::Jira)),
        microsoft(app, caller, row(Provider::Microsoft)),
        zoom_status(app, row(Provider::Zoom)),
    ])
}

/// By the account they connected, else by the panels they signed in from.
fn jira(app: &App, caller: &Caller, row: Option<&Model>) -> ConnectionStatus {
    let settings = &app.settings.jira;
    let has_panel = caller.sites.iter().any(|it| it.via == Via::Panel);
    if let Some(row) = row.filter(|row| row.state == ACTIVE || !has_panel) {
        return of(Provider::Jira, row, Vec::new());
    }
    let can_read = |it: &Membership| it.via == Via::OAuth || it.site.oauth_client_id.is_some();
    let obstacle = if settings.connect.is_none() && settings.oauth.is_none() {
        Some(Kind::NotConfigured)
    } else if caller.sites.is_empty() {
        Some(Kind::NotConnected)
    } else {
        let reads = caller.sites.iter().any(can_read);
        (!reads).then_some(Kind::NotConfigured)
    };
    ConnectionStatus {
        subject: caller.sites.first().map(|it| it.account.to_string()),
        obstacle,
        ..absent(Provider::Jira, Kind::NotConnected)
    }
}

fn microsoft(app: &App, caller: &Caller, row: Option<&Model>) -> ConnectionStatus {
    let Some(settings) = app.settings.microsoft.as_ref() else {
        return absent(Provider::Microsoft, Kind::NotConfigured);
    };
    let Some(row) = row else {
        // Their own sign-in is enough, unless consent is missing, which only Entra can tell.
        return match caller.entra {
            Some(user) => ConnectionStatus {
                obstacle: None,
                subject: Some(user.oid.to_string()),
                ..absent(Provider::Microsoft, Kind::NotConnected)
            },
            None => absent(Provider::Microsoft, Kind::NotConnected),
        };
    };
    let missing = settings
        .scopes
        .iter()
        .filter(|wanted| !covers(&row.scopes, wanted))
        .cloned();
    of(Provider::Microsoft, row, missing.collect())
}

fn zoom_status(app: &App, row: Option<&Model>) -> ConnectionStatus {
    if app.settings.zoom.is_none() {
        return absent(Provider::Zoom, Kind::NotConfigured);
    }
    let Some(row) = row else {
        return absent(Provider::Zoom, Kind::NotConnected);
    };
    let has = |scope: &str| {
        row.scopes
            .split_whitespace()
            .any(|granted| granted == scope)
    };
    let missing = zoom::NEEDED
        .iter()
        .filter(|(granular, classic)| !has(granular) && !has(classic))
        .map(|(granular, _)| (*granular).to_owned());
    of(Provider::Zoom, row, missing.collect())
}

/// Whether a scope was granted, itself or as part of the one that also writes.
fn covers(granted: &str, wanted: &str) -> bool {
    let writes = wanted
        .strip_suffix(".Read")
        .map(|thing| format!("{thing}.ReadWrite"));
    granted.split_whitespace().any(|scope| {
        scope.eq_ignore_ascii_case(wanted)
            || writes
                .as_deref()
                .is_some_and(|writes| scope.eq_ignore_ascii_case(writes))
    })
}

fn of(provider: Provider, row: &Model, missing_scopes: Vec<String>) -> ConnectionStatus {
    ConnectionStatus {
        provider,
        obstacle: (row.state != ACTIVE).then_some(Kind::ReauthRequired),
        authority: Some(row.authority.clone()),
        subject: Some(row.subject.clone()),
        scopes: row.scopes.split_whitespace().map(str::to_owned).collect(),
        missing_scopes,
        connected_at: Some(row.connected_at),
    }
}

fn absent(provider: Provider, obstacle: Kind) -> ConnectionStatus {
    ConnectionStatus {
        provider,
        obstacle: Some(obstacle),
        authority: None,
        subject: None,
        scopes: Vec::new(),
        missing_scopes: Vec::new(),
        connected_at: None,
    }
}
