//! Carrying the mutations of meetings out: from inputs to acts, and from what became of them to payloads.

use std::sync::Arc;

use async_graphql::ID;

use super::given;
use super::input::{CancelMeetingInput, ScheduleMeetingInput, StartCallInput, UpdateMeetingInput};
use super::payload::{
    CancelMeetingPayload, ScheduleMeetingPayload, StartCallPayload, Touched, UpdateMeetingPayload,
};
use crate::action::acting::Acting;
use crate::action::meeting::{self as action, Change, Earlier, Host, Plan, Which};
use crate::action::once::{Deed, Once};
use crate::auth::Membership;
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::link::{Link, UserError, check_key, issue_of, refused as malformed};
use crate::graphql::meeting::MeetingProvider;
use crate::graphql::write::{told, words};
use crate::id::{IssueId, Malformed, NodeId};
use crate::store::link::{self, Kind as LinkKind};
use crate::upstream::zoom::meeting::Settings;

/// Who acts, on one of the viewer's sites.
fn acting(operation: &Operation, site: &Membership) -> Arc<Acting> {
    Arc::new(Acting {
        app: operation.app.clone(),
        caller: Arc::clone(&operation.caller),
        site: site.clone(),
    })
}

/// A refusal, where the site's administrators have such meetings switched off.
async fn switched_off(
    operation: &Operation,
    site: &Membership,
    zoom: bool,
    field: &str,
) -> Result<Option<UserError>, Error> {
    let features = operation.features(site.site.id).await?;
    let on = features.are_on(LinkKind::Meeting.features(zoom));
    Ok((!on).then(|| UserError::of(field, &Error::switched_off())))
}

/// Why there is no event beside a Zoom meeting, or it is as it was.
fn of_calendar(code: &str, what: &str) -> UserError {
    let why = match code {
        "FORBIDDEN" => "Outlook does not let you do that.",
        "NOT_CONFIGURED" => "This gateway may not write into calendars.",
        "NOT_CONNECTED" => "Connect your Microsoft account first.",
        "CONSENT_REQUIRED" => "Agree to the missing permissions first.",
        "REAUTH_REQUIRED" => "Connect your Microsoft account again.",
        "RATE_LIMITED" => "Outlook asks to wait.",
        "BAD_USER_INPUT" => "Outlook refused what was asked.",
        _ => "Outlook could not be reached.",
    };
    UserError::new(code, &["calendar"], &format!("{what} {why}"))
}

const NO_EVENT: &str = "The Zoom meeting is made and linked; the event in your calendar is not.";
const NOT_MOVED: &str = "The Zoom meeting is changed; the event in your calendar is as it was.";
const STILL_THERE: &str = "The Zoom meeting is cancelled; the event in your calendar is not.";

pub async fn schedule(
    operation: &Operation,
    input: ScheduleMeetingInput,
) -> Result<ScheduleMeetingPayload, Error> {
    let mut wrong = Vec::new();
    let mut keep = |error: UserError| wrong.push(error);
    let subject = given::subject(&input.subject).map_err(&mut keep);
    let span = given::span(&input.start, &input.end).map_err(&mut keep);
    let zone = given::time_zone(input.time_zone.as_deref()).map_err(&mut keep);
    let agenda = given::agenda(input.agenda.as_deref()).map_err(&mut keep);
    let has_settings = input.settings.is_some();
    let settings = given::settings(input.settings).map_err(&mut keep);
    let guests = given::guests(input.attendees).map_err(&mut keep);
    let host = host(input.provider, input.calendar);
    if has_settings && !matches!(host, Host::Zoom { .. }) {
        let message = "Only Zoom meetings have such settings.";
        keep(UserError::new("FIELD_INVALID", &["settings"], message));
    }
    let refused = |user_errors| ScheduleMeetingPayload {
        user_errors,
        ..ScheduleMeetingPayload::default()
    };
    let (Ok(subject), Ok(span), Ok(time_zone), Ok(agenda), Ok((passcode, settings)), Ok(guests)) =
        (subject, span, zone, agenda, settings, guests)
    else {
        return Ok(refused(wrong));
    };
    if !wrong.is_empty() {
        return Ok(refused(wrong));
    }
    let draft = Draft {
        operation: "scheduleMeeting",
        action: "meeting.schedule",
        key: input.idempotency_key,
        issue: input.issue,
    };
    let plan = |issue| Plan {
        issue,
        host,
        subject: Some(subject),
        span: Some(span),
        time_zone,
        agenda: agenda.filter(|it| !it.is_empty()),
        mentions_issue: input.mention_issue,
        guests,
        passcode,
        settings,
    };
    make(operation, draft, host, plan).await
}

pub async fn call(operation: &Operation, input: StartCallInput) -> Result<StartCallPayload, Error> {
    let refused = |error| StartCallPayload {
        user_errors: vec![error],
        ..StartCallPayload::default()
    };
    let subject = input.subject.as_deref().map(given::subject).transpose();
    let (subject, guests) = match (subject, given::guests(input.attendees)) {
        (Ok(subject), Ok(guests)) => (subject, guests),
        (Err(error), _) | (_, Err(error)) => return Ok(refused(error)),
    };
    if input.provider == MeetingProvider::Outlook {
        let message = "A call takes place at Zoom or in Teams.";
        return Ok(refused(UserError::new(
            "FIELD_INVALID",
            &["provider"],
            message,
        )));
    }
    let host = host(input.provider, input.calendar);
    let draft = Draft {
        operation: "startCall",
        action: "call.start",
        key: input.idempotency_key,
        issue: input.issue,
    };
    let plan = |issue| Plan {
        issue,
        host,
        subject,
        span: None,
        time_zone: None,
        agenda: None,
        mentions_issue: true,
        guests,
        passcode: None,
        settings: Settings::default(),
    };
    Ok(make(operation, draft, host, plan).await?.into())
}

fn host(provider: MeetingProvider, calendar: bool) -> Host {
    match provider {
        MeetingProvider::Zoom => Host::Zoom { calendar },
        MeetingProvider::Teams => Host::Outlook { teams: true },
        MeetingProvider::Outlook => Host::Outlook { teams: false },
    }
}

/// What names a request.
struct Draft {
    operation: &'static str,
    action: &'static str,
    key: String,
    issue: ID,
}

async fn make(
    operation: &Operation,
    draft: Draft,
    host: Host,
    plan: impl FnOnce(IssueId) -> Plan,
) -> Result<ScheduleMeetingPayload, Error> {
    let refused = |user_errors| ScheduleMeetingPayload {
        user_errors,
        ..ScheduleMeetingPayload::default()
    };
    let place = (check_key(&draft.key), issue_of(operation, &draft.issue));
    let (site, issue) = match place {
        (Ok(()), Ok(place)) => place,
        (key, place) => {
            let all = [key.err(), place.err()];
            return Ok(refused(all.into_iter().flatten().collect()));
        }
    };
    let plan = plan(issue);
    if !plan.guests.is_empty() && host == (Host::Zoom { calendar: false }) {
        let message = "Zoom invites nobody: set `calendar`, whose event does.";
        let error = UserError::new("FIELD_INVALID", &["attendees"], message);
        return Ok(refused(vec![error]));
    }
    let zoom = matches!(host, Host::Zoom { .. });
    if let Some(error) = switched_off(operation, site, zoom, "provider").await? {
        return Ok(refused(vec![error]));
    }
    let deed = Deed {
        operation: draft.operation,
        key: draft.key,
        request: words(&[&site.site.id, &issue, &format!("{host:?}")]),
        action: draft.action,
        object: ("issue", issue.to_string()),
    };
    let done = match action::schedule(acting(operation, site), deed, plan).await {
        Ok(done) => done,
        Err(refusal) => return Ok(refused(told(refusal)?)),
    };
    let replayed = done.is_replay();
    let missing = |code: &str| of_calendar(code, NO_EVENT);
    Ok(match done {
        Once::Now(made) | Once::Found(made) => {
            let event = made.event.as_ref().map(|it| Link::from(&it.1));
            let zoom = made.zoom.as_ref().map(|it| Link::from(&it.2));
            let (link, calendar_link) = match zoom {
                Some(zoom) => (Some(zoom), event),
                None => (event, None),
            };
            ScheduleMeetingPayload {
                link,
                calendar_link,
                replayed,
                user_errors: made.missing.map(missing).into_iter().collect(),
                touched: Touched::of(made),
            }
        }
        Once::Before(result) => {
            let earlier: Earlier = result.unwrap_or_default().parse().unwrap_or_default();
            let mut links = Vec::new();
            for id in [earlier.zoom_link, earlier.event_link]
                .into_iter()
                .flatten()
            {
                links.extend(link::get(&operation.app.store, &site.tenant(), id).await?);
            }
            let is = |wanted| {
                links
                    .iter()
                    .find(|it| Some(it.id) == wanted)
                    .map(Link::from)
            };
            let (link, calendar_link) = match earlier.zoom_link {
                Some(_) => (is(earlier.zoom_link), is(earlier.event_link)),
                None => (is(earlier.event_link), None),
            };
            ScheduleMeetingPayload {
                link,
                calendar_link,
                replayed,
                user_errors: earlier
                    .missing
                    .as_deref()
                    .map(missing)
                    .into_iter()
                    .collect(),
                touched: Some(Touched::Linked(links)),
            }
        }
    })
}

/// The meeting that an input names.
fn which(meeting: &ID, occurrence: Option<String>) -> Result<(Which, NodeId), UserError> {
    let digits =
        |it: &String| (1..=32).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_digit());
    if occurrence.as_ref().is_some_and(|it| !digits(it)) {
        let message = "This is not the id of one time of a series.";
        return Err(UserError::new("FIELD_INVALID", &["occurrence"], message));
    }
    let node = meeting.parse::<NodeId>();
    match node.map_err(|it| malformed("meeting", it))? {
        node @ NodeId::ZoomMeeting(number) => Ok((Which::Zoom(number, occurrence), node)),
        NodeId::Event(_) if occurrence.is_some() => {
            let message = "Only a Zoom series has such times.";
            Err(UserError::new("FIELD_INVALID", &["occurrence"], message))
        }
        NodeId::Event(id) => Ok((Which::Event(id.clone()), NodeId::Event(id))),
        _ => Err(malformed(
            "meeting",
            Malformed {
                expected: "the id of a meeting",
            },
        )),
    }
}

/// What the mutations of one meeting have in common: the place, and whether it is switched on.
struct Aim<'a> {
    site: &'a Membership,
    issue: IssueId,
    which: Which,
    node: NodeId,
}

async fn aim<'a>(
    operation: &'a Operation,
    key: &str,
    issue: &ID,
    (meeting, occurrence): (&ID, Option<String>),
) -> Result<Result<Aim<'a>, Vec<UserError>>, Error> {
    let parts = (
        check_key(key),
        issue_of(operation, issue),
        which(meeting, occurrence),
    );
    let ((site, issue), (which, node)) = match parts {
        (Ok(()), Ok(place), Ok(which)) => (place, which),
        (key, place, which) => {
            let all = [key.err(), place.err(), which.err()];
            return Ok(Err(all.into_iter().flatten().collect()));
        }
    };
    let zoom = matches!(which, Which::Zoom(..));
    if let Some(error) = switched_off(operation, site, zoom, "meeting").await? {
        return Ok(Err(vec![error]));
    }
    Ok(Ok(Aim {
        site,
        issue,
        which,
        node,
    }))
}

impl Aim<'_> {
    fn deed(&self, operation: &'static str, action: &'static str, key: String) -> Deed {
        let occurrence = match &self.which {
            Which::Zoom(_, Some(occurrence)) => occurrence.as_str(),
            _ => "",
        };
        Deed {
            operation,
            key,
            request: words(&[&self.site.site.id, &self.issue, &self.node, &occurrence]),
            action,
            object: ("issue", self.issue.to_string()),
        }
    }
}

/// What an earlier request could not do in the calendar.
fn missing_before(result: Option<&str>) -> Option<String> {
    let code = result?.split(' ').find_map(|it| it.strip_prefix('!'));
    code.map(str::to_owned)
}

pub async fn update(
    operation: &Operation,
    input: UpdateMeetingInput,
) -> Result<UpdateMeetingPayload, Error> {
    let refused = |user_errors| UpdateMeetingPayload {
        user_errors,
        ..UpdateMeetingPayload::default()
    };
    let named = (&input.meeting, input.occurrence);
    let aim = match aim(operation, &input.idempotency_key, &input.issue, named).await? {
        Ok(aim) => aim,
        Err(errors) => return Ok(refused(errors)),
    };
    let is_event = matches!(aim.which, Which::Event(_));
    let of_zoom_only = [
        ("timeZone", input.time_zone.is_some()),
        ("agenda", input.agenda.is_some()),
        ("settings", input.settings.is_some()),
    ];
    if let Some((field, _)) = of_zoom_only.iter().find(|it| is_event && it.1) {
        let message = "This can be changed of Zoom meetings only.";
        let error = UserError::new("FIELD_INVALID", &[field], message);
        return Ok(refused(vec![error]));
    }
    let span = match (&input.start, &input.end) {
        (Some(start), Some(end)) => given::span(start, end).map(Some),
        (None, None) => Ok(None),
        _ => {
            let message = "Give `start` and `end` together.";
            Err(UserError::new("FIELD_REQUIRED", &["end"], message))
        }
    };
    let subject = input.subject.as_deref().map(given::subject).transpose();
    let zone = given::time_zone(input.time_zone.as_deref());
    let agenda = given::agenda(input.agenda.as_deref());
    let settings = given::settings(input.settings);
    let change = match (span, subject, zone, agenda, settings) {
        (Ok(span), Ok(subject), Ok(time_zone), Ok(agenda), Ok((passcode, settings))) => Change {
            subject,
            span,
            time_zone,
            agenda,
            passcode,
            settings,
        },
        (span, subject, zone, agenda, settings) => {
            let all = [
                span.err(),
                subject.err(),
                zone.err(),
                agenda.err(),
                settings.err(),
            ];
            return Ok(refused(all.into_iter().flatten().collect()));
        }
    };
    if change == Change::default() {
        let message = "Say what is to be other.";
        let error = UserError::general("FIELD_REQUIRED", message);
        return Ok(refused(vec![error]));
    }
    let deed = aim.deed("updateMeeting", "meeting.update", input.idempotency_key);
    let acting = acting(operation, aim.site);
    let done = match action::update(acting, deed, (aim.issue, aim.which), change).await {
        Ok(done) => done,
        Err(refusal) => return Ok(refused(told(refusal)?)),
    };
    let replayed = done.is_replay();
    let missing = missing_of(done);
    Ok(UpdateMeetingPayload {
        replayed,
        user_errors: missing
            .map(|it| of_calendar(&it, NOT_MOVED))
            .into_iter()
            .collect(),
        touched: Some(Touched::Named(aim.node)),
    })
}

pub async fn cancel(
    operation: &Operation,
    input: CancelMeetingInput,
) -> Result<CancelMeetingPayload, Error> {
    let refused = |user_errors| CancelMeetingPayload {
        user_errors,
        ..CancelMeetingPayload::default()
    };
    let named = (&input.meeting, input.occurrence);
    let aim = match aim(operation, &input.idempotency_key, &input.issue, named).await? {
        Ok(aim) => aim,
        Err(errors) => return Ok(refused(errors)),
    };
    let deed = aim.deed("cancelMeeting", "meeting.cancel", input.idempotency_key);
    let acting = acting(operation, aim.site);
    let done = match action::cancel(acting, deed, (aim.issue, aim.which)).await {
        Ok(done) => done,
        Err(refusal) => return Ok(refused(told(refusal)?)),
    };
    let replayed = done.is_replay();
    let missing = missing_of(done);
    Ok(CancelMeetingPayload {
        cancelled: Some(input.meeting),
        replayed,
        user_errors: missing
            .map(|it| of_calendar(&it, STILL_THERE))
            .into_iter()
            .collect(),
    })
}

fn missing_of(done: Once<action::Changed>) -> Option<String> {
    match done {
        Once::Now(changed) | Once::Found(changed) => changed.missing.map(str::to_owned),
        Once::Before(result) => missing_before(result.as_deref()),
    }
}
