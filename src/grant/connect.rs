//! Connecting an account by authorization code and PKCE, and disconnecting it.
//!
//! The person asks (a ticket), their browser starts (a state, bound to that browser by a cookie), the provider sends it
//! back (the state is taken, the code redeemed, the account learned). Each step is good once.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use url::Url;
use uuid::Uuid;

use super::{account, jira_oauth, outage, seal};
use crate::app::App;
use crate::auth::{Caller, Host, record};
use crate::clock;
use crate::id::{PersonId, TenantId};
use crate::secret::Context;
use crate::store::grant::{self, ACTIVE, Model};
use crate::store::person;
use crate::store::state;
use crate::upstream::microsoft::oauth::SignIn;
use crate::upstream::{Error, Kind, Provider};

/// How long a ticket or a state is good, in milliseconds.
const LIFE: i64 = 10 * 60 * 1000;

/// A browser on its way to a provider.
#[derive(Debug)]
pub struct Started {
    /// Where to send it.
    pub location: Url,
    /// The name of the cookie that binds it, without a prefix.
    pub cookie: String,
    /// The cookie's value.
    pub browser: String,
}

/// Why a sign-in came to nothing, in words for the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Abandoned {
    /// The address was used, is too old, or was never ours.
    #[error("This address is no longer good. Go back and press Connect again.")]
    Stale,
    /// Another browser started.
    #[error("This sign-in was begun in another browser. Go back and press Connect again.")]
    OtherBrowser,
    /// A page of somebody else's sent the browser here.
    #[error("Sign-ins begin in the add-in. Go back to it and press Connect.")]
    Elsewhere,
    /// The person declined, or the provider did.
    #[error("The account was not connected.")]
    Declined,
    /// Not the account that the person is signed in with.
    #[error("This is another account than the one you are signed in with.")]
    OtherAccount,
    /// The account has no site that we could read.
    #[error("This account has no Jira site that it may use here.")]
    NoSite,
    /// This gateway has no configuration for the provider.
    #[error("This service is not set up here.")]
    NotConfigured,
    /// Something did not answer.
    #[error("The service could not be reached. Try again in a moment.")]
    Unavailable,
}

/// An address that connects the caller's account: `/oauth/{provider}/start?ticket=…`, good once, for ten minutes.
pub async fn begin_connect(app: &App, caller: &Caller, provider: Provider) -> Result<Url, Error> {
    if !is_offered(app, caller, provider) {
        return Err(Error::new(provider, "connect", Kind::NotConfigured));
    }
    let ticket = secret();
    let pending = state::Model {
        id_hash: hash("ticket", &ticket),
        tenant: caller.tenant.as_str().to_owned(),
        person_id: caller.person.to_string(),
        provider: provider.name().to_owned(),
        verifier: None,
        nonce: None,
        browser_hash: None,
        return_host: match caller.host {
            Host::Jira => "jira",
            Host::Outlook => "outlook",
            Host::Teams => "teams",
        }
        .to_owned(),
        expires_at: clock::millis() + LIFE,
    };
    state::put(&app.store, pending)
        .await
        .map_err(|error| outage(provider, "connect", error))?;
    let mut url = address(app, &format!("oauth/{provider}/start"));
    url.query_pairs_mut().append_pair("ticket", &ticket);
    Ok(url)
}

/// The add-in that a ticket was made for; the ticket stays good.
pub async fn host_of(app: &App, provider: Provider, ticket: &str) -> Option<Host> {
    let pending = state::peek(&app.store, &hash("ticket", ticket)).await;
    let pending = pending
        .map_err(|error| unavailable(provider, error))
        .ok()??;
    host_in(&pending).filter(|_| pending.provider == provider.name())
}

fn host_in(pending: &state::Model) -> Option<Host> {
    match pending.return_host.as_str() {
        "jira" => Some(Host::Jira),
        "outlook" => Some(Host::Outlook),
        "teams" => Some(Host::Teams),
        _ => None,
    }
}

/// Takes a ticket and makes the state its browser travels with.
pub async fn start(app: &App, provider: Provider, ticket: &str) -> Result<Started, Abandoned> {
    let pending = taken(app, provider, &hash("ticket", ticket)).await?;
    let (key, browser, nonce) = (secret(), secret(), secret());
    let verifier = SecretString::from(secret());
    let id_hash = hash("state", &key);
    let place = verifier_place(&pending.tenant, &id_hash);
    let sealed = app.keyring.seal(&place, &verifier);
    let sealed = sealed.map_err(|_| Abandoned::Unavailable)?;
    let cookie = cookie_name(&id_hash);
    let pending = state::Model {
        id_hash,
        verifier: Some(sealed),
        nonce: Some(nonce.clone()),
        browser_hash: Some(hash("browser", &browser)),
        expires_at: clock::millis() + LIFE,
        ..pending
    };
    let location = authorize_url(app, provider, &key, &nonce, &verifier);
    let location = location.ok_or(Abandoned::NotConfigured)?;
    let put = state::put(&app.store, pending).await;
    put.map_err(|error| unavailable(provider, error))?;
    Ok(Started {
        location,
        cookie,
        browser,
    })
}

/// The name of the cookie that must come back with this state.
pub fn cookie_of(key: &str) -> String {
    cookie_name(&hash("state", key))
}

/// The provider sent the browser back with a code, or without one when it said no. Also tells the add-in it began in, when
/// the browser is the one that began.
pub async fn finish(
    app: &App,
    provider: Provider,
    key: &str,
    browser: Option<&str>,
    code: Option<&str>,
) -> (Option<Host>, Result<(), Abandoned>) {
    match returned(app, provider, key, browser).await {
        Ok(pending) => {
            let outcome = finish_for(app, provider, &pending, code).await;
            (host_in(&pending), outcome)
        }
        Err(abandoned) => (None, Err(abandoned)),
    }
}

/// Takes the state of a browser that has come back, if it is the one that set out.
async fn returned(
    app: &App,
    provider: Provider,
    key: &str,
    browser: Option<&str>,
) -> Result<state::Model, Abandoned> {
    let pending = taken(app, provider, &hash("state", key)).await?;
    let expected = pending.browser_hash.as_deref().ok_or(Abandoned::Stale)?;
    let came = browser.map(|browser| hash("browser", browser));
    let came = came.ok_or(Abandoned::OtherBrowser)?;
    if !bool::from(came.as_bytes().ct_eq(expected.as_bytes())) {
        return Err(Abandoned::OtherBrowser);
    }
    Ok(pending)
}

async fn finish_for(
    app: &App,
    provider: Provider,
    pending: &state::Model,
    code: Option<&str>,
) -> Result<(), Abandoned> {
    let tenant = pending.tenant_id().map_err(|_| Abandoned::Stale)?;
    let person = pending.person().map_err(|_| Abandoned::Stale)?;
    let outcome = match code {
        Some(code) => connected(app, provider, &tenant, person, pending, code).await,
        None => Err(Abandoned::Declined),
    };
    match &outcome {
        Ok(id) => {
            let object = Some(("connection", id.clone()));
            record::done(app, &tenant, Some(person), connect_action(provider), object).await;
        }
        Err(reason) => {
            let action = connect_action(provider);
            record::failed(app, &tenant, Some(person), action, None, reason.word()).await;
        }
    }
    outcome.map(drop)
}

/// Where a provider sends browsers back to.
pub(super) fn callback(app: &App, provider: Provider) -> Url {
    address(app, &format!("oauth/{provider}/callback"))
}

/// A secret that nobody can guess: 256 bits, safe in an address.
pub(crate) fn secret() -> String {
    let mut bytes = [0; 32];
    OsRng
        .try_fill_bytes(&mut bytes)
        .expect("the operating system has randomness");
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Abandoned {
    /// A fixed word for the audit log.
    fn word(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::OtherBrowser => "other-browser",
            Self::Elsewhere => "elsewhere",
            Self::Declined => "declined",
            Self::OtherAccount => "other-account",
            Self::NoSite => "no-site",
            Self::NotConfigured => "not-configured",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Redeems the code, learns whose account it is, and keeps the sealed tokens. Answers the connection's id.
async fn connected(
    app: &App,
    provider: Provider,
    tenant: &TenantId,
    person: PersonId,
    pending: &state::Model,
    code: &str,
) -> Result<String, Abandoned> {
    let sealed = pending.verifier.as_deref().ok_or(Abandoned::Stale)?;
    let place = verifier_place(&pending.tenant, &pending.id_hash);
    let verifier = app.keyring.open(&place, sealed);
    let verifier = verifier.map_err(|_| Abandoned::Stale)?;
    let nonce = pending.nonce.as_deref().ok_or(Abandoned::Stale)?;
    let account = account::learn(app, provider, code, &verifier, nonce).await?;
    let lost = |error| unavailable(provider, error);
    // People known by this very account stay who they are.
    if is_home(tenant, provider) {
        let owner = person::of(&app.store, tenant, &account.subject).await;
        if owner.map_err(lost)? != Some(person) {
            return Err(Abandoned::OtherAccount);
        }
    }
    let id = Uuid::new_v4().to_string();
    let now = clock::millis();
    let seal = |column: &str, token: &SecretString| {
        seal(app, tenant.as_str(), &id, column, token).map_err(lost)
    };
    let refresh_token = account.refresh_token.as_ref();
    let connection = Model {
        access_token: Some(seal("access_token", &account.access_token)?),
        refresh_token: refresh_token
            .map(|token| seal("refresh_token", token))
            .transpose()?,
        id: id.clone(),
        tenant: tenant.as_str().to_owned(),
        person_id: person.to_string(),
        provider: provider.name().to_owned(),
        authority: account.subject.authority.clone(),
        subject: account.subject.subject.clone(),
        scopes: account.scopes,
        access_expires_at: account.access_expires_at,
        // Larger than any version of the connection before, so that a token of that one is never taken for this.
        version: now,
        lease_owner: None,
        lease_until: None,
        state: ACTIVE.to_owned(),
        api_base: account.api_base,
        connected_at: now,
        updated_at: now,
    };
    let joined = person::join(
        &app.store,
        tenant,
        person,
        &account.subject,
        &account.identities,
    )
    .await;
    joined.map_err(lost)?;
    let replaced = grant::replace(&app.store, tenant, person, connection).await;
    replaced.map_err(lost)?;
    app.doors.forget_people();
    Ok(id)
}

/// Takes a ticket or state away, whatever comes of it; one of another provider has been mixed up, or is an attack.
async fn taken(app: &App, provider: Provider, id_hash: &str) -> Result<state::Model, Abandoned> {
    let pending = state::take(&app.store, id_hash).await;
    let pending = pending.map_err(|error| unavailable(provider, error))?;
    pending
        .filter(|pending| pending.provider == provider.name())
        .ok_or(Abandoned::Stale)
}

fn authorize_url(
    app: &App,
    provider: Provider,
    key: &str,
    nonce: &str,
    verifier: &SecretString,
) -> Option<Url> {
    let redirect = callback(app, provider);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret().as_bytes()));
    match provider {
        Provider::Microsoft => {
            let settings = app.settings.microsoft.as_ref()?;
            let sign_in = SignIn {
                redirect: &redirect,
                state: key,
                nonce,
                challenge: &challenge,
            };
            let tenant = only(&settings.allowed_tenants);
            Some(super::microsoft::client(settings).authorize_url(tenant, sign_in))
        }
        Provider::Zoom => {
            let settings = app.settings.zoom.as_ref()?;
            Some(super::zoom::client(settings).authorize_url(&redirect, key, &challenge))
        }
        Provider::Jira => {
            let settings = app.settings.jira.oauth.as_ref()?;
            Some(jira_oauth::client(settings).authorize_url(&redirect, key))
        }
    }
}

/// Whether the caller can connect an account at this provider. The panel's people come with their site, and connect no
/// other.
pub fn is_offered(app: &App, caller: &Caller, provider: Provider) -> bool {
    match provider {
        Provider::Microsoft => app.settings.microsoft.is_some(),
        Provider::Zoom => app.settings.zoom.is_some(),
        Provider::Jira => app.settings.jira.oauth.is_some() && caller.host != Host::Jira,
    }
}

/// Whether the people of a tenant are known by their accounts at this provider.
pub(super) fn is_home(tenant: &TenantId, provider: Provider) -> bool {
    match provider {
        Provider::Jira => tenant.as_str().starts_with("site:"),
        Provider::Microsoft => tenant.as_str().starts_with("entra:"),
        Provider::Zoom => false,
    }
}

/// The one tenant that people must come from, if there is one.
pub(super) fn only(tenants: &[String]) -> Option<&str> {
    match tenants {
        [one] => Some(one),
        _ => None,
    }
}

fn address(app: &App, path: &str) -> Url {
    let mut url = app.settings.server.public_url.clone();
    let base = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{base}/{path}"));
    url
}

fn verifier_place<'a>(tenant: &'a str, id_hash: &'a str) -> Context<'a> {
    Context {
        tenant,
        table: "oauth_state",
        row: id_hash,
        column: "verifier",
    }
}

fn cookie_name(id_hash: &str) -> String {
    format!("trefoil-oauth-{}", &id_hash[..16])
}

/// What is stored of a secret, told apart by what it is for.
fn hash(purpose: &str, secret: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(purpose.as_bytes());
    digest.update(b":");
    digest.update(secret.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.finalize())
}

fn connect_action(provider: Provider) -> &'static str {
    match provider {
        Provider::Jira => "jira.connect",
        Provider::Microsoft => "microsoft.connect",
        Provider::Zoom => "zoom.connect",
    }
}

fn unavailable(provider: Provider, error: crate::store::Error) -> Abandoned {
    let _ = outage(provider, "connect", error);
    Abandoned::Unavailable
}
