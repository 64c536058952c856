//! The calls raft nodes make to each other.
//!
//! Every call names the raft id it is meant for: after a disk was wiped, another raft node answers at the same address.

use super::{EntryRecord, LogIdRecord, Malformed, Nothing, VoteRecord};
use crate::RaftId;
use crate::types::{LogId, TypeConfig, Vote};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, TransferLeaderError, TransferLeaderRequest, TransferLeaderResponse, VoteRequest,
    VoteResponse,
};

/// `AppendEntries`; without entries it is a heartbeat.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct AppendRecord {
    #[prost(fixed64, tag = 1)]
    pub(crate) to: u64,
    #[prost(message, optional, tag = 2)]
    pub(crate) vote: Option<VoteRecord>,
    #[prost(message, optional, tag = 3)]
    pub(crate) prev: Option<LogIdRecord>,
    #[prost(message, optional, tag = 4)]
    pub(crate) commit: Option<LogIdRecord>,
    #[prost(message, repeated, tag = 5)]
    pub(crate) entries: Vec<EntryRecord>,
}

impl AppendRecord {
    pub(crate) fn new(to: RaftId, request: &AppendEntriesRequest<TypeConfig>) -> Self {
        Self {
            to: to.0,
            vote: Some((&request.vote).into()),
            prev: request.prev_log_id.as_ref().map(LogIdRecord::from),
            commit: request.leader_commit.as_ref().map(LogIdRecord::from),
            entries: request.entries.iter().map(EntryRecord::from).collect(),
        }
    }

    /// Checks what openraft relies on: an elected sender, entries without a gap, no entry from after the sender's term.
    pub(crate) fn into_request(self) -> Result<AppendEntriesRequest<TypeConfig>, Malformed> {
        const WHAT: &str = "append request";
        let vote = elected(WHAT, self.vote)?;
        let mut next = self.prev.map_or(0, |prev| prev.index.saturating_add(1));
        let mut term = self.prev.map_or(0, |prev| prev.term);
        for entry in &self.entries {
            if entry.index != next {
                return Err(Malformed::new(WHAT, format_args!("entry {} where {next} should be", entry.index)));
            }
            if entry.term < term || entry.term > vote.leader_id.term {
                return Err(Malformed::new(WHAT, format_args!("entry {} has term {} out of order", entry.index, entry.term)));
            }
            (next, term) = (next.saturating_add(1), entry.term);
        }
        Ok(AppendEntriesRequest {
            vote,
            prev_log_id: self.prev.map(LogId::from),
            entries: self.entries.into_iter().map(EntryRecord::into_entry).collect::<Result<_, _>>()?,
            leader_commit: self.commit.map(LogId::from),
        })
    }
}

/// The answer to [`AppendRecord`].
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct AppendReplyRecord {
    #[prost(oneof = "AppendOutcome", tags = "1, 2, 3, 4")]
    pub(crate) outcome: Option<AppendOutcome>,
}

#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub(crate) enum AppendOutcome {
    #[prost(message, tag = 1)]
    Success(Nothing),
    #[prost(message, tag = 2)]
    Partial(UpTo),
    #[prost(message, tag = 3)]
    Conflict(Nothing),
    #[prost(message, tag = 4)]
    HigherVote(VoteRecord),
}

/// The last entry that matches, if any.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct UpTo {
    #[prost(message, optional, tag = 1)]
    pub(crate) last: Option<LogIdRecord>,
}

impl From<&AppendEntriesResponse<TypeConfig>> for AppendReplyRecord {
    fn from(response: &AppendEntriesResponse<TypeConfig>) -> Self {
        let outcome = match response {
            AppendEntriesResponse::Success => AppendOutcome::Success(Nothing {}),
            AppendEntriesResponse::PartialSuccess(last) => AppendOutcome::Partial(UpTo { last: last.as_ref().map(LogIdRecord::from) }),
            AppendEntriesResponse::Conflict => AppendOutcome::Conflict(Nothing {}),
            AppendEntriesResponse::HigherVote(vote) => AppendOutcome::HigherVote(vote.into()),
        };
        Self { outcome: Some(outcome) }
    }
}

impl TryFrom<AppendReplyRecord> for AppendEntriesResponse<TypeConfig> {
    type Error = Malformed;

    fn try_from(record: AppendReplyRecord) -> Result<Self, Malformed> {
        Ok(match record.outcome.ok_or_else(|| Malformed::missing("append reply", "outcome"))? {
            AppendOutcome::Success(Nothing {}) => Self::Success,
            AppendOutcome::Partial(UpTo { last }) => Self::PartialSuccess(last.map(LogId::from)),
            AppendOutcome::Conflict(Nothing {}) => Self::Conflict,
            AppendOutcome::HigherVote(vote) => Self::HigherVote(vote.into()),
        })
    }
}

/// `RequestVote`, or the question before it whether a vote would be granted.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct VoteCallRecord {
    #[prost(fixed64, tag = 1)]
    pub(crate) to: u64,
    #[prost(message, optional, tag = 2)]
    pub(crate) vote: Option<VoteRecord>,
    #[prost(message, optional, tag = 3)]
    pub(crate) last: Option<LogIdRecord>,
    #[prost(bool, tag = 4)]
    pub(crate) pre_vote: bool,
    #[prost(bool, tag = 5)]
    pub(crate) transfer: bool,
}

impl VoteCallRecord {
    pub(crate) fn new(to: RaftId, request: &VoteRequest<TypeConfig>, pre_vote: bool) -> Self {
        Self {
            to: to.0,
            vote: Some((&request.vote).into()),
            last: request.last_log_id.as_ref().map(LogIdRecord::from),
            pre_vote,
            transfer: request.leadership_transfer,
        }
    }

    pub(crate) fn into_request(self) -> Result<VoteRequest<TypeConfig>, Malformed> {
        let vote = self.vote.ok_or_else(|| Malformed::missing("vote request", "vote"))?;
        Ok(VoteRequest { vote: vote.into(), last_log_id: self.last.map(LogId::from), leadership_transfer: self.transfer })
    }
}

/// The answer to [`VoteCallRecord`].
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct VoteReplyRecord {
    #[prost(message, optional, tag = 1)]
    pub(crate) vote: Option<VoteRecord>,
    #[prost(bool, tag = 2)]
    pub(crate) granted: bool,
    #[prost(message, optional, tag = 3)]
    pub(crate) last: Option<LogIdRecord>,
}

impl From<&VoteResponse<TypeConfig>> for VoteReplyRecord {
    fn from(response: &VoteResponse<TypeConfig>) -> Self {
        Self {
            vote: Some((&response.vote).into()),
            granted: response.vote_granted,
            last: response.last_log_id.as_ref().map(LogIdRecord::from),
        }
    }
}

impl TryFrom<VoteReplyRecord> for VoteResponse<TypeConfig> {
    type Error = Malformed;

    fn try_from(record: VoteReplyRecord) -> Result<Self, Malformed> {
        let vote = record.vote.ok_or_else(|| Malformed::missing("vote reply", "vote"))?;
        Ok(Self { vote: vote.into(), vote_granted: record.granted, last_log_id: record.last.map(LogId::from) })
    }
}

/// The leader names its successor to everyone.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct TransferRecord {
    #[prost(fixed64, tag = 1)]
    pub(crate) to: u64,
    #[prost(message, optional, tag = 2)]
    pub(crate) from_leader: Option<VoteRecord>,
    #[prost(fixed64, tag = 3)]
    pub(crate) successor: u64,
    #[prost(message, optional, tag = 4)]
    pub(crate) last: Option<LogIdRecord>,
}

impl TransferRecord {
    pub(crate) fn new(to: RaftId, request: &TransferLeaderRequest<TypeConfig>) -> Self {
        Self {
            to: to.0,
            from_leader: Some(request.from_leader().into()),
            successor: request.to_node_id().0,
            last: request.last_log_id().map(LogIdRecord::from),
        }
    }

    pub(crate) fn into_request(self) -> Result<TransferLeaderRequest<TypeConfig>, Malformed> {
        let from = elected("transfer request", self.from_leader)?;
        Ok(TransferLeaderRequest::new(from, RaftId(self.successor), self.last.map(LogId::from)))
    }
}

/// The answer to [`TransferRecord`].
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct TransferReplyRecord {
    #[prost(oneof = "TransferOutcome", tags = "1, 2, 3")]
    pub(crate) outcome: Option<TransferOutcome>,
}

#[derive(Clone, Copy, PartialEq, Eq, prost::Oneof)]
pub(crate) enum TransferOutcome {
    #[prost(message, tag = 1)]
    Accepted(Nothing),
    #[prost(message, tag = 2)]
    VoteChanged(VotePair),
    #[prost(message, tag = 3)]
    NotFlushed(LogIdPair),
}

#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct VotePair {
    #[prost(message, optional, tag = 1)]
    pub(crate) expected: Option<VoteRecord>,
    #[prost(message, optional, tag = 2)]
    pub(crate) actual: Option<VoteRecord>,
}

#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct LogIdPair {
    #[prost(message, optional, tag = 1)]
    pub(crate) expected: Option<LogIdRecord>,
    #[prost(message, optional, tag = 2)]
    pub(crate) actual: Option<LogIdRecord>,
}

impl From<&TransferLeaderResponse<TypeConfig>> for TransferReplyRecord {
    fn from(response: &TransferLeaderResponse<TypeConfig>) -> Self {
        let outcome = match response {
            Ok(()) => TransferOutcome::Accepted(Nothing {}),
            Err(TransferLeaderError::VoteChanged { expected, actual }) => {
                TransferOutcome::VoteChanged(VotePair { expected: Some(expected.into()), actual: Some(actual.into()) })
            }
            Err(TransferLeaderError::LogNotFlushed { expected, actual }) => TransferOutcome::NotFlushed(LogIdPair {
                expected: expected.as_ref().map(LogIdRecord::from),
                actual: actual.as_ref().map(LogIdRecord::from),
            }),
        };
        Self { outcome: Some(outcome) }
    }
}

impl TransferReplyRecord {
    pub(crate) fn into_response(self) -> Result<TransferLeaderResponse<TypeConfig>, Malformed> {
        const WHAT: &str = "transfer reply";
        Ok(match self.outcome.ok_or_else(|| Malformed::missing(WHAT, "outcome"))? {
            TransferOutcome::Accepted(Nothing {}) => Ok(()),
            TransferOutcome::VoteChanged(VotePair { expected, actual }) => Err(TransferLeaderError::VoteChanged {
                expected: expected.ok_or_else(|| Malformed::missing(WHAT, "expected"))?.into(),
                actual: actual.ok_or_else(|| Malformed::missing(WHAT, "actual"))?.into(),
            }),
            TransferOutcome::NotFlushed(LogIdPair { expected, actual }) => {
                Err(TransferLeaderError::LogNotFlushed { expected: expected.map(LogId::from), actual: actual.map(LogId::from) })
            }
        })
    }
}

/// The vote of a sender that says it leads.
pub(crate) fn elected(what: &'static str, vote: Option<VoteRecord>) -> Result<Vote, Malformed> {
    let vote = vote.ok_or_else(|| Malformed::missing(what, "vote"))?;
    if !vote.committed {
        return Err(Malformed::new(what, "the sender was not elected"));
    }
    Ok(vote.into())
}
