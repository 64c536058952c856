//! The servers of this datacenter, as the LAN pool lists them, and the connections to them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::Error;
use bytes::Bytes;
use dispatch::Peer;
use members::Member;
use node::{Kind, Trust};
use parking_lot::Mutex;
use wire::{CallsClient, Connector};

/// Live servers, and a connection to each that was asked.
pub(crate) struct Locals {
    trust: Arc<Trust>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    servers: Arc<[Arc<Peer>]>,
    clients: HashMap<SocketAddr, CallsClient>,
}

impl Locals {
    pub(crate) fn new(trust: Arc<Trust>) -> Self {
        Self { trust, inner: Mutex::default() }
    }

    /// Takes a new list of LAN members.
    pub(crate) fn handle_members(&self, members: &[Member]) {
        // No name is our own: a server with this gateway in it is asked like any other.
        let servers: Arc<[Arc<Peer>]> = node::peers(members, Kind::Server, "").into();
        let mut inner = self.inner.lock();
        inner.clients.retain(|addr, _| servers.iter().any(|server| server.addr == *addr));
        inner.servers = servers;
    }

    /// A live server, none of `tried`, at random by `seed`.
    pub(crate) fn pick(&self, seed: u64, tried: &[SocketAddr]) -> Option<Arc<Peer>> {
        let servers = Arc::clone(&self.inner.lock().servers);
        let open = || servers.iter().filter(|server| !tried.contains(&server.addr));
        let nth = seed.checked_rem(open().count() as u64)?;
        open().nth(usize::try_from(nth).unwrap_or(0)).cloned()
    }

    /// Hands a call to `server`.
    ///
    /// # Errors
    /// That there is no answer, and whether the call can have been processed.
    pub(crate) async fn call(&self, server: &Peer, head: Bytes, body: Bytes, within: Duration) -> Result<(Bytes, Bytes), Error> {
        let answer = self.client(server.addr).call(head, body, within).await;
        match answer {
            Ok(answer) => Ok(answer),
            Err(error) => Err(rpc::outcome(Err(error)).err().unwrap_or_else(Error::no_leader)),
        }
    }

    fn client(&self, addr: SocketAddr) -> CallsClient {
        let connect = || CallsClient::connect(Connector::new(addr, self.trust.towards_servers()));
        let mut inner = self.inner.lock();
        if inner.servers.iter().any(|server| server.addr == addr) {
            inner.clients.entry(addr).or_insert_with(connect).clone()
        } else {
            connect()
        }
    }
}
