//! A client of event streams, which reads them as they come.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::harness::person::client;

/// What stands in a stream.
#[derive(Debug, PartialEq)]
pub enum Part {
    Comment,
    Next(Value),
    Complete,
}

/// An answer that is being read.
pub struct Stream {
    pub response: reqwest::Response,
    text: String,
}

/// Asks an operation and accepts these types.
pub async fn post(url: &str, authorization: &str, accept: &str, query: &str) -> reqwest::Response {
    let request = client()
        .post(format!("{url}/graphql"))
        .header("accept", accept)
        .header("authorization", authorization)
        .json(&json!({ "query": query }));
    request.send().await.unwrap()
}

impl Stream {
    /// Subscribes; fails unless it is streamed.
    pub async fn open(url: &str, authorization: &str, query: &str) -> Self {
        let response = post(url, authorization, "text/event-stream", query).await;
        let stream = Self {
            response,
            text: String::new(),
        };
        assert_eq!(stream.response.status(), 200);
        assert_eq!(stream.header("content-type"), "text/event-stream");
        stream
    }

    /// Of an answer that was had in another way.
    pub fn of(response: reqwest::Response) -> Self {
        let text = String::new();
        Self { response, text }
    }

    /// A header of the answer; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        let value = self.response.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// The next part; none at the end.
    pub async fn part(&mut self) -> Option<Part> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let part = read(&self.text[..end]);
                self.text.drain(..end + 2);
                return Some(part);
            }
            let chunk = timeout(Duration::from_secs(30), self.response.chunk());
            let chunk = chunk.await.expect("the stream is silent");
            let Some(chunk) = chunk.unwrap() else {
                assert_eq!(self.text, "", "the stream ended within an event");
                return None;
            };
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next part that is no comment; none at the end. Comments come for ever, so this has an end of its own.
    pub async fn told(&mut self) -> Option<Part> {
        let next = async {
            loop {
                match self.part().await {
                    Some(Part::Comment) => {}
                    part => return part,
                }
            }
        };
        let next = timeout(Duration::from_mins(1), next).await;
        next.expect("nothing but comments is told")
    }

    /// The id of the next event.
    pub async fn event(&mut self) -> String {
        match self.told().await {
            Some(Part::Next(answer)) => {
                let id = &answer["data"]["issueEvents"]["id"];
                id.as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
            }
            other => panic!("{other:?}"),
        }
    }
}

fn read(part: &str) -> Part {
    if part == ":" {
        return Part::Comment;
    }
    let (event, data) = part.split_once('\n').unwrap_or((part, ""));
    match (event, data.strip_prefix("data:").expect("data")) {
        ("event: next", data) => Part::Next(serde_json::from_str(data).unwrap()),
        ("event: complete", "") => Part::Complete,
        _ => panic!("{part}"),
    }
}
