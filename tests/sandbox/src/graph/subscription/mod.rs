//! Subscriptions: made once their addresses have answered, renewed, authorized anew, deleted.
//! <https://learn.microsoft.com/graph/api/resources/subscription>

pub mod cause;
pub mod notify;
mod resource;

use std::collections::BTreeSet;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

use self::resource::{About, Resource, forbidden, invalid};
use super::change::Kind;
use super::exchange::{Call, Outcome, Reply};
use super::filter::{Filter, parse_time};
use crate::entra::CLIENT_ID;
use crate::subscriptions::Entry;
use crate::world::{Person, World};

/// Shorter lives are made this long, in minutes.
const LEAST_MINUTES: i64 = 45;

/// Teams resources that live longer (in minutes) need an address for their lifecycle.
const TEAMS_ALONE: i64 = 60;

/// How long an address may take to answer its validation.
const PATIENCE: Duration = Duration::from_secs(10);

/// Subscriptions of one mailbox, over all apps.
const MOST_OF_MAILBOX: usize = 1_000;
/// Subscriptions to all chats of one person.
const MOST_OF_PERSON: usize = 10;

/// Somebody who wants to be told.
pub struct Subscription {
    pub id: String,
    pub owner: Person,
    pub about: About,
    pub filter: Option<Filter>,
    pub kinds: BTreeSet<Kind>,
    pub immutable: bool,
    pub client_state: Option<String>,
    pub notification_url: String,
    pub lifecycle_url: Option<String>,
    /// Seconds since 1970 by the sandbox's clock.
    pub expires: f64,
    /// The access token it was authorized with last: once that is over, nothing is told.
    pub token: String,
    /// Whether that was said already.
    pub asked: bool,
    /// What could not be told since: when (in seconds since 1970), and the items.
    pub held: Vec<(f64, Value)>,
    /// As it was asked for.
    properties: Map<String, Value>,
}

/// Answers below `/subscriptions`.
pub async fn answer(world: &World, call: &Call, rest: &[&str]) -> Outcome {
    notify::expire(world, &mut world.graph());
    match (&call.method, rest) {
        (&Method::POST, []) => create(world, call).await,
        (&Method::GET, []) => {
            let graph = world.graph();
            let own = graph.subscriptions.iter().filter(|it| it.is_of(call));
            let value: Vec<Value> = own.map(Subscription::shown).collect();
            Ok(Reply::ok(json!({
                "@odata.context": format!("{}/v1.0/$metadata#subscriptions", world.addresses().graph),
                "value": value,
            })))
        }
        (&Method::GET, [id]) => {
            let mut graph = world.graph();
            let shown = find(&mut graph.subscriptions, call, id)?.shown();
            Ok(Reply::ok(entity(world, shown)))
        }
        (&Method::PATCH, [id]) => update(world, call, id).await,
        (&Method::DELETE, [id]) => {
            let mut graph = world.graph();
            find(&mut graph.subscriptions, call, id)?.note(world, "deleted");
            graph.subscriptions.retain(|it| it.id != *id);
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (&Method::POST, [id, "reauthorize"]) => {
            let mut graph = world.graph();
            let subscription = find(&mut graph.subscriptions, call, id)?;
            let parcels = subscription.authorize(call);
            subscription.note(world, "reauthorized");
            world.courier().send_all(parcels);
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (_, [] | [_] | [_, "reauthorize"]) => Err(Reply::method_not_allowed()),
        (_, [.., last]) => Err(Reply::unknown_segment(last)),
    }
}

/// All subscriptions that live.
pub(crate) fn alive(world: &World) -> Vec<Value> {
    let mut graph = world.graph();
    notify::expire(world, &mut graph);
    let all = graph.subscriptions.iter();
    all.map(|it| it.described(world)).collect()
}

async fn create(world: &World, call: &Call) -> Outcome {
    let wanted = call.json()?;
    let draft = draft(world, call, &wanted)?;
    // The app is asked while it waits for this very answer.
    validate(world, &draft.notification_url).await?;
    if let Some(url) = &draft.lifecycle_url {
        validate(world, url).await?;
    }
    let mut graph = world.graph();
    check_quota(&graph.subscriptions, &draft)?;
    draft.note(world, "created");
    let shown = draft.shown();
    graph.subscriptions.push(draft);
    Ok(Reply::json(StatusCode::CREATED, entity(world, shown)))
}

/// The subscription somebody wants, if nothing speaks against it.
fn draft(world: &World, call: &Call, wanted: &Map<String, Value>) -> Result<Subscription, Reply> {
    let text = |name: &str| wanted.get(name).and_then(Value::as_str);
    let required = |name: &str| {
        let found = text(name).filter(|it| !it.is_empty());
        found.ok_or_else(|| invalid(&format!("Subscription '{name}' is required.")))
    };
    if wanted.get("includeResourceData") == Some(&json!(true)) {
        return Err(invalid("The sandbox sends no resource data."));
    }
    let kinds: Option<BTreeSet<Kind>> = required("changeType")?
        .split(',')
        .map(|it| Kind::parse(it.trim()))
        .collect();
    let kinds = kinds.ok_or_else(|| invalid("Invalid 'changeType' attribute."))?;
    if text("clientState").is_some_and(|it| it.chars().count() > 128) {
        return Err(invalid(
            "The clientState property has a maximum length of 128 characters.",
        ));
    }
    let tls = text("latestSupportedTlsVersion");
    let known = ["v1_0", "v1_1", "v1_2", "v1_3", "v10", "v11", "v12", "v13"];
    if tls.is_some_and(|it| !known.contains(&it)) {
        return Err(invalid("Invalid 'latestSupportedTlsVersion' attribute."));
    }
    let notification_url = address(required("notificationUrl")?)?;
    let lifecycle_url = text("lifecycleNotificationUrl").map(address).transpose()?;
    let name = required("resource")?;
    let resource = Resource::parse(&world.graph(), &call.access, name)?;
    let expires = expiry(world, &resource.about, required("expirationDateTime")?)?;
    let alone = world.now() + minutes(TEAMS_ALONE);
    if resource.about.is_teams() && lifecycle_url.is_none() && expires > alone {
        return Err(invalid(
            "'lifecycleNotificationUrl' is a required property for subscription creation on this resource when the 'expirationDateTime' value is set to greater than 1 hour.",
        ));
    }
    let draft = Subscription {
        id: Uuid::new_v4().to_string(),
        owner: call.access.person.clone(),
        about: resource.about,
        filter: resource.filter,
        kinds,
        immutable: call.prefers_immutable_ids(),
        client_state: text("clientState").map(str::to_owned),
        notification_url,
        lifecycle_url,
        expires,
        token: call.access.token.clone(),
        asked: false,
        held: Vec::new(),
        properties: wanted.clone(),
    };
    check_quota(&world.graph().subscriptions, &draft)?;
    Ok(draft)
}

/// Refuses a second subscription of the same, and more than there may be.
fn check_quota(all: &[Subscription], draft: &Subscription) -> Result<(), Reply> {
    let mine = |it: &&Subscription| it.owner.oid == draft.owner.oid;
    let of_same = |it: &&Subscription| it.about == draft.about;
    let same = all.iter().filter(mine).filter(of_same);
    if let Some(same) = same.clone().find(|it| {
        it.kinds == draft.kinds && it.properties["resource"] == draft.properties["resource"]
    }) {
        return Err(Reply::error(
            StatusCode::CONFLICT,
            "Conflict",
            &format!(
                "Subscription Id <{}> already exists for the requested combination",
                same.id
            ),
        ));
    }
    let (count, most) = match &draft.about {
        About::Chat { chat: Some(_) } => (all.iter().filter(of_same).count(), 1),
        About::Chat { chat: None } => (same.count(), MOST_OF_PERSON),
        About::Tasks { .. } => (same.count(), 1),
        _ => (all.iter().filter(mine).count(), MOST_OF_MAILBOX),
    };
    if count >= most {
        return Err(forbidden(&format!(
            "Operation: Create; Exception: [Status Code: Forbidden; Reason: The limit of '{most}' subscriptions has been reached for the combination of app and resource.]"
        )));
    }
    Ok(())
}

/// `PATCH`: a new expiry (which authorizes anew, too) or another address. Nothing else can be changed.
async fn update(world: &World, call: &Call, id: &str) -> Outcome {
    let changes = call.json()?;
    let allowed = ["expirationDateTime", "notificationUrl"];
    if let Some(name) = changes
        .keys()
        .find(|it| !allowed.contains(&it.as_str()) && !it.starts_with('@'))
    {
        return Err(invalid(&format!(
            "The property '{name}' of a subscription cannot be changed: delete the subscription and make it anew."
        )));
    }
    let text = |name: &str| changes.get(name).and_then(Value::as_str);
    find(&mut world.graph().subscriptions, call, id)?;
    let url = text("notificationUrl").map(address).transpose()?;
    if let Some(url) = &url {
        validate(world, url).await?;
    }
    let mut graph = world.graph();
    let subscription = find(&mut graph.subscriptions, call, id)?;
    if let Some(until) = text("expirationDateTime") {
        subscription.expires = expiry(world, &subscription.about, until)?;
    }
    if let Some(url) = url {
        subscription.notification_url = url;
    }
    let parcels = subscription.authorize(call);
    subscription.note(world, "renewed");
    let shown = subscription.shown();
    world.courier().send_all(parcels);
    Ok(Reply::ok(entity(world, shown)))
}

/// One's own subscription, made by this app.
fn find<'s>(
    all: &'s mut [Subscription],
    call: &Call,
    id: &str,
) -> Result<&'s mut Subscription, Reply> {
    let found = all.iter_mut().find(|it| it.id == id && it.is_of(call));
    found.ok_or_else(|| {
        Reply::error(
            StatusCode::NOT_FOUND,
            "ResourceNotFound",
            "The object was not found.",
        )
    })
}

/// Asks an address whether it wants notifications: it must give back the token, decoded, as plain text.
async fn validate(world: &World, url: &str) -> Result<(), Reply> {
    let token = format!(
        "Validation: Testing client application reachability for subscription Request-Id: {}",
        Uuid::new_v4()
    );
    let refused = |why: &str| {
        Reply::bad_request(
            "ValidationError",
            &format!("Subscription validation request failed. {why}"),
        )
    };
    let url = world.courier().place(url);
    let mut target = Url::parse(&url).map_err(|_| refused("The address is malformed."))?;
    target
        .query_pairs_mut()
        .append_pair("validationToken", &token);
    let answer = world
        .client()
        .post(target)
        .timeout(PATIENCE)
        .header("content-type", "text/plain; charset=utf-8")
        .send()
        .await
        .map_err(|_| refused("The request to the notification endpoint timed out or failed."))?;
    let is_plain = answer
        .headers()
        .get("content-type")
        .and_then(|it| it.to_str().ok())
        .is_some_and(|it| it.starts_with("text/plain"));
    let is_ok = answer.status() == StatusCode::OK;
    let body = answer.text().await.unwrap_or_default();
    if is_ok && is_plain && body == token {
        return Ok(());
    }
    Err(refused(
        "Notification endpoint must respond with 200 OK and the validation token as text/plain.",
    ))
}

/// An address notifications may go to: by https, but to this machine.
fn address(text: &str) -> Result<String, Reply> {
    let url = Url::parse(text).map_err(|_| invalid("Invalid notification URL."))?;
    let is_here = matches!(url.host_str(), Some("127.0.0.1" | "localhost"));
    if url.scheme() == "https" || (url.scheme() == "http" && is_here) {
        return Ok(text.to_owned());
    }
    Err(invalid("Notification URL must use the https scheme."))
}

/// The time a subscription ends: at least 45 minutes from now, and not later than its resource allows.
fn expiry(world: &World, about: &About, wanted: &str) -> Result<f64, Reply> {
    let until = parse_time(wanted)
        .ok_or_else(|| invalid("Invalid 'expirationDateTime' attribute."))?
        .unix_timestamp();
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
    let until = until as f64;
    let now = world.now();
    if until <= now {
        return Err(invalid("Subscription expiration must be in the future."));
    }
    let most = about.most_minutes();
    if until > now + minutes(most) {
        return Err(invalid(&format!(
            "Subscription expiration can only be {most} minutes in the future."
        )));
    }
    Ok(until.max(now + minutes(LEAST_MINUTES)))
}

#[expect(clippy::cast_precision_loss, reason = "minutes of some days fit")]
fn minutes(count: i64) -> f64 {
    (count * 60) as f64
}

fn entity(world: &World, mut shown: Value) -> Value {
    let context = format!(
        "{}/v1.0/$metadata#subscriptions/$entity",
        world.addresses().graph
    );
    shown["@odata.context"] = json!(context);
    shown
}

/// A time as subscriptions have it.
pub fn stamp(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 fit")]
    let at = OffsetDateTime::from_unix_timestamp(seconds as i64);
    let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    at.format(&time::format_description::well_known::Rfc3339)
        .expect("a time of this century has an RFC 3339 form")
}

impl Subscription {
    fn is_of(&self, call: &Call) -> bool {
        self.owner.oid == call.access.person.oid
    }

    fn shown(&self) -> Value {
        let mut shown = json!({
            "id": self.id, "applicationId": CLIENT_ID, "creatorId": self.owner.oid,
            "clientState": self.client_state, "notificationUrl": self.notification_url,
            "lifecycleNotificationUrl": self.lifecycle_url, "expirationDateTime": stamp(self.expires),
            "notificationQueryOptions": null, "includeResourceData": null,
            "encryptionCertificate": null, "encryptionCertificateId": null,
            "latestSupportedTlsVersion": "v1_2", "notificationUrlAppId": null,
        });
        for name in ["resource", "changeType"] {
            shown[name] = self.properties[name].clone();
        }
        shown
    }

    /// As the sandbox's controls show it.
    fn described(&self, world: &World) -> Value {
        let kinds: Vec<&str> = self.kinds.iter().map(|it| it.name()).collect();
        json!({
            "id": self.id, "owner": self.owner.handle, "resource": self.resource(), "changeType": kinds,
            "notificationUrl": self.notification_url, "lifecycleNotificationUrl": self.lifecycle_url,
            "expirationDateTime": stamp(self.expires), "expires": self.expires,
            "authorized": notify::is_alive(world, self), "held": self.held.len(),
        })
    }

    /// The resource as it was asked for.
    pub fn resource(&self) -> &str {
        self.properties["resource"].as_str().unwrap_or_default()
    }

    /// Takes over the token of a call; what was held back meanwhile can be told.
    fn authorize(&mut self, call: &Call) -> Vec<crate::courier::Parcel> {
        self.token.clone_from(&call.access.token);
        self.asked = false;
        notify::release(self)
    }

    /// Writes down what became of it.
    pub fn note(&self, world: &World, what: &'static str) {
        world.journal().note(Entry {
            at: 0.0,
            provider: "microsoft",
            what,
            id: self.id.clone(),
            owner: self.owner.handle.to_owned(),
            resource: self.resource().to_owned(),
            expires: self.expires,
        });
    }
}
