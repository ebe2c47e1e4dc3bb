//! What exists at providers while somebody listens, for administrators.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use crate::event::Personal;
use crate::graphql::context::{ContextExt as _, Operation};
use crate::graphql::error::Error;
use crate::graphql::page::{Connection, Place, Slice};
use crate::graphql::scalar::DateTime;
use crate::graphql::source::Provider;
use crate::store::watch::{self, Listed, Source, State};
use crate::upstream::{self, jira};

/// What a subscription at a provider tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum UpstreamSubscriptionKind {
    /// The mails of one person.
    Mail,
    /// The calendar of one person.
    Calendar,
    /// The messages of one chat.
    Chat,
    /// The tasks of one list.
    Tasks,
    /// The issues of a site, all of them or as one person sees them.
    Issues,
    /// Meetings and recordings.
    Meetings,
}

/// How far a subscription at a provider is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum UpstreamSubscriptionState {
    /// It is about to be made.
    Wanted,
    /// It exists.
    Active,
    /// It exists, and the provider wants to see a new token.
    Reauthorizing,
    /// It does not exist; `obstacle` says what stands in its way.
    Blocked,
    /// It was set up once, for everybody, and is always there.
    Permanent,
}

/// A subscription to a provider's notifications. It exists while somebody listens, and is shared by all who listen to the
/// same. Ids and times only.
#[derive(Debug, Clone, SimpleObject)]
pub struct UpstreamSubscription {
    /// Its id.
    id: ID,
    /// Who notifies.
    provider: Provider,
    /// Of what.
    kind: UpstreamSubscriptionKind,
    /// Our id of the person whose things it tells of, or with whose rights it was made; null when it is everybody's.
    owner: Option<ID>,
    /// How far it is.
    state: UpstreamSubscriptionState,
    /// What stands in its way: a word like those of `SourceState`. Null when nothing does.
    obstacle: Option<String>,
    /// The permissions it lacks, as the provider names them.
    missing_scopes: Vec<String>,
    /// When the provider ends it by itself, unless it is renewed; null while there is none.
    expires_at: Option<DateTime>,
    /// How many listen to it, at all gateways together.
    shared_by: i64,
    /// When somebody first listened; null of what is permanent.
    created_at: Option<DateTime>,
}

impl From<Listed> for UpstreamSubscription {
    fn from(listed: Listed) -> Self {
        let watch = listed.watch;
        let (provider, kind) = match watch.source {
            Source::Personal(_, what, _) => (Provider::Microsoft, what.into()),
            Source::Chat(..) => (Provider::Microsoft, UpstreamSubscriptionKind::Chat),
            Source::Site(..) => (Provider::Jira, UpstreamSubscriptionKind::Issues),
        };
        let state = match watch.state {
            State::Active => UpstreamSubscriptionState::Active,
            State::Reauthorize => UpstreamSubscriptionState::Reauthorizing,
            State::Wanted if watch.obstacle.is_some() => UpstreamSubscriptionState::Blocked,
            State::Wanted => UpstreamSubscriptionState::Wanted,
        };
        Self {
            id: watch.id.into(),
            provider,
            kind,
            owner: listed.person.map(|it| it.to_string().into()),
            state,
            obstacle: watch.obstacle,
            missing_scopes: watch.missing_scopes,
            expires_at: watch.expires_at.map(DateTime::from_millis),
            shared_by: listed.listeners,
            created_at: Some(DateTime::from_millis(watch.created_at)),
        }
    }
}

impl From<Personal> for UpstreamSubscriptionKind {
    fn from(what: Personal) -> Self {
        match what {
            Personal::Mail => Self::Mail,
            Personal::Calendar => Self::Calendar,
            Personal::Chats => Self::Chat,
            Personal::Tasks => Self::Tasks,
        }
    }
}

/// Queries for administrators.
#[derive(Default)]
pub struct UpstreamQuery;

#[Object]
impl UpstreamQuery {
    /// What exists at providers while the people of a site listen, newest first, after what was set up once. Site
    /// administrators only; costs one Jira call to see that.
    async fn upstream_subscriptions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 50 when not given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Behind which cursor.")] after: Option<String>,
        #[graphql(desc = "The site; may be left out by who has only one.")] site: Option<ID>,
    ) -> Option<Result<Connection<UpstreamSubscription>, Error>> {
        let site = site.as_deref().map(String::as_str);
        Some(page(ctx.operation(), first, after.as_deref(), site).await)
    }
}

async fn page(
    operation: &Operation,
    first: Option<i32>,
    after: Option<&str>,
    site: Option<&str>,
) -> Result<Connection<UpstreamSubscription>, Error> {
    let slice = Slice::parse(first, after, 50)?;
    let site = &operation.site(site)?.site;
    let rights = &operation.rights;
    let provider = upstream::Provider::Jira;
    let administers = rights.in_time(provider, "read permissions", async {
        let access = rights.jira(site).await?;
        jira::administers(&operation.app.http, &access).await
    });
    if !administers.await? {
        return Err(Error::forbidden(
            "Only administrators of the Jira site may see what its people listen to.",
        ));
    }
    let behind = |place: &Place| slice.after.as_ref().is_none_or(|after| place < after);
    let mut items: Vec<_> = permanent(operation, site.oauth_client_id.is_some())
        .into_iter()
        .map(|it| (Place(i64::MAX, it.id.to_string()), it))
        .filter(|(place, _)| behind(place))
        .collect();
    let after = slice.after.as_ref().map(|place| (place.0, place.1.clone()));
    let asked = u64::try_from(slice.first + 1).unwrap_or(u64::MAX);
    let rows = watch::of_site(&operation.app.store, site.id, asked, after).await?;
    items.extend(rows.into_iter().map(|row| {
        let place = Place(row.watch.created_at, row.watch.id.clone());
        (place, row.into())
    }));
    let more = items.len() > slice.first;
    items.truncate(slice.first);
    let items = items.into_iter().map(|(place, it)| (place.cursor(), it));
    Ok(Connection::new(
        items.collect(),
        slice.after.is_some(),
        more,
    ))
}

/// What was set up once and needs nobody who listens, in the order of the list.
fn permanent(operation: &Operation, is_installed: bool) -> Vec<UpstreamSubscription> {
    let settings = &operation.app.settings;
    let one = |id: &str, provider, kind| UpstreamSubscription {
        id: id.into(),
        provider,
        kind,
        owner: None,
        state: UpstreamSubscriptionState::Permanent,
        obstacle: None,
        missing_scopes: Vec::new(),
        expires_at: None,
        shared_by: 0,
        created_at: None,
    };
    let zoom = settings.zoom.as_ref().map(|zoom| {
        let it = one("zoom", Provider::Zoom, UpstreamSubscriptionKind::Meetings);
        if zoom.webhook_secrets.is_empty() {
            return UpstreamSubscription {
                state: UpstreamSubscriptionState::Blocked,
                obstacle: Some("NOT_CONFIGURED".to_owned()),
                ..it
            };
        }
        it
    });
    let connect = (is_installed && settings.jira.connect.is_some())
        .then(|| one("jira", Provider::Jira, UpstreamSubscriptionKind::Issues));
    zoom.into_iter().chain(connect).collect()
}
