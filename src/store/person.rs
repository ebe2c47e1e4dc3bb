//! People, and the accounts each has proved to be theirs by signing in.

use sea_orm::sea_query::{Condition, OnConflict, Query, SelectStatement};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait as _, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter as _, QueryOrder as _, Set,
    TryInsertResult,
};

use super::manifest::{StoredColumn, columns};
use super::{Error, Result, Store, grant};
use crate::clock;
use crate::id::{PersonId, SiteId, TenantId};

/// What is kept of each person.
pub const COLUMNS: &[StoredColumn] = columns! { "person":
    "id" Id "Our own id of a person: a random number.";
    "tenant" Id "Whose rows it belongs to.";
    "created_at" Time "When the person first signed in.";
};

/// What is kept of each account of a person.
pub const IDENTITY_COLUMNS: &[StoredColumn] = columns! { "identity":
    "tenant" Id "Whose rows it belongs to.";
    "provider" Id "Who vouches for the account: jira, microsoft or zoom.";
    "authority" Id "Where the account lives: our site id, the Entra tenant or the Zoom account.";
    "subject" Id "The account: Atlassian account id, Entra object id or Zoom user id.";
    "person_id" Link "The person whose account it is.";
};

/// An account as its provider knows it. All ids; none is ever an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The provider's name.
    pub provider: &'static str,
    /// Our site id, the Entra tenant or the Zoom account.
    pub authority: String,
    /// The account's id there.
    pub subject: String,
}

/// An account of a person, as stored.
pub type Identity = identity::Model;

mod identity {
    use sea_orm::{
        ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
        EnumIter, PrimaryKeyTrait,
    };

    /// An account of a person, as stored.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "identity")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub provider: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub authority: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject: String,
        pub person_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    tenant: String,
    created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Identity {
    /// Whose row it is.
    pub fn tenant_id(&self) -> Result<TenantId> {
        self.tenant
            .parse()
            .map_err(|_| Error::Corrupt("identity.tenant"))
    }

    /// Whose account it is.
    pub fn person(&self) -> Result<PersonId> {
        self.person_id
            .parse()
            .map_err(|_| Error::Corrupt("identity.person_id"))
    }
}

/// The person of this account in this tenant.
pub async fn of(store: &Store, tenant: &TenantId, subject: &Subject) -> Result<Option<PersonId>> {
    let found = identity::Entity::find_by_id((
        tenant.as_str().to_owned(),
        subject.provider.to_owned(),
        subject.authority.clone(),
        subject.subject.clone(),
    ))
    .one(store.db())
    .await?;
    found.map(|identity| identity.person()).transpose()
}

/// The identities of these accounts, in whatever tenant.
pub async fn of_accounts(store: &Store, subjects: &[&str]) -> Result<Vec<Identity>> {
    let found = identity::Entity::find().filter(identity::Column::Subject.is_in(subjects.to_vec()));
    Ok(found.all(store.db()).await?)
}

/// The Microsoft accounts of a site's people: of those who opened its panel, and of those who connected it.
pub(super) fn at_microsoft(site: SiteId) -> SelectStatement {
    let connected = Query::select()
        .column(identity::Column::PersonId)
        .from(identity::Entity)
        .and_where(identity::Column::Provider.eq("jira"))
        .and_where(identity::Column::Authority.eq(site.to_string()))
        .to_owned();
    let theirs = Condition::any()
        .add(identity::Column::Tenant.eq(TenantId::of_site(site).as_str()))
        .add(identity::Column::PersonId.in_subquery(connected));
    Query::select()
        .column(identity::Column::Subject)
        .from(identity::Entity)
        .and_where(identity::Column::Provider.eq("microsoft"))
        .cond_where(theirs)
        .to_owned()
}

/// The person of this account in this tenant, made on first sight. Of many who ask at once, all get the same.
pub async fn of_or_made(store: &Store, tenant: &TenantId, subject: &Subject) -> Result<PersonId> {
    if let Some(person) = of(store, tenant, subject).await? {
        return Ok(person);
    }
    let person = PersonId::random();
    let transaction = store.begin().await?;
    Entity::insert(ActiveModel {
        id: Set(person.to_string()),
        tenant: Set(tenant.as_str().to_owned()),
        created_at: Set(clock::millis()),
    })
    .exec_without_returning(&transaction)
    .await?;
    let joined = identity::Entity::insert(row(tenant, person, subject))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(&transaction)
        .await?;
    if matches!(joined, TryInsertResult::Inserted(1)) {
        transaction.commit().await?;
        return Ok(person);
    }
    transaction.rollback().await?;
    of(store, tenant, subject)
        .await?
        .ok_or(Error::Corrupt("identity.subject"))
}

/// Joins an account to a person who has just signed in to it, under each of its `identities`: usually itself, for
/// Jira one for each site. The account leaves whoever had it in this tenant, with the tokens they had for it, and the
/// person's former account at that provider is forgotten.
pub async fn join(
    store: &Store,
    tenant: &TenantId,
    person: PersonId,
    account: &Subject,
    identities: &[Subject],
) -> Result<()> {
    let transaction = store.begin().await?;
    let former = identity::Column::PersonId.eq(person.to_string());
    let others = Condition::all()
        .add(identity::Column::Subject.eq(&account.subject))
        .add(identity::Column::Authority.is_in(identities.iter().map(|it| &it.authority)));
    identity::Entity::delete_many()
        .filter(identity::Column::Tenant.eq(tenant.as_str()))
        .filter(identity::Column::Provider.eq(account.provider))
        .filter(Condition::any().add(former).add(others))
        .exec(&transaction)
        .await?;
    grant::Entity::delete_many()
        .filter(grant::Column::Tenant.eq(tenant.as_str()))
        .filter(grant::Column::Provider.eq(account.provider))
        .filter(grant::Column::Authority.eq(&account.authority))
        .filter(grant::Column::Subject.eq(&account.subject))
        .filter(grant::Column::PersonId.ne(person.to_string()))
        .exec(&transaction)
        .await?;
    for identity in identities {
        identity::Entity::insert(row(tenant, person, identity))
            .on_conflict(
                OnConflict::columns([
                    identity::Column::Tenant,
                    identity::Column::Provider,
                    identity::Column::Authority,
                    identity::Column::Subject,
                ])
                .update_column(identity::Column::PersonId)
                .to_owned(),
            )
            .exec_without_returning(&transaction)
            .await?;
    }
    Ok(transaction.commit().await?)
}

/// Takes a provider's account away from a person.
pub async fn part(
    store: &Store,
    tenant: &TenantId,
    person: PersonId,
    provider: &str,
) -> Result<()> {
    identity::Entity::delete_many()
        .filter(identity::Column::Tenant.eq(tenant.as_str()))
        .filter(identity::Column::Provider.eq(provider))
        .filter(identity::Column::PersonId.eq(person.to_string()))
        .exec(store.db())
        .await?;
    Ok(())
}

/// Every account of a person.
pub async fn identities(
    store: &Store,
    tenant: &TenantId,
    person: PersonId,
) -> Result<Vec<Identity>> {
    Ok(identity::Entity::find()
        .filter(identity::Column::Tenant.eq(tenant.as_str()))
        .filter(identity::Column::PersonId.eq(person.to_string()))
        .order_by_asc(identity::Column::Provider)
        .order_by_asc(identity::Column::Subject)
        .all(store.db())
        .await?)
}

/// The same account in every tenant where somebody signed in to it. The one read across tenants: it answers a
/// verified owner of the account, and only what is theirs.
pub async fn everywhere(store: &Store, subject: &Subject) -> Result<Vec<Identity>> {
    Ok(identity::Entity::find()
        .filter(identity::Column::Provider.eq(subject.provider))
        .filter(identity::Column::Authority.eq(&subject.authority))
        .filter(identity::Column::Subject.eq(&subject.subject))
        .order_by_asc(identity::Column::Tenant)
        .all(store.db())
        .await?)
}

fn row(tenant: &TenantId, person: PersonId, subject: &Subject) -> identity::ActiveModel {
    identity::ActiveModel {
        tenant: Set(tenant.as_str().to_owned()),
        provider: Set(subject.provider.to_owned()),
        authority: Set(subject.authority.clone()),
        subject: Set(subject.subject.clone()),
        person_id: Set(person.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use sea_orm::EntityTrait as _;

    use super::{Entity, Subject, everywhere, identities, join, of, of_or_made};
    use crate::id::{SiteId, TenantId};
    use crate::store::Store;

    fn account(provider: &'static str, subject: &str) -> Subject {
        Subject {
            provider,
            authority: "there".to_owned(),
            subject: subject.to_owned(),
        }
    }

    async fn given_a_store() -> Store {
        let folder = std::env::temp_dir().join(format!("trefoil-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        let url = format!("sqlite://{}/a.db?mode=rwc", folder.display());
        let store = Store::connect(&url).await.unwrap();
        store.migrate().await.unwrap();
        store
    }

    #[tokio::test]
    async fn of_many_first_requests_at_once_all_get_the_same_person() {
        let store = given_a_store().await;
        let tenant = TenantId::of_site(SiteId::random());
        let alice = account("jira", "alice");
        let seen = join_all((0..20).map(|_| of_or_made(&store, &tenant, &alice))).await;
        let first = *seen[0].as_ref().unwrap();
        assert!(seen.iter().all(|person| *person.as_ref().unwrap() == first));
        let people = Entity::find().all(store.db()).await.unwrap();
        assert_eq!(people.len(), 1);
    }

    #[tokio::test]
    async fn an_account_moves_within_a_tenant_and_stays_apart_across_tenants() {
        let store = given_a_store().await;
        let acme = TenantId::of_site(SiteId::random());
        let globex = TenantId::of_site(SiteId::random());
        let mail = account("microsoft", "oid");
        let alice = of_or_made(&store, &acme, &account("jira", "alice"))
            .await
            .unwrap();
        let bob = of_or_made(&store, &acme, &account("jira", "bob"))
            .await
            .unwrap();
        let frank = of_or_made(&store, &globex, &account("jira", "frank"))
            .await
            .unwrap();
        for (tenant, person) in [(&acme, alice), (&globex, frank), (&acme, bob)] {
            let itself = std::slice::from_ref(&mail);
            join(&store, tenant, person, &mail, itself).await.unwrap();
        }
        assert_eq!(of(&store, &acme, &mail).await.unwrap(), Some(bob));
        assert_eq!(of(&store, &globex, &mail).await.unwrap(), Some(frank));
        assert_eq!(everywhere(&store, &mail).await.unwrap().len(), 2);
        assert_eq!(identities(&store, &acme, alice).await.unwrap().len(), 1);
    }
}
