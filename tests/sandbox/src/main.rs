//! `trefoil-sandbox [--keep-bodies]`: starts the sandbox, prints its addresses as JSON and runs until interrupted.

use std::io::Write;

use sandbox::{Options, Sandbox};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sandbox = Sandbox::start(Options {
        node_modules: std::env::var_os("SANDBOX_NODE_MODULES").map(Into::into),
        keep_bodies: std::env::args().any(|argument| argument == "--keep-bodies"),
        ..Options::default()
    })
    .await;
    let mut out = std::io::stdout();
    serde_json::to_writer_pretty(&mut out, sandbox.addresses())?;
    writeln!(out)?;
    out.flush()?;
    tokio::signal::ctrl_c().await
}
