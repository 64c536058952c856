//! What is seen of raft from outside.

use crate::lease::Metrics;
use crate::{Member, RaftId};
use openraft::{Instant as _, ServerState};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A node's part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Takes entries, and neither votes nor runs: not promoted yet, or not a member at all.
    #[default]
    Learner,
    /// Follows a leader, or waits for one.
    Follower,
    /// Runs for leader.
    Candidate,
    /// Leads.
    Leader,
    /// Stopped.
    Stopped,
}

/// A node at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Its part.
    pub role: Role,
    /// The term it is in.
    pub term: u64,
    /// The leader it knows.
    pub leader: Option<Member>,
    /// The last index in its log; 0 for an empty one.
    pub last_log: u64,
    /// The last index it knows to be on the disks of a majority.
    pub committed: u64,
    /// The last index applied.
    pub applied: u64,
    /// The last index the newest snapshot covers.
    pub snapshot: u64,
    /// The last index dropped from the front of the log.
    pub purged: u64,
    /// Voters.
    pub voters: usize,
    /// Whether this node is one of them.
    pub is_voter: bool,
}

impl Status {
    pub(crate) fn of(metrics: &Metrics) -> Self {
        let membership = metrics.membership_config.membership();
        let index = |id: Option<crate::types::LogId>| id.map_or(0, |id| id.index);
        let leader = metrics.current_leader.and_then(|id| Some(Member { id, node: membership.get_node(&id)?.clone() }));
        Self {
            role: match metrics.state {
                _ if metrics.running_state.is_err() => Role::Stopped,
                ServerState::Learner => Role::Learner,
                ServerState::Follower => Role::Follower,
                ServerState::Candidate => Role::Candidate,
                ServerState::Leader => Role::Leader,
                ServerState::Shutdown => Role::Stopped,
            },
            term: metrics.current_term,
            leader,
            last_log: metrics.last_log_index.unwrap_or(0),
            committed: index(metrics.local_committed),
            applied: index(metrics.last_applied),
            snapshot: index(metrics.snapshot),
            purged: index(metrics.purged),
            voters: membership.voter_ids().count(),
            is_voter: membership.voter_ids().any(|id| id == metrics.id),
        }
    }
}

/// Another node, as the leader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    /// Its raft id.
    pub id: RaftId,
    /// The last index known to be on its disk.
    pub matched: u64,
    /// How long ago a call that it answered was sent; `None` if it answered none.
    pub last_contact: Option<Duration>,
}

impl Follower {
    /// Everyone the leader replicates to; empty on other nodes.
    pub(crate) fn all(metrics: &Metrics) -> Vec<Self> {
        let heartbeats = metrics.heartbeat.as_ref();
        let follower = |(id, matched): (&RaftId, &Option<crate::types::LogId>)| Self {
            id: *id,
            matched: matched.map_or(0, |matched| matched.index),
            last_contact: heartbeats.and_then(|all| all.get(id)).copied().flatten().map(|at| at.elapsed()),
        };
        metrics.replication.iter().flatten().map(follower).filter(|follower| follower.id != metrics.id).collect()
    }
}

/// When the leader was last heard.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastContact(Arc<Mutex<Option<Instant>>>);

impl LastContact {
    pub(crate) fn now(&self) {
        *self.0.lock() = Some(Instant::now());
    }

    pub(crate) fn age(&self) -> Option<Duration> {
        self.0.lock().map(|at| at.elapsed())
    }
}
