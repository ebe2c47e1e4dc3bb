//! One operation on a socket, from its message to its last answer.

use std::sync::Arc;
use std::time::Instant;

use async_graphql::Response as Executed;
use async_graphql::parser::types::OperationType;
use futures::{FutureExt as _, Stream, StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::sync::watch;
use tracing::Instrument as _;

use crate::auth::Caller;
use crate::http::answer::Finished;
use crate::http::asking::Asking;
use crate::http::live::Transport;
use crate::http::live::operation::Subscription;
use crate::http::prepare::{Door, Unprepared};
use crate::id::CorrelationId;

/// What an operation has to say.
pub enum Said {
    /// It is a subscription, and open.
    Open,
    /// A result.
    Next(Finished),
    /// It does not run.
    Error(Value),
    /// It has ended.
    Complete,
}

/// Runs an operation of any kind with the rights of whoever the caller is now.
pub fn carried(
    door: Door,
    callers: watch::Receiver<Arc<Caller>>,
    asking: Asking,
) -> impl Stream<Item = Said> {
    let correlation = CorrelationId::random();
    let span = tracing::info_span!("operation", %correlation);
    let begun = async move {
        let begun = Instant::now();
        let caller = Arc::clone(&callers.borrow());
        let suggest = door.app.settings.server.introspection;
        let outcome = start(&door, caller, asking, correlation).await;
        let outcome = outcome.map_err(|unprepared| match unprepared {
            Unprepared::Refused(refusal) => {
                let code = refusal.code().to_owned();
                (json!([refusal.error(correlation)]), Some(code))
            }
            Unprepared::Failed(executed) => {
                refused(&Finished::refused(executed, correlation, suggest))
            }
        });
        let (said, code) = match outcome {
            Ok(Started::Listening(subscription)) => {
                let answers = subscription.answers(callers).map(Said::Next);
                let said = stream::iter([Said::Open]).chain(answers);
                (said.chain(stream::iter([Said::Complete])).boxed(), None)
            }
            Ok(Started::Answered(executed)) => {
                let finished = Finished::of(executed, correlation, suggest);
                let code = finished.code();
                if finished.is_refused() {
                    let (errors, code) = refused(&finished);
                    (stream::iter([Said::Error(errors)]).boxed(), code)
                } else {
                    let said = [Said::Next(finished), Said::Complete];
                    (stream::iter(said).boxed(), code)
                }
            }
            Err((errors, code)) => (stream::iter([Said::Error(errors)]).boxed(), code),
        };
        Door::note(begun, code);
        said
    };
    // What it takes to begin is not kept for as long as a subscription lasts.
    Box::pin(begun.instrument(span)).flatten_stream()
}

fn refused(finished: &Finished) -> (Value, Option<String>) {
    (json!(finished.errors()), finished.code())
}

/// An operation that was begun.
enum Started {
    Answered(Executed),
    Listening(Subscription),
}

async fn start(
    door: &Door,
    caller: Arc<Caller>,
    asking: Asking,
    correlation: CorrelationId,
) -> Result<Started, Unprepared> {
    let asking = asking.guarded(door.app.settings.limits.tokens)?;
    let prepared = door.prepare(&caller, asking, correlation).await?;
    if prepared.kind == OperationType::Subscription {
        let opening = Subscription::open(door, caller, prepared, Transport::Socket);
        return Ok(Started::Listening(opening.await?));
    }
    Ok(Started::Answered(door.execute(caller, &prepared).await?))
}
