//! What administrators may look into: the audit log, and the list of what is stored.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use super::context::{ContextExt as _, Operation};
use super::error::Error;
use super::page::{Connection, Place, Slice};
use super::scalar::DateTime;
use crate::auth::Site;
use crate::id::TenantId;
use crate::store::audit::{self, Entry};
use crate::store::{self, manifest};
use crate::upstream::{Provider, jira};

/// Who did what to which id, when, and how it ended. Ids and codes only, never content.
#[derive(Debug, Clone, SimpleObject)]
pub struct AuditEntry {
    /// Its id.
    id: ID,
    /// When it began.
    begun_at: DateTime,
    /// When it ended; null if it never did.
    completed_at: Option<DateTime>,
    /// Our id of the person; null for the provider itself, such as an installation.
    person: Option<ID>,
    /// The provider's account id of the person.
    actor: Option<String>,
    /// What was done, such as `link.mail`.
    action: String,
    /// What kind of thing it was done to.
    object_kind: Option<String>,
    /// Which one.
    object_id: Option<String>,
    /// begun, ok, refused or failed.
    result: String,
    /// A fixed code that says why.
    detail: Option<String>,
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id.into(),
            begun_at: DateTime::from_millis(entry.begun_at),
            completed_at: entry.completed_at.map(DateTime::from_millis),
            person: entry.person_id.map(ID),
            actor: entry.actor,
            action: entry.action,
            object_kind: entry.object_kind,
            object_id: entry.object_id,
            result: entry.result,
            detail: entry.detail,
        }
    }
}

/// What kind of thing a column keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "manifest::StoredClass")]
pub enum StoredClass {
    /// An id.
    Id,
    /// One end of a link between ids.
    Link,
    /// A sealed credential (AES-256-GCM).
    Secret,
    /// A setting.
    Setting,
    /// A fixed word or code of the audit log.
    Audit,
    /// A moment.
    Time,
    /// How far something is.
    State,
}

/// A column of the database, and why it is kept.
#[derive(Debug, Clone, SimpleObject)]
pub struct StoredColumn {
    /// Its table.
    table: &'static str,
    /// Its name.
    column: &'static str,
    /// What kind of thing it keeps.
    class: StoredClass,
    /// Why.
    purpose: &'static str,
}

/// Queries for administrators.
#[derive(Default)]
pub struct AuditQuery;

#[Object]
impl AuditQuery {
    /// The audit log of the viewer's site, newest first. Site administrators only; costs one Jira call to see that.
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 50 when not given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Behind which cursor.")] after: Option<String>,
    ) -> Option<Result<Connection<AuditEntry>, Error>> {
        Some(page(ctx.operation(), first, after.as_deref()).await)
    }

    /// Every table and column that is kept, and why: all of it.
    async fn storage_manifest(&self) -> Vec<StoredColumn> {
        store::manifest()
            .into_iter()
            .map(|it| StoredColumn {
                table: it.table,
                column: it.column,
                class: it.class.into(),
                purpose: it.purpose,
            })
            .collect()
    }
}

/// Has only administrators of a Jira site go on. Costs one Jira call.
pub async fn demand_administrator(
    operation: &Operation,
    site: &Site,
    refusal: &'static str,
) -> Result<(), Error> {
    let rights = &operation.rights;
    let administers = rights.in_time(Provider::Jira, "read permissions", async {
        let access = rights.jira(site).await?;
        jira::administers(&operation.app.http, &access).await
    });
    if administers.await? {
        Ok(())
    } else {
        Err(Error::forbidden(refusal))
    }
}

async fn page(
    operation: &Operation,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<Connection<AuditEntry>, Error> {
    let slice = Slice::parse(first, after, 50)?;
    let site = &operation.site(None)?.site;
    demand_administrator(
        operation,
        site,
        "Only administrators of the Jira site may read its audit log.",
    )
    .await?;
    let after = slice.after.as_ref().map(|place| (place.0, place.1.clone()));
    let tenant = TenantId::of_site(site.id);
    let asked = u64::try_from(slice.first + 1).unwrap_or(u64::MAX);
    let mut entries = audit::page(&operation.app.store, &tenant, asked, after).await?;
    let more = entries.len() > slice.first;
    entries.truncate(slice.first);
    let items = entries
        .into_iter()
        .map(|it| (Place(it.begun_at, it.id.clone()).cursor(), it.into()));
    Ok(Connection::new(
        items.collect(),
        slice.after.is_some(),
        more,
    ))
}
