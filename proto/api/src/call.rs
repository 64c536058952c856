//! The envelope every operation travels in.

use crate::{Envelope, Error, Op, Trace};
use bytes::Bytes;
use prost::Message;
use std::sync::Arc;
use std::time::Duration;

/// How many processes a call may pass through: server, gateway, gateway, server, leader, and as many again for a redirect on the way.
pub const MAX_HOPS: u32 = 10;

/// One operation on its way, whichever edge it entered by.
#[derive(Clone)]
pub struct Call {
    /// What is asked. Shared: an unboxed operation is large, and a call is cloned for every retry.
    pub op: Arc<Op>,
    /// The datacenter asked; `None` is the one the call entered.
    pub dc: Option<Datacenter>,
    /// How fresh a read must be.
    pub consistency: Consistency,
    /// A blocking read: wait until there is something newer.
    pub wait: Option<Wait>,
    /// Who asks.
    pub token: Token,
    /// The trace this call belongs to.
    pub trace: Trace,
    /// Datacenters this call has left. It grows only where a call leaves one; a repeat is refused.
    pub via: Vec<Datacenter>,
    /// Processes this call may still pass through.
    pub hops_left: u32,
    /// Time left, less queueing at each hop; never an absolute clock.
    pub time_left: Duration,
}

impl Call {
    /// A call of our own for `op`: default consistency, anonymous, not waiting, ten seconds.
    #[must_use]
    pub fn new(op: impl Into<Op>) -> Self {
        Self {
            op: Arc::new(op.into()),
            dc: None,
            consistency: Consistency::Default,
            wait: None,
            token: Token::default(),
            trace: Trace::default(),
            via: Vec::new(),
            hops_left: MAX_HOPS,
            time_left: Duration::from_secs(10),
        }
    }

    /// The header and the body of this call on the wire. The body is opaque to every process that only passes it on.
    #[must_use]
    pub fn encode(&self) -> (Bytes, Bytes) {
        (self.head().encode_to_vec().into(), self.op.encode_to_vec().into())
    }

    /// The header alone.
    #[must_use]
    pub fn head(&self) -> CallHead {
        let (stale, max_stale_ms) = match self.consistency {
            Consistency::Stale { max } => (true, max.map(|max| max.as_millis().try_into().unwrap_or(u64::MAX))),
            Consistency::Default | Consistency::Consistent => (false, None),
        };
        CallHead {
            dc: self.dc.as_ref().map(|dc| dc.0.clone()),
            stale,
            max_stale_ms,
            consistent: self.consistency == Consistency::Consistent,
            wait_index: self.wait.map(|wait| wait.index),
            wait_ms: self.wait.map_or(0, |wait| wait.limit.as_millis().try_into().unwrap_or(u64::MAX)),
            token: self.token.0.clone(),
            trace: if self.trace.parent.is_empty() { None } else { Some(self.trace.clone()) },
            via: self.via.iter().map(|dc| dc.0.clone()).collect(),
            hops_left: self.hops_left,
            time_left_us: self.time_left.as_micros().try_into().unwrap_or(u64::MAX),
        }
    }

    /// Reads a call off the wire.
    ///
    /// # Errors
    /// [`crate::Code::Protocol`] for bytes that are no call, [`crate::Code::Unsupported`] for an operation this build does not know.
    pub fn decode(head: Bytes, body: Bytes) -> Result<Self, Error> {
        let head = CallHead::decode(head).map_err(|e| Error::protocol(format!("call header: {e}")))?;
        let op = Envelope::decode(body).map_err(|e| Error::protocol(format!("call body: {e}")))?.into_op()?;
        head.with_op(Arc::new(op))
    }
}

/// The header of a call on the wire.
#[derive(Clone, PartialEq, Eq, prost::Message)]
#[prost(skip_debug)]
pub struct CallHead {
    /// See [`Call::dc`].
    #[prost(string, optional, tag = 1)]
    pub dc: Option<String>,
    /// [`Consistency::Stale`].
    #[prost(bool, tag = 2)]
    pub stale: bool,
    /// The greatest age a stale answer may have, in milliseconds.
    #[prost(uint64, optional, tag = 3)]
    pub max_stale_ms: Option<u64>,
    /// [`Consistency::Consistent`].
    #[prost(bool, tag = 4)]
    pub consistent: bool,
    /// [`Wait::index`].
    #[prost(uint64, optional, tag = 5)]
    pub wait_index: Option<u64>,
    /// [`Wait::limit`], in milliseconds.
    #[prost(uint64, tag = 6)]
    pub wait_ms: u64,
    /// A secret: never logged, never printed.
    #[prost(string, tag = 7)]
    pub token: String,
    /// See [`Call::trace`].
    #[prost(message, optional, tag = 8)]
    pub trace: Option<Trace>,
    /// See [`Call::via`].
    #[prost(string, repeated, tag = 9)]
    pub via: Vec<String>,
    /// See [`Call::hops_left`].
    #[prost(uint32, tag = 10)]
    pub hops_left: u32,
    /// See [`Call::time_left`], in microseconds.
    #[prost(uint64, tag = 11)]
    pub time_left_us: u64,
}

impl CallHead {
    /// The call this header belongs to, once its body is known.
    ///
    /// # Errors
    /// [`crate::Code::Protocol`] for an impossible header.
    pub fn with_op(self, op: Arc<Op>) -> Result<Call, Error> {
        if self.stale && self.consistent {
            return Err(Error::protocol("call header: both stale and consistent"));
        }
        if self.hops_left > MAX_HOPS || self.via.len() > MAX_HOPS as usize {
            return Err(Error::protocol("call header: more hops than there can be"));
        }
        let consistency = match (self.stale, self.consistent) {
            (true, _) => Consistency::Stale { max: self.max_stale_ms.map(Duration::from_millis) },
            (_, true) => Consistency::Consistent,
            _ => Consistency::Default,
        };
        Ok(Call {
            op,
            dc: self.dc.map(Datacenter),
            consistency,
            wait: self.wait_index.map(|index| Wait { index, limit: Duration::from_millis(self.wait_ms) }),
            token: Token(self.token),
            trace: self.trace.unwrap_or_default(),
            via: self.via.into_iter().map(Datacenter).collect(),
            hops_left: self.hops_left,
            time_left: Duration::from_micros(self.time_left_us),
        })
    }
}

/// A token is a secret, so is the header that carries one.
impl std::fmt::Debug for CallHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallHead").field("dc", &self.dc).field("via", &self.via).finish_non_exhaustive()
    }
}

/// A datacenter's name, lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Datacenter(pub String);

impl std::fmt::Display for Datacenter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Datacenter {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// The secret a caller shows. It has no printing `Debug`, so that no log can hold one.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "Token(none)" } else { "Token(hidden)" })
    }
}

/// How fresh a read must be (Consul's consistency modes).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Consistency {
    /// The leader, under its lease.
    #[default]
    Default,
    /// The leader, after a quorum confirmed that it is the leader: linearizable.
    Consistent,
    /// Any server, saying how old its state is; with `max`, the leader when it would be older.
    Stale {
        /// The greatest age the caller takes.
        max: Option<Duration>,
    },
}

/// A blocking read: answer when the index has passed `index`, or after `limit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The index the caller has seen.
    pub index: u64,
    /// How long to wait.
    pub limit: Duration,
}
