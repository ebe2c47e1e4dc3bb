//! The Jira sites that installed Trefoil.

use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait as _, ConnectionTrait as _, DeriveEntityModel,
    DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter as _,
    QueryOrder as _, Set,
};
use url::Url;

use super::manifest::{StoredColumn, columns};
use super::{Error, Result, Store};
use crate::clock;
use crate::id::{SiteId, TenantId};

/// Begins the client key of a site that has never installed the app; Atlassian's own are none like it.
const UNINSTALLED: &str = "cloud:";
/// Begins the client key of a Data Center site, which has none; its name in the settings follows.
const DATA_CENTER: &str = "data-center:";

/// What is kept of each site.
pub const COLUMNS: &[StoredColumn] = columns! { "installation":
    "id" Id "Our own id of the site, which tenants and issue ids are built on.";
    "client_key" Id "Atlassian's id of the site, to find whose secret verifies a token.";
    "app_key" Setting "The key of the app that was installed.";
    "base_url" Setting "The site's address, to call it and to let only it frame the panel.";
    "product" Setting "Which product it is: jira or confluence.";
    "oauth_client_id" Id "Names the installation when a person's own access token is asked for.";
    "shared_secret" Secret "Verifies the site's tokens and signs requests for its people's access tokens.";
    "previous_secret" Secret "The secret before the last re-installation, for tokens in flight.";
    "previous_until" Time "When the previous secret stops counting.";
    "enabled" State "Whether the site's administrators have the app switched on.";
    "installed_at" Time "When the site first installed the app.";
    "updated_at" Time "When the row last changed.";
    "uninstalled_at" Time "When the app was removed; everything but this row and the audit log went with it.";
    "cloud_id" Id "Atlassian's other id of the site, by which people who connected Jira reach it.";
};

/// A site as stored; its secrets are sealed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "installation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub client_key: String,
    pub app_key: String,
    pub base_url: String,
    pub product: String,
    pub oauth_client_id: Option<String>,
    pub shared_secret: Option<Vec<u8>>,
    pub previous_secret: Option<Vec<u8>>,
    pub previous_until: Option<i64>,
    pub enabled: bool,
    pub installed_at: i64,
    pub updated_at: i64,
    pub uninstalled_at: Option<i64>,
    pub cloud_id: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Our id of the site.
    pub fn site(&self) -> Result<SiteId> {
        self.id
            .parse()
            .map_err(|_| Error::Corrupt("installation.id"))
    }

    /// The site's address.
    pub fn address(&self) -> Result<Url> {
        Url::parse(&self.base_url).map_err(|_| Error::Corrupt("installation.base_url"))
    }
}

/// What a verified `installed` callback told.
#[derive(Debug, Clone)]
pub struct Installed {
    /// The key of the app.
    pub app_key: String,
    /// The site's address.
    pub base_url: Url,
    /// The product.
    pub product: String,
    /// The client id for user impersonation.
    pub oauth_client_id: Option<String>,
    /// The new secret, sealed.
    pub shared_secret: Vec<u8>,
    /// The secret before, sealed anew, and when it stops counting in Unix milliseconds.
    pub previous: Option<(Vec<u8>, i64)>,
}

/// The site with this client key, installed or not.
pub async fn by_client_key(store: &Store, client_key: &str) -> Result<Option<Model>> {
    Ok(Entity::find()
        .filter(Column::ClientKey.eq(client_key))
        .one(store.db())
        .await?)
}

/// The site with this id, installed or not.
pub async fn by_site(store: &Store, site: SiteId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(site.to_string()).one(store.db()).await?)
}

/// The row of a client key, made without secrets and switched off when there is none. Safe to race.
pub async fn reserve(store: &Store, client_key: &str) -> Result<Model> {
    let now = clock::millis();
    Entity::insert(ActiveModel {
        id: Set(SiteId::random().to_string()),
        client_key: Set(client_key.to_owned()),
        app_key: Set(String::new()),
        base_url: Set(String::new()),
        product: Set(String::new()),
        oauth_client_id: Set(None),
        shared_secret: Set(None),
        previous_secret: Set(None),
        previous_until: Set(None),
        enabled: Set(false),
        installed_at: Set(now),
        updated_at: Set(now),
        uninstalled_at: Set(None),
        cloud_id: Set(None),
    })
    .on_conflict(
        OnConflict::column(Column::ClientKey)
            .do_nothing()
            .to_owned(),
    )
    .try_insert()
    .exec_without_returning(store.db())
    .await?;
    by_client_key(store, client_key)
        .await?
        .ok_or(Error::Corrupt("installation.client_key"))
}

/// Gives the row of a site that people connected before it installed the app to its installation, so that both know it
/// by one id.
pub async fn adopt(store: &Store, client_key: &str, address: &Url) -> Result<()> {
    if by_client_key(store, client_key).await?.is_some() {
        return Ok(());
    }
    let connected = Entity::find()
        .filter(Column::BaseUrl.eq(address.to_string()))
        .filter(Column::ClientKey.starts_with(UNINSTALLED))
        .order_by_desc(Column::UpdatedAt)
        .one(store.db())
        .await?;
    if let Some(row) = connected {
        Entity::update_many()
            .col_expr(Column::ClientKey, Expr::value(client_key))
            .filter(Column::Id.eq(row.id))
            .filter(Column::ClientKey.eq(row.client_key))
            .exec(store.db())
            .await?;
    }
    Ok(())
}

/// The site that Atlassian lists by this cloud id and address: the one that installed the app there, else a row of its
/// own, without secrets and switched off. Safe to race.
pub async fn of_cloud(store: &Store, cloud_id: &str, address: &Url) -> Result<Model> {
    if let Some(row) = by_cloud_id(store, cloud_id).await? {
        let renamed = row.base_url != address.as_str();
        // An installation tells its own address.
        if !renamed || !row.client_key.starts_with(UNINSTALLED) {
            return Ok(row);
        }
        Entity::update_many()
            .col_expr(Column::BaseUrl, Expr::value(address.as_str()))
            .filter(Column::Id.eq(&row.id))
            .exec(store.db())
            .await?;
        return Ok(Model {
            base_url: address.to_string(),
            ..row
        });
    }
    let installed = Entity::find()
        .filter(Column::BaseUrl.eq(address.as_str()))
        .filter(Column::CloudId.is_null())
        .order_by_desc(Column::Enabled)
        .order_by_desc(Column::UpdatedAt)
        .one(store.db())
        .await?;
    // Whoever comes second finds what the first one wrote.
    let written = match installed {
        Some(row) => Entity::update_many()
            .col_expr(Column::CloudId, Expr::value(cloud_id))
            .filter(Column::Id.eq(row.id))
            .filter(Column::CloudId.is_null())
            .exec(store.db())
            .await
            .map(drop),
        None => Entity::insert(connected(cloud_id, address))
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(store.db())
            .await
            .map(drop),
    };
    match (by_cloud_id(store, cloud_id).await?, written) {
        (Some(row), _) => Ok(row),
        (None, Err(error)) => Err(error.into()),
        (None, Ok(())) => Err(Error::Corrupt("installation.cloud_id")),
    }
}

/// The site that Atlassian lists by this cloud id, installed or not.
pub async fn by_cloud_id(store: &Store, cloud_id: &str) -> Result<Option<Model>> {
    Ok(Entity::find()
        .filter(Column::CloudId.eq(cloud_id))
        .one(store.db())
        .await?)
}

/// The site at this address that people connected, installed or not.
pub async fn connected_at(store: &Store, address: &Url) -> Result<Option<Model>> {
    Ok(Entity::find()
        .filter(Column::BaseUrl.eq(address.as_str()))
        .filter(Column::CloudId.is_not_null())
        .order_by_desc(Column::UpdatedAt)
        .one(store.db())
        .await?)
}

/// The Data Center site of this name in the settings: a row of its own, without secrets and switched off. Safe to race.
pub async fn of_data_center(store: &Store, name: &str, address: &Url) -> Result<Model> {
    let client_key = format!("{DATA_CENTER}{name}");
    let row = match by_client_key(store, &client_key).await? {
        Some(row) => row,
        None => reserve(store, &client_key).await?,
    };
    if row.base_url == address.as_str() {
        return Ok(row);
    }
    Entity::update_many()
        .col_expr(Column::BaseUrl, Expr::value(address.as_str()))
        .col_expr(Column::Product, Expr::value("jira"))
        .filter(Column::Id.eq(&row.id))
        .exec(store.db())
        .await?;
    Ok(Model {
        base_url: address.to_string(),
        product: "jira".to_owned(),
        ..row
    })
}

/// A site that only its people know.
fn connected(cloud_id: &str, address: &Url) -> ActiveModel {
    let now = clock::millis();
    ActiveModel {
        id: Set(SiteId::random().to_string()),
        client_key: Set(format!("{UNINSTALLED}{cloud_id}")),
        app_key: Set(String::new()),
        base_url: Set(address.to_string()),
        product: Set("jira".to_owned()),
        oauth_client_id: Set(None),
        shared_secret: Set(None),
        previous_secret: Set(None),
        previous_until: Set(None),
        enabled: Set(false),
        installed_at: Set(now),
        updated_at: Set(now),
        uninstalled_at: Set(None),
        cloud_id: Set(Some(cloud_id.to_owned())),
    }
}

/// Writes a verified installation and switches it on.
pub async fn install(store: &Store, site: SiteId, installed: Installed) -> Result<()> {
    let (previous_secret, previous_until) = installed.previous.unzip();
    Entity::update_many()
        .set(ActiveModel {
            app_key: Set(installed.app_key),
            base_url: Set(installed.base_url.to_string()),
            product: Set(installed.product),
            oauth_client_id: Set(installed.oauth_client_id),
            shared_secret: Set(Some(installed.shared_secret)),
            previous_secret: Set(previous_secret),
            previous_until: Set(previous_until),
            enabled: Set(true),
            updated_at: Set(clock::millis()),
            uninstalled_at: Set(None),
            ..ActiveModel::default()
        })
        .filter(Column::Id.eq(site.to_string()))
        .exec(store.db())
        .await?;
    Ok(())
}

/// Switches an installed site on or off.
pub async fn enable(store: &Store, site: SiteId, enabled: bool) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Enabled, Expr::value(enabled))
        .col_expr(Column::UpdatedAt, Expr::value(clock::millis()))
        .filter(Column::Id.eq(site.to_string()))
        .filter(Column::UninstalledAt.is_null())
        .exec(store.db())
        .await?;
    Ok(())
}

/// Forgets everything of a site but its id and the audit log, in one transaction.
pub async fn uninstall(store: &Store, site: SiteId) -> Result<()> {
    let tenant = TenantId::of_site(site);
    let now = clock::millis();
    let transaction = store.begin().await?;
    for table in [
        "oauth_state",
        "connection",
        "identity",
        "link",
        "transfer",
        "feature",
        "idempotency",
        "person",
    ] {
        let mut delete = Query::delete();
        delete
            .from_table(table)
            .and_where(Expr::col("tenant").eq(tenant.as_str()));
        transaction.execute(&delete).await?;
    }
    Entity::update_many()
        .set(ActiveModel {
            oauth_client_id: Set(None),
            shared_secret: Set(None),
            previous_secret: Set(None),
            previous_until: Set(None),
            enabled: Set(false),
            updated_at: Set(now),
            uninstalled_at: Set(Some(now)),
            ..ActiveModel::default()
        })
        .filter(Column::Id.eq(site.to_string()))
        .exec(&transaction)
        .await?;
    Ok(transaction.commit().await?)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{Installed, adopt, by_client_key, enable, install, of_cloud, reserve, uninstall};
    use crate::id::TenantId;
    use crate::store::Store;
    use crate::store::person::{self, Subject};

    fn installed() -> Installed {
        Installed {
            app_key: "app".to_owned(),
            base_url: "https://acme.atlassian.net".parse().unwrap(),
            product: "jira".to_owned(),
            oauth_client_id: Some("client".to_owned()),
            shared_secret: vec![1],
            previous: None,
        }
    }

    #[tokio::test]
    async fn a_site_is_one_whether_it_is_connected_or_installed_first() {
        let store = Store::connect("sqlite::memory:").await.unwrap();
        store.migrate().await.unwrap();
        let address = installed().base_url;
        let connected = of_cloud(&store, "c-1", &address).await.unwrap();
        adopt(&store, "acme", &address).await.unwrap();
        let row = reserve(&store, "acme").await.unwrap();
        assert_eq!(row.id, connected.id);
        install(&store, row.site().unwrap(), installed())
            .await
            .unwrap();
        let again = of_cloud(&store, "c-1", &address).await.unwrap();
        assert_eq!(again.id, connected.id);
        // Another site of that name later, and one that installed first.
        adopt(&store, "acme-2", &address).await.unwrap();
        assert_ne!(reserve(&store, "acme-2").await.unwrap().id, connected.id);
        let globex: Url = "https://globex.atlassian.net".parse().unwrap();
        let site = reserve(&store, "globex").await.unwrap().site().unwrap();
        let there = Installed {
            base_url: globex.clone(),
            ..installed()
        };
        install(&store, site, there).await.unwrap();
        let found = of_cloud(&store, "c-2", &globex).await.unwrap();
        assert_eq!(found.site().unwrap(), site);
        // A site that only people know may be renamed.
        let old: Url = "https://old.atlassian.net".parse().unwrap();
        let new: Url = "https://new.atlassian.net".parse().unwrap();
        let before = of_cloud(&store, "c-3", &old).await.unwrap();
        let after = of_cloud(&store, "c-3", &new).await.unwrap();
        assert_eq!((after.id, after.base_url), (before.id, new.to_string()));
    }

    #[tokio::test]
    async fn uninstalling_forgets_the_tenant_and_leaves_the_others() {
        let store = Store::connect("sqlite::memory:").await.unwrap();
        store.migrate().await.unwrap();
        let mut people = Vec::new();
        for client_key in ["acme", "globex"] {
            let site = reserve(&store, client_key).await.unwrap().site().unwrap();
            install(&store, site, installed()).await.unwrap();
            let tenant = TenantId::of_site(site);
            let alice = Subject {
                provider: "jira",
                authority: site.to_string(),
                subject: "alice".to_owned(),
            };
            person::of_or_made(&store, &tenant, &alice).await.unwrap();
            people.push((site, tenant, alice));
        }
        let (site, tenant, alice) = &people[0];
        uninstall(&store, *site).await.unwrap();
        // What comes late changes nothing.
        enable(&store, *site, true).await.unwrap();
        let gone = by_client_key(&store, "acme").await.unwrap().unwrap();
        assert!(!gone.enabled && gone.shared_secret.is_none() && gone.uninstalled_at.is_some());
        assert_eq!(person::of(&store, tenant, alice).await.unwrap(), None);
        let (_, tenant, alice) = &people[1];
        assert!(person::of(&store, tenant, alice).await.unwrap().is_some());
        // The site keeps its id when it comes back.
        let again = reserve(&store, "acme").await.unwrap().site().unwrap();
        assert_eq!(again, *site);
    }
}
