//! `trefoil-sandbox [--keep-bodies] [--crowd]`: starts the sandbox, prints its addresses as JSON and runs until interrupted.

use std::io::Write;

use sandbox::{Options, Sandbox};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sandbox = Sandbox::start(Options {
        node_modules: std::env::var_os("SANDBOX_NODE_MODULES").map(Into::into),
        keep_bodies: is_asked_for("--keep-bodies"),
        crowd: is_asked_for("--crowd"),
        ..Options::default()
    })
    .await;
    let mut out = std::io::stdout();
    serde_json::to_writer_pretty(&mut out, sandbox.addresses())?;
    writeln!(out)?;
    out.flush()?;
    tokio::signal::ctrl_c().await
}

fn is_asked_for(option: &str) -> bool {
    std::env::args().any(|argument| argument == option)
}
