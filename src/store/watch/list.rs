//! Finding rows: those of a site's people for its administrators, and those that were made with somebody's rights.

use std::collections::HashMap;

use sea_orm::sea_query::Condition;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::{Column, Entity, Model, Watch, wish};
use crate::event::Personal;
use crate::id::{EntraUser, PersonId, SiteId, TenantId};
use crate::store::person::{self, Identity};
use crate::store::{Result, Store};

/// A row as administrators see it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The row.
    pub watch: Watch,
    /// Whose it is.
    pub person: Option<PersonId>,
    /// How many listen, at all gateways together.
    pub listeners: i64,
}

/// A page of what exists for the people of a site, newest first, older than the row `after`.
pub async fn of_site(
    store: &Store,
    site: SiteId,
    first: u64,
    after: Option<(i64, String)>,
) -> Result<Vec<Listed>> {
    let tenant = TenantId::of_site(site);
    // An object id of Entra's is nobody else's in any tenant.
    let theirs = Condition::any()
        .add(Column::Tenant.eq(tenant.as_str()))
        .add(Column::Owner.in_subquery(person::at_microsoft(site)));
    // Which list is the default one is being found out; its tasks have a row of their own then.
    let passing = Condition::all()
        .add(Column::What.eq(Personal::Tasks.as_str()))
        .add(Column::Object.eq(""))
        .add(Column::Obstacle.is_null());
    let mut query = Entity::find().filter(theirs).filter(passing.not());
    if let Some((created_at, id)) = after {
        let same = Condition::all()
            .add(Column::CreatedAt.eq(created_at))
            .add(Column::Id.lt(id));
        let older = Condition::any().add(Column::CreatedAt.lt(created_at));
        query = query.filter(older.add(same));
    }
    let rows = query
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(first)
        .all(store.db())
        .await?;
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let listeners: HashMap<_, _> = wish::listeners(store, &ids).await?.into_iter().collect();
    let owners: Vec<&str> = rows.iter().map(|row| row.owner.as_str()).collect();
    let accounts = person::of_accounts(store, &owners).await?;
    let mut listed = Vec::new();
    for row in rows {
        listed.push(Listed {
            listeners: listeners.get(&row.id).copied().unwrap_or_default(),
            person: owner(&row, &accounts, &tenant),
            watch: row.try_into()?,
        });
    }
    Ok(listed)
}

/// One row.
pub async fn by_id(store: &Store, id: &str) -> Result<Option<Watch>> {
    let row = Entity::find_by_id(id).one(store.db()).await?;
    row.map(TryInto::try_into).transpose()
}

/// The rows with a subscription that was made with this person's rights at Microsoft.
pub async fn made_by(store: &Store, who: EntraUser) -> Result<Vec<Watch>> {
    let rows = Entity::find()
        .filter(Column::Tenant.eq(TenantId::of_entra(who.tid).as_str()))
        .filter(Column::Owner.eq(who.oid.to_string()))
        .filter(Column::SubscriptionId.is_not_null())
        .all(store.db())
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The person whose account a row names: as the site knows them, else as they are known at home.
fn owner(row: &Model, accounts: &[Identity], tenant: &TenantId) -> Option<PersonId> {
    let mut same = accounts
        .iter()
        .filter(|it| it.provider == row.provider && it.subject == row.owner);
    let there = same.clone().find(|it| it.tenant == tenant.as_str());
    let known = there.or_else(|| same.find(|it| it.tenant == row.tenant));
    known.and_then(|it| it.person().ok())
}
