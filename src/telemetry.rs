//! Logs and metrics: ids, kinds and numbers; never a body, a name, a token or the query of an address.

use std::io::IsTerminal as _;
use std::panic;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Log, LogFormat, LogLevel};

/// Seconds that tell a quick answer from a slow one.
const SECONDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0,
];
/// Points of an operation's cost.
const POINTS: &[f64] = &[1.0, 10.0, 20.0, 50.0, 100.0, 200.0, 300.0, 400.0, 500.0];

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Begins to log to standard error and to count. The second call in a process changes nothing.
pub fn start(log: &Log) {
    let level = match log.level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    // Other crates may write what they carry when they are asked to say much.
    let others = if log.level == LogLevel::Error {
        "error"
    } else {
        "warn"
    };
    let filter = EnvFilter::new(format!("{others},trefoil={level},migrations={level}"));
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let _ = match log.format {
        LogFormat::Json => registry
            .with(lines.json().flatten_event(true).with_span_list(false))
            .try_init(),
        LogFormat::Text => registry.with(lines).try_init(),
    };
    // A panic's message may quote what it failed on.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        metrics::counter!("trefoil_panics_total").increment(1);
        tracing::error!(place, "a panic");
    }));
    recorder();
}

/// The numbers in Prometheus' text format; empty when another recorder was there first.
pub fn metrics() -> String {
    recorder().map_or_else(String::new, |recorder| {
        recorder.run_upkeep();
        recorder.render()
    })
}

fn recorder() -> Option<&'static PrometheusHandle> {
    RECORDER
        .get_or_init(|| {
            use metrics_exporter_prometheus::Matcher;
            PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
                .and_then(|it| {
                    it.set_buckets_for_metric(Matcher::Suffix("_cost".to_owned()), POINTS)
                })
                .and_then(PrometheusBuilder::install_recorder)
                .ok()
        })
        .as_ref()
}
