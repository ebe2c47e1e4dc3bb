//! Schedules a meeting and links it: a Zoom meeting, an event, or an event that carries the Zoom meeting's link.

use std::sync::Arc;

use time::format_description::well_known::Rfc3339;

use super::{Earlier, may_write_calendar, told};
use crate::action::acting::Acting;
use crate::action::issue::standing;
use crate::action::link as links;
use crate::action::once::{Deed, Hold, Once, once};
use crate::action::refusal::Refusal;
use crate::clock;
use crate::id::{IssueId, ZoomNumber, encode};
use crate::store::link::{self, Link, Target};
use crate::upstream::jira::document::one_line;
use crate::upstream::microsoft::event::{self, Attendee, Location, Moment, Text};
use crate::upstream::microsoft::meeting::Event;
use crate::upstream::write::Failure;
use crate::upstream::zoom::meeting::{self as zoom_meeting, LONGEST_AGENDA, LONGEST_TOPIC};
use crate::upstream::zoom::model;
use crate::upstream::{Error, Kind, Provider, zoom};

/// How long a call is planned for that begins now, in minutes.
const CALL: i64 = 60;
/// How long ago a meeting may begin, in milliseconds: while somebody fills in a form.
const JUST_NOW: i64 = 10 * 60 * 1_000;

/// Where a meeting is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// At Zoom, and in the person's calendar as well if that is wanted.
    Zoom { calendar: bool },
    /// In the person's calendar, with a Teams meeting or without one.
    Outlook { teams: bool },
}

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Unix milliseconds.
    pub start: i64,
    /// Whole minutes.
    pub minutes: i64,
}

/// Somebody to invite.
#[derive(Debug, Clone)]
pub struct Guest {
    /// Their mail address.
    pub email: String,
    /// Their name.
    pub name: Option<String>,
    /// Whether they may stay away.
    pub is_optional: bool,
}

/// A meeting to be made.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The issue it is about.
    pub issue: IssueId,
    /// Where.
    pub host: Host,
    /// What it is called; left out, as the issue is.
    pub subject: Option<String>,
    /// When; left out, from now on.
    pub span: Option<Span>,
    /// The time zone it is planned in.
    pub time_zone: Option<String>,
    /// What it is about, in plain text.
    pub agenda: Option<String>,
    /// Whether the issue's address goes along.
    pub mentions_issue: bool,
    /// Who is invited, where there is an event.
    pub guests: Vec<Guest>,
    /// The passcode; left out, Zoom makes one.
    pub passcode: Option<String>,
    /// Who gets in how.
    pub settings: zoom_meeting::Settings,
}

/// A meeting that was made, and is linked.
#[derive(Debug)]
pub struct Made {
    /// The Zoom meeting, as its host sees it.
    pub zoom: Option<(ZoomNumber, Box<model::Meeting>, Link)>,
    /// The event.
    pub event: Option<(Box<Event>, Link)>,
    /// Why there is no event beside the Zoom meeting, as a fixed code.
    pub missing: Option<&'static str>,
}

/// What is written into a meeting.
struct Words {
    subject: String,
    agenda: Option<String>,
    span: Span,
}

/// Makes a meeting, once for its key, and links it.
pub async fn schedule(acting: Arc<Acting>, deed: Deed, plan: Plan) -> Result<Once<Made>, Refusal> {
    let work = move |acting: Arc<Acting>, hold: Arc<Hold>| async move {
        let made = Scene {
            acting: &acting,
            hold: &hold,
            plan: &plan,
        }
        .made()
        .await?;
        let result = Earlier {
            zoom: made.zoom.as_ref().map(|it| it.0),
            zoom_link: made.zoom.as_ref().map(|it| it.2.id),
            event_link: made.event.as_ref().map(|it| it.1.id),
            missing: made.missing.map(str::to_owned),
        };
        Ok((made, result.to_string()))
    };
    once(acting, deed, work).await
}

/// One try.
struct Scene<'a> {
    acting: &'a Acting,
    hold: &'a Hold,
    plan: &'a Plan,
}

impl Scene<'_> {
    async fn made(&self) -> Result<Made, Refusal> {
        let words = self.words().await?;
        match self.plan.host {
            Host::Outlook { teams } => {
                self.in_calendar("provider").await?;
                let event = self.event(&words, None, teams).await;
                let event = told(self.hold, "provider", event)?;
                Ok(Made {
                    zoom: None,
                    event: Some(self.linked_event(event).await?),
                    missing: None,
                })
            }
            Host::Zoom { calendar } => {
                let known = self.known()?;
                if calendar && known.is_none() {
                    self.in_calendar("calendar").await?;
                }
                let (number, meeting) = self.zoom(&words, known).await?;
                // From here on a later try goes on with this very meeting.
                let reached = Earlier {
                    zoom: Some(number),
                    ..Earlier::default()
                };
                self.hold.reached(&reached.to_string()).await?;
                let link = self.link(&Target::ZoomMeeting(number)).await?;
                let (event, missing) = if calendar {
                    self.beside(&words, &meeting).await?
                } else {
                    (None, None)
                };
                Ok(Made {
                    zoom: Some((number, Box::new(meeting), link)),
                    event,
                    missing,
                })
            }
        }
    }

    /// What an earlier try wrote down.
    fn known(&self) -> Result<Option<ZoomNumber>, Refusal> {
        let result = self.hold.earlier().and_then(|it| it.result.as_deref());
        let earlier: Earlier = result
            .unwrap_or_default()
            .parse()
            .map_err(|_| Refusal::Broken)?;
        Ok(earlier.zoom)
    }

    /// Whether there can be an event at all; asked before anything is made.
    async fn in_calendar(&self, input: &'static str) -> Result<(), Refusal> {
        let may = may_write_calendar(self.acting).await;
        may.map_err(|error| Refusal::Provider(input, error))
    }

    /// The issue is read with the person's own rights: who does not see it makes nothing for it.
    async fn words(&self) -> Result<Words, Refusal> {
        let plan = self.plan;
        let fields: &[&str] = match plan.subject {
            Some(_) => &["key"],
            None => &["key", "summary"],
        };
        let issue = standing(self.acting, plan.issue, fields).await?;
        let key = issue.key.as_deref().unwrap_or_default();
        let subject = plan.subject.clone().unwrap_or_else(|| {
            let summary = issue.fields.summary.as_deref().unwrap_or_default();
            let whole = one_line(&format!("{key} {summary}"));
            whole.chars().take(LONGEST_TOPIC).collect()
        });
        let span = plan.span.unwrap_or_else(|| Span {
            start: clock::millis(),
            minutes: CALL,
        });
        if self.hold.earlier().is_none() && span.start < clock::millis() - JUST_NOW {
            let message = "A meeting begins now or later.";
            return Err(Refusal::Wrong("start", message));
        }
        let base = &self.acting.site.site.base_url;
        let base = base.as_str().trim_end_matches('/');
        let address = format!("{base}/browse/{}", encode(key));
        let address = (plan.mentions_issue && !key.is_empty()).then_some(address);
        let parts: Vec<String> = plan.agenda.iter().cloned().chain(address).collect();
        let agenda = Some(parts.join("\n\n")).filter(|it| !it.is_empty());
        if agenda
            .as_ref()
            .is_some_and(|it| it.chars().count() > LONGEST_AGENDA)
        {
            let message = "With the work item's address this is longer than 2000 characters.";
            return Err(Refusal::Wrong("agenda", message));
        }
        Ok(Words {
            subject,
            agenda,
            span,
        })
    }

    /// The Zoom meeting: the one an earlier try made, or a new one.
    async fn zoom(
        &self,
        words: &Words,
        known: Option<ZoomNumber>,
    ) -> Result<(ZoomNumber, model::Meeting), Refusal> {
        let plan = self.plan;
        let mut draft = zoom_meeting::Draft {
            topic: Some(words.subject.clone()),
            start_time: Some(stamp(words.span.start)),
            duration: Some(words.span.minutes),
            timezone: plan.time_zone.clone(),
            agenda: words.agenda.clone(),
            password: plan.passcode.clone(),
            settings: plan.settings.clone(),
        };
        let http = &self.acting.app.http;
        if self.hold.earlier().is_some() {
            let number = match known {
                Some(number) => Some(number),
                None => self.looked_for(&draft).await?,
            };
            if let Some(number) = number {
                let read = |access| async move { zoom::meeting(http, &access, number).await };
                let found = self.acting.zoom(read).await;
                let found = found.map_err(|error| Refusal::Provider("provider", error))?;
                if let Some(meeting) = found {
                    self.hold.found();
                    return Ok((number, meeting));
                }
            }
            self.hold.nothing_made();
            // What begins now begins when it is made.
            if plan.span.is_none() {
                draft.start_time = Some(stamp(clock::millis()));
            }
        }
        self.hold.sent().await?;
        let draft = &draft;
        let send = |access| async move { zoom_meeting::create(http, &access, draft).await };
        let made = told(self.hold, "provider", self.acting.zoom(send).await)?;
        let number = made.id.parse().map_err(|_| Refusal::Unknown)?;
        Ok((number, made))
    }

    /// A meeting that an earlier try may have made: of the same words and time, made since, and linked with nothing.
    async fn looked_for(&self, draft: &zoom_meeting::Draft) -> Result<Option<ZoomNumber>, Refusal> {
        let Some(earlier) = self.hold.earlier() else {
            return Ok(None);
        };
        let mut draft = draft.clone();
        if self.plan.span.is_none() {
            draft.start_time = None;
        }
        let (http, draft) = (&self.acting.app.http, &draft);
        let look = |access| async move { zoom_meeting::like(http, &access, draft).await };
        let found = self.acting.zoom(look).await;
        let found = found.map_err(|error| Refusal::Provider("provider", error))?;
        let since = stamp(clock::millis() - earlier.minutes() * 60_000);
        let store = &self.acting.app.store;
        for meeting in found {
            // Both are in UTC with a `Z`, so they sort as text.
            let new = meeting
                .created_at
                .as_deref()
                .is_none_or(|it| it >= since.as_str());
            let Some(number) = meeting.id.parse().ok().filter(|_| new) else {
                continue;
            };
            let target = [Target::ZoomMeeting(number)];
            let linked = link::of_targets(store, &[self.acting.site.site.id], &target).await?;
            if linked.is_empty() {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// The event beside a Zoom meeting. What Graph refuses is said and undoes nothing; what nobody knows is asked again
    /// with the same key.
    async fn beside(
        &self,
        words: &Words,
        meeting: &model::Meeting,
    ) -> Result<(Option<(Box<Event>, Link)>, Option<&'static str>), Refusal> {
        match self.event(words, meeting.join_url.as_deref(), false).await {
            Ok(event) => Ok((Some(self.linked_event(event).await?), None)),
            Err(failure) => match Refusal::of_write("calendar", failure) {
                Refusal::Unknown => Err(Refusal::Unknown),
                refusal => Ok((None, Some(refusal.for_audit().1))),
            },
        }
    }

    async fn event(
        &self,
        words: &Words,
        place: Option<&str>,
        teams: bool,
    ) -> Result<Event, Failure> {
        let plan = self.plan;
        let body = [words.agenda.as_deref(), place].into_iter().flatten();
        let end = words.span.start + words.span.minutes * 60_000;
        let guest = |it: &Guest| Attendee::new(it.email.clone(), it.name.clone(), it.is_optional);
        let draft = event::Draft {
            subject: Some(words.subject.clone()),
            body: Some(Text::plain(body.collect::<Vec<_>>().join("\n\n"))),
            start: Some(Moment::utc(&stamp(words.span.start))),
            end: Some(Moment::utc(&stamp(end))),
            location: place.map(|it| Location::named(it.to_owned())),
            attendees: Some(plan.guests.iter().map(guest).collect()),
            is_online_meeting: teams.then_some(true),
            online_meeting_provider: teams.then_some("teamsForBusiness"),
            transaction_id: Some(self.hold.mark()),
        };
        if self.hold.sent().await.is_err() {
            // Nothing may be sent by who does not hold the key any more; whoever does makes the event.
            let kind = Kind::Unavailable { retry_after: None };
            let error = Error::new(Provider::Microsoft, "make an event", kind);
            return Err(Failure::Unknown(error));
        }
        let (http, draft) = (&self.acting.app.http, &draft);
        let send = |access| async move { event::create(http, &access, draft).await };
        self.acting.graph(send).await
    }

    async fn linked_event(&self, event: Event) -> Result<(Box<Event>, Link), Refusal> {
        let uid = event.i_cal_u_id.as_deref().and_then(|it| it.parse().ok());
        let uid = uid.ok_or(Refusal::Unknown)?;
        let link = self.link(&Target::Event(uid)).await?;
        Ok((Box::new(event), link))
    }

    async fn link(&self, target: &Target) -> Result<Link, Refusal> {
        let acting = self.acting;
        Ok(links::attach(&acting.app, &acting.site, self.plan.issue, target).await?)
    }
}

/// Unix milliseconds as ISO 8601 in UTC, to the second.
pub(super) fn stamp(millis: i64) -> String {
    let moment = clock::at(millis);
    let whole = moment.replace_nanosecond(0).unwrap_or(moment);
    whole.format(&Rfc3339).unwrap_or_default()
}
