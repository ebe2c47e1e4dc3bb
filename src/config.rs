//! Settings: one struct per section, as `config.default.toml` explains them; the only reader of the environment.

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
    pub database: Database,
    pub events: Events,
    pub secret: Secret,
    pub jira: Jira,
    pub microsoft: Option<Microsoft>,
    pub zoom: Option<Zoom>,
    pub limits: Limits,
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
}

/// The keys that seal tokens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// `id:base64` each, 32 bytes; the first seals, all open.
    #[serde(default)]
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
    #[serde(default = "defaults::install_keys")]
    pub install_keys_url: Url,
    #[serde(default = "defaults::authorization_server")]
    pub authorization_server_url: Url,
    /// Hosts a site may have: `*.atlassian.net` style patterns. Plain http is taken from loopback hosts only.
    #[serde(default = "defaults::jira_hosts")]
    pub allowed_hosts: Vec<String>,
    /// Where the panel page loads Atlassian's `all.js` from.
    #[serde(default = "defaults::all_js")]
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
    #[serde(default = "defaults::authority")]
    pub authority_url: Url,
    #[serde(default = "defaults::graph")]
    pub graph_url: Url,
    /// Entra tenant GUIDs whose people may sign in; empty means any.
    #[serde(default)]
    pub allowed_tenants: Vec<String>,
    #[serde(default = "defaults::microsoft_scopes")]
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
    #[serde(default = "defaults::zoom_oauth")]
    pub oauth_url: Url,
    #[serde(default = "defaults::zoom_api")]
    pub api_url: Url,
    #[serde(default = "defaults::zoom_download_hosts")]
    pub download_hosts: Vec<String>,
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

mod defaults {
    use url::Url;

    fn address(text: &str) -> Url {
        Url::parse(text).expect("the built-in addresses are well formed")
    }
    pub fn install_keys() -> Url {
        address("https://connect-install-keys.atlassian.com")
    }
    pub fn authorization_server() -> Url {
        address("https://oauth-2-authorization-server.services.atlassian.com")
    }
    pub fn all_js() -> Url {
        address("https://connect-cdn.atl-paas.net/all.js")
    }
    pub fn jira_hosts() -> Vec<String> {
        ["*.atlassian.net", "*.jira.com", "*.jira-dev.com"]
            .map(str::to_owned)
            .to_vec()
    }
    pub fn authority() -> Url {
        address("https://login.microsoftonline.com")
    }
    pub fn graph() -> Url {
        address("https://graph.microsoft.com/v1.0")
    }
    pub fn microsoft_scopes() -> Vec<String> {
        [
            "User.Read",
            "Mail.Read",
            "Calendars.Read",
            "Chat.Read",
            "Tasks.Read",
        ]
        .map(str::to_owned)
        .to_vec()
    }
    pub fn zoom_oauth() -> Url {
        address("https://zoom.us/oauth")
    }
    pub fn zoom_api() -> Url {
        address("https://api.zoom.us/v2")
    }
    pub fn zoom_download_hosts() -> Vec<String> {
        ["zoom.us", "*.zoom.us"].map(str::to_owned).to_vec()
    }
}
