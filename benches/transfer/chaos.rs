//! `kill -9` at random moments: every recording has to be attached exactly once, and whole.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::time::sleep;

use super::house::{House, QUICK};
use super::{Options, Result};

/// How fast Zoom sends, in bytes a second: a file takes a second or two.
const PACE: u64 = 40_000_000;
/// From its being ready to its end, in milliseconds, a gateway lives so long at most.
const LONGEST: u64 = 6_000;
/// How long what is left may take once nothing is killed any more.
const REST: Duration = Duration::from_mins(5);

/// Kills, lets it rest, and looks; the line to print.
pub async fn measure(options: &Options) -> Result<String> {
    let begun = Instant::now();
    let bytes = options.megabytes * 1_000_000;
    let (house, mut gateway) = House::open(options, &["alice"], QUICK).await?;
    house.sandbox.zoom(|knobs| {
        knobs.video_bytes = bytes;
        knobs.download_bytes_per_second = Some(PACE);
    });
    let issues = house.issues().await?;
    let recordings = house.sandbox.zoom_recordings("alice");
    let mut chance = StdRng::seed_from_u64(options.seed);
    let mut places = issues
        .iter()
        .flat_map(|(issue, key)| recordings.iter().map(move |it| (issue, key, it)));
    let mut begun_here = Vec::new();
    let mut under_way: Option<String> = None;
    let mut at = Vec::new();
    for _ in 0..options.kills {
        // Something is always on its way when it is killed.
        let over = match &under_way {
            Some(id) => house.transfer(id).await?.state == "DONE",
            None => true,
        };
        if over {
            let (issue, key, recording) = places.next().ok_or("there are no more issues")?;
            let id = house.attaches("alice", issue, recording).await?;
            begun_here.push((id.clone(), issue, key, recording));
            under_way = Some(id);
        }
        let lives = Duration::from_millis(chance.random_range(0..LONGEST));
        sleep(lives).await;
        at.push(lives);
        gateway.kill().await?;
        gateway = house.start().await?;
    }
    let mut after = 0;
    for (id, ..) in &begun_here {
        let before = house.transfer(id).await?.failures;
        let seen = house.ends(id, REST).await?;
        if seen.state != "DONE" {
            return Err(format!("a transfer has ended otherwise: {seen:?}").into());
        }
        after = after.max(seen.failures - before);
    }
    let mut wrong = Vec::new();
    let mut found = 0;
    for (issue, key) in &issues {
        let expected = begun_here.iter().filter(|it| it.1 == issue).count();
        let sizes = house.attached(issue).await?;
        found += sizes.len();
        if sizes.len() != expected || sizes.iter().any(|it| *it != bytes) {
            wrong.push(format!("{key}: {sizes:?} where {expected} should be"));
        }
    }
    // Where a receipt says what was sent, it is what Jira has; a file that was found has none.
    let mut hashes = std::collections::BTreeMap::new();
    for (id, _, key, recording) in &begun_here {
        let there = house.sandbox.jira_attachments("acme", key);
        if let Some(sent) = house.transfer(id).await?.sha256 {
            if !there.values().any(|it| *it == sent) {
                wrong.push(format!("{key}: what was sent is not what is there"));
            }
            let same = hashes
                .entry(recording.as_str())
                .or_insert_with(|| sent.clone());
            if *same != sent {
                wrong.push(format!("{key}: not the same as on another issue"));
            }
        }
    }
    let of_all: std::collections::BTreeSet<_> = issues
        .iter()
        .flat_map(|(_, key)| house.sandbox.jira_attachments("acme", key))
        .filter(|(name, _)| name.starts_with("Zoom_"))
        .map(|(_, sha256)| sha256)
        .collect();
    let known: std::collections::BTreeSet<_> = hashes.values().cloned().collect();
    if !of_all.is_subset(&known) {
        wrong.push("a file is none of the recordings".to_owned());
    }
    wrong.extend(
        house
            .left_over()?
            .iter()
            .map(|it| format!("left over: {}", it.display())),
    );
    gateway.kill().await?;
    if !wrong.is_empty() {
        return Err(wrong.join("\n").into());
    }
    Ok(format!(
        "{} kills (seed {}), {} transfers of {} MB: {found} attached, 0 lost, 0 twice, 0 not whole, no file left; at most {after} failed tries after the last kill; {} s",
        at.len(),
        options.seed,
        begun_here.len(),
        options.megabytes,
        begun.elapsed().as_secs(),
    ))
}
