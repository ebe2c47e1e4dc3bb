//! The vendors as their documentation describes them: Jira Cloud, Entra, Microsoft Graph and Zoom over real HTTP.
//!
//! [`Sandbox::start`] opens one listener for each vendor host on 127.0.0.1. All share one [`world::World`]:
//! the people, the requests seen, the faults injected and each vendor's own state. Dropping the sandbox ends
//! the listeners and every connection.

pub mod control;
pub mod courier;
pub mod entra;
pub mod event;
pub mod exchange;
pub mod fault;
pub mod graph;
pub mod hosts;
pub mod jira;
mod listener;
#[cfg(test)]
mod receiver;
pub mod recorder;
pub mod subscriptions;
pub mod visitor;
pub mod world;
pub mod zoom;

use std::{path::PathBuf, sync::Arc};

use serde::Serialize;
use tokio::task::JoinSet;

use crate::{
    listener::Listener,
    recorder::Lane,
    world::{SITES, World},
};

/// What a sandbox may be told at its start. The default picks free ports.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The ports to listen on.
    pub ports: Ports,
    /// The folder of Atlassian's host library (`node_modules` with `atlassian-connect-js` and `jquery`), which
    /// the issue page needs. Without it the page says so.
    pub node_modules: Option<PathBuf>,
    /// Whether whole exchanges are kept in memory from the start, for [`exchange::Exchanges::all`].
    pub keep_bodies: bool,
    /// Whether the dozen people of the story have 28 more colleagues.
    pub crowd: bool,
}

/// Ports to listen on; 0 lets the operating system choose.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ports {
    /// One for each Jira site: acme, globex, initech.
    pub jira: [u16; 3],
    /// Microsoft Graph.
    pub graph: u16,
    /// Entra, the Microsoft identity platform.
    pub login: u16,
    /// Zoom's API and OAuth.
    pub zoom: u16,
    /// The host Zoom's recording downloads are redirected to.
    pub zoom_download: u16,
    /// The Outlook-like and Teams-like pages.
    pub hosts: u16,
    /// The sandbox's own controls.
    pub control: u16,
}

/// The base URL of every listener, without a trailing slash.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Addresses {
    /// One for each Jira site: acme, globex, initech.
    pub jira: Vec<String>,
    /// Microsoft Graph.
    pub graph: String,
    /// Entra, the Microsoft identity platform.
    pub login: String,
    /// Zoom's API and OAuth.
    pub zoom: String,
    /// The host Zoom's recording downloads are redirected to.
    pub zoom_download: String,
    /// The Outlook-like and Teams-like pages.
    pub hosts: String,
    /// The sandbox's own controls.
    pub control: String,
}

/// A running sandbox.
pub struct Sandbox {
    world: Arc<World>,
    _listeners: JoinSet<()>,
}

impl Sandbox {
    /// Opens every listener and fills the world with its story.
    ///
    /// # Panics
    /// When a port is taken.
    pub async fn start(options: Options) -> Self {
        let ports = options.ports;
        let mut sites = Vec::new();
        for port in ports.jira {
            sites.push(Listener::bind(port).await);
        }
        let graph = Listener::bind(ports.graph).await;
        let login = Listener::bind(ports.login).await;
        let zoom = Listener::bind(ports.zoom).await;
        let zoom_download = Listener::bind(ports.zoom_download).await;
        let hosts = Listener::bind(ports.hosts).await;
        let control = Listener::bind(ports.control).await;
        let world = World::new(
            Addresses {
                jira: sites.iter().map(Listener::url).collect(),
                graph: graph.url(),
                login: login.url(),
                zoom: zoom.url(),
                zoom_download: zoom_download.url(),
                hosts: hosts.url(),
                control: control.url(),
            },
            options.node_modules,
            options.crowd,
        );
        world.exchanges().keep(options.keep_bodies);

        let lane = |provider, identify| Lane {
            world: Arc::clone(&world),
            provider,
            site: None,
            identify,
            admit: None,
        };
        let mut listeners = JoinSet::new();
        for (listener, site) in sites.into_iter().zip(SITES) {
            let lane = Lane {
                site: Some(site),
                ..lane("jira", jira::identify)
            };
            let router = jira::router(Arc::clone(&world), site);
            listeners.spawn(listener.serve(recorder::watched(router, lane)));
        }
        for (listener, router, lane) in [
            (
                graph,
                graph::router(Arc::clone(&world)),
                Lane {
                    admit: Some(graph::admit),
                    ..lane("graph", graph::identify)
                },
            ),
            (
                login,
                entra::router(Arc::clone(&world)),
                lane("login", entra::identify),
            ),
            (
                zoom,
                zoom::router(Arc::clone(&world)),
                lane("zoom", zoom::identify),
            ),
            (
                zoom_download,
                zoom::download_router(Arc::clone(&world)),
                lane("zoom-download", zoom::identify_download),
            ),
        ] {
            listeners.spawn(listener.serve(recorder::watched(router, lane)));
        }
        listeners.spawn(hosts.serve(hosts::router(Arc::clone(&world))));
        let controls = control::router(Arc::clone(&world))
            .merge(entra::control_router(Arc::clone(&world)))
            .merge(graph::control_router(Arc::clone(&world)));
        listeners.spawn(control.serve(controls));
        listeners.spawn(Arc::clone(world.courier()).serve());
        Self {
            world,
            _listeners: listeners,
        }
    }

    /// Where each vendor listens.
    pub fn addresses(&self) -> &Addresses {
        self.world.addresses()
    }

    /// Tells the Outlook-like and Teams-like pages whose add-ins they show: a gateway whose public address is theirs.
    pub fn show_add_ins_of(&self, gateway: &str) {
        self.world.set_gateway(gateway);
    }

    /// The state all vendors share.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }
}
