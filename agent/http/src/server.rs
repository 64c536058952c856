//! A listener, and how long it serves.

use crate::connection::serve;
use crate::shared::Shared;
use crate::{Bound, Counters, HttpConfig, Logs};
use dispatch::{Dispatcher, Log, Peers};
use rustls::ServerConfig;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Answers that are compressed at once while they are sent: a compressor holds some 300 KiB.
const COMPRESSORS: usize = 256;

/// One listener and what it serves.
pub struct HttpServer<L, P> {
    bound: Bound,
    tls: Option<watch::Receiver<Arc<ServerConfig>>>,
    shared: Arc<Shared<L, P>>,
}

impl<L: Log, P: Peers> HttpServer<L, P> {
    /// Serves `dispatcher` on a listener that is bound already, and `logs` to those who may read them. What `config` holds is looked at
    /// for each connection, and for each request on it.
    pub fn new(
        bound: Bound,
        dispatcher: Arc<Dispatcher<L, P>>,
        config: watch::Receiver<Arc<HttpConfig>>,
        counters: Arc<Counters>,
        logs: Option<Arc<dyn Logs>>,
    ) -> Self {
        let shared = Shared {
            dispatcher,
            config,
            connections: Arc::default(),
            unsent: Arc::default(),
            compressors: Arc::new(Semaphore::new(COMPRESSORS)),
            counters,
            logs,
            over: CancellationToken::new(),
        };
        Self { bound, tls: None, shared: Arc::new(shared) }
    }

    /// The same over TLS: HTTP/2 where `tls` offers `h2` and the client takes it, else HTTP/1.1. Each handshake goes by what `tls` holds.
    #[must_use]
    pub fn secured(self, tls: watch::Receiver<Arc<ServerConfig>>) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// Whether it speaks TLS.
    #[must_use]
    pub fn is_secured(&self) -> bool {
        self.tls.is_some()
    }

    /// Where it listens, if on TCP.
    #[must_use]
    pub fn addr(&self) -> Option<std::net::SocketAddr> {
        self.bound.addr()
    }

    /// Serves until `stop`, then takes no more connections and lets requests finish, but not for ever.
    pub async fn run(self, stop: CancellationToken) {
        let Self { bound, tls, shared } = self;
        let tasks = TaskTracker::new();
        let tls_now = || tls.as_ref().map(|tls| Arc::clone(&tls.borrow()));
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                accepted = accept(&bound) => accepted,
            };
            match accepted {
                Ok(Accepted::Tcp(stream, from)) => {
                    // Answers are small and awaited.
                    let _ = stream.set_nodelay(true);
                    tasks.spawn(serve(stream, tls_now(), Some(from), Arc::clone(&shared), stop.clone()));
                }
                Ok(Accepted::Unix(stream)) => {
                    tasks.spawn(serve(stream, tls_now(), None, Arc::clone(&shared), stop.clone()));
                }
                Err(error) => {
                    // Out of file descriptors, most likely: connections that end make room.
                    tracing::warn!(%error, "cannot accept an HTTP connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        // Who connects now is refused by the kernel, and can ask another server at once.
        drop(bound);
        tasks.close();
        if tokio::time::timeout(shared.config().drain, tasks.wait()).await.is_err() {
            tracing::warn!(open = shared.connections.count(), "HTTP requests were still under way at the end of the drain time");
            shared.over.cancel();
            tasks.wait().await;
        }
    }
}

enum Accepted {
    Tcp(tokio::net::TcpStream, IpAddr),
    Unix(tokio::net::UnixStream),
}

async fn accept(bound: &Bound) -> std::io::Result<Accepted> {
    match bound {
        Bound::Tcp(listener) => listener.accept().await.map(|(stream, from)| Accepted::Tcp(stream, from.ip())),
        Bound::Unix(listener, _) => listener.accept().await.map(|(stream, _)| Accepted::Unix(stream)),
    }
}
