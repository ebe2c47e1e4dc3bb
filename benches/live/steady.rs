//! Many listen, and events come at a steady pace.

use std::time::Duration;

use super::hall::Hall;
use super::ledger::Total;
use super::scene::Scene;
use super::vendor::{Pace, tell_all};
use super::{Options, Result};

/// How long what was sent may be under way.
const PATIENCE: Duration = Duration::from_secs(10);

/// Lets events come and tells what was heard of them.
pub async fn measure(options: &Options) -> Result<Vec<String>> {
    let scene = Scene::set(options, options.connections).await?;
    let gateway = scene.gateway(&[]).await?;
    let (objects, seats) = scene.seats(options.connections);
    let hall = Hall::fill(&gateway, &objects, &seats, false).await?;
    let (calls, processor) = (scene.calls().await?, gateway.process.processor_time()?);
    let pace = Pace {
        time: options.time,
        rate: options.rate,
        hot: 0,
    };
    tell_all(gateway.address, &hall.ledger, &objects, pace).await;
    hall.has_heard(PATIENCE).await;
    let asked = scene.calls().await?;
    let processor = gateway.process.processor_time()?.saturating_sub(processor);
    hall.sound()?;
    let total = Total::of(&hall.ledger, hall.ears.iter().map(AsRef::as_ref));
    let share = processor.as_secs_f64() / options.time.as_secs_f64() * 100.0;
    Ok(vec![
        format!(
            "{} connections on {} objects of 4 sites, {} events in {} s ({} a second): {}",
            seats.len(),
            objects.len(),
            hall.ledger.all_taken(),
            options.time.as_secs(),
            options.rate,
            total.words()
        ),
        format!(
            "the gateway used {share:.0}% of a core and {:.1} MB, and asked Jira {} times, Graph {}, Zoom {}",
            megabytes(gateway.process.resident()?),
            asked.jira - calls.jira,
            asked.graph - calls.graph,
            asked.zoom - calls.zoom
        ),
    ])
}

/// Of kilobytes.
#[expect(clippy::cast_precision_loss, reason = "it is memory of one process")]
fn megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 / 1024.0
}
