//! `kill -9` while Zoom's tokens are renewed: a grant may be lost only between Zoom's answer and our commit, and then
//! that is said, once, and not tried for ever.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sandbox::fault::Fault;
use serde_json::json;
use tokio::time::sleep;
use trefoil::id::NodeId;

use super::house::{House, QUICK};
use super::{Options, Result};

/// Zoom's own time to think after it has renewed, at most, in milliseconds: the window.
const THINKS: u64 = 300;
/// A gateway lives at most so long after somebody reads, in milliseconds.
const LONGEST: u64 = 400;
/// The dead holder's lease ends in half that.
const PATIENCE: Duration = Duration::from_mins(1);

/// Kills, and looks whether the account is still connected; the line to print.
pub async fn measure(options: &Options) -> Result<String> {
    let begun = Instant::now();
    let (house, mut gateway) = House::open(options, &["alice"], QUICK).await?;
    // So near its end that every reading renews it.
    house.sandbox.zoom(|knobs| knobs.access_token_seconds = 200);
    house.connects("alice").await?;
    let mut chance = StdRng::seed_from_u64(options.seed);
    let (mut under_way, mut lost) = (0, 0);
    for _ in 0..options.kills {
        house.sandbox.world().clear_requests();
        house.sandbox.world().inject(Fault {
            provider: "zoom".to_owned(),
            path: Some("/oauth/token".to_owned()),
            linger_ms: chance.random_range(0..THINKS),
            count: Some(1),
            ..Fault::default()
        });
        let lives = Duration::from_millis(chance.random_range(0..LONGEST));
        // Whoever reads gets no answer; that is not the question.
        tokio::select! {
            _ = house.read() => sleep(lives).await,
            () = sleep(lives) => {}
        }
        gateway.kill().await?;
        house.sandbox.world().clear_faults();
        let asked = house.renewals();
        under_way += usize::from(asked > 0);
        gateway = house.start().await?;
        if house.is_connected().await? {
            continue;
        }
        lost += 1;
        if asked == 0 {
            return Err("a grant was lost though nobody had begun to renew it".into());
        }
        let renewals = house.renewals();
        if house.is_connected().await? || house.renewals() > renewals {
            return Err("a lost grant is tried again".into());
        }
        house.connects("alice").await?;
        if !house.is_connected().await? {
            return Err("who connects again is not connected".into());
        }
    }
    gateway.kill().await?;
    Ok(format!(
        "{} kills (seed {}), {under_way} while tokens were renewed: {lost} grants lost, each in the window of Zoom's answer, said at the next reading and not tried again; all others kept; {} s",
        options.kills,
        options.seed,
        begun.elapsed().as_secs(),
    ))
}

impl House {
    /// Reads one of Alice's recordings; the code of the error, if there is one.
    async fn read(&self) -> Result<Option<String>> {
        let recordings = self.sandbox.zoom_recordings("alice");
        let recording = recordings.first().ok_or("nothing was recorded")?;
        let id = NodeId::ZoomRecording(recording.parse().map_err(|_| "no UUID")?).to_string();
        let asked = "query($id: ID!) { recording(id: $id) { topic } }";
        let answer = self.answers("alice", asked, &json!({ "id": id })).await?;
        let code = &answer["errors"][0]["extensions"]["code"];
        Ok(code.as_str().map(str::to_owned))
    }

    /// Whether Alice's account is still connected; waits until the lease of who died is over.
    async fn is_connected(&self) -> Result<bool> {
        let begun = Instant::now();
        loop {
            match self.read().await?.as_deref() {
                None => return Ok(true),
                Some("REAUTH_REQUIRED" | "NOT_CONNECTED") => return Ok(false),
                Some(code) if begun.elapsed() > PATIENCE => {
                    return Err(format!("it is still {code}").into());
                }
                Some(_) => sleep(Duration::from_millis(500)).await,
            }
        }
    }

    /// How often Zoom was asked for new tokens.
    fn renewals(&self) -> usize {
        let asked = self.sandbox.world().requests();
        let tokens = |it: &&sandbox::recorder::Seen| {
            it.provider == "zoom" && it.path.starts_with("/oauth/token")
        };
        asked.iter().filter(tokens).count()
    }
}
