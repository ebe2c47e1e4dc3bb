//! Ends of an upload that nobody heard of: Jira has the file, and the gateway does not know it.

use std::time::{Duration, Instant};

use sandbox::fault::Fault;

use super::house::{House, QUICK};
use super::{Options, Result};

/// How long Jira takes to answer at most.
const SLOW: u64 = 60_000;
/// How long a file may take.
const LIMIT: Duration = Duration::from_mins(5);

/// One file for each such end; the line to print.
pub async fn measure(options: &Options) -> Result<String> {
    let (house, gateway) = House::open(options, &["alice"], QUICK).await?;
    let issues = house.issues().await?;
    let recordings = house.sandbox.zoom_recordings("alice");
    let recording = recordings.first().ok_or("nothing was recorded")?;
    let mut parts = Vec::new();
    for ((issue, key), (what, fault)) in issues.iter().zip(faults()) {
        house.sandbox.world().inject(Fault {
            provider: "jira".to_owned(),
            method: Some("POST".to_owned()),
            path: Some("/attachments".to_owned()),
            count: Some(1),
            ..fault
        });
        let begun = Instant::now();
        let id = house.attaches("alice", issue, recording).await?;
        let seen = house.ends(&id, LIMIT).await?;
        let files = house.attached(issue).await?.len();
        if seen.state != "DONE" || files != 1 {
            return Err(format!("{what}: {files} files on {key}, {seen:?}").into());
        }
        let took = begun.elapsed().as_secs_f64();
        parts.push(format!("{what}: 1 file after {took:.1} s"));
    }
    gateway.kill().await?;
    Ok(parts.join("; "))
}

fn faults() -> [(&'static str, Fault); 3] {
    [
        (
            "stored, then reset",
            Fault {
                lose: true,
                ..Fault::default()
            },
        ),
        (
            "500 after it was stored",
            Fault {
                late_status: Some(500),
                ..Fault::default()
            },
        ),
        (
            "answer after 60 s",
            Fault {
                linger_ms: SLOW,
                ..Fault::default()
            },
        ),
    ]
}
