//! Reading meetings: by their links, by their ids, and what an event of a calendar belongs to.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Content, Meeting};
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::join::{self, Found};
use crate::graphql::loader::{ZoomRef, ZoomThing};
use crate::graphql::selection::{Selection, also};
use crate::id::{GraphId, ICalUid, IssueId, LinkId, SiteId, ZoomNumber};
use crate::store::link::{Kind, Link, Target};
use crate::upstream::microsoft::Path;
use crate::upstream::microsoft::meeting::{self, Event};
use crate::upstream::{self, Provider};

/// Where a linked event is read: always with its place, which may be a Zoom meeting.
pub fn path(id: &ICalUid, selection: &Selection) -> Path {
    let select = selection.with("calendarEvent").graph(meeting::FIELDS);
    meeting::by_ical_uid(id, &also(&select, &["location"]))
}

/// What the links to an issue's meetings came to. An event that carries the link of a Zoom meeting which is there too
/// is told with it, as its `calendarEvent`, and not once more.
pub fn all_found<'a>(
    read: &join::Read,
    links: &'a [Link],
    selection: &Selection,
) -> HashMap<LinkId, Vec<Found<Meeting>>> {
    let mut zoom: HashMap<ZoomNumber, LinkId> = HashMap::new();
    let mut all: HashMap<LinkId, Vec<Found<Meeting>>> = HashMap::new();
    let (meetings, events): (Vec<&'a Link>, Vec<&'a Link>) = links
        .iter()
        .partition(|it| matches!(it.target, Target::ZoomMeeting(_)));
    for link in meetings {
        let found = found(read, link, selection);
        if let (Target::ZoomMeeting(number), Found::Here(..)) = (&link.target, &found) {
            zoom.insert(*number, link.id);
        }
        all.insert(link.id, vec![found]);
    }
    for link in events {
        let found = found(read, link, selection);
        let of = match &found {
            Found::Here(event, _) => event.zoom_number().and_then(|it| zoom.get(&it)),
            _ => None,
        };
        let meeting = of
            .and_then(|it| all.get_mut(it))
            .and_then(|it| it.first_mut());
        match (meeting, found) {
            (Some(Found::Here(meeting, _)), Found::Here(event, _)) if meeting.event.is_none() => {
                meeting.event = Some(Box::new(event));
                all.insert(link.id, Vec::new());
            }
            (_, found) => drop(all.insert(link.id, vec![found])),
        }
    }
    all
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
            event: None,
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
            event: None,
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
                    event: None,
                },
                None,
            )
        })
        .into_field()
}

/// The most linked Zoom meetings of which one is looked for that is under way.
const LOOKED_AT: usize = 10;

/// The Zoom meeting of an issue that is under way, of the newest that are linked and that the viewer may see.
pub async fn under_way(
    operation: &Operation,
    (site, issue): (SiteId, IssueId),
) -> Result<Option<Meeting>, Error> {
    let links = join::links(operation, site, issue, Kind::Meeting).await?;
    let selection = Selection::default();
    let zoom = links
        .into_iter()
        .filter(|it| matches!(it.target, Target::ZoomMeeting(_)));
    let wanted: Vec<_> = zoom.take(LOOKED_AT).map(|it| (it, &selection)).collect();
    let read = join::read(operation, &wanted).await?;
    let found = wanted
        .iter()
        .map(|(link, _)| found(&read, link, &selection));
    let mut meetings = found.filter_map(|it| match it {
        Found::Here(meeting, _) => Some(meeting),
        Found::Elsewhere | Found::Failed(_) => None,
    });
    Ok(meetings.find(Meeting::is_under_way))
}
