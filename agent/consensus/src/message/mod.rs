//! openraft's types as bytes: one prost form for the log, the snapshots and the wire.
//!
//! Tags are for ever: these bytes are on disks and come from servers of other versions. Every conversion from bytes is checked, for
//! openraft takes what it is given at its word and panics on what cannot be.

mod entry;
mod membership;
mod rpc;
mod snapshot;
mod vote;

pub(crate) use entry::{EntryRecord, LogIdRecord};
pub(crate) use membership::{MembershipRecord, StoredMembershipRecord};
pub(crate) use rpc::{AppendRecord, AppendReplyRecord, TransferRecord, TransferReplyRecord, VoteCallRecord, VoteReplyRecord, elected};
pub(crate) use snapshot::{SnapshotHeadRecord, SnapshotMetaRecord, SnapshotReplyRecord};
pub(crate) use vote::VoteRecord;

/// Bytes that are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed {what}: {reason}")]
pub struct Malformed {
    /// The message or record.
    pub what: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

impl Malformed {
    pub(crate) fn new(what: &'static str, reason: impl ToString) -> Self {
        Self { what, reason: reason.to_string() }
    }

    pub(crate) fn missing(what: &'static str, field: &str) -> Self {
        Self::new(what, format_args!("`{field}` is missing"))
    }
}

/// Decodes a prost message, naming it in the error.
pub(crate) fn decode<M: prost::Message + Default>(what: &'static str, bytes: impl bytes::Buf) -> Result<M, Malformed> {
    M::decode(bytes).map_err(|error| Malformed::new(what, error))
}

/// A message without fields: prost needs one to tell "none" from "unknown".
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct Nothing {}
