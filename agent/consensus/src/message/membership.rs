//! Who votes and who learns.

use super::{LogIdRecord, Malformed};
use crate::types::{LogId, RaftMembership, StoredMembership};
use crate::{Node, RaftId};
use std::collections::{BTreeMap, BTreeSet};

/// One voter set, or two while the cluster moves from one to the other.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct MembershipRecord {
    #[prost(message, repeated, tag = 1)]
    pub(crate) configs: Vec<VotersRecord>,
    #[prost(message, repeated, tag = 2)]
    pub(crate) nodes: Vec<NodeRecord>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct VotersRecord {
    #[prost(fixed64, repeated, tag = 1)]
    pub(crate) ids: Vec<u64>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct NodeRecord {
    #[prost(fixed64, tag = 1)]
    pub(crate) id: u64,
    #[prost(string, tag = 2)]
    pub(crate) addr: String,
    #[prost(string, tag = 3)]
    pub(crate) node_id: String,
    #[prost(string, tag = 4)]
    pub(crate) name: String,
}

/// A membership and the entry it stands in.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct StoredMembershipRecord {
    #[prost(message, optional, tag = 1)]
    pub(crate) log_id: Option<LogIdRecord>,
    #[prost(message, optional, tag = 2)]
    pub(crate) membership: Option<MembershipRecord>,
}

impl From<&RaftMembership> for MembershipRecord {
    fn from(membership: &RaftMembership) -> Self {
        let voters = |ids: &BTreeSet<RaftId>| VotersRecord { ids: ids.iter().map(|id| id.0).collect() };
        let node = |(id, node): (&RaftId, &Node)| NodeRecord {
            id: id.0,
            addr: node.addr.clone(),
            node_id: node.node_id.clone(),
            name: node.name.clone(),
        };
        Self { configs: membership.get_joint_config().iter().map(voters).collect(), nodes: membership.nodes().map(node).collect() }
    }
}

impl TryFrom<MembershipRecord> for RaftMembership {
    type Error = Malformed;

    fn try_from(record: MembershipRecord) -> Result<Self, Malformed> {
        let configs = record.configs.into_iter().map(|voters| voters.ids.into_iter().map(RaftId).collect()).collect();
        let node = |n: NodeRecord| (RaftId(n.id), Node { addr: n.addr, node_id: n.node_id, name: n.name });
        let nodes: BTreeMap<RaftId, Node> = record.nodes.into_iter().map(node).collect();
        Self::new(configs, nodes).map_err(|error| Malformed::new("membership", error))
    }
}

impl From<&StoredMembership> for StoredMembershipRecord {
    fn from(stored: &StoredMembership) -> Self {
        Self { log_id: stored.log_id().as_ref().map(LogIdRecord::from), membership: Some(stored.membership().into()) }
    }
}

impl TryFrom<StoredMembershipRecord> for StoredMembership {
    type Error = Malformed;

    fn try_from(record: StoredMembershipRecord) -> Result<Self, Malformed> {
        let membership = record.membership.ok_or_else(|| Malformed::missing("membership", "membership"))?;
        Ok(Self::new(record.log_id.map(LogId::from), membership.try_into()?))
    }
}
