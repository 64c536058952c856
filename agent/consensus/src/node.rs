//! Who takes part: raft ids and what is known of a node.

use sha2::{Digest, Sha256};
use std::fmt;

/// Identifies one log on one disk: a wiped data directory comes back as another id.
///
/// Raft's safety rests on a voter never forgetting what it wrote. A node whose disk was replaced has forgotten, so it must not
/// count as the voter it was; see [`RaftId::derive`].
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RaftId(pub u64);

impl RaftId {
    /// The first eight bytes (little endian) of SHA-256 over the node id and the incarnation of its data directory.
    #[must_use]
    pub fn derive(node_id: &str, incarnation: u64) -> Self {
        let digest = Sha256::new().chain_update(node_id.as_bytes()).chain_update([0]).chain_update(incarnation.to_le_bytes()).finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        Self(u64::from_le_bytes(first))
    }
}

impl From<u64> for RaftId {
    fn from(id: u64) -> Self {
        Self(id)
    }
}

impl fmt::Display for RaftId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for RaftId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What the others know of a node; kept in the membership entries of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Where its raft service listens, as `ip:port`.
    pub addr: String,
    /// The node's UUID, which outlives its disk.
    pub node_id: String,
    /// Its name in the datacenter.
    pub name: String,
}

/// A node and the raft id it has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its raft id.
    pub id: RaftId,
    /// The rest of what is known.
    pub node: Node,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_bound_to_node_and_incarnation() {
        let id = RaftId::derive("b5a2", 1);
        assert_eq!(id, RaftId::derive("b5a2", 1));
        assert_ne!(id, RaftId::derive("b5a2", 2));
        assert_ne!(id, RaftId::derive("b5a3", 1));
        assert_eq!(id.to_string().len(), 16);
    }
}
