//! An issue, and everything that is joined to it.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use super::chat::{self, Chat};
use super::context::{ContextExt as _, Operation};
use super::error::Error;
use super::join;
use super::loader::IssueRef;
use super::mail::{self, Mail, MailSource};
use super::meeting::{self, Meeting};
use super::page::{Connection, Join, Place, Slice, count};
use super::person::Person;
use super::recording::{self, Recording};
use super::rich_text::RichText;
use super::scalar::{DateTime, Url};
use super::selection::Selection;
use super::source::SourceStatus;
use super::task::{self, Task};
use super::viewer::Site;
use crate::auth;
use crate::id::{IssueId, NodeId, encode};
use crate::store::link::Kind as LinkKind;
use crate::upstream::jira::{self, model};
use crate::upstream::{self, Kind, Provider};

/// An issue that the viewer may see.
#[derive(Debug, Clone)]
pub struct Issue {
    site: auth::Site,
    id: IssueId,
    content: Result<Arc<model::Issue>, upstream::Error>,
}

/// How far an issue is.
#[derive(Debug, Clone, SimpleObject)]
pub struct Status {
    /// Jira's id of it.
    id: ID,
    /// Its name, as the site calls it.
    name: String,
    /// Which of Jira's three stages it belongs to.
    category: StatusCategory,
}

/// Jira's three stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum StatusCategory {
    /// Not begun.
    ToDo,
    /// Begun.
    InProgress,
    /// Finished.
    Done,
    /// A stage this version does not know.
    Unknown,
}

/// How urgent an issue is.
#[derive(Debug, Clone, SimpleObject)]
pub struct Priority {
    /// Jira's id of it.
    id: ID,
    /// Its name.
    name: String,
    /// Its icon.
    icon_url: Option<Url>,
}

/// What kind of issue it is.
#[derive(Debug, Clone, SimpleObject)]
pub struct IssueType {
    /// Jira's id of it.
    id: ID,
    /// Its name.
    name: String,
    /// Its icon.
    icon_url: Option<Url>,
    /// Whether it is part of another issue.
    subtask: bool,
}

/// The project of an issue.
#[derive(Debug, Clone, SimpleObject)]
pub struct Project {
    /// Jira's id of it.
    id: ID,
    /// Its key, such as DEMO.
    key: String,
    /// Its name.
    name: String,
}

/// A comment on an issue.
#[derive(Debug, Clone, SimpleObject)]
pub struct Comment {
    /// Jira's id of it.
    id: ID,
    /// Who wrote it.
    author: Option<Person>,
    /// What, sanitised.
    body: Option<RichText>,
    /// When.
    created_at: Option<DateTime>,
}

/// A file attached to an issue.
#[derive(Debug, Clone, SimpleObject)]
pub struct Attachment {
    /// Jira's id of it.
    id: ID,
    /// Its file name.
    name: String,
    /// In bytes.
    size: f64,
    /// Its media type.
    mime_type: Option<String>,
    /// When it was attached.
    created_at: Option<DateTime>,
    /// By whom.
    author: Option<Person>,
}

/// A step that the viewer may take with an issue now.
#[derive(Debug, Clone, SimpleObject)]
pub struct Transition {
    /// Jira's id of it.
    id: ID,
    /// Its name.
    name: String,
    /// Where it leads.
    to: Status,
}

impl From<&model::Status> for Status {
    fn from(status: &model::Status) -> Self {
        let category = match status.category.as_ref().map(|it| it.key.as_str()) {
            Some("new") => StatusCategory::ToDo,
            Some("indeterminate") => StatusCategory::InProgress,
            Some("done") => StatusCategory::Done,
            _ => StatusCategory::Unknown,
        };
        Self {
            id: status.id.clone().into(),
            name: status.name.clone(),
            category,
        }
    }
}

impl From<model::Comment> for Comment {
    fn from(comment: model::Comment) -> Self {
        Self {
            id: comment.id.into(),
            author: comment.author.as_ref().map(Person::from),
            body: comment.body.as_ref().and_then(RichText::from_jira),
            created_at: comment.created.as_deref().and_then(DateTime::parse),
        }
    }
}

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

impl Issue {
    /// A field of what Jira answered.
    fn read<'a, T>(
        &'a self,
        field: impl FnOnce(&'a model::Issue) -> Option<T>,
    ) -> Option<Result<T, Error>> {
        match &self.content {
            Ok(content) => field(content).map(Ok),
            Err(error) => Some(Err(error.clone().into())),
        }
    }

    async fn page_of_comments(
        &self,
        operation: &Operation,
        first: Option<i32>,
        after: Option<&str>,
    ) -> Result<Connection<Comment>, Error> {
        let slice = Slice::parse(first, after, 20)?;
        let start = slice
            .after
            .map_or(0, |place| usize::try_from(place.0).unwrap_or(0) + 1);
        let embedded = self.content.clone()?.fields.comment.clone();
        let held = |page: &model::Comments| {
            u64::try_from(page.comments.len())
                .is_ok_and(|count| count >= page.total && page.start_at == 0)
        };
        let (comments, total) = match embedded {
            Some(page) if held(&page) => {
                let total = page.comments.len();
                (
                    page.comments
                        .into_iter()
                        .skip(start)
                        .take(slice.first)
                        .collect::<Vec<_>>(),
                    total,
                )
            }
            _ => {
                let access = operation.rights.access(Provider::Jira).await?;
                let page =
                    jira::comments(&operation.app.http, &access, self.id, start, slice.first)
                        .await?;
                let total = usize::try_from(page.total).unwrap_or(usize::MAX);
                (page.comments, total)
            }
        };
        let more = start + comments.len() < total;
        let items = comments.into_iter().enumerate().map(|(index, comment)| {
            let place = i64::try_from(start + index).unwrap_or(i64::MAX);
            (
                Place(place, comment.id.clone()).cursor(),
                Comment::from(comment),
            )
        });
        Ok(Connection::new(items.collect(), start > 0, more))
    }

    async fn linked(
        &self,
        ctx: &Context<'_>,
        kind: LinkKind,
        first: Option<i32>,
        after: Option<&str>,
    ) -> Result<(join::Linked, join::Read), Error> {
        let operation = ctx.operation();
        let slice = Slice::parse(first, after, join::USUAL)?;
        let links = join::links(operation, self.site.id, self.id, kind).await?;
        let linked = join::page(links, &slice);
        let selection = Selection::of_items(ctx);
        // Counting costs nothing: without items there is nothing to read.
        let wanted: Vec<_> = if selection.exists() || Selection::of(ctx).has("source") {
            linked
                .links()
                .iter()
                .map(|link| (link.clone(), &selection))
                .collect()
        } else {
            Vec::new()
        };
        let read = join::read(operation, &wanted).await?;
        Ok((linked, read))
    }
}

/// An issue that the viewer may see, read from Jira with the viewer's own token: one call for all its fields. Every
/// field is null, with an error of its own, when Jira cannot answer.
#[Object]
impl Issue {
    /// Its id.
    pub async fn id(&self) -> ID {
        NodeId::Issue(self.site.id, self.id).to_string().into()
    }

    /// Its key, such as DEMO-42.
    async fn key(&self) -> Option<Result<&str, Error>> {
        self.read(|it| it.key.as_deref())
    }

    /// Where it is opened in Jira.
    async fn url(&self) -> Option<Result<Url, Error>> {
        self.read(|it| {
            let base = self.site.base_url.as_str().trim_end_matches('/');
            Url::parse(&format!("{base}/browse/{}", encode(it.key.as_deref()?)))
        })
    }

    /// The site it belongs to.
    async fn site(&self) -> Site {
        Site::from(&self.site)
    }

    /// Its summary.
    async fn summary(&self) -> Option<Result<&str, Error>> {
        self.read(|it| it.fields.summary.as_deref())
    }

    /// How far it is.
    async fn status(&self) -> Option<Result<Status, Error>> {
        self.read(|it| it.fields.status.as_ref().map(Status::from))
    }

    /// How urgent it is.
    async fn priority(&self) -> Option<Result<Priority, Error>> {
        self.read(|it| {
            let priority = it.fields.priority.as_ref()?;
            Some(Priority {
                id: priority.id.clone().into(),
                name: priority.name.clone(),
                icon_url: priority.icon_url.as_deref().and_then(Url::parse),
            })
        })
    }

    /// What kind of issue it is.
    async fn r#type(&self) -> Option<Result<IssueType, Error>> {
        self.read(|it| {
            let kind = it.fields.issuetype.as_ref()?;
            Some(IssueType {
                id: kind.id.clone().into(),
                name: kind.name.clone(),
                icon_url: kind.icon_url.as_deref().and_then(Url::parse),
                subtask: kind.subtask,
            })
        })
    }

    /// Who works on it; null when nobody does.
    async fn assignee(&self) -> Option<Result<Person, Error>> {
        self.read(|it| it.fields.assignee.as_ref().map(Person::from))
    }

    /// Who reported it.
    async fn reporter(&self) -> Option<Result<Person, Error>> {
        self.read(|it| it.fields.reporter.as_ref().map(Person::from))
    }

    /// Its project.
    async fn project(&self) -> Option<Result<Project, Error>> {
        self.read(|it| {
            let project = it.fields.project.as_ref()?;
            Some(Project {
                id: project.id.clone().into(),
                key: project.key.clone(),
                name: project.name.clone(),
            })
        })
    }

    /// Its description, sanitised; null when it has none.
    async fn description(&self) -> Option<Result<RichText, Error>> {
        self.read(|it| it.fields.description.as_ref().and_then(RichText::from_jira))
    }

    /// When it was created.
    async fn created_at(&self) -> Option<Result<DateTime, Error>> {
        self.read(|it| it.fields.created.as_deref().and_then(DateTime::parse))
    }

    /// When it last changed.
    async fn updated_at(&self) -> Option<Result<DateTime, Error>> {
        self.read(|it| it.fields.updated.as_deref().and_then(DateTime::parse))
    }

    /// Its comments, oldest first. A first page usually comes with the issue; another costs one Jira call.
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 20 when not given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Behind which cursor.")] after: Option<String>,
    ) -> Option<Result<Connection<Comment>, Error>> {
        Some(
            self.page_of_comments(ctx.operation(), first, after.as_deref())
                .await,
        )
    }

    /// Its attachments.
    #[expect(
        clippy::cast_precision_loss,
        reason = "GraphQL has no 64-bit integer; sizes stay below 2^53"
    )]
    async fn attachments(&self) -> Option<Result<Vec<Attachment>, Error>> {
        self.read(|it| {
            let attachments = it.fields.attachment.as_ref()?.iter().map(|it| Attachment {
                id: it.id.clone().into(),
                name: it.filename.clone(),
                size: it.size as f64,
                mime_type: it.mime_type.clone(),
                created_at: it.created.as_deref().and_then(DateTime::parse),
                author: it.author.as_ref().map(Person::from),
            });
            Some(attachments.collect())
        })
    }

    /// The steps that the viewer may take with it now.
    async fn transitions(&self) -> Option<Result<Vec<Transition>, Error>> {
        self.read(|it| {
            let transitions = it.transitions.as_ref()?.iter().map(|it| Transition {
                id: it.id.clone().into(),
                name: it.name.clone(),
                to: Status::from(&it.to),
            });
            Some(transitions.collect())
        })
    }

    /// Its mails, found in the viewer's own mailbox. Costs one Graph call for twenty mails.
    async fn mails(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 20 when not given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Behind which cursor.")] after: Option<String>,
        #[graphql(desc = "Which mails.", default_with = "MailSource::Linked")] source: MailSource,
    ) -> Result<Join<Mail>, Error> {
        let selection = Selection::of_items(ctx);
        if source == MailSource::Mentioned {
            let content = match &self.content {
                Ok(content) => content,
                Err(error) => return Ok(join::searched(Vec::new(), SourceStatus::failed(error))),
            };
            let key = content.key.as_deref().unwrap_or_default().parse()?;
            return mail::mentioning(
                ctx.operation(),
                &key,
                count(first, join::USUAL)?,
                &selection,
            )
            .await;
        }
        let (linked, read) = self
            .linked(ctx, LinkKind::Mail, first, after.as_deref())
            .await?;
        let found = |link: &_| mail::found(&read, link, &selection);
        Ok(join::answer(ctx.operation(), linked, &[Provider::Microsoft], found).await)
    }

    /// Its meetings in Outlook, Teams and Zoom. Costs one Graph call for twenty events and one Zoom call for each Zoom
    /// meeting.
    async fn meetings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 20 when not given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Behind which cursor.")] after: Option<String>,
    ) -> Result<Join<Meeting>, Error> {
        let selection = Selection::of_items(ctx);
        let (linked, read) = self
            .linked(ctx, LinkKind::Meeting, first, after.as_deref())
            .await?;
        let found = |link: &_| meeting::found(&read, link, &selection);
        Ok(join::answer(
            ctx.operation(),
            linked,
            &[Provider::Microsoft, Provider::Zoom],
            found,
        )
        .await)
    }

    /// Its Teams chats. Costs one Graph call for twenty chats.
    async fn chats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 20 when not given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Behind which cursor.")] after: Option<String>,
    ) -> Result<Join<Chat>, Error> {
        let selection = Selection::of_items(ctx);
        let (linked, read) = self
            .linked(ctx, LinkKind::Chat, first, after.as_deref())
            .await?;
        let found = |link: &_| chat::found(&read, link, &selection);
        Ok(join::answer(ctx.operation(), linked, &[Provider::Microsoft], found).await)
    }

    /// The viewer's own To Do tasks for it. Costs one Graph call for twenty tasks.
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 20 when not given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Behind which cursor.")] after: Option<String>,
    ) -> Result<Join<Task>, Error> {
        let selection = Selection::of_items(ctx);
        let (linked, read) = self
            .linked(ctx, LinkKind::Task, first, after.as_deref())
            .await?;
        let found = |link: &_| task::found(&read, link, &selection);
        Ok(join::answer(ctx.operation(), linked, &[Provider::Microsoft], found).await)
    }

    /// Its recordings. Costs one Zoom call for each.
    async fn recordings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 20 when not given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Behind which cursor.")] after: Option<String>,
    ) -> Result<Join<Recording>, Error> {
        let (linked, read) = self
            .linked(ctx, LinkKind::Recording, first, after.as_deref())
            .await?;
        let found = |link: &_| recording::found(&read, link);
        Ok(join::answer(ctx.operation(), linked, &[Provider::Zoom], found).await)
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
    let access = operation.rights.access(Provider::Jira).await?;
    let http = &operation.app.http;
    let mut found = jira::search(http, &access, jql, slice.first, page, fields).await;
    if let Err(upstream::Error {
        kind: Kind::TokenRefused { .. },
        ..
    }) = found
    {
        let access = operation.rights.renewed(Provider::Jira, &access).await?;
        found = jira::search(http, &access, jql, slice.first, page, fields).await;
    }
    let found = found.map_err(|error| match error.kind {
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
