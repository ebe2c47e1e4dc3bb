//! One run: everything started, both asked in turns, everything measured.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::{interval, sleep};
use trefoil::store::Store;

use super::Options;
use super::canned::Calls;
use super::client::{Asker, Connection, Pace, ask_all, get, post};
use super::people::{self, Viewer};
use super::plan::Plan;
use super::process::{Cores, Process, free_address};
use super::report::{Round, Subject, table};

/// The program that is measured, in the profile that this one was built in.
const GATEWAY: &str = env!("CARGO_BIN_EXE_trefoil");
/// What the panel asks when it opens.
const PANEL: &str = include_str!("../panel.graphql");
/// How long each is asked before anything counts: connections are opened, Jira's tokens had, documents parsed.
const WARM_UP: Duration = Duration::from_secs(2);
/// How often memory is looked at.
const GLANCE: Duration = Duration::from_millis(100);
/// How many starts the time to ready is the middle of.
const STARTS: usize = 5;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Where everything of this run is.
struct Scene {
    cores: Cores,
    folder: TempDir,
    own: PathBuf,
    canned: SocketAddr,
}

/// One of the two, running.
struct Running {
    process: Process,
    address: SocketAddr,
    askers: Vec<Asker>,
    subject: Subject,
}

/// Measures both and reports.
pub async fn compare(options: &Options) -> Result<String> {
    let cores = Cores::look().await;
    cores.step_aside().await?;
    let scene = Scene {
        cores,
        folder: TempDir::new()?,
        own: std::env::current_exe()?,
        canned: free_address()?,
    };
    let mut canned = cores.beside(&scene.own);
    canned.args(["canned", &scene.canned.to_string()]);
    let (_canned, _) = Process::start(canned, &scene.log("canned"), scene.canned, "/calls").await?;

    let store = Store::connect(&scene.database()).await?;
    store.migrate().await?;
    let viewers = people::settle(&store, &scene.upstream(), options.connections).await?;
    drop(store);
    fs::write(
        scene.plan(),
        serde_json::to_vec(&Plan::new(&scene.upstream(), &viewers))?,
    )?;

    let (gateway, start) = scene.gateway().await?;
    let by_hand = scene.by_hand().await?;
    let mut both = [gateway, by_hand];
    for running in &mut both {
        running.askers = askers(&viewers);
    }
    same_answers(&mut both).await?;
    for running in &both {
        ask_all(running.address, &running.askers, full(WARM_UP)).await?;
    }
    for _ in 0..options.rounds {
        for running in &mut both {
            let round = scene.round(running, full(options.time)).await?;
            running.subject.full.push(round);
        }
    }
    let rate = both[0].subject.middle(Round::rate) / 2.0;
    for running in &mut both {
        let pace = Pace {
            time: options.time,
            rate: Some(rate),
        };
        let round = scene.round(running, pace).await?;
        running.subject.half = Some(round);
    }
    report(&scene, options, &both, start)
}

fn full(time: Duration) -> Pace {
    Pace { time, rate: None }
}

fn askers(viewers: &[Viewer]) -> Vec<Asker> {
    let asker = |viewer: &Viewer| {
        let body = json!({ "query": PANEL, "variables": { "id": viewer.issue.to_string() } });
        Asker {
            request: post(&viewer.authorization, &body.to_string()).into(),
            answer: 0,
        }
    };
    viewers.iter().map(asker).collect()
}

/// Asks for everybody once, requires that both answer the same, and keeps the answers' lengths.
async fn same_answers(both: &mut [Running; 2]) -> Result<()> {
    let [gateway, by_hand] = both;
    let mut first = Connection::open(gateway.address).await?;
    let mut second = Connection::open(by_hand.address).await?;
    for (a, b) in gateway.askers.iter_mut().zip(&mut by_hand.askers) {
        let (_, theirs) = first.ask(&a.request).await?;
        let (_, ours) = second.ask(&b.request).await?;
        (a.answer, b.answer) = (theirs.len(), ours.len());
        let theirs: Value = serde_json::from_slice(theirs)?;
        let ours: Value = serde_json::from_slice(ours)?;
        if theirs != ours {
            return Err(format!("the answers differ:\n{theirs}\n{ours}").into());
        }
    }
    Ok(())
}

impl Scene {
    fn upstream(&self) -> String {
        format!("http://{}", self.canned)
    }

    fn database(&self) -> String {
        let file = self.folder.path().join("trefoil.db");
        format!("sqlite://{}?mode=rwc", file.display())
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.path().join(name).with_extension("log")
    }

    fn plan(&self) -> PathBuf {
        self.folder.path().join("plan.json")
    }

    /// The gateway, and how long it takes to be ready.
    async fn gateway(&self) -> Result<(Running, Duration)> {
        let mut times = Vec::new();
        loop {
            let (address, admin) = (free_address()?, free_address()?);
            let mut command = self.cores.measured(Path::new(GATEWAY));
            command.arg("serve").envs(people::settings(
                &self.upstream(),
                &self.database(),
                &address.to_string(),
                &admin.to_string(),
            ));
            let (process, time) =
                Process::start(command, &self.log("gateway"), admin, "/readyz").await?;
            times.push(time);
            if times.len() == STARTS {
                times.sort();
                let running = Running::new("gateway", process, address).await?;
                return Ok((running, times[STARTS / 2]));
            }
            process.stop().await?;
        }
    }

    async fn by_hand(&self) -> Result<Running> {
        let address = free_address()?;
        let mut command: Command = self.cores.measured(&self.own);
        command
            .arg("by-hand")
            .arg(self.plan())
            .arg(address.to_string());
        let (process, _) =
            Process::start(command, &self.log("by-hand"), address, "/graphql").await?;
        Running::new("by hand", process, address).await
    }

    async fn round(&self, running: &Running, pace: Pace) -> Result<Round> {
        let calls = self.calls().await?;
        let begun = running.process.processor_time()?;
        let mut resident = 0;
        let mut glances = interval(GLANCE);
        let mut asking = pin!(ask_all(running.address, &running.askers, pace));
        let outcome = loop {
            tokio::select! {
                outcome = &mut asking => break outcome?,
                _ = glances.tick() => resident = resident.max(running.process.resident()?),
            }
        };
        let processor = running.process.processor_time()?.saturating_sub(begun);
        Ok(Round {
            requests: f64::from(u32::try_from(outcome.latencies.len())?),
            taken: outcome.taken,
            median: outcome.quantile(0.5),
            slow: outcome.quantile(0.99),
            processor,
            resident,
            calls: since(calls, self.calls().await?),
        })
    }

    async fn calls(&self) -> Result<Calls> {
        let mut connection = Connection::open(self.canned).await?;
        let (_, body) = connection.ask(&get("/calls")).await?;
        Ok(serde_json::from_slice(body)?)
    }
}

/// What was asked between two counts.
fn since(earlier: Calls, later: Calls) -> Calls {
    Calls {
        jira: later.jira - earlier.jira,
        graph: later.graph - earlier.graph,
        zoom: later.zoom - earlier.zoom,
        token: later.token - earlier.token,
    }
}

impl Running {
    /// One that was just started and has answered nobody yet.
    async fn new(name: &'static str, process: Process, address: SocketAddr) -> Result<Self> {
        sleep(GLANCE * 5).await;
        let subject = Subject {
            name,
            idle: process.resident()?,
            full: Vec::new(),
            half: None,
        };
        Ok(Self {
            process,
            address,
            askers: Vec::new(),
            subject,
        })
    }
}

fn report(
    scene: &Scene,
    options: &Options,
    both: &[Running; 2],
    start: Duration,
) -> Result<String> {
    let [gateway, by_hand] = both;
    let mut text = format!(
        "\n{} connections, the middle of {} rounds of {} s each, in turns",
        options.connections,
        options.rounds,
        options.time.as_secs()
    );
    text.push_str(if scene.cores.are_chosen() {
        "; the one asked has a core to itself.\n\n"
    } else {
        "; all share the same cores.\n\n"
    });
    text.push_str(&table(&gateway.subject, &by_hand.subject));
    #[expect(clippy::cast_precision_loss, reason = "it is the length of a file")]
    let size = fs::metadata(GATEWAY)?.len() as f64 / 1e6;
    let start = start.as_secs_f64() * 1e3;
    write!(
        text,
        "\nThe gateway's program has {size:.1} MB and is ready {start:.0} ms after its start \
         (SQLite, the middle of {STARTS})."
    )?;
    if cfg!(debug_assertions) {
        text.push_str("\nThis is a debug build: none of these numbers means anything.");
    }
    Ok(text)
}
