//! A person's own token for a Connect site (user impersonation), kept in memory. Never the app's own rights instead.

use crate::app::App;
use crate::auth::{Caller, Site, connect, record};
use crate::clock;
use crate::id::TenantId;
use crate::upstream::jira::connect::acting_token;
use crate::upstream::{Access, Error, Kind, Provider};

use super::held::Fetched;
use super::outage;

const OPERATION: &str = "let the app act for a person";

/// The caller's token for this site; another one than `refused`.
pub(super) async fn access(
    app: &App,
    caller: &Caller,
    site: &Site,
    refused: Option<i64>,
) -> Result<Access, Error> {
    let error = |kind| Error::new(Provider::Jira, OPERATION, kind);
    let settings = app.settings.jira.connect.as_ref();
    let settings = settings.ok_or_else(|| error(Kind::NotConfigured))?;
    let account = caller.account.clone();
    let account = account.ok_or_else(|| error(Kind::NotConnected))?;
    // A caller's account is one of their own site and tenant.
    if caller.site.as_ref().map(|own| own.id) != Some(site.id)
        || caller.tenant != TenantId::of_site(site.id)
    {
        return Err(error(Kind::NotConnected));
    }
    let key = (site.id, account.clone());
    let fetch = async {
        let known = connect::site(app, site.id).await;
        let known = known.map_err(|failure| outage(Provider::Jira, OPERATION, failure))?;
        let known = known.ok_or_else(|| error(Kind::NotConnected))?;
        let server = &settings.authorization_server_url;
        let begun = clock::unix();
        let assertion = known
            .assertion(&account, server.as_str(), begun)
            .ok_or_else(|| error(Kind::NotConfigured))?;
        let token = acting_token(&app.http, server, &assertion).await?;
        let object = Some(("site", site.id.to_string()));
        record::noted(app, &caller.tenant, caller.person, "token.act", object);
        Ok(Fetched {
            token: token.access_token,
            expires_at: begun + token.expires_in,
            base: known.site.base_url,
        })
    };
    app.grants.jira.get(key, refused, fetch).await
}
