//! The accept loop: connections that are slow, silent or too many cannot hold the gateway.
//!
//! `axum::serve` has none of these limits, and its sniffing of HTTP versions waits for ever for the first bytes; so
//! this speaks HTTP/1.1 only, behind the proxy that does TLS.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use secrecy::ExposeSecret as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use super::health;
use super::live::Connection;
use crate::app::App;
use crate::config;
use crate::store::Pulse;
use crate::transfer;
use crate::watch;

/// Bytes of a request's head.
const LONGEST_HEAD: usize = 32 * 1024;
/// Headers of a request.
const MOST_HEADERS: usize = 100;
/// How long to wait after the system could not give a connection, for want of file descriptors for example.
const PAUSE: Duration = Duration::from_millis(100);
/// Connections of the admin listener.
const ADMIN_CONNECTIONS: usize = 64;

/// Two bound listeners, which tell their addresses before anything is served.
pub struct Gateway {
    public: TcpListener,
    admin: TcpListener,
}

impl Gateway {
    /// Binds both addresses of the settings.
    pub async fn bind(server: &config::Server) -> io::Result<Self> {
        Ok(Self {
            public: TcpListener::bind(server.listen).await?,
            admin: TcpListener::bind(server.admin_listen).await?,
        })
    }

    /// The public address.
    pub fn public(&self) -> io::Result<SocketAddr> {
        self.public.local_addr()
    }

    /// The admin address.
    pub fn admin(&self) -> io::Result<SocketAddr> {
        self.admin.local_addr()
    }

    /// Serves until `stop`; then takes no new connections, ends streams and sockets, lets running requests end within
    /// `server.shutdown_timeout`, and cuts the rest. The admin listener answers until the end.
    pub async fn serve(self, app: App, stop: CancellationToken) {
        let server = &app.settings.server;
        let bounds = Bounds {
            header: Duration::from_secs(server.header_timeout),
            write: Duration::from_secs(server.write_timeout),
            connections: server.max_connections,
            grace: Duration::from_secs(server.shutdown_timeout),
        };
        let ended = CancellationToken::new();
        let admin = Bounds {
            connections: ADMIN_CONNECTIONS,
            grace: Duration::from_millis(100),
            ..bounds
        };
        let health = health::router(app.clone(), stop.clone());
        let public = async {
            let transfers = tokio::spawn(transfer::run(app.clone(), stop.clone()));
            run(self.public, super::router(app.clone()), bounds, &stop).await;
            // What is on its way is given back, which is written down before the end.
            let _ = tokio::time::timeout(bounds.grace, transfers).await;
            // What was begun and must not be lost, such as the renewal of a token, still ends.
            app.tasks.close();
            let _ = tokio::time::timeout(bounds.grace, app.tasks.wait()).await;
            ended.cancel();
        };
        let missed = stop.run_until_cancelled(tell_of_outages(&app));
        tokio::join!(
            public,
            run(self.admin, health, admin, &ended),
            missed,
            watch::run(&app, &stop)
        );
    }
}

/// Tells listeners of a gap whenever the database was away: what they were to read meanwhile could not be read.
async fn tell_of_outages(app: &App) {
    if let Some(mut pulse) = Pulse::of(app.settings.database.url.expose_secret()) {
        loop {
            pulse.skipped().await;
            app.bus.gap();
        }
    }
}

/// What a connection may take.
#[derive(Clone, Copy)]
struct Bounds {
    header: Duration,
    write: Duration,
    connections: usize,
    grace: Duration,
}

async fn run(listener: TcpListener, router: Router, bounds: Bounds, stop: &CancellationToken) {
    let permits = Arc::new(Semaphore::new(bounds.connections));
    let connections = TaskTracker::new();
    let cut = CancellationToken::new();
    while let Some(accepted) = stop
        .run_until_cancelled(accept(&listener, permits.clone()))
        .await
    {
        let (stream, permit) = accepted;
        let connection = Connection {
            stop: stop.clone(),
            cut: cut.clone(),
            held: Arc::new((permit, connections.token())),
        };
        connections.spawn(serve(stream, router.clone(), bounds, connection));
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(bounds.grace, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!(open = connections.len(), "connections are cut at the end");
        cut.cancel();
        connections.wait().await;
    }
}

/// The next connection, once there is room for one.
async fn accept(
    listener: &TcpListener,
    permits: Arc<Semaphore>,
) -> (TcpStream, tokio::sync::OwnedSemaphorePermit) {
    let permit = permits
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(error) if of_one_client(&error) => {}
            Err(error) => {
                tracing::error!(kind = ?error.kind(), "no connection can be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn of_one_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}

async fn serve(stream: TcpStream, router: Router, bounds: Bounds, connection: Connection) {
    let (stop, cut) = (connection.stop.clone(), connection.cut.clone());
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(bounds.write));
    let router = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        request
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.header)
        .max_buf_size(LONGEST_HEAD)
        .max_header_size(LONGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(
            TokioIo::new(Box::pin(stream)),
            TowerToHyperService::new(router),
        )
        .with_upgrades();
    let mut served = pin!(served);
    // A client's broken connection is the client's matter: nothing to log, and it may name what was asked.
    if stop.run_until_cancelled(served.as_mut()).await.is_none() {
        served.as_mut().graceful_shutdown();
        let _ = cut.run_until_cancelled(served).await;
    }
}
