//! The recordings of a meeting.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};

use super::context::{ContextExt as _, Operation};
use super::error::Error;
use super::join::{self, Found};
use super::loader::{ZoomRef, ZoomThing};
use super::meeting::{self, MeetingSummary, Transcript};
use super::page::count;
use super::scalar::{DateTime, Url};
use super::source::SourceStatus;
use crate::clock;
use crate::feature::Feature;
use crate::id::{LinkId, NodeId, ZoomUuid};
use crate::store::link::{Link, Target};
use crate::transfer::file;
use crate::upstream::zoom::model;
use crate::upstream::zoom::past::Recorded;
use crate::upstream::zoom::transcript::is_transcript;
use crate::upstream::{self, Kind, Provider};

/// The recordings of one Zoom meeting instance, as the viewer sees them.
#[derive(Debug, Clone)]
pub struct Recording {
    uuid: ZoomUuid,
    content: Arc<model::Recordings>,
    link: Option<LinkId>,
}

/// One file of a recording.
#[derive(Debug, Clone)]
pub struct RecordingFile {
    meeting: ZoomUuid,
    content: model::RecordingFile,
}

/// What a link to a recording came to.
pub fn found(read: &join::Read, link: &Link) -> Found<Recording> {
    let Target::ZoomRecording(uuid) = &link.target else {
        return Found::Elsewhere;
    };
    of_outcome(uuid, read.zoom(link)).map(|content| {
        let moment = content.start_time.as_deref().and_then(DateTime::parse);
        (
            Recording {
                uuid: uuid.clone(),
                content,
                link: Some(link.id),
            },
            moment,
        )
    })
}

/// One by its UUID.
pub async fn by_uuid(operation: &Operation, uuid: &ZoomUuid) -> Option<Result<Recording, Error>> {
    let outcome = match operation
        .zoom()
        .try_load(ZoomRef::Recordings(uuid.clone()))
        .await
    {
        Ok(outcome) => outcome,
        Err(error) => return Some(Err(Error::internal(&error))),
    };
    of_outcome(uuid, Some(&outcome))
        .map(|content| {
            (
                Recording {
                    uuid: uuid.clone(),
                    content,
                    link: None,
                },
                None,
            )
        })
        .into_field()
}

/// What one of a meeting's instances has of recordings; `None` when nothing that the viewer may see.
pub fn of_instance(
    uuid: &ZoomUuid,
    outcome: Option<&Result<ZoomThing, upstream::Error>>,
) -> Result<Option<Recording>, upstream::Error> {
    match of_outcome(uuid, outcome) {
        Found::Here(content, _) => Ok(Some(Recording {
            uuid: uuid.clone(),
            content,
            link: None,
        })),
        Found::Elsewhere => Ok(None),
        Found::Failed(error) => Err(error),
    }
}

fn of_outcome(
    _uuid: &ZoomUuid,
    outcome: Option<&Result<ZoomThing, upstream::Error>>,
) -> Found<Arc<model::Recordings>> {
    match outcome {
        Some(Ok(ZoomThing::Recordings(Some(content)))) => Found::Here(Arc::clone(content), None),
        Some(Ok(_)) => Found::Elsewhere,
        // Zoom says "no permission" for a recording of somebody else's account.
        Some(Err(error)) if error.kind == Kind::Forbidden => Found::Elsewhere,
        Some(Err(error)) => Found::Failed(error.clone()),
        None => Found::Failed(upstream::Error::new(
            Provider::Zoom,
            "read a recording",
            Kind::Invalid,
        )),
    }
}

/// The recordings of one Zoom meeting instance, as the viewer sees them. Read from Zoom on demand (one call) and never
/// stored.
#[Object]
impl Recording {
    /// Its id.
    pub async fn id(&self) -> ID {
        NodeId::ZoomRecording(self.uuid.clone()).to_string().into()
    }

    /// The link that joins it to the issue; null when it was found another way. `unlink` takes it.
    async fn link_id(&self) -> Option<ID> {
        self.link.map(|link| NodeId::Link(link).to_string().into())
    }

    /// The meeting's topic.
    async fn topic(&self) -> Option<&str> {
        self.content.topic.as_deref()
    }

    /// When the meeting began.
    async fn started_at(&self) -> Option<DateTime> {
        self.content.start_time.as_deref().and_then(DateTime::parse)
    }

    /// How long it took, in minutes.
    async fn duration_minutes(&self) -> Option<i64> {
        self.content.duration
    }

    /// All files together, in bytes.
    #[expect(
        clippy::cast_precision_loss,
        reason = "GraphQL has no 64-bit integer; sizes stay below 2^53"
    )]
    async fn total_size(&self) -> Option<f64> {
        self.content.total_size.map(|it| it as f64)
    }

    /// Whether a passcode guards it. The passcode itself is never shown.
    async fn password_protected(&self) -> bool {
        self.content.is_protected()
    }

    /// Where to watch it at Zoom.
    async fn share_url(&self) -> Option<Url> {
        self.content.share_url.as_deref().and_then(Url::parse)
    }

    /// When Zoom deletes it by itself: the beginning of that day. Null when it does not.
    async fn expires_at(&self) -> Option<DateTime> {
        let day = self.content.auto_delete_date.as_deref();
        let day = day.filter(|it| self.content.auto_delete == Some(true) && it.len() == 10)?;
        DateTime::parse(&format!("{day}T00:00:00Z"))
    }

    /// Its files.
    async fn files(&self) -> Vec<RecordingFile> {
        let file = |content: &model::RecordingFile| RecordingFile {
            meeting: self.uuid.clone(),
            content: content.clone(),
        };
        self.content.recording_files.iter().map(file).collect()
    }

    /// Whether there is a transcript to be read.
    async fn has_transcript(&self) -> bool {
        let files = &self.content.recording_files;
        files.iter().any(is_transcript)
    }

    /// What was said, as text; null when there is no transcript, or not yet. Read through memory and kept nowhere.
    /// Costs one Zoom call, and the download.
    async fn transcript(&self, ctx: &Context<'_>) -> Option<Result<Transcript, Error>> {
        if !self.content.recording_files.iter().any(is_transcript) {
            return None;
        }
        meeting::transcript(ctx.operation(), &self.uuid)
            .await
            .transpose()
    }

    /// What Zoom's AI Companion wrote of the meeting; null when it wrote nothing. Costs one Zoom call.
    async fn ai_summary(&self, ctx: &Context<'_>) -> Option<Result<MeetingSummary, Error>> {
        meeting::summary(ctx.operation(), &self.uuid)
            .await
            .transpose()
    }
}

/// One file of a recording: video, audio, transcript or chat.
#[Object]
impl RecordingFile {
    /// Its id, the same for as long as its recording has such a file: Zoom's own ids change when it makes a file anew,
    /// and some files have none.
    pub async fn id(&self) -> ID {
        file::key(&self.meeting, &self.content).into()
    }

    /// Zoom's `file_type`: MP4, M4A, TRANSCRIPT, CHAT, TIMELINE, CC, CSV or SUMMARY.
    async fn r#type(&self) -> &str {
        self.content.file_type.as_deref().unwrap_or("UNKNOWN")
    }

    /// Zoom's `recording_type`, such as `shared_screen_with_speaker_view`.
    async fn recording_type(&self) -> Option<&str> {
        self.content.recording_type.as_deref()
    }

    /// Its extension.
    async fn extension(&self) -> Option<&str> {
        self.content.file_extension.as_deref()
    }

    /// In bytes.
    #[expect(
        clippy::cast_precision_loss,
        reason = "GraphQL has no 64-bit integer; sizes stay below 2^53"
    )]
    async fn size(&self) -> Option<f64> {
        self.content.file_size.map(|it| it as f64)
    }

    /// When it begins.
    async fn started_at(&self) -> Option<DateTime> {
        self.content
            .recording_start
            .as_deref()
            .and_then(DateTime::parse)
    }

    /// When it ends.
    async fn ended_at(&self) -> Option<DateTime> {
        self.content
            .recording_end
            .as_deref()
            .and_then(DateTime::parse)
    }

    /// `completed` once it can be downloaded.
    async fn status(&self) -> Option<&str> {
        self.content.status.as_deref()
    }
}

/// How many of their own recordings somebody gets when they do not say.
const USUAL: usize = 20;

/// Some weeks of the viewer's own recordings.
#[derive(Debug, Clone, SimpleObject)]
pub struct MyRecordings {
    /// The newest first.
    nodes: Vec<Recording>,
    /// Whether there are more in these weeks: ask for those until the last one's `startedAt`.
    has_more: bool,
    /// When these weeks begin: ask for what is until then to see what came before.
    since: DateTime,
    /// How Zoom stands for this viewer.
    source: SourceStatus,
}

async fn own(
    operation: &Operation,
    until: Option<DateTime>,
    first: Option<i32>,
) -> Result<MyRecordings, Error> {
    operation.demand(&[Feature::Zoom]).await?;
    let first = count(first, USUAL)?;
    let until = until.unwrap_or_else(|| DateTime::from_millis(clock::millis()));
    let day = clock::at(until.millis()).date();
    let outcome = operation.zoom().try_load(ZoomRef::Recorded(day)).await;
    let outcome = outcome.map_err(|error| Error::internal(&error))?;
    let (found, source) = match outcome {
        Ok(ZoomThing::Recorded(found)) => (Some(found), SourceStatus::ready(Provider::Zoom)),
        Ok(_) => {
            let error = upstream::Error::new(Provider::Zoom, "list recordings", Kind::Invalid);
            (None, SourceStatus::failed(&error))
        }
        Err(error) => (None, SourceStatus::failed(&error)),
    };
    let of = |content: &model::Recordings| {
        let started = content.start_time.as_deref().and_then(DateTime::parse)?;
        Some(Recording {
            uuid: content.uuid.parse().ok().filter(|_| started < until)?,
            content: Arc::new(content.clone()),
            link: None,
        })
    };
    let listed = found.iter().flat_map(|it| &it.recordings);
    let mut nodes: Vec<Recording> = listed.filter_map(of).collect();
    let has_more = nodes.len() > first || found.as_ref().is_some_and(|it| it.more);
    nodes.truncate(first);
    let midnight = |it: &Recorded| it.since.midnight().assume_utc().unix_timestamp();
    let since = found.map(|it| DateTime::from_millis(midnight(&it) * 1_000));
    Ok(MyRecordings {
        nodes,
        has_more,
        since: since.unwrap_or(until),
        source,
    })
}

/// Queries for recordings.
#[derive(Default)]
pub struct RecordingQuery;

#[Object]
impl RecordingQuery {
    /// The recordings of a meeting that the viewer may see. Null when there are none. Costs one Zoom call.
    async fn recording(&self, ctx: &Context<'_>, id: ID) -> Option<Result<Recording, Error>> {
        if let Err(error) = ctx.operation().demand(&[Feature::Zoom]).await {
            return Some(Err(error));
        }
        match id.parse() {
            Ok(NodeId::ZoomRecording(uuid)) => by_uuid(ctx.operation(), &uuid).await,
            Ok(_) => Some(Err(Error::bad_input("`id` is not the id of a recording."))),
            Err(malformed) => Some(Err(malformed.into())),
        }
    }

    /// The viewer's own cloud recordings at Zoom of four weeks, linked or not, to be linked by
    /// `linkRecording`. Costs one Zoom call for 300.
    async fn my_recordings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Those that began before; now when not given.")] until: Option<DateTime>,
        #[graphql(desc = "How many, 20 when not given, 100 at most.")] first: Option<i32>,
    ) -> Option<Result<MyRecordings, Error>> {
        Some(own(ctx.operation(), until, first).await)
    }
}
