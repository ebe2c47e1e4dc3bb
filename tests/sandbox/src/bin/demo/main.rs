//! `demo`: the sandbox, a gateway beside it with people connected and items linked, and the addresses to try.
#![expect(clippy::print_stdout, reason = "a program answers on standard output")]
#![expect(clippy::print_stderr, reason = "and complains on standard error")]

mod balancer;
mod gateway;
mod options;
mod record;
mod service;
mod story;

use std::{path::Path, process::ExitCode, time::Duration};

use sandbox::{Options, Sandbox};
use tokio::signal::unix::{SignalKind, signal};

use self::{gateway::Gateway, service::Service};

/// How often the tokens in the record are made anew; a Jira token is good for fifteen minutes.
const RENEWAL: Duration = Duration::from_mins(5);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("demo: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), String> {
    let options = options::read(std::env::args().skip(1))?;
    let node_modules = Path::new("frontends/node_modules");
    let sandbox = Sandbox::start(Options {
        node_modules: std::env::var_os("SANDBOX_NODE_MODULES")
            .map(Into::into)
            .or_else(|| node_modules.exists().then(|| node_modules.to_owned())),
        crowd: options.crowd,
        ..Options::default()
    })
    .await;
    let mut service = Service::start(&options, &sandbox).await?;
    story::tell(&sandbox, &service.url).await?;
    let beside = match &options.also {
        Some(public) => {
            let beside = Gateway::beside(&options, &sandbox, public).await?;
            // Graph tells that one at an address that only browsers are told the way to.
            sandbox.world().courier().divert(public, &beside.url);
            beside
        }
        None => Gateway::behind_hosts(&options, &sandbox).await?,
    };
    record::write(&sandbox, &service, &beside, &options)?;
    println!("{}", record::summary(&sandbox, &service));

    let signals = |kind| signal(kind).map_err(|error| error.to_string());
    let mut interrupted = signals(SignalKind::interrupt())?;
    let mut terminated = signals(SignalKind::terminate())?;
    let mut renewal = tokio::time::interval(RENEWAL);
    loop {
        tokio::select! {
            _ = renewal.tick() => record::write(&sandbox, &service, &beside, &options)?,
            _ = interrupted.recv() => break,
            _ = terminated.recv() => break,
            (ended, status) = service.ended() => match service.goes_on(ended).await {
                Ok(news) => {
                    println!("{news}");
                    record::write(&sandbox, &service, &beside, &options)?;
                }
                Err(why) => {
                    record::remove();
                    return Err(format!("a process ended by itself ({status:?}): {why}"));
                }
            },
        }
    }
    record::remove();
    beside.stop().await;
    service.stop().await;
    Ok(())
}
