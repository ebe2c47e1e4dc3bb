//! With whose rights something is done at Graph: of those who listen, else by the account its owner connected.

use std::future::Future;
use std::sync::Arc;

use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::grant;
use crate::id::EntraUser;
use crate::upstream::{Access, Error, Kind, Provider};

const OPERATION: &str = "find a right to what is listened to";

/// Whose right something takes.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    /// This person's.
    Owner(EntraUser),
    /// That of the one it was made with, who may not be here.
    Maker(EntraUser),
    /// That of anybody of this Entra tenant, for what they have in common.
    Member(Uuid),
}

/// Somebody with a right.
struct Holder {
    who: EntraUser,
    /// By their sign-in, or what they connected; `None` by what they connected, for they are not here.
    caller: Option<Arc<Caller>>,
}

/// Does something as somebody with a right to it, and says who that was: once more with a newer token when Graph refused
/// the first, and with the next one's rights where somebody's do not suffice. `fresh` asks for a new token to begin with.
///
/// Callers without a right are passed over; when there are only such, nothing is done: `NotConnected`.
pub async fn with<T, W>(
    app: &App,
    whose: Whose,
    callers: &[Arc<Caller>],
    fresh: bool,
    work: impl Fn(Access) -> W,
) -> Result<(T, EntraUser), Error>
where
    W: Future<Output = Result<T, Error>>,
{
    let mut refused = None;
    for holder in holders(app, whose, callers).await? {
        match attempt(app, &holder, fresh, &work).await {
            Ok(done) => return Ok((done, holder.who)),
            Err(error) if is_theirs(&error.kind) => {
                refused.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    Err(refused.unwrap_or_else(|| Error::new(Provider::Microsoft, OPERATION, Kind::NotConnected)))
}

async fn holders(app: &App, whose: Whose, callers: &[Arc<Caller>]) -> Result<Vec<Holder>, Error> {
    let mut holders = Vec::new();
    for caller in callers {
        let who = grant::microsoft_account(app, caller).await?;
        let fits = |who: &EntraUser| match whose {
            Whose::Owner(owner) | Whose::Maker(owner) => *who == owner,
            Whose::Member(tid) => who.tid == tid,
        };
        if let Some(who) = who.filter(fits) {
            let caller = Some(Arc::clone(caller));
            holders.push(Holder { who, caller });
        }
    }
    let connected = match whose {
        Whose::Maker(who) => Some(who),
        Whose::Owner(who) => Some(who).filter(|_| !holders.is_empty()),
        Whose::Member(_) => None,
    };
    holders.extend(connected.map(|who| Holder { who, caller: None }));
    Ok(holders)
}

async fn attempt<T, W>(
    app: &App,
    holder: &Holder,
    fresh: bool,
    work: &impl Fn(Access) -> W,
) -> Result<T, Error>
where
    W: Future<Output = Result<T, Error>>,
{
    let mut access = holder.access(app, None).await?;
    if fresh {
        access = holder.renewed(app, &access, None).await?;
    }
    match work(access.clone()).await {
        Err(Error {
            kind: Kind::TokenRefused { claims },
            ..
        }) => {
            let access = holder.renewed(app, &access, claims.as_deref()).await?;
            work(access).await
        }
        outcome => outcome,
    }
}

impl Holder {
    async fn access(&self, app: &App, refused: Option<&Access>) -> Result<Access, Error> {
        match &self.caller {
            Some(caller) => grant::microsoft(app, caller).await,
            None => grant::microsoft_of(app, self.who, refused).await,
        }
    }

    async fn renewed(
        &self,
        app: &App,
        refused: &Access,
        claims: Option<&str>,
    ) -> Result<Access, Error> {
        match &self.caller {
            Some(caller) => grant::challenged(app, caller, refused, claims).await,
            None => self.access(app, Some(refused)).await,
        }
    }
}

/// Whether somebody else's rights may do where these did not.
fn is_theirs(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::NotConnected
            | Kind::ConsentRequired { .. }
            | Kind::AdminConsentRequired { .. }
            | Kind::InteractionRequired { .. }
            | Kind::ReauthRequired
            | Kind::AccessBlocked
            | Kind::Forbidden
            | Kind::TokenRefused { .. }
    )
}
