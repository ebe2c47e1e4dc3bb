//! Finding issues: by id, by key, by JQL.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::Issue;
use crate::auth;
use crate::graphql::context::{ContextExt as _, Operation};
use crate::graphql::error::Error;
use crate::graphql::join;
use crate::graphql::loader::IssueRef;
use crate::graphql::page::{Connection, Place, Slice};
use crate::graphql::selection::Selection;
use crate::id::{IssueId, NodeId};
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
        .try_load((reference.clone(), selection.issue_fields()));
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
    let on_this_page = id.is_some() && operation.caller.issue == id;
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

/// The issue that a query names.
fn target(
    operation: &Operation,
    key: Option<&str>,
    id: Option<&ID>,
    site: Option<&ID>,
) -> Result<(auth::Site, IssueRef), Error> {
    let site = site.map(|it| it.as_str());
    match (key, id) {
        (None, Some(id)) => match (id.parse::<IssueId>(), id.parse::<NodeId>()) {
            (Ok(id), _) => Ok((operation.site(site)?.clone(), IssueRef::Id(id))),
            (_, Ok(NodeId::Issue(site, id))) => Ok((
                operation.site(Some(&site.to_string()))?.clone(),
                IssueRef::Id(id),
            )),
            _ => Err(Error::bad_input(
                "`id` is not the id of an issue. Use its id, or Jira's number of it.",
            )),
        },
        (Some(key), None) => Ok((operation.site(site)?.clone(), IssueRef::Key(key.parse()?))),
        _ => Err(Error::bad_input("Give either `key` or `id`.")),
    }
}

/// Queries for issues.
#[derive(Default)]
pub struct IssueQuery;

#[Object]
impl IssueQuery {
    /// An issue by its key or id. Null when there is none that the viewer may see. Costs one Jira call.
    async fn issue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its key, such as DEMO-42.")] key: Option<String>,
        #[graphql(
            desc = "Its id, or Jira's number of it. Quicker than the key: all providers are asked at once."
        )]
        id: Option<ID>,
        #[graphql(desc = "The site; may be left out by who has only one.")] site: Option<ID>,
    ) -> Option<Result<Issue, Error>> {
        let operation = ctx.operation();
        let target = target(operation, key.as_deref(), id.as_ref(), site.as_ref());
        match target {
            Ok((site, reference)) => {
                resolve(operation, &site, reference, &Selection::of(ctx)).await
            }
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
    let site = operation.site(site)?.clone();
    let slice = Slice::parse(first, after, 50)?;
    let selection = Selection::of_items(ctx);
    let fields = selection.issue_fields();
    let page = slice.after.as_ref().map(|place| place.1.as_str());
    let (http, rights) = (&operation.app.http, &operation.rights);
    let found = rights.in_time(Provider::Jira, "search issues", async {
        let access = rights.access(Provider::Jira).await?;
        let found = jira::search(http, &access, jql, slice.first, page, fields).await;
        match found {
            Err(upstream::Error {
                kind: Kind::TokenRefused { .. },
                ..
            }) => {
                let access = rights.renewed(Provider::Jira, &access).await?;
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
