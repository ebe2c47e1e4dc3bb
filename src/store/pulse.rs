//! Whether the database was away: felt on a connection of its own, because a pool replaces what broke without a word.

use std::str::FromStr as _;
use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::{ConnectOptions as _, Connection as _};
use tokio::time::{sleep, timeout};

/// How often the database is asked.
const BEAT: Duration = Duration::from_secs(1);
/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Feels whether a PostgreSQL is there. Also a restart too quick to be noticed by others breaks its connection.
pub struct Pulse {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
}

impl Pulse {
    /// Of the database at this address; none of SQLite, which is in this process and cannot go away.
    pub fn of(url: &str) -> Option<Self> {
        if url.starts_with("sqlite:") {
            return None;
        }
        let options = PgConnectOptions::from_str(url).ok()?;
        Some(Self {
            options: options.disable_statement_logging(),
            connection: None,
        })
    }

    /// Done when the database was away and is back. Cancelling loses an absence that is not over.
    pub async fn skipped(&mut self) {
        let mut away = false;
        loop {
            if let Some(connection) = &mut self.connection {
                if !matches!(timeout(PATIENCE, connection.ping()).await, Ok(Ok(()))) {
                    self.connection = None;
                    away = true;
                    tracing::warn!("the database is lost");
                    continue;
                }
            } else {
                match timeout(PATIENCE, self.options.connect()).await {
                    Ok(Ok(connection)) => {
                        self.connection = Some(connection);
                        if away {
                            tracing::info!("the database is back");
                            return;
                        }
                    }
                    _ => away = true,
                }
            }
            sleep(BEAT).await;
        }
    }
}
