//! The published state: snapshots for readers, wake-ups for watchers.

use crate::Topics;
use crate::cache::Cache;
use parking_lot::RwLock;
use state::{State, Touch};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The newest state, who waits for changes of it, and the answers made from it. One writer (the log) publishes; any number read.
pub struct Store {
    current: RwLock<Arc<State>>,
    /// Odd while a publication is under way: the snapshot is out, but not all of its topics are counted yet.
    publications: AtomicU64,
    pub(crate) topics: Arc<Topics>,
    pub(crate) cache: Cache,
}

impl Default for Store {
    fn default() -> Self {
        Self { current: RwLock::default(), publications: AtomicU64::new(0), topics: Arc::default(), cache: Cache::default() }
    }
}

impl Store {
    /// The newest snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Arc<State> {
        Arc::clone(&self.current.read())
    }

    /// Publishes the state after a batch of writes: first the snapshot, then the wake-ups, so that whoever wakes finds what woke
    /// him. A write is acknowledged only after this.
    pub fn publish(&self, state: State, touched: &[Touch]) {
        self.publications.fetch_add(1, Ordering::AcqRel);
        let state = Arc::new(state);
        let old = std::mem::replace(&mut *self.current.write(), state);
        self.topics.touch(touched);
        self.publications.fetch_add(1, Ordering::AcqRel);
        // Rows that only the old snapshot held are freed here, outside of every lock.
        drop(old);
    }

    /// Whether `snapshot` is the newest, with all of its topics counted: only then does the age of a shared answer show, and it may be
    /// given.
    pub(crate) fn is_settled_at(&self, snapshot: &Arc<State>) -> bool {
        let before = self.publications.load(Ordering::Acquire);
        before.is_multiple_of(2) && Arc::ptr_eq(&self.current.read(), snapshot) && self.publications.load(Ordering::Acquire) == before
    }

    /// Who waits for what.
    #[must_use]
    pub fn topics(&self) -> &Arc<Topics> {
        &self.topics
    }
}
