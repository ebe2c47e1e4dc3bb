//! A gateway's settings beside the canned vendors, and people in its database: signed in, connected, with links made.

use secrecy::SecretString;
use serde_json::json;
use trefoil::clock;
use trefoil::id::{IssueId, PersonId, SiteId, TenantId};
use trefoil::secret::{Context, Keyring};
use trefoil::store::grant::{self, ACTIVE};
use trefoil::store::installation::{self, Installed};
use trefoil::store::link::{self, Link, Target};
use trefoil::store::person::{self, Subject};
use trefoil::store::{self, Store};

use super::canned::{CHATS, EVENTS, MAILS, RECORDINGS, TASKS};

/// Atlassian's id of the one site.
pub const CLIENT_KEY: &str = "b2a6dcb1-4f0e-4a1c-8d5a-6f9a6f0f3c11";
/// The site's shared secret.
pub const SHARED_SECRET: &str =
    "a-shared-secret-of-the-length-that-atlassian-uses-0123456789abcdef";

/// What signs Zoom's deliveries.
pub const WEBHOOK_SECRET: &str = "a-secret-token-of-zoom";

/// A key of this run's own databases, which are thrown away.
const SEALING_KEY: &str = "bench:c2VhbGluZyBrZXkgb2YgdGhlIGJlbmNoZXMgb25seS4=";

/// Someone with the panel open on an issue of their own, to which everything is linked.
pub struct Viewer {
    /// What the panel sends: `JWT …`.
    pub authorization: String,
    /// Our id of them.
    pub person: PersonId,
    /// Their issue.
    pub issue: IssueId,
    /// Its links, newest first.
    pub links: Vec<Link>,
}

/// Settings as variables, for a gateway at `listen` whose vendors are all at `upstream` (an origin).
pub fn settings(
    upstream: &str,
    database: &str,
    listen: &str,
    admin: &str,
) -> Vec<(String, String)> {
    let settings = [
        ("SERVER__LISTEN", listen.to_owned()),
        ("SERVER__PUBLIC_URL", format!("http://{listen}")),
        ("SERVER__ADMIN_LISTEN", admin.to_owned()),
        ("DOCUMENTS__MODE", "any".to_owned()),
        ("DATABASE__URL", database.to_owned()),
        ("SECRET__KEYS", SEALING_KEY.to_owned()),
        ("JIRA__CONNECT__APP_KEY", "io.trefoil.jira".to_owned()),
        (
            "JIRA__CONNECT__AUTHORIZATION_SERVER_URL",
            upstream.to_owned(),
        ),
        ("JIRA__CONNECT__ALLOWED_HOSTS", "127.0.0.1".to_owned()),
        ("MICROSOFT__CLIENT_ID", "bench".to_owned()),
        ("MICROSOFT__CLIENT_SECRET", "bench".to_owned()),
        ("MICROSOFT__AUTHORITY_URL", upstream.to_owned()),
        ("MICROSOFT__GRAPH_URL", format!("{upstream}/v1.0")),
        ("ZOOM__CLIENT_ID", "bench".to_owned()),
        ("ZOOM__CLIENT_SECRET", "bench".to_owned()),
        ("ZOOM__WEBHOOK_SECRETS", WEBHOOK_SECRET.to_owned()),
        ("ZOOM__OAUTH_URL", format!("{upstream}/oauth")),
        ("ZOOM__API_URL", format!("{upstream}/v2")),
        // People do not ask a thousand times a second, and are not let to.
        ("LIMITS__PER_VIEWER_PER_MINUTE", "4000000000".to_owned()),
        ("LIMITS__PER_SITE_PER_MINUTE", "4000000000".to_owned()),
    ];
    settings
        .into_iter()
        .map(|(name, value)| (format!("TREFOIL__{name}"), value))
        .collect()
}

/// A person's access token at a provider, as long as Entra's are.
pub fn access_token(provider: &str) -> String {
    format!("e30.{provider}-load-token.{}", "x".repeat(1_800))
}

/// The keys of [`settings`].
pub fn keyring() -> Keyring {
    Keyring::parse(&[SecretString::from(SEALING_KEY)]).expect("the key is right")
}

/// Installs the site at `upstream` in an empty database and settles people there, whose access tokens are good for
/// an hour.
pub async fn settle(store: &Store, upstream: &str, count: u64) -> store::Result<Vec<Viewer>> {
    let keyring = keyring();
    let site = install(store, &keyring, upstream, CLIENT_KEY).await?;
    let mut viewers = Vec::new();
    for number in 0..count {
        viewers.push(settled(store, &keyring, site, number).await?);
    }
    Ok(viewers)
}

/// Installs a site, by Atlassian's id of it, with [`SHARED_SECRET`].
pub async fn install(
    store: &Store,
    keyring: &Keyring,
    upstream: &str,
    client_key: &str,
) -> store::Result<SiteId> {
    let site = installation::reserve(store, client_key).await?.site()?;
    let row = site.to_string();
    let installed = Installed {
        app_key: "io.trefoil.jira".to_owned(),
        base_url: upstream.parse().expect("it is an origin"),
        product: "jira".to_owned(),
        oauth_client_id: Some("bench".to_owned()),
        shared_secret: sealed(
            keyring,
            site,
            "installation",
            &row,
            "shared_secret",
            SHARED_SECRET,
        ),
        previous: None,
    };
    installation::install(store, site, installed).await?;
    Ok(site)
}

/// Makes somebody of a site known, connected to Microsoft and Zoom.
pub async fn introduce(
    store: &Store,
    keyring: &Keyring,
    site: SiteId,
    account: &str,
) -> store::Result<PersonId> {
    let tenant = TenantId::of_site(site);
    let jira = Subject {
        provider: "jira",
        authority: site.to_string(),
        subject: account.to_owned(),
    };
    let person = person::of_or_made(store, &tenant, &jira).await?;
    for provider in ["microsoft", "zoom"] {
        connect(store, keyring, site, person, provider).await?;
    }
    Ok(person)
}

async fn settled(
    store: &Store,
    keyring: &Keyring,
    site: SiteId,
    number: u64,
) -> store::Result<Viewer> {
    let tenant = TenantId::of_site(site);
    let account = format!("5b10a2844c20165700ed{number:04}");
    let person = introduce(store, keyring, site, &account).await?;
    let issue: IssueId = (10_042 + number)
        .to_string()
        .parse()
        .expect("a number is an issue's id");
    for target in targets() {
        link::add(store, site, issue, &target, person).await?;
    }
    Ok(Viewer {
        authorization: format!("JWT {}", context_token(&account, issue)),
        person,
        issue,
        links: link::of_issues(store, &tenant, &[issue]).await?,
    })
}

async fn connect(
    store: &Store,
    keyring: &Keyring,
    site: SiteId,
    person: PersonId,
    provider: &str,
) -> store::Result<()> {
    let tenant = TenantId::of_site(site);
    let id = format!("{provider}-{person}");
    let now = clock::millis();
    let token = access_token(provider);
    let seal = |column, value: &str| sealed(keyring, site, "connection", &id, column, value);
    let connection = grant::Model {
        tenant: tenant.as_str().to_owned(),
        person_id: person.to_string(),
        provider: provider.to_owned(),
        authority: "11111111-1111-1111-1111-111111111111".to_owned(),
        subject: person.to_string(),
        scopes: "User.Read Mail.Read Calendars.Read Chat.Read Tasks.Read".to_owned(),
        access_token: Some(seal("access_token", &token)),
        refresh_token: Some(seal("refresh_token", &token)),
        access_expires_at: now + 3_600_000,
        version: 1,
        lease_owner: None,
        lease_until: None,
        state: ACTIVE.to_owned(),
        api_base: None,
        connected_at: now,
        updated_at: now,
        id: id.clone(),
    };
    grant::replace(store, &tenant, person, connection).await
}

fn sealed(
    keyring: &Keyring,
    site: SiteId,
    table: &str,
    row: &str,
    column: &str,
    value: &str,
) -> Vec<u8> {
    let tenant = TenantId::of_site(site);
    let place = Context {
        tenant: tenant.as_str(),
        table,
        row,
        column,
    };
    keyring
        .seal(&place, &SecretString::from(value))
        .expect("there is randomness")
}

/// Everything that is linked, by the names that the canned vendors know.
fn targets() -> Vec<Target> {
    let mails = (1..=MAILS).map(|k| {
        format!("<load-mail-{k}@mail.example>")
            .parse()
            .map(Target::Mail)
    });
    let events = (1..=EVENTS).map(|k| {
        format!("load-event-{k}@calendar.example")
            .parse()
            .map(Target::Event)
    });
    let chats = (1..=CHATS).map(|k| {
        format!("19:load-chat-{k}@thread.v2")
            .parse()
            .map(Target::Chat)
    });
    let tasks = (1..=TASKS).map(|k| {
        let task = format!("AAMkADload-task-{k}=").parse()?;
        Ok(Target::Task("AAMkADlist=".parse()?, task))
    });
    let recordings = (1..=RECORDINGS).map(|k| {
        format!("load-recording-{k}==")
            .parse()
            .map(Target::ZoomRecording)
    });
    mails
        .chain(events)
        .chain(chats)
        .chain(tasks)
        .chain(recordings)
        .collect::<Result<_, _>>()
        .expect("the ids are of their kinds")
}

/// The panel's context token, good for a quarter of an hour as Jira's are.
pub fn context_token(account: &str, issue: IssueId) -> String {
    context_token_of(CLIENT_KEY, account, issue)
}

/// The same on the page of another site.
pub fn context_token_of(client_key: &str, account: &str, issue: IssueId) -> String {
    let now = clock::unix();
    let claims = json!({
        "iss": client_key, "sub": account, "iat": now, "exp": now + 900, "qsh": "context-qsh",
        "context": { "jira": { "issue": { "id": issue.to_string(), "key": "DEMO-42" }, "project": { "id": "10000" } } },
    });
    signed(&claims)
}

/// A token that a site signs.
pub fn signed(claims: &serde_json::Value) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(SHARED_SECRET.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), claims, &key)
        .expect("claims can be signed")
}
