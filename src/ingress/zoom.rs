//! Deliveries of Zoom, and the validation of our address.

use super::{Refused, Taken, take};
use crate::app::App;
use crate::auth::webhook;
use crate::clock;
use crate::upstream::zoom::webhook::{Answer, Deauthorized, Told, verify};

/// How a delivery of Zoom is answered.
pub enum Answered {
    /// It was about things that happened.
    Taken(Taken),
    /// It asked whether this address is ours.
    Challenge(Answer),
    /// Somebody has taken us away from their account.
    Left(Deauthorized),
}

/// A delivery with its signature and timestamp, each as its only header says.
pub async fn delivery(
    app: &App,
    signature: Option<&[u8]>,
    timestamp: Option<&[u8]>,
    body: &[u8],
) -> Result<Answered, Refused> {
    let zoom = app.settings.zoom.as_ref();
    let zoom_client = zoom.map_or("", |zoom| zoom.client_id.as_str());
    let secrets = zoom.map(|zoom| zoom.webhook_secrets.as_slice());
    let secrets = secrets.filter(|it| !it.is_empty()).ok_or(Refused::Nobody)?;
    let (signature, timestamp) = (signature.unwrap_or(b""), timestamp.unwrap_or(b""));
    let told = verify(secrets, signature, timestamp, body, clock::unix())
        .and_then(|delivery| delivery.read());
    match told {
        Ok(Some(Told::Challenge(answer))) => Ok(Answered::Challenge(answer)),
        Ok(Some(Told::Happened(events))) => take(app, events).await.map(Answered::Taken),
        Ok(Some(Told::Deauthorized(left))) if left.client_id == zoom_client => {
            Ok(Answered::Left(left))
        }
        // Another app of the same administrator's.
        Ok(Some(Told::Deauthorized(_))) => Ok(Answered::Taken(Taken::Ignored)),
        Ok(None) => Err(Refused::Unreadable),
        Err(refused) => {
            webhook::refused(app, None, "webhook.zoom", refused.word());
            Err(Refused::Untrusted)
        }
    }
}
