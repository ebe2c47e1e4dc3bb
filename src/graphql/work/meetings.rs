//! Today's meetings of the viewer's own calendar, and the issues they belong to.

use std::sync::Arc;

use super::belonging::Belonging;
use super::day::Day;
use super::{MyMeeting, MyMeetings};
use crate::feature::Feature;
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::meeting::Meeting;
use crate::graphql::selection::Selection;
use crate::graphql::source::SourceStatus;
use crate::store::link::Target;
use crate::upstream::Provider;
use crate::upstream::microsoft::meeting::{self, Event};
use crate::upstream::microsoft::{self, Page};

/// Reads a day: the calendar in one Graph call, then the issues.
pub async fn read(
    operation: &Operation,
    day: &Day,
    selection: &Selection,
) -> Result<MyMeetings, Error> {
    if !operation.allows(&[Feature::Meetings]).await? {
        let source = SourceStatus::switched_off(Provider::Microsoft);
        return Ok(MyMeetings {
            nodes: Vec::new(),
            sources: vec![source.clone()],
            source,
        });
    }
    let mut select = selection.field("meeting").graph(meeting::FIELDS);
    let issues = selection.field("issues");
    if issues.exists() {
        select.push_str(",iCalUId");
    }
    let path = meeting::between(&day.start, &day.end, &select);
    let outcome = operation.graph().try_load(path).await;
    let outcome = outcome.map_err(|error| Error::internal(&error))?;
    let page = outcome.and_then(|it| microsoft::parse::<Page<Event>>(&it, "read a calendar"));
    let (events, source) = match page {
        Ok(page) => (page.value, SourceStatus::ready(Provider::Microsoft)),
        Err(error) => (Vec::new(), SourceStatus::failed(&error)),
    };
    let names: Vec<Vec<Target>> = events.iter().map(names).collect();
    let belonging = Belonging::find(operation, &names.concat(), &issues).await?;
    let mut sources = vec![source.clone()];
    sources.extend(belonging.sources.iter().cloned());
    let meetings = events.into_iter().zip(&names);
    Ok(MyMeetings {
        nodes: meetings
            .map(|(event, names)| MyMeeting {
                meeting: Meeting::of_event(Arc::new(event)),
                issues: belonging.of(names),
            })
            .collect(),
        source,
        sources,
    })
}

/// What links to an event may call it.
fn names(event: &Event) -> Vec<Target> {
    event.uids().into_iter().map(Target::Event).collect()
}
