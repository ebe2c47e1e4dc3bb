//! Leaving: disconnecting an account here, taking the app away at the provider, and uninstalling it from a site.

use super::{connect::is_home, open, outage};
use crate::app::App;
use crate::auth::{Caller, record};
use crate::id::{PersonId, SiteId, TenantId, ZoomUserId};
use crate::store;
use crate::store::grant::{self, Model};
use crate::store::person;
use crate::upstream::{Error, Provider};

/// Deletes the caller's sealed tokens at once, then revokes them upstream as well as it can.
pub async fn disconnect(app: &App, caller: &Caller, provider: Provider) -> Result<(), Error> {
    let mut ended = Vec::new();
    for (tenant, person) in &*caller.selves {
        let removed = grant::remove(&app.store, tenant, *person, provider.name()).await;
        ended.extend(removed.map_err(|error| outage(provider, "disconnect", error))?);
        // The account that somebody is known by here or there is what proves that they are the same.
        if !is_home(&caller.tenant, provider) && !is_home(tenant, provider) {
            let parted = person::part(&app.store, tenant, *person, provider.name()).await;
            parted.map_err(|error| outage(provider, "disconnect", error))?;
        }
    }
    app.doors.forget_people();
    let action = match provider {
        Provider::Jira => "jira.disconnect",
        Provider::Microsoft => "microsoft.disconnect",
        Provider::Zoom => "zoom.disconnect",
    };
    for connection in ended {
        let object = Some(("connection", connection.id.clone()));
        record::done(app, &caller.tenant, Some(caller.person), action, object).await;
        revoke(app, provider, &connection).await;
    }
    Ok(())
}

/// Deletes what there is of a Zoom account whose owner has taken the app away there, in all tenants; whose it was.
pub async fn deauthorized(
    app: &App,
    account: &str,
    user: &ZoomUserId,
) -> Result<Vec<PersonId>, store::Error> {
    let zoom = Provider::Zoom.name();
    let connections = grant::of_account(&app.store, zoom, account, user.as_str()).await?;
    let mut people = Vec::new();
    for connection in connections {
        let (tenant, person) = connection.owner()?;
        // The connection goes last: by it what an outage left undone is found when Zoom tells this again.
        person::part(&app.store, &tenant, person, zoom).await?;
        grant::remove(&app.store, &tenant, person, zoom).await?;
        let object = Some(("connection", connection.id));
        record::done(app, &tenant, Some(person), "zoom.deauthorize", object).await;
        people.push(person);
    }
    if !people.is_empty() {
        app.doors.forget_people();
        app.grants.forget_site();
    }
    Ok(people)
}

/// What of a site's people is to be revoked once the site has gone.
pub async fn leaving(app: &App, site: SiteId) -> Vec<Model> {
    let tenant = TenantId::of_site(site);
    let found = grant::of_tenant(&app.store, &tenant, Provider::Zoom.name()).await;
    found.unwrap_or_else(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "it is not known what is to be revoked"
        );
        Vec::new()
    })
}

/// Revokes what is not kept any more, as well as it can, while nobody waits.
pub fn revoke_all(app: &App, connections: Vec<Model>) {
    let own = app.clone();
    app.tasks.spawn(async move {
        for connection in connections {
            revoke(&own, Provider::Zoom, &connection).await;
        }
    });
}

/// Tells the provider that a grant's tokens are no longer wanted. Entra and Atlassian
/// have nothing that ends a single grant.
pub(super) async fn revoke(app: &App, provider: Provider, connection: &Model) {
    let token = open(
        app,
        connection,
        "access_token",
        connection.access_token.as_deref(),
    );
    let (Provider::Zoom, Some(settings), Some(token)) = (provider, &app.settings.zoom, token)
    else {
        return;
    };
    let client = super::zoom::client(settings);
    if let Err(error) = client.revoke(&app.http, &token).await {
        tracing::info!(%error, connection = connection.id, "a grant could not be revoked");
    }
}
