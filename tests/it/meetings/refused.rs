//! What is not made: refused by Zoom, by the site, by what was written, or because it is not theirs.

use sandbox::fault::Fault;
use sandbox::zoom::GRANULAR_SCOPES;
use serde_json::{Value, json};

use super::{MADE, asked, at, at_zoom, pair, span, told, tomorrow, words};
use crate::harness::{House, given_a_house};

/// What Zoom was asked to make or change.
fn writes(house: &House) -> usize {
    let writes = asked(house, "zoom").into_iter();
    writes.filter(|it| !it.contains(" GET ")).count()
}

#[tokio::test]
async fn what_zoom_refuses_is_said_and_the_key_is_free_again() {
    let house = given_a_house().await;
    let alice = house.alice();
    let subject = words(&house, "Refused");
    let mut input = tomorrow(&subject);
    input["idempotencyKey"] = json!("k");
    let unconnected = alice.mutates("scheduleMeeting", input.clone(), MADE).await;
    assert_eq!(
        told(&unconnected),
        [pair("NOT_CONNECTED", "input.provider")]
    );
    alice.connects("ZOOM").await;
    let canary = house.sandbox.world().canary("meetings refusal");
    let answers = [
        (400, 3161, "FORBIDDEN"),
        (400, 300, "BAD_USER_INPUT"),
        (400, 3000, "BAD_USER_INPUT"),
        (400, 4711, "CONSENT_REQUIRED"),
        (200, 200, "FORBIDDEN"),
        (429, 429, "RATE_LIMITED"),
    ];
    for (status, code, expected) in answers {
        house.sandbox.world().inject(Fault {
            provider: "zoom".into(),
            method: Some("POST".into()),
            count: Some(1),
            status: Some(status),
            body: Some(json!({ "code": code, "message": canary }).to_string()),
            ..Fault::default()
        });
        let refused = alice.mutates("scheduleMeeting", input.clone(), MADE).await;
        assert_eq!(told(&refused), [pair(expected, "input.provider")], "{code}");
        assert_eq!(
            (&refused["meeting"], &refused["link"]),
            (&Value::Null, &Value::Null)
        );
        assert!(!refused.to_string().contains(&canary));
    }
    house.sandbox.zoom(|knobs| knobs.meeting_writes_per_day = 0);
    let spent = alice.mutates("scheduleMeeting", input.clone(), MADE).await;
    assert_eq!(told(&spent), [pair("RATE_LIMITED", "input.provider")]);
    house
        .sandbox
        .zoom(|knobs| knobs.meeting_writes_per_day = 100);

    let made = alice.mutates("scheduleMeeting", input, MADE).await;

    assert_eq!(made["userErrors"], json!([]), "{made}");
    assert_eq!(at_zoom(&house, "alice", &subject).await.len(), 1);
    assert_eq!(alice.sees_meetings("id").await["totalCount"], json!(1));
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_token_without_the_scope_asks_for_agreement() {
    let house = given_a_house().await;
    house.sandbox.zoom(|knobs| {
        let scopes = GRANULAR_SCOPES.iter().filter(|it| !it.contains("write"));
        knobs.granted_scopes = scopes.map(ToString::to_string).collect();
    });
    let alice = house.alice();
    alice.connects("ZOOM").await;

    let refused = alice
        .mutates("scheduleMeeting", tomorrow("Plan"), MADE)
        .await;

    assert_eq!(told(&refused), [pair("CONSENT_REQUIRED", "input.provider")]);
    let missing = alice
        .asks("{ viewer { connections { provider missingScopes } } }")
        .await;
    let connections = missing.at("/viewer/connections").as_array().unwrap();
    let zoom = connections
        .iter()
        .find(|it| it["provider"] == "ZOOM")
        .unwrap();
    assert_eq!(zoom["missingScopes"], json!(["meeting:write:meeting"]));
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_can_be_seen_to_be_wrong_costs_no_call() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    house.sandbox.world().clear_requests();
    let guest = json!([{ "email": "mara@supplier.example" }]);
    let changes = [
        (
            json!({ "subject": " \n" }),
            pair("FIELD_REQUIRED", "input.subject"),
        ),
        (
            json!({ "subject": "x".repeat(201) }),
            pair("FIELD_INVALID", "input.subject"),
        ),
        (
            json!({ "end": at(24 * 60 - 1) }),
            pair("FIELD_INVALID", "input.end"),
        ),
        (
            json!({ "end": at(49 * 60) }),
            pair("FIELD_INVALID", "input.end"),
        ),
        (
            json!({ "timeZone": "Berlin'; --" }),
            pair("FIELD_INVALID", "input.timeZone"),
        ),
        (
            json!({ "agenda": "x".repeat(2_001) }),
            pair("FIELD_INVALID", "input.agenda"),
        ),
        (
            json!({ "attendees": guest }),
            pair("FIELD_INVALID", "input.attendees"),
        ),
        (
            json!({ "calendar": true, "attendees": [{ "email": "mara" }] }),
            pair("FIELD_INVALID", "input.attendees.email"),
        ),
        (
            json!({ "settings": { "passcode": "much too long" } }),
            pair("FIELD_INVALID", "input.settings.passcode"),
        ),
        (
            json!({ "provider": "TEAMS", "settings": { "waitingRoom": true } }),
            pair("FIELD_INVALID", "input.settings"),
        ),
        (
            json!({ "issue": "DEMO 42" }),
            pair("BAD_USER_INPUT", "input.issue"),
        ),
        (
            json!({ "idempotencyKey": "" }),
            pair("BAD_USER_INPUT", "input.idempotencyKey"),
        ),
    ];
    for (change, expected) in changes {
        let mut input = tomorrow("Plan");
        for (name, value) in change.as_object().unwrap() {
            input[name] = value.clone();
        }
        let refused = alice.mutates("scheduleMeeting", input, MADE).await;
        assert_eq!(told(&refused), [expected], "{change}");
    }
    let input = json!({ "issue": "10042", "provider": "OUTLOOK" });
    let refused = alice.mutates("startCall", input, MADE).await;
    assert_eq!(told(&refused), [pair("FIELD_INVALID", "input.provider")]);
    assert!(house.sandbox.world().requests().is_empty());

    // Whether it is in the past counts once it is known that nothing was made before.
    let mut input = tomorrow("Plan");
    let (start, end) = span(-60, 30);
    (input["start"], input["end"]) = (json!(start), json!(end));
    let refused = alice.mutates("scheduleMeeting", input, MADE).await;
    assert_eq!(told(&refused), [pair("FIELD_INVALID", "input.start")]);
    assert_eq!(writes(&house), 0);
    house.is_left_clean().await;
}

#[tokio::test]
async fn nobody_makes_or_touches_meetings_of_an_issue_they_do_not_see() {
    let house = given_a_house().await;
    let (alice, frank) = (house.alice(), house.person("frank", "GLX-1"));
    alice.connects("ZOOM").await;
    frank.connects("ZOOM").await;
    let subject = words(&house, "Ours");
    let made = alice
        .mutates("scheduleMeeting", tomorrow(&subject), MADE)
        .await;
    let issue = alice.asks("{ issue(id: 10042) { id } }").await;
    let issue = issue.at("/issue/id").clone();
    house.sandbox.world().clear_requests();

    // By its id it is another site's; by its number it is one of his own site, whose meetings these are not.
    let mut input = tomorrow("Theirs");
    input["issue"] = issue.clone();
    let refused = frank.mutates("scheduleMeeting", input, MADE).await;
    assert_eq!(told(&refused), [pair("NOT_FOUND", "input.issue")]);
    for issue in [issue, json!("10042")] {
        let meeting = &made["meeting"]["id"];
        let change = json!({ "issue": issue, "meeting": meeting, "subject": "Mine" });
        let changed = frank.mutates("updateMeeting", change, "replayed").await;
        let cancel = json!({ "issue": issue, "meeting": meeting });
        let cancelled = frank.mutates("cancelMeeting", cancel, "cancelled").await;
        for payload in [changed, cancelled] {
            assert_eq!(told(&payload)[0].0, "NOT_FOUND", "{payload}");
        }
    }
    assert_eq!(writes(&house), 0);

    // A colleague who sees the issue is not the meeting's host.
    let bob = house.bob();
    bob.connects("ZOOM").await;
    let cancel = json!({ "issue": "10042", "meeting": made["meeting"]["id"] });
    let cancelled = bob.mutates("cancelMeeting", cancel, "cancelled").await;
    assert_eq!(told(&cancelled), [pair("NOT_FOUND", "input.meeting")]);
    assert_eq!(at_zoom(&house, "alice", &subject).await.len(), 1);
    assert_eq!(alice.sees_meetings("id").await["totalCount"], json!(1));
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_is_switched_off_is_not_scheduled() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("ZOOM").await;
    let switch =
        "mutation($input: SetFeatureInput!) { setFeature(input: $input) { userErrors { code } } }";
    for (feature, provider, off) in [
        ("ZOOM", "ZOOM", true),
        ("ZOOM", "OUTLOOK", false),
        ("MEETINGS", "ZOOM", true),
        ("MEETINGS", "OUTLOOK", true),
    ] {
        let set = |on: bool| json!({ "input": { "idempotencyKey": "k", "feature": feature, "enabled": on } });
        alice.asks_with(switch, set(false)).await;
        let mut input = tomorrow("Plan");
        input["provider"] = json!(provider);
        let refused = alice.mutates("scheduleMeeting", input, MADE).await;
        let code = if off {
            "NOT_CONFIGURED"
        } else {
            "NOT_CONNECTED"
        };
        assert_eq!(
            told(&refused),
            [pair(code, "input.provider")],
            "{feature} {provider}"
        );
        alice.asks_with(switch, set(true)).await;
    }
    assert_eq!(writes(&house), 0);
    house.is_left_clean().await;
}
