//! Zoom's authorize, token and revoke endpoints, and who a new token belongs to.

use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use crate::upstream::http::{Answer, Http, kind_of};
use crate::upstream::{Error, Kind, Provider};

/// This gateway as Zoom knows it.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// Where Zoom's OAuth answers: `https://zoom.us/oauth`.
    pub base: &'a Url,
    /// The client id.
    pub id: &'a str,
    /// Its secret.
    pub secret: &'a SecretString,
}

/// New tokens. The refresh token is another one each time, and only the newest works.
#[derive(Debug, Clone, Deserialize)]
pub struct Tokens {
    /// Calls Zoom. Opaque.
    pub access_token: SecretString,
    /// Renews it, once.
    pub refresh_token: Option<SecretString>,
    /// Seconds the access token lives.
    pub expires_in: i64,
    /// What was granted, separated by spaces.
    #[serde(default)]
    pub scope: String,
    /// The person's regional address.
    pub api_url: Option<String>,
}

/// A Zoom account of a person.
#[derive(Debug, Clone, Deserialize)]
pub struct Owner {
    /// The user id.
    pub id: String,
    /// The account the user belongs to.
    pub account_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refused {
    error: String,
}

impl Tokens {
    /// The regional address to call from now on, with its version: only ever Zoom's own host over https, and only
    /// where `configured` is Zoom's too. Anything else would send the person's token elsewhere.
    pub fn base(&self, configured: &Url) -> Option<Url> {
        let mut url = Url::parse(self.api_url.as_deref()?).ok()?;
        if !zooms_own(&url) || !zooms_own(configured) || !matches!(url.path(), "" | "/") {
            return None;
        }
        url.set_query(None);
        url.set_fragment(None);
        url.set_path("/v2");
        Some(url)
    }
}

fn zooms_own(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && (host == "zoom.us" || host.ends_with(".zoom.us"))
}

impl Client<'_> {
    /// Where a person signs in and agrees. The scopes are those of the app's registration.
    pub fn authorize_url(&self, redirect: &Url, state: &str, challenge: &str) -> Url {
        let mut url = self.endpoint("authorize");
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", self.id)
            .append_pair("redirect_uri", redirect.as_str())
            .append_pair("state", state)
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256");
        url
    }

    /// Redeems a code.
    pub async fn redeem(
        &self,
        http: &Http,
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
        let operation = "redeem a code";
        let answer = self.ask(http, operation, "token", &form).await?;
        answer.json(Provider::Zoom, operation)
    }

    /// Renews the tokens. Not to be repeated: the refresh token works once.
    pub async fn refresh(
        &self,
        http: &Http,
        refresh_token: &SecretString,
    ) -> Result<Tokens, Error> {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose_secret()),
        ];
        let operation = "renew an access token";
        let answer = self.ask(http, operation, "token", &form).await?;
        answer.json(Provider::Zoom, operation)
    }

    /// Ends an access token, and with it the refresh token.
    pub async fn revoke(&self, http: &Http, access_token: &SecretString) -> Result<(), Error> {
        let form = [("token", access_token.expose_secret())];
        self.ask(http, "revoke a grant", "revoke", &form)
            .await
            .map(drop)
    }

    async fn ask(
        &self,
        http: &Http,
        operation: &'static str,
        endpoint: &str,
        form: &[(&str, &str)],
    ) -> Result<Answer, Error> {
        let request: RequestBuilder = http
            .client()
            .post(self.endpoint(endpoint))
            .basic_auth(self.id, Some(self.secret.expose_secret()))
            .form(form);
        let answer = http.exchange(Provider::Zoom, operation, request).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(Error::new(Provider::Zoom, operation, refusal(&answer)))
    }

    fn endpoint(&self, name: &str) -> Url {
        let mut url = self.base.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{name}"));
        url
    }
}

/// Whose a new token is: `GET /users/me`.
pub async fn owner(http: &Http, base: &Url, token: &SecretString) -> Result<Owner, Error> {
    let operation = "say whose account it is";
    let mut url = base.clone();
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{path}/users/me"));
    let request = http.client().get(url).bearer_auth(token.expose_secret());
    http.json(Provider::Zoom, operation, request).await
}

/// What a refusal means: our own client at fault is an outage to the person, anything else the end of the grant.
fn refusal(answer: &Answer) -> Kind {
    if answer.status == StatusCode::TOO_MANY_REQUESTS || answer.status.is_server_error() {
        return kind_of(answer.status, &answer.headers);
    }
    let Ok(refused) = serde_json::from_slice::<Refused>(&answer.body) else {
        // A proxy's page, not Zoom's word that the grant is dead.
        return Kind::Invalid;
    };
    if matches!(
        refused.error.as_str(),
        "invalid_client" | "unauthorized_client"
    ) {
        tracing::error!("Zoom refuses this gateway itself; check the zoom settings");
        return Kind::Unavailable { retry_after: None };
    }
    Kind::ReauthRequired
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use url::Url;

    use super::Tokens;

    #[test]
    fn a_token_goes_to_zooms_own_hosts_only() {
        let zoom: Url = "https://api.zoom.us/v2".parse().unwrap();
        let base = |api_url: &str, configured: &Url| {
            let tokens: Tokens = serde_json::from_value(json!({
                "access_token": "a", "refresh_token": "r", "expires_in": 3599, "api_url": api_url,
            }))
            .unwrap();
            tokens.base(configured).map(|url| url.to_string())
        };
        let regional = base("https://api-eu.zoom.us", &zoom);
        assert_eq!(regional.as_deref(), Some("https://api-eu.zoom.us/v2"));
        for elsewhere in [
            "http://api.zoom.us",
            "https://zoom.us.evil.example",
            "https://evilzoom.us",
            "https://user@api.zoom.us",
            "https://api.zoom.us:8443",
            "https://api.zoom.us/x",
            "not an address",
        ] {
            assert_eq!(base(elsewhere, &zoom), None, "{elsewhere}");
        }
        let own = "http://127.0.0.1:9/v2".parse().unwrap();
        assert_eq!(base("https://api.zoom.us", &own), None);
    }
}
