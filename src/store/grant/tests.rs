//! Connections: leases, renewals and ends.

use super::{ACTIVE, Model, REAUTH_REQUIRED, Renewed};
use crate::clock;
use crate::id::{PersonId, SiteId, TenantId};
use crate::store::person::{self, Subject};
use crate::store::{Store, grant};

async fn given_a_connection() -> (Store, TenantId, PersonId, Model) {
    let store = Store::connect("sqlite::memory:").await.unwrap();
    store.migrate().await.unwrap();
    let tenant = TenantId::of_site(SiteId::random());
    let jira = Subject {
        provider: "jira",
        authority: "site".to_owned(),
        subject: "alice".to_owned(),
    };
    let person = person::of_or_made(&store, &tenant, &jira).await.unwrap();
    let row = Model {
        id: "c1".to_owned(),
        tenant: tenant.as_str().to_owned(),
        person_id: person.to_string(),
        provider: "zoom".to_owned(),
        authority: "account".to_owned(),
        subject: "user".to_owned(),
        scopes: "user:read:user".to_owned(),
        access_token: Some(vec![1]),
        refresh_token: Some(vec![2]),
        access_expires_at: 10,
        version: 1,
        lease_owner: None,
        lease_until: None,
        state: ACTIVE.to_owned(),
        api_base: None,
        connected_at: 5,
        updated_at: 5,
    };
    grant::replace(&store, &tenant, person, row.clone())
        .await
        .unwrap();
    (store, tenant, person, row)
}

fn tokens() -> Renewed {
    Renewed {
        access_token: vec![3],
        refresh_token: Some(vec![4]),
        access_expires_at: 99,
        scopes: None,
        api_base: None,
    }
}

#[tokio::test]
async fn one_of_many_gets_the_lease_and_a_dead_owner_loses_it() {
    let (store, tenant, person, row) = given_a_connection().await;
    let soon = clock::millis() + 30_000;
    let mut taken = 0;
    for owner in ["a", "b", "c"] {
        taken += i32::from(
            grant::lease(&store, &tenant, &row.id, 1, owner, soon)
                .await
                .unwrap(),
        );
    }
    assert_eq!(taken, 1);
    assert!(
        grant::renew(&store, &tenant, &row.id, 1, tokens())
            .await
            .unwrap()
    );
    let after = grant::of(&store, &tenant, person, "zoom")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (
            after.version,
            after.access_token,
            after.refresh_token,
            after.lease_until
        ),
        (2, Some(vec![3]), Some(vec![4]), None)
    );
    // The old version is nobody's to renew any more.
    assert!(
        !grant::lease(&store, &tenant, &row.id, 1, "d", soon)
            .await
            .unwrap()
    );
    assert!(
        !grant::renew(&store, &tenant, &row.id, 1, tokens())
            .await
            .unwrap()
    );
    let past = clock::millis() - 1;
    assert!(
        grant::lease(&store, &tenant, &row.id, 2, "dies", past)
            .await
            .unwrap()
    );
    assert!(
        grant::lease(&store, &tenant, &row.id, 2, "next", soon)
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn another_tenant_neither_sees_nor_touches_it() {
    let (store, _, person, row) = given_a_connection().await;
    let other = TenantId::of_site(SiteId::random());
    let soon = clock::millis() + 30_000;
    assert_eq!(
        grant::of(&store, &other, person, "zoom").await.unwrap(),
        None
    );
    assert!(
        !grant::lease(&store, &other, &row.id, 1, "x", soon)
            .await
            .unwrap()
    );
    assert!(
        !grant::renew(&store, &other, &row.id, 1, tokens())
            .await
            .unwrap()
    );
    assert!(!grant::end(&store, &other, &row.id, 1).await.unwrap());
    assert_eq!(
        grant::remove(&store, &other, person, "zoom").await.unwrap(),
        None
    );
}

#[tokio::test]
async fn an_ended_connection_has_no_tokens_and_a_resting_one_waits() {
    let (store, tenant, person, row) = given_a_connection().await;
    let soon = clock::millis() + 30_000;
    assert!(
        grant::rest(&store, &tenant, &row.id, 1, soon)
            .await
            .unwrap()
    );
    let resting = grant::of(&store, &tenant, person, "zoom")
        .await
        .unwrap()
        .unwrap();
    assert!(resting.resting());
    assert!(
        !grant::lease(&store, &tenant, &row.id, 1, "x", soon)
            .await
            .unwrap()
    );
    assert!(grant::end(&store, &tenant, &row.id, 1).await.unwrap());
    let ended = grant::of(&store, &tenant, person, "zoom")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ended.state, REAUTH_REQUIRED);
    assert_eq!((ended.access_token, ended.refresh_token), (None, None));
    assert!(
        grant::remove(&store, &tenant, person, "zoom")
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        grant::remove(&store, &tenant, person, "zoom")
            .await
            .unwrap(),
        None
    );
}
