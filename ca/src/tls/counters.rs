//! What handshakes came to.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::PeerRefused;

/// Counts of one process. All fields only rise.
#[derive(Debug, Default)]
pub struct Counters {
    x25519_mlkem768: AtomicU64,
    admitted: AtomicU64,
    malformed: AtomicU64,
    untrusted: AtomicU64,
    misnamed: AtomicU64,
}

/// The counts at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CounterValues {
    /// Key exchanges finished with X25519MLKEM768, as client or server.
    pub x25519_mlkem768: u64,
    /// Peers whose certificate was accepted.
    pub admitted: u64,
    /// Peers refused: no certificate, or one that does not decode, or with forbidden names.
    pub malformed: u64,
    /// Peers refused: no path to a root, expired, key not pinned.
    pub untrusted: u64,
    /// Peers refused: the certificate is good, but names another datacenter or role than needed here.
    pub misnamed: u64,
}

impl Counters {
    /// Reads all.
    pub fn values(&self) -> CounterValues {
        CounterValues {
            x25519_mlkem768: self.x25519_mlkem768.load(Relaxed),
            admitted: self.admitted.load(Relaxed),
            malformed: self.malformed.load(Relaxed),
            untrusted: self.untrusted.load(Relaxed),
            misnamed: self.misnamed.load(Relaxed),
        }
    }

    pub(super) fn exchanged(&self) {
        self.x25519_mlkem768.fetch_add(1, Relaxed);
    }

    pub(super) fn judged(&self, judgement: Result<(), &PeerRefused>) {
        let counter = match judgement {
            Ok(()) => &self.admitted,
            Err(
                PeerRefused::NoCertificate
                | PeerRefused::TooLarge
                | PeerRefused::Undecodable(_)
                | PeerRefused::Names(_)
                | PeerRefused::StrangerChain
                | PeerRefused::Protocol,
            ) => &self.malformed,
            Err(PeerRefused::NotPinned(_) | PeerRefused::NoTrust | PeerRefused::Path(_)) => &self.untrusted,
            Err(
                PeerRefused::PinnedRole(_)
                | PeerRefused::IssuerUnnamed
                | PeerRefused::IssuerOfOther { .. }
                | PeerRefused::TrustDomain(_)
                | PeerRefused::Datacenter { .. }
                | PeerRefused::Role(_)
                | PeerRefused::Unnamed
                | PeerRefused::Host(_),
            ) => &self.misnamed,
        };
        counter.fetch_add(1, Relaxed);
    }
}
