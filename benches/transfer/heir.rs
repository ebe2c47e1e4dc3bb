//! Two gateways on one database: the one that carries a recording is killed, and the other one finishes.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::house::House;
use super::{Options, Result};

/// How fast Zoom sends, in bytes a second.
const PACE: u64 = 8_000_000;
/// How long the other one may take from the kill on, with the lease that is the default.
const LIMIT: Duration = Duration::from_mins(1);

/// Kills, waits, and looks; the line to print.
pub async fn measure(options: &Options) -> Result<String> {
    let (mut house, first) = House::open(options, &["alice"], "").await?;
    let bytes = options.megabytes * 1_000_000;
    house.sandbox.zoom(|knobs| {
        knobs.video_bytes = bytes;
        knobs.download_bytes_per_second = Some(PACE);
    });
    let issues = house.issues().await?;
    let (issue, key) = issues.first().ok_or("there are no issues")?;
    let recordings = house.sandbox.zoom_recordings("alice");
    let recording = recordings.first().ok_or("nothing was recorded")?;
    let id = house.attaches("alice", issue, recording).await?;
    // Only the first one was there when it began.
    while house.transfer(&id).await?.sent == 0 {
        sleep(Duration::from_millis(50)).await;
    }
    let second = house.start_beside().await?;
    let before = house.transfer(&id).await?;
    if before.state != "RUNNING" {
        return Err(format!("it is not on its way: {before:?}").into());
    }
    first.kill().await?;
    house
        .sandbox
        .zoom(|knobs| knobs.download_bytes_per_second = None);
    let killed = Instant::now();
    let seen = house.ends(&id, LIMIT).await?;
    let took = killed.elapsed().as_secs_f64();
    let sizes = house.attached(issue).await?;
    let there = house.sandbox.jira_attachments("acme", key);
    let whole = seen
        .sha256
        .as_ref()
        .is_some_and(|sent| there.values().any(|it| it == sent));
    second.kill().await?;
    if seen.state != "DONE" || sizes != [bytes] || !whole {
        return Err(format!("{sizes:?} on {key}, whole: {whole}, {seen:?}").into());
    }
    Ok(format!(
        "killed with {} of {bytes} bytes sent; the other gateway had it attached {took:.1} s later, once and whole",
        before.sent,
    ))
}
