//! What Delian processes of one datacenter say to each other: gRPC over HTTP/2 on the server port (8300).
//!
//! Three services share the port. `Calls` multiplexes every call between two processes over one bidirectional
//! stream of [`frame::Frames`]; `Raft` has unary methods on connections of its own, so that load on the edges
//! cannot delay a heartbeat; `Topology` streams snapshots of what a gateway knows. Heads and bodies are opaque
//! here: `api` and `consensus` say what is in them.
//!
//! A client is lazy: it dials on use, refuses without trying while it backs off, and says with every failure
//! whether the request can have been processed ([`CallError`]). The messages are written by hand with prost
//! derives and the services with tonic's generic `Grpc`, so that a build needs no protoc.

mod calls;
mod error;
pub mod frame;
mod handler;
mod limits;
mod payload;
mod peer;
mod raft;
mod topology;
mod transport;
pub mod wan;

pub use calls::client::CallsClient;
pub use error::{CallError, ConnectError, NotSent};
pub use handler::{CallHandler, RaftHandler, RaftHandlers, Refused, Reply, Services, SnapshotHandler, WatchHandler};
pub use limits::{ClientLimits, MAX_BODY_BYTES, MAX_HEAD_BYTES, PIECE_BYTES, ServerLimits};
pub use payload::{Chunk, Payload};
pub use peer::PeerInfo;
pub use raft::chunks::{Chunks, SnapshotBroken};
pub use raft::client::RaftClient;
pub use topology::client::{TopologyClient, Watch};
pub use transport::client_tls::{ClientTls, Generation};
pub use transport::connector::Connector;
pub use transport::server::serve;
