//! How many deliveries are taken in a second while nobody listens.

use std::time::Duration;

use futures::future::try_join_all;
use tokio::time::Instant;

use super::ledger::{Ledger, millis, quantile};
use super::scene::{Gateway, Scene};
use super::vendor::{Object, deliver};
use super::{Options, Result};

/// How long deliveries are sent at most.
const LONGEST: Duration = Duration::from_secs(10);
/// How many are under way at once, and how they are called: a vendor's usual few, and a burst.
const AT_ONCE: [usize; 2] = [4, 64];

/// Sends as many as are taken.
pub async fn measure(options: &Options) -> Result<Vec<String>> {
    let scene = Scene::set(options, 1).await?;
    let gateway = scene.gateway(&[]).await?;
    let (objects, _) = scene.seats(1_000);
    let mut lines = Vec::new();
    for at_once in AT_ONCE {
        lines.push(round(&gateway, &objects, at_once, options.time.min(LONGEST)).await?);
    }
    Ok(lines)
}

async fn round(
    gateway: &Gateway,
    objects: &[Object],
    at_once: usize,
    time: Duration,
) -> Result<String> {
    let ledger = Ledger::new(objects.len());
    let processor = gateway.process.processor_time()?;
    let begun = Instant::now();
    let end = begun + time;
    let sending = (0..at_once).map(|first| {
        let ledger = &ledger;
        async move {
            let (mut connection, mut answered) = (None, Vec::new());
            let mut places = (0..objects.len()).cycle().skip(first * 7);
            while Instant::now() < end {
                let place = places.next().unwrap_or_default();
                let (number, at) = ledger.next(place);
                let request = objects[place].delivery(number, at);
                let sent = Instant::now();
                let status = deliver(&mut connection, gateway.address, &request).await?;
                if status != 204 {
                    return Err(format!("a delivery was answered with {status}").into());
                }
                answered.push(sent.elapsed());
            }
            Ok::<_, super::Failure>(answered)
        }
    });
    let answered = try_join_all(sending).await?;
    let mut answered: Vec<Duration> = answered.into_iter().flatten().collect();
    let taken = begun.elapsed().as_secs_f64();
    let processor = gateway.process.processor_time()?.saturating_sub(processor);
    answered.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "nobody counts so far")]
    let count = answered.len() as f64;
    Ok(format!(
        "{:.0} deliveries a second, {at_once} at once: p50 {}, p99 {}, {:.0} µs of processor time each",
        count / taken,
        millis(quantile(&answered, 50)),
        millis(quantile(&answered, 99)),
        processor.as_secs_f64() * 1e6 / count
    ))
}
