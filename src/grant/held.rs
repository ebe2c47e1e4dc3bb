//! Access tokens kept in memory only, each fetched once for all who ask.

use std::future::Future;
use std::hash::Hash;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use moka::future::Cache;
use secrecy::SecretString;
use url::Url;

use crate::clock;
use crate::memory::{self, Kept};
use crate::upstream::{Access, Error, Kind};

/// Seconds before its end when a token is no longer handed out.
const MARGIN: i64 = 60;
/// How long a refusal counts that only a person can lift.
const REFUSED: Duration = Duration::from_secs(10);
/// How long a failure counts that may pass by itself.
const FAILED: Duration = Duration::from_secs(1);

/// Tokens by whom they are for.
pub(super) struct Held<K> {
    tokens: Cache<K, Kept<Result<Token, Error>>>,
    /// Counts down, so that these versions differ from those of stored connections.
    serial: AtomicI64,
}

#[derive(Debug, Clone)]
struct Token {
    access: Access,
    expires_at: i64,
}

/// A token just fetched.
pub(super) struct Fetched {
    /// The bearer token.
    pub token: SecretString,
    /// When it ends, Unix seconds.
    pub expires_at: i64,
    /// Where it is for.
    pub base: Url,
    /// What it may do, separated by spaces; empty when the provider did not say.
    pub scopes: String,
}

impl<K: Hash + Eq + Send + Sync + Clone + 'static> Default for Held<K> {
    fn default() -> Self {
        Self {
            tokens: memory::cache(50_000),
            serial: AtomicI64::new(-1),
        }
    }
}

impl<K: Hash + Eq + Send + Sync + Clone + 'static> Held<K> {
    /// The token of `key`, fetched when there is none, it is about to end, or it is the one that was `refused`.
    pub async fn get(
        &self,
        key: K,
        refused: Option<i64>,
        fetch: impl Future<Output = Result<Fetched, Error>>,
    ) -> Result<Access, Error> {
        if let Some(Kept {
            value: Ok(token), ..
        }) = self.tokens.get(&key).await
            && (token.expires_at - MARGIN <= clock::unix() || refused == Some(token.access.version))
        {
            self.tokens.invalidate(&key).await;
        }
        let kept = self.tokens.get_with(key, self.keep(fetch)).await;
        kept.value.map(|token| token.access)
    }

    /// Why there is no token of `key`, as long as that is remembered.
    pub async fn refusal(&self, key: &K) -> Option<Error> {
        self.tokens.get(key).await?.value.err()
    }

    /// Forgets every token.
    pub fn forget(&self) {
        self.tokens.invalidate_all();
    }

    async fn keep(
        &self,
        fetch: impl Future<Output = Result<Fetched, Error>>,
    ) -> Kept<Result<Token, Error>> {
        match fetch.await {
            Ok(fetched) => {
                let left = fetched.expires_at - MARGIN - clock::unix();
                let access = Access {
                    token: fetched.token,
                    base: fetched.base,
                    version: self.serial.fetch_sub(1, Ordering::Relaxed),
                    scopes: fetched.scopes.into(),
                    account: "".into(),
                };
                Kept {
                    good_for: Duration::from_secs(u64::try_from(left).unwrap_or_default()),
                    value: Ok(Token {
                        access,
                        expires_at: fetched.expires_at,
                    }),
                }
            }
            Err(error) => Kept {
                good_for: if passes(&error.kind) { FAILED } else { REFUSED },
                value: Err(error),
            },
        }
    }
}

/// Whether a failure may pass by itself.
pub(super) fn passes(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::TimedOut | Kind::Unavailable { .. } | Kind::RateLimited { .. } | Kind::Invalid
    )
}
