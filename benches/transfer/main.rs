//! Recordings on their way into issues, through everything that can happen to the gateway that carries them.
//!
//! `cargo bench --bench transfer [-- chaos refresh ends heir memory]` runs what is named, or all, and prints one line for
//! each thing measured. `chaos` kills the gateway (`kill -9`) at random moments, lets the transfers end, and looks at
//! every issue; `refresh` kills it while Zoom's tokens are renewed, which takes minutes, for the dead one's lease has to
//! end; `ends` has Jira store files without saying so; `heir` kills the one of two gateways that carries a file; `memory`
//! carries one file of 4 GiB and then four of 1 GiB at once. Options: `--kills N`, `--megabytes N` (of a file that is
//! carried while it is killed), `--gibibytes N` (of the large file), `--seed N`, `--gateway PATH`, `--database URL` (an
//! empty PostgreSQL, for one thing measured; without it a new SQLite for each).
#![expect(clippy::print_stdout, reason = "a program answers on standard output")]
#![expect(clippy::print_stderr, reason = "and complains on standard error")]

mod chaos;
mod ends;
mod heir;
mod house;
mod memory;
mod refresh;

use std::path::PathBuf;
use std::process::ExitCode;

use tokio::runtime::Builder;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

/// What can be measured, in this order.
const KNOWN: [&str; 5] = ["chaos", "refresh", "ends", "heir", "memory"];

/// What is done, and how much of it.
#[derive(Debug, Clone)]
struct Options {
    measured: Vec<String>,
    kills: u32,
    megabytes: u64,
    gibibytes: u64,
    seed: u64,
    gateway: PathBuf,
    database: Option<String>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match options(&arguments).and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("transfer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        for what in &options.measured {
            let lines = match what.as_str() {
                "chaos" => vec![chaos::measure(options).await?],
                "refresh" => vec![refresh::measure(options).await?],
                "ends" => vec![ends::measure(options).await?],
                "heir" => vec![heir::measure(options).await?],
                _ => memory::measure(options).await?,
            };
            for line in lines {
                println!("{what}: {line}");
            }
        }
        if cfg!(debug_assertions) {
            println!("This is a debug build: no speed in it means anything.");
        }
        Ok(())
    })
}

fn options(arguments: &[String]) -> Result<Options> {
    let mut options = Options {
        measured: Vec::new(),
        kills: 50,
        megabytes: 64,
        gibibytes: 4,
        seed: 7,
        gateway: PathBuf::from(env!("CARGO_BIN_EXE_trefoil")),
        database: None,
    };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
        match word.as_str() {
            named if KNOWN.contains(&named) => options.measured.push(word.clone()),
            "--kills" => options.kills = value()?.parse()?,
            "--megabytes" => options.megabytes = value()?.parse()?,
            "--gibibytes" => options.gibibytes = value()?.parse()?,
            "--seed" => options.seed = value()?.parse()?,
            "--gateway" => options.gateway = value()?.into(),
            "--database" => options.database = Some(value()?.clone()),
            // `cargo bench` says so itself.
            "--bench" => {}
            other => return Err(format!("{other} is no option of this bench").into()),
        }
    }
    if options.measured.is_empty() {
        options.measured = KNOWN.map(str::to_owned).to_vec();
    }
    Ok(options)
}
