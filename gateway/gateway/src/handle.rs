//! To speak with a gateway, before and while it runs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::federation::FederationView;
use bytes::Bytes;
use members::Member;
use node::{RpcCertificates, Trust};
use tokio::sync::watch;
use topology::ForgetError;

use crate::CounterValues;
use crate::federation::Federation;
use crate::relay::Relay;
use crate::trust::{Certifier, Standing};
use crate::wan::{Joining, WanHandle};

/// A cloneable handle to a [`Gateway`](crate::Gateway).
#[derive(Clone)]
pub struct Handle {
    pub(crate) federation: Arc<Federation>,
    pub(crate) relay: Arc<Relay>,
    pub(crate) certifier: Arc<Certifier>,
    pub(crate) wan: WanHandle,
    pub(crate) lan: lan::LanHandle,
    pub(crate) views: watch::Receiver<Bytes>,
    pub(crate) rpc_addr: SocketAddr,
    pub(crate) trust: Arc<Trust>,
}

impl Handle {
    /// Where processes of our datacenter call us (TCP).
    #[must_use]
    pub fn rpc_addr(&self) -> SocketAddr {
        self.rpc_addr
    }

    /// Goes by `certificates` in place of those that were configured for RPC within the datacenter before.
    pub fn reconfigured(&self, certificates: &RpcCertificates) {
        self.trust.reconfigured(certificates);
    }

    /// Where other gateways reach us (UDP): what `retry_join_wan` names elsewhere.
    #[must_use]
    pub fn wan_addr(&self) -> SocketAddr {
        self.wan.addr()
    }

    /// Our LAN pool.
    #[must_use]
    pub fn lan(&self) -> &lan::LanHandle {
        &self.lan
    }

    /// Members of the WAN pool, ourselves included, by name; a new list after each change.
    #[must_use]
    pub fn wan_members(&self) -> watch::Receiver<Arc<[Member]>> {
        self.wan.members()
    }

    /// How far we are with being trusted by other datacenters.
    #[must_use]
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.certifier.standing()
    }

    /// The federation as it is seen from here now.
    #[must_use]
    pub fn view(&self) -> FederationView {
        self.federation.view()
    }

    /// The same, encoded, a new one after each change and at most five a second: what servers watch.
    #[must_use]
    pub fn views(&self) -> watch::Receiver<Bytes> {
        self.views.clone()
    }

    /// Counters since the start.
    #[must_use]
    pub fn counters(&self) -> CounterValues {
        self.relay.counters()
    }

    /// Joins the WAN pool through `addr` (`host[:8302]`), once.
    ///
    /// # Errors
    /// Why not, in words for the operator.
    pub async fn join_wan(&self, addr: &str) -> Result<(), String> {
        let joining = Joining { wan: self.wan.clone(), certifier: Arc::clone(&self.certifier) };
        joining.join(addr).await
    }

    /// Declares the failed WAN member `name` (`node.dc`) to have left; `prune` also forgets it. False if nobody is known by that name.
    pub async fn force_leave_wan(&self, name: &str, prune: bool) -> bool {
        self.wan.force_leave(name, prune).await
    }

    /// Forgets a datacenter until [`Self::unforget`]: nothing goes there, and what its gateways announce is not taken.
    ///
    /// # Errors
    /// It is our own, the name is none, or too many are forgotten.
    pub fn forget(&self, dc: &str) -> Result<(), ForgetError> {
        self.federation.forget(dc)
    }

    /// Lets a forgotten datacenter come back. False if it was not forgotten.
    pub fn unforget(&self, dc: &str) -> bool {
        self.federation.unforget(dc)
    }

    /// Leaves the WAN pool in good order, and the LAN pool too if it is our own; stop the gateway then. False if it took too long.
    pub async fn leave(&self, timeout: Duration) -> bool {
        let lan = async { self.certifier.embedded || self.lan.leave(timeout).await.is_ok() };
        let (wan, lan) = tokio::join!(self.wan.leave(timeout), lan);
        wan && lan
    }
}
