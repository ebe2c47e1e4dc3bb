//! The webhooks of sites that people connected and that did not install the app: registered for each account, refreshed
//! and removed.

use std::future::Future;

use url::Url;

use super::outcome;
use crate::app::App;
use crate::clock;
use crate::grant;
use crate::id::{AccountId, SiteId};
use crate::store;
use crate::store::installation;
use crate::store::watch::{Settled, Watch};
use crate::upstream::jira::watch::{SCOPE, Webhook, all, refresh, register, remove};
use crate::upstream::{Access, Error, Kind, Provider};

/// How long a site that has installed the app is left alone, in milliseconds.
const INSTALLED: i64 = 10 * 60 * 1000;

const OPERATION: &str = "keep a webhook";

/// Does what is due about a webhook, with its lease in hand, and answers how its row stands then.
pub async fn tend(
    app: &App,
    watch: &Watch,
    site: SiteId,
    account: &AccountId,
) -> Result<Settled, store::Error> {
    let row = installation::by_site(&app.store, site).await?;
    let is_installed = row.is_some_and(|row| row.oauth_client_id.is_some());
    let now = clock::millis();
    let alive = watch.expires_at.is_some_and(|at| at > now);
    let id = watch.subscription.as_deref().filter(|_| alive);
    if is_installed {
        if let Some(id) = id {
            end(app, site, account, id).await;
        }
        return Ok(Settled {
            obstacle: Some("INSTALLED".to_owned()),
            due_at: now + INSTALLED,
            resync_from: None,
            ..watch.begun_anew()
        });
    }
    let url = address(app);
    let kept = with(app, site, account, |access| {
        let (app, url, id) = (app.clone(), url.clone(), id.map(str::to_owned));
        async move {
            if access.has_any(&[SCOPE]) == Some(false) {
                let scopes = vec![SCOPE.to_owned()];
                let kind = Kind::ConsentRequired { scopes };
                return Err(Error::new(Provider::Jira, OPERATION, kind));
            }
            let known = all(&app.http, &access, &url).await?;
            if let Some(id) = id.filter(|id| known.contains(id)) {
                let expires_at = refresh(&app.http, &access, &id).await?;
                return Ok(Webhook { id, expires_at });
            }
            // What a crash left behind counts against the few that a person may have.
            for id in known {
                remove(&app.http, &access, &id).await?;
            }
            register(&app.http, &access, &url).await
        }
    });
    Ok(match kept.await {
        Ok(webhook) => {
            tracing::info!(watch = watch.id, webhook = webhook.id, "a webhook is kept");
            Settled {
                resync_from: None,
                ..outcome::alive(watch, &webhook.id, webhook.expires_at)
            }
        }
        Err(error) => {
            tracing::info!(%error, watch = watch.id, kind = ?error.kind, "a webhook is not as it should be");
            outcome::failed(watch, &error)
        }
    })
}

/// Removes a webhook that nobody wants any more. False when it could not be.
pub async fn end(app: &App, site: SiteId, account: &AccountId, id: &str) -> bool {
    let removed = with(app, site, account, |access| {
        let (app, id) = (app.clone(), id.to_owned());
        async move { remove(&app.http, &access, &id).await }
    });
    match removed.await {
        Ok(()) => true,
        Err(error) => {
            tracing::info!(%error, webhook = id, kind = ?error.kind, "a webhook is left to end by itself");
            false
        }
    }
}

/// Does something on a site with what its person connected, once more with a newer token when Jira refused the first.
async fn with<T, W>(
    app: &App,
    site: SiteId,
    account: &AccountId,
    work: impl Fn(Access) -> W,
) -> Result<T, Error>
where
    W: Future<Output = Result<T, Error>>,
{
    let access = grant::jira_of(app, site, account, None).await?;
    match work(access.clone()).await {
        Err(error) if matches!(error.kind, Kind::TokenRefused { .. }) => {
            work(grant::jira_of(app, site, account, Some(&access)).await?).await
        }
        outcome => outcome,
    }
}

fn address(app: &App) -> Url {
    let mut url = app.settings.server.public_url.clone();
    url.set_path("webhooks/jira");
    url
}
