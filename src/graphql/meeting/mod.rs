//! A meeting: an event of the viewer's own calendar, or a Zoom meeting.

mod past;
mod read;
mod state;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use secrecy::ExposeSecret as _;

use super::context::{ContextExt as _, Operation};
use super::error::Error;
use super::page::count;
use super::person::Person;
use super::scalar::{DateTime, Url};
use super::selection::Selection;
use crate::feature::Feature;
use crate::id::{LinkId, NodeId, ZoomNumber};
use crate::upstream::microsoft::DateTimeZone;
use crate::upstream::microsoft::meeting::Event;
use crate::upstream::zoom;

pub use past::{
    MeetingInstances, MeetingRecordings, MeetingSummary, Transcript, summary, transcript,
};
pub use read::{
    all_found, belonging, event_by_id, event_now, found, path, under_way, zoom_by_number,
};
pub use state::{AutoRecording, MeetingOccurrence, MeetingSettings, MeetingState};

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
    /// The event that carries a Zoom meeting's link.
    event: Option<Box<Meeting>>,
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
            event: None,
        }
    }

    /// A Zoom meeting as Zoom answered just now, and the link that leads to it.
    pub fn of_zoom(
        number: ZoomNumber,
        meeting: zoom::model::Meeting,
        link: Option<LinkId>,
    ) -> Self {
        Self {
            content: Content::Zoom(number, Arc::new(meeting)),
            link,
            event: None,
        }
    }

    /// The same with the event that carries its link.
    #[must_use]
    pub fn with_event(mut self, event: Option<Self>) -> Self {
        self.event = event.map(Box::new);
        self
    }

    /// The same, led to by this link.
    #[must_use]
    pub fn by_link(mut self, link: LinkId) -> Self {
        self.link = Some(link);
        self
    }
}

fn moment(time: Option<&DateTimeZone>) -> Option<DateTime> {
    // Events are asked for in UTC (`Prefer: outlook.timezone`).
    time.and_then(|it| DateTime::parse(&it.date_time))
}

impl Meeting {
    fn start(&self) -> Option<DateTime> {
        match &self.content {
            Content::Event(event) => moment(event.start.as_ref()),
            Content::Zoom(_, meeting) => state::start(meeting),
        }
    }

    fn end(&self) -> Option<DateTime> {
        match &self.content {
            Content::Event(event) => moment(event.end.as_ref()),
            Content::Zoom(_, meeting) => state::end(meeting),
        }
    }

    /// Whether Zoom says that it takes place now.
    fn is_under_way(&self) -> bool {
        match &self.content {
            Content::Event(_) => false,
            Content::Zoom(_, meeting) => state::of_zoom(meeting) == MeetingState::Started,
        }
    }

    /// The event itself, or the one that carries the Zoom meeting's link.
    fn event(&self) -> Option<&Event> {
        match (&self.content, &self.event) {
            (Content::Event(event), _) => Some(event),
            (Content::Zoom(..), Some(event)) => event.event(),
            (Content::Zoom(..), None) => None,
        }
    }

    /// The Zoom meeting that an event carries the link of.
    fn zoom_number(&self) -> Option<ZoomNumber> {
        match &self.content {
            Content::Event(event) => event.zoom_number(),
            Content::Zoom(..) => None,
        }
    }

    /// What Zoom told, when the viewer hosts the meeting: by Zoom's id of them, for an administrator may read the
    /// meetings of others.
    async fn hosted(&self, operation: &Operation) -> Result<Option<&zoom::model::Meeting>, Error> {
        let Content::Zoom(_, meeting) = &self.content else {
            return Ok(None);
        };
        let own = operation.own_zoom().await?;
        let is_host = own.is_some_and(|it| Some(it.as_str()) == meeting.host_id.as_deref());
        Ok(is_host.then_some(meeting))
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

    /// When it begins; of a Zoom series, the next time. Null for a Zoom meeting without a fixed time.
    async fn starts_at(&self) -> Option<DateTime> {
        self.start()
    }

    /// When it ends.
    async fn ends_at(&self) -> Option<DateTime> {
        self.end()
    }

    /// Who called it.
    async fn organizer(&self) -> Option<Person> {
        match &self.content {
            Content::Event(event) => event.organizer.as_ref().and_then(Person::from_recipient),
            Content::Zoom(_, meeting) => meeting.host_email.as_deref().map(Person::from_email),
        }
    }

    /// Who is invited. Zoom does not tell; of a Zoom meeting it is who is invited to its `calendarEvent`.
    async fn attendees(&self) -> Vec<Attendee> {
        let Some(event) = self.event() else {
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

    /// Where to join online; of an event, also the Zoom link that is its place.
    async fn join_url(&self) -> Option<Url> {
        match &self.content {
            Content::Event(event) => {
                let own = event.online_meeting.as_ref();
                let own = own.and_then(|it| it.join_url.as_deref());
                own.or_else(|| event.zoom_link()).and_then(Url::parse)
            }
            Content::Zoom(_, meeting) => meeting.join_url.as_deref().and_then(Url::parse),
        }
    }

    /// Where the viewer opens it in Outlook on the web; null for a Zoom meeting without a `calendarEvent`.
    async fn web_url(&self) -> Option<Url> {
        self.event()?.web_link.as_deref().and_then(Url::parse)
    }

    /// Whether it was cancelled.
    async fn cancelled(&self) -> Option<bool> {
        match &self.content {
            Content::Event(event) => event.is_cancelled,
            Content::Zoom(..) => None,
        }
    }

    /// How it stands: a Zoom meeting as Zoom says, an event by its times.
    async fn state(&self) -> MeetingState {
        match &self.content {
            Content::Event(event) => state::of_times(
                event.is_cancelled == Some(true),
                self.start().as_ref(),
                self.end().as_ref(),
            ),
            Content::Zoom(_, meeting) => state::of_zoom(meeting),
        }
    }

    /// Whether the viewer hosts it, and so may change and cancel it.
    async fn is_host(&self, ctx: &Context<'_>) -> bool {
        match &self.content {
            Content::Event(event) => event.is_organizer == Some(true),
            Content::Zoom(..) => {
                let hosted = self.hosted(ctx.operation()).await;
                hosted.is_ok_and(|it| it.is_some())
            }
        }
    }

    /// What it is about, in plain text; null for an event.
    async fn agenda(&self) -> Option<&str> {
        match &self.content {
            Content::Event(_) => None,
            Content::Zoom(_, meeting) => meeting.agenda.as_deref().filter(|it| !it.is_empty()),
        }
    }

    /// The time zone it was planned in, such as Europe/Berlin; null for an event. Its times are in UTC all the same.
    async fn time_zone(&self) -> Option<&str> {
        match &self.content {
            Content::Event(_) => None,
            Content::Zoom(_, meeting) => meeting.timezone.as_deref(),
        }
    }

    /// Where its host starts it: whoever opens this is signed in as the host, for two hours. Null for everybody but the
    /// host, and for an event. Open it, and keep it nowhere.
    async fn start_url(&self, ctx: &Context<'_>) -> Option<Result<Url, Error>> {
        match self.hosted(ctx.operation()).await {
            Ok(meeting) => {
                let url = meeting?.start_url.as_ref()?.expose_secret();
                Url::parse(url).map(Ok)
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// What its host sets, the passcode among it. Null for everybody but the host, and for an event.
    async fn settings(&self, ctx: &Context<'_>) -> Option<Result<MeetingSettings, Error>> {
        match self.hosted(ctx.operation()).await {
            Ok(meeting) => meeting.map(|it| Ok(MeetingSettings::of(it))),
            Err(error) => Some(Err(error)),
        }
    }

    /// The times of a Zoom series that are to come; empty when it is none.
    async fn occurrences(&self) -> Vec<MeetingOccurrence> {
        match &self.content {
            Content::Event(_) => Vec::new(),
            Content::Zoom(_, meeting) => state::occurrences(meeting),
        }
    }

    /// The event in the viewer's calendar that carries a Zoom meeting's link, of those that are linked with the issue.
    /// Null where the meeting was not read by its issue.
    async fn calendar_event(&self) -> Option<&Self> {
        self.event.as_deref()
    }

    /// When a Zoom meeting took place; null for an event. Costs one Zoom call.
    async fn instances(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 10 when not given, 100 at most.")] first: Option<i32>,
    ) -> Option<Result<MeetingInstances, Error>> {
        let Content::Zoom(number, _) = &self.content else {
            return None;
        };
        let first = match count(first, past::USUAL) {
            Ok(first) => first,
            Err(error) => return Some(Err(error)),
        };
        Some(past::instances(ctx.operation(), *number, first).await)
    }

    /// The recordings of the times at which a Zoom meeting took place, whether they are linked or not; null for an
    /// event. Costs one Zoom call, and one for each time.
    async fn recordings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of how many times, 10 when not given, 100 at most.")] first: Option<i32>,
    ) -> Option<Result<MeetingRecordings, Error>> {
        let Content::Zoom(number, _) = &self.content else {
            return None;
        };
        let first = match count(first, past::USUAL) {
            Ok(first) => first,
            Err(error) => return Some(Err(error)),
        };
        Some(past::recordings(ctx.operation(), *number, first).await)
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
