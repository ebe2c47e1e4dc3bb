//! Idempotency keys: the same key again gives the first result and does nothing twice.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, Condition};
use sha2::{Digest as _, Sha256};

use super::manifest::{StoredClass, StoredColumn};
use super::{Result, Store};
use crate::clock;
use crate::id::{PersonId, TenantId};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub operation: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub key_hash: String,
        pub request_hash: String,
        pub result_id: Option<String>,
        pub result_code: Option<String>,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What this table keeps, and why.
pub const COLUMNS: &[StoredColumn] = &[
    StoredColumn::new(
        "idempotency",
        "tenant",
        StoredClass::Id,
        "keeps one tenant's keys apart from another's",
    ),
    StoredColumn::new(
        "idempotency",
        "person_id",
        StoredClass::Id,
        "whose key it is",
    ),
    StoredColumn::new(
        "idempotency",
        "operation",
        StoredClass::Setting,
        "the mutation",
    ),
    StoredColumn::new(
        "idempotency",
        "key_hash",
        StoredClass::Id,
        "SHA-256 of the key the client chose",
    ),
    StoredColumn::new(
        "idempotency",
        "request_hash",
        StoredClass::Id,
        "SHA-256 of the ids in the request, to tell a repetition from a mistake",
    ),
    StoredColumn::new(
        "idempotency",
        "result_id",
        StoredClass::Id,
        "the id that the first call gave",
    ),
    StoredColumn::new(
        "idempotency",
        "result_code",
        StoredClass::State,
        "how the first call ended",
    ),
    StoredColumn::new(
        "idempotency",
        "created_at",
        StoredClass::Time,
        "when; entries end after a day",
    ),
];

/// After so many milliseconds a call that never ended (a crash) may be tried again.
const ABANDONED: i64 = 30_000;

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nobody used it: go on, then [`settle`] or [`release`].
    New,
    /// The first call ended with this id.
    Done(Option<String>),
    /// The first call is still under way.
    UnderWay,
    /// The key was used for another request.
    Mismatch,
}

/// One use of a key.
#[derive(Debug, Clone)]
pub struct Use<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The person.
    pub person: PersonId,
    /// The mutation.
    pub operation: &'static str,
    /// The client's key.
    pub key: &'a str,
    /// What tells this request from another: the ids in its input.
    pub request: &'a str,
}

/// Takes a key, or says what became of its first use.
pub async fn claim(store: &Store, it: &Use<'_>) -> Result<Claim> {
    let now = clock::millis();
    let request_hash = hash(it.request);
    let row = row::ActiveModel {
        tenant: Set(it.tenant.to_string()),
        person_id: Set(it.person.to_string()),
        operation: Set(it.operation.to_owned()),
        key_hash: Set(hash(it.key)),
        request_hash: Set(request_hash.clone()),
        result_id: Set(None),
        result_code: Set(None),
        created_at: Set(now),
    };
    let keys = [
        row::Column::Tenant,
        row::Column::PersonId,
        row::Column::Operation,
        row::Column::KeyHash,
    ];
    let inserted = row::Entity::insert(row)
        .on_conflict(OnConflict::columns(keys).do_nothing().to_owned())
        .exec_without_returning(store.db())
        .await?;
    if inserted > 0 {
        return Ok(Claim::New);
    }
    let Some(first) = row::Entity::find().filter(same(it)).one(store.db()).await? else {
        return Ok(Claim::UnderWay);
    };
    if first.request_hash != request_hash {
        return Ok(Claim::Mismatch);
    }
    if first.result_code.is_some() {
        return Ok(Claim::Done(first.result_id));
    }
    if first.created_at > now - ABANDONED {
        return Ok(Claim::UnderWay);
    }
    let taken = row::Entity::update_many()
        .filter(same(it))
        .filter(row::Column::ResultCode.is_null())
        .filter(row::Column::CreatedAt.eq(first.created_at))
        .col_expr(row::Column::CreatedAt, Expr::value(now))
        .exec(store.db())
        .await?;
    Ok(if taken.rows_affected == 1 {
        Claim::New
    } else {
        Claim::UnderWay
    })
}

/// Writes down the result, for repetitions.
pub async fn settle(store: &Store, it: &Use<'_>, result: Option<&str>) -> Result<()> {
    row::Entity::update_many()
        .filter(same(it))
        .col_expr(row::Column::ResultId, Expr::value(result))
        .col_expr(row::Column::ResultCode, Expr::value("ok"))
        .exec(store.db())
        .await?;
    Ok(())
}

/// Gives the key back after a call that changed nothing, so that it can be tried again.
pub async fn release(store: &Store, it: &Use<'_>) -> Result<()> {
    row::Entity::delete_many()
        .filter(same(it))
        .exec(store.db())
        .await?;
    Ok(())
}

/// Forgets keys older than a day.
pub async fn prune(store: &Store) -> Result<u64> {
    let outcome = row::Entity::delete_many()
        .filter(row::Column::CreatedAt.lt(clock::millis() - 86_400_000))
        .exec(store.db())
        .await?;
    Ok(outcome.rows_affected)
}

fn same(it: &Use<'_>) -> Condition {
    Condition::all()
        .add(row::Column::Tenant.eq(it.tenant.as_str()))
        .add(row::Column::PersonId.eq(it.person.to_string()))
        .add(row::Column::Operation.eq(it.operation))
        .add(row::Column::KeyHash.eq(hash(it.key)))
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            use std::fmt::Write as _;
            write!(hex, "{byte:02x}").expect("writing to a String does not fail");
            hex
        })
}
