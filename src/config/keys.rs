//! Every setting's name, shape and meaning of "right", in one table.

/// What a setting's value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A string.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number, zero or more.
    Number,
    /// Several strings.
    List,
}

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its full name; `*` stands for a name that the administrator chooses.
    pub path: &'static str,
    /// What its value looks like.
    pub shape: Shape,
    /// Whether its value is never shown, and may be given as `…_file`.
    pub secret: bool,
    /// What would be right, as a phrase.
    pub right: &'static str,
}

const fn plain(path: &'static str, shape: Shape, right: &'static str) -> Key {
    Key {
        path,
        shape,
        secret: false,
        right,
    }
}

const fn secret(path: &'static str, shape: Shape, right: &'static str) -> Key {
    Key {
        path,
        shape,
        secret: true,
        right,
    }
}

const ADDRESS: &str = "an http or https address such as https://trefoil.example.com";
const SOCKET: &str = "an address and port such as 127.0.0.1:8080";
const FLAG: &str = "true or false";
const NUMBER: &str = "a whole number above zero";
const NAME: &str = "a text";
const SECRET: &str = "a text, or the path of its file as …_file";

/// All of them, in the order of `config.default.toml`.
pub const KEYS: &[Key] = &[
    plain("server.listen", Shape::Text, SOCKET),
    plain("server.public_url", Shape::Text, ADDRESS),
    plain("server.admin_listen", Shape::Text, SOCKET),
    plain("server.graphiql", Shape::Flag, FLAG),
    plain("server.introspection", Shape::Flag, FLAG),
    plain("server.header_timeout", Shape::Number, NUMBER),
    plain("server.body_timeout", Shape::Number, NUMBER),
    plain("server.write_timeout", Shape::Number, NUMBER),
    plain("server.ping_interval", Shape::Number, NUMBER),
    plain("server.max_connections", Shape::Number, NUMBER),
    plain("server.shutdown_timeout", Shape::Number, NUMBER),
    plain("log.format", Shape::Text, "`json` or `text`"),
    plain(
        "log.level",
        Shape::Text,
        "`error`, `warn`, `info`, `debug` or `trace`",
    ),
    secret(
        "database.url",
        Shape::Text,
        "an address such as sqlite://trefoil.db?mode=rwc or postgres://user@host/trefoil",
    ),
    plain("database.migrate", Shape::Flag, FLAG),
    secret("events.url", Shape::Text, "`memory:` or nats://host:4222"),
    plain(
        "events.subject_prefix",
        Shape::Text,
        "words of letters, digits, - and _, separated by dots",
    ),
    secret(
        "secret.keys",
        Shape::List,
        "a list of `id:base64` with 32 bytes each, the newest first",
    ),
    plain("jira.connect.app_key", Shape::Text, NAME),
    plain("jira.connect.install_keys_url", Shape::Text, ADDRESS),
    plain(
        "jira.connect.authorization_server_url",
        Shape::Text,
        ADDRESS,
    ),
    plain(
        "jira.connect.allowed_hosts",
        Shape::List,
        "a list of hosts such as *.atlassian.net",
    ),
    plain("jira.connect.all_js_url", Shape::Text, ADDRESS),
    plain("jira.forge.app_id", Shape::Text, NAME),
    plain("jira.forge.jwks_url", Shape::Text, ADDRESS),
    plain("jira.forge.api_url", Shape::Text, ADDRESS),
    plain("jira.oauth.client_id", Shape::Text, NAME),
    secret("jira.oauth.client_secret", Shape::Text, SECRET),
    plain("jira.oauth.authorize_url", Shape::Text, ADDRESS),
    plain("jira.oauth.token_url", Shape::Text, ADDRESS),
    plain("jira.oauth.api_url", Shape::Text, ADDRESS),
    plain("jira.oauth.webhooks", Shape::Flag, FLAG),
    plain("jira.data_center.*.base_url", Shape::Text, ADDRESS),
    plain("jira.data_center.*.client_id", Shape::Text, NAME),
    secret("jira.data_center.*.client_secret", Shape::Text, SECRET),
    secret("jira.data_center.*.webhook_secret", Shape::Text, SECRET),
    plain(
        "jira.data_center.*.ca_file",
        Shape::Text,
        "the path of a PEM file",
    ),
    plain(
        "jira.data_center.*.allow_private_network",
        Shape::Flag,
        FLAG,
    ),
    plain("microsoft.client_id", Shape::Text, NAME),
    secret("microsoft.client_secret", Shape::Text, SECRET),
    plain("microsoft.authority_url", Shape::Text, ADDRESS),
    plain("microsoft.graph_url", Shape::Text, ADDRESS),
    plain("microsoft.office_js_url", Shape::Text, ADDRESS),
    plain(
        "microsoft.allowed_tenants",
        Shape::List,
        "a list of Entra tenant ids",
    ),
    plain(
        "microsoft.scopes",
        Shape::List,
        "a list of Graph permissions such as Mail.Read",
    ),
    plain("zoom.client_id", Shape::Text, NAME),
    secret("zoom.client_secret", Shape::Text, SECRET),
    secret(
        "zoom.webhook_secrets",
        Shape::List,
        "a list of secret tokens",
    ),
    plain("zoom.oauth_url", Shape::Text, ADDRESS),
    plain("zoom.api_url", Shape::Text, ADDRESS),
    plain(
        "zoom.download_hosts",
        Shape::List,
        "a list of hosts such as *.zoom.us",
    ),
    plain("watch.grace", Shape::Number, NUMBER),
    plain("watch.life", Shape::Number, NUMBER),
    plain("watch.interval", Shape::Number, NUMBER),
    plain("limits.depth", Shape::Number, NUMBER),
    plain("limits.cost", Shape::Number, NUMBER),
    plain("limits.aliases", Shape::Number, NUMBER),
    plain("limits.tokens", Shape::Number, NUMBER),
    plain("limits.body_bytes", Shape::Number, NUMBER),
    plain("limits.operation_timeout", Shape::Number, NUMBER),
    plain("limits.upstream_timeout", Shape::Number, NUMBER),
    plain("limits.per_viewer_per_minute", Shape::Number, NUMBER),
    plain("limits.per_site_per_minute", Shape::Number, NUMBER),
    plain("limits.subscriptions_per_viewer", Shape::Number, NUMBER),
    plain("limits.sockets_per_viewer", Shape::Number, NUMBER),
    plain("limits.operations_per_socket", Shape::Number, NUMBER),
    plain("transfers.lease", Shape::Number, NUMBER),
    plain("transfers.first_pause", Shape::Number, NUMBER),
    plain("documents.mode", Shape::Text, "`trusted` or `any`"),
    plain("analytics.measurement_id", Shape::Text, NAME),
    secret("analytics.api_secret", Shape::Text, SECRET),
];

/// Sections that are off until a file or the environment names one of their keys.
pub const OPTIONAL: &[&str] = &[
    "jira.connect",
    "jira.forge",
    "jira.oauth",
    "microsoft",
    "zoom",
    "analytics",
];

/// The setting of this full name.
pub fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| matches(key.path, path))
}

/// The secret that this `…_file` name stands for.
pub fn find_file(path: &str) -> Option<&'static Key> {
    find(path.strip_suffix("_file")?).filter(|key| key.secret)
}

/// The valid name that is most like `path`, spelt with the administrator's own names.
pub fn nearest(path: &str) -> String {
    KEYS.iter()
        .flat_map(|key| {
            let named = personal(key.path, path);
            let file = key.secret.then(|| format!("{named}_file"));
            [Some(named), file]
        })
        .flatten()
        .min_by_key(|candidate| strsim::damerau_levenshtein(candidate, path))
        .unwrap_or_default()
}

fn matches(pattern: &str, path: &str) -> bool {
    pattern.split('.').count() == path.split('.').count()
        && pattern
            .split('.')
            .zip(path.split('.'))
            .all(|(wanted, given)| wanted == "*" || wanted == given)
}

/// The pattern with its `*` replaced by what stands at the same place in `path`.
fn personal(pattern: &str, path: &str) -> String {
    let given: Vec<&str> = path.split('.').collect();
    let parts: Vec<&str> = pattern
        .split('.')
        .enumerate()
        .map(|(at, part)| match part {
            "*" => given.get(at).copied().unwrap_or("<name>"),
            part => part,
        })
        .collect();
    parts.join(".")
}
