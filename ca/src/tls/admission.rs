//! How RPC peers of a datacenter are let in.

/// The policy of RPC within a datacenter. It is decided anew for each connection, and again while one lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// This process has no certificate yet: a verified identity counts, or else the key that gossip pins.
    Founding,
    /// It has one. Servers and gateways are those with a verified identity; who is known by a pinned key alone may call, and is
    /// neither ([`RpcPeer::Uncertified`](super::RpcPeer::Uncertified)). While the leniency lasts, a pinned key counts beside that if
    /// its holder was certified for its role once, or is a founder ([`Pins::set_founders`](super::Pins::set_founders)).
    Certified(Leniency),
    /// Only verified identities; pins count for nothing.
    Verified,
    /// The same for servers and gateways; a key that gossip pins for a client agent may call as
    /// [`RpcPeer::Uncertified`](super::RpcPeer::Uncertified).
    VerifiedServers,
}

/// When a certificate that has expired, or a founder without one, still counts: before one moment, and from another on (unix seconds).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leniency {
    /// It lasts before this second.
    pub before: u64,
    /// And from this one on.
    pub from: u64,
}

impl Leniency {
    /// Never.
    pub const NONE: Self = Self { before: 0, from: u64::MAX };

    /// Whether it lasts at `now`.
    #[must_use]
    pub fn lasts(self, now: u64) -> bool {
        now < self.before || now >= self.from
    }
}
