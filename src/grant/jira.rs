//! A person's own token for a site: what they connected, else acting for them where they opened the panel (user
//! impersonation for Connect), kept in memory. Never the app's own rights instead.

use crate::app::App;
use crate::auth::{Caller, Membership, Site, Via, connect, record};
use crate::clock;
use crate::upstream::jira::connect::acting_token;
use crate::upstream::{Access, Error, Kind, Provider};

use super::held::Fetched;
use super::{jira_oauth, outage};

const OPERATION: &str = "let the app act for a person";

/// The caller's token for this site; another one than `refused`.
pub(super) async fn access(
    app: &App,
    caller: &Caller,
    site: &Site,
    refused: Option<i64>,
) -> Result<Access, Error> {
    let error = |kind| Error::new(Provider::Jira, OPERATION, kind);
    let membership = caller.membership(site.id);
    let membership = membership.ok_or_else(|| error(Kind::NotConnected))?;
    match membership.via {
        Via::Panel => acting(app, membership, refused).await,
        Via::OAuth => jira_oauth::access(app, caller, membership, refused).await,
    }
}

/// A token that acts as the person who signed in to this site's panel.
async fn acting(app: &App, membership: &Membership, refused: Option<i64>) -> Result<Access, Error> {
    let error = |kind| Error::new(Provider::Jira, OPERATION, kind);
    let (site, account) = (&membership.site, &membership.account);
    let settings = app.settings.jira.connect.as_ref();
    let settings = settings.ok_or_else(|| error(Kind::NotConfigured))?;
    let key = (site.id, account.clone());
    let fetch = async {
        let known = connect::site(app, site.id).await;
        let known = known.map_err(|failure| outage(Provider::Jira, OPERATION, failure))?;
        let known = known.ok_or_else(|| error(Kind::NotConnected))?;
        let server = &settings.authorization_server_url;
        let begun = clock::unix();
        let assertion = known
            .assertion(account, server.as_str(), begun)
            .ok_or_else(|| error(Kind::NotConfigured))?;
        let token = acting_token(&app.http, server, &assertion).await?;
        let object = Some(("site", site.id.to_string()));
        record::noted(
            app,
            &membership.tenant(),
            membership.person,
            "token.act",
            object,
        );
        Ok(Fetched {
            token: token.access_token,
            expires_at: begun + token.expires_in,
            base: known.site.base_url,
            // The app's own, which each installation fixes.
            scopes: String::new(),
        })
    };
    app.grants.jira.get(key, refused, fetch).await
}
