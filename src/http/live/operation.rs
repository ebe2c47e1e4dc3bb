//! One subscription from its opening to its last answer, whatever carries it.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;

use futures::future::{Either, select};
use futures::{Stream, stream};
use metrics::Counter;
use tokio::sync::watch;
use tracing::{Instrument as _, Span};

use super::{Asked, Feed, Place, Transport};
use crate::auth::{Caller, Rejection};
use crate::grant;
use crate::http::answer::{Finished, Refusal};
use crate::http::prepare::{Door, Prepared, Unprepared};
use crate::id::CorrelationId;

/// A subscription that is open, and its place among those of its person.
pub struct Subscription {
    feed: Feed,
    correlation: CorrelationId,
    suggest: bool,
    delivered: Counter,
    span: Span,
    _place: Place,
}

impl Subscription {
    /// Opens one, if the caller may listen and has a place left for it.
    pub async fn open(
        door: &Door,
        caller: Arc<Caller>,
        prepared: Prepared,
        transport: Transport,
    ) -> Result<Self, Unprepared> {
        // A token counts a little longer than it says, where clocks differ; nothing is begun with one that has ended.
        if super::left(&caller).is_zero() {
            return Err(Refusal::rejected(&Rejection::EXPIRED).into());
        }
        let place = door.live.subscription(&caller)?;
        let correlation = prepared.correlation;
        let field = prepared.field().unwrap_or_else(|| "none".to_owned());
        let span = tracing::info_span!("subscription", %correlation, transport = transport.name());
        let app = door.app.clone();
        let asked: Asked = Arc::new(move || prepared.request(&app));
        let opening = Feed::open(&door.app, Arc::clone(&caller), asked).instrument(span.clone());
        let feed = door.bounded(opening).await?.map_err(Unprepared::Failed)?;
        if grant::is_spent(&door.app, &caller).await {
            return Err(Refusal::rejected(&Rejection::SPENT).into());
        }
        // From here on the field is known to be one of the schema's.
        span.in_scope(|| tracing::info!(field, "subscription opened"));
        let name = transport.name();
        Ok(Self {
            feed,
            correlation,
            suggest: door.app.settings.server.introspection,
            delivered: metrics::counter!("trefoil_live_deliveries_total", "transport" => name, "field" => field.clone()),
            _place: place.counted(
                metrics::gauge!("trefoil_live_subscriptions", "transport" => name, "field" => field),
            ),
            span,
        })
    }

    /// Its answers until it ends, each read with the rights of the caller that is then the newest.
    pub fn answers(
        self,
        callers: watch::Receiver<Arc<Caller>>,
    ) -> impl Stream<Item = Finished> + Send {
        stream::unfold((self, callers), |(mut own, mut callers)| {
            let span = own.span.clone();
            async move {
                let executed = own.next(&mut callers).await?;
                own.delivered.increment(1);
                let finished = Finished::of(executed, own.correlation, own.suggest);
                Some((finished, (own, callers)))
            }
            .instrument(span)
        })
    }

    async fn next(
        &mut self,
        callers: &mut watch::Receiver<Arc<Caller>>,
    ) -> Option<async_graphql::Response> {
        loop {
            let answer = {
                let renewed = async {
                    if callers.changed().await.is_err() {
                        pending::<()>().await;
                    }
                };
                match select(pin!(self.feed.next()), pin!(renewed)).await {
                    Either::Left((answer, _)) => Some(answer),
                    Either::Right(_) => None,
                }
            };
            match answer {
                Some(answer) => return answer,
                None => self.feed.renew(callers.borrow_and_update().clone()),
            }
        }
    }
}
