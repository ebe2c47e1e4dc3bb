//! The links of an issue to its meetings, and the event that carries a Zoom meeting's link.

use crate::action::acting::Acting;
use crate::action::refusal::Refusal;
use crate::id::{GraphId, IssueId, ZoomNumber};
use crate::store::link::{self, Link, Target};
use crate::upstream::microsoft::meeting::{self, Event};
use crate::upstream::microsoft::{self, Outcome, Page, Path};
use crate::upstream::{Error, Kind, Provider};

const OPERATION: &str = "read a meeting";
/// The most events of an issue that are looked at.
const MOST: usize = 40;
/// What tells whose an event is and where it takes place.
const SELECT: &str = "id,iCalUId,location,isOrganizer";

/// The links of an issue to meetings.
pub(super) async fn links(acting: &Acting, issue: IssueId) -> Result<Vec<Link>, Refusal> {
    let tenant = acting.site.tenant();
    let mut all = link::of_issues(&acting.app.store, &tenant, &[issue]).await?;
    all.retain(|it| matches!(it.target, Target::Event(_) | Target::ZoomMeeting(_)));
    Ok(all)
}

/// The event of the person's own calendar, called by them, that carries a Zoom meeting's link; of those that are linked.
pub(super) async fn carrying(
    acting: &Acting,
    links: &[Link],
    number: ZoomNumber,
) -> Result<Option<(Event, Link)>, Error> {
    let events = links.iter().filter_map(|link| match &link.target {
        Target::Event(uid) => Some((meeting::by_ical_uid(uid, SELECT), link)),
        _ => None,
    });
    let events: Vec<(Path, &Link)> = events.take(MOST).collect();
    if events.is_empty() {
        return Ok(None);
    }
    let paths: Vec<Path> = events.iter().map(|(path, _)| path.clone()).collect();
    let outcomes = read(acting, &paths).await?;
    for (path, link) in events {
        let page = match outcomes.get(&path) {
            Some(Ok(json)) => microsoft::parse::<Page<Event>>(json, OPERATION)?,
            Some(Err(error)) if error.kind == Kind::NotFound => continue,
            Some(Err(error)) => return Err(error.clone()),
            None => continue,
        };
        let mut found = page.value.into_iter();
        let carries =
            |it: &Event| it.is_organizer == Some(true) && it.zoom_number() == Some(number);
        if let Some(event) = found.find(carries) {
            return Ok(Some((event, link.clone())));
        }
    }
    Ok(None)
}

/// An event of the person's own calendar, and the link of the issue to it.
pub(super) async fn event(
    acting: &Acting,
    links: &[Link],
    id: &GraphId,
) -> Result<(Event, Link), Refusal> {
    let failed = |error| Refusal::read("meeting", error);
    let path = meeting::by_id(id, SELECT);
    let mut outcomes = read(acting, std::slice::from_ref(&path))
        .await
        .map_err(failed)?;
    let outcome = outcomes
        .remove(&path)
        .unwrap_or_else(|| Err(Error::new(Provider::Microsoft, OPERATION, Kind::Invalid)));
    let json = outcome.map_err(failed)?;
    let event: Event = microsoft::parse(&json, OPERATION).map_err(failed)?;
    let uids = event.uids();
    let leads = |it: &&Link| matches!(&it.target, Target::Event(uid) if uids.contains(uid));
    let link = links.iter().find(leads).cloned();
    let link = link.ok_or(Refusal::Missing("meeting"))?;
    Ok((event, link))
}

async fn read(
    acting: &Acting,
    paths: &[Path],
) -> Result<std::collections::HashMap<Path, Outcome>, Error> {
    let (app, person) = (&acting.app, acting.caller.person);
    let ask = |access| async move {
        let outcomes = microsoft::read(&app.http, &app.mailboxes, person, &access, paths).await;
        let refused = outcomes.values().find_map(|it| match it {
            Err(error) if matches!(error.kind, Kind::TokenRefused { .. }) => Some(error.clone()),
            _ => None,
        });
        refused.map_or(Ok(outcomes), Err)
    };
    acting.graph(ask).await
}
