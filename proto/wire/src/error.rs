//! Why a call, raft request or watch got no answer, and whether it can have been processed.

use std::{net::SocketAddr, sync::Arc, time::Duration};

/// A request without an answer. All variants happen in normal life and leave the client usable.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CallError {
    /// The request never left this process: not processed, may be repeated anywhere.
    #[error("not sent: {0}")]
    NotSent(#[from] NotSent),
    /// The server says that it did not process the request: may be repeated elsewhere.
    #[error("refused by the server: {0}")]
    Refused(String),
    /// The request left, and the connection or stream ended before the answer: it may have been processed.
    #[error("lost: {0}")]
    Lost(String),
    /// The request left, and its time passed before the answer: it may have been processed.
    #[error("no answer in time")]
    TimedOut,
}

impl CallError {
    /// Whether a write must not be repeated after this error.
    #[must_use]
    pub const fn may_have_been_processed(&self) -> bool {
        match self {
            Self::NotSent(_) | Self::Refused(_) => false,
            Self::Lost(_) | Self::TimedOut => true,
        }
    }
}

/// Why a request never left.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotSent {
    /// As many calls as allowed already wait on this connection.
    #[error("{0} calls already wait on this connection")]
    Busy(usize),
    /// The calls waiting to leave hold as many bytes as allowed: the peer reads too slowly.
    #[error("{0} bytes already wait to be sent on this connection")]
    Full(usize),
    /// The last attempt to connect failed, just now or a moment ago.
    #[error(transparent)]
    Unreachable(#[from] ConnectError),
    /// The connection ended, or its server began to stop, before the request left.
    #[error("connection closed before the request left")]
    Closed,
    /// A head or body above the bound of the protocol. Means a bug in the caller.
    #[error("{what} of {len} bytes is longer than {max}")]
    TooBig {
        /// `head` or `body`.
        what: &'static str,
        /// Bytes it has.
        len: usize,
        /// Bytes it may have.
        max: usize,
    },
    /// Its time passed while it waited for a connection or in the queue.
    #[error("time passed before it could be sent")]
    Deadline,
}

/// A failed attempt to connect to a peer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("connect to {addr}: {why}")]
pub struct ConnectError {
    /// Whom.
    pub addr: SocketAddr,
    /// What failed, of TCP, TLS, HTTP/2 or opening the stream.
    pub why: Arc<str>,
}

impl ConnectError {
    pub(crate) fn new(addr: SocketAddr, why: impl std::fmt::Display) -> Self {
        Self { addr, why: why.to_string().into() }
    }

    pub(crate) fn timed_out(addr: SocketAddr, after: Duration) -> Self {
        Self::new(addr, format_args!("no connection within {after:?}"))
    }
}

impl NotSent {
    /// `Ok` when `len` is within `max`.
    pub(crate) const fn check_len(what: &'static str, len: usize, max: usize) -> Result<(), Self> {
        if len > max { Err(Self::TooBig { what, len, max }) } else { Ok(()) }
    }
}
