//! Connections to the servers and gateways of this datacenter.

use api::{Answer, Call, Code, Error};
use dispatch::{Hop, Peers};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use wire::{CallError, CallsClient, ClientTls, Connector};

/// Most connections kept: a datacenter has a handful of servers and gateways. The one beyond takes the place of all.
const MOST: usize = 256;

/// How much longer than its time a call is waited for: whoever answers it keeps to that time himself, and says more than a timeout.
const GRACE: Duration = Duration::from_millis(500);

/// How a connection is secured.
#[derive(Clone)]
pub struct RpcPeers {
    inner: Arc<Inner>,
}

struct Inner {
    servers: Option<ClientTls>,
    gateways: Option<ClientTls>,
    clients: Mutex<HashMap<(Kind, SocketAddr), CallsClient>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Server,
    Gateway,
}

impl RpcPeers {
    /// Connections secured by `servers` towards servers, and by `gateways` towards gateways.
    #[must_use]
    pub fn new(servers: Option<ClientTls>, gateways: Option<ClientTls>) -> Self {
        Self { inner: Arc::new(Inner { servers, gateways, clients: Mutex::default() }) }
    }

    /// Asks a server at `addr`: for calls that have to reach one particular process.
    ///
    /// # Errors
    /// As [`Peers::send`].
    pub async fn ask_server(&self, addr: SocketAddr, call: &Call) -> Result<Answer, Error> {
        self.ask(Kind::Server, addr, call).await
    }

    async fn ask(&self, kind: Kind, addr: SocketAddr, call: &Call) -> Result<Answer, Error> {
        let client = self.client(kind, addr);
        let (head, body) = call.encode();
        outcome(client.call(head, body, call.time_left.saturating_add(GRACE)).await)
    }

    fn client(&self, kind: Kind, addr: SocketAddr) -> CallsClient {
        let mut clients = self.inner.clients.lock();
        if let Some(client) = clients.get(&(kind, addr)) {
            return client.clone();
        }
        if clients.len() >= MOST {
            clients.clear();
        }
        let tls = match kind {
            Kind::Server => &self.inner.servers,
            Kind::Gateway => &self.inner.gateways,
        };
        let client = CallsClient::connect(Connector::new(addr, tls.clone()));
        clients.insert((kind, addr), client.clone());
        client
    }
}

impl Peers for RpcPeers {
    async fn send(&self, hop: &Hop, call: Call) -> Result<Answer, Error> {
        match hop {
            Hop::Leader(peer) | Hop::Server(peer) => self.ask(Kind::Server, peer.addr, &call).await,
            Hop::Gateway(peer) => self.ask(Kind::Gateway, peer.addr, &call).await,
            Hop::Here | Hop::Datacenter(_) => Err(Error { unprocessed: true, ..Error::failed(format!("{hop} is not reached by RPC")) }),
        }
    }
}

/// What became of a call, in the words of the waist.
///
/// # Errors
/// What the other side answered, or that there is no answer, and whether the call can have been processed.
pub fn outcome(result: Result<(bytes::Bytes, bytes::Bytes), CallError>) -> Result<Answer, Error> {
    match result {
        Ok((head, body)) => Answer::decode(head, body),
        Err(error) => {
            let code = match &error {
                CallError::Refused(_) => Code::Busy,
                CallError::NotSent(_) | CallError::Lost(_) => Code::Lost,
                CallError::TimedOut => Code::TimedOut,
            };
            Err(Error { unprocessed: !error.may_have_been_processed(), ..Error::new(code, format!("rpc error making call: {error}")) })
        }
    }
}
