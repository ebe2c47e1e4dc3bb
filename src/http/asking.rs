//! What a request asks for, as GraphQL over HTTP spells it: in a JSON body, in an address, or in a message.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use super::answer::Refusal;
use super::documents::Asked;
use super::guard;

/// One request for an operation.
#[derive(Debug, Default)]
pub struct Asking {
    /// The document, or what names it.
    pub asked: Asked,
    /// Which of the document's operations.
    pub operation: Option<String>,
    /// Its variables.
    pub variables: Map<String, Value>,
}

impl Asking {
    /// As the body of a POST.
    pub fn from_json(body: &[u8]) -> Result<Self, Refusal> {
        let body: Value = serde_json::from_slice(body)
            .map_err(|_| malformed("The request's body is not JSON."))?;
        match body {
            Value::Object(fields) => Self::from_fields(fields),
            Value::Array(_) => Err(malformed("Batches are not answered; send one operation.")),
            _ => Err(malformed("The request's body is not a JSON object.")),
        }
    }

    /// As the parameters of an address.
    pub fn from_query(query: &str) -> Result<Self, Refusal> {
        let mut given: Map<String, Value> = Map::new();
        for (name, text) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = match &*name {
                "variables" | "extensions" if !text.is_empty() => serde_json::from_str(&text)
                    .map_err(|_| malformed(format!("{name} is not JSON in the address.")))?,
                "query" | "operationName" | "documentId" if !text.is_empty() => {
                    Value::String(text.into_owned())
                }
                _ => continue,
            };
            if given.insert(name.into_owned(), value).is_some() {
                return Err(malformed("A parameter is given twice."));
            }
        }
        Self::from_fields(given)
    }

    /// Checks the parameters' types (GraphQL over HTTP 5.1); null is as good as absent.
    pub fn from_fields(mut fields: Map<String, Value>) -> Result<Self, Refusal> {
        let extensions = map(fields.remove("extensions"), "extensions")?;
        let hash = match extensions.get("persistedQuery") {
            None | Some(Value::Null) => None,
            Some(given) => Some(
                given
                    .get("sha256Hash")
                    .and_then(Value::as_str)
                    .filter(|_| given.get("version").and_then(Value::as_i64) == Some(1))
                    .ok_or_else(|| {
                        malformed("extensions.persistedQuery wants version 1 and sha256Hash.")
                    })?
                    .to_owned(),
            ),
        };
        let variables = map(fields.remove("variables"), "variables")?;
        let asking = Self {
            asked: Asked {
                text: text(fields.remove("query"), "query")?,
                id: text(fields.remove("documentId"), "documentId")?,
                hash,
            },
            operation: text(fields.remove("operationName"), "operationName")?,
            variables,
        };
        let Asked { text, id, hash } = &asking.asked;
        if text.is_none() && id.is_none() && hash.is_none() {
            return Err(malformed("The request has neither query nor documentId."));
        }
        Ok(asking)
    }

    /// Looks at the text's characters and at the size of the variables, before anything is parsed for anybody.
    pub fn guarded(self, tokens: usize) -> Result<Self, Refusal> {
        guard::measure(&self.variables).map_err(Refusal::excess)?;
        if let Some(text) = &self.asked.text {
            guard::scan(text, tokens).map_err(|refused| match refused {
                guard::Refused::TooMuch(excess) => Refusal::excess(excess),
                guard::Refused::OpenString => {
                    Refusal::document("BAD_USER_INPUT", "A string in the document does not end.")
                }
            })?;
        }
        Ok(self)
    }
}

/// Refuses every type of body that a browser sends across origins without asking first.
pub fn json_only(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mut parts = given.split(';').map(str::trim);
    let json = parts.next() == Some("application/json");
    let charset = parts
        .find_map(|part| part.strip_prefix("charset="))
        .map_or("utf-8", |charset| charset.trim_matches('"'));
    if json && matches!(charset, "utf-8" | "utf8") {
        return Ok(());
    }
    Err(Refusal::malformed(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "A request is application/json in UTF-8.",
    ))
}

fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::malformed(StatusCode::BAD_REQUEST, message)
}

fn text(value: Option<Value>, name: &str) -> Result<Option<String>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(malformed(format!("{name} is not a string."))),
    }
}

fn map(value: Option<Value>, name: &str) -> Result<Map<String, Value>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(malformed(format!("{name} is not an object."))),
    }
}
