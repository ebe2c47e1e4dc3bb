//! Moves and cancels a meeting of an issue: the Zoom meeting and the event that carries its link together.

use std::sync::Arc;

use super::schedule::{Span, stamp};
use super::{linked, may_write_calendar, told};
use crate::action::acting::Acting;
use crate::action::issue::standing;
use crate::action::link as links;
use crate::action::once::{Deed, Hold, Once, once};
use crate::action::refusal::Refusal;
use crate::id::{GraphId, IssueId, ZoomNumber};
use crate::store::link::{Link, Target};
use crate::upstream::microsoft::event::{self, Moment};
use crate::upstream::microsoft::meeting::Event;
use crate::upstream::write::Failure;
use crate::upstream::zoom::meeting as zoom_meeting;
use crate::upstream::{Error, Kind, Provider};

/// Which meeting.
#[derive(Debug, Clone)]
pub enum Which {
    /// A Zoom meeting, or one time of a series.
    Zoom(ZoomNumber, Option<String>),
    /// An event of the person's own calendar.
    Event(GraphId),
}

/// What is to be other than it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// What it is called.
    pub subject: Option<String>,
    /// When.
    pub span: Option<Span>,
    /// The time zone it is planned in; Zoom's only.
    pub time_zone: Option<String>,
    /// What it is about; Zoom's only.
    pub agenda: Option<String>,
    /// Zoom's only.
    pub passcode: Option<String>,
    /// Zoom's only.
    pub settings: zoom_meeting::Settings,
}

/// What was changed or cancelled.
#[derive(Debug)]
pub struct Changed {
    /// Why the event that carries the Zoom meeting's link is as it was, as a fixed code.
    pub missing: Option<&'static str>,
}

impl Which {
    /// For the result and the audit log.
    fn id(&self) -> String {
        match self {
            Self::Zoom(number, _) => format!("z{number}"),
            Self::Event(_) => "event".to_owned(),
        }
    }

    /// Whether it is one time of a series.
    fn is_occurrence(&self) -> bool {
        matches!(self, Self::Zoom(_, Some(_)))
    }
}

/// Changes a meeting of an issue. The same change again is as good as once, so a lost answer is answered by sending it
/// again.
pub async fn update(
    acting: Arc<Acting>,
    deed: Deed,
    (issue, which): (IssueId, Which),
    change: Change,
) -> Result<Once<Changed>, Refusal> {
    let work = move |acting: Arc<Acting>, hold: Arc<Hold>| async move {
        let links = found(&acting, issue).await?;
        let missing = match &which {
            Which::Zoom(number, occurrence) => {
                linked_to(&links, *number)?;
                hold.sent().await?;
                let (http, draft) = (&acting.app.http, &change.for_zoom());
                let (number, occurrence) = (*number, occurrence.as_deref());
                let send = |access| async move {
                    zoom_meeting::update(http, &access, number, occurrence, draft).await
                };
                told(&hold, "meeting", acting.zoom(send).await)?;
                if which.is_occurrence() || change.for_event().is_none() {
                    None
                } else {
                    let moved = |event: Event, _: Link| moved(&acting, event, &change);
                    beside(&acting, &links, number, moved).await?
                }
            }
            Which::Event(id) => {
                let (event, _) = own(&acting, &links, id).await?;
                hold.sent().await?;
                told(&hold, "meeting", moved(&acting, event, &change).await)?;
                None
            }
        };
        let result = result(&which, missing);
        Ok((Changed { missing }, result))
    };
    once(acting, deed, work).await
}

/// Cancels a meeting of an issue, and takes the links to what is no more away.
pub async fn cancel(
    acting: Arc<Acting>,
    deed: Deed,
    (issue, which): (IssueId, Which),
) -> Result<Once<Changed>, Refusal> {
    let work = move |acting: Arc<Acting>, hold: Arc<Hold>| async move {
        let links = found(&acting, issue).await?;
        if is_done(&acting, &hold, &links, &which).await {
            hold.found();
            return Ok((Changed { missing: None }, which.id()));
        }
        let missing = match &which {
            Which::Zoom(number, occurrence) => {
                let link = linked_to(&links, *number)?;
                hold.sent().await?;
                let (http, number) = (&acting.app.http, *number);
                let occurrence = occurrence.as_deref();
                let send = |access| async move {
                    zoom_meeting::delete(http, &access, number, occurrence).await
                };
                gone(&hold, acting.zoom(send).await)?;
                if which.is_occurrence() {
                    None
                } else {
                    let called_off = |event, link| called_off(&acting, event, link);
                    let missing = beside(&acting, &links, number, called_off).await?;
                    links::detach(&acting.app, &acting.site, &link).await?;
                    missing
                }
            }
            Which::Event(id) => {
                let (event, link) = own(&acting, &links, id).await?;
                hold.sent().await?;
                let outcome = called_off(&acting, event, link).await;
                told(&hold, "meeting", outcome)?;
                None
            }
        };
        let result = result(&which, missing);
        Ok((Changed { missing }, result))
    };
    once(acting, deed, work).await
}

/// Whether an earlier try cancelled a meeting whole: its link goes last, an event with its cancellation.
async fn is_done(acting: &Acting, hold: &Hold, links: &[Link], which: &Which) -> bool {
    if hold.earlier().is_none() {
        return false;
    }
    match which {
        Which::Zoom(number, _) => linked_to(links, *number).is_err(),
        Which::Event(id) => {
            let found = linked::event(acting, links, id).await;
            matches!(found, Err(Refusal::Missing(_)))
        }
    }
}

fn result(which: &Which, missing: Option<&'static str>) -> String {
    match missing {
        Some(code) => format!("{} !{code}", which.id()),
        None => which.id(),
    }
}

/// The links of an issue that the person may see.
async fn found(acting: &Acting, issue: IssueId) -> Result<Vec<Link>, Refusal> {
    standing(acting, issue, &[]).await?;
    linked::links(acting, issue).await
}

fn linked_to(links: &[Link], number: ZoomNumber) -> Result<Link, Refusal> {
    let target = Target::ZoomMeeting(number);
    let link = links.iter().find(|it| it.target == target).cloned();
    link.ok_or(Refusal::Missing("meeting"))
}

/// An event that the person called.
async fn own(acting: &Acting, links: &[Link], id: &GraphId) -> Result<(Event, Link), Refusal> {
    let failed = |error| Refusal::Provider("meeting", error);
    may_write_calendar(acting).await.map_err(failed)?;
    let found = linked::event(acting, links, id).await?;
    if found.0.is_organizer == Some(false) {
        let error = Error::new(Provider::Microsoft, "change an event", Kind::Forbidden);
        return Err(failed(error));
    }
    Ok(found)
}

/// What is not there any more is cancelled: by an earlier try, or by somebody in Zoom.
fn gone(hold: &Hold, outcome: Result<(), Failure>) -> Result<(), Refusal> {
    match outcome {
        Err(Failure::Failed(error)) if error.kind == Kind::NotFound && hold.earlier().is_some() => {
            hold.found();
            Ok(())
        }
        outcome => told(hold, "meeting", outcome),
    }
}

/// Does the same to the event that carries a Zoom meeting's link, if there is one. What Graph refuses is said, and
/// undoes nothing; what nobody knows is asked again with the same key.
async fn beside<W, F>(
    acting: &Acting,
    links: &[Link],
    number: ZoomNumber,
    work: W,
) -> Result<Option<&'static str>, Refusal>
where
    W: FnOnce(Event, Link) -> F,
    F: Future<Output = Result<(), Failure>>,
{
    let carrying = match linked::carrying(acting, links, number).await {
        Ok(carrying) => carrying,
        // Whoever has no calendar here has no event of their own in it.
        Err(error) if matches!(error.kind, Kind::NotConnected | Kind::NotConfigured) => None,
        Err(error) => return Ok(Some(Refusal::Provider("meeting", error).for_audit().1)),
    };
    let Some((event, link)) = carrying else {
        return Ok(None);
    };
    if let Err(error) = may_write_calendar(acting).await {
        return Ok(Some(Refusal::Provider("meeting", error).for_audit().1));
    }
    match work(event, link).await {
        Ok(()) => Ok(None),
        Err(failure) => match Refusal::of_write("meeting", failure) {
            Refusal::Unknown => Err(Refusal::Unknown),
            refusal => Ok(Some(refusal.for_audit().1)),
        },
    }
}

async fn moved(acting: &Acting, event: Event, change: &Change) -> Result<(), Failure> {
    let Some(draft) = change.for_event() else {
        return Ok(());
    };
    let (http, id, draft) = (&acting.app.http, &event.id, &draft);
    let send = |access| async move { event::update(http, &access, id, draft).await };
    acting.graph(send).await.map(drop)
}

async fn called_off(acting: &Acting, event: Event, link: Link) -> Result<(), Failure> {
    let (http, id) = (&acting.app.http, &event.id);
    let send = |access| async move { event::cancel(http, &access, id).await };
    match acting.graph(send).await {
        Err(Failure::Failed(error)) if error.kind == Kind::NotFound => {}
        outcome => outcome?,
    }
    // The event is gone; a link that stays leads nowhere, and `unlink` takes it away.
    if let Err(error) = links::detach(&acting.app, &acting.site, &link).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a link was not taken away"
        );
    }
    Ok(())
}

impl Change {
    fn for_zoom(&self) -> zoom_meeting::Draft {
        zoom_meeting::Draft {
            topic: self.subject.clone(),
            start_time: self.span.map(|it| stamp(it.start)),
            duration: self.span.map(|it| it.minutes),
            timezone: self.time_zone.clone(),
            agenda: self.agenda.clone(),
            password: self.passcode.clone(),
            settings: self.settings.clone(),
        }
    }

    /// What of it concerns an event; `None` when nothing does.
    fn for_event(&self) -> Option<event::Draft> {
        if self.subject.is_none() && self.span.is_none() {
            return None;
        }
        let moment = |millis| Moment::utc(&stamp(millis));
        Some(event::Draft {
            subject: self.subject.clone(),
            start: self.span.map(|it| moment(it.start)),
            end: self.span.map(|it| moment(it.start + it.minutes * 60_000)),
            ..event::Draft::default()
        })
    }
}
