//! The timer queue of a driver.

use crate::Timer;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// Timers by due time, which is measured as `now` is: since the process started. What is due at one time comes in the
/// order it was pushed. The core bounds their number: a few, and one per probe, suspicion and dead member.
#[derive(Default)]
pub struct Timers {
    heap: BinaryHeap<Entry>,
    sequence: u64,
}

struct Entry {
    order: Reverse<(Duration, u64)>,
    timer: Timer,
}

impl Timers {
    /// Adds `timer`, due at `at`.
    pub fn push(&mut self, at: Duration, timer: Timer) {
        self.sequence += 1;
        self.heap.push(Entry { order: Reverse((at, self.sequence)), timer });
    }

    /// When the next one is due.
    #[must_use]
    pub fn next(&self) -> Option<Duration> {
        self.heap.peek().map(|entry| entry.order.0.0)
    }

    /// Takes the next one that is due at `now`.
    pub fn pop(&mut self, now: Duration) -> Option<Timer> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::Kind;

    #[test]
    fn come_by_time_and_then_by_order() {
        let ms = Duration::from_millis;
        let timer = |kind| Timer { kind, due: Duration::ZERO, put_off: false };
        let mut timers = Timers::default();
        timers.push(ms(20), timer(Kind::Reap));
        timers.push(ms(10), timer(Kind::Reconnect));
        timers.push(ms(10), timer(Kind::Reap));
        assert_eq!(timers.next(), Some(ms(10)));
        assert_eq!(timers.pop(ms(9)), None);
        assert_eq!(timers.pop(ms(10)), Some(timer(Kind::Reconnect)));
        assert_eq!(timers.pop(ms(10)), Some(timer(Kind::Reap)));
        assert_eq!(timers.pop(ms(19)), None);
        assert_eq!(timers.pop(ms(25)), Some(timer(Kind::Reap)));
        assert_eq!(timers.next(), None);
    }
}
