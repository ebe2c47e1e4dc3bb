//! Key sets of the issuers we trust, by address: refreshed daily, and once in five minutes for a key nobody knows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use url::Url;

use super::jwt::Refusal;
use crate::clock;
use crate::upstream::Provider;
use crate::upstream::http::Http;

/// Seconds after which a key set is fetched anew; Microsoft asks for at least daily.
const DAY: i64 = 24 * 60 * 60;
/// Seconds between two fetches for a key that is not in the set.
const FORCED: i64 = 5 * 60;
/// Seconds between two fetches while the issuer does not answer.
const FAILED: i64 = 5;

/// A public key that verifies RS256 signatures.
#[derive(Clone)]
pub struct VerifyingKey {
    /// The key.
    pub key: DecodingKey,
    /// The issuer that may use it; Microsoft's own member, a template or a literal.
    pub issuer: Option<String>,
}

/// The keys at one address, by `kid`.
#[derive(Default)]
pub struct KeySet(HashMap<String, Arc<VerifyingKey>>);

/// Every key set that was ever asked for.
#[derive(Default)]
pub struct KeySets {
    slots: Mutex<HashMap<String, Arc<Slot>>>,
}

#[derive(Default)]
struct Slot {
    set: RwLock<Option<(Arc<KeySet>, i64)>>,
    /// Held while fetching, so that many who wait cost one fetch.
    attempts: tokio::sync::Mutex<Attempts>,
}

struct Attempts {
    forced_at: i64,
    failed_at: i64,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            forced_at: i64::MIN / 2,
            failed_at: i64::MIN / 2,
        }
    }
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    n: Option<String>,
    e: Option<String>,
    issuer: Option<String>,
}

impl KeySet {
    /// Reads a JWKS document (RFC 7517), keeping its RSA signature keys.
    pub fn parse(document: &[u8]) -> Option<Self> {
        let document: Document = serde_json::from_slice(document).ok()?;
        let keys = document.keys.into_iter().filter_map(|jwk| {
            let fits = jwk.kty == "RSA"
                && jwk.alg.as_deref().is_none_or(|alg| alg == "RS256")
                && jwk
                    .purpose
                    .as_deref()
                    .is_none_or(|purpose| purpose == "sig");
            let key = DecodingKey::from_rsa_components(&jwk.n?, &jwk.e?).ok()?;
            let issuer = jwk.issuer;
            fits.then_some((jwk.kid?, Arc::new(VerifyingKey { key, issuer })))
        });
        Some(Self(keys.collect()))
    }

    /// The key of this id.
    pub fn get(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        self.0.get(kid).cloned()
    }
}

impl KeySets {
    /// The key `kid` of the set at `url`.
    ///
    /// Fails with `UnknownKey`, or `Unavailable` when the set was never had and cannot be fetched now. An issuer that
    /// does not answer leaves the set we have in force.
    pub async fn key(
        &self,
        http: &Http,
        provider: Provider,
        url: &Url,
        kid: &str,
    ) -> Result<Arc<VerifyingKey>, Refusal> {
        let slot = self.slot(url);
        if let Some(key) = slot.fresh().and_then(|set| set.get(kid)) {
            return Ok(key);
        }
        let mut attempts = slot.attempts.lock().await;
        let now = clock::unix();
        if let Some(set) = slot.fresh() {
            if let Some(key) = set.get(kid) {
                return Ok(key);
            }
            if now - attempts.forced_at < FORCED {
                return Err(Refusal::UnknownKey);
            }
            attempts.forced_at = now;
        }
        if now - attempts.failed_at >= FAILED {
            match fetch(http, provider, url).await {
                Some(set) => slot.keep(set),
                None => attempts.failed_at = clock::unix(),
            }
        }
        match slot.any() {
            Some(set) => set.get(kid).ok_or(Refusal::UnknownKey),
            None => Err(Refusal::Unavailable),
        }
    }

    fn slot(&self, url: &Url) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(url.to_string()).or_default())
    }
}

impl Slot {
    fn any(&self) -> Option<Arc<KeySet>> {
        let set = self.set.read().unwrap_or_else(PoisonError::into_inner);
        set.as_ref().map(|(set, _)| Arc::clone(set))
    }

    fn fresh(&self) -> Option<Arc<KeySet>> {
        let set = self.set.read().unwrap_or_else(PoisonError::into_inner);
        let (set, fetched_at) = set.as_ref()?;
        (clock::unix() - fetched_at < DAY).then(|| Arc::clone(set))
    }

    fn keep(&self, set: KeySet) {
        *self.set.write().unwrap_or_else(PoisonError::into_inner) =
            Some((Arc::new(set), clock::unix()));
    }
}

async fn fetch(http: &Http, provider: Provider, url: &Url) -> Option<KeySet> {
    let operation = "publish its signing keys";
    let answer = http
        .exchange(provider, operation, http.client().get(url.clone()))
        .await
        .and_then(|answer| answer.success(provider, operation));
    match answer {
        Ok(answer) => KeySet::parse(&answer.body),
        Err(error) => {
            tracing::warn!(%error, "the signing keys could not be fetched");
            None
        }
    }
}
