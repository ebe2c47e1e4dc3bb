//! Which gateways have somebody who listens, each with a sign of life that lapses.

use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait as _, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, FromQueryResult, PrimaryKeyTrait, QueryFilter as _, QuerySelect as _,
    Set,
};

use super::{ActiveModel as WatchRow, Column as WatchColumn, Entity as Watches, Source, State};
use crate::clock;
use crate::store::manifest::{StoredColumn, columns};
use crate::store::{Result, Store};

/// What is kept of each gateway's listeners.
pub const WISH_COLUMNS: &[StoredColumn] = columns! { "watch_wish":
    "watch_id" Id "What they listen to.";
    "gateway" Id "The process they are connected to, an id made at its start.";
    "listeners" State "How many they are.";
    "until" Time "When the wish ends unless the process says again that it lives.";
};

/// How many rows one statement writes.
const AT_ONCE: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "watch_wish")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    watch_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    gateway: String,
    listeners: i32,
    until: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

#[derive(FromQueryResult)]
struct Sum {
    watch_id: String,
    listeners: Option<i64>,
}

/// Writes down how many listen to what at one gateway, and makes the rows of what nobody listened to before. Each wish
/// ends at `until`, Unix milliseconds.
pub async fn wish(
    store: &Store,
    gateway: &str,
    wishes: &[(Source, u32)],
    until: i64,
) -> Result<()> {
    // In the same order everywhere, so that no two gateways wait for each other.
    let mut wishes: Vec<_> = wishes.iter().map(|it| (it.0.id(), it)).collect();
    wishes.sort_by(|a, b| a.0.cmp(&b.0));
    let now = clock::millis();
    for chunk in wishes.chunks(AT_ONCE) {
        let transaction = store.begin().await?;
        let wanted: Vec<_> = chunk
            .iter()
            .filter(|(_, (_, listeners))| *listeners > 0)
            .map(|(id, (source, _))| wanted(id, source, now))
            .collect();
        if !wanted.is_empty() {
            Watches::insert_many(wanted)
                .on_conflict(OnConflict::column(WatchColumn::Id).do_nothing().to_owned())
                .exec_without_returning(&transaction)
                .await?;
        }
        let rows = chunk.iter().map(|(id, (_, listeners))| ActiveModel {
            watch_id: Set(id.clone()),
            gateway: Set(gateway.to_owned()),
            listeners: Set(i32::try_from(*listeners).unwrap_or(i32::MAX)),
            until: Set(until),
        });
        Entity::insert_many(rows)
            .on_conflict(
                OnConflict::columns([Column::WatchId, Column::Gateway])
                    .update_columns([Column::Listeners, Column::Until])
                    .to_owned(),
            )
            .exec_without_returning(&transaction)
            .await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// Nobody listens at this gateway any more; its wishes lapse when they would have anyhow.
pub async fn leave(store: &Store, gateway: &str) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Listeners, Expr::value(0))
        .filter(Column::Gateway.eq(gateway))
        .exec(store.db())
        .await?;
    Ok(())
}

/// How many listen to each of these, at all gateways together.
pub async fn listeners(store: &Store, ids: &[String]) -> Result<Vec<(String, i64)>> {
    let sums = Entity::find()
        .select_only()
        .column(Column::WatchId)
        .column_as(Column::Listeners.sum(), "listeners")
        .filter(Column::WatchId.is_in(ids))
        .filter(Column::Until.gt(clock::millis()))
        .group_by(Column::WatchId)
        .into_model::<Sum>()
        .all(store.db())
        .await?;
    let sums = sums.into_iter();
    Ok(sums
        .map(|it| (it.watch_id, it.listeners.unwrap_or_default()))
        .collect())
}

/// Forgets the wishes that have lapsed.
pub(super) async fn forget(store: &Store) -> Result<()> {
    Entity::delete_many()
        .filter(Column::Until.lte(clock::millis()))
        .exec(store.db())
        .await?;
    Ok(())
}

/// That nobody wishes for the row of `watch` in question.
pub(super) fn nobody() -> Condition {
    let somebody = Query::select()
        .expr(Expr::value(1))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::WatchId)).equals((Watches, WatchColumn::Id)))
        .and_where(Column::Until.gt(clock::millis()))
        .to_owned();
    Condition::all().add(Expr::exists(somebody).not())
}

fn wanted(id: &str, source: &Source, now: i64) -> WatchRow {
    let it = source.columns();
    WatchRow {
        id: Set(id.to_owned()),
        provider: Set(it.provider.to_owned()),
        tenant: Set(it.tenant.as_str().to_owned()),
        owner: Set(it.owner),
        what: Set(it.what.to_owned()),
        object: Set(it.object),
        subscription_id: Set(None),
        secret_hash: Set(None),
        state: Set(State::Wanted.word().to_owned()),
        obstacle: Set(None),
        missing_scopes: Set(String::new()),
        due_at: Set(now),
        expires_at: Set(None),
        resync_from: Set(Some(now)),
        failures: Set(0),
        version: Set(0),
        lease_owner: Set(None),
        lease_until: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    }
}
