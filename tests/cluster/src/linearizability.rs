//! The search of Wing and Gong ("Testing and verifying concurrent objects", 1993) with Lowe's memory of configurations ("Testing for
//! linearizability", 2017), for a register per key with read, write and compare-and-set.
//!
//! Keys are checked one by one: a history is linearizable exactly if each object's part of it is (Herlihy and Wing, 1990). An
//! operation whose answer was lost may have happened at any time after its beginning, or never.

mod explain;
mod operation;
mod search;

pub use explain::Violation;
pub use operation::{Kind, Op, Outcome, Value};

use search::{Budget, Exhausted};
use std::collections::BTreeMap;

/// What clients saw, by key. Every key begins absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    keys: BTreeMap<String, Vec<Op>>,
}

/// How much a check may cost.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Configurations (operations done so far, value then) remembered per key: each takes a bit per operation.
    pub configurations: usize,
}

impl Default for Bounds {
    /// Four million configurations: a few hundred megabytes at the worst.
    fn default() -> Self {
        Self { configurations: 4_000_000 }
    }
}

/// Why a history was not found to be linearizable.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// It is not.
    #[error("{0}")]
    Violation(Violation),
    /// It was not found out within the bounds.
    #[error("key {key}: undecided after {configurations} configurations of {operations} operations")]
    Undecided {
        /// Which key.
        key: String,
        /// How many operations it has.
        operations: usize,
        /// How many configurations were looked at.
        configurations: usize,
    },
}

impl History {
    /// Adds what one client did with `key`.
    pub fn push(&mut self, key: &str, op: Op) {
        match self.keys.get_mut(key) {
            Some(ops) => ops.push(op),
            None => drop(self.keys.insert(key.to_owned(), vec![op])),
        }
    }

    /// Adds all of another history.
    pub fn extend(&mut self, other: Self) {
        for (key, ops) in other.keys {
            self.keys.entry(key).or_default().extend(ops);
        }
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// All operations on all keys.
    pub fn ops(&self) -> impl Iterator<Item = &Op> {
        self.keys.values().flatten()
    }

    /// Whether one register per key, changed one operation at a time, could have answered so.
    ///
    /// # Errors
    /// [`CheckError::Violation`] with the fewest operations found that contradict each other.
    pub fn check(&self, bounds: Bounds) -> Result<(), CheckError> {
        for (key, ops) in &self.keys {
            let mut budget = Budget::new(bounds.configurations);
            match search::is_linearizable(ops, &mut budget) {
                Ok(true) => {}
                Ok(false) => return Err(CheckError::Violation(explain::explain(key, ops, bounds))),
                Err(Exhausted) => {
                    return Err(CheckError::Undecided { key: key.clone(), operations: ops.len(), configurations: bounds.configurations });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
