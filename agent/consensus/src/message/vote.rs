//! A vote: who may lead in a term, and whether a quorum agreed.

use crate::RaftId;
use crate::types::Vote;

#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct VoteRecord {
    #[prost(uint64, tag = 1)]
    pub(crate) term: u64,
    #[prost(fixed64, tag = 2)]
    pub(crate) node: u64,
    #[prost(bool, tag = 3)]
    pub(crate) committed: bool,
}

impl From<&Vote> for VoteRecord {
    fn from(vote: &Vote) -> Self {
        Self { term: vote.leader_id.term, node: vote.leader_id.voted_for.0, committed: vote.committed }
    }
}

impl From<VoteRecord> for Vote {
    fn from(record: VoteRecord) -> Self {
        let node = RaftId(record.node);
        if record.committed { Self::new_committed(record.term, node) } else { Self::new(record.term, node) }
    }
}
