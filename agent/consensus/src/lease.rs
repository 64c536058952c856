//! Whether this node, as leader, may answer a read alone.

use crate::RaftId;
use crate::types::TypeConfig;
use openraft::async_runtime::watch::WatchReceiver;
use openraft::{Instant, RaftMetrics};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub(crate) type Metrics = RaftMetrics<TypeConfig>;
pub(crate) type MetricsReceiver = openraft::type_config::alias::WatchReceiverOf<TypeConfig, Metrics>;

/// The terms in which no lease holds any more, although their leader leads on.
///
/// A leader that names its successor frees the others of their promise to refuse one, whether the transfer works out or not, and
/// a delayed message may free them late: so the lease of that term is gone for good, before the message leaves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Revoked(Arc<AtomicU64>);

impl Revoked {
    pub(crate) fn revoke(&self, term: u64) {
        self.0.fetch_max(term, Ordering::SeqCst);
    }

    fn is(&self, term: u64) -> bool {
        self.0.load(Ordering::SeqCst) >= term
    }
}

/// Why there is no lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoLease {
    /// Another node leads, or none.
    NotLeader,
    /// This node leads, but must ask the others.
    Expired,
}

/// Looks at the lease without asking anyone.
pub(crate) struct Lease {
    pub(crate) id: RaftId,
    pub(crate) length: Duration,
    pub(crate) revoked: Revoked,
    /// Behind a lock for `Sync` alone: the receiver is only borrowed from, for a moment.
    pub(crate) metrics: Mutex<MetricsReceiver>,
}

impl Lease {
    pub(crate) fn check(&self) -> Result<(), NoLease> {
        let metrics = self.metrics.lock();
        // Holding this blocks raft: copy what is needed, and let go.
        let now = metrics.borrow_watched();
        if !now.vote.is_committed() || now.vote.leader_id.voted_for != self.id || now.running_state.is_err() {
            return Err(NoLease::NotLeader);
        }
        let term = now.vote.leader_id.term;
        // What earlier leaders acknowledged is in the state only once an entry of our own term is.
        if now.last_applied.is_none_or(|applied| applied.leader_id.term < term) {
            return Err(NoLease::Expired);
        }
        if alone(&now, self.id) {
            return Ok(());
        }
        let fresh = now.last_quorum_acked.is_some_and(|acked| acked.elapsed() < self.length);
        if fresh && !self.revoked.is(term) { Ok(()) } else { Err(NoLease::Expired) }
    }

    /// How long ago a majority last answered this node as its leader; `None` if it has not yet.
    pub(crate) fn quorum_age(&self) -> Option<Duration> {
        let metrics = self.metrics.lock();
        let acked = metrics.borrow_watched().last_quorum_acked;
        acked.map(|acked| acked.elapsed())
    }
}

/// Whether `id` is the only voter: then there is nobody to ask.
pub(crate) fn alone(metrics: &Metrics, id: RaftId) -> bool {
    let configs = metrics.membership_config.membership().get_joint_config();
    !configs.is_empty() && configs.iter().all(|voters| voters.len() == 1 && voters.contains(&id))
}
