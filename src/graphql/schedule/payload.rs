//! What the mutations of meetings answer.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};

use crate::action::meeting::Made;
use crate::graphql::context::{ContextExt as _, Operation};
use crate::graphql::error::Error;
use crate::graphql::join::{self, Found};
use crate::graphql::link::{Link, UserError};
use crate::graphql::meeting::{self, Meeting};
use crate::graphql::selection::Selection;
use crate::id::NodeId;
use crate::store::link::Link as Stored;

/// A meeting that a mutation made or changed.
pub enum Touched {
    /// As its provider answered just now.
    Now(Box<Meeting>),
    /// To be read anew by the links of its issue.
    Linked(Vec<Stored>),
    /// To be read anew by its id.
    Named(NodeId),
}

impl Touched {
    /// What was made just now.
    pub fn of(made: Made) -> Option<Self> {
        let event = made
            .event
            .map(|(event, link)| Meeting::of_event(Arc::new(*event)).by_link(link.id));
        let meeting = match made.zoom {
            Some((number, zoom, link)) => {
                Some(Meeting::of_zoom(number, *zoom, Some(link.id)).with_event(event))
            }
            None => event,
        };
        meeting.map(|it| Self::Now(Box::new(it)))
    }

    async fn read(
        &self,
        operation: &Operation,
        selection: &Selection,
    ) -> Option<Result<Meeting, Error>> {
        match self {
            Self::Now(meeting) => Some(Ok((**meeting).clone())),
            Self::Linked(links) => {
                let wanted: Vec<_> = links.iter().map(|it| (it.clone(), selection)).collect();
                let read = match join::read(operation, &wanted).await {
                    Ok(read) => read,
                    Err(error) => return Some(Err(error)),
                };
                let mut found = meeting::all_found(&read, links, selection);
                let found = links.iter().filter_map(|it| found.remove(&it.id));
                let first: Option<Found<Meeting>> = found.flatten().next();
                first?.into_field()
            }
            Self::Named(NodeId::Event(id)) => meeting::event_by_id(operation, id, selection).await,
            Self::Named(NodeId::ZoomMeeting(number)) => {
                meeting::zoom_by_number(operation, *number).await
            }
            Self::Named(_) => None,
        }
    }
}

/// What `scheduleMeeting` did.
#[derive(Default, SimpleObject)]
#[graphql(complex)]
pub struct ScheduleMeetingPayload {
    /// The link to the meeting; null when none was made.
    pub link: Option<Link>,
    /// The link to the event that carries a Zoom meeting's link.
    pub calendar_link: Option<Link>,
    /// Whether an earlier request with this key did it, and this one nothing.
    pub replayed: bool,
    /// Why it was not done; at `calendar`, why there is no event beside the Zoom meeting that was made.
    pub user_errors: Vec<UserError>,
    #[graphql(skip)]
    pub touched: Option<Touched>,
}

#[ComplexObject]
impl ScheduleMeetingPayload {
    /// The meeting, with its `calendarEvent`; of an earlier request it is read anew, and null when it is gone.
    async fn meeting(&self, ctx: &Context<'_>) -> Option<Result<Meeting, Error>> {
        let touched = self.touched.as_ref()?;
        touched.read(ctx.operation(), &Selection::of(ctx)).await
    }
}

/// What `startCall` did.
#[derive(Default, SimpleObject)]
#[graphql(complex)]
pub struct StartCallPayload {
    /// The link to the meeting; null when none was made.
    pub link: Option<Link>,
    /// The link to the event that carries a Zoom meeting's link.
    pub calendar_link: Option<Link>,
    /// Whether an earlier request with this key did it, and this one nothing.
    pub replayed: bool,
    /// Why it was not done; at `calendar`, why there is no event beside the Zoom meeting that was made.
    pub user_errors: Vec<UserError>,
    #[graphql(skip)]
    pub touched: Option<Touched>,
}

#[ComplexObject]
impl StartCallPayload {
    /// The meeting; of an earlier request it is read anew, and null when it is gone.
    async fn meeting(&self, ctx: &Context<'_>) -> Option<Result<Meeting, Error>> {
        let touched = self.touched.as_ref()?;
        touched.read(ctx.operation(), &Selection::of(ctx)).await
    }
}

impl From<ScheduleMeetingPayload> for StartCallPayload {
    fn from(payload: ScheduleMeetingPayload) -> Self {
        Self {
            link: payload.link,
            calendar_link: payload.calendar_link,
            replayed: payload.replayed,
            user_errors: payload.user_errors,
            touched: payload.touched,
        }
    }
}

/// What `updateMeeting` did.
#[derive(Default, SimpleObject)]
#[graphql(complex)]
pub struct UpdateMeetingPayload {
    /// Whether an earlier request with this key did it, and this one nothing.
    pub replayed: bool,
    /// Why it was not done; at `calendar`, why the event that carries the Zoom meeting's link is as it was.
    pub user_errors: Vec<UserError>,
    #[graphql(skip)]
    pub touched: Option<Touched>,
}

#[ComplexObject]
impl UpdateMeetingPayload {
    /// The meeting, read anew; null when nothing was done. Costs one Zoom or Graph call.
    async fn meeting(&self, ctx: &Context<'_>) -> Option<Result<Meeting, Error>> {
        let touched = self.touched.as_ref()?;
        touched.read(ctx.operation(), &Selection::of(ctx)).await
    }
}

/// What `cancelMeeting` did.
#[derive(Default, SimpleObject)]
pub struct CancelMeetingPayload {
    /// The id of the meeting that is cancelled; null when nothing was done.
    pub cancelled: Option<ID>,
    /// Whether an earlier request with this key did it, and this one nothing.
    pub replayed: bool,
    /// Why it was not done; at `calendar`, why the event that carries the Zoom meeting's link still stands.
    pub user_errors: Vec<UserError>,
}
