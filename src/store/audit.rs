//! The audit log: who did what to which id, begun before it is done and completed after. Ids and codes only.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, Condition, QueryOrder as _, QuerySelect as _};
use uuid::Uuid;

use super::manifest::{StoredClass, StoredColumn};
use super::{Result, Store};
use crate::clock;
use crate::id::{PersonId, TenantId};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub tenant: String,
        pub person_id: Option<String>,
        pub actor: Option<String>,
        pub action: String,
        pub object_kind: Option<String>,
        pub object_id: Option<String>,
        pub begun_at: i64,
        pub completed_at: Option<i64>,
        pub result: String,
        pub detail: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use row::Model as Entry;

/// What this table keeps, and why.
pub const COLUMNS: &[StoredColumn] = &[
    StoredColumn::new("audit", "id", StoredClass::Id, "names the entry"),
    StoredColumn::new(
        "audit",
        "tenant",
        StoredClass::Id,
        "whose log it belongs to; empty when nobody could be named",
    ),
    StoredColumn::new("audit", "person_id", StoredClass::Id, "who acted"),
    StoredColumn::new(
        "audit",
        "actor",
        StoredClass::Id,
        "who acted, as the provider's account id",
    ),
    StoredColumn::new(
        "audit",
        "action",
        StoredClass::Audit,
        "what was done, a fixed word",
    ),
    StoredColumn::new(
        "audit",
        "object_kind",
        StoredClass::Audit,
        "what kind of thing it was done to",
    ),
    StoredColumn::new("audit", "object_id", StoredClass::Id, "which one"),
    StoredColumn::new("audit", "begun_at", StoredClass::Time, "when it began"),
    StoredColumn::new(
        "audit",
        "completed_at",
        StoredClass::Time,
        "when it ended; empty if it never did",
    ),
    StoredColumn::new(
        "audit",
        "result",
        StoredClass::Audit,
        "begun, ok, refused or failed",
    ),
    StoredColumn::new(
        "audit",
        "detail",
        StoredClass::Audit,
        "a fixed code that says why",
    ),
];

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not allowed, or asked wrongly.
    Refused,
    /// It was tried and did not work.
    Failed,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// What is about to be done.
#[derive(Debug, Clone)]
pub struct Act<'a> {
    /// Whose log.
    pub tenant: &'a TenantId,
    /// Who.
    pub person: Option<PersonId>,
    /// Who, as the provider's account id.
    pub actor: Option<&'a str>,
    /// What, a fixed word such as `link.mail`.
    pub action: &'static str,
    /// To what: its kind and id.
    pub object: Option<(&'static str, String)>,
}

/// An entry that was begun and must be completed.
#[derive(Debug)]
#[must_use = "an audit entry that is begun has to be completed"]
pub struct Begun {
    id: String,
    tenant: TenantId,
}

/// Writes down that something begins. Nothing may be done when this fails.
pub async fn begin(store: &Store, act: Act<'_>) -> Result<Begun> {
    let begun = Begun {
        id: Uuid::now_v7().to_string(),
        tenant: act.tenant.clone(),
    };
    row::Entity::insert(entry(&begun.id, act.tenant.as_str(), &act, "begun", None))
        .exec_without_returning(store.db())
        .await?;
    Ok(begun)
}

/// Writes down how it ended, with a fixed code.
pub async fn complete(
    store: &Store,
    begun: Begun,
    outcome: Outcome,
    detail: Option<&str>,
) -> Result<()> {
    row::Entity::update_many()
        .filter(row::Column::Id.eq(begun.id))
        .filter(row::Column::Tenant.eq(begun.tenant.as_str()))
        .col_expr(row::Column::CompletedAt, Expr::value(clock::millis()))
        .col_expr(row::Column::Result, Expr::value(outcome.word()))
        .col_expr(row::Column::Detail, Expr::value(detail.map(clean)))
        .exec(store.db())
        .await?;
    Ok(())
}

/// Writes down something that has already happened.
pub async fn happened(
    store: &Store,
    act: Act<'_>,
    outcome: Outcome,
    detail: Option<&str>,
) -> Result<()> {
    happened_in(store.db(), act, outcome, detail).await
}

/// Writes down something that happens with the transaction that it is written in.
pub async fn happened_in(
    transaction: &impl ConnectionTrait,
    act: Act<'_>,
    outcome: Outcome,
    detail: Option<&str>,
) -> Result<()> {
    let id = Uuid::now_v7().to_string();
    let mut entry = entry(&id, act.tenant.as_str(), &act, outcome.word(), detail);
    entry.completed_at = Set(Some(clock::millis()));
    row::Entity::insert(entry)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

/// Writes down a refused sign-in or call-back, of a tenant if one could be named.
pub async fn refused(
    store: &Store,
    tenant: Option<&TenantId>,
    action: &'static str,
    detail: &str,
) -> Result<()> {
    let now = clock::millis();
    let entry = row::ActiveModel {
        id: Set(Uuid::now_v7().to_string()),
        tenant: Set(tenant.map(ToString::to_string).unwrap_or_default()),
        person_id: Set(None),
        actor: Set(None),
        action: Set(action.to_owned()),
        object_kind: Set(None),
        object_id: Set(None),
        begun_at: Set(now),
        completed_at: Set(Some(now)),
        result: Set(Outcome::Refused.word().to_owned()),
        detail: Set(Some(clean(detail))),
    };
    row::Entity::insert(entry)
        .exec_without_returning(store.db())
        .await?;
    Ok(())
}

/// A page of a tenant's log, newest first, older than the entry `after`.
pub async fn page(
    store: &Store,
    tenant: &TenantId,
    first: u64,
    after: Option<(i64, String)>,
) -> Result<Vec<Entry>> {
    let mut query = row::Entity::find().filter(row::Column::Tenant.eq(tenant.as_str()));
    if let Some((begun_at, id)) = after {
        query = query.filter(
            Condition::any().add(row::Column::BegunAt.lt(begun_at)).add(
                Condition::all()
                    .add(row::Column::BegunAt.eq(begun_at))
                    .add(row::Column::Id.lt(id)),
            ),
        );
    }
    Ok(query
        .order_by_desc(row::Column::BegunAt)
        .order_by_desc(row::Column::Id)
        .limit(first)
        .all(store.db())
        .await?)
}

fn entry(
    id: &str,
    tenant: &str,
    act: &Act<'_>,
    result: &str,
    detail: Option<&str>,
) -> row::ActiveModel {
    let (kind, object) = act.object.clone().unzip();
    row::ActiveModel {
        id: Set(id.to_owned()),
        tenant: Set(tenant.to_owned()),
        person_id: Set(act.person.map(|it| it.to_string())),
        actor: Set(act.actor.map(clean)),
        action: Set(act.action.to_owned()),
        object_kind: Set(kind.map(str::to_owned)),
        object_id: Set(object.as_deref().map(clean)),
        begun_at: Set(clock::millis()),
        completed_at: Set(None),
        result: Set(result.to_owned()),
        detail: Set(detail.map(clean)),
    }
}

/// Without control characters, so that no id can forge a line of an export.
fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(1_000)
        .collect()
}
