//! The address events go to: saved only once it has answered a challenge with the secret.
//! <https://developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint>

use std::time::Duration;

use rand::Rng;
use rand::distr::Alphanumeric;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{mac, signature};
use crate::courier::milliseconds;
use crate::world::World;
use crate::zoom::WEBHOOK_SECRET;

/// How long an address may take to answer its challenge.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long an answer to a challenge is good for, in seconds.
const GOOD_FOR: f64 = 72.0 * 3_600.0;

/// Where events go, and what signs them. A reset keeps it.
pub struct Endpoint {
    pub url: Option<String>,
    pub secret: String,
    /// When it was challenged last, by the sandbox's clock.
    challenged_at: f64,
    /// Whether it was chosen, and is not to be replaced by the gateway installed next.
    chosen: bool,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self {
            url: None,
            secret: WEBHOOK_SECRET.to_owned(),
            challenged_at: 0.0,
            chosen: false,
        }
    }
}

/// `PUT /zoom/webhook`: without an address nothing is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    pub url: Option<String>,
    pub secret: Option<String>,
}

/// Saves an address and secret, if the address knows the secret.
///
/// # Errors
/// Why it does not, and then what was saved before stays.
pub async fn save(world: &World, wanted: Wanted) -> Result<(), String> {
    let secret = wanted.secret.unwrap_or_else(|| WEBHOOK_SECRET.to_owned());
    if let Some(url) = &wanted.url {
        validate(world, url, &secret).await?;
    }
    world.zoom().endpoint = Endpoint {
        url: wanted.url,
        secret,
        challenged_at: now(world),
        chosen: true,
    };
    Ok(())
}

/// A gateway is there: events go to it, if nothing was chosen and it knows the secret.
pub async fn offer(world: &World, gateway: &str) {
    let url = format!("{}/webhooks/zoom", gateway.trim_end_matches('/'));
    let secret = {
        let zoom = world.zoom();
        if zoom.endpoint.chosen || zoom.endpoint.url.as_ref() == Some(&url) {
            return;
        }
        zoom.endpoint.secret.clone()
    };
    // A gateway without Zoom does not know it, and that is well.
    if validate(world, &url, &secret).await.is_ok() {
        let at = now(world);
        let endpoint = &mut world.zoom().endpoint;
        endpoint.url = Some(url);
        endpoint.challenged_at = at;
    }
}

/// The clock that both the sandbox's and this fake's own are set ahead by.
fn now(world: &World) -> f64 {
    let own = world.zoom().knobs.clock_ahead_seconds;
    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    let own = own as f64;
    world.now() + own
}

/// Challenges the address again when 72 hours have passed since it was challenged. Unconfirmed: what Zoom does with one
/// that fails; here events go on, and it is challenged again after as long.
pub async fn keep_valid(world: &World) {
    let at = now(world);
    let due = {
        let endpoint = &mut world.zoom().endpoint;
        let due = endpoint.url.is_some() && at - endpoint.challenged_at >= GOOD_FOR;
        if due {
            endpoint.challenged_at = at;
        }
        due
    };
    if due {
        validate_again(world).await.ok();
    }
}

/// Challenges the address again. Gives the address.
///
/// # Errors
/// When there is none, or it does not answer as it should.
pub async fn validate_again(world: &World) -> Result<String, String> {
    let (url, secret) = {
        let zoom = world.zoom();
        (zoom.endpoint.url.clone(), zoom.endpoint.secret.clone())
    };
    let url = url.ok_or("no address is saved")?;
    validate(world, &url, &secret).await?;
    Ok(url)
}

/// Unconfirmed: that Zoom signs a challenge like an event. Its own sample checks it so; no page says it.
async fn validate(world: &World, url: &str, secret: &str) -> Result<(), String> {
    let letters = rand::rng().sample_iter(Alphanumeric);
    let plain: String = letters.take(22).map(char::from).collect();
    let at = milliseconds();
    let body = json!({
        "event": "endpoint.url_validation", "event_ts": at, "payload": {"plainToken": plain}
    });
    let (body, time) = (body.to_string(), (at / 1_000).to_string());
    let answer = world
        .client()
        .post(url)
        .timeout(PATIENCE)
        .header("content-type", "application/json")
        .header("x-zm-signature", signature(secret, &time, body.as_bytes()))
        .header("x-zm-request-timestamp", time)
        .body(body)
        .send()
        .await
        .map_err(|_| "URL validation failed: no answer in time.".to_owned())?;
    let status = answer.status();
    let answer: Value = answer.json().await.unwrap_or_default();
    let right = answer["plainToken"] == plain.as_str()
        && answer["encryptedToken"] == mac(secret, plain.as_bytes());
    if status.as_u16() == 200 && right {
        return Ok(());
    }
    Err(format!(
        "URL validation failed: {status}, and the token was not encrypted with the secret."
    ))
}
