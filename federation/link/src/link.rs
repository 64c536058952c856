use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use quinn::Endpoint;
use quinn::EndpointConfig;
use quinn::TokioRuntime;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::BindError;
use crate::Handle;
use crate::Inbound;
use crate::LinkConfig;
use crate::accept::Acceptor;
use crate::code;
use crate::dialler::Dialler;
use crate::inbound;
use crate::shared::Shared;
use crate::socket;
use crate::tls;

/// After the last call has ended: the answers sent just before the stop may still wait for their acknowledgement.
const LINGER: Duration = Duration::from_millis(100);

/// For the close to reach the peers, so that they need not wait for their idle timeout.
const GOODBYE: Duration = Duration::from_secs(1);

/// A bound UDP port. [`Link::bind`], keep a [`Link::handle`], then [`Link::run`].
pub struct Link {
    endpoint: Endpoint,
    addr: SocketAddr,
    acceptor: Acceptor,
    shared: Shared,
    handle: Handle,
    drain: Duration,
}

impl Link {
    /// Takes the port. Inbound connections wait until [`Self::run`]; the handle works at once. Needs a tokio runtime.
    ///
    /// # Errors
    /// The port is taken, or the TLS configurations cannot serve QUIC.
    pub async fn bind(config: LinkConfig) -> Result<(Self, Inbound), BindError> {
        // For first packets; each connection then gets a configuration of its own.
        let server = tls::server(&*config.tls, config.congestion)?;
        let (endpoint, addr) = open(config.addr, server).map_err(|source| BindError::Socket { addr: config.addr, source })?;
        let dialler = Dialler { endpoint: endpoint.clone(), tls: config.tls, congestion: config.congestion };
        let shared = Shared::new(config.limits);
        let (queues, inbound) = inbound::queues(&config.limits);
        let link = Self {
            acceptor: Acceptor::new(shared.clone(), queues, dialler.tls.clone(), dialler.congestion),
            handle: Handle::new(dialler, shared.clone()),
            endpoint,
            addr,
            shared,
            drain: config.drain,
        };
        Ok((link, inbound))
    }

    /// The address bound, with the port the system chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// The sending side.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// To kill a link in tests.
    #[cfg(test)]
    pub(crate) fn endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }

    /// Serves until `stop`, then drains: refuses what is new, lets calls of both directions end until the configured
    /// deadline, closes all connections.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let incoming = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                incoming = self.endpoint.accept() => incoming,
            };
            match incoming {
                Some(incoming) => self.acceptor.handle_incoming(incoming),
                None => break,
            }
        }
        self.close().await;
    }

    async fn close(self) {
        let deadline = Instant::now() + self.drain;
        self.shared.closing.cancel();
        // Handshakes not begun are refused from here on.
        self.endpoint.set_server_config(None);
        self.shared.under_way.close();
        if tokio::time::timeout_at(deadline, self.shared.under_way.wait()).await.is_err() {
            debug!(calls = self.shared.under_way.len(), "drain deadline: calls are cut");
        } else {
            tokio::time::sleep_until(deadline.min(Instant::now() + LINGER)).await;
        }
        self.endpoint.close(code::DONE, b"stopping");
        let _ = tokio::time::timeout(GOODBYE, self.endpoint.wait_idle()).await;
    }
}

fn open(addr: SocketAddr, server: quinn::ServerConfig) -> io::Result<(Endpoint, SocketAddr)> {
    let socket = socket::bind(addr)?;
    let endpoint = Endpoint::new(EndpointConfig::default(), Some(server), socket, Arc::new(TokioRuntime))?;
    let addr = endpoint.local_addr()?;
    Ok((endpoint, addr))
}
