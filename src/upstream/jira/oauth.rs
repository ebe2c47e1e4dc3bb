//! Atlassian's OAuth 2.0 (3LO): where people agree, tokens, and the sites they agreed for.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/>. It takes no PKCE challenge, and has no
//! endpoint that revokes a grant: people end it on their Atlassian account's page, and an unused refresh token ends by
//! itself.

use reqwest::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::id::encode;
use crate::upstream::http::{Answer, Http, kind_of};
use crate::upstream::{Error, Kind, Provider};

/// What is asked for: reading and writing what the person may, who people are, and a refresh token.
const SCOPES: &str = "read:jira-work write:jira-work read:jira-user offline_access";

/// This gateway as Atlassian knows it.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// Where people agree: `https://auth.atlassian.com/authorize`.
    pub authorize: &'a Url,
    /// Where codes and refresh tokens are exchanged: `https://auth.atlassian.com/oauth/token`.
    pub token: &'a Url,
    /// Where sites are listed and reached: `https://api.atlassian.com`.
    pub api: &'a Url,
    /// The client id.
    pub id: &'a str,
    /// Its secret.
    pub secret: &'a SecretString,
    /// Whether people are also asked to let it register webhooks.
    pub webhooks: bool,
}

/// New tokens. The refresh token is another one each time, and only the newest works.
#[derive(Debug, Clone, Deserialize)]
pub struct Tokens {
    /// Calls Jira. Opaque.
    pub access_token: SecretString,
    /// Renews it, once.
    pub refresh_token: Option<SecretString>,
    /// Seconds the access token lives.
    pub expires_in: i64,
    /// What was granted, separated by spaces.
    #[serde(default)]
    pub scope: String,
}

/// A site that a token is good for (`accessible-resources`).
#[derive(Debug, Clone, Deserialize)]
pub struct Resource {
    /// The cloud id.
    pub id: String,
    /// The site's address.
    pub url: Url,
    /// What the token may do there; the same list names sites of other products too.
    #[serde(default)]
    pub scopes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Myself {
    account_id: String,
}

impl Resource {
    /// Whether it is a Jira site that can be reached by its id.
    fn is_jira(&self) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        self.scopes.iter().any(|scope| scope.contains("jira"))
            && !self.id.is_empty()
            && self.id.bytes().all(plain)
            && matches!(self.url.scheme(), "https" | "http")
    }
}

impl Client<'_> {
    /// Where a person signs in and agrees.
    pub fn authorize_url(&self, redirect: &Url, state: &str) -> Url {
        let mut url = self.authorize.clone();
        url.query_pairs_mut()
            .append_pair("audience", "api.atlassian.com")
            .append_pair("client_id", self.id)
            .append_pair("scope", &self.scopes())
            .append_pair("redirect_uri", redirect.as_str())
            .append_pair("state", state)
            .append_pair("response_type", "code")
            .append_pair("prompt", "consent");
        url
    }

    fn scopes(&self) -> String {
        if self.webhooks {
            return format!("{} {SCOPES}", super::watch::SCOPE);
        }
        SCOPES.to_owned()
    }

    /// Redeems a code.
    pub async fn redeem(&self, http: &Http, code: &str, redirect: &Url) -> Result<Tokens, Error> {
        let body = json!({
            "grant_type": "authorization_code",
            "client_id": self.id,
            "client_secret": self.secret.expose_secret(),
            "code": code,
            "redirect_uri": redirect.as_str(),
        });
        self.ask(http, "redeem a code", &body).await
    }

    /// Renews the tokens. Not to be repeated: the refresh token works once.
    pub async fn refresh(
        &self,
        http: &Http,
        refresh_token: &SecretString,
    ) -> Result<Tokens, Error> {
        let body = json!({
            "grant_type": "refresh_token",
            "client_id": self.id,
            "client_secret": self.secret.expose_secret(),
            "refresh_token": refresh_token.expose_secret(),
        });
        self.ask(http, "renew an access token", &body).await
    }

    /// The Jira sites a token is good for: `GET /oauth/token/accessible-resources`.
    pub async fn sites(&self, http: &Http, token: &SecretString) -> Result<Vec<Resource>, Error> {
        let operation = "list the sites of a person";
        let url = self.below("oauth/token/accessible-resources");
        let request = http.client().get(url).bearer_auth(token.expose_secret());
        let mut sites: Vec<Resource> = http.json(Provider::Jira, operation, request).await?;
        sites.retain(Resource::is_jira);
        Ok(sites)
    }

    /// The account id of a token's owner, who is the same on every site: `GET /rest/api/3/myself`.
    pub async fn account(
        &self,
        http: &Http,
        token: &SecretString,
        cloud_id: &str,
    ) -> Result<String, Error> {
        let operation = "say whose account it is";
        let base = self.base(cloud_id);
        let url = format!("{base}/rest/api/3/myself");
        let request = http.client().get(url).bearer_auth(token.expose_secret());
        let myself: Myself = http.json(Provider::Jira, operation, request).await?;
        Ok(myself.account_id)
    }

    /// Where a site answers: `{api}/ex/jira/{cloudId}`, never its own address.
    pub fn base(&self, cloud_id: &str) -> Url {
        self.below(&format!("ex/jira/{}", encode(cloud_id)))
    }

    fn below(&self, path: &str) -> Url {
        let mut url = self.api.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{path}"));
        url
    }

    async fn ask(
        &self,
        http: &Http,
        operation: &'static str,
        body: &Value,
    ) -> Result<Tokens, Error> {
        let request = http.client().post(self.token.clone()).json(body);
        let answer = http.exchange(Provider::Jira, operation, request).await?;
        if answer.status.is_success() {
            return answer.json(Provider::Jira, operation);
        }
        Err(Error::new(Provider::Jira, operation, refusal(&answer)))
    }
}

/// What a refusal means: our own client at fault (401) is an outage to the person, anything else the end of the grant.
/// The words do not tell: `unauthorized_client` is also said of a refresh token that has ended.
fn refusal(answer: &Answer) -> Kind {
    if answer.status == StatusCode::TOO_MANY_REQUESTS || answer.status.is_server_error() {
        return kind_of(answer.status, &answer.headers);
    }
    let said: Option<Value> = serde_json::from_slice(&answer.body).ok();
    if said.is_none_or(|said| said.get("error").is_none()) {
        // A proxy's page, not Atlassian's word that the grant is dead.
        return Kind::Invalid;
    }
    if answer.status == StatusCode::UNAUTHORIZED {
        tracing::error!("Atlassian refuses this gateway itself; check the jira.oauth settings");
        return Kind::Unavailable { retry_after: None };
    }
    Kind::ReauthRequired
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;
    use serde_json::{Value, json};

    use super::{Resource, refusal};
    use crate::upstream::Kind;
    use crate::upstream::http::Answer;

    #[test]
    fn only_jira_sites_with_a_plain_id_are_sites() {
        let is_jira = |id: &str, url: &str, scope: &str| {
            let resource = json!({ "id": id, "url": url, "name": "x", "scopes": [scope] });
            let resource: Resource = serde_json::from_value(resource).unwrap();
            resource.is_jira()
        };
        assert!(is_jira("1-a", "https://a.example", "read:jira-work"));
        assert!(!is_jira("1-a", "https://a.example", "read:confluence"));
        assert!(!is_jira("../x", "https://a.example", "read:jira-work"));
        assert!(!is_jira("1-a", "javascript:0", "read:jira-work"));
    }

    #[test]
    fn a_refusal_ends_the_grant_unless_it_is_ours_or_passes() {
        let kind = |status: u16, body: &Value| {
            refusal(&Answer {
                status: StatusCode::from_u16(status).unwrap(),
                headers: HeaderMap::new(),
                body: body.to_string().into_bytes(),
            })
        };
        let ended = json!({ "error": "unauthorized_client" });
        assert_eq!(kind(403, &ended), Kind::ReauthRequired);
        let ours = json!({ "error": "access_denied" });
        assert_eq!(kind(401, &ours), Kind::Unavailable { retry_after: None });
        assert_eq!(kind(403, &json!("<html>")), Kind::Invalid);
        assert!(matches!(kind(503, &ended), Kind::Unavailable { .. }));
    }
}
