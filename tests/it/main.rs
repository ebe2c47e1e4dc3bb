//! The gateway from outside, over real HTTP. One binary, because linking is most of a test's time.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot arrange itself has failed"
)]

mod config;
