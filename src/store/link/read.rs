//! Finding links: of issues, of mails and their conversations, of anything else.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder as _, QuerySelect as _};

use super::{Link, Target, column_of, row};
use crate::id::{GraphId, IssueId, MessageId, PersonId, SiteId, TenantId};
use crate::store::{Result, Store};

/// How many ids one read names, below the bound on parameters that both databases share.
const AT_ONCE: usize = 500;

/// The links of many issues in one read, newest first.
pub async fn of_issues(store: &Store, tenant: &TenantId, issues: &[IssueId]) -> Result<Vec<Link>> {
    let mut links = Vec::new();
    for chunk in issues.chunks(AT_ONCE) {
        let rows = row::Entity::find()
            .filter(row::Column::Tenant.eq(tenant.as_str()))
            .filter(row::Column::IssueId.is_in(chunk.iter().map(|id| column_of(*id))))
            .order_by_desc(row::Column::CreatedAt)
            .order_by_desc(row::Column::Id)
            .all(store.db())
            .await?;
        links.extend(readable(rows));
    }
    Ok(links)
}

/// The links of some sites to any of these mails, and those of conversations that began with one of them; newest
/// first.
pub async fn of_mails(store: &Store, sites: &[SiteId], mails: &[MessageId]) -> Result<Vec<Link>> {
    let mut links = Vec::new();
    for chunk in mails.chunks(AT_ONCE / 2) {
        let ids = || chunk.iter().map(MessageId::as_str);
        let either = Condition::any()
            .add(row::Column::ExternalId.is_in(ids()))
            .add(row::Column::ExternalParent.is_in(ids()));
        links.extend(among(store, sites, "mail", either).await?);
    }
    links.sort_by_key(|link: &Link| Reverse((link.created_at, link.id)));
    links.dedup_by(|a, b| a.id == b.id);
    Ok(links)
}

/// The links of some sites to any of these things (meetings, chats, tasks, recordings; for mails see [`of_mails`]).
pub async fn of_targets(store: &Store, sites: &[SiteId], targets: &[Target]) -> Result<Vec<Link>> {
    let mut by_kind: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for target in targets {
        let (kind, _, id, _) = target.columns();
        by_kind.entry(kind).or_default().push(id);
    }
    let wanted: HashSet<&Target> = targets.iter().collect();
    let mut links = Vec::new();
    for (kind, ids) in by_kind {
        for chunk in ids.chunks(AT_ONCE) {
            let one_of = Condition::all().add(row::Column::ExternalId.is_in(chunk));
            let found = among(store, sites, kind, one_of).await?;
            links.extend(found.into_iter().filter(|it| wanted.contains(&it.target)));
        }
    }
    Ok(links)
}

/// The To Do lists of the tasks that one of these people has linked, some at most.
pub async fn task_lists(store: &Store, people: &[PersonId], most: u64) -> Result<Vec<GraphId>> {
    let people = people.iter().map(ToString::to_string);
    let lists: Vec<String> = row::Entity::find()
        .select_only()
        .column(row::Column::ExternalParent)
        .distinct()
        .filter(row::Column::LinkedBy.is_in(people))
        .filter(row::Column::Kind.eq("task"))
        .order_by_asc(row::Column::ExternalParent)
        .limit(most)
        .into_tuple()
        .all(store.db())
        .await?;
    Ok(lists.iter().filter_map(|it| it.parse().ok()).collect())
}

async fn among(
    store: &Store,
    sites: &[SiteId],
    kind: &str,
    condition: Condition,
) -> Result<Vec<Link>> {
    let tenants = sites
        .iter()
        .map(|site| TenantId::of_site(*site).to_string());
    let rows = row::Entity::find()
        .filter(row::Column::Tenant.is_in(tenants))
        .filter(row::Column::Kind.eq(kind))
        .filter(condition)
        .order_by_desc(row::Column::CreatedAt)
        .order_by_desc(row::Column::Id)
        .all(store.db())
        .await?;
    Ok(readable(rows).collect())
}

pub(super) fn readable(rows: Vec<row::Model>) -> impl Iterator<Item = Link> {
    rows.into_iter().filter_map(|row| {
        // A newer version may have written kinds that this one does not know.
        Link::try_from(row)
            .inspect_err(|error| tracing::warn!(%error, "a link could not be read"))
            .ok()
    })
}
