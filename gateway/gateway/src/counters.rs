//! What a gateway counts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;

/// Most datacenters counted by name; as many as the topology keeps.
const MOST: usize = 1024;

/// Counters of one gateway since its start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    relayed: Mutex<BTreeMap<String, u64>>,
    pub(crate) local: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) no_path: AtomicU64,
    pub(crate) joins_asked: AtomicU64,
    pub(crate) joins_admitted: AtomicU64,
    pub(crate) joins_refused: AtomicU64,
    pub(crate) datagrams_in: AtomicU64,
    pub(crate) datagrams_out: AtomicU64,
    pub(crate) announcements: AtomicU64,
}

/// What a gateway has counted since its start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CounterValues {
    /// Calls handed to another datacenter, by its name.
    pub relayed: BTreeMap<String, u64>,
    /// Calls handed to servers of our own.
    pub local: u64,
    /// Calls refused because too many were under way.
    pub refused: u64,
    /// Second and further tries on another gateway or server.
    pub retries: u64,
    /// Calls for which there was no way.
    pub no_path: u64,
    /// Join attempts of ours.
    pub joins_asked: u64,
    /// Datacenters we let join.
    pub joins_admitted: u64,
    /// Join requests refused.
    pub joins_refused: u64,
    /// Gossip datagrams received.
    pub datagrams_in: u64,
    /// Gossip datagrams sent.
    pub datagrams_out: u64,
    /// Server lists of other datacenters taken.
    pub announcements: u64,
    /// Calls to other datacenters under way now, blocking reads and others, by name.
    pub in_flight: BTreeMap<String, usize>,
}

impl Counters {
    pub(crate) fn relayed(&self, dc: &str) {
        let mut relayed = self.relayed.lock();
        if let Some(count) = relayed.get_mut(dc) {
            *count += 1;
        } else if relayed.len() < MOST {
            relayed.insert(dc.to_owned(), 1);
        }
    }

    pub(crate) fn values(&self, in_flight: BTreeMap<String, usize>) -> CounterValues {
        CounterValues {
            relayed: self.relayed.lock().clone(),
            local: self.local.load(Relaxed),
            refused: self.refused.load(Relaxed),
            retries: self.retries.load(Relaxed),
            no_path: self.no_path.load(Relaxed),
            joins_asked: self.joins_asked.load(Relaxed),
            joins_admitted: self.joins_admitted.load(Relaxed),
            joins_refused: self.joins_refused.load(Relaxed),
            datagrams_in: self.datagrams_in.load(Relaxed),
            datagrams_out: self.datagrams_out.load(Relaxed),
            announcements: self.announcements.load(Relaxed),
            in_flight,
        }
    }
}

/// One more.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
