//! Large files: what they add to the gateway's memory, and what it writes to disk meanwhile.

use std::fs;
use std::time::{Duration, Instant};

use super::house::House;
use super::{Options, Result};

/// Whose recordings they are: of one person one is carried at a time.
const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "dan"];
const GIBIBYTE: u64 = 1 << 30;
/// How long a file may take.
const LIMIT: Duration = Duration::from_mins(20);

/// One large file, and then four at once, by four people's requests; the lines to print.
pub async fn measure(options: &Options) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for (count, bytes) in [
        (1, options.gibibytes * GIBIBYTE),
        (4, options.gibibytes * GIBIBYTE / 4),
    ] {
        let (house, gateway) = House::open(options, &PEOPLE, "").await?;
        house.sandbox.zoom(|knobs| knobs.video_bytes = bytes);
        house.sandbox.jira(sandbox::jira::Knobs {
            upload_limit: Some(u64::MAX / 2),
            ..sandbox::jira::Knobs::default()
        });
        let issues = house.issues().await?;
        let (issue, _) = issues.first().ok_or("there are no issues")?;
        // A peak of now on, by `proc_pid_clear_refs(5)`.
        fs::write(format!("/proc/{}/clear_refs", gateway.id), "5")?;
        let before = (status(gateway.id, "VmRSS:")?, written(gateway.id)?);
        let begun = Instant::now();
        let mut ids = Vec::new();
        for handle in PEOPLE.iter().take(count) {
            let recordings = house.sandbox.zoom_recordings(handle);
            let recording = recordings.first().ok_or("nothing was recorded")?;
            ids.push(house.attaches(handle, issue, recording).await?);
        }
        for id in &ids {
            let seen = house.ends(id, LIMIT).await?;
            if seen.state != "DONE" {
                return Err(format!("it was not attached: {seen:?}").into());
            }
        }
        let took = begun.elapsed().as_secs_f64();
        let peak = status(gateway.id, "VmHWM:")?;
        let disk = written(gateway.id)?.saturating_sub(before.1);
        lines.push(format!(
            "{count} of {} MiB: {took:.1} s, {:.0} MB/s; memory {:.1} MB before, {:.1} MB at most, so {:.1} MB more; {:.2} MB written to disk",
            bytes >> 20,
            mega(bytes * ids.len() as u64) / took,
            mega(before.0 * 1_024),
            mega(peak * 1_024),
            mega(peak.saturating_sub(before.0) * 1_024),
            mega(disk),
        ));
        gateway.kill().await?;
    }
    Ok(lines)
}

#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// A line of `/proc/PID/status`, in kB.
fn status(id: u32, name: &str) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = text.lines().find_map(|it| it.strip_prefix(name));
    let digits = line.ok_or("no such line")?.trim().trim_end_matches("kB");
    Ok(digits.trim().parse()?)
}

/// Bytes that it has had written to disk, by `proc_pid_io(5)`.
fn written(id: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/io"))?;
    let line = text.lines().find_map(|it| it.strip_prefix("write_bytes:"));
    Ok(line.ok_or("no write_bytes")?.trim().parse()?)
}
