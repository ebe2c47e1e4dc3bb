//! The viewer's issues: one search of each site, all sites at once, merged by the newest change.

use std::sync::Arc;

use futures::future::join_all;

use super::WorkList;
use crate::auth::Membership;
use crate::graphql::context::Operation;
use crate::graphql::issue::Issue;
use crate::graphql::join;
use crate::graphql::scalar::DateTime;
use crate::graphql::selection::Selection;
use crate::graphql::source::SourceStatus;
use crate::id::IssueId;
use crate::upstream::jira::{self, FieldSet};
use crate::upstream::{self, Kind, Provider};

/// Which of the viewer's issues.
#[derive(Debug, Clone, Copy)]
pub enum Which {
    /// Assigned to them.
    Assigned,
    /// Reported by them.
    Reported,
    /// Watched by them.
    Watched,
}

/// A site's issues with the moments of their last change, and whether it has more.
type Found = (Vec<(Option<DateTime>, Issue)>, bool);

impl Which {
    /// The search, the same on every site: it names nobody.
    fn jql(self) -> String {
        let whose = match self {
            Self::Assigned => "assignee",
            Self::Reported => "reporter",
            Self::Watched => "watcher",
        };
        format!("{whose} = currentUser() AND statusCategory != Done ORDER BY updated DESC")
    }
}

/// Searches every site of the caller.
pub async fn search(
    operation: &Operation,
    which: Which,
    first: usize,
    selection: &Selection,
) -> WorkList {
    let sites = operation.sites();
    let mut fields = selection.issue_fields();
    if sites.len() > 1 {
        // What the sites' lists are merged by.
        fields = fields.with("updatedAt");
    }
    let jql = which.jql();
    let mut running = Vec::new();
    for site in sites {
        running.push(one(operation, site, &jql, first, fields, selection));
    }
    let mut issues = Vec::new();
    let mut sources = Vec::new();
    let mut failures = Vec::new();
    let mut has_more = false;
    for (site, outcome) in sites.iter().zip(join_all(running).await) {
        let status = match outcome {
            Ok((found, more)) => {
                issues.extend(found);
                has_more |= more;
                SourceStatus::ready(Provider::Jira)
            }
            Err(error) => {
                let status = SourceStatus::failed(&error);
                failures.push(error);
                status
            }
        };
        sources.push(status.at(&site.site));
    }
    if sites.is_empty() {
        failures.push(no_site());
        sources.push(SourceStatus::failed(&no_site()));
    }
    // Each site has sorted its own; this keeps their order where moments are equal or not known.
    issues.sort_by(|(a, _), (b, _)| b.cmp(a));
    has_more |= issues.len() > first;
    issues.truncate(first);
    let source = match sources.as_slice() {
        [only] => only.clone(),
        several => {
            SourceStatus::of_parts(Provider::Jira, several.len() - failures.len(), &failures)
        }
    };
    WorkList {
        nodes: issues.into_iter().map(|(_, issue)| issue).collect(),
        source,
        sources,
        has_more,
    }
}

/// The caller has no site.
pub fn no_site() -> upstream::Error {
    upstream::Error::new(Provider::Jira, "find a site", Kind::NotConnected)
}

async fn one(
    operation: &Operation,
    site: &Membership,
    jql: &str,
    first: usize,
    fields: FieldSet,
    selection: &Selection,
) -> Result<Found, upstream::Error> {
    let http = &operation.app.http;
    let found = operation.at_site(&site.site, "search issues", |access| async move {
        jira::search(http, &access, jql, first, None, fields).await
    });
    let found = found.await?;
    let more = (found.next_page_token.as_ref()).is_some_and(|it| !it.is_empty());
    let issues: Vec<_> = (found.issues.into_iter())
        .filter_map(|content| {
            let moment = content.fields.updated.as_deref().and_then(DateTime::parse);
            let issue = Issue::read_now(&site.site, Arc::new(content))?;
            Some((moment, issue))
        })
        .collect();
    let ids: Vec<IssueId> = issues.iter().map(|(_, issue)| issue.number()).collect();
    // What goes wrong there is met again, with its place, by the joins' own fields.
    drop(join::warm(operation, site.site.id, &ids, selection).await);
    Ok((issues, more))
}
