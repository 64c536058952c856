//! `delian.wire.v1.Raft`: requests between the servers of one raft cluster, with opaque contents.

pub(crate) mod chunks;
pub(crate) mod client;
pub(crate) mod server;

pub(crate) const APPEND: &str = "/delian.wire.v1.Raft/Append";
pub(crate) const VOTE: &str = "/delian.wire.v1.Raft/Vote";
pub(crate) const TRANSFER_LEADER: &str = "/delian.wire.v1.Raft/TransferLeader";
pub(crate) const SNAPSHOT: &str = "/delian.wire.v1.Raft/Snapshot";

/// The methods of the service.
#[derive(Clone, Copy)]
pub(crate) enum Method {
    Append,
    Vote,
    TransferLeader,
    Snapshot,
}

impl Method {
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path {
            APPEND => Some(Self::Append),
            VOTE => Some(Self::Vote),
            TRANSFER_LEADER => Some(Self::TransferLeader),
            SNAPSHOT => Some(Self::Snapshot),
            _ => None,
        }
    }
}
