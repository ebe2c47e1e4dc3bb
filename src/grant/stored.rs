//! Tokens of stored connections: read, and renewed by one process at a time.
//!
//! A refresh token may work only once, and its answer cannot be had again. So: one renewal per connection in this
//! process, one holder of the lease among all, both new tokens written before either is used, and no retry. A renewal
//! whose answer was lost is tried once more with the old token by the next who asks; refused, the person must connect
//! again.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::held::passes;
use super::{open, outage, seal};
use crate::app::App;
use crate::auth::{Caller, record};
use crate::clock;
use crate::id::TenantId;
use crate::memory::Kept;
use crate::store::grant::{self, ACTIVE, Model, Renewed};
use crate::upstream::{Access, Error, Kind, Provider};

/// Tokens with less than this left are renewed, in milliseconds.
const SOON: i64 = 300 * 1000;
/// How long a lease holds when its owner dies, in milliseconds; longer than a renewal can take.
const LEASE: i64 = 30 * 1000;
/// How long nobody tries again after a failure that may pass, in milliseconds.
const REST: i64 = 3 * 1000;
/// How long those without the lease wait for its holder.
const WAIT: Duration = Duration::from_secs(10);

/// How long a Jira token that was refused is not renewed again, in milliseconds.
const JUST_NOW: i64 = 30 * 1000;

const OPERATION: &str = "renew an access token";

/// The caller's token for the account they connected, at home or wherever else they are known; a newer one than
/// `refused`.
pub(super) async fn access(
    app: &App,
    caller: &Caller,
    provider: Provider,
    refused: Option<i64>,
) -> Result<Access, Error> {
    let rows = grant::of_selves(&app.store, &caller.selves, Some(provider.name())).await;
    let rows = rows.map_err(|error| outage(provider, "find a connection", error))?;
    of_row(app, provider, first(caller, &rows, provider), refused).await
}

/// The token of an account by a connection that its owner made, wherever they did; a newer one than `refused`.
pub(super) async fn of_account(
    app: &App,
    provider: Provider,
    account: (&str, &str),
    refused: Option<i64>,
) -> Result<Access, Error> {
    let rows = grant::of_account(&app.store, provider.name(), account.0, account.1).await;
    let rows = rows.map_err(|error| outage(provider, "find a connection", error))?;
    let working = rows.iter().find(|row| row.state == ACTIVE);
    of_row(app, provider, working.or(rows.first()), refused).await
}

async fn of_row(
    app: &App,
    provider: Provider,
    row: Option<&Model>,
    refused: Option<i64>,
) -> Result<Access, Error> {
    let row = row.ok_or_else(|| Error::new(provider, "find a connection", Kind::NotConnected))?;
    if row.state != ACTIVE {
        return Err(Error::new(
            provider,
            "find a connection",
            Kind::ReauthRequired,
        ));
    }
    let was_refused = refused == Some(row.version) && !is_just_renewed(provider, row);
    if !was_refused && row.access_expires_at - clock::millis() >= SOON {
        return ready(app, provider, row);
    }
    let work = renew(app.clone(), provider, row.clone());
    let flight = app.grants.renewals.join(&app.tasks, row.id.clone(), work);
    let limit = Duration::from_secs(app.settings.limits.upstream_timeout);
    let renewed = match tokio::time::timeout(limit, flight).await {
        Ok(Some(renewed)) => renewed,
        Ok(None) => Err(Error::new(
            provider,
            OPERATION,
            Kind::Unavailable { retry_after: None },
        )),
        Err(_) => Err(Error::new(provider, OPERATION, Kind::TimedOut)),
    };
    match renewed {
        Ok(row) => ready(app, provider, &row),
        // The old token still works for a while, unless it is the one that was refused.
        Err(error) if passes(&error.kind) && !was_refused && still_good(row) => {
            ready(app, provider, row)
        }
        Err(error) => Err(error),
    }
}

/// The connection that counts: the first one that works, else the first.
pub(super) fn first<'a>(
    caller: &Caller,
    rows: &'a [Model],
    provider: Provider,
) -> Option<&'a Model> {
    let counts = |row: &&Model| {
        row.provider == provider.name()
            && (provider != Provider::Microsoft || is_callers_own(caller, row))
    };
    let mut own = rows.iter().filter(counts);
    let working = own.clone().find(|row| row.state == ACTIVE);
    working.or_else(|| own.next())
}

/// An Entra caller reads with the account they signed in with, whatever their person has connected since.
fn is_callers_own(caller: &Caller, row: &Model) -> bool {
    caller.entra.is_none_or(|user| {
        row.authority == user.tid.to_string() && row.subject == user.oid.to_string()
    })
}

/// A Jira site can refuse a token that is good for the others. Renewing it again and again would not help.
fn is_just_renewed(provider: Provider, row: &Model) -> bool {
    provider == Provider::Jira
        && row.updated_at > row.connected_at
        && clock::millis() - row.updated_at < JUST_NOW
}

fn still_good(row: &Model) -> bool {
    row.access_expires_at - clock::millis() > 10_000
}

/// Opens the access token of a row.
fn ready(app: &App, provider: Provider, row: &Model) -> Result<Access, Error> {
    let token = open(app, row, "access_token", row.access_token.as_deref());
    let (Some(token), Some(base)) = (token, base(app, provider, row)) else {
        // Sealed with a key that is gone: only a new sign-in helps.
        return Err(Error::new(
            provider,
            "open an access token",
            Kind::ReauthRequired,
        ));
    };
    Ok(Access {
        token,
        base,
        version: row.version,
        scopes: row.scopes.as_str().into(),
        account: row.authority.as_str().into(),
    })
}

fn base(app: &App, provider: Provider, row: &Model) -> Option<Url> {
    match provider {
        Provider::Zoom => {
            let regional = row.api_base.as_deref().and_then(|base| base.parse().ok());
            regional.or_else(|| Some(app.settings.zoom.as_ref()?.api_url.clone()))
        }
        Provider::Microsoft => Some(app.settings.microsoft.as_ref()?.graph_url.clone()),
        // The site's own address below it is the caller's to add.
        Provider::Jira => Some(app.settings.jira.oauth.as_ref()?.api_url.clone()),
    }
}

/// Takes the lease and renews, or waits for the one who has it. Runs to its end even when nobody waits any more.
async fn renew(app: App, provider: Provider, mut row: Model) -> Result<Model, Error> {
    let begun = tokio::time::Instant::now();
    let mut pause = Duration::from_millis(50);
    let error = |kind| Error::new(provider, OPERATION, kind);
    let tenant: TenantId = row
        .tenant
        .parse()
        .map_err(|_| error(Kind::Unavailable { retry_after: None }))?;
    let asked_for = row.version;
    loop {
        if row.state != ACTIVE {
            return Err(error(Kind::ReauthRequired));
        }
        if row.version != asked_for {
            return Ok(row);
        }
        if row.resting() {
            let last = app.grants.failures.get(&row.id).await;
            return Err(last.map_or_else(
                || error(Kind::Unavailable { retry_after: None }),
                |kept| kept.value,
            ));
        }
        let until = clock::millis() + LEASE;
        let leased = grant::lease(
            &app.store,
            &tenant,
            &row.id,
            row.version,
            &app.grants.owner,
            until,
        );
        if leased
            .await
            .map_err(|failure| outage(provider, OPERATION, failure))?
        {
            return ask(&app, provider, &tenant, row).await;
        }
        if begun.elapsed() > WAIT {
            return Err(error(Kind::TimedOut));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(400));
        let person = row
            .person_id
            .parse()
            .map_err(|_| error(Kind::NotConnected))?;
        let again = grant::of(&app.store, &tenant, person, provider.name()).await;
        row = again
            .map_err(|failure| outage(provider, OPERATION, failure))?
            .ok_or_else(|| error(Kind::NotConnected))?;
    }
}

/// Asks the provider, with the lease in hand.
async fn ask(app: &App, provider: Provider, tenant: &TenantId, row: Model) -> Result<Model, Error> {
    let renewed = match request(app, provider, &row).await {
        Ok(renewed) => renewed,
        Err(error) => {
            let error = Error::new(provider, OPERATION, error.kind.clone()).caused_by(error);
            give_up(app, provider, tenant, &row, &error).await;
            return Err(error);
        }
    };
    // These tokens cannot be had again: a database that hiccups gets more than one chance.
    for pause in [100, 400, 1600, 0] {
        match grant::renew(&app.store, tenant, &row.id, row.version, renewed.clone()).await {
            Ok(true) => {
                let object = Some(("connection", row.id.clone()));
                let person = row.person_id.parse().ok();
                record::done(app, tenant, person, "token.renew", object).await;
                let row = applied(row, renewed);
                if provider == Provider::Jira {
                    super::jira_oauth::list_again(app, tenant, &row).await;
                }
                return Ok(row);
            }
            Ok(false) => {
                // Disconnected, or connected anew, while we asked: what we were given must not outlive that.
                super::leave::revoke(app, provider, &applied(row, renewed)).await;
                return Err(Error::new(provider, OPERATION, Kind::NotConnected));
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "new tokens could not be written"
                );
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
        }
    }
    Err(Error::new(
        provider,
        OPERATION,
        Kind::Unavailable { retry_after: None },
    ))
}

/// The one call; the clock is read before it, so that a slow answer does not lengthen the token's life.
async fn request(app: &App, provider: Provider, row: &Model) -> Result<Renewed, Error> {
    let unreadable = || Error::new(provider, OPERATION, Kind::ReauthRequired);
    let refresh = open(app, row, "refresh_token", row.refresh_token.as_deref());
    let refresh = refresh.ok_or_else(unreadable)?;
    let begun = clock::millis();
    let (access, refresh, seconds, scopes, api_base) = match provider {
        Provider::Microsoft => {
            let settings = app.settings.microsoft.as_ref().ok_or_else(unreadable)?;
            let tokens = super::microsoft::client(settings)
                .refresh(&app.token_http, &row.authority, &refresh)
                .await?;
            let scopes = tokens.scopes().join(" ");
            (
                tokens.access_token,
                tokens.refresh_token,
                tokens.expires_in,
                scopes,
                None,
            )
        }
        Provider::Zoom => {
            let settings = app.settings.zoom.as_ref().ok_or_else(unreadable)?;
            let tokens = super::zoom::client(settings)
                .refresh(&app.token_http, &refresh)
                .await?;
            let base = tokens.base(&settings.api_url).map(String::from);
            (
                tokens.access_token,
                tokens.refresh_token,
                tokens.expires_in,
                tokens.scope,
                base,
            )
        }
        Provider::Jira => {
            let settings = app.settings.jira.oauth.as_ref().ok_or_else(unreadable)?;
            let tokens = super::jira_oauth::client(settings)
                .refresh(&app.token_http, &refresh)
                .await?;
            (
                tokens.access_token,
                tokens.refresh_token,
                tokens.expires_in,
                tokens.scope,
                None,
            )
        }
    };
    let seal = |column: &str, token: &SecretString| {
        seal(app, &row.tenant, &row.id, column, token)
            .map_err(|failure| outage(provider, OPERATION, failure))
    };
    Ok(Renewed {
        access_token: seal("access_token", &access)?,
        refresh_token: refresh
            .map(|token| seal("refresh_token", &token))
            .transpose()?,
        access_expires_at: begun + seconds * 1000,
        scopes: Some(scopes).filter(|scopes| !scopes.is_empty()),
        api_base,
    })
}

/// Ends a grant that is dead, or lets one rest whose renewal may yet work.
async fn give_up(app: &App, provider: Provider, tenant: &TenantId, row: &Model, error: &Error) {
    let written = if error.kind == Kind::ReauthRequired {
        let object = Some(("connection", row.id.clone()));
        let person = row.person_id.parse().ok();
        record::failed(
            app,
            tenant,
            person,
            "token.renew",
            object,
            "reauth-required",
        )
        .await;
        grant::end(&app.store, tenant, &row.id, row.version).await
    } else {
        let pause = match error.kind {
            Kind::RateLimited { retry_after } | Kind::Unavailable { retry_after } => retry_after,
            _ => None,
        };
        let pause = pause.map_or(REST, |pause| {
            i64::try_from(pause.as_millis())
                .unwrap_or(REST)
                .clamp(REST, 60_000)
        });
        let kept = Kept {
            value: error.clone(),
            good_for: Duration::from_millis(u64::try_from(pause).unwrap_or_default()),
        };
        app.grants.failures.insert(row.id.clone(), kept).await;
        grant::rest(
            &app.store,
            tenant,
            &row.id,
            row.version,
            clock::millis() + pause,
        )
        .await
    };
    if let Err(failure) = written {
        let _ = outage(provider, OPERATION, failure);
    }
}

/// The row as it now stands in the database.
fn applied(row: Model, renewed: Renewed) -> Model {
    Model {
        access_token: Some(renewed.access_token),
        refresh_token: renewed.refresh_token.or(row.refresh_token),
        access_expires_at: renewed.access_expires_at,
        scopes: renewed.scopes.unwrap_or(row.scopes),
        api_base: renewed.api_base.or(row.api_base),
        version: row.version + 1,
        lease_owner: None,
        lease_until: None,
        ..row
    }
}
