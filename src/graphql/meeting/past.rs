//! What is left of a Zoom meeting that took place: its instances, who was there, the summary, and what was said.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};

use crate::graphql::context::{ContextExt as _, Operation};
use crate::graphql::error::Error;
use crate::graphql::loader::{ZoomRef, ZoomThing};
use crate::graphql::recording::{self, Recording};
use crate::graphql::scalar::DateTime;
use crate::graphql::source::SourceStatus;
use crate::id::{NodeId, ZoomNumber, ZoomUuid};
use crate::upstream::zoom::{model, transcript};
use crate::upstream::{self, Kind, Provider};

/// How many instances a query gets when it does not say.
pub const USUAL: usize = 10;

/// When a Zoom meeting took place.
#[derive(Debug, Clone, SimpleObject)]
pub struct MeetingInstances {
    /// The newest first, of the last fifteen months.
    pub nodes: Vec<MeetingInstance>,
    /// How many there are.
    pub total_count: i32,
    /// How Zoom stands for this viewer.
    pub source: SourceStatus,
}

/// One time at which a Zoom meeting took place.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct MeetingInstance {
    /// When it began.
    started_at: Option<DateTime>,
    #[graphql(skip)]
    uuid: ZoomUuid,
}

/// The recordings of a Zoom meeting.
#[derive(Debug, Clone, SimpleObject)]
pub struct MeetingRecordings {
    /// One for each time at which it was recorded, the newest first.
    pub nodes: Vec<Recording>,
    /// How Zoom stands for this viewer.
    pub source: SourceStatus,
}

/// Who was at a meeting.
#[derive(Debug, Clone, SimpleObject)]
pub struct Participants {
    /// Each time somebody came: who left and came back is there twice.
    pub nodes: Vec<Participant>,
    /// Whether there were more than are shown: 1200.
    pub has_more: bool,
    /// How Zoom stands for this viewer: `FORBIDDEN` without a paid plan.
    pub source: SourceStatus,
}

/// Somebody who was at a meeting.
#[derive(Debug, Clone, SimpleObject)]
pub struct Participant {
    /// As they called themselves.
    name: Option<String>,
    /// Their mail address; null for guests.
    email: Option<String>,
    /// When they came.
    joined_at: Option<DateTime>,
    /// When they left.
    left_at: Option<DateTime>,
    /// Seconds between the two; null while Zoom still counts.
    duration_seconds: Option<i64>,
    /// Whether they belong to the host's account.
    is_internal: Option<bool>,
}

/// What Zoom's AI Companion wrote of a meeting.
#[derive(Debug, Clone, SimpleObject)]
pub struct MeetingSummary {
    /// Its title.
    title: Option<String>,
    /// All of it, in Markdown as Zoom writes it: not sanitised, show it as text. Null when it could not be read.
    content: Option<String>,
    /// When it was written or changed last.
    updated_at: Option<DateTime>,
    /// How Zoom stands for this viewer: `FORBIDDEN` when its owner does not share it, or without a paid plan.
    source: SourceStatus,
}

/// What was said at a meeting that was recorded.
#[derive(Debug, Clone, SimpleObject)]
pub struct Transcript {
    /// All of it as plain text, a line for each time somebody spoke, with their name before it. Null when it could not
    /// be read.
    text: Option<String>,
    /// The same in parts.
    entries: Vec<TranscriptEntry>,
    /// Whether there is more than is shown: 2 MiB of it are read.
    has_more: bool,
    /// How Zoom stands for this viewer.
    source: SourceStatus,
}

/// Something that somebody said.
#[derive(Debug, Clone, SimpleObject)]
pub struct TranscriptEntry {
    /// Seconds since the recording began.
    starts_at_seconds: f64,
    /// Who, as Zoom recognised them.
    speaker: Option<String>,
    /// What.
    text: String,
}

#[ComplexObject]
impl MeetingInstance {
    /// Its recordings' id, whether there are any or not: `recording` and `linkRecording` take it.
    async fn recording_id(&self) -> ID {
        NodeId::ZoomRecording(self.uuid.clone()).to_string().into()
    }

    /// Who was there. Costs one Zoom call for 300 people.
    async fn participants(&self, ctx: &Context<'_>) -> Option<Result<Participants, Error>> {
        Some(participants(ctx.operation(), &self.uuid).await)
    }

    /// What Zoom's AI Companion wrote of it; null when it wrote nothing. Costs one Zoom call.
    async fn ai_summary(&self, ctx: &Context<'_>) -> Option<Result<MeetingSummary, Error>> {
        summary(ctx.operation(), &self.uuid).await.transpose()
    }
}

/// Who was at one instance.
async fn participants(operation: &Operation, uuid: &ZoomUuid) -> Result<Participants, Error> {
    let wanted = ZoomRef::Participants(uuid.clone());
    let (people, source) = match load(operation, wanted).await? {
        Ok(ZoomThing::Participants(people)) => (people, SourceStatus::ready(Provider::Zoom)),
        Ok(_) => (None, invalid("list who was there")),
        Err(error) => (None, SourceStatus::failed(&error)),
    };
    let nodes = people.iter().flat_map(|it| &it.people);
    Ok(Participants {
        nodes: nodes.map(Participant::from).collect(),
        has_more: people.as_ref().is_some_and(|it| it.more),
        source,
    })
}

impl From<&model::Participant> for Participant {
    fn from(it: &model::Participant) -> Self {
        let said = |text: &Option<String>| text.clone().filter(|it| !it.is_empty());
        Self {
            name: said(&it.name),
            email: said(&it.user_email),
            joined_at: it.join_time.as_deref().and_then(DateTime::parse),
            left_at: it.leave_time.as_deref().and_then(DateTime::parse),
            duration_seconds: it.duration.filter(|it| *it > 0),
            is_internal: it.internal_user,
        }
    }
}

/// Reads something of Zoom; the inner error is how Zoom stands.
async fn load(
    operation: &Operation,
    wanted: ZoomRef,
) -> Result<Result<ZoomThing, upstream::Error>, Error> {
    let outcome = operation.zoom().try_load(wanted).await;
    outcome.map_err(|error| Error::internal(&error))
}

/// Zoom answered something else than was asked for.
fn invalid(operation: &'static str) -> SourceStatus {
    SourceStatus::failed(&upstream::Error::new(
        Provider::Zoom,
        operation,
        Kind::Invalid,
    ))
}

/// The instances of a meeting, the newest first.
pub async fn instances(
    operation: &Operation,
    number: ZoomNumber,
    first: usize,
) -> Result<MeetingInstances, Error> {
    let (found, source) = match load(operation, ZoomRef::Instances(number)).await? {
        Ok(ZoomThing::Instances(found)) => (found, SourceStatus::ready(Provider::Zoom)),
        Ok(_) => (Vec::new().into(), invalid("list when a meeting took place")),
        Err(error) => (Vec::new().into(), SourceStatus::failed(&error)),
    };
    let instance = |it: &model::Instance| {
        Some(MeetingInstance {
            started_at: it.start_time.as_deref().and_then(DateTime::parse),
            uuid: it.uuid.parse().ok()?,
        })
    };
    let mut nodes: Vec<MeetingInstance> = found.iter().filter_map(instance).collect();
    nodes.sort_by(|a, b| b.started_at.cmp(&a.started_at));
    let total_count = i32::try_from(nodes.len()).unwrap_or(i32::MAX);
    nodes.truncate(first);
    Ok(MeetingInstances {
        nodes,
        total_count,
        source,
    })
}

/// The recordings of a meeting's newest instances, as far as there are any.
pub async fn recordings(
    operation: &Operation,
    number: ZoomNumber,
    first: usize,
) -> Result<MeetingRecordings, Error> {
    let taken_place = instances(operation, number, first).await?;
    let uuids: Vec<ZoomUuid> = taken_place.nodes.into_iter().map(|it| it.uuid).collect();
    if uuids.is_empty() {
        return Ok(MeetingRecordings {
            nodes: Vec::new(),
            source: taken_place.source,
        });
    }
    let wanted = uuids.iter().cloned().map(ZoomRef::Recordings).collect();
    let read = operation.zoom().try_load_many(wanted).await;
    let read = read.map_err(|error| Error::internal(&error))?;
    let mut nodes = Vec::new();
    let mut failures = Vec::new();
    for uuid in &uuids {
        let outcome = read.get(&ZoomRef::Recordings(uuid.clone()));
        match recording::of_instance(uuid, outcome) {
            Ok(found) => nodes.extend(found),
            Err(error) => failures.push(error),
        }
    }
    let read = uuids.len() - failures.len();
    let source = SourceStatus::of_parts(Provider::Zoom, read, failures.iter());
    Ok(MeetingRecordings { nodes, source })
}

/// What the AI Companion wrote of one instance.
pub async fn summary(
    operation: &Operation,
    uuid: &ZoomUuid,
) -> Result<Option<MeetingSummary>, Error> {
    let (found, source) = match load(operation, ZoomRef::Summary(uuid.clone())).await? {
        Ok(ZoomThing::Summary(None)) => return Ok(None),
        Ok(ZoomThing::Summary(found)) => (found, SourceStatus::ready(Provider::Zoom)),
        Ok(_) => (None, invalid("read a summary")),
        Err(error) => (None, SourceStatus::failed(&error)),
    };
    let said = |text: &Option<String>| text.clone().filter(|it| !it.is_empty());
    let found = found.as_deref();
    Ok(Some(MeetingSummary {
        title: found.and_then(|it| said(&it.summary_title)),
        content: found.and_then(|it| said(&it.summary_content).or_else(|| older(it))),
        updated_at: found
            .and_then(|it| it.summary_last_modified_time.as_deref())
            .and_then(DateTime::parse),
        source,
    }))
}

/// A summary from before it was one text.
fn older(summary: &model::Summary) -> Option<String> {
    let overview = summary.summary_overview.iter().cloned();
    let steps = summary.next_steps.iter().map(|it| format!("- {it}"));
    let text = overview.chain(steps).collect::<Vec<_>>().join("\n");
    (!text.trim().is_empty()).then_some(text)
}

/// What was said at one instance.
pub async fn transcript(
    operation: &Operation,
    uuid: &ZoomUuid,
) -> Result<Option<Transcript>, Error> {
    let (found, source) = match load(operation, ZoomRef::Transcript(uuid.clone())).await? {
        Ok(ZoomThing::Transcript(None)) => return Ok(None),
        Ok(ZoomThing::Transcript(found)) => (found, SourceStatus::ready(Provider::Zoom)),
        Ok(_) => (None, invalid("read a transcript")),
        Err(error) => (None, SourceStatus::failed(&error)),
    };
    let entry = |it: &transcript::Said| TranscriptEntry {
        starts_at_seconds: f64::from(it.at) / 1_000.0,
        speaker: it.speaker.clone(),
        text: it.text.clone(),
    };
    let entries = found.iter().flat_map(|it| &it.said).map(entry).collect();
    Ok(Some(Transcript {
        text: found.as_deref().map(lines),
        entries,
        has_more: found.as_ref().is_some_and(|it| it.more),
        source,
    }))
}

/// A line for each time somebody spoke; who goes on speaking is named once.
fn lines(transcript: &transcript::Transcript) -> String {
    let mut text = String::new();
    let mut last: Option<&str> = None;
    for said in &transcript.said {
        let speaker = said.speaker.as_deref();
        if !text.is_empty() {
            text.push(if speaker == last { ' ' } else { '\n' });
        }
        if let Some(speaker) = speaker.filter(|it| Some(*it) != last) {
            text.push_str(speaker);
            text.push_str(": ");
        }
        text.push_str(&said.text);
        last = speaker;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::lines;
    use crate::upstream::zoom::transcript::{Said, Transcript};

    #[test]
    fn who_goes_on_speaking_is_named_once() {
        let said = [
            (Some("A"), "one"),
            (Some("A"), "two"),
            (Some("B"), "three"),
            (None, "four"),
        ];
        let said = said.map(|(speaker, text)| Said {
            at: 0,
            speaker: speaker.map(ToOwned::to_owned),
            text: text.to_owned(),
        });
        let transcript = Transcript {
            said: said.into(),
            more: false,
        };
        assert_eq!(lines(&transcript), "A: one two\nB: three\nfour");
    }
}
