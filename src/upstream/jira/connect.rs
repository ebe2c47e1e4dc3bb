//! What Connect says and answers outside the REST interface: lifecycle callbacks, signing keys, people's own tokens.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use crate::upstream::http::Http;
use crate::upstream::{Error, Kind, Provider};

/// The body of a lifecycle callback ("Lifecycle HTTP request payload" in Atlassian's Connect documentation). It is not
/// covered by the token it comes with.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lifecycle {
    /// The key of the app.
    pub key: String,
    /// Atlassian's id of the site.
    pub client_key: String,
    /// Names the installation when a person's own token is asked for.
    pub oauth_client_id: Option<String>,
    /// What signs the site's tokens; only with `installed`.
    pub shared_secret: Option<SecretString>,
    /// The site's address.
    pub base_url: Option<Url>,
    /// Jira or Confluence.
    pub product_type: Option<String>,
    /// `installed`, `uninstalled`, `enabled` or `disabled`.
    pub event_type: Option<String>,
}

/// A person's own access token, and how many seconds it lives.
#[derive(Debug, Clone, Deserialize)]
pub struct ActingToken {
    /// The bearer token.
    pub access_token: SecretString,
    /// Seconds from the answer.
    pub expires_in: i64,
}

/// The public key that signs install callbacks, as PEM; `None` when Atlassian does not know the key id.
///
/// The id has been checked to be no way out of the path.
pub async fn install_key(http: &Http, keys: &Url, kid: &str) -> Result<Option<String>, Error> {
    let operation = "publish an install key";
    let malformed = || Error::new(Provider::Jira, operation, Kind::Invalid);
    let address = format!("{}/{kid}", keys.as_str().trim_end_matches('/'));
    let address = Url::parse(&address).map_err(|_| malformed())?;
    let request = http.client().get(address);
    let answer = http.exchange(Provider::Jira, operation, request).await?;
    match answer.success(Provider::Jira, operation) {
        Ok(answer) => String::from_utf8(answer.body)
            .map(Some)
            .map_err(|_| malformed()),
        Err(error) if matches!(error.kind, Kind::NotFound | Kind::Forbidden) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Exchanges an assertion, signed with the site's secret, for a person's own token ("User impersonation for Connect
/// apps"). Refused for people who are inactive or lack the product, and for apps without `ACT_AS_USER`: `Forbidden`.
pub async fn acting_token(
    http: &Http,
    authorization_server: &Url,
    assertion: &SecretString,
) -> Result<ActingToken, Error> {
    let operation = "let the app act for a person";
    let server = authorization_server.as_str().trim_end_matches('/');
    let address = Url::parse(&format!("{server}/oauth2/token"))
        .map_err(|_| Error::new(Provider::Jira, operation, Kind::Invalid))?;
    let request = http
        .client()
        .post(address)
        .header("accept", "application/json")
        .form(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", assertion.expose_secret()),
            ("scope", "READ WRITE ACT_AS_USER"),
        ]);
    let answer = http.exchange(Provider::Jira, operation, request).await?;
    match answer.success(Provider::Jira, operation) {
        Ok(answer) => answer.json(Provider::Jira, operation),
        Err(error) if matches!(error.kind, Kind::Refused | Kind::TokenRefused { .. }) => {
            Err(Error::new(Provider::Jira, operation, Kind::Forbidden))
        }
        Err(error) => Err(error),
    }
}
