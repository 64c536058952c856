//! The messages of `delian.wire.v1.Raft` and `delian.wire.v1.Topology`.
//!
//! ```text
//! Payload { 1: bytes body }               Raft/Append, Raft/Vote, Raft/TransferLeader, Topology/Watch, and every reply
//! Chunk   { 1: bytes body, 2: bool last } Raft/Snapshot, client streaming
//! ```

use bytes::Bytes;

/// A request or reply whose content another crate defines.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Payload {
    /// Opaque here.
    #[prost(bytes = "bytes", tag = "1")]
    pub body: Bytes,
}

/// A piece of a snapshot. The last one says so, because HTTP/2 shows a sender that gave up as a stream that ended.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Chunk {
    /// Opaque here; may be empty.
    #[prost(bytes = "bytes", tag = "1")]
    pub body: Bytes,
    /// Whether the snapshot is complete with this piece.
    #[prost(bool, tag = "2")]
    pub last: bool,
}
