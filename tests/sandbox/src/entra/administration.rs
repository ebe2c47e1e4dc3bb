//! Consent by an administrator for everybody, and signing out.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, RawQuery, State as Shared};
use axum::response::{Html, IntoResponse, Response};
use http::{StatusCode, header};
use url::Url;

use super::page::{self, Choice};
use super::refusal::Refusal;
use super::scope::Asked;
use super::tenant::Tenant;
use super::token::Form;
use super::{CLIENT_ID, redirect_is_registered};
use crate::recorder::Trace;
use crate::world::{Person, World};

/// <https://learn.microsoft.com/entra/identity-platform/v2-admin-consent>
pub(super) async fn show(
    Shared(world): Shared<Arc<World>>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    match understood(&world, &tenant, &form) {
        Ok((_, administrators, asked)) => {
            let kept = ["client_id", "redirect_uri", "scope", "state"];
            let fields: Vec<_> = kept
                .iter()
                .filter_map(|it| Some((*it, form.get(it)?)))
                .collect();
            Html(page::consent(
                &fields,
                &Choice {
                    action: &format!("/{tenant}/v2.0/adminconsent"),
                    people: &administrators,
                    preselected: None,
                    permissions: &asked.permissions.iter().cloned().collect::<Vec<_>>(),
                },
            ))
            .into_response()
        }
        Err(refusal) => page::refusal(&refusal),
    }
}

pub(super) async fn submit(
    Shared(world): Shared<Arc<World>>,
    Path(tenant): Path<String>,
    Extension(trace): Extension<Trace>,
    body: String,
) -> Response {
    let form = Form::read(body.as_bytes());
    let (redirect_uri, administrators, asked) = match understood(&world, &tenant, &form) {
        Ok(understood) => understood,
        Err(refusal) => return page::refusal(&refusal),
    };
    let mut back = Url::parse(redirect_uri).expect("registered redirect addresses are URLs");
    back.query_pairs_mut().append_pair("admin_consent", "True");
    let administrator = form
        .get("person")
        .and_then(|name| administrators.iter().find(|it| it.handle == name));
    match administrator {
        Some(person) if form.get("decision") != Some("cancel") => {
            trace.subject(person.handle);
            let permissions = asked.permissions.iter().map(String::as_str);
            world.entra().consent_for_tenant(&person.tid, permissions);
            back.query_pairs_mut()
                .append_pair("tenant", &person.tid)
                .append_pair("scope", form.get("scope").unwrap_or_default());
        }
        _ => {
            back.query_pairs_mut()
                .append_pair("error", "consent_required")
                .append_pair("error_description", &Refusal::of_code(65_004).description());
        }
    }
    if let Some(state) = form.get("state") {
        back.query_pairs_mut().append_pair("state", state);
    }
    (StatusCode::FOUND, [(header::LOCATION, back.to_string())]).into_response()
}

/// <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#send-a-sign-out-request>
pub(super) async fn sign_out(
    Shared(world): Shared<Arc<World>>,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let mut response = match form.get("post_logout_redirect_uri") {
        Some(back) if redirect_is_registered(&world, back) => {
            (StatusCode::FOUND, [(header::LOCATION, back.to_owned())]).into_response()
        }
        _ => page::plain("You signed out of your account"),
    };
    let forgotten = header::HeaderValue::from_static("ESTSAUTHPERSISTENT=; Path=/; Max-Age=0");
    response.headers_mut().append(header::SET_COOKIE, forgotten);
    response
}

fn understood<'f>(
    world: &World,
    tenant: &str,
    form: &'f Form,
) -> Result<(&'f str, Vec<Person>, Asked), Refusal> {
    if tenant == "common" {
        return Err(Refusal::new(
            90_002,
            "Admin consent needs a tenant id or 'organizations', not 'common'.",
        ));
    }
    let tenant = Tenant::parse(world, tenant)?;
    if form.require("client_id")? != CLIENT_ID {
        return Err(Refusal::of_code(700_016));
    }
    let redirect_uri = form.require("redirect_uri")?;
    if !redirect_is_registered(world, redirect_uri) {
        return Err(Refusal::new(50_011, "The redirect URI is not registered."));
    }
    let asked = Asked::parse(form.require("scope")?, &world.addresses().graph)?;
    let administrators = world
        .people()
        .iter()
        .filter(|it| it.site_admin && tenant.admits(it));
    Ok((redirect_uri, administrators.cloned().collect(), asked))
}
