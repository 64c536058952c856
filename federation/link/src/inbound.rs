use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::Exporter;
use crate::Limits;
use crate::MeshStream;
use crate::PeerInfo;
use crate::Replier;

/// The receiving ends of a link. One bounded queue per concern: a flood of calls must not drop gossip. What does not
/// fit is refused as busy (streams) or dropped (datagrams).
#[derive(Debug)]
pub struct Inbound {
    /// Calls of other gateways.
    pub calls: mpsc::Receiver<Call>,
    /// Gossip of other gateways.
    pub gossip: mpsc::Receiver<Gossip>,
    /// Strangers who ask to join.
    pub joins: mpsc::Receiver<Join>,
    /// Connections to carry.
    pub mesh: mpsc::Receiver<MeshRequest>,
}

/// A call: head and body as its sender gave them.
pub struct Call {
    /// Who calls.
    pub peer: Arc<PeerInfo>,
    /// Opaque head.
    pub head: Bytes,
    /// Opaque body.
    pub body: Bytes,
    /// Answer through this. Dropping it resets the stream.
    pub reply: Replier,
}

/// Gossip that arrived.
pub enum Gossip {
    /// A message without an answer: a datagram, or a unidirectional stream if it was too big for one.
    Datagram {
        /// Who sent it.
        peer: Arc<PeerInfo>,
        /// Opaque content.
        data: Bytes,
    },
    /// A push/pull exchange.
    Stream {
        /// Who asks.
        peer: Arc<PeerInfo>,
        /// Opaque content.
        data: Bytes,
        /// Answer through this, with an empty head.
        reply: Replier,
    },
}

/// A stranger's request to join.
pub struct Join {
    /// Where it came from. A certificate it showed proves that it holds the key in it, and nothing else.
    pub peer: Arc<PeerInfo>,
    /// Keying material of the TLS session, equal on the stranger's side: what a proof must cover.
    pub exporter: Exporter,
    /// Opaque request, at most 64 KiB.
    pub request: Bytes,
    /// Answer through this, with an empty head and at most 64 KiB.
    pub reply: Replier,
}

/// A connection another gateway asks to carry.
pub struct MeshRequest {
    /// Who asks.
    pub peer: Arc<PeerInfo>,
    /// Opaque head: destination and source.
    pub head: Bytes,
    /// The bytes to carry. Dropping it resets the stream.
    pub stream: MeshStream,
}

// Heads and bodies carry tokens and proofs: they are shown by their length only.

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call {{ from: {}, head: {} B, body: {} B }}", self.peer.addr, self.head.len(), self.body.len())
    }
}

impl fmt::Debug for Gossip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, peer, data) = match self {
            Self::Datagram { peer, data } => ("Datagram", peer, data),
            Self::Stream { peer, data, .. } => ("Stream", peer, data),
        };
        write!(f, "{kind} {{ from: {}, data: {} B }}", peer.addr, data.len())
    }
}

impl fmt::Debug for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Join {{ from: {}, request: {} B }}", self.peer.addr, self.request.len())
    }
}

impl fmt::Debug for MeshRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MeshRequest {{ from: {}, head: {} B }}", self.peer.addr, self.head.len())
    }
}

/// The sending ends, held by what serves connections.
#[derive(Debug, Clone)]
pub(crate) struct Queues {
    pub(crate) calls: mpsc::Sender<Call>,
    pub(crate) gossip: mpsc::Sender<Gossip>,
    pub(crate) joins: mpsc::Sender<Join>,
    pub(crate) mesh: mpsc::Sender<MeshRequest>,
}

pub(crate) fn queues(limits: &Limits) -> (Queues, Inbound) {
    let (calls, calls_out) = mpsc::channel(limits.call_queue);
    let (gossip, gossip_out) = mpsc::channel(limits.gossip_queue);
    let (joins, joins_out) = mpsc::channel(limits.joins);
    let (mesh, mesh_out) = mpsc::channel(limits.mesh_queue);
    let inbound = Inbound { calls: calls_out, gossip: gossip_out, joins: joins_out, mesh: mesh_out };
    (Queues { calls, gossip, joins, mesh }, inbound)
}
