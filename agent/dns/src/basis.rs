//! How long an answer may be given again.

use dispatch::Holds;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What an answer was made from.
#[derive(Default)]
pub(crate) struct Basis {
    /// State of this process.
    made_here: Vec<Holds>,
    /// Replies of others, which are watched.
    watched: Vec<Arc<Watched>>,
    /// Something else, that may be different the next time.
    passing: bool,
}

/// A reply of another process that somebody waits for a change of.
#[derive(Default)]
pub(crate) struct Watched {
    changed: AtomicBool,
    used: AtomicBool,
}

impl Basis {
    /// An answer that may not be given again.
    pub(crate) fn passing() -> Self {
        Self { passing: true, ..Self::default() }
    }

    pub(crate) fn add_holds(&mut self, holds: Holds) {
        self.made_here.push(holds);
    }

    pub(crate) fn add_watched(&mut self, watched: Arc<Watched>) {
        self.watched.push(watched);
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.made_here.extend(other.made_here);
        self.watched.extend(other.watched);
        self.passing |= other.passing;
    }

    /// Whether it is worth to keep the answer.
    pub(crate) fn lasts(&self) -> bool {
        let rests_on_something = !self.made_here.is_empty() || !self.watched.is_empty();
        rests_on_something && !self.passing
    }

    /// Whether the answer may be given now. `fresh` says whether the state here is young enough.
    pub(crate) fn holds(&self, fresh: bool) -> bool {
        (fresh || self.made_here.is_empty()) && self.made_here.iter().all(Holds::is_current) && self.watched.iter().all(|one| one.use_it())
    }
}

impl Watched {
    pub(crate) fn set_changed(&self) {
        self.changed.store(true, Ordering::Release);
    }

    /// Whether it was used since this was asked last.
    pub(crate) fn take_used(&self) -> bool {
        self.used.swap(false, Ordering::Relaxed)
    }

    fn use_it(&self) -> bool {
        // Written once per period only: a line that all write to would be fought for.
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
        !self.changed.load(Ordering::Acquire)
    }
}
