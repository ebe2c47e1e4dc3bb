//! A plain HTTP client for the tests: one connection a request, nothing added.

use std::net::SocketAddr;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|_| panic!("{} is not JSON: {}", self.status, self.text))
    }

    /// A header's value; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// Asks a GraphQL operation.
pub async fn ask(address: SocketAddr, authorization: &str, body: &Value) -> Answer {
    post(address, authorization, "application/json", body.to_string()).await
}

/// Posts a body of some type to `/graphql`; an empty type or authorization is left out.
pub async fn post(address: SocketAddr, authorization: &str, media: &str, body: String) -> Answer {
    let mut request = client()
        .post(format!("http://{address}/graphql"))
        .header("accept", "application/graphql-response+json")
        .body(body);
    if !media.is_empty() {
        request = request.header(CONTENT_TYPE, media);
    }
    if !authorization.is_empty() {
        request = request.header("authorization", authorization);
    }
    sent(request).await
}

/// Gets a path.
pub async fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = client().get(format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    sent(request).await
}

/// SHA-256 in hex.
pub fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let hex: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.concat()
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .pool_max_idle_per_host(0)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the gateway's own client is what is tested, not what tests"
)]
async fn sent(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}
