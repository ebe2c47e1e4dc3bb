//! What the gateway logs, at debug level; and the search for what must not be there.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The log of one test. It is the thread's own, so tests run on a runtime of one thread.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Begins to write; ends when the guard is dropped.
    pub fn begin() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new("debug,sandbox=off"))
            .with_ansi(false)
            .with_writer(log.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        (log, guard)
    }

    /// What is written so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// How every canary begins, however it is spelt: as it is, in hexadecimal, in UTF-16, and in base64 at each alignment.
const BEGINNINGS: [&[u8]; 6] = [
    b"cnry",
    b"636e7279",
    b"c\0n\0r\0y",
    b"Y25ye",
    b"Nucn",
    b"jbnJ5",
];

/// The first canary in some bytes: as it is, in hexadecimal, in UTF-16, or in base64 at any alignment.
pub fn find_canary(bytes: &[u8], canaries: &[String]) -> Option<String> {
    // Looking for some thousand words in each of nine spellings is slow, and what is clean has not even a beginning.
    if !aho_corasick::AhoCorasick::new(BEGINNINGS)
        .unwrap()
        .is_match(bytes)
    {
        return None;
    }
    let patterns: Vec<(usize, Vec<u8>)> = canaries
        .iter()
        .enumerate()
        .flat_map(|(index, canary)| spellings(canary).into_iter().map(move |it| (index, it)))
        .collect();
    let search = aho_corasick::AhoCorasick::new(patterns.iter().map(|(_, it)| it)).unwrap();
    let found = search.find(bytes)?;
    let from = found.start().saturating_sub(120);
    let to = (found.end() + 40).min(bytes.len());
    let (canary, _) = patterns[found.pattern().as_usize()];
    Some(format!(
        "{} in …{}…",
        canaries[canary],
        String::from_utf8_lossy(&bytes[from..to])
    ))
}

fn spellings(canary: &str) -> Vec<Vec<u8>> {
    let mut all = vec![canary.as_bytes().to_vec()];
    all.push(
        canary
            .bytes()
            .flat_map(|byte| format!("{byte:02x}").into_bytes())
            .collect(),
    );
    all.push(canary.encode_utf16().flat_map(u16::to_le_bytes).collect());
    for shift in 0..3 {
        let shifted = format!("{}{canary}", "\0".repeat(shift));
        for encoded in [
            STANDARD_NO_PAD.encode(&shifted),
            URL_SAFE_NO_PAD.encode(&shifted),
        ] {
            // Without the letters that also depend on the neighbours.
            let inner = encoded
                .get(shift + usize::from(shift > 0)..encoded.len() - 2)
                .unwrap_or_default();
            all.push(inner.as_bytes().to_vec());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::find_canary;

    #[test]
    fn a_canary_is_found_however_it_is_spelt() {
        let canary = "cnryabcdefghijklmnopqrstuvwxyz23".to_owned();
        let canaries = [canary.clone()];
        for (before, after) in [("", ""), ("x", "yz"), ("xx", "y"), ("xxx", "")] {
            let text = format!("{before}{canary}{after}");
            assert!(find_canary(text.as_bytes(), &canaries).is_some());
            assert!(
                find_canary(STANDARD.encode(&text).as_bytes(), &canaries).is_some(),
                "{before}"
            );
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert!(find_canary(&wide, &canaries).is_some());
        }
        assert!(find_canary(b"nothing but cnry and ids", &canaries).is_none());
    }
}
