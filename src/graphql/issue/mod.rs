//! An issue, and everything that is joined to it.

mod parts;
mod query;

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::chat::{self, Chat};
use super::context::{ContextExt as _, Operation};
use super::error::Error;
use super::join;
use super::mail::{self, Mail, MailSource};
use super::meeting::{self, Meeting};
use super::page::{Connection, Join, Place, Slice, count};
use super::person::Person;
use super::project::Project;
use super::recording::{self, Recording};
use super::rich_text::RichText;
use super::scalar::{DateTime, Url};
use super::selection::Selection;
use super::source::SourceStatus;
use super::task::{self, Task};
use super::transfer::{self, Transfer};
use super::viewer::Site;
use crate::auth;
use crate::feature::Feature;
use crate::id::{IssueId, IssueKey, NodeId, TenantId, encode};
use crate::store;
use crate::store::link::Kind as LinkKind;
use crate::upstream::jira::{self, model};
use crate::upstream::{self, Provider};

pub use parts::{
    Attachment, AttachmentLimits, Comment, IssueType, Priority, Status, StatusCategory, Transition,
};
pub use query::{IssueQuery, resolve};

/// An issue that the viewer may see.
#[derive(Debug, Clone)]
pub struct Issue {
    site: auth::Site,
    id: IssueId,
    content: Result<Arc<model::Issue>, upstream::Error>,
}

impl Issue {
    /// From what Jira showed this viewer just now; `None` when it has no number, which Jira never answers.
    pub fn read_now(site: &auth::Site, content: Arc<model::Issue>) -> Option<Self> {
        let id = content.id.parse().ok()?;
        Some(Self {
            site: site.clone(),
            id,
            content: Ok(content),
        })
    }

    /// Jira's number of it.
    pub fn number(&self) -> IssueId {
        self.id
    }

    /// Whether it is that very issue.
    pub fn is(&self, other: &Self) -> bool {
        (self.site.id, self.id) == (other.site.id, other.id)
    }

    /// Whether Jira answered for it.
    pub fn is_read(&self) -> bool {
        self.content.is_ok()
    }

    /// Its key, when it was read.
    pub fn known_key(&self) -> Option<&str> {
        self.content.as_ref().ok()?.key.as_deref()
    }

    /// One whose id, and perhaps key, is all that is known and wanted.
    pub(super) fn known(site: &auth::Site, id: IssueId, key: Option<&IssueKey>) -> Self {
        Self {
            site: site.clone(),
            id,
            content: Ok(Arc::new(model::Issue {
                id: id.to_string(),
                key: key.map(|it| it.as_str().to_owned()),
                fields: model::Fields::default(),
                transitions: None,
            })),
        }
    }

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
                let rights = &operation.rights;
                let page = rights.in_time(Provider::Jira, "read comments", async {
                    let access = rights.jira(&self.site).await?;
                    jira::comments(&operation.app.http, &access, self.id, start, slice.first).await
                });
                let page = page.await?;
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
        let slice = join::slice(kind, first, after)?;
        let linked = join::page(operation, (self.site.id, self.id), kind, &slice).await?;
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
        self.read(|it| it.fields.issuetype.as_ref().map(IssueType::from))
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
            Some(Project::of(&self.site, project))
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
    async fn attachments(&self) -> Option<Result<Vec<Attachment>, Error>> {
        self.read(|it| {
            let attachments = it.fields.attachment.as_ref()?;
            Some(attachments.iter().map(Attachment::from).collect())
        })
    }

    /// What its site allows of attachments. Costs one Jira call, and none for ten minutes after it.
    async fn attachment_limits(
        &self,
        ctx: &Context<'_>,
    ) -> Option<Result<AttachmentLimits, Error>> {
        let limits = transfer::limits_of(ctx.operation(), &self.site).await;
        Some(limits.map(Into::into).map_err(Into::into))
    }

    /// Whether the viewer watches it.
    async fn is_watching(&self) -> Option<Result<bool, Error>> {
        self.read(|it| it.fields.watches.as_ref().map(|it| it.is_watching))
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

    /// Its mails, found in the viewer's own mailbox. With a conversation that is linked whole come its later mails, the
    /// newest 20 of each; they count neither in `first` nor in `totalCount`. Costs one Graph call for twenty mails, and
    /// one more for the conversations of twenty.
    async fn mails(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 20 when not given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Behind which cursor.")] after: Option<String>,
        #[graphql(desc = "Which mails.", default_with = "MailSource::Linked")] source: MailSource,
    ) -> Result<Join<Mail>, Error> {
        let selection = Selection::of_items(ctx);
        if source == MailSource::Mentioned {
            let features = ctx.operation().features(self.site.id).await?;
            if !features.is_on(Feature::Mail) {
                let off = SourceStatus::switched_off(Provider::Microsoft);
                return Ok(join::searched(Vec::new(), off));
            }
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
        let slice = join::slice(LinkKind::Mail, first, after.as_deref())?;
        // Counting costs nothing: without items there is nothing to read.
        let asked = selection.exists() || Selection::of(ctx).has("source");
        let issue = (self.site.id, self.id);
        mail::of_issue(ctx.operation(), issue, &slice, &selection, asked).await
    }

    /// Its meetings in Outlook, Teams and Zoom, past and to come. An event that carries the link of a Zoom meeting which
    /// is there too is that meeting's `calendarEvent`, and not there once more. Costs one Graph call for twenty events
    /// and one Zoom call for each Zoom meeting.
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
        let mut found = meeting::all_found(&read, linked.links(), &selection);
        Ok(join::answer_all(
            ctx.operation(),
            linked,
            &[Provider::Microsoft, Provider::Zoom],
            |link| found.remove(&link.id).unwrap_or_default(),
        )
        .await)
    }

    /// The Zoom meeting of its that is under way now, as far as the viewer may see it; null when there is none, and when
    /// Zoom cannot be asked, which `meetings` says. Costs one Zoom call for each linked Zoom meeting, the newest ten,
    /// and none that `meetings` costs as well.
    async fn active_call(&self, ctx: &Context<'_>) -> Option<Result<Meeting, Error>> {
        let place = (self.site.id, self.id);
        meeting::under_way(ctx.operation(), place).await.transpose()
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

    /// Recordings on their way into it, and those that were, the newest first: at most fifty. Costs nothing upstream.
    async fn transfers(&self, ctx: &Context<'_>) -> Option<Result<Vec<Transfer>, Error>> {
        let tenant = TenantId::of_site(self.site.id);
        let stored = store::transfer::of_issue(&ctx.operation().app.store, &tenant, self.id).await;
        Some(match stored {
            Ok(stored) => Ok(stored.into_iter().map(Transfer::from).collect()),
            Err(error) => Err(error.into()),
        })
    }

    /// Its recordings. Costs one Zoom call for each.
    async fn recordings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 10 when not given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Behind which cursor.")] after: Option<String>,
    ) -> Result<Join<Recording>, Error> {
        let (linked, read) = self
            .linked(ctx, LinkKind::Recording, first, after.as_deref())
            .await?;
        let found = |link: &_| recording::found(&read, link);
        Ok(join::answer(ctx.operation(), linked, &[Provider::Zoom], found).await)
    }
}
