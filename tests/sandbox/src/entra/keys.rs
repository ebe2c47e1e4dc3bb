//! The signing keys: what is published, what signs now, and the making and checking of tokens.

use std::sync::LazyLock;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, jwk::Jwk};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The tenant of personal accounts; its key serves its own issuer only.
pub const CONSUMER_TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Which keys sign and which are published. The keys themselves are the same in every sandbox, since making
/// RSA keys would cost every test a second.
#[derive(Debug, Clone)]
pub struct KeyRing {
    active: usize,
    published: Vec<usize>,
}

struct Key {
    id: String,
    certificate: String,
    signing: EncodingKey,
    modulus: String,
    exponent: String,
}

static KEYS: LazyLock<[Key; 3]> = LazyLock::new(|| {
    [
        key(include_str!("keys/one.pem"), include_str!("keys/one.crt")),
        key(include_str!("keys/two.pem"), include_str!("keys/two.crt")),
        key(
            include_str!("keys/consumer.pem"),
            include_str!("keys/consumer.crt"),
        ),
    ]
});

const CONSUMER: usize = 2;

impl Default for KeyRing {
    fn default() -> Self {
        Self {
            active: 0,
            published: vec![0],
        }
    }
}

impl KeyRing {
    /// Publishes the other key and signs with it from now on. The old one stays published until the next
    /// rotation takes its place, as during a real roll-over.
    pub fn rotate(&mut self) {
        self.active = 1 - self.active;
        self.published = vec![0, 1];
    }

    /// Takes back every published key but the signing one, as after a compromise.
    pub fn retire_old(&mut self) {
        self.published = vec![self.active];
    }

    /// The key set document; `login` is the authority's base URL.
    /// <https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-issuer>
    pub fn document(&self, login: &str) -> Value {
        let keys = self
            .published
            .iter()
            .map(|index| (*index, "{tenantid}"))
            .chain([(CONSUMER, CONSUMER_TENANT)])
            .map(|(index, tenant)| {
                let key = &KEYS[index];
                json!({
                    "kty": "RSA", "use": "sig", "kid": key.id, "x5t": key.id,
                    "n": key.modulus, "e": key.exponent, "x5c": [key.certificate],
                    "cloud_instance_name": "microsoftonline.com",
                    "issuer": format!("{login}/{tenant}/v2.0"),
                })
            });
        json!({"keys": keys.collect::<Vec<_>>()})
    }

    /// Signs claims with the active key.
    pub fn sign(&self, claims: &Map<String, Value>) -> String {
        sign(&KEYS[self.active], claims)
    }

    /// Signs claims with the key of personal accounts.
    pub fn sign_as_consumer(claims: &Map<String, Value>) -> String {
        sign(&KEYS[CONSUMER], claims)
    }

    /// The claims of a token signed with a published key. Audience and times are left to the caller, who
    /// answers each with a code of its own.
    pub fn verify(&self, token: &str) -> Option<Map<String, Value>> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let key = self
            .published
            .iter()
            .map(|index| &KEYS[*index])
            .find(|it| Some(&it.id) == header.kid.as_ref())?;
        let decoding = DecodingKey::from_rsa_components(&key.modulus, &key.exponent).ok()?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        jsonwebtoken::decode::<Map<String, Value>>(token, &decoding, &validation)
            .ok()
            .map(|it| it.claims)
    }
}

fn sign(key: &Key, claims: &Map<String, Value>) -> String {
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(key.id.clone());
    jsonwebtoken::encode(&header, claims, &key.signing).expect("an RSA key signs any claims")
}

fn key(private: &str, certificate: &str) -> Key {
    let signing = EncodingKey::from_rsa_pem(private.as_bytes()).expect("the test key is valid PEM");
    let certificate: String = certificate
        .lines()
        .filter(|it| !it.starts_with('-'))
        .collect();
    let der = STANDARD
        .decode(&certificate)
        .expect("the test certificate is valid PEM");
    let jwk = Jwk::from_encoding_key(&signing, Algorithm::RS256).expect("the test key is RSA");
    let jwk = serde_json::to_value(jwk).expect("a JWK is JSON");
    let part = |name: &str| {
        let text = jwk[name].as_str().expect("an RSA JWK has n and e");
        text.to_owned()
    };
    Key {
        id: URL_SAFE_NO_PAD.encode(&Sha256::digest(der)[..20]),
        certificate,
        modulus: part("n"),
        exponent: part("e"),
        signing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Map<String, Value> {
        json!({"aud": "x", "exp": 1}).as_object().unwrap().clone()
    }

    #[test]
    fn a_token_verifies_until_its_key_is_retired() {
        let mut ring = KeyRing::default();
        let token = ring.sign(&claims());
        assert_eq!(ring.verify(&token), Some(claims()));
        ring.rotate();
        assert_eq!(ring.verify(&token), Some(claims()));
        let newer = ring.sign(&claims());
        ring.retire_old();
        assert_eq!(ring.verify(&token), None);
        assert_eq!(ring.verify(&newer), Some(claims()));
    }

    #[test]
    fn the_consumer_key_names_its_own_issuer() {
        let document = KeyRing::default().document("http://login");
        let issuers: Vec<_> = document["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["issuer"].as_str().unwrap())
            .collect();
        assert_eq!(
            issuers,
            [
                "http://login/{tenantid}/v2.0".to_owned(),
                format!("http://login/{CONSUMER_TENANT}/v2.0")
            ]
        );
        assert!(
            KeyRing::default()
                .verify(&KeyRing::sign_as_consumer(&claims()))
                .is_none()
        );
    }
}
