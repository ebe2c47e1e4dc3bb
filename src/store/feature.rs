//! What the administrators of a site have switched off.

use sea_orm::ConnectionTrait as _;
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, OnConflict, Query};

use super::manifest::{StoredColumn, columns};
use super::{Result, Store};
use crate::clock;
use crate::feature::{Feature, Features};
use crate::id::TenantId;

/// What is kept of each feature that is off.
pub const COLUMNS: &[StoredColumn] = columns! { "feature":
    "tenant" Id "The site whose administrators switched it off.";
    "name" Setting "Which feature is off; what has no row is on.";
    "changed_at" Time "When it was switched off.";
};

const TABLE: &str = "feature";

/// Which features of a site are on.
pub async fn of(store: &Store, tenant: &TenantId) -> Result<Features> {
    let mut select = Query::select();
    select
        .column(Alias::new("name"))
        .from(Alias::new(TABLE))
        .and_where(Expr::col(Alias::new("tenant")).eq(tenant.as_str()));
    let mut features = Features::default();
    for row in store.db().query_all(&select).await? {
        let name: String = row.try_get("", "name")?;
        if let Some(feature) = Feature::parse(&name) {
            features = features.without(feature);
        }
    }
    Ok(features)
}

/// Switches a feature of a site on or off.
pub async fn set(store: &Store, tenant: &TenantId, feature: Feature, on: bool) -> Result<()> {
    let named = ["tenant", "name"].map(Alias::new);
    if on {
        let mut delete = Query::delete();
        delete
            .from_table(Alias::new(TABLE))
            .and_where(Expr::col(named[0].clone()).eq(tenant.as_str()))
            .and_where(Expr::col(named[1].clone()).eq(feature.as_str()));
        store.db().execute(&delete).await?;
        return Ok(());
    }
    let mut insert = Query::insert();
    insert
        .into_table(Alias::new(TABLE))
        .columns(["tenant", "name", "changed_at"].map(Alias::new))
        .values_panic([
            tenant.as_str().into(),
            feature.as_str().into(),
            clock::millis().into(),
        ])
        .on_conflict(OnConflict::columns(named).do_nothing().to_owned());
    store.db().execute(&insert).await?;
    Ok(())
}
