//! A project, and the projects in which the viewer may create issues.

use async_graphql::{Context, ID, Object, SimpleObject};

use super::context::{ContextExt as _, Operation};
use super::error::Error;
use super::page::{Connection, Place, count};
use super::scalar::Url;
use super::viewer::Site;
use crate::auth;
use crate::upstream::jira::{model, project};
use crate::upstream::{self, Access, Kind, Provider};

/// A project of a site.
#[derive(Debug, Clone, SimpleObject)]
pub struct Project {
    /// Jira's id of it.
    id: ID,
    /// Its key, such as DEMO.
    key: String,
    /// Its name.
    name: String,
    /// Its picture.
    icon_url: Option<Url>,
    /// The site it belongs to.
    site: Site,
}

impl Project {
    /// From Jira.
    pub fn of(site: &auth::Site, project: &model::Project) -> Self {
        let icons = &project.avatar_urls;
        let icon = icons.get("48x48").or_else(|| icons.values().next());
        Self {
            id: project.id.clone().into(),
            key: project.key.clone(),
            name: project.name.clone(),
            icon_url: icon.and_then(|it| Url::parse(it)),
            site: Site::from(site),
        }
    }
}

/// Queries for projects.
#[derive(Default)]
pub struct ProjectQuery;

#[Object]
impl ProjectQuery {
    /// The projects of a site in which the viewer may create issues, by name. Costs one Jira call.
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out by who has only one.")] site: Option<ID>,
        #[graphql(desc = "A part of their names or keys.")] search: Option<String>,
        #[graphql(desc = "How many, 50 when not given, 100 at most.")] first: Option<i32>,
    ) -> Option<Result<Connection<Project>, Error>> {
        let (site, search) = (site.as_deref(), search.as_deref());
        Some(projects(ctx.operation(), site.map(String::as_str), search, first).await)
    }
}

async fn projects(
    operation: &Operation,
    site: Option<&str>,
    search: Option<&str>,
    first: Option<i32>,
) -> Result<Connection<Project>, Error> {
    let site = &operation.site(site)?.site;
    let first = count(first, 50)?;
    let words = search.map(str::trim).filter(|it| !it.is_empty());
    if words.is_some_and(|it| it.chars().count() > 200) {
        return Err(Error::bad_input(
            "`search` may have 200 characters at most.",
        ));
    }
    let http = &operation.app.http;
    let search = |access| async move { project::search(http, &access, words, first).await };
    let found = ask(operation, site, "search projects", search).await?;
    let items = found.values.iter().enumerate().map(|(index, project)| {
        let place = i64::try_from(index).unwrap_or(i64::MAX);
        let cursor = Place(place, project.id.clone()).cursor();
        (cursor, Project::of(site, project))
    });
    Ok(Connection::new(items.collect(), false, !found.is_last))
}

/// Asks a site with the viewer's own token, in the time that is left, and once more when the token was refused.
pub(super) async fn ask<T, W, F>(
    operation: &Operation,
    site: &auth::Site,
    what: &'static str,
    work: W,
) -> Result<T, upstream::Error>
where
    W: Fn(Access) -> F,
    F: Future<Output = Result<T, upstream::Error>>,
{
    let rights = &operation.rights;
    let asked = async {
        let access = rights.jira(site).await?;
        match work(access.clone()).await {
            Err(error) if matches!(error.kind, Kind::TokenRefused { .. }) => {
                work(rights.jira_renewed(site, &access).await?).await
            }
            outcome => outcome,
        }
    };
    rights.in_time(Provider::Jira, what, asked).await
}
