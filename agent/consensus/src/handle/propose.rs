//! Writes.

use super::Consensus;
use crate::types::TypeConfig;
use crate::{FatalError, LogCounters, Member, Outcome, Proposal};
use bytes::Bytes;
use dispatch::Timing;
use openraft::errors::{ClientWriteError, ForwardToLeader, RaftError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Why a write was not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProposeError {
    /// This node does not lead, or cannot prove it at the moment. Not processed.
    #[error("not the leader")]
    NotLeader {
        /// Who does, as far as is known.
        leader: Option<Member>,
    },
    /// Too many proposals are on their way. Not processed.
    #[error("too many proposals")]
    Busy,
    /// Leadership was lost while the write was under way. **It may have been processed, or may yet be.**
    #[error("leadership was lost while the write was under way")]
    Lost,
    /// This node stopped. **The write may have been processed.**
    #[error("raft stopped: {0}")]
    Fatal(FatalError),
}

impl ProposeError {
    /// Whether the write may have happened, so that repeating it could make it happen twice.
    #[must_use]
    pub const fn may_have_been_processed(&self) -> bool {
        match self {
            Self::NotLeader { .. } | Self::Busy => false,
            Self::Lost | Self::Fatal(_) => true,
        }
    }
}

impl Consensus {
    /// Proposes an encoded write ([`dispatch::Log::propose`] takes one as it is), and returns what applying it yielded, once it is on the disks of a majority, applied and published
    /// here. Dropping the future does not take the proposal back.
    ///
    /// # Errors
    /// [`ProposeError`]; ask it whether the write may have been processed.
    pub async fn commit(&self, body: Bytes) -> Result<Outcome, ProposeError> {
        let node = &*self.0;
        let began = Instant::now();
        let Ok(Ok(_room)) = tokio::time::timeout(node.admission_wait, node.proposals.acquire()).await else {
            return Err(ProposeError::Busy);
        };
        let unix_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        let proposal = Proposal { stamp_ms: node.clock.now_ms(), seed: rand::random(), body, unix_ms };
        let (queue, before) = (began.elapsed(), Spent::so_far(&node.counters));
        match node.raft.client_write(proposal).await {
            Ok(written) => {
                Spent::so_far(&node.counters).since(before, queue).note();
                Ok(written.data)
            }
            Err(RaftError::APIError(ClientWriteError::ForwardToLeader(forward))) => {
                Err(ProposeError::NotLeader { leader: leader(forward) })
            }
            // The other variants are of membership changes.
            Err(RaftError::APIError(_)) => Err(ProposeError::Lost),
            Err(RaftError::Fatal(error)) => Err(ProposeError::Fatal(self.stopped(error))),
        }
    }

    pub(super) fn stopped(&self, error: openraft::errors::Fatal<TypeConfig>) -> FatalError {
        self.0.fatal.raised().unwrap_or_else(|| FatalError { what: "running raft", reason: error.to_string() })
    }
}

/// What commits and applying took so far: times, and how often.
#[derive(Clone, Copy)]
struct Spent {
    commits: (Duration, u64),
    applies: (Duration, u64),
}

impl Spent {
    fn so_far(counters: &LogCounters) -> Self {
        Self { commits: (counters.commit_time(), counters.commits()), applies: (counters.apply_time(), counters.applies()) }
    }

    /// The mean since `before`: a write shares one commit and one batch, and they are alike.
    fn since(self, before: Self, queue: Duration) -> Timing {
        let mean = |now: (Duration, u64), before: (Duration, u64)| {
            now.0.saturating_sub(before.0).checked_div(now.1.saturating_sub(before.1).try_into().unwrap_or(u32::MAX))
        };
        Timing { queue, fsync: mean(self.commits, before.commits).unwrap_or_default(), apply: mean(self.applies, before.applies) }
    }
}

pub(super) fn leader(forward: ForwardToLeader<TypeConfig>) -> Option<Member> {
    Some(Member { id: forward.leader_id?, node: forward.leader_node? })
}
