//! Deliveries of Jira: which site they are of, and what they say of its issues.

use super::{Refused, Taken, take};
use crate::app::App;
use crate::auth::webhook::{self, Sender};
use crate::clock;
use crate::event::Event;
use crate::feature::Feature;
use crate::id::SiteId;
use crate::store::installation;
use crate::upstream::jira::webhook::{Place, Told, is_signed, read};

/// A delivery of Jira Cloud whose sender is verified. `query` is of the address it was sent to, `identifier` Jira's own
/// name of it.
pub async fn cloud(
    app: &App,
    sender: &Sender,
    query: &str,
    identifier: Option<&str>,
    body: &[u8],
) -> Result<Taken, Refused> {
    let told = read(query, body).map_err(|_| Refused::Unreadable)?;
    let site = match (sender, &told.place) {
        (Sender::Site(known), _) => Some(known.site.id),
        (Sender::OAuth, Some(place)) => found(app, place).await?,
        (Sender::OAuth, None) => None,
    };
    match site {
        Some(site) => tell(app, site, identifier, &told).await,
        None => Ok(Taken::Ignored),
    }
}

/// A delivery of the Data Center site of this name in the settings, signed over its bytes with that site's secret.
pub async fn data_center(
    app: &App,
    name: &str,
    signature: Option<&[u8]>,
    identifier: Option<&str>,
    body: &[u8],
) -> Result<Taken, Refused> {
    let settings = app.settings.jira.data_center.get(name);
    let settings = settings.ok_or(Refused::Nobody)?;
    let secret = settings.webhook_secret.as_ref().ok_or(Refused::Nobody)?;
    if !signature.is_some_and(|signature| is_signed(secret, signature, body)) {
        webhook::refused(app, None, "webhook.jira-dc", "signature");
        return Err(Refused::Untrusted);
    }
    let told = read("", body).map_err(|_| Refused::Unreadable)?;
    let site = installation::of_data_center(&app.store, name, &settings.base_url).await?;
    tell(app, site.site()?, identifier, &told).await
}

/// The site that a delivery of the OAuth 2.0 app is about, if its people have connected it.
async fn found(app: &App, place: &Place) -> Result<Option<SiteId>, Refused> {
    let row = match place {
        Place::Cloud(id) => installation::by_cloud_id(&app.store, id).await?,
        Place::Address(address) => installation::connected_at(&app.store, address).await?,
    };
    Ok(row.map(|row| row.site()).transpose()?)
}

async fn tell(
    app: &App,
    site: SiteId,
    identifier: Option<&str>,
    told: &Told,
) -> Result<Taken, Refused> {
    let Some(about) = &told.about else {
        return Ok(Taken::Ignored);
    };
    if !app.features(site).await?.is_on(Feature::IssueEvents) {
        return Ok(Taken::Ignored);
    }
    let at = told.at.unwrap_or_else(clock::millis);
    let event = Event {
        id: about.id(site, identifier, at),
        at,
        what: about.what(site),
    };
    take(app, vec![event]).await
}
