//! Degrade, never blank: one provider in trouble leaves the rest, and says what is missing and what to do.

use std::time::{Duration, Instant};

use rstest::rstest;
use sandbox::fault::Fault;
use sea_orm::ConnectionTrait as _;
use serde_json::json;

use crate::harness::given_a_house;
use crate::panel::PANEL;

fn fault(provider: &str, trouble: &str) -> Fault {
    let fault = Fault {
        provider: provider.to_owned(),
        ..Fault::default()
    };
    match trouble {
        "down" => Fault {
            reset: true,
            ..fault
        },
        "hanging" => Fault {
            delay_ms: 30_000,
            ..fault
        },
        "throttling" => {
            let style = match provider {
                "jira" => "jira-429",
                "graph" => "graph-429",
                _ => "zoom-429-qps",
            };
            Fault {
                style: Some(style.to_owned()),
                ..fault
            }
        }
        "answering HTML" => Fault {
            status: Some(200),
            headers: [("content-type".to_owned(), "text/html".to_owned())].into(),
            body: Some("<!doctype html><title>cnry</title><p>Please sign in.</p>".to_owned()),
            ..fault
        },
        "cutting answers off" => Fault {
            truncate: Some(20),
            ..fault
        },
        _ => Fault {
            status: Some(503),
            body: Some("<h1>cnry</h1>".to_owned()),
            ..fault
        },
    }
}

#[rstest]
#[tokio::test]
async fn with_one_provider_in_trouble_the_panel_paints_the_others_in_time(
    #[values("jira", "graph", "zoom")] provider: &str,
    #[values(
        "down",
        "hanging",
        "throttling",
        "answering HTML",
        "cutting answers off",
        "answering 503"
    )]
    trouble: &str,
) {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    alice.connects("ZOOM").await;
    alice.has_linked_everything().await;
    house.sandbox.world().inject(fault(provider, trouble));

    let begun = Instant::now();
    let answer = alice.asks_with(PANEL, json!({ "id": "10042" })).await;
    let taken = begun.elapsed();

    assert!(taken < Duration::from_secs(10), "{taken:?}");
    let state = |join: &str| {
        answer
            .at(&format!("/issue/{join}/source/state"))
            .as_str()
            .unwrap_or("none")
            .to_owned()
    };
    let count = |join: &str| {
        answer
            .at(&format!("/issue/{join}/nodes"))
            .as_array()
            .map_or(0, Vec::len)
    };
    let expected = match trouble {
        "hanging" => "TIMED_OUT",
        "throttling" => "RATE_LIMITED",
        _ => "UNAVAILABLE",
    };
    let joins = ["mails", "meetings", "chats", "tasks", "recordings"];
    let ours: &[&str] = match provider {
        "jira" => &[],
        "graph" => &["mails", "meetings", "chats", "tasks"],
        _ => &["recordings"],
    };
    for join in joins {
        if ours.contains(&join) {
            assert_eq!(state(join), expected, "{join}: {}", answer.body);
        } else {
            assert_eq!(state(join), "READY", "{join}: {}", answer.body);
            assert!(count(join) > 0, "{join} was blanked");
        }
    }
    if provider == "jira" {
        assert_eq!(answer.at("/issue/summary"), &json!(null));
        let code = match trouble {
            "hanging" => "UPSTREAM_TIMEOUT",
            "throttling" => "RATE_LIMITED",
            "answering HTML" => "UPSTREAM_INVALID",
            _ => "UPSTREAM_UNAVAILABLE",
        };
        assert!(
            answer.codes().iter().all(|it| *it == code),
            "{:?}",
            answer.codes()
        );
        let error = &answer.body["errors"][0];
        assert_eq!(error["extensions"]["provider"], "JIRA");
        assert!(error["extensions"]["correlationId"].is_string(), "{error}");
        assert_eq!(error["path"][0], "issue");
    } else {
        assert_eq!(answer.at("/issue/key"), "DEMO-42");
        assert_eq!(
            answer.body.get("errors"),
            None,
            "expected trouble is no error: {}",
            answer.body
        );
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn who_is_not_connected_sees_the_issue_and_is_told_how_to_connect() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    alice.connects("ZOOM").await;
    alice.has_linked_everything().await;
    let bob = house.bob();

    let answer = bob
        .asks("{ issue(id: 10042) { summary mails { totalCount nodes { id } source { provider state connectUrl } }
            recordings { source { provider state connectUrl } } } }")
        .await;

    assert!(answer.at("/issue/summary").is_string(), "{}", answer.body);
    assert_eq!(answer.at("/issue/mails/source/state"), "NOT_CONNECTED");
    assert_eq!(answer.at("/issue/mails/source/provider"), "MICROSOFT");
    assert_eq!(answer.at("/issue/recordings/source/state"), "NOT_CONNECTED");
    let url = answer
        .at("/issue/mails/source/connectUrl")
        .as_str()
        .unwrap();
    assert!(url.contains("/oauth/microsoft/start?"), "{url}");
    assert!(house.asked("graph").is_empty());
    assert!(house.asked("zoom").is_empty());
    house.is_left_clean().await;
}

#[tokio::test]
async fn an_issue_in_trouble_that_is_not_on_the_viewers_page_is_an_error_and_not_shown() {
    let house = given_a_house().await;
    let alice = house.person("alice", "DEMO-41");
    house.sandbox.world().inject(fault("jira", "down"));

    let answer = alice
        .asks("{ issue(id: 10042) { mails { totalCount } } }")
        .await;

    assert_eq!(answer.at("/issue"), &json!(null));
    assert_eq!(answer.codes(), ["UPSTREAM_UNAVAILABLE"]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn when_entra_hangs_while_a_token_is_renewed_the_rest_is_still_painted_in_time() {
    let house = given_a_house().await;
    let alice = house.alice();
    alice.connects("MICROSOFT").await;
    alice.connects("ZOOM").await;
    alice.has_linked_everything().await;
    let expire = "UPDATE connection SET access_expires_at = 1 WHERE provider = 'microsoft'";
    house
        .gateway()
        .app
        .store
        .db()
        .execute_unprepared(expire)
        .await
        .unwrap();
    house.sandbox.world().inject(fault("login", "hanging"));

    let begun = Instant::now();
    let answer = alice.asks_with(PANEL, json!({ "id": "10042" })).await;

    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(answer.at("/issue/key"), "DEMO-42", "{}", answer.body);
    assert_eq!(
        answer.at("/issue/mails/source/state"),
        "TIMED_OUT",
        "{}",
        answer.body
    );
    assert_eq!(
        answer.at("/issue/recordings/source/state"),
        "READY",
        "{}",
        answer.body
    );
    house.is_left_clean().await;
}
