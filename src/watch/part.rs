//! What ends with rights: what exists upstream by them, and what is listened to.

use std::time::Duration;

use crate::app::App;
use crate::auth::{Caller, Via};
use crate::clock;
use crate::event::{Account, Event, What};
use crate::grant;
use crate::id::{EntraUser, EventId, PersonId, SiteId, TenantId};
use crate::store;
use crate::store::watch::{self, Source, Watch};
use crate::upstream::{Access, Error, Provider, jira, microsoft};

/// How long somebody who disconnects waits for this at most.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long the right to work on a row is taken for, in milliseconds.
const LEASE: i64 = 30 * 1000;

/// Something that is to be taken away, and the right to do so while it lasts.
#[derive(Debug)]
pub struct Parting {
    watch: Watch,
    access: Access,
}

/// What exists at a provider by the account that the caller reads with, before they disconnect it. As well as it can:
/// what is not found now ends by itself.
pub async fn parting(app: &App, caller: &Caller, provider: Provider) -> Vec<Parting> {
    let found = async {
        match provider {
            Provider::Microsoft => match grant::microsoft_account(app, caller).await {
                Ok(Some(who)) => at_microsoft(app, who).await,
                _ => Vec::new(),
            },
            Provider::Jira => at_jira(app, caller).await,
            // Its webhooks are everybody's, and were set up by hand.
            Provider::Zoom => Vec::new(),
        }
    };
    in_time(found).await
}

/// What exists at Microsoft for everybody who connected it in a site's panel, before the site is forgotten.
pub async fn leaving(app: &App, site: SiteId) -> Vec<Parting> {
    let tenant = TenantId::of_site(site);
    let found = async {
        let accounts = store::grant::accounts(&app.store, &tenant, "microsoft").await;
        let mut partings = Vec::new();
        for (tid, oid) in accounts.unwrap_or_default() {
            if let (Ok(tid), Ok(oid)) = (tid.parse(), oid.parse()) {
                partings.extend(at_microsoft(app, EntraUser { tid, oid }).await);
            }
        }
        partings
    };
    in_time(found).await
}

/// Somebody has disconnected a provider: ends what they listen to by it, and what existed upstream.
pub async fn disconnected(app: &App, caller: &Caller, provider: Provider, partings: Vec<Parting>) {
    let account = match provider {
        Provider::Jira => Account::Jira,
        Provider::Microsoft => Account::Microsoft,
        Provider::Zoom => Account::Zoom,
    };
    let selves: Vec<_> = caller.selves.iter().map(|(_, person)| *person).collect();
    lost(app, &selves, account).await;
    part(app, partings);
}

/// People have lost the right to an account: ends what they listen to by it.
pub async fn lost(app: &App, people: &[PersonId], account: Account) {
    let whats = people.iter().map(|person| What::Disconnected {
        person: *person,
        account,
    });
    tell(app, whats.collect()).await;
}

/// A site has taken the app away: ends what is listened to in its panel, and what existed upstream.
pub async fn uninstalled(app: &App, site: SiteId, partings: Vec<Parting>) {
    tell(app, vec![What::Uninstalled { site }]).await;
    part(app, partings);
}

/// Who is not told reads nothing more all the same: each event is read with the rights of its moment.
async fn tell(app: &App, whats: Vec<What>) {
    let events: Vec<Event> = whats
        .into_iter()
        .map(|what| Event {
            id: EventId::random(),
            at: clock::millis(),
            what,
        })
        .collect();
    if let Err(error) = app.bus.publish(&events).await {
        tracing::warn!(%error, "the end of a right was not told");
    }
}

/// Takes all of it away, while nobody waits. Who listens still, and has a right of their own, gets it anew.
fn part(app: &App, partings: Vec<Parting>) {
    if partings.is_empty() {
        return;
    }
    let app = app.clone();
    app.tasks.clone().spawn(async move {
        for parting in &partings {
            if let Err(error) = parting.take(&app).await {
                tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
            }
        }
        app.watches.0.woken.notify_one();
    });
}

async fn at_microsoft(app: &App, who: EntraUser) -> Vec<Parting> {
    let watches = watch::made_by(&app.store, who).await.unwrap_or_default();
    if watches.is_empty() {
        return Vec::new();
    }
    let Ok(access) = grant::microsoft_of(app, who, None).await else {
        return Vec::new();
    };
    let partings = watches.into_iter().map(|watch| Parting {
        watch,
        access: access.clone(),
    });
    partings.collect()
}

async fn at_jira(app: &App, caller: &Caller) -> Vec<Parting> {
    let mut partings = Vec::new();
    for own in caller.sites.iter().filter(|it| it.via == Via::OAuth) {
        let row = Source::Site(own.site.id, own.account.clone()).id();
        let watch = watch::by_id(&app.store, &row).await.ok().flatten();
        if let Some(watch) = watch.filter(|it| it.subscription.is_some())
            && let Ok(access) = grant::jira_of(app, own.site.id, &own.account, None).await
        {
            partings.push(Parting { watch, access });
        }
    }
    partings
}

async fn in_time(found: impl Future<Output = Vec<Parting>>) -> Vec<Parting> {
    let found = tokio::time::timeout(PATIENCE, found).await;
    found.unwrap_or_default()
}

impl Parting {
    async fn take(&self, app: &App) -> Result<(), store::Error> {
        let gateway = &app.watches.0.gateway;
        let until = clock::millis() + LEASE;
        let leased = watch::lease(&app.store, &self.watch.id, gateway, until).await?;
        let Some(watch) = leased else {
            return Ok(());
        };
        if let Some(id) = &watch.subscription
            && let Err(error) = self.end(app, id).await
        {
            tracing::info!(%error, watch = watch.id, kind = ?error.kind, "a subscription is left to end by itself");
            return watch::release(&app.store, &watch.id, gateway).await;
        }
        let settled = watch.begun_anew();
        watch::settle(&app.store, &watch, gateway, settled).await?;
        Ok(())
    }

    async fn end(&self, app: &App, id: &str) -> Result<(), Error> {
        match &self.watch.source {
            Source::Personal(..) | Source::Chat(..) => {
                microsoft::watch::end(&app.http, &self.access, id).await
            }
            Source::Site(..) => jira::watch::remove(&app.http, &self.access, id).await,
        }
    }
}
