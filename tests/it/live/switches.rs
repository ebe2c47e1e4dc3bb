//! Events of what is switched off are told to nobody, and to everybody again once it is on.

use sandbox::event::Event as Happening;
use serde_json::json;

use super::LISTEN;
use super::stream::{Part, Stream, post};
use crate::harness::given_a_house;
use crate::harness::person::Person;

impl Person<'_> {
    async fn switches_live(&self, feature: &str, on: bool) {
        let query = "mutation($input: SetFeatureInput!) { setFeature(input: $input) { features { enabled } } }";
        let input = json!({ "idempotencyKey": "k", "feature": feature, "enabled": on });
        let answer = self.asks_with(query, json!({ "input": input })).await;
        assert_eq!(answer.codes(), [""; 0], "{}", answer.body);
    }
}

impl Stream {
    /// The kind and the id of the next event.
    async fn says(&mut self) -> (String, String) {
        match self.told().await {
            Some(Part::Next(answer)) => {
                let event = &answer["data"]["issueEvents"];
                let word = |name| event[name].as_str().unwrap_or_else(|| panic!("{answer}"));
                (word("kind").to_owned(), word("id").to_owned())
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn who_listens_is_told_to_read_again_and_hears_nothing_of_what_is_off() {
    let house = given_a_house().await;
    let (url, alice) = (&house.gateway().url, house.alice());
    let site = alice.site().await;
    let mut stream = Stream::open(url, &alice.authorization(), LISTEN).await;
    alice.switches_live("ISSUE_EVENTS", false).await;
    assert_eq!(stream.says().await.0, "GAP");
    // Neither what arrives now, nor what another gateway told on before it noticed.
    let happening = Happening {
        issue: Some("DEMO-42".to_owned()),
        ..Happening::new("jira", "jira:issue_updated")
    };
    let outcome = house.sandbox.sends(happening).await;
    assert!(!outcome.sent.is_empty(), "{:?}", outcome.reason);
    house.updates(site, 3).await;
    alice.switches_live("ISSUE_EVENTS", true).await;
    assert_eq!(stream.says().await.0, "GAP");
    let told = house.updates(site, 1).await;
    assert_eq!(stream.says().await, ("UPDATED".to_owned(), told[0].clone()));
    drop(stream);
    house.is_left_clean().await;
}

#[tokio::test]
async fn what_is_off_cannot_be_listened_to() {
    let house = given_a_house().await;
    let (url, alice) = (&house.gateway().url, house.alice());
    alice.connects("MICROSOFT").await;
    alice.connects("ZOOM").await;
    for (feature, query) in [
        (
            "ISSUE_EVENTS",
            "subscription { issueCreated(project: \"DEMO\") { id } }",
        ),
        ("MAIL_EVENTS", "subscription { mailReceived { id } }"),
        ("MAIL", "subscription { mailReceived { id } }"),
        ("MEETING_EVENTS", "subscription { meetingEvents { id } }"),
        ("TASK_EVENTS", "subscription { taskEvents { id } }"),
        (
            "RECORDING_EVENTS",
            "subscription { recordingEvents { id } }",
        ),
        ("ZOOM", "subscription { recordingEvents { id } }"),
    ] {
        alice.switches_live(feature, false).await;
        let answer = post(url, &alice.authorization(), "text/event-stream", query).await;
        let text = answer.text().await.unwrap();
        assert!(text.contains("NOT_CONFIGURED"), "{feature}: {text}");
        house.keeps(text);
        alice.switches_live(feature, true).await;
        drop(Stream::open(url, &alice.authorization(), query).await);
    }
    house.is_left_clean().await;
}
