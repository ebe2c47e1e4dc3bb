//! A database for one test: a SQLite file, or a database of the PostgreSQL that `TREFOIL_TEST_DATABASE` names.

use std::{env, fs};

use sea_orm::{ConnectionTrait as _, Database as Connection, DatabaseConnection, Statement};
use tempfile::TempDir;

/// A database of its own, gone with the test.
pub enum Database {
    Sqlite(TempDir),
    Postgres { server: String, name: String },
}

impl Database {
    /// A new, empty one.
    #[expect(
        clippy::disallowed_methods,
        reason = "the switch that says which database the tests run on"
    )]
    pub async fn create() -> Self {
        let Ok(server) = env::var("TREFOIL_TEST_DATABASE") else {
            return Self::Sqlite(TempDir::new().unwrap());
        };
        Self::create_at(server).await
    }

    /// A new, empty one of the PostgreSQL at this address.
    pub async fn create_at(server: String) -> Self {
        let name = format!("it_{}", uuid::Uuid::new_v4().simple());
        let admin = Connection::connect(&server).await.unwrap();
        admin
            .execute_unprepared(&format!("CREATE DATABASE {name}"))
            .await
            .unwrap();
        admin.close().await.unwrap();
        Self::Postgres { server, name }
    }

    /// Its address.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(dir) => format!("sqlite://{}/trefoil.db?mode=rwc", dir.path().display()),
            Self::Postgres { server, name } => {
                let (base, _) = server.rsplit_once('/').unwrap();
                format!("{base}/{name}")
            }
        }
    }

    /// Every byte it keeps: the SQLite files with the write-ahead log, or every row of every PostgreSQL table.
    pub async fn everything(&self) -> Vec<(&'static str, Vec<u8>)> {
        match self {
            Self::Sqlite(dir) => {
                let mut bytes = Vec::new();
                for file in fs::read_dir(dir.path()).unwrap() {
                    // The write-ahead log goes when its last connection does.
                    bytes.extend(fs::read(file.unwrap().path()).unwrap_or_default());
                }
                assert!(!bytes.is_empty(), "the gateway wrote no database");
                vec![("database files", bytes)]
            }
            Self::Postgres { .. } => {
                let connection = Connection::connect(self.url()).await.unwrap();
                let mut text = String::new();
                for table in tables(&connection).await {
                    let rows = connection
                        .query_all_raw(Statement::from_string(
                            connection.get_database_backend(),
                            format!("SELECT t::text AS line FROM \"{table}\" t"),
                        ))
                        .await
                        .unwrap();
                    for row in rows {
                        text.push_str(&row.try_get::<String>("", "line").unwrap());
                        text.push('\n');
                    }
                }
                connection.close().await.unwrap();
                assert!(!text.is_empty(), "the gateway wrote no rows");
                vec![("PostgreSQL rows", text.into_bytes())]
            }
        }
    }

    /// Puts every idempotency key so many milliseconds back.
    pub async fn ages_keys(&self, millis: i64) {
        let connection = Connection::connect(self.url()).await.unwrap();
        let change = format!("UPDATE idempotency SET created_at = created_at - {millis}");
        connection.execute_unprepared(&change).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Ends every other connection to a PostgreSQL database, as a restart does.
    pub async fn cuts_others_off(&self) {
        let connection = Connection::connect(self.url()).await.unwrap();
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        connection.execute_unprepared(cut).await.unwrap();
        connection.close().await.unwrap();
    }

    /// The live columns, as `table.column`.
    pub async fn columns(&self) -> Vec<String> {
        let connection = Connection::connect(self.url()).await.unwrap();
        let query = match self {
            Self::Sqlite(_) => {
                "SELECT m.name || '.' || c.name AS line FROM sqlite_master m JOIN pragma_table_info(m.name) c \
                 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
            }
            Self::Postgres { .. } => {
                "SELECT table_name || '.' || column_name AS line FROM information_schema.columns \
                 WHERE table_schema = 'public'"
            }
        };
        lines(&connection, query).await
    }
}

async fn tables(connection: &DatabaseConnection) -> Vec<String> {
    lines(
        connection,
        "SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public'",
    )
    .await
}

async fn lines(connection: &DatabaseConnection, query: &str) -> Vec<String> {
    let statement = Statement::from_string(connection.get_database_backend(), query);
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|row| row.try_get("", "line").unwrap())
        .collect()
}
