//! The vendors, a gateway that can be killed and started again, and people who have recordings attached.
#![expect(
    clippy::disallowed_methods,
    reason = "this client is not the gateway's"
)]

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use sandbox::visitor::Visitor;
use sandbox::{Options as Vendors, Sandbox};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::sleep;
use trefoil::id::NodeId;
use uuid::Uuid;

use super::{Options, Result};

/// A key that nothing real is sealed with.
const KEY: &str = "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
/// Settings with which a dead gateway's work goes on soon.
pub const QUICK: &str = "transfers.lease = 2\ntransfers.first_pause = 1";
/// How long a gateway may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Everything but the gateway.
pub struct House {
    pub sandbox: Sandbox,
    folder: TempDir,
    program: PathBuf,
    database: Option<String>,
    terms: &'static str,
    listen: SocketAddr,
    admin: SocketAddr,
    client: reqwest::Client,
}

/// A gateway that runs; killed at the latest when this is dropped.
pub struct Gateway {
    child: Child,
    pub id: u32,
}

/// A transfer as it is told.
#[derive(Debug, Clone)]
pub struct Seen {
    pub state: String,
    pub sent: u64,
    pub failures: u64,
    pub sha256: Option<String>,
}

impl House {
    /// Starts the vendors, and a gateway with more settings for the first time: it is installed, and people connect
    /// their Zoom accounts.
    pub async fn open(
        options: &Options,
        people: &[&str],
        terms: &'static str,
    ) -> Result<(Self, Gateway)> {
        let own = Self {
            sandbox: Sandbox::start(Vendors::default()).await,
            folder: TempDir::new()?,
            program: options.gateway.clone(),
            database: options.database.clone(),
            terms,
            listen: free()?,
            admin: free()?,
            client: reqwest::Client::builder().build()?,
        };
        fs::create_dir(own.temporary())?;
        fs::write(own.folder.path().join("trefoil.toml"), own.settings())?;
        let gateway = own.start().await?;
        let installed = own.sandbox.install("acme", &own.url()).await?;
        if installed.status != 204 {
            return Err(format!("not installed: {}", installed.status).into());
        }
        for handle in people {
            own.connects(handle).await?;
        }
        Ok((own, gateway))
    }

    /// Somebody connects their Zoom account.
    pub async fn connects(&self, handle: &str) -> Result<()> {
        let input = json!({ "provider": "ZOOM", "idempotencyKey": Uuid::new_v4() });
        let asked = "mutation($input: ConnectInput!) { connect(input: $input) { url } }";
        let answer = self.asks(handle, asked, &json!({ "input": input })).await?;
        let url = answer["connect"]["url"].as_str().unwrap_or_default();
        Visitor::default().visit(url, handle, true).await?;
        Ok(())
    }

    fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// Where the gateway may put temporary files, and puts none.
    fn temporary(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    fn settings(&self) -> String {
        let at = self.sandbox.addresses();
        let embedded = || {
            let file = self.folder.path().join("trefoil.db");
            format!("sqlite://{}?mode=rwc", file.display())
        };
        format!(
            r#"
server.listen = "{listen}"
server.admin_listen = "{admin}"
server.public_url = "http://{listen}"
documents.mode = "any"
database.url = "{database}"
database.migrate = true
secret.keys = ["{KEY}"]
jira.connect.app_key = "io.trefoil.jira"
jira.connect.install_keys_url = "{jira}/install-keys"
jira.connect.authorization_server_url = "{jira}"
jira.connect.allowed_hosts = ["127.0.0.1"]
zoom.client_id = "{id}"
zoom.client_secret = "{secret}"
zoom.oauth_url = "{zoom}/oauth"
zoom.api_url = "{zoom}/v2"
zoom.download_hosts = ["127.0.0.1"]
{terms}
limits.per_viewer_per_minute = 100000
limits.per_site_per_minute = 100000
"#,
            listen = self.listen,
            admin = self.admin,
            database = self.database.clone().unwrap_or_else(embedded),
            terms = self.terms,
            jira = at.jira[0],
            zoom = at.zoom,
            id = sandbox::zoom::CLIENT_ID,
            secret = sandbox::zoom::CLIENT_SECRET,
        )
    }

    /// Starts another gateway on the same database, and asks that one from now on.
    pub async fn start_beside(&mut self) -> Result<Gateway> {
        (self.listen, self.admin) = (free()?, free()?);
        fs::write(self.folder.path().join("trefoil.toml"), self.settings())?;
        self.start().await
    }

    /// Starts the gateway, and waits until it is ready.
    pub async fn start(&self) -> Result<Gateway> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))?;
        let child = Command::new(&self.program)
            .arg("--config")
            .arg(self.folder.path().join("trefoil.toml"))
            .arg("serve")
            .env("TMPDIR", self.temporary())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id().ok_or("it ended at once")?;
        let begun = Instant::now();
        let address = format!("http://{}/readyz", self.admin);
        while begun.elapsed() < PATIENCE {
            let ready = self.client.get(&address).send().await;
            if ready.is_ok_and(|it| it.status().is_success()) {
                return Ok(Gateway { child, id });
            }
            sleep(Duration::from_millis(20)).await;
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        Err(format!("the gateway is not ready\n{log}").into())
    }

    /// What somebody is answered, which must be no error.
    pub async fn asks(&self, handle: &str, query: &str, variables: &Value) -> Result<Value> {
        let answer = self.answers(handle, query, variables).await?;
        if answer["errors"].is_array() {
            return Err(answer.to_string().into());
        }
        Ok(answer["data"].clone())
    }

    /// What somebody is answered.
    pub async fn answers(&self, handle: &str, query: &str, variables: &Value) -> Result<Value> {
        let token = self.sandbox.context_token(handle, "DEMO-42");
        let request = self
            .client
            .post(format!("{}/graphql", self.url()))
            .header("authorization", format!("JWT {token}"))
            .json(&json!({ "query": query, "variables": variables }));
        Ok(request.send().await?.json().await?)
    }

    /// The ids and keys of issues that things can be attached to.
    pub async fn issues(&self) -> Result<Vec<(String, String)>> {
        let asked =
            "{ issues(jql: \"project = DEMO ORDER BY key\", first: 40) { nodes { id key } } }";
        let answer = self.asks("alice", asked, &json!({})).await?;
        let nodes = answer["issues"]["nodes"].as_array().ok_or("no issues")?;
        let text = |node: &Value, name: &str| node[name].as_str().unwrap_or_default().to_owned();
        let issues = nodes.iter().map(|it| (text(it, "id"), text(it, "key")));
        Ok(issues.collect())
    }

    /// Has a recording's video attached to an issue; the transfer's id.
    pub async fn attaches(&self, handle: &str, issue: &str, recording: &str) -> Result<String> {
        let recording = NodeId::ZoomRecording(recording.parse().map_err(|_| "no UUID")?);
        let asked = "query($id: ID!) { recording(id: $id) { files { id type } } }";
        let id = recording.to_string();
        let answer = self.asks(handle, asked, &json!({ "id": id })).await?;
        let files = answer["recording"]["files"].as_array();
        let video = files.and_then(|it| it.iter().find(|it| it["type"] == "MP4"));
        let file = video.ok_or("it has no video")?["id"].clone();
        let asked = "mutation($input: AttachRecordingInput!) { attachRecording(input: $input) {
            transfers { id } userErrors { code message } } }";
        let input = json!({
            "idempotencyKey": format!("{issue}{id}"), "issue": issue, "recording": id, "files": [file],
            "audienceAcknowledged": true,
        });
        let answer = self.asks(handle, asked, &json!({ "input": input })).await?;
        let begun = answer["attachRecording"]["transfers"][0]["id"].as_str();
        Ok(begun.ok_or_else(|| answer.to_string())?.to_owned())
    }

    /// A transfer as it is now.
    pub async fn transfer(&self, id: &str) -> Result<Seen> {
        let asked = "query($id: ID!) { node(id: $id) { ... on Transfer {
            state sent failures problem { code } receipt { sha256 } } } }";
        let answer = self.asks("alice", asked, &json!({ "id": id })).await?;
        let node = &answer["node"];
        if node["state"] == "FAILED" {
            return Err(answer.to_string().into());
        }
        let text = |it: &Value| it.as_str().map(str::to_owned);
        Ok(Seen {
            state: text(&node["state"]).ok_or("there is no such transfer")?,
            sent: size(&node["sent"]),
            failures: node["failures"].as_u64().unwrap_or_default(),
            sha256: text(&node["receipt"]["sha256"]),
        })
    }

    /// Waits until a transfer has ended.
    pub async fn ends(&self, id: &str, limit: Duration) -> Result<Seen> {
        let begun = Instant::now();
        loop {
            let seen = self.transfer(id).await?;
            if matches!(seen.state.as_str(), "DONE" | "FAILED" | "CANCELLED") {
                return Ok(seen);
            }
            if begun.elapsed() > limit {
                return Err(format!("it does not end: {seen:?}").into());
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// The recordings attached to an issue: how many, and in how many bytes.
    pub async fn attached(&self, issue: &str) -> Result<Vec<u64>> {
        let asked = "query($id: ID!) { issue(id: $id) { attachments { name size } } }";
        let answer = self.asks("alice", asked, &json!({ "id": issue })).await?;
        let files = answer["issue"]["attachments"]
            .as_array()
            .ok_or("no files")?;
        let ours = |it: &&Value| {
            it["name"]
                .as_str()
                .is_some_and(|it| it.starts_with("Zoom_"))
        };
        let sizes = files.iter().filter(ours).map(|it| size(&it["size"]));
        Ok(sizes.collect())
    }

    /// Files that the gateway left beside its database, its log and its settings.
    pub fn left_over(&self) -> Result<Vec<PathBuf>> {
        let known = [
            "trefoil.db",
            "trefoil.db-wal",
            "trefoil.db-shm",
            "log",
            "trefoil.toml",
            "tmp",
        ];
        let mut found = Vec::new();
        for entry in fs::read_dir(self.folder.path())? {
            let entry = entry?;
            if !known.iter().any(|it| entry.file_name() == *it) {
                found.push(entry.path());
            }
        }
        for entry in fs::read_dir(self.temporary())? {
            found.push(entry?.path());
        }
        Ok(found)
    }
}

fn free() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes are whole and not negative"
)]
fn size(value: &Value) -> u64 {
    value.as_f64().unwrap_or_default() as u64
}

impl Gateway {
    /// Ends it as `kill -9` does.
    pub async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}
