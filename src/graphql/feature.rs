//! What a site's administrators switch on and off.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::audit::demand_administrator;
use super::context::{ContextExt as _, Operation};
use super::error::Error;
use super::link::{UserError, check_key};
use crate::action::feature;
use crate::auth::Membership;
use crate::feature::{Feature, Features};

/// A feature of a site, and whether it is on.
#[derive(Debug, Clone, SimpleObject)]
pub struct FeatureSwitch {
    /// Which.
    feature: Feature,
    /// Whether it is on; everything is until it is switched off.
    enabled: bool,
}

/// Which feature to switch, and where.
#[derive(InputObject)]
pub struct SetFeatureInput {
    /// Chosen by the client; switching twice is as good as once.
    idempotency_key: String,
    /// The site; may be left out by who has only one.
    site: Option<ID>,
    /// Which.
    feature: Feature,
    /// Whether it is to be on.
    enabled: bool,
}

/// What `setFeature` did.
#[derive(SimpleObject)]
pub struct SetFeaturePayload {
    /// Every feature of the site as it is now; null when nothing was done.
    features: Option<Vec<FeatureSwitch>>,
    /// Why nothing was done.
    user_errors: Vec<UserError>,
}

/// Queries for features.
#[derive(Default)]
pub struct FeatureQuery;

#[Object]
impl FeatureQuery {
    /// What is switched on at a site of the viewer. What is off is neither read nor told: its joins answer
    /// `NOT_CONFIGURED`. Costs nothing upstream.
    async fn features(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out by who has only one.")] site: Option<ID>,
    ) -> Option<Result<Vec<FeatureSwitch>, Error>> {
        Some(listed(ctx.operation(), site.as_deref().map(String::as_str)).await)
    }
}

/// Mutations of features.
#[derive(Default)]
pub struct FeatureMutation;

#[Object]
impl FeatureMutation {
    /// Switches a feature of a site on or off, for all its people: at once here, within five seconds at other gateways.
    /// Links stay, and show again once it is on. Site administrators only; costs one Jira call to see that.
    async fn set_feature(
        &self,
        ctx: &Context<'_>,
        input: SetFeatureInput,
    ) -> Result<SetFeaturePayload, Error> {
        if let Err(error) = check_key(&input.idempotency_key) {
            return Ok(SetFeaturePayload {
                features: None,
                user_errors: vec![error],
            });
        }
        let operation = ctx.operation();
        let site = operation.site(input.site.as_deref().map(String::as_str))?;
        demand_administrator(
            operation,
            &site.site,
            "Only administrators of the Jira site may switch its features.",
        )
        .await?;
        let (app, caller) = (&operation.app, &*operation.caller);
        feature::set(app, caller, site, input.feature, input.enabled).await?;
        Ok(SetFeaturePayload {
            features: Some(switches(operation.features(site.site.id).await?)),
            user_errors: Vec::new(),
        })
    }
}

async fn listed(operation: &Operation, site: Option<&str>) -> Result<Vec<FeatureSwitch>, Error> {
    let site: &Membership = operation.site(site)?;
    Ok(switches(operation.features(site.site.id).await?))
}

fn switches(features: Features) -> Vec<FeatureSwitch> {
    let switch = |feature| FeatureSwitch {
        feature,
        enabled: features.is_on(feature),
    };
    Feature::ALL.into_iter().map(switch).collect()
}
