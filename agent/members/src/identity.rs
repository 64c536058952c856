//! Who a member is to the protocol: small and `Copy`, because SWIM compares and copies it for every update.

use std::net::SocketAddr;

/// One run of a process at an address. A restart has a higher generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instance {
    /// The address others reach it at.
    pub addr: SocketAddr,
    /// max(last persisted + 1, Unix time in seconds) when the process started.
    pub generation: u64,
}

/// Generations beyond this are refused on the wire, so that nobody can claim a last one.
pub(crate) const GENERATION_MAX: u64 = 1 << 48;

/// An [`Instance`] and how often it came back after being declared down without restarting.
///
/// `Down` is final for an identity. A process that learns it was declared down renews, and keeps its name and tags,
/// which belong to the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Identity {
    pub(crate) instance: Instance,
    pub(crate) renewal: u16,
}

impl Identity {
    /// The next identity of the same process.
    pub(crate) fn next(self) -> Self {
        match self.renewal.checked_add(1) {
            Some(renewal) => Self { renewal, ..self },
            None => Self::above(self.instance.addr, self.instance.generation),
        }
    }

    /// The lowest identity at `addr` that wins over every renewal of `generation`.
    pub(crate) fn above(addr: SocketAddr, generation: u64) -> Self {
        Self { instance: Instance { addr, generation: generation.saturating_add(1) }, renewal: 0 }
    }

    fn age(self) -> (u64, u16) {
        (self.instance.generation, self.renewal)
    }

    /// True when `self` replaces `other`, which has the same address.
    pub(crate) fn replaces(self, other: Self) -> bool {
        self.age() > other.age()
    }
}

impl foca::Identity for Identity {
    type Addr = SocketAddr;

    /// Renewal is ours to decide (never while leaving), so foca is told that there is none.
    fn renew(&self) -> Option<Self> {
        None
    }

    fn addr(&self) -> SocketAddr {
        self.instance.addr
    }

    fn win_addr_conflict(&self, adversary: &Self) -> bool {
        self.replaces(*adversary)
    }
}
