//! Entra's tokens at the door: the forged, and those of keys that are new or unknown.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::join_all;
use sandbox::entra::{Command, Host};
use serde_json::Value;
use trefoil::auth::Caller;

use crate::harness::given_a_house;

#[tokio::test]
async fn forged_entra_tokens_open_nothing() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let verdict = async |token: String| {
        let header = format!("Bearer {token}");
        let caller = Caller::authenticate(app, Some(&header)).await;
        caller
            .map(drop)
            .map_err(|rejection| rejection.status.as_u16())
    };
    let with = |name: &str, value: Value| {
        let name = name.to_owned();
        let change = move |claims: &mut serde_json::Map<String, Value>| {
            claims.insert(name, value);
        };
        house
            .sandbox
            .entra_token_with("alice", Host::Outlook, change)
    };
    assert_eq!(
        verdict(house.sandbox.entra_token("alice", Host::Teams)).await,
        Ok(())
    );
    assert_eq!(
        verdict(house.sandbox.entra_consumer_token("alice")).await,
        Err(401)
    );
    assert_eq!(verdict(with("aud", "someone-else".into())).await, Err(401));
    assert_eq!(verdict(with("scp", "Mail.Read".into())).await, Err(403));
    assert_eq!(verdict(with("ver", "1.0".into())).await, Err(401));
    assert_eq!(verdict(with("exp", 1.into())).await, Err(401));
    let graph = house.sandbox.graph_token("alice", &["Mail.Read"]);
    assert_eq!(verdict(graph).await, Err(401));
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_new_signing_key_is_learned_once_and_an_unknown_one_not_asked_for_again() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let keys_asked = || {
        let asked = house.asked("login");
        asked
            .iter()
            .filter(|seen| seen.path.ends_with("/discovery/v2.0/keys"))
            .count()
    };
    let enters = async |token: &str| {
        let header = format!("Bearer {token}");
        Caller::authenticate(app, Some(&header)).await.is_ok()
    };
    let old = house.sandbox.entra_token("alice", Host::Outlook);
    let many = join_all((0..20).map(|_| enters(&old))).await;
    assert!(many.iter().all(|entered| *entered));
    assert_eq!(keys_asked(), 1);
    house.sandbox.entra(&Command::RotateKeys);
    let new = house.sandbox.entra_token("alice", Host::Outlook);
    assert!(enters(&new).await && enters(&old).await);
    assert_eq!(keys_asked(), 2);
    // A key that nobody has: forgers must not make us ask for it again and again.
    let header = URL_SAFE_NO_PAD.encode("{\"alg\":\"RS256\",\"kid\":\"nobody\"}");
    let (_, rest) = new.split_once('.').unwrap();
    for _ in 0..5 {
        assert!(!enters(&format!("{header}.{rest}")).await);
    }
    assert_eq!(keys_asked(), 2);
    house.is_left_clean().await;
}
