//! Looks at everything the gateway needs, and says of each what is wrong and what mends it.

use std::fmt;
use std::time::Duration;

use reqwest::header::DATE;
use secrecy::ExposeSecret as _;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use url::Url;

use crate::bus::{self, Address, Nats};
use crate::clock;
use crate::config::Settings;
use crate::secret::Keyring;
use crate::store::Store;
use crate::upstream::Provider;
use crate::upstream::http::Http;

/// Seconds that our clock and a provider's may differ before tokens are refused.
const SKEW: i64 = 20;

/// One thing that was looked at.
#[derive(Debug)]
pub struct Finding {
    /// What was looked at.
    pub subject: String,
    /// What was found, or what is wrong and what mends it.
    pub outcome: Result<String, String>,
}

impl Finding {
    fn new(subject: impl Into<String>, outcome: Result<String, String>) -> Self {
        Self {
            subject: subject.into(),
            outcome,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Ok(found) => write!(f, "ok    {}: {found}", self.subject),
            Err(wrong) => write!(f, "FAIL  {}: {wrong}", self.subject),
        }
    }
}

/// Looks at the keys, the database, the event bus, each provider's addresses, and the clock beside theirs.
pub async fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = vec![
        keys(settings),
        database(settings).await,
        events(settings).await,
    ];
    let limit = Duration::from_secs(settings.limits.upstream_timeout);
    let http = match Http::new(limit) {
        Ok(http) => http,
        Err(error) => {
            findings.push(Finding::new("HTTP client", Err(error.to_string())));
            return findings;
        }
    };
    let visits = addresses(settings)
        .into_iter()
        .map(|(key, provider, url)| visit(&http, key, provider, url));
    let mut skew = Vec::new();
    for (finding, ahead) in futures::future::join_all(visits).await {
        findings.push(finding);
        skew.extend(ahead);
    }
    findings.push(clocks(&skew));
    findings
}

fn keys(settings: &Settings) -> Finding {
    let outcome = Keyring::parse(&settings.secret.keys)
        .map(|_| format!("{} can be used", settings.secret.keys.len()))
        .map_err(|error| error.to_string());
    Finding::new("secret.keys", outcome)
}

async fn database(settings: &Settings) -> Finding {
    let url = settings.database.url.expose_secret();
    let outcome = async {
        let store = Store::connect(url)
            .await
            .map_err(|_| "it cannot be opened; check database.url and that it runs".to_owned())?;
        store
            .ping()
            .await
            .map_err(|_| "it does not answer".to_owned())?;
        match store.pending().await {
            Ok(0) => Ok("answers, and its tables are up to date".to_owned()),
            Ok(count) => Err(format!("it lacks {count} changes; run `trefoil migrate`")),
            Err(_) => Err("its tables cannot be read; run `trefoil migrate`".to_owned()),
        }
    }
    .await;
    Finding::new("database.url", outcome)
}

async fn events(settings: &Settings) -> Finding {
    let prefix = &settings.events.subject_prefix;
    let address = Address::parse(settings.events.url.expose_secret(), prefix);
    let outcome = match address {
        Ok(Address::Memory) => Ok("events stay in this process; one gateway only".to_owned()),
        Ok(Address::Nats(servers)) => match Nats::examine(servers).await {
            Ok(()) => Ok("NATS answers, and carries events".to_owned()),
            Err(bus::Error::Refused) => Err(format!(
                "NATS takes neither the credentials nor words from them; check user and password, and that they may \
                 publish and subscribe on {prefix}.>"
            )),
            Err(_) => Err(
                "NATS does not answer; check events.url, that nats-server runs and that its port is open from here"
                    .to_owned(),
            ),
        },
        Err(error) => Err(error.to_string()),
    };
    Finding::new("events.url", outcome)
}

/// Every configured address that must be reachable from here.
fn addresses(settings: &Settings) -> Vec<(String, Provider, Url)> {
    let mut found = Vec::new();
    let mut add = |key: &str, provider, url: &Url| {
        found.push((key.to_owned(), provider, url.clone()));
    };
    if let Some(connect) = &settings.jira.connect {
        let jira = Provider::Jira;
        add(
            "jira.connect.install_keys_url",
            jira,
            &connect.install_keys_url,
        );
        add(
            "jira.connect.authorization_server_url",
            jira,
            &connect.authorization_server_url,
        );
    }
    if let Some(oauth) = &settings.jira.oauth {
        let jira = Provider::Jira;
        add("jira.oauth.authorize_url", jira, &oauth.authorize_url);
        add("jira.oauth.token_url", jira, &oauth.token_url);
        add("jira.oauth.api_url", jira, &oauth.api_url);
    }
    for (name, site) in &settings.jira.data_center {
        let key = format!("jira.data_center.{name}.base_url");
        add(&key, Provider::Jira, &site.base_url);
    }
    if let Some(microsoft) = &settings.microsoft {
        let graph = Provider::Microsoft;
        add("microsoft.authority_url", graph, &microsoft.authority_url);
        add("microsoft.graph_url", graph, &microsoft.graph_url);
    }
    if let Some(zoom) = &settings.zoom {
        add("zoom.oauth_url", Provider::Zoom, &zoom.oauth_url);
        add("zoom.api_url", Provider::Zoom, &zoom.api_url);
    }
    found
}

/// Asks for an address without any credentials: every answer shows that it can be reached. Also how many seconds our
/// clock is ahead of the one in the answer.
async fn visit(http: &Http, key: String, provider: Provider, url: Url) -> (Finding, Option<i64>) {
    let request = http.client().get(url.clone());
    let Ok(answer) = http.exchange(provider, "be reached", request).await else {
        let wrong = format!(
            "{url} cannot be reached; check the address, the network's way out and its proxy"
        );
        return (Finding::new(key, Err(wrong)), None);
    };
    let ahead = answer
        .headers
        .get(DATE)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| OffsetDateTime::parse(&text.replace("GMT", "+0000"), &Rfc2822).ok())
        .map(|theirs| clock::unix() - theirs.unix_timestamp());
    (Finding::new(key, Ok(format!("{url} answers"))), ahead)
}

fn clocks(ahead: &[i64]) -> Finding {
    let worst = ahead.iter().copied().max_by_key(|seconds| seconds.abs());
    let outcome = match worst {
        None => Ok("nobody to compare with".to_owned()),
        Some(seconds) if seconds.abs() <= SKEW => Ok(format!("{seconds} s from the providers'")),
        Some(seconds) => Err(format!(
            "{seconds} s from the providers'; set it by NTP, because tokens are refused"
        )),
    };
    Finding::new("clock", outcome)
}
