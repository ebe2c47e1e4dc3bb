//! Documents known before they are asked for: the add-ins' own, and those a client registered by their hash.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::ServerError;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::ExecutableDocument;
use moka::future::Cache;
use sha2::{Digest as _, Sha256};

use super::answer::Refusal;
use crate::config::DocumentsMode;

/// Bytes of documents that clients registered.
const REGISTERED: u64 = 4 * 1024 * 1024;
/// Bytes of parsed documents, roughly.
const PARSED: u64 = 16 * 1024 * 1024;
/// How much more a parsed document takes than its text.
const GROWTH: usize = 20;

type Hash = [u8; 32];

/// What a request says about its document.
#[derive(Debug, Default)]
pub struct Asked {
    /// The text.
    pub text: Option<String>,
    /// The id of a registered one: `sha256:<hex>`.
    pub id: Option<String>,
    /// The hash of automatic persisted queries, in hex.
    pub hash: Option<String>,
}

/// A document's text and whether it is one of the add-ins' own.
#[derive(Debug, Clone)]
pub struct Found {
    /// The text.
    pub text: Arc<str>,
    /// Its hash, which names it in logs.
    pub hash: Hash,
    /// Registered by the add-ins of this build.
    pub trusted: bool,
}

/// All documents we know.
pub struct Documents {
    mode: DocumentsMode,
    trusted: HashMap<Hash, Arc<str>>,
    registered: Cache<Hash, Arc<str>>,
    parsed: Cache<Hash, Parsed>,
}

/// A parsed document, and what it takes in memory.
#[derive(Clone)]
struct Parsed {
    bytes: usize,
    document: Arc<ExecutableDocument>,
}

impl Documents {
    /// With the manifest the front ends' build wrote: hash or `sha256:<hash>` to text.
    pub fn new(mode: DocumentsMode, manifest: Option<&[u8]>) -> Self {
        let listed: HashMap<String, String> = manifest
            .and_then(|bytes| serde_json::from_slice(bytes).ok())
            .unwrap_or_default();
        let mut trusted = HashMap::new();
        for (id, text) in listed {
            let text: Arc<str> = text.into();
            if let Some(hash) = hash_of_id(&id) {
                trusted.insert(hash, text.clone());
            }
            trusted.insert(hash_of(&text), text);
        }
        Self {
            mode,
            trusted,
            registered: bounded(REGISTERED, |text: &Arc<str>| text.len()),
            parsed: bounded(PARSED, |parsed: &Parsed| parsed.bytes),
        }
    }

    /// The text that a request means.
    pub async fn find(&self, asked: Asked) -> Result<Found, Refusal> {
        let id = asked.id.or(asked.hash.clone());
        let wanted = id
            .as_deref()
            .map(|id| {
                hash_of_id(id).ok_or_else(|| {
                    Refusal::document(
                        "BAD_USER_INPUT",
                        "A document id is `sha256:` and 64 hex digits.",
                    )
                })
            })
            .transpose()?;
        let Some(text) = asked.text else {
            let hash = wanted.ok_or_else(missing)?;
            if let Some(text) = self.trusted.get(&hash) {
                return Ok(Found {
                    text: text.clone(),
                    hash,
                    trusted: true,
                });
            }
            let registered = match self.mode {
                DocumentsMode::Any => self.registered.get(&hash).await,
                DocumentsMode::Trusted => None,
            };
            // The message is the one that clients of automatic persisted queries look for.
            return registered
                .map(|text| Found {
                    text,
                    hash,
                    trusted: false,
                })
                .ok_or_else(|| {
                    Refusal::document("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
                });
        };
        let hash = hash_of(&text);
        if wanted.is_some_and(|wanted| wanted != hash) {
            return Err(Refusal::document(
                "BAD_USER_INPUT",
                "The hash is not that of the query.",
            ));
        }
        let trusted = self.trusted.contains_key(&hash);
        if !trusted && self.mode == DocumentsMode::Trusted {
            return Err(Refusal::document(
                "UNTRUSTED_DOCUMENT",
                "This gateway answers the registered operations of its add-ins only.",
            ));
        }
        let text: Arc<str> = text.into();
        if asked.hash.is_some() && !trusted {
            self.registered.insert(hash, text.clone()).await;
        }
        Ok(Found {
            text,
            hash,
            trusted,
        })
    }

    /// The parsed form, made once for documents that come often. The text must have passed the guard.
    pub async fn parse(&self, found: &Found) -> Result<Arc<ExecutableDocument>, ServerError> {
        if let Some(parsed) = self.parsed.get(&found.hash).await {
            return Ok(parsed.document);
        }
        let parsed = Parsed {
            bytes: found.text.len() * GROWTH,
            document: Arc::new(parse_query(&*found.text)?),
        };
        self.parsed.insert(found.hash, parsed.clone()).await;
        Ok(parsed.document)
    }
}

fn bounded<V: Clone + Send + Sync + 'static>(
    bytes: u64,
    weight: impl Fn(&V) -> usize + Send + Sync + 'static,
) -> Cache<Hash, V> {
    Cache::builder()
        .max_capacity(bytes)
        .weigher(move |_, value| u32::try_from(weight(value)).unwrap_or(u32::MAX))
        .build()
}

fn missing() -> Refusal {
    Refusal::malformed(
        axum::http::StatusCode::BAD_REQUEST,
        "The request has neither query nor documentId.",
    )
}

fn hash_of(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

/// `sha256:<hex>`, or the hex alone.
fn hash_of_id(id: &str) -> Option<Hash> {
    let hex = id.strip_prefix("sha256:").unwrap_or(id).as_bytes();
    let mut hash = [0; 32];
    if hex.len() != 64 || !hex.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    for (place, pair) in hash.iter_mut().zip(hex.chunks(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *place = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::{Asked, Documents, hash_of_id};
    use crate::config::DocumentsMode;

    /// SHA-256 of `{ a }`, as `printf '{ a }' | sha256sum` says.
    const HASH: &str = "1c7e1e347f726166b5b1c55afd61f278cc9b45e00c108ec33d540a566379811b";

    fn documents() -> Documents {
        let manifest = format!("{{\"{HASH}\":\"{{ a }}\"}}");
        Documents::new(DocumentsMode::Trusted, Some(manifest.as_bytes()))
    }

    async fn found(asked: Asked) -> Result<bool, &'static str> {
        let found = documents().find(asked).await;
        found.map(|found| found.trusted).map_err(|it| it.code())
    }

    #[tokio::test]
    async fn a_registered_document_is_found_by_id_by_hash_and_by_its_text() {
        for id in [HASH.to_owned(), format!("sha256:{HASH}")] {
            let by_id = Asked {
                id: Some(id.clone()),
                ..Asked::default()
            };
            assert_eq!(found(by_id).await, Ok(true));
        }
        let by_hash = Asked {
            hash: Some(HASH.to_owned()),
            ..Asked::default()
        };
        assert_eq!(found(by_hash).await, Ok(true));
        let by_text = Asked {
            text: Some("{ a }".to_owned()),
            ..Asked::default()
        };
        assert_eq!(found(by_text).await, Ok(true));
    }

    #[tokio::test]
    async fn another_document_is_not() {
        let other = Asked {
            text: Some("{ b }".to_owned()),
            ..Asked::default()
        };
        assert_eq!(found(other).await, Err("UNTRUSTED_DOCUMENT"));
        let disguised = Asked {
            text: Some("{ b }".to_owned()),
            id: Some(HASH.to_owned()),
            ..Asked::default()
        };
        assert_eq!(found(disguised).await, Err("BAD_USER_INPUT"));
        let unknown = Asked {
            id: Some(HASH.replace('a', "b")),
            ..Asked::default()
        };
        assert_eq!(found(unknown).await, Err("PERSISTED_QUERY_NOT_FOUND"));
    }

    #[test]
    fn an_id_is_sixty_four_hex_digits() {
        assert!(hash_of_id(HASH).is_some());
        for wrong in [
            "",
            "sha256:",
            "sha1:00",
            &HASH[1..],
            &HASH.replace('a', "+"),
        ] {
            assert!(hash_of_id(wrong).is_none(), "{wrong}");
        }
    }
}
