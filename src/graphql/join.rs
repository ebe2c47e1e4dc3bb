//! The join: from an issue's links to what lies behind them in the viewer's own accounts.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::OutputType;

use super::context::Operation;
use super::error::Error;
use super::loader::{ZoomRef, ZoomThing};
use super::page::{Edge, Join, LONGEST, Place, Slice, info};
use super::scalar::DateTime;
use super::selection::Selection;
use super::source::{SourceState, SourceStatus};
use super::{chat, mail, meeting, task};
use crate::feature::Features;
use crate::id::{IssueId, SiteId};
use crate::store::link::{Kind, Link, Target};
use crate::upstream::microsoft::{Outcome, Path};
use crate::upstream::{self, Provider};

/// How many items of a join a query gets when it does not say: what one `$batch` brings.
pub const USUAL: usize = 20;
/// The same of recordings, which cost a call each.
pub const USUAL_RECORDINGS: usize = 10;

/// How many items of a kind a query gets when it does not say.
fn usual(kind: Kind) -> usize {
    match kind {
        Kind::Recording => USUAL_RECORDINGS,
        Kind::Mail | Kind::Meeting | Kind::Chat | Kind::Task => USUAL,
    }
}

/// The slice of a kind that a field asks for.
pub fn slice(kind: Kind, first: Option<i32>, after: Option<&str>) -> Result<Slice, Error> {
    Slice::parse(first, after, usual(kind))
}

/// A page of links, and how many there are.
pub struct Linked {
    kind: Kind,
    features: Features,
    page: Vec<Link>,
    total: usize,
    has_previous_page: bool,
    has_next_page: bool,
}

/// Everything that stands behind a page of links.
pub struct Read {
    graph: HashMap<Path, Outcome>,
    zoom: HashMap<ZoomRef, Result<ZoomThing, upstream::Error>>,
}

/// What one link came to.
pub enum Found<T> {
    /// It is the viewer's to see; with the moment it is sorted by, if that was asked for.
    Here(T, Option<DateTime>),
    /// It is not in the viewer's mailbox, calendar or account.
    Elsewhere,
    /// It could not be read.
    Failed(upstream::Error),
}

/// The links of one kind that an issue has, as far as this viewer may know of them.
pub async fn links(
    operation: &Operation,
    site: SiteId,
    issue: IssueId,
    kind: Kind,
) -> Result<Vec<Link>, Error> {
    let all = operation
        .links()
        .try_load((site, issue))
        .await
        .map_err(|error| Error::internal(&error))??;
    let caller = &operation.caller;
    Ok(all
        .iter()
        .filter(|link| link.target.kind() == kind)
        // A task lies in its owner's own list; nobody else can read it.
        .filter(|link| kind != Kind::Task || caller.is(link.linked_by))
        .cloned()
        .collect())
}

/// One page of them.
pub async fn page(
    operation: &Operation,
    (site, issue): (SiteId, IssueId),
    kind: Kind,
    slice: &Slice,
) -> Result<Linked, Error> {
    let links = links(operation, site, issue, kind).await?;
    let features = operation.features(site).await?;
    let total = links.len();
    let mut rest: Vec<Link> = match &slice.after {
        // Newest first, so "behind" means older.
        Some(after) => links
            .into_iter()
            .filter(|link| place(link) < *after)
            .collect(),
        None => links,
    };
    let has_previous_page = rest.len() < total;
    let has_next_page = rest.len() > slice.first;
    rest.truncate(slice.first);
    Ok(Linked {
        kind,
        features,
        page: rest,
        total,
        has_previous_page,
        has_next_page,
    })
}

fn place(link: &Link) -> Place {
    Place(link.created_at, link.id.to_string())
}

/// Where a link is read in Graph, if it is there.
fn path(link: &Link, selection: &Selection) -> Option<Path> {
    match &link.target {
        Target::Mail(_) | Target::Conversation(..) => mail::path(&link.target, selection),
        Target::Event(id) => Some(meeting::path(id, selection)),
        Target::Chat(id) => Some(chat::path(id, selection)),
        Target::Task(list, id) => Some(task::path(list, id, selection)),
        Target::ZoomMeeting(_) | Target::ZoomRecording(_) => None,
    }
}

/// What a link is in Zoom, if it is there.
fn zoom_ref(link: &Link) -> Option<ZoomRef> {
    match &link.target {
        Target::ZoomMeeting(number) => Some(ZoomRef::Meeting(*number)),
        Target::ZoomRecording(uuid) => Some(ZoomRef::Recordings(uuid.clone())),
        Target::Mail(_)
        | Target::Conversation(..)
        | Target::Event(_)
        | Target::Chat(_)
        | Target::Task(..) => None,
    }
}

/// Reads everything behind some links, all providers at once.
pub async fn read(operation: &Operation, links: &[(Link, &Selection)]) -> Result<Read, Error> {
    let paths: Vec<Path> = links
        .iter()
        .filter_map(|(link, selection)| path(link, selection))
        .collect();
    let zoom: Vec<ZoomRef> = links
        .iter()
        .filter_map(|(link, _)| zoom_ref(link))
        .collect();
    let (graph, zoom) = futures::join!(
        async {
            if paths.is_empty() {
                return Ok(HashMap::new());
            }
            operation.graph().try_load_many(paths).await
        },
        async {
            if zoom.is_empty() {
                return Ok(HashMap::new());
            }
            operation.zoom().try_load_many(zoom).await
        },
    );
    Ok(Read {
        graph: graph.map_err(|error| Error::internal(&error))?,
        zoom: zoom.map_err(|error| Error::internal(&error))?,
    })
}

impl Linked {
    /// The links of the page.
    pub fn links(&self) -> &[Link] {
        &self.page
    }
}

impl Read {
    /// What Graph answered for a link.
    pub fn graph(&self, link: &Link, selection: &Selection) -> Option<&Outcome> {
        self.graph.get(&path(link, selection)?)
    }

    /// What Zoom answered for a link.
    pub fn zoom(&self, link: &Link) -> Option<&Result<ZoomThing, upstream::Error>> {
        self.zoom.get(&zoom_ref(link)?)
    }
}

/// Starts everything that the joins selected below some issues will need, so that all providers are asked at once and
/// Graph's batches are full. The joins' own fields then find it in the loaders.
pub async fn warm(
    operation: &Operation,
    site: SiteId,
    issues: &[IssueId],
    selection: &Selection,
) -> Result<(), Error> {
    let kinds = [
        (Kind::Mail, "mails"),
        (Kind::Meeting, "meetings"),
        (Kind::Chat, "chats"),
        (Kind::Task, "tasks"),
        (Kind::Recording, "recordings"),
    ];
    let wanted: Vec<_> = kinds
        .into_iter()
        .filter(|(_, field)| selection.has(field))
        .filter(|(_, field)| {
            selection
                .word(field, "source")
                .is_none_or(|it| it == "LINKED")
        })
        .map(|(kind, field)| {
            let first = selection
                .integer(field, "first")
                .and_then(|it| usize::try_from(it).ok());
            (
                kind,
                first.unwrap_or_else(|| usual(kind)).min(LONGEST),
                selection.field(field).items(),
            )
        })
        .filter(|(_, _, items)| items.exists())
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let keys = issues.iter().map(|issue| (site, *issue)).collect();
    operation
        .links()
        .try_load_many(keys)
        .await
        .map_err(|error| Error::internal(&error))?;
    let mut needed = Vec::new();
    for issue in issues {
        for (kind, first, items) in &wanted {
            let links = links(operation, site, *issue, *kind).await?;
            needed.extend(links.into_iter().take(*first).map(|link| (link, items)));
        }
    }
    let read = read(operation, &needed).await?;
    mail::warm(operation, &read, &needed).await
}

/// The answer of a join: what was found of a page of links, sorted, and how the sources stand.
pub async fn answer<T: OutputType + Clone>(
    operation: &Operation,
    linked: Linked,
    providers: &[Provider],
    found: impl Fn(&Link) -> Found<T>,
) -> Join<T>
where
    Edge<T>: OutputType,
{
    answer_all(operation, linked, providers, |link| vec![found(link)]).await
}

/// The same of links that may lead to several things each. Those behind the first have their link's place.
pub async fn answer_all<T: OutputType + Clone>(
    operation: &Operation,
    linked: Linked,
    providers: &[Provider],
    mut found: impl FnMut(&Link) -> Vec<Found<T>>,
) -> Join<T>
where
    Edge<T>: OutputType,
{
    let page_info = info(
        &linked
            .page
            .iter()
            .map(|link| (place(link).cursor(), ()))
            .collect::<Vec<_>>(),
        linked.has_previous_page,
        linked.has_next_page,
    );
    let mut items: Vec<(Option<DateTime>, Edge<T>)> = Vec::new();
    let mut failures: Vec<upstream::Error> = Vec::new();
    let mut succeeded: HashMap<Provider, usize> = HashMap::new();
    let mut hidden = 0;
    let found: Vec<(&Link, Found<T>)> = linked
        .page
        .iter()
        .flat_map(|link| found(link).into_iter().map(move |it| (link, it)))
        .collect();
    for (link, found) in found {
        match found {
            Found::Here(node, moment) => {
                *succeeded.entry(provider_of(&link.target)).or_default() += 1;
                items.push((
                    moment,
                    Edge {
                        cursor: place(link).cursor(),
                        node,
                    },
                ));
            }
            Found::Elsewhere => {
                *succeeded.entry(provider_of(&link.target)).or_default() += 1;
                hidden += 1;
            }
            Found::Failed(error) => failures.push(error),
        }
    }
    // Newest first; what has no moment stays where its link stands.
    items.sort_by(|(a, _), (b, _)| match (a, b) {
        (Some(a), Some(b)) => b.cmp(a),
        _ => std::cmp::Ordering::Equal,
    });
    let mut sources = Vec::new();
    for provider in providers {
        let needed = linked.kind.features(*provider == Provider::Zoom);
        if !linked.features.are_on(needed) {
            sources.push(SourceStatus::switched_off(*provider));
            continue;
        }
        let succeeded = succeeded.get(provider).copied().unwrap_or_default();
        let mine = failures.iter().filter(|error| error.provider == *provider);
        let mut status = SourceStatus::of_parts(*provider, succeeded, mine);
        if status.state() == SourceState::Ready && succeeded == 0 {
            // Nothing was asked, so only what is known without asking can be told.
            if let Some(obstacle) = operation.obstacle(*provider).await {
                status = SourceStatus::failed(&obstacle);
            }
        }
        sources.push(status);
    }
    let edges: Vec<Edge<T>> = items.into_iter().map(|(_, edge)| edge).collect();
    Join {
        nodes: edges.iter().map(|edge| edge.node.clone()).collect(),
        edges,
        page_info,
        source: overall(&sources),
        sources,
        total_count: Some(i32::try_from(linked.total).unwrap_or(i32::MAX)),
        hidden_count: hidden,
    }
}

/// The answer of a live search, which has no links.
pub fn searched<T: OutputType + Clone>(nodes: Vec<T>, status: SourceStatus) -> Join<T>
where
    Edge<T>: OutputType,
{
    let edges: Vec<Edge<T>> = nodes
        .iter()
        .enumerate()
        .map(|(index, node)| Edge {
            cursor: Place(0, index.to_string()).cursor(),
            node: node.clone(),
        })
        .collect();
    let places: Vec<_> = edges.iter().map(|edge| (edge.cursor.clone(), ())).collect();
    Join {
        nodes,
        page_info: info(&places, false, false),
        edges,
        source: status.clone(),
        sources: vec![status],
        total_count: None,
        hidden_count: 0,
    }
}

/// The one in the greatest trouble; a source this gateway is not set up for does not count beside one that it is.
fn overall(sources: &[SourceStatus]) -> SourceStatus {
    let configured = sources
        .iter()
        .filter(|it| it.state() != SourceState::NotConfigured);
    configured
        .max_by_key(|it| it.state())
        .or_else(|| sources.first())
        .cloned()
        .expect("every join names at least one provider")
}

fn provider_of(target: &Target) -> Provider {
    match target {
        Target::ZoomMeeting(_) | Target::ZoomRecording(_) => Provider::Zoom,
        Target::Mail(_)
        | Target::Conversation(..)
        | Target::Event(_)
        | Target::Chat(_)
        | Target::Task(..) => Provider::Microsoft,
    }
}

/// Reads an outcome of Graph that is a page of none or one.
pub fn first_of<T: serde::de::DeserializeOwned>(
    outcome: Option<&Outcome>,
    operation: &'static str,
) -> Found<Arc<T>> {
    match outcome {
        Some(Ok(json)) => {
            match upstream::microsoft::parse::<upstream::microsoft::Page<T>>(json, operation) {
                Ok(page) => match page.value.into_iter().next() {
                    Some(thing) => Found::Here(Arc::new(thing), None),
                    None => Found::Elsewhere,
                },
                Err(error) => Found::Failed(error),
            }
        }
        other => failure(other, operation),
    }
}

/// Reads an outcome of Graph that is the thing itself.
pub fn one<T: serde::de::DeserializeOwned>(
    outcome: Option<&Outcome>,
    operation: &'static str,
) -> Found<Arc<T>> {
    match outcome {
        Some(Ok(json)) => match upstream::microsoft::parse::<T>(json, operation) {
            Ok(thing) => Found::Here(Arc::new(thing), None),
            Err(error) => Found::Failed(error),
        },
        other => failure(other, operation),
    }
}

fn failure<T>(outcome: Option<&Outcome>, operation: &'static str) -> Found<T> {
    match outcome {
        Some(Err(error)) if error.kind == upstream::Kind::NotFound => Found::Elsewhere,
        Some(Err(error)) => Found::Failed(error.clone()),
        _ => Found::Failed(upstream::Error::new(
            Provider::Microsoft,
            operation,
            upstream::Kind::Invalid,
        )),
    }
}

impl<T> Found<T> {
    /// The same with another thing, and the moment it is sorted by.
    pub fn map<U>(self, make: impl FnOnce(T) -> (U, Option<DateTime>)) -> Found<U> {
        match self {
            Self::Here(thing, _) => {
                let (thing, moment) = make(thing);
                Found::Here(thing, moment)
            }
            Self::Elsewhere => Found::Elsewhere,
            Self::Failed(error) => Found::Failed(error),
        }
    }

    /// What there is of it for the viewer.
    pub fn some(self) -> Result<Option<T>, Error> {
        match self {
            Self::Here(thing, _) => Ok(Some(thing)),
            Self::Elsewhere => Ok(None),
            Self::Failed(error) => Err(error.into()),
        }
    }

    /// As the answer of a field that names the thing by its id: not visible is null.
    pub fn into_field(self) -> Option<Result<T, Error>> {
        match self {
            Self::Here(thing, _) => Some(Ok(thing)),
            Self::Elsewhere => None,
            Self::Failed(error) => Some(Err(error.into())),
        }
    }
}
