//! What a server measures beyond what every agent does.

use super::Office;
use consensus::Role;

impl Office {
    pub(super) fn levels(&self) -> Vec<(&'static str, f64)> {
        let status = self.consensus.status().borrow().clone();
        let log = self.consensus.log_counters();
        vec![
            ("raft.leader", if status.role == Role::Leader { 1.0 } else { 0.0 }),
            ("raft.term", status.term as f64),
            ("raft.last_index", status.last_log as f64),
            ("raft.applied_index", status.applied as f64),
            ("raft.peers", status.voters as f64),
            ("raft.log.entries_per_fsync", log.entries_per_fsync()),
            ("state.index", self.waist.store().snapshot().index() as f64),
            ("dispatch.blocked_reads", self.waist.blocked_reads() as f64),
            ("dispatch.topics", self.waist.store().topics().len() as f64),
        ]
    }

    pub(super) fn totals(&self) -> Vec<(&'static str, u64)> {
        let log = self.consensus.log_counters();
        vec![("raft.log.entries", log.entries()), ("raft.log.fsyncs", log.commits())]
    }
}
