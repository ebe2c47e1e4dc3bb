//! Whether somebody may see an issue now, asked of Jira at most once in a moment for everything that waits to know.

use futures::future::join_all;

use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::issue::{self, Issue};
use crate::graphql::loader::IssueRef;
use crate::graphql::scalar::DateTime;
use crate::graphql::selection::Selection;
use crate::id::{IssueId, SiteId};
use crate::upstream::jira::FieldSet;
use crate::upstream::{self, Kind, Provider};

/// What became of the question.
pub enum Visible {
    /// Yes; with the issue, if it was to be read.
    Yes(Option<Box<Issue>>),
    /// Not any more, or not for this person.
    No,
    /// Jira cannot say just now.
    Unknown,
}

/// Whether the caller may see an issue now. With `selection` the issue is read, which answers it; without, an answer
/// of the last moment is good enough, for there is nothing to be seen but an id.
pub async fn ask(
    operation: &Operation,
    (site, id): (SiteId, IssueId),
    selection: Option<&Selection>,
) -> Visible {
    let Some(membership) = operation.caller.membership(site) else {
        return Visible::No;
    };
    if let Some(selection) = selection {
        let reference = IssueRef::Id(id);
        return match issue::resolve(operation, &membership.site, reference, selection).await {
            // With Jira down this is the page's own issue, without anything of Jira's.
            Some(Ok(issue)) if issue.is_read() => Visible::Yes(Some(Box::new(issue))),
            Some(_) => Visible::Unknown,
            None => Visible::No,
        };
    }
    match changed(operation, (site, id), Age::AMoment).await {
        Ok(Some(_)) => Visible::Yes(None),
        Ok(None) => Visible::No,
        Err(Unknown) => Visible::Unknown,
    }
}

/// How old an answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// As old as a burst of events.
    AMoment,
    /// Not older than the question.
    New,
}

/// Jira cannot say just now.
#[derive(Debug)]
pub struct Unknown;

/// When an issue last changed, in Unix milliseconds; `None` when the caller may not see it.
pub async fn changed(
    operation: &Operation,
    (site, id): (SiteId, IssueId),
    age: Age,
) -> Result<Option<i64>, Unknown> {
    let Some(membership) = operation.caller.membership(site) else {
        return Ok(None);
    };
    let seen = &operation.app.seen;
    let key = (site, membership.account.clone(), id);
    if age == Age::New {
        seen.invalidate(&key).await;
    }
    let load = async {
        let fields = FieldSet::default().with("updatedAt");
        let wanted = (site, IssueRef::Id(id), fields);
        match operation.issues().try_load(wanted).await {
            Ok(Ok(found)) => Ok(found.map(|it| {
                let updated = it.fields.updated.as_deref().and_then(DateTime::parse);
                updated.map_or(0, |it| it.millis())
            })),
            Ok(Err(error)) if matches!(error.kind, Kind::Forbidden | Kind::NotConnected) => {
                Ok(None)
            }
            Ok(Err(error)) => Err(Error::from(error)),
            Err(error) => Err(Error::internal(&error)),
        }
    };
    let loaded = seen.try_get_with(key, Box::pin(load)).await;
    loaded.map_err(|_| Unknown)
}

/// The same of several, in one question for each site.
pub async fn all_changed(
    operation: &Operation,
    places: impl IntoIterator<Item = (SiteId, IssueId)>,
    age: Age,
) -> Vec<((SiteId, IssueId), Result<Option<i64>, Unknown>)> {
    let asked = places.into_iter();
    join_all(asked.map(|place| async move { (place, changed(operation, place, age).await) })).await
}

/// When an issue last changed, as [`changed`] says; a refusal to listen for who may not see it.
pub async fn demand(
    operation: &Operation,
    place: (SiteId, IssueId),
    age: Age,
) -> Result<i64, Error> {
    match changed(operation, place, age).await {
        Ok(Some(changed)) => Ok(changed),
        Ok(None) => Err(Error::bad_input(
            "There is no issue with that id that you can see.",
        )),
        Err(Unknown) => {
            let passing = Kind::Unavailable { retry_after: None };
            Err(upstream::Error::new(Provider::Jira, "read an issue", passing).into())
        }
    }
}
