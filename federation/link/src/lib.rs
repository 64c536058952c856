//! Links between datacenters: QUIC endpoints, connections, streams and datagrams (quinn).
//!
//! One UDP port serves three protocols, told apart by ALPN ([`Class`]): control (gossip and calls), mesh, and strangers
//! who ask to join. A gateway dials a connection per class and peer, keeps it, and sends on it; it serves those dialled
//! by others. [`Link::bind`] takes the port, [`Link::run`] serves it, a [`Handle`] sends, [`Inbound`] receives.
//!
//! What travels is opaque here: heads and bodies are bytes. `frame` draws the bytes around them.
//!
//! **Invariant:** a peer without a verified certificate gets one stream of 64 KiB and nothing else; every queue, map
//! and body fed from outside has a bound; an error says whether the request can have been processed.

/// From an `Incoming` to a served connection: admission, handshake, class.
mod accept;
/// Joins a source address may try per minute.
mod budget;
/// Control, mesh, strangers: ALPN and transport parameters.
mod class;
/// Application error codes on the wire.
mod code;
/// What a link is told at start.
mod config;
/// Making connections.
mod dialler;
/// What can go wrong for a caller.
mod error;
/// One request and its answer on a stream.
mod exchange;
/// The bytes on a stream.
mod frame;
/// The sending side.
mod handle;
/// What arrives.
mod inbound;
/// Bind, run, drain.
mod link;
/// Mesh streams.
mod mesh;
/// Whom to dial, who dialled.
mod peer;
/// Connections kept per peer.
mod pool;
/// Answering a request.
mod replier;
/// Serving a control connection.
mod serve;
/// What is shared by all parts of one link.
mod shared;
/// One dialled peer: down, dialling, up.
mod slot;
/// The UDP socket.
mod socket;
/// Path statistics.
mod stats;
/// rustls configurations made fit for QUIC.
mod tls;

pub use class::Class;
pub use class::Congestion;
pub use config::Limits;
pub use config::LinkConfig;
pub use error::BindError;
pub use error::DialError;
pub use error::LinkError;
pub use error::Lost;
pub use error::NotSent;
pub use error::ReplyError;
pub use error::TlsError;
pub use handle::Handle;
pub use inbound::Call;
pub use inbound::Gossip;
pub use inbound::Inbound;
pub use inbound::Join;
pub use inbound::MeshRequest;
pub use link::Link;
pub use mesh::MeshStream;
pub use peer::EXPORTER_BYTES;
pub use peer::Exporter;
pub use peer::Peer;
pub use peer::PeerInfo;
pub use replier::Replier;
pub use stats::PathState;
pub use stats::PathStats;
pub use tls::ClientTls;
pub use tls::FixedTls;
pub use tls::TlsSource;

#[cfg(test)]
mod tests;
