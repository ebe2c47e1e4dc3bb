//! The program: reads the command line, and leaves the work to the library.
#![expect(clippy::print_stdout, reason = "a program answers on standard output")]
#![expect(clippy::print_stderr, reason = "and complains on standard error")]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit};
use secrecy::ExposeSecret as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use trefoil::app::App;
use trefoil::bus::Address;
use trefoil::config::{Loaded, Settings};
use trefoil::http::server::Gateway;
use trefoil::manifests::Manifests;
use trefoil::secret::Keyring;
use trefoil::store::Store;
use trefoil::{doctor, graphql, telemetry};

/// Joins Jira issues with Microsoft 365 and Zoom, read with the viewer's own rights and never stored.
#[derive(Parser)]
#[command(name = "trefoil", version)]
struct Arguments {
    /// A TOML file over the built-in settings; `TREFOIL__SECTION__KEY` variables win over it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the gateway until SIGTERM or SIGINT.
    Serve,
    /// Brings the database's tables up to date.
    Migrate,
    /// Prints the GraphQL schema.
    Schema,
    /// Checks the configuration and prints what is in effect, without secrets.
    CheckConfig,
    /// Looks at keys, database, event bus, providers and clock; exit status 1 when something needs mending.
    Doctor,
    /// Writes the manifests for Jira, Outlook and Teams for the public address.
    Manifests {
        /// The folder; files that trefoil wrote there before are written anew.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    close_up();
    let arguments = Arguments::parse();
    match Box::pin(run(arguments)).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    if let Command::Schema = arguments.command {
        print!("{}", graphql::sdl());
        return Ok(ExitCode::SUCCESS);
    }
    let loaded = Loaded::read(arguments.config.as_deref())?;
    match arguments.command {
        Command::Schema => {}
        Command::CheckConfig => {
            Keyring::parse(&loaded.settings.secret.keys)?;
            let events = &loaded.settings.events;
            Address::parse(events.url.expose_secret(), &events.subject_prefix)?;
            print!("{loaded}");
        }
        Command::Migrate => {
            let store = Store::connect(loaded.settings.database.url.expose_secret()).await?;
            let pending = store.pending().await.unwrap_or_default();
            store.migrate().await?;
            println!("{pending} changes applied");
        }
        Command::Doctor => {
            let findings = doctor::examine(&loaded.settings).await;
            for finding in &findings {
                println!("{finding}");
            }
            if findings.iter().any(|finding| finding.outcome.is_err()) {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Manifests { out } => {
            let manifests = Manifests::of(&loaded.settings)?;
            for path in manifests.write(&out)? {
                println!("{}", path.display());
            }
            for absent in &manifests.absent {
                eprintln!("{absent}");
            }
        }
        Command::Serve => Box::pin(serve(loaded.settings)).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve(settings: Settings) -> Result<(), Box<dyn Error>> {
    telemetry::start(&settings.log);
    let gateway = Gateway::bind(&settings.server).await.map_err(|error| {
        format!(
            "server.listen {} or server.admin_listen {} cannot be used: {error}",
            settings.server.listen, settings.server.admin_listen
        )
    })?;
    let app = App::build(settings).await?;
    let (mut ended, mut interrupted) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    tracing::info!(
        public = %gateway.public()?,
        admin = %gateway.admin()?,
        version = env!("CARGO_PKG_VERSION"),
        "ready"
    );
    let stop = CancellationToken::new();
    let asked = async {
        let (term, int) = (
            std::pin::pin!(ended.recv()),
            std::pin::pin!(interrupted.recv()),
        );
        futures::future::select(term, int).await;
        tracing::info!("stopping");
        stop.cancel();
    };
    tokio::join!(gateway.serve(app, stop.clone()), asked);
    tracing::info!("stopped");
    Ok(())
}

/// No core dumps, no reading of our memory by others, and files that only we can read: tokens pass through here.
fn close_up() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = rustix::process::setrlimit(Resource::Core, none);
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// The error with what caused it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
