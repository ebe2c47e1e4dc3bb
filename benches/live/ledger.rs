//! Who was told what, and when: events are numbered within the object they happen to, by the moment they say they
//! happened at, and each listener keeps what it heard of its object.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use tokio::time::Instant;
use trefoil::clock;

/// What was sent: the moments of the sendings, by object and number.
pub struct Ledger {
    /// The moment of the event numbered 0, in Unix milliseconds.
    base: i64,
    objects: Vec<RefCell<Vec<Sending>>>,
}

/// One event.
#[derive(Debug, Clone, Copy)]
struct Sending {
    /// When it was first sent.
    at: Instant,
    /// Whether the gateway has thanked for it.
    taken: bool,
}

/// What one listener heard of its object.
pub struct Ear {
    /// The object.
    pub object: usize,
    /// The number of the first event that it must hear.
    pub since: Cell<usize>,
    heard: RefCell<Heard>,
}

#[derive(Default)]
struct Heard {
    numbers: Vec<bool>,
    last: Option<usize>,
    doubled: usize,
    disordered: usize,
    gaps: usize,
    latencies: Vec<Duration>,
}

/// What all listeners heard together.
#[derive(Default)]
pub struct Total {
    /// Events heard.
    pub heard: usize,
    /// Events that should have been heard and were not, nor was a gap.
    pub lost: usize,
    /// Events that were not heard, by listeners who were told of a gap.
    pub in_gaps: usize,
    /// Events heard again.
    pub doubled: usize,
    /// Events heard after a later one of the same object.
    pub disordered: usize,
    /// Gaps told.
    pub gaps: usize,
    /// From the sending to the hearing, sorted.
    pub latencies: Vec<Duration>,
}

impl Ledger {
    /// With nothing sent yet.
    pub fn new(objects: usize) -> Self {
        Self {
            base: clock::millis(),
            objects: (0..objects).map(|_| RefCell::default()).collect(),
        }
    }

    /// How many events were sent of an object.
    pub fn sent(&self, object: usize) -> usize {
        self.objects[object].borrow().len()
    }

    /// The next event of an object is about to be sent: its number, and the moment it happens at.
    pub fn next(&self, object: usize) -> (usize, i64) {
        let mut sent = self.objects[object].borrow_mut();
        let number = sent.len();
        sent.push(Sending {
            at: Instant::now(),
            taken: false,
        });
        let number_in_time = i64::try_from(number).unwrap_or(i64::MAX);
        (number, self.base.saturating_add(number_in_time))
    }

    /// The gateway has thanked for it.
    pub fn taken(&self, object: usize, number: usize) {
        self.objects[object].borrow_mut()[number].taken = true;
    }

    /// How many the gateway has thanked for.
    pub fn all_taken(&self) -> usize {
        let taken =
            |sent: &RefCell<Vec<Sending>>| sent.borrow().iter().filter(|it| it.taken).count();
        self.objects.iter().map(taken).sum()
    }
}

impl Ear {
    /// Of an object, from now on.
    pub fn new(ledger: &Ledger, object: usize) -> Self {
        Self {
            object,
            since: Cell::new(ledger.sent(object)),
            heard: RefCell::default(),
        }
    }

    /// A gap was told.
    pub fn gap(&self) {
        self.heard.borrow_mut().gaps += 1;
    }

    /// An event that happened at this moment was told.
    pub fn hear(&self, ledger: &Ledger, at: i64) {
        let now = Instant::now();
        let sent = ledger.objects[self.object].borrow();
        let number = usize::try_from(at - ledger.base).ok();
        let Some((number, sending)) = number.and_then(|it| Some((it, sent.get(it)?))) else {
            return;
        };
        let mut heard = self.heard.borrow_mut();
        if heard.numbers.len() <= number {
            heard.numbers.resize(number + 1, false);
        }
        if std::mem::replace(&mut heard.numbers[number], true) {
            heard.doubled += 1;
            return;
        }
        if heard.last.is_some_and(|last| last > number) {
            heard.disordered += 1;
        }
        heard.last = heard.last.max(Some(number));
        heard.latencies.push(now - sending.at);
    }

    /// How many it must hear and has not.
    pub fn missing(&self, ledger: &Ledger) -> usize {
        let sent = ledger.objects[self.object].borrow();
        let heard = self.heard.borrow();
        let is_heard = |number: usize| heard.numbers.get(number).copied().unwrap_or(false);
        let from = self.since.get();
        let expected = sent
            .iter()
            .enumerate()
            .skip(from)
            .filter(|(_, it)| it.taken);
        expected.filter(|(number, _)| !is_heard(*number)).count()
    }
}

impl Total {
    /// Of these listeners.
    pub fn of<'e>(ledger: &Ledger, ears: impl IntoIterator<Item = &'e Ear>) -> Self {
        let mut total = Self::default();
        for ear in ears {
            let missing = ear.missing(ledger);
            let heard = ear.heard.borrow();
            if heard.gaps > 0 {
                total.in_gaps += missing;
            } else {
                total.lost += missing;
            }
            total.heard += heard.latencies.len();
            total.doubled += heard.doubled;
            total.disordered += heard.disordered;
            total.gaps += heard.gaps;
            total.latencies.extend(&heard.latencies);
        }
        total.latencies.sort_unstable();
        total
    }

    /// In words.
    pub fn words(&self) -> String {
        format!(
            "{} heard, {} lost, {} doubled, {} out of order, {} gaps ({} missed in them), p50 {}, p99 {}, last {}",
            self.heard,
            self.lost,
            self.doubled,
            self.disordered,
            self.gaps,
            self.in_gaps,
            millis(quantile(&self.latencies, 50)),
            millis(quantile(&self.latencies, 99)),
            millis(quantile(&self.latencies, 100)),
        )
    }
}

/// What so many of a hundred are not above; of a sorted list.
pub fn quantile(sorted: &[Duration], of_a_hundred: usize) -> Duration {
    let index = sorted.len() * of_a_hundred / 100;
    let last = sorted.len().saturating_sub(1);
    sorted.get(index.min(last)).copied().unwrap_or_default()
}

/// Milliseconds for people.
pub fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
