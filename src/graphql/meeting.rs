//! A meeting: an event of the viewer's own calendar, or a Zoom meeting.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use super::context::{ContextExt as _, Operation};
use super::error::Error;
use super::join::{self, Found};
use super::loader::{ZoomRef, ZoomThing};
use super::person::Person;
use super::scalar::{DateTime, Url};
use super::selection::{Selection, also};
use crate::feature::Feature;
use crate::id::{GraphId, ICalUid, LinkId, NodeId, ZoomNumber};
use crate::store::link::{Link, Target};
use crate::upstream::microsoft::meeting::{self, Event};
use crate::upstream::microsoft::{DateTimeZone, Path};
use crate::upstream::{self, Provider, zoom};

/// Where a meeting takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MeetingProvider {
    /// An Outlook event without an online meeting.
    Outlook,
    /// An Outlook event with a Teams meeting.
    Teams,
    /// A Zoom meeting.
    Zoom,
}

/// Someone invited.
#[derive(Debug, Clone, SimpleObject)]
pub struct Attendee {
    /// Who.
    person: Person,
    /// What they answered: none, organizer, tentativelyAccepted, accepted, declined or notResponded.
    response: Option<String>,
}

/// A meeting, as the viewer sees it.
#[derive(Debug, Clone)]
pub struct Meeting {
    content: Content,
    link: Option<LinkId>,
}

#[derive(Debug, Clone)]
enum Content {
    Event(Arc<Event>),
    Zoom(ZoomNumber, Arc<zoom::model::Meeting>),
}

impl Meeting {
    /// An event of the viewer's own calendar.
    pub fn of_event(event: Arc<Event>) -> Self {
        Self {
            content: Content::Event(event),
            link: None,
        }
    }
}

/// Where a linked event is read.
pub fn path(id: &ICalUid, selection: &Selection) -> Path {
    meeting::by_ical_uid(id, &selection.graph(meeting::FIELDS))
}

/// What a link to a meeting came to.
pub fn found(read: &join::Read, link: &Link, selection: &Selection) -> Found<Meeting> {
    let found = match &link.target {
        Target::ZoomMeeting(number) => zoom_meeting(*number, read.zoom(link)),
        _ => join::first_of::<Event>(read.graph(link, selection), "read a meeting")
            .map(|event| (Content::Event(event), None)),
    };
    found.map(|content| {
        let meeting = Meeting {
            content,
            link: Some(link.id),
        };
        let moment = meeting.start();
        (meeting, moment)
    })
}

fn zoom_meeting(
    number: ZoomNumber,
    outcome: Option<&Result<ZoomThing, upstream::Error>>,
) -> Found<Content> {
    match outcome {
        Some(Ok(ZoomThing::Meeting(Some(meeting)))) => {
            Found::Here(Content::Zoom(number, Arc::clone(meeting)), None)
        }
        Some(Ok(_)) => Found::Elsewhere,
        Some(Err(error)) => Found::Failed(error.clone()),
        None => Found::Failed(upstream::Error::new(
            Provider::Zoom,
            "read a meeting",
            upstream::Kind::Invalid,
        )),
    }
}

/// One event of the viewer's own calendar by its Graph id.
pub async fn event_by_id(
    operation: &Operation,
    id: &GraphId,
    selection: &Selection,
) -> Option<Result<Meeting, Error>> {
    match read_event(operation, id, selection, &[]).await {
        Ok(found) => found
            .map(|event| (Meeting::of_event(event), None))
            .into_field(),
        Err(error) => Some(Err(error)),
    }
}

/// The same, with whether it was cancelled.
pub async fn event_now(
    operation: &Operation,
    id: &GraphId,
    selection: &Selection,
) -> Result<Option<(Meeting, bool)>, Error> {
    let found = read_event(operation, id, selection, &["isCancelled"]).await?;
    Ok(found.some()?.map(|event| {
        let cancelled = event.is_cancelled == Some(true);
        (Meeting::of_event(event), cancelled)
    }))
}

/// An event of the viewer's own calendar, if one of these links leads to it.
pub async fn belonging(
    operation: &Operation,
    id: &GraphId,
    links: &[Link],
    selection: &Selection,
) -> Result<Option<(Meeting, LinkId)>, Error> {
    let found = read_event(operation, id, selection, &["iCalUId"]).await?;
    Ok(found.some()?.and_then(|event| {
        let uids = event.uids();
        let leads = |link: &&Link| matches!(&link.target, Target::Event(uid) if uids.contains(uid));
        let link = links.iter().find(leads)?.id;
        let meeting = Meeting {
            content: Content::Event(event),
            link: Some(link),
        };
        Some((meeting, link))
    }))
}

async fn read_event(
    operation: &Operation,
    id: &GraphId,
    selection: &Selection,
    more: &[&'static str],
) -> Result<Found<Arc<Event>>, Error> {
    let path = meeting::by_id(id, &also(&selection.graph(meeting::FIELDS), more));
    let outcome = operation.graph().try_load(path).await;
    let outcome = outcome.map_err(|error| Error::internal(&error))?;
    Ok(join::one::<Event>(Some(&outcome), "read a meeting"))
}

/// One Zoom meeting by its number.
pub async fn zoom_by_number(
    operation: &Operation,
    number: ZoomNumber,
) -> Option<Result<Meeting, Error>> {
    let outcome = match operation.zoom().try_load(ZoomRef::Meeting(number)).await {
        Ok(outcome) => outcome,
        Err(error) => return Some(Err(Error::internal(&error))),
    };
    zoom_meeting(number, Some(&outcome))
        .map(|content| {
            (
                Meeting {
                    content,
                    link: None,
                },
                None,
            )
        })
        .into_field()
}

fn moment(time: Option<&DateTimeZone>) -> Option<DateTime> {
    // Events are asked for in UTC (`Prefer: outlook.timezone`).
    time.and_then(|it| DateTime::parse(&it.date_time))
}

impl Meeting {
    fn start(&self) -> Option<DateTime> {
        match &self.content {
            Content::Event(event) => moment(event.start.as_ref()),
            Content::Zoom(_, meeting) => meeting.start_time.as_deref().and_then(DateTime::parse),
        }
    }
}

/// A meeting, as the viewer sees it. Read from Graph (one part of a `$batch`) or Zoom (one call) and never stored.
#[Object]
impl Meeting {
    /// Its id, valid for the viewer only.
    pub async fn id(&self) -> ID {
        let id = match &self.content {
            Content::Event(event) => NodeId::Event(event.id.clone()),
            Content::Zoom(number, _) => NodeId::ZoomMeeting(*number),
        };
        id.to_string().into()
    }

    /// The link that joins it to the issue; null when it was found another way. `unlink` takes it.
    async fn link_id(&self) -> Option<ID> {
        self.link.map(|link| NodeId::Link(link).to_string().into())
    }

    /// Where it takes place.
    async fn provider(&self) -> MeetingProvider {
        match &self.content {
            Content::Event(event) if event.is_online_meeting == Some(true) => {
                MeetingProvider::Teams
            }
            Content::Event(_) => MeetingProvider::Outlook,
            Content::Zoom(..) => MeetingProvider::Zoom,
        }
    }

    /// Its subject.
    async fn subject(&self) -> Option<&str> {
        match &self.content {
            Content::Event(event) => event.subject.as_deref(),
            Content::Zoom(_, meeting) => meeting.topic.as_deref(),
        }
    }

    /// When it begins; null for a Zoom meeting without a fixed time.
    async fn starts_at(&self) -> Option<DateTime> {
        self.start()
    }

    /// When it ends.
    async fn ends_at(&self) -> Option<DateTime> {
        match &self.content {
            Content::Event(event) => moment(event.end.as_ref()),
            Content::Zoom(_, meeting) => Some(self.start()?.plus_minutes(meeting.duration?)),
        }
    }

    /// Who called it.
    async fn organizer(&self) -> Option<Person> {
        match &self.content {
            Content::Event(event) => event.organizer.as_ref().and_then(Person::from_recipient),
            Content::Zoom(_, meeting) => meeting.host_email.as_deref().map(Person::from_email),
        }
    }

    /// Who is invited; Zoom does not tell.
    async fn attendees(&self) -> Vec<Attendee> {
        let Content::Event(event) = &self.content else {
            return Vec::new();
        };
        let attendees = event.attendees.iter().filter_map(|it| {
            let response = it
                .status
                .as_ref()
                .and_then(|status| status.response.clone());
            Some(Attendee {
                person: it.email_address.as_ref()?.into(),
                response,
            })
        });
        attendees.collect()
    }

    /// Where people meet.
    async fn location(&self) -> Option<&str> {
        match &self.content {
            Content::Event(event) => event
                .location
                .as_ref()?
                .display_name
                .as_deref()
                .filter(|it| !it.is_empty()),
            Content::Zoom(..) => None,
        }
    }

    /// Where to join online.
    async fn join_url(&self) -> Option<Url> {
        match &self.content {
            Content::Event(event) => event
                .online_meeting
                .as_ref()?
                .join_url
                .as_deref()
                .and_then(Url::parse),
            Content::Zoom(_, meeting) => meeting.join_url.as_deref().and_then(Url::parse),
        }
    }

    /// Where the viewer opens it in Outlook on the web; null for Zoom.
    async fn web_url(&self) -> Option<Url> {
        match &self.content {
            Content::Event(event) => event.web_link.as_deref().and_then(Url::parse),
            Content::Zoom(..) => None,
        }
    }

    /// Whether it was cancelled.
    async fn cancelled(&self) -> Option<bool> {
        match &self.content {
            Content::Event(event) => event.is_cancelled,
            Content::Zoom(..) => None,
        }
    }
}

/// Queries for meetings.
#[derive(Default)]
pub struct MeetingQuery;

#[Object]
impl MeetingQuery {
    /// A meeting that the viewer may see. Null when it is not there. Costs one Graph or Zoom call.
    async fn meeting(&self, ctx: &Context<'_>, id: ID) -> Option<Result<Meeting, Error>> {
        if let Err(error) = ctx.operation().demand(&[Feature::Meetings]).await {
            return Some(Err(error));
        }
        match id.parse() {
            Ok(NodeId::Event(id)) => event_by_id(ctx.operation(), &id, &Selection::of(ctx)).await,
            Ok(NodeId::ZoomMeeting(number)) => {
                if let Err(error) = ctx.operation().demand(&[Feature::Zoom]).await {
                    return Some(Err(error));
                }
                zoom_by_number(ctx.operation(), number).await
            }
            Ok(_) => Some(Err(Error::bad_input("`id` is not the id of a meeting."))),
            Err(malformed) => Some(Err(malformed.into())),
        }
    }
}
