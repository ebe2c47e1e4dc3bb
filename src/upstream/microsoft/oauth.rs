//! Entra's authorize and token endpoints (Microsoft identity platform v2.0): code, refresh, On-Behalf-Of.

use std::time::Duration;

use reqwest::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::upstream::http::{Answer, Http, kind_of};
use crate::upstream::{Error, Kind, Provider};

/// Asked for beside Graph's scopes: who it is, and a refresh token.
const SIGN_IN: &str = "openid profile offline_access";
/// Declares that we understand claims challenges and continuous access evaluation.
const CAPABLE: &str = r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#;

/// This gateway as Entra knows it.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// The authority, such as `https://login.microsoftonline.com`.
    pub authority: &'a Url,
    /// The application id.
    pub id: &'a str,
    /// Its secret.
    pub secret: &'a SecretString,
    /// The scopes of Graph it asks for, without the resource.
    pub scopes: &'a [String],
}

/// What a sign-in is sent with.
#[derive(Debug, Clone, Copy)]
pub struct SignIn<'a> {
    /// Where the browser comes back to.
    pub redirect: &'a Url,
    /// Ties the return to the start.
    pub state: &'a str,
    /// Ties the id token to the start.
    pub nonce: &'a str,
    /// The PKCE challenge, S256.
    pub challenge: &'a str,
}

/// New tokens.
#[derive(Debug, Clone, Deserialize)]
pub struct Tokens {
    /// Calls Graph. Opaque.
    pub access_token: SecretString,
    /// Renews it.
    pub refresh_token: Option<SecretString>,
    /// Says who signed in.
    pub id_token: Option<SecretString>,
    /// Seconds the access token lives.
    pub expires_in: i64,
    #[serde(default)]
    scope: String,
}

impl Tokens {
    /// What was granted, without the resource that Entra may put before each name.
    pub fn scopes(&self) -> Vec<String> {
        let names = self.scope.split_whitespace();
        names
            .map(|name| name.rsplit_once('/').map_or(name, |(_, name)| name))
            .map(str::to_owned)
            .collect()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refused {
    error: String,
    suberror: Option<String>,
    error_codes: Vec<u32>,
    claims: Option<String>,
}

impl Client<'_> {
    /// Where a person signs in and agrees (`/oauth2/v2.0/authorize`). Without one tenant in particular, people of any
    /// organisation may.
    pub fn authorize_url(&self, tenant: Option<&str>, sign_in: SignIn<'_>) -> Url {
        let mut url = self.endpoint(tenant, "oauth2/v2.0/authorize");
        url.query_pairs_mut()
            .append_pair("client_id", self.id)
            .append_pair("response_type", "code")
            .append_pair("response_mode", "query")
            .append_pair("redirect_uri", sign_in.redirect.as_str())
            .append_pair("scope", &self.scope())
            .append_pair("state", sign_in.state)
            .append_pair("nonce", sign_in.nonce)
            .append_pair("code_challenge", sign_in.challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("prompt", "select_account");
        url
    }

    /// Where an administrator agrees for everybody (`/v2.0/adminconsent`).
    pub fn admin_consent_url(
        &self,
        tenant: Option<&str>,
        scopes: &[String],
        redirect: &Url,
        state: &str,
    ) -> Url {
        let mut url = self.endpoint(tenant, "v2.0/adminconsent");
        url.query_pairs_mut()
            .append_pair("client_id", self.id)
            .append_pair("scope", &format!("{SIGN_IN} {}", scopes.join(" ")))
            .append_pair("redirect_uri", redirect.as_str())
            .append_pair("state", state);
        url
    }

    /// Redeems a code.
    pub async fn redeem(
        &self,
        http: &Http,
        tenant: Option<&str>,
        code: &str,
        redirect: &Url,
        verifier: &SecretString,
    ) -> Result<Tokens, Error> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect.as_str()),
            ("code_verifier", verifier.expose_secret()),
        ];
        self.ask(http, tenant, "redeem a code", &form).await
    }

    /// Renews the tokens of a person of this tenant.
    pub async fn refresh(
        &self,
        http: &Http,
        tenant: &str,
        refresh_token: &SecretString,
    ) -> Result<Tokens, Error> {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose_secret()),
            ("claims", CAPABLE),
        ];
        self.ask(http, Some(tenant), "renew an access token", &form)
            .await
    }

    /// Exchanges the token that an add-in sent us for one to Graph, of the same person and their tenant. `challenge` is
    /// what Graph asked of a token it refused, as it is.
    pub async fn on_behalf_of(
        &self,
        http: &Http,
        tenant: &str,
        assertion: &SecretString,
        challenge: Option<&str>,
    ) -> Result<Tokens, Error> {
        let claims = challenge.map_or_else(|| CAPABLE.to_owned(), answering);
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", assertion.expose_secret()),
            ("requested_token_use", "on_behalf_of"),
            ("claims", &claims),
        ];
        self.ask(http, Some(tenant), "act on behalf of a person", &form)
            .await
    }

    async fn ask(
        &self,
        http: &Http,
        tenant: Option<&str>,
        operation: &'static str,
        form: &[(&str, &str)],
    ) -> Result<Tokens, Error> {
        let scope = self.scope();
        let mut fields = vec![
            ("client_id", self.id),
            ("client_secret", self.secret.expose_secret()),
            ("scope", &scope),
        ];
        fields.extend_from_slice(form);
        let request = http
            .client()
            .post(self.endpoint(tenant, "oauth2/v2.0/token"))
            .form(&fields);
        let answer = http
            .exchange(Provider::Microsoft, operation, request)
            .await?;
        if answer.status.is_success() {
            return answer.json(Provider::Microsoft, operation);
        }
        Err(Error::new(
            Provider::Microsoft,
            operation,
            self.refusal(&answer),
        ))
    }

    fn scope(&self) -> String {
        // Names without a resource are Graph's, in every national cloud.
        format!("{SIGN_IN} {}", self.scopes.join(" "))
    }

    fn endpoint(&self, tenant: Option<&str>, path: &str) -> Url {
        let mut url = self.authority.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        let tenant = tenant.unwrap_or("organizations");
        url.set_path(&format!("{base}/{tenant}/{path}"));
        url
    }

    /// What a refusal of the token endpoint means for the person. Codes first, where they say more than the error;
    /// Microsoft may change them, so each falls back to its error.
    fn refusal(&self, answer: &Answer) -> Kind {
        if answer.status == StatusCode::TOO_MANY_REQUESTS || answer.status.is_server_error() {
            return kind_of(answer.status, &answer.headers);
        }
        let Ok(refused) = serde_json::from_slice::<Refused>(&answer.body) else {
            return Kind::Invalid;
        };
        tracing::info!(error = %known_error(&refused.error), codes = ?refused.error_codes, "Entra refused");
        let scopes = || self.scopes.to_vec();
        let claims = || Kind::InteractionRequired {
            claims: refused.claims.clone(),
        };
        for code in &refused.error_codes {
            return match code {
                65001 | 65004 => Kind::ConsentRequired { scopes: scopes() },
                90094 | 90095 => Kind::AdminConsentRequired { scopes: scopes() },
                50072 | 50074 | 50076 | 50078 | 50079 | 50158 => claims(),
                50097 | 53000..=53003 | 50131 | 50057 | 50034 | 50020 | 50105 => {
                    Kind::AccessBlocked
                }
                50173 | 70008 | 700_082 | 70043 | 50089 | 50132 | 50133 | 700_084 => {
                    Kind::ReauthRequired
                }
                50013 | 500_133 => Kind::TokenRefused { claims: None },
                7_000_215 | 7_000_222 | 70002 | 700_027 => misconfigured("client"),
                700_016 | 700_011 | 500_011 | 50194 | 650_052 | 650_057 => Kind::NotConfigured,
                50196 => Kind::RateLimited {
                    retry_after: Some(Duration::from_mins(1)),
                },
                54005 | 501_481 => Kind::Refused,
                50011 => misconfigured("redirect address"),
                _ => continue,
            };
        }
        match (refused.error.as_str(), refused.suberror.as_deref()) {
            (_, Some("consent_required")) => Kind::ConsentRequired { scopes: scopes() },
            ("interaction_required", _) => claims(),
            ("invalid_grant", _) => Kind::ReauthRequired,
            ("invalid_client" | "unauthorized_client", _) => misconfigured("client"),
            ("temporarily_unavailable" | "server_error", _) => {
                Kind::Unavailable { retry_after: None }
            }
            _ => Kind::Refused,
        }
    }
}

/// The claims that answer a challenge, still with what we are capable of.
/// <https://learn.microsoft.com/entra/identity-platform/claims-challenge>
fn answering(challenge: &str) -> String {
    let mut claims: Map<String, Value> = serde_json::from_str(challenge).unwrap_or_default();
    let of_access = claims
        .entry("access_token")
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(of_access) = of_access {
        of_access.insert("xms_cc".to_owned(), json!({ "values": ["CP1"] }));
    }
    Value::Object(claims).to_string()
}

/// Not the person's fault: the operator hears of it, the person sees an outage.
fn misconfigured(what: &'static str) -> Kind {
    tracing::error!(
        what,
        "Entra refuses this gateway itself; check the microsoft settings"
    );
    Kind::Unavailable { retry_after: None }
}

/// An error word that is safe to log: what the protocol names, not free text.
fn known_error(error: &str) -> &str {
    let plain = error.len() < 40 && error.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if plain { error } else { "unreadable" }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;
    use secrecy::SecretString;
    use serde_json::{Value, json};

    use super::{CAPABLE, Client, Tokens, answering};
    use crate::upstream::Kind;
    use crate::upstream::http::Answer;

    fn kind(status: u16, body: &Value) -> Kind {
        let authority = "https://login.microsoftonline.com".parse().unwrap();
        let secret = SecretString::from("s");
        let scopes = ["Mail.Read".to_owned()];
        let client = Client {
            authority: &authority,
            id: "app",
            secret: &secret,
            scopes: &scopes,
        };
        client.refusal(&Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: body.to_string().into_bytes(),
        })
    }

    #[test]
    fn each_refusal_says_what_the_person_can_do() {
        let scopes = vec!["Mail.Read".to_owned()];
        let claims = Some("{\"access_token\":{}}".to_owned());
        for (error, code, expected) in [
            (
                "invalid_grant",
                65001,
                Kind::ConsentRequired {
                    scopes: scopes.clone(),
                },
            ),
            (
                "invalid_grant",
                90094,
                Kind::AdminConsentRequired { scopes },
            ),
            (
                "interaction_required",
                50076,
                Kind::InteractionRequired {
                    claims: claims.clone(),
                },
            ),
            (
                "interaction_required",
                999,
                Kind::InteractionRequired { claims },
            ),
            ("invalid_grant", 53003, Kind::AccessBlocked),
            ("invalid_grant", 50105, Kind::AccessBlocked),
            ("invalid_grant", 700_082, Kind::ReauthRequired),
            ("invalid_grant", 50173, Kind::ReauthRequired),
            ("invalid_grant", 999, Kind::ReauthRequired),
            (
                "invalid_grant",
                500_133,
                Kind::TokenRefused { claims: None },
            ),
            (
                "invalid_client",
                7_000_215,
                Kind::Unavailable { retry_after: None },
            ),
            ("unauthorized_client", 700_016, Kind::NotConfigured),
        ] {
            let body = json!({
                "error": error, "error_codes": [code], "error_description": "AADSTS…",
                "claims": "{\"access_token\":{}}",
            });
            assert_eq!(kind(400, &body), expected, "{error} {code}");
        }
        let body = json!({ "error": "invalid_grant", "suberror": "consent_required" });
        assert!(matches!(kind(400, &body), Kind::ConsentRequired { .. }));
        assert!(matches!(kind(503, &json!({})), Kind::Unavailable { .. }));
        assert_eq!(kind(400, &json!("<html>")), Kind::Invalid);
    }

    #[test]
    fn a_challenge_is_answered_with_what_it_asks_and_what_we_are_capable_of() {
        let asked = r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#;
        let answer: Value = serde_json::from_str(&answering(asked)).unwrap();
        assert_eq!(
            answer,
            json!({ "access_token": {
                "nbf": { "essential": true, "value": "1604106651" },
                "xms_cc": { "values": ["CP1"] },
            } })
        );
        assert_eq!(answering("not JSON"), CAPABLE);
    }

    #[test]
    fn scopes_lose_their_resource() {
        let tokens: Tokens = serde_json::from_value(json!({
            "access_token": "a", "expires_in": 3600,
            "scope": "https://graph.microsoft.com/Mail.Read User.Read openid",
        }))
        .unwrap();
        assert_eq!(tokens.scopes(), ["Mail.Read", "User.Read", "openid"]);
    }
}
