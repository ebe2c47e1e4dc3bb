//! What a subscription costs in memory while nothing happens.

use std::time::Duration;

use tokio::time::sleep;

use super::hall::{Hall, Seat};
use super::line::{Socket, Transport};
use super::scene::{Gateway, Scene};
use super::vendor::Object;
use super::{Options, Result};

/// How many are let in first and leave again, so that what is made once is there.
const BEFORE: usize = 100;
/// Subscriptions on one socket, where several share one.
const SHARED: usize = 10;
/// How long the gateway gets to give back what it does not need.
const PAUSE: Duration = Duration::from_secs(1);
/// How long it may take until all are in.
const PATIENCE: Duration = Duration::from_mins(1);

/// Lets them in by quarters.
pub async fn measure(options: &Options) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for (name, transport) in [
        ("event stream", Transport::Stream),
        ("socket", Transport::Socket),
    ] {
        let scene = Scene::set(options, options.sockets).await?;
        let (objects, mut seats) = scene.seats(options.sockets);
        for seat in &mut seats {
            seat.transport = transport;
        }
        let gateway = begun(&scene, &objects, &seats).await?;
        let before = gateway.process.resident()?;
        let (mut halls, mut steps) = (Vec::new(), vec![before]);
        for quarter in seats.chunks(seats.len().div_ceil(4)) {
            let there = halls.iter().map(Hall::listening).sum::<usize>();
            halls.push(Hall::join(&gateway, &objects, quarter, there).await?);
            sleep(PAUSE).await;
            steps.push(gateway.process.resident()?);
        }
        lines.push(line(name, seats.len(), &steps));
    }
    let scene = Scene::set(options, options.sockets).await?;
    let (objects, seats) = scene.seats(options.sockets);
    let gateway = begun(&scene, &objects, &seats).await?;
    let before = gateway.process.resident()?;
    let mut sockets = Vec::new();
    for seat in seats.iter().step_by(SHARED) {
        let stream = tokio::net::TcpStream::connect(gateway.address).await?;
        let mut socket = Socket::open(stream, &seat.authorization).await?;
        for id in 0..SHARED {
            socket
                .subscribe(&id.to_string(), &seat.subscription)
                .await?;
        }
        sockets.push(socket);
    }
    let count = sockets.len() * SHARED;
    gateway.has(count, PATIENCE).await?;
    sleep(PAUSE).await;
    let steps = [before, gateway.process.resident()?];
    lines.push(line("subscription of ten on a socket", count, &steps));
    Ok(lines)
}

/// A gateway that has seen some come and go.
async fn begun(scene: &Scene, objects: &[Object], seats: &[Seat]) -> Result<Gateway> {
    let gateway = scene
        .gateway(&[
            ("LIMITS__SUBSCRIPTIONS_PER_VIEWER", "1000"),
            ("LIMITS__SOCKETS_PER_VIEWER", "1000"),
        ])
        .await?;
    let some = &seats[..BEFORE.min(seats.len())];
    drop(Hall::fill(&gateway, objects, some, false).await?);
    gateway.has(0, PATIENCE).await?;
    sleep(PAUSE).await;
    Ok(gateway)
}

#[expect(clippy::cast_precision_loss, reason = "it is memory of one process")]
fn line(name: &str, count: usize, steps: &[u64]) -> String {
    let first = steps.first().copied().unwrap_or_default();
    let last = steps.last().copied().unwrap_or_default();
    let each = last.saturating_sub(first) as f64 / count as f64;
    let steps: Vec<String> = steps
        .iter()
        .map(|it| format!("{:.1}", *it as f64 / 1024.0))
        .collect();
    format!(
        "{each:.1} kB each {name}: from 0 to {count} the gateway has {} MB",
        steps.join(", ")
    )
}
