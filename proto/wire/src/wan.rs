//! The head that every frame between two gateways begins with; `link` carries it.
//!
//! ```text
//! Head { 1: uint32 ttl, 2: string relay, 3: uint64 age_ms, 4: bytes head }
//! ```
//!
//! `ttl`, `relay` and `age_ms` are there from the first version so that a hub can relay, and an offline datacenter
//! can be answered for, without a new format.

use bytes::Bytes;
use prost::Message as _;

/// Longest encoded [`Head`], bytes.
pub const MAX_WAN_HEAD_BYTES: usize = crate::MAX_HEAD_BYTES + 1024;

/// Where a frame may still go, how old what it says is, and the inner head.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Head {
    /// Gateways that may still pass this frame on; one that receives 0 keeps it or refuses it.
    #[prost(uint32, tag = "1")]
    pub ttl: u32,
    /// The datacenter that the frame is to be relayed to; empty when it is for the receiver.
    #[prost(string, tag = "2")]
    pub relay: String,
    /// How old the content is, in milliseconds, summed over the hops; never an absolute time.
    #[prost(uint64, tag = "3")]
    pub age_ms: u64,
    /// Opaque here: the head of the call or answer.
    #[prost(bytes = "bytes", tag = "4")]
    pub head: Bytes,
}

/// A WAN head that cannot be read. Normal when a peer is broken or hostile; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHead {
    /// Longer than [`MAX_WAN_HEAD_BYTES`].
    #[error("WAN head of {0} bytes is longer than {MAX_WAN_HEAD_BYTES}")]
    TooLong(usize),
    /// Not protobuf, or a field of another type.
    #[error("WAN head: {0}")]
    Malformed(#[from] prost::DecodeError),
}

impl Head {
    /// Encodes for the wire, without a length prefix.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        self.encode_to_vec().into()
    }

    /// Reads what [`Head::to_bytes`] wrote; the inner head shares `bytes`.
    ///
    /// # Errors
    /// [`BadHead`] when it is too long or malformed.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, BadHead> {
        if bytes.len() > MAX_WAN_HEAD_BYTES {
            return Err(BadHead::TooLong(bytes.len()));
        }
        Ok(Self::decode(bytes)?)
    }
}
