//! Trefoil: a GraphQL gateway that joins Jira issues with Microsoft 365 and Zoom, read on demand with the viewer's
//! own rights and never stored.
//!
//! A request's path: `http` takes it, `auth` turns its token into a `Caller`, `graphql` reads through per-operation
//! loaders, which take the caller's access token from `grant` and ask `upstream`.

pub mod action;
pub mod app;
pub mod auth;
pub mod bus;
pub mod clock;
pub mod config;
pub mod doctor;
pub mod event;
pub mod feature;
pub mod grant;
pub mod graphql;
pub mod http;
pub mod id;
pub mod ingress;
pub mod manifests;
pub mod memory;
pub mod secret;
pub mod store;
pub mod telemetry;
pub mod transfer;
pub mod upstream;
pub mod watch;
