//! Forged and genuine tokens of every kind, signed here with keys made at this run.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::connect;
use super::entra::{self, Expected};
use super::forge;
use super::install;
use super::jwks::KeySet;
use super::jwt::{self, Refusal};
use super::token_in;

const NOW: i64 = 1_800_000_000;
const SECRET: &str = "a-shared-secret-of-some-length-0123456789";
const TID: &str = "11111111-1111-1111-1111-111111111111";
const APP: &str = "2c3caa80-93f9-425e-8b85-0745f50c0d24";

/// An RSA key pair made for one test.
struct Signer {
    private: EncodingKey,
    public: Value,
    public_der: Vec<u8>,
}

fn signer() -> Signer {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private = pair.as_der().unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(private.as_ref())
    );
    let public = pair.public_key();
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Signer {
        private: EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(),
        public: json!({
            "kty": "RSA", "use": "sig", "kid": "k1",
            "n": number(public.modulus().big_endian_without_leading_zero()),
            "e": number(public.exponent().big_endian_without_leading_zero()),
            "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0",
        }),
        public_der: public.as_ref().to_vec(),
    }
}

impl Signer {
    fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some("k1".to_owned());
        encode(&header, claims, &self.private).unwrap()
    }

    fn keys(&self) -> KeySet {
        KeySet::parse(json!({ "keys": [self.public] }).to_string().as_bytes()).unwrap()
    }
}

fn hs256(claims: &Value, secret: &str) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}

/// The claims with one of them set, or removed by `null`.
fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    let object = claims.as_object_mut().unwrap();
    if value.is_null() {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), value);
    }
    claims
}

/// The same claims with another header and no signature.
fn unsigned(token: &str, header: &Value) -> String {
    let claims = token.split('.').nth(1).unwrap();
    format!("{}.{claims}.", URL_SAFE_NO_PAD.encode(header.to_string()))
}

fn panel() -> Value {
    json!({
        "iss": "client-1", "sub": "5b10a2844c20165700ede21g", "iat": NOW, "exp": NOW + 900,
        "qsh": "context-qsh", "context": { "jira": { "issue": { "id": "10042", "key": "DEMO-42" } } },
    })
}

fn person() -> Value {
    json!({
        "aud": APP, "iss": format!("https://login.microsoftonline.com/{TID}/v2.0"), "ver": "2.0",
        "iat": NOW, "nbf": NOW, "exp": NOW + 4500, "tid": TID, "scp": "other access_as_user",
        "oid": "6467882c-fdfd-4354-a1ed-4e13f064be25", "azp": "5e3ce6c0-2b1f-4285-8d4b-75ee78787346",
    })
}

#[test]
fn a_context_token_tells_who_looks_at_which_issue() {
    let secret = SecretString::from(SECRET);
    let told = connect::verify(
        &hs256(&panel(), SECRET),
        &secret,
        "client-1",
        "context-qsh",
        NOW,
    );
    let told = told.unwrap();
    assert_eq!(told.account.unwrap().as_str(), "5b10a2844c20165700ede21g");
    assert_eq!(told.issue.unwrap().number(), 10042);
    assert_eq!(told.expires_at, NOW + 900);
}

#[test]
fn forged_panel_tokens_are_refused() {
    let secret = SecretString::from(SECRET);
    let good = hs256(&panel(), SECRET);
    let verdict =
        |token: &str| connect::verify(token, &secret, "client-1", "context-qsh", NOW).unwrap_err();
    let signed = |name: &str, value: Value| verdict(&hs256(&with(&panel(), name, value), SECRET));
    for (name, value, expected) in [
        ("exp", json!(null), Refusal::Malformed),
        ("exp", json!("1800000900"), Refusal::Malformed),
        ("exp", json!(1e99), Refusal::Malformed),
        ("exp", json!(NOW - 30), Refusal::Expired),
        ("nbf", json!(NOW + 31), Refusal::NotYetValid),
        ("iat", json!(NOW + 31), Refusal::NotYetValid),
        ("iss", json!("client-2"), Refusal::Issuer),
        ("qsh", json!(null), Refusal::QueryHash),
        ("qsh", json!("a420f9a4"), Refusal::QueryHash),
        ("sub", json!("../admin"), Refusal::Malformed),
    ] {
        assert_eq!(signed(name, value.clone()), expected, "{name} {value}");
    }
    assert_eq!(
        verdict(&hs256(&panel(), "another secret")),
        Refusal::Signature
    );
    for alg in ["none", "None", "nOnE"] {
        assert_eq!(
            verdict(&unsigned(&good, &json!({ "alg": alg }))),
            Refusal::Malformed
        );
    }
    assert!(
        connect::verify(
            &good[..good.len() - 2],
            &secret,
            "client-1",
            "context-qsh",
            NOW
        )
        .is_err()
    );
    assert_eq!(
        verdict(&unsigned(&good, &json!({ "alg": "HS256" }))),
        Refusal::Signature
    );
    assert_eq!(
        verdict(&format!("{good}{}", "x".repeat(1_000_000))),
        Refusal::Malformed
    );
    let critical = unsigned(&good, &json!({ "alg": "HS256", "crit": ["exp"] }));
    assert_eq!(verdict(&critical), Refusal::Malformed);
    let twice = format!(
        "{{\"iss\":\"client-1\",\"iss\":\"client-2\",\"exp\":{},\"qsh\":\"context-qsh\"}}",
        NOW + 9
    );
    let twice = format!(
        "{}.{}.x",
        URL_SAFE_NO_PAD.encode("{\"alg\":\"HS256\"}"),
        URL_SAFE_NO_PAD.encode(twice)
    );
    assert!(connect::verify(&twice, &secret, "client-1", "context-qsh", NOW).is_err());
    // Just inside the leeway.
    let late = hs256(&with(&panel(), "exp", json!(NOW - 29)), SECRET);
    assert!(connect::verify(&late, &secret, "client-1", "context-qsh", NOW).is_ok());
}

#[test]
fn forged_entra_tokens_are_refused() {
    let (ours, theirs) = (signer(), signer());
    let keys = ours.keys();
    let key = keys.get("k1").unwrap();
    let authority = "https://login.microsoftonline.com".parse().unwrap();
    let expected = Expected {
        authority: &authority,
        client_id: APP,
        tenants: &[],
    };
    let access = |token: &str| entra::verify_access(token, &key, &expected, NOW);
    let good = ours.sign(&person());
    let signed_in = access(&good).unwrap();
    assert_eq!(signed_in.user.tid.to_string(), TID);
    assert_eq!(signed_in.host, Some(super::Host::Teams));
    let consumer = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let consumers = with(
        &with(&person(), "tid", json!(consumer)),
        "iss",
        json!(format!("https://login.microsoftonline.com/{consumer}/v2.0")),
    );
    assert_eq!(access(&ours.sign(&consumers)).unwrap_err(), Refusal::Tenant);
    for (name, value, refusal) in [
        (
            "aud",
            json!("00000003-0000-0000-c000-000000000000"),
            Refusal::Audience,
        ),
        ("aud", json!([APP, "other"]), Refusal::Audience),
        (
            "iss",
            json!(format!("https://evil.example/{TID}/v2.0")),
            Refusal::Issuer,
        ),
        (
            "iss",
            json!(format!("https://login.microsoftonline.com/{TID}/v2.0/")),
            Refusal::Issuer,
        ),
        (
            "tid",
            json!("22222222-2222-2222-2222-222222222222"),
            Refusal::Issuer,
        ),
        ("tid", json!("common"), Refusal::Malformed),
        ("ver", json!("1.0"), Refusal::Issuer),
        ("exp", json!(NOW - 61), Refusal::Expired),
        ("nbf", json!(NOW + 61), Refusal::NotYetValid),
        ("exp", json!(null), Refusal::Malformed),
        ("oid", json!(null), Refusal::Malformed),
        ("scp", json!(null), Refusal::Scope),
        ("scp", json!("access_as_user2"), Refusal::Scope),
    ] {
        let verdict = access(&ours.sign(&with(&person(), name, value.clone()))).unwrap_err();
        assert_eq!(verdict, refusal, "{name} {value}");
    }
    assert_eq!(
        access(&theirs.sign(&person())).unwrap_err(),
        Refusal::Signature
    );
    // The public key as an HMAC secret.
    let confused = EncodingKey::from_secret(&ours.public_der);
    let confused = encode(&Header::new(Algorithm::HS256), &person(), &confused).unwrap();
    assert_eq!(access(&confused).unwrap_err(), Refusal::Algorithm);
    let only = [consumer.to_owned()];
    let elsewhere = Expected {
        tenants: &only,
        ..expected
    };
    let verdict = entra::verify_access(&good, &key, &elsewhere, NOW);
    assert_eq!(verdict.unwrap_err(), Refusal::Tenant);
}

#[test]
fn an_id_token_is_for_one_sign_in() {
    let ours = signer();
    let keys = ours.keys();
    let key = keys.get("k1").unwrap();
    let authority = "https://login.microsoftonline.com".parse().unwrap();
    let expected = Expected {
        authority: &authority,
        client_id: APP,
        tenants: &[],
    };
    let token = ours.sign(&with(
        &with(&person(), "nonce", json!("n1")),
        "scp",
        json!(null),
    ));
    assert!(entra::verify_identity(&token, &key, &expected, "n1", NOW).is_ok());
    let other = entra::verify_identity(&token, &key, &expected, "n2", NOW);
    assert_eq!(other.unwrap_err(), Refusal::Replay);
    // And it opens no door of the interface.
    assert!(entra::verify_access(&token, &key, &expected, NOW).is_err());
}

#[test]
fn forged_installs_are_refused() {
    let (ours, theirs) = (signer(), signer());
    let keys = ours.keys();
    let key = &keys.get("k1").unwrap().key;
    let audience = "https://gw.example.com".parse().unwrap();
    let expected = install::Expected {
        audience: &audience,
        client_key: "client-1",
        hash: "abc",
    };
    let claims = json!({
        "iss": "client-1", "aud": ["https://gw.example.com/"], "iat": NOW, "exp": NOW + 180, "qsh": "abc",
    });
    let verdict = |token: &str| install::verify(token, key, &expected, NOW);
    assert_eq!(verdict(&ours.sign(&claims)), Ok(()));
    assert_eq!(verdict(&theirs.sign(&claims)), Err(Refusal::Signature));
    assert_eq!(verdict(&hs256(&claims, SECRET)), Err(Refusal::Algorithm));
    for (name, value, refusal) in [
        (
            "aud",
            json!(["https://evil.example", "https://gw.example.com"]),
            Refusal::Audience,
        ),
        ("aud", json!(null), Refusal::Malformed),
        ("iss", json!("client-2"), Refusal::Issuer),
        ("qsh", json!("context-qsh"), Refusal::QueryHash),
        ("exp", json!(NOW - 31), Refusal::Expired),
        ("exp", json!(null), Refusal::Malformed),
    ] {
        let forged = ours.sign(&with(&claims, name, value.clone()));
        assert_eq!(verdict(&forged), Err(refusal), "{name} {value}");
    }
}

#[test]
fn a_site_lives_at_an_allowed_address_only() {
    let hosts = ["*.atlassian.net".to_owned(), "127.0.0.1".to_owned()];
    for (address, fine) in [
        ("https://acme.atlassian.net", true),
        ("http://127.0.0.1:4000", true),
        ("http://acme.atlassian.net", false),
        ("https://atlassian.net", false),
        ("https://evilatlassian.net", false),
        ("https://acme.atlassian.net.evil.example", false),
        ("https://user@acme.atlassian.net", false),
        ("https://localhost", false),
        ("ftp://acme.atlassian.net", false),
    ] {
        assert_eq!(
            install::allowed(&address.parse().unwrap(), &hosts),
            fine,
            "{address}"
        );
    }
}

#[test]
fn a_forge_token_is_for_our_app_and_its_person() {
    let ours = signer();
    let keys = ours.keys();
    let key = keys.get("k1").unwrap();
    let claims = json!({
        "aud": "ari:cloud:ecosystem::app/1", "iss": "forge/invocation-token", "iat": NOW, "nbf": NOW,
        "exp": NOW + 25, "principal": "655362:abc",
        "app": { "installationId": "ari:i", "apiBaseUrl": "https://api.atlassian.com/ex/jira/1" },
        "context": { "cloudId": "1", "extension": { "issue": { "id": "10001" } } },
    });
    let verify =
        |claims: &Value| forge::verify(&ours.sign(claims), &key, "ari:cloud:ecosystem::app/1", NOW);
    let invocation = verify(&claims).unwrap();
    assert_eq!(invocation.account.unwrap().as_str(), "655362:abc");
    assert_eq!(invocation.issue.unwrap().number(), 10001);
    for (name, value, refusal) in [
        (
            "aud",
            json!("ari:cloud:ecosystem::app/2"),
            Refusal::Audience,
        ),
        ("iss", json!("forge/other"), Refusal::Issuer),
        ("exp", json!(NOW - 11), Refusal::Expired),
        ("icLabel", json!("../../evil"), Refusal::Tenant),
    ] {
        assert_eq!(
            verify(&with(&claims, name, value)).unwrap_err(),
            refusal,
            "{name}"
        );
    }
}

#[test]
fn only_two_schemes_carry_a_token() {
    assert_eq!(token_in("Bearer a.b.c"), Some("a.b.c"));
    assert_eq!(token_in("jwt a.b.c"), Some("a.b.c"));
    for header in ["a.b.c", "Basic a", "Bearer ", "Bearer a b", ""] {
        assert_eq!(token_in(header), None, "{header}");
    }
    assert_eq!(jwt::header("not a token").unwrap_err(), Refusal::Malformed);
}
