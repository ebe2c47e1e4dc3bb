//! Subscriptions on their way to those who listen.

pub mod feed;
