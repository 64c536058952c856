//! A listener, what it serves, and how that can be set.

use crate::connection::serve;
use crate::connections::Connections;
use crate::{Access, Bound, Logs};
use api::http::Context;
use dispatch::{Dispatcher, Log, Peers};
use http::HeaderMap;
use rustls::ServerConfig;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What can be set.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// What requests do not say.
    pub context: Context,
    /// Who is kept out.
    pub access: Access,
    /// Headers added to every answer (`http_config.response_headers`).
    pub response_headers: HeaderMap,
    /// Connections in all.
    pub max_connections: usize,
    /// Connections from one address (`limits.http_max_conns_per_client`).
    pub max_connections_per_client: usize,
    /// Greatest head of a request, in bytes (`http_config.max_header_bytes`).
    pub max_header_bytes: usize,
    /// How long a client may take to finish the head of a request it has begun, and how long to send its body.
    pub patience: Duration,
    /// How long requests may go on after the stop.
    pub drain: Duration,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            context: Context::default(),
            access: Access::default(),
            response_headers: HeaderMap::new(),
            max_connections: 64 * 1024,
            max_connections_per_client: 200,
            max_header_bytes: 1024 * 1024,
            patience: Duration::from_secs(30),
            drain: Duration::from_secs(5),
        }
    }
}

/// What happened here, for `/v1/agent/metrics`.
#[derive(Debug, Default)]
pub struct Counters {
    /// Requests answered.
    pub requests: AtomicU64,
    /// Of these, with a status of 500 or above.
    pub failures: AtomicU64,
    /// Connections refused since there were too many.
    pub refused: AtomicU64,
}

/// One listener and what it serves.
pub struct HttpServer<L, P> {
    bound: Bound,
    tls: Option<watch::Receiver<Arc<ServerConfig>>>,
    shared: Arc<Shared<L, P>>,
}

/// What all connections of a listener share.
pub(crate) struct Shared<L, P> {
    pub(crate) dispatcher: Arc<Dispatcher<L, P>>,
    config: watch::Receiver<Arc<HttpConfig>>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) logs: Option<Arc<dyn Logs>>,
    /// The drain time is over: what is still under way is dropped.
    pub(crate) over: CancellationToken,
}

impl<L, P> Shared<L, P> {
    /// What holds now.
    pub(crate) fn config(&self) -> Arc<HttpConfig> {
        Arc::clone(&self.config.borrow())
    }
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
        let (connections, over) = (Arc::default(), CancellationToken::new());
        Self { bound, tls: None, shared: Arc::new(Shared { dispatcher, config, connections, counters, logs, over }) }
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
