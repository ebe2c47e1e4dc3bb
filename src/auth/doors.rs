//! What the doors remember for a short while: key sets, sites, and which account is which person.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use moka::future::Cache;

use super::connect::{self, KnownSite, unavailable};
use super::jwks::KeySets;
use super::jwt::Refusal;
use super::record::Throttle;
use super::{EntraUser, Membership, Site, Via};
use crate::app::App;
use crate::id::{PersonId, SiteId, TenantId};
use crate::memory::{self, Kept};
use crate::store::person::{self, Subject};
use crate::store::{self, grant, installation};
use crate::upstream::Provider;

/// How long a site is taken to be as it was: an administrator's switch counts everywhere after this.
const SITE: Duration = Duration::from_secs(30);
/// How long an account is taken to be the same person's.
const PERSON: Duration = Duration::from_mins(1);

/// The memory of the doors.
pub(crate) struct Doors {
    pub key_sets: KeySets,
    pub sites: Cache<String, Arc<KnownSite>>,
    pub install_keys: Cache<String, Kept<Option<DecodingKey>>>,
    pub burnt: Cache<[u8; 32], Kept<()>>,
    pub throttle: Throttle,
    people: Cache<(TenantId, Subject), PersonId>,
    homes: Cache<EntraUser, Arc<Home>>,
}

/// Where an Entra account belongs, and what else its owner has proved to be theirs.
#[derive(Debug)]
pub(crate) struct Home {
    pub tenant: TenantId,
    pub person: PersonId,
    pub selves: Arc<[(TenantId, PersonId)]>,
    pub sites: Arc<[Membership]>,
}

impl Default for Doors {
    fn default() -> Self {
        Self {
            key_sets: KeySets::default(),
            sites: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(SITE)
                .build(),
            install_keys: memory::cache(100),
            burnt: memory::cache(10_000),
            throttle: Throttle::default(),
            people: Cache::builder()
                .max_capacity(100_000)
                .time_to_live(PERSON)
                .build(),
            homes: Cache::builder()
                .max_capacity(100_000)
                .time_to_live(PERSON)
                .build(),
        }
    }
}

impl Doors {
    /// Forgets a site, and everybody, since they may have been its people.
    pub async fn forget(&self, client_key: &str) {
        self.sites.invalidate(client_key).await;
        self.forget_people();
    }

    /// Forgets who is who: somebody joined or left an account.
    pub fn forget_people(&self) {
        self.people.invalidate_all();
        self.homes.invalidate_all();
    }
}

/// The person of an account, made on first sight.
pub(super) async fn person(
    app: &App,
    tenant: &TenantId,
    subject: Subject,
) -> Result<PersonId, Refusal> {
    let key = (tenant.clone(), subject.clone());
    app.doors
        .people
        .try_get_with(key, person::of_or_made(&app.store, tenant, &subject))
        .await
        .map_err(|error| failed(&error))
}

/// Where an Entra account belongs: its own tenant, with every site from whose panel its owner has signed in to it.
pub(super) async fn home(app: &App, user: EntraUser) -> Result<Arc<Home>, Refusal> {
    app.doors
        .homes
        .try_get_with(
            user,
            Box::pin(async { find_home(app, user).await.map(Arc::new) }),
        )
        .await
        .map_err(|refusal| *refusal)
}

async fn find_home(app: &App, user: EntraUser) -> Result<Home, Refusal> {
    let subject = Subject {
        provider: Provider::Microsoft.name(),
        authority: user.tid.to_string(),
        subject: user.oid.to_string(),
    };
    let tenant = TenantId::of_entra(user.tid);
    let person = person::of_or_made(&app.store, &tenant, &subject).await;
    let person = person.map_err(unavailable)?;
    let mut selves = vec![(tenant.clone(), person)];
    let (mut sites, works) = connected_sites(app, &tenant, person).await?;
    let identities = person::everywhere(&app.store, &subject).await;
    for identity in identities.map_err(unavailable)? {
        let own = identity.tenant_id().map_err(unavailable)?;
        if own == tenant {
            continue;
        }
        let themselves = identity.person().map_err(unavailable)?;
        if let Some(membership) = panel_of(app, &own, themselves).await? {
            match sites.iter_mut().find(|it| it.site.id == membership.site.id) {
                // A connection that has ended is no reason to stop reading where they opened the panel.
                Some(ended) if !works => *ended = membership,
                Some(_) => {}
                None => sites.push(membership),
            }
            selves.push((own, themselves));
        }
    }
    Ok(Home {
        tenant,
        person,
        selves: selves.into(),
        sites: sites.into(),
    })
}

/// The sites of the Jira account that a person has connected, and whether that connection works.
async fn connected_sites(
    app: &App,
    tenant: &TenantId,
    person: PersonId,
) -> Result<(Vec<Membership>, bool), Refusal> {
    let jira = Provider::Jira.name();
    let connection = grant::of(&app.store, tenant, person, jira).await;
    let Some(connection) = connection.map_err(unavailable)? else {
        return Ok((Vec::new(), false));
    };
    let accounts = person::identities(&app.store, tenant, person).await;
    let mut sites = Vec::new();
    for account in accounts.map_err(unavailable)? {
        let (Ok(site), Ok(id)) = (account.authority.parse(), account.subject.parse()) else {
            continue;
        };
        if account.provider != jira || account.subject != connection.subject {
            continue;
        }
        let row = installation::by_site(&app.store, site).await;
        let Some(row) = row.map_err(unavailable)? else {
            continue;
        };
        // Among the people of the site they are whom its panel would know them as.
        let there = Subject {
            provider: jira,
            authority: account.authority,
            subject: account.subject,
        };
        let themselves = self::person(app, &TenantId::of_site(site), there).await?;
        sites.push(Membership {
            site: Site {
                id: site,
                base_url: row.address().map_err(unavailable)?,
                oauth_client_id: row.oauth_client_id,
                cloud_id: row.cloud_id,
            },
            account: id,
            person: themselves,
            via: Via::OAuth,
        });
    }
    Ok((sites, connection.state == grant::ACTIVE))
}

/// A person's account on a site that has the app switched on.
async fn panel_of(
    app: &App,
    tenant: &TenantId,
    person: PersonId,
) -> Result<Option<Membership>, Refusal> {
    let accounts = person::identities(&app.store, tenant, person).await;
    for account in accounts.map_err(unavailable)? {
        if account.provider != Provider::Jira.name() {
            continue;
        }
        let Ok(site) = account.authority.parse::<SiteId>() else {
            continue;
        };
        let known = connect::site(app, site).await.map_err(unavailable)?;
        let known = known.filter(|known| known.enabled && known.tenant == *tenant);
        if let (Some(known), Ok(account)) = (known, account.subject.parse()) {
            return Ok(Some(Membership {
                site: known.site,
                account,
                person,
                via: Via::Panel,
            }));
        }
    }
    Ok(None)
}

fn failed(error: &store::Error) -> Refusal {
    tracing::error!(error = error as &dyn std::error::Error, "the store failed");
    Refusal::Unavailable
}
