//! From what somebody asks to an operation that may run: the same steps for HTTP, event streams and sockets.
//!
//! The order is that of cost: characters, who is asking, how often, which document, how much. Nothing is parsed for
//! somebody unknown.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};
use async_graphql::{Name, Request, Response as Executed, Variables};
use futures::FutureExt as _;
use serde_json::{Map, Value};

use super::answer::Refusal;
use super::asking::Asking;
use super::documents::Documents;
use super::limits;
use super::live::Live;
use super::rates::Rates;
use crate::app::App;
use crate::auth::{Caller, Rejection};
use crate::grant;
use crate::graphql;
use crate::id::CorrelationId;

/// What stands between a request and the schema, besides the gateway itself.
#[derive(Clone)]
pub struct Door {
    /// The gateway.
    pub app: App,
    /// What everybody has open.
    pub live: Arc<Live>,
    documents: Arc<Documents>,
    rates: Arc<Rates>,
}

/// An operation that may run, for somebody who may ask.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// What its errors and its lines in the log are found by.
    pub correlation: CorrelationId,
    document: Arc<ExecutableDocument>,
    operation: Option<String>,
    variables: Map<String, Value>,
}

/// Why there is no operation to run.
#[derive(Debug)]
pub enum Unprepared {
    /// It may not run.
    Refused(Refusal),
    /// The document has no meaning; the engine says where.
    Failed(Executed),
}

impl From<Refusal> for Unprepared {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Prepared {
    /// As the engine wants it, as often as it has to run; still without a caller ([`graphql::bind`]).
    pub fn request(&self, app: &App) -> Request {
        // The engine needs no text beside the parsed document.
        let mut request = Request::new("")
            .variables(Variables::from_json(Value::Object(self.variables.clone())))
            .data(self.correlation);
        request.operation_name.clone_from(&self.operation);
        request.set_parsed_query((*self.document).clone());
        if app.settings.server.introspection {
            request
        } else {
            request.disable_introspection()
        }
    }
}

impl Prepared {
    /// The name of its first field, as it stands in the document: the schema need not have it.
    pub fn field(&self) -> Option<String> {
        let mut operations = self.document.operations.iter();
        let (_, operation) = operations.find(|(name, _)| {
            self.operation.is_none() || name.map(Name::as_str) == self.operation.as_deref()
        })?;
        let mut set = &operation.node.selection_set.node;
        loop {
            set = match &set.items.first()?.node {
                Selection::Field(field) => return Some(field.node.name.node.to_string()),
                Selection::InlineFragment(inline) => &inline.node.selection_set.node,
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    &self.document.fragments.get(name)?.node.selection_set.node
                }
            };
        }
    }
}

impl Door {
    /// With the manifest of the add-ins' operations.
    pub fn new(app: &App, manifest: Option<&[u8]>) -> Self {
        let settings = &app.settings;
        Self {
            app: app.clone(),
            live: Arc::new(Live::new(settings)),
            documents: Arc::new(Documents::new(settings.documents.mode, manifest)),
            rates: Arc::new(Rates::new(&settings.limits)),
        }
    }

    /// Who sent a token; `said` is the host that they say they are in.
    pub async fn caller(
        &self,
        authorization: Option<&str>,
        said: Option<&str>,
    ) -> Result<Caller, Rejection> {
        let caller = Caller::authenticate_in(&self.app, authorization, said).await;
        caller.inspect_err(|rejection| {
            tracing::info!(reason = rejection.reason, "a token was refused");
        })
    }

    /// Finds, parses and measures what somebody asks for, who pays for it with one operation of theirs. The asking has
    /// been guarded.
    pub async fn prepare(
        &self,
        caller: &Caller,
        asking: Asking,
        correlation: CorrelationId,
    ) -> Result<Prepared, Unprepared> {
        self.rates.take(caller).map_err(Refusal::rate_limited)?;
        let found = self.documents.find(asking.asked).await?;
        let document = self.documents.parse(&found).await;
        let document =
            document.map_err(|error| Unprepared::Failed(Executed::from_errors(vec![error])))?;
        let name = asking.operation.as_deref();
        let limits = &self.app.settings.limits;
        let measured = limits::measure(&document, name, &asking.variables, limits);
        let measured = measured.map_err(|refused| match refused {
            limits::Refused::TooMuch(excess) => Refusal::excess(excess),
            limits::Refused::Wrong(sentence) => Refusal::document("BAD_USER_INPUT", sentence),
        })?;
        metrics::histogram!("trefoil_operation_cost")
            .record(f64::from(u32::try_from(measured.cost).unwrap_or(u32::MAX)));
        Ok(Prepared {
            kind: measured.kind,
            correlation,
            document,
            operation: asking.operation,
            variables: asking.variables,
        })
    }

    /// Runs a query or a mutation. Dropping this drops the operation.
    pub async fn execute(
        &self,
        caller: Arc<Caller>,
        prepared: &Prepared,
    ) -> Result<Executed, Refusal> {
        let request = prepared.request(&self.app);
        let request = graphql::bind(request, &self.app, Arc::clone(&caller));
        let executed = self.bounded(graphql::schema().execute(request)).await?;
        // Their add-in gets a new token and asks again; what was done is not done twice, by its key.
        if grant::is_spent(&self.app, &caller).await {
            return Err(Refusal::rejected(&Rejection::SPENT));
        }
        Ok(executed)
    }

    /// Notes how an operation went: the code of its first error, or none.
    pub fn note(begun: Instant, code: Option<String>) {
        let outcome = code.map_or_else(|| "ok".to_owned(), |code| code.to_ascii_lowercase());
        metrics::histogram!("trefoil_operation_seconds", "outcome" => outcome.clone())
            .record(begun.elapsed().as_secs_f64());
        tracing::info!(outcome, "operation answered");
    }

    /// Lets something run as long as an operation may.
    pub async fn bounded<T>(&self, work: impl Future<Output = T>) -> Result<T, Refusal> {
        let limit = Duration::from_secs(self.app.settings.limits.operation_timeout);
        bounded(limit, work).await
    }
}

/// Runs something to its end, its time or its panic, which stays its own.
async fn bounded<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Refusal> {
    tokio::time::timeout(limit, AssertUnwindSafe(work).catch_unwind())
        .await
        .map_err(|_| Refusal::timed_out())?
        .map_err(|_| Refusal::internal())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use async_graphql::Response;

    use super::bounded;

    #[tokio::test]
    async fn an_operation_that_panics_is_one_error() {
        let broken = async { panic!("kanarienvogel") };
        let refusal = bounded::<Response>(Duration::from_secs(1), broken)
            .await
            .unwrap_err();
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
