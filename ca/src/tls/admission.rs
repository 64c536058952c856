//! How RPC peers of a datacenter are let in.

/// The policy of RPC within a datacenter; it changes once, while the datacenter gets its CA. It is decided anew
/// for each connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Before the CA exists: only keys pinned by gossip.
    Pinned,
    /// While leaves are handed out: a verified identity, or else a pinned key.
    PinnedOrVerified,
    /// From then on: only verified identities; pins count for nothing.
    Verified,
}
