//! What a server gives its requests to.
//!
//! Handlers are closures in an `Arc`, so that the binary wires crates together without a trait of this crate in
//! them. A handler's future is dropped when the caller has gone.

use crate::{peer::PeerInfo, raft::chunks::Chunks};
use bytes::Bytes;
use std::{pin::Pin, sync::Arc};
use tokio::sync::watch;

/// A future that a handler returns.
pub type Reply<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// `(peer, head, body)` of a call to `(head, body)` of its answer. Runs in a task of its own.
pub type CallHandler = Arc<dyn Fn(PeerInfo, Bytes, Bytes) -> Reply<(Bytes, Bytes)> + Send + Sync>;

/// `(peer, request)` of a raft request to its reply.
pub type RaftHandler = Arc<dyn Fn(PeerInfo, Bytes) -> Reply<Result<Bytes, Refused>> + Send + Sync>;

/// `(peer, chunks)` of an incoming snapshot to the reply. It must not install before [`Chunks::next`] says `None`.
pub type SnapshotHandler = Arc<dyn Fn(PeerInfo, Chunks) -> Reply<Result<Bytes, Refused>> + Send + Sync>;

/// `(peer, request)` of a watch to the value watched: sent at once and after every change. A slow reader skips to the newest.
pub type WatchHandler = Arc<dyn Fn(PeerInfo, Bytes) -> Reply<Result<watch::Receiver<Bytes>, Refused>> + Send + Sync>;

/// The services of one port; what is `None` is answered with gRPC's `UNIMPLEMENTED`.
#[derive(Clone, Default)]
pub struct Services {
    /// `delian.wire.v1.Calls`.
    pub calls: Option<CallHandler>,
    /// `delian.wire.v1.Raft`.
    pub raft: Option<RaftHandlers>,
    /// `delian.wire.v1.Topology`.
    pub topology: Option<WatchHandler>,
}

/// The methods of `delian.wire.v1.Raft`.
#[derive(Clone)]
pub struct RaftHandlers {
    /// `Append`: entries or a heartbeat.
    pub append: RaftHandler,
    /// `Vote`, and pre-vote.
    pub vote: RaftHandler,
    /// `TransferLeader`.
    pub transfer: RaftHandler,
    /// `Snapshot`.
    pub snapshot: SnapshotHandler,
}

/// A handler's word that it did not process the request; its text reaches the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);
