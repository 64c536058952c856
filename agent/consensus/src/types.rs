//! openraft's types, made concrete once: no type parameter of it leaves this crate.

use crate::{Node, Outcome, Proposal, RaftId};
use openraft::impls::leader_id_std;

openraft::declare_raft_types!(
    /// One leader per term (standard Raft), so that a log id is a term and an index.
    pub(crate) TypeConfig:
        D = Proposal,
        R = Outcome,
        NodeId = RaftId,
        Node = Node,
        LeaderId = leader_id_std::LeaderId<u64, RaftId>,
);

pub(crate) type CommittedLeaderId = openraft::type_config::alias::CommittedLeaderIdOf<TypeConfig>;
pub(crate) type LogId = openraft::type_config::alias::LogIdOf<TypeConfig>;
pub(crate) type Vote = openraft::type_config::alias::VoteOf<TypeConfig>;
pub(crate) type Entry = openraft::type_config::alias::EntryOf<TypeConfig>;
pub(crate) type Payload = openraft::type_config::alias::PayloadOf<TypeConfig>;
pub(crate) type RaftMembership = openraft::Membership<RaftId, Node>;
pub(crate) type StoredMembership = openraft::type_config::alias::StoredMembershipOf<TypeConfig>;
pub(crate) type SnapshotMeta = openraft::type_config::alias::SnapshotMetaOf<TypeConfig>;

/// A log id from its parts.
pub(crate) fn log_id(term: u64, index: u64) -> LogId {
    LogId { leader_id: CommittedLeaderId::new(term), index }
}
