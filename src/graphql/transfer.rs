//! Recordings on their way into an issue.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};

use super::context::{ContextExt as _, Operation};
use super::error::Error;
use super::link::{UserError, check_key, issue_of};
use super::loader::{ZoomRef, ZoomThing};
use super::scalar::DateTime;
use crate::action::transfer as action;
use crate::auth::{Membership, Site};
use crate::feature::Feature;
use crate::id::{NodeId, TransferId, ZoomUuid};
use crate::store::transfer::{self, State, Transfer as Stored};
use crate::transfer::{Problem, file};
use crate::upstream;
use crate::upstream::jira::attachment::Limits;
use crate::upstream::zoom::model::RecordingFile;

/// The most files of one request.
const MOST_FILES: usize = 20;

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "State")]
pub enum TransferState {
    /// It waits for its turn, or for the next try at `nextTryAt`.
    Queued,
    /// It is being carried.
    Running,
    /// The file is attached.
    Done,
    /// It has ended without the file being attached: `problem` says why. Attach it again to try again.
    Failed,
    /// Its starter has stopped it.
    Cancelled,
}

/// Why a transfer waits for another try, or has failed.
#[derive(Debug, Clone, SimpleObject)]
pub struct TransferProblem {
    /// A stable code: `NOT_READY`, `RECORDING_GONE`, `NOT_A_RECORDING`, `WRONG_LENGTH`, `FILE_TOO_LARGE`,
    /// `ATTACHMENTS_DISABLED`, `ISSUE_GONE`, `FORBIDDEN`, `REFUSED`, `ZOOM_NOT_CONNECTED`, `JIRA_NOT_CONNECTED`,
    /// `ZOOM_UNAVAILABLE`, `JIRA_UNAVAILABLE`, `STALLED`, `OUTCOME_UNKNOWN`, `NOT_CONFIGURED`.
    code: String,
    /// One sentence for people.
    message: &'static str,
}

/// What proves what was attached.
#[derive(Debug, Clone, SimpleObject)]
pub struct TransferReceipt {
    /// In bytes.
    size: f64,
    /// The SHA-256 of the file, in hexadecimal digits; null when the file was there already.
    sha256: Option<String>,
    /// Jira's number of the attachment.
    attachment_id: ID,
    /// The recording it came from, as `Recording.id`.
    recording_id: ID,
}

/// A recording's file on its way into an issue: streamed from Zoom to Jira with its starter's rights, and kept nowhere
/// on the way. It goes on when the gateway is restarted, and a file is attached once.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Transfer {
    /// How far it is.
    state: TransferState,
    /// In bytes.
    size: f64,
    /// How many of them are sent, of the try that is running.
    sent: f64,
    /// How many tries have failed.
    failures: u32,
    /// When it was started.
    created_at: DateTime,
    /// When it ended.
    ended_at: Option<DateTime>,
    #[graphql(skip)]
    stored: Stored,
}

impl From<Stored> for Transfer {
    fn from(stored: Stored) -> Self {
        Self {
            state: stored.state.into(),
            size: bytes(stored.size),
            sent: bytes(stored.sent),
            failures: stored.failures,
            created_at: DateTime::from_millis(stored.created_at),
            ended_at: stored.ended_at.map(DateTime::from_millis),
            stored,
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "GraphQL has no 64-bit integer; sizes stay below 2^53"
)]
fn bytes(count: u64) -> f64 {
    count as f64
}

#[ComplexObject]
impl Transfer {
    /// Its id.
    pub async fn id(&self) -> ID {
        NodeId::Transfer(self.stored.id).to_string().into()
    }

    /// The issue it goes to.
    async fn issue_id(&self) -> ID {
        NodeId::Issue(self.stored.site, self.stored.issue)
            .to_string()
            .into()
    }

    /// The recording it comes from, as `Recording.id`.
    async fn recording_id(&self) -> ID {
        recording_id(&self.stored)
    }

    /// Which of its files, as `RecordingFile.id`.
    async fn file_id(&self) -> ID {
        self.stored.file.clone().into()
    }

    /// Our id of the person who started it, as `viewer.person`.
    async fn started_by(&self) -> ID {
        self.stored.started_by.to_string().into()
    }

    /// Whether the viewer started it, and so may stop it.
    async fn is_own(&self, ctx: &Context<'_>) -> bool {
        ctx.operation().caller.is(self.stored.started_by)
    }

    /// Why it waits for another try, or has failed.
    async fn problem(&self) -> Option<TransferProblem> {
        let code = self.stored.problem.clone()?;
        let message = Problem::parse(&code).map_or("It could not be attached.", sentence);
        Some(TransferProblem { code, message })
    }

    /// When it is tried again; null unless it waits for that.
    async fn next_try_at(&self) -> Option<DateTime> {
        let waits = self.stored.state == State::Queued && self.stored.failures > 0;
        waits.then(|| DateTime::from_millis(self.stored.due_at))
    }

    /// What was attached; null until then.
    async fn receipt(&self) -> Option<TransferReceipt> {
        if self.stored.state != State::Done {
            return None;
        }
        Some(TransferReceipt {
            size: self.size,
            sha256: self.stored.sha256.clone(),
            attachment_id: self.stored.attachment.clone()?.into(),
            recording_id: recording_id(&self.stored),
        })
    }
}

fn recording_id(stored: &Stored) -> ID {
    NodeId::ZoomRecording(stored.recording.clone())
        .to_string()
        .into()
}

/// One sentence for the person who waits for the file.
fn sentence(problem: Problem) -> &'static str {
    match problem {
        Problem::NotReady => "Zoom has not finished making this file.",
        Problem::RecordingGone => "The recording is no longer in Zoom, or not yours to see.",
        Problem::NotARecording => "Zoom sent something that is not this recording.",
        Problem::WrongLength => "The file that Zoom sent is not whole.",
        Problem::TooLarge => "The file is larger than this Jira site allows.",
        Problem::AttachmentsDisabled => "This Jira site takes no attachments.",
        Problem::IssueGone => "The work item is no longer there, or not yours to see.",
        Problem::Forbidden => "You may not attach files to this work item.",
        Problem::Refused => "Jira does not take this file.",
        Problem::ZoomNotConnected => "Connect your Zoom account again.",
        Problem::JiraNotConnected => "Open Trefoil in Jira, or connect Jira again.",
        Problem::ZoomUnavailable => "Zoom could not be reached.",
        Problem::JiraUnavailable => "Jira could not be reached.",
        Problem::Stalled => "The connection was too slow, or broke off.",
        Problem::Unknown => "Jira did not say whether it has the file.",
        Problem::SwitchedOff => "The administrators of your site have this switched off.",
    }
}

/// Which files to attach to which issue.
#[derive(InputObject)]
pub struct AttachRecordingInput {
    /// Chosen by the client; a file goes to an issue once in any case.
    idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    issue: ID,
    /// The recording, as `Recording.id`.
    recording: ID,
    /// Which of its files, as `RecordingFile.id`; at most 20.
    files: Vec<ID>,
    /// Must be true: the viewer knows that everyone who sees the issue can then see the file, without the passcode.
    audience_acknowledged: bool,
}

/// What `attachRecording` began.
#[derive(SimpleObject)]
pub struct AttachRecordingPayload {
    /// A transfer for each file, in their order; those that were under way or done before among them.
    transfers: Vec<Transfer>,
    /// Why nothing was begun. `FILE_TOO_LARGE` and `ATTACHMENTS_DISABLED` are found out before.
    user_errors: Vec<UserError>,
}

/// Which transfer to stop.
#[derive(InputObject)]
pub struct CancelTransferInput {
    /// Chosen by the client; stopping twice is as good as once.
    idempotency_key: String,
    /// The transfer.
    transfer: ID,
}

/// What `cancelTransfer` did.
#[derive(SimpleObject)]
pub struct CancelTransferPayload {
    /// The transfer as it is now.
    transfer: Option<Transfer>,
    /// Why nothing was done.
    user_errors: Vec<UserError>,
}

/// Mutations of transfers.
#[derive(Default)]
pub struct TransferMutation;

#[Object]
impl TransferMutation {
    /// Begins to attach files of a Zoom recording to an issue. They are streamed, one after the other, and go on
    /// without the viewer: follow them with `transferProgress`. Costs one Zoom call, one Jira call, and one more when
    /// it is not known what the site allows.
    async fn attach_recording(
        &self,
        ctx: &Context<'_>,
        input: AttachRecordingInput,
    ) -> Result<AttachRecordingPayload, Error> {
        let refused = |user_errors| AttachRecordingPayload {
            transfers: Vec::new(),
            user_errors,
        };
        let operation = ctx.operation();
        let checked = check_key(&input.idempotency_key);
        let place = issue_of(operation, &input.issue);
        let uuid = recording_of(&input.recording);
        let agreed = agreed(&input);
        let (site, issue, uuid) = match (checked, place, uuid, agreed) {
            (Ok(()), Ok((site, issue)), Ok(uuid), Ok(())) => (site, issue, uuid),
            (key, place, uuid, agreed) => {
                let all = [key.err(), place.err(), uuid.err(), agreed.err()];
                return Ok(refused(all.into_iter().flatten().collect()));
            }
        };
        if !operation.features(site.site.id).await?.is_on(Feature::Zoom) {
            let off = UserError::of("recording", &Error::switched_off());
            return Ok(refused(vec![off]));
        }
        let files = match chosen(operation, &uuid, &input.files).await? {
            Ok(files) => files,
            Err(error) => return Ok(refused(vec![error])),
        };
        if let Err(error) = may_attach(operation, site, issue, &files).await? {
            return Ok(refused(vec![error]));
        }
        let mut transfers = Vec::new();
        for file in &files {
            let wanted = action::Wanted {
                issue,
                recording: &uuid,
                file: &file::key(&uuid, file),
                size: file.file_size.unwrap_or_default(),
            };
            let started = action::start(&operation.app, &operation.caller, site, wanted).await?;
            transfers.push(started.into());
        }
        Ok(AttachRecordingPayload {
            transfers,
            user_errors: Vec::new(),
        })
    }

    /// Stops a transfer of the viewer's own. What is attached stays. Costs nothing upstream.
    async fn cancel_transfer(
        &self,
        ctx: &Context<'_>,
        input: CancelTransferInput,
    ) -> Result<CancelTransferPayload, Error> {
        let refused = |error| CancelTransferPayload {
            transfer: None,
            user_errors: vec![error],
        };
        if let Err(error) = check_key(&input.idempotency_key) {
            return Ok(refused(error));
        }
        let operation = ctx.operation();
        let nothing = || {
            let message = "There is no transfer of yours with that id.";
            UserError::new("NOT_FOUND", &["transfer"], message)
        };
        let Ok(NodeId::Transfer(id)) = input.transfer.parse() else {
            return Ok(refused(nothing()));
        };
        let Some((site, stored)) = found(operation, id).await? else {
            return Ok(refused(nothing()));
        };
        if !operation.caller.is(stored.started_by) {
            return Ok(refused(nothing()));
        }
        let stored = action::cancel(&operation.app, &operation.caller, site, &stored).await?;
        Ok(CancelTransferPayload {
            transfer: Some(stored.into()),
            user_errors: Vec::new(),
        })
    }
}

fn agreed(input: &AttachRecordingInput) -> Result<(), UserError> {
    if !input.audience_acknowledged {
        let message = "Say that you know who will see it: everyone who sees the work item, without the passcode.";
        return Err(UserError::new(
            "FIELD_REQUIRED",
            &["audienceAcknowledged"],
            message,
        ));
    }
    if (1..=MOST_FILES).contains(&input.files.len()) {
        return Ok(());
    }
    let message = "Choose from one to twenty files.";
    Err(UserError::new("FIELD_INVALID", &["files"], message))
}

fn recording_of(id: &ID) -> Result<ZoomUuid, UserError> {
    match id.parse() {
        Ok(NodeId::ZoomRecording(uuid)) => Ok(uuid),
        _ => (id.parse()).map_err(|malformed: crate::id::Malformed| {
            UserError::of("recording", &malformed.into())
        }),
    }
}

/// The chosen files of a recording that the viewer may see.
async fn chosen(
    operation: &Operation,
    uuid: &ZoomUuid,
    ids: &[ID],
) -> Result<Result<Vec<RecordingFile>, UserError>, Error> {
    let found = operation.zoom().try_load(ZoomRef::Recordings(uuid.clone()));
    let found = found.await.map_err(|error| Error::internal(&error))?;
    let found = match found {
        Ok(found) => found,
        Err(error) => return Ok(Err(UserError::of("recording", &error.into()))),
    };
    let ZoomThing::Recordings(Some(recordings)) = found else {
        let message = "There is no such recording that you can see.";
        return Ok(Err(UserError::new("NOT_FOUND", &["recording"], message)));
    };
    let mut files: Vec<RecordingFile> = Vec::new();
    for id in ids {
        let all = recordings.recording_files.iter();
        let Some(file) = all.into_iter().find(|it| file::key(uuid, it) == **id) else {
            let message = "The recording has no such file.";
            return Ok(Err(UserError::new("NOT_FOUND", &["files"], message)));
        };
        let twice = |it: &RecordingFile| file::key(uuid, it) == file::key(uuid, file);
        if !files.iter().any(twice) {
            files.push(file.clone());
        }
    }
    Ok(Ok(files))
}

/// Whether the site takes such files there from the viewer, as far as it says beforehand.
async fn may_attach(
    operation: &Operation,
    site: &Membership,
    issue: crate::id::IssueId,
    files: &[RecordingFile],
) -> Result<Result<(), UserError>, Error> {
    let refuse = |code, field, message: &str| Ok(Err(UserError::new(code, &[field], message)));
    if !super::link::is_visible(operation, site.site.id, issue).await? {
        return refuse(
            "NOT_FOUND",
            "issue",
            "There is nothing with that id that you can see.",
        );
    }
    let limits = match limits_of(operation, &site.site).await {
        Ok(limits) => limits,
        Err(error) => return Ok(Err(UserError::of("issue", &error.into()))),
    };
    if !limits.enabled {
        let message = "This Jira site takes no attachments.";
        return refuse("ATTACHMENTS_DISABLED", "issue", message);
    }
    let largest = files.iter().filter_map(|it| it.file_size).max();
    if let (Some(limit), Some(largest)) = (limits.upload_limit, largest)
        && largest > limit
    {
        let message = format!(
            "This Jira site takes files of {} MB at most; the largest you chose has {} MB.",
            limit / 1_000_000,
            largest.div_ceil(1_000_000)
        );
        return refuse("FILE_TOO_LARGE", "files", &message);
    }
    Ok(Ok(()))
}

/// What a site allows of attachments.
pub async fn limits_of(operation: &Operation, site: &Site) -> Result<Limits, upstream::Error> {
    let app = &operation.app;
    let read = "read the limits of attachments";
    let limits = operation.at_site(site, read, |access| async move {
        app.attachments.on(&app.http, &access, site.id).await
    });
    limits.await
}

/// A transfer of one of the viewer's sites, with that site.
pub async fn found(
    operation: &Operation,
    id: TransferId,
) -> Result<Option<(&Membership, Stored)>, Error> {
    for site in operation.sites() {
        if let Some(stored) = transfer::get(&operation.app.store, &site.tenant(), id).await? {
            return Ok(Some((site, stored)));
        }
    }
    Ok(None)
}

/// A transfer by its id, to whoever may see its issue.
pub async fn by_id(operation: &Operation, id: TransferId) -> Option<Result<Transfer, Error>> {
    let (site, stored) = match found(operation, id).await {
        Ok(found) => found?,
        Err(error) => return Some(Err(error)),
    };
    match super::link::is_visible(operation, site.site.id, stored.issue).await {
        Ok(true) => Some(Ok(stored.into())),
        Ok(false) => None,
        Err(error) => Some(Err(error)),
    }
}
