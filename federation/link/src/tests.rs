#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::*;

/// Calls: what arrives, what is refused, what is lost.
mod calls;
/// Datagrams and push/pull.
mod gossip;
/// Carried connections.
mod mesh;
/// Dialling, dying, returning, draining, statistics.
mod paths;
/// Connections without an identity.
mod strangers;
mod tls;

/// Longer than anything here takes: a test that waits this long has failed.
const LONG: Duration = Duration::from_secs(20);

const NAME: &str = "gateway.dc2.test";

/// A link that runs until it is stopped or killed.
struct Running {
    addr: SocketAddr,
    handle: Handle,
    inbound: Inbound,
    stop: CancellationToken,
    task: JoinHandle<()>,
    endpoint: quinn::Endpoint,
}

impl Running {
    async fn start(authority: &tls::Authority) -> Self {
        Self::start_with(authority, "127.0.0.1:0", |_| {}).await
    }

    async fn start_with(authority: &tls::Authority, addr: &str, change: impl FnOnce(&mut LinkConfig)) -> Self {
        let addr = addr.parse().unwrap();
        let mut config = LinkConfig::new(addr, fixed(authority));
        change(&mut config);
        let (link, inbound) = Link::bind(config).await.unwrap();
        let (addr, handle, stop) = (link.local_addr(), link.handle(), CancellationToken::new());
        let endpoint = link.endpoint();
        let task = tokio::spawn(link.run(stop.clone()));
        Self { addr, handle, inbound, stop, task, endpoint }
    }

    fn peer(&self) -> Peer {
        Peer::new(self.addr, NAME)
    }

    /// Answers every call with what it got, until the link stops.
    fn echo(self) -> Peer {
        let peer = self.peer();
        tokio::spawn(async move {
            let Self { mut inbound, stop, task, .. } = self;
            let _stop_when_done = stop;
            while let Some(call) = inbound.calls.recv().await {
                let _ = call.reply.send(call.head, call.body).await;
            }
            drop(task);
        });
        peer
    }

    /// As a crash: connections are cut without a word about calls.
    fn kill(self) -> SocketAddr {
        self.endpoint.close(quinn::VarInt::from_u32(99), b"killed");
        self.addr
    }
}

fn fixed(authority: &tls::Authority) -> Arc<FixedTls> {
    Arc::new(FixedTls { server: authority.server(NAME), client: authority.client("gateway.dc1.test") })
}

/// A bare connection, to misbehave on.
async fn connect(running: &Running, tls: Arc<rustls::ClientConfig>, class: Class, to: &Peer) -> quinn::Connection {
    let tls = ClientTls { config: tls, server_name: NAME.into() };
    let source = Arc::new(Untouched);
    let dialler = crate::dialler::Dialler { endpoint: running.endpoint.clone(), tls: source, congestion: Congestion::Cubic };
    dialler.dial_with(to, class, &tls).await.unwrap()
}

/// Never asked.
struct Untouched;

impl TlsSource for Untouched {
    fn server(&self) -> Result<Arc<rustls::ServerConfig>, rustls::Error> {
        Err(rustls::Error::General("not asked".to_owned()))
    }

    fn client(&self, _: &Peer) -> Result<ClientTls, rustls::Error> {
        Err(rustls::Error::General("not asked".to_owned()))
    }
}

async fn next<T>(queue: &mut tokio::sync::mpsc::Receiver<T>) -> T {
    tokio::time::timeout(LONG, queue.recv()).await.expect("arrives").expect("queue lives")
}

/// Waits until `holds`, asking every few milliseconds.
async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + LONG;
    while !holds() {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn bytes(data: &'static str) -> Bytes {
    Bytes::from_static(data.as_bytes())
}
