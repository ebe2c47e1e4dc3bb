//! Sign-ins under way at a provider: short-lived rows that are used once.

use sea_orm::{
    ActiveModelBehavior, ColumnTrait as _, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter as _, Set,
};

use super::manifest::{StoredColumn, columns};
use super::{Error, Result, Store};
use crate::clock;
use crate::id::{PersonId, TenantId};

/// What is kept of each sign-in under way.
pub const COLUMNS: &[StoredColumn] = columns! { "oauth_state":
    "id_hash" Id "The hash of the ticket or state that names the sign-in.";
    "tenant" Id "Whose rows it belongs to.";
    "person_id" Link "The person who began it.";
    "provider" Id "The provider they are sent to.";
    "verifier" Secret "The PKCE verifier that proves the code is ours to redeem.";
    "nonce" State "Ties the id token to this sign-in.";
    "browser_hash" State "The hash of a cookie: only the browser that began may finish.";
    "return_host" Setting "The add-in they came from: jira, outlook or teams.";
    "expires_at" Time "When it is no longer taken, ten minutes at most.";
};

/// A sign-in under way.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_state")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id_hash: String,
    pub tenant: String,
    pub person_id: String,
    pub provider: String,
    pub verifier: Option<Vec<u8>>,
    pub nonce: Option<String>,
    pub browser_hash: Option<String>,
    pub return_host: String,
    /// Unix milliseconds.
    pub expires_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whose row it is.
    pub fn tenant_id(&self) -> Result<TenantId> {
        self.tenant
            .parse()
            .map_err(|_| Error::Corrupt("oauth_state.tenant"))
    }

    /// Who began it.
    pub fn person(&self) -> Result<PersonId> {
        self.person_id
            .parse()
            .map_err(|_| Error::Corrupt("oauth_state.person_id"))
    }
}

/// Remembers a sign-in, and forgets those that were never finished.
pub async fn put(store: &Store, pending: Model) -> Result<()> {
    Entity::delete_many()
        .filter(Column::ExpiresAt.lt(clock::millis()))
        .exec(store.db())
        .await?;
    Entity::insert(ActiveModel {
        id_hash: Set(pending.id_hash),
        tenant: Set(pending.tenant),
        person_id: Set(pending.person_id),
        provider: Set(pending.provider),
        verifier: Set(pending.verifier),
        nonce: Set(pending.nonce),
        browser_hash: Set(pending.browser_hash),
        return_host: Set(pending.return_host),
        expires_at: Set(pending.expires_at),
    })
    .exec_without_returning(store.db())
    .await?;
    Ok(())
}

/// Looks at a sign-in and leaves it; `None` after its time.
pub async fn peek(store: &Store, id_hash: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id_hash)
        .filter(Column::ExpiresAt.gt(clock::millis()))
        .one(store.db())
        .await?)
}

/// Takes a sign-in away: of all who ask for the same, one gets it, and only before it expires.
pub async fn take(store: &Store, id_hash: &str) -> Result<Option<Model>> {
    let taken = Entity::delete_many()
        .filter(Column::IdHash.eq(id_hash))
        .exec_with_returning(store.db())
        .await?
        .pop();
    Ok(taken.filter(|pending| pending.expires_at > clock::millis()))
}

#[cfg(test)]
mod tests {
    use super::{Model, put, take};
    use crate::clock;
    use crate::store::Store;

    #[tokio::test]
    async fn a_state_is_taken_once_and_never_after_its_time() {
        let store = Store::connect("sqlite::memory:").await.unwrap();
        store.migrate().await.unwrap();
        let pending = |id_hash: &str, expires_at| Model {
            id_hash: id_hash.to_owned(),
            tenant: "t".to_owned(),
            person_id: "p".to_owned(),
            provider: "zoom".to_owned(),
            verifier: None,
            nonce: None,
            browser_hash: None,
            return_host: "jira".to_owned(),
            expires_at,
        };
        let now = clock::millis();
        put(&store, pending("a", now + 60_000)).await.unwrap();
        put(&store, pending("b", now - 1)).await.unwrap();
        assert!(take(&store, "a").await.unwrap().is_some());
        assert!(take(&store, "a").await.unwrap().is_none());
        assert!(take(&store, "b").await.unwrap().is_none());
    }
}
