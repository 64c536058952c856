//! What is said about a snapshot, in its file and on the wire.

use super::{LogIdRecord, Malformed, StoredMembershipRecord, VoteRecord};
use crate::types::{LogId, SnapshotMeta};

/// The last entry a snapshot covers, and what must be known besides the state to go on from there.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct SnapshotMetaRecord {
    #[prost(message, optional, tag = 1)]
    pub(crate) last: Option<LogIdRecord>,
    #[prost(message, optional, tag = 2)]
    pub(crate) membership: Option<StoredMembershipRecord>,
    /// The greatest stamp among the entries covered.
    #[prost(uint64, tag = 3)]
    pub(crate) stamp_ms: u64,
}

impl SnapshotMetaRecord {
    pub(crate) fn new(meta: &SnapshotMeta, stamp_ms: u64) -> Self {
        Self { last: meta.last_log_id.as_ref().map(LogIdRecord::from), membership: Some((&meta.last_membership).into()), stamp_ms }
    }

    pub(crate) fn meta(&self) -> Result<SnapshotMeta, Malformed> {
        let membership = self.membership.clone().ok_or_else(|| Malformed::missing("snapshot header", "membership"))?;
        Ok(SnapshotMeta { last_log_id: self.last.map(LogId::from), last_membership: membership.try_into()? })
    }
}

/// The first message of a snapshot on its way; the chunks of the body follow.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct SnapshotHeadRecord {
    #[prost(fixed64, tag = 1)]
    pub(crate) to: u64,
    #[prost(message, optional, tag = 2)]
    pub(crate) vote: Option<VoteRecord>,
    #[prost(message, optional, tag = 3)]
    pub(crate) meta: Option<SnapshotMetaRecord>,
    /// Bytes of the body.
    #[prost(uint64, tag = 4)]
    pub(crate) length: u64,
}

/// The answer once it is installed.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct SnapshotReplyRecord {
    #[prost(message, optional, tag = 1)]
    pub(crate) vote: Option<VoteRecord>,
}
