//! Graph over HTTP, as a gateway meets it.

mod access;
mod batch;
mod mail;
mod notifications;
mod others;
mod shared;
mod stage;
mod subscriptions;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::{Options, Sandbox};

const READ: &[&str] = &[
    "User.Read",
    "Mail.Read",
    "Calendars.Read",
    "OnlineMeetings.Read",
    "Chat.Read",
    "Tasks.ReadWrite",
];

struct Scene {
    sandbox: Sandbox,
    client: Client,
}

impl Scene {
    async fn new() -> Self {
        Self {
            sandbox: Sandbox::start(Options::default()).await,
            client: Client::builder().build().unwrap(),
        }
    }

    fn token(&self, handle: &str) -> String {
        self.sandbox.graph_token(handle, READ)
    }

    fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let url = format!("{}/v1.0{path}", self.sandbox.addresses().graph);
        self.client.request(method, url).bearer_auth(token)
    }

    async fn get(&self, path: &str, token: &str) -> (u16, Value) {
        read(self.request(Method::GET, path, token).send().await.unwrap()).await
    }

    async fn batch(&self, requests: Value, token: &str) -> (u16, Value) {
        let request = self.request(Method::POST, "/$batch", token);
        let body = json!({"requests": requests});
        read(request.json(&body).send().await.unwrap()).await
    }
}

async fn read(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap())
}

fn assert_error(answer: &(u16, Value), status: u16, code: &str) {
    assert_eq!(answer.0, status, "{}", answer.1);
    assert_eq!(answer.1["error"]["code"], code, "{}", answer.1);
    assert!(answer.1["error"]["innerError"]["request-id"].is_string());
}

fn by_message_id(k: usize) -> String {
    format!("/me/messages?$filter=internetMessageId%20eq%20'%3Cdemo-42-{k}%40mail.acme.example%3E'")
}
