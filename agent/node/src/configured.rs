//! Server RPC by certificates of the operator's own authority (`tls.internal_rpc`).

use ca::tls::{Admission, Identity, Keychain, Trust, TrustSlot};
use std::fmt;
use std::sync::Arc;

/// What takes the place of the built-in certificates in all RPC within the datacenter. Links between datacenters go on with those.
#[derive(Clone)]
pub struct RpcCertificates {
    /// What the process shows. `None` is for client agents, which then show their node key.
    pub identity: Option<Identity>,
    /// Whom it trusts.
    pub roots: Trust,
    /// Whether client agents, too, must show a certificate; otherwise the key that gossip pins makes them known.
    pub verify_incoming: bool,
}

impl RpcCertificates {
    pub(crate) fn admission(&self) -> Admission {
        if self.verify_incoming { Admission::Verified } else { Admission::VerifiedServers }
    }
}

/// Where a running process has them.
pub(crate) struct InUse {
    pub(crate) keys: Arc<Keychain>,
    pub(crate) roots: Arc<TrustSlot>,
}

/// Nothing of what is inside: it holds a key.
impl fmt::Debug for RpcCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RpcCertificates")
    }
}
