//! One HTTP/1.1 listener whose answers may also be no answer at all.

use std::{convert::Infallible, io};

use axum::{Router, extract::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinSet};
use tower::ServiceExt;

use crate::fault::Abort;

/// A bound port, not yet served.
pub(crate) struct Listener {
    socket: TcpListener,
    url: String,
}

impl Listener {
    /// Binds a port of 127.0.0.1; 0 takes any free one.
    pub(crate) async fn bind(port: u16) -> Self {
        let socket = TcpListener::bind(("127.0.0.1", port))
            .await
            .expect("the sandbox's port must be free");
        let address = socket.local_addr().expect("a bound socket has an address");
        Self {
            socket,
            url: format!("http://{address}"),
        }
    }

    /// The base URL, without a trailing slash.
    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Serves until the future is dropped, which also drops every open connection.
    pub(crate) async fn serve(self, router: Router) {
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            let Ok((stream, _)) = self.socket.accept().await else {
                continue;
            };
            // Small answers must not wait for Nagle's algorithm: benches measure the gateway, not this.
            stream.set_nodelay(true).ok();
            let router = router.clone();
            connections.spawn(async move {
                let service = service_fn(move |request| answer(router.clone(), request));
                // An error here is a client that went away or a connection a fault closed: both are wanted.
                http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await
                    .ok();
            });
        }
    }
}

async fn answer(router: Router, request: hyper::Request<Incoming>) -> io::Result<Response> {
    let request: Request = request.map(axum::body::Body::new);
    let response: Result<Response, Infallible> = router.oneshot(request).await;
    let Ok(response) = response;
    if response.extensions().get::<Abort>().is_some() {
        // hyper closes a connection whose service fails, without a byte of answer.
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    Ok(response)
}
