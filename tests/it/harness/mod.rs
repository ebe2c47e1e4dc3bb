//! A house with everything in it: the vendors' sandbox, a gateway (or more) on a database of its own, and people.
//!
//! What a house has written is searched for planted content when it is left: a test that makes the gateway keep or log
//! what it must not fails, whatever it was about.

pub mod database;
pub mod log;
pub mod nats;
pub mod person;
pub mod postgres;
pub mod process;
pub mod story;

use std::cell::RefCell;

use sandbox::entra::Host;
use sandbox::{Options, Sandbox};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::subscriber::DefaultGuard;
use trefoil::app::App;
use trefoil::config::Settings;
use trefoil::http::server::Gateway;

use self::database::Database;
use self::log::Log;
use self::nats::{Nats, Traffic};
use self::person::Person;
use self::postgres::Postgres;

/// The key that seals the tokens of every test.
const KEY: &str = "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// The vendors, the gateways and what they have written.
pub struct House {
    pub sandbox: Sandbox,
    pub gateways: Vec<Running>,
    database: Database,
    events: Events,
    log: Log,
    refusals: RefCell<Vec<String>>,
    unsearched: Unsearched,
    _guard: DefaultGuard,
}

/// The bus between the gateways of a house: of one process each, or a part of a NATS, which all tests may share.
enum Events {
    Memory,
    Nats {
        url: String,
        prefix: String,
        traffic: Traffic,
        own: Option<Box<Nats>>,
    },
}

impl Events {
    async fn begin() -> Self {
        match nats::shared() {
            Some(url) => Self::at(url, None).await,
            None => Self::Memory,
        }
    }

    async fn own() -> Self {
        let server = Nats::start().await;
        Self::at(server.url(), Some(Box::new(server))).await
    }

    async fn at(url: String, own: Option<Box<Nats>>) -> Self {
        let prefix = format!("it_{}", uuid::Uuid::new_v4().simple());
        let traffic = Traffic::of(&url, &prefix).await;
        Self::Nats {
            url,
            prefix,
            traffic,
            own,
        }
    }

    fn settings(&self) -> String {
        match self {
            Self::Memory => "events.url = \"memory:\"".to_owned(),
            Self::Nats { url, prefix, .. } => {
                format!("events.url = \"{url}\"\nevents.subject_prefix = \"{prefix}\"")
            }
        }
    }
}

/// Fails a test that ends without `is_left_clean`.
struct Unsearched(bool);

impl Drop for Unsearched {
    fn drop(&mut self) {
        assert!(
            !self.0 || std::thread::panicking(),
            "end the test with `house.is_left_clean().await`"
        );
    }
}

/// A gateway that runs in this process, with everything but the signals.
pub struct Running {
    pub app: App,
    pub url: String,
    pub admin: String,
    pub stop: CancellationToken,
    task: JoinHandle<()>,
}

/// A house with one gateway that is installed on all three Jira sites.
pub async fn given_a_house() -> House {
    given_a_house_with("", Options::default()).await
}

/// The same with settings (TOML) on top of the usual ones, and options for the sandbox.
pub async fn given_a_house_with(settings: &str, options: Options) -> House {
    let (database, events) = (Database::create().await, Events::begin().await);
    Box::pin(given_a_house_on(database, events, settings, options)).await
}

/// A house with two gateways, and between them a NATS of its own. All of it is installed at the first.
pub async fn given_two_gateways(settings: &str, postgres: Option<&Postgres>) -> House {
    let database = match postgres {
        Some(server) => Database::create_at(server.url()).await,
        None => Database::create().await,
    };
    let events = Events::own().await;
    let house = given_a_house_on(database, events, settings, Options::default());
    let mut house = Box::pin(house).await;
    house.opens_a_gateway(settings).await;
    house
}

async fn given_a_house_on(
    database: Database,
    events: Events,
    settings: &str,
    options: Options,
) -> House {
    let (log, guard) = Log::begin();
    let sandbox = Sandbox::start(options).await;
    let mut house = House {
        sandbox,
        gateways: Vec::new(),
        database,
        events,
        log,
        refusals: RefCell::default(),
        unsearched: Unsearched(true),
        _guard: guard,
    };
    house.opens_a_gateway(settings).await;
    for site in ["acme", "globex", "initech"] {
        let gateway = house.gateways[0].url.clone();
        house
            .sandbox
            .install(site, &gateway)
            .await
            .expect("the gateway accepts the installation");
    }
    house.sandbox.world().clear_requests();
    house
}

impl House {
    /// Starts a further gateway on the same database.
    pub async fn opens_a_gateway(&mut self, settings: &str) -> &Running {
        let settings = Settings::parse(&self.settings(settings)).expect("the settings are right");
        let gateway = Gateway::bind(&settings.server).await.expect("a free port");
        let url = format!("http://{}", gateway.public().expect("it is bound"));
        let admin = format!("http://{}", gateway.admin().expect("it is bound"));
        let mut settings = settings;
        // A second gateway is reached at the same public address, as behind a balancer.
        let public = self.gateways.first().map_or(&url, |first| &first.url);
        settings.server.public_url = public.parse().expect("it is an address");
        let app = Box::pin(App::build(settings))
            .await
            .expect("it can be built");
        let stop = CancellationToken::new();
        let task = tokio::spawn(gateway.serve(app.clone(), stop.clone()));
        self.gateways.push(Running {
            app,
            url,
            admin,
            stop,
            task,
        });
        self.gateways.last().expect("one was pushed")
    }

    /// The settings of its gateways, with others on top.
    pub fn settings(&self, more: &str) -> String {
        let at = self.sandbox.addresses();
        let usual = format!(
            r#"
            server.listen = "127.0.0.1:0"
            server.admin_listen = "127.0.0.1:0"
            server.introspection = true
            documents.mode = "any"
            database.url = "{database}"
            database.migrate = true
            {events}
            secret.keys = ["{KEY}"]
            jira.connect.app_key = "io.trefoil.jira"
            jira.connect.install_keys_url = "{jira}/install-keys"
            jira.connect.authorization_server_url = "{jira}"
            jira.connect.allowed_hosts = ["127.0.0.1"]
            jira.oauth.client_id = "{jira_id}"
            jira.oauth.client_secret = "{jira_secret}"
            jira.oauth.authorize_url = "{jira}/authorize"
            jira.oauth.token_url = "{jira}/oauth/token"
            jira.oauth.api_url = "{jira}"
            microsoft.client_id = "{microsoft_id}"
            microsoft.client_secret = "{microsoft_secret}"
            microsoft.authority_url = "{login}"
            microsoft.graph_url = "{graph}/v1.0"
            zoom.client_id = "{zoom_id}"
            zoom.client_secret = "{zoom_secret}"
            zoom.oauth_url = "{zoom}/oauth"
            zoom.api_url = "{zoom}/v2"
            zoom.download_hosts = ["127.0.0.1"]
            limits.per_viewer_per_minute = 100000
            limits.per_site_per_minute = 100000
            "#,
            database = self.database.url(),
            events = self.events.settings(),
            jira = at.jira[0],
            login = at.login,
            graph = at.graph,
            zoom = at.zoom,
            jira_id = sandbox::jira::CLIENT_ID,
            jira_secret = sandbox::jira::CLIENT_SECRET,
            microsoft_id = sandbox::entra::CLIENT_ID,
            microsoft_secret = sandbox::entra::CLIENT_SECRET,
            zoom_id = sandbox::zoom::CLIENT_ID,
            zoom_secret = sandbox::zoom::CLIENT_SECRET,
        );
        let more: Vec<&str> = more
            .lines()
            .map(str::trim)
            .filter(|it| !it.is_empty())
            .collect();
        // What a test sets replaces what is usual.
        let kept = usual.lines().map(str::trim).filter(|line| {
            let key = line.split(" = ").next().unwrap_or_default();
            !more.iter().any(|it| it.split(" = ").next() == Some(key))
        });
        kept.chain(more.iter().copied())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The address of its database.
    pub fn database_url(&self) -> String {
        self.database.url()
    }

    /// Makes every idempotency key older, as if nothing had been heard of its holder for so many seconds.
    pub async fn lets_time_pass(&self, seconds: i64) {
        self.database.ages_keys(seconds * 1_000).await;
    }

    /// Ends all connections to the house's database, which must be a PostgreSQL.
    pub async fn cuts_the_database_off(&self) {
        self.database.cuts_others_off().await;
    }

    /// The house's own NATS, which only [`given_two_gateways`] has.
    pub fn nats(&mut self) -> &mut Nats {
        match &mut self.events {
            Events::Nats { own: Some(own), .. } => own,
            _ => panic!("the house has no NATS of its own"),
        }
    }

    /// The first gateway.
    pub fn gateway(&self) -> &Running {
        &self.gateways[0]
    }

    /// Someone with Jira's panel open on an issue.
    pub fn person(&self, handle: &'static str, issue: &str) -> Person<'_> {
        Person::new(self, handle, self.sandbox.context_token(handle, issue))
    }

    /// Someone with the panel of one of their sites open on an issue.
    pub fn person_on(&self, site: &str, handle: &'static str, issue: &str) -> Person<'_> {
        let token = self.sandbox.context_token_on(site, handle, issue);
        Person::new(self, handle, token)
    }

    /// Someone in Teams, with a token by its single sign-on.
    pub fn teams(&self, handle: &'static str) -> Person<'_> {
        Person::new(self, handle, self.sandbox.entra_token(handle, Host::Teams))
    }

    /// Alice with DEMO-42 open.
    pub fn alice(&self) -> Person<'_> {
        self.person("alice", "DEMO-42")
    }

    /// Bob with DEMO-42 open.
    pub fn bob(&self) -> Person<'_> {
        self.person("bob", "DEMO-42")
    }

    /// Someone with the add-in open in Outlook.
    pub fn outlook(&self, handle: &'static str) -> Person<'_> {
        let token = self.sandbox.entra_token(handle, Host::Outlook);
        Person::new(self, handle, token)
    }

    /// Keeps an answer that holds errors, to be searched.
    pub fn keeps(&self, refusal: String) {
        self.refusals.borrow_mut().push(refusal);
    }

    /// Ends the gateways and searches everything they have written. Every test ends with it.
    #[expect(
        clippy::wrong_self_convention,
        reason = "it reads as the sentence it asserts"
    )]
    pub async fn is_left_clean(mut self) {
        self.unsearched.0 = false;
        // Before anything is closed, for the write-ahead log goes with its last connection.
        let mut written = self.database.everything().await;
        for gateway in self.gateways {
            gateway.stop.cancel();
            let _ = gateway.task.await;
        }
        written.extend(self.database.everything().await);
        if let Events::Nats { traffic, .. } = &self.events {
            written.push(("NATS traffic", traffic.text().into_bytes()));
        }
        written.push(("log", self.log.text().into_bytes()));
        written.push((
            "error answers",
            self.refusals.into_inner().join("\n").into_bytes(),
        ));
        let canaries = self.sandbox.world().canaries();
        assert!(canaries.len() > 100, "the sandbox planted no canaries");
        for (place, bytes) in written {
            if let Some(found) = log::find_canary(&bytes, &canaries) {
                panic!("content in the {place}: {found}");
            }
        }
    }

    /// The requests that a vendor saw since the last time they were cleared.
    pub fn asked(&self, provider: &str) -> Vec<sandbox::recorder::Seen> {
        let requests = self.sandbox.world().requests();
        requests
            .into_iter()
            .filter(|it| it.provider == provider)
            .collect()
    }

    /// Asks Graph directly, as the person.
    pub async fn graph(&self, handle: &str, path: &str) -> serde_json::Value {
        let token = self.sandbox.graph_token(
            handle,
            &[
                "User.Read",
                "Mail.Read",
                "Calendars.Read",
                "Chat.Read",
                "Tasks.Read",
            ],
        );
        let url = format!("{}/v1.0{path}", self.sandbox.addresses().graph);
        let request = person::client()
            .get(url)
            .bearer_auth(token)
            .header("Prefer", "IdType=\"ImmutableId\"");
        request.send().await.unwrap().json().await.unwrap()
    }
}
