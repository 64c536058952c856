//! What the log did so far, and the machine with it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Counters of the log since it was opened. All only grow.
#[derive(Debug, Default)]
pub struct LogCounters {
    entries: AtomicU64,
    commits: AtomicU64,
    bytes: AtomicU64,
    commit_micros: AtomicU64,
    applies: AtomicU64,
    apply_micros: AtomicU64,
}

impl LogCounters {
    /// Entries made durable.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries.load(Relaxed)
    }

    /// Commits, each with its fsync.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.commits.load(Relaxed)
    }

    /// Bytes of the entries made durable.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// Time spent in commits.
    #[must_use]
    pub fn commit_time(&self) -> Duration {
        Duration::from_micros(self.commit_micros.load(Relaxed))
    }

    /// Batches of entries applied and published.
    #[must_use]
    pub fn applies(&self) -> u64 {
        self.applies.load(Relaxed)
    }

    /// Time spent in applying and publishing.
    #[must_use]
    pub fn apply_time(&self) -> Duration {
        Duration::from_micros(self.apply_micros.load(Relaxed))
    }

    /// How well commits are shared: entries per fsync, 0 before the first.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a ratio for display")]
    pub fn entries_per_fsync(&self) -> f64 {
        match self.commits() {
            0 => 0.0,
            commits => self.entries() as f64 / commits as f64,
        }
    }

    pub(super) fn committed(&self, entries: u64, bytes: u64, took: Duration) {
        self.entries.fetch_add(entries, Relaxed);
        self.commits.fetch_add(1, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
        self.commit_micros.fetch_add(micros(took), Relaxed);
    }

    pub(crate) fn applied(&self, took: Duration) {
        self.applies.fetch_add(1, Relaxed);
        self.apply_micros.fetch_add(micros(took), Relaxed);
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
