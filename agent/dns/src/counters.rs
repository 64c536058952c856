//! What happened here, for `/v1/agent/metrics`.

use std::sync::atomic::{AtomicU64, Ordering};

/// What happened here since the process began.
#[derive(Debug, Default)]
pub struct Counters {
    /// Questions read.
    pub queries: AtomicU64,
    /// Of these, answered from what was prepared.
    pub prepared: AtomicU64,
    /// Of these, given to others to resolve.
    pub recursed: AtomicU64,
    /// Dropped, since whoever asked has given up by then.
    pub expired: AtomicU64,
    /// Dropped, since too many are being looked up.
    pub overloaded: AtomicU64,
    /// Answers that could not be sent.
    pub unsent: AtomicU64,
    /// Answers from a state more than five seconds old.
    pub stale: AtomicU64,
    /// TCP connections refused, since there were too many.
    pub refused: AtomicU64,
}

impl Counters {
    /// All of them, by the names under which they are shown.
    #[must_use]
    pub fn all(&self) -> [(&'static str, u64); 8] {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [
            ("dns.queries", of(&self.queries)),
            ("dns.prepared", of(&self.prepared)),
            ("dns.recursed", of(&self.recursed)),
            ("dns.dropped.expired", of(&self.expired)),
            ("dns.dropped.overloaded", of(&self.overloaded)),
            ("dns.dropped.unsent", of(&self.unsent)),
            ("dns.stale_queries", of(&self.stale)),
            ("dns.refused_connections", of(&self.refused)),
        ]
    }
}

/// One more.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
