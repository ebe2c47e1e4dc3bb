//! The gateway as a child process, configured for the sandbox by its environment.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use sandbox::{Sandbox, entra, jira, zoom};
use tokio::process::{Child, Command};

use super::options::Demo;

/// Where the gateway's log goes.
const LOG: &str = "target/demo-gateway.log";

/// Where the log of the one beside it goes.
const BESIDE_LOG: &str = "target/demo-gateway-beside.log";

/// Where the log of the one behind the hosts' pages goes.
const HOSTS_LOG: &str = "target/demo-gateway-hosts.log";

/// The gateway's database, unless another is given; made anew at every start.
const DATABASE: &str = "target/demo.db";

/// A debug build on a busy machine needs its time.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running gateway.
pub(crate) struct Gateway {
    /// Where it listens; also its public address, unless it is beside another.
    pub(crate) url: String,
    /// Its address for health and metrics.
    pub(crate) admin: String,
    /// Its process.
    pub(crate) child: Child,
    /// Where its log goes.
    pub(crate) log: String,
    command: Command,
}

impl Gateway {
    /// Starts the program and waits until it is ready.
    pub(crate) async fn start(demo: &Demo, sandbox: &Sandbox) -> Result<Self, String> {
        if demo.database.is_none() {
            for ending in ["", "-wal", "-shm"] {
                fs::remove_file(format!("{DATABASE}{ending}")).ok();
            }
        }
        let listen = free(demo.port)?;
        let admin = free(if demo.port == 8080 { 9090 } else { 0 })?;
        let public = format!("http://{listen}");
        Self::run(demo, sandbox, [&listen, &admin, &public], LOG, Vec::new()).await
    }

    /// Starts one of several behind a balancer, and waits until it is ready.
    pub(crate) async fn balanced(
        demo: &Demo,
        sandbox: &Sandbox,
        public: &str,
        number: usize,
    ) -> Result<Self, String> {
        let log = format!("target/demo-gateway-{number}.log");
        let (listen, admin) = (free(0)?, free(0)?);
        Self::run(demo, sandbox, [&listen, &admin, public], &log, Vec::new()).await
    }

    /// Starts another one on the same database, which answers for another public address.
    pub(crate) async fn beside(
        demo: &Demo,
        sandbox: &Sandbox,
        public: &str,
    ) -> Result<Self, String> {
        let more = Vec::new();
        Self::run(
            demo,
            sandbox,
            [&free(0)?, &free(0)?, public],
            BESIDE_LOG,
            more,
        )
        .await
    }

    /// Starts another one on the same database for the sandbox's Outlook-like and Teams-like pages, whose libraries
    /// are the sandbox's.
    pub(crate) async fn behind_hosts(demo: &Demo, sandbox: &Sandbox) -> Result<Self, String> {
        let public = &sandbox.addresses().hosts;
        let library = format!("{public}/host/office.js");
        let more = vec![("MICROSOFT__OFFICE_JS_URL", library)];
        let gateway = Self::run(
            demo,
            sandbox,
            [&free(0)?, &free(0)?, public],
            HOSTS_LOG,
            more,
        )
        .await?;
        sandbox.show_add_ins_of(&gateway.url);
        Ok(gateway)
    }

    async fn run(
        demo: &Demo,
        sandbox: &Sandbox,
        [listen, admin, public]: [&str; 3],
        log: &str,
        more: Vec<(&'static str, String)>,
    ) -> Result<Self, String> {
        let program = program(demo)?;
        fs::create_dir_all("target").map_err(|error| format!("no folder target: {error}"))?;
        let file = File::create(log).map_err(|error| format!("cannot write {log}: {error}"))?;
        let errors = file.try_clone().map_err(|error| error.to_string())?;
        let database = demo
            .database
            .clone()
            .unwrap_or_else(|| format!("sqlite://{DATABASE}?mode=rwc"));
        let mut command = Command::new(&program);
        command
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .env("NO_COLOR", "1")
            // A Ctrl-C is for the demo, which then asks its gateways to end.
            .process_group(0)
            .kill_on_drop(true);
        let settings = settings(sandbox, listen, admin, public, &database, &demo.events);
        for (name, value) in settings.into_iter().chain(more) {
            command.env(format!("TREFOIL__{name}"), value);
        }
        let mut gateway = Self {
            url: format!("http://{listen}"),
            admin: format!("http://{admin}"),
            child: spawn(&mut command)?,
            log: log.to_owned(),
            command,
        };
        gateway.wait_until_ready().await?;
        Ok(gateway)
    }

    /// Starts it again where it was, after it has ended.
    pub(crate) async fn start_again(&mut self) -> Result<(), String> {
        self.child = spawn(&mut self.command)?;
        self.wait_until_ready().await
    }

    /// Asks the process to end, and ends it when it does not.
    pub(crate) async fn stop(mut self) {
        if let Some(id) = self.child.id() {
            // The standard library knows no gentler signal than SIGKILL.
            let id = id.to_string();
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .await
                .ok();
        }
        let ended = tokio::time::timeout(Duration::from_secs(5), self.child.wait()).await;
        if ended.is_err() {
            self.child.kill().await.ok();
        }
    }

    async fn wait_until_ready(&mut self) -> Result<(), String> {
        let ready = format!("{}/readyz", self.admin);
        let started = std::time::Instant::now();
        while started.elapsed() < PATIENCE {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!(
                    "the gateway ended at once ({status}):\n{}",
                    self.last_words()
                ));
            }
            let answer = reqwest::get(&ready).await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(format!(
            "the gateway is not ready after a minute:\n{}",
            self.last_words()
        ))
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

fn spawn(command: &mut Command) -> Result<Child, String> {
    command
        .spawn()
        .map_err(|error| format!("the gateway does not start: {error}"))
}

fn settings(
    sandbox: &Sandbox,
    listen: &str,
    admin: &str,
    public: &str,
    database: &str,
    events: &str,
) -> Vec<(&'static str, String)> {
    let at = sandbox.addresses();
    // The same key at every start, so that `--database` may name a database that lasts.
    let key = BASE64_STANDARD.encode(sandbox::world::digest("demo", "sealing key"));
    let text = |value: &str| value.to_owned();
    vec![
        ("SERVER__LISTEN", text(listen)),
        ("SERVER__PUBLIC_URL", text(public)),
        ("SERVER__ADMIN_LISTEN", text(admin)),
        ("SERVER__GRAPHIQL", text("true")),
        ("SERVER__INTROSPECTION", text("true")),
        ("DOCUMENTS__MODE", text("any")),
        ("LOG__FORMAT", text("text")),
        ("DATABASE__URL", text(database)),
        ("DATABASE__MIGRATE", text("true")),
        ("EVENTS__URL", text(events)),
        ("SECRET__KEYS", format!("demo:{key}")),
        ("JIRA__CONNECT__APP_KEY", text("io.trefoil.demo")),
        (
            "JIRA__CONNECT__INSTALL_KEYS_URL",
            format!("{}/install-keys", at.jira[0]),
        ),
        ("JIRA__CONNECT__AUTHORIZATION_SERVER_URL", text(&at.jira[0])),
        ("JIRA__CONNECT__ALLOWED_HOSTS", text("127.0.0.1")),
        (
            "JIRA__CONNECT__ALL_JS_URL",
            format!("{}/connect-cdn/connect-cdn.atl-paas.net/all.js", at.jira[0]),
        ),
        ("JIRA__OAUTH__CLIENT_ID", text(jira::CLIENT_ID)),
        ("JIRA__OAUTH__CLIENT_SECRET", text(jira::CLIENT_SECRET)),
        (
            "JIRA__OAUTH__AUTHORIZE_URL",
            format!("{}/authorize", at.jira[0]),
        ),
        (
            "JIRA__OAUTH__TOKEN_URL",
            format!("{}/oauth/token", at.jira[0]),
        ),
        ("JIRA__OAUTH__API_URL", text(&at.jira[0])),
        ("MICROSOFT__CLIENT_ID", text(entra::CLIENT_ID)),
        ("MICROSOFT__CLIENT_SECRET", text(entra::CLIENT_SECRET)),
        ("MICROSOFT__AUTHORITY_URL", text(&at.login)),
        ("MICROSOFT__GRAPH_URL", format!("{}/v1.0", at.graph)),
        // With the shared mailboxes, which the story has one of, and calendars to schedule meetings in.
        (
            "MICROSOFT__SCOPES",
            text(
                "User.Read,Mail.Read,Mail.Read.Shared,Calendars.Read,Calendars.ReadWrite,Chat.Read,Tasks.Read",
            ),
        ),
        ("ZOOM__CLIENT_ID", text(zoom::CLIENT_ID)),
        ("ZOOM__CLIENT_SECRET", text(zoom::CLIENT_SECRET)),
        ("ZOOM__WEBHOOK_SECRETS", text(zoom::WEBHOOK_SECRET)),
        ("ZOOM__OAUTH_URL", format!("{}/oauth", at.zoom)),
        ("ZOOM__API_URL", format!("{}/v2", at.zoom)),
        ("ZOOM__DOWNLOAD_HOSTS", text("127.0.0.1,localhost")),
    ]
}

/// The program given, or the one Cargo built into the folder this program is in.
fn program(demo: &Demo) -> Result<PathBuf, String> {
    if let Some(given) = &demo.gateway {
        return Ok(given.clone());
    }
    let here = std::env::current_exe().map_err(|error| error.to_string())?;
    let beside = here.with_file_name("trefoil");
    if beside.exists() {
        Ok(beside)
    } else {
        Err(format!(
            "{} is not built: run `cargo build --bin trefoil`",
            beside.display()
        ))
    }
}

/// A local address with this port, or with any other when it is taken.
pub(crate) fn free(port: u16) -> Result<String, String> {
    let socket = TcpListener::bind(("127.0.0.1", port))
        .or_else(|_| TcpListener::bind(("127.0.0.1", 0)))
        .map_err(|error| format!("there is no free port: {error}"))?;
    let address = socket.local_addr().map_err(|error| error.to_string())?;
    Ok(address.to_string())
}
