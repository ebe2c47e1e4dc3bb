//! Many lose their connections at once: the gateway is killed and started again, or the network is cut.

use std::time::Duration;

use tokio::time::Instant;

use super::hall::Hall;
use super::ledger::Total;
use super::scene::{Gateway, Scene, until};
use super::vendor::{Object, Pace, tell_all};
use super::{Options, Result};

/// How long they may take to come back, beyond which it is a failure.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long what was sent may be under way.
const UNDER_WAY: Duration = Duration::from_secs(10);
/// Events that are told of once all are back.
const AFTERWARDS: Pace = Pace {
    time: Duration::from_secs(3),
    rate: 200,
    hot: 0,
};

/// Cuts everybody off in both ways.
pub async fn measure(options: &Options) -> Result<Vec<String>> {
    let scene = Scene::set(options, options.sockets).await?;
    let mut gateway = scene.gateway(&[]).await?;
    let (objects, seats) = scene.seats(options.sockets);
    let hall = Hall::fill(&gateway, &objects, &seats, true).await?;
    let mut lines = Vec::new();

    let begun = Instant::now();
    let address = gateway.address;
    gateway.process.stop().await?;
    gateway = scene.gateway_at(address, &[]).await?;
    let ready = begun.elapsed();
    let back = back(&hall, &gateway, begun).await?;
    let heard = afterwards(&hall, &gateway, &objects).await;
    lines.push(format!(
        "the gateway is killed under {} connections and ready again after {:.1} s: {back}; then {heard}",
        seats.len(),
        ready.as_secs_f64()
    ));

    let begun = Instant::now();
    hall.forget_returns();
    hall.cut();
    let back = self::back(&hall, &gateway, begun).await?;
    let heard = afterwards(&hall, &gateway, &objects).await;
    lines.push(format!(
        "{} connections are cut: {back}; then {heard}",
        seats.len()
    ));
    Ok(lines)
}

/// Waits until all are back; how long it took.
async fn back(hall: &Hall, gateway: &Gateway, begun: Instant) -> Result<String> {
    let all = hall.ears.len();
    until(PATIENCE, || {
        hall.returns().0.len() >= all && hall.listening() == all
    })
    .await;
    if let Err(error) = gateway.has(all, UNDER_WAY).await {
        return Err(format!("{error}; {}", hall.words()).into());
    }
    let taken = begun.elapsed();
    let (returns, refusals) = hall.returns();
    let middle = returns.get(returns.len() / 2).copied().unwrap_or(begun);
    Ok(format!(
        "half of them are back after {:.1} s and all after {:.1} s, {refusals} tries in vain",
        (middle - begun).as_secs_f64(),
        taken.as_secs_f64()
    ))
}

/// Tells of some more, which all must hear.
async fn afterwards(hall: &Hall, gateway: &Gateway, objects: &[Object]) -> String {
    for ear in &hall.ears {
        ear.since.set(hall.ledger.sent(ear.object));
    }
    tell_all(gateway.address, &hall.ledger, objects, AFTERWARDS).await;
    hall.has_heard(UNDER_WAY).await;
    let ears = hall.ears.iter().map(AsRef::as_ref);
    Total::of(&hall.ledger, ears).words()
}
