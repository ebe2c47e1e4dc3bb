//! Recordings on their way into an issue: ids, how far they are, and which process carries each.
//!
//! A row is carried by whoever holds its lease. What is carried says that it lives every second or so; a lease that is
//! not renewed is anybody's, which is how a killed gateway's work goes on at another.

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, Condition, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::manifest::{StoredColumn, columns};
use super::{Error, Result, Store};
use crate::clock;
use crate::id::{IssueId, PersonId, SiteId, TenantId, TransferId, ZoomUuid};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "transfer")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub tenant: String,
        pub site_id: String,
        pub issue_id: i64,
        pub recording: String,
        pub file: String,
        pub home: String,
        pub account: String,
        pub started_by: String,
        pub state: String,
        pub problem: Option<String>,
        pub failures: i64,
        pub size: i64,
        pub sent: i64,
        pub sha256: Option<String>,
        pub attachment: Option<String>,
        pub due_at: i64,
        pub lease_owner: Option<String>,
        pub lease_until: Option<i64>,
        pub created_at: i64,
        pub ended_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{ActiveModel, Column, Entity};

/// What is kept of each transfer.
pub const COLUMNS: &[StoredColumn] = columns! { "transfer":
    "id" Id "Names the transfer.";
    "tenant" Id "Keeps one site's transfers apart from another's.";
    "site_id" Id "The Jira site of the issue.";
    "issue_id" Link "Jira's number of the issue that the file goes to.";
    "recording" Link "Zoom's UUID of the meeting instance that was recorded.";
    "file" Link "The hash of what names the file among its recording's; the same file goes to an issue once.";
    "home" Id "The tenant in which the person who started it signed in, to find their rights again.";
    "account" Id "Their account there: an Atlassian account id or an Entra object id.";
    "started_by" Id "The person who started it.";
    "state" State "queued, running, done, failed or cancelled.";
    "problem" State "A fixed code that says why it failed, or waits.";
    "failures" State "How many tries have failed.";
    "size" State "How many bytes the file has.";
    "sent" State "How many of them the running try has sent.";
    "sha256" State "The hash of what was attached: the receipt.";
    "attachment" Id "Jira's number of the attachment.";
    "due_at" Time "When it is tried next.";
    "lease_owner" Id "Which process carries it.";
    "lease_until" Time "Until when, unless that process says that it lives.";
    "created_at" Time "When it was started.";
    "ended_at" Time "When it ended; forgotten a month later.";
};

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It waits for its turn, or for the next try.
    Queued,
    /// It is being carried.
    Running,
    /// The file is attached.
    Done,
    /// It has ended without the file being attached.
    Failed,
    /// Its starter has stopped it.
    Cancelled,
}

impl State {
    const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more happens.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// A transfer as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Its id.
    pub id: TransferId,
    /// The site of the issue.
    pub site: SiteId,
    /// The issue.
    pub issue: IssueId,
    /// The recorded meeting instance.
    pub recording: ZoomUuid,
    /// The hash that names the file.
    pub file: String,
    /// Where its starter signed in.
    pub home: TenantId,
    /// Their account there.
    pub account: String,
    /// Who started it.
    pub started_by: PersonId,
    /// How far it is.
    pub state: State,
    /// Why it failed or waits: a fixed code.
    pub problem: Option<String>,
    /// How many tries have failed.
    pub failures: u32,
    /// Bytes of the file.
    pub size: u64,
    /// Bytes of it that the running try has sent.
    pub sent: u64,
    /// The hash of what was attached.
    pub sha256: Option<String>,
    /// Jira's number of the attachment.
    pub attachment: Option<String>,
    /// When it is tried next, Unix milliseconds.
    pub due_at: i64,
    /// When it was started, Unix milliseconds.
    pub created_at: i64,
    /// When it ended, Unix milliseconds.
    pub ended_at: Option<i64>,
}

impl TryFrom<row::Model> for Transfer {
    type Error = Error;
    fn try_from(row: row::Model) -> Result<Self> {
        let corrupt = Error::Corrupt;
        let number = |value: i64| u64::try_from(value).map_err(|_| corrupt("transfer.size"));
        let state = State::ALL.into_iter().find(|it| it.word() == row.state);
        Ok(Self {
            id: row.id.parse().map_err(|_| corrupt("transfer.id"))?,
            site: (row.site_id.parse()).map_err(|_| corrupt("transfer.site_id"))?,
            issue: (row.issue_id.to_string().parse()).map_err(|_| corrupt("transfer.issue_id"))?,
            recording: (row.recording.parse()).map_err(|_| corrupt("transfer.recording"))?,
            file: row.file,
            home: row.home.parse().map_err(|_| corrupt("transfer.home"))?,
            account: row.account,
            started_by: (row.started_by.parse()).map_err(|_| corrupt("transfer.started_by"))?,
            state: state.ok_or(corrupt("transfer.state"))?,
            problem: row.problem,
            failures: u32::try_from(row.failures).map_err(|_| corrupt("transfer.failures"))?,
            size: number(row.size)?,
            sent: number(row.sent)?,
            sha256: row.sha256,
            attachment: row.attachment,
            due_at: row.due_at,
            created_at: row.created_at,
            ended_at: row.ended_at,
        })
    }
}

/// What a transfer is started with.
#[derive(Debug, Clone)]
pub struct New<'a> {
    /// The site of the issue.
    pub site: SiteId,
    /// The issue.
    pub issue: IssueId,
    /// The recorded meeting instance.
    pub recording: &'a ZoomUuid,
    /// The hash that names the file.
    pub file: &'a str,
    /// Where the starter signed in, and their account there.
    pub home: (&'a TenantId, &'a str),
    /// The starter, among the people of the site.
    pub started_by: PersonId,
    /// Bytes of the file.
    pub size: u64,
}

/// What became of a wish to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// It is new, or one that has ended begins anew: whether its file is still there is looked at first.
    Now(Transfer),
    /// It is under way already.
    Before(Transfer),
}

/// What the holder of a lease is told when it says that it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// Go on.
    Go,
    /// Somebody wants it stopped, or somebody else has it.
    Stop,
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End<'a> {
    /// The file is attached: as what, and what was sent. Without a hash it was found there.
    Done {
        attachment: &'a str,
        sha256: Option<&'a str>,
    },
    /// It failed for good, for this reason.
    Failed(&'a str),
    /// It is tried again at this time, Unix milliseconds; the reason, and whether the failure counts.
    Again(i64, Option<&'a str>, bool),
}

fn of(tenant: &TenantId, id: TransferId) -> Condition {
    Condition::all()
        .add(Column::Tenant.eq(tenant.as_str()))
        .add(Column::Id.eq(id.to_string()))
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn column_of(issue: IssueId) -> i64 {
    issue.to_string().parse().unwrap_or(i64::MAX)
}

/// Starts a transfer, unless the same file is on its way to the same issue already.
pub async fn start(store: &Store, new: New<'_>) -> Result<Started> {
    let tenant = TenantId::of_site(new.site);
    let now = clock::millis();
    let id = TransferId::random();
    let row = ActiveModel {
        id: Set(id.to_string()),
        tenant: Set(tenant.to_string()),
        site_id: Set(new.site.to_string()),
        issue_id: Set(column_of(new.issue)),
        recording: Set(new.recording.to_string()),
        file: Set(new.file.to_owned()),
        home: Set(new.home.0.to_string()),
        account: Set(new.home.1.to_owned()),
        started_by: Set(new.started_by.to_string()),
        state: Set(State::Queued.word().to_owned()),
        problem: Set(None),
        failures: Set(0),
        size: Set(number(new.size)),
        sent: Set(0),
        sha256: Set(None),
        attachment: Set(None),
        due_at: Set(now),
        lease_owner: Set(None),
        lease_until: Set(None),
        created_at: Set(now),
        ended_at: Set(None),
    };
    let once = OnConflict::columns([Column::Tenant, Column::IssueId, Column::File])
        .do_nothing()
        .to_owned();
    let inserted = Entity::insert(row.clone())
        .on_conflict(once)
        .exec_without_returning(store.db())
        .await;
    match inserted {
        Ok(1..) => return Ok(Started::Now(get_known(store, &tenant, id).await?)),
        Ok(0) | Err(DbErr::RecordNotInserted) => {}
        Err(error) => return Err(error.into()),
    }
    let same = Condition::all()
        .add(Column::Tenant.eq(tenant.as_str()))
        .add(Column::IssueId.eq(column_of(new.issue)))
        .add(Column::File.eq(new.file));
    let under_way = [State::Queued.word(), State::Running.word()];
    let again = Entity::update_many()
        .set(ActiveModel {
            id: NotSet,
            // The receipt holds as long as the file that it is of is still found there.
            sha256: NotSet,
            attachment: NotSet,
            ..row
        })
        .filter(same.clone())
        .filter(Column::State.is_not_in(under_way))
        .exec(store.db())
        .await?;
    let found = Entity::find().filter(same).one(store.db()).await?;
    let found: Transfer = found.ok_or(Error::Corrupt("transfer.file"))?.try_into()?;
    Ok(if again.rows_affected == 1 {
        Started::Now(found)
    } else {
        Started::Before(found)
    })
}

async fn get_known(store: &Store, tenant: &TenantId, id: TransferId) -> Result<Transfer> {
    get(store, tenant, id)
        .await?
        .ok_or(Error::Corrupt("transfer.id"))
}

/// One transfer of a site.
pub async fn get(store: &Store, tenant: &TenantId, id: TransferId) -> Result<Option<Transfer>> {
    let found = Entity::find().filter(of(tenant, id)).one(store.db());
    found.await?.map(Transfer::try_from).transpose()
}

/// The transfers of an issue, the newest first; fifty at most.
pub async fn of_issue(store: &Store, tenant: &TenantId, issue: IssueId) -> Result<Vec<Transfer>> {
    let rows = Entity::find()
        .filter(Column::Tenant.eq(tenant.as_str()))
        .filter(Column::IssueId.eq(column_of(issue)))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(50)
        .all(store.db())
        .await?;
    rows.into_iter().map(Transfer::try_from).collect()
}

/// Takes the lease of what has been due the longest, of all tenants, until `until` (Unix milliseconds); nothing that
/// one of `busy` has started.
pub async fn take(
    store: &Store,
    owner: &str,
    until: i64,
    busy: &[PersonId],
) -> Result<Option<Transfer>> {
    let now = clock::millis();
    let unfinished = [State::Queued.word(), State::Running.word()];
    let free = || {
        Condition::any()
            .add(Column::LeaseUntil.is_null())
            .add(Column::LeaseUntil.lt(now))
    };
    let busy = busy.iter().map(ToString::to_string);
    let due = Entity::find()
        .filter(Column::State.is_in(unfinished))
        .filter(Column::DueAt.lte(now))
        .filter(free())
        .filter(Column::StartedBy.is_not_in(busy))
        .order_by_asc(Column::DueAt)
        .limit(10)
        .all(store.db())
        .await?;
    for row in due {
        let taken = Entity::update_many()
            .set(ActiveModel {
                state: Set(State::Running.word().to_owned()),
                sent: Set(0),
                lease_owner: Set(Some(owner.to_owned())),
                lease_until: Set(Some(until)),
                ..ActiveModel::default()
            })
            .filter(Column::Id.eq(&row.id))
            .filter(Column::State.is_in(unfinished))
            .filter(free())
            .exec(store.db())
            .await?;
        if taken.rows_affected == 1 {
            return Transfer::try_from(row).map(Some);
        }
    }
    Ok(None)
}

fn held(transfer: &Transfer, owner: &str) -> Condition {
    Condition::all()
        .add(Column::Id.eq(transfer.id.to_string()))
        .add(Column::LeaseOwner.eq(owner))
        .add(Column::State.eq(State::Running.word()))
}

/// Says that the holder lives, and how far it is.
pub async fn beat(
    store: &Store,
    transfer: &Transfer,
    owner: &str,
    until: i64,
    sent: u64,
) -> Result<Beat> {
    let renewed = Entity::update_many()
        .set(ActiveModel {
            sent: Set(number(sent)),
            lease_until: Set(Some(until)),
            ..ActiveModel::default()
        })
        .filter(held(transfer, owner))
        .exec(store.db())
        .await?;
    Ok(if renewed.rows_affected == 1 {
        Beat::Go
    } else {
        Beat::Stop
    })
}

/// Writes down how a try ended. False when it was not the holder's to end any more.
pub async fn end(store: &Store, transfer: &Transfer, owner: &str, end: End<'_>) -> Result<bool> {
    let now = clock::millis();
    let row = match end {
        End::Done { attachment, sha256 } => ActiveModel {
            state: Set(State::Done.word().to_owned()),
            problem: Set(None),
            sent: Set(number(transfer.size)),
            sha256: match sha256 {
                // What was attached before, and is still there.
                None if transfer.attachment.as_deref() == Some(attachment) => NotSet,
                sent => Set(sent.map(str::to_owned)),
            },
            attachment: Set(Some(attachment.to_owned())),
            ended_at: Set(Some(now)),
            ..ActiveModel::default()
        },
        End::Failed(problem) => ActiveModel {
            state: Set(State::Failed.word().to_owned()),
            problem: Set(Some(problem.to_owned())),
            failures: Set(i64::from(transfer.failures) + 1),
            ended_at: Set(Some(now)),
            ..ActiveModel::default()
        },
        End::Again(at, problem, counts) => ActiveModel {
            state: Set(State::Queued.word().to_owned()),
            problem: Set(problem.map(str::to_owned)),
            failures: Set(i64::from(transfer.failures) + i64::from(counts)),
            sent: Set(0),
            due_at: Set(at),
            ..ActiveModel::default()
        },
    };
    let ended = Entity::update_many()
        .set(ActiveModel {
            lease_owner: Set(None),
            lease_until: Set(None),
            ..row
        })
        .filter(held(transfer, owner))
        .exec(store.db())
        .await?;
    Ok(ended.rows_affected == 1)
}

/// Stops a transfer that has not ended; whether it had not. Whoever carries it notices within a second or two.
pub async fn cancel(store: &Store, tenant: &TenantId, id: TransferId) -> Result<bool> {
    let unfinished = [State::Queued.word(), State::Running.word()];
    let cancelled = Entity::update_many()
        .set(ActiveModel {
            state: Set(State::Cancelled.word().to_owned()),
            problem: Set(None),
            lease_owner: Set(None),
            lease_until: Set(None),
            ended_at: Set(Some(clock::millis())),
            ..ActiveModel::default()
        })
        .filter(of(tenant, id))
        .filter(Column::State.is_in(unfinished))
        .exec(store.db())
        .await?;
    Ok(cancelled.rows_affected == 1)
}

/// Forgets what ended before `before`, Unix milliseconds.
pub async fn forget(store: &Store, before: i64) -> Result<u64> {
    let forgotten = Entity::delete_many()
        .filter(Column::EndedAt.lt(before))
        .exec(store.db())
        .await?;
    Ok(forgotten.rows_affected)
}
