//! The on-behalf-of grant: a person's token for this app becomes their token for Graph.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow>

use serde_json::Value;

use super::refusal::Refusal;
use super::scope::Asked;
use super::tenant::Tenant;
use super::token::Form;
use super::{API_SCOPE, CLIENT_ID};
use crate::recorder::now;
use crate::world::{Person, World};

/// Entra's tolerance for clocks, in seconds.
const LEEWAY: f64 = 300.0;

pub(super) fn decide(
    world: &World,
    tenant: &Tenant,
    form: &Form,
) -> Result<(Person, Asked), Refusal> {
    let assertion = form.require("assertion")?;
    let scope = form.require("scope")?;
    if form.require("requested_token_use")? != "on_behalf_of" {
        return Err(Refusal::new(
            900_144,
            "The request body must contain the following parameter: 'requested_token_use' with the value 'on_behalf_of'.",
        ));
    }
    let invalid = |why: &str| {
        Refusal::new(
            50_013,
            format!("Assertion failed signature validation. [Reason - {why}]"),
        )
    };
    let claims = world
        .entra()
        .keys
        .verify(assertion)
        .ok_or_else(|| invalid("The key was not found, or the signature is wrong."))?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let time = |name: &str| claims.get(name).and_then(Value::as_f64);
    if text("aud") != CLIENT_ID {
        return Err(Refusal::new(
            50_013,
            "Assertion audience does not match the Client app presenting the assertion. The audience in the assertion must be the same as the client id.",
        ));
    }
    let tid = text("tid");
    let expected = format!("{}/{tid}/v2.0", world.addresses().login);
    if text("iss") != expected {
        return Err(invalid("The issuer is not this authority."));
    }
    let out_of_range = time("exp").is_none_or(|it| it + LEEWAY <= now())
        || time("nbf").is_some_and(|it| it - LEEWAY > now());
    if out_of_range {
        return Err(Refusal::new(
            500_133,
            "Assertion is not within its valid time range. Ensure that the access token is not expired before using it for user assertion, or request a new token.",
        ));
    }
    if !text("scp").split(' ').any(|it| it == API_SCOPE) {
        return Err(invalid("The assertion is not a delegated access token."));
    }
    let person = world
        .find(|it| it.tid == tid && it.oid == text("oid"))
        .ok_or_else(|| Refusal::of_code(50_034))?;
    if !tenant.admits(&person) {
        return Err(invalid("The assertion is of another tenant."));
    }
    let asked = Asked::parse(scope, &world.addresses().graph)?;
    Ok((person, asked))
}
