//! Signed tokens between Jira and an app: the query string hash, HS256 with the shared secret, RS256 for installs.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/>

use std::collections::BTreeMap;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::world::hex;

/// The id of the key that signs installs.
pub(crate) const INSTALL_KEY_ID: &str = "0f2ab9d4-6c1e-4a53-9d0a-5b7c11d3e8f2";

/// The public half, as the key server hands it out.
pub(crate) const INSTALL_PUBLIC_KEY: &str = include_str!("install_key.test.pub.pem");

/// A key made for this sandbox: it signs nothing outside of tests.
const INSTALL_PRIVATE_KEY: &str = include_str!("install_key.test.pem");

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The query string hash of a request. The address may be absolute or begin with its path; `base` is the path
/// of the base URL, which does not count.
pub(crate) fn query_string_hash(method: &str, address: &str, base: &str) -> String {
    hex(&Sha256::digest(canonical(method, address, base)))
}

fn canonical(method: &str, address: &str, base: &str) -> String {
    let address = address.split('#').next().unwrap_or_default();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let path = match path.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |start| &rest[start..]),
        None => path,
    };
    let path = match path.strip_prefix(base.trim_end_matches('/')) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
        _ => path,
    };
    let mut path = path.replace('&', "%26");
    if !path.starts_with('/') {
        path.insert(0, '/');
    }
    if path.len() > 1 && path.ends_with('/') {
        path.pop();
    }
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if name != "jwt" {
            let name = utf8_percent_encode(&name, UNRESERVED).to_string();
            parameters.entry(name).or_default().push(value.into_owned());
        }
    }
    let query: Vec<_> = parameters
        .into_iter()
        .map(|(name, mut values)| {
            values.sort();
            let values: Vec<_> = values
                .iter()
                .map(|value| utf8_percent_encode(value, UNRESERVED).to_string())
                .collect();
            format!("{name}={}", values.join(","))
        })
        .collect();
    format!("{}&{path}&{}", method.to_uppercase(), query.join("&"))
}

/// Signs with a shared secret.
pub(crate) fn sign(claims: &Value, secret: &str) -> String {
    jsonwebtoken::encode(
        &Header::new(Algorithm::HS256),
        claims,
        &EncodingKey::from_secret(secret.as_bytes()),
    )
    .expect("claims can be signed")
}

/// Signs with the install key.
pub(crate) fn sign_install(claims: &Value) -> String {
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(INSTALL_KEY_ID.to_owned());
    let key = EncodingKey::from_rsa_pem(INSTALL_PRIVATE_KEY.as_bytes())
        .expect("the sandbox's own key is well formed");
    jsonwebtoken::encode(&header, claims, &key).expect("claims can be signed")
}

/// The claims of a token signed with this secret that is valid now, 30 seconds of clock difference allowed.
pub(crate) fn verify(token: &str, secret: &str) -> Option<Map<String, Value>> {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.leeway = 30;
    rules.validate_aud = false;
    rules.set_required_spec_claims(&["exp", "iss"]);
    jsonwebtoken::decode(token, &DecodingKey::from_secret(secret.as_bytes()), &rules)
        .ok()
        .map(|token| token.claims)
}

/// The `iss` claim, not yet trusted: it only tells whose secret to verify with.
pub(crate) fn claimed_issuer(token: &str) -> Option<String> {
    let claims: Map<String, Value> = jsonwebtoken::dangerous::insecure_decode(token).ok()?.claims;
    Some(claims.get("iss")?.as_str()?.to_owned())
}
