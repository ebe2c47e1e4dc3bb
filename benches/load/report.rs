//! The table: the gateway beside the join written by hand.

use std::fmt::Write as _;
use std::time::Duration;

use super::canned::Calls;

/// What one round of asking measured.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// Requests.
    pub requests: f64,
    /// How long they took together.
    pub taken: Duration,
    /// Half of the requests were quicker.
    pub median: Duration,
    /// One in a hundred was slower.
    pub slow: Duration,
    /// Processor time of the process asked.
    pub processor: Duration,
    /// What the process had in memory at most, in kB.
    pub resident: u64,
    /// What the process asked upstream.
    pub calls: Calls,
}

/// What is known of one of the two.
#[derive(Debug)]
pub struct Subject {
    /// Its heading.
    pub name: &'static str,
    /// In memory before the first request, in kB.
    pub idle: u64,
    /// Rounds at full load.
    pub full: Vec<Round>,
    /// A round at half of what the gateway can do.
    pub half: Option<Round>,
}

impl Round {
    /// Requests a second.
    pub fn rate(&self) -> f64 {
        self.requests / self.taken.as_secs_f64()
    }

    /// Processor time of one request, in microseconds.
    pub fn cost(&self) -> f64 {
        self.processor.as_secs_f64() * 1e6 / self.requests
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "there are fewer calls than 2^53"
    )]
    fn calls_each(&self) -> [f64; 3] {
        let Calls {
            jira, graph, zoom, ..
        } = self.calls;
        [jira, graph, zoom].map(|count| count as f64 / self.requests)
    }
}

impl Subject {
    /// The middle of the rounds, by a measure.
    pub fn middle(&self, measure: impl Fn(&Round) -> f64) -> f64 {
        let mut all: Vec<f64> = self.full.iter().map(measure).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
    }

    #[expect(clippy::cast_precision_loss, reason = "it is memory of one process")]
    fn most_resident(&self) -> f64 {
        let most = self.full.iter().chain(&self.half).map(|it| it.resident);
        most.max().unwrap_or_default() as f64 / 1024.0
    }
}

/// The two in Markdown, with ratios of the first to the second.
pub fn table(gateway: &Subject, by_hand: &Subject) -> String {
    let mut text = format!(
        "| | {} | {} | ratio |\n|---|---:|---:|---:|\n",
        gateway.name, by_hand.name
    );
    let mut row = |what: &str, digits: usize, of: &dyn Fn(&Subject) -> f64| {
        let (a, b) = (of(gateway), of(by_hand));
        let ratio = a / b;
        writeln!(
            text,
            "| {what} | {a:.digits$} | {b:.digits$} | {ratio:.2} |"
        )
        .expect("a string takes it");
    };
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    row("requests/s", 0, &|it| it.middle(Round::rate));
    row("p50, ms", 1, &|it| it.middle(|round| millis(round.median)));
    row("p99, ms", 1, &|it| it.middle(|round| millis(round.slow)));
    row("CPU per query, µs", 0, &|it| it.middle(Round::cost));
    let half = |it: &Subject, of: &dyn Fn(&Round) -> f64| it.half.as_ref().map_or(f64::NAN, of);
    row("p50 at half of the gateway's capacity, ms", 1, &|it| {
        half(it, &|round| millis(round.median))
    });
    row("p99 at half of the gateway's capacity, ms", 1, &|it| {
        half(it, &|round| millis(round.slow))
    });
    row("CPU per query at half, µs", 0, &|it| {
        half(it, &Round::cost)
    });
    #[expect(clippy::cast_precision_loss, reason = "it is memory of one process")]
    row("RSS idle, MB", 1, &|it| it.idle as f64 / 1024.0);
    row("RSS under load, MB", 1, &Subject::most_resident);
    for (index, name) in ["Jira", "Graph", "Zoom"].into_iter().enumerate() {
        row(&format!("{name} calls per query"), 2, &|it| {
            it.middle(|round| round.calls_each()[index])
        });
    }
    text
}
