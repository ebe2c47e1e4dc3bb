//! A person's own token for the Jira sites they connected by OAuth 2.0 (3LO), and which sites those are.

use secrecy::SecretString;

use crate::app::App;
use crate::auth::{Caller, Membership};
use crate::config;
use crate::id::{AccountId, PersonId, SiteId, TenantId};
use crate::store::grant::{self, Model};
use crate::store::person::{self, Subject};
use crate::store::{self, installation};
use crate::upstream::jira::oauth::Client;
use crate::upstream::{Access, Error, Kind, Provider};

use super::{open, outage, stored};

const OPERATION: &str = "get an access token";
/// Where an Atlassian account lives: in one place for all sites.
const EVERYWHERE: &str = "atlassian";

/// Whose account a token is for, and on which sites.
pub(super) struct Listed {
    /// The account itself.
    pub account: Subject,
    /// The account on each of the sites.
    pub sites: Vec<Subject>,
}

/// This gateway as Atlassian knows it.
pub(super) fn client(settings: &config::JiraOAuth) -> Client<'_> {
    Client {
        authorize: &settings.authorize_url,
        token: &settings.token_url,
        api: &settings.api_url,
        id: &settings.client_id,
        secret: &settings.client_secret,
        webhooks: settings.webhooks,
    }
}

/// The caller's token for a site they connected; another one than `refused`.
pub(super) async fn access(
    app: &App,
    caller: &Caller,
    membership: &Membership,
    refused: Option<i64>,
) -> Result<Access, Error> {
    let error = |kind| Error::new(Provider::Jira, OPERATION, kind);
    let settings = app.settings.jira.oauth.as_ref();
    let settings = settings.ok_or_else(|| error(Kind::NotConfigured))?;
    let cloud_id = membership.site.cloud_id.as_deref();
    let cloud_id = cloud_id.ok_or_else(|| error(Kind::NotConnected))?;
    let access = stored::access(app, caller, Provider::Jira, refused).await?;
    // A renewal reads the list of sites anew, and this one may have fallen away.
    if refused.is_some() {
        let there = subject(&membership.site.id.to_string(), membership.account.as_str());
        let owner = person::of(&app.store, &caller.tenant, &there).await;
        let owner = owner.map_err(|failure| outage(Provider::Jira, OPERATION, failure))?;
        if owner != Some(caller.person) {
            return Err(error(Kind::NotConnected));
        }
    }
    Ok(Access {
        base: client(settings).base(cloud_id),
        ..access
    })
}

/// The token of an account by the connection that its owner made; another one than `refused`.
pub(super) async fn of_account(
    app: &App,
    site: SiteId,
    account: &AccountId,
    refused: Option<i64>,
) -> Result<Access, Error> {
    let error = |kind| Error::new(Provider::Jira, OPERATION, kind);
    let settings = app.settings.jira.oauth.as_ref();
    let settings = settings.ok_or_else(|| error(Kind::NotConfigured))?;
    let row = installation::by_site(&app.store, site).await;
    let row = row.map_err(|failure| outage(Provider::Jira, OPERATION, failure))?;
    let cloud_id = row.and_then(|row| row.cloud_id);
    let cloud_id = cloud_id.ok_or_else(|| error(Kind::NotConnected))?;
    let account = (EVERYWHERE, account.as_str());
    let access = stored::of_account(app, Provider::Jira, account, refused).await?;
    Ok(Access {
        base: client(settings).base(&cloud_id),
        ..access
    })
}

/// Whose account a new token is for, and on which sites. `NotFound` when there is no Jira site.
pub(super) async fn listed(
    app: &App,
    settings: &config::JiraOAuth,
    token: &SecretString,
) -> Result<Listed, Error> {
    let client = client(settings);
    let resources = client.sites(&app.token_http, token).await?;
    let mut account = Err(Error::new(
        Provider::Jira,
        "list the sites of a person",
        Kind::NotFound,
    ));
    // The account is the same on each of them; one that cannot answer now is no reason to fail.
    for resource in &resources {
        account = client.account(&app.token_http, token, &resource.id).await;
        if account.is_ok() {
            break;
        }
    }
    let account = account?;
    let mut sites = Vec::new();
    for resource in &resources {
        let row = installation::of_cloud(&app.store, &resource.id, &resource.url).await;
        let row = row.map_err(|failure| outage(Provider::Jira, OPERATION, failure))?;
        sites.push(subject(&row.id, &account));
    }
    Ok(Listed {
        account: subject(EVERYWHERE, &account),
        sites,
    })
}

/// Reads the list of sites again with a token that was just renewed; those that fell away are forgotten. A list that
/// cannot be had now changes nothing.
pub(super) async fn list_again(app: &App, tenant: &TenantId, row: &Model) {
    let Some(settings) = app.settings.jira.oauth.as_ref() else {
        return;
    };
    let token = open(app, row, "access_token", row.access_token.as_deref());
    let (Some(token), Ok(person)) = (token, row.person_id.parse()) else {
        return;
    };
    let resources = match client(settings).sites(&app.token_http, &token).await {
        Ok(resources) => resources,
        Err(error) => {
            tracing::info!(%error, connection = row.id, "the sites of a person could not be listed");
            return;
        }
    };
    let listed: Vec<_> = resources.into_iter().map(|it| (it.id, it.url)).collect();
    if let Err(error) = keep(app, tenant, person, row, &listed).await {
        let _ = outage(Provider::Jira, "list the sites of a person", error);
    }
}

async fn keep(
    app: &App,
    tenant: &TenantId,
    person: PersonId,
    row: &Model,
    listed: &[(String, url::Url)],
) -> Result<(), store::Error> {
    let mut sites = Vec::new();
    for (cloud_id, address) in listed {
        let site = installation::of_cloud(&app.store, cloud_id, address).await?;
        sites.push(subject(&site.id, &row.subject));
    }
    let known = person::identities(&app.store, tenant, person).await?;
    let known = known
        .iter()
        .filter(|it| it.provider == Provider::Jira.name());
    let mut before: Vec<_> = known.map(|it| it.authority.as_str()).collect();
    let mut now: Vec<_> = sites.iter().map(|it| it.authority.as_str()).collect();
    before.sort_unstable();
    now.sort_unstable();
    if before == now {
        return Ok(());
    }
    // Who disconnected meanwhile must not get their sites back.
    let connected = grant::of(&app.store, tenant, person, Provider::Jira.name()).await?;
    if connected.is_some_and(|connected| connected.id == row.id) {
        let account = subject(&row.authority, &row.subject);
        person::join(&app.store, tenant, person, &account, &sites).await?;
        app.doors.forget_people();
    }
    Ok(())
}

fn subject(authority: &str, account: &str) -> Subject {
    Subject {
        provider: Provider::Jira.name(),
        authority: authority.to_owned(),
        subject: account.to_owned(),
    }
}
