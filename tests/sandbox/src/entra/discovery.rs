//! What a client learns before it signs anybody in: the `OpenID` configuration and the keys.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::tenant::Tenant;
use crate::world::World;

/// <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc>
pub(super) async fn configuration(
    Shared(world): Shared<Arc<World>>,
    Path(segment): Path<String>,
) -> Response {
    let login = &world.addresses().login;
    let tenant = match Tenant::parse(&world, &segment) {
        Ok(tenant) => tenant,
        Err(refusal) => return refusal.answer(login, None),
    };
    let address = |rest: &str| format!("{login}/{segment}/{rest}");
    Json(json!({
        "token_endpoint": address("oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": address("discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": format!("{login}/{}/v2.0", tenant.in_issuer()),
        "request_uri_parameter_supported": false,
        "authorization_endpoint": address("oauth2/v2.0/authorize"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": address("oauth2/v2.0/logout"),
        "claims_supported": ["sub", "iss", "cloud_instance_name", "aud", "exp", "iat", "auth_time", "acr",
            "nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email"],
        "tenant_region_scope": null,
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": world.addresses().graph.trim_start_matches("http://"),
    }))
    .into_response()
}

pub(super) async fn keys(Shared(world): Shared<Arc<World>>) -> Json<Value> {
    Json(world.entra().keys.document(&world.addresses().login))
}

/// What the vendor's client library asks first, to learn which authorities belong together.
pub(super) async fn instances(Shared(world): Shared<Arc<World>>) -> Json<Value> {
    let login = &world.addresses().login;
    let host = login.trim_start_matches("http://");
    Json(json!({
        "tenant_discovery_endpoint": format!("{login}/common/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }))
}
