//! Switching features of a site on and off.

use crate::app::App;
use crate::auth::{Caller, Membership};
use crate::clock;
use crate::event::{Event, What};
use crate::feature::Feature;
use crate::id::EventId;
use crate::store::audit::{self, Act, Outcome};
use crate::store::{self, feature};

/// Switches a feature of a site for all its people, and has everybody who listens notice. Written down before it is
/// done.
pub async fn set(
    app: &App,
    caller: &Caller,
    site: &Membership,
    feature: Feature,
    on: bool,
) -> store::Result<()> {
    let tenant = site.tenant();
    let act = Act {
        tenant: &tenant,
        person: Some(caller.person),
        actor: Some(site.account.as_str()),
        action: if on { "feature.on" } else { "feature.off" },
        object: Some(("feature", feature.as_str().to_owned())),
    };
    let begun = audit::begin(&app.store, act).await?;
    let done = feature::set(&app.store, &tenant, feature, on).await;
    let outcome = match done {
        Ok(()) => Outcome::Done,
        Err(_) => Outcome::Failed,
    };
    audit::complete(&app.store, begun, outcome, None).await?;
    done?;
    app.forget_features(site.site.id).await;
    let switched = Event {
        id: EventId::random(),
        at: clock::millis(),
        what: What::Switched { site: site.site.id },
    };
    // It is switched all the same: who is not told notices within seconds.
    if let Err(error) = app.bus.publish(&[switched]).await {
        tracing::warn!(%error, "a switched feature could not be told");
    }
    Ok(())
}
