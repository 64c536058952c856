//! What goes into the log, and what comes out of applying it.

use bytes::Bytes;
use std::fmt;

/// One write on its way through the log. Everything `apply` may know besides the state is in here, so that every node computes the same.
#[derive(Clone, PartialEq, Eq, prost::Message)]
#[prost(skip_debug)]
pub struct Proposal {
    /// The state clock at the leader that proposed it, in milliseconds; see [`crate::StateClock`].
    #[prost(uint64, tag = 1)]
    pub stamp_ms: u64,
    /// Source of whatever `apply` has to draw (ids, secrets), different for every proposal.
    #[prost(fixed64, tag = 2)]
    pub seed: u64,
    /// The encoded write. Opaque here, and never printed: it may hold secrets.
    #[prost(bytes = "bytes", tag = 3)]
    pub body: Bytes,
    /// The leader's wall clock, milliseconds since 1970: for display and token expiry, never for order.
    #[prost(uint64, tag = 4)]
    pub unix_ms: u64,
}

impl fmt::Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes at {} ms", self.body.len(), self.stamp_ms)
    }
}

impl fmt::Debug for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proposal({self})")
    }
}
