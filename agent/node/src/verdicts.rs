//! What was found of callers, so that a certificate is not verified for every call: that costs as much as ten calls.

use rpc::Caller;
use rustls::pki_types::CertificateDer;
use std::collections::HashMap;
use std::sync::Arc;

/// What a connection has shown.
pub(crate) type Chain = Arc<[CertificateDer<'static>]>;

/// Verdicts of one second, by the chain that a connection has shown: all of its calls share that.
#[derive(Default)]
pub(crate) struct Verdicts {
    second: u64,
    /// The chain is held, so that its address stays its own.
    by_chain: HashMap<usize, (Chain, Caller)>,
}

impl Verdicts {
    /// Connections whose verdicts are kept; beyond, each call is judged anew.
    const MOST: usize = 4096;

    pub(crate) fn get(&self, chain: &Chain, now: u64) -> Option<Caller> {
        let found = self.by_chain.get(&Arc::as_ptr(chain).addr()).filter(|_| self.second == now);
        found.map(|(_, caller)| *caller)
    }

    pub(crate) fn keep(&mut self, chain: &Chain, now: u64, caller: Caller) {
        if self.second != now {
            self.by_chain.clear();
            self.second = now;
        }
        if self.by_chain.len() < Self::MOST {
            self.by_chain.insert(Arc::as_ptr(chain).addr(), (Arc::clone(chain), caller));
        }
    }
}
