//! What a subscription listens to: found out when it is opened, and again when the links of its issue change.

use std::collections::BTreeSet;

use async_graphql::ID;

use super::visible::{self, Age, Unknown};
use crate::auth::Site;
use crate::event::{Personal, Topic};
use crate::feature::Feature;
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::loader::IssueRef;
use crate::graphql::scalar::DateTime;
use crate::graphql::transfer;
use crate::id::{EntraUser, GraphId, IssueId, JiraId, NodeId, SiteId, TransferId};
use crate::store::link::{self, Link, Target};
use crate::upstream::jira::{FieldSet, project};
use crate::upstream::{self, Kind, Provider};
use crate::watch::Want;

/// The most lists of tasks that one subscription listens to.
const MOST_LISTS: u64 = 20;

/// What is heard, where, and what has to be told to us for that.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What the subscription is about.
    pub heard: Heard,
    /// Where on the bus it is told.
    pub topics: Vec<Topic>,
    /// What has to be asked of providers so that it is told at all.
    pub wanted: Vec<Want>,
    /// Something has happened since what the caller shows was read.
    pub missed: bool,
}

/// What a subscription is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// One issue, and what is linked with it.
    Issue(SiteId, IssueId),
    /// Several issues, without what is linked with them; these the caller could see when they began.
    Issues(Vec<(SiteId, IssueId)>),
    /// The new issues of a project of this site.
    Project(SiteId),
    /// One transfer, and the issue it goes to.
    Transfer(SiteId, IssueId, TransferId),
    /// What is the caller's own.
    Own,
}

/// The issue that `issueEvents` names, once the caller is known to see it.
pub async fn of_issue(
    operation: &Operation,
    issue: &ID,
    named: Option<&str>,
    since: Option<&DateTime>,
) -> Result<Plan, Error> {
    let (site, id) = match (issue.parse::<IssueId>(), issue.parse::<NodeId>()) {
        (Ok(id), _) => (operation.site(named)?.site.clone(), id),
        (_, Ok(NodeId::Issue(site, id))) => {
            (operation.site(Some(&site.to_string()))?.site.clone(), id)
        }
        _ => by_key(operation, issue, named).await?,
    };
    let changed = visible::demand(operation, (site.id, id), age(since)).await?;
    Ok(Plan {
        missed: since.is_some_and(|since| changed > since.millis()),
        ..again(operation, site.id, id).await?
    })
}

async fn by_key(
    operation: &Operation,
    issue: &ID,
    named: Option<&str>,
) -> Result<(Site, IssueId), Error> {
    let unknown = "`issue` is not the id of an issue. Use its id, Jira's number of it, or its key.";
    let key = issue.parse().map_err(|_| Error::bad_input(unknown))?;
    let site = operation.site(named)?.site.clone();
    let wanted = (site.id, IssueRef::Key(key), FieldSet::default());
    let found = operation.issues().try_load(wanted).await;
    let found = found.map_err(|error| Error::internal(&error))??;
    let id = found.and_then(|it| it.id.parse().ok());
    let id =
        id.ok_or_else(|| Error::bad_input("There is no issue with that key that you can see."))?;
    Ok((site, id))
}

/// What to listen to for an issue that the caller may see, by the links it has now. Reads the store alone.
pub async fn again(operation: &Operation, site: SiteId, issue: IssueId) -> Result<Plan, Error> {
    let links = operation.links().try_load((site, issue)).await;
    let links = links.map_err(|error| Error::internal(&error))??;
    let mut plan = Plan {
        heard: Heard::Issue(site, issue),
        topics: vec![Topic::issue(site, issue), Topic::site(site)],
        wanted: vec![Want::JiraSite(site)],
        missed: false,
    };
    let features = operation.features(site).await?;
    for link in links.iter() {
        match &link.target {
            Target::ZoomMeeting(number) => plan.topics.push(Topic::zoom_meeting(*number)),
            Target::ZoomRecording(uuid) => plan.topics.push(Topic::zoom_recording(uuid)),
            _ => {}
        }
    }
    if let Some(owner) = own_mailbox(operation).await? {
        let any = |wanted: fn(&Target) -> bool| links.iter().any(|it| wanted(&it.target));
        if features.is_on(Feature::MailEvents) && any(|it| it.mail().is_some()) {
            plan.listen(owner, Personal::Mail, Vec::new());
        }
        if features.is_on(Feature::MeetingEvents) && any(|it| matches!(it, Target::Event(_))) {
            plan.listen(owner, Personal::Calendar, Vec::new());
        }
        let chats: Vec<GraphId> = links.iter().filter_map(chat).collect();
        if features.is_on(Feature::ChatEvents) && !chats.is_empty() {
            let topics = chats.iter().map(|chat| Topic::chat(owner.tid, chat));
            plan.topics.extend(topics);
            let wanted = Want::Personal(owner, Personal::Chats, chats);
            plan.wanted.push(wanted);
        }
        let own = links
            .iter()
            .filter(|it| operation.caller.is(it.linked_by))
            .filter_map(task_list);
        let mut lists: Vec<GraphId> = own.collect();
        lists.sort_unstable();
        lists.dedup();
        if features.is_on(Feature::TaskEvents) && !lists.is_empty() {
            plan.listen(owner, Personal::Tasks, lists);
        }
    }
    Ok(plan)
}

/// How many issues one subscription listens to: as many as a list shows.
const LISTED: usize = 50;

/// The issues that `workEvents` names, as far as the caller sees them.
pub async fn of_issues(
    operation: &Operation,
    issues: &[ID],
    since: Option<&DateTime>,
) -> Result<Plan, Error> {
    if issues.is_empty() || issues.len() > LISTED {
        return Err(Error::bad_input("Name 1 to 50 `issues`."));
    }
    let places: Result<BTreeSet<_>, Error> = (issues.iter())
        .map(|id| match id.parse() {
            Ok(NodeId::Issue(site, issue)) => Ok((site, issue)),
            _ => Err(Error::bad_input(
                "One of `issues` is not the id of an issue.",
            )),
        })
        .collect();
    let mut seen = Vec::new();
    let mut topics = Vec::new();
    let mut sites = BTreeSet::new();
    let mut missed = false;
    for (place, changed) in visible::all_changed(operation, places?, age(since)).await {
        match changed {
            Ok(Some(changed)) => {
                seen.push(place);
                missed |= since.is_some_and(|since| changed > since.millis());
            }
            // It is asked again when something happens.
            Err(Unknown) => {}
            Ok(None) => continue,
        }
        topics.push(Topic::issue(place.0, place.1));
        sites.insert(place.0);
    }
    // Their administrators may switch it off meanwhile.
    topics.extend(sites.iter().copied().map(Topic::site));
    Ok(Plan {
        heard: Heard::Issues(seen),
        topics,
        wanted: sites.into_iter().map(Want::JiraSite).collect(),
        missed,
    })
}

/// What is to be compared with what the caller shows must not be older than that.
fn age(since: Option<&DateTime>) -> Age {
    since.map_or(Age::AMoment, |_| Age::New)
}

fn chat(link: &Link) -> Option<GraphId> {
    match &link.target {
        Target::Chat(id) => Some(id.clone()),
        _ => None,
    }
}

fn task_list(link: &Link) -> Option<GraphId> {
    match &link.target {
        Target::Task(list, _) => Some(list.clone()),
        _ => None,
    }
}

/// The project that `issueCreated` names, once the caller is known to see it.
pub async fn of_project(
    operation: &Operation,
    named: &ID,
    site: Option<&str>,
) -> Result<Plan, Error> {
    let site = &operation.site(site)?.site;
    if !operation
        .features(site.id)
        .await?
        .is_on(Feature::IssueEvents)
    {
        return Err(Error::switched_off());
    }
    let reference = named.parse()?;
    let http = &operation.app.http;
    let reference = &reference;
    let found = Box::pin(
        operation.at_site(site, "read a project", |access| async move {
            project::one(http, &access, reference).await
        }),
    );
    let unknown = || Error::bad_input("There is no project with that id or key that you can see.");
    let id: JiraId = match found.await {
        Ok(Some(found)) => found.id.parse()?,
        Ok(None) => return Err(unknown()),
        Err(error) => return Err(error.into()),
    };
    Ok(Plan {
        heard: Heard::Project(site.id),
        topics: vec![Topic::project(site.id, &id), Topic::site(site.id)],
        wanted: vec![Want::JiraSite(site.id)],
        missed: false,
    })
}

/// The transfer that `transferProgress` names, once the caller is known to see its issue.
pub async fn of_transfer(operation: &Operation, id: &ID) -> Result<Plan, Error> {
    let unknown = || Error::bad_input("There is no transfer with that id that you can see.");
    let Ok(NodeId::Transfer(id)) = id.parse() else {
        return Err(unknown());
    };
    let (site, stored) = transfer::found(operation, id).await?.ok_or_else(unknown)?;
    let site = site.site.id;
    visible::demand(operation, (site, stored.issue), Age::AMoment).await?;
    Ok(Plan {
        heard: Heard::Transfer(site, stored.issue, id),
        topics: vec![Topic::transfer(site, id)],
        wanted: Vec::new(),
        missed: false,
    })
}

/// The caller's own mailbox.
pub async fn of_mailbox(operation: &Operation) -> Result<Plan, Error> {
    operation
        .demand(&[Feature::Mail, Feature::MailEvents])
        .await?;
    let mut plan = Plan::own(operation);
    plan.listen(
        demanded(
            operation,
            Provider::Microsoft,
            own_mailbox(operation).await?,
        )
        .await?,
        Personal::Mail,
        Vec::new(),
    );
    Ok(plan)
}

/// The caller's own calendar, and what they host at Zoom: one of them is enough.
pub async fn of_meetings(operation: &Operation) -> Result<Plan, Error> {
    let needed = [Feature::Meetings, Feature::MeetingEvents, Feature::Zoom];
    operation.demand(&needed[..2]).await?;
    let mut plan = Plan::own(operation);
    let mailbox = own_mailbox(operation).await?;
    if let Some(owner) = mailbox {
        plan.listen(owner, Personal::Calendar, Vec::new());
    }
    let zoom = if operation.allows(&needed).await? {
        operation.own_zoom().await?
    } else {
        None
    };
    match zoom {
        Some(user) => plan.topics.push(Topic::zoom_user(&user)),
        None => drop(demanded(operation, Provider::Microsoft, mailbox).await?),
    }
    Ok(plan)
}

/// The caller's own tasks: of their default list, and of the lists of tasks that they linked.
pub async fn of_tasks(operation: &Operation) -> Result<Plan, Error> {
    operation
        .demand(&[Feature::Tasks, Feature::TaskEvents])
        .await?;
    let mailbox = own_mailbox(operation).await?;
    let owner = demanded(operation, Provider::Microsoft, mailbox).await?;
    let caller = &operation.caller;
    let selves = caller.selves.iter().map(|(_, person)| *person);
    let people: Vec<_> = selves
        .chain(caller.sites.iter().map(|it| it.person))
        .collect();
    let lists = link::task_lists(&operation.app.store, &people, MOST_LISTS).await;
    let lists = lists.map_err(|error| Error::internal(&error))?;
    let mut plan = Plan::own(operation);
    plan.listen(owner, Personal::Tasks, lists);
    Ok(plan)
}

/// What the caller hosts at Zoom.
pub async fn of_recordings(operation: &Operation) -> Result<Plan, Error> {
    operation
        .demand(&[Feature::Zoom, Feature::RecordingEvents])
        .await?;
    let mut plan = Plan::own(operation);
    let user = demanded(operation, Provider::Zoom, operation.own_zoom().await?).await?;
    plan.topics.push(Topic::zoom_user(&user));
    Ok(plan)
}

impl Plan {
    fn own(operation: &Operation) -> Self {
        let sites = operation.sites().iter();
        Self {
            heard: Heard::Own,
            // Its administrators may switch it off meanwhile.
            topics: sites.map(|it| Topic::site(it.site.id)).collect(),
            wanted: Vec::new(),
            missed: false,
        }
    }

    fn listen(&mut self, owner: EntraUser, what: Personal, within: Vec<GraphId>) {
        self.topics.push(Topic::personal(owner, what));
        self.wanted.push(Want::Personal(owner, what, within));
    }
}

/// Whose mailbox the caller's Graph token opens; `None` while there is none.
async fn own_mailbox(operation: &Operation) -> Result<Option<EntraUser>, Error> {
    if let Some(user) = operation.caller.entra {
        return Ok(Some(user));
    }
    let connections = operation.connections().await?;
    let connection = connections
        .iter()
        .find(|it| it.provider == Provider::Microsoft && it.obstacle.is_none());
    Ok(connection.and_then(|it| {
        Some(EntraUser {
            tid: it.authority.as_deref()?.parse().ok()?,
            oid: it.subject.as_deref()?.parse().ok()?,
        })
    }))
}

/// What the caller has, or why they do not have it.
async fn demanded<T>(
    operation: &Operation,
    provider: Provider,
    found: Option<T>,
) -> Result<T, Error> {
    match found {
        Some(found) => Ok(found),
        None => Err(match operation.obstacle(provider).await {
            Some(error) => error.into(),
            None => upstream::Error::new(provider, "listen", Kind::NotConnected).into(),
        }),
    }
}
