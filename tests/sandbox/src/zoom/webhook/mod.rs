//! Webhooks of the app's event subscription: signed, sent to one address that has shown it knows the secret.
//! <https://developers.zoom.us/docs/api/webhooks/>

mod body;
pub mod cause;
mod endpoint;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use uuid::Uuid;

pub use self::endpoint::{Endpoint, Wanted, keep_valid, offer, save};
use super::access::Visitor;
use super::model::{Instance, Meeting, Participant};
use super::recordings;
use super::state::State;
use crate::courier::{Manners, Parcel, milliseconds};
use crate::world::{World, hex};

/// An answer of 200 or 204 within 3 s; else three more tries, 5, 20 and 60 minutes apart.
static MANNERS: Manners = Manners {
    patience: Duration::from_secs(3),
    patience_later: Duration::from_secs(3),
    waits: &[300, 1_200, 3_600],
    settles: |status| matches!(status, 200 | 204),
};

/// What is known of a recording beside itself.
#[derive(Clone, Copy)]
pub struct Act<'a> {
    /// Whose meeting or recording it is.
    pub host: &'a Visitor,
    /// Seconds by which it lies in the past.
    pub age: i64,
}

/// A meeting was created or deleted: `meeting.created`, `meeting.deleted`.
pub fn meeting(state: &State, act: Act<'_>, event: &str, meeting: &Meeting) -> Vec<Parcel> {
    let mut payload = body::operated(act, event);
    let operation = if meeting.recurrence.is_some() {
        "all"
    } else {
        "single"
    };
    payload.insert("operation".to_owned(), json!(operation));
    let whole = event == "meeting.created";
    payload.insert("object".to_owned(), body::meeting(meeting, act.host, whole));
    parcel(state, act, event, &payload, None)
}

/// One time of a series was deleted.
pub fn occurrence_deleted(
    state: &State,
    act: Act<'_>,
    meeting: &Meeting,
    occurrence: &str,
) -> Vec<Parcel> {
    let event = "meeting.deleted";
    let mut payload = body::operated(act, event);
    payload.insert("operation".to_owned(), json!("single"));
    let mut object = body::meeting(meeting, act.host, false);
    object["occurrences"] = json!([{ "occurrence_id": occurrence }]);
    payload.insert("object".to_owned(), object);
    parcel(state, act, event, &payload, None)
}

/// A meeting was changed.
pub fn updated(state: &State, act: Act<'_>, before: &Meeting, after: &Meeting) -> Vec<Parcel> {
    let (old, new) = body::difference(before, after, act.host);
    if new.len() < 2 {
        return Vec::new();
    }
    let mut payload = body::operated(act, "meeting.updated");
    payload.insert("scope".to_owned(), json!("single"));
    payload.insert("time_stamp".to_owned(), json!(at(act)));
    payload.insert("object".to_owned(), Value::Object(new));
    payload.insert("old_object".to_owned(), Value::Object(old));
    parcel(state, act, "meeting.updated", &payload, None)
}

/// A meeting began or ended.
pub fn instance(state: &State, act: Act<'_>, event: &str, instance: &Instance) -> Vec<Parcel> {
    let mut payload = body::of_account(act);
    payload.insert(
        "object".to_owned(),
        body::instance(instance, act.host, event),
    );
    parcel(state, act, event, &payload, None)
}

/// Somebody came to a meeting, or left it.
pub fn attended(
    state: &State,
    act: Act<'_>,
    event: &str,
    instance: &Instance,
    who: &Participant,
) -> Vec<Parcel> {
    let mut payload = body::of_account(act);
    let mut object = body::instance(instance, act.host, event);
    object["participant"] = body::participant(who, event);
    payload.insert("object".to_owned(), object);
    parcel(state, act, event, &payload, None)
}

/// Something happened to the files of a recording: to all of them, or to those of these ids.
pub fn recording(
    world: &World,
    state: &mut State,
    act: Act<'_>,
    event: &str,
    instance: &Instance,
    files: Option<&[String]>,
) -> Vec<Parcel> {
    let with_token = event != "recording.deleted";
    let token = with_token.then(|| recordings::event_token(world, state, instance, act.host));
    let payload = body::recording(world, state, act, event, instance, files);
    parcel(state, act, event, &payload, token)
}

/// A person removed the app.
pub fn removed(state: &State, act: Act<'_>) -> Vec<Parcel> {
    parcel(state, act, "app_deauthorized", &body::removed(act), None)
}

/// The delivery, if there is an address, and the host is somebody who allowed the app.
fn parcel(
    state: &State,
    act: Act<'_>,
    event: &str,
    payload: &Map<String, Value>,
    download_token: Option<String>,
) -> Vec<Parcel> {
    let Some(url) = state.endpoint.url.clone() else {
        return Vec::new();
    };
    let allowed = state.tokens.allows(act.host.person.handle) || event == "app_deauthorized";
    if !(allowed || state.knobs.events_of_everybody) {
        return Vec::new();
    }
    let mut whole = json!({"event": event, "event_ts": at(act), "payload": payload});
    if let Some(token) = download_token {
        whole["download_token"] = json!(token);
    }
    let tenant = act.host.person.zoom_account_id.clone();
    vec![signed(
        &state.endpoint.secret,
        tenant,
        event,
        url,
        &whole,
        act.age,
    )]
}

/// A delivery with its signature. Zoom does not say whether later tries are signed anew; here they are not, which is
/// harder for those who look at the time.
fn signed(
    secret: &str,
    tenant: String,
    event: &str,
    url: String,
    whole: &Value,
    age: i64,
) -> Parcel {
    let bytes = Bytes::from(whole.to_string());
    let time = (milliseconds() / 1_000 - age).to_string();
    let sign = |secret: &str| signature(secret, &time, &bytes);
    let (right, wrong) = (sign(secret), sign("another secret"));
    let stamp = time.clone();
    Parcel {
        provider: "zoom",
        tenant,
        kind: event.to_owned(),
        id: Uuid::new_v4().to_string(),
        url,
        body: bytes,
        // Unconfirmed: that a later try carries the first one's time.
        seal: Arc::new(move |it| {
            let signature = if it.forged { &wrong } else { &right };
            vec![
                ("x-zm-signature", signature.clone()),
                ("x-zm-request-timestamp", stamp.clone()),
                ("user-agent", "Zoom Marketplace/1.0a".to_owned()),
            ]
        }),
        forge: Bytes::clone,
        manners: &MANNERS,
        age,
        forged: false,
    }
}

/// `v0=` and the HMAC-SHA256 of version, time and body.
pub(crate) fn signature(secret: &str, time: &str, body: &[u8]) -> String {
    let message = [b"v0:", time.as_bytes(), b":", body].concat();
    format!("v0={}", mac(secret, &message))
}

/// HMAC-SHA256 in lower-case hexadecimal digits.
pub(crate) fn mac(secret: &str, message: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .expect("a secret of any length makes a key");
    mac.update(message);
    hex(&mac.finalize().into_bytes())
}

/// When it happened, in milliseconds since 1970.
fn at(act: Act<'_>) -> i64 {
    milliseconds() - act.age * 1_000
}
