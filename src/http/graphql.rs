//! `POST /graphql` and `GET /graphql?query=…`: from a request to an operation that may run, and its answer.
//!
//! The order is that of cost: protocol, characters, who is asking, how often, which document, how much. Nothing is
//! parsed for somebody unknown, and nothing runs that a browser would send across origins without asking first.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::parser::types::OperationType;
use async_graphql::{Response as Executed, Variables};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use futures::FutureExt as _;
use serde_json::{Map, Value};

use super::answer::{self, Media, Refusal};
use super::documents::{Asked, Documents};
use super::rates::Rates;
use super::{body, guard, limits};
use crate::app::App;
use crate::auth::{Caller, Rejection};
use crate::grant;
use crate::graphql;
use crate::id::CorrelationId;

/// Where an Entra token cannot tell Outlook from Teams, the add-in says it itself. Nothing depends on it but words.
const HOST: &str = "x-trefoil-host";

/// What the door needs besides the gateway.
#[derive(Clone)]
struct Door {
    app: App,
    documents: Arc<Documents>,
    rates: Arc<Rates>,
}

/// The route. `manifest` lists the operations of the add-ins.
pub fn routes(app: &App, manifest: Option<&[u8]>) -> Router<App> {
    let settings = &app.settings;
    let door = Door {
        app: app.clone(),
        documents: Arc::new(Documents::new(settings.documents.mode, manifest)),
        rates: Arc::new(Rates::new(&settings.limits)),
    };
    Router::new()
        .route("/graphql", get(serve).post(serve))
        .with_state(door)
}

/// One request, as GraphQL over HTTP spells it.
#[derive(Default)]
struct Asking {
    asked: Asked,
    operation: Option<String>,
    variables: Map<String, Value>,
}

async fn serve(
    State(door): State<Door>,
    Extension(correlation): Extension<CorrelationId>,
    request: Request,
) -> Response {
    let begun = Instant::now();
    let Some(media) = Media::negotiate(request.headers()) else {
        return Refusal::malformed(
            StatusCode::NOT_ACCEPTABLE,
            "Answers are application/graphql-response+json or application/json.",
        )
        .answer(Media::Json, correlation);
    };
    let (response, code) = match door.operate(request, media, correlation).await {
        Ok(done) => done,
        Err(refusal) => {
            let code = refusal.code();
            (refusal.answer(media, correlation), Some(code.to_owned()))
        }
    };
    let outcome = code.map_or_else(|| "ok".to_owned(), |code| code.to_ascii_lowercase());
    metrics::histogram!("trefoil_operation_seconds", "outcome" => outcome.clone())
        .record(begun.elapsed().as_secs_f64());
    tracing::info!(outcome, "operation answered");
    response
}

impl Door {
    async fn operate(
        &self,
        request: Request,
        media: Media,
        correlation: CorrelationId,
    ) -> Result<(Response, Option<String>), Refusal> {
        let settings = &self.app.settings;
        let (parts, body) = request.into_parts();
        let asking = if parts.method == Method::POST {
            json_only(&parts.headers)?;
            let limit = Duration::from_secs(settings.server.body_timeout);
            from_json(&body::read(body, settings.limits.body_bytes, limit).await?)?
        } else {
            from_query(parts.uri.query().unwrap_or_default())?
        };
        if let Some(text) = &asking.asked.text {
            guard::scan(text, settings.limits.tokens).map_err(refused_text)?;
        }

        let caller = self.caller(&parts.headers).await?;
        self.rates.take(&caller).map_err(Refusal::rate_limited)?;

        let found = self.documents.find(asking.asked).await?;
        let suggest = settings.server.introspection;
        let document = match self.documents.parse(&found).await {
            Ok(document) => document,
            Err(error) => {
                let failed = Executed::from_errors(vec![error]);
                return Ok(answer::executed(failed, media, correlation, suggest));
            }
        };
        let operation = asking.operation.as_deref();
        let measured = limits::measure(&document, operation, &asking.variables, &settings.limits)
            .map_err(|refused| match refused {
            limits::Refused::TooMuch(excess) => Refusal::excess(excess),
            limits::Refused::Wrong(sentence) => Refusal::document("BAD_USER_INPUT", sentence),
        })?;
        if parts.method != Method::POST && measured.kind != OperationType::Query {
            return Err(Refusal::post_only());
        }
        metrics::histogram!("trefoil_operation_cost")
            .record(f64::from(u32::try_from(measured.cost).unwrap_or(u32::MAX)));

        // The engine needs no text beside the parsed document.
        let mut request = async_graphql::Request::new("")
            .variables(Variables::from_json(Value::Object(asking.variables)))
            .data(correlation);
        request.operation_name = asking.operation;
        request.set_parsed_query((*document).clone());
        if !settings.server.introspection {
            request = request.disable_introspection();
        }
        let caller = Arc::new(caller);
        let request = graphql::bind(request, &self.app, Arc::clone(&caller));
        let limit = Duration::from_secs(settings.limits.operation_timeout);
        let executed = bounded(limit, graphql::schema().execute(request)).await?;
        // Their add-in gets a new token and asks again; what was done is not done twice, by its key.
        if grant::is_spent(&self.app, &caller).await {
            return Err(rejected(&Rejection::SPENT));
        }
        Ok(answer::executed(executed, media, correlation, suggest))
    }

    async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let authorization = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let said = headers.get(HOST).and_then(|value| value.to_str().ok());
        Caller::authenticate_in(&self.app, authorization, said)
            .await
            .map_err(|rejection| rejected(&rejection))
    }
}

/// Runs an operation to its end, its time or its panic, which stays its own. Dropping this drops the operation.
async fn bounded(
    limit: Duration,
    operation: impl Future<Output = Executed>,
) -> Result<Executed, Refusal> {
    tokio::time::timeout(limit, AssertUnwindSafe(operation).catch_unwind())
        .await
        .map_err(|_| Refusal::timed_out())?
        .map_err(|_| Refusal::internal())
}

/// Refuses every type of body that a browser sends across origins without asking first.
fn json_only(headers: &HeaderMap) -> Result<(), Refusal> {
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

fn from_json(body: &[u8]) -> Result<Asking, Refusal> {
    let wrong = |message: &str| Refusal::malformed(StatusCode::BAD_REQUEST, message);
    let body: Value =
        serde_json::from_slice(body).map_err(|_| wrong("The request's body is not JSON."))?;
    let mut fields = match body {
        Value::Object(fields) => fields,
        Value::Array(_) => return Err(wrong("Batches are not answered; send one operation.")),
        _ => return Err(wrong("The request's body is not a JSON object.")),
    };
    asking(|name| fields.remove(name))
}

fn from_query(query: &str) -> Result<Asking, Refusal> {
    let mut given: Map<String, Value> = Map::new();
    for (name, text) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = match &*name {
            "variables" | "extensions" if !text.is_empty() => {
                serde_json::from_str(&text).map_err(|_| {
                    Refusal::malformed(
                        StatusCode::BAD_REQUEST,
                        format!("{name} is not JSON in the address."),
                    )
                })?
            }
            "query" | "operationName" | "documentId" if !text.is_empty() => {
                Value::String(text.into_owned())
            }
            _ => continue,
        };
        if given.insert(name.into_owned(), value).is_some() {
            return Err(Refusal::malformed(
                StatusCode::BAD_REQUEST,
                "A parameter is given twice.",
            ));
        }
    }
    asking(|name| given.remove(name))
}

/// Checks the parameters' types (GraphQL over HTTP 5.1); null is as good as absent.
fn asking(mut take: impl FnMut(&str) -> Option<Value>) -> Result<Asking, Refusal> {
    let extensions = map(take("extensions"), "extensions")?;
    let hash = match extensions.get("persistedQuery") {
        None | Some(Value::Null) => None,
        Some(given) => Some(
            given
                .get("sha256Hash")
                .and_then(Value::as_str)
                .filter(|_| given.get("version").and_then(Value::as_i64) == Some(1))
                .ok_or_else(|| {
                    Refusal::malformed(
                        StatusCode::BAD_REQUEST,
                        "extensions.persistedQuery wants version 1 and sha256Hash.",
                    )
                })?
                .to_owned(),
        ),
    };
    let variables = map(take("variables"), "variables")?;
    let asking = Asking {
        asked: Asked {
            text: text(take("query"), "query")?,
            id: text(take("documentId"), "documentId")?,
            hash,
        },
        operation: text(take("operationName"), "operationName")?,
        variables,
    };
    if asking.asked.text.is_none() && asking.asked.id.is_none() && asking.asked.hash.is_none() {
        return Err(Refusal::malformed(
            StatusCode::BAD_REQUEST,
            "The request has neither query nor documentId.",
        ));
    }
    guard::measure(&asking.variables).map_err(Refusal::excess)?;
    Ok(asking)
}

fn text(value: Option<Value>, name: &str) -> Result<Option<String>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refusal::malformed(
            StatusCode::BAD_REQUEST,
            format!("{name} is not a string."),
        )),
    }
}

fn map(value: Option<Value>, name: &str) -> Result<Map<String, Value>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(Refusal::malformed(
            StatusCode::BAD_REQUEST,
            format!("{name} is not an object."),
        )),
    }
}

fn rejected(rejection: &Rejection) -> Refusal {
    let (code, message) = match rejection.status {
        StatusCode::UNAUTHORIZED => ("UNAUTHENTICATED", "This request needs a valid token."),
        StatusCode::FORBIDDEN => ("FORBIDDEN", "This token may not be used here."),
        _ => (
            "UPSTREAM_UNAVAILABLE",
            "The token cannot be checked just now; try again.",
        ),
    };
    tracing::info!(reason = rejection.reason, "a token was refused");
    Refusal::refused(rejection.status, code, message).challenged(rejection.www_authenticate)
}

fn refused_text(refused: guard::Refused) -> Refusal {
    match refused {
        guard::Refused::TooMuch(excess) => Refusal::excess(excess),
        guard::Refused::OpenString => {
            Refusal::document("BAD_USER_INPUT", "A string in the document does not end.")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use async_graphql::Response;

    use super::bounded;

    #[tokio::test]
    async fn an_operation_that_panics_is_one_error() {
        let broken = async { panic!("kanarienvogel") };
        let refusal = bounded(Duration::from_secs(1), broken).await.unwrap_err();
        assert_eq!(refusal.code(), "INTERNAL");
    }

    #[tokio::test]
    async fn an_operation_that_hangs_is_cut_at_its_limit() {
        let hanging = std::future::pending::<Response>();
        let refusal = bounded(Duration::from_millis(20), hanging)
            .await
            .unwrap_err();
        assert_eq!(refusal.code(), "OPERATION_TIMEOUT");
    }
}
