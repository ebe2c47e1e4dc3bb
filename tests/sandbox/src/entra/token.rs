//! The token endpoint: authorization code with PKCE, refresh, and on-behalf-of.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow>

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, header};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use super::claims::{access_claims, id_claims};
use super::on_behalf_of;
use super::refusal::Refusal;
use super::scope::{Asked, Resource};
use super::tenant::Tenant;
use super::{CLIENT_ID, CLIENT_SECRET};
use crate::recorder::{Trace, now};
use crate::world::{Person, World};

const ON_BEHALF_OF: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The fields of a form, each once.
pub(super) struct Form(HashMap<String, String>);

impl Form {
    pub fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|it| !it.is_empty())
    }

    pub fn require(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| {
            Refusal::new(
                900_144,
                format!("The request body must contain the following parameter: '{name}'."),
            )
        })
    }
}

/// What a grant came to, before it is written out.
struct Grant {
    person: Person,
    asked: Asked,
    nonce: Option<String>,
}

pub(super) async fn endpoint(
    Shared(world): Shared<Arc<World>>,
    Path(tenant): Path<String>,
    Extension(trace): Extension<Trace>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let form = Form::read(body.as_bytes());
    let correlation = form
        .get("client-request-id")
        .or_else(|| headers.get("client-request-id")?.to_str().ok());
    let answer = decide(&world, &tenant, &headers, &form).and_then(|grant| {
        trace.subject(grant.person.handle);
        written(&world, &form, grant)
    });
    match answer {
        Ok(answer) => (
            [
                (header::CACHE_CONTROL, "no-store, no-cache"),
                (header::PRAGMA, "no-cache"),
            ],
            Json(answer),
        )
            .into_response(),
        Err(refusal) => refusal.answer(&world.addresses().login, correlation),
    }
}

fn decide(world: &World, tenant: &str, headers: &HeaderMap, form: &Form) -> Result<Grant, Refusal> {
    let tenant = Tenant::parse(world, tenant)?;
    let grant_type = form.require("grant_type")?;
    authenticate(headers, form)?;
    let grant = match grant_type {
        "authorization_code" => by_code(world, form),
        "refresh_token" => by_refresh(world, form),
        ON_BEHALF_OF => on_behalf_of::decide(world, &tenant, form).map(|(person, asked)| Grant {
            person,
            asked,
            nonce: None,
        }),
        _ => Err(Refusal::new(
            70_003,
            format!("The app requested an unsupported grant type '{grant_type}'."),
        )),
    }?;
    if !tenant.admits(&grant.person) {
        return Err(Refusal::of_code(50_020));
    }
    if let Some(refusal) = world.entra().wishes.refusals.get(grant.person.handle) {
        return Err(refusal.clone());
    }
    Ok(grant)
}

/// Checks the client's secret, from the form or a Basic header.
fn authenticate(headers: &HeaderMap, form: &Form) -> Result<(), Refusal> {
    // Only single-page apps redeem from a browser, and those have no secret.
    if headers.contains_key(header::ORIGIN) {
        return Err(Refusal::new(
            9_002_326,
            "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type.",
        ));
    }
    let basic = headers
        .get(header::AUTHORIZATION)
        .and_then(|it| it.to_str().ok()?.strip_prefix("Basic "))
        .and_then(|it| String::from_utf8(STANDARD.decode(it).ok()?).ok())
        .and_then(|it| {
            let (id, secret) = it.split_once(':')?;
            Some((decoded(id), decoded(secret)))
        });
    let (id, secret) = if let Some((id, secret)) = &basic {
        (id.as_str(), secret.as_str())
    } else {
        let id = form.require("client_id")?;
        if id == CLIENT_ID && form.get("client_secret").is_none() {
            return Err(Refusal::new(
                70_002,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            ));
        }
        (id, form.get("client_secret").unwrap_or_default())
    };
    if id != CLIENT_ID {
        return Err(Refusal::new(
            700_016,
            format!("Application with identifier '{id}' was not found in the directory."),
        ));
    }
    if secret != CLIENT_SECRET {
        return Err(Refusal::new(
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{CLIENT_ID}'."
            ),
        ));
    }
    Ok(())
}

fn by_code(world: &World, form: &Form) -> Result<Grant, Refusal> {
    let presented = form.require("code")?;
    let redirect_uri = form.require("redirect_uri")?;
    let mut entra = world.entra();
    let code = entra.codes.get_mut(presented).ok_or_else(|| {
        Refusal::new(
            9_002_313,
            "Invalid request. Request is malformed or invalid.",
        )
    })?;
    if code.used {
        return Err(Refusal::new(
            54_005,
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
        ));
    }
    if code.expires_at <= now() {
        return Err(Refusal::of_code(70_008));
    }
    if code.redirect_uri != redirect_uri {
        return Err(Refusal::new(
            50_011,
            "The redirect URI specified in the request does not match the one the code was issued for.",
        ));
    }
    if let Some(challenge) = &code.challenge {
        let verifier = form.require("code_verifier")?;
        let proof = if challenge.hashed {
            URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
        } else {
            verifier.to_owned()
        };
        if proof != challenge.value {
            return Err(Refusal::new(
                501_481,
                "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
            ));
        }
    }
    // A code is spent only by its rightful redemption; a wrong guess above leaves it good.
    code.used = true;
    let code = code.clone();
    drop(entra);
    let asked = match form.get("scope") {
        // The scopes of the redemption may be fewer than those of the sign-in, and decide the resource.
        Some(scope) => Asked::parse(scope, &world.addresses().graph)?,
        None => code.asked,
    };
    Ok(Grant {
        person: code.person,
        asked,
        nonce: code.nonce,
    })
}

fn by_refresh(world: &World, form: &Form) -> Result<Grant, Refusal> {
    let presented = form.require("refresh_token")?;
    let asked = Asked::parse(
        form.get("scope").unwrap_or(".default"),
        &world.addresses().graph,
    )?;
    let entra = world.entra();
    let refresh = entra.refresh.get(presented).ok_or_else(|| {
        Refusal::new(
            9_002_313,
            "Invalid request. Request is malformed or invalid.",
        )
    })?;
    let revoked_at = entra.wishes.revoked_at.get(refresh.person.handle);
    if revoked_at.is_some_and(|at| refresh.issued_at <= *at) {
        return Err(Refusal::of_code(50_173));
    }
    if refresh.expires_at <= now() {
        return Err(Refusal::of_code(700_082));
    }
    Ok(Grant {
        person: refresh.person.clone(),
        asked,
        nonce: None,
    })
}

fn written(world: &World, form: &Form, grant: Grant) -> Result<Map<String, Value>, Refusal> {
    let Grant {
        person,
        asked,
        nonce,
    } = grant;
    let login = &world.addresses().login;
    let claims: Value = form
        .get("claims")
        .and_then(|it| serde_json::from_str(it).ok())
        .unwrap_or_default();
    let capabilities = claims["access_token"]["xms_cc"]["values"].as_array();
    let handles_claims = capabilities
        .into_iter()
        .flatten()
        .any(|it| it.as_str().is_some_and(|it| it.eq_ignore_ascii_case("cp1")));
    let not_before = &claims["access_token"]["nbf"]["value"];
    // A new sign-in answers every challenge; other grants answer the one whose claims they carry.
    let answers = match form.get("grant_type") {
        Some("authorization_code") => now(),
        _ => not_before
            .as_str()
            .and_then(|it| it.parse().ok())
            .or(not_before.as_f64())
            .unwrap_or_default(),
    };
    let mut entra = world.entra();
    let permissions = entra.permit(&person, &asked)?;
    let mut answer = Map::new();
    let mut put = |name: &str, value: Value| answer.insert(name.to_owned(), value);
    put("token_type", json!("Bearer"));
    put("scope", json!(asked.granted(&permissions)));
    let (token, life) = match asked.resource {
        Resource::Graph => entra.issue_access(&person, permissions, handles_claims, answers),
        Resource::Api => {
            let claims = access_claims(&person, login, CLIENT_ID);
            (entra.keys.sign(&claims), 4_500)
        }
    };
    put("expires_in", json!(life));
    put("ext_expires_in", json!(life));
    put("access_token", json!(token));
    if asked.sign_in.contains("offline_access") {
        put("refresh_token", json!(entra.issue_refresh(&person)));
    }
    if asked.sign_in.contains("openid") {
        let claims = id_claims(
            &person,
            login,
            nonce.as_deref(),
            asked.sign_in.contains("email"),
        );
        put("id_token", json!(entra.keys.sign(&claims)));
    }
    if form.get("client_info") == Some("1") {
        let info = json!({"uid": person.oid, "utid": person.tid}).to_string();
        put("client_info", json!(URL_SAFE_NO_PAD.encode(info)));
    }
    Ok(answer)
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}
