//! A log entry.

use super::{Malformed, MembershipRecord, Nothing};
use crate::Proposal;
use crate::types::{Entry, LogId, Payload, log_id};

/// A term and an index.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct LogIdRecord {
    #[prost(uint64, tag = 1)]
    pub(crate) term: u64,
    #[prost(uint64, tag = 2)]
    pub(crate) index: u64,
}

impl From<&LogId> for LogIdRecord {
    fn from(id: &LogId) -> Self {
        Self { term: id.leader_id.term, index: id.index }
    }
}

impl From<LogIdRecord> for LogId {
    fn from(record: LogIdRecord) -> Self {
        log_id(record.term, record.index)
    }
}

/// An entry as it lies in the log and travels.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EntryRecord {
    #[prost(uint64, tag = 1)]
    pub(crate) term: u64,
    #[prost(uint64, tag = 2)]
    pub(crate) index: u64,
    #[prost(oneof = "PayloadRecord", tags = "3, 4, 5")]
    pub(crate) payload: Option<PayloadRecord>,
}

/// What an entry carries. Even "nothing" has a tag, so that a payload of a later version is not mistaken for it.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum PayloadRecord {
    #[prost(message, tag = 3)]
    Blank(Nothing),
    #[prost(message, tag = 4)]
    Proposal(Proposal),
    #[prost(message, tag = 5)]
    Membership(MembershipRecord),
}

impl From<&Entry> for EntryRecord {
    fn from(entry: &Entry) -> Self {
        let payload = match &entry.payload {
            Payload::Blank => PayloadRecord::Blank(Nothing {}),
            Payload::Normal(proposal) => PayloadRecord::Proposal(proposal.clone()),
            Payload::Membership(membership) => PayloadRecord::Membership(membership.into()),
        };
        Self { term: entry.log_id.leader_id.term, index: entry.log_id.index, payload: Some(payload) }
    }
}

impl EntryRecord {
    /// The entry, checked.
    pub(crate) fn into_entry(self) -> Result<Entry, Malformed> {
        let payload = match self.payload {
            Some(PayloadRecord::Blank(Nothing {})) => Payload::Blank,
            Some(PayloadRecord::Proposal(proposal)) => Payload::Normal(proposal),
            Some(PayloadRecord::Membership(membership)) => Payload::Membership(membership.try_into()?),
            None => return Err(Malformed::new("log entry", format_args!("entry {} has a payload this version does not know", self.index))),
        };
        Ok(Entry { log_id: log_id(self.term, self.index), payload })
    }
}
