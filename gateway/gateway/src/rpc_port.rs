//! What the processes of our datacenter ask of a gateway: calls for other datacenters, and the view of the federation.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use node::Trust;
use parking_lot::Mutex;
use rpc::Caller;
use rustls_pki_types::CertificateDer;
use tokio::sync::watch;
use wire::{PeerInfo, Refused, Services};

use crate::relay::{Origin, Relay};

/// How long a verdict on a caller holds: a change of trust reaches connections that are up within this time.
const HOLDS: Duration = Duration::from_secs(5);

/// Most verdicts kept.
const MOST: usize = 4096;

/// The services of the RPC port.
pub(crate) fn services(relay: Arc<Relay>, trust: Arc<Trust>, views: watch::Receiver<Bytes>) -> Services {
    let callers = Arc::new(Callers { trust, verdicts: Mutex::default() });
    let watchers = Arc::clone(&callers);
    Services {
        calls: Some(Arc::new(move |peer: PeerInfo, head: Bytes, body: Bytes| {
            let origin = Origin::Local(callers.judge(&peer));
            let relay = Arc::clone(&relay);
            Box::pin(async move { relay.serve(origin, head, body).await })
        })),
        raft: None,
        topology: Some(Arc::new(move |peer: PeerInfo, _| {
            let watch = match watchers.judge(&peer) {
                Caller::Server | Caller::Gateway | Caller::Newcomer { .. } | Caller::Agent => Ok(views.clone()),
                Caller::Stranger => Err(Refused("Permission denied: this process is not known as a member of the datacenter".to_owned())),
            };
            Box::pin(std::future::ready(watch))
        })),
    }
}

/// Who is at the other end, without verifying a certificate for every call.
struct Callers {
    trust: Arc<Trust>,
    verdicts: Mutex<HashMap<usize, Verdict>>,
}

struct Verdict {
    /// Keeps the address that is the key from being used again.
    certificates: Arc<[CertificateDer<'static>]>,
    caller: Caller,
    at: Instant,
}

impl Callers {
    fn judge(&self, peer: &PeerInfo) -> Caller {
        let (key, now) = (Arc::as_ptr(&peer.certificates).cast::<u8>() as usize, Instant::now());
        if let Some(verdict) = self.verdicts.lock().get(&key)
            && Arc::ptr_eq(&verdict.certificates, &peer.certificates)
            && now.duration_since(verdict.at) < HOLDS
        {
            return verdict.caller;
        }
        let caller = self.trust.caller(peer);
        let mut verdicts = self.verdicts.lock();
        if verdicts.len() >= MOST {
            verdicts.retain(|_, verdict| now.duration_since(verdict.at) < HOLDS && Arc::strong_count(&verdict.certificates) > 1);
        }
        if verdicts.len() < MOST {
            verdicts.insert(key, Verdict { certificates: Arc::clone(&peer.certificates), caller, at: now });
        }
        caller
    }
}
