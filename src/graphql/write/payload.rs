//! What the mutations of issues answer.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};

use super::refused;
use crate::action::attach::Attached;
use crate::auth;
use crate::graphql::context::{ContextExt as _, Operation};
use crate::graphql::error::Error;
use crate::graphql::issue::{Attachment, Comment, Issue, resolve};
use crate::graphql::link::{Link, UserError};
use crate::graphql::loader::IssueRef;
use crate::graphql::project::ask;
use crate::graphql::selection::Selection;
use crate::id::{IssueId, IssueKey, JiraId};
use crate::upstream::jira::{FieldSet, comment, model};

/// The issue that a mutation made or changed.
#[derive(Debug, Clone)]
pub struct Touched {
    pub site: auth::Site,
    pub id: IssueId,
    pub key: Option<IssueKey>,
}

impl Touched {
    /// Read anew, unless what is known tells all that is asked for.
    async fn read(&self, ctx: &Context<'_>) -> Option<Result<Issue, Error>> {
        let selection = Selection::of(ctx);
        let known: &[&str] = match self.key {
            Some(_) => &["id", "key", "url", "site", "__typename"],
            None => &["id", "site", "__typename"],
        };
        if selection.is_within(known) {
            return Some(Ok(Issue::known(&self.site, self.id, self.key.as_ref())));
        }
        resolve(
            ctx.operation(),
            &self.site,
            IssueRef::Id(self.id),
            &selection,
        )
        .await
    }
}

/// Something that is there, or was made by an earlier call and has to be read.
pub enum Added {
    Now(model::Comment),
    Before(JiraId),
}

/// What `createIssue` did.
#[derive(Default, SimpleObject)]
#[graphql(complex)]
pub struct CreateIssuePayload {
    /// Whether an earlier request with this key did it, and this one nothing.
    pub replayed: bool,
    /// Why it was not done.
    pub user_errors: Vec<UserError>,
    #[graphql(skip)]
    pub touched: Option<Touched>,
}

#[ComplexObject]
impl CreateIssuePayload {
    /// The issue, read anew when more than its id, key and address is selected; null when there is none.
    async fn issue(&self, ctx: &Context<'_>) -> Option<Result<Issue, Error>> {
        self.touched.as_ref()?.read(ctx).await
    }
}

/// What `transitionIssue` did.
#[derive(Default, SimpleObject)]
#[graphql(complex)]
pub struct TransitionIssuePayload {
    /// Whether an earlier request with this key did it, and this one nothing.
    pub replayed: bool,
    /// Why it was not done.
    pub user_errors: Vec<UserError>,
    #[graphql(skip)]
    pub touched: Option<Touched>,
}

#[ComplexObject]
impl TransitionIssuePayload {
    /// The issue, read anew; null when nothing was done.
    async fn issue(&self, ctx: &Context<'_>) -> Option<Result<Issue, Error>> {
        self.touched.as_ref()?.read(ctx).await
    }
}

/// What `assignIssue` did.
#[derive(Default, SimpleObject)]
#[graphql(complex)]
pub struct AssignIssuePayload {
    /// Whether an earlier request with this key did it, and this one nothing.
    pub replayed: bool,
    /// Why it was not done.
    pub user_errors: Vec<UserError>,
    #[graphql(skip)]
    pub touched: Option<Touched>,
}

#[ComplexObject]
impl AssignIssuePayload {
    /// The issue, read anew; null when nothing was done.
    async fn issue(&self, ctx: &Context<'_>) -> Option<Result<Issue, Error>> {
        self.touched.as_ref()?.read(ctx).await
    }
}

/// What `createIssueFromMail` did.
#[derive(Default, SimpleObject)]
#[graphql(complex)]
pub struct CreateIssueFromMailPayload {
    /// The link between the mail and the issue; null when there is none.
    pub link: Option<Link>,
    /// What became of each attachment that was asked for, in that order. One that fails undoes nothing.
    pub attachments: Vec<AttachedFile>,
    /// Whether an earlier request with this key did it, and this one nothing.
    pub replayed: bool,
    /// Why it was not done.
    pub user_errors: Vec<UserError>,
    #[graphql(skip)]
    pub touched: Option<Touched>,
}

#[ComplexObject]
impl CreateIssueFromMailPayload {
    /// The issue, read anew when more than its id, key and address is selected; null when there is none.
    async fn issue(&self, ctx: &Context<'_>) -> Option<Result<Issue, Error>> {
        self.touched.as_ref()?.read(ctx).await
    }
}

/// What `attachMail` did.
#[derive(Default, SimpleObject)]
#[graphql(complex)]
pub struct AttachMailPayload {
    /// What became of each file that was asked for, in that order, the whole mail last. One that fails undoes nothing.
    pub attachments: Vec<AttachedFile>,
    /// Whether an earlier request with this key did it, and this one nothing.
    pub replayed: bool,
    /// Why it was not done.
    pub user_errors: Vec<UserError>,
    #[graphql(skip)]
    pub touched: Option<Touched>,
}

#[ComplexObject]
impl AttachMailPayload {
    /// The issue, read anew; null when nothing was done.
    async fn issue(&self, ctx: &Context<'_>) -> Option<Result<Issue, Error>> {
        self.touched.as_ref()?.read(ctx).await
    }
}

/// What `addComment` did.
#[derive(Default, SimpleObject)]
#[graphql(complex)]
pub struct AddCommentPayload {
    /// Whether an earlier request with this key did it, and this one nothing.
    pub replayed: bool,
    /// Why it was not done.
    pub user_errors: Vec<UserError>,
    #[graphql(skip)]
    pub touched: Option<Touched>,
    #[graphql(skip)]
    pub added: Option<Added>,
}

#[ComplexObject]
impl AddCommentPayload {
    /// The comment; of an earlier request it is read anew, and null when it is gone.
    async fn comment(&self, ctx: &Context<'_>) -> Option<Result<Comment, Error>> {
        let (operation, touched) = (ctx.operation(), self.touched.as_ref()?);
        match self.added.as_ref()? {
            Added::Now(comment) => Some(Ok(Comment::from(comment.clone()))),
            Added::Before(id) => {
                let (http, issue) = (&operation.app.http, touched.id);
                let one = |access| async move { comment::one(http, &access, issue, id).await };
                let read = ask(operation, &touched.site, "read a comment", one).await;
                read.map(|it| it.map(Comment::from))
                    .map_err(Error::from)
                    .transpose()
            }
        }
    }

    /// The issue, read anew; null when nothing was done.
    async fn issue(&self, ctx: &Context<'_>) -> Option<Result<Issue, Error>> {
        self.touched.as_ref()?.read(ctx).await
    }
}

/// What became of one file.
#[derive(Debug, Clone, SimpleObject)]
pub struct AttachedFile {
    /// What was asked for: the attachment's id, or the mail's as it was given.
    source: ID,
    /// Its name on the issue; null when it is not there.
    name: Option<String>,
    /// The file on the issue; null when it could not be attached.
    attachment: Option<Attachment>,
    /// Why not.
    user_errors: Vec<UserError>,
}

impl AttachedFile {
    /// Of each file that was asked for. What an earlier request attached is read anew, in one call, when it is wanted.
    pub async fn all(
        operation: &Operation,
        touched: &Touched,
        sources: &[ID],
        all: &[Attached],
        selection: &Selection,
    ) -> Vec<Self> {
        let wanted = selection.has("attachment") || selection.has("name");
        let before = all.iter().any(|it| matches!(it, Attached::Before(_)));
        let present = if wanted && before {
            present(operation, touched).await
        } else {
            Vec::new()
        };
        let files = sources.iter().zip(all).map(|(source, attached)| {
            let found = match attached {
                Attached::Here(attachment) => Some(&**attachment),
                Attached::Before(id) => present.iter().find(|it| it.id == id.as_str()),
                Attached::Not(_) => None,
            };
            Self {
                source: source.clone(),
                name: found.map(|it| it.filename.clone()),
                attachment: found.map(Attachment::from),
                user_errors: match attached {
                    Attached::Not(trouble) => vec![refused::file(*trouble)],
                    _ => Vec::new(),
                },
            }
        });
        files.collect()
    }
}

/// The files on an issue; none when Jira does not tell.
async fn present(operation: &Operation, touched: &Touched) -> Vec<model::Attachment> {
    let fields = FieldSet::of(|name| name == "attachments");
    let key = (touched.site.id, IssueRef::Id(touched.id), fields);
    match operation.issues().try_load(key).await {
        Ok(Ok(Some(issue))) => issue.fields.attachment.clone().unwrap_or_default(),
        _ => Vec::new(),
    }
}
