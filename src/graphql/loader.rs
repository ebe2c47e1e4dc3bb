//! The loaders of one operation: each asks its provider in the fewest calls, with the caller's own token.
//!
//! They never outlive the operation and are never shared, so no answer can reach another person.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use dataloader::BatchFn;
use dataloader::cached::Loader;
use futures::future::join_all;
use time::Date;
use tokio::sync::Semaphore;

use super::context::Rights;
use super::error::Error;
use crate::app::App;
use crate::id::{IssueId, IssueKey, SiteId, TenantId, ZoomNumber, ZoomUuid};
use crate::store;
use crate::store::link::{self, Link};
use crate::upstream::http::Http;
use crate::upstream::jira::{self, FieldSet};
use crate::upstream::microsoft::{self, Outcome, Path};
use crate::upstream::zoom;
use crate::upstream::zoom::past::{self, People, Recorded};
use crate::upstream::zoom::transcript::{self, Transcript};
use crate::upstream::{self, Access, Kind, Provider};

/// Larger than any operation may ask for: batches are cut to the vendor's size where they are sent.
const EVERYTHING: usize = 100_000;
/// How many Zoom requests run at once for one person.
const ZOOM_AT_ONCE: usize = 8;

/// An issue, by what the query had.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum IssueRef {
    /// By its number.
    Id(IssueId),
    /// By its key, which may have moved.
    Key(IssueKey),
}

/// Something of Zoom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ZoomRef {
    /// The recordings of one instance.
    Recordings(ZoomUuid),
    /// A scheduled meeting.
    Meeting(ZoomNumber),
    /// When a meeting took place.
    Instances(ZoomNumber),
    /// Who was at one instance.
    Participants(ZoomUuid),
    /// What the AI Companion wrote of one instance.
    Summary(ZoomUuid),
    /// What was said at one instance.
    Transcript(ZoomUuid),
    /// The person's own recordings of the weeks that end with a day.
    Recorded(Date),
}

/// What a read of Zoom gave; `None` when it is not this person's to see.
#[derive(Debug, Clone)]
pub enum ZoomThing {
    /// The recordings of one instance.
    Recordings(Option<Arc<zoom::model::Recordings>>),
    /// A scheduled meeting.
    Meeting(Option<Arc<zoom::model::Meeting>>),
    /// When a meeting took place; never, when it is not this person's.
    Instances(Arc<[zoom::model::Instance]>),
    /// Who was there.
    Participants(Option<Arc<People>>),
    /// What the AI Companion wrote.
    Summary(Option<Arc<zoom::model::Summary>>),
    /// What was said.
    Transcript(Option<Arc<Transcript>>),
    /// Some weeks of recordings.
    Recorded(Arc<Recorded>),
}

type IssueOutcome = Result<Option<Arc<jira::model::Issue>>, upstream::Error>;
type LinkOutcome = Result<Arc<[Link]>, Error>;
type ZoomOutcome = Result<ZoomThing, upstream::Error>;

/// What one issue is loaded by: its site, the reference, and which fields are wanted.
pub type IssueLoad = (SiteId, IssueRef, FieldSet);

/// Issues by site, reference and requested fields.
pub type IssueLoader = Loader<IssueLoad, IssueOutcome, IssueBatch>;
/// Links by site and issue.
pub type LinkLoader = Loader<(SiteId, IssueId), LinkOutcome, LinkBatch>;
/// Reads of Graph by path.
pub type GraphLoader = Loader<Path, Outcome, GraphBatch>;
/// Reads of Zoom.
pub type ZoomLoader = Loader<ZoomRef, ZoomOutcome, ZoomBatch>;

/// All loaders of an operation.
pub struct Loaders {
    pub issues: IssueLoader,
    pub links: LinkLoader,
    pub graph: GraphLoader,
    pub zoom: ZoomLoader,
}

impl Loaders {
    /// Empty ones.
    pub fn new(rights: &Arc<Rights>) -> Self {
        let rights = || Arc::clone(rights);
        Self {
            issues: Loader::new(IssueBatch(rights())).with_max_batch_size(EVERYTHING),
            links: Loader::new(LinkBatch(rights())).with_max_batch_size(EVERYTHING),
            graph: Loader::new(GraphBatch(rights())).with_max_batch_size(EVERYTHING),
            zoom: Loader::new(ZoomBatch(rights())).with_max_batch_size(EVERYTHING),
        }
    }
}

/// Whether the provider refused the token itself, so that a newer one is worth a try.
fn refused(error: &upstream::Error) -> bool {
    matches!(error.kind, Kind::TokenRefused { .. })
}

/// What Graph asks of a token, when it refuses one for that.
fn challenge_in(outcome: &Outcome) -> Option<String> {
    match &outcome.as_ref().err()?.kind {
        Kind::TokenRefused { claims } => claims.clone(),
        _ => None,
    }
}

/// The keys whose outcome is worth another try with a newer token.
fn refused_keys<K: Clone, V>(outcomes: &HashMap<K, Result<V, upstream::Error>>) -> Vec<K> {
    let again = outcomes
        .iter()
        .filter(|(_, outcome)| outcome.as_ref().is_err_and(refused));
    again.map(|(key, _)| key.clone()).collect()
}

/// The outcomes, or the error of the whole as the outcome of each key.
fn all_or_error<K: Clone + Eq + Hash, V>(
    keys: &[K],
    outcomes: Result<HashMap<K, Result<V, upstream::Error>>, upstream::Error>,
) -> HashMap<K, Result<V, upstream::Error>> {
    outcomes.unwrap_or_else(|error| {
        keys.iter()
            .map(|key| (key.clone(), Err(error.clone())))
            .collect()
    })
}

/// Jira: for each site one `bulkfetch` per hundred issues, a `GET` for one issue or for a key; all sites at once.
pub struct IssueBatch(Arc<Rights>);

type OfSite = (IssueRef, FieldSet);

impl BatchFn<IssueLoad, IssueOutcome> for IssueBatch {
    async fn load(&mut self, keys: &[IssueLoad]) -> HashMap<IssueLoad, IssueOutcome> {
        let mut by_site: BTreeMap<SiteId, Vec<OfSite>> = BTreeMap::new();
        for (site, reference, fields) in keys {
            let of_site = by_site.entry(*site).or_default();
            of_site.push((reference.clone(), *fields));
        }
        let mut running = Vec::new();
        for (site, keys) in by_site {
            running.push(self.load_site(site, keys));
        }
        join_all(running).await.into_iter().flatten().collect()
    }
}

impl IssueBatch {
    async fn load_site(&self, site: SiteId, keys: Vec<OfSite>) -> Vec<(IssueLoad, IssueOutcome)> {
        let read = self.load_or_fail(site, &keys);
        let read = self.0.in_time(Provider::Jira, "read issues", read).await;
        let outcomes = all_or_error(&keys, read).into_iter();
        outcomes
            .map(|((reference, fields), outcome)| ((site, reference, fields), outcome))
            .collect()
    }

    async fn load_or_fail(
        &self,
        site: SiteId,
        keys: &[OfSite],
    ) -> Result<HashMap<OfSite, IssueOutcome>, upstream::Error> {
        let membership = self.0.caller().membership(site).ok_or_else(|| {
            upstream::Error::new(Provider::Jira, "read issues", Kind::NotConnected)
        })?;
        let access = self.0.jira(&membership.site).await?;
        let outcomes = self.read(&access, keys).await;
        // A site that no longer knows the app answers 404 to everything.
        let lost = |error: &upstream::Error| refused(error) || error.kind == Kind::NotFound;
        if !outcomes.values().any(|it| it.as_ref().is_err_and(lost)) {
            return Ok(outcomes);
        }
        let access = self.0.jira_renewed(&membership.site, &access).await?;
        Ok(self.read(&access, keys).await)
    }

    async fn read(&self, access: &Access, keys: &[OfSite]) -> HashMap<OfSite, IssueOutcome> {
        let http = &self.0.app().http;
        let mut by_fields: HashMap<FieldSet, Vec<IssueId>> = HashMap::new();
        let mut alone = Vec::new();
        for (reference, fields) in keys {
            match reference {
                IssueRef::Id(id) => by_fields.entry(*fields).or_default().push(*id),
                IssueRef::Key(key) => alone.push((key.clone(), *fields)),
            }
        }
        let mut by_key = Vec::new();
        for (key, fields) in alone {
            by_key.push(one_by_key(http, access, key, fields));
        }
        let mut by_id = Vec::new();
        for (fields, ids) in &by_fields {
            for chunk in ids.chunks(jira::BULK) {
                by_id.push(some_by_id(http, access, chunk, *fields));
            }
        }
        let (by_key, by_id) = futures::join!(join_all(by_key), join_all(by_id));
        by_key
            .into_iter()
            .chain(by_id.into_iter().flatten())
            .collect()
    }
}

type IssueAnswer = (OfSite, IssueOutcome);

async fn one_by_key(http: &Http, access: &Access, key: IssueKey, fields: FieldSet) -> IssueAnswer {
    let outcome = jira::issue_by_key(http, access, &key, fields).await;
    (
        (IssueRef::Key(key), fields),
        outcome.map(|it| it.map(Arc::new)),
    )
}

async fn some_by_id(
    http: &Http,
    access: &Access,
    ids: &[IssueId],
    fields: FieldSet,
) -> Vec<IssueAnswer> {
    if let [id] = ids {
        let outcome = jira::issue_by_id(http, access, *id, fields).await;
        return vec![(
            (IssueRef::Id(*id), fields),
            outcome.map(|it| it.map(Arc::new)),
        )];
    }
    let mut bulk = jira::issues_by_id(http, access, ids, fields).await;
    let outcome = |id: &IssueId| match &mut bulk {
        Ok(found) => Ok(found.remove(id).map(Arc::new)),
        Err(error) => Err(error.clone()),
    };
    let outcomes: Vec<_> = ids.iter().map(outcome).collect();
    ids.iter()
        .map(|id| (IssueRef::Id(*id), fields))
        .zip(outcomes)
        .collect()
}

/// The store: one read for all issues of a site.
pub struct LinkBatch(Arc<Rights>);

/// The links of some issues of a site, as far as it has switched on what they lead to.
async fn linked(app: &App, site: SiteId, issues: &[IssueId]) -> store::Result<Vec<Link>> {
    let features = app.features(site).await?;
    let mut links = link::of_issues(&app.store, &TenantId::of_site(site), issues).await?;
    links.retain(|it| features.are_on(it.target.features()));
    Ok(links)
}

impl BatchFn<(SiteId, IssueId), LinkOutcome> for LinkBatch {
    async fn load(
        &mut self,
        keys: &[(SiteId, IssueId)],
    ) -> HashMap<(SiteId, IssueId), LinkOutcome> {
        let mut by_site: BTreeMap<SiteId, Vec<IssueId>> = BTreeMap::new();
        for (site, issue) in keys {
            by_site.entry(*site).or_default().push(*issue);
        }
        let mut outcomes = HashMap::new();
        for (site, issues) in by_site {
            match linked(self.0.app(), site, &issues).await {
                Ok(links) => {
                    let mut by_issue: HashMap<IssueId, Vec<Link>> = HashMap::new();
                    for link in links {
                        by_issue.entry(link.issue).or_default().push(link);
                    }
                    outcomes.extend(issues.into_iter().map(|issue| {
                        let links = by_issue.remove(&issue).unwrap_or_default();
                        ((site, issue), Ok(links.into()))
                    }));
                }
                Err(error) => {
                    let error = Error::from(error);
                    outcomes.extend(
                        issues
                            .into_iter()
                            .map(|issue| ((site, issue), Err(error.clone()))),
                    );
                }
            }
        }
        outcomes
    }
}

/// Graph: one `$batch` per twenty paths.
pub struct GraphBatch(Arc<Rights>);

impl BatchFn<Path, Outcome> for GraphBatch {
    async fn load(&mut self, paths: &[Path]) -> HashMap<Path, Outcome> {
        let read = self.load_or_fail(paths);
        all_or_error(
            paths,
            self.0
                .in_time(Provider::Microsoft, "read from Graph", read)
                .await,
        )
    }
}

impl GraphBatch {
    async fn load_or_fail(
        &self,
        paths: &[Path],
    ) -> Result<HashMap<Path, Outcome>, upstream::Error> {
        let access = self.0.access(Provider::Microsoft).await?;
        let (app, person) = (self.0.app(), self.0.caller().person);
        let mut outcomes = microsoft::read(&app.http, &app.mailboxes, person, &access, paths).await;
        let again = refused_keys(&outcomes);
        if !again.is_empty() {
            let challenge = outcomes.values().find_map(challenge_in);
            outcomes.extend(
                match self.0.challenged(&access, challenge.as_deref()).await {
                    Ok(access) => {
                        microsoft::read(&app.http, &app.mailboxes, person, &access, &again).await
                    }
                    Err(error) => all_or_error(&again, Err(error)),
                },
            );
        }
        Ok(outcomes)
    }
}

/// Zoom: one request each, eight at once.
pub struct ZoomBatch(Arc<Rights>);

impl BatchFn<ZoomRef, ZoomOutcome> for ZoomBatch {
    async fn load(&mut self, keys: &[ZoomRef]) -> HashMap<ZoomRef, ZoomOutcome> {
        let read = self.load_or_fail(keys);
        all_or_error(
            keys,
            self.0.in_time(Provider::Zoom, "read from Zoom", read).await,
        )
    }
}

impl ZoomBatch {
    async fn load_or_fail(
        &self,
        keys: &[ZoomRef],
    ) -> Result<HashMap<ZoomRef, ZoomOutcome>, upstream::Error> {
        let access = self.0.access(Provider::Zoom).await?;
        let mut outcomes = self.read(&access, keys).await;
        let again = refused_keys(&outcomes);
        if !again.is_empty() {
            outcomes.extend(match self.0.renewed(Provider::Zoom, &access).await {
                Ok(access) => self.read(&access, &again).await,
                Err(error) => all_or_error(&again, Err(error)),
            });
        }
        Ok(outcomes)
    }

    async fn read(&self, access: &Access, keys: &[ZoomRef]) -> HashMap<ZoomRef, ZoomOutcome> {
        let slots = Semaphore::new(ZOOM_AT_ONCE);
        let mut running = Vec::new();
        for key in keys {
            running.push(one_of_zoom(self.0.app(), &slots, access, key.clone()));
        }
        join_all(running).await.into_iter().collect()
    }
}

async fn one_of_zoom(
    app: &App,
    slots: &Semaphore,
    access: &Access,
    key: ZoomRef,
) -> (ZoomRef, ZoomOutcome) {
    let _slot = slots
        .acquire()
        .await
        .expect("the semaphore is never closed");
    let outcome = read_zoom(app, access, &key).await;
    (key, outcome)
}

async fn read_zoom(app: &App, access: &Access, key: &ZoomRef) -> ZoomOutcome {
    let http = &app.http;
    Ok(match key {
        ZoomRef::Recordings(uuid) => {
            let found = zoom::recordings(http, access, uuid).await?;
            ZoomThing::Recordings(found.map(Arc::new))
        }
        ZoomRef::Meeting(number) => {
            let found = zoom::meeting(http, access, *number).await?;
            ZoomThing::Meeting(found.map(Arc::new))
        }
        ZoomRef::Instances(number) => {
            let found = past::instances(http, access, *number).await?;
            ZoomThing::Instances(found.into())
        }
        ZoomRef::Participants(uuid) => {
            let found = past::participants(http, access, uuid).await?;
            ZoomThing::Participants(found.map(Arc::new))
        }
        ZoomRef::Summary(uuid) => {
            let found = past::summary(http, access, uuid).await?;
            ZoomThing::Summary(found.map(Arc::new))
        }
        ZoomRef::Recorded(until) => {
            let found = past::recorded(http, access, *until).await?;
            ZoomThing::Recorded(Arc::new(found))
        }
        ZoomRef::Transcript(uuid) => {
            let zoom = app.settings.zoom.as_ref();
            let hosts = zoom.map_or(&[][..], |zoom| &zoom.download_hosts);
            let found = transcript::read(http, access, uuid, hosts).await?;
            ZoomThing::Transcript(found.map(Arc::new))
        }
    })
}
