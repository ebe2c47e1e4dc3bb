//! A site's side of Atlassian Connect: installing an app, telling it so, and the tokens a page hands to its iframe.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/connect-app-descriptor/>

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::{access::base, token, webhook::dynamic::Owner};
use crate::{
    Sandbox,
    recorder::now,
    world::{World, guid},
    zoom,
};

/// An app on a site.
#[derive(Clone, Debug)]
pub struct Installation {
    /// The app's key.
    pub app_key: String,
    /// The app's own base URL, as its descriptor says.
    pub app_url: String,
    /// The site's stable name towards the app.
    pub client_key: String,
    /// The app's name towards the authorization server.
    pub oauth_client_id: String,
    /// What both sign with; new at every install.
    pub shared_secret: String,
    /// The scopes the descriptor asked for.
    pub scopes: BTreeSet<String>,
    /// The descriptor.
    pub descriptor: Value,
    /// Where the app was found, and is called: its base URL, but for tests whose name for it nobody resolves.
    pub reached_at: String,
    /// Whether an administrator left the app enabled.
    pub enabled: bool,
}

/// How the app answered a lifecycle call.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, for the message of a failed test.
    pub body: String,
}

/// Installs the app found at an address on a site, as its administrator would: reads the descriptor, makes a
/// secret, and calls `installed` with it. The installation stands only if the app agrees.
///
/// # Errors
/// When the descriptor cannot be had, or the app does not answer.
pub async fn install(world: &World, site: &str, gateway: &str) -> Result<Answer, String> {
    let site = site_name(site)?;
    let address = format!("{}/atlassian-connect.json", gateway.trim_end_matches('/'));
    let descriptor: Value = reqwest::get(&address)
        .await
        .map_err(|error| format!("no descriptor at {address}: {error}"))?
        .json()
        .await
        .map_err(|error| format!("the descriptor at {address} is not JSON: {error}"))?;
    let text = |name: &str| {
        descriptor[name]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| format!("the descriptor has no {name}"))
    };
    let installation = Installation {
        app_key: text("key")?,
        app_url: text("baseUrl")?.trim_end_matches('/').to_owned(),
        client_key: guid("jira client key", site),
        oauth_client_id: guid("jira oauth client", site),
        shared_secret: format!(
            "{}{}",
            uuid::Uuid::new_v4().simple(),
            uuid::Uuid::new_v4().simple()
        ),
        scopes: descriptor["scopes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|scope| scope.as_str().map(str::to_owned))
            .collect(),
        descriptor,
        reached_at: gateway.trim_end_matches('/').to_owned(),
        enabled: true,
    };
    // The app may call back with its new secret before it answers, so the secret holds from here on.
    let before = world
        .jira()
        .installations
        .insert(site, installation.clone());
    let answer = notify(world, site, &installation, "installed", gateway).await;
    let agreed = answer
        .as_ref()
        .is_ok_and(|answer| matches!(answer.status, 200 | 204));
    if agreed {
        notify(world, site, &installation, "enabled", gateway)
            .await
            .ok();
        zoom::offer(world, gateway).await;
    } else {
        let mut state = world.jira();
        match before {
            Some(before) => state.installations.insert(site, before),
            None => state.installations.remove(site),
        };
    }
    answer
}

/// Calls `uninstalled`, and forgets the installation whatever the app says.
///
/// # Errors
/// When the app is not installed or does not answer.
pub async fn uninstall(world: &World, site: &str, gateway: &str) -> Result<Answer, String> {
    let site = site_name(site)?;
    let installation = installed(world, site)?;
    {
        let mut state = world.jira();
        state.installations.remove(site);
        state
            .webhooks
            .retain(|it| it.site != site || it.owner != Owner::App);
    }
    notify(world, site, &installation, "uninstalled", gateway).await
}

/// Switches an installed app on or off, and tells it.
///
/// # Errors
/// When the app is not installed or does not answer.
pub async fn switch(world: &World, site: &str, on: bool, gateway: &str) -> Result<Answer, String> {
    let site = site_name(site)?;
    let installation = installed(world, site)?;
    if let Some(installation) = world.jira().installations.get_mut(site) {
        installation.enabled = on;
    }
    let event = if on { "enabled" } else { "disabled" };
    notify(world, site, &installation, event, gateway).await
}

/// The token in the address of an iframe: good for three minutes and for this method and address only.
///
/// # Errors
/// When the app is not installed there.
pub fn iframe_token(
    world: &World,
    site: &str,
    handle: &str,
    method: &str,
    url: &str,
) -> Result<String, String> {
    let installation = installed(world, site)?;
    let account = world.person(handle).account_id;
    Ok(signed_for_iframe(&installation, &account, method, url))
}

/// The same for an installation already at hand.
pub(crate) fn signed_for_iframe(
    installation: &Installation,
    account: &str,
    method: &str,
    url: &str,
) -> String {
    let base =
        url::Url::parse(&installation.app_url).map_or(String::new(), |url| url.path().to_owned());
    let claims = json!({
        "iss": installation.client_key,
        "sub": account,
        "iat": seconds(),
        "exp": seconds() + 180,
        "qsh": token::query_string_hash(method, url, &base),
        "context": {},
    });
    token::sign(&claims, &installation.shared_secret)
}

/// How many seconds a context token is good for.
pub const LASTING: i64 = 900;

/// The token `AP.context.getToken` gives on the page of an issue: good for fifteen minutes.
///
/// # Errors
/// When the app is not installed on the site, the person does not belong to it, or it has no such issue.
pub fn context_token(
    world: &World,
    site: &str,
    handle: &str,
    issue_key: &str,
) -> Result<String, String> {
    context_token_for(world, site, handle, issue_key, LASTING)
}

/// The same, good for this many seconds; below zero it is over.
///
/// # Errors
/// As [`context_token`].
pub fn context_token_for(
    world: &World,
    site: &str,
    handle: &str,
    issue_key: &str,
    lasting: i64,
) -> Result<String, String> {
    let site = site_name(site)?;
    let person = world.person(handle);
    if !person.is_on(site) {
        return Err(format!("{handle} does not belong to {site}"));
    }
    let installation = installed(world, site)?;
    let mut state = world.jira();
    let content = state.content(site);
    let issue = content
        .issue(issue_key)
        .ok_or_else(|| format!("{site} has no issue {issue_key}"))?;
    let project = content
        .project(issue.project)
        .ok_or("an issue without a project")?;
    let claims = json!({
        "iss": installation.client_key,
        "sub": person.account_id,
        "iat": seconds(),
        "exp": seconds().saturating_add_signed(lasting),
        "qsh": "context-qsh",
        "context": {"jira": {
            "issue": {"id": issue.id.to_string(), "key": issue.key(), "issuetype": {"id": issue.kind.id}},
            "project": {"id": project.id, "key": project.key}
        }},
    });
    Ok(token::sign(&claims, &installation.shared_secret))
}

impl Sandbox {
    /// Installs the app found at an address on a site; see [`install`].
    ///
    /// # Errors
    /// When the descriptor cannot be had, or the app does not answer.
    pub async fn install(&self, site: &str, gateway: &str) -> Result<Answer, String> {
        install(self.world(), site, gateway).await
    }

    /// Removes the app from a site; see [`uninstall`].
    ///
    /// # Errors
    /// When the app is not installed or does not answer.
    pub async fn uninstall(&self, site: &str, gateway: &str) -> Result<Answer, String> {
        uninstall(self.world(), site, gateway).await
    }

    /// Switches the app on.
    ///
    /// # Errors
    /// When the app is not installed or does not answer.
    pub async fn enable(&self, site: &str, gateway: &str) -> Result<Answer, String> {
        switch(self.world(), site, true, gateway).await
    }

    /// Switches the app off.
    ///
    /// # Errors
    /// When the app is not installed or does not answer.
    pub async fn disable(&self, site: &str, gateway: &str) -> Result<Answer, String> {
        switch(self.world(), site, false, gateway).await
    }

    /// The app as it is installed on a site.
    pub fn installation(&self, site: &str) -> Option<Installation> {
        installed(self.world(), site).ok()
    }

    /// The token in the address of an iframe; see [`iframe_token`].
    ///
    /// # Panics
    /// When the app is not installed there.
    pub fn iframe_token(&self, site: &str, handle: &str, method: &str, url: &str) -> String {
        iframe_token(self.world(), site, handle, method, url).expect("the app must be installed")
    }

    /// The token of `AP.context.getToken` on the site of the person's own tenant; see [`context_token`].
    ///
    /// # Panics
    /// When the app is not installed on the person's site.
    pub fn context_token(&self, handle: &str, issue_key: &str) -> String {
        let site = self.world().person(handle).site;
        self.context_token_on(site, handle, issue_key)
    }

    /// The same on any site the person belongs to.
    ///
    /// # Panics
    /// When the app is not installed there, or the person does not belong to it.
    pub fn context_token_on(&self, site: &str, handle: &str, issue_key: &str) -> String {
        context_token(self.world(), site, handle, issue_key)
            .expect("the app must be installed where the person is")
    }

    /// The same with another length of life than fifteen minutes, in seconds.
    ///
    /// # Panics
    /// When the app is not installed on the person's site.
    pub fn context_token_for(&self, handle: &str, issue_key: &str, lasting: i64) -> String {
        let site = self.world().person(handle).site;
        context_token_for(self.world(), site, handle, issue_key, lasting)
            .expect("the app must be installed where the person is")
    }

    /// Closes or reopens a person's Atlassian account.
    pub fn set_active(&self, handle: &str, active: bool) {
        self.world()
            .jira()
            .set_active(self.world().person(handle).handle, active);
    }
}

pub(crate) fn installed(world: &World, site: &str) -> Result<Installation, String> {
    world
        .jira()
        .installations
        .get(site)
        .cloned()
        .ok_or_else(|| format!("the app is not installed on {site}"))
}

fn site_name(site: &str) -> Result<&'static str, String> {
    crate::world::SITES
        .into_iter()
        .find(|name| *name == site)
        .ok_or_else(|| format!("there is no site {site}"))
}

async fn notify(
    world: &World,
    site: &'static str,
    installation: &Installation,
    event: &str,
    gateway: &str,
) -> Result<Answer, String> {
    let Some(path) = installation.descriptor["lifecycle"][event].as_str() else {
        return Ok(Answer {
            status: 204,
            body: String::new(),
        });
    };
    let prefix = url::Url::parse(&installation.app_url).map_or(String::new(), |url| {
        url.path().trim_end_matches('/').to_owned()
    });
    let asymmetric = matches!(event, "installed" | "uninstalled");
    let now = a_second_of_its_own(world, site, event).await;
    let mut claims = json!({
        "iss": installation.client_key,
        "iat": now,
        "exp": now + 180,
        "qsh": token::query_string_hash("POST", &format!("{prefix}{path}"), &prefix),
    });
    let token = if asymmetric {
        claims["aud"] = json!([installation.app_url]);
        token::sign_install(&claims)
    } else {
        token::sign(&claims, &installation.shared_secret)
    };
    let base = base(world, site);
    let mut body = json!({
        "key": installation.app_key,
        "clientKey": installation.client_key,
        "oauthClientId": installation.oauth_client_id,
        "publicKey": token::INSTALL_PUBLIC_KEY,
        "serverVersion": "100303",
        "pluginsVersion": "1001.0.0.SNAPSHOT",
        "baseUrl": base,
        "displayUrl": base,
        "displayUrlServicedeskHelpCenter": base,
        "productType": "jira",
        "description": format!("Atlassian Jira at {base}"),
        "installationId": format!("ari:cloud:ecosystem::installation/{}", guid("jira installation", site)),
        "entitlementId": guid("jira entitlement", site),
        "eventType": event,
    });
    if event == "installed" {
        body["sharedSecret"] = json!(installation.shared_secret);
    }
    let response = reqwest::Client::new()
        .post(format!("{}{path}", gateway.trim_end_matches('/')))
        .header("authorization", format!("JWT {token}"))
        .json(&body)
        .send()
        .await
        .map_err(|error| format!("the app did not answer {event}: {error}"))?;
    Ok(Answer {
        status: response.status().as_u16(),
        body: response.text().await.unwrap_or_default(),
    })
}

/// The time of a lifecycle call. A second call of its kind to the same site waits for the next second: the tokens of
/// two within one would be the same to the letter, and an app is right to refuse the second as a replay.
async fn a_second_of_its_own(world: &World, site: &'static str, event: &str) -> u64 {
    loop {
        let now = seconds();
        let last = world.jira().told.insert((site, event.to_owned()), now);
        if last != Some(now) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole seconds since 1970 fit"
)]
pub(crate) fn seconds() -> u64 {
    now() as u64
}
