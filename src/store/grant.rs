//! The sealed tokens of people who connected an account, and the lease that lets one process renew them.

use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait as _, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, IntoActiveModel as _, PrimaryKeyTrait, QueryFilter as _,
    QueryOrder as _, Set,
};

use super::manifest::{StoredColumn, columns};
use super::{Result, Store};
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
mod tests {
    use super::{ACTIVE, Model, REAUTH_REQUIRED, Renewed};
    use crate::clock;
    use crate::id::{PersonId, SiteId, TenantId};
    use crate::store::person::{self, Subject};
    use crate::store::{Store, grant};

    async fn given_a_connection() -> (Store, TenantId, PersonId, Model) {
        let store = Store::connect("sqlite::memory:").await.unwrap();
        store.migrate().await.unwrap();
        let tenant = TenantId::of_site(SiteId::random());
        let jira = Subject {
            provider: "jira",
            authority: "site".to_owned(),
            subject: "alice".to_owned(),
        };
        let person = person::of_or_made(&store, &tenant, &jira).await.unwrap();
        let row = Model {
            id: "c1".to_owned(),
            tenant: tenant.as_str().to_owned(),
            person_id: person.to_string(),
            provider: "zoom".to_owned(),
            authority: "account".to_owned(),
            subject: "user".to_owned(),
            scopes: "user:read:user".to_owned(),
            access_token: Some(vec![1]),
            refresh_token: Some(vec![2]),
            access_expires_at: 10,
            version: 1,
            lease_owner: None,
            lease_until: None,
            state: ACTIVE.to_owned(),
            api_base: None,
            connected_at: 5,
            updated_at: 5,
        };
        grant::replace(&store, &tenant, person, row.clone())
            .await
            .unwrap();
        (store, tenant, person, row)
    }

    fn tokens() -> Renewed {
        Renewed {
            access_token: vec![3],
            refresh_token: Some(vec![4]),
            access_expires_at: 99,
            scopes: None,
            api_base: None,
        }
    }

    #[tokio::test]
    async fn one_of_many_gets_the_lease_and_a_dead_owner_loses_it() {
        let (store, tenant, person, row) = given_a_connection().await;
        let soon = clock::millis() + 30_000;
        let mut taken = 0;
        for owner in ["a", "b", "c"] {
            taken += i32::from(
                grant::lease(&store, &tenant, &row.id, 1, owner, soon)
                    .await
                    .unwrap(),
            );
        }
        assert_eq!(taken, 1);
        assert!(
            grant::renew(&store, &tenant, &row.id, 1, tokens())
                .await
                .unwrap()
        );
        let after = grant::of(&store, &tenant, person, "zoom")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (
                after.version,
                after.access_token,
                after.refresh_token,
                after.lease_until
            ),
            (2, Some(vec![3]), Some(vec![4]), None)
        );
        // The old version is nobody's to renew any more.
        assert!(
            !grant::lease(&store, &tenant, &row.id, 1, "d", soon)
                .await
                .unwrap()
        );
        assert!(
            !grant::renew(&store, &tenant, &row.id, 1, tokens())
                .await
                .unwrap()
        );
        let past = clock::millis() - 1;
        assert!(
            grant::lease(&store, &tenant, &row.id, 2, "dies", past)
                .await
                .unwrap()
        );
        assert!(
            grant::lease(&store, &tenant, &row.id, 2, "next", soon)
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn another_tenant_neither_sees_nor_touches_it() {
        let (store, _, person, row) = given_a_connection().await;
        let other = TenantId::of_site(SiteId::random());
        let soon = clock::millis() + 30_000;
        assert_eq!(
            grant::of(&store, &other, person, "zoom").await.unwrap(),
            None
        );
        assert!(
            !grant::lease(&store, &other, &row.id, 1, "x", soon)
                .await
                .unwrap()
        );
        assert!(
            !grant::renew(&store, &other, &row.id, 1, tokens())
                .await
                .unwrap()
        );
        assert!(!grant::end(&store, &other, &row.id, 1).await.unwrap());
        assert_eq!(
            grant::remove(&store, &other, person, "zoom").await.unwrap(),
            None
        );
    }

    #[tokio::test]
    async fn an_ended_connection_has_no_tokens_and_a_resting_one_waits() {
        let (store, tenant, person, row) = given_a_connection().await;
        let soon = clock::millis() + 30_000;
        assert!(
            grant::rest(&store, &tenant, &row.id, 1, soon)
                .await
                .unwrap()
        );
        let resting = grant::of(&store, &tenant, person, "zoom")
            .await
            .unwrap()
            .unwrap();
        assert!(resting.resting());
        assert!(
            !grant::lease(&store, &tenant, &row.id, 1, "x", soon)
                .await
                .unwrap()
        );
        assert!(grant::end(&store, &tenant, &row.id, 1).await.unwrap());
        let ended = grant::of(&store, &tenant, person, "zoom")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(ended.state, REAUTH_REQUIRED);
        assert_eq!((ended.access_token, ended.refresh_token), (None, None));
        assert!(
            grant::remove(&store, &tenant, person, "zoom")
                .await
                .unwrap()
                .is_some()
        );
        assert_eq!(
            grant::remove(&store, &tenant, person, "zoom")
                .await
                .unwrap(),
            None
        );
    }
}
