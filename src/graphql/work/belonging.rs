//! The issues that things of a person belong to: by links of every site they have, read with their own rights.

use std::collections::HashMap;
use std::sync::Arc;

use super::issues::no_site;
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::issue::Issue;
use crate::graphql::join;
use crate::graphql::loader::IssueRef;
use crate::graphql::selection::Selection;
use crate::graphql::source::SourceStatus;
use crate::id::{IssueId, SiteId};
use crate::store::link::{self, Kind, Link, Target};
use crate::upstream::{self, Provider};

/// The issues of some things, and how each site stands.
pub struct Belonging {
    by_target: HashMap<Target, Vec<Issue>>,
    /// How each site stands.
    pub sources: Vec<SourceStatus>,
}

impl Belonging {
    /// Finds the links in one read, and the issues in one Jira call for each site that has any; none of it when no
    /// field of the issues is selected.
    pub async fn find(
        operation: &Operation,
        targets: &[Target],
        selection: &Selection,
    ) -> Result<Self, Error> {
        let sites: Vec<SiteId> = operation.sites().iter().map(|it| it.site.id).collect();
        let links = if selection.exists() && !targets.is_empty() && !sites.is_empty() {
            let links = link::of_targets(&operation.app.store, &sites, targets).await?;
            operation.switched_on(links).await?
        } else {
            Vec::new()
        };
        let caller = &operation.caller;
        // A task lies in its owner's own list: what others linked is not this one.
        let links: Vec<Link> = (links.into_iter())
            .filter(|it| it.target.kind() != Kind::Task || caller.is(it.linked_by))
            .collect();
        let fields = selection.issue_fields();
        let load = |link: &Link| (link.site, IssueRef::Id(link.issue), fields);
        let keys = links.iter().map(load).collect();
        let outcomes = operation.issues().try_load_many(keys).await;
        let outcomes = outcomes.map_err(|error| Error::internal(&error))?;
        let mut sources = Vec::new();
        let mut by_target: HashMap<Target, Vec<Issue>> = HashMap::new();
        for membership in operation.sites() {
            let site = &membership.site;
            let mut failures: Vec<upstream::Error> = Vec::new();
            let mut visible: Vec<IssueId> = Vec::new();
            for link in links.iter().filter(|it| it.site == site.id) {
                match outcomes.get(&load(link)) {
                    Some(Ok(Some(content))) => {
                        let issues = by_target.entry(link.target.clone()).or_default();
                        issues.extend(Issue::read_now(site, Arc::clone(content)));
                        visible.push(link.issue);
                    }
                    Some(Err(error)) => failures.push(error.clone()),
                    // Not this viewer's to see.
                    Some(Ok(None)) | None => {}
                }
            }
            // What goes wrong there is met again, with its place, by the joins' own fields.
            drop(join::warm(operation, site.id, &visible, selection).await);
            let status = SourceStatus::of_parts(Provider::Jira, visible.len(), &failures);
            sources.push(status.at(site));
        }
        if sites.is_empty() {
            sources.push(SourceStatus::failed(&no_site()));
        }
        Ok(Self { by_target, sources })
    }

    /// The issues of one thing, which may be linked under several names; each issue once.
    pub fn of(&self, names: &[Target]) -> Vec<Issue> {
        let mut issues: Vec<Issue> = Vec::new();
        for issue in names
            .iter()
            .filter_map(|it| self.by_target.get(it))
            .flatten()
        {
            if !issues.iter().any(|known| known.is(issue)) {
                issues.push(issue.clone());
            }
        }
        issues
    }
}
