//! The published vectors of each token format, read from the folder they stand in. Our own, made anew at every run, are
//! in `tests.rs`, so that the suite is whole without that folder.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::{env, fs};

use jsonwebtoken::DecodingKey;
use secrecy::SecretString;
use serde_json::Value;

use super::connect;
use super::entra::{self, Expected};
use super::forge;
use super::install;
use super::jwks::KeySet;
use super::jwt::{self, Refusal};
use super::qsh::{canonical, qsh};

/// A file of vectors, or `None` with a loud word about it: written past the test harness, which would swallow it.
fn vectors(file: &str) -> Option<Value> {
    let root = env::var_os("TREFOIL_REFERENCE").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/reference"),
        PathBuf::from,
    );
    if let Ok(bytes) = fs::read(root.join("vectors").join(file)) {
        return Some(serde_json::from_slice(&bytes).unwrap());
    }
    let word = format!("\n*** NOT CHECKED: {file} is absent; only our own vectors ran ***\n");
    io::stderr().write_all(word.as_bytes()).unwrap();
    None
}

/// The path and query of an address that may be whole.
fn target(url: &str) -> &str {
    match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => url,
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

#[test]
fn query_hashes_are_those_of_atlassian() {
    let Some(all) = vectors("qsh_vectors.json") else {
        return;
    };
    let cases = all["qsh"].as_array().unwrap();
    let normative: Vec<&Value> = cases
        .iter()
        .filter(|case| case["normative"] == true)
        .collect();
    assert!(normative.len() >= 30);
    for case in normative {
        let base = target(text(case, "base_url"));
        let base = if text(case, "base_url").is_empty() {
            ""
        } else {
            base
        };
        let (method, url) = (text(case, "method"), target(text(case, "url")));
        assert_eq!(
            canonical(method, url, base),
            text(case, "canonical"),
            "{case}"
        );
        assert_eq!(qsh(method, url, base), text(case, "qsh"), "{case}");
    }
}

#[test]
fn connect_tokens_get_their_verdicts() {
    let Some(all) = vectors("qsh_vectors.json") else {
        return;
    };
    let jwt = &all["jwt"];
    let secret = SecretString::from(text(jwt, "secret"));
    let now = jwt["now"].as_i64().unwrap();
    for case in jwt["tokens"].as_array().unwrap() {
        let token = text(case, "token");
        let hash = case["url"].as_str().map_or_else(
            || connect::CONTEXT.to_owned(),
            |url| qsh(text(case, "method"), target(url), ""),
        );
        let verdict = connect::verify(token, &secret, "client-key-1", &hash, now).map(drop);
        let expected = match text(case, "name") {
            "iframe request, valid" | "context token (AP.context.getToken)" => Ok(()),
            "expired" => Err(Refusal::Expired),
            "no exp" | "alg none" => Err(Refusal::Malformed),
            "HS512" => Err(Refusal::Algorithm),
            "unknown iss" | "outgoing app JWT" => Err(Refusal::Issuer),
            other => panic!("a vector nobody has read: {other}"),
        };
        assert_eq!(verdict, expected, "{}", text(case, "name"));
    }
    // A frame's token is no context token, and the other way round.
    let valid = text(&jwt["tokens"][0], "token");
    let verdict = connect::verify(valid, &secret, "client-key-1", connect::CONTEXT, now);
    assert_eq!(verdict.unwrap_err(), Refusal::QueryHash);
}

#[test]
fn signed_installs_get_their_verdicts() {
    let Some(all) = vectors("qsh_vectors.json") else {
        return;
    };
    let now = all["jwt"]["now"].as_i64().unwrap();
    let set = &all["jwt"]["signed_install"];
    let key = DecodingKey::from_rsa_pem(text(set, "public_key_pem").as_bytes()).unwrap();
    let audience = "https://gw.example.com".parse().unwrap();
    let hash = text(&set["valid"]["claims"], "qsh");
    let expected = install::Expected {
        audience: &audience,
        client_key: text(&set["install_body"], "clientKey"),
        hash,
    };
    for (name, verdict) in [
        ("valid", Ok(())),
        ("wrong_aud", Err(Refusal::Audience)),
        ("iss_not_clientKey", Err(Refusal::Issuer)),
        ("hs256_with_public_key_as_secret", Err(Refusal::Algorithm)),
    ] {
        let token = text(&set[name], "token");
        assert_eq!(
            install::verify(token, &key, &expected, now),
            verdict,
            "{name}"
        );
    }
}

#[test]
fn entra_tokens_get_their_verdicts() {
    let Some(all) = vectors("entra-jwt-vectors.json") else {
        return;
    };
    let keys = KeySet::parse(all["jwks"].to_string().as_bytes()).unwrap();
    let now = all["now"].as_i64().unwrap();
    let authority = "https://login.microsoftonline.com".parse().unwrap();
    let expected = Expected {
        authority: &authority,
        client_id: text(&all, "audience"),
        tenants: &[],
    };
    for (name, token) in all["tokens"].as_object().unwrap() {
        let token = token.as_str().unwrap();
        let key = jwt::header(token)
            .and_then(|header| keys.get(&header.kid.unwrap()).ok_or(Refusal::UnknownKey));
        let access = key
            .as_ref()
            .map_err(|refusal| *refusal)
            .and_then(|key| entra::verify_access(token, key, &expected, now));
        assert_eq!(access.is_ok(), name == "valid", "{name}: {access:?}");
        let notification = key
            .as_ref()
            .map_err(|refusal| *refusal)
            .and_then(|key| entra::verify_notification(token, key, &expected, now));
        assert_eq!(
            notification.is_ok(),
            name == "change-notification-v1",
            "{name}: {notification:?}"
        );
    }
}

#[test]
fn forge_tokens_get_their_verdicts() {
    let Some(all) = vectors("fit_vectors.json") else {
        return;
    };
    let keys = KeySet::parse(all["jwks"].to_string().as_bytes()).unwrap();
    let now = all["now"].as_i64().unwrap();
    for case in all["tokens"].as_array().unwrap() {
        let token = text(case, "token");
        let kid = jwt::header(token).unwrap().kid.unwrap();
        let invocation = forge::verify(token, &keys.get(&kid).unwrap(), text(&all, "app_id"), now);
        let name = text(case, "name");
        let wanted = text(case, "expect").starts_with("ok");
        assert_eq!(invocation.is_ok(), wanted, "{name}: {invocation:?}");
        if let Ok(invocation) = invocation {
            let person = case["claims"]["principal"].as_str();
            let told = invocation
                .account
                .as_ref()
                .map(crate::id::AccountId::as_str);
            assert_eq!(told, person, "{name}");
        }
    }
}
