//! Sealing of credentials with AES-256-GCM: bound to the row and column they stand in, and to the key that sealed them.
//!
//! A sealed value is version (1 byte), key id (4), nonce (12), ciphertext, tag (16). The associated data names the
//! version, the key, the tenant, the table, the row and the column, each with its length, so that no value can be moved.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const HEADER: usize = 1 + KEY_ID + NONCE;
const KEY_ID: usize = 4;
const NONCE: usize = 12;

/// Where a sealed value stands.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Whose row it is.
    pub tenant: &'a str,
    /// The table.
    pub table: &'a str,
    /// The row's id.
    pub row: &'a str,
    /// The column.
    pub column: &'a str,
}

/// The keys that seal and open. The first seals, all open.
pub struct Keyring {
    keys: Vec<Key>,
}

struct Key {
    id: [u8; KEY_ID],
    cipher: Aes256Gcm,
}

/// The configured keys cannot be used. Names keys, never their bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// None was given.
    #[error("secret.keys is empty; make a key with: echo \"k1:$(openssl rand -base64 32)\"")]
    Missing,
    /// An entry has no name.
    #[error("entry {position} of secret.keys is not of the form id:base64")]
    Nameless {
        /// Counted from 1.
        position: usize,
    },
    /// A key is not base64.
    #[error("the key {name} in secret.keys is not base64")]
    NotBase64 {
        /// Its name.
        name: String,
    },
    /// A key has the wrong length.
    #[error("the key {name} in secret.keys has {length} bytes; it must have 32")]
    Length {
        /// Its name.
        name: String,
        /// Its length.
        length: usize,
    },
    /// Two keys have the same name, or names that hash alike.
    #[error("the key {name} in secret.keys has a name that is already taken")]
    Taken {
        /// Its name.
        name: String,
    },
}

/// A sealed value could not be made or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It was sealed with a key that is not configured.
    #[error("the value was sealed with a key that is not in secret.keys")]
    UnknownKey,
    /// It was changed, moved, cut short, or is no sealed value at all.
    #[error("the sealed value is not what was sealed for this place")]
    Tampered,
    /// The operating system gave no randomness.
    #[error("no randomness for a nonce")]
    NoRandomness,
}

impl Keyring {
    /// Reads keys of the form `id:base64`, 32 bytes each.
    pub fn parse(keys: &[SecretString]) -> Result<Self, KeyError> {
        let mut parsed: Vec<Key> = Vec::with_capacity(keys.len());
        for (index, text) in keys.iter().enumerate() {
            let (name, encoded) = text
                .expose_secret()
                .trim()
                .split_once(':')
                .filter(|(name, _)| !name.is_empty())
                .ok_or(KeyError::Nameless {
                    position: index + 1,
                })?;
            let name = name.to_owned();
            let bytes = Zeroizing::new(
                STANDARD
                    .decode(encoded.trim())
                    .map_err(|_| KeyError::NotBase64 { name: name.clone() })?,
            );
            let cipher = Aes256Gcm::new_from_slice(&bytes).map_err(|_| KeyError::Length {
                name: name.clone(),
                length: bytes.len(),
            })?;
            let id = key_id(&name);
            if parsed.iter().any(|key| key.id == id) {
                return Err(KeyError::Taken { name });
            }
            parsed.push(Key { id, cipher });
        }
        if parsed.is_empty() {
            return Err(KeyError::Missing);
        }
        Ok(Self { keys: parsed })
    }

    /// Seals a value for one place, with the first key.
    pub fn seal(&self, context: &Context<'_>, value: &SecretString) -> Result<Vec<u8>, SealError> {
        let key = self.keys.first().ok_or(SealError::UnknownKey)?;
        let mut nonce = [0; NONCE];
        OsRng
            .try_fill_bytes(&mut nonce)
            .map_err(|_| SealError::NoRandomness)?;
        let payload = Payload {
            msg: value.expose_secret().as_bytes(),
            aad: &associated(key.id, context),
        };
        let ciphertext = key
            .cipher
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| SealError::Tampered)?;
        let mut sealed = Vec::with_capacity(HEADER + ciphertext.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&key.id);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }

    /// Opens a value that was sealed for this place, with whichever key sealed it.
    pub fn open(&self, context: &Context<'_>, sealed: &[u8]) -> Result<SecretString, SealError> {
        let (version, rest) = sealed.split_first().ok_or(SealError::Tampered)?;
        let (id, rest) = rest
            .split_first_chunk::<KEY_ID>()
            .ok_or(SealError::Tampered)?;
        let (nonce, ciphertext) = rest
            .split_first_chunk::<NONCE>()
            .ok_or(SealError::Tampered)?;
        if *version != VERSION {
            return Err(SealError::Tampered);
        }
        let key = self
            .keys
            .iter()
            .find(|key| key.id == *id)
            .ok_or(SealError::UnknownKey)?;
        let payload = Payload {
            msg: ciphertext,
            aad: &associated(key.id, context),
        };
        let plain = key
            .cipher
            .decrypt(&Nonce::from(*nonce), payload)
            .map_err(|_| SealError::Tampered)?;
        let plain = String::from_utf8(plain).map_err(|_| SealError::Tampered)?;
        Ok(SecretString::from(plain))
    }
}

/// The short id of a key: the first bytes of its name's SHA-256.
fn key_id(name: &str) -> [u8; KEY_ID] {
    let digest = Sha256::digest(name.as_bytes());
    let mut id = [0; KEY_ID];
    id.copy_from_slice(&digest[..KEY_ID]);
    id
}

fn associated(key: [u8; KEY_ID], context: &Context<'_>) -> Vec<u8> {
    let mut data = vec![VERSION];
    data.extend_from_slice(&key);
    for part in [context.tenant, context.table, context.row, context.column] {
        data.extend_from_slice(&(part.len() as u64).to_be_bytes());
        data.extend_from_slice(part.as_bytes());
    }
    data
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use secrecy::{ExposeSecret as _, SecretString};

    use super::{Context, KeyError, Keyring, SealError};

    const PLACE: Context<'static> = Context {
        tenant: "site:1",
        table: "connection",
        row: "7",
        column: "refresh_token",
    };

    fn keyring(names: &[(&str, u8)]) -> Keyring {
        use base64::Engine as _;
        let keys: Vec<SecretString> = names
            .iter()
            .map(|(name, byte)| {
                let encoded = base64::engine::general_purpose::STANDARD.encode([*byte; 32]);
                SecretString::from(format!("{name}:{encoded}"))
            })
            .collect();
        Keyring::parse(&keys).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_in_its_place_only() {
        let keys = keyring(&[("k1", 1)]);
        let sealed = keys.seal(&PLACE, &"a token".into()).unwrap();
        assert_eq!(
            keys.open(&PLACE, &sealed).unwrap().expose_secret(),
            "a token"
        );
        let places = [
            Context {
                tenant: "site:2",
                ..PLACE
            },
            Context {
                table: "oauth_state",
                ..PLACE
            },
            Context { row: "8", ..PLACE },
            Context {
                column: "access_token",
                ..PLACE
            },
            // The same letters with another boundary between them.
            Context {
                tenant: "site:1c",
                table: "onnection",
                ..PLACE
            },
        ];
        for place in places {
            assert_eq!(keys.open(&place, &sealed).unwrap_err(), SealError::Tampered);
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_refused() {
        let keys = keyring(&[("k1", 1)]);
        let sealed = keys.seal(&PLACE, &"a token".into()).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(keys.open(&PLACE, &changed).is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(
                keys.open(&PLACE, &sealed[..length]).is_err(),
                "length {length}"
            );
        }
    }

    #[test]
    fn nonces_do_not_repeat() {
        let keys = keyring(&[("k1", 1)]);
        let nonces: HashSet<Vec<u8>> = (0..1000)
            .map(|_| keys.seal(&PLACE, &"same".into()).unwrap()[5..17].to_vec())
            .collect();
        assert_eq!(nonces.len(), 1000);
    }

    #[test]
    fn a_new_first_key_seals_and_the_old_one_still_opens() {
        let old = keyring(&[("k1", 1)]);
        let both = keyring(&[("k2", 2), ("k1", 1)]);
        let new = keyring(&[("k2", 2)]);
        let by_old = old.seal(&PLACE, &"a".into()).unwrap();
        let by_new = both.seal(&PLACE, &"b".into()).unwrap();
        assert_eq!(both.open(&PLACE, &by_old).unwrap().expose_secret(), "a");
        assert_eq!(new.open(&PLACE, &by_new).unwrap().expose_secret(), "b");
        assert_eq!(
            new.open(&PLACE, &by_old).unwrap_err(),
            SealError::UnknownKey
        );
        assert_eq!(
            old.open(&PLACE, &by_new).unwrap_err(),
            SealError::UnknownKey
        );
    }

    #[test]
    fn unusable_keys_are_named_and_never_shown() {
        let parse = |keys: &[&str]| {
            let keys: Vec<SecretString> = keys.iter().map(|key| (*key).into()).collect();
            Keyring::parse(&keys).err()
        };
        assert_eq!(parse(&[]), Some(KeyError::Missing));
        assert_eq!(
            parse(&["bm9uYW1l"]),
            Some(KeyError::Nameless { position: 1 })
        );
        assert_eq!(
            parse(&["k1:?"]),
            Some(KeyError::NotBase64 {
                name: "k1".to_owned()
            })
        );
        let short = parse(&["k1:c2hvcnQ="]).unwrap();
        assert_eq!(
            short,
            KeyError::Length {
                name: "k1".to_owned(),
                length: 5
            }
        );
        assert!(!short.to_string().contains("c2hvcnQ"));
    }
}
