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
        "the ids that the first call gave, and fixed codes for what it could not do",
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
        "when it was last under way; entries end after a day",
    ),
];

/// After so many milliseconds without a sign of life a call counts as ended by a crash, and may be tried again.
///
/// A request that was on its way when the process died is done with by then: a provider answers within
/// `limits.upstream_timeout`, and what it did is found in its search within seconds. The half minute is far beyond both.
const ABANDONED: i64 = 30_000;

/// The codes of `result_code`: something was sent to a provider and has not ended, or the call ended.
const SENT: &str = "sent";
const ENDED: &str = "ok";

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

/// What a key stands for, of an act that a provider carries out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Nobody has sent anything: go on, with [`keep`] before anything is sent.
    First(Lease),
    /// An earlier call sent something and never told how it ended: look before anything is sent again.
    Again {
        /// The caller's hold on the key now.
        lease: Lease,
        /// How far the earlier call came, as it wrote it down.
        result: Option<String>,
        /// How long nothing was heard of it, in milliseconds.
        silent: i64,
    },
    /// The first call ended with this result.
    Done(Option<String>),
    /// The first call is still under way, or ended too recently to know what became of it.
    UnderWay,
    /// The key was used for another request.
    Mismatch,
}

/// A hold on a key. It ends when nothing is heard of its holder for half a minute, and somebody else takes the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease(i64);

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
    Ok(match take(store, it).await? {
        Taken::First(_) | Taken::Again { .. } => Claim::New,
        Taken::Done(id) => Claim::Done(id),
        Taken::UnderWay => Claim::UnderWay,
        Taken::Mismatch => Claim::Mismatch,
    })
}

/// Takes a key for an act that a provider carries out, or says what became of its first use.
pub async fn take(store: &Store, it: &Use<'_>) -> Result<Taken> {
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
        return Ok(Taken::First(Lease(now)));
    }
    let Some(first) = row::Entity::find().filter(same(it)).one(store.db()).await? else {
        return Ok(Taken::UnderWay);
    };
    if first.request_hash != request_hash {
        return Ok(Taken::Mismatch);
    }
    if first.result_code.as_deref() == Some(ENDED) {
        return Ok(Taken::Done(first.result_id));
    }
    if first.created_at > now - ABANDONED {
        return Ok(Taken::UnderWay);
    }
    let taken = row::Entity::update_many()
        .filter(same(it))
        .filter(not_ended())
        .filter(row::Column::CreatedAt.eq(first.created_at))
        .col_expr(row::Column::CreatedAt, Expr::value(now))
        .exec(store.db())
        .await?;
    if taken.rows_affected != 1 {
        return Ok(Taken::UnderWay);
    }
    Ok(match first.result_code {
        None => Taken::First(Lease(now)),
        Some(_) => Taken::Again {
            lease: Lease(now),
            result: first.result_id,
            silent: now - first.created_at,
        },
    })
}

/// What the holder of a key has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign<'a> {
    /// That it lives.
    Alive,
    /// That something is about to be sent to a provider.
    Sent,
    /// How far the act came.
    Reached(&'a str),
}

/// Takes a sign of the holder of a key. `None` when somebody else has taken the key: the holder must send nothing more.
pub async fn keep(
    store: &Store,
    it: &Use<'_>,
    lease: Lease,
    sign: Sign<'_>,
) -> Result<Option<Lease>> {
    let now = clock::millis();
    let mut update = row::Entity::update_many()
        .filter(same(it))
        .filter(not_ended())
        .filter(row::Column::CreatedAt.eq(lease.0))
        .col_expr(row::Column::CreatedAt, Expr::value(now));
    if sign != Sign::Alive {
        update = update.col_expr(row::Column::ResultCode, Expr::value(SENT));
    }
    if let Sign::Reached(result) = sign {
        update = update.col_expr(row::Column::ResultId, Expr::value(result));
    }
    let outcome = update.exec(store.db()).await?;
    Ok((outcome.rows_affected == 1).then_some(Lease(now)))
}

/// Writes down the result, for repetitions.
pub async fn settle(store: &Store, it: &Use<'_>, result: Option<&str>) -> Result<()> {
    row::Entity::update_many()
        .filter(same(it))
        .col_expr(row::Column::ResultId, Expr::value(result))
        .col_expr(row::Column::ResultCode, Expr::value(ENDED))
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

/// What the provider keeps with the thing that a key made, so that the thing is found again: a hash of who asked with
/// which key. It tells nothing to anybody who does not know all of them.
pub fn mark(it: &Use<'_>) -> String {
    hash(&format!(
        "{}\n{}\n{}\n{}",
        it.tenant, it.person, it.operation, it.key
    ))
}

fn not_ended() -> Condition {
    Condition::any()
        .add(row::Column::ResultCode.is_null())
        .add(row::Column::ResultCode.ne(ENDED))
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
