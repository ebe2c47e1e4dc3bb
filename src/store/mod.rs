//! The store: ids, links between ids, sealed credentials, settings and the audit log, on SQLite or PostgreSQL.

pub mod audit;
pub mod delivery;
pub mod feature;
pub mod grant;
pub mod idempotency;
pub mod installation;
pub mod link;
pub mod manifest;
pub mod person;
mod pulse;
pub mod state;
pub mod transfer;
pub mod watch;

use std::fs::{OpenOptions, Permissions, set_permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use migrations::Migrator;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait as _;

pub use manifest::{StoredClass, StoredColumn, manifest};
pub use pulse::Pulse;

/// How long a statement waits for a connection or for another writer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database failed, or holds what no code of ours would write. Says nothing of the row's values.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused or did not answer.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// A row holds a value that is not what its column is for.
    #[error("the column {0} holds what it should not")]
    Corrupt(&'static str),
    /// The database file could not be made private.
    #[error("the database file could not be opened for its owner only")]
    File(#[from] io::Error),
    /// What all who waited for the same reading are told.
    #[error(transparent)]
    Shared(#[from] Arc<Self>),
}

/// What every function of the store answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An open database. Clones share its pool.
#[derive(Debug, Clone)]
pub struct Store {
    database: DatabaseConnection,
}

impl Store {
    /// Opens the database at `url`: `sqlite://file.db?mode=rwc`, `sqlite::memory:` or `postgres://…`.
    ///
    /// A SQLite file is readable by its owner only, written ahead (WAL) and synchronised fully, because a lost
    /// refresh token cannot be had again.
    pub async fn connect(url: &str) -> Result<Self> {
        let mut options = ConnectOptions::new(url);
        options
            .sqlx_logging(false)
            .connect_timeout(PATIENCE)
            .acquire_timeout(PATIENCE)
            .max_connections(10);
        if url.starts_with("sqlite:") {
            let in_memory = url.contains(":memory:") || url.contains("mode=memory");
            if in_memory {
                // Each connection to memory would be a database of its own, and gone when it closes.
                options
                    .max_connections(1)
                    .min_connections(1)
                    .idle_timeout(None)
                    .max_lifetime(None);
            } else {
                let file = SqliteConnectOptions::from_str(url)
                    .map_err(|error| DbErr::Custom(error.to_string()))?;
                keep_private(file.get_filename(), url.contains("mode=rwc"))?;
                options.max_connections(5);
            }
            options.map_sqlx_sqlite_opts(|options| {
                options
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(PATIENCE)
                    .foreign_keys(true)
            });
        }
        let database = Database::connect(options).await?;
        Ok(Self { database })
    }

    /// Applies the changes to the tables that are still missing.
    pub async fn migrate(&self) -> Result<()> {
        Ok(Migrator::up(&self.database, None).await?)
    }

    /// How many changes to the tables are still missing.
    pub async fn pending(&self) -> Result<usize> {
        Ok(Migrator::get_pending_migrations(&self.database)
            .await?
            .len())
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.database.ping().await?)
    }

    /// The connection pool, for the modules of the tables.
    pub fn db(&self) -> &DatabaseConnection {
        &self.database
    }

    /// A transaction that may write. On SQLite it takes the write lock at once, so that it waits for other writers
    /// instead of failing half-way.
    pub async fn begin(&self) -> Result<DatabaseTransaction> {
        Ok(self
            .database
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            })
            .await?)
    }
}

/// Makes sure that a database file is its owner's alone; its WAL and shared-memory files take the same mode.
fn keep_private(path: &Path, may_create: bool) -> io::Result<()> {
    if may_create {
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)?;
    }
    if path.exists() {
        set_permissions(path, Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::Store;

    #[tokio::test]
    async fn a_database_file_is_its_owners_alone() {
        let folder = std::env::temp_dir().join(format!("trefoil-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("a.db");
        let store = Store::connect(&format!("sqlite://{}?mode=rwc", path.display()))
            .await
            .unwrap();
        store.migrate().await.unwrap();
        assert_eq!(store.pending().await.unwrap(), 0);
        for file in std::fs::read_dir(&folder).unwrap() {
            let mode = file.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
