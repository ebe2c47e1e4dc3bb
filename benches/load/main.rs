//! The panel's query under load: the gateway and a join written by hand, each a process of its own, against the same
//! canned vendors, in turns and in one run.
//!
//! `cargo bench --bench load [-- --seconds N --rounds N --connections N]` prints one table. Only ratios mean anything:
//! a machine has good and bad days.
#![expect(clippy::print_stdout, reason = "a program answers on standard output")]
#![expect(clippy::print_stderr, reason = "and complains on standard error")]

mod answer;
mod by_hand;
#[path = "../canned/mod.rs"]
mod canned;
mod client;
mod node;
#[path = "../people/mod.rs"]
mod people;
mod plan;
mod process;
mod report;
mod run;
mod vendor;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// How much is asked.
#[derive(Debug, Clone, Copy)]
struct Options {
    /// How long a round takes.
    time: Duration,
    /// How many rounds each of the two gets.
    rounds: usize,
    /// How many people ask at once.
    connections: u64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        // The program is its own three processes.
        ["canned", address] => serve_canned(address),
        ["by-hand", plan, address] => serve_by_hand(plan, address),
        options => compare(options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let options = options(words)?;
    // One thread: those who ask share a core with the canned vendors.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(run::compare(&options))?;
    println!("{report}");
    Ok(())
}

fn serve_canned(address: &str) -> Result<(), Box<dyn Error>> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await?;
        canned::serve(listener).await;
        Ok(())
    })
}

fn serve_by_hand(plan: &str, address: &str) -> Result<(), Box<dyn Error>> {
    let (plan, address) = (PathBuf::from(plan), address.parse()?);
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(by_hand::serve(&plan, address));
    Ok(())
}

fn options(words: &[&str]) -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        time: Duration::from_secs(6),
        rounds: 3,
        connections: 50,
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut number = || {
            let number = words.next().and_then(|it| it.parse::<u32>().ok());
            number
                .filter(|it| *it > 0)
                .ok_or_else(|| format!("{word} wants a number"))
        };
        match *word {
            // Cargo says so to every bench.
            "--bench" => {}
            "--seconds" => options.time = Duration::from_secs(number()?.into()),
            "--rounds" => options.rounds = number()?.try_into()?,
            "--connections" => options.connections = number()?.into(),
            other => {
                let known = "--seconds, --rounds and --connections";
                return Err(format!("unknown option {other}: there are {known}").into());
            }
        }
    }
    Ok(options)
}
