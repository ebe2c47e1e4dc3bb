//! One socket stops reading while many others listen.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::hall::{Hall, Seat};
use super::ledger::{Total, millis, quantile};
use super::line::Socket;
use super::scene::{Gateway, Scene};
use super::vendor::{Object, Pace, tell_all};
use super::{Options, Result};

/// How many subscriptions the deaf socket has, all to the first issue.
const OPERATIONS: usize = 50;
/// How many of a hundred events happen to the first issue.
const HOT: u32 = 25;
/// Seconds that it may leave unread what it is sent.
const WRITE_TIMEOUT: &str = "5";
/// How long what was sent may be under way.
const PATIENCE: Duration = Duration::from_secs(10);

/// Lets events come, first without such a socket and then with it.
pub async fn measure(options: &Options) -> Result<Vec<String>> {
    let scene = Scene::set(options, options.connections).await?;
    let gateway = scene
        .gateway(&[
            ("SERVER__WRITE_TIMEOUT", WRITE_TIMEOUT),
            ("LIMITS__SUBSCRIPTIONS_PER_VIEWER", "100"),
            ("LIMITS__SOCKETS_PER_VIEWER", "100"),
        ])
        .await?;
    let (objects, seats) = scene.seats(options.connections);
    let (without, _) = round(options, &gateway, &objects, &seats, None).await?;
    gateway.has(0, PATIENCE).await?;
    let deaf = &seats[0];
    let (with, cut) = round(options, &gateway, &objects, &seats, Some(deaf)).await?;
    let cut = match cut {
        Some(after) => format!("was cut after {:.1} s", after.as_secs_f64()),
        None => "was not cut".to_owned(),
    };
    let gaps = gateway.metric("trefoil_live_gaps_total").await?;
    let p99 = |total: &Total| millis(quantile(&total.latencies, 99));
    Ok(vec![
        format!(
            "a socket with {OPERATIONS} subscriptions that stops reading {cut} (write_timeout {WRITE_TIMEOUT} s, {gaps} \
             gaps); p99 of {} others {} without it and {} with it",
            seats.len(),
            p99(&without),
            p99(&with),
        ),
        format!("the others without it: {}", without.words()),
        format!("the others with it: {}", with.words()),
    ])
}

async fn round(
    options: &Options,
    gateway: &Gateway,
    objects: &[Object],
    seats: &[Seat],
    deaf: Option<&Seat>,
) -> Result<(Total, Option<Duration>)> {
    let hall = Hall::fill(gateway, objects, seats, false).await?;
    let socket = match deaf {
        Some(seat) => Some(deafen(gateway, seat, seats.len()).await?),
        None => None,
    };
    let begun = Instant::now();
    let pace = Pace {
        time: options.time / 2,
        rate: options.rate,
        hot: HOT,
    };
    let telling = async {
        tell_all(gateway.address, &hall.ledger, objects, pace).await;
        hall.has_heard(PATIENCE).await;
    };
    let watching = async {
        if socket.is_some() {
            gateway.has(seats.len(), pace.time + PATIENCE).await?;
            return Ok(Some(begun.elapsed()));
        }
        Ok::<_, super::Failure>(None)
    };
    let ((), cut) = futures::join!(telling, watching);
    hall.sound()?;
    let ears = hall.ears.iter().map(AsRef::as_ref);
    drop(socket);
    Ok((Total::of(&hall.ledger, ears), cut.unwrap_or(None)))
}

/// Opens the socket that will not read.
async fn deafen(gateway: &Gateway, seat: &Seat, others: usize) -> Result<Socket> {
    let mut socket = Socket::narrow(gateway.address, &seat.authorization).await?;
    for id in 0..OPERATIONS {
        // No more than a hundred messages are taken at once.
        socket
            .subscribe(&id.to_string(), &seat.subscription)
            .await?;
        sleep(Duration::from_millis(1)).await;
    }
    gateway.has(others + OPERATIONS, PATIENCE).await?;
    Ok(socket)
}
