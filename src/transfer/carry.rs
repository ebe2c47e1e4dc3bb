//! One try: look at the issue, open the recording anew, let it flow, and write down how that ended.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::flow::Gauge;
use super::outcome::Problem;
use super::{file, lease, tell};
use crate::app::App;
use crate::auth::{Caller, Membership};
use crate::event::TransferChange;
use crate::feature::Feature;
use crate::id::TenantId;
use crate::store::audit::{self, Act, Outcome};
use crate::store::transfer::{self, Beat, End, State, Transfer};
use crate::upstream::jira::attachment::{self, File};
use crate::upstream::jira::{self, FieldSet, model};
use crate::upstream::zoom::download;
use crate::upstream::{Access, Error, Kind, Provider};
use crate::{clock, grant, store};

/// How often it is said that this process lives, and how far it is.
const BEAT: Duration = Duration::from_secs(1);
/// Said so often, it is said again after this part of the time that it took so far.
const STEPS: i64 = 50;
/// How often it is looked whether its starter still has a right at Zoom.
const RIGHTS: Duration = Duration::from_secs(3);
/// When what was given back at a stop is tried again.
const GIVEN_BACK: i64 = 2_000;

/// How a try ended.
enum Tried {
    /// The file is there: attached now with this hash, or found.
    There(String, Option<String>),
    /// It is not.
    Not(Problem),
    /// The gateway stops.
    GivenBack,
    /// Its starter has stopped it, or another process has it.
    Lost,
}

impl<E: Into<Problem>> From<E> for Tried {
    fn from(error: E) -> Self {
        Self::Not(error.into())
    }
}

/// Carries one transfer once, with its starter's rights of now.
pub async fn one(app: &App, transfer: &Transfer, stop: &CancellationToken) {
    tell(app, transfer, TransferChange::Begun).await;
    let gauge = Gauge::default();
    let tried = tokio::select! {
        biased;
        () = stop.cancelled() => Tried::GivenBack,
        () = is_lost(app, transfer, &gauge) => Tried::Lost,
        tried = attempt(app, transfer, &gauge) => tried.unwrap_or_else(|tried| tried),
    };
    if let Err(error) = settle(app, transfer, tried).await {
        // The lease ends by itself, and the next holder looks first.
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the end of a transfer could not be written down"
        );
    }
    tell(app, transfer, TransferChange::Ended).await;
}

/// Says that it lives until it may not go on. Each time is a write, so the longer it takes the rarer it is said; that it
/// was stopped is seen at once, by a read.
async fn is_lost(app: &App, transfer: &Transfer, gauge: &Gauge) {
    let mut told = 0;
    let begun = clock::millis();
    let mut last = begun;
    let tenant = TenantId::of_site(transfer.site);
    // Several in a lease, however short it is.
    let rarest = lease(app) / 4;
    let beat = BEAT.min(Duration::from_secs(app.settings.transfers.lease) / 4);
    loop {
        sleep(beat).await;
        let now = clock::millis();
        if now - last < rarest.min((now - begun) / STEPS) {
            match transfer::get(&app.store, &tenant, transfer.id).await {
                Ok(Some(it)) if it.state == State::Running => continue,
                Err(_) => continue,
                Ok(_) => return,
            }
        }
        let (sent, until) = (gauge.sent(), now + lease(app));
        let owner = app.transfers.owner();
        match transfer::beat(&app.store, transfer, owner, until, sent).await {
            Ok(Beat::Go) => last = now,
            // Until the lease ends nobody else has it.
            Err(_) if clock::millis() - last < lease(app) => {}
            Ok(Beat::Stop) | Err(_) => return,
        }
        if sent != told {
            told = sent;
            tell(app, transfer, TransferChange::Moved).await;
        }
    }
}

async fn attempt(app: &App, transfer: &Transfer, gauge: &Gauge) -> Result<Tried, Tried> {
    if !app
        .features(transfer.site)
        .await
        .map_err(|error| outage(&error))?
        .is_on(Feature::Zoom)
    {
        return Err(Tried::Not(Problem::SwitchedOff));
    }
    let caller = Caller::of_home(app, &transfer.home, &transfer.account).await?;
    let caller = caller.ok_or(Tried::Not(Problem::JiraNotConnected))?;
    let membership = caller.membership(transfer.site);
    let membership = membership.ok_or(Tried::Not(Problem::JiraNotConnected))?;
    let zoom = grant::zoom(app, &caller).await?;
    let (zoom, found) = match download::downloadable(&app.http, &zoom, &transfer.recording).await {
        Err(Error {
            kind: Kind::TokenRefused { .. },
            ..
        }) => {
            let renewed = grant::renewed(app, &caller, Provider::Zoom, None, &zoom).await?;
            let found = download::downloadable(&app.http, &renewed, &transfer.recording).await?;
            (renewed, found)
        }
        found => (zoom, found?),
    };
    let found = found.ok_or(Tried::Not(Problem::RecordingGone))?;
    let ours = |it: &_| file::key(&transfer.recording, it) == transfer.file;
    let (named, source) = found
        .file(&zoom, ours)
        .ok_or(Tried::Not(Problem::RecordingGone))?;
    let name = file::name(&transfer.file, named);
    let size = named.file_size.unwrap_or(transfer.size);

    // After whatever became of earlier tries, and before anything is sent.
    let (jira, present) = present(app, &caller, membership, transfer).await?;
    let same = |it: &&model::Attachment| it.filename == name && it.size == size;
    if let Some(there) = present.iter().find(same) {
        return Ok(Tried::There(there.id.clone(), None));
    }
    let source = source.ok_or(Tried::Not(Problem::NotReady))?;
    let limits = app.attachments.on(&app.http, &jira, transfer.site).await?;
    if !limits.enabled {
        return Err(Tried::Not(Problem::AttachmentsDisabled));
    }
    if limits.upload_limit.is_some_and(|limit| size > limit) {
        return Err(Tried::Not(Problem::TooLarge));
    }
    let settings = app.settings.zoom.as_ref();
    let hosts = settings.map_or(&[][..], |it| &it.download_hosts);
    let content = download::open(&app.http, &source, hosts).await?;
    if content.length.is_some_and(|length| length != size) {
        return Err(Tried::Not(Problem::WrongLength));
    }
    let carried = File {
        name,
        content_type: Some(file::media(named).to_owned()),
        content: gauge.measure(content, size),
    };
    let sent = attachment::add_at_leisure(&app.http, &jira, transfer.issue, carried);
    tokio::select! {
        sent = sent => match sent {
            Ok(added) => Ok(Tried::There(added.id, Some(gauge.sha256()))),
            Err(_) if gauge.was_wrong() => Err(Tried::Not(Problem::WrongLength)),
            // What was broken off by Zoom cannot have become a file at Jira.
            Err(jira::write::Failure::Unknown(_)) if gauge.sent() < size => {
                Err(Tried::Not(Problem::Stalled))
            }
            Err(failure) => Err(failure.into()),
        },
        problem = lost_zoom(app, &caller) => Err(Tried::Not(problem)),
        () = gauge.stands_still(size) => Err(Tried::Not(if gauge.sent() < size {
            Problem::Stalled
        } else {
            Problem::Unknown
        })),
    }
}

/// Ends when the starter has no right at Zoom any more: who disconnects does not want what is on its way.
async fn lost_zoom(app: &App, caller: &Caller) -> Problem {
    loop {
        sleep(RIGHTS).await;
        if let Err(error) = grant::zoom(app, caller).await {
            let problem = Problem::from(error);
            if problem == Problem::ZoomNotConnected {
                return problem;
            }
        }
    }
}

/// What is attached to the issue now, and the right by which that was read.
async fn present(
    app: &App,
    caller: &Caller,
    membership: &Membership,
    transfer: &Transfer,
) -> Result<(Access, Vec<model::Attachment>), Tried> {
    let site = &membership.site;
    let fields = FieldSet::of(|name| name == "attachments");
    let read = async |access: Access| {
        let issue = jira::issue_by_id(&app.http, &access, transfer.issue, fields).await;
        issue.map(|issue| (access, issue))
    };
    let access = grant::jira(app, caller, site).await?;
    let (access, issue) = match read(access.clone()).await {
        Err(Error {
            kind: Kind::TokenRefused { .. },
            ..
        }) => {
            let renewed = grant::renewed(app, caller, Provider::Jira, Some(site), &access).await?;
            read(renewed).await?
        }
        outcome => outcome?,
    };
    let issue = issue.ok_or(Tried::Not(Problem::IssueGone))?;
    Ok((access, issue.attachments()))
}

/// Writes down how a try ended, and in the audit log what became of the file.
async fn settle(app: &App, transfer: &Transfer, tried: Tried) -> store::Result<()> {
    let owner = app.transfers.owner();
    let now = clock::millis();
    let first_pause = Duration::from_secs(app.settings.transfers.first_pause);
    let (end, outcome, detail) = match &tried {
        Tried::Lost => return Ok(()),
        Tried::GivenBack => (
            End::Again(now + GIVEN_BACK, None, false),
            None,
            String::new(),
        ),
        Tried::There(id, sha256) => {
            let end = End::Done {
                attachment: id,
                sha256: sha256.as_deref(),
            };
            let hash = sha256.as_deref().unwrap_or("found");
            let receipt = format!("{id} {} {hash} {}", transfer.size, transfer.recording);
            (end, Some(Outcome::Done), receipt)
        }
        Tried::Not(problem) => match problem.pause(transfer.failures, first_pause) {
            Some(pause) => {
                let millis = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
                let end = End::Again(now.saturating_add(millis), Some(problem.code()), true);
                (end, None, String::new())
            }
            None => (
                End::Failed(problem.code()),
                Some(Outcome::Failed),
                problem.code().to_owned(),
            ),
        },
    };
    metrics::counter!("trefoil_transfer_tries_total", "outcome" => match &tried {
        Tried::There(..) => "attached",
        Tried::Not(problem) => problem.code(),
        Tried::GivenBack | Tried::Lost => "given-back",
    })
    .increment(1);
    if let Some(outcome) = outcome {
        let tenant = TenantId::of_site(transfer.site);
        let act = Act {
            tenant: &tenant,
            person: Some(transfer.started_by),
            actor: None,
            action: "recording.attach",
            object: Some(("issue", transfer.issue.to_string())),
        };
        // First, so that what is attached is in the log even if it was cancelled, or this process ends, meanwhile.
        audit::happened(&app.store, act, outcome, Some(&detail)).await?;
    }
    transfer::end(&app.store, transfer, owner, end).await?;
    Ok(())
}

fn outage(error: &store::Error) -> Tried {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "the store failed while a transfer began"
    );
    Tried::Not(Problem::JiraUnavailable)
}
