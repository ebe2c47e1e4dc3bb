//! Finding issues: by id, by key, by JQL.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::Issue;
use crate::auth::{self, Membership};
use crate::graphql::context::{ContextExt as _, Operation};
use crate::graphql::error::Error;
use crate::graphql::join;
use crate::graphql::loader::IssueRef;
use crate::graphql::page::{Connection, Place, Slice};
use crate::graphql::selection::Selection;
use crate::id::{IssueId, IssueKey, NodeId};
use crate::upstream::jira;
use crate::upstream::{self, Kind, Provider};

/// Whether a failure says nothing about the viewer's rights, only that Jira cannot answer now.
fn is_passing(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::TimedOut | Kind::Unavailable { .. } | Kind::RateLimited { .. } | Kind::Invalid
    )
}

/// One issue of the caller's site, with everything its selection joins started at the same time.
///
/// Visible is what Jira shows this person now. When Jira cannot answer, the issue that Jira's own signed context names
/// is still shown with what the other providers know of it: Jira showed it to this person minutes ago.
pub async fn resolve(
    operation: &Operation,
    site: &auth::Site,
    reference: IssueRef,
    selection: &Selection,
) -> Option<Result<Issue, Error>> {
    let load = operation
        .issues()
        .try_load((site.id, reference.clone(), selection.issue_fields()));
    let (outcome, id) = match &reference {
        IssueRef::Id(id) => {
            let ids = [*id];
            let (outcome, warmed) =
                futures::join!(load, join::warm(operation, site.id, &ids, selection));
            // What went wrong there is met again, with its place, by the joins' own fields.
            drop(warmed);
            (outcome, Some(*id))
        }
        IssueRef::Key(_) => {
            let outcome = load.await;
            let found = outcome
                .as_ref()
                .ok()
                .and_then(|it| it.as_ref().ok())
                .and_then(Option::as_ref);
            let id = found.and_then(|issue| issue.id.parse().ok());
            if let Some(id) = id {
                drop(join::warm(operation, site.id, &[id], selection).await);
            }
            (outcome, id)
        }
    };
    let content = match outcome {
        Ok(Ok(Some(content))) => Ok(content),
        Ok(Ok(None)) => return None,
        Ok(Err(error)) => Err(error),
        Err(error) => return Some(Err(Error::internal(&error))),
    };
    let caller = &operation.caller;
    let this_site = caller.site.as_ref().is_some_and(|own| own.id == site.id);
    let on_this_page = this_site && id.is_some() && caller.issue == id;
    match (content, id) {
        (Err(error), Some(id)) if on_this_page && is_passing(&error.kind) => Some(Ok(Issue {
            site: site.clone(),
            id,
            content: Err(error),
        })),
        (Err(error), _) => Some(Err(error.into())),
        (Ok(content), Some(id)) => Some(Ok(Issue {
            site: site.clone(),
            id,
            content: Ok(content),
        })),
        (Ok(_), None) => {
            let error = upstream::Error::new(Provider::Jira, "read an issue", Kind::Invalid);
            Some(Err(error.into()))
        }
    }
}

/// The site on which a key exists, when the caller has several and named none. Costs one Jira call for each.
///
/// A site that cannot answer is passed over when another has the issue; when none has, its failure is the answer.
async fn site_of_key<'a>(
    operation: &'a Operation,
    key: &IssueKey,
    selection: &Selection,
) -> Result<Option<&'a auth::Site>, Error> {
    let sites = operation.sites();
    let fields = selection.issue_fields();
    let load = |site: &Membership| (site.site.id, IssueRef::Key(key.clone()), fields);
    let outcomes = operation
        .issues()
        .try_load_many(sites.iter().map(load).collect());
    let outcomes = outcomes.await.map_err(|error| Error::internal(&error))?;
    let outcome = |site: &&Membership| outcomes.get(&load(site));
    let having: Vec<_> = sites
        .iter()
        .filter(|site| matches!(outcome(site), Some(Ok(Some(_)))))
        .collect();
    match having.as_slice() {
        [only] => Ok(Some(&only.site)),
        [] => match outcomes.values().find_map(|it| it.as_ref().err()) {
            Some(error) => Err(error.clone().into()),
            None => Ok(None),
        },
        several => Err(Error::ambiguous(several.iter().copied())),
    }
}

/// The issue that a query names; `None` when no site of the caller has it.
async fn target(
    operation: &Operation,
    key: Option<&str>,
    id: Option<&ID>,
    site: Option<&ID>,
    selection: &Selection,
) -> Result<Option<(auth::Site, IssueRef)>, Error> {
    let site = site.map(|it| it.as_str());
    let (site, reference) = match (key, id) {
        (None, Some(id)) => match (id.parse::<IssueId>(), id.parse::<NodeId>()) {
            (Ok(id), _) => (&operation.site(site)?.site, IssueRef::Id(id)),
            (_, Ok(NodeId::Issue(site, id))) => {
                let site = operation.site(Some(&site.to_string()))?;
                (&site.site, IssueRef::Id(id))
            }
            _ => {
                return Err(Error::bad_input(
                    "`id` is not the id of an issue. Use its id, or Jira's number of it.",
                ));
            }
        },
        (Some(key), None) => {
            let key: IssueKey = key.parse()?;
            let site = if site.is_none() && operation.sites().len() > 1 {
                match site_of_key(operation, &key, selection).await? {
                    Some(site) => site,
                    None => return Ok(None),
                }
            } else {
                &operation.site(site)?.site
            };
            (site, IssueRef::Key(key))
        }
        _ => return Err(Error::bad_input("Give either `key` or `id`.")),
    };
    Ok(Some((site.clone(), reference)))
}

/// Queries for issues.
#[derive(Default)]
pub struct IssueQuery;

#[Object]
impl IssueQuery {
    /// An issue by its key or id. Null when there is none that the viewer may see. Costs one Jira call, and
    /// for a key without a site one for each site of the viewer.
    async fn issue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its key, such as DEMO-42.")] key: Option<String>,
        #[graphql(
            desc = "Its id, or Jira's number of it. Quicker than the key: all providers are asked at once."
        )]
        id: Option<ID>,
        #[graphql(
            desc = "The site. May be left out by who has only one, and with a key that only one of the viewer's sites has."
        )]
        site: Option<ID>,
    ) -> Option<Result<Issue, Error>> {
        let operation = ctx.operation();
        let selection = Selection::of(ctx);
        let (key, id, site) = (key.as_deref(), id.as_ref(), site.as_ref());
        match target(operation, key, id, site, &selection).await {
            Ok(Some((site, reference))) => resolve(operation, &site, reference, &selection).await,
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// Issues by JQL, in its order. Costs one Jira call for the page, whatever fields are selected.
    async fn issues(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Jira's query language; it has to restrict the search, such as by a project."
        )]
        jql: String,
        #[graphql(desc = "How many, 50 when not given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Behind which cursor.")] after: Option<String>,
        #[graphql(desc = "The site; may be left out by who has only one.")] site: Option<ID>,
    ) -> Option<Result<Connection<Issue>, Error>> {
        Some(
            search(
                ctx,
                &jql,
                first,
                after.as_deref(),
                site.as_deref().map(String::as_str),
            )
            .await,
        )
    }
}

async fn search(
    ctx: &Context<'_>,
    jql: &str,
    first: Option<i32>,
    after: Option<&str>,
    site: Option<&str>,
) -> Result<Connection<Issue>, Error> {
    let operation = ctx.operation();
    let site = operation.site(site)?.site.clone();
    let slice = Slice::parse(first, after, 50)?;
    let selection = Selection::of_items(ctx);
    let fields = selection.issue_fields();
    let page = slice.after.as_ref().map(|place| place.1.as_str());
    let (http, rights) = (&operation.app.http, &operation.rights);
    let found = rights.in_time(Provider::Jira, "search issues", async {
        let access = rights.jira(&site).await?;
        let found = jira::search(http, &access, jql, slice.first, page, fields).await;
        match found {
            Err(upstream::Error {
                kind: Kind::TokenRefused { .. },
                ..
            }) => {
                let access = rights.jira_renewed(&site, &access).await?;
                jira::search(http, &access, jql, slice.first, page, fields).await
            }
            found => found,
        }
    });
    let found = found.await.map_err(|error| match error.kind {
        Kind::Refused => Error::bad_input(
            "Jira refused this JQL. It has to be valid, and to restrict the search, such as by a project.",
        ),
        _ => error.into(),
    })?;
    let issues: Vec<Issue> = found
        .issues
        .into_iter()
        .filter_map(|content| {
            let id = content.id.parse().ok()?;
            Some(Issue {
                site: site.clone(),
                id,
                content: Ok(Arc::new(content)),
            })
        })
        .collect();
    let ids: Vec<IssueId> = issues.iter().map(|it| it.id).collect();
    // What goes wrong there is met again, with its place, by the joins' own fields.
    drop(join::warm(operation, site.id, &ids, &selection).await);
    let next = found.next_page_token.filter(|it| !it.is_empty());
    let last = issues.len().saturating_sub(1);
    let items = issues.into_iter().enumerate().map(|(index, issue)| {
        // Jira goes on by page, not by issue: only the last issue of a page has a place to go on from.
        let token = if index == last {
            next.clone().unwrap_or_default()
        } else {
            String::new()
        };
        (Place(0, token).cursor(), issue)
    });
    Ok(Connection::new(
        items.collect(),
        after.is_some(),
        next.is_some(),
    ))
}
