//! The gateway from outside, over real HTTP. One binary, because linking is most of a test's time.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot arrange itself has failed, and its clients are not the gateway's"
)]

mod accounts;
mod bus;
mod client;
mod config;
mod conversations;
mod door;
mod entra;
mod features;
mod grants;
mod harness;
mod hosts;
mod isolation;
mod links;
mod live;
mod mail_context;
mod manifests;
mod meetings;
mod panel;
mod schema;
mod several;
mod sites;
mod stored;
mod tidy;
mod transfers;
mod trouble;
mod watches;
mod webhooks;
mod work;
mod writes;
