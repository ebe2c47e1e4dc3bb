//! Connections, edges and cursors. A cursor holds a place in a list, never content.

use async_graphql::connection::PageInfo;
use async_graphql::{OutputType, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::audit::AuditEntry;
use super::chat::Chat;
use super::error::Error;
use super::issue::{Comment, Issue};
use super::live::UpstreamSubscription;
use super::mail::Mail;
use super::meeting::Meeting;
use super::project::Project;
use super::recording::Recording;
use super::source::SourceStatus;
use super::task::Task;

/// The most items of one page.
pub const LONGEST: usize = 100;

/// An item and its place in the list.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(concrete(name = "IssueEdge", params(Issue)))]
#[graphql(concrete(name = "CommentEdge", params(Comment)))]
#[graphql(concrete(name = "ProjectEdge", params(Project)))]
#[graphql(concrete(name = "AuditEdge", params(AuditEntry)))]
#[graphql(concrete(name = "UpstreamSubscriptionEdge", params(UpstreamSubscription)))]
#[graphql(concrete(name = "MailEdge", params(Mail)))]
#[graphql(concrete(name = "MeetingEdge", params(Meeting)))]
#[graphql(concrete(name = "ChatEdge", params(Chat)))]
#[graphql(concrete(name = "TaskEdge", params(Task)))]
#[graphql(concrete(name = "RecordingEdge", params(Recording)))]
pub struct Edge<T: OutputType> {
    /// Give it as `after` to go on behind this item.
    pub cursor: String,
    /// The item.
    pub node: T,
}

/// A page of a list.
#[derive(SimpleObject)]
#[graphql(concrete(name = "IssueConnection", params(Issue)))]
#[graphql(concrete(name = "CommentConnection", params(Comment)))]
#[graphql(concrete(name = "ProjectConnection", params(Project)))]
#[graphql(concrete(name = "AuditConnection", params(AuditEntry)))]
#[graphql(concrete(name = "UpstreamSubscriptionConnection", params(UpstreamSubscription)))]
pub struct Connection<T: OutputType>
where
    Edge<T>: OutputType,
{
    /// The items.
    pub nodes: Vec<T>,
    /// The items with their places.
    pub edges: Vec<Edge<T>>,
    /// Whether there is more.
    pub page_info: PageInfo,
}

/// A page of what is joined to an issue from another system. It is always there: `source` says how that system
/// stands, and trouble with it is no error.
#[derive(SimpleObject)]
#[graphql(concrete(name = "MailConnection", params(Mail)))]
#[graphql(concrete(name = "MeetingConnection", params(Meeting)))]
#[graphql(concrete(name = "ChatConnection", params(Chat)))]
#[graphql(concrete(name = "TaskConnection", params(Task)))]
#[graphql(concrete(name = "RecordingConnection", params(Recording)))]
pub struct Join<T: OutputType>
where
    Edge<T>: OutputType,
{
    /// What this viewer may see of this page, in order of time when the time was asked for.
    pub nodes: Vec<T>,
    /// The same with their places.
    pub edges: Vec<Edge<T>>,
    /// Whether there is more.
    pub page_info: PageInfo,
    /// How the source stands for this viewer; with several sources, the one in the greatest trouble.
    pub source: SourceStatus,
    /// How each source stands.
    pub sources: Vec<SourceStatus>,
    /// How many links there are, whoever may see them; null for a live search.
    pub total_count: Option<i32>,
    /// How many of this page are not the viewer's to see (not in their mailbox, calendar or account).
    pub hidden_count: i32,
}

/// What a field asks of a list.
#[derive(Debug, Clone)]
pub struct Slice {
    /// How many.
    pub first: usize,
    /// Behind which place.
    pub after: Option<Place>,
}

/// A place in a list that is sorted newest first: a moment, then an id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub i64, pub String);

impl Place {
    /// As an opaque cursor.
    pub fn cursor(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}\n{}", self.0, self.1))
    }

    fn parse(cursor: &str) -> Option<Self> {
        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let (moment, id) = plain.split_once('\n')?;
        Some(Self(moment.parse().ok()?, id.to_owned()))
    }
}

impl Slice {
    /// From a field's arguments; `usual` is how many when the query does not say.
    pub fn parse(first: Option<i32>, after: Option<&str>, usual: usize) -> Result<Self, Error> {
        let after = after
            .map(|cursor| {
                Place::parse(cursor).ok_or_else(|| {
                    Error::bad_input(
                        "`after` is not a cursor of this list. Use `pageInfo.endCursor`.",
                    )
                })
            })
            .transpose()?;
        Ok(Self {
            first: count(first, usual)?,
            after,
        })
    }
}

/// How many items a field asks for.
pub fn count(first: Option<i32>, usual: usize) -> Result<usize, Error> {
    match first {
        None => Ok(usual),
        Some(first) => usize::try_from(first)
            .ok()
            .filter(|it| (1..=LONGEST).contains(it))
            .ok_or_else(|| {
                Error::bad_input(format!(
                    "`first` is {first}; it has to be from 1 to {LONGEST}."
                ))
            }),
    }
}

impl<T: OutputType + Clone> Connection<T>
where
    Edge<T>: OutputType,
{
    /// From items with their cursors.
    pub fn new(items: Vec<(String, T)>, has_previous_page: bool, has_next_page: bool) -> Self {
        let page_info = info(&items, has_previous_page, has_next_page);
        let edges: Vec<_> = items
            .into_iter()
            .map(|(cursor, node)| Edge { cursor, node })
            .collect();
        Self {
            nodes: edges.iter().map(|edge| edge.node.clone()).collect(),
            edges,
            page_info,
        }
    }
}

/// The page info of items with their cursors.
pub fn info<T>(items: &[(String, T)], has_previous_page: bool, has_next_page: bool) -> PageInfo {
    PageInfo {
        has_previous_page,
        has_next_page,
        start_cursor: items.first().map(|(cursor, _)| cursor.clone()),
        end_cursor: items.last().map(|(cursor, _)| cursor.clone()),
    }
}
