//! A process that is measured: where it runs, what it takes of the processor and of memory.

use std::fs::{self, File};
use std::io::{Error, Result};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::client::{Connection, get};

/// Linux tells processor time in hundredths of a second (`USER_HZ`) on every machine that Rust runs on.
const TICK: Duration = Duration::from_millis(10);
/// How long a process may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running process; it ends when this is dropped.
pub struct Process {
    child: Child,
    id: u32,
}

/// Processors, when there are enough of them and they can be chosen.
#[derive(Debug, Clone, Copy)]
pub struct Cores {
    chosen: bool,
}

impl Cores {
    /// Looks whether processes can be kept to a core.
    pub async fn look() -> Self {
        let mut try_it = Command::new("taskset");
        try_it.args(["-c", "0,1", "true"]).stderr(Stdio::null());
        let tried = try_it.status().await;
        let several = std::thread::available_parallelism().is_ok_and(|count| count.get() > 1);
        Self {
            chosen: several && tried.is_ok_and(|status| status.success()),
        }
    }

    /// Whether they are.
    pub fn are_chosen(self) -> bool {
        self.chosen
    }

    /// Keeps this very process to the second core.
    pub async fn step_aside(self) -> Result<()> {
        if self.chosen {
            let own = std::process::id().to_string();
            let mut command = Command::new("taskset");
            command
                .args(["-a", "-p", "-c", "1", &own])
                .stdout(Stdio::null());
            command.status().await?;
        }
        Ok(())
    }

    /// A command that runs on the first core alone: what is measured.
    pub fn measured(self, program: &Path) -> Command {
        self.on("0", program)
    }

    /// A command that runs on the second.
    pub fn beside(self, program: &Path) -> Command {
        self.on("1", program)
    }

    fn on(self, core: &str, program: &Path) -> Command {
        if !self.chosen {
            return Command::new(program);
        }
        // It becomes the program, so the process keeps its id.
        let mut command = Command::new("taskset");
        command.args(["-c", core]).arg(program);
        command
    }
}

impl Process {
    /// Starts it, its words going to the file `log`, and waits until `path` is answered, by anything but 503; how long
    /// that took.
    pub async fn start(
        mut command: Command,
        log: &Path,
        address: SocketAddr,
        path: &str,
    ) -> Result<(Self, Duration)> {
        let words = File::create(log)?;
        command
            .stdin(Stdio::null())
            .stdout(words.try_clone()?)
            .stderr(words)
            .kill_on_drop(true);
        let begun = Instant::now();
        let mut child = command.spawn()?;
        let id = child.id().ok_or_else(|| said(log, "it ended at once"))?;
        let request = get(path);
        while begun.elapsed() < PATIENCE {
            if let Some(status) = child.try_wait()? {
                return Err(said(log, &format!("it ended at once: {status}")));
            }
            if let Ok(mut connection) = Connection::open(address).await
                && connection
                    .ask(&request)
                    .await
                    .is_ok_and(|(status, _)| status != 503)
            {
                return Ok((Self { child, id }, begun.elapsed()));
            }
            sleep(Duration::from_millis(1)).await;
        }
        Err(said(log, "it does not answer"))
    }

    /// Ends it.
    pub async fn stop(mut self) -> Result<()> {
        self.child.kill().await
    }

    /// The processor time it has taken so far, in its own code and in the kernel for it.
    pub fn processor_time(&self) -> Result<Duration> {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.id))?;
        // The name in parentheses may hold anything; utime and stime are the 12th and 13th after it (proc(5)).
        let (_, rest) = text
            .rsplit_once(')')
            .ok_or_else(|| Error::other(text.clone()))?;
        let ticks = rest
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(str::parse::<u32>)
            .sum::<std::result::Result<u32, _>>();
        ticks.map(|ticks| TICK * ticks).map_err(Error::other)
    }

    /// What it has in memory now, in kB.
    pub fn resident(&self) -> Result<u64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.id))?;
        text.lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok())
            .ok_or_else(|| Error::other("no VmRSS"))
    }
}

/// An address of this machine that nobody uses.
pub fn free_address() -> Result<SocketAddr> {
    TcpListener::bind(("127.0.0.1", 0))?.local_addr()
}

/// What went wrong, and what the process said to it.
fn said(log: &Path, what: &str) -> Error {
    let words = fs::read_to_string(log).unwrap_or_default();
    Error::other(format!("{what}\n{words}"))
}
