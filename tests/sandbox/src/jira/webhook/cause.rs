//! Makes things happen on a site by themselves: issues and comments that somebody makes, changes and deletes.

use std::sync::Arc;

use serde_json::{Map, json};
use time::OffsetDateTime;

use super::{Act, happening::Happening, parcels};
use crate::jira::{
    access::Site,
    adf, comment,
    model::{Content, Issue, STATUSES},
};
use crate::{
    event::{Caused, Event},
    world::{Person, SITES, World},
};

/// What can happen here.
const KINDS: [&str; 6] = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
];

/// Changes the site's content as the event says, and makes the webhooks that tell of it.
pub(crate) fn cause(world: &Arc<World>, event: &Event) -> Result<Caused, String> {
    if !KINDS.contains(&event.kind.as_str()) {
        return Err(format!("{:?} is none of {}", event.kind, KINDS.join(", ")));
    }
    let by = event.by.as_deref().or(event.person.as_deref());
    let by = match by {
        Some(handle) => world
            .find(|person| person.handle == handle)
            .ok_or_else(|| format!("there is no {handle}"))?,
        None => colleague(world, event.site.as_deref()),
    };
    let name = event.site.as_deref().unwrap_or(by.site);
    let name = SITES
        .into_iter()
        .find(|site| *site == name)
        .ok_or_else(|| format!("there is no site {name}"))?;
    let site = Site {
        world: Arc::clone(world),
        name,
    };
    let mut state = world.jira();
    let content = state.content(name);
    let wanted = event
        .issue
        .as_deref()
        .unwrap_or_else(|| crate::jira::main_issue(name));
    let before = content
        .issue(wanted)
        .cloned()
        .ok_or_else(|| format!("{name} has no issue {wanted}"))?;
    let (issue, happened) = change(&site, content, &before, &by, event)?;
    let age = event.age_s.unwrap_or_default();
    let by = &by.account_id;
    let mut ids = Map::new();
    ids.insert("site".to_owned(), json!(name));
    ids.insert("issue".to_owned(), json!(issue.id.to_string()));
    ids.insert("key".to_owned(), json!(issue.key()));
    if let Some(comment) = happened.iter().find_map(Happening::comment) {
        ids.insert("comment".to_owned(), json!(comment.to_string()));
    }
    Ok(Caused {
        ids,
        parcels: parcels(
            &site,
            &state,
            Act {
                by,
                trace: None,
                age,
            },
            &happened,
        ),
    })
}

fn change(
    site: &Site,
    content: &mut Content,
    before: &Issue,
    by: &Person,
    event: &Event,
) -> Result<(Issue, Vec<Happening>), String> {
    let id = content.new_id();
    let words = event.words(&site.world);
    let now = OffsetDateTime::now_utc();
    let mut issue = before.clone();
    issue.updated = now;
    let no_comment = || format!("{} has no comment", before.key());
    match event.kind.as_str() {
        "jira:issue_created" => {
            let project = content.project(before.project).cloned();
            let project = project.ok_or("an issue without a project")?;
            let number = content.next_number(project.key);
            issue = Issue::blank(&project, before.kind, number, &by.account_id, now);
            issue.summary = words;
            let happened = vec![Happening::created(&issue)];
            content.issues.insert(issue.id, issue.clone());
            return Ok((issue, happened));
        }
        "jira:issue_deleted" => {
            content.issues.remove(&before.id);
            return Ok((issue, vec![Happening::deleted(before)]));
        }
        "jira:issue_updated" if event.subject.is_some() => issue.summary = words,
        "jira:issue_updated" => {
            // The next column of the board, which every viewer sees.
            let place = STATUSES.iter().position(|it| it.id == before.status.id);
            let next = (place.unwrap_or_default() + 1) % STATUSES.len();
            issue.status = &STATUSES[next];
        }
        "comment_created" => {
            let body = adf::doc(&[adf::paragraph(&words)]);
            let comment = comment::new(id, by.account_id.clone(), &body);
            issue
                .comments
                .push(comment.map_err(|_| "no comment can be made")?);
        }
        "comment_updated" => {
            let comment = issue.comments.last_mut().ok_or_else(no_comment)?;
            comment.body = adf::doc(&[adf::paragraph(&words)]);
            comment.updated = now;
        }
        _ => {
            issue.comments.pop().ok_or_else(no_comment)?;
        }
    }
    let happened = Happening::between(site, before, &issue);
    content.issues.insert(issue.id, issue.clone());
    Ok((issue, happened))
}

/// The second person of a site: the first is often the one who looks.
fn colleague(world: &World, site: Option<&str>) -> Person {
    let site = site.unwrap_or(SITES[0]);
    let mut people = world.people().iter().filter(|person| person.site == site);
    people
        .nth(1)
        .cloned()
        .unwrap_or_else(|| world.person("bob"))
}

/// The id and key of an issue on a site.
pub(crate) fn issue_ids(
    world: &World,
    site: &'static str,
    issue: &str,
) -> Option<(String, String)> {
    let mut state = world.jira();
    let found = state.content(site).issue(issue)?;
    Some((found.id.to_string(), found.key()))
}

impl Happening {
    /// The id of the comment it is about.
    fn comment(&self) -> Option<u64> {
        match &self.detail {
            super::happening::Detail::Comment(comment) => Some(comment.id),
            _ => None,
        }
    }
}
