//! What reaches the owner task from handles and stream tasks.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use members::{Contact, DetailsError, FireError, GossipKey, KeyringError, KeyringOp, KeyringState, Left, Purpose, StreamError, UserEvent};
use tokio::sync::oneshot;

/// How one join ended, in words for the operator.
pub(crate) type JoinOutcome = Result<(), String>;

/// From a handle.
pub(crate) enum Command {
    Join { addr: SocketAddr, done: oneshot::Sender<JoinOutcome> },
    Leave { done: oneshot::Sender<()> },
    ForceLeave { name: String, prune: bool, done: oneshot::Sender<bool> },
    SetTags { tags: BTreeMap<String, String>, done: oneshot::Sender<Result<(), DetailsError>> },
    Fire { name: String, payload: Bytes, done: oneshot::Sender<Result<Arc<UserEvent>, FireError>> },
    Keys { done: oneshot::Sender<Vec<GossipKey>> },
    KeyringRequest { turn: u64, op: KeyringOp, done: oneshot::Sender<Result<Bytes, KeyringError>> },
    KeyringReply { bytes: Vec<u8>, done: oneshot::Sender<Result<KeyringState, StreamError>> },
    Keyring { op: KeyringOp, done: oneshot::Sender<Result<Vec<GossipKey>, KeyringError>> },
}

/// From a stream task.
pub(crate) enum StreamEvent {
    /// A peer's request; no answer means to hang up.
    Request { bytes: Vec<u8>, from: SocketAddr, reply: oneshot::Sender<Bytes> },
    /// A call to see whether somebody lives got so far.
    Contact { with: SocketAddr, contact: Contact },
    /// How a stream that we opened ended.
    Done { to: SocketAddr, purpose: Purpose, reply: Result<Vec<u8>, String> },
}

/// In words for the operator.
pub(crate) fn join_outcome(taken: Result<(), StreamError>) -> JoinOutcome {
    taken.map_err(|error| error.to_string())
}

/// In words for the operator.
pub(crate) fn left_outcome(left: Left) -> JoinOutcome {
    Err(left.to_string())
}
