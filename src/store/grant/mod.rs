//! The sealed tokens of people who connected an account, and the lease that lets one process renew them.

use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait as _, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, IntoActiveModel as _, PrimaryKeyTrait, QueryFilter as _,
    QueryOrder as _, Set,
};

use super::manifest::{StoredColumn, columns};
use super::{Error, Result, Store};
use crate::clock;
use crate::id::{PersonId, TenantId};

/// What is kept of each connected account.
pub const COLUMNS: &[StoredColumn] = columns! { "connection":
    "id" Id "Our own id of the connection, which its seals are bound to.";
    "tenant" Id "Whose rows it belongs to.";
    "person_id" Link "The person who connected the account.";
    "provider" Id "Whose account it is: microsoft or zoom.";
    "authority" Id "Where the account lives: the Entra tenant or the Zoom account.";
    "subject" Id "The account: Entra object id or Zoom user id.";
    "scopes" Setting "What the person agreed to.";
    "access_token" Secret "Calls the provider as the person.";
    "refresh_token" Secret "Renews the access token.";
    "access_expires_at" Time "When the access token ends.";
    "version" State "Counts renewals, so that a refused token is renewed once.";
    "lease_owner" State "Which process is renewing; empty while nobody may try.";
    "lease_until" Time "When the lease ends by itself.";
    "state" State "ACTIVE, or REAUTH_REQUIRED when the person must connect again.";
    "api_base" Setting "The provider's regional address for this account.";
    "connected_at" Time "When the person connected the account.";
    "updated_at" Time "When the row last changed.";
};

/// The connection works.
pub const ACTIVE: &str = "ACTIVE";
/// The person must connect again; the tokens are gone.
pub const REAUTH_REQUIRED: &str = "REAUTH_REQUIRED";

/// The lease's owner while a failed renewal rests: nobody.
const NOBODY: &str = "";

/// A connected account as stored; its tokens are sealed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "connection")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub tenant: String,
    pub person_id: String,
    pub provider: String,
    pub authority: String,
    pub subject: String,
    /// Separated by spaces.
    pub scopes: String,
    pub access_token: Option<Vec<u8>>,
    pub refresh_token: Option<Vec<u8>>,
    /// Unix milliseconds.
    pub access_expires_at: i64,
    pub version: i64,
    pub lease_owner: Option<String>,
    pub lease_until: Option<i64>,
    pub state: String,
    pub api_base: Option<String>,
    pub connected_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whose it is.
    pub fn owner(&self) -> Result<(TenantId, PersonId)> {
        let tenant = (self.tenant.parse()).map_err(|_| Error::Corrupt("connection.tenant"))?;
        let person = self.person_id.parse();
        let person = person.map_err(|_| Error::Corrupt("connection.person_id"))?;
        Ok((tenant, person))
    }

    /// Whether a failed renewal rests, and nobody is to try yet.
    pub fn resting(&self) -> bool {
        self.lease_owner.as_deref() == Some(NOBODY)
            && self
                .lease_until
                .is_some_and(|until| until > clock::millis())
    }
}

/// New tokens, sealed.
#[derive(Debug, Clone)]
pub struct Renewed {
    /// The access token.
    pub access_token: Vec<u8>,
    /// The refresh token; `None` keeps the one there is.
    pub refresh_token: Option<Vec<u8>>,
    /// When the access token ends, in Unix milliseconds.
    pub access_expires_at: i64,
    /// What it may do, separated by spaces; `None` when the provider did not say.
    pub scopes: Option<String>,
    /// The provider's regional address; `None` keeps the one there is.
    pub api_base: Option<String>,
}

/// A person's connection to a provider.
pub async fn of(
    store: &Store,
    tenant: &TenantId,
    person: PersonId,
    provider: &str,
) -> Result<Option<Model>> {
    Ok(Entity::find()
        .filter(theirs(tenant, person, provider))
        .one(store.db())
        .await?)
}

/// All connections of a person.
pub async fn all(store: &Store, tenant: &TenantId, person: PersonId) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Tenant.eq(tenant.as_str()))
        .filter(Column::PersonId.eq(person.to_string()))
        .order_by_asc(Column::Provider)
        .all(store.db())
        .await?)
}

/// The connections of one person who is known in several tenants, in the order of `selves`.
pub async fn of_selves(
    store: &Store,
    selves: &[(TenantId, PersonId)],
    provider: Option<&str>,
) -> Result<Vec<Model>> {
    let theirs = selves
        .iter()
        .fold(Condition::any(), |any, (tenant, person)| {
            let both = Condition::all()
                .add(Column::Tenant.eq(tenant.as_str()))
                .add(Column::PersonId.eq(person.to_string()));
            any.add(both)
        });
    let mut found = Entity::find().filter(theirs);
    if let Some(provider) = provider {
        found = found.filter(Column::Provider.eq(provider));
    }
    let mut rows = found.all(store.db()).await?;
    rows.sort_by_key(|row| {
        let place = selves
            .iter()
            .position(|(tenant, _)| tenant.as_str() == row.tenant);
        (place, row.provider.clone())
    });
    Ok(rows)
}

/// The connections to one account, whoever made them: the newest first.
pub async fn of_account(
    store: &Store,
    provider: &str,
    authority: &str,
    subject: &str,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Provider.eq(provider))
        .filter(Column::Authority.eq(authority))
        .filter(Column::Subject.eq(subject))
        .order_by_desc(Column::ConnectedAt)
        .all(store.db())
        .await?)
}

/// The accounts at a provider that people of this tenant have connected and that work, as authority and subject.
pub async fn accounts(
    store: &Store,
    tenant: &TenantId,
    provider: &str,
) -> Result<Vec<(String, String)>> {
    let rows = Entity::find()
        .filter(Column::Tenant.eq(tenant.as_str()))
        .filter(Column::Provider.eq(provider))
        .filter(Column::State.eq(ACTIVE))
        .all(store.db())
        .await?;
    let accounts = rows.into_iter().map(|row| (row.authority, row.subject));
    Ok(accounts.collect())
}

/// Puts a connection in the place of the one the person had with the provider.
pub async fn replace(
    store: &Store,
    tenant: &TenantId,
    person: PersonId,
    connection: Model,
) -> Result<()> {
    let transaction = store.begin().await?;
    Entity::delete_many()
        .filter(theirs(tenant, person, &connection.provider))
        .exec(&transaction)
        .await?;
    Entity::insert(connection.into_active_model())
        .exec_without_returning(&transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// Takes the right to renew version `version` until `until` (Unix milliseconds). False when somebody else has it or
/// the version is no longer that.
pub async fn lease(
    store: &Store,
    tenant: &TenantId,
    id: &str,
    version: i64,
    owner: &str,
    until: i64,
) -> Result<bool> {
    let free = Condition::any()
        .add(Column::LeaseUntil.is_null())
        .add(Column::LeaseUntil.lt(clock::millis()));
    let taken = Entity::update_many()
        .col_expr(Column::LeaseOwner, Expr::value(owner))
        .col_expr(Column::LeaseUntil, Expr::value(until))
        .filter(Column::Tenant.eq(tenant.as_str()))
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(version))
        .filter(Column::State.eq(ACTIVE))
        .filter(free)
        .exec(store.db())
        .await?;
    Ok(taken.rows_affected == 1)
}

/// Writes both new tokens at once and ends the lease. False when the connection was removed or replaced meanwhile.
pub async fn renew(
    store: &Store,
    tenant: &TenantId,
    id: &str,
    version: i64,
    renewed: Renewed,
) -> Result<bool> {
    let mut row = ActiveModel {
        access_token: Set(Some(renewed.access_token)),
        access_expires_at: Set(renewed.access_expires_at),
        version: Set(version + 1),
        lease_owner: Set(None),
        lease_until: Set(None),
        updated_at: Set(clock::millis()),
        ..ActiveModel::default()
    };
    if let Some(token) = renewed.refresh_token {
        row.refresh_token = Set(Some(token));
    }
    if let Some(scopes) = renewed.scopes {
        row.scopes = Set(scopes);
    }
    if let Some(base) = renewed.api_base {
        row.api_base = Set(Some(base));
    }
    change(store, tenant, id, version, row).await
}

/// Ends the lease after a failure that may pass; nobody tries again before `until` (Unix milliseconds).
pub async fn rest(
    store: &Store,
    tenant: &TenantId,
    id: &str,
    version: i64,
    until: i64,
) -> Result<bool> {
    let row = ActiveModel {
        lease_owner: Set(Some(NOBODY.to_owned())),
        lease_until: Set(Some(until)),
        ..ActiveModel::default()
    };
    change(store, tenant, id, version, row).await
}

/// Marks a connection as dead and drops its tokens: the person must connect again.
pub async fn end(store: &Store, tenant: &TenantId, id: &str, version: i64) -> Result<bool> {
    let row = ActiveModel {
        access_token: Set(None),
        refresh_token: Set(None),
        version: Set(version + 1),
        lease_owner: Set(None),
        lease_until: Set(None),
        state: Set(REAUTH_REQUIRED.to_owned()),
        updated_at: Set(clock::millis()),
        ..ActiveModel::default()
    };
    change(store, tenant, id, version, row).await
}

/// Deletes a person's connection with its sealed tokens, and answers what it was so that it can be revoked.
pub async fn remove(
    store: &Store,
    tenant: &TenantId,
    person: PersonId,
    provider: &str,
) -> Result<Option<Model>> {
    Ok(Entity::delete_many()
        .filter(theirs(tenant, person, provider))
        .exec_with_returning(store.db())
        .await?
        .pop())
}

/// All connections to a provider of a tenant's people.
pub async fn of_tenant(store: &Store, tenant: &TenantId, provider: &str) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Tenant.eq(tenant.as_str()))
        .filter(Column::Provider.eq(provider))
        .all(store.db())
        .await?)
}

async fn change(
    store: &Store,
    tenant: &TenantId,
    id: &str,
    version: i64,
    row: ActiveModel,
) -> Result<bool> {
    let changed = Entity::update_many()
        .set(row)
        .filter(Column::Tenant.eq(tenant.as_str()))
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(version))
        .exec(store.db())
        .await?;
    Ok(changed.rows_affected == 1)
}

fn theirs(tenant: &TenantId, person: PersonId, provider: &str) -> Condition {
    Condition::all()
        .add(Column::Tenant.eq(tenant.as_str()))
        .add(Column::PersonId.eq(person.to_string()))
        .add(Column::Provider.eq(provider))
}

#[cfg(test)]
mod tests;
