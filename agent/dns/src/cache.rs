//! Prepared answers, by the name and type that was asked.

use crate::basis::Basis;
use crate::prepared::Prepared;
use crate::query::{NAME, Query};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// Answers per generation. There are two, so twice as many are kept.
const ANSWERS: usize = 8192;
/// Bytes per generation.
const BYTES: usize = 16 * 1024 * 1024;

/// An answer, and how long it holds.
pub(crate) struct Kept {
    pub(crate) prepared: Prepared,
    pub(crate) basis: Basis,
}

/// Two generations: the older is dropped when the younger is full, and what is asked for again moves to the younger.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<Box<[u8]>, Arc<Kept>>,
    young_bytes: usize,
    old: HashMap<Box<[u8]>, Arc<Kept>>,
}

/// What makes two questions the same: the name in lower case, and the type.
pub(crate) struct Key {
    bytes: [u8; NAME + 2],
    length: usize,
}

impl Key {
    pub(crate) fn of(query: &Query<'_>) -> Self {
        let mut key = Self { bytes: [0; NAME + 2], length: 0 };
        let kind = query.kind().to_be_bytes();
        for byte in query.name().iter().chain(&kind) {
            if let Some(place) = key.bytes.get_mut(key.length) {
                *place = *byte;
                key.length += 1;
            }
        }
        let name = query.name().len();
        // No length of a label is a letter's code, so the whole can be turned at once.
        key.bytes.get_mut(..name).unwrap_or_default().make_ascii_lowercase();
        key
    }

    /// The name in wire form, in lower case.
    pub(crate) fn name(&self) -> &[u8] {
        self.bytes.get(..self.length.saturating_sub(2)).unwrap_or_default()
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Cache {
    /// The answer to `key`, if it holds. `fresh` says whether the state here is young enough to answer from.
    pub(crate) fn get(&self, key: &Key, fresh: bool) -> Option<Arc<Kept>> {
        let mut generations = self.0.lock();
        let found = match generations.young.get(key.bytes()) {
            Some(kept) => Arc::clone(kept),
            None => {
                let (key, kept) = generations.old.remove_entry(key.bytes())?;
                generations.keep(key, kept)
            }
        };
        if found.basis.holds(fresh) {
            return Some(found);
        }
        if let Some(gone) = generations.young.remove(key.bytes()) {
            generations.young_bytes = generations.young_bytes.saturating_sub(gone.weight());
            // Dropped after the lock: what it holds on to has locks of its own.
            drop(generations);
            drop(gone);
        }
        None
    }

    pub(crate) fn put(&self, key: &Key, kept: Arc<Kept>) {
        let _pushed_out = {
            let mut generations = self.0.lock();
            let full = generations.young.len() >= ANSWERS || generations.young_bytes >= BYTES;
            let pushed_out = full.then(|| generations.age());
            generations.keep(key.bytes().into(), kept);
            pushed_out
        };
    }
}

impl Generations {
    fn keep(&mut self, key: Box<[u8]>, kept: Arc<Kept>) -> Arc<Kept> {
        self.young_bytes += kept.weight();
        if let Some(replaced) = self.young.insert(key, Arc::clone(&kept)) {
            self.young_bytes = self.young_bytes.saturating_sub(replaced.weight());
        }
        kept
    }

    fn age(&mut self) -> HashMap<Box<[u8]>, Arc<Kept>> {
        self.young_bytes = 0;
        std::mem::replace(&mut self.old, std::mem::take(&mut self.young))
    }
}

impl Kept {
    fn weight(&self) -> usize {
        self.prepared.weight() + NAME
    }
}
