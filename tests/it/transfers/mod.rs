//! Recordings on their way into an issue: attached once, whole, and never taken for what they are not.

mod before;
mod ends;
mod leaving;
mod once;
mod troubles;

use std::time::{Duration, Instant};

use sandbox::fault::Fault;
use serde_json::{Value, json};
use trefoil::id::NodeId;

use crate::harness::person::Person;
use crate::harness::story::RECORDINGS;
use crate::harness::{House, Running};

/// Pauses and leases that a test can wait for.
const QUICK: &str = "transfers.first_pause = 1\ntransfers.lease = 2";

const TRANSFER: &str =
    "id state size sent failures isOwn nextTryAt endedAt problem { code message }
    receipt { size sha256 attachmentId recordingId }";

impl House {
    /// Which gateway carries something.
    fn carrying(&self) -> usize {
        let carries = |it: &Running| it.app.transfers.count() > 0;
        let found = self.gateways.iter().position(carries);
        found.expect("nobody carries anything")
    }

    /// Waits until no gateway carries anything.
    async fn is_carrying_nothing(&self) {
        let begun = Instant::now();
        while self.gateways.iter().any(|it| it.app.transfers.count() > 0) {
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "it is still carried"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Person<'_> {
    /// The id of a recording and those of its files, by their type.
    async fn recording(&self, at: usize) -> (Value, Vec<(String, Value, u64)>) {
        let query = format!(
            "{{ recording(id: \"{}\") {{ id files {{ id type size }} }} }}",
            NodeId::ZoomRecording(RECORDINGS[at].parse().unwrap())
        );
        let answer = self.asks(&query).await;
        let files = answer.at("/recording/files").as_array();
        let files = files.unwrap_or_else(|| panic!("{}", answer.body)).iter();
        let files = files.map(|it| {
            let kind = it["type"].as_str().unwrap().to_owned();
            (kind, it["id"].clone(), whole(&it["size"]))
        });
        (answer.at("/recording/id").clone(), files.collect())
    }

    /// Has files of these types attached to DEMO-42; the payload.
    async fn attaches(&self, at: usize, types: &[&str]) -> Value {
        let (recording, files) = self.recording(at).await;
        let wanted = files
            .iter()
            .filter(|(kind, ..)| types.contains(&kind.as_str()));
        let wanted: Vec<&Value> = wanted.map(|(_, id, _)| id).collect();
        let input = json!({
            "issue": "10042", "recording": recording, "files": wanted, "audienceAcknowledged": true,
        });
        let fields = format!("transfers {{ {TRANSFER} }}");
        self.mutates("attachRecording", input, &fields).await
    }

    /// Has the first recording's video attached; the transfer's id.
    async fn attaches_video(&self) -> Value {
        let payload = self.attaches(0, &["MP4"]).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload}");
        payload["transfers"][0]["id"].clone()
    }

    /// A transfer as it is now.
    async fn transfer(&self, id: &Value) -> Value {
        let query = format!("{{ node(id: {id}) {{ ... on Transfer {{ {TRANSFER} }} }} }}");
        let answer = self.asks(&query).await;
        answer.at("/node").clone()
    }

    /// Waits until a transfer is so, and how it is then.
    async fn sees(&self, id: &Value, so: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let transfer = self.transfer(id).await;
            if so(&transfer) {
                return transfer;
            }
            assert!(begun.elapsed() < Duration::from_secs(40), "{transfer}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until a transfer has ended.
    async fn sees_the_end(&self, id: &Value) -> Value {
        self.sees(id, |it| it["endedAt"].is_string()).await
    }

    /// The files on DEMO-42: their names and sizes.
    async fn files(&self) -> Vec<(String, u64)> {
        let answer = self
            .asks("{ issue(id: 10042) { attachments { name size } } }")
            .await;
        let files = answer.at("/issue/attachments").as_array();
        let files = files.unwrap_or_else(|| panic!("{}", answer.body)).iter();
        let files = files.map(|it| (it["name"].as_str().unwrap().to_owned(), whole(&it["size"])));
        files
            .filter(|(name, _)| name.starts_with("Zoom_"))
            .collect()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes are whole and not large"
)]
fn whole(size: &Value) -> u64 {
    size.as_f64().unwrap() as u64
}

/// Something that goes wrong at Jira's attachments, so many times.
fn at_jira(count: u32) -> Fault {
    Fault {
        provider: "jira".to_owned(),
        method: Some("POST".to_owned()),
        path: Some("/attachments".to_owned()),
        count: Some(count),
        ..Fault::default()
    }
}

/// Something that goes wrong at the last host of a download, so many times.
fn at_download(count: u32) -> Fault {
    Fault {
        provider: "zoom-download".to_owned(),
        count: Some(count),
        ..Fault::default()
    }
}
