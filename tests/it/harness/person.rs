//! Someone who uses the add-ins.

use sandbox::visitor::{Landing, Visitor};
use serde_json::{Value, json};

use super::House;

/// Someone with a token of their host.
pub struct Person<'a> {
    pub house: &'a House,
    pub handle: &'static str,
    pub token: String,
    gateway: usize,
}

/// What the gateway answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

/// A client without any of the gateway's care.
#[expect(
    clippy::disallowed_methods,
    reason = "this client is not the gateway's"
)]
pub fn client() -> reqwest::Client {
    reqwest::Client::new()
}

/// The same, which stays where it is sent from.
pub fn no_redirects() -> reqwest::Client {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    client.build().unwrap()
}

impl<'a> Person<'a> {
    pub(super) fn new(house: &'a House, handle: &'static str, token: String) -> Self {
        Self {
            house,
            handle,
            token,
            gateway: 0,
        }
    }

    /// The same person at another gateway.
    pub fn at(mut self, gateway: usize) -> Self {
        self.gateway = gateway;
        self
    }

    /// Asks without variables.
    pub async fn asks(&self, query: &str) -> Answer {
        self.asks_with(query, json!({})).await
    }

    /// Asks with variables.
    pub async fn asks_with(&self, query: &str, variables: Value) -> Answer {
        let url = format!("{}/graphql", self.house.gateways[self.gateway].url);
        let request = client()
            .post(url)
            .header("Authorization", format!("JWT {}", self.token))
            .json(&json!({ "query": query, "variables": variables }));
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        if body.get("errors").is_some() {
            self.house.keeps(body["errors"].to_string());
        }
        Answer { status, body }
    }

    /// Does something and gets its payload; fails when it is refused.
    pub async fn does(&self, mutation: &str, input: Value) -> Value {
        let payload = self.tries(mutation, input).await;
        assert_eq!(payload["userErrors"], json!([]), "{mutation} was refused");
        payload
    }

    /// Does something and gets its payload, refused or not. The fields are those that every payload has.
    pub async fn tries(&self, mutation: &str, mut input: Value) -> Value {
        if input.get("idempotencyKey").is_none() {
            input["idempotencyKey"] = json!(uuid::Uuid::new_v4().to_string());
        }
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let fields = match mutation {
            "connect" => "url",
            "disconnect" => "disconnected",
            "unlink" => "unlinked",
            _ => "link { id kind }",
        };
        let query = format!(
            "mutation($input: {kind}!) {{ it: {mutation}(input: $input) {{ {fields} userErrors {{ code field message }} }} }}"
        );
        let answer = self.asks_with(&query, json!({ "input": input })).await;
        assert!(
            answer.body["data"]["it"].is_object(),
            "{mutation}: {}",
            answer.body
        );
        answer.body["data"]["it"].clone()
    }

    /// Does something and gets the fields of its payload, with its user errors.
    pub async fn mutates(&self, mutation: &str, mut input: Value, fields: &str) -> Value {
        if input.get("idempotencyKey").is_none() {
            input["idempotencyKey"] = json!(uuid::Uuid::new_v4().to_string());
        }
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ it: {mutation}(input: $input) {{ {fields} userErrors {{ code field message }} }} }}"
        );
        let answer = self.asks_with(&query, json!({ "input": input })).await;
        assert!(
            answer.body["data"]["it"].is_object(),
            "{mutation}: {}",
            answer.body
        );
        answer.body["data"]["it"].clone()
    }

    /// Opens the connect window of a provider and agrees, as this very person.
    pub async fn connects(&self, provider: &str) -> Landing {
        self.connects_as(provider, self.handle, true).await
    }

    /// Opens the connect window of a provider, signs in as somebody, and agrees or does not.
    pub async fn connects_as(&self, provider: &str, handle: &str, agrees: bool) -> Landing {
        let payload = self.does("connect", json!({ "provider": provider })).await;
        let url = payload["url"].as_str().unwrap();
        Visitor::default().visit(url, handle, agrees).await.unwrap()
    }

    /// Our id of this person and of their site.
    pub async fn ids(&self) -> (String, String) {
        let answer = self.asks("{ viewer { person site { id } } }").await;
        let viewer = &answer.body["data"]["viewer"];
        (
            viewer["person"].as_str().unwrap().to_owned(),
            viewer["site"]["id"].as_str().unwrap().to_owned(),
        )
    }
}

impl Answer {
    /// A part of the data, by a JSON pointer.
    pub fn at(&self, pointer: &str) -> &Value {
        self.body
            .pointer(&format!("/data{pointer}"))
            .unwrap_or(&Value::Null)
    }

    /// The codes of the errors.
    pub fn codes(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        errors
            .filter_map(|it| it["extensions"]["code"].as_str())
            .collect()
    }
}
