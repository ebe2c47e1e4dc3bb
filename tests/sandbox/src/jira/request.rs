//! Reading requests the way Jira does: repeated query parameters, lenient numbers, JSON refused with Jira's words.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
};
use http::{StatusCode, header, request::Parts};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{access::Site, error::Refusal};

/// The query's parameters in their order; a name may come more than once.
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query string.
    pub(crate) fn parse(query: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        Self(pairs.collect())
    }

    /// The first value of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter();
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of a name.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let pairs = self.0.iter().filter(|(key, _)| key == name);
        pairs.map(|(_, value)| value.clone()).collect()
    }

    /// A number, or what to take when there is none.
    pub(crate) fn number(&self, name: &str, otherwise: usize) -> usize {
        self.get(name)
            .and_then(|value| value.parse().ok())
            .unwrap_or(otherwise)
    }
}

impl<S: Sync> FromRequestParts<S> for Parameters {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Site> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Refusal> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/json"));
        if !is_json {
            return Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The content type must be application/json.",
            ));
        }
        let invalid = || {
            Refusal::bad(
                "Invalid request payload. Refer to the REST API documentation and try again.",
            )
        };
        let bytes = Bytes::from_request(request, site)
            .await
            .map_err(|_| invalid())?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|_| invalid())
    }
}

/// One page of a list, as most of Jira's older operations show it: the list's name, then where the page stands.
pub(crate) fn page(
    name: &str,
    items: Vec<Value>,
    query: &Parameters,
    default_size: usize,
) -> Value {
    let start = query.number("startAt", 0);
    let size = query.number("maxResults", default_size).clamp(1, 5000);
    page_of(name, items, start, size)
}

/// The same with its place and size already known.
pub(crate) fn page_of(name: &str, items: Vec<Value>, start: usize, size: usize) -> Value {
    let total = items.len();
    let shown: Vec<_> = items.into_iter().skip(start).take(size).collect();
    let last = start + shown.len() >= total;
    json!({"startAt": start, "maxResults": size, "total": total, "isLast": last, name: shown})
}
