//! The one timer queue of the driver.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use members::Timer;
use tokio::time::Instant;

/// Timers by due time. The core bounds their number: a few, and one per probe, suspicion and dead member.
#[derive(Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Entry>,
    sequence: u64,
}

struct Entry {
    order: Reverse<(Instant, u64)>,
    timer: Timer,
}

impl Timers {
    pub(super) fn push(&mut self, at: Instant, timer: Timer) {
        self.sequence += 1;
        self.heap.push(Entry { order: Reverse((at, self.sequence)), timer });
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|entry| entry.order.0.0)
    }

    /// Takes the next one that is due at `now`.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Timer> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|entry| entry.timer)
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}
