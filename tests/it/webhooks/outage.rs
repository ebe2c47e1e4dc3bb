//! While the database cannot be written, nothing is acknowledged; what is sent again afterwards is told once.

use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sea_orm::{ConnectionTrait as _, Database, TransactionTrait as _};
use serde_json::json;
use sha2::Sha256;
use trefoil::clock;
use trefoil::event::{MeetingChange, What};

use super::{Ear, rows, sent};
use crate::harness::{House, given_a_house_with};

fn meeting() -> What {
    What::ZoomMeeting {
        host: None,
        meeting: "94890226305".parse().unwrap(),
        change: MeetingChange::Started,
    }
}

async fn tells(house: &House, number: i64) -> u16 {
    let body = json!({ "event": "meeting.started", "event_ts": number,
        "payload": { "account_id": "A", "object": { "id": 94_890_226_305_i64, "uuid": "a==" } } });
    let (body, now) = (body.to_string(), clock::unix().to_string());
    let mut mac = Hmac::<Sha256>::new_from_slice(b"secret").unwrap();
    mac.update(format!("v0:{now}:{body}").as_bytes());
    let bytes = mac.finalize().into_bytes();
    let hex: Vec<String> = bytes.iter().map(|it| format!("{it:02x}")).collect();
    let signature = format!("v0={}", hex.concat());
    let headers = [
        ("x-zm-request-timestamp", &*now),
        ("x-zm-signature", &signature),
    ];
    let url = format!("{}/webhooks/zoom", house.gateway().url);
    sent(&url, &headers, body).await
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_acknowledged_and_told_once_when_it_can() {
    let settings = "zoom.webhook_secrets = ['secret']";
    let house = given_a_house_with(settings, sandbox::Options::default()).await;
    let mut ear = Ear::at(&house.gateway().app, meeting()).await;
    assert_eq!(tells(&house, 1).await, 204);
    assert_eq!(ear.hears().await.len(), 1);

    // Somebody else writes and does not end.
    let other = Database::connect(house.database_url()).await.unwrap();
    let lock = other.begin().await.unwrap();
    let locked = match other.get_database_backend() {
        sea_orm::DbBackend::Sqlite => "UPDATE delivery SET received_at = received_at",
        _ => "LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE",
    };
    lock.execute_unprepared(locked).await.unwrap();
    let begun = Instant::now();
    let statuses = futures::future::join_all((2..12).map(|number| tells(&house, number))).await;
    assert_eq!(statuses, [503; 10]);
    // The database's own patience is longer; the rest is the machine's.
    let taken = begun.elapsed();
    assert!(taken < Duration::from_millis(4_500), "{taken:?}");
    lock.rollback().await.unwrap();

    assert_eq!(ear.hears().await, []);
    let statuses = futures::future::join_all((1..12).map(|number| tells(&house, number))).await;
    assert_eq!(statuses, [204; 11]);
    assert_eq!(ear.hears().await.len(), 10);
    assert_eq!(rows(&house).await, 11);
    other.close().await.unwrap();
    house.is_left_clean().await;
}
