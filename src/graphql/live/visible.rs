//! Whether somebody may see an issue now, asked of Jira at most once in a moment for everything that waits to know.

use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::issue::{self, Issue};
use crate::graphql::loader::IssueRef;
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
    let key = (site, membership.account.clone(), id);
    let load = async {
        let wanted = (site, IssueRef::Id(id), FieldSet::default());
        match operation.issues().try_load(wanted).await {
            Ok(Ok(found)) => Ok(found.is_some()),
            Ok(Err(error)) if matches!(error.kind, Kind::Forbidden | Kind::NotConnected) => {
                Ok(false)
            }
            Ok(Err(error)) => Err(Error::from(error)),
            Err(error) => Err(Error::internal(&error)),
        }
    };
    match operation.app.seen.try_get_with(key, Box::pin(load)).await {
        Ok(true) => Visible::Yes(None),
        Ok(false) => Visible::No,
        Err(_) => Visible::Unknown,
    }
}

/// The same, as a refusal to listen.
pub async fn demand(operation: &Operation, place: (SiteId, IssueId)) -> Result<(), Error> {
    match ask(operation, place, None).await {
        Visible::Yes(_) => Ok(()),
        Visible::No => Err(Error::bad_input(
            "There is no issue with that id that you can see.",
        )),
        Visible::Unknown => {
            let passing = Kind::Unavailable { retry_after: None };
            Err(upstream::Error::new(Provider::Jira, "read an issue", passing).into())
        }
    }
}
