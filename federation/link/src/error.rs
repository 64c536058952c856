use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;

/// A call, message or stream that failed. The variant says whether the request can have been processed.
#[derive(Debug, Clone, Error)]
pub enum LinkError {
    /// The peer has not processed the request: it may be repeated elsewhere, writes too.
    #[error("request not sent to {peer}: {why}")]
    NotSent {
        /// Whom it was for.
        peer: SocketAddr,
        /// The reason.
        why: NotSent,
    },
    /// The peer may have processed the request.
    #[error("answer of {peer} lost: {why}")]
    Lost {
        /// Who was asked.
        peer: SocketAddr,
        /// The reason.
        why: Lost,
    },
}

impl LinkError {
    /// Whether the request can have been processed. If not, a write may be repeated on another path.
    pub fn can_have_been_processed(&self) -> bool {
        matches!(self, Self::Lost { .. })
    }
}

/// Why a request was certainly not processed. All happen in normal life.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum NotSent {
    /// Head or body exceeds our own limit.
    #[error("{what} of {bytes} bytes exceeds the limit of {limit}")]
    TooBig {
        /// `head` or `body`.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: u32,
    },
    /// No connection could be made.
    #[error("cannot connect: {0}")]
    Dial(DialError),
    /// The last dial failed a moment ago and the next is not due.
    #[error("cannot connect: {last}; next try in {left:.1?}")]
    Backoff {
        /// Why the last failed.
        last: DialError,
        /// Until the next.
        left: Duration,
    },
    /// The time was over before the request was written.
    #[error("no time left")]
    TimedOut,
    /// The connection broke before the request was written.
    #[error("connection lost: {0}")]
    Connection(quinn::ConnectionError),
    /// The peer is at a bound.
    #[error("the peer is busy")]
    Busy,
    /// The peer is stopping.
    #[error("the peer is stopping")]
    PeerClosing,
    /// This link is stopping.
    #[error("this link is stopping")]
    Closing,
    /// The peer's limit is lower than ours.
    #[error("the peer refused its size")]
    RefusedSize,
    /// The peer does not know this kind or version of frame.
    #[error("the peer refused its form")]
    RefusedForm,
    /// As many peers as allowed are in use.
    #[error("already {0} peers are dialled")]
    TooManyPeers(usize),
}

/// Why an answer is missing. All happen in normal life, the malformed ones with a faulty peer only.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Lost {
    /// The time was over.
    #[error("no answer in time")]
    TimedOut,
    /// The connection broke.
    #[error("connection lost: {0}")]
    Connection(quinn::ConnectionError),
    /// The peer took up the request and gave it up.
    #[error("the peer gave up")]
    Abandoned,
    /// The stream was reset with a code this version does not know.
    #[error("stream reset with code {0}")]
    Reset(u64),
    /// The answer exceeds our limit.
    #[error("the answer exceeds the limit")]
    TooBig,
    /// The answer is not one.
    #[error("the answer is malformed: {0}")]
    Malformed(&'static str),
}

/// A connection that could not be made.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum DialError {
    /// The address or name cannot be dialled at all.
    #[error(transparent)]
    Connect(#[from] quinn::ConnectError),
    /// The handshake failed: refused, not trusted, or no answer.
    #[error(transparent)]
    Handshake(#[from] quinn::ConnectionError),
    /// The handshake took too long.
    #[error("handshake timed out")]
    TimedOut,
    /// The given TLS configuration cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// No usable TLS configuration. A mistake of the caller or an identity that cannot be used, never of a peer's making.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum TlsError {
    /// It cannot serve QUIC.
    #[error("the TLS configuration lacks TLS 1.3 or the cipher suite TLS13_AES_128_GCM_SHA256, which QUIC needs")]
    Unfit,
    /// The [`crate::TlsSource`] has none.
    #[error("no TLS configuration: {0}")]
    Source(#[from] rustls::Error),
}

/// The port could not be taken or served.
#[derive(Debug, Error)]
pub enum BindError {
    /// The socket could not be made.
    #[error("cannot bind UDP {addr}: {source}")]
    Socket {
        /// What was asked for.
        addr: SocketAddr,
        /// The system's answer.
        source: io::Error,
    },
    /// The TLS configuration cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// An answer that did not go out. The caller learns it by a reset.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReplyError {
    /// Head or body exceeds the limit of this kind of answer.
    #[error("{what} of {bytes} bytes exceeds the limit of {limit}")]
    TooBig {
        /// `head` or `body`.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: u32,
    },
    /// The caller no longer waits.
    #[error("the caller has gone")]
    Gone,
    /// The caller did not take the answer in time.
    #[error("the caller takes the answer too slowly")]
    TimedOut,
}
