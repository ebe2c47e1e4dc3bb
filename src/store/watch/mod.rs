//! What exists upstream while somebody listens: subscriptions to change notifications. Ids, times and hashes only.

mod list;
mod source;
mod wish;
mod work;

use sea_orm::{
    ActiveModelBehavior, ColumnTrait as _, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter as _,
};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::manifest::{StoredColumn, columns};
use super::{Error, Result, Store};
use crate::clock;
use crate::event::Personal;
use crate::id::{EntraUser, GraphId};

pub use list::{Listed, by_id, made_by, of_site};
pub use source::Source;
pub use wish::{WISH_COLUMNS, leave, listeners, wish};
pub use work::{
    Lifecycle, Settled, abandoned, due, lease, promise, release, remove, retry, settle, told,
};

/// What is kept of each subscription.
pub const COLUMNS: &[StoredColumn] = columns! { "watch":
    "id" Id "Our own id of it, made of what it tells of.";
    "provider" Setting "Who notifies: microsoft or jira.";
    "tenant" Id "Whose it is: the Entra tenant or the Jira site.";
    "owner" Id "Whose things it tells of, or whose rights it was made with: Entra's object id, or the Atlassian account.";
    "what" Setting "What it tells of: mail, calendar, chats, tasks or issues.";
    "object" Id "The one list or chat it tells of; empty for all.";
    "subscription_id" Id "The provider's id of it, to find whose notification one is; empty while there is none.";
    "secret_hash" State "SHA-256 of the secret that its notifications carry.";
    "state" State "WANTED, ACTIVE or REAUTHORIZE.";
    "obstacle" State "What stands in its way, a fixed word.";
    "missing_scopes" Setting "The permissions it lacks.";
    "due_at" Time "When something is to be done about it.";
    "expires_at" Time "When the provider ends it by itself.";
    "resync_from" Time "Since when notifications may have been missed.";
    "failures" State "How often in a row it could not be done.";
    "version" State "Counts what the provider said of it, so that no work overwrites that.";
    "lease_owner" State "Which process is at work on it.";
    "lease_until" Time "When that ends by itself.";
    "created_at" Time "When somebody first listened.";
    "updated_at" Time "When the row last changed.";
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "watch")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    provider: String,
    tenant: String,
    owner: String,
    what: String,
    object: String,
    subscription_id: Option<String>,
    secret_hash: Option<Vec<u8>>,
    state: String,
    obstacle: Option<String>,
    missing_scopes: String,
    due_at: i64,
    expires_at: Option<i64>,
    resync_from: Option<i64>,
    failures: i32,
    version: i64,
    lease_owner: Option<String>,
    lease_until: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How far a subscription is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// There is none upstream that we know of.
    Wanted,
    /// It exists.
    Active,
    /// It exists, and ends early unless it is authorized again.
    Reauthorize,
}

/// A subscription as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// Our id of it.
    pub id: String,
    /// What it tells of.
    pub source: Source,
    /// With whose rights it was made, at Graph; `None` while it never was.
    pub made_by: Option<EntraUser>,
    /// The provider's id of it.
    pub subscription: Option<String>,
    /// How far it is.
    pub state: State,
    /// What stands in its way, a fixed word.
    pub obstacle: Option<String>,
    /// The permissions it lacks.
    pub missing_scopes: Vec<String>,
    /// When something is to be done about it, Unix milliseconds.
    pub due_at: i64,
    /// When the provider ends it by itself, Unix milliseconds.
    pub expires_at: Option<i64>,
    /// Since when notifications may have been missed, Unix milliseconds.
    pub resync_from: Option<i64>,
    /// How often in a row something could not be done about it.
    pub failures: i32,
    /// When somebody first listened, Unix milliseconds.
    pub created_at: i64,
    /// When something last came of it, Unix milliseconds.
    pub changed_at: i64,
    version: i64,
}

/// What Graph's notifications of one subscription are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Whose things; of a chat's, with whose rights we are told.
    pub owner: EntraUser,
    /// Which of their things.
    pub what: Personal,
    /// The one list or chat, of tasks and chats.
    pub object: Option<GraphId>,
    /// SHA-256 of the secret that its notifications carry.
    pub secret_hash: [u8; 32],
}

impl Model {
    fn made_by(&self) -> Option<EntraUser> {
        Some(EntraUser {
            tid: self.tenant.strip_prefix("entra:")?.parse().ok()?,
            oid: self.owner.parse().ok()?,
        })
    }
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Wanted => "WANTED",
            Self::Active => "ACTIVE",
            Self::Reauthorize => "REAUTHORIZE",
        }
    }

    fn parse(word: &str) -> Result<Self> {
        match word {
            "WANTED" => Ok(Self::Wanted),
            "ACTIVE" => Ok(Self::Active),
            "REAUTHORIZE" => Ok(Self::Reauthorize),
            _ => Err(Error::Corrupt("watch.state")),
        }
    }
}

impl TryFrom<Model> for Watch {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            source: Source::parse(&row.tenant, &row.owner, &row.what, &row.object)?,
            made_by: row.made_by(),
            id: row.id,
            subscription: row.subscription_id,
            state: State::parse(&row.state)?,
            obstacle: row.obstacle,
            missing_scopes: row
                .missing_scopes
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            due_at: row.due_at,
            expires_at: row.expires_at,
            resync_from: row.resync_from,
            failures: row.failures,
            created_at: row.created_at,
            changed_at: row.updated_at,
            version: row.version,
        })
    }
}

impl Watch {
    /// As if somebody began to listen now.
    pub fn begun_anew(&self) -> Settled {
        let now = clock::millis();
        Settled {
            made_by: None,
            subscription: None,
            state: State::Wanted,
            obstacle: None,
            missing_scopes: Vec::new(),
            due_at: now,
            expires_at: None,
            resync_from: Some(now),
            failures: 0,
        }
    }
}

impl Watched {
    /// Whether a notification carries the secret of its subscription. Takes the same time however wrong it is.
    pub fn knows(&self, client_state: &str) -> bool {
        hash(client_state).ct_eq(&self.secret_hash).into()
    }
}

/// What is stored of a secret.
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// What Graph's subscription of this id tells of; `None` when it is not one of ours, or no longer.
pub async fn by_subscription(store: &Store, subscription: &str) -> Result<Option<Watched>> {
    let row = Entity::find()
        .filter(Column::Provider.eq("microsoft"))
        .filter(Column::SubscriptionId.eq(subscription))
        .one(store.db())
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let source = Source::parse(&row.tenant, &row.owner, &row.what, &row.object)?;
    let made_by = row.made_by();
    let secret_hash = row.secret_hash.and_then(|it| it.try_into().ok());
    let secret_hash = secret_hash.ok_or(Error::Corrupt("watch.secret_hash"))?;
    let (owner, what, object) = match (source, made_by) {
        (Source::Personal(owner, what, object), _) => (owner, what, object),
        (Source::Chat(_, chat), Some(member)) => (member, Personal::Chats, Some(chat)),
        _ => return Err(Error::Corrupt("watch.owner")),
    };
    Ok(Some(Watched {
        owner,
        what,
        object,
        secret_hash,
    }))
}
