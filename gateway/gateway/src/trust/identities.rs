//! Who is at the other end of a link or an RPC connection, without verifying a certificate for every call.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ca::spiffe::DcName;
use ca::tls::{WAN_ALPN, WanPeer};
use link::PeerInfo;
use parking_lot::Mutex;

use super::LinkTls;

/// How long a verdict holds: a change of trust reaches connections that are up within this time.
const HOLDS: Duration = Duration::from_secs(10);

/// Most verdicts kept; as many connections as a link takes.
const MOST: usize = 1024;

/// Verified gateways by their connection.
pub(crate) struct Identities {
    tls: Arc<LinkTls>,
    verdicts: Mutex<HashMap<usize, Verdict>>,
}

struct Verdict {
    /// Keeps the address that is the key from being used again.
    peer: Arc<PeerInfo>,
    dc: Option<DcName>,
    at: Instant,
}

impl Identities {
    pub(crate) fn new(tls: Arc<LinkTls>) -> Self {
        Self { tls, verdicts: Mutex::default() }
    }

    /// The datacenter whose gateway `peer` has proved to be; `None` if it has not, or is not trusted any more.
    pub(crate) fn datacenter(&self, peer: &Arc<PeerInfo>) -> Option<DcName> {
        let (key, now) = (Arc::as_ptr(peer) as usize, Instant::now());
        if let Some(verdict) = self.verdicts.lock().get(&key)
            && Arc::ptr_eq(&verdict.peer, peer)
            && now.duration_since(verdict.at) < HOLDS
        {
            return verdict.dc.clone();
        }
        let dc = self.verify(peer);
        let mut verdicts = self.verdicts.lock();
        if verdicts.len() >= MOST {
            verdicts.retain(|_, verdict| now.duration_since(verdict.at) < HOLDS && Arc::strong_count(&verdict.peer) > 1);
        }
        if verdicts.len() < MOST {
            verdicts.insert(key, Verdict { peer: Arc::clone(peer), dc: dc.clone(), at: now });
        }
        dc
    }

    fn verify(&self, peer: &PeerInfo) -> Option<DcName> {
        match self.tls.wan.peer(WAN_ALPN, &peer.certs, unix_now()) {
            Ok(WanPeer::Gateway(dc)) => Some(dc),
            Ok(WanPeer::Stranger(_)) => None,
            Err(error) => {
                tracing::debug!(peer = %peer.addr, %error, "a gateway is not trusted any more");
                None
            }
        }
    }
}

/// Wall time; certificates are checked against it.
pub(super) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
