//! User events: short messages that every member is to get once, soon, and in no certain order.
//!
//! A Lamport clock orders them roughly, which is enough to tell an old one from a new one. What was seen is remembered for a while;
//! what is too old to be remembered is not taken, so that nothing is delivered twice.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

/// Longest name and payload of an event together, in bytes: with all around it, it stays below the 600 that are ever gossiped.
pub const USER_EVENT_MAX: usize = 512;

/// Steps of the clock after which an event is too old.
const WINDOW: u64 = 512;
/// Events remembered, so that they are not delivered again; more at once are not taken.
const SEEN_MAX: usize = 4096;
/// Events kept whole, for members that gossip missed.
const KEPT_MAX: usize = 128;
/// Clocks beyond this are refused on the wire, so that nobody can claim a last one.
pub(crate) const CLOCK_MAX: u64 = 1 << 48;

/// One user event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserEvent {
    /// When it was fired, by the pool's Lamport clock for events.
    pub ltime: u64,
    /// Tells it from all others.
    pub id: u128,
    /// Its name.
    pub name: String,
    /// What it carries; opaque to the pool.
    pub payload: Bytes,
}

/// An event that was not fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FireError {
    /// Name and payload are longer than [`USER_EVENT_MAX`].
    #[error("user event exceeds configured limit of {USER_EVENT_MAX} bytes before encoding")]
    TooLong,
    /// This node has left the pool.
    #[error(transparent)]
    Left(#[from] crate::Left),
}

/// The clock, and what was seen.
#[derive(Default)]
pub(crate) struct Happenings {
    clock: u64,
    /// Nothing older is taken: it happened before we were there.
    since: u64,
    seen: BTreeSet<(u64, u128)>,
    kept: VecDeque<(Duration, Arc<UserEvent>)>,
}

impl Happenings {
    /// A new event of our own.
    pub(crate) fn fire(&mut self, now: Duration, id: u128, name: String, payload: Bytes) -> Arc<UserEvent> {
        let event = Arc::new(UserEvent { ltime: self.clock.saturating_add(1).min(CLOCK_MAX), id, name, payload });
        self.handle(now, &event);
        event
    }

    /// Somebody's event. True if it is to be delivered and passed on.
    pub(crate) fn handle(&mut self, now: Duration, event: &Arc<UserEvent>) -> bool {
        self.clock = self.clock.max(event.ltime);
        let oldest = self.clock.saturating_sub(WINDOW).max(self.since);
        self.seen = self.seen.split_off(&(oldest, 0));
        if event.ltime < oldest || self.seen.len() >= SEEN_MAX || !self.seen.insert((event.ltime, event.id)) {
            return false;
        }
        if self.kept.len() >= KEPT_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back((now, Arc::clone(event)));
        true
    }

    /// The clock of another member.
    pub(crate) fn handle_clock(&mut self, clock: u64) {
        self.clock = self.clock.max(clock);
    }

    pub(crate) fn clock(&self) -> u64 {
        self.clock
    }

    /// We are new in the pool, and were told of these: they happened before our time.
    pub(crate) fn skip(&mut self, events: &[Arc<UserEvent>]) {
        self.clock = events.iter().map(|event| event.ltime).fold(self.clock, u64::max);
        self.since = self.clock.saturating_add(1);
    }

    /// Events not older than `age`, for another member.
    pub(crate) fn recent(&self, now: Duration, age: Duration) -> Vec<Arc<UserEvent>> {
        let recent = self.kept.iter().filter(|(at, _)| now.saturating_sub(*at) <= age);
        recent.map(|(_, event)| Arc::clone(event)).collect()
    }
}
