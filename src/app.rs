//! Everything built once from the settings; cheap to clone.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use secrecy::ExposeSecret as _;
use tokio_util::task::TaskTracker;

use crate::auth::Doors;
use crate::bus::{self, Bus};
use crate::config::Settings;
use crate::feature::Features;
use crate::grant::Grants;
use crate::id::{AccountId, IssueId, SiteId, TenantId};
use crate::ingress::Ingress;
use crate::secret::{KeyError, Keyring};
use crate::store::{self, Store, feature};
use crate::transfer::Transfers;
use crate::upstream::http::Http;
use crate::upstream::jira::attachment::Allowed;
use crate::upstream::microsoft::Mailboxes;
use crate::watch::Watches;

/// A renewal of tokens gets this long whatever the other limits are: its answer cannot be had twice.
const TOKEN_LIMIT: Duration = Duration::from_secs(20);

/// How long it counts that somebody could see an issue, where nothing of the issue is shown: as long as a burst of
/// events.
const MOMENT: Duration = Duration::from_secs(2);

/// How long a gateway takes to notice what was switched on or off at another, when nobody listens there.
const NOTICED: Duration = Duration::from_secs(5);

/// The running gateway's parts.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What [`App`] holds.
pub struct Parts {
    /// The settings it was started with.
    pub settings: Settings,
    /// The client towards providers.
    pub http: Http,
    /// The client towards token endpoints, which waits longer.
    pub token_http: Http,
    /// How many requests each mailbox has under way.
    pub mailboxes: Mailboxes,
    /// What sites allow to attach.
    pub attachments: Allowed,
    /// The database.
    pub store: Store,
    /// How events travel.
    pub bus: Bus,
    /// The keys that seal credentials.
    pub keyring: Keyring,
    /// What the verification of tokens remembers: key sets, sites, people.
    pub(crate) doors: Doors,
    /// The access tokens kept in memory, and the renewals under way.
    pub(crate) grants: Grants,
    /// What has to exist upstream while somebody listens.
    pub watches: Watches,
    /// What this process carries.
    pub transfers: Transfers,
    /// Which issues who could see a moment ago, and when those had changed last (Unix milliseconds), for events that
    /// say nothing but an id.
    pub seen: Cache<(SiteId, AccountId, IssueId), Option<i64>>,
    /// What is switched on where.
    features: Cache<SiteId, Features>,
    /// What vendors have told and is not taken yet.
    pub(crate) ingress: Ingress,
    /// Work that must end even when its client goes away.
    pub tasks: TaskTracker,
}

/// Why the gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The database cannot be used.
    #[error("the database at database.url cannot be used")]
    Store(#[from] store::Error),
    /// The database lacks changes that only `trefoil migrate` may make.
    #[error(
        "the database lacks {0} changes; run `trefoil migrate`, or set database.migrate = true"
    )]
    Unmigrated(usize),
    /// The event bus cannot be used.
    #[error(transparent)]
    Bus(#[from] bus::Error),
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made")]
    Http(#[from] reqwest::Error),
}

impl App {
    /// Builds the parts: parses the keys, opens the database, and brings its tables up to date where that is ours to
    /// do (SQLite always, PostgreSQL with `database.migrate`).
    pub async fn build(settings: Settings) -> Result<Self, BuildError> {
        let keyring = Keyring::parse(&settings.secret.keys)?;
        let url = settings.database.url.expose_secret();
        let store = Store::connect(url).await?;
        if settings.database.migrate || url.starts_with("sqlite:") {
            store.migrate().await?;
        } else {
            let pending = store.pending().await?;
            if pending > 0 {
                return Err(BuildError::Unmigrated(pending));
            }
        }
        let events = &settings.events;
        let bus = Bus::connect(events.url.expose_secret(), &events.subject_prefix).await?;
        let limit = Duration::from_secs(settings.limits.upstream_timeout);
        Ok(Self(Arc::new(Parts {
            http: Http::new(limit)?,
            token_http: Http::new(TOKEN_LIMIT)?,
            mailboxes: Mailboxes::default(),
            attachments: Allowed::default(),
            store,
            bus,
            keyring,
            doors: Doors::default(),
            grants: Grants::default(),
            watches: Watches::default(),
            transfers: Transfers::default(),
            seen: Cache::builder()
                .max_capacity(100_000)
                .time_to_live(MOMENT)
                .build(),
            features: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(NOTICED)
                .build(),
            ingress: Ingress::default(),
            tasks: TaskTracker::new(),
            settings,
        })))
    }
}

impl App {
    /// Which features of a site are on, as known here for at most five seconds.
    pub async fn features(&self, site: SiteId) -> store::Result<Features> {
        let tenant = TenantId::of_site(site);
        // Who asks at the same time is answered at the same time, and asks upstream in the same batch.
        let read = feature::of(&self.store, &tenant);
        Ok(self.features.try_get_with(site, read).await?)
    }

    /// Has them read again, after one of them was switched.
    pub async fn forget_features(&self, site: SiteId) {
        self.features.invalidate(&site).await;
    }
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
