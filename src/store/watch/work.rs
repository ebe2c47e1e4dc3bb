//! The work on rows of the table `watch`: who takes one, and what comes of it.
//!
//! One gateway at a time works on a row, by a lease that ends by itself. What the provider says of a subscription is
//! written by whoever hears it, without a lease; `version` keeps work in progress from overwriting it.

use sea_orm::sea_query::{Condition, Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::{Column, Entity, State, Watch, wish};
use crate::clock;
use crate::id::EntraUser;
use crate::store::{Result, Store};

/// How many ids one statement names.
const AT_ONCE: usize = 500;
/// How many abandoned rows are looked at in one go.
const ABANDONED: u64 = 200;

/// How a row stands after something was done about it.
#[derive(Debug, Clone)]
pub struct Settled {
    /// With whose rights it was made, where that was just done and the row does not say whose things it tells of.
    pub made_by: Option<EntraUser>,
    /// The provider's id of the subscription.
    pub subscription: Option<String>,
    /// How far it is.
    pub state: State,
    /// What stands in its way, a fixed word.
    pub obstacle: Option<String>,
    /// The permissions it lacks.
    pub missing_scopes: Vec<String>,
    /// When something is to be done next, Unix milliseconds.
    pub due_at: i64,
    /// When the provider ends it by itself, Unix milliseconds.
    pub expires_at: Option<i64>,
    /// Since when notifications may have been missed, Unix milliseconds.
    pub resync_from: Option<i64>,
    /// How often in a row something could not be done.
    pub failures: i32,
}

/// What the provider says of a subscription itself.
/// <https://learn.microsoft.com/graph/change-notifications-lifecycle-events>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// It ends soon unless it is authorized again.
    ReauthorizationRequired,
    /// It is gone.
    SubscriptionRemoved,
    /// Notifications were lost.
    Missed,
}

/// Of these rows, those about which something is to be done now and nobody does it.
pub async fn due(store: &Store, ids: &[String]) -> Result<Vec<Watch>> {
    let mut watches = Vec::new();
    for chunk in ids.chunks(AT_ONCE) {
        let rows = Entity::find()
            .filter(Column::Id.is_in(chunk))
            .filter(Column::DueAt.lte(clock::millis()))
            .filter(free())
            .all(store.db())
            .await?;
        for row in rows {
            watches.push(row.try_into()?);
        }
    }
    Ok(watches)
}

/// Rows that nobody wishes for any more and nobody works on, the oldest first, some hundreds at most. Forgets lapsed
/// wishes.
pub async fn abandoned(store: &Store) -> Result<Vec<Watch>> {
    wish::forget(store).await?;
    let rows = Entity::find()
        .filter(wish::nobody())
        .filter(free())
        .order_by_asc(Column::UpdatedAt)
        .limit(ABANDONED)
        .all(store.db())
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Takes the right to work on a row until `until`, Unix milliseconds, and reads how it stands. `None` when somebody
/// else has it, or the row is gone.
pub async fn lease(store: &Store, id: &str, owner: &str, until: i64) -> Result<Option<Watch>> {
    let taken = Entity::update_many()
        .col_expr(Column::LeaseOwner, Expr::value(owner))
        .col_expr(Column::LeaseUntil, Expr::value(until))
        .filter(Column::Id.eq(id))
        .filter(free())
        .exec(store.db())
        .await?;
    if taken.rows_affected != 1 {
        return Ok(None);
    }
    let row = Entity::find_by_id(id).one(store.db()).await?;
    row.map(TryInto::try_into).transpose()
}

/// Writes down the hash of the secret that is about to be given to the provider. False when the lease is lost.
pub async fn promise(store: &Store, id: &str, owner: &str, secret_hash: [u8; 32]) -> Result<bool> {
    let written = Entity::update_many()
        .col_expr(Column::SecretHash, Expr::value(secret_hash.to_vec()))
        .filter(Column::Id.eq(id))
        .filter(Column::LeaseOwner.eq(owner))
        .exec(store.db())
        .await?;
    Ok(written.rows_affected == 1)
}

/// Writes down what came of the work on a row and ends the lease. False when the lease was lost, or the provider has
/// said something of the subscription meanwhile: then only the lease ends, and the row is due.
pub async fn settle(store: &Store, before: &Watch, owner: &str, settled: Settled) -> Result<bool> {
    let now = clock::millis();
    let mine = || {
        Entity::update_many()
            .col_expr(Column::LeaseOwner, Expr::value(None::<String>))
            .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .filter(Column::Id.eq(&before.id))
            .filter(Column::LeaseOwner.eq(owner))
    };
    let mut written = mine();
    if let Some(made_by) = settled.made_by {
        written = written.col_expr(Column::Owner, Expr::value(made_by.oid.to_string()));
    }
    let written = written
        .col_expr(Column::SubscriptionId, Expr::value(settled.subscription))
        .col_expr(Column::State, Expr::value(settled.state.word()))
        .col_expr(Column::Obstacle, Expr::value(settled.obstacle))
        .col_expr(
            Column::MissingScopes,
            Expr::value(settled.missing_scopes.join(" ")),
        )
        .col_expr(Column::DueAt, Expr::value(settled.due_at))
        .col_expr(Column::ExpiresAt, Expr::value(settled.expires_at))
        .col_expr(Column::ResyncFrom, Expr::value(settled.resync_from))
        .col_expr(Column::Failures, Expr::value(settled.failures))
        .filter(Column::Version.eq(before.version))
        .exec(store.db())
        .await?;
    if written.rows_affected == 1 {
        return Ok(true);
    }
    mine()
        .col_expr(Column::DueAt, Expr::value(now))
        .exec(store.db())
        .await?;
    Ok(false)
}

/// Ends the lease without any outcome.
pub async fn release(store: &Store, id: &str, owner: &str) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::LeaseOwner, Expr::value(None::<String>))
        .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
        .filter(Column::Id.eq(id))
        .filter(Column::LeaseOwner.eq(owner))
        .exec(store.db())
        .await?;
    Ok(())
}

/// Forgets a row, with the lease in hand. False when somebody wishes for it again.
pub async fn remove(store: &Store, id: &str, owner: &str) -> Result<bool> {
    let removed = Entity::delete_many()
        .filter(Column::Id.eq(id))
        .filter(Column::LeaseOwner.eq(owner))
        .filter(wish::nobody())
        .exec(store.db())
        .await?;
    Ok(removed.rows_affected == 1)
}

/// Has those of these rows tried again now that something stands in the way of, if nobody has for `rest` milliseconds:
/// somebody came who may have what was missing.
pub async fn retry(store: &Store, ids: &[String], rest: i64) -> Result<()> {
    let now = clock::millis();
    for chunk in ids.chunks(AT_ONCE) {
        Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(now))
            .filter(Column::Id.is_in(chunk))
            .filter(Column::Obstacle.is_not_null())
            .filter(Column::UpdatedAt.lt(now - rest))
            .filter(Column::DueAt.gt(now))
            .exec(store.db())
            .await?;
    }
    Ok(())
}

/// Writes down what Graph says of one of its subscriptions, to be acted upon at once by whoever has a right to it. False
/// when it is not one of ours.
pub async fn told(store: &Store, subscription: &str, said: Lifecycle) -> Result<bool> {
    let now = clock::millis();
    let mut change = Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(now))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Provider.eq("microsoft"))
        .filter(Column::SubscriptionId.eq(subscription));
    let since = || {
        // Nothing is known to have come since it was last renewed, which is when the row last changed.
        Expr::col(Column::ResyncFrom).if_null(Expr::col(Column::UpdatedAt))
    };
    change = match said {
        Lifecycle::ReauthorizationRequired => {
            change.col_expr(Column::State, Expr::value(State::Reauthorize.word()))
        }
        Lifecycle::SubscriptionRemoved => change
            .col_expr(Column::State, Expr::value(State::Wanted.word()))
            .col_expr(Column::SubscriptionId, Expr::value(None::<String>))
            .col_expr(Column::ExpiresAt, Expr::value(None::<i64>))
            .col_expr(Column::ResyncFrom, since()),
        Lifecycle::Missed => change.col_expr(Column::ResyncFrom, since()),
    };
    Ok(change.exec(store.db()).await?.rows_affected > 0)
}

fn free() -> Condition {
    Condition::any()
        .add(Column::LeaseUntil.is_null())
        .add(Column::LeaseUntil.lt(clock::millis()))
}
