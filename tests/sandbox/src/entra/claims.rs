//! The claims of access tokens for this app and of id tokens, version 2.0.
//! <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{API_SCOPE, CLIENT_ID};
use crate::world::{Person, digest};

/// An access token for this app; `client` is who asked for it (`azp`).
pub(super) fn access_claims(person: &Person, login: &str, client: &str) -> Map<String, Value> {
    let mut claims = common(person, login);
    claims.insert("azp".to_owned(), json!(client));
    claims.insert("azpacr".to_owned(), json!("0"));
    claims.insert("scp".to_owned(), json!(API_SCOPE));
    claims
}

/// An id token of the code flow.
pub(super) fn id_claims(
    person: &Person,
    login: &str,
    nonce: Option<&str>,
    with_email: bool,
) -> Map<String, Value> {
    let mut claims = common(person, login);
    if let Some(nonce) = nonce {
        claims.insert("nonce".to_owned(), json!(nonce));
    }
    if with_email {
        claims.insert("email".to_owned(), json!(person.email));
    }
    claims
}

fn common(person: &Person, login: &str) -> Map<String, Value> {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let subject = digest("entra subject", &format!("{} {CLIENT_ID}", person.handle));
    let claims = json!({
        "aud": CLIENT_ID,
        "iss": format!("{login}/{}/v2.0", person.tid),
        "iat": now,
        "nbf": now,
        "exp": now + 4_500,
        "name": person.name,
        "oid": person.oid,
        "preferred_username": person.email,
        "rh": "1.AXkA",
        "sub": URL_SAFE_NO_PAD.encode(subject),
        "tid": person.tid,
        "uti": URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes()),
        "ver": "2.0",
    });
    match claims {
        Value::Object(claims) => claims,
        _ => unreachable!("the literal above is an object"),
    }
}
