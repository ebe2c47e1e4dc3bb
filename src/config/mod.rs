//! Settings: one struct per section, as `config.default.toml` explains them; the only reader of the environment.

mod keys;
mod load;

pub use load::{Invalid, Loaded};

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub server: Server,
    pub log: Log,
    pub database: Database,
    pub events: Events,
    #[serde(default)]
    pub secret: Secret,
    #[serde(default)]
    pub jira: Jira,
    pub microsoft: Option<Microsoft>,
    pub zoom: Option<Zoom>,
    pub watch: Watch,
    pub limits: Limits,
    pub transfers: Transfers,
    pub documents: Documents,
    pub analytics: Option<Analytics>,
}

/// Where we listen and how we are reached.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub listen: SocketAddr,
    pub public_url: Url,
    pub admin_listen: SocketAddr,
    pub graphiql: bool,
    pub introspection: bool,
    /// Seconds a client may take to send the head of a request.
    pub header_timeout: u64,
    /// Seconds a client may take to send a body.
    pub body_timeout: u64,
    /// Seconds a client may leave an answer unread.
    pub write_timeout: u64,
    /// Seconds of silence on a stream or a socket.
    pub ping_interval: u64,
    /// Open connections at once.
    pub max_connections: usize,
    /// Seconds that running requests get to end.
    pub shutdown_timeout: u64,
}

/// What is written to the log, and how.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub level: LogLevel,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// Where rows are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: SecretString,
    pub migrate: bool,
}

/// How events travel.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    pub url: SecretString,
    /// The first words of every subject on NATS.
    pub subject_prefix: String,
}

/// The keys that seal tokens.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// `id:base64` each, 32 bytes; the first seals, all open.
    pub keys: Vec<SecretString>,
}

/// The doors to Jira.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Jira {
    pub connect: Option<Connect>,
    pub oauth: Option<JiraOAuth>,
    pub forge: Option<Forge>,
    pub data_center: BTreeMap<String, DataCenter>,
}

/// Atlassian Connect.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connect {
    pub app_key: String,
    pub install_keys_url: Url,
    pub authorization_server_url: Url,
    /// Hosts a site may have: `*.atlassian.net` style patterns. Plain http is taken from loopback hosts only.
    pub allowed_hosts: Vec<String>,
    /// Where the panel page loads Atlassian's `all.js` from.
    pub all_js_url: Url,
}

/// Jira's OAuth 2.0 (3LO), for people who come from Outlook or Teams.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JiraOAuth {
    pub client_id: String,
    pub client_secret: SecretString,
    pub authorize_url: Url,
    pub token_url: Url,
    pub api_url: Url,
    /// Whether webhooks are registered at sites that have not installed the app.
    pub webhooks: bool,
}

/// Forge Remote.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forge {
    pub app_id: String,
    pub jwks_url: Url,
    pub api_url: Url,
}

/// One Data Center or Server site.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataCenter {
    pub base_url: Url,
    pub client_id: String,
    pub client_secret: SecretString,
    pub webhook_secret: Option<SecretString>,
    pub ca_file: Option<PathBuf>,
    #[serde(default)]
    pub allow_private_network: bool,
}

/// Entra and Graph.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Microsoft {
    pub client_id: String,
    pub client_secret: SecretString,
    pub authority_url: Url,
    pub graph_url: Url,
    /// The host library of Outlook's panes, loaded by the add-in.
    pub office_js_url: Url,
    /// Entra tenant GUIDs whose people may sign in; empty means any.
    #[serde(default)]
    pub allowed_tenants: Vec<String>,
    pub scopes: Vec<String>,
}

/// Zoom.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zoom {
    pub client_id: String,
    pub client_secret: SecretString,
    #[serde(default)]
    pub webhook_secrets: Vec<SecretString>,
    pub oauth_url: Url,
    pub api_url: Url,
    pub download_hosts: Vec<String>,
}

/// What exists at providers while somebody listens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// Seconds that a subscription at a provider outlives its last listener.
    pub grace: u64,
    /// Seconds a subscription at Microsoft Graph is made for, each time.
    pub life: u64,
    /// Seconds between two looks at what is due.
    pub interval: u64,
}

/// What one request, person or site may cost.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub depth: usize,
    pub cost: usize,
    pub aliases: usize,
    pub tokens: usize,
    pub body_bytes: usize,
    /// Seconds an operation may take.
    pub operation_timeout: u64,
    /// Seconds one call to a provider may take.
    pub upstream_timeout: u64,
    pub per_viewer_per_minute: u32,
    pub per_site_per_minute: u32,
    pub subscriptions_per_viewer: usize,
    pub sockets_per_viewer: usize,
    pub operations_per_socket: usize,
}

/// How recordings are carried into issues.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfers {
    /// Seconds without a sign of life after which another process takes one over.
    pub lease: u64,
    /// Seconds before a failed one is tried again for the first time.
    pub first_pause: u64,
}

/// Which operations are answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documents {
    pub mode: DocumentsMode,
}

/// Which operations are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentsMode {
    /// Whatever is valid.
    Any,
    /// Only those registered by the add-ins of this build.
    Trusted,
}

/// Optional usage counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Analytics {
    pub measurement_id: String,
    pub api_secret: SecretString,
}

impl Settings {
    /// The defaults with this TOML on top, for tests and tools; the environment is not read.
    pub fn parse(toml: &str) -> Result<Self, Invalid> {
        Loaded::from_layers(Some(("the given text", toml)), []).map(|loaded| loaded.settings)
    }

    /// What no single value shows: one sentence for each problem.
    fn validate(&self) -> Result<(), Vec<String>> {
        let mut problems = Vec::new();
        if self.secret.keys.is_empty() {
            problems.push(
                "`secret.keys` is missing: make one with `echo \"k1:$(openssl rand -base64 32)\"` and keep it, \
                 because what it sealed cannot be opened without it"
                    .to_owned(),
            );
        }
        let public = &self.server.public_url;
        if !(public.scheme() == "https" || public.scheme() == "http" && is_loopback(public)) {
            problems.push(format!(
                "`server.public_url`: {public} is not https; plain http is for loopback addresses only"
            ));
        }
        if !matches!(public.path(), "" | "/") || public.query().is_some() {
            problems.push(format!(
                "`server.public_url`: {public} has a path; it must be an origin such as https://trefoil.example.com"
            ));
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }
}

/// Whether the address names this machine itself.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Every setting's full name, in the order of `config.default.toml`; `*` stands for a name of the administrator's.
pub fn names() -> impl Iterator<Item = &'static str> {
    keys::KEYS.iter().map(|key| key.path)
}
