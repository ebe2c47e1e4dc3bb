//! Zoom's signatures, bounds of time, challenges and bodies.

use secrecy::SecretString;
use serde_json::json;

use super::{AHEAD, OLDEST, Refused, Told, verify};
use crate::event::{Event, MeetingChange, RecordingChange, What};
use crate::upstream::signature;

const SECRET: &str = "test-secret-token-0123456789";
const AT: i64 = 1_732_222_222;

/// Bodies with their signatures at the moment above, computed independently of this code.
const VECTORS: [(&str, &str); 3] = [
    (
        r#"{"event":"recording.completed","event_ts":1626230691572,"payload":{"account_id":"AAAAAABBBB","object":{"uuid":"4444AAAiAAAAAiAiAiiAii=="}}}"#,
        "v0=0f27e4ab0effbdd9fc43787d9535dbfb622d49a7730b44df6cfe3d4d86be8d02",
    ),
    (
        r#"{"event":"meeting.started","event_ts":1619016544371,"payload":{"account_id":"A","object":{"topic":"Besprechung – Größe ✓","uuid":"/ajXp112QmuoKj4854875=="}}}"#,
        "v0=99426dd4afa98377faaa02f13ccd7deb6c9fe09362035579249e173885b75b71",
    ),
    (
        r#"{ "event" : "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}, "event_ts": 1654503849680 }"#,
        "v0=d447e14ecfd0e544fa36729d8f28016fc324d9a850ce442663008c967b968306",
    ),
];

fn secrets() -> [SecretString; 2] {
    [
        SecretString::from("an-older-one"),
        SecretString::from(SECRET),
    ]
}

fn judged(signature: &str, timestamp: &str, body: &[u8], now: i64) -> Option<Refused> {
    let (signature, timestamp) = (signature.as_bytes(), timestamp.as_bytes());
    verify(&secrets(), signature, timestamp, body, now).err()
}

fn told(body: &str) -> Option<Told> {
    let (secrets, at) = (secrets(), AT.to_string());
    let parts: &[&[u8]] = &[b"v0:", at.as_bytes(), b":", body.as_bytes()];
    let signature = format!("v0={}", signature::hex(&secrets[0], parts));
    let (signature, at) = (signature.as_bytes(), at.as_bytes());
    verify(&secrets, signature, at, body.as_bytes(), AT)
        .unwrap()
        .read()
        .unwrap()
}

fn happened(body: &serde_json::Value) -> Vec<Event> {
    match told(&body.to_string()) {
        Some(Told::Happened(events)) => events,
        other => panic!("{other:?}"),
    }
}

#[test]
fn zooms_signatures_are_known_and_every_other_is_refused() {
    let at = AT.to_string();
    let mut refused = 0;
    for (body, signature) in VECTORS {
        assert_eq!(judged(signature, &at, body.as_bytes(), AT), None);
        // One bit of the body.
        for bit in 0..body.len() * 8 {
            let mut changed = body.as_bytes().to_vec();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                judged(signature, &at, &changed, AT),
                Some(Refused::Signature)
            );
            refused += 1;
        }
        // One character of the signature, one digit of the time, other spellings.
        for index in 0..signature.len() {
            let mut changed = signature.to_owned();
            let other = if signature.as_bytes()[index] == b'0' {
                "1"
            } else {
                "0"
            };
            changed.replace_range(index..=index, other);
            assert!(judged(&changed, &at, body.as_bytes(), AT).is_some());
            refused += 1;
        }
        for index in 0..at.len() {
            let mut changed = at.clone();
            changed.replace_range(index..=index, "9");
            assert!(judged(signature, &changed, body.as_bytes(), AT).is_some());
            refused += 1;
        }
        let value: serde_json::Value = serde_json::from_str(body).unwrap();
        let again = value.to_string();
        if again != body {
            assert!(judged(signature, &at, again.as_bytes(), AT).is_some());
        }
        for other in [
            signature.to_uppercase(),
            signature.replace("v0=", "v1="),
            signature.replace("v0=", ""),
            format!("v0={}", signature[3..].to_uppercase()),
            format!("{signature} "),
            signature[..66].to_owned(),
            String::new(),
        ] {
            let judged = judged(&other, &at, body.as_bytes(), AT);
            assert_eq!(judged, Some(Refused::Signature), "{other}");
        }
    }
    assert!(refused > 1_000, "{refused}");
    let (body, signature) = VECTORS[0];
    let others = [SecretString::from("another-secret")];
    let judged = verify(
        &others,
        signature.as_bytes(),
        at.as_bytes(),
        body.as_bytes(),
        AT,
    );
    assert_eq!(judged.err(), Some(Refused::Signature));
}

#[test]
fn the_bounds_of_time_are_exact() {
    let judged = |sent: &str| {
        let parts: &[&[u8]] = &[b"v0:", sent.as_bytes(), b":", b"{}"];
        let signature = format!("v0={}", signature::hex(&SecretString::from(SECRET), parts));
        judged(&signature, sent, b"{}", AT)
    };
    for (sent, expected) in [
        (AT, None),
        (AT - OLDEST, None),
        (AT - OLDEST - 1, Some(Refused::Stale)),
        (AT + AHEAD, None),
        (AT + AHEAD + 1, Some(Refused::Stale)),
        (AT - 10 * 86_400, Some(Refused::Stale)),
        (AT * 1_000, Some(Refused::Stale)),
        (-AT, Some(Refused::Stale)),
        (0, Some(Refused::Stale)),
    ] {
        assert_eq!(judged(&sent.to_string()), expected, "{sent}");
    }
    for odd in [
        "",
        "NaN",
        "+1732222222",
        "1732222222.0",
        " 1732222222",
        "1e9",
    ] {
        assert_eq!(judged(odd), Some(Refused::Stale), "{odd}");
    }
}

#[test]
fn a_token_is_signed_and_nothing_that_could_be_an_event() {
    let Some(Told::Challenge(answer)) = told(VECTORS[2].0) else {
        panic!("no challenge");
    };
    assert_eq!(answer.plain_token, "qgg8vlvZRS6UYooatFL8Aw");
    let known = verify(
        &secrets()[1..],
        VECTORS[2].1.as_bytes(),
        AT.to_string().as_bytes(),
        VECTORS[2].0.as_bytes(),
        AT,
    )
    .unwrap()
    .read();
    assert_eq!(
        serde_json::to_value(match known.unwrap() {
            Some(Told::Challenge(answer)) => answer,
            other => panic!("{other:?}"),
        })
        .unwrap()["encryptedToken"],
        "6806fd4fceab5538106881d9ede74644cdb6e6f66b3bbafe64228529a219d414"
    );
    for token in [
        "v0:1732222222:{}",
        "short",
        "",
        "größer-als-nichts",
        &"a".repeat(65),
    ] {
        let body =
            json!({ "event": "endpoint.url_validation", "payload": { "plainToken": token } });
        let body = body.to_string();
        let (secrets, at) = (secrets(), AT.to_string());
        let parts: &[&[u8]] = &[b"v0:", at.as_bytes(), b":", body.as_bytes()];
        let signature = format!("v0={}", signature::hex(&secrets[0], parts));
        let delivery = verify(
            &secrets,
            signature.as_bytes(),
            at.as_bytes(),
            body.as_bytes(),
            AT,
        );
        assert_eq!(delivery.unwrap().read(), Err(Refused::Challenge), "{token}");
    }
}

#[test]
fn deliveries_are_read_to_their_ids() {
    let recording = json!({
        "event": "recording.completed", "event_ts": 1_626_230_691_572_i64, "download_token": "t",
        "payload": { "account_id": "A", "object": {
            "id": 1_234_567_890, "uuid": "4444AAAiAAAAAiAiAiiAii==", "host_id": "x1yCzABCDEfg23HiJKl4mN",
            "topic": "Words", "recording_files": [{ "id": "b" }, { "id": "a" }] } }
    });
    let events = happened(&recording);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].at, 1_626_230_691_572);
    let host = Some("x1yCzABCDEfg23HiJKl4mN".parse().unwrap());
    assert_eq!(
        events[0].what,
        What::ZoomRecording {
            host,
            meeting: Some("1234567890".parse().unwrap()),
            recording: "4444AAAiAAAAAiAiAiiAii==".parse().unwrap(),
            change: RecordingChange::Completed,
        }
    );
    // In whatever order its files stand; but not with others.
    let mut other = recording.clone();
    other["payload"]["object"]["recording_files"] = json!([{ "id": "a" }, { "id": "b" }]);
    assert_eq!(happened(&other)[0].id, events[0].id);
    other["payload"]["object"]["recording_files"] = json!([{ "id": "a" }]);
    assert_ne!(happened(&other)[0].id, events[0].id);

    let updated = json!({ "event": "meeting.updated", "event_ts": 1, "payload": {
        "account_id": "A", "operator": "a@b.example", "object": { "id": "94890226305", "topic": "Words" } } });
    assert_eq!(
        happened(&updated)[0].what,
        What::ZoomMeeting {
            host: None,
            meeting: "94890226305".parse().unwrap(),
            change: MeetingChange::Updated,
        }
    );
    let mut scheduled = updated.clone();
    scheduled["payload"]["operator_id"] = json!("8lzIwvZTSOqjndWPbPqzuA");
    let operator = "8lzIwvZTSOqjndWPbPqzuA".parse().ok();
    assert!(
        matches!(&happened(&scheduled)[0].what, What::ZoomMeeting { host, .. } if *host == operator)
    );
    // What names its host is the host's, whoever did it.
    scheduled["payload"]["object"]["host_id"] = json!("30R7kT7bTIKSNUFEuH_Qlg");
    assert!(
        matches!(&happened(&scheduled)[0].what, What::ZoomMeeting { host, .. } if *host != operator)
    );
    let many = json!({ "event": "recording.batch_trashed", "event_ts": 1, "payload": {
        "account_id": "A", "object": { "meeting_uuids": ["atsXxhSEQWit9t+U02HXNQ==", "/abc//==", "a b"] } } });
    let events = happened(&many);
    assert_eq!(events.len(), 2);
    assert_ne!(events[0].id, events[1].id);
    for nothing in [
        json!({ "event": "meeting.participant_admitted", "payload": { "object": { "id": 94_890_226_305_i64 } } }),
        json!({ "event": "recording.completed", "payload": { "object": { "uuid": { "a": 1 } } } }),
        json!({ "event": "meeting.created", "payload": {} }),
        json!({}),
    ] {
        assert_eq!(happened(&nothing), []);
    }
    assert_eq!(told("{\"event\":"), None);
    assert_eq!(told("7"), None);
}

#[test]
fn one_time_of_a_series_that_is_deleted_leaves_the_meeting() {
    for (operation, occurrences, expected) in [
        ("single", json!([]), MeetingChange::Deleted),
        (
            "all",
            json!([{ "occurrence_id": "1" }]),
            MeetingChange::Deleted,
        ),
        (
            "single",
            json!([{ "occurrence_id": "1" }]),
            MeetingChange::Updated,
        ),
    ] {
        let body = json!({ "event": "meeting.deleted", "event_ts": 1, "payload": {
            "account_id": "A", "operation": operation,
            "object": { "id": 98_884_753_832_i64, "host_id": "H", "occurrences": occurrences } } });
        let happened = happened(&body);
        assert!(
            matches!(happened[0].what, What::ZoomMeeting { change, .. } if change == expected),
            "{happened:?}"
        );
    }
}

#[test]
fn who_comes_and_leaves_is_told_apart_and_of_each_nothing_is_kept() {
    let body = |event: &str, who: &str| {
        json!({ "event": event, "event_ts": 1_626_230_691_572_i64, "payload": {
            "account_id": "A", "object": { "id": "1234567890", "uuid": "4444AAAiAAAAAiAiAiiAii==", "host_id": "H",
            "participant": { "user_id": who, "participant_uuid": who, "user_name": "Jill Chill", "email": "jchill@example.com" } } } })
    };
    let one = happened(&body("meeting.participant_joined", "one"));
    let again = happened(&body("meeting.participant_joined", "one"));
    let other = happened(&body("meeting.participant_joined", "other"));
    let left = happened(&body("meeting.participant_left", "one"));
    assert_eq!(one, again);
    assert_ne!(one[0].id, other[0].id);
    assert_eq!(one[0].what, other[0].what);
    assert!(matches!(
        &left[0].what,
        What::ZoomMeeting {
            host: Some(_),
            change: MeetingChange::ParticipantLeft,
            ..
        }
    ));
    let text = serde_json::to_string(&one).unwrap();
    assert!(
        !text.contains("Jill") && !text.contains("jchill") && !text.contains("one"),
        "{text}"
    );
}
