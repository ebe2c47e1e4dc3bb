//! Subscriptions under load: how many events reach how many listeners how soon, and what becomes of them when a
//! listener stops reading, when all are cut off, and when nothing happens.
//!
//! `cargo bench --bench live [-- NAME…]` runs what is named of `steady`, `deaf`, `dropped`, `idle` and `ingress`, or all
//! of them, and prints one line for each thing measured. Options: `--connections N`, `--rate N` (events a second),
//! `--seconds N`, `--sockets N` (that are dropped, or idle) and `--gateway PATH` (a program built from the same source).
#![expect(clippy::print_stdout, reason = "a program answers on standard output")]
#![expect(clippy::print_stderr, reason = "and complains on standard error")]

#[path = "../canned/mod.rs"]
mod canned;
#[expect(dead_code, reason = "the other bench asks in more ways")]
#[path = "../load/client.rs"]
mod client;
mod deaf;
mod dropped;
mod hall;
mod idle;
mod ingress;
mod ledger;
mod line;
#[expect(dead_code, reason = "the other benches show panels")]
#[path = "../people/mod.rs"]
mod people;
#[expect(dead_code, reason = "the other bench says where it runs")]
#[path = "../load/process.rs"]
mod process;
mod scene;
mod steady;
mod vendor;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::task::LocalSet;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

/// What can be measured.
const NAMES: [&str; 5] = ["steady", "deaf", "dropped", "idle", "ingress"];

/// How much is measured.
#[derive(Debug, Clone)]
struct Options {
    /// What, of [`NAMES`].
    names: Vec<&'static str>,
    /// How many listen while events come.
    connections: usize,
    /// Events a second.
    rate: u32,
    /// How long events come.
    time: Duration,
    /// How many are dropped, or idle.
    sockets: usize,
    /// The program that is measured.
    gateway: PathBuf,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        // The program is its own vendors as well.
        ["canned", address] => serve_canned(address),
        words => measure(words),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("live: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(words: &[&str]) -> Result<()> {
    let options = options(words)?;
    raise_limit()?;
    // One thread: those who listen and those who send share a core with the canned vendors.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        for name in &options.names {
            let lines = match *name {
                "steady" => steady::measure(&options).await,
                "deaf" => deaf::measure(&options).await,
                "dropped" => dropped::measure(&options).await,
                "idle" => idle::measure(&options).await,
                _ => ingress::measure(&options).await,
            };
            let lines = lines.map_err(|error| format!("{name}: {error}"))?;
            for line in lines {
                println!("{name}: {line}");
            }
        }
        if cfg!(debug_assertions) {
            println!("This is a debug build: none of these numbers means anything.");
        }
        Ok(())
    })
}

/// As many files as the system lets us have: each connection is one here and one in the gateway, which inherits this.
fn raise_limit() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, most)?;
    Ok(())
}

fn serve_canned(address: &str) -> Result<()> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await?;
        canned::serve(listener).await;
        Ok(())
    })
}

fn options(words: &[&str]) -> Result<Options> {
    let mut options = Options {
        names: Vec::new(),
        connections: 1_000,
        rate: 200,
        time: Duration::from_mins(1),
        sockets: 2_000,
        gateway: PathBuf::from(env!("CARGO_BIN_EXE_trefoil")),
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if let Some(name) = NAMES.into_iter().find(|it| it == word) {
            options.names.push(name);
            continue;
        }
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
        let number = |text: &str| {
            let number = text.parse::<u32>().ok().filter(|it| *it > 0);
            number.ok_or_else(|| format!("{word} wants a number"))
        };
        match *word {
            // Cargo says so to every bench.
            "--bench" => {}
            "--connections" => options.connections = number(value()?)?.try_into()?,
            "--rate" => options.rate = number(value()?)?,
            "--seconds" => options.time = Duration::from_secs(number(value()?)?.into()),
            "--sockets" => options.sockets = number(value()?)?.try_into()?,
            "--gateway" => options.gateway = PathBuf::from(value()?),
            other => {
                let known = "--connections, --rate, --seconds, --sockets, --gateway";
                let names = NAMES.join(", ");
                return Err(format!("unknown word {other}: there are {names}, {known}").into());
            }
        }
    }
    if options.names.is_empty() {
        options.names = NAMES.to_vec();
    }
    Ok(options)
}
