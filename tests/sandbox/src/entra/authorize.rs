//! The authorize endpoint: checks the request, shows the consent page, and sends the browser back.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-authorization-code>
//!
//! A machine may post the page's form itself, or add `auto=1` and a `login_hint` to the address to accept at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, RawQuery, State as Shared};
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use url::Url;

use super::page::{self, Choice};
use super::refusal::Refusal;
use super::scope::{Asked, Resource, needs_administrator};
use super::state::{Challenge, Code, random_text};
use super::tenant::Tenant;
use super::token::Form;
use super::{CLIENT_ID, redirect_is_registered};
use crate::recorder::{Trace, now};
use crate::world::{Person, World};

/// The name of the cookie that keeps a browser signed in.
const SESSION: &str = "ESTSAUTHPERSISTENT";
const CODE_LIFE: f64 = 600.0;

/// A request whose answer may go to its redirect address.
struct Request<'f> {
    redirect_uri: &'f str,
    form: &'f Form,
}

impl Request<'_> {
    /// Sends the browser back with these parameters, in the way asked for.
    fn back(&self, parameters: &[(&str, &str)]) -> Response {
        let mut parameters = parameters.to_vec();
        if let Some(state) = self.form.get("state") {
            parameters.push(("state", state));
        }
        let mut url =
            Url::parse(self.redirect_uri).expect("registered redirect addresses are URLs");
        match self.form.get("response_mode") {
            Some("form_post") => {
                return Html(page::form_post(self.redirect_uri, &parameters)).into_response();
            }
            Some("fragment") => {
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                query.extend_pairs(&parameters);
                url.set_fragment(Some(&query.finish()));
            }
            _ => {
                url.query_pairs_mut().extend_pairs(&parameters);
            }
        }
        (StatusCode::FOUND, [(header::LOCATION, url.to_string())]).into_response()
    }

    fn refused(&self, error: &str, description: &str) -> Response {
        self.back(&[("error", error), ("error_description", description)])
    }
}

pub(super) async fn show(
    Shared(world): Shared<Arc<World>>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    Extension(trace): Extension<Trace>,
    headers: HeaderMap,
) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    answer(&world, &tenant, &form, &headers, &trace, false)
}

pub(super) async fn submit(
    Shared(world): Shared<Arc<World>>,
    Path(tenant): Path<String>,
    Extension(trace): Extension<Trace>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let form = Form::read(body.as_bytes());
    answer(&world, &tenant, &form, &headers, &trace, true)
}

fn answer(
    world: &World,
    tenant: &str,
    form: &Form,
    headers: &HeaderMap,
    trace: &Trace,
    submitted: bool,
) -> Response {
    let tenant_segment = tenant;
    let (tenant, redirect_uri) = match addressee(world, tenant, form) {
        Ok(found) => found,
        Err(refusal) => return page::refusal(&refusal),
    };
    let request = Request { redirect_uri, form };
    let asked = match understood(world, form) {
        Ok(asked) => asked,
        Err((error, description)) => return request.refused(error, &description),
    };
    let people: Vec<Person> = world
        .people()
        .iter()
        .filter(|it| tenant.admits(it))
        .cloned()
        .collect();
    let named = |text: &str| {
        people
            .iter()
            .find(|it| it.handle == text || it.email.eq_ignore_ascii_case(text))
    };
    if submitted || form.get("auto") == Some("1") {
        if form.get("decision") == Some("cancel") {
            return request.refused("access_denied", &Refusal::of_code(65_004).description());
        }
        let chosen = form.get("person").or_else(|| form.get("login_hint"));
        let Some(person) = chosen.and_then(named) else {
            return page::refusal(&Refusal::of_code(50_020));
        };
        trace.subject(person.handle);
        let for_everybody = form.get("everybody") == Some("1");
        return accept(world, &request, person, asked, for_everybody, submitted);
    }
    let session = session(world, headers);
    if form.get("prompt") == Some("none") {
        let person = session.and_then(|it| people.iter().find(|person| person.handle == it));
        return silently(world, &request, person, asked);
    }
    let preselected = form.get("login_hint").and_then(named);
    Html(page::consent(
        &form_fields(form),
        &Choice {
            action: &format!("/{tenant_segment}/oauth2/v2.0/authorize"),
            people: &people,
            preselected,
            permissions: &asked.permissions.iter().cloned().collect::<Vec<_>>(),
        },
    ))
    .into_response()
}

/// Who asks and where the answer goes. Until both are known nothing may be redirected.
fn addressee<'f>(
    world: &World,
    tenant: &str,
    form: &'f Form,
) -> Result<(Tenant, &'f str), Refusal> {
    let tenant = Tenant::parse(world, tenant)?;
    let client = form.require("client_id")?;
    if client != CLIENT_ID {
        return Err(Refusal::new(
            700_016,
            format!("Application with identifier '{client}' was not found in the directory."),
        ));
    }
    let redirect_uri = form.require("redirect_uri")?;
    if !redirect_is_registered(world, redirect_uri) {
        return Err(Refusal::new(
            50_011,
            format!(
                "The redirect URI '{redirect_uri}' specified in the request does not match the redirect URIs configured for the application '{CLIENT_ID}'."
            ),
        ));
    }
    Ok((tenant, redirect_uri))
}

/// The rest of the request, or the OAuth error that goes back.
fn understood(world: &World, form: &Form) -> Result<Asked, (&'static str, String)> {
    let described = |it: Refusal| (it.error(), it.description());
    let response_type = form.require("response_type").map_err(described)?;
    if response_type != "code" {
        let text = format!(
            "AADSTS700054: response_type '{response_type}' is not enabled for the application."
        );
        return Err(("unsupported_response_type", text));
    }
    let scope = form.require("scope").map_err(described)?;
    let asked = Asked::parse(scope, &world.addresses().graph).map_err(described)?;
    challenge(form).map_err(described)?;
    Ok(asked)
}

fn challenge(form: &Form) -> Result<Option<Challenge>, Refusal> {
    let Some(value) = form.get("code_challenge") else {
        return Ok(None);
    };
    let hashed = match form.get("code_challenge_method") {
        Some("S256") => true,
        None | Some("plain") => false,
        Some(other) => {
            return Err(Refusal::new(
                900_971,
                format!("The code_challenge_method '{other}' is not supported."),
            ));
        }
    };
    let allowed = |it: char| it.is_ascii_alphanumeric() || "-._~".contains(it);
    if !(43..=128).contains(&value.len()) || !value.chars().all(allowed) {
        return Err(Refusal::new(
            90_014,
            "The size of the code_challenge parameter is invalid.",
        ));
    }
    Ok(Some(Challenge {
        value: value.to_owned(),
        hashed,
    }))
}

fn accept(
    world: &World,
    request: &Request<'_>,
    person: &Person,
    asked: Asked,
    for_everybody: bool,
    by_browser: bool,
) -> Response {
    let mut entra = world.entra();
    if asked.resource == Resource::Graph {
        let consented = entra.consented(person);
        let missing: BTreeSet<String> = asked.permissions.difference(&consented).cloned().collect();
        let closed = entra.wishes.closed_tenants.contains(&person.tid);
        let beyond = missing.iter().any(|it| closed || needs_administrator(it));
        if !person.site_admin && beyond {
            drop(entra);
            let refusal = Refusal::of_code(90_094);
            return if by_browser {
                let back = Url::parse(request.redirect_uri)
                    .expect("registered redirect addresses are URLs");
                page::administrator_needed(&declined(back, request.form.get("state")), person)
            } else {
                request.refused("access_denied", &refusal.description())
            };
        }
        let missing = missing.iter().map(String::as_str);
        if for_everybody && person.site_admin {
            entra.consent_for_tenant(&person.tid, missing);
        } else {
            entra.consent(person.handle, missing);
        }
    }
    // Whoever has just signed in by hand has done what a policy wanted; a block stays one.
    let satisfied = entra
        .wishes
        .refusals
        .get(person.handle)
        .is_some_and(|it| it.suberror() == Some("basic_action"));
    if satisfied {
        entra.wishes.refusals.remove(person.handle);
    }
    let cookie = random_text(40);
    entra.sessions.insert(cookie.clone(), person.handle);
    drop(entra);
    let mut response = code(world, request, person, asked);
    let cookie = format!("{SESSION}={cookie}; Path=/; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = cookie.parse() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn silently(
    world: &World,
    request: &Request<'_>,
    person: Option<&Person>,
    asked: Asked,
) -> Response {
    let Some(person) = person else {
        return request.refused(
            "login_required",
            "AADSTS50058: A silent sign-in request was sent but no user is signed in.",
        );
    };
    if let Err(refusal) = world.entra().permit(person, &asked) {
        return request.refused("interaction_required", &refusal.description());
    }
    code(world, request, person, asked)
}

fn code(world: &World, request: &Request<'_>, person: &Person, asked: Asked) -> Response {
    let presented = format!("1.AX{}", random_text(120));
    let code = Code {
        person: person.clone(),
        asked,
        redirect_uri: request.redirect_uri.to_owned(),
        challenge: challenge(request.form).ok().flatten(),
        nonce: request.form.get("nonce").map(str::to_owned),
        expires_at: now() + CODE_LIFE,
        used: false,
    };
    world.entra().codes.insert(presented.clone(), code);
    request.back(&[("code", &presented), ("session_state", &random_text(36))])
}

/// Where the person goes who gives up for want of an administrator.
fn declined(mut back: Url, state: Option<&str>) -> String {
    back.query_pairs_mut()
        .append_pair("error", "access_denied")
        .append_pair("error_subcode", "cancel")
        .append_pair("error_description", &Refusal::of_code(65_004).description())
        .extend_pairs(state.map(|it| ("state", it)));
    back.to_string()
}

fn session(world: &World, headers: &HeaderMap) -> Option<&'static str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let value = cookies
        .split(';')
        .find_map(|it| it.trim().strip_prefix(SESSION)?.strip_prefix('='))?;
    world.entra().sessions.get(value).copied()
}

/// The fields the page hands back unchanged.
fn form_fields(form: &Form) -> Vec<(&str, &str)> {
    const KEPT: [&str; 11] = [
        "client_id",
        "response_type",
        "redirect_uri",
        "response_mode",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "claims",
        "prompt",
    ];
    KEPT.iter()
        .filter_map(|name| Some((*name, form.get(name)?)))
        .collect()
}
