//! The bytes of a transfer on their way: counted, hashed, never more or fewer than they should be, and never standing
//! still for long.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};

use super::file::hex;
use crate::upstream::http::Download;
use crate::upstream::{Error, Kind, Provider};

const OPERATION: &str = "download a recording";
/// Fewer bytes than these in a [`WINDOW`] are a standstill: 50 kB a second.
const LEAST: u64 = 50_000 * 60;
/// What is looked back on.
const WINDOW: Duration = Duration::from_mins(1);
/// How long Jira may take to answer once it has all bytes.
const ANSWER: Duration = Duration::from_mins(3);

/// What has flowed so far.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    sent: AtomicU64,
    digest: Mutex<Sha256>,
    short: std::sync::atomic::AtomicBool,
}

impl Gauge {
    /// Bytes that have gone on.
    pub fn sent(&self) -> u64 {
        self.0.sent.load(Ordering::Relaxed)
    }

    /// The SHA-256 of what has gone on, in hexadecimal digits.
    pub fn sha256(&self) -> String {
        let digest = self.0.digest.lock().unwrap_or_else(PoisonError::into_inner);
        hex(&digest.clone().finalize())
    }

    /// Whether there were more or fewer bytes than there should be.
    pub fn was_wrong(&self) -> bool {
        self.0.short.load(Ordering::Relaxed)
    }

    /// The same download, of exactly `size` bytes, measured as it flows. One that has more or fewer ends with an
    /// error, which breaks off whatever it flows into.
    pub fn measure(&self, download: Download, size: u64) -> Download {
        let gauge = self.clone();
        let pieces = stream::unfold(Some((download.stream, gauge)), move |state| async move {
            let (mut pieces, gauge) = state?;
            let piece = match pieces.next().await {
                Some(Ok(piece)) => piece,
                Some(Err(error)) => return Some((Err(error), None)),
                None if gauge.sent() == size => return None,
                None => return Some((Err(gauge.wrong()), None)),
            };
            let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            if gauge.sent().saturating_add(length) > size {
                return Some((Err(gauge.wrong()), None));
            }
            gauge.count(&piece, length);
            Some((Ok(piece), Some((pieces, gauge))))
        });
        Download {
            stream: pieces.boxed(),
            length: Some(size),
            content_type: download.content_type,
        }
    }

    fn count(&self, piece: &[u8], length: u64) {
        let mut digest = self.0.digest.lock().unwrap_or_else(PoisonError::into_inner);
        digest.update(piece);
        self.0.sent.fetch_add(length, Ordering::Relaxed);
    }

    fn wrong(&self) -> Error {
        self.0.short.store(true, Ordering::Relaxed);
        Error::new(Provider::Zoom, OPERATION, Kind::Invalid)
    }

    /// Ends when too little has flowed for a minute, or when all of `size` has and nothing follows for three.
    pub async fn stands_still(&self, size: u64) {
        let begun = Instant::now();
        let mut pace = Pace::default();
        while pace.is_kept(begun.elapsed(), self.sent(), size) {
            sleep(Duration::from_secs(1)).await;
        }
    }
}

/// Whether it goes on fast enough.
#[derive(Debug, Default)]
struct Pace {
    /// When enough had flowed for the last time, and how much that was.
    since: (Duration, u64),
}

impl Pace {
    /// Whether it does, when `sent` of `size` bytes have flowed `now` after the beginning.
    fn is_kept(&mut self, now: Duration, sent: u64, size: u64) -> bool {
        let all = sent >= size;
        let moved = sent.saturating_sub(self.since.1);
        // The last bytes begin a wait of their own.
        if moved >= LEAST || all && moved > 0 {
            self.since = (now, sent);
        }
        let patience = if all { ANSWER } else { WINDOW };
        now.saturating_sub(self.since.0) < patience
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use futures::{StreamExt as _, stream};

    use super::{Gauge, Pace};
    use crate::upstream::http::Download;

    fn download(pieces: &'static [&'static [u8]]) -> Download {
        Download {
            stream: stream::iter(pieces.iter().map(|it| Ok(Bytes::from_static(it)))).boxed(),
            length: None,
            content_type: None,
        }
    }

    #[tokio::test]
    async fn what_flows_is_counted_and_hashed_and_never_more_or_less_than_it_should_be() {
        for (size, whole) in [(6, true), (5, false), (7, false)] {
            let gauge = Gauge::default();
            let measured = gauge.measure(download(&[b"abc", b"def"]), size);
            assert_eq!(measured.length, Some(size));
            let pieces: Vec<_> = measured.stream.collect().await;
            assert_eq!(pieces.iter().all(Result::is_ok), whole, "{size}");
            assert_eq!(gauge.was_wrong(), !whole, "{size}");
            if whole {
                let known = "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721";
                assert_eq!((gauge.sent(), gauge.sha256().as_str()), (6, known));
            }
        }
    }

    #[test]
    fn what_does_not_move_for_a_minute_stands_still() {
        let kept = |looks: &[(u64, u64)]| {
            let mut pace = Pace::default();
            let kept = looks.iter().map(|(seconds, sent)| {
                pace.is_kept(Duration::from_secs(*seconds), *sent, 10_000_000)
            });
            kept.collect::<Vec<_>>()
        };
        assert_eq!(kept(&[(0, 0), (59, 0), (60, 0)]), [true, true, false]);
        // Fifty thousand bytes a second are enough, fewer are not.
        assert_eq!(kept(&[(50, 3_000_000), (109, 5_000_000)]), [true, true]);
        assert_eq!(kept(&[(59, 2_999_999), (60, 2_999_999)]), [true, false]);
        // Jira has three minutes to answer once it has everything.
        let (all, then) = (10_000_000, 50 + 180);
        assert_eq!(
            kept(&[(50, all), (then - 1, all), (then, all)]),
            [true, true, false]
        );
    }
}
