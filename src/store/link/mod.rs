//! Links between an issue and a mail, meeting, chat, task or recording: ids only.

mod follow;
mod read;
mod target;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, Condition};

use super::manifest::{StoredClass, StoredColumn};
use super::{Result, Store};
use crate::clock;
use crate::id::{IssueId, LinkId, Malformed, PersonId, SiteId, TenantId};

pub use crate::event::LinkKind as Kind;
pub use follow::{add_recording, of_meeting};
pub use read::{of_issues, of_mails, of_targets, task_lists};
pub use target::Target;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "link")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub tenant: String,
        pub site_id: String,
        pub issue_id: i64,
        pub kind: String,
        pub external_id: String,
        pub external_parent: String,
        pub provider: String,
        pub linked_by: String,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What this table keeps, and why.
pub const COLUMNS: &[StoredColumn] = &[
    StoredColumn::new("link", "id", StoredClass::Id, "names the link"),
    StoredColumn::new(
        "link",
        "tenant",
        StoredClass::Id,
        "keeps one site's links apart from another's",
    ),
    StoredColumn::new(
        "link",
        "site_id",
        StoredClass::Id,
        "the Jira site of the issue",
    ),
    StoredColumn::new(
        "link",
        "issue_id",
        StoredClass::Link,
        "Jira's number of the issue",
    ),
    StoredColumn::new(
        "link",
        "kind",
        StoredClass::Setting,
        "mail, meeting, chat, task or recording",
    ),
    StoredColumn::new(
        "link",
        "external_id",
        StoredClass::Link,
        "the other end's id: a Message-ID, iCalendar UID, chat id, task id, Zoom meeting number or UUID",
    ),
    StoredColumn::new(
        "link",
        "external_parent",
        StoredClass::Link,
        "the To Do list of a task; of a mail whose whole conversation is linked, the Message-ID it began with; else empty",
    ),
    StoredColumn::new(
        "link",
        "provider",
        StoredClass::Setting,
        "microsoft or zoom",
    ),
    StoredColumn::new(
        "link",
        "linked_by",
        StoredClass::Id,
        "the person who made the link",
    ),
    StoredColumn::new(
        "link",
        "created_at",
        StoredClass::Time,
        "when it was made; orders the list",
    ),
];

/// A stored link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// The site of the issue.
    pub site: SiteId,
    /// The issue.
    pub issue: IssueId,
    /// The other end.
    pub target: Target,
    /// Who made it.
    pub linked_by: PersonId,
    /// When, Unix milliseconds.
    pub created_at: i64,
}

impl TryFrom<row::Model> for Link {
    type Error = Malformed;

    fn try_from(row: row::Model) -> Result<Self, Malformed> {
        Ok(Self {
            id: row.id.parse()?,
            site: row.site_id.parse()?,
            issue: row.issue_id.to_string().parse()?,
            target: Target::parse(
                &row.kind,
                &row.provider,
                &row.external_id,
                &row.external_parent,
            )?,
            linked_by: row.linked_by.parse()?,
            created_at: row.created_at,
        })
    }
}

/// Adds a link, or finds the one that is there already; the flag says whether it is new.
///
/// A mail is linked once: asked for with its whole conversation, a link to the mail alone becomes one to all of it;
/// asked for alone, a link to its conversation stays what it is.
pub async fn add(
    store: &Store,
    site: SiteId,
    issue: IssueId,
    target: &Target,
    linked_by: PersonId,
) -> Result<(Link, bool)> {
    let tenant = TenantId::of_site(site);
    if let Some(link) = same_mail(store, &tenant, issue, target).await? {
        return Ok((link, false));
    }
    let (kind, provider, external_id, external_parent) = target.columns();
    let link = Link {
        id: LinkId::random(),
        site,
        issue,
        target: target.clone(),
        linked_by,
        created_at: clock::millis(),
    };
    let inserted = row::Entity::insert(row_of(&link))
        .on_conflict(unless_there())
        .exec_without_returning(store.db())
        .await?;
    if !matches!(inserted, 0) {
        return Ok((link, true));
    }
    let row = row::Entity::find()
        .filter(row::Column::Tenant.eq(tenant.as_str()))
        .filter(row::Column::IssueId.eq(column_of(issue)))
        .filter(row::Column::Kind.eq(kind))
        .filter(row::Column::Provider.eq(provider))
        .filter(row::Column::ExternalId.eq(external_id))
        .filter(row::Column::ExternalParent.eq(external_parent))
        .one(store.db())
        .await?;
    let found = row.and_then(|row| Link::try_from(row).ok());
    found.map(|link| (link, false)).ok_or_else(|| {
        DbErr::RecordNotFound("a link that was there a moment ago".to_owned()).into()
    })
}

/// The link that an issue has to the same mail, widened to its conversation when that is what is asked for.
async fn same_mail(
    store: &Store,
    tenant: &TenantId,
    issue: IssueId,
    target: &Target,
) -> Result<Option<Link>> {
    let Some(mail) = target.mail() else {
        return Ok(None);
    };
    let same = Condition::all()
        .add(row::Column::Tenant.eq(tenant.as_str()))
        .add(row::Column::IssueId.eq(column_of(issue)))
        .add(row::Column::Kind.eq("mail"))
        .add(row::Column::ExternalId.eq(mail.as_str()));
    if let Target::Conversation(_, root) = target {
        row::Entity::update_many()
            .col_expr(row::Column::ExternalParent, root.as_str().into())
            .filter(same.clone())
            .filter(row::Column::ExternalParent.eq(""))
            .exec(store.db())
            .await?;
    }
    let row = row::Entity::find().filter(same).one(store.db()).await?;
    Ok(row.and_then(|row| Link::try_from(row).ok()))
}

/// One link of a tenant.
pub async fn get(store: &Store, tenant: &TenantId, id: LinkId) -> Result<Option<Link>> {
    let row = row::Entity::find_by_id(id.to_string())
        .filter(row::Column::Tenant.eq(tenant.as_str()))
        .one(store.db())
        .await?;
    Ok(row.and_then(|row| Link::try_from(row).ok()))
}

/// Removes one link of a tenant; false when it is not there.
pub async fn remove(store: &Store, tenant: &TenantId, id: LinkId) -> Result<bool> {
    let outcome = row::Entity::delete_many()
        .filter(row::Column::Tenant.eq(tenant.as_str()))
        .filter(row::Column::Id.eq(id.to_string()))
        .exec(store.db())
        .await?;
    Ok(outcome.rows_affected > 0)
}

fn row_of(link: &Link) -> row::ActiveModel {
    let (kind, provider, external_id, external_parent) = link.target.columns();
    row::ActiveModel {
        id: Set(link.id.to_string()),
        tenant: Set(TenantId::of_site(link.site).to_string()),
        site_id: Set(link.site.to_string()),
        issue_id: Set(column_of(link.issue)),
        kind: Set(kind.to_owned()),
        external_id: Set(external_id),
        external_parent: Set(external_parent),
        provider: Set(provider.to_owned()),
        linked_by: Set(link.linked_by.to_string()),
        created_at: Set(link.created_at),
    }
}

/// An issue is linked with the same thing once.
fn unless_there() -> OnConflict {
    OnConflict::columns([
        row::Column::Tenant,
        row::Column::IssueId,
        row::Column::Kind,
        row::Column::Provider,
        row::Column::ExternalId,
        row::Column::ExternalParent,
    ])
    .do_nothing()
    .to_owned()
}

fn column_of(issue: IssueId) -> i64 {
    i64::try_from(issue.number()).unwrap_or(i64::MAX)
}
