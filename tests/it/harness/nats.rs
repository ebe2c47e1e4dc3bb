//! NATS for tests: Debian's server on a port of its own, and everything that travels on one.

use std::env;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt as _;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio_util::task::AbortOnDropHandle;

use super::person::client;

/// A server, gone with the test.
pub struct Nats {
    child: Option<Child>,
    arguments: Vec<String>,
    /// `127.0.0.1:PORT`.
    pub address: String,
    monitor: String,
    _dir: TempDir,
}

impl Nats {
    /// Starts one that takes everybody.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one with further arguments.
    pub async fn start_with(arguments: &[&str]) -> Self {
        let dir = TempDir::new().unwrap();
        let ports = dir.path().display().to_string();
        let free = ["-p", "-1", "-m", "-1", "--ports_file_dir", &ports];
        let child = run(free.iter().chain(arguments));
        // It writes the file when it listens.
        let ports: Value = eventually("nats-server writes its ports", || async {
            let file = std::fs::read_dir(dir.path()).unwrap().next()?.unwrap();
            serde_json::from_str(&std::fs::read_to_string(file.path()).ok()?).ok()
        })
        .await;
        let of = |what: &str| ports[what][0].as_str().unwrap().to_owned();
        let address = of("nats").replace("nats://", "");
        let port = address.rsplit(':').next().unwrap();
        let monitor = of("monitoring");
        let monitor_port = monitor.rsplit(':').next().unwrap();
        let again = ["-p", port, "-m", monitor_port];
        let again = again.iter().chain(arguments);
        Self {
            child: Some(child),
            arguments: again.map(|it| (*it).to_owned()).collect(),
            address,
            monitor,
            _dir: dir,
        }
    }

    /// Its address as a setting.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// Ends it at once, as a crash does.
    pub async fn stops(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().await.unwrap();
    }

    /// Starts it again, on the same port and knowing nothing.
    pub async fn starts_again(&mut self) {
        self.child = Some(run(&self.arguments));
        let address = self.address.clone();
        eventually("nats-server listens again", || async {
            tokio::net::TcpStream::connect(&address).await.ok()
        })
        .await;
    }

    /// Lets it stand still.
    pub async fn freezes(&self) {
        self.signals(Signal::STOP);
        let tasks = format!("/proc/{}/task", self.id().as_raw_nonzero());
        // A busy system takes its time to stop every thread.
        eventually("all of it stands still", || async {
            let mut tasks = std::fs::read_dir(&tasks).unwrap();
            let still = tasks.all(|task| {
                let stat = std::fs::read_to_string(task.unwrap().path().join("stat")).unwrap();
                stat.rsplit(") ").next().unwrap().starts_with('T')
            });
            still.then_some(())
        })
        .await;
    }

    /// Lets it go on.
    pub fn goes_on(&self) {
        self.signals(Signal::CONT);
    }

    fn signals(&self, signal: Signal) {
        kill_process(self.id(), signal).unwrap();
    }

    fn id(&self) -> Pid {
        let id = self.child.as_ref().unwrap().id().unwrap();
        Pid::from_raw(id.cast_signed()).unwrap()
    }

    /// The subjects that its clients subscribe to, those for our words to ourselves left out.
    pub async fn subjects(&self) -> Vec<String> {
        let url = format!("{}/connz?subs=1&limit=10000", self.monitor);
        let text = client().get(url).send().await.unwrap();
        let connections: Value = text.json().await.unwrap();
        let lists = connections["connections"].as_array().unwrap().iter();
        let subjects = lists.filter_map(|it| it["subscriptions_list"].as_array());
        let subjects = subjects.flatten().map(|it| it.as_str().unwrap().to_owned());
        let mut subjects: Vec<_> = subjects.filter(|it| !it.contains(".echo.")).collect();
        subjects.sort();
        subjects
    }
}

fn run(arguments: impl IntoIterator<Item = impl AsRef<str>>) -> Child {
    let mut command = Command::new("nats-server");
    // Debian has it among the programs of administrators.
    let path = env::var_os("PATH").unwrap_or_default();
    let path = format!("{}:/usr/sbin", path.display());
    command.env("PATH", path);
    for argument in ["-a", "127.0.0.1"] {
        command.arg(argument);
    }
    for argument in arguments {
        command.arg(argument.as_ref());
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("nats-server runs: `make setup` installs it")
}

/// Everything that travels under a prefix.
pub struct Traffic {
    payloads: Arc<Mutex<Vec<u8>>>,
    _reading: AbortOnDropHandle<()>,
}

impl Traffic {
    /// Reads along from now on.
    pub async fn of(address: &str, prefix: &str) -> Self {
        let client = async_nats::connect(address).await.unwrap();
        let mut messages = client.subscribe(format!("{prefix}.>")).await.unwrap();
        client.flush().await.unwrap();
        let payloads = Arc::<Mutex<Vec<u8>>>::default();
        let kept = Arc::clone(&payloads);
        let reading = tokio::spawn(async move {
            while let Some(message) = messages.next().await {
                let mut kept = kept.lock().unwrap();
                kept.extend(message.subject.as_bytes());
                kept.push(b' ');
                kept.extend(&message.payload);
                kept.push(b'\n');
            }
        });
        Self {
            payloads,
            _reading: AbortOnDropHandle::new(reading),
        }
    }

    /// Subject and payload of each message, one a line.
    pub fn text(&self) -> String {
        String::from_utf8(self.payloads.lock().unwrap().clone()).unwrap()
    }
}

/// The NATS that `TREFOIL_TEST_EVENTS` names, which all tests share.
#[expect(
    clippy::disallowed_methods,
    reason = "the switch that says which bus the tests run on"
)]
pub fn shared() -> Option<String> {
    env::var("TREFOIL_TEST_EVENTS").ok()
}

/// Waits until something is there, thirty seconds at most.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut look: impl FnMut() -> F,
) -> T {
    for _ in 0..1_500 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not within thirty seconds: {what}");
}
