//! What handles, runner and results have in common.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::roster::Roster;

/// The roster, and who goes by it. The lock is never held across a wait.
pub(crate) struct Shared {
    pub(crate) roster: Mutex<Roster>,
    /// Told when the roster changed.
    pub(crate) changed: Notify,
    pub(crate) started: Instant,
    /// How many can ask for something.
    handles: AtomicUsize,
}

impl Shared {
    /// With one handle.
    pub(crate) fn new(roster: Roster) -> Self {
        Self { roster: Mutex::new(roster), changed: Notify::new(), started: Instant::now(), handles: AtomicUsize::new(1) }
    }

    pub(crate) fn add_handle(&self) {
        self.handles.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn drop_handle(&self) {
        self.handles.fetch_sub(1, Ordering::AcqRel);
        self.changed.notify_one();
    }

    /// Since the runner was started; what the roster calls the time.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether nobody can ask for anything any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.handles.load(Ordering::Acquire) == 0
    }
}
